/* SPDX-License-Identifier: Apache-2.0 */
/* The connection without sockets, and promc_http_respond(): bytes in, bytes out, times as numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answers.h"
#include "base/os.h"
#include "http/defaults.h"
#include "http/message.h"
#include "http/response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a site ---------------------------------------------------------------------------------- */

static promc_registry *registry;
static promc__routes routes;
static promc__http_stats stats;
static promc__site site;

static size_t samples; /* of the collector */
static bool collector_fails;

/* One short family, or many long lines. */
static int collect_samples(promc_writer *writer, void *arg)
{
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "a", "A.");

    (void)arg;
    for (size_t i = 0; i < samples; i++) {
        char number[24];

        snprintf(number, sizeof(number), "%zu", i);
        (void)promc_writer_u64(writer, family, i, PROMC_PAIRS({"number", number}));
    }
    family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "b", "B.");
    (void)promc_writer_u64(writer, family, 7, NULL);
    return collector_fails ? -1 : 0;
}

static int describe_samples(promc_writer *writer, void *arg)
{
    (void)arg;
    (void)promc_writer_family(writer, PROMC_TYPE_GAUGE, "a", "A.");
    (void)promc_writer_family(writer, PROMC_TYPE_GAUGE, "b", "B.");
    return 0;
}

static char seen_body[256];
static size_t seen_size;
static char seen_type[64];

static int echo(const promc_http_request *request, promc_http_response *response, void *arg)
{
    const char *type = promc_http_request_header(request, "CONTENT-type");

    seen_size = request->body_size;
    snprintf(seen_body, sizeof(seen_body), "%s", request->body);
    snprintf(seen_type, sizeof(seen_type), "%s", type ? type : "");
    assert_int_equal(promc_http_response_header(response, "X-Query", request->query), PROMC_OK);
    assert_int_equal(promc_http_response_write(response, request->body, request->body_size),
                     PROMC_OK);
    return arg ? -1 : 0;
}

static int with_status(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)request;
    promc_http_response_status(response, *(int *)arg);
    return promc_http_response_write(response, "text", 4);
}

static int large(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)request, (void)arg;
    for (int i = 0; i < 100000; i++)
        if (promc_http_response_write(response, "0123456789", 10) != PROMC_OK)
            return -1;
    return 0;
}

static double fixed_time(void)
{
    return 784111777; /* the example of RFC 9110 */
}

static int set_up(void **state)
{
    promc_collector collector = {collect_samples, describe_samples, NULL};

    (void)state;
    samples = 1;
    collector_fails = false;
    promc__os.unix_time = fixed_time;
    registry = promc_registry_new();
    if (!registry || promc_registry_register(registry, &collector) != PROMC_OK)
        return -1;
    promc__routes_begin(&routes);
    memset(&stats, 0, sizeof(stats));
    site = (promc__site){.registry = registry,
                         .routes = &routes,
                         .stats = &stats,
                         .max_head_size = 4096,
                         .max_body_size = 100,
                         .head_timeout_ms = 1000,
                         .response_timeout_ms = 5000,
                         .idle_timeout_ms = 20000};
    if (promc__routes_add(&routes, "POST", "/echo", echo, NULL) != PROMC_OK ||
        promc__routes_add(&routes, "PUT", "/echo", echo, NULL) != PROMC_OK ||
        promc__routes_add(&routes, "GET", "/get", echo, NULL) != PROMC_OK ||
        promc__routes_add(&routes, NULL, "/fails", echo, &site) != PROMC_OK ||
        promc__routes_add(&routes, "GET", "/large", large, NULL) != PROMC_OK)
        return -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    promc__routes_free(&routes);
    promc_registry_free(registry);
    return 0;
}

/* ---- running a connection -------------------------------------------------------------------- */

static char output[4 << 20];
static size_t output_size;
static size_t most_memory;

/* Takes all output, in pieces of at most `step`. */
static void take_output(promc__connection *c, size_t step, uint64_t now)
{
    const char *data;
    size_t size;

    while ((size = next_output(c, &data, now)) > 0) {
        if (c->out.capacity > most_memory)
            most_memory = c->out.capacity;
        if (size > step)
            size = step;
        assert_true(output_size + size < sizeof(output));
        memcpy(output + output_size, data, size);
        output_size += size;
        promc__connection_sent(c, size, now);
    }
    output[output_size] = '\0';
}

/* Feeds the pieces of an input; in between all output is taken. The connection stays open. */
static void converse(promc__connection *c, const char *input, size_t size, size_t split)
{
    promc__connection_begin(c, &site, 0);
    output_size = 0;
    promc__connection_receive(c, input, split, 0);
    take_output(c, SIZE_MAX, 0);
    promc__connection_receive(c, input + split, size - split, 0);
    take_output(c, SIZE_MAX, 0);
}

static const char *answer_to(const char *input)
{
    promc__connection c;

    converse(&c, input, strlen(input), strlen(input));
    promc__connection_free(&c);
    return output;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static int status_of(const char *response)
{
    return begins(response, "HTTP/1.1 ") ? atoi(response + 9) : 0;
}

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (!strstr(text, part))                                                                   \
            fail_msg("\"%s\" is not in: %s", part, text);                                          \
    } while (0)
#define assert_lacks(text, part) assert_null(strstr(text, part))

#define H "Host: a\r\n"

/* ---- what is answered ------------------------------------------------------------------------ */

struct exchange {
    int status;
    const char *request;
    const char *expected; /* is in the response; NULL: nothing more to say */
};

