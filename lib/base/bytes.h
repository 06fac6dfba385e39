/* SPDX-License-Identifier: Apache-2.0 */
/* Integers in bytes: any alignment, little-endian in memory whatever the machine is. */
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

/*
 * Copies `size` bytes and returns their end, for texts too short for what a call of memcpy() costs.
 * The last bytes overlap those before them, so that nothing is read or written beyond either text.
 */
static inline char *promc__copy_short(char *to, const char *from, size_t size)
{
    char *end = to + size;
    const char *tail;

    if (size == 0) /* then there may be no text at all */
        return to;
    tail = from + size;
    if (size >= 16) {
        tail -= 16;
        for (; from < tail; from += 16, to += 16)
            memcpy(to, from, 16);
        memcpy(end - 16, tail, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(end - 8, tail - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(end - 4, tail - 4, 4);
    } else {
        to[0] = from[0];
        to[size / 2] = from[size / 2];
        end[-1] = tail[-1];
    }
    return end;
}

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

#endif
