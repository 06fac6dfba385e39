/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as text, against the C library's exact printf and strtod.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "effort.h"

static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);
static uint64_t checked, asymmetric;

static uint64_t random_u64(void) /* xorshift64*, Vigna 2016 */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Of every length from 64 - `spread` bits on. */
static uint64_t random_length(unsigned spread)
{
    unsigned shift = (unsigned)(random_u64() % spread);

    return random_u64() >> shift;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- what is called, with the room it may use ------------------------------------------------ */

struct text {
    char data[PROMC__NUMBER_SIZE + 16];
};

#define WITH_GUARD(text, call)                                                                     \
    do {                                                                                           \
        size_t size_;                                                                              \
        memset((text)->data, '#', sizeof(text)->data);                                             \
        size_ = (call);                                                                            \
        assert_true(size_ > 0 && size_ <= PROMC__NUMBER_SIZE);                                     \
        for (size_t i_ = PROMC__NUMBER_SIZE; i_ < sizeof(text)->data; i_++)                        \
            assert_int_equal((text)->data[i_], '#');                                               \
        (text)->data[size_] = '\0';                                                                \
    } while (0)

/* In one step, and in two if that can be. */
static const char *write_go(struct text *text, double value)
{
    promc__digits found;
    struct text other;

    promc__find_digits(&value, 1, &found);
    WITH_GUARD(text, promc__write_double(text->data, value));
    if (found.digits) {
        WITH_GUARD(&other, promc__write_digits(other.data, found));
        assert_string_equal(other.data, text->data);
    }
    return text->data;
}

/* Of what is seldom, and of what is quicker in one step, nothing is found. */
static void test_find_digits(void **state)
{
    static const double fractions[] = {0.1, 1e300, 5e-324};
    static const double others[] = {0, 7, 1e6, -0.1, (double)INFINITY, (double)NAN};
    promc__digits found[6];

    (void)state;
    promc__find_digits(fractions, 3, found);
    assert_true(found[0].digits == UINT64_C(10000000000000000));
    assert_int_equal(found[0].exponent, -1);
    assert_true(found[1].digits && found[2].digits);
    promc__find_digits(others, 6, found);
    for (size_t i = 0; i < 6; i++)
        assert_true(found[i].digits == 0);
}

static const char *write_repr(struct text *text, double value)
{
    WITH_GUARD(text, promc__write_repr(text->data, value));
    return text->data;
}

static const char *write_u64(struct text *text, uint64_t value)
{
    WITH_GUARD(text, promc__write_u64(text->data, value));
    return text->data;
}

static const char *write_i64(struct text *text, int64_t value)
{
    WITH_GUARD(text, promc__write_i64(text->data, value));
    return text->data;
}

/* ---- the reference --------------------------------------------------------------------------- */

/* 0.d1d2d3... * 10^point as digits without a sign, first digit not 0. */
struct digits {
    char data[24];
    int count, point;
};

/* The `count` digits closest to the value, from printf, trailing zeros kept. */
static struct digits closest(double value, int count)
{
    struct digits digits = {.count = count};
    char text[64];
    int length = snprintf(text, sizeof text, "%.*e", count - 1, fabs(value));

    assert_in_range(length, count, 40);
    digits.data[0] = text[0];
    if (count > 1)
        memcpy(digits.data + 1, text + 2, (size_t)count - 1);
    digits.point = atoi(strchr(text, 'e') + 1) + 1;
    return digits;
}

/* Whether the digits, changed by `step` in the last place, read back as the value. */
static bool reads_back(const struct digits *digits, int step, double value)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%llde%d", strtoll(digits->data, NULL, 10) + step,
                   digits->point - digits->count);
    return strtod(text, NULL) == fabs(value);
}

static struct digits stepped(struct digits digits, int step)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", strtoll(digits.data, NULL, 10) + step);

    assert_int_equal(length, digits.count);
    memcpy(digits.data, text, sizeof text);
    return digits;
}

/* The digits of what was written: the number without sign, point, exponent, zeros at the ends. */
static int significant(const char *text)
{
    int count = 0, last = 0;

    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (count == 0 && *text == '0'))
            continue;
        count++;
        if (*text != '0')
            last = count;
    }
    return last;
}

