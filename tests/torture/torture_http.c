/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server, and promc_http_respond(), without memory: a response is the whole one, an error, or
 * visibly cut; never a part that passes for all.
 */
#include "torture/every_metric.h"
#include "torture/torture.h"
#include "unit/http_peer.h"

#include "base/error.h"

static char expected[1 << 20], response[1 << 20];
static size_t expected_size, response_size;

/* ---- what a response is ----------------------------------------------------------------------- */

static bool without_bodies;

static bool is_success(const char *text)
{
    return strncmp(text, "HTTP/1.1 200 ", 13) == 0;
}

/* Whether its framing says that all of it is there. */
static bool is_whole(const char *text, size_t size)
{
    const char *body = strstr(text, "\r\n\r\n"), *length = strstr(text, "\r\nContent-Length: ");

    if (!body)
        return false;
    body += 4;
    if (without_bodies)
        return size == (size_t)(body - text);
    if (length && length < body)
        return size - (size_t)(body - text) == strtoul(length + 18, NULL, 10);
    return size >= 7 && memcmp(text + size - 7, "\r\n0\r\n\r\n", 7) == 0;
}

/* What became of a request whose answer is known. */
static int judge(void)
{
    if (response_size == expected_size && memcmp(response, expected, expected_size) == 0)
        return PROMC_OK;
    if (response_size && strncmp(response, "HTTP/1.1 500 ", 13) != 0 &&
        strncmp(response, "HTTP/1.1 503 ", 13) != 0) {
        assert_true(is_success(response) == is_success(expected));
        assert_false(is_whole(response, response_size));
    }
    return promc__fail_memory("the response"); /* a server has nobody to tell */
}

/* ---- a server in the loop of the test ---------------------------------------------------------- */

static int ask(promc_http_server *server, const char *request, size_t size)
{
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));

    assert_true(fd >= 0);
    assert_int_equal(send(fd, request, size, MSG_NOSIGNAL), (long)size);
    return fd;
}

/* Steps until the connection is at its end. Time passes quickly here. */
static size_t hear(promc_http_server *server, int fd, char *text, size_t room)
{
    size_t got = 0;
    long more = -1;

    for (int ms = 0; more != 0; ms++) { /* no deadline has to help */
        assert_true(ms < 5000);
        test_monotonic_ns += 1000000;
        assert_true(promc_http_server_step(server, 0) >= -1);
        more = recv(fd, text + got, room - got - 1, MSG_DONTWAIT);
        if (more > 0)
            got += (size_t)more;
        else if (more < 0 && errno != EAGAIN)
            break; /* a reset */
    }
    text[got] = '\0';
    close(fd);
    return got;
}

static size_t converse(promc_http_server *server, const char *request, size_t size, char *text,
                       size_t room)
{
    return hear(server, ask(server, request, size), text, room);
}

static int take_alerts(const promc_alert *alerts, size_t count, void *arg)
{
    (void)arg;
    assert_int_equal(count, 2);
    assert_string_equal(promc_label_value(alerts[1].labels, "a"), "\n");
    return 0;
}

static int take_notification(const promc_notification *notification, void *arg)
{
    (void)arg;
    assert_int_equal(notification->alert_count, 1);
    return 0;
}

static int echo(const promc_http_request *request, promc_http_response *answer, void *arg)
{
    const char *type = promc_http_request_header(request, "Content-Type");

    (void)arg;
    promc_http_response_status(answer, 200);
    if (promc_http_response_header(answer, "X-Type", type ? type : "none") != PROMC_OK)
        return -1;
    return promc_http_response_write(answer, request->body, request->body_size);
}

/* Looks at no result. */
static int careless(const promc_http_request *request, promc_http_response *answer, void *arg)
{
    (void)request, (void)arg;
    (void)promc_http_response_header(answer, "X-Some", "thing");
    (void)promc_http_response_write(answer, "whole", 5);
    return 0;
}

