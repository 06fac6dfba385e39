/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/wire.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2 };

#define LONGEST_VARINT 10

static size_t put_varint(char *at, uint64_t value)
{
    size_t size = 0;

    for (; value >= 0x80; value >>= 7)
        at[size++] = (char)(value | 0x80);
    at[size++] = (char)value;
    return size;
}

void promc__wire_varint(promc__buffer *out, uint64_t value)
{
    char *room = promc__buffer_room(out, LONGEST_VARINT);

    if (room)
        out->size += put_varint(room, value);
}

static void wire_tag(promc__buffer *out, unsigned field, unsigned type)
{
    promc__wire_varint(out, (uint64_t)field << 3 | type);
}

void promc__wire_u64(promc__buffer *out, unsigned field, uint64_t value)
{
    wire_tag(out, field, WIRE_VARINT);
    promc__wire_varint(out, value);
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

/* Little-endian, whatever the machine. */
void promc__wire_double(promc__buffer *out, unsigned field, double value)
{
    uint64_t bits;
    char bytes[8];

    memcpy(&bits, &value, sizeof(bits));
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(bits >> (8 * i));
    wire_tag(out, field, WIRE_FIXED64);
    promc__buffer_append(out, bytes, sizeof(bytes));
}

void promc__wire_bytes(promc__buffer *out, unsigned field, const char *data, size_t size)
{
    wire_tag(out, field, WIRE_LENGTH);
    promc__wire_varint(out, size);
    promc__buffer_append(out, data, size);
}

/* One byte is left for the length, which is enough for most; longer messages are moved. */
size_t promc__wire_begin(promc__buffer *out, unsigned field)
{
    wire_tag(out, field, WIRE_LENGTH);
    promc__buffer_char(out, 0);
    return out->size;
}

void promc__wire_end(promc__buffer *out, size_t begin)
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
