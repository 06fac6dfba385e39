/* SPDX-License-Identifier: Apache-2.0 */
/* promc_http_send(): what is sent, what becomes of the answer. That the client behind it withstands
 * every server is test_http_client.c's business. */
#define _DEFAULT_SOURCE
#include "inflate.h"
#include "scripted_server.h"
#include "support.h"

#include <math.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define LINES(...) ((const struct server_line[]){__VA_ARGS__})
#define PLAY(...) play(LINES(__VA_ARGS__), sizeof(LINES(__VA_ARGS__)) / sizeof(struct server_line))

static struct scripted_server server;
static char url[128];

static void play(const struct server_line *script, size_t count)
{
    assert_true(server_start(&server, AF_INET, script, count));
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hook?token=1", server.port);
}

static int forget(void **state)
{
    (void)state;
    server_forget(&server);
    return 0;
}

static void one_request_is_sent(void **state)
{
    char expected[512];
    int status = -1;
    (void)state;

    PLAY({.say = OK_HEAD "Content-Length: 0\r\n\r\n"});
    assert_int_equal(promc_http_send(url, .body = "{\"text\":\"告警\"}", .status = &status,
                                     .headers = PROMC_PAIRS({"Content-Type", "application/json"}),
                                     .user = "u", .password = "p"),
                     PROMC_OK);
    (void)server_stop(&server);
    assert_int_equal(status, 200);
    snprintf(
        expected, sizeof(expected),
        "POST /hook?token=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: libpromc/" PROMC_VERSION
        "\r\nContent-Type: application/json\r\nAuthorization: Basic dTpw\r\n"
        "Content-Length: 17\r\nConnection: close\r\n\r\n{\"text\":\"告警\"}",
        server.port);
    assert_string_equal(server.received[0], expected);
}

static void methods_and_bodies_of_every_kind(void **state)
{
    static struct inflate inflate;
    char plain[64];
    const char *body;
    (void)state;

    PLAY({.say = OK_HEAD "\r\n"}, {.say = OK_HEAD "\r\n"}, {.say = OK_HEAD "\r\n"},
         {.say = OK_HEAD "\r\n"});
    assert_int_equal(promc_http_send(url), PROMC_OK);
    assert_int_equal(promc_http_send(url, .method = "PUT", .body = "a\0b", .body_size = 3),
                     PROMC_OK);
    assert_int_equal(promc_http_send(url, .method = "DELETE", .token = "t"), PROMC_OK);
    assert_int_equal(promc_http_send(url, .body = "hello hello", .gzip = true), PROMC_OK);
    (void)server_stop(&server);
    assert_int_equal(strncmp(server.received[0], "POST /hook", 10), 0);
    assert_non_null(strstr(server.received[0], "\r\nContent-Length: 0\r\n"));
    assert_int_equal(strncmp(server.received[1], "PUT /hook", 9), 0);
    assert_memory_equal(server.received[1] + server.received_size[1] - 3, "a\0b", 3);
    assert_int_equal(strncmp(server.received[2], "DELETE /hook", 12), 0);
    assert_non_null(strstr(server.received[2], "\r\nAuthorization: Bearer t\r\n"));
    assert_non_null(strstr(server.received[3], "\r\nContent-Encoding: gzip\r\n"));
    body = strstr(server.received[3], "\r\n\r\n") + 4;
    assert_int_equal(inflate_gzip(&inflate, body,
                                  server.received_size[3] - (size_t)(body - server.received[3]),
                                  plain, sizeof(plain)),
                     0);
    assert_int_equal(inflate.out_at, 11);
    assert_memory_equal(plain, "hello hello", 11);
}

static void answers_are_given(void **state)
{
    promc_text answer = {(char *)url, 1};
    int status = -1;
    (void)state;

    PLAY({.say = OK_HEAD "\r\n12345"}, {.say = OK_HEAD "Content-Length: 0\r\n\r\n"},
         {.say = OK_HEAD "\r\n123456"},
         {.say = "HTTP/1.1 400 Bad Request\r\n\r\nkeyword not in content\n"});
    assert_int_equal(promc_http_send(url, .answer = &answer, .max_answer = 5), PROMC_OK);
    assert_int_equal(answer.size, 5);
    assert_string_equal(answer.data, "12345");
    promc_text_free(&answer);
    assert_int_equal(promc_http_send(url, .answer = &answer), PROMC_OK);
    assert_int_equal(answer.size, 0);
    assert_string_equal(answer.data, "");
    promc_text_free(&answer);
    assert_int_equal(promc_http_send(url, .answer = &answer, .max_answer = 5, .status = &status),
                     PROMC_ERROR_LIMIT);
    assert_null(answer.data);
    assert_int_equal(status, 0);
    assert_int_equal(promc_http_send(url, .answer = &answer, .status = &status),
                     PROMC_ERROR_REFUSED);
    assert_last_error(PROMC_ERROR_REFUSED, "status 400 Bad Request: keyword not in content");
    assert_null(answer.data);
    assert_int_equal(status, 400);
    (void)server_stop(&server);
}

