/* SPDX-License-Identifier: Apache-2.0 */
/* A connection without a server: each request for the metrics gets a scrape of its own. */
#ifndef TESTS_ANSWERS_H
#define TESTS_ANSWERS_H

#include "http/respond.h"

/* As promc__connection_output(). */
static inline size_t next_output(promc__connection *c, const char **data, uint64_t now)
{
    size_t size = promc__connection_output(c, data, now);

    while (!size && c->state == PROMC__WAITING) {
        (void)promc__respond_metrics(c, false, now);
        size = promc__connection_output(c, data, now);
    }
    return size;
}

#endif
