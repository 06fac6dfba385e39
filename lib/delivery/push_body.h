/* SPDX-License-Identifier: Apache-2.0 */
/* What is pushed of a registry: text 0.0.4, plain or compressed while it is made. */
#ifndef PROMC_DELIVERY_PUSH_BODY_H
#define PROMC_DELIVERY_PUSH_BODY_H

#include "base/buffer.h"

#include <promc/registry.h>

/* Appends it. PROMC_OK, or the error of the scrape, or PROMC_ERROR_NO_MEMORY (last error set). */
int promc__push_body(promc__buffer *out, promc_registry *registry, bool gzip);

#endif
