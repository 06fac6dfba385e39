/* SPDX-License-Identifier: Apache-2.0 */
/* Where a character is in a text, sixteen bytes at a time. */
#ifndef PROMC_BASE_PLACES_H
#define PROMC_BASE_PLACES_H

#include "base/bytes.h"

#define PROMC__PIECE 16

/* Which of the sixteen bytes at `at` are `c`: one bit each, the lowest of the first. */
#if defined(__SSE2__)
#include <emmintrin.h>

static inline unsigned promc__places(const char *at, char c)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}
#else
static inline unsigned promc__places_in_word(uint64_t word, char c)
{
    const uint64_t low = 0x7F * PROMC__EVERY_BYTE;
    uint64_t others = word ^ (unsigned char)c * PROMC__EVERY_BYTE;
    /* The top bits of the bytes that are zero now; nothing is carried from one to the next. */
    uint64_t found = ~(((others & low) + low) | others) & ~low;

    return (unsigned)((found >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline unsigned promc__places(const char *at, char c)
{
    return promc__places_in_word(promc__load64(at), c) |
           promc__places_in_word(promc__load64(at + 8), c) << 8;
}
#endif

#endif
