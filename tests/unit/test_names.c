/* SPDX-License-Identifier: Apache-2.0 */
#include "base/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <promc/common.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define METRIC true
#define LABEL false

/* client_python's tests (test_exposition.py, "escape metric" and "escape label"), and more made
 * with its escape_metric_name() and escape_label_name(). */
static const struct {
    const char *name;
    bool metric;
    const char *expected[4]; /* in the order of enum promc__escaping */
} names[] = {
    {"", METRIC, {"", "", "", ""}},
    {"", LABEL, {"", "", "", ""}},
    {"plain", METRIC, {"plain", "plain", "plain", "plain"}},
    {"no:escaping_required",
     METRIC,
     {"no:escaping_required", "no:escaping_required", "no:escaping__required",
      "no:escaping_required"}},
    {"no_escaping_required",
     LABEL,
     {"no_escaping_required", "no_escaping_required", "no__escaping__required",
      "no_escaping_required"}},
    {"mysystem.prod.west.cpu.load",
     METRIC,
     {"mysystem_prod_west_cpu_load", "\"mysystem.prod.west.cpu.load\"",
      "mysystem_dot_prod_dot_west_dot_cpu_dot_load", "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load"}},
    {"http.status:sum",
     METRIC,
     {"http_status:sum", "\"http.status:sum\"", "http_dot_status:sum", "U__http_2e_status:sum"}},
    {"http.status:sum",
     LABEL,
     {"http_status_sum", "\"http.status:sum\"", "http_dot_status__sum",
      "U__http_2e_status_3a_sum"}},
    {"label with \xF0\x9F\x98\xB1",
     LABEL,
     {"label_with__", "\"label with \xF0\x9F\x98\xB1\"", "label__with____",
      "U__label_20_with_20__1f631_"}},
    {"\xE8\x8A\xB1\xE7\x81\xAB",
     METRIC,
     {"__", "\"\xE8\x8A\xB1\xE7\x81\xAB\"", "____", "U___82b1__706b_"}},
    {"label with \xC4\x80",
     LABEL,
     {"label_with__", "\"label with \xC4\x80\"", "label__with____", "U__label_20_with_20__100_"}},
    {"1abc", METRIC, {"_abc", "\"1abc\"", "__abc", "U___31_abc"}},
    {"1abc", LABEL, {"_abc", "\"1abc\"", "__abc", "U___31_abc"}},
    /* Reserved labels count as not legacy. */
    {"__a", LABEL, {"__a", "\"__a\"", "____a", "U______a"}},
    {"__a", METRIC, {"__a", "__a", "____a", "__a"}},
    {"_", LABEL, {"_", "_", "__", "_"}},
    {"a1_", METRIC, {"a1_", "a1_", "a1__", "a1_"}},
    {":a", METRIC, {":a", ":a", ":a", ":a"}},
    {":a", LABEL, {"_a", "\":a\"", "__a", "U___3a_a"}},
    {"a_b.c", METRIC, {"a_b_c", "\"a_b.c\"", "a__b_dot_c", "U__a__b_2e_c"}},
    {"q\"b\\n\n", LABEL, {"q_b_n_", "\"q\\\"b\\\\n\\n\"", "q__b__n__", "U__q_22_b_5c_n_a_"}},
    {"@[`{/", METRIC, {"_____", "\"@[`{/\"", "__________", "U___40__5b__60__7b__2f_"}},
    {"\xF4\x8F\xBF\xBF", METRIC, {"_", "\"\xF4\x8F\xBF\xBF\"", "__", "U___10ffff_"}},
    {"a\xC3\xA9"
     "9",
     LABEL,
     {"a_9",
      "\"a\xC3\xA9"
      "9\"",
      "a__9", "U__a_e9_9"}},
};

static void take(promc__buffer *out, char *text, size_t size)
{
    assert_int_equal(out->error, PROMC_OK);
    assert_true(out->size < size);
    if (out->size)
        memcpy(text, out->data, out->size);
    text[out->size] = '\0';
    promc__buffer_free(out);
}