static bool incompressible; /* the samples below: more than 64 KiB also with gzip */

static int more_samples(promc_writer *writer, void *arg)
{
    promc_family *f = promc_writer_family(writer, PROMC_TYPE_GAUGE, "more", "M.");
    char value[128] = "some rather long value";
    uint32_t random = 1;

    (void)arg;
    for (int i = 0; i < 1100; i++) {
        for (size_t c = 0; incompressible && c < sizeof(value) - 1; c++)
            value[c] = (char)('0' + ((random = random * 1664525 + 1013904223) >> 26));
        promc_writer_i64(writer, f, i, PROMC_PAIRS({"some_label", value}));
    }
    return 0;
}

static promc_http_server *open_server(promc_registry *own, bool large)
{
    promc_http_server *server;
    const promc_collector more = {.collect = more_samples};

    define_everything(own);
    if (large)
        assert_int_equal(promc_registry_register(own, &more), PROMC_OK);
    server = promc_http_server_open(0, .address = "127.0.0.1", .registry = own);
    assert_non_null(server);
    assert_int_equal(promc_http_server_route(server, "POST", "/echo", echo, NULL), PROMC_OK);
    assert_int_equal(promc_http_server_route(server, "GET", "/careless", careless, NULL), PROMC_OK);
    assert_int_equal(promc_http_server_on_alerts(server, "/api/v2/alerts", take_alerts, NULL),
                     PROMC_OK);
    assert_int_equal(promc_http_server_on_notification(server, "/send/", take_notification, NULL),
                     PROMC_OK);
    return server;
}

static int request_of(promc_registry *own, const char *request, bool large)
{
    promc_http_server *server = NULL;
    int code;

    without_bodies = strncmp(request, "HEAD ", 5) == 0;
    CALMLY(server = open_server(own, large);
           expected_size = converse(server, request, strlen(request), expected, sizeof(expected));
           assert_true(is_whole(expected, expected_size)));
    response_size = converse(server, request, strlen(request), response, sizeof(response));
    pause_refusals();
    code = judge();
    /* The next client is served. */
    assert_int_equal(converse(server, request, strlen(request), response, sizeof(response)),
                     expected_size);
    promc_http_server_stop(server);
    resume_refusals();
    return code;
}

#define GET "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
#define POST(path) "POST " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
#define REQUEST(name, request)                                                                     \
    static int name(promc_registry *own)                                                           \
    {                                                                                              \
        return request_of(own, request, false);                                                    \
    }                                                                                              \
    struct semicolon
#define LARGE_REQUEST(name, request)                                                               \
    static int name(promc_registry *own)                                                           \
    {                                                                                              \
        return request_of(own, request, true);                                                     \
    }                                                                                              \
    struct semicolon

REQUEST(get_text, GET "\r\n");
REQUEST(get_gzip, GET "Accept-Encoding: gzip\r\n\r\n");
LARGE_REQUEST(get_large, GET "\r\n");
LARGE_REQUEST(get_large_gzip, GET "Accept-Encoding: gzip\r\n\r\n");
REQUEST(get_openmetrics, GET "Accept: application/openmetrics-text;version=1.0.0;q=0.9,\r\n"
                             "accept: text/plain;q=0.1\r\n\r\n");
REQUEST(get_protobuf, GET "Accept: application/vnd.google.protobuf;proto=io.prometheus.client."
                          "MetricFamily;encoding=delimited\r\nAccept-Encoding: gzip\r\n\r\n");
REQUEST(get_some, "GET /?name[]=collected&name%5B%5D=space_sub_s_count&x&name[]=nobody HTTP/1.1\r\n"
                  "Host: a\r\nConnection: close\r\n\r\n");