/* Python's repr of given digits. */
static void layout_repr(char *out, bool negative, struct digits digits)
{
    out += sprintf(out, "%s", negative ? "-" : "");
    if (digits.point > 16 || digits.point < -3)
        (void)sprintf(out, "%c%s%.*se%c%02d", digits.data[0], digits.count > 1 ? "." : "",
                      digits.count - 1, digits.data + 1, digits.point > 0 ? '+' : '-',
                      abs(digits.point - 1));
    else if (digits.point <= 0)
        (void)sprintf(out, "0.%.*s%.*s", -digits.point, "000", digits.count, digits.data);
    else if (digits.point >= digits.count)
        (void)sprintf(out, "%.*s%.*s.0", digits.count, digits.data, digits.point - digits.count,
                      "0000000000000000");
    else
        (void)sprintf(out, "%.*s.%.*s", digits.point, digits.data, digits.count - digits.point,
                      digits.data + digits.point);
}

/* floatToGoString of given digits. */
static void layout_go(char *out, bool negative, struct digits digits)
{
    if (negative || digits.point <= 6 || digits.point > 16)
        layout_repr(out, negative, digits);
    else
        (void)sprintf(out, "%c%s%.*se+%02d", digits.data[0], digits.count > 1 ? "." : "",
                      digits.count - 1, digits.data + 1, digits.point - 1);
}

/*
 * Everything that is promised about a finite double other than zero.
 *
 * Shortest: of the decimals with one digit less, only the three around the value can be inside its
 * rounding interval, and none is. Closest: the digits are those printf gives at that length, unless
 * printf's do not read back. That happens at powers of two, where the interval below is half of the
 * one above and the closest decimal can be outside below while the next one up is inside.
 */
static void check(double value)
{
    struct text repr, go;
    char expected[64];
    int count = significant(write_repr(&repr, value));
    struct digits digits, shorter;

    checked++;
    if (bits_of(strtod(repr.data, NULL)) != bits_of(value))
        fail_msg("%s is not %.17g (%a)", repr.data, value, value);
    assert_in_range(count, 1, 17);
    if (count > 1) {
        shorter = closest(value, count - 1);
        for (int step = -1; step <= 1; step++)
            if (reads_back(&shorter, step, value))
                fail_msg("%s is not the shortest for %.17g (%a)", repr.data, value, value);
    }
    digits = closest(value, count);
    if (!reads_back(&digits, 0, value)) {
        assert_true((bits_of(value) & ((UINT64_C(1) << 52) - 1)) == 0);
        assert_false(reads_back(&digits, -1, value));
        digits = stepped(digits, 1);
        asymmetric++;
    }
    layout_repr(expected, signbit(value), digits);
    if (strcmp(repr.data, expected) != 0)
        fail_msg("repr: %s, expected %s (%a)", repr.data, expected, value);
    layout_go(expected, signbit(value), digits);
    if (strcmp(write_go(&go, value), expected) != 0)
        fail_msg("double: %s, expected %s (%a)", go.data, expected, value);
}

