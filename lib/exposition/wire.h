/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol buffers wire format (protobuf.dev, "Encoding"): fields and nested messages. */
#ifndef PROMC_EXPOSITION_WIRE_H
#define PROMC_EXPOSITION_WIRE_H

#include "base/buffer.h"

#include <stdint.h>

enum { PROMC__WIRE_VARINT = 0, PROMC__WIRE_FIXED64 = 1, PROMC__WIRE_LENGTH = 2 };

void promc__wire_varint(promc__buffer *out, uint64_t value);
uint64_t promc__zigzag(int64_t value);
void promc__wire_u64(promc__buffer *out, unsigned field, uint64_t value);
void promc__wire_sint(promc__buffer *out, unsigned field, int64_t value); /* zigzag */
void promc__wire_double(promc__buffer *out, unsigned field, double value);
void promc__wire_bytes(promc__buffer *out, unsigned field, const char *data, size_t size);

/* A nested message is written between begin and end; begin returns what end needs. */
size_t promc__wire_begin(promc__buffer *out, unsigned field);
void promc__wire_end(promc__buffer *out, size_t begin);

#endif
