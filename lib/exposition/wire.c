/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/wire.h"

void promc__wire_varint(promc__buffer *out, uint64_t value)
{
    char *room = promc__buffer_room(out, PROMC__WIRE_LONGEST);

    if (room)
        promc__wrote_until(out, promc__put_varint(room, value));
}

void promc__wire_u64(promc__buffer *out, unsigned field, uint64_t value)
{
    char *room = promc__buffer_room(out, 2 * PROMC__WIRE_LONGEST);

    if (room)
        promc__wrote_until(out, promc__put_u64(room, field, value));
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
    char *room = promc__buffer_room(out, PROMC__WIRE_LONGEST + sizeof(uint64_t));

    if (room)
        promc__wrote_until(out, promc__put_double(room, field, value));
}

void promc__wire_bytes(promc__buffer *out, unsigned field, const char *data, size_t size)
{
    char *room = promc__buffer_room(out, 2 * PROMC__WIRE_LONGEST);

    if (!room)
        return;
    room = promc__put_tag(room, field, PROMC__WIRE_LENGTH);
    promc__wrote_until(out, promc__put_varint(room, size));
    promc__buffer_append(out, data, size);
}

size_t promc__wire_end_long(promc__buffer *out, size_t begin, size_t width)
{
    char length[PROMC__WIRE_LONGEST];
    size_t size, needed;

    if (out->error)
        return width;
    size = out->size - begin;
    needed = (size_t)(promc__put_varint(length, size) - length);
    if (needed > width && !promc__buffer_room(out, needed - width))
        return width;
    if (needed != width) {
        memmove(out->data + begin - width + needed, out->data + begin, size);
        out->size += needed - width;
    }
    memcpy(out->data + begin - width, length, needed);
    return needed;
}
