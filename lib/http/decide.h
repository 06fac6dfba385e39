/* SPDX-License-Identifier: Apache-2.0 */
/* Which answer a request gets, by authorizer, method and path. */
#ifndef PROMC_HTTP_DECIDE_H
#define PROMC_HTTP_DECIDE_H

#include "http/request.h"
#include "http/site.h"

typedef enum promc__answer {
    PROMC__ANSWER_METRICS,
    PROMC__ANSWER_HANDLER, /* decision.route */
    PROMC__ANSWER_EMPTY,   /* 200 without content */
    PROMC__ANSWER_ERROR    /* decision.status */
} promc__answer;

typedef struct promc__decision {
    promc__answer answer;
    promc__route route;
    int status;
    promc__allow allow;       /* for 405 and OPTIONS; text "" otherwise */
    const char *authenticate; /* for 401 */
} promc__decision;

void promc__decide(promc__decision *decision, const promc__site *site,
                   const promc__request *request);

#endif