static const struct exchange exchanges[] = {
    {200, "GET / HTTP/1.1\r\n" H "\r\n", "\nb 7"},
    {200, "GET /metrics?x=y HTTP/1.1\r\n" H "\r\n",
     "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"},
    {200, "GET /any/path HTTP/1.1\r\n" H "\r\n", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"},
    {200, "GET http://host/metrics HTTP/1.1\r\n" H "\r\n", "\nb 7"},
    {200, "GET http://host HTTP/1.1\r\n" H "\r\n", "\nb 7"},
    {200, "GET HTTPS://host?name[]=b HTTP/1.1\r\n" H "\r\n", "\nb 7"},
    {200, "GET / HTTP/1.0\r\n\r\n", "Connection: close\r\n"},
    {200, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive\r\n"},
    {200, "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "Connection: close\r\n"},
    {200, "GET /?a-name-that-is-longer-than-it-may-be=a&name[]=b HTTP/1.1\r\n" H "\r\n", "\nb 7"},
    {400, "GET ?x HTTP/1.1\r\n" H "\r\n", "malformed request target"},
    {200, "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", "Connection: close\r\n"},
    {200, "HEAD / HTTP/1.1\r\n" H "\r\n", "Content-Type: text/plain; version=0.0.4"},
    {200, "OPTIONS / HTTP/1.1\r\n" H "\r\n", "Allow: OPTIONS, GET, HEAD\r\nContent-Length: 0\r\n"},
    {200, "OPTIONS * HTTP/1.1\r\n" H "\r\n", "Allow: OPTIONS, GET, HEAD\r\n"},
    {200, "OPTIONS /echo HTTP/1.1\r\n" H "\r\n", "Allow: OPTIONS, POST, PUT\r\n"},
    {200, "OPTIONS /get HTTP/1.1\r\n" H "\r\n", "Allow: OPTIONS, GET, HEAD\r\n"},
    {200, "GET /favicon.ico?x HTTP/1.1\r\n" H "\r\n", "Content-Length: 0\r\n"},
    {400, "GET * HTTP/1.1\r\n" H "\r\n", "malformed request target"},
    {400, "GET metrics HTTP/1.1\r\n" H "\r\n", NULL},
    {400, "GET ftp://a/ HTTP/1.1\r\n" H "\r\n", NULL},
    {400, "CONNECT a:80 HTTP/1.1\r\n" H "\r\n", NULL},
    {400, "GET /%zz HTTP/1.1\r\n" H "\r\n", NULL},
    {400, "GET /%00 HTTP/1.1\r\n" H "\r\n", NULL},
    {400, "GET /\r\n\r\n", "# HTTP 400 Bad Request: malformed request line\n"},
    {405, "POST / HTTP/1.1\r\n" H "\r\n", "Allow: OPTIONS, GET, HEAD\r\n"},
    {405, "get / HTTP/1.1\r\n" H "\r\n",
     "# HTTP 405 Method Not Allowed: get; use OPTIONS, GET, HEAD\n"},
    {405, "DELETE /favicon.ico HTTP/1.1\r\n" H "\r\n", NULL},
    {405, "GET /echo HTTP/1.1\r\n" H "\r\n", "Allow: OPTIONS, POST, PUT\r\n"},
    {405, "POST /get HTTP/1.1\r\n" H "\r\n", "Allow: OPTIONS, GET, HEAD\r\n"},
    {405, "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc", "Connection: close\r\n"},
    {505, "GET / HTTP/3.0\r\n" H "\r\n", NULL},
    {200, "POST /echo?q HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", "\r\n\r\nhello"},
    {200, "POST /echo HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n"},
    {200, "POST /echo HTTP/1.1\r\n" H "\r\n", "Content-Length: 0\r\n"},
    {200,
     "POST /echo HTTP/1.1\r\n" H
     "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
     "\r\n\r\nhello"},
    {200,
     "POST /echo HTTP/1.1\r\n" H
     "Transfer-Encoding: chunked\r\n\r\n3\t;a=\tb\r\nhel\r\n2 \r\nlo\r\n0\r\nT:\tu\r\n\r\n",
     "\r\n\r\nhello"},
    {400, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\nT: \x01\r\n\r\n", NULL},
    {400, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\nT: \x7F\r\n\r\n", NULL},
    {400, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1!\r\nx\r\n0\r\n\r\n", NULL},
    {200, "POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n", "Content-Length: 0\r\n"},
    {413, "POST /echo HTTP/1.1\r\n" H "Content-Length: 101\r\n\r\n", "Connection: close\r\n"},
    {413,
     "POST /echo HTTP/1.1\r\n" H
     "Expect: 100-continue\r\nContent-Length: 18446744073709551615\r\n\r\n",
     NULL},
    {413, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n65\r\n", NULL},
    {400, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nx\r\n", NULL},
    {500, "GET /fails HTTP/1.1\r\n" H "\r\n", "# HTTP 500 Internal Server Error\n"},
    {200, "GET /get?a=b HTTP/1.1\r\n" H "\r\n", "X-Query: a=b\r\n"},
    {200, "HEAD /get?a=b HTTP/1.1\r\n" H "\r\n", "X-Query: a=b\r\n"},
};

static void table_of_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(exchanges) / sizeof(*exchanges); i++) {
        const char *response = answer_to(exchanges[i].request);

        if (status_of(response) != exchanges[i].status)
            fail_msg("%d for: %s", status_of(response), exchanges[i].request);
        if (exchanges[i].expected)
            assert_contains(response, exchanges[i].expected);
        assert_null(strstr(response + 1, "HTTP/1.1 "));
        if (strstr(exchanges[i].request, "HEAD"))
            assert_string_equal(strstr(response, "\r\n\r\n"), "\r\n\r\n");
    }
}

/* Every request split at every byte, and byte by byte, gets the same answer. */
static void splits_do_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(exchanges) / sizeof(*exchanges); i++) {
        const char *request = exchanges[i].request;
        char *whole = strdup(answer_to(request));
        promc__connection c;

        for (size_t at = 0; at <= strlen(request); at++) {
            converse(&c, request, strlen(request), at);
            promc__connection_free(&c);
            assert_string_equal(output, whole);
        }
        promc__connection_begin(&c, &site, 0);
        output_size = 0;
        for (size_t at = 0; at < strlen(request); at++) {
            promc__connection_receive(&c, request + at, 1, 0);
            take_output(&c, 1, 0);
        }
        promc__connection_free(&c);
        assert_string_equal(output, whole);
        free(whole);
    }
}

/* Requests that end early get nothing (none was begun) or a refusal, never a result. */
static void cuts_are_no_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(exchanges) / sizeof(*exchanges); i++) {
        const char *request = exchanges[i].request;
        promc__connection c;

        if (exchanges[i].status != 200)
            continue;
        for (size_t at = 0; at < strlen(request); at++) {
            promc__connection_begin(&c, &site, 0);
            output_size = 0;
            promc__connection_receive(&c, request, at, 0);
            promc__connection_end(&c, 0);
            take_output(&c, SIZE_MAX, 0);
            assert_int_equal(c.state, PROMC__CLOSED);
            assert_int_equal(status_of(output), at ? 400 : 0);
            promc__connection_free(&c);
        }
    }
}

/* ---- connections that go on ------------------------------------------------------------------ */

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part)) != NULL) {
        count++;
        text++;
    }
    return count;
}

