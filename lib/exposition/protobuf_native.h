/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a native histogram in client_model's Histogram. */
#ifndef PROMC_EXPOSITION_PROTOBUF_NATIVE_H
#define PROMC_EXPOSITION_PROTOBUF_NATIVE_H

#include "base/buffer.h"
#include "metrics/point.h"

/* All but its exemplars. */
void promc__wire_native(promc__buffer *out, const promc__native_point *point);

#endif
