/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seeded hash of names and label values: 16 bytes at a time, mixed by folding a 64 x 64 -> 128
 * bit product (the construction of wyhash: Wang Yi et al., "Modern Non-Cryptographic Hash Function
 * and Pseudorandom Number Generator", 2019). Each table has a seed of its own that is random, so
 * that nobody who only chooses what is in it can make that collide.
 */
#ifndef PROMC_BASE_HASH_H
#define PROMC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A random seed, another one each time. Any thread may ask; never fails. */
uint64_t promc__new_seed(void);

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

static inline uint64_t promc__load_four(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static inline uint64_t promc__load_two(const char *p)
{
    uint16_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

#define PROMC__HASH_PRIME 0x9E3779B97F4A7C15u /* 2^64 divided by the golden ratio */

/* The second secret that goes with a seed. */
static inline uint64_t promc__hash_secret(uint64_t seed)
{
    return promc__fold(seed ^ PROMC__HASH_PRIME, 0xD6E8FEB86659FD93u);
}

/*
 * Hashes one value into `state`, which begins as the seed. Both factors of each product have a
 * secret in them, so that nobody can make one of them zero; and sizes are added to a secret, so that
 * nobody can make them cancel out against bytes.
 */
static inline uint64_t promc__hash_more(uint64_t state, uint64_t secret, const char *value,
                                        size_t size)
{
    uint64_t first = 0, last = 0, sized = secret + size * PROMC__HASH_PRIME;
    const char *end = value + size;

    /* The last 1 to 16 bytes as two halves, which overlap each other or bytes before them, so that
     * no length needs a loop. */
    if (size > 16) {
        for (; end - value > 16; value += 16)
            state = promc__fold(state ^ promc__load_eight(value),
                                secret ^ promc__load_eight(value + 8));
        first = promc__load_eight(end - 16);
        last = promc__load_eight(end - 8);
    } else if (size >= 8) {
        first = promc__load_eight(value);
        last = promc__load_eight(end - 8);
    } else if (size >= 4) {
        first = promc__load_four(value);
        last = promc__load_four(end - 4);
    } else if (size >= 2) {
        first = promc__load_two(value);
        last = promc__load_two(end - 2);
    } else if (size) {
        first = (unsigned char)*value;
    }
    return promc__fold(state ^ first, sized ^ last);
}

static inline uint64_t promc__hash_value(uint64_t seed, const char *value, size_t size)
{
    return promc__hash_more(seed, promc__hash_secret(seed), value, size);
}

#endif
