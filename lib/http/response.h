/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler makes: status, headers and a body in memory. */
#ifndef PROMC_HTTP_RESPONSE_H
#define PROMC_HTTP_RESPONSE_H

#include "base/buffer.h"

#include <promc/http.h>

enum { PROMC__RESPONSE_BODY_MAX = 64 * 1024 * 1024, PROMC__RESPONSE_FIELDS_MAX = 16 * 1024 };

struct promc_http_response {
    int status;
    bool typed;           /* has a Content-Type among its header lines */
    promc__buffer fields; /* header lines, each with its CRLF */
    promc__buffer body;
};

void promc__response_begin(promc_http_response *response);
void promc__response_free(promc_http_response *response);

/* Makes it a short text that names the status: "# HTTP 404 Not Found: detail". */
void promc__response_error(promc_http_response *response, int status, const char *detail);

#endif
