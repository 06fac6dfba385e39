/* SPDX-License-Identifier: Apache-2.0 */
/* The request parser: every verdict whole, split at every byte and cut at every byte, with the
 * bytes against a page that must not be touched. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "http/body.h"
#include "http/parser.h"
#include "http/query.h"

#include <promc/common.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIMIT = 4096, ROOM = 1 << 16 };

static char *wall; /* the first byte behind the readable room */

/* A copy that ends at the wall. */
static const char *at_wall(const char *data, size_t size)
{
    memcpy(wall - size, data, size);
    return wall - size;
}

struct verdict {
    promc__parsed parsed;
    int status;
    promc__request_head head;
};

static struct verdict parse_whole(const char *data, size_t size)
{
    struct verdict verdict = {0};

    verdict.parsed = promc__parse_head(&verdict.head, at_wall(data, size), size, LIMIT);
    verdict.status = verdict.head.status;
    return verdict;
}

/* In two pieces; the first one also ends at the wall, so nothing behind it may be read. */
static struct verdict parse_split(const char *data, size_t size, size_t at)
{
    struct verdict verdict = {0};

    verdict.parsed = promc__parse_head(&verdict.head, at_wall(data, at), at, LIMIT);
    if (verdict.parsed == PROMC__PARTIAL)
        verdict.parsed = promc__parse_head(&verdict.head, at_wall(data, size), size, LIMIT);
    verdict.status = verdict.head.status;
    return verdict;
}

static struct verdict parse_bytewise(const char *data, size_t size)
{
    struct verdict verdict = {0};

    for (size_t end = 1; end <= size && verdict.parsed == PROMC__PARTIAL; end++)
        verdict.parsed = promc__parse_head(&verdict.head, at_wall(data, end), end, LIMIT);
    verdict.status = verdict.head.status;
    return verdict;
}

static void assert_same(const struct verdict *a, const struct verdict *b)
{
    assert_int_equal(a->parsed, b->parsed);
    assert_int_equal(a->status, b->status);
    if (a->parsed == PROMC__COMPLETE) {
        assert_int_equal(a->head.size, b->head.size);
        assert_int_equal(a->head.target, b->head.target);
        assert_int_equal(a->head.target_size, b->head.target_size);
        assert_int_equal(a->head.content_length, b->head.content_length);
        assert_int_equal(a->head.field_count, b->head.field_count);
    }
}

/* status 0: complete. */
static struct verdict judge_bytes(const char *data, size_t size, int status)
{
    struct verdict whole = parse_whole(data, size), bytewise = parse_bytewise(data, size);

    if (whole.status != status || whole.parsed != (status ? PROMC__BAD : PROMC__COMPLETE))
        fail_msg("verdict %d, status %d (%s) for: %.*s", (int)whole.parsed, whole.status,
                 whole.head.reason ? whole.head.reason : "", (int)size, data);
    assert_same(&whole, &bytewise);
    for (size_t at = 0; at <= size; at++) {
        struct verdict split = parse_split(data, size, at), cut = parse_whole(data, at);

        assert_same(&whole, &split);
        /* A part of it is never more than it. */
        if (!status)
            assert_int_equal(cut.parsed, at < whole.head.size ? PROMC__PARTIAL : PROMC__COMPLETE);
        else
            assert_true(cut.parsed == PROMC__PARTIAL || cut.status == status);
    }
    return whole;
}

static struct verdict judge(const char *text, int status)
{
    return judge_bytes(text, strlen(text), status);
}

#define H "Host: a\r\n"

