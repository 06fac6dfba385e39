/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what must be read, what must be refused, the limits, and the way back. The cases include
 * all of JSONTestSuite (github.com/nst/JSONTestSuite); where it leaves the choice, numbers of any
 * size are read, and text that is not UTF-8 or has half a surrogate pair is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "alerts/json.h"
#include "alerts/json_write.h"
#include "base/memory.h"
#include "base/os.h"

#include <promc/common.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const promc__json_limits limits = {1 << 24, PROMC__JSON_DEPTH_MAX, 1 << 20};
static promc__json json;

/* From a block of exactly that size, so that a sanitizer sees every byte too far. */
static int read_bytes(const char *text, size_t size)
{
    char *copy = malloc(size ? size : 1);
    int status;

    assert_non_null(copy);
    memcpy(copy, text, size);
    status = promc__json_read(&json, copy, size, &limits);
    free(copy);
    return status;
}

static int read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* The document as text again, without blanks. */
static void write_value(promc__json_writer *writer, const promc__json_value *value)
{
    const promc__json_value *inner = value + 1;
    bool object = value->type == PROMC__JSON_OBJECT;

    switch (value->type) {
    case PROMC__JSON_NULL:
        promc__json_write_raw(writer, "null");
        break;
    case PROMC__JSON_FALSE:
        promc__json_write_raw(writer, "false");
        break;
    case PROMC__JSON_TRUE:
        promc__json_write_raw(writer, "true");
        break;
    case PROMC__JSON_NUMBER:
        assert_int_equal(strlen(value->text), value->text_size);
        promc__json_write_raw(writer, value->text);
        break;
    case PROMC__JSON_STRING:
        assert_int_equal(value->text[value->text_size], '\0');
        promc__json_write_string(writer, value->text, value->text_size);
        break;
    default:
        promc__json_open(writer, object ? '{' : '[');
        for (size_t i = 0; i < value->count; i++, inner += inner->span) {
            assert_int_equal(inner->key != NULL, object);
            if (object)
                promc__json_write_key(writer, inner->key);
            write_value(writer, inner);
        }
        assert_ptr_equal(inner, value + value->span);
        promc__json_close(writer, object ? '}' : ']');
    }
}

static void assert_reads_as(const char *text, const char *expected)
{
    promc__buffer out = PROMC__BUFFER(0);
    promc__json_writer writer = {.out = &out};

    if (read_text(text) != PROMC_OK)
        fail_msg("%s: %s at %zu", text, json.reason, json.at);
    assert_int_equal(json.values[0].span, json.value_count);
    write_value(&writer, json.values);
    promc__buffer_char(&out, '\0');
    assert_string_equal(out.data, expected);
    promc__buffer_free(&out);
    promc__json_free(&json);
}

/* ---- what must be read ----------------------------------------------------------------------- */

