/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The double closest to a decimal, ties to even.
 *
 * The quick way is Daniel Lemire's "Number Parsing at a Gigabyte per Second" (2021), after Michael
 * Eisel: the digits times a 128-bit power of ten, of which the first 53 bits are almost always
 * certain. Our powers (those that number.c writes numbers with) are rounded up where Lemire's are cut
 * off, so that a product here is at most one unit of the factor too large instead of too small; the
 * decision below is made for that. What it leaves open is decided exactly with big integers
 * (parse_exact.c).
 */
#include "base/parse_number.h"

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/number_table.h"
#include "base/parse_exact.h"

#include <math.h>
#include <string.h>

#define DECIMAL_DIGITS 19           /* always fit into 64 bits */
#define DECIMAL_EXACT_POWER 55      /* 5^55 < 2^128: these powers of ten are not rounded */
#define DECIMAL_LARGEST 310         /* 1e310 is infinite */
#define DECIMAL_SMALLEST (-345)     /* 2^64 * 1e-345 is 0 */
/* Of what is written after "e": no text is long enough for its digits to bring it back from there. */
#define DECIMAL_EXPONENT_CAP (INT64_C(1) << 56)

/* ---- products -------------------------------------------------------------------------------- */

#if defined(__SIZEOF_INT128__) && !defined(PROMC__NO_INT128)

static inline uint64_t decimal_multiply(uint64_t a, uint64_t b, uint64_t *low)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;

    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
}

#else

