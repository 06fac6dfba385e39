/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integers in bytes: any alignment, little-endian in memory whatever the machine is. And bytes in
 * an integer, eight at a time.
 */
#ifndef PROMC_BASE_BYTES_H
#define PROMC_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define promc__little32(x) __builtin_bswap32(x)
#define promc__little64(x) __builtin_bswap64(x)
#else
#define promc__little32(x) (x)
#define promc__little64(x) (x)
#endif

static inline uint64_t promc__load64(const void *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof(value));
    return promc__little64(value);
}

static inline void promc__store32(void *to, uint32_t value)
{
    uint32_t little = promc__little32(value);

    memcpy(to, &little, sizeof(little));
}

static inline void promc__store64(void *to, uint64_t value)
{
    uint64_t little = promc__little64(value);

    memcpy(to, &little, sizeof(little));
}

#define PROMC__EVERY_BYTE UINT64_C(0x0101010101010101)

/* Marks bytes that are `c` at their top bits (Hacker's Delight, 6-1). Exact as a yes or no, and for
 * the first of them; marks behind that may be wrong. */
static inline uint64_t promc__marks(uint64_t word, char c)
{
    word ^= (unsigned char)c * PROMC__EVERY_BYTE;
    return (word - PROMC__EVERY_BYTE) & ~word & (PROMC__EVERY_BYTE << 7);
}

/* How many bytes there are before the first that is marked, in the order in which promc__load64()
 * read them. At least one is. */
static inline size_t promc__before_mark(uint64_t marks)
{
    return (size_t)__builtin_ctzll(marks) / 8;
}

/* The first of two characters, or the end. Faster than memchr for texts of a few words. */
static inline const char *promc__find_either(const char *at, const char *end, char a, char b)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word = promc__load64(at);
        uint64_t found = promc__marks(word, a) | promc__marks(word, b);

        if (found)
            return at + promc__before_mark(found);
    }
    while (at < end && *at != a && *at != b)
        at++;
    return at;
}

#endif
