/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each block of 64 KiB is searched for repetitions by a hash of four bytes that remembers one place
 * (the scheme of LZRW1: R. N. Williams, "An Extremely Fast Ziv-Lempel Data Compression Algorithm",
 * 1991). Where nothing repeats, the steps grow.
 */
#include "delivery/snappy.h"

#include "base/memory.h"

#include <promc/common.h>

#include <stdint.h>

enum {
    BLOCK_SIZE = 1 << 16,
    HASH_BITS = 14,
    SHORTEST_MATCH = 4,
    LONGEST_COPY = 64,      /* of one copy element */
    SHORT_COPY_END = 12,    /* shorter ones fit into two bytes ... */
    SHORT_OFFSET_END = 2048 /* ... with an offset below this */
};

static uint32_t load_four(const unsigned char *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

static size_t hash_four(const unsigned char *at)
{
    return (load_four(at) * 0x9E3779B1u) >> (32 - HASH_BITS);
}

static void put_literal(promc__buffer *out, const unsigned char *data, size_t size)
{
    size_t length = size - 1;

    if (!size)
        return;
    if (length < 60) {
        promc__buffer_char(out, (char)(length << 2));
    } else if (length < 256) {
        promc__buffer_char(out, (char)(60 << 2));
        promc__buffer_char(out, (char)length);
    } else {
        promc__buffer_char(out, (char)(61 << 2));
        promc__buffer_char(out, (char)length);
        promc__buffer_char(out, (char)(length >> 8));
    }
    promc__buffer_append(out, data, size);
}

static void put_copy(promc__buffer *out, size_t offset, size_t length)
{
    while (length > 0) {
        /* What is left must again be long enough for a copy. */
        size_t part = length <= LONGEST_COPY                   ? length
                      : length < LONGEST_COPY + SHORTEST_MATCH ? LONGEST_COPY - SHORTEST_MATCH
                                                               : LONGEST_COPY;

        if (part >= SHORTEST_MATCH && part < SHORT_COPY_END && offset < SHORT_OFFSET_END) {
            promc__buffer_char(out, (char)(1 | (part - 4) << 2 | offset >> 8 << 5));
            promc__buffer_char(out, (char)offset);
        } else {
            promc__buffer_char(out, (char)(2 | (part - 1) << 2));
            promc__buffer_char(out, (char)offset);
            promc__buffer_char(out, (char)(offset >> 8));
        }
        length -= part;
    }
}

static size_t match_length(const unsigned char *a, const unsigned char *b, const unsigned char *end)
{
    const unsigned char *begin = b;

    while (b < end && *a == *b) {
        a++;
        b++;
    }
    return (size_t)(b - begin);
}

static void compress_block(promc__buffer *out, const unsigned char *block, size_t size,
                           uint16_t *places)
{
    const unsigned char *at = block, *literal = block, *end = block + size;
    size_t misses = 0;

    memset(places, 0, sizeof(*places) << HASH_BITS);
    while (size >= SHORTEST_MATCH && at <= end - SHORTEST_MATCH) {
        uint16_t *place = &places[hash_four(at)];
        const unsigned char *earlier = block + *place;

        *place = (uint16_t)(at - block);
        if (earlier < at && load_four(earlier) == load_four(at)) {
            size_t length = match_length(earlier, at, end);

            put_literal(out, literal, (size_t)(at - literal));
            put_copy(out, (size_t)(at - earlier), length);
            at += length;
            literal = at;
            misses = 0;
        } else {
            at += 1 + misses++ / 32;
        }
    }
    put_literal(out, literal, (size_t)(end - literal));
}

void promc__snappy(promc__buffer *out, const void *data, size_t size)
{
    const unsigned char *at = data;
    uint16_t *places = promc__malloc(sizeof(*places) << HASH_BITS);
    size_t left = size;

    if (!places) {
        out->error = PROMC_ERROR_NO_MEMORY;
        return;
    }
    for (; size >= 0x80; size >>= 7)
        promc__buffer_char(out, (char)(size | 0x80));
    promc__buffer_char(out, (char)size);
    while (left) {
        size_t part = left < BLOCK_SIZE ? left : BLOCK_SIZE;

        compress_block(out, at, part, places);
        at += part;
        left -= part;
    }
    promc__free(places);
}