static inline uint64_t decimal_multiply(uint64_t a, uint64_t b, uint64_t *low)
{
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t bottom = a0 * b0;
    uint64_t middle = a1 * b0 + (bottom >> 32);
    uint64_t other = a0 * b1 + (uint32_t)middle;

    *low = (other << 32) | (uint32_t)bottom;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

#endif

static inline int decimal_log2_power(int power) /* floor(log2(10^power)), |power| < 400 */
{
    return (int)((uint32_t)(power * 1741647 + (1 << 30)) >> 19) - (1 << 11);
}

/* Drops the lowest bits of `bits`, none if `shift` is 0; `shift` may exceed 64. */
static inline uint64_t decimal_shift(uint64_t bits, int shift)
{
    return shift < 64 ? bits >> shift : 0;
}

struct decimal_product {
    uint64_t high, middle, low;
    int exponent; /* the value is product * 2^exponent, the product an integer of 192 bits */
};

static inline struct decimal_product decimal_scale(uint64_t digits, int power)
{
    const promc__power *factor = &promc__powers[power - PROMC__POWER_MIN];
    struct decimal_product product;
    int zeros = __builtin_clzll(digits);
    uint64_t carry;

    digits <<= zeros;
    carry = decimal_multiply(digits, factor->low, &product.low);
    product.high = decimal_multiply(digits, factor->high, &product.middle);
    product.middle += carry;
    product.high += product.middle < carry;
    product.exponent = decimal_log2_power(power) - 127 - zeros;
    return product;
}

/* ---- the quick way --------------------------------------------------------------------------- */

/* The bits of digits * 10^power, rounded to even. False if the product does not tell them. */
static bool decimal_quick(uint64_t digits, int power, uint64_t *bits)
{
    struct decimal_product product;
    uint64_t mantissa, dropped, half;
    int drop, exponent;

    if (power < PROMC__POWER_MIN)
        return false;
    product = decimal_scale(digits, power);
    drop = 10 + (int)(product.high >> 63); /* leaves 53 bits */
    /* Biased, for a mantissa with its top bit. It is positive: 1e-292 is far from subnormal. */
    exponent = product.exponent + 128 + drop + 1075;
    if (exponent >= 2047) {
        *bits = PROMC__INFINITE_BITS;
        return true;
    }
    mantissa = product.high >> drop;
    dropped = product.high & ((UINT64_C(1) << drop) - 1);
    half = UINT64_C(1) << (drop - 1);
    if (dropped == half && product.middle <= 1) {
        /* The value may lie on either side of the middle, unless the power is exact. */
        if (power < 0 || power > DECIMAL_EXACT_POWER)
            return false;
        mantissa += product.middle || product.low ? 1 : mantissa & 1;
    } else {
        mantissa += dropped >= half;
    }
    /* Adding makes a carry of the mantissa go on into the exponent, up to infinity. */
    *bits = mantissa + ((uint64_t)(exponent - 1) << 52);
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct decimal_text {
    uint64_t digits; /* the first ones that count */
    int room;        /* for more of them */
    int power;       /* of ten, for those */
    bool cut;        /* there are more, not all zero */
    /* For the exact way: the digits, from the first that is not 0, with a point among them. */
    const char *begin, *end;
    int64_t exponent; /* as written after "e" */
};

static inline bool decimal_is_digit(char c)
{
    return (unsigned)(c - '0') < 10;
}

static int64_t decimal_exponent(const char *text, const char *end)
{
    bool negative = *text == '-';
    int64_t exponent = 0;

    text += *text == '-' || *text == '+';
    if (text == end)
        return INT64_MIN;
    for (; text < end; text++) {
        if (!decimal_is_digit(*text))
            return INT64_MIN;
        if (exponent < DECIMAL_EXPONENT_CAP)
            exponent = exponent * 10 + (*text - '0');
    }
    return negative ? -exponent : exponent;
}

/* Reads eight digits at once; false if not all of them are digits. */
static inline bool decimal_eight(const char *text, uint64_t *value)
{
    const uint64_t every = PROMC__EVERY_BYTE;
    uint64_t word = promc__load64(text);

    /* A byte from '0' to '9' is 0x3_, and still is with 6 more. */
    if (((word & 0xF0 * every) | ((word + 0x06 * every) & 0xF0 * every) >> 4) != 0x33 * every)
        return false;
    /* Pairs, fours, then all eight. The first digit is in the lowest byte. */
    word -= 0x30 * every;
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
    *value = (word * 10000 + (word >> 32)) & UINT64_C(0xFFFFFFFF);
    return true;
}

/* Reads digits, as far as they go: up to the first that is not 0, then eight by eight, then one by
 * one. *dropped: how many had no room any more. */
static inline const char *decimal_run(const char *at, const char *end, struct decimal_text *decimal,
                                      int64_t *dropped)
{
    uint64_t digits = decimal->digits, eight;
    int room = decimal->room;

    while (!digits && at < end && decimal_is_digit(*at)) {
        digits = (uint64_t)(*at++ - '0');
        room -= digits != 0;
    }
    for (; room >= 8 && end - at >= 8 && digits && decimal_eight(at, &eight); at += 8) {
        digits = digits * 100000000 + eight;
        room -= 8;
    }
    for (; room && at < end && decimal_is_digit(*at); at++, room--)
        digits = digits * 10 + (uint64_t)(*at - '0');
    for (*dropped = 0; at < end && decimal_is_digit(*at); at++, ++*dropped)
        decimal->cut |= *at != '0';
    decimal->digits = digits;
    decimal->room = room;
    return at;
}

/* `text` begins with what may be a digit or the point. */
static bool decimal_read(const char *text, const char *end, struct decimal_text *decimal)
{
    const char *at = text, *fraction;
    int64_t power, dropped;
    bool any;

    *decimal = (struct decimal_text){.begin = text, .room = DECIMAL_DIGITS};
    at = decimal_run(at, end, decimal, &power);
    any = at > text;
    if (at < end && *at == '.') {
        fraction = at + 1;
        at = decimal_run(fraction, end, decimal, &dropped);
        power -= at - fraction - dropped;
        any |= at > fraction;
    }
    decimal->end = at;
    if (!any)
        return false;
    if (at < end) {
        int64_t exponent = INT64_MIN;

        if ((*at | 0x20) != 'e' || at + 1 == end)
            return false;
        exponent = decimal_exponent(at + 1, end);
        if (exponent == INT64_MIN)
            return false;
        decimal->exponent = exponent;
        power += exponent;
    }
    decimal->power = (int)(power > DECIMAL_LARGEST    ? DECIMAL_LARGEST
                           : power < DECIMAL_SMALLEST ? DECIMAL_SMALLEST
                                                      : power);
    return true;
}

static uint64_t decimal_bits(const struct decimal_text *decimal)
{
    uint64_t bits, above;

    if (!decimal->digits || decimal->power <= DECIMAL_SMALLEST)
        return 0;
    if (decimal->power >= DECIMAL_LARGEST)
        return PROMC__INFINITE_BITS;
    if (promc__likely(decimal_quick(decimal->digits, decimal->power, &bits))) {
        if (promc__likely(!decimal->cut))
            return bits;
        /* Certain as well if the digits that were cut off cannot change it. */
        if (decimal_quick(decimal->digits + 1, decimal->power, &above) && bits == above)
            return bits;
    } else {
        /* An estimate is enough, in two steps where the table ends. */
        int power = decimal->power < PROMC__POWER_MIN ? PROMC__POWER_MIN : decimal->power;
        struct decimal_product product = decimal_scale(decimal->digits, power);
        int exponent = product.exponent, drop;

        if (power != decimal->power) {
            exponent += 128;
            product = decimal_scale(product.high, decimal->power - power);
            exponent += product.exponent;
        }
        drop = 10 + (int)(product.high >> 63);
        exponent += 128 + drop + 1075;
        if (exponent <= 0) {
            drop += 1 - exponent;
            exponent = 0;
        }
        bits = decimal_shift(product.high, drop) +
               (exponent ? (uint64_t)(exponent - 1) << 52 : 0);
    }
    return promc__exact_bits(decimal->begin, decimal->end, decimal->exponent, bits);
}

static bool decimal_word(const char *text, size_t size, const char *word)
{
    if (size != strlen(word))
        return false;
    for (size_t i = 0; i < size; i++) {
        if ((text[i] | 0x20) != word[i])
            return false;
    }
    return true;
}

static enum promc__number_result decimal_special(const char *text, size_t size, bool sign,
                                                 bool negative, double *value)
{
    if (decimal_word(text, size, "inf") || decimal_word(text, size, "infinity"))
        *value = negative ? -(double)INFINITY : (double)INFINITY;
    else if (!sign && decimal_word(text, size, "nan"))
        *value = (double)NAN;
    else
        return PROMC__NUMBER_SYNTAX;
    return PROMC__NUMBER_OK;
}

enum promc__number_result promc__parse_double(const char *text, size_t size, double *value)
{
    const char *end = text + size;
    struct decimal_text decimal;
    bool sign, negative;
    uint64_t bits;

    if (!size)
        return PROMC__NUMBER_SYNTAX;
    negative = *text == '-';
    sign = negative || *text == '+';
    text += sign;
    if (!decimal_read(text, end, &decimal))
        return decimal_special(text, (size_t)(end - text), sign, negative, value);
    if (decimal.power == 0 && !decimal.cut && decimal.digits < UINT64_C(1) << 53) {
        *value = (double)decimal.digits; /* exact */
        *value = negative ? -*value : *value;
        return PROMC__NUMBER_OK;
    }
    bits = decimal_bits(&decimal) | (uint64_t)negative << 63;
    memcpy(value, &bits, sizeof bits);
    return (bits << 1) == PROMC__INFINITE_BITS << 1 ? PROMC__NUMBER_TOO_LARGE : PROMC__NUMBER_OK;
}

bool promc__parse_i64(const char *text, size_t size, int64_t *value)
{
    bool negative = size && *text == '-';
    uint64_t limit = (uint64_t)INT64_MAX + negative, sum = 0;
    const char *end = text + size;

    text += negative;
    if (text == end)
        return false;
    for (; text < end; text++) {
        unsigned digit = (unsigned)(*text - '0');

        if (digit > 9 || sum > (limit - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}
