/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol buffers wire format (protobuf.dev, "Encoding"): fields and nested messages. */
#ifndef PROMC_EXPOSITION_WIRE_H
#define PROMC_EXPOSITION_WIRE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/compiler.h"

#include <stdint.h>

enum { PROMC__WIRE_VARINT = 0, PROMC__WIRE_FIXED64 = 1, PROMC__WIRE_LENGTH = 2 };

/* The longest number of all. */
#define PROMC__WIRE_LONGEST 10

/* ---- where there is room: each returns what comes behind what it has written ----------------- */

/* Most tags, lengths and counts are one byte, and that is what is quick here. */
static inline char *promc__put_varint(char *at, uint64_t value)
{
    for (; promc__unlikely(value >= 0x80); value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

static inline char *promc__put_tag(char *at, unsigned field, unsigned type)
{
    return promc__put_varint(at, (uint64_t)field << 3 | type);
}

static inline char *promc__put_u64(char *at, unsigned field, uint64_t value)
{
    return promc__put_varint(promc__put_tag(at, field, PROMC__WIRE_VARINT), value);
}

static inline char *promc__put_double(char *at, unsigned field, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    at = promc__put_tag(at, field, PROMC__WIRE_FIXED64);
    promc__store64(at, bits);
    return at + sizeof(bits);
}

/* ---- at the end of a buffer ------------------------------------------------------------------- */

/* Tells a buffer how far its room was written to. */
static inline void promc__wrote_until(promc__buffer *out, const char *at)
{
    out->size = (size_t)(at - out->data);
}

void promc__wire_varint(promc__buffer *out, uint64_t value);
uint64_t promc__zigzag(int64_t value);
void promc__wire_u64(promc__buffer *out, unsigned field, uint64_t value);
void promc__wire_sint(promc__buffer *out, unsigned field, int64_t value); /* zigzag */
void promc__wire_double(promc__buffer *out, unsigned field, double value);
void promc__wire_bytes(promc__buffer *out, unsigned field, const char *data, size_t size);

/*
 * A nested message is written between begin and end; begin returns what end needs. `width` is how
 * many bytes are left for the length; end returns how many it has taken, and moves the message if
 * that differs.
 */
static inline size_t promc__wire_begin_wide(promc__buffer *out, unsigned field, size_t width)
{
    char *at = promc__buffer_room(out, 2 * PROMC__WIRE_LONGEST);

    if (promc__likely(at != NULL))
        promc__wrote_until(out, promc__put_tag(at, field, PROMC__WIRE_LENGTH) + width);
    return out->size;
}

/* What is left of it where the length takes more than one byte. */
size_t promc__wire_end_long(promc__buffer *out, size_t begin, size_t width);

static inline size_t promc__wire_end_wide(promc__buffer *out, size_t begin, size_t width)
{
    size_t size = out->size - begin;

    if (promc__unlikely(width != 1 || size >= 0x80 || out->error))
        return promc__wire_end_long(out, begin, width);
    out->data[begin - 1] = (char)size;
    return width;
}

/* One byte is enough for most. */
static inline size_t promc__wire_begin(promc__buffer *out, unsigned field)
{
    return promc__wire_begin_wide(out, field, 1);
}

static inline void promc__wire_end(promc__buffer *out, size_t begin)
{
    (void)promc__wire_end_wide(out, begin, 1);
}

#endif