static void pipelined_requests(void **state)
{
    static const char input[] =
        "GET / HTTP/1.1\r\n" H "\r\n"
        "\r\nPOST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"
        "HEAD / HTTP/1.1\r\n" H "\r\n"
        "PUT /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n"
        "GET /echo HTTP/1.1\r\n" H "\r\n"
        "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n"
        "GET / HTTP/1.1\r\n" H "\r\n";
    char *whole;
    promc__connection c;

    (void)state;
    converse(&c, input, sizeof(input) - 1, sizeof(input) - 1);
    assert_int_equal(c.state, PROMC__CLOSED); /* what is behind the close is not answered */
    assert_int_equal(count_of(output, "HTTP/1.1 200 OK\r\n"), 5);
    assert_int_equal(count_of(output, "HTTP/1.1 405 "), 1);
    whole = strdup(output);
    for (size_t at = 0; at < sizeof(input); at++) {
        converse(&c, input, sizeof(input) - 1, at);
        assert_string_equal(output, whole);
        promc__connection_free(&c);
    }
    free(whole);
}

static void an_error_ends_the_connection(void **state)
{
    promc__connection c;
    static const char input[] = "GET /\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n";

    (void)state;
    converse(&c, input, sizeof(input) - 1, 5);
    assert_int_equal(count_of(output, "HTTP/1.1 "), 1);
    assert_contains(output, "Connection: close\r\n");
    /* Its input is read over for a while, so that the client sees the answer and no reset. */
    assert_int_equal(c.state, PROMC__LINGER);
    assert_true(promc__connection_wants_input(&c));
    promc__connection_receive(&c, input, sizeof(input) - 1, 10);
    take_output(&c, SIZE_MAX, 10);
    assert_int_equal(count_of(output, "HTTP/1.1 "), 1);
    assert_int_equal(c.deadline, PROMC__LINGER_MS);
    promc__connection_end(&c, 20);
    assert_int_equal(c.state, PROMC__CLOSED);
    assert_false(c.aborted);
}

static void continue_is_said_once(void **state)
{
    promc__connection c;
    static const char head[] =
        "POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    static const char chunked[] =
        "POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";

    (void)state;
    converse(&c, head, sizeof(head) - 1, 7);
    assert_string_equal(output, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_true(promc__connection_wants_input(&c));
    output_size = 0;
    promc__connection_receive(&c, "o", 1, 0);
    take_output(&c, SIZE_MAX, 0);
    assert_int_equal(output_size, 0);
    promc__connection_receive(&c, "k", 1, 0);
    take_output(&c, 3, 0);
    assert_int_equal(status_of(output), 200);
    assert_contains(output, "\r\n\r\nok");
    promc__connection_free(&c);
    converse(&c, chunked, sizeof(chunked) - 1, 7);
    assert_string_equal(output, "HTTP/1.1 100 Continue\r\n\r\n");
    promc__connection_free(&c);
    /* Not when the answer does not depend on the body. */
    assert_int_equal(status_of(answer_to("POST / HTTP/1.1\r\n" H
                                         "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")),
                     405);
}

/* Clients that say all they have to say before they listen. */
static void input_may_end_before_the_answer(void **state)
{
    static const char get[] = "GET / HTTP/1.1\r\n" H "\r\n";
    static const char half_a_body[] = "POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhe";
    promc__connection c;

    (void)state;
    promc__connection_begin(&c, &site, 0);
    output_size = 0;
    promc__connection_receive(&c, get, strlen(get), 0);
    promc__connection_receive(&c, get, strlen(get), 0); /* while the response waits */
    promc__connection_receive(&c, get, 7, 0);
    promc__connection_end(&c, 0);
    assert_int_equal(c.state, PROMC__WAITING);
    take_output(&c, SIZE_MAX, 0);
    assert_int_equal(status_of(output), 200);
    assert_int_equal(status_of(strstr(output + 1, "HTTP/1.1 ")), 200);
    assert_contains(output, "HTTP/1.1 400 Bad Request");
    assert_contains(output, "the request ends in the middle");
    promc__connection_abort(&c);
    assert_int_equal(c.state, PROMC__CLOSED);
    promc__connection_abort(&c); /* which changes nothing */
    assert_int_equal(promc__connection_output(&c, &(const char *){NULL}, 0), 0);

    promc__connection_begin(&c, &site, 0);
    output_size = 0;
    promc__connection_receive(&c, get, strlen(get), 0);
    promc__connection_end(&c, 0);
    take_output(&c, SIZE_MAX, 0);
    assert_int_equal(status_of(output), 200);
    assert_int_equal(c.state, PROMC__CLOSED);
    promc__connection_free(&c);

    promc__connection_begin(&c, &site, 0);
    output_size = 0;
    promc__connection_receive(&c, get, strlen(get), 0);
    promc__connection_receive(&c, half_a_body, strlen(half_a_body), 0);
    promc__connection_end(&c, 0);
    take_output(&c, SIZE_MAX, 0);
    assert_contains(output, "the request ends in the middle");
    promc__connection_free(&c);
}

/* As many header lines as there may be. */
static void a_hundred_headers(void **state)
{
    char request[4096] = "GET / HTTP/1.1\r\n" H;

    (void)state;
    for (int i = 1; i < 100; i++)
        strcat(request, "A: b\r\n");
    strcat(request, "\r\n");
    assert_int_equal(status_of(answer_to(request)), 200);
    strcpy(request + strlen(request) - 2, "A: b\r\n\r\n");
    assert_int_equal(status_of(answer_to(request)), 431);
}

static int typed(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)arg;
    assert_null(promc_http_request_header(NULL, "Host"));
    assert_null(promc_http_request_header(request, NULL));
    assert_null(promc_http_request_header(&(promc_http_request){.method = "GET"}, "Host"));
    if (promc_http_response_header(response, "content-Type", "application/json") != PROMC_OK)
        return -1;
    return promc_http_response_write(response, "[]", 2);
}

static void handlers_may_tell_the_type(void **state)
{
    (void)state;
    assert_int_equal(promc__routes_add(&routes, "GET", "/typed", typed, NULL), PROMC_OK);
    assert_contains(answer_to("GET /typed HTTP/1.1\r\n" H "\r\n"),
                    "\r\ncontent-Type: application/json\r\n");
    assert_lacks(output, "text/plain");
}

