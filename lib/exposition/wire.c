/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/wire.h"

#define LONGEST_VARINT 10

static size_t put_varint(char *at, uint64_t value)
{
    size_t size = 0;

    for (; value >= 0x80; value >>= 7)
        at[size++] = (char)(value | 0x80);
    at[size++] = (char)value;
    return size;
}

void promc__wire_long_varint(promc__buffer *out, uint64_t value)
{
    char *room = promc__buffer_room(out, LONGEST_VARINT);

    if (room)
        out->size += put_varint(room, value);
}

/* Small numbers of either sign are short: 0 -1 1 -2 ... become 0 1 2 3 ... */
uint64_t promc__zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

void promc__wire_long_end(promc__buffer *out, size_t begin)
{
    char length[LONGEST_VARINT];
    size_t size, more;

    if (out->error)
        return;
    size = out->size - begin;
    more = put_varint(length, size) - 1;
    if (more) {
        if (!promc__buffer_room(out, more))
            return;
        memmove(out->data + begin + more, out->data + begin, size);
        out->size += more;
    }
    memcpy(out->data + begin - 1, length, more + 1);
}
