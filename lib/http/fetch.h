/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client: one request, one response, one connection, one deadline. It keeps nothing
 * between requests, so any number of threads may use it at once.
 */
#ifndef PROMC_HTTP_FETCH_H
#define PROMC_HTTP_FETCH_H

#include "http/reply.h"

#include <promc/http.h>

enum { PROMC__CLIENT_RESPONSE_MAX = 1024 * 1024 };

/* Unset members are zero. Everything is borrowed. */
struct promc__client_request {
    const char *url;                  /* http://..., or https://... with a transport */
    const char *method;               /* NULL: GET */
    const promc_http_header *headers; /* further ones, ending in {NULL, NULL}; NULL: none */
    const void *body;
    size_t body_size;
    bool gzip;                   /* the body is sent compressed */
    double timeout;              /* seconds for everything (see dial.h); 0 or less: none */
    size_t max_response;         /* bytes of the body; 0: PROMC__CLIENT_RESPONSE_MAX */
    const char *user, *password; /* both: Authorization: Basic (RFC 7617) */
    const char *token;           /* Authorization: Bearer (RFC 6750) */
    const char *unix_path;       /* connect to this unix socket, whatever the URL's host is */
    bool show_path;              /* messages have the URL's path: it is no secret */
    const promc_client_transport *transport; /* for https */

    /* Redirects that are followed. Past it, and by default, one is an answer like any other. What
     * describes the body goes along, all other headers and the credentials only to the same
     * origin. */
    unsigned max_redirects;
    bool keep_method; /* also on 301, 302 and 303, where RFC 9110 makes a GET of a POST */
};

struct promc__client_response {
    promc__reply reply; /* status, content, promc__reply_header() */
    unsigned redirects; /* that were followed */
};

/*
 * PROMC_OK: there is a response, of whatever status; free it with promc__client_response_free().
 * Otherwise there is nothing to be freed, and the last error says which step failed:
 * PROMC_ERROR_ARGUMENT (URL, headers), PROMC_ERROR_UNSUPPORTED (https without transport),
 * PROMC_ERROR_SYSTEM (resolving, connecting, sending, receiving), PROMC_ERROR_TIMEOUT,
 * PROMC_ERROR_SYNTAX or PROMC_ERROR_LIMIT (a response that is not HTTP, or too long),
 * PROMC_ERROR_NO_MEMORY.
 */
int promc__http_request(const struct promc__client_request *request,
                        struct promc__client_response *response);
void promc__client_response_free(struct promc__client_response *response);

/* Only looks whether the request can be made: PROMC_OK, PROMC_ERROR_ARGUMENT, _UNSUPPORTED. */
int promc__client_check(const struct promc__client_request *request);

/* PROMC_OK for 2xx, else PROMC_ERROR_REFUSED with status and the first line of the body. */
int promc__client_expect_success(const struct promc__client_request *request,
                                 const struct promc__client_response *response);

#endif