REQUEST(head, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
REQUEST(head_of_two, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: text/plain\r\n"
                     "Accept: */*;q=0.1\r\nAccept-Encoding: gzip\r\nAccept-Encoding: br\r\n\r\n");
REQUEST(careless_handler, "GET /careless HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
REQUEST(post_nothing, POST("/echo") "Content-Length: 0\r\n\r\n");
REQUEST(malformed, "GET /\r\n\r\n");
REQUEST(not_allowed, "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
REQUEST(post, POST("/echo") "Content-Type: a/b\r\nContent-Length: 5\r\n\r\nhello");
REQUEST(post_chunked,
        POST("/echo") "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n");
REQUEST(alerts, POST("/api/v2/alerts") "Content-Length: 156\r\n\r\n"
                "[{\"labels\":{\"alertname\":\"x\"},\"annotations\":{\"s\":\"\\u00e9\"},"
                "\"startsAt\":\"2024-05-01T12:00:00.123Z\",\"generatorURL\":\"http://a/\"},"
                "{\"labels\":{\"a\":\"\\n\",\"b\":\"\"}}]          ");
REQUEST(notification,
        POST("/send/") "Content-Length: 217\r\n\r\n"
        "{\"version\":\"4\",\"status\":\"firing\",\"receiver\":\"r\",\"groupKey\":\"{}\",\"alerts\":["
        "{\"status\":\"firing\",\"labels\":{\"a\":\"b\"},\"annotations\":{}}],\"groupLabels\":{},"
        "\"commonLabels\":{\"a\":\"b\"},\"commonAnnotations\":{},\"truncatedAlerts\":0}       ");

/* Copies the body of a whole response; its size. */
static size_t body_of(const char *text, size_t size, char *out)
{
    const char *at = strstr(text, "\r\n\r\n"), *end = text + size;
    const char *chunked = strstr(text, "\r\nTransfer-Encoding: chunked\r\n");
    size_t chunk = (size_t)(end - at) - 4, all = 0;
    char *data = NULL;

    if (!chunked || chunked > at) {
        memcpy(out, at + 4, chunk);
        return chunk;
    }
    for (at += 4; (chunk = strtoul(at, &data, 16)) != 0; at = data + 2 + chunk + 2) {
        memcpy(out + all, data + 2, chunk);
        all += chunk;
    }
    return all;
}

/* Three clients that wait for one scrape: each of them has it, or one of its own, or is cut. */
static int together(promc_registry *own, const char *request)
{
    static char wanted[sizeof(expected)], body[sizeof(response)];
    size_t size = strlen(request);
    promc_http_server *server;
    int fds[3], code = PROMC_OK;

    without_bodies = false;
    pause_refusals();
    server = open_server(own, true);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++)
            fds[i] = ask(server, request, size);
        if (round == 1)
            resume_refusals();
        for (int i = 0; i < 3; i++) {
            response_size = hear(server, fds[i], response, sizeof(response));
            if (round == 0 && i == 0) /* what they get when there is memory for it */
                memcpy(expected, response, (expected_size = response_size) + 1);
            if (!is_success(response) || !is_whole(response, response_size)) {
                code = judge();
                continue;
            }
            assert_int_equal(body_of(response, response_size, body),
                             body_of(expected, expected_size, wanted));
            assert_memory_equal(body, wanted, body_of(expected, expected_size, wanted));
        }
    }
    pause_refusals();
    promc_http_server_stop(server);
    resume_refusals();
    return code;
}

static int get_together(promc_registry *own)
{
    return together(own, GET "\r\n");
}

static int get_together_with_gzip(promc_registry *own)
{
    return together(own, GET "Accept-Encoding: gzip\r\n\r\n");
}

static int get_much_together_with_gzip(promc_registry *own)
{
    int code;

    incompressible = true;
    code = get_together_with_gzip(own);
    incompressible = false;
    return code;
}

/* ---- without sockets --------------------------------------------------------------------------- */

static int to_response(const void *data, size_t size, void *arg)
{
    (void)arg;
    assert_true(response_size + size < sizeof(response));
    memcpy(response + response_size, data, size);
    response_size += size;
    response[response_size] = '\0';
    return 0;
}

static int respond(promc_registry *own)
{
    static const char basic[] = GET "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"
                                    "Accept-Encoding: gzip\r\n\r\n";
    static promc_http_basic user = {"Aladdin", "open sesame"};
    int code = PROMC_OK;

    CALMLY(define_everything(own));
    for (int i = 0; i < 2 && code == PROMC_OK; i++) {
        if (i == 0)
            pause_refusals();
        response_size = 0;
        /* An error of before is not this one's. */
        assert_int_equal(promc_http_respond("", 0, NULL, NULL), PROMC_ERROR_ARGUMENT);
        code = promc_http_respond(basic, sizeof(basic) - 1, to_response, NULL, .registry = own,
                                  .authorizer = promc_http_authorize_basic,
                                  .authorizer_arg = &user);
        if (i == 0) {
            memcpy(expected, response, expected_size = response_size);
            assert_true(is_success(response));
            resume_refusals();
        }
    }
    return code == PROMC_OK ? judge() : code;
}

/* ---- starting ---------------------------------------------------------------------------------- */

static int open_and_stop(promc_registry *own)
{
    promc_http_server *server;
    int code = PROMC_OK;

    CALMLY(define_everything(own));
    TRY(server = promc_http_server_open(0, .address = "127.0.0.1", .registry = own,
                                        .path = "/metrics", .authenticate = "x",
                                        .self_metrics = true));
    code = promc_http_server_route(server, NULL, "/a", echo, NULL);
    if (code == PROMC_OK)
        code = promc_http_server_on_alerts(server, "/b", take_alerts, NULL);
    if (code == PROMC_OK)
        code = promc_http_server_on_notification(server, "/c", take_notification, NULL);
    promc_http_server_stop(server);
out:
    return code;
}

static int open_unix(promc_registry *own)
{
    char path[64];
    promc_http_server *server;
    int code = PROMC_OK;

    snprintf(path, sizeof(path), "/tmp/promc-torture-%ld.sock", (long)getpid());
    TRY(server = promc_http_server_open(0, .unix_path = path, .registry = own));
    promc_http_server_stop(server);
out:
    assert_int_equal(access(path, F_OK), -1);
    return code;
}

/* With a thread of its own, which may be the one that is refused memory. */
static int start_and_stop(promc_registry *own)
{
    promc_http_server *server;
    int code = PROMC_OK, fd;

    TRY(server = promc_start_http_server(0, .address = "127.0.0.1", .registry = own));
    fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    peer_send(fd, GET "\r\n");
    (void)peer_read_all(fd, response, sizeof(response));
    close(fd);
    promc_http_server_stop(server);
    if (!is_success(response))
        code = promc__fail_memory("the response");
out:
    return code;
}

static const struct torture scenarios[] = {
    SCENARIO(get_text),     SCENARIO(get_gzip),        SCENARIO(get_large),
    SCENARIO(get_large_gzip), SCENARIO(get_openmetrics), SCENARIO(get_protobuf),
    SCENARIO(get_some),     SCENARIO(head),            SCENARIO(head_of_two),
    SCENARIO(get_together), SCENARIO(get_together_with_gzip), SCENARIO(get_much_together_with_gzip),
    SCENARIO(careless_handler), SCENARIO(post_nothing), SCENARIO(malformed),
    SCENARIO(not_allowed),  SCENARIO(post),            SCENARIO(post_chunked),
    SCENARIO(alerts),       SCENARIO(notification),    SCENARIO(respond),
    SCENARIO(open_and_stop), SCENARIO(open_unix),      SCENARIO(start_and_stop),
};

int main(int argc, char **argv)
{
    some_exemplar = NULL;
    if (promc_set_allocator(&refusing) != PROMC_OK)
        return 1;
    return torture_all(scenarios, COUNT(scenarios), argc, argv);
}
