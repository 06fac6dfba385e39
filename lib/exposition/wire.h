/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol buffers wire format (protobuf.dev, "Encoding"): fields and nested messages. What most
 * fields need is here, to be inlined: most tags and sizes are one byte. */
#ifndef PROMC_EXPOSITION_WIRE_H
#define PROMC_EXPOSITION_WIRE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/compiler.h"

enum { PROMC__WIRE_VARINT = 0, PROMC__WIRE_FIXED64 = 1, PROMC__WIRE_LENGTH = 2 };

void promc__wire_long_varint(promc__buffer *out, uint64_t value);
void promc__wire_long_end(promc__buffer *out, size_t begin);
uint64_t promc__zigzag(int64_t value);

static inline void promc__wire_varint(promc__buffer *out, uint64_t value)
{
    if (promc__likely(value < 0x80))
        promc__buffer_char(out, (char)value);
    else
        promc__wire_long_varint(out, value);
}

static inline void promc__wire_tag(promc__buffer *out, unsigned field, unsigned type)
{
    promc__wire_varint(out, (uint64_t)field << 3 | type);
}

static inline void promc__wire_u64(promc__buffer *out, unsigned field, uint64_t value)
{
    promc__wire_tag(out, field, PROMC__WIRE_VARINT);
    promc__wire_varint(out, value);
}

static inline void promc__wire_sint(promc__buffer *out, unsigned field, int64_t value)
{
    promc__wire_u64(out, field, promc__zigzag(value));
}

static inline void promc__wire_double(promc__buffer *out, unsigned field, double value)
{
    uint64_t bits;
    char bytes[8];

    memcpy(&bits, &value, sizeof(bits));
    promc__store64(bytes, bits);
    promc__wire_tag(out, field, PROMC__WIRE_FIXED64);
    promc__buffer_append(out, bytes, sizeof(bytes));
}

static inline void promc__wire_bytes(promc__buffer *out, unsigned field, const char *data,
                                     size_t size)
{
    promc__wire_tag(out, field, PROMC__WIRE_LENGTH);
    promc__wire_varint(out, size);
    promc__buffer_append(out, data, size);
}

/* A nested message is written between begin and end; begin returns what end needs. One byte is left
 * for the length, which is enough for most; longer messages are moved. */
static inline size_t promc__wire_begin(promc__buffer *out, unsigned field)
{
    promc__wire_tag(out, field, PROMC__WIRE_LENGTH);
    promc__buffer_char(out, 0);
    return out->size;
}

static inline void promc__wire_end(promc__buffer *out, size_t begin)
{
    if (promc__likely(!out->error && out->size - begin < 0x80))
        out->data[begin - 1] = (char)(out->size - begin);
    else
        promc__wire_long_end(out, begin);
}

#endif