/* The value, its negation, and `around` doubles on both sides. */
static void check_around(double value, uint64_t around)
{
    uint64_t bits = bits_of(value), infinity = bits_of(INFINITY);

    for (uint64_t i = bits > around ? bits - around : 1; i <= bits + around && i < infinity; i++) {
        check(from_bits(i));
        check(-from_bits(i));
    }
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_vectors(void **state)
{
    static const struct {
        double value;
        const char *go, *repr;
    } vectors[] = {
        {0.0, "0.0", "0.0"},
        {-0.0, "-0.0", "-0.0"},
        {1, "1.0", "1.0"},
        {-1, "-1.0", "-1.0"},
        {0.1, "0.1", "0.1"},
        {0x1.3333333333334p-2 /* 0.1 + 0.2 */, "0.30000000000000004", "0.30000000000000004"},
        {10, "10.0", "10.0"},
        {123456, "123456.0", "123456.0"},
        {999999, "999999.0", "999999.0"},
        {999999.5, "999999.5", "999999.5"},
        {999999.9999999999, "999999.9999999999", "999999.9999999999"},
        {1e6, "1e+06", "1000000.0"},
        {1234567, "1.234567e+06", "1234567.0"},
        {1000000.5, "1.0000005e+06", "1000000.5"},
        {123456789, "1.23456789e+08", "123456789.0"},
        {1e10, "1e+10", "10000000000.0"},
        {1e15, "1e+15", "1000000000000000.0"},
        {1e16, "1e+16", "1e+16"},
        {1e22, "1e+22", "1e+22"},
        {1e23, "1e+23", "1e+23"},
        {9007199254740991.0, "9.007199254740991e+15", "9007199254740991.0"},
        {9007199254740992.0, "9.007199254740992e+15", "9007199254740992.0"},
        {9223372036854775808.0, "9.223372036854776e+18", "9.223372036854776e+18"},
        {18446744073709551616.0, "1.8446744073709552e+19", "1.8446744073709552e+19"},
        {1e-4, "0.0001", "0.0001"},
        {1e-5, "1e-05", "1e-05"},
        {0.00012345678901234567, "0.00012345678901234567", "0.00012345678901234567"},
        {1.5e-10, "1.5e-10", "1.5e-10"},
        {5e-324, "5e-324", "5e-324"},
        {1e-323, "1e-323", "1e-323"},
        {2.2250738585072014e-308, "2.2250738585072014e-308", "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308"},
        {-1e6, "-1000000.0", "-1000000.0"},
        {-1234567, "-1234567.0", "-1234567.0"},
        {-1e15, "-1000000000000000.0", "-1000000000000000.0"},
        {-1e16, "-1e+16", "-1e+16"},
        {-0.00001, "-1e-05", "-1e-05"},
        {1795245840.497536, "1.795245840497536e+09", "1795245840.497536"},
        {INFINITY, "+Inf", "inf"},
        {-INFINITY, "-Inf", "-inf"},
        {NAN, "NaN", "nan"},
        {-NAN, "NaN", "nan"},
    };
    struct text text;

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        assert_string_equal(write_go(&text, vectors[i].value), vectors[i].go);
        assert_string_equal(write_repr(&text, vectors[i].value), vectors[i].repr);
    }
    assert_string_equal(write_go(&text, from_bits(UINT64_C(0x7ff0000000000001))), "NaN");
    assert_string_equal(write_go(&text, from_bits(UINT64_C(0xffffffffffffffff))), "NaN");
    assert_string_equal(write_repr(&text, from_bits(UINT64_C(0xfff8000000000123))), "nan");
}

static void test_powers_of_two(void **state)
{
    (void)state;
    for (int q = -1074; q <= 1023; q++)
        check_around(ldexp(1, q), 3);
}

static void test_powers_of_ten(void **state)
{
    char text[32];

    (void)state;
    for (int power = -323; power <= 308; power++)
        for (int digit = 1; digit <= 9; digit += 4) {
            (void)snprintf(text, sizeof text, "%de%d", digit, power);
            if (isfinite(strtod(text, NULL)))
                check_around(strtod(text, NULL), 2);
        }
}

static void test_subnormals(void **state)
{
    (void)state;
    for (uint64_t bits = 1; bits <= 2000; bits++)
        check(from_bits(bits));
    check_around(from_bits(UINT64_C(1) << 52), 500);
    for (int i = 0; i < 5000; i++)
        check(from_bits((random_length(52) >> 12) | 1));
}

/* Where a candidate lies exactly on a border or halfway, or as near to one as doubles get. */
static void test_ties(void **state)
{
    static const double hard[] = {
        5592117679628511.0 * 0x1p165, /* 22368470718514044 * 2^163 / 10^49 = n + 2^-63.5 */
        9e23,
        2e23,
        9.5e-323,
        2.9802322387695312e-8,
        4.35e-5,
        0.5e-3,
        9007199254740993.0 * 2,
        4503599627370496.5,
        4503599627370497.5,
        2251799813685248.25,
        2251799813685248.75,
        562949953421312.125,
        562949953421312.375,
        123456789012345.625,
    };

    (void)state;
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
        check_around(hard[i], 50);
    for (int q = 40; q <= 90; q++)
        for (int i = 0; i < 100; i++)
            check(ldexp((double)(random_u64() >> 12 | UINT64_C(1) << 51), q - 52));
}