static void accepted(void **state)
{
    static const char *const cases[][2] = {
        /* arrays */
        {"[]", NULL},
        {"[[]   ]", "[[]]"},
        {"[\"\"]", NULL},
        {"[\"a\"]", NULL},
        {"[false]", NULL},
        {"[null, 1, \"1\", {}]", "[null,1,\"1\",{}]"},
        {"[1\n]", "[1]"},
        {" [1]", "[1]"},
        {"[1,null,null,null,2]", NULL},
        {"[2] ", "[2]"},
        {"\r\n\t [\r\n\t ]\r\n\t ", "[]"},
        {"[[[[[]]],[[]]],[]]", NULL},
        /* numbers */
        {"[123e65]", NULL},
        {"[0e+1]", NULL},
        {"[0e1]", NULL},
        {"[ 4]", "[4]"},
        {"[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
         NULL},
        {"[20e1]", NULL},
        {"[-0]", NULL},
        {"[-123]", NULL},
        {"[-1]", NULL},
        {"[1E22]", NULL},
        {"[1E-2]", NULL},
        {"[1E+2]", NULL},
        {"[123e45]", NULL},
        {"[123.456e78]", NULL},
        {"[1e-2]", NULL},
        {"[1e+2]", NULL},
        {"[123.456789]", NULL},
        {"[1e999999999999999999]", NULL},
        {"[123456789012345678901234567890.123456789012345678901234567890]", NULL},
        /* objects */
        {"{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "{\"asd\":\"sdf\",\"dfg\":\"fgh\"}"},
        {"{\"a\":\"b\",\"a\":\"c\"}", NULL},
        {"{\"a\":\"b\",\"a\":\"b\"}", NULL},
        {"{}", NULL},
        {"{\"\":0}", NULL},
        {"{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "{\"min\":-1.0e+28,\"max\":1.0e+28}"},
        {"{\"x\":[{\"id\": \"x\"}], \"id\": \"y\"}", "{\"x\":[{\"id\":\"x\"}],\"id\":\"y\"}"},
        {"{\"a\":[]}", NULL},
        {"{\n\"a\": \"b\"\n}", "{\"a\":\"b\"}"},
        {"{\"title\":\"\\u041f\\u043e\"}", "{\"title\":\"\xD0\x9F\xD0\xBE\"}"},
        /* strings */
        {"[\"\\u0060\\u012a\\u12AB\"]", "[\"`\xC4\xAA\xE1\x8A\xAB\"]"},
        {"[\"\\uD801\\udc37\"]", "[\"\xF0\x90\x90\xB7\"]"},
        {"[\"\\ud83d\\ude39\\ud83d\\udc8d\"]", "[\"\xF0\x9F\x98\xB9\xF0\x9F\x92\x8D\"]"},
        {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\"\\\\/\\b\\f\\n\\r\\t\"]"},
        {"[\"\\\\u0000\"]", "[\"\\\\u0000\"]"},
        {"[\"\\u0000\"]", "[\"\\u0000\"]"},
        {"[\"a/*b*/c/*d//e\"]", NULL},
        {"[\"\\\\a\"]", NULL},
        {"[\"\\u0012\"]", NULL},
        {"[\"\\uFFFF\\uDBFF\\uDFFF\\uFDD0\"]", "[\"\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xEF\xB7\x90\"]"},
        {"[ \"asd\"]", "[\"asd\"]"},
        {"[\"\xF4\x8F\xBF\xBF\"]", NULL},
        {"[\"\xEF\xBF\xBF\xE2\x80\xA8\xE2\x80\xA9\xC2\x80\"]", NULL},
        {"[\"\x7F\"]", "[\"\\u007f\"]"},
        {"\"\"", NULL},
        {"\"\\u002c \\u0026 \\u003c\"", "\", & <\""},
        /* lonely ones */
        {"false", NULL},
        {"42", NULL},
        {"-0.1", NULL},
        {"null", NULL},
        {"\"asd\"", NULL},
        {"true", NULL},
        {"[true]\n", "[true]"},
        /* the rest of what must be read, and numbers of any size, whose text is kept */
        {"[123.456e-789]", NULL},
        {"[0."
         "4e006699999999999999999999999999999999999999999999999999999999999999999999999999999999999"
         "99999999999999999999999999999999969999999006]",
         NULL},
        {"[-1e+9999]", NULL},
        {"[1.5e+9999]", NULL},
        {"[-123123e100000]", NULL},
        {"[123123e100000]", NULL},
        {"[123e-10000000]", NULL},
        {"[-123123123123123123123123123123]", NULL},
        {"[100000000000000000000]", NULL},
        {"[-237462374673276894279832749832423479823246327846]", NULL},
        {"[null]", NULL},
        {"[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]\n",
         "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]"},
        {"[123]", NULL},
        {"{\"asd\":\"sdf\"}", NULL},
        {"{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": "
         "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}",
         "{\"x\":[{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}],\"id\":"
         "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"},
        {"{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430 "
         "\\u0417\\u0435\\u043c\\u043b\\u0435\\u043a\\u043e\\u043f\\u0430\" }",
         "{\"title\":\"\xD0\x9F\xD0\xBE\xD0\xBB\xD1\x82\xD0\xBE\xD1\x80\xD0\xB0 "
         "\xD0\x97\xD0\xB5\xD0\xBC\xD0\xBB\xD0\xB5\xD0\xBA\xD0\xBE\xD0\xBF\xD0\xB0\"}"},
        {"[\"\\\"\"]", NULL},
        {"[\"\\\\n\"]", NULL},
        {"[\"\\uFFFF\"]", "[\"\xEF\xBF\xBF\"]"},
        {"[\"asd\"]", NULL},
        {"[\"\\uDBFF\\uDFFF\"]", "[\"\xF4\x8F\xBF\xBF\"]"},
        {"[\"new\\u00A0line\"]", "[\"new\xC2\xA0line\"]"},
        {"[\"\xEF\xBF\xBF\"]", NULL},
        {"[\"\\u002c\"]", "[\",\"]"},
        {"[\"\xCF\x80\"]", NULL},
        {"[\"\xF0\x9B\xBF\xBF\"]", NULL},
        {"[\"asd \"]", NULL},
        {"\" \"", NULL},
        {"[\"\\uD834\\uDd1e\"]", "[\"\xF0\x9D\x84\x9E\"]"},
        {"[\"\\u0821\"]", "[\"\xE0\xA0\xA1\"]"},
        {"[\"\\u0123\"]", "[\"\xC4\xA3\"]"},
        {"[\"\xE2\x80\xA8\"]", NULL},
        {"[\"\xE2\x80\xA9\"]", NULL},
        {"[\"\\u0061\\u30af\\u30EA\\u30b9\"]", "[\"a\xE3\x82\xAF\xE3\x83\xAA\xE3\x82\xB9\"]"},
        {"[\"new\\u000Aline\"]", "[\"new\\nline\"]"},
        {"[\"\\uA66D\"]", "[\"\xEA\x99\xAD\"]"},
        {"[\"\\u005C\"]", "[\"\\\\\"]"},
        {"[\"\xE2\x8D\x82\xE3\x88\xB4\xE2\x8D\x82\"]", NULL},
        {"[\"\\uDBFF\\uDFFE\"]", "[\"\xF4\x8F\xBF\xBE\"]"},
        {"[\"\\uD83F\\uDFFE\"]", "[\"\xF0\x9F\xBF\xBE\"]"},
        {"[\"\\u200B\"]", "[\"\xE2\x80\x8B\"]"},
        {"[\"\\u2064\"]", "[\"\xE2\x81\xA4\"]"},
        {"[\"\\uFDD0\"]", "[\"\xEF\xB7\x90\"]"},
        {"[\"\\uFFFE\"]", "[\"\xEF\xBF\xBE\"]"},
        {"[\"\\u0022\"]", "[\"\\\"\"]"},
        {"[\"\xE2\x82\xAC\xF0\x9D\x84\x9E\"]", NULL},
        {"[\"a\x7F"
         "a\"]",
         "[\"a\\u007fa\"]"},
        {"[\"a\"]\n", "[\"a\"]"},
        {"[true]", NULL},
        {" [] ", "[]"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_reads_as(cases[i][0], cases[i][1] ? cases[i][1] : cases[i][0]);
}

/* ---- what must be refused -------------------------------------------------------------------- */

static void refused(void **state)
{
    static const char *const cases[] = {
        /* arrays */
        "[1 true]",
        "[a\xE5]",
        "[\"\": 1]",
        "[\"\"],",
        "[,1]",
        "[1,,2]",
        "[\"x\",,]",
        "[\"x\"]]",
        "[\"\",]",
        "[\"x\"",
        "[x",
        "[3[4]]",
        "[\xFF]",
        "[1:2]",
        "[,]",
        "[-]",
        "[   , \"\"]",
        "[\"a\",\n4\n,1,",
        "[1,]",
        "[1,\n1\n,1",
        "[*]",
        "[\"\"",
        "[",
        "[[]",
        "[{}",
        "[{]",
        "]",
        "[]]",
        "[1}",
        "[1",
        "[\"a\"\n",
        /* words */
        "[fals]",
        "[nul]",
        "[tru]",
        "nul",
        "True",
        "[TRUE]",
        "truefalse",
        "nullx",
        "[true false]",
        /* numbers */
        "[++1234]",
        "[+1]",
        "[+Inf]",
        "[-01]",
        "[-1.0.]",
        "[-2.]",
        "[-NaN]",
        "[.-1]",
        "[.2e-3]",
        "[0.1.2]",
        "[0.3e+]",
        "[0.3e]",
        "[0.e1]",
        "[0E+]",
        "[0E]",
        "[0e+]",
        "[0e]",
        "[1.0e+]",
        "[1.0e-]",
        "[1.0e]",
        "[1 000.0]",
        "[1eE2]",
        "[2.e+3]",
        "[2.e-3]",
        "[2.e3]",
        "[9.e+]",
        "[Inf]",
        "[NaN]",
        "[\xEF\xBC\x91]",
        "[1+2]",
        "[0x1]",
        "[0x42]",
        "[Infinity]",
        "[0e+-1]",
        "[-123.123foo]",
        "[123\xE5]",
        "[1e1\xE5]",
        "[0\xE5]",
        "[-Infinity]",
        "[-foo]",
        "[- 1]",
        "[-012]",
        "[-.123]",
        "[-1x]",
        "[1ea]",
        "[1e\xE5]",
        "[1.]",
        "[.123]",
        "[1.2a-3]",
        "[1.8011670033376514H-308]",
        "[012]",
        "-",
        "+1",
        "1.",
        "1e",
        "01",
        "--1",
        /* objects */
        "[\"x\", truth]",
        "{[: \"x\"}\n",
        "{\"x\", null}",
        "{\"x\"::\"b\"}",
        "{\xF0\x9F\x87\xA8}",
        "{\"a\":\"a\" 123}",
        "{key: 'value'}",
        "{\"\xB9\":\"0\",}",
        "{\"a\" b}",
        "{:\"b\"}",
        "{\"a\" \"b\"}",
        "{\"a\":",
        "{\"a\"",
        "{1:1}",
        "{9999E9999:1}",
        "{null:null,null:null}",
        "{\"id\":0,,,,,}",
        "{'a':0}",
        "{\"id\":0,}",
        "{\"a\":\"b\"}/**/",
        "{\"a\":\"b\"}/**//",
        "{\"a\":\"b\"}//",
        "{\"a\":\"b\"}/",
        "{\"a\":\"b\",,\"c\":\"d\"}",
        "{a: \"b\"}",
        "{\"a\":\"a",
        "{ \"foo\" : \"bar\", \"a\" }",
        "{\"a\":\"b\"}#",
        "{",
        "}",
        "{]",
        "{\"a\":}",
        "{,}",
        "{\"a\"}",
        "{\"a\":1 \"b\":2}",
        /* strings */
        "[\"\\uD800\\\"]",
        "[\"\\uD800\\u\"]",
        "[\"\\uD800\\u1\"]",
        "[\"\\uD800\\u1x\"]",
        "[\xC3\xA9]",
        "[\"\\x00\"]",
        "[\"\\\\\\\"]",
        "[\"\\\t\"]",
        "[\"\\\xF0\x9F\x8C\x80\"]",
        "[\"\\\"]",
        "[\"\\u00A\"]",
        "[\"\\uD834\\uDd\"]",
        "[\"\\uD800\\uD800\\x\"]",
        "[\"\\u\xE5\"]",
        "[\"\\a\"]",
        "[\"\\uqqqq\"]",
        "[\"\\\xE5\"]",
        "[\\u0020\"asd\"]",
        "[\\n]",
        "\"",
        "['single quote']",
        "abc",
        "[\"\\",
        "[\"\n\"]",
        "\"\\n",
        "[\"\t\"]",
        "[\"\x1f\"]",
        "\"\\UA66D\"",
        "\"a\"b",
        "[\"new\nline\"]",
        "[\"a",
        "\"\\u12",
        "\"\\u+123\"",
        "\"\\u 123\"",
        /* ours: surrogates alone, bytes that are not UTF-8, a byte order mark */
        "[\"\\uD800\"]",
        "[\"\\uDC00\"]",
        "[\"\\uDADA\"]",
        "[\"\\uD888\\u1234\"]",
        "[\"\\uDd1e\\uD834\"]",
        "[\"\\uD800\\n\"]",
        "[\"\\uD800\\uD800\"]",
        "[\"\xFF\"]",
        "[\"\xC0\xAF\"]",
        "[\"\xED\xA0\x80\"]",
        "[\"\xE6\x97\"]",
        "[\"\x81\"]",
        "[\"\xF4\xBF\xBF\xBF\"]",
        "[\"\xFC\x83\xBF\xBF\xBF\xBF\"]",
        "[\"\xE0\x80\x80\"]",
        "\xEF\xBB\xBF{}",
        /* structure */
        "",
        " ",
        "<.>",
        "[<null>]",
        "[1]x",
        "[1]]",
        "[\"asd]",
        "a\xC3\xA5",
        "[True]",
        "1]",
        "{\"x\": true,",
        "[][]",
        "2@",
        "{}}",
        "{\"\":",
        "{\"a\":/*comment*/\"b\"}",
        "{\"a\": true} \"x\"",
        "['",
        "[,",
        "[{",
        "[\"a",
        "[\"a\"",
        "{[",
        "{,",
        "{\"a",
        "{'a'",
        "[\"\\{[\"\\{[\"\\{[\"\\{",
        "\xC3\xA9",
        "*",
        "{\"a\":\"b\"}#{}",
        "[\\u000A\"\"]",
        "{\"asd\":\"asd\"",
        "[\xE2\x81\xA0]",
        "\xEF\xBB\xBF",
        "[\f]",
        "[\v]",
        "[\xC2\xA0]",
        "/**/1",
        "1//",
        "[1;2]",
        "1 2",
        "'a'",
        /* the rest of what must be refused, or is by our choice */
        "{\"\\uDFAA\":0}",
        "[\"\xE6\x97\xA5\xD1\x88\xFA\"]",
        "[\"\\uDd1ea\"]",
        "[\"\\uD800\\uD800\\n\"]",
        "[\"\\ud800\"]",
        "[\"\\ud800abc\"]",
        "[\"\xE9\"]",
        "[\"\\uDFAA\"]",
        "[\"\xFC\x80\x80\x80\x80\x80\"]",
        "[\"\xE0\xFF\"]",
        "[1,,]",
        "[\"\va\"\\f]",
        "[1,",
        "[0\xE5]\n",
        "{\xF0\x9F\x87\xA8\xF0\x9F\x87\xAD}",
        "\"\"x",
        "\xEF\xBB{}",
        "\xE5",
        "\xE9",
        "[ false, nul",
        "[ true, fals",
        "[ false, tru",
        "\xC3\xA5",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (read_text(cases[i]) != PROMC_ERROR_SYNTAX)
            fail_msg("%zu: %s", i, cases[i]);
        assert_non_null(json.reason);
        assert_true(json.at <= strlen(cases[i]));
        assert_null(json.values);
        assert_null(json.strings);
    }
}

static void refused_with_nul(void **state)
{
    (void)state;
    assert_int_equal(read_bytes("[\0]", 3), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes("[\"a\0a\"]", 7), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes("[\"\\\0\"]", 6), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes("[1]\0", 4), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes("123\0", 4), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes("\0", 1), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes("[\0\"\0\"\0]\0", 8), PROMC_ERROR_SYNTAX); /* UTF-16 */
    assert_int_equal(read_bytes("\xFF\xFE[\x00\"\x00\xE9\x00\"\x00]\x00", 12), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes("\x00[\x00\"\x00\xE9\x00\"\x00]", 10), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes("[\x00\"\x00\xE9\x00\"\x00]\x00", 10), PROMC_ERROR_SYNTAX);
}

/* Every beginning of a document that is not the whole is refused. */
static void truncated(void **state)
{
    static const char text[] = "[{\"status\":\"firing\",\"labels\":{\"a\":\"\\ud83d\\ude39 "
                               "\xE7\xA3\x81\\n\"},\"n\":[-1.5e+3,"
                               "true,false,null,{},[]]}]";

    (void)state;
    for (size_t size = 0; size < sizeof(text) - 1; size++)
        assert_int_equal(read_bytes(text, size), PROMC_ERROR_SYNTAX);
    assert_int_equal(read_bytes(text, sizeof(text) - 1), PROMC_OK);
    promc__json_free(&json);
}

/* Any single byte may change: no crash, and what is accepted can be written and read again. */
static void one_byte_changed(void **state)
{
    static const char text[] = "[{\"a\":\"\\u00e9\\ud83d\\ude39\",\"b\":[-1.5e+3,true]},null]";

    (void)state;
    for (size_t at = 0; at < sizeof(text) - 1; at++)
        for (int byte = 0; byte < 256; byte++) {
            char changed[sizeof(text)];
            promc__buffer out = PROMC__BUFFER(0);
            promc__json_writer writer = {.out = &out, .ascii = byte % 2};

            memcpy(changed, text, sizeof(text));
            changed[at] = (char)byte;
            if (read_bytes(changed, sizeof(text) - 1) != PROMC_OK)
                continue;
            write_value(&writer, json.values);
            promc__json_free(&json);
            assert_int_equal(read_bytes(out.data, out.size), PROMC_OK);
            promc__json_free(&json);
            promc__buffer_free(&out);
        }
}

/* ---- limits ---------------------------------------------------------------------------------- */

static char *repeated(const char *part, size_t count, const char *end)
{
    size_t size = strlen(part);
    char *text = malloc(size * count + strlen(end) + 1);

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, part, size);
    memcpy(text + size * count, end, strlen(end) + 1);
    return text;
}

static void too_deep(void **state)
{
    static const char *const parts[] = {"[", "{\"\":", "[{\"\":"};
    char *text = repeated("[", PROMC__JSON_DEPTH_MAX, "");
    char *whole = repeated("]", PROMC__JSON_DEPTH_MAX, "");
    char both[2 * PROMC__JSON_DEPTH_MAX + 1];
    promc__json_limits two = {100, 2, 100};
    const promc__json_limits beyond = {1 << 20, PROMC__JSON_DEPTH_MAX + 1, 1000};

    (void)state;
    snprintf(both, sizeof(both), "%s%s", text, whole);
    assert_int_equal(read_text(both), PROMC_OK);
    assert_int_equal(json.values[0].span, PROMC__JSON_DEPTH_MAX);
    promc__json_free(&json);
    free(text);
    free(whole);
    text = repeated("[", PROMC__JSON_DEPTH_MAX + 1, "");
    assert_int_equal(promc__json_read(&json, text, strlen(text), &beyond), PROMC_ERROR_LIMIT);
    free(text);
    for (size_t i = 0; i < COUNT(parts); i++) {
        text = repeated(parts[i], 100000, "");
        assert_int_equal(read_text(text), PROMC_ERROR_LIMIT);
        assert_string_equal(json.reason, "nested too deeply");
        free(text);
    }
    assert_int_equal(promc__json_read(&json, "[[1]]", 5, &two), PROMC_OK);
    promc__json_free(&json);
    assert_int_equal(promc__json_read(&json, "[[{}]]", 6, &two), PROMC_ERROR_LIMIT);
    assert_int_equal(json.at, 2);
}

static void too_much(void **state)
{
    promc__json_limits small = {5, 10, 3};

    (void)state;
    assert_int_equal(promc__json_read(&json, "[1,2]", 5, &small), PROMC_OK);
    promc__json_free(&json);
    assert_int_equal(promc__json_read(&json, "[1,2] ", 6, &small), PROMC_ERROR_LIMIT);
    small.size = 100;
    assert_int_equal(promc__json_read(&json, "[1,2,3]", 7, &small), PROMC_ERROR_LIMIT);
    assert_string_equal(json.reason, "too many values");
}

/* ---- memory ---------------------------------------------------------------------------------- */

static int refuse_at, outstanding;

static void *counted_malloc(size_t size, void *ctx)
{
    void *block = refuse_at-- == 0 ? NULL : malloc(size);

    (void)ctx;
    outstanding += block != NULL;
    return block;
}

static void *counted_realloc(void *block, size_t size, void *ctx)
{
    void *bigger = refuse_at-- == 0 ? NULL : realloc(block, size);

    (void)ctx;
    outstanding += bigger && !block;
    return bigger;
}

static void counted_free(void *block, void *ctx)
{
    (void)ctx;
    outstanding -= block != NULL;
    free(block);
}

static void out_of_memory(void **state)
{
    promc_allocator allocator = {counted_malloc, counted_realloc, counted_free, NULL};
    char *text = repeated("1,", 100, "1"), *list = malloc(strlen(text) + 3);
    int status = PROMC_ERROR_NO_MEMORY, attempt;

    (void)state;
    sprintf(list, "[%s]", text);
    assert_int_equal(promc_set_allocator(&allocator), PROMC_OK);
    for (attempt = 0; status == PROMC_ERROR_NO_MEMORY && attempt < 100; attempt++) {
        refuse_at = attempt;
        status = promc__json_read(&json, list, strlen(list), &limits);
        if (status != PROMC_OK)
            assert_int_equal(outstanding, 0);
    }
    assert_int_equal(status, PROMC_OK);
    assert_true(attempt > 3);
    promc__json_free(&json);
    assert_int_equal(outstanding, 0);
    assert_int_equal(promc_set_allocator(NULL), PROMC_OK);
    free(text);
    free(list);
}

/* ---- looking --------------------------------------------------------------------------------- */

static void members_are_found(void **state)
{
    const promc__json_value *object;
    uint64_t number = 1;

    (void)state;
    assert_int_equal(
        read_text(
            "{\"a\":{\"b\":1},\"b\":\"x\",\"n\":18446744073709551615,\"m\":18446744073709551616,"
            "\"z\":\"\\u0000\",\"b\":\"y\",\"e\":1e2,\"i\":-1,\"\\u0000\":0}"),
        PROMC_OK);
    object = json.values;
    assert_string_equal(promc__json_string(promc__json_member(object, "b")), "y");
    assert_null(promc__json_member(object, "c"));
    assert_null(promc__json_member(object, ""));
    assert_null(promc__json_member(NULL, "a"));
    assert_null(promc__json_member(promc__json_member(object, "b"), "a"));
    assert_true(promc__json_u64(promc__json_member(promc__json_member(object, "a"), "b"), &number));
    assert_true(number == 1);
    assert_true(promc__json_u64(promc__json_member(object, "n"), &number));
    assert_true(number == UINT64_MAX);
    assert_false(promc__json_u64(promc__json_member(object, "m"), &number));
    assert_false(promc__json_u64(promc__json_member(object, "e"), &number));
    assert_false(promc__json_u64(promc__json_member(object, "i"), &number));
    assert_false(promc__json_u64(promc__json_member(object, "b"), &number));
    assert_false(promc__json_u64(NULL, &number));
    assert_null(promc__json_string(promc__json_member(object, "z")));
    assert_null(promc__json_string(promc__json_member(object, "n")));
    assert_null(promc__json_string(NULL));
    promc__json_free(&json);
    assert_int_equal(read_text("{\"foo\\u0000bar\": 42}"), PROMC_OK);
    assert_int_equal(json.values[1].key_size, 7);
    assert_memory_equal(json.values[1].key, "foo\0bar", 8);
    assert_null(promc__json_member(json.values, "foo"));
    promc__json_free(&json);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void assert_written(bool ascii, const char *text, size_t size, const char *expected)
{
    promc__buffer out = PROMC__BUFFER(0);
    promc__json_writer writer = {.out = &out, .ascii = ascii};

    promc__json_write_string(&writer, text, size);
    promc__buffer_char(&out, '\0');
    assert_string_equal(out.data, expected);
    assert_int_equal(read_text(out.data), PROMC_OK);
    promc__json_free(&json);
    promc__buffer_free(&out);
}

static void strings_are_written(void **state)
{
    (void)state;
    assert_written(false, "", 0, "\"\"");
    assert_written(false, "a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
    assert_written(false, "\b\f\n\r\t\x01\x1f\x7f\0", 9,
                   "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\\u0000\"");
    assert_written(false, "\xE6\x9C\x8D\xF0\x9F\x98\xB9", 7, "\"\xE6\x9C\x8D\xF0\x9F\x98\xB9\"");
    assert_written(true, "\xE6\x9C\x8D\xF0\x9F\x98\xB9!", 8, "\"\\u670d\\ud83d\\ude39!\"");
    assert_written(true, "\xF4\x8F\xBF\xBF\xEF\xBF\xBF\xF0\x90\x80\x80", 11,
                   "\"\\udbff\\udfff\\uffff\\ud800\\udc00\"");
    assert_written(false,
                   "a\xFF"
                   "b\xE6\x9C",
                   5,
                   "\"a\xEF\xBF\xBD"
                   "b\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_written(true, "\xED\xA0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");
}

static void commas_come_by_themselves(void **state)
{
    promc__buffer out = PROMC__BUFFER(0);
    promc__json_writer writer = {.out = &out};

    (void)state;
    promc__json_open(&writer, '[');
    for (int i = 0; i < 2; i++) {
        promc__json_open(&writer, '{');
        promc__json_write_key(&writer, "n");
        promc__json_write_raw(&writer, i ? "1" : "0");
        promc__json_write_key(&writer, "l");
        promc__json_open(&writer, '[');
        promc__json_close(&writer, ']');
        promc__json_write_key(&writer, "\"");
        promc__json_write_raw(&writer, "null");
        promc__json_close(&writer, '}');
    }
    promc__json_close(&writer, ']');
    promc__buffer_char(&out, '\0');
    assert_string_equal(out.data, "[{\"n\":0,\"l\":[],\"\\\"\":null},"
                                  "{\"n\":1,\"l\":[],\"\\\"\":null}]");
    promc__buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),
        cmocka_unit_test(refused),
        cmocka_unit_test(refused_with_nul),
        cmocka_unit_test(truncated),
        cmocka_unit_test(one_byte_changed),
        cmocka_unit_test(too_deep),
        cmocka_unit_test(too_much),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(strings_are_written),
        cmocka_unit_test(commas_come_by_themselves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
