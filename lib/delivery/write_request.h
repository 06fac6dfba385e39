/* SPDX-License-Identifier: Apache-2.0 */
/* The samples of a registry as remote-write requests (prometheus/prompb: remote.proto, types.proto). */
#ifndef PROMC_DELIVERY_WRITE_REQUEST_H
#define PROMC_DELIVERY_WRITE_REQUEST_H

#include "base/buffer.h"

#include <promc/registry.h>

#include <stdint.h>

/* Serialised WriteRequests, one behind the other. */
typedef struct promc__write_requests {
    promc__buffer data;
    size_t *ends; /* where each request ends */
    size_t count, capacity;
} promc__write_requests;

/* Fills them: `external` labels go to every series that has none of that name; samples without a
 * time of their own get `now_ms`. PROMC_OK or an error code (last error set). */
int promc__write_requests_fill(promc__write_requests *requests, promc_registry *registry,
                               const promc_label *external, int64_t now_ms, size_t samples_each);
void promc__write_requests_free(promc__write_requests *requests);

#endif
