/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seeded hash of label values: 8 bytes at a time, mixed by folding a 64 x 64 -> 128 bit product
 * (the construction of wyhash: Wang Yi et al., "Modern Non-Cryptographic Hash Function and
 * Pseudorandom Number Generator", 2019). The seed is random for each family, so that nobody who only
 * chooses label values can make them collide.
 */
#ifndef PROMC_METRICS_HASH_H
#define PROMC_METRICS_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t promc__fold(uint64_t a, uint64_t b)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t low = (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF), high = (a >> 32) * (b >> 32);
    uint64_t cross = (a >> 32) * (b & 0xFFFFFFFF), other = (a & 0xFFFFFFFF) * (b >> 32);

    high += (cross >> 32) + (other >> 32);
    return (low ^ high) + (cross << 32) + (other << 32);
#endif
}

static inline uint64_t promc__load_eight(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/* In the low half, whatever the byte order: the caller shifts it. */
static inline uint64_t promc__load_four(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/* Hashes one value into `state`; begin with the family's seed. */
static inline uint64_t promc__hash_value(uint64_t state, const char *value, size_t size)
{
    const uint64_t prime = 0x9E3779B97F4A7C15u; /* 2^64 divided by the golden ratio */
    uint64_t last;

    state ^= size * prime;
    while (size > 8) {
        state = promc__fold(state ^ promc__load_eight(value), prime);
        value += 8;
        size -= 8;
    }
    /* The last 1 to 8 bytes as two overlapping halves, so that no length needs a loop. */
    if (size >= 4)
        last = promc__load_four(value) | promc__load_four(value + size - 4) << 32;
    else if (size > 0)
        last = (uint64_t)(unsigned char)value[0] |
               (uint64_t)(unsigned char)value[size / 2] << 8 |
               (uint64_t)(unsigned char)value[size - 1] << 16;
    else
        last = 0;
    return promc__fold(state ^ last, prime ^ 0xD6E8FEB86659FD93u);
}

#endif