static void good_requests(void **state)
{
    static const char *const good[] = {
        "GET / HTTP/1.1\r\n" H "\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.9\r\n" H "\r\n",
        "get /a?b=c%20d&&= HTTP/1.1\r\n" H "\r\n",
        "OPTIONS * HTTP/1.1\r\n" H "\r\n",
        "GET http://a/b HTTP/1.1\r\n" H "\r\n",
        "M-E!#$%&'*+.^_`|~9 / HTTP/1.1\r\n" H "\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:[::1]:8000 \t\r\nX:\r\nY: \t \r\n\r\n",
        "GET /\xC3\xA9 HTTP/1.1\r\n" H "X: \xFF\x80 \t y\r\n\r\n",
        "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\n" H "content-length:18446744073709551615\r\n\r\n",
        "POST / HTTP/1.1\r\n" H "Transfer-Encoding: ChUnKeD\r\n\r\n",
        "POST / HTTP/1.1\r\n" H "Expect: 100-CONTINUE\r\n\r\n",
        "GET / HTTP/1.1\r\n" H "Connection: , a,\tclose ,b\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        judge(good[i], 0);
}

static void bad_requests(void **state)
{
    static const struct {
        int status;
        const char *text;
    } bad[] = {
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H H "\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: u@b/\r\n\r\n"},
        {400, " / HTTP/1.1\r\n" H "\r\n"},
        {400, "GET  / HTTP/1.1\r\n" H "\r\n"},
        {400, "GET /  HTTP/1.1\r\n" H "\r\n"},
        {400, "GET\t/ HTTP/1.1\r\n" H "\r\n"},
        {400, "GET /\tHTTP/1.1\r\n" H "\r\n"},
        {400, "GET / HTTP/1.1 \r\n" H "\r\n"},
        {400, "GET /\r\n\r\n"},
        {400, "GET\r\n\r\n"},
        {400, "GET / \r\n\r\n"},
        {400, "GET / http/1.1\r\n" H "\r\n"},
        {400, "GET / HTTP/1\r\n" H "\r\n"},
        {400, "GET / HTTP/1.10\r\n" H "\r\n"},
        {400, "GET / HTTP/1.x\r\n" H "\r\n"},
        {400, "GET / HTTP/x.1\r\n" H "\r\n"},
        {400, "GET / HTTP/1,1\r\n" H "\r\n"},
        {400, "GET / HTTX/1.1\r\n" H "\r\n"},
        {400, "GET /#part HTTP/1.1\r\n" H "\r\n"},
        {400, "G\xC3T / HTTP/1.1\r\n" H "\r\n"},
        {400, "G(T / HTTP/1.1\r\n" H "\r\n"},
        {505, "GET / HTTP/2.0\r\n" H "\r\n"},
        {505, "GET / HTTP/0.9\r\n" H "\r\n"},
        {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        /* line ends */
        {400, "GET / HTTP/1.1\n" H "\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "\n"},
        {400, "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\r\n" H "\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "\r\r\n"},
        {400, "\nGET / HTTP/1.1\r\n" H "\r\n"},
        /* header lines */
        {400, "GET / HTTP/1.1\r\n" H " folded\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n X: first\r\n" H "\r\n"},
        {400, "GET / HTTP/1.1\r\n" H ": empty name\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "X : a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "X\t: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "no colon\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "NoColon\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "X(y): a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "X\xC3\xA9: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "X: \x01\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "X: \x7F\r\n\r\n"},
        /* framing */
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 5,5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 5.0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 1e3\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551616\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999999\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nCONTENT-LENGTH: 6\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H
              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n"},
        {417, "POST / HTTP/1.1\r\n" H "Expect: cake\r\n\r\n"},
        /* another protocol */
        {400, "\x16\x03\x01\x02"},
        {400, "{\"json\": 1}\r\n\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        judge(bad[i].text, bad[i].status);
}

static void nul_is_refused_anywhere(void **state)
{
    static const char request[] = "GET /a?b HTTP/1.1\r\n" H "X: abc\r\n\r\n";
    char copy[sizeof(request)];

    (void)state;
    for (size_t at = 0; at + 1 < sizeof(request); at++) {
        memcpy(copy, request, sizeof(request));
        copy[at] = '\0';
        judge_bytes(copy, sizeof(request) - 1, 400);
    }
}

/* Any byte anywhere: no verdict may depend on the pieces, and no byte behind the end is read. */
static void every_byte_everywhere(void **state)
{
    static const char request[] = "PO /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    char copy[sizeof(request)];

    (void)state;
    for (size_t at = 0; at + 1 < sizeof(request); at++)
        for (int byte = 0; byte < 256; byte++) {
            struct verdict whole, bytewise;

            memcpy(copy, request, sizeof(request));
            copy[at] = (char)byte;
            whole = parse_whole(copy, sizeof(request) - 1);
            bytewise = parse_bytewise(copy, sizeof(request) - 1);
            assert_same(&whole, &bytewise);
        }
}

static void what_is_found(void **state)
{
    static const char text[] =
        "\r\nPOST /p?q HTTP/1.1\r\nHost: a\r\nX-A:  b c \t\r\nContent-Length: "
        "42\r\nConnection: Keep-Alive, CLOSE\r\nExpect: 100-continue\r\n\r\n"
        "GET / HTTP/1.1\r\n";
    struct verdict verdict = judge(text, 0);
    promc__field field;
    size_t at = verdict.head.fields, count = 0;

    (void)state;
    assert_memory_equal(text + verdict.head.method, "POST", 4);
    assert_int_equal(verdict.head.method_size, 4);
    assert_memory_equal(text + verdict.head.target, "/p?q", 4);
    assert_int_equal(verdict.head.target_size, 4);
    assert_int_equal(verdict.head.minor, 1);
    assert_true(verdict.head.has_length && verdict.head.content_length == 42);
    assert_true(verdict.head.close && verdict.head.keep_alive && verdict.head.expect_continue);
    assert_int_equal(verdict.head.size, strlen(text) - strlen("GET / HTTP/1.1\r\n"));
    while (promc__next_field(text, &verdict.head, &at, &field))
        if (count++ == 1) {
            assert_int_equal(field.name_size, 3);
            assert_int_equal(field.value_size, 3);
            assert_memory_equal(text + field.value, "b c", 3);
        }
    assert_int_equal(count, 5);
    assert_int_equal(verdict.head.field_count, 5);
}

/* A request with a target and a header that fill it to a size. */
static size_t sized_request(char *out, size_t target, size_t value)
{
    size_t size = (size_t)sprintf(out, "GET /");

    memset(out + size, 'a', target);
    size += target;
    size += (size_t)sprintf(out + size, " HTTP/1.1\r\nHost: a\r\nX: ");
    memset(out + size, 'b', value);
    size += value;
    return size + (size_t)sprintf(out + size, "\r\n\r\n");
}

static void limits_are_exact(void **state)
{
    static char text[3 * LIMIT];
    size_t empty = sized_request(text, 0, 0), size;

    (void)state;
    size = sized_request(text, 0, LIMIT - empty);
    assert_int_equal(size, LIMIT);
    judge_bytes(text, size, 0);
    for (size_t over = 1; over < 40; over++) {
        struct verdict verdict;

        size = sized_request(text, 0, LIMIT - empty + over);
        verdict = parse_whole(text, size);
        assert_int_equal(verdict.status, 431);
        verdict = parse_bytewise(text, size);
        assert_int_equal(verdict.status, 431);
    }
    /* The request line is too long when its end is not inside. */
    for (size_t target = LIMIT - empty + 1; target < LIMIT + 40; target++) {
        struct verdict whole, bytewise;

        size = sized_request(text, target, 0);
        whole = parse_whole(text, size);
        bytewise = parse_bytewise(text, size);
        assert_same(&whole, &bytewise);
        assert_int_equal(whole.status, strlen("GET / HTTP/1.1\r\n") + target <= LIMIT ? 431 : 414);
    }
}

static void header_lines_are_counted(void **state)
{
    static char text[LIMIT];

    (void)state;
    for (int lines = PROMC__HTTP_FIELDS_MAX - 1; lines <= PROMC__HTTP_FIELDS_MAX + 1; lines++) {
        size_t size = (size_t)sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");

        for (int i = 1; i < lines; i++)
            size += (size_t)sprintf(text + size, "a:b\r\n");
        size += (size_t)sprintf(text + size, "\r\n");
        judge_bytes(text, size, lines > PROMC__HTTP_FIELDS_MAX ? 431 : 0);
    }
}

/* ---- bodies ---------------------------------------------------------------------------------- */

enum { BODY_LIMIT = 32 };

/* Reads in pieces of `step`; the verdict, and what is left in *rest. */
static promc__parsed read_body_in(size_t step, const char *text, promc__buffer *out, int *status,
                                  size_t *rest)
{
    promc__request_head head = {.chunked = true};
    size_t size = strlen(text), at = 0;
    promc__parsed parsed = PROMC__PARTIAL;
    promc__body body;

    promc__body_begin(&body, &head, BODY_LIMIT);
    while (at < size && parsed == PROMC__PARTIAL) {
        size_t piece = size - at < step ? size - at : step, used;

        parsed = promc__body_read(&body, at_wall(text + at, piece), piece, &used, out);
        at += used;
        if (parsed == PROMC__PARTIAL)
            assert_int_equal(used, piece);
    }
    *status = body.status;
    *rest = size - at;
    return parsed;
}

static void chunked_bodies(void **state)
{
    static const struct {
        int status;
        const char *text, *content;
        size_t rest;
    } cases[] = {
        {0, "0\r\n\r\n", "", 0},
        {0, "5\r\nhello\r\n0\r\n\r\n", "hello", 0},
        {0, "5\r\nhello\r\n0\r\n\r\nGET", "hello", 3},
        {0, "3;a=b\r\nabc\r\n02 ; x\r\nde\r\n000\r\nT: v\r\nU: w\r\n\r\n", "abcde", 0},
        {0, "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", 0},
        {0, "20\r\n01234567890123456789012345678901\r\n0\r\n\r\n",
         "01234567890123456789012345678901", 0},
        {413, "21\r\n", "", 0},
        {413, "20\r\n01234567890123456789012345678901\r\n1\r\n", "", 0},
        {413, "7fffffffffffffff\r\n", "", 0},
        {413, "ffffffffffffffff\r\n", "", 0},
        {400, "00000000000000001\r\n", "", 0},
        {400, "\r\n", "", 0},
        {400, ";\r\n", "", 0},
        {400, "-1\r\n", "", 0},
        {400, "+1\r\n", "", 0},
        {400, "0x1\r\n", "", 0},
        {400, " 1\r\n", "", 0},
        {400, "g\r\n", "", 0},
        {400, "1\nx", "", 0},
        {400, "1\rx", "", 0},
        {400, "1\r\nxy\r\n", "", 0},
        {400, "1\r\nx\n", "", 0},
        {400, "1\r\nx\r1", "", 0},
        {400, "0\r\n\n", "", 0},
        {400, "0\r\n\rX", "", 0},
        {400, "0\r\nT: \x01\r\n", "", 0},
        {400, "0\r\nT\r\r", "", 0},
        {400, "1;\x7f\r\n", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        for (size_t step = 1; step <= strlen(cases[i].text); step++) {
            promc__buffer out = PROMC__BUFFER(0);
            int status;
            size_t rest;
            promc__parsed parsed = read_body_in(step, cases[i].text, &out, &status, &rest);

            assert_int_equal(status, cases[i].status);
            assert_int_equal(parsed, status ? PROMC__BAD : PROMC__COMPLETE);
            assert_true(out.size <= BODY_LIMIT);
            if (!status) {
                assert_int_equal(out.size, strlen(cases[i].content));
                assert_memory_equal(out.size ? out.data : "", cases[i].content, out.size);
                /* The last piece may have been read over as a whole. */
                assert_int_equal(rest, cases[i].rest);
            }
            promc__buffer_free(&out);
        }
}

static void trailers_and_extensions_are_bounded(void **state)
{
    static char text[20000];
    static const char *const begin[] = {"1;", "0\r\nT: "};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        promc__buffer out = PROMC__BUFFER(0);
        size_t size = (size_t)sprintf(text, "%s", begin[i]), rest;
        int status;

        memset(text + size, 'x', 10000);
        text[size + 10000] = '\0';
        assert_int_equal(read_body_in(100, text, &out, &status, &rest), PROMC__BAD);
        assert_int_equal(status, 400);
        promc__buffer_free(&out);
    }
}

static void bodies_by_length(void **state)
{
    promc__request_head head = {.has_length = true, .content_length = 5};
    promc__buffer out = PROMC__BUFFER(0);
    promc__body body;
    size_t used;

    (void)state;
    promc__body_begin(&body, &head, 5);
    assert_int_equal(promc__body_read(&body, "he", 2, &used, &out), PROMC__PARTIAL);
    assert_int_equal(promc__body_read(&body, "lloGET", 6, &used, &out), PROMC__COMPLETE);
    assert_int_equal(used, 3);
    assert_int_equal(out.size, 5);
    assert_memory_equal(out.data, "hello", 5);
    promc__body_begin(&body, &head, 4);
    assert_int_equal(promc__body_read(&body, "", 0, &used, &out), PROMC__BAD);
    assert_int_equal(body.status, 413);
    head.content_length = UINT64_MAX;
    promc__body_begin(&body, &head, SIZE_MAX);
    assert_int_equal(promc__body_read(&body, "x", 1, &used, &out),
                     sizeof(size_t) < 8 ? PROMC__BAD : PROMC__PARTIAL);
    promc__buffer_free(&out);
}

/* ---- paths and queries ----------------------------------------------------------------------- */

static void paths_are_decoded(void **state)
{
    char out[64];

    (void)state;
    assert_true(promc__decode_path(out, "/a%20b%2fC+%C3%a9", 17));
    assert_string_equal(out, "/a b/C+\xC3\xA9");
    assert_false(promc__decode_path(out, "/%", 2));
    assert_false(promc__decode_path(out, "/%4", 3));
    assert_false(promc__decode_path(out, "/%4x", 4));
    assert_false(promc__decode_path(out, "/%x4", 4));
    assert_false(promc__decode_path(out, "/%00", 4));
    assert_false(promc__decode_path(out, "/%-1", 4));
}

static void assert_names(const char *query, const char *const *expected)
{
    char **names;

    assert_int_equal(promc__query_names(query, strlen(query), &names), PROMC_OK);
    if (!*expected) {
        assert_null(names);
        return;
    }
    assert_non_null(names);
    for (size_t i = 0; expected[i] || names[i]; i++) {
        assert_non_null(expected[i]);
        assert_non_null(names[i]);
        assert_string_equal(names[i], expected[i]);
    }
    promc__free(names);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__})

static void name_filters(void **state)
{
    (void)state;
    assert_names("", NAMES(NULL));
    assert_names("name[]=a", NAMES("a", NULL));
    assert_names("name[]=a&name%5B%5D=b&name%5b]=c", NAMES("a", "b", "c", NULL));
    assert_names("%6e%61%6d%65%5b%5d=a", NAMES("a", NULL));
    assert_names("%6eame[]=a", NAMES("a", NULL));
    assert_names("name[]=&name[]&&&", NAMES(NULL));
    assert_names("name[]=&name[]=x", NAMES("x", NULL));
    assert_names("name=a&names[]=b&xname[]=c&name[]x=d&NAME[]=e", NAMES(NULL));
    assert_names("name[]=a+b%20c%2B%3d=", NAMES("a b c+==", NULL));
    assert_names("name[]=%zz&name[]=%", NAMES("%zz", "%", NULL));
    assert_names("name[]=a%00b", NAMES("a%00b", NULL));
    assert_names("name[]=a;name[]=b", NAMES("a;name[]=b", NULL));
}

static void many_names_are_linear(void **state)
{
    enum { COUNT = 100000 };
    char *query = malloc(COUNT * 9 + 1), **names;
    size_t count = 0;

    (void)state;
    assert_non_null(query);
    for (size_t i = 0; i < COUNT; i++)
        memcpy(query + i * 9, "name[]=a&", 10);
    assert_int_equal(promc__query_names(query, strlen(query), &names), PROMC_OK);
    while (names[count])
        count++;
    assert_int_equal(count, COUNT);
    promc__free(names);
    free(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(nul_is_refused_anywhere),
        cmocka_unit_test(every_byte_everywhere),
        cmocka_unit_test(what_is_found),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(header_lines_are_counted),
        cmocka_unit_test(chunked_bodies),
        cmocka_unit_test(trailers_and_extensions_are_bounded),
        cmocka_unit_test(bodies_by_length),
        cmocka_unit_test(paths_are_decoded),
        cmocka_unit_test(name_filters),
        cmocka_unit_test(many_names_are_linear),
    };
    char *room = mmap(NULL, 2 * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (room == MAP_FAILED || mprotect(room + ROOM, ROOM, PROT_NONE) != 0)
        return 1;
    wall = room + ROOM;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