static void names_escape_as_in_python(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        for (int e = 0; e < 4; e++) {
            promc__buffer out = PROMC__BUFFER(0);
            const char *name = names[i].name;
            size_t size = strlen(name);
            char text[200];

            if (names[i].metric)
                promc__escape_metric_name(&out, name, size, (enum promc__escaping)e);
            else
                promc__escape_label_name(&out, name, size, (enum promc__escaping)e);
            take(&out, text, sizeof text);
            assert_string_equal(text, names[i].expected[e]);
        }
    }
}

static void legacy_names(void **state)
{
    static const char both[] = "_ABCXYZabcxyz";
    char name[3] = "a?";

    (void)state;
    for (int c = 0; c < 256; c++) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool digit = c >= '0' && c <= '9';
        char one = (char)c;

        name[1] = one;
        assert_int_equal(promc__is_legacy_metric_name(&one, 1), letter || c == ':');
        assert_int_equal(promc__is_legacy_label_name(&one, 1), letter);
        assert_int_equal(promc__is_legacy_metric_name(name, 2), letter || digit || c == ':');
        assert_int_equal(promc__is_legacy_label_name(name, 2), letter || digit);
    }
    assert_true(promc__is_legacy_metric_name(both, sizeof both - 1));
    assert_true(promc__is_legacy_label_name(both, sizeof both - 1));
    assert_false(promc__is_legacy_metric_name("", 0));
    assert_false(promc__is_legacy_label_name("", 0));
    /* Python's "$" lets this one through; it would break the line. */
    assert_false(promc__is_legacy_metric_name("a\n", 2));
}

static void names_that_are_no_utf_8_stay_harmless(void **state)
{
    promc__buffer out = PROMC__BUFFER(0);
    char text[40];

    (void)state;
    promc__escape_metric_name(&out, "a\xFF.", 3, PROMC__VALUES);
    promc__escape_metric_name(&out, "a\xFF.", 3, PROMC__UNDERSCORES);
    promc__escape_metric_name(&out, "a\xFF.", 3, PROMC__DOTS);
    take(&out, text, sizeof text);
    assert_string_equal(text, "U__a_FFFD__2e_"
                              "a__"
                              "a___dot_");
}

static void value_becomes(const char *value, size_t size, const char *expected)
{
    promc__buffer out = PROMC__BUFFER(0);
    char text[200];

    promc__escape_label_value(&out, value, size);
    take(&out, text, sizeof text);
    assert_string_equal(text, expected);
}

static void label_values_escape_three_characters(void **state)
{
    (void)state;
    value_becomes("", 0, "");
    value_becomes("plain value, {}=# \t\r", 20, "plain value, {}=# \t\r");
    value_becomes("\n\"\\", 3, "\\n\\\"\\\\");
    value_becomes("\\n", 2, "\\\\n");
    value_becomes("C:\\DIR\\FILE.TXT", 15, "C:\\\\DIR\\\\FILE.TXT");
    value_becomes("\xE6\x9C\x8D\xE5\x8A\xA1\"\xF0\x9F\x98\xB1", 11,
                  "\xE6\x9C\x8D\xE5\x8A\xA1\\\"\xF0\x9F\x98\xB1");
}

/* Wherever it stands between words of eight. */
static void every_place_is_looked_at(void **state)
{
    static const char special[] = "\\\"\n";
    char value[32];
    char expected[34];

    (void)state;
    for (size_t size = 1; size <= sizeof value; size++) {
        for (size_t at = 0; at < size; at++) {
            for (size_t s = 0; s < 3; s++) {
                memset(value, 'v', sizeof value);
                value[at] = special[s];
                memcpy(expected, value, at);
                expected[at] = '\\';
                expected[at + 1] = special[s] == '\n' ? 'n' : special[s];
                memcpy(expected + at + 2, value + at + 1, size - at - 1);
                expected[size + 1] = '\0';
                value_becomes(value, size, expected);
            }
        }
    }
}

