/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <promc/common.h>

/* What Python's bytes.decode("utf-8", "replace") makes of every kind of invalid text. */
static const struct {
    const char *text;
    size_t size;
    const char *repaired;
} repairs[] = {
    {"", 0, ""},
    {"abc", 3, "abc"},
    {"\x80", 1, "\xEF\xBF\xBD"},
    {"\xBF", 1, "\xEF\xBF\xBD"},
    {"\x80\xBF", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"a\x80"
     "b",
     3,
     "a\xEF\xBF\xBD"
     "b"},
    {"\xC0\x80", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC0\xAF", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC1\xBF", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC2", 1, "\xEF\xBF\xBD"},
    {"\xC2"
     "a",
     2,
     "\xEF\xBF\xBD"
     "a"},
    {"\xDF", 1, "\xEF\xBF\xBD"},
    {"\xE0\x80\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xE0\x9F\xBF", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xE0\xA0", 2, "\xEF\xBF\xBD"},
    {"\xE0\xA0"
     "a",
     3,
     "\xEF\xBF\xBD"
     "a"},
    {"\xE1\x80", 2, "\xEF\xBF\xBD"},
    {"\xE1\x80\xE1\x80"
     "a",
     5,
     "\xEF\xBF\xBD\xEF\xBF\xBD"
     "a"},
    {"\xED\xA0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xED\xBF\xBF", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xED\xA0\xBD\xED\xB8\xB1", 6,
     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xEE\x80", 2, "\xEF\xBF\xBD"},
    {"\xF0\x80\x80\x80", 4, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF0\x8F\xBF\xBF", 4, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF0\x90", 2, "\xEF\xBF\xBD"},
    {"\xF0\x90\x80", 3, "\xEF\xBF\xBD"},
    {"\xF0\x90\x80"
     "a",
     4,
     "\xEF\xBF\xBD"
     "a"},
    {"\xF0\x9F\x98", 3, "\xEF\xBF\xBD"},
    {"\xF0\x9F\x98\xF0\x9F\x98\xB1", 7, "\xEF\xBF\xBD\xF0\x9F\x98\xB1"},
    {"\xF4\x90\x80\x80", 4, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF4\x8F\xBF", 3, "\xEF\xBF\xBD"},
    {"\xF5\x80\x80\x80", 4, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF8\x88\x80\x80\x80", 5, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xFC\x84\x80\x80\x80\x80", 6,
     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xFE", 1, "\xEF\xBF\xBD"},
    {"\xFF\xFF", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF1\x80\x80\xE1\x80\xC2"
     "b\x80"
     "c\x80\xBF"
     "d",
     12,
     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
     "b\xEF\xBF\xBD"
     "c\xEF\xBF\xBD\xEF\xBF\xBD"
     "d"},
    {"\xE2\x82\xAC\xE2\x82", 5, "\xE2\x82\xAC\xEF\xBF\xBD"},
    {"0123456789abcdef\xFF"
     "0123456789",
     27,
     "0123456789abcdef\xEF\xBF\xBD"
     "0123456789"},
    {"caf\xE9", 4, "caf\xEF\xBF\xBD"},
    {"\xE4\xB8\xAD\xE6\x96", 5, "\xE4\xB8\xAD\xEF\xBF\xBD"},
    {"\xF0\x9F\x98\xB1\x80", 5, "\xF0\x9F\x98\xB1\xEF\xBF\xBD"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The encoder of RFC 3629, section 3, written down once more. */
static size_t encode(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static void every_code_point_decodes_to_itself(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        uint32_t decoded = 0xFFFFFFFF;
        char text[4];
        size_t size = encode(text, c);

        if (promc__utf8_decode(text, size, &decoded) != (surrogate ? 0 : size) ||
            (!surrogate && decoded != c) || promc__utf8_valid(text, size) == surrogate)
            fail_msg("U+%04X", (unsigned)c);
        if (size > 1 && promc__utf8_decode(text, size - 1, &decoded))
            fail_msg("U+%04X cut short", (unsigned)c);
    }
}

/* Counting accepted sequences finds anything accepted by mistake. */
static void nothing_else_is_valid(void **state)
{
    static const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                          0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xF0, 0xF4, 0xFF};
    size_t two = 0;
    size_t three = 0;
    uint32_t c;
    char text[4];

    (void)state;
    for (unsigned n = 0; n < 0x1000000; n++) {
        text[0] = (char)(n & 0xFF);
        text[1] = (char)(n >> 8 & 0xFF);
        text[2] = (char)(n >> 16);
        two += text[2] == 0 && promc__utf8_decode(text, 2, &c) == 2;
        three += promc__utf8_decode(text, 3, &c) == 3;
    }
    assert_int_equal(two, 0x800 - 0x80);
    assert_int_equal(three, 0x10000 - 0x800 - 0x800);
    for (unsigned first = 0xF0; first < 0x100; first++) {
        for (unsigned n = 0; n < 0x1000; n++) {
            unsigned char second = edges[n & 15];
            unsigned char third = edges[n >> 4 & 15];
            unsigned char fourth = edges[n >> 8];
            bool good = first <= 0xF4 && second >= (first == 0xF0 ? 0x90 : 0x80) &&
                        second <= (first == 0xF4 ? 0x8F : 0xBF) && (third & 0xC0) == 0x80 &&
                        (fourth & 0xC0) == 0x80;

            text[0] = (char)first;
            text[1] = (char)second;
            text[2] = (char)third;
            text[3] = (char)fourth;
            if ((promc__utf8_decode(text, 4, &c) == 4) != good)
                fail_msg("%02X %02X %02X %02X", first, second, third, fourth);
        }
    }
}

static void an_empty_text_is_valid_and_has_no_character(void **state)
{
    uint32_t c = 7;

    (void)state;
    assert_true(promc__utf8_valid("", 0));
    assert_true(promc__utf8_valid(NULL, 0));
    assert_int_equal(promc__utf8_decode("a", 0, &c), 0);
    assert_int_equal(promc__utf8_length("", 0), 0);
}

/* A bad byte must be seen wherever it stands between words of eight. */
static void one_bad_byte_is_found_everywhere(void **state)
{
    char text[40];

    (void)state;
    for (size_t size = 1; size <= sizeof text; size++) {
        memset(text, 'x', sizeof text);
        assert_true(promc__utf8_valid(text, size));
        for (size_t at = 0; at < size; at++) {
            text[at] = (char)0x80;
            assert_false(promc__utf8_valid(text, size));
            text[at] = (char)0xE2;
            assert_false(promc__utf8_valid(text, size));
            text[at] = 'x';
        }
        if (size > 2) {
            memcpy(text + size - 3, "\xE2\x82\xAC", 3);
            assert_true(promc__utf8_valid(text, size));
            assert_false(promc__utf8_valid(text, size - 1));
        }
    }
}

static void length_counts_characters(void **state)
{
    static const char text[] = "a\xC4\x80\xE4\xB8\xAD\xF0\x9F\x98\xB1z";

    (void)state;
    assert_int_equal(promc__utf8_length(text, sizeof text - 1), 5);
    assert_int_equal(promc__utf8_length("0123456789", 10), 10);
}

static void repair_replaces_maximal_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(repairs); i++) {
        promc__buffer out = PROMC__BUFFER(0);
        const char *expected = repairs[i].repaired;

        promc__utf8_repair(&out, repairs[i].text, repairs[i].size);
        assert_int_equal(out.error, PROMC_OK);
        if (out.size != strlen(expected) || (out.size && memcmp(out.data, expected, out.size) != 0))
            fail_msg("repair %zu: %.*s", i, (int)out.size, out.data);
        assert_true(promc__utf8_valid(out.data, out.size));
        assert_int_equal(promc__utf8_valid(repairs[i].text, repairs[i].size),
                         repairs[i].size == out.size &&
                             memcmp(repairs[i].text, expected, out.size) == 0);
        promc__buffer_free(&out);
    }
}

static void repair_keeps_nul_and_stops_at_the_limit(void **state)
{
    promc__buffer out = PROMC__BUFFER(0);
    promc__buffer small = PROMC__BUFFER(64);
    char text[22];

    (void)state;
    promc__utf8_repair(&out, "a\0\xFF", 3);
    assert_int_equal(out.size, 5);
    assert_memory_equal(out.data, "a\0\xEF\xBF\xBD", 5);
    promc__buffer_free(&out);

    memset(text, 0xFF, sizeof text);
    promc__utf8_repair(&small, text, 21);
    assert_int_equal(small.error, PROMC_OK);
    assert_int_equal(small.size, 63);
    small.size = 0;
    promc__utf8_repair(&small, text, 22);
    assert_int_equal(small.error, PROMC_ERROR_LIMIT);
    promc__buffer_free(&small);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_decodes_to_itself),
        cmocka_unit_test(nothing_else_is_valid),
        cmocka_unit_test(an_empty_text_is_valid_and_has_no_character),
        cmocka_unit_test(one_bad_byte_is_found_everywhere),
        cmocka_unit_test(length_counts_characters),
        cmocka_unit_test(repair_replaces_maximal_parts),
        cmocka_unit_test(repair_keeps_nul_and_stops_at_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
