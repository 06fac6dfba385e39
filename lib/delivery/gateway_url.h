/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a group of a Pushgateway (client_python: exposition.py, _use_gateway). */
#ifndef PROMC_DELIVERY_GATEWAY_URL_H
#define PROMC_DELIVERY_GATEWAY_URL_H

#include "base/buffer.h"

#include <promc/common.h>

/* Appends it, with a NUL. PROMC_OK, PROMC_ERROR_ARGUMENT, PROMC_ERROR_LABELS,
 * PROMC_ERROR_NO_MEMORY. */
int promc__gateway_url(promc__buffer *out, const char *gateway, const char *job,
                       const promc_label *grouping_key);

#endif
