/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a native histogram in client_model's Histogram, and in that of prompb, where their
 * numbers are one less. */
#ifndef PROMC_EXPOSITION_PROTOBUF_NATIVE_H
#define PROMC_EXPOSITION_PROTOBUF_NATIVE_H

#include "base/buffer.h"
#include "metrics/point.h"

/* What field number the schema has, which is the first of them. */
enum { PROMC__MODEL_SCHEMA = 5, PROMC__PROMPB_SCHEMA = 4 };

/* All but its exemplars. */
void promc__wire_native(promc__buffer *out, unsigned schema_field,
                        const promc__native_point *point);

#endif
