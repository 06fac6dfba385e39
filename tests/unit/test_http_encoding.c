/* SPDX-License-Identifier: Apache-2.0 */
/* Accept-Encoding, and what becomes of it: compressed responses, whole and in chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "http/encoding.h"
#include "inflate.h"

#include <promc/promc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the header ------------------------------------------------------------------------------ */

static void test_accepted(void **state)
{
    static const char *const headers[] = {
        "gzip",
        "GZip",
        "x-gzip",
        "gzip, deflate, br, zstd",
        "deflate,gzip",
        "br;q=1.0, gzip;q=0.8, *;q=0.1",
        "gzip;q=0.001",
        "gzip;q=1.000",
        "gzip ; q=0.5",
        "gzip; Q=0.5",
        "*",
        "*;q=0.5",
        "identity;q=0, *",
        "identity;q=0.5, gzip;q=0.5",
        "identity;q=0.5, gzip;q=1.0",
        ",, gzip",
        "\tgzip\t,",
        "deflate;q=0, gzip",
        "gzip;q=nonsense, gzip",
        "what is this, gzip",
        "compress;q=2, gzip",
        "gzip, gzip;q=0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        if (!promc__accepts_gzip(headers[i]))
            fail_msg("\"%s\" is not accepted", headers[i]);
}

static void test_not_accepted(void **state)
{
    static const char *const headers[] = {
        NULL,
        "",
        ",",
        "identity",
        "deflate, br",
        "gzip;q=0",
        "gzip;q=0.0",
        "gzip;q=0.000",
        "x-gzip;q=0",
        "gzip;q=0, *",
        "*;q=0",
        "identity, gzip;q=0.5",
        "identity;q=0.501, gzip;q=0.5",
        "identity, *;q=0.999",
        "gzip;q=",
        "gzip;q 1",
        "gzip;q",
        "gzip;Q",
        "gzip;q=2",
        "gzip;q=1.001",
        "gzip;q=-1",
        "gzip;q=0.5555",
        "gzip;q=.5",
        "gzip;level=9",
        "gzip;q=0.5;x=1",
        "gzip deflate",
        "gzipped",
        "agzip",
        "\"gzip\"",
        "gzip/1.0",
        "identity;q=0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        if (promc__accepts_gzip(headers[i]))
            fail_msg("\"%s\" is accepted", headers[i] ? headers[i] : "(none)");
}

/* ---- responses ------------------------------------------------------------------------------- */

enum { ROOM = 8 * 1024 * 1024 };

static promc_registry *registry;
static promc_gauge_family *family;
static char *response, *plain, *packed, *unpacked; /* ROOM bytes each */
static size_t response_size, largest_piece;

static int keep(const void *data, size_t size, void *arg)
{
    (void)arg;
    assert_true(response_size + size < ROOM);
    memcpy(response + response_size, data, size);
    response_size += size;
    response[response_size] = '\0';
    largest_piece = size > largest_piece ? size : largest_piece;
    return 0;
}

static int ask(const char *method, const char *fields, bool no_compression)
{
    char head[512];
    bool go_on;
    int size =
        snprintf(head, sizeof(head), "%s /metrics HTTP/1.1\r\nHost: x\r\n%s\r\n", method, fields);

    response_size = largest_piece = 0;
    return promc_http_respond(head, (size_t)size, keep, NULL, .registry = registry,
                              .keep_alive = &go_on, .no_compression = no_compression);
}

static bool head_has(const char *line)
{
    const char *found = strstr(response, line), *end = strstr(response, "\r\n\r\n");

    assert_non_null(end);
    return found && found < end;
}

/* Copies the body to `to`, without chunks; returns its size. */
static size_t body_to(char *to)
{
    const char *at = strstr(response, "\r\n\r\n") + 4, *end = response + response_size;
    size_t size = 0, chunk;
    char *after;

    if (!head_has("Transfer-Encoding: chunked\r\n")) {
        memcpy(to, at, (size_t)(end - at));
        return (size_t)(end - at);
    }
    while ((chunk = strtoul(at, &after, 16)) > 0) {
        assert_true(chunk + 4 <= (size_t)(end - after));
        memcpy(to + size, after + 2, chunk);
        size += chunk;
        at = after + 2 + chunk + 2;
    }
    assert_string_equal(after, "\r\n\r\n");
    return size;
}

/* The same metrics both ways. */
static void assert_same_metrics(void)
{
    static struct inflate decoded;
    size_t size, packed_size;

    assert_int_equal(ask("GET", "", false), PROMC_OK);
    assert_false(head_has("Content-Encoding"));
    assert_true(head_has("Vary: Accept, Accept-Encoding\r\n"));
    size = body_to(plain);
    assert_int_equal(ask("GET", "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n", false),
                     PROMC_OK);
    assert_true(head_has("HTTP/1.1 200 "));
    assert_true(head_has("Content-Encoding: gzip\r\n"));
    assert_true(head_has("Vary: Accept, Accept-Encoding\r\n"));
    assert_true(head_has("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    packed_size = body_to(packed);
    assert_int_equal(inflate_gzip(&decoded, packed, packed_size, unpacked, ROOM), 0);
    assert_int_equal(decoded.out_at, size);
    assert_memory_equal(unpacked, plain, size);
}

static void test_small_response(void **state)
{
    (void)state;
    assert_same_metrics();
    assert_true(head_has("Content-Length: "));
}

static void test_large_response(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40000; i++) {
        char name[24];

        (void)snprintf(name, sizeof(name), "%u", i * 2654435761u);
        promc_gauge_set(promc_gauge_labels(family, name), i * 0.37);
    }
    assert_same_metrics();
    assert_true(head_has("Transfer-Encoding: chunked\r\n"));
    assert_true(largest_piece < 128 * 1024);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "Accept-Encoding: gzip;q=0\r\n", false), PROMC_OK);
    assert_false(head_has("Content-Encoding"));
    assert_int_equal(ask("GET", "Accept-Encoding: gzip\r\n", true), PROMC_OK);
    assert_false(head_has("Content-Encoding"));
    assert_true(head_has("Vary: Accept\r\n"));
}

/* The same head lines as for GET. */
static void test_head(void **state)
{
    (void)state;
    assert_int_equal(ask("HEAD", "Accept-Encoding: gzip\r\n", false), PROMC_OK);
    assert_true(head_has("Content-Encoding: gzip\r\n"));
    assert_true(head_has("Vary: Accept, Accept-Encoding\r\n"));
    assert_false(head_has("Content-Length"));
    assert_true(strcmp(strstr(response, "\r\n\r\n"), "\r\n\r\n") == 0);
    assert_int_equal(ask("HEAD", "", false), PROMC_OK);
    assert_false(head_has("Content-Encoding"));
    assert_true(head_has("Vary: Accept, Accept-Encoding\r\n"));
}

static int fail_collecting(promc_writer *writer, void *arg)
{
    (void)writer;
    (void)arg;
    return -1;
}

/* Before anything was sent a failure is a 500 without compression; after that the end is missing.
 */
static void test_failure(void **state)
{
    const promc_collector collector = {.collect = fail_collecting};

    (void)state;
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_int_equal(ask("GET", "Accept-Encoding: gzip\r\n", false), PROMC_ERROR_COLLECTOR);
    assert_true(head_has("Transfer-Encoding: chunked\r\n"));
    assert_true(memcmp(response + response_size - 5, "0\r\n\r\n", 5) != 0);
    promc_gauge_family_clear(family);
    assert_int_equal(ask("GET", "Accept-Encoding: gzip\r\n", false), PROMC_OK);
    assert_true(head_has("HTTP/1.1 500 "));
    assert_false(head_has("Content-Encoding"));
    assert_int_equal(promc_registry_unregister_collector(registry, &collector), PROMC_OK);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static unsigned refuse_after = UINT32_MAX; /* so many allocations */

static void *scarce_malloc(size_t size, void *ctx)
{
    (void)ctx;
    return refuse_after && refuse_after-- ? malloc(size) : NULL;
}

static void *scarce_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return refuse_after && refuse_after-- ? realloc(block, size) : NULL;
}

static void plain_free(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

/* Whatever is refused: a whole response, a 500, or an error that says that it is not whole. */
static void test_refused_memory(void **state)
{
    static struct inflate decoded;
    unsigned whole = 0, failed = 0;

    (void)state;
    for (unsigned after = 0; !whole; after++) {
        int status;

        refuse_after = after;
        status = ask("GET", "Accept-Encoding: gzip\r\n", false);
        refuse_after = UINT32_MAX;
        assert_true(after < 1000);
        if (status == PROMC_OK && head_has("HTTP/1.1 200 ")) {
            assert_int_equal(inflate_gzip(&decoded, packed, body_to(packed), unpacked, ROOM), 0);
            whole++;
        } else {
            assert_true(status == PROMC_ERROR_NO_MEMORY || head_has("HTTP/1.1 500 "));
            failed++;
        }
    }
    assert_true(failed > 5);
}

int main(void)
{
    static const promc_allocator scarce = {scarce_malloc, scarce_realloc, plain_free, NULL};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),       cmocka_unit_test(test_not_accepted),
        cmocka_unit_test(test_small_response), cmocka_unit_test(test_large_response),
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_head),
        cmocka_unit_test(test_failure),        cmocka_unit_test(test_refused_memory),
    };
    char **const rooms[] = {&response, &plain, &packed, &unpacked};
    int failed;

    for (size_t i = 0; i < 4; i++)
        if (!(*rooms[i] = malloc(ROOM)))
            return 1;
    if (promc_set_allocator(&scarce) != PROMC_OK)
        return 1;
    registry = promc_registry_new();
    family = promc_gauge_family_new("temperature_celsius", "Of many places.", PROMC_LABELS("place"),
                                    .registry = registry, .max_children = 100000);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    promc_registry_free(registry);
    for (size_t i = 0; i < 4; i++)
        free(*rooms[i]);
    return failed;
}
