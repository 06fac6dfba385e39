/* SPDX-License-Identifier: Apache-2.0 */
/* What a server counts about itself, and the collector that shows it. Clients choose neither label
 * values nor their number: methods and codes are fixed sets. */
#ifndef PROMC_HTTP_STATS_H
#define PROMC_HTTP_STATS_H

#include "http/message.h"

#include <promc/registry.h>

#include <stdatomic.h>

enum { PROMC__STATS_METHODS = 8 };

typedef struct promc__http_stats {
    atomic_ullong requests[PROMC__STATS_METHODS][PROMC__STATUS_COUNT + 1];
    atomic_ullong open;     /* connections now */
    atomic_ullong accepted; /* connections ever */
    atomic_ullong refused;  /* of these, over the limit */
    atomic_ullong evicted;  /* closed while waiting for the client, to make room */
    atomic_ullong aborted;  /* responses that were cut */
    atomic_ullong bytes;    /* sent */
} promc__http_stats;

static inline void promc__stats_add(atomic_ullong *counter, unsigned long long amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

/* `method` NULL: the request was too malformed to have one. */
void promc__stats_request(promc__http_stats *stats, const char *method, size_t size, int status);

/* Collector functions; `arg` is the promc__http_stats. */
int promc__stats_collect(promc_writer *writer, void *arg);
int promc__stats_describe(promc_writer *writer, void *arg);

#endif
