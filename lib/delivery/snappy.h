/* SPDX-License-Identifier: Apache-2.0 */
/* The Snappy block format (google/snappy: format_description.txt), which remote write requires. */
#ifndef PROMC_DELIVERY_SNAPPY_H
#define PROMC_DELIVERY_SNAPPY_H

#include "base/buffer.h"

/* Appends the compressed form of `data` (less than 4 GiB). Errors are sticky in `out`. */
void promc__snappy(promc__buffer *out, const void *data, size_t size);

#endif
