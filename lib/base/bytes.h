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
