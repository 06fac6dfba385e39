/* SPDX-License-Identifier: Apache-2.0 */
/* A registry in Graphite's plaintext protocol (client_python: bridge/graphite.py). */
#ifndef PROMC_DELIVERY_GRAPHITE_LINES_H
#define PROMC_DELIVERY_GRAPHITE_LINES_H

#include "base/buffer.h"

#include <promc/push.h>

/* Appends a line for every sample. PROMC_OK; PROMC_ERROR_NO_MEMORY; PROMC_ERROR_COLLECTOR. */
int promc__graphite_lines(promc__buffer *out, promc_registry *registry, const char *prefix,
                          bool tags);

#endif