static void bodies_reach_the_handler(void **state)
{
    (void)state;
    assert_int_equal(status_of(answer_to("POST /echo HTTP/1.1\r\n" H "content-TYPE: a/b\r\n"
                                         "Content-Length: 3\r\n\r\nabcGET")),
                     200);
    assert_string_equal(seen_body, "abc");
    assert_int_equal(seen_size, 3);
    assert_string_equal(seen_type, "a/b");
    answer_to("POST /echo HTTP/1.1\r\n" H "\r\n");
    assert_string_equal(seen_body, "");
    assert_int_equal(seen_size, 0);
}

static void statuses_of_handlers(void **state)
{
    static int status;
    static const int given[] = {200, 201, 204, 304, 299, 599, 0, 100, 199, 600, -5, INT32_MAX};

    (void)state;
    assert_int_equal(promc__routes_add(&routes, "GET", "/status", with_status, &status), PROMC_OK);
    for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
        const char *response;
        bool valid = given[i] >= 200 && given[i] <= 599;

        status = given[i];
        response = answer_to("GET /status HTTP/1.1\r\n" H "\r\n");
        assert_int_equal(status_of(response), valid ? status : 500);
        if (status == 204 || status == 304) {
            assert_lacks(response, "Content-Length");
            assert_lacks(response, "text");
        }
    }
}

