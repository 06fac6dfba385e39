/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed head as the promc_http_request that hooks and handlers see. */
#ifndef PROMC_HTTP_REQUEST_H
#define PROMC_HTTP_REQUEST_H

#include "http/parser.h"

#include "base/buffer.h"

#include <promc/http.h>

typedef struct promc__request {
    promc_http_request view;
    promc_http_header headers[PROMC__HTTP_FIELDS_MAX + 1];
    char *text;    /* what the views point into */
    bool asterisk; /* the target is "*": the server as a whole (OPTIONS only) */
} promc__request;

/*
 * Copies what `data` says into strings. PROMC_OK; PROMC_ERROR_SYNTAX (the target is malformed);
 * PROMC_ERROR_NO_MEMORY. To be freed in any case.
 */
int promc__request_make(promc__request *request, const promc__request_head *head, const char *data);
void promc__request_free(promc__request *request);

/* All values of a header, joined with ",": NULL when absent. *owned is to be freed with
 * promc__free(). PROMC_OK or PROMC_ERROR_NO_MEMORY. */
int promc__request_joined(const promc_http_request *request, const char *name, const char **value,
                          char **owned);

#endif
