/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integers as characters, many digits side by side: halved until each is alone. Of number.c.
 *
 * In a word or a vector the first digit is in the lowest byte. Instead of a division by d stands a
 * multiplication by m = 2^s / d, rounded up, and a shift by s: exact for n where
 * n * (m * d - 2^s) < 2^s (Granlund and Montgomery, "Division by Invariant Integers using
 * Multiplication", 1994).
 */
#ifndef PROMC_BASE_NUMBER_DIGITS_H
#define PROMC_BASE_NUMBER_DIGITS_H

#include <stdint.h>
#include <string.h>

#define NUMBER_ZEROS UINT64_C(0x3030303030303030)

static inline void number_put(char *out, uint64_t characters)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    characters = __builtin_bswap64(characters);
#endif
    memcpy(out, &characters, sizeof characters);
}

/* Numbers of two digits, side by side in 16 bits each, to one digit a byte. */
static inline uint64_t number_twos(uint64_t twos)
{
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000f000f000f000f);

    return tens | (twos - 10 * tens) << 8;
}

/* The eight digits of n < 10^8. */
static inline uint64_t number_eight(uint32_t n)
{
    uint64_t fours = n / 10000 | (uint64_t)(n % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007f0000007f);

    return number_twos(hundreds | (fours - 100 * hundreds) << 16);
}

/* ---- sixteen --------------------------------------------------------------------------------- */

#if defined(__SSE2__) && defined(__x86_64__) && !defined(PROMC__NO_VECTORS)
#include <emmintrin.h>

typedef __m128i number_sixteen;

static inline number_sixteen number_sixteen_of(uint32_t left, uint32_t right) /* both below 10^8 */
{
    __m128i eights = _mm_set_epi64x(right, left), fours, twos, high, low;

    high = _mm_srli_epi64(_mm_mul_epu32(eights, _mm_set1_epi64x(3518437209)), 45);
    low = _mm_sub_epi64(eights, _mm_mul_epu32(high, _mm_set1_epi64x(10000)));
    fours = _mm_or_si128(high, _mm_slli_epi64(low, 32));
    high = _mm_srli_epi16(_mm_mulhi_epu16(fours, _mm_set1_epi32(5243)), 3);
    low = _mm_sub_epi16(fours, _mm_mullo_epi16(high, _mm_set1_epi32(100)));
    twos = _mm_or_si128(high, _mm_slli_epi32(low, 16));
    high = _mm_srli_epi16(_mm_mullo_epi16(twos, _mm_set1_epi16(103)), 10);
    low = _mm_sub_epi16(twos, _mm_mullo_epi16(high, _mm_set1_epi16(10)));
    return _mm_or_si128(high, _mm_slli_epi16(low, 8));
}

/* How many there are up to the last one that is not zero. */
static inline int number_sixteen_used(number_sixteen digits)
{
    unsigned zeros = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(digits, _mm_setzero_si128()));

    return 31 ^ __builtin_clz((zeros ^ 0xFFFF) << 1 | 1);
}

static inline uint64_t number_sixteen_left(number_sixteen digits)
{
    return (uint64_t)_mm_cvtsi128_si64(digits);
}

static inline void number_sixteen_put(char *out, number_sixteen digits)
{
    _mm_storeu_si128((__m128i *)(void *)out, _mm_or_si128(digits, _mm_set1_epi8('0')));
}

#else

typedef struct number_sixteen {
    uint64_t left, right;
} number_sixteen;

static inline number_sixteen number_sixteen_of(uint32_t left, uint32_t right)
{
    return (number_sixteen){number_eight(left), number_eight(right)};
}

static inline int number_sixteen_used(number_sixteen digits)
{
    if (digits.right)
        return 16 - __builtin_clzll(digits.right) / 8;
    return digits.left ? 8 - __builtin_clzll(digits.left) / 8 : 0;
}

static inline uint64_t number_sixteen_left(number_sixteen digits)
{
    return digits.left;
}

static inline void number_sixteen_put(char *out, number_sixteen digits)
{
    number_put(out, digits.left | NUMBER_ZEROS);
    number_put(out + 8, digits.right | NUMBER_ZEROS);
}

#endif

#endif
