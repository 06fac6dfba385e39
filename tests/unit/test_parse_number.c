/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promc__parse_double() against strtod, which glibc and musl round correctly, in the C locale.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ctype.h>
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/parse_exact.h"
#include "base/parse_number.h"
#include "effort.h"

static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t random_u64(void) /* xorshift64*, Vigna 2016 */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
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

/* Reads from memory that ends exactly where the text does, so that a checker sees any byte more. */
static enum promc__number_result parse(const char *text, double *value)
{
    size_t size = strlen(text);
    char *copy = malloc(size ? size : 1);
    enum promc__number_result result;

    assert_non_null(copy);
    memcpy(copy, text, size);
    result = promc__parse_double(copy, size, value);
    free(copy);
    return result;
}

static void compare(const char *text)
{
    char *end;
    double expected = strtod(text, &end), actual = -77;
    enum promc__number_result result = promc__parse_double(text, strlen(text), &actual);

    if (*end || bits_of(actual) != bits_of(expected) ||
        result != (isinf(expected) ? PROMC__NUMBER_TOO_LARGE : PROMC__NUMBER_OK)) {
        print_error("%.100s: %.17g (result %d), strtod %.17g\n", text, actual, (int)result, expected);
        fail();
    }
}

/* ---- syntax ---------------------------------------------------------------------------------- */

static void test_syntax(void **state)
{
    static const char *const good[] = {
        "0", "00", "-0", "+0", "1", "+1", "-1", "1.", ".5", "1.5", "-.5", "1e5", "1E5", "1e+5", "1e-5", "1.e5",
        "0000000000000000000000000000000000000000001.2e-1", "123456789012345678901234567890", "0e999999999999",
        "0.0e-99999999999999999999999999999999",
    };
    static const char *const bad[] = {
        "", "-", "+", ".", "-.", "e", "e5", ".e5", "1e", "1e+", "1e-", "1e5.", "1e5e5", "1.1.1", "1..", "+-1",
        "--1", " 1", "1 ", "\t1", "1\n", "1_2", "0x1", "0x1p-3", "0b1", "0o1", "1f", "1d", "1,5", "a", "nano",
        "infin", "infinityy", "+nan", "-nan", "nan(1)", "1e5x", "\xd9\xa1",
    };
    double value;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (parse(good[i], &value) != PROMC__NUMBER_OK)
            fail_msg("%s is a number", good[i]);
        assert_true(bits_of(value) == bits_of(strtod(good[i], NULL)));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse(bad[i], &value) != PROMC__NUMBER_SYNTAX)
            fail_msg("\"%s\" is no number", bad[i]);
    }
    assert_int_equal(promc__parse_double("1\0", 2, &value), PROMC__NUMBER_SYNTAX);
}

/* Every byte at every place of digits that are read several at a time. */
static void test_every_byte(void **state)
{
    static const char digits[] = "1234567890123.12345678901234567";
    (void)state;

    for (size_t at = 0; at < sizeof(digits) - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof(digits)], *end;
            double expected, actual;
            bool good;

            memcpy(text, digits, sizeof(digits));
            text[at] = (char)byte;
            expected = strtod(text, &end);
            good = end == text + sizeof(text) - 1 && !isspace((unsigned char)*text);
            assert_int_equal(promc__parse_double(text, sizeof(text) - 1, &actual),
                             !good             ? PROMC__NUMBER_SYNTAX
                             : isinf(expected) ? PROMC__NUMBER_TOO_LARGE
                                               : PROMC__NUMBER_OK);
            assert_true(!good || bits_of(actual) == bits_of(expected));
        }
    }
}

static void test_special(void **state)
{
    static const char *const infinities[] = {"inf", "Inf", "INF", "+Inf", "-Inf", "infinity", "-INFINITY"};
    double value;

    (void)state;
    for (size_t i = 0; i < sizeof infinities / sizeof *infinities; i++) {
        assert_int_equal(parse(infinities[i], &value), PROMC__NUMBER_OK);
        assert_true(isinf(value) && (value < 0) == (infinities[i][0] == '-'));
    }
    assert_int_equal(parse("NaN", &value), PROMC__NUMBER_OK);
    assert_true(isnan(value));
    assert_int_equal(parse("nan", &value), PROMC__NUMBER_OK);
    assert_true(isnan(value));
}