static void test_integral(void **state)
{
    (void)state;
    for (double ten = 10; ten < 1e16; ten *= 10)
        for (int i = -9; i <= 9; i++) {
            check(ten + i);
            check(-ten - i);
        }
    for (int i = 1; i < 2000; i++) {
        check(i);
        check(-i);
        check((double)i * 1000);
        check((double)i * 1000000);
    }
    for (int i = 0; i < 20000; i++) {
        double value = (double)(random_length(64));

        if (value != 0)
            check(i % 2 ? -value : value);
    }
}

static double random_double(uint64_t kind)
{
    static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    uint64_t random = random_u64();

    switch (kind % 5) {
    case 0: /* any bits */
        return from_bits(random);
    case 1: /* a decimal fraction, as people write them */
        return (double)(random >> 32) / tens[random % 13];
    case 2: /* every mantissa, exponents of everyday values */
        return from_bits((random & ((UINT64_C(1) << 52) - 1)) | (983 + (random >> 56) % 104) << 52);
    case 3: /* few bits */
        return ldexp((double)(random >> 40), (int)(random % 200) - 100);
    default: /* around powers of two */
        return from_bits((random % 2046 << 52) + (random >> 40) - (UINT64_C(1) << 23));
    }
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t i = 0, count = effort(200000); i < count; i++) {
        double value = random_double(i);

        if (isfinite(value) && value != 0)
            check(value);
    }
}

/* What has at most 15 digits comes out as it was written. */
static void test_decimals_come_back(void **state)
{
    struct text text;
    char expected[64];

    (void)state;
    for (int i = 0, count = (int)effort(100000); i < count; i++) {
        uint64_t random = random_u64();
        unsigned whole = (unsigned)(random % 999999) + 1, last = (unsigned)(random >> 60) % 9 + 1;
        int width = i % 8; /* digits before the last one */
        int fraction = (int)((random >> 20) % 100000000);

        while (fraction >= 1 && snprintf(NULL, 0, "%d", fraction) > width)
            fraction /= 10;
        if (width == 0)
            (void)snprintf(expected, sizeof expected, "%u.%u", whole, last);
        else
            (void)snprintf(expected, sizeof expected, "%u.%0*d%u", whole, width, fraction, last);
        assert_string_equal(write_go(&text, strtod(expected, NULL)), expected);
    }
}

static void check_u64(uint64_t value)
{
    struct text text;
    char expected[32];

    (void)snprintf(expected, sizeof expected, "%" PRIu64, value);
    assert_string_equal(write_u64(&text, value), expected);
    (void)snprintf(expected, sizeof expected, "%" PRId64, (int64_t)value);
    assert_string_equal(write_i64(&text, (int64_t)value), expected);
}

static void test_integers(void **state)
{
    uint64_t ten = 1;

    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        check_u64(i);
        check_u64(0 - i);
        check_u64(i * 10000 + i % 7);
    }
    for (int power = 0; power <= 19; power++, ten *= 10)
        for (uint64_t step = 0; step < 5; step++)
            check_u64(ten - 2 + step);
    for (int bit = 0; bit < 64; bit++)
        for (uint64_t step = 0; step < 5; step++)
            check_u64((UINT64_C(1) << bit) - 2 + step);
    for (int i = 0; i < 50000; i++)
        check_u64(random_length(64));
}

/* The exception in check() is met, so it is tested, and only where it is allowed. */
static void test_asymmetric_intervals(void **state)
{
    struct text text;
    uint64_t before = asymmetric;

    (void)state;
    for (int q = -1022; q <= 1023; q++)
        check(ldexp(1, q));
    assert_int_equal(asymmetric - before, 46);
    assert_string_equal(write_repr(&text, 0x1p-44), "5.684341886080802e-14");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_powers_of_two),
        cmocka_unit_test(test_powers_of_ten),
        cmocka_unit_test(test_subnormals),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_integral),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_decimals_come_back),
        cmocka_unit_test(test_find_digits),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_asymmetric_intervals),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("test_number: %" PRIu64 " doubles checked, %" PRIu64 " powers of two off printf's\n",
           checked, asymmetric);
    return failed;
}
