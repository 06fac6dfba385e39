/* SPDX-License-Identifier: Apache-2.0 */
/* What connections serve, and their limits: shared by all connections of a server. */
#ifndef PROMC_HTTP_SITE_H
#define PROMC_HTTP_SITE_H

#include "http/routes.h"
#include "http/stats.h"

typedef struct promc__site {
    promc_registry *registry; /* NULL: the default one */
    const char *path;         /* of the metrics; NULL: every path without a route */
    promc_http_authorizer authorizer;
    void *authorizer_arg;
    const char *authenticate; /* NULL: by the authorizer */
    promc__routes *routes;    /* NULL: none */
    promc__http_stats *stats; /* NULL: nothing is counted */
    size_t max_head_size, max_body_size;
    unsigned head_timeout_ms, response_timeout_ms, idle_timeout_ms;
    bool close;          /* one request a connection */
    bool no_compression; /* metrics are never compressed */
} promc__site;

#endif
