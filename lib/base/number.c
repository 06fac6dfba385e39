/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubles as the shortest decimal that reads back as the same double, and of those the closest.
 *
 * The exact method is Raffaello Giulietti's "The Schubfach way to render doubles" (2020). In front
 * of it stands a decision from a single product, after the observation, used in Yaoyuan Guo's
 * yyjson and Junekey Jeon's "Dragonbox" (2020), that all the candidates lie within ten units of
 * the scaled value: it answers unless the value is within a few 2^-60 of a border, and leaves those
 * cases and the powers of two to Schubfach. tools/make_number_table.py makes the powers of ten and
 * proves (--prove) the logarithms and the precision used here.
 */
#include "base/number.h"

#include "base/compiler.h"
#include "base/number_digits.h"
#include "base/number_table.h"

#include <stdbool.h>
#include <string.h>

/* digits * 10^exponent */
struct number_decimal {
    uint64_t digits;
    int exponent;
};

/* A product with 64 bits before the point and 128 after it. */
struct number_product {
    uint64_t whole, fraction, rest;
};

#define NUMBER_FRACTION_BITS 52
#define NUMBER_HIDDEN_BIT (UINT64_C(1) << NUMBER_FRACTION_BITS)
#define NUMBER_EXPONENT_MASK 0x7ff
#define NUMBER_BIAS 1075 /* of c * 2^q, c an integer */

/* Exponents from which a number is written with one; a repr has at most 16 digits before the point,
 * floatToGoString 6 if it is positive. */
#define NUMBER_REPR_LIMIT 16
#define NUMBER_GO_LIMIT 6
#define NUMBER_SMALLEST_PLAIN (-4) /* 0.0001 */

#define NUMBER_SMALL 1000000 /* integers below are written without an exponent everywhere */

static const uint64_t number_tens[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
};

/* ---- arithmetic ------------------------------------------------------------------------------ */

#if defined(__SIZEOF_INT128__) && !defined(PROMC__NO_INT128)

__extension__ typedef unsigned __int128 number_u128;

static inline uint64_t number_multiply(uint64_t a, uint64_t b, uint64_t *low)
{
    number_u128 product = (number_u128)a * b;

    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
}

#else