static void headers_cannot_be_injected(void **state)
{
    promc_http_response response;

    (void)state;
    promc__response_begin(&response);
    assert_int_equal(promc_http_response_header(&response, "A", "b\r\nC: d"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_response_header(&response, "A", "b\nc"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_response_header(&response, "A: b", "c"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_response_header(&response, "", "c"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_response_header(&response, "A", NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_response_header(&response, "A", "b\x7F"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_response_header(&response, NULL, "b"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_response_header(&response, "cONTENT-lENGTH", "1"),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_response_header(&response, "Transfer-Encoding", "chunked"),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(response.fields.size, 0);
    assert_int_equal(promc_http_response_header(&response, "A", "b \t\xC3\xA9"), PROMC_OK);
    promc__response_free(&response);
}

static void bodies_in_memory_are_limited(void **state)
{
    static const char block[1 << 20];
    promc_http_response response;

    (void)state;
    promc__response_begin(&response);
    for (int i = 0; i < 64; i++)
        assert_int_equal(promc_http_response_write(&response, block, sizeof(block)), PROMC_OK);
    assert_int_equal(promc_http_response_write(&response, block, 1), PROMC_ERROR_LIMIT);
    promc__response_free(&response);
}

static void large_responses_of_handlers(void **state)
{
    const char *response = answer_to("GET /large HTTP/1.1\r\n" H "\r\n"), *body;

    (void)state;
    assert_contains(response, "Content-Length: 1000000\r\n");
    body = strstr(response, "\r\n\r\n") + 4;
    assert_int_equal(strlen(body), 1000000);
    assert_memory_equal(body + 999990, "0123456789", 10);
    answer_to("HEAD /large HTTP/1.1\r\n" H "\r\n");
    assert_contains(output, "Content-Length: 1000000\r\n");
    assert_string_equal(strstr(output, "\r\n\r\n"), "\r\n\r\n");
}

/* ---- scrapes --------------------------------------------------------------------------------- */

/* The content of a chunked body that must be whole; undone in place. */
static size_t unchunk(char *body)
{
    char *in = body, *out = body;

    for (;;) {
        char *end;
        size_t size = strtoul(in, &end, 16);

        assert_true(end > in && begins(end, "\r\n"));
        in = end + 2;
        if (!size) {
            assert_string_equal(in, "\r\n");
            *out = '\0';
            return (size_t)(out - body);
        }
        memmove(out, in, size);
        out += size;
        in += size;
        assert_true(begins(in, "\r\n"));
        in += 2;
    }
}

static void large_scrapes_are_streamed(void **state)
{
    promc_text expected;
    char *body;
    size_t size;

    (void)state;
    samples = 50000;
    assert_int_equal(promc_generate_latest(registry, &expected), PROMC_OK);
    assert_true(expected.size > 500000);

    most_memory = 0;
    answer_to("GET / HTTP/1.1\r\n" H "\r\n");
    assert_contains(output, "Transfer-Encoding: chunked\r\n");
    assert_lacks(output, "Content-Length");
    body = strstr(output, "\r\n\r\n") + 4;
    size = unchunk(body);
    assert_int_equal(size, expected.size);
    assert_memory_equal(body, expected.data, size);
    assert_true(most_memory <= 128 * 1024);

    answer_to("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_lacks(output, "chunked");
    assert_lacks(output, "Content-Length");
    assert_contains(output, "Connection: close\r\n");
    body = strstr(output, "\r\n\r\n") + 4;
    assert_int_equal(strlen(body), expected.size);
    assert_memory_equal(body, expected.data, expected.size);
    promc_text_free(&expected);
}

/* Sizes around a piece: a length when it is all, chunks otherwise, always the same content. */
static void bodies_around_one_piece(void **state)
{
    (void)state;
    for (samples = 3450; samples < 3900; samples += 3) {
        promc_text expected;
        char *body;
        size_t size;

        assert_int_equal(promc_generate_latest(registry, &expected), PROMC_OK);
        for (int minor = 0; minor < 2; minor++) {
            answer_to(minor ? "GET / HTTP/1.1\r\n" H "\r\n" : "GET / HTTP/1.0\r\n\r\n");
            body = strstr(output, "\r\n\r\n") + 4;
            size = strlen(body);
            if (strstr(output, "chunked\r\n"))
                size = unchunk(body);
            assert_int_equal(size, expected.size);
            assert_memory_equal(body, expected.data, size);
        }
        promc_text_free(&expected);
    }
}

/* What fills a piece may be all there is: the end is a piece of its own then. */
static void a_last_piece_may_be_empty(void **state)
{
    promc_gauge_family *family;
    bool was_empty = false;

    (void)state;
    site.registry = promc_registry_new();
    family = promc_gauge_family_new("g", "", PROMC_LABELS("l"), .registry = site.registry);
    for (int i = 0; i < 5000 && !was_empty; i++) {
        const char *size_line;
        char value[16];

        snprintf(value, sizeof(value), "%d", i);
        promc_gauge_set(promc_gauge_labels(family, value), i);
        if (i < 3000)
            continue;
        size_line = strstr(answer_to("GET / HTTP/1.1\r\n" H "\r\n"), "\r\n\r\n") + 4;
        if (strstr(output, "chunked\r\n")) {
            size_t first = strtoul(size_line, NULL, 16);

            was_empty = strcmp(strstr(size_line, "\r\n") + 2 + first, "\r\n0\r\n\r\n") == 0;
            assert_contains(output, value);
            assert_contains(answer_to("GET / HTTP/1.0\r\n\r\n"), value);
        }
    }
    assert_true(was_empty);
    promc_registry_free(site.registry);
}

static void filters(void **state)
{
    (void)state;
    answer_to("GET /?name[]=b HTTP/1.1\r\n" H "\r\n");
    assert_contains(output, "\nb 7");
    assert_lacks(output, "a{");
    answer_to("GET /?x&name%5B%5D=a HTTP/1.1\r\n" H "\r\n");
    assert_contains(output, "a{number=\"0\"}");
    assert_lacks(output, "\nb 7");
    answer_to("GET /?name[]= HTTP/1.1\r\n" H "\r\n");
    assert_contains(output, "\nb 7");
    assert_contains(output, "a{number=\"0\"}");
    answer_to("GET /?name[]=unknown HTTP/1.1\r\n" H "\r\n");
    assert_contains(output, "HTTP/1.1 200 OK\r\n");
    assert_contains(output, "Content-Length: 0\r\n");
}

static void accept_headers_are_joined(void **state)
{
    (void)state;
    answer_to("GET / HTTP/1.1\r\n" H "Accept: text/html;q=0.1\r\nX: y\r\n"
              "accept: text/plain;version=1.0.0;q=0.9\r\n\r\n");
    assert_contains(output, "Content-Type: text/plain; version=1.0.0;");
    answer_to("HEAD / HTTP/1.1\r\n" H "Accept: text/plain;version=1.0.0\r\n\r\n");
    assert_contains(output, "Content-Type: text/plain; version=1.0.0;");
}

static void failed_scrapes(void **state)
{
    promc__connection c;
    static const char request[] = "GET / HTTP/1.1\r\n" H "\r\n";

    (void)state;
    collector_fails = true;
    answer_to(request);
    assert_int_equal(status_of(output), 500);
    assert_contains(output, "Content-Length: ");

    samples = 50000;
    converse(&c, request, sizeof(request) - 1, 0);
    if (status_of(output) == 200) { /* it was noticed on the way: no end that looks like one */
        assert_true(c.aborted);
        assert_int_equal(stats.aborted, 1);
        assert_true(memcmp(output + output_size - 5, "0\r\n\r\n", 5) != 0);
    } else {
        assert_int_equal(status_of(output), 500);
    }
    promc__connection_free(&c);
}

/* Many scrapes in turns, each a byte at a time or a piece at a time. */
static void interleaved_scrapes(void **state)
{
    enum { COUNT = 8 };
    static promc__connection c[COUNT];
    size_t sent[COUNT] = {0};
    promc_text expected;
    size_t open = COUNT;

    (void)state;
    samples = 10000;
    assert_int_equal(promc_generate_latest(registry, &expected), PROMC_OK);
    for (size_t i = 0; i < COUNT; i++) {
        promc__connection_begin(&c[i], &site, 0);
        promc__connection_receive(&c[i], "GET / HTTP/1.0\r\n\r\n", 18, 0);
    }
    for (size_t turn = 0; open; turn++) {
        promc__connection *one = &c[turn % COUNT];
        const char *data;
        size_t size = next_output(one, &data, 0);

        if (!size)
            continue;
        size = size > 1000 * (turn % COUNT + 1) ? 1000 * (turn % COUNT + 1) : size;
        sent[turn % COUNT] += size;
        promc__connection_sent(one, size, 0);
        open -= one->state == PROMC__CLOSED;
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_true(sent[i] > expected.size && sent[i] < expected.size + 512);
    promc_text_free(&expected);
}

/* ---- limits, deadlines, authorizers ---------------------------------------------------------- */

static void configured_paths(void **state)
{
    (void)state;
    site.path = "/metrics";
    assert_int_equal(status_of(answer_to("GET /metrics?x HTTP/1.1\r\n" H "\r\n")), 200);
    assert_int_equal(status_of(answer_to("GET /%6Detrics HTTP/1.1\r\n" H "\r\n")), 200);
    assert_int_equal(status_of(answer_to("GET /metrics/ HTTP/1.1\r\n" H "\r\n")), 404);
    assert_int_equal(status_of(answer_to("GET / HTTP/1.1\r\n" H "\r\n")), 404);
    assert_int_equal(status_of(answer_to("POST / HTTP/1.1\r\n" H "\r\n")), 404);
    assert_int_equal(status_of(answer_to("POST /metrics HTTP/1.1\r\n" H "\r\n")), 405);
    assert_int_equal(status_of(answer_to("GET /favicon.ico HTTP/1.1\r\n" H "\r\n")), 200);
    assert_int_equal(promc__routes_add(&routes, "POST", "/metrics", echo, NULL), PROMC_OK);
    assert_int_equal(status_of(answer_to("POST /metrics HTTP/1.1\r\n" H "\r\n")), 200);
    assert_int_equal(status_of(answer_to("GET /metrics HTTP/1.1\r\n" H "\r\n")), 200);
    site.path = "/favicon.ico";
    assert_contains(answer_to("GET /favicon.ico HTTP/1.1\r\n" H "\r\n"), "\nb 7");
}

static void too_long_heads(void **state)
{
    static char request[70000];
    promc__connection c;

    (void)state;
    for (size_t length = 4000; length < 4200; length++) {
        size_t size = (size_t)sprintf(request, "GET /");
        int status;

        memset(request + size, 'a', length);
        size += length;
        size += (size_t)sprintf(request + size, " HTTP/1.1\r\n" H "\r\n");
        converse(&c, request, size, size / 2);
        promc__connection_free(&c);
        status = size <= 4096 ? 200 : 16 + length <= 4096 ? 431 : 414;
        assert_int_equal(status_of(output), status);
    }
    memset(request, 'a', sizeof(request));
    converse(&c, request, sizeof(request), 1);
    promc__connection_free(&c);
    assert_int_equal(status_of(output), 414);
}

static void deadlines(void **state)
{
    promc__connection c;

    (void)state;
    /* Total for the head, however often a byte comes. */
    promc__connection_begin(&c, &site, 100);
    assert_int_equal(c.deadline, 1100);
    promc__connection_receive(&c, "G", 1, 500);
    assert_int_equal(c.deadline, 1500);
    promc__connection_receive(&c, "E", 1, 1400);
    assert_int_equal(c.deadline, 1500);
    promc__connection_expire(&c, 1500);
    output_size = 0;
    take_output(&c, SIZE_MAX, 1500);
    assert_int_equal(status_of(output), 408);
    assert_contains(output, "Connection: close\r\n");
    assert_int_equal(c.state, PROMC__LINGER);
    promc__connection_expire(&c, c.deadline);
    assert_int_equal(c.state, PROMC__CLOSED);
    assert_false(c.aborted);

    /* The body belongs to it. */
    promc__connection_begin(&c, &site, 0);
    promc__connection_receive(&c, "POST /echo HTTP/1.0\r\nContent-Length: 9\r\n\r\nab", 43, 10);
    promc__connection_receive(&c, "c", 1, 900);
    assert_int_equal(c.deadline, 1010);
    promc__connection_expire(&c, 1010);
    output_size = 0;
    take_output(&c, SIZE_MAX, 1010);
    assert_int_equal(status_of(output), 408);
    promc__connection_free(&c);

    /* Nothing is said to a client that said nothing. */
    promc__connection_begin(&c, &site, 0);
    promc__connection_expire(&c, 1000);
    assert_int_equal(c.state, PROMC__CLOSED);
    assert_false(c.aborted);

    /* Total for the response, however often a byte goes; then it is cut. */
    samples = 50000;
    promc__connection_begin(&c, &site, 0);
    promc__connection_receive(&c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, 5);
    assert_int_equal(c.deadline, PROMC__NEVER); /* it waits for the server */
    (void)promc__respond_metrics(&c, false, 10);
    for (uint64_t now = 20; now < 5010; now += 500) {
        const char *data;

        assert_int_equal(c.deadline, 5010);
        assert_true(next_output(&c, &data, now) > 0);
        promc__connection_sent(&c, 1, now);
        assert_int_equal(c.since, now);
    }
    promc__connection_expire(&c, 5010);
    assert_int_equal(c.state, PROMC__CLOSED);
    assert_true(c.aborted);

    /* Between requests. */
    samples = 1;
    promc__connection_begin(&c, &site, 0);
    promc__connection_receive(&c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, 10);
    take_output(&c, SIZE_MAX, 30);
    assert_int_equal(c.state, PROMC__IDLE);
    assert_int_equal(c.deadline, 20030);
    promc__connection_expire(&c, 20030);
    assert_int_equal(c.state, PROMC__CLOSED);
    assert_false(c.aborted);
}

static void idle_connections_hold_no_memory(void **state)
{
    promc__connection c;

    (void)state;
    converse(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 52, 3);
    assert_int_equal(c.state, PROMC__IDLE);
    assert_null(c.in.data);
    assert_null(c.out.data);
    assert_null(c.content.data);
    promc__connection_free(&c);
}

static void input_waits_for_the_response(void **state)
{
    promc__connection c;
    const char *data;

    (void)state;
    promc__connection_begin(&c, &site, 0);
    promc__connection_receive(&c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, 0);
    assert_false(promc__connection_wants_input(&c));
    promc__connection_sent(&c, next_output(&c, &data, 0), 0);
    assert_true(promc__connection_wants_input(&c));
    promc__connection_free(&c);
}

static void authorizers(void **state)
{
    static const promc_http_basic user = {"Aladdin", "open sesame"};
    static const struct {
        int status;
        const char *line;
    } basic[] = {
        {200, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"},
        {200, "authorization: bAsIc   QWxhZGRpbjpvcGVuIHNlc2FtZQ\r\n"},
        {401, ""},
        {401, "Authorization:\r\n"},
        {401, "Authorization: Basic\r\n"},
        {401, "Authorization: Basic =\r\n"},
        {401, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==x\r\n"},
        {401, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZ\r\n"},
        {401, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZTE=\r\n"}, /* one more */
        {401, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2Ft\r\n"},     /* one less */
        {401, "Authorization: Basic QWxhZGRpbg==\r\n"},                 /* no colon */
        {401, "Authorization: Basic Og==\r\n"},
        {401, "Authorization: Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"},
        {401, "Authorization: Basic QWxh!GRp\r\n"},
        {401, "Authorization: Basic QWxh:GRp\r\n"},
        {401, "Authorization: Basic QWxh{GRp\r\n"},
        {401, "Authorization: Basic +/o6\r\n"},
        {401, "Authorization: Basis QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"},
    };
    static const promc_http_basic nobody[] = {{"", "x"}, {NULL, "x"}, {"", NULL}};
    static const char colon_x[] = "GET / HTTP/1.1\r\n" H "Authorization: Basic Ong=\r\n\r\n";
    static char long_request[2048] = "GET / HTTP/1.1\r\n" H "Authorization: Basic ";
    char request[256];

    (void)state;
    site.authorizer = promc_http_authorize_basic;
    site.authorizer_arg = (void *)(uintptr_t)&user;
    for (size_t i = 0; i < sizeof(basic) / sizeof(*basic); i++) {
        sprintf(request, "GET / HTTP/1.1\r\n" H "%s\r\n", basic[i].line);
        if (status_of(answer_to(request)) != basic[i].status)
            fail_msg("%d for %s", status_of(output), basic[i].line);
        if (basic[i].status == 401)
            assert_contains(output, "WWW-Authenticate: Basic realm=\"metrics\"\r\n");
    }
    memset(long_request + strlen(long_request), 'A', 1600); /* more than any user and password */
    strcat(long_request, "\r\n\r\n");
    assert_int_equal(status_of(answer_to(long_request)), 401);
    for (size_t i = 0; i < sizeof(nobody) / sizeof(*nobody); i++) {
        site.authorizer_arg = (void *)(uintptr_t)&nobody[i];
        assert_int_equal(status_of(answer_to(colon_x)), i == 0 ? 200 : 401);
    }
    site.authorizer_arg = (void *)(uintptr_t)&nobody[0];
    assert_int_equal(
        status_of(answer_to("GET / HTTP/1.1\r\n" H "Authorization: Basic YTp4\r\n\r\n")), 401);
    site.authorizer_arg = NULL;
    assert_int_equal(status_of(answer_to(colon_x)), 401);
    site.authorizer_arg = (void *)(uintptr_t)&user;
    /* Before the body is waited for, on routes too. */
    assert_int_equal(status_of(answer_to("POST /echo HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\n")),
                     401);
    site.authorizer = promc_http_authorize_bearer;
    site.authorizer_arg = "s3cret";
    assert_int_equal(
        status_of(answer_to("GET / HTTP/1.1\r\n" H "Authorization: bearer s3cret\r\n\r\n")), 200);
    assert_int_equal(
        status_of(answer_to("GET / HTTP/1.1\r\n" H "Authorization: Bearer s3cre\r\n\r\n")), 401);
    assert_contains(output, "WWW-Authenticate: Bearer realm=\"metrics\"\r\n");
    assert_int_equal(
        status_of(answer_to("GET / HTTP/1.1\r\n" H "Authorization: Bearer s3crets3cret\r\n\r\n")),
        401);
    assert_int_equal(status_of(answer_to("GET / HTTP/1.1\r\n" H "\r\n")), 401);
    site.authorizer_arg = NULL;
    assert_int_equal(
        status_of(answer_to("GET / HTTP/1.1\r\n" H "Authorization: Bearer s3cret\r\n\r\n")), 401);
    site.authorizer_arg = "";
    assert_int_equal(status_of(answer_to("GET / HTTP/1.1\r\n" H "Authorization: Bearer \r\n\r\n")),
                     401);
    site.authenticate = "Digest x=y";
    assert_contains(answer_to("GET / HTTP/1.1\r\n" H "\r\n"), "WWW-Authenticate: Digest x=y\r\n");
}

static void counting(void **state)
{
    (void)state;
    answer_to("GET / HTTP/1.1\r\n" H "\r\n");
    answer_to("GET / HTTP/1.1\r\n" H "\r\n");
    answer_to("evil-1 / HTTP/1.1\r\n" H "\r\n");
    answer_to("evil-2 / HTTP/1.1\r\n" H "\r\n");
    answer_to("GET /\r\n");
    assert_int_equal(stats.requests[0][promc__status_index(200)], 2);
    assert_int_equal(stats.requests[PROMC__STATS_METHODS - 1][promc__status_index(405)], 2);
    assert_int_equal(stats.requests[0][promc__status_index(400)], 1);
    assert_true(stats.bytes > 500);
}

static void routes_are_checked(void **state)
{
    (void)state;
    assert_int_equal(promc__routes_add(&routes, "POST", "/echo", echo, NULL),
                     PROMC_ERROR_DUPLICATE);
    assert_int_equal(promc__routes_add(&routes, NULL, "/fails", echo, NULL), PROMC_ERROR_DUPLICATE);
    assert_int_equal(promc__routes_add(&routes, NULL, "/echo", echo, NULL), PROMC_OK);
    assert_int_equal(promc__routes_add(&routes, "GET", "x", echo, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc__routes_add(&routes, "GET", NULL, echo, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc__routes_add(&routes, "G T", "/x", echo, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc__routes_add(&routes, "", "/x", echo, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc__routes_add(&routes, "GET", "/x", NULL, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc__routes_add(&routes, "A-METHOD-OF-THIRTY-TWO-LETTERS-A", "/x", echo, NULL),
                     PROMC_OK);
    assert_int_equal(
        promc__routes_add(&routes, "A-METHOD-OF-THIRTY-TWO-LETTERS-AB", "/x", echo, NULL),
        PROMC_ERROR_ARGUMENT);
}

/* Allow names what fits; a route may answer OPTIONS itself. */
static void many_routes(void **state)
{
    static const char *const letters = "ABCDEFGHIJ";
    char name[40];
    int status = PROMC_OK, count = 0;

    (void)state;
    for (const char *letter = letters; *letter; letter++) {
        snprintf(name, sizeof(name), "A-METHOD-OF-MANY-LETTERS-%c", *letter);
        assert_int_equal(promc__routes_add(&routes, name, "/many", echo, NULL), PROMC_OK);
    }
    answer_to("GET /many HTTP/1.1\r\n" H "\r\n");
    assert_contains(output, "Allow: OPTIONS, A-METHOD-OF-MANY-LETTERS-A, ");
    assert_contains(output, "A-METHOD-OF-MANY-LETTERS-D\r\n");
    assert_int_equal(promc__routes_add(&routes, "OPTIONS", "/get", typed, NULL), PROMC_OK);
    assert_contains(answer_to("OPTIONS /get HTTP/1.1\r\n" H "\r\n"), "application/json");
    assert_contains(answer_to("POST /get HTTP/1.1\r\n" H "\r\n"), "Allow: OPTIONS, GET, HEAD\r\n");
    for (; status == PROMC_OK && count < 2000; count++) {
        snprintf(name, sizeof(name), "/%d", count);
        status = promc__routes_add(&routes, "GET", name, echo, NULL);
    }
    assert_int_equal(status, PROMC_ERROR_LIMIT);
    assert_int_equal(routes.count, 1000);
}

/* A client that was refused before it said anything counts, too, and so does an odd status. */
static void everything_is_counted(void **state)
{
    static int odd = 299;
    promc__connection c;

    (void)state;
    promc__connection_begin(&c, &site, 0);
    output_size = 0;
    promc__respond_bad(&c, 503, "full", 0);
    take_output(&c, SIZE_MAX, 0);
    promc__connection_free(&c);
    assert_int_equal(status_of(output), 503);
    assert_int_equal(stats.requests[PROMC__STATS_METHODS - 1][promc__status_index(503)], 1);
    assert_int_equal(promc__routes_add(&routes, "GET", "/odd", with_status, &odd), PROMC_OK);
    answer_to("GET /odd HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(stats.requests[0][PROMC__STATUS_COUNT], 1);
    assert_int_equal(promc__status_at(PROMC__STATUS_COUNT), 0);
    assert_int_equal(promc__status_at(promc__status_index(503)), 503);
    assert_true(promc__status_without_body(100));
    assert_false(promc__status_without_body(200));
}

/* ---- promc_http_respond() -------------------------------------------------------------------- */

static size_t sink_room;

static int to_output(const void *data, size_t size, void *arg)
{
    (void)arg;
    if (size > sink_room)
        return 1;
    sink_room -= size;
    memcpy(output + output_size, data, size);
    output_size += size;
    output[output_size] = '\0';
    return 0;
}

static int respond(const char *head, bool *keep_alive)
{
    output_size = 0;
    sink_room = sizeof(output) - 1;
    return promc_http_respond(head, strlen(head), to_output, NULL, .registry = registry,
                              .keep_alive = keep_alive);
}

static void respond_without_sockets(void **state)
{
    bool keep = false;

    (void)state;
    assert_int_equal(respond("GET /x HTTP/1.1\r\n" H "\r\nGET / HTTP/1.1\r\n" H "\r\n", NULL),
                     PROMC_OK);
    assert_int_equal(status_of(output), 200);
    assert_int_equal(count_of(output, "HTTP/1.1 "), 1);
    assert_contains(output, "Connection: close\r\n");
    assert_contains(output, "\nb 7");
    assert_int_equal(respond("GET / HTTP/1.1\r\n" H "\r\n", &keep), PROMC_OK);
    assert_true(keep);
    assert_lacks(output, "Connection: close\r\n");
    assert_int_equal(respond("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &keep), PROMC_OK);
    assert_false(keep);
    assert_int_equal(respond("GET / HTTP/1.1\r\n" H, &keep), PROMC_OK);
    assert_int_equal(status_of(output), 400);
    assert_false(keep);
    assert_int_equal(respond("", NULL), PROMC_OK);
    assert_int_equal(status_of(output), 400);
    assert_int_equal(respond("BREW / HTTP/1.1\r\n" H "\r\n", NULL), PROMC_OK);
    assert_int_equal(status_of(output), 405);
    assert_int_equal(promc_http_respond(NULL, 0, to_output, NULL), PROMC_OK);
    assert_int_equal(promc_http_respond("", 0, NULL, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_respond(NULL, 1, to_output, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_respond_with("GET / HTTP/1.0\r\n\r\n", 18, to_output, NULL,
                                             &(promc_http_respond_opts){.registry = registry}),
                     PROMC_ERROR_ARGUMENT);
}

static void respond_to_a_failing_sink(void **state)
{
    static const char head[] = "GET / HTTP/1.1\r\n" H "\r\n";

    (void)state;
    samples = 20000;
    for (size_t room = 0; room < 200000; room += 30000) {
        output_size = 0;
        sink_room = room;
        assert_int_equal(
            promc_http_respond(head, sizeof(head) - 1, to_output, NULL, .registry = registry),
            PROMC_ERROR_SINK);
        assert_int_equal(promc_last_error()->code, PROMC_ERROR_SINK);
    }
    sink_room = sizeof(output) - 1;
    output_size = 0;
    collector_fails = true;
    if (promc_http_respond(head, sizeof(head) - 1, to_output, NULL, .registry = registry) ==
        PROMC_OK)
        assert_int_equal(status_of(output), 500);
    else
        assert_int_equal(status_of(output), 200);
}

/* ---- memory that is refused ------------------------------------------------------------------ */

static long allocations_left = -1; /* negative: no end */
static bool refused_once;          /* memory is there again after one refusal */

static bool refused(void)
{
    if (allocations_left != 0) {
        allocations_left -= allocations_left > 0;
        return false;
    }
    if (refused_once)
        allocations_left = -1;
    return true;
}

static void *limited_malloc(size_t size, void *ctx)
{
    (void)ctx;
    return refused() ? NULL : malloc(size);
}

static void *limited_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return refused() ? NULL : realloc(block, size);
}

static void plain_free(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

/* Whatever fails: an error response, or the connection is cut; never a shortened result. */
static void fail_every_allocation(void)
{
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\n" H "Accept: a\r\nAccept: b\r\n\r\n",
        "HEAD / HTTP/1.1\r\n" H "\r\n",
        "GET /nowhere\r\n",
        "POST /status HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
        "PUT / HTTP/1.1\r\n" H "\r\n",
    };

    static int status = 201;

    assert_int_equal(promc__routes_add(&routes, "POST", "/status", with_status, &status), PROMC_OK);
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
        char *whole = strdup(answer_to(requests[i]));
        bool same = false;

        for (long n = 0; !same; n++) {
            promc__connection c;

            assert_true(n < 200);
            allocations_left = n;
            converse(&c, requests[i], strlen(requests[i]), 4);
            allocations_left = -1;
            same = output_size && strcmp(output, whole) == 0;
            if (!same) {
                if (status_of(output) / 100 == 2)
                    assert_true(c.aborted);
                assert_true(c.state != PROMC__RESPONSE);
            }
            promc__connection_free(&c);
        }
        free(whole);
    }
}

static void every_allocation_fails(void **state)
{
    (void)state;
    refused_once = false;
    fail_every_allocation();
}

static void every_single_allocation_fails(void **state)
{
    (void)state;
    refused_once = true;
    fail_every_allocation();
}

static double year_10000(void)
{
    return 253402300800.0;
}

static double no_time(void)
{
    return 0;
}

static void dates(void **state)
{
    static const struct {
        uint64_t seconds;
        const char *text;
    } cases[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {951868799, "Tue, 29 Feb 2000 23:59:59 GMT"},
        {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
        {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    char out[PROMC__DATE_SIZE + 1] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        promc__write_date(out, cases[i].seconds);
        assert_string_equal(out, cases[i].text);
    }
    promc__os.unix_time = year_10000;
    assert_lacks(answer_to("GET / HTTP/1.1\r\n" H "\r\n"), "Date:");
    promc__os.unix_time = no_time;
    assert_lacks(answer_to("GET / HTTP/1.1\r\n" H "\r\n"), "Date:");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(table_of_answers),
        TEST(splits_do_not_matter),
        TEST(cuts_are_no_requests),
        TEST(pipelined_requests),
        TEST(an_error_ends_the_connection),
        TEST(continue_is_said_once),
        TEST(input_may_end_before_the_answer),
        TEST(a_hundred_headers),
        TEST(handlers_may_tell_the_type),
        TEST(bodies_reach_the_handler),
        TEST(statuses_of_handlers),
        TEST(headers_cannot_be_injected),
        TEST(bodies_in_memory_are_limited),
        TEST(large_responses_of_handlers),
        TEST(large_scrapes_are_streamed),
        TEST(bodies_around_one_piece),
        TEST(a_last_piece_may_be_empty),
        TEST(filters),
        TEST(accept_headers_are_joined),
        TEST(failed_scrapes),
        TEST(interleaved_scrapes),
        TEST(configured_paths),
        TEST(too_long_heads),
        TEST(deadlines),
        TEST(idle_connections_hold_no_memory),
        TEST(input_waits_for_the_response),
        TEST(authorizers),
        TEST(counting),
        TEST(routes_are_checked),
        TEST(many_routes),
        TEST(everything_is_counted),
        TEST(respond_without_sockets),
        TEST(respond_to_a_failing_sink),
        TEST(every_allocation_fails),
        TEST(every_single_allocation_fails),
        TEST(dates),
    };
    const promc_allocator allocator = {limited_malloc, limited_realloc, plain_free, NULL};

    if (promc_set_allocator(&allocator) != PROMC_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
