/* SPDX-License-Identifier: Apache-2.0 */
/* Most tags and lengths are one byte, and that is what is quick here. */
#include "exposition/wire.h"

#include "base/bytes.h"
#include "base/compiler.h"

#define LONGEST_VARINT 10

static char *put_varint(char *at, uint64_t value)
{
    for (; promc__unlikely(value >= 0x80); value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

static char *put_tag(char *at, unsigned field, unsigned type)
{
    return put_varint(at, (uint64_t)field << 3 | type);
}

static void wrote_until(promc__buffer *out, const char *at)
{
    out->size = (size_t)(at - out->data);
}

void promc__wire_varint(promc__buffer *out, uint64_t value)
{
    char *room = promc__buffer_room(out, LONGEST_VARINT);

    if (room)
        wrote_until(out, put_varint(room, value));
}

void promc__wire_u64(promc__buffer *out, unsigned field, uint64_t value)
{
    char *room = promc__buffer_room(out, 2 * LONGEST_VARINT);

    if (room)
        wrote_until(out, put_varint(put_tag(room, field, PROMC__WIRE_VARINT), value));
}

/* Small numbers of either sign are short: 0 -1 1 -2 ... become 0 1 2 3 ... */
uint64_t promc__zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

void promc__wire_sint(promc__buffer *out, unsigned field, int64_t value)
{
    promc__wire_u64(out, field, promc__zigzag(value));
}

void promc__wire_double(promc__buffer *out, unsigned field, double value)
{
    char *at = promc__buffer_room(out, LONGEST_VARINT + sizeof(uint64_t));
    uint64_t bits;

    if (!at)
        return;
    memcpy(&bits, &value, sizeof(bits));
    at = put_tag(at, field, PROMC__WIRE_FIXED64);
    promc__store64(at, bits);
    wrote_until(out, at + sizeof(bits));
}

void promc__wire_bytes(promc__buffer *out, unsigned field, const char *data, size_t size)
{
    char *room = promc__buffer_room(out, 2 * LONGEST_VARINT);

    if (!room)
        return;
    wrote_until(out, put_varint(put_tag(room, field, PROMC__WIRE_LENGTH), size));
    promc__buffer_append(out, data, size);
}

/* One byte is left for the length, which is enough for most; longer messages are moved. */
size_t promc__wire_begin(promc__buffer *out, unsigned field)
{
    char *at = promc__buffer_room(out, LONGEST_VARINT + 1);

    if (at) {
        at = put_tag(at, field, PROMC__WIRE_LENGTH);
        *at++ = 0;
        wrote_until(out, at);
    }
    return out->size;
}

void promc__wire_end(promc__buffer *out, size_t begin)
{
    char length[LONGEST_VARINT];
    size_t size, more;

    if (out->error)
        return;
    size = out->size - begin;
    more = (size_t)(put_varint(length, size) - length) - 1;
    if (more) {
        if (!promc__buffer_room(out, more))
            return;
        memmove(out->data + begin + more, out->data + begin, size);
        out->size += more;
    }
    memcpy(out->data + begin - 1, length, more + 1);
}
