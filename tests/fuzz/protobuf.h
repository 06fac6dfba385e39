/* SPDX-License-Identifier: Apache-2.0 */
/* Serialised protobuf messages, field by field (protobuf.dev: encoding), for tests. */
#ifndef TESTS_FUZZ_PROTOBUF_H
#define TESTS_FUZZ_PROTOBUF_H

#include "fuzz.h"

struct message {
    const unsigned char *at, *end;
};

struct field {
    unsigned number;
    uint64_t integer;     /* of a varint */
    double value;         /* of eight bytes */
    struct message bytes; /* of a string or message */
};

static inline uint64_t read_varint(struct message *from)
{
    uint64_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        require(from->at < from->end && shift < 64);
        value |= (uint64_t)(*from->at & 0x7F) << shift;
        if (!(*from->at++ & 0x80))
            return value;
    }
}

/* What is behind its length. */
static inline struct message read_delimited(struct message *from)
{
    uint64_t size = read_varint(from);
    const unsigned char *begin = from->at;

    require(size <= (uint64_t)(from->end - begin));
    from->at += size;
    return (struct message){begin, from->at};
}

static inline double read_double(struct message *from)
{
    uint64_t bits = 0;
    double value;

    require(from->end - from->at >= 8);
    for (unsigned i = 0; i < 8; i++)
        bits |= (uint64_t)*from->at++ << 8 * i;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* False at the end. */
static inline bool next_field(struct message *from, struct field *field)
{
    uint64_t tag;

    if (from->at == from->end)
        return false;
    tag = read_varint(from);
    *field = (struct field){.number = (unsigned)(tag >> 3)};
    require(field->number > 0);
    switch (tag & 7) {
    case 0:
        field->integer = read_varint(from);
        return true;
    case 1:
        field->value = read_double(from);
        return true;
    default:
        require((tag & 7) == 2);
        field->bytes = read_delimited(from);
        return true;
    }
}

/* The last field with this number; all zero if there is none. */
static inline struct field find_field(struct message from, unsigned number)
{
    struct field field, found = {0};

    while (next_field(&from, &field))
        if (field.number == number)
            found = field;
    return found;
}

#endif