static void test_integers(void **state)
{
    int64_t value;

    (void)state;
    assert_true(promc__parse_i64("0", 1, &value) && value == 0);
    assert_true(promc__parse_i64("-0", 2, &value) && value == 0);
    assert_true(promc__parse_i64("9223372036854775807", 19, &value) && value == INT64_MAX);
    assert_true(promc__parse_i64("-9223372036854775808", 20, &value) && value == INT64_MIN);
    assert_false(promc__parse_i64("9223372036854775808", 19, &value));
    assert_false(promc__parse_i64("-9223372036854775809", 20, &value));
    assert_false(promc__parse_i64("99999999999999999999", 20, &value));
    assert_false(promc__parse_i64("", 0, &value));
    assert_false(promc__parse_i64("-", 1, &value));
    assert_false(promc__parse_i64("+1", 2, &value));
    assert_false(promc__parse_i64("1.0", 3, &value));
    assert_false(promc__parse_i64("1 ", 2, &value));
}

/* ---- rounding -------------------------------------------------------------------------------- */

static void test_hard_cases(void **state)
{
    static const char *const cases[] = {
        "9007199254740993", "9007199254740993.0", "9007199254740992.999999999999999999999999999",
        "9007199254740993.00000000000000000000000000000000000000001", "9007199254740995", "1e22", "1e23",
        "8.5e22", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207"
        "096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764"
        "475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177"
        "904174497791", /* just below the middle between the largest double and infinity */
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207"
        "096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764"
        "475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177"
        "904174497792",
        "1e308", "1e309", "1e310", "1e400", "1e99999999999999999999", "2.2250738585072011e-308",
        "2.2250738585072012e-308", "2.2250738585072014e-308", "2.2250738585072011360574097967e-308",
        "4.9406564584124654e-324", "4.9e-324", "2.4703282292062327208e-324", "2.4703282292062328e-324",
        "2.47e-324", "1e-323", "1e-324", "1e-325", "1e-400", "1e-99999999999999999999", "6.5e-320",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "1090544144181609348835077142190", "1090544144181609348671888949248",
        "5708990770823838890407843763683279797179383808", "9214843084008499.0",
        "3.518437208883201171875e13", "62.5364939768271845828", "8.10109172351e-10", "1.50000000000000011102230246",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        compare(cases[i]);
}

/* The middle between two doubles, exactly, and a little beside it. */
static void test_middles(void **state)
{
    static char text[1200];

    (void)state;
    for (size_t i = 0, count = effort(20000); i < count; i++) {
        uint64_t bits = random_u64() >> 1;
        double low;
        int size;

        if (i % 4 == 0)
            bits = random_u64() >> 12; /* subnormal */
        else if (i % 4 == 1)
            bits = (UINT64_C(1023) << 52) + (random_u64() >> 6); /* 1 to 2^64 */
        bits %= UINT64_C(0x7fe) << 52;
        low = from_bits(bits);
        if (bits >> 52) {
            /* twice the middle is a sum of neighbours, so long double cannot help in general: printf of
             * the double with one more bit, made by ldexp of its 54-bit mantissa */
            uint64_t mantissa = ((bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52) * 2 + 1;
            int exponent = (int)(bits >> 52) - 1076;

#if defined(__LDBL_MANT_DIG__) && __LDBL_MANT_DIG__ >= 64 && __LDBL_MAX_EXP__ >= 16384
            size = snprintf(text, sizeof text, "%.*Le", 800, ldexpl((long double)mantissa, exponent));
#else
            size = snprintf(text, sizeof text, "%.*e", 800, ldexp((double)(mantissa >> 1), exponent + 1));
#endif
        } else {
            size = snprintf(text, sizeof text, "%.*e", 800, low);
        }
        assert_in_range(size, 1, sizeof text - 1);
        compare(text);
        text[strcspn(text, "e") - 1]++; /* the last digit was a zero */
        compare(text);
    }
}

static void test_written_numbers(void **state)
{
    size_t count = effort(2000000);
    char text[PROMC__NUMBER_SIZE];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = random_u64();
        double value = from_bits(bits), read;

        if (i % 2)
            value = (double)(int64_t)(bits >> (bits & 31)) / 1000;
        if (!isfinite(value))
            continue;
        assert_int_equal(promc__parse_double(text, promc__write_double(text, value), &read),
                         PROMC__NUMBER_OK);
        assert_true(bits_of(read) == bits_of(value));
        assert_int_equal(promc__parse_double(text, promc__write_repr(text, value), &read),
                         PROMC__NUMBER_OK);
        assert_true(bits_of(read) == bits_of(value));
    }
}

static void test_random_decimals(void **state)
{
    size_t count = effort(2000000);
    char text[128];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        uint64_t random = random_u64();
        unsigned long long digits = random_u64() >> (random & 63);

        switch (i % 6) {
        case 0: /* any digits, any exponent */
            snprintf(text, sizeof text, "%llue%d", digits, (int)((random >> 8) % 700) - 350);
            break;
        case 1:
            snprintf(text, sizeof text, "%llu.%llue%d", digits, (unsigned long long)random,
                     (int)((random >> 8) % 660) - 340);
            break;
        case 2:
            snprintf(text, sizeof text, "%llu.%03u", digits % 100000000000, (unsigned)(random % 1000));
            break;
        case 3:
            snprintf(text, sizeof text, "%.*e", (int)(random % 25), from_bits(random_u64() >> 1));
            break;
        case 4: /* close to whole and half units of doubles */
            snprintf(text, sizeof text, "%llu%s", (digits | 1ULL << 53) >> (random >> 6 & 7),
                     random & 64 ? ".5" : ".50000000000000000000000000001");
            break;
        default: /* subnormal */
            snprintf(text, sizeof text, "%.*e", (int)(random % 25), from_bits(random_u64() >> 12));
        }
        if (strcmp(text, "inf") && strcmp(text, "nan") && strcmp(text, "-nan"))
            compare(text);
    }
}

