/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decimal and the middle between two doubles, compared as integers. A double, or the middle of two,
 * has at most 767 significant digits, so a decimal that is longer is decided by its first 768 and by
 * whether anything follows them: that bounds every integer here.
 */
#include "base/parse_exact.h"

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define EXACT_DIGITS 768
#define EXACT_WORDS 160 /* 5120 bits; the largest number has about 2800 */

struct exact_integer {
    int size; /* words, the last one not 0 */
    uint32_t words[EXACT_WORDS];
};

static void exact_multiply_add(struct exact_integer *n, uint32_t factor, uint32_t summand)
{
    uint64_t carry = summand;

    for (int i = 0; i < n->size; i++) {
        carry += (uint64_t)n->words[i] * factor;
        n->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && n->size < EXACT_WORDS)
        n->words[n->size++] = (uint32_t)carry;
}

static void exact_multiply_power_of_5(struct exact_integer *n, int power)
{
    uint32_t rest = 1;

    for (; power >= 13; power -= 13)
        exact_multiply_add(n, 1220703125, 0);
    while (power-- > 0)
        rest *= 5;
    exact_multiply_add(n, rest, 0);
}

static void exact_shift_left(struct exact_integer *n, int bits)
{
    int words = bits / 32;

    if (bits % 32)
        exact_multiply_add(n, UINT32_C(1) << (bits % 32), 0);
    if (!n->size || n->size + words > EXACT_WORDS)
        return;
    memmove(n->words + words, n->words, (size_t)n->size * sizeof n->words[0]);
    memset(n->words, 0, (size_t)words * sizeof n->words[0]);
    n->size += words;
}

static int exact_compare(const struct exact_integer *a, const struct exact_integer *b)
{
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    for (int i = a->size; i-- > 0;) {
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    }
    return 0;
}

/* The decimal as an integer; the result is the power of ten that belongs to it. */
static int64_t exact_read(struct exact_integer *n, const char *begin, const char *end, int64_t exponent)
{
    int64_t power = exponent;
    int digits = 0;
    bool point = false, more = false;

    *n = (struct exact_integer){.size = 0};
    for (; begin < end; begin++) {
        if (*begin == '.') {
            point = true;
        } else if (digits < EXACT_DIGITS) {
            exact_multiply_add(n, 10, (uint32_t)(*begin - '0'));
            digits += n->size > 0;
            power -= point;
        } else {
            more |= *begin != '0';
            power += !point;
        }
    }
    if (more) { /* stands for all that follows */
        exact_multiply_add(n, 10, 1);
        power--;
    }
    return power;
}

/* Compares decimal * 10^power with the middle between the double `bits` and the one above it. */
static int exact_compare_middle(const struct exact_integer *decimal, int power, uint64_t bits)
{
    struct exact_integer left = *decimal, right;
    int biased = (int)(bits >> 52);
    uint64_t middle = bits & ((UINT64_C(1) << 52) - 1);
    int shift;

    if (biased)
        middle |= UINT64_C(1) << 52;
    else
        biased = 1;
    middle = 2 * middle + 1; /* times 2^(biased - 1076) */
    right = (struct exact_integer){middle >> 32 ? 2 : 1, {(uint32_t)middle, (uint32_t)(middle >> 32)}};
    if (power >= 0)
        exact_multiply_power_of_5(&left, power);
    else
        exact_multiply_power_of_5(&right, -power);
    shift = power - (biased - 1076);
    if (shift >= 0)
        exact_shift_left(&left, shift);
    else
        exact_shift_left(&right, -shift);
    return exact_compare(&left, &right);
}

PROMC__COLD uint64_t promc__exact_bits(const char *begin, const char *end, int64_t exponent,
                                       uint64_t estimate)
{
    struct exact_integer decimal;
    uint64_t bits = estimate < PROMC__INFINITE_BITS ? estimate : PROMC__INFINITE_BITS - 1;
    int64_t power = exact_read(&decimal, begin, end, exponent);
    int order;

    if (power > 310) /* then the integers would not fit */
        return PROMC__INFINITE_BITS;
    if (power < -345 - EXACT_DIGITS)
        return 0;
    for (; bits > 0; bits--) {
        order = exact_compare_middle(&decimal, (int)power, bits - 1);
        if (order > 0 || (order == 0 && bits % 2 == 0))
            break;
    }
    while (bits < PROMC__INFINITE_BITS) {
        order = exact_compare_middle(&decimal, (int)power, bits);
        if (order < 0 || (order == 0 && bits % 2 == 0))
            break;
        bits++;
    }
    return bits;
}
