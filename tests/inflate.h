/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decoder of gzip for tests: RFC 1951 and 1952 read word by word, slow and strict. It shares
 * nothing with the library and accepts nothing that an encoder has no reason to write.
 */
#ifndef TESTS_INFLATE_H
#define TESTS_INFLATE_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct inflate {
    const unsigned char *in;
    size_t in_size, in_at;
    unsigned bit; /* of in[in_at] */
    unsigned char *out;
    size_t out_size, out_at;
    unsigned blocks[3]; /* how many of each kind */
    jmp_buf failed;
};

struct inflate_code {
    unsigned count[16];
    unsigned symbol[288];
};

static unsigned inflate_bits(struct inflate *s, unsigned count)
{
    unsigned value = 0;

    for (unsigned i = 0; i < count; i++) {
        if (s->in_at == s->in_size)
            longjmp(s->failed, 1);
        value |= (unsigned)(s->in[s->in_at] >> s->bit & 1) << i;
        s->bit = (s->bit + 1) % 8;
        s->in_at += s->bit == 0;
    }
    return value;
}

static void inflate_put(struct inflate *s, unsigned byte)
{
    if (s->out_at == s->out_size)
        longjmp(s->failed, 2);
    s->out[s->out_at++] = (unsigned char)byte;
}

/* Codes have to be complete. */
static void inflate_code_of(struct inflate *s, struct inflate_code *code, const unsigned *sizes,
                            unsigned count)
{
    unsigned used = 0, left = 1;

    memset(code, 0, sizeof(*code));
    for (unsigned size = 1; size <= 15; size++) {
        for (unsigned i = 0; i < count; i++)
            if (sizes[i] == size) {
                code->symbol[used++] = i;
                code->count[size]++;
            }
        left *= 2;
        if (code->count[size] > left)
            longjmp(s->failed, 3);
        left -= code->count[size];
    }
    if (left)
        longjmp(s->failed, 4);
}

static unsigned inflate_symbol(struct inflate *s, const struct inflate_code *code)
{
    unsigned word = 0, first = 0, index = 0;

    for (unsigned size = 1; size <= 15; size++) {
        word = word << 1 | inflate_bits(s, 1);
        first <<= 1;
        if (word - first < code->count[size])
            return code->symbol[index + word - first];
        index += code->count[size];
        first += code->count[size];
    }
    longjmp(s->failed, 5);
}

static void inflate_coded(struct inflate *s, const struct inflate_code *literal,
                          const struct inflate_code *distance)
{
    unsigned symbol;

    while ((symbol = inflate_symbol(s, literal)) != 256) {
        unsigned length, away, extra;

        if (symbol < 256) {
            inflate_put(s, symbol);
            continue;
        }
        if (symbol > 285)
            longjmp(s->failed, 6);
        extra = symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4;
        length = symbol == 285  ? 258
                 : symbol < 265 ? symbol - 254
                                : 3 + ((4 + (symbol - 261) % 4) << extra);
        length += inflate_bits(s, extra);
        symbol = inflate_symbol(s, distance);
        if (symbol > 29)
            longjmp(s->failed, 7);
        extra = symbol < 4 ? 0 : symbol / 2 - 1;
        away = symbol < 4 ? symbol + 1 : 1 + ((2 + symbol % 2) << extra);
        away += inflate_bits(s, extra);
        if (away > s->out_at || away > 32768)
            longjmp(s->failed, 8);
        while (length--)
            inflate_put(s, s->out[s->out_at - away]);
    }
}

static void inflate_stored(struct inflate *s)
{
    unsigned size;

    (void)inflate_bits(s, (8 - s->bit) % 8);
    size = inflate_bits(s, 16);
    if (inflate_bits(s, 16) != (~size & 0xFFFF))
        longjmp(s->failed, 9);
    while (size--)
        inflate_put(s, inflate_bits(s, 8));
}

static void inflate_fixed(struct inflate *s)
{
    struct inflate_code literal, distance;
    unsigned sizes[288];

    for (unsigned i = 0; i < 288; i++)
        sizes[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    inflate_code_of(s, &literal, sizes, 288);
    for (unsigned i = 0; i < 32; i++)
        sizes[i] = 5;
    inflate_code_of(s, &distance, sizes, 32);
    inflate_coded(s, &literal, &distance);
}

static void inflate_dynamic(struct inflate *s)
{
    static const unsigned order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                     11, 4,  12, 3, 13, 2, 14, 1, 15};
    unsigned literals = 257 + inflate_bits(s, 5), distances = 1 + inflate_bits(s, 5);
    unsigned told = 4 + inflate_bits(s, 4), sizes[320] = {0}, size[19] = {0};
    struct inflate_code literal, distance;

    if (literals > 286 || distances > 30)
        longjmp(s->failed, 10);
    for (unsigned i = 0; i < told; i++)
        size[order[i]] = inflate_bits(s, 3);
    inflate_code_of(s, &literal, size, 19);
    for (unsigned i = 0; i < literals + distances;) {
        unsigned symbol = inflate_symbol(s, &literal), value = 0, run = 1;

        if (symbol < 16) {
            value = symbol;
        } else if (symbol == 16) {
            if (!i)
                longjmp(s->failed, 11);
            value = sizes[i - 1];
            run = 3 + inflate_bits(s, 2);
        } else {
            run = symbol == 17 ? 3 + inflate_bits(s, 3) : 11 + inflate_bits(s, 7);
        }
        if (run > literals + distances - i)
            longjmp(s->failed, 12);
        while (run--)
            sizes[i++] = value;
    }
    inflate_code_of(s, &literal, sizes, literals);
    inflate_code_of(s, &distance, sizes + literals, distances);
    inflate_coded(s, &literal, &distance);
}

/* What lib/exposition/gzip.h promises: no stream of so much data is longer. Head and tail; stored
 * blocks come at 10,240 bytes or more, and one more whenever the window moves. */
static inline size_t inflate_bound(size_t size)
{
    return size + size / 1024 + 32;
}

/* The sum, bit by bit. */
static uint32_t inflate_crc(const unsigned char *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;

    while (size--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* 0: one whole member of gzip and nothing else, with s->out_at bytes of data. */
static int inflate_gzip(struct inflate *s, const void *in, size_t in_size, void *out,
                        size_t out_size)
{
    static const unsigned char head[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0};
    volatile int code;
    unsigned last;

    memset(s, 0, sizeof(*s));
    s->in = in;
    s->in_size = in_size;
    s->out = out;
    s->out_size = out_size;
    if (in_size < 18 || memcmp(in, head, sizeof(head)) != 0)
        return -1;
    s->in_at = 10;
    code = setjmp(s->failed);
    if (code)
        return code;
    do {
        size_t before = s->out_at;
        unsigned kind;

        last = inflate_bits(s, 1);
        kind = inflate_bits(s, 2);
        if (kind > 2)
            return -2;
        s->blocks[kind]++;
        if (kind == 0)
            inflate_stored(s);
        else if (kind == 1)
            inflate_fixed(s);
        else
            inflate_dynamic(s);
        if (s->out_at == before && !last)
            return -5;
    } while (!last);
    if (inflate_bits(s, (8 - s->bit) % 8) != 0 || s->in_at + 8 != in_size)
        return -3;
    for (unsigned i = 0; i < 4; i++)
        if (s->in[s->in_at + i] != (inflate_crc(out, s->out_at) >> 8 * i & 0xFF) ||
            s->in[s->in_at + 4 + i] != ((uint32_t)s->out_at >> 8 * i & 0xFF))
            return -4;
    return 0;
}

#endif