static void test_rounding_mode(void **state)
{
    double value;

    (void)state;
#ifdef FE_UPWARD
    if (fesetround(FE_UPWARD) != 0)
        skip();
    promc__parse_double("0.1", 3, &value);
    fesetround(FE_TONEAREST);
    assert_true(bits_of(value) == UINT64_C(0x3fb999999999999a));
    fesetround(FE_DOWNWARD);
    promc__parse_double("1234567.891", 11, &value);
    fesetround(FE_TONEAREST);
    assert_true(value == (double)1234567.891); /* which is a long double where there is no SSE */
#else
    (void)value;
    skip();
#endif
}

/* A megabyte of digits takes milliseconds, wherever the point is. */
static void test_long_texts(void **state)
{
    size_t size = 1000000;
    char *text = malloc(size + 32);
    double value;

    (void)state;
    assert_non_null(text);
    memset(text, '0', size);
    memcpy(text, "0.", 2);
    strcpy(text + size, "1e999999");
    compare(text); /* 10^(999999 - (size - 2) - 1) */
    memset(text + 2, '9', size - 2);
    text[size] = '\0';
    compare(text);
    memset(text, '7', size);
    text[size] = '\0';
    assert_int_equal(promc__parse_double(text, size, &value), PROMC__NUMBER_TOO_LARGE);
    strcpy(text + size, "e-999999");
    compare(text);
    free(text);
}

/* The exact way needs a beginning only, on either side, and finds its way from there. */
static void test_estimates(void **state)
{
    static const struct {
        const char *digits;
        int exponent;
    } cases[] = {{"9007199254740993", 0}, /* the middle of two doubles: the even one */
                 {"9007199254740995", 0},
                 {"9007199254740992.000001", 0},
                 {"123.456", 0},
                 {"1", 23},
                 {"17976931348623157", 292},
                 {"1", -320},
                 {"49406564584124654", -340}};
    static const char one[] = "1";

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *end = cases[i].digits + strlen(cases[i].digits);
        char text[64];
        uint64_t bits;
        double expected;

        snprintf(text, sizeof text, "%se%d", cases[i].digits, cases[i].exponent);
        expected = strtod(text, NULL);
        memcpy(&bits, &expected, sizeof bits);
        for (uint64_t off = 0; off < 7; off++) {
            uint64_t below = bits > off ? bits - off : 0;

            assert_true(promc__exact_bits(cases[i].digits, end, cases[i].exponent, below) == bits);
            assert_true(promc__exact_bits(cases[i].digits, end, cases[i].exponent, bits + off) == bits);
        }
    }
    /* Beyond all doubles, whatever the estimate. */
    assert_true(promc__exact_bits(one, one + 1, 400, 0) == UINT64_C(0x7FF) << 52);
    assert_true(promc__exact_bits(one, one + 1, -2000, UINT64_C(1) << 62) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax),          cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_special),         cmocka_unit_test(test_integers),
        cmocka_unit_test(test_hard_cases),      cmocka_unit_test(test_middles),
        cmocka_unit_test(test_written_numbers), cmocka_unit_test(test_random_decimals),
        cmocka_unit_test(test_rounding_mode),   cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_estimates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
