/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that are made piece by piece while they are sent. A content coding would be a source of
 * its own that reads from another one.
 */
#ifndef PROMC_HTTP_SOURCE_H
#define PROMC_HTTP_SOURCE_H

#include "http/site.h"

typedef struct promc__source {
    /* As promc__scrape_read(): 1 more, 0 that was all, negative: failed. */
    int (*read)(void *state, promc__buffer *out, size_t want);
    void (*close)(void *state);
    void *state; /* NULL: closed */
} promc__source;

/* NULL state is fine; closes once. */
void promc__source_close(promc__source *source);

/* The metrics for a request, name[] and Accept considered. PROMC_OK or a negative code (and the
 * last error). *content_type is static. */
int promc__metrics_open(promc__source *source, const promc__site *site,
                        const promc_http_request *request, const char **content_type);

/* Only the type, for HEAD. */
int promc__metrics_type(const promc_http_request *request, const char **content_type);

#endif