static void redirects_are_answers(void **state)
{
    (void)state;
    PLAY({.say = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"});
    assert_int_equal(promc_http_send(url, .body = "x"), PROMC_ERROR_REFUSED);
    assert_last_error(PROMC_ERROR_REFUSED, "status 302 Found");
    assert_int_equal(server_stop(&server), 1);
}

/* What would be there twice, in .headers or by another option, is refused before anything is sent. */
static void headers_that_are_said_twice(void **state)
{
    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:1/");
#define TWICE(...)                                                                                 \
    assert_int_equal(promc_http_send(url, .body = "x", __VA_ARGS__), PROMC_ERROR_ARGUMENT);        \
    assert_last_error(PROMC_ERROR_ARGUMENT, "twice")
    TWICE(.token = "t", .headers = PROMC_PAIRS({"authorization", "Bearer other"}));
    TWICE(.user = "u", .password = "p", .headers = PROMC_PAIRS({"Authorization", "Basic x"}));
    TWICE(.headers = PROMC_PAIRS({"Authorization", "a"}, {"Authorization", "b"}));
    TWICE(.headers = PROMC_PAIRS({"Content-Type", "a"}, {"CONTENT-TYPE", "a"}));
    assert_int_equal(promc_http_send(url, .headers = PROMC_PAIRS({"X", "a"}, {"X", "b"},
                                                                 {"Authorization", "a"})),
                     PROMC_ERROR_SYSTEM);
}

static uint64_t a_second_later(void)
{
    static uint64_t now;

    return now += 1000000000;
}

/* Compressing a long body takes time as well. */
static void a_deadline_while_compressing(void **state)
{
    enum { BIG = 8 * 1024 * 1024 };
    uint64_t (*clock)(void) = promc__os.monotonic_ns;
    char *body = test_malloc(BIG);
    (void)state;

    memset(body, 'x', BIG);
    promc__os.monotonic_ns = a_second_later;
    assert_int_equal(promc_http_send("http://127.0.0.1:1/", .body = body, .body_size = BIG,
                                     .gzip = true, .timeout = 3.5),
                     PROMC_ERROR_TIMEOUT);
    assert_int_equal(a_second_later(), 6000000000); /* it was not compressed to the end */
    promc__os.monotonic_ns = clock;
    assert_last_error(PROMC_ERROR_TIMEOUT, "timed out while compressing");
    test_free(body);
}

static void failures_are_told(void **state)
{
    int status = -1;
    (void)state;

    PLAY({.say = "", .act = THEN_STALL});
    assert_int_equal(promc_http_send(url, .timeout = 0.1, .status = &status), PROMC_ERROR_TIMEOUT);
    assert_int_equal(status, 0);
    (void)server_stop(&server);
    assert_int_equal(promc_http_send(url), PROMC_ERROR_SYSTEM); /* nobody listens any more */
    assert_int_equal(promc_http_send("https://127.0.0.1"), PROMC_ERROR_UNSUPPORTED);
    assert_int_equal(promc_http_send(NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_send("robot"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_send(url, .body_size = 1), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_send(url, .timeout = (double)NAN), PROMC_ERROR_ARGUMENT);
    assert_last_error(PROMC_ERROR_ARGUMENT, "timeout");
    assert_int_equal(promc_http_send(url, .headers = PROMC_PAIRS({"Host", "x"})),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_send_with(NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_send_with(&(promc_http_send_opts){.url = url}),
                     PROMC_ERROR_ARGUMENT);
    assert_last_error(PROMC_ERROR_ARGUMENT, ".size");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
    const struct CMUnitTest tests[] = {
        TEST(one_request_is_sent), TEST(methods_and_bodies_of_every_kind),
        TEST(answers_are_given),   TEST(redirects_are_answers),
        TEST(failures_are_told),   TEST(headers_that_are_said_twice),
        TEST(a_deadline_while_compressing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