/* Bytes one bit away from the special ones, which the word tricks could confuse. */
static void neighbours_are_left_alone(void **state)
{
    char value[8];
    char expected[9];

    (void)state;
    for (int c = 1; c < 0x80; c++) {
        if (c == '\\' || c == '"' || c == '\n')
            continue;
        memset(value, c, sizeof value);
        memcpy(expected, value, 8);
        expected[8] = '\0';
        value_becomes(value, 8, expected);
        value[3] = '"';
        memcpy(expected, value, 3);
        value_becomes(value, 4, (memcpy(expected + 3, "\\\"", 3), expected));
    }
}

static void bad_label_values_are_repaired_and_counted(void **state)
{
    uint64_t before = promc_mishaps(PROMC_REPLACED_TEXTS);

    (void)state;
    value_becomes("ok \xC3\xA9", 5, "ok \xC3\xA9");
    assert_int_equal(promc_mishaps(PROMC_REPLACED_TEXTS), before);
    value_becomes("caf\xE9\"\n\xF0\x9F", 8, "caf\xEF\xBF\xBD\\\"\\n\xEF\xBF\xBD");
    assert_int_equal(promc_mishaps(PROMC_REPLACED_TEXTS), before + 1);
}

static void help_escapes_quotes_only_for_openmetrics(void **state)
{
    promc__buffer out = PROMC__BUFFER(0);
    char text[100];

    (void)state;
    promc__escape_help(&out, "a \"b\"\n\\c ", 9, false);
    promc__buffer_char(&out, '|');
    promc__escape_help(&out, "a \"b\"\n\\c ", 9, true);
    promc__escape_help(&out, NULL, 0, true);
    take(&out, text, sizeof text);
    assert_string_equal(text, "a \"b\"\\n\\\\c |a \\\"b\\\"\\n\\\\c ");
}

static void no_room_is_an_error_of_the_buffer(void **state)
{
    promc__buffer out = PROMC__BUFFER(64);
    char value[22];

    (void)state;
    memset(value, 0xFF, sizeof value);
    promc__escape_label_value(&out, value, sizeof value); /* 66 bytes */
    assert_int_equal(out.error, PROMC_ERROR_LIMIT);
    promc__escape_metric_name(&out, "a.b", 3, PROMC__VALUES);
    assert_int_equal(out.error, PROMC_ERROR_LIMIT);
    promc__buffer_free(&out);
}

static void *refuse(size_t size, void *ctx)
{
    (void)size;
    (void)ctx;
    return NULL;
}

static void *refuse_more(void *block, size_t size, void *ctx)
{
    (void)block;
    (void)size;
    (void)ctx;
    return NULL;
}

static void keep(void *block, void *ctx)
{
    (void)block;
    (void)ctx;
}

static void refused_memory_is_an_error_of_the_buffer(void **state)
{
    static const promc_allocator none = {refuse, refuse_more, keep, NULL};
    char room[64];
    promc__buffer out = {room, 0, sizeof room, sizeof room, 0};

    (void)state;
    assert_int_equal(promc_set_allocator(&none), PROMC_OK);
    promc__escape_label_value(&out, "fits", 4);
    assert_int_equal(out.error, PROMC_OK);
    promc__escape_label_value(&out, "\xFF", 1);
    assert_int_equal(out.error, PROMC_ERROR_NO_MEMORY);
    assert_int_equal(promc_set_allocator(NULL), PROMC_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_escape_as_in_python),
        cmocka_unit_test(legacy_names),
        cmocka_unit_test(names_that_are_no_utf_8_stay_harmless),
        cmocka_unit_test(label_values_escape_three_characters),
        cmocka_unit_test(every_place_is_looked_at),
        cmocka_unit_test(neighbours_are_left_alone),
        cmocka_unit_test(bad_label_values_are_repaired_and_counted),
        cmocka_unit_test(help_escapes_quotes_only_for_openmetrics),
        cmocka_unit_test(no_room_is_an_error_of_the_buffer),
        cmocka_unit_test(refused_memory_is_an_error_of_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
