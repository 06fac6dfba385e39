/* SPDX-License-Identifier: Apache-2.0 */
/* The samples of a registry as remote-write requests (prometheus/prompb: remote.proto, types.proto). */
#ifndef PROMC_DELIVERY_WRITE_REQUEST_H
#define PROMC_DELIVERY_WRITE_REQUEST_H

#include "base/buffer.h"

#include <promc/registry.h>

#include <stdbool.h>
#include <stdint.h>

/* Serialised WriteRequests, one behind the other. */
typedef struct promc__write_requests {
    promc__buffer data;
    size_t *ends; /* where each request ends */
    size_t count, capacity;
} promc__write_requests;

typedef struct promc__write_settings {
    const promc_label *external; /* for every series that has none of that name */
    int64_t now_ms;              /* for samples without a time of their own */
    size_t samples_each;         /* in a request */
    bool native;                 /* native histograms as such */
} promc__write_settings;

/* Fills them. PROMC_OK or an error code (last error set). */
int promc__write_requests_fill(promc__write_requests *requests, promc_registry *registry,
                               const promc__write_settings *settings);
void promc__write_requests_free(promc__write_requests *requests);

#endif
