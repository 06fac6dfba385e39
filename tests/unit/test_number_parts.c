/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.c compiled a second time, into this program and without 128-bit integers and vectors: it
 * must write what the library writes, and its quick decision must be what Schubfach says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "effort.h"

size_t portable_write_double(char *out, double value);
void portable_find_digits(const double *values, size_t count, promc__digits *found);
size_t portable_write_digits(char *out, promc__digits found);
size_t portable_write_repr(char *out, double value);
size_t portable_write_u64(char *out, uint64_t value);
size_t portable_write_i64(char *out, int64_t value);

#define promc__write_double portable_write_double
#define promc__find_digits portable_find_digits
#define promc__write_digits portable_write_digits
#define promc__write_repr portable_write_repr
#define promc__write_u64 portable_write_u64
#define promc__write_i64 portable_write_i64
#define PROMC__NO_INT128 1
#define PROMC__NO_VECTORS 1
#include "base/number.c"
#undef promc__write_double
#undef promc__find_digits
#undef promc__write_digits
#undef promc__write_repr
#undef promc__write_u64
#undef promc__write_i64

static uint64_t random_state = UINT64_C(0xd1b54a32d192ed03);

static uint64_t random_u64(void) /* xorshift64*, Vigna 2016 */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static void test_multiply(void **state)
{
    static const struct {
        uint64_t a, b, high, low;
    } cases[] = {
        {0, UINT64_MAX, 0, 0},
        {1, UINT64_MAX, 0, UINT64_MAX},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX - 1, 1},
        {UINT64_C(1) << 32, UINT64_C(1) << 32, 1, 0},
        {UINT64_C(0xffffffff00000001), UINT64_C(0xffffffff), UINT64_C(0xfffffffe),
         UINT64_C(0x00000001ffffffff)},
        {UINT64_C(0x123456789abcdef0), UINT64_C(0xfedcba9876543210), UINT64_C(0x121fa00ad77d7422),
         UINT64_C(0x236d88fe5618cf00)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t low, high = number_multiply(cases[i].a, cases[i].b, &low);

        assert_true(high == cases[i].high && low == cases[i].low);
        high = number_multiply(cases[i].b, cases[i].a, &low);
        assert_true(high == cases[i].high && low == cases[i].low);
    }
}

static void test_eight(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 10000; n++) {
        uint64_t expected = 0;

        for (uint32_t i = 0, rest = n; i < 4; i++, rest /= 10)
            expected |= (uint64_t)(rest % 10) << (8 * (3 - i));
        assert_true(number_eight(n) == expected << 32);
        assert_true(number_eight(n * 10000) == expected);
        assert_true(number_eight(n * 10000 + n) == (expected << 32 | expected));
    }
}

static void test_quick_decision(void **state)
{
    (void)state;
    for (size_t i = 0, count = effort(1000000); i < count; i++) {
        uint64_t random = random_u64(), c = random | NUMBER_HIDDEN_BIT;
        int q = (int)((random >> 53) % 2046) - 1074;
        promc__digits quick, exact;

        c &= 2 * NUMBER_HIDDEN_BIT - 1;
        quick = number_shortest(c, q);
        exact = number_exactly(c, q, false);
        assert_true(quick.digits == exact.digits && quick.exponent == exact.exponent);
    }
}

static void test_same_as_library(void **state)
{
    char library[PROMC__NUMBER_SIZE], portable[PROMC__NUMBER_SIZE];

    (void)state;
    for (size_t i = 0, count = effort(2000000); i < count; i++) {
        uint64_t bits = random_u64();
        promc__digits found, same;
        double value;
        size_t size;

        if (i < 4096)
            bits = (uint64_t)i << 52;
        else if (i % 3 == 0) /* everyday exponents */
            bits = (bits & (NUMBER_HIDDEN_BIT - 1)) | (983 + (bits >> 56) % 104) << 52;
        memcpy(&value, &bits, sizeof value);
        if (i % 3 == 1)
            value = (double)(bits >> 40) / 1000;
        size = promc__write_double(library, value);
        assert_int_equal(portable_write_double(portable, value), size);
        assert_memory_equal(library, portable, size);
        portable_find_digits(&value, 1, &found);
        promc__find_digits(&value, 1, &same);
        assert_true(found.digits == same.digits);
        if (found.digits) {
            assert_int_equal(portable_write_digits(portable, found), size);
            assert_memory_equal(library, portable, size);
        }
        size = promc__write_repr(library, value);
        assert_int_equal(portable_write_repr(portable, value), size);
        assert_memory_equal(library, portable, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multiply),
        cmocka_unit_test(test_eight),
        cmocka_unit_test(test_quick_decision),
        cmocka_unit_test(test_same_as_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
