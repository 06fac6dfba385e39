/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that are made piece by piece while they are sent. A content coding is a source of its
 * own that reads from another one.
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

/* In which form a client gets the metrics. */
typedef struct promc__variant {
    promc_format format;
    bool gzip;
    const char *content_type; /* static, as all here */
    const char *fields;       /* header lines that go with it */
} promc__variant;

/* By the headers of the request. PROMC_OK or PROMC_ERROR_NO_MEMORY. */
int promc__metrics_choose(promc__variant *variant, const promc__site *site,
                          const promc_http_request *request);

/* The metrics, those with the name[] of a query if it has any. Nothing is collected before the
 * first read. PROMC_OK or a negative code (and the last error). */
int promc__metrics_open(promc__source *source, const promc__site *site, const char *query,
                        size_t query_size, const promc__variant *variant);

#endif