static inline uint64_t number_multiply(uint64_t a, uint64_t b, uint64_t *low)
{
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t bottom = a0 * b0;
    uint64_t middle = a1 * b0 + (bottom >> 32);
    uint64_t other = a0 * b1 + (uint32_t)middle;

    *low = (other << 32) | (uint32_t)bottom;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

#endif

static inline struct number_product number_scale(const promc__power *power, uint64_t c)
{
    struct number_product product;
    uint64_t carry = number_multiply(power->low, c, &product.rest);

    product.whole = number_multiply(power->high, c, &product.fraction);
    product.fraction += carry;
    product.whole += product.fraction < carry;
    return product;
}

/* Rounded to odd: the last bit also says that something follows it. What is below 2^-69 is the
 * table's rounding and not the value's. */
static uint64_t number_scale_odd(const promc__power *power, uint64_t c)
{
    struct number_product product = number_scale(power, c);

    return product.whole | (product.fraction != 0 || product.rest >> 59 != 0);
}

/* floor(n / 2^bits) for |n| < 2^30, without shifting a negative number. */
static inline int number_shift(int32_t n, int bits)
{
    return (int)((uint32_t)(n + (1 << 30)) >> bits) - (1 << (30 - bits));
}

static inline int number_log10_pow2(int q) /* floor(log10(2^q)) */
{
    return number_shift(q * 315653, 20);
}

static inline int number_log10_pow2_irregular(int q) /* floor(log10(3/4 * 2^q)) */
{
    return number_shift(q * 631305 - 261663, 21);
}

static inline int number_log2_pow10(int power) /* floor(log2(10^power)) */
{
    return number_shift(power * 1741647, 19);
}

/* ---- the digits of c * 2^q ------------------------------------------------------------------- */

/* Schubfach. A power of two is `irregular`: the double below it is only half as far away. */
static PROMC__COLD struct number_decimal number_schubfach(uint64_t c, int q, bool irregular)
{
    int k = irregular ? number_log10_pow2_irregular(q) : number_log10_pow2(q);
    const promc__power *power = &promc__powers[-k - PROMC__POWER_MIN];
    int h = q + number_log2_pow10(-k) + 1;
    /* Four times the value and its rounding interval; an odd c does not own the ends of it. */
    uint64_t value = number_scale_odd(power, 4 * c << h);
    uint64_t lower = number_scale_odd(power, (4 * c - 2 + irregular) << h) + (c & 1);
    uint64_t upper = number_scale_odd(power, (4 * c + 2) << h) - (c & 1);
    uint64_t units = value / 4, tens = value / 40;
    bool below, above;

    below = lower <= 40 * tens;
    above = 40 * tens + 40 <= upper;
    if (below != above)
        return (struct number_decimal){tens + above, k + 1};
    below = lower <= 4 * units;
    above = 4 * units + 4 <= upper;
    if (below == above)
        above = value > 4 * units + 2 || (value == 4 * units + 2 && units & 1);
    return (struct number_decimal){units + above, k};
}

/* The same as seventeen digits, d.dddd * 10^exponent. */
static PROMC__COLD promc__digits number_exactly(uint64_t c, int q, bool irregular)
{
    struct number_decimal decimal = number_schubfach(c, q, irregular);

    while (decimal.digits < number_tens[16]) {
        decimal.digits *= 10;
        decimal.exponent--;
    }
    return (promc__digits){decimal.digits, decimal.exponent + 16};
}

/* Whether a and b differ by less than what number_shortest() may be wrong by; more than enough. */
static inline bool number_close(uint64_t a, uint64_t b)
{
    return a - b + 8 <= 16;
}

/*
 * The same for c of 53 bits but a power of two, without a loop.
 *
 * k is such that the distance between neighbours, in units of 10^k, is in [1, 10): at least one
 * integer and at most one multiple of ten rounds to the value. The multiple of ten, if there is
 * one, is the shortest; else it is the closest integer. All products are less than 2^-63 off.
 */
static inline promc__digits number_shortest(uint64_t c, int q)
{
    int k = number_log10_pow2(q);
    const promc__power *power = &promc__powers[-k - PROMC__POWER_MIN];
    int h = q + number_log2_pow10(-k);
    struct number_product product = number_scale(power, c << (h + 1));
    uint64_t tens = product.whole / 10 * 10, next = tens + 10;
    /* What is above `tens`, and half the distance between neighbours, in units of 2^-60. */
    uint64_t above = (product.whole - tens) << 60 | product.fraction >> 4;
    uint64_t half = power->high >> (4 - h);
    uint64_t ten = UINT64_C(10) << 60;
    uint64_t digits = product.whole + (product.fraction >> 63);
    bool few;

    if (promc__unlikely(number_close(above, half) || number_close(above + half, ten) ||
                        number_close(product.fraction, UINT64_C(1) << 63)))
        return number_exactly(c, q, false);
    digits = above < half ? tens : digits;
    digits = above + half > ten ? next : digits;
    few = digits < number_tens[16]; /* there are 16 or 17, hard to predict */
    return (promc__digits){digits * (1 + 9 * (uint64_t)few), k - few + 16};
}

/* ---- digits to characters -------------------------------------------------------------------- */

static inline int number_bytes_before(uint64_t word) /* zero bytes; word is not 0 */
{
    return __builtin_ctzll(word) / 8;
}

static inline int number_bytes_after(uint64_t word)
{
    return __builtin_clzll(word) / 8;
}

/* n < 10^8 without leading zeros; writes 8 bytes. */
static inline size_t number_short(char *out, uint32_t n)
{
    uint64_t digits = number_eight(n);
    int zeros = number_bytes_before(digits | UINT64_C(1) << 56);

    number_put(out, (digits | NUMBER_ZEROS) >> (8 * zeros));
    return (size_t)(8 - zeros);
}

static size_t number_exponent(char *out, int exponent)
{
    unsigned n = (unsigned)(exponent < 0 ? -exponent : exponent);
    char *start = out;

    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    if (n >= 100)
        *out++ = (char)('0' + n / 100);
    *out++ = (char)('0' + n / 10 % 10);
    *out++ = (char)('0' + n % 10);
    return (size_t)(out - start);
}

/* Seventeen digits, d.dddd * 10^exponent; `limit` is the first exponent that gets written. */
static inline size_t number_layout(char *out, uint64_t digits, int exponent, int limit)
{
    uint32_t nine = (uint32_t)(digits / 100000000), first = nine / 100000000;
    number_sixteen others = number_sixteen_of(nine % 100000000, (uint32_t)(digits % 100000000));
    int count = 1 + number_sixteen_used(others);

    first |= '0';
    if (exponent >= limit || exponent < NUMBER_SMALLEST_PLAIN) {
        out[0] = (char)first;
        out[1] = '.';
        number_sixteen_put(out + 2, others);
        count += count > 1;
        return (size_t)count + number_exponent(out + count, exponent);
    }
    if (exponent < 0) {
        memcpy(out, "0.000", 5);
        out[1 - exponent] = (char)first;
        number_sixteen_put(out + 2 - exponent, others);
        /* NOLINTNEXTLINE(bugprone-misplaced-widening-cast): 25 at most */
        return (size_t)(1 - exponent + count);
    }
    if (exponent < 7) { /* the point is among the first eight characters: put in by shifting */
        int point = 8 * (exponent + 1);
        uint64_t start = first | (number_sixteen_left(others) | NUMBER_ZEROS) << 8;
        uint64_t whole = start & ((UINT64_C(1) << point) - 1);

        number_sixteen_put(out + 2, others);
        number_put(out, whole | (uint64_t)'.' << point | (start ^ whole) << 8);
    } else {
        char last[9]; /* digits, at most, behind a point that comes after eight */

        out[0] = (char)first;
        number_sixteen_put(out + 1, others);
        memcpy(last, out + exponent + 1, sizeof(last));
        memcpy(out + exponent + 2, last, sizeof(last));
        out[exponent + 1] = '.';
    }
    return (size_t)(count > exponent + 1 ? count : exponent + 2) + 1;
}

/* n < 10^6 and ".0" in one word. Its size does not wait for its digits. */
static inline size_t number_small(char *out, uint32_t n)
{
    uint32_t hundreds = n / 100, first = n / 10000;
    uint64_t digits = number_twos(first | (uint64_t)(hundreds - 100 * first) << 16 |
                                  (uint64_t)(n - 100 * hundreds) << 32);
    int zeros = (n < 10) + (n < 100) + (n < 1000) + (n < 10000) + (n < 100000);

    digits |= UINT64_C(0x302e303030303030); /* "000000.0" */
    number_put(out, digits >> (8 * zeros));
    return (size_t)(8 - zeros);
}

/* 10^6 <= n < 10^8 as d.dddd * 10^exponent, the most common size of a busy counter. */
static size_t number_millions(char *out, uint32_t n)
{
    uint64_t digits = number_eight(n);
    int zeros = number_bytes_before(digits);
    int count = 8 - zeros - number_bytes_after(digits);

    digits = (digits | NUMBER_ZEROS) >> (8 * zeros);
    out[0] = (char)digits;
    out[1] = '.';
    number_put(out + 2, digits >> 8);
    count += count > 1;
    return (size_t)count + number_exponent(out + count, 7 - zeros);
}

/* An integer below 2^53: all of its digits are needed. */
static size_t number_whole(char *out, uint64_t n, int limit)
{
    size_t size;
    int exponent;

    if (n < NUMBER_SMALL) {
        size = promc__write_u64(out, n);
        memcpy(out + size, ".0", 2);
        return size + 2;
    }
    if (n < 100000000 && limit == NUMBER_GO_LIMIT)
        return number_millions(out, (uint32_t)n);
    exponent = (63 - __builtin_clzll(n)) * 1233 >> 12; /* floor(log10(n)), or one less */
    exponent += n >= number_tens[exponent + 1];
    return number_layout(out, n * number_tens[16 - exponent], exponent, limit);
}

static inline uint64_t number_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static size_t number_text(char *out, const char *text)
{
    size_t size = strlen(text);

    memcpy(out, text, size);
    return size;
}

#define NUMBER_SIGN (UINT64_C(1) << 63)
#define NUMBER_INFINITY ((uint64_t)NUMBER_EXPONENT_MASK << NUMBER_FRACTION_BITS)

static inline uint64_t number_mantissa(uint64_t bits)
{
    return bits & (NUMBER_HIDDEN_BIT - 1);
}

/* Whether a finite double above 0 is an integer below 2^53. */
static inline bool number_is_whole(uint64_t bits)
{
    unsigned shift = NUMBER_BIAS - (unsigned)(bits >> NUMBER_FRACTION_BITS);
    uint64_t c = number_mantissa(bits) | NUMBER_HIDDEN_BIT;

    return shift <= NUMBER_FRACTION_BITS && (c & ((UINT64_C(1) << shift) - 1)) == 0;
}

static inline bool number_is_small(uint64_t bits, double value)
{
    return bits < number_bits(NUMBER_SMALL) && (double)(uint32_t)value == value;
}

/* The digits of a finite double but 0, without its sign. */
static inline promc__digits number_digits(uint64_t bits)
{
    uint64_t c = number_mantissa(bits);
    int biased = (int)(bits >> NUMBER_FRACTION_BITS);

    if (promc__likely(c && biased))
        return number_shortest(c | NUMBER_HIDDEN_BIT, biased - NUMBER_BIAS);
    if (c) /* subnormal */
        return number_exactly(c, 1 - NUMBER_BIAS, false);
    return number_exactly(NUMBER_HIDDEN_BIT, biased - NUMBER_BIAS, biased > 1);
}

void promc__find_digits(const double *values, size_t count, promc__digits *found)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = number_bits(values[i]);

        if (number_is_small(bits, values[i]) || bits >= NUMBER_INFINITY || number_is_whole(bits))
            found[i].digits = 0;
        else
            found[i] = number_digits(bits);
    }
}

/* A finite double that has no sign. */
static size_t number_finite(char *out, double value, int limit)
{
    promc__digits found;

    promc__find_digits(&value, 1, &found);
    if (!found.digits)
        return number_whole(out, (uint64_t)value, limit);
    return number_layout(out, found.digits, found.exponent, limit);
}

size_t promc__write_double(char *out, double value)
{
    uint64_t bits = number_bits(value), size = bits & ~NUMBER_SIGN;

    if (number_is_small(bits, value))
        return number_small(out, (uint32_t)value);
    if (promc__unlikely(size >= NUMBER_INFINITY))
        return number_text(out, size > NUMBER_INFINITY ? "NaN" : bits == size ? "+Inf" : "-Inf");
    if (bits == size)
        return number_finite(out, value, NUMBER_GO_LIMIT);
    *out = '-';
    return 1 + number_finite(out + 1, -value, NUMBER_REPR_LIMIT);
}

size_t promc__write_digits(char *out, promc__digits found)
{
    return number_layout(out, found.digits, found.exponent, NUMBER_GO_LIMIT);
}

size_t promc__write_repr(char *out, double value)
{
    uint64_t bits = number_bits(value), size = bits & ~NUMBER_SIGN;
    size_t sign = bits != size;

    if (promc__unlikely(size >= NUMBER_INFINITY))
        return number_text(out, size > NUMBER_INFINITY ? "nan" : sign ? "-inf" : "inf");
    *out = '-';
    return sign + number_finite(out + sign, sign ? -value : value, NUMBER_REPR_LIMIT);
}

/* ---- integers -------------------------------------------------------------------------------- */

/* NOLINTNEXTLINE(misc-no-recursion): three deep at most */
size_t promc__write_u64(char *out, uint64_t value)
{
    size_t size;

    if (value < 100000000)
        return number_short(out, (uint32_t)value);
    size = promc__write_u64(out, value / 100000000);
    number_put(out + size, number_eight((uint32_t)(value % 100000000)) | NUMBER_ZEROS);
    return size + 8;
}

size_t promc__write_i64(char *out, int64_t value)
{
    if (value >= 0)
        return promc__write_u64(out, (uint64_t)value);
    *out = '-';
    return 1 + promc__write_u64(out + 1, 0 - (uint64_t)value);
}
