/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client against servers that do everything a server can do wrong: each request ends in
 * time, with the right error, and gives back its descriptors. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/net.h"
#include "base/os.h"
#include "http/dial.h"
#include "http/fetch.h"
#include "inflate.h"
#include "scripted_server.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define LINES(...) ((const struct server_line[]){__VA_ARGS__})
#define COUNT(lines) (sizeof(lines) / sizeof((lines)[0]))

static struct scripted_server server;
static struct promc__client_response response;
static char url[128];

static long open_descriptors(void)
{
    long count = promc__os.count_entries("/dev/fd");

    assert_true(count > 0);
    return count;
}

static void play(const struct server_line *script, size_t count)
{
    assert_true(server_start(&server, AF_INET, script, count));
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/a?b=c", server.port);
}

#define PLAY(...) play(LINES(__VA_ARGS__), COUNT(LINES(__VA_ARGS__)))

/* Asks; the answer's status or a negative code. Every way out closes what it opened. */
static int ask_with(struct promc__client_request request)
{
    long before = open_descriptors();
    int status;

    if (!request.url)
        request.url = url;
    if (request.timeout == 0)
        request.timeout = 10;
    status = promc__http_request(&request, &response);
    /* The server's own descriptors come and go; ours are ended when it has seen the end. */
    if (server.thread)
        (void)server_stop(&server);
    if (server.thread)
        before -= 1; /* its listener */
    server.thread = 0;
    assert_int_equal(open_descriptors(), before);
    return status == PROMC_OK ? response.reply.status : status;
}

#define ASK(...) ask_with((struct promc__client_request){__VA_ARGS__})

static void assert_message(const char *part)
{
    if (!strstr(promc_last_error()->message, part))
        fail_msg("\"%s\" is not in \"%s\"", part, promc_last_error()->message);
}

static void assert_content(const char *expected)
{
    assert_int_equal(response.reply.content.size, strlen(expected));
    assert_memory_equal(response.reply.content.data ? response.reply.content.data : "", expected,
                        strlen(expected));
    promc__client_response_free(&response);
}

static int forget(void **state)
{
    (void)state;
    server_forget(&server);
    return 0;
}

/* ---- good answers ---------------------------------------------------------------------------- */

static void request_is_written_exactly(void **state)
{
    char expected[512];

    (void)state;
    PLAY({.say = OK_HEAD "Content-Length: 2\r\n\r\nhi"});
    assert_int_equal(ASK(.method = "PUT", .body = "text", .body_size = 4,
                         .headers = PROMC_PAIRS({"Content-Type", "text/plain"}, {"X-Y", "z"})),
                     200);
    assert_content("hi");
    snprintf(expected, sizeof(expected),
             "PUT /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: libpromc/" PROMC_VERSION
             "\r\nContent-Type: text/plain\r\nX-Y: z\r\nContent-Length: 4\r\n"
             "Connection: close\r\n\r\ntext",
             server.port);
    assert_string_equal(server.received[0], expected);
}

static void bodies_of_every_framing(void **state)
{
    static const struct {
        const char *say, *content;
        int status;
    } cases[] = {
        {OK_HEAD "Content-Length: 5\r\n\r\nhello", "hello", 200},
        {OK_HEAD "content-length:5\r\n\r\nhello and more", "hello", 200},
        {OK_HEAD "Content-Length: 0\r\n\r\n", "", 200},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", "hello",
         200},
        {OK_HEAD "Transfer-Encoding: Chunked\r\n\r\n005\r\nhello\r\n0\r\nA: b\r\n\r\n", "hello",
         200},
        {OK_HEAD "\r\nhello", "hello", 200},
        {"HTTP/1.0 200 OK\r\n\r\nhello", "hello", 200},
        {"HTTP/1.1 200\r\n\r\nhello", "hello", 200},
        {"HTTP/1.1 204 No Content\r\n\r\n", "", 204},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n", "", 304},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" OK_HEAD
         "Content-Length: 1\r\n\r\nx",
         "x", 200},
        {"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", "busy", 503},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        PLAY({.say = cases[i].say, .bytewise = i % 2 == 1});
        assert_int_equal(ASK(.method = "GET"), cases[i].status);
        assert_content(cases[i].content);
        server_forget(&server);
        PLAY({.say = cases[i].say, .bytewise = i % 2 == 0});
        assert_int_equal(ASK(.method = "POST", .body = "x", .body_size = 1), cases[i].status);
        assert_content(cases[i].content);
        server_forget(&server);
    }
}

static void head_has_no_body(void **state)
{
    (void)state;
    PLAY({.say = OK_HEAD "Content-Length: 500\r\n\r\n", .act = THEN_STALL});
    assert_int_equal(ASK(.method = "HEAD"), 200);
    assert_content("");
}

static void whole_answer_needs_no_end(void **state)
{
    (void)state;
    PLAY({.say = OK_HEAD "Content-Length: 1\r\n\r\nx", .act = THEN_STALL});
    assert_int_equal(ASK(.method = "GET"), 200);
    assert_content("x");
}

static void ipv6_and_unix(void **state)
{
    const struct server_line line = {.say = OK_HEAD "Content-Length: 1\r\n\r\nx"};

    (void)state;
    if (server_start(&server, AF_INET6, &line, 1)) {
        snprintf(url, sizeof(url), "HTTP://[::1]:%d", server.port);
        assert_int_equal(ASK(.method = "GET"), 200);
        assert_content("x");
        assert_int_equal(strncmp(server.received[0], "GET / HTTP/1.1\r\nHost: [::1]:", 28), 0);
        server_forget(&server);
    }
    assert_true(server_start(&server, AF_UNIX, &line, 1));
    assert_int_equal(ASK(.url = "http://anything/x", .unix_path = server.path), 200);
    assert_content("x");
    assert_non_null(strstr(server.received[0], "GET /x HTTP/1.1\r\nHost: anything\r\n"));
}

static void localhost_is_found_on_ipv4(void **state)
{
    (void)state;
    PLAY({.say = OK_HEAD "Content-Length: 1\r\n\r\nx"});
    snprintf(url, sizeof(url), "http://localhost:%d/", server.port);
    assert_int_equal(ASK(.method = "GET"), 200);
    assert_content("x");
}

static void credentials(void **state)
{
    (void)state;
    PLAY({.say = OK_HEAD "Content-Length: 0\r\n\r\n"});
    assert_int_equal(ASK(.user = "Aladdin", .password = "open sesame"), 200);
    assert_content("");
    assert_non_null(
        strstr(server.received[0], "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    server_forget(&server);
    PLAY({.say = OK_HEAD "Content-Length: 0\r\n\r\n"});
    assert_int_equal(ASK(.token = "abc.def"), 200);
    assert_content("");
    assert_non_null(strstr(server.received[0], "\r\nAuthorization: Bearer abc.def\r\n"));
}

/* ---- bad answers ----------------------------------------------------------------------------- */

static void malformed_answers(void **state)
{
    static const struct {
        const char *say, *message;
        int code;
    } cases[] = {
        {"", "closed without an answer", PROMC_ERROR_SYNTAX},
        {"SSH-2.0-OpenSSH\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"\r\n" OK_HEAD "\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/2.0 200 OK\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 20 OK\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 2000 OK\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1  200 OK\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/1.2 200 OK\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1/200 OK\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 2/0 OK\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 20A OK\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"A\r\n\r\n", "malformed status line", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 099 No\r\n\r\n", "no such status", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 600 No\r\n\r\n", "no such status", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 101 Go\r\n\r\n", "another protocol", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Le", "middle of the head", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 100 Continue\r\n\r\n", "middle of the head", PROMC_ERROR_SYNTAX},
        {"HTTP/1.1 200 OK\n\n", "CR LF", PROMC_ERROR_SYNTAX},
        {OK_HEAD "A: b\rc\r\n\r\n", "CR LF", PROMC_ERROR_SYNTAX},
        {OK_HEAD "A: \x01\r\n\r\n", "control character", PROMC_ERROR_SYNTAX},
        {OK_HEAD "A: \x7F\r\n\r\n", "control character", PROMC_ERROR_SYNTAX},
        {OK_HEAD "A : b\r\n\r\n", "malformed header", PROMC_ERROR_SYNTAX},
        {OK_HEAD ": b\r\n\r\n", "malformed header", PROMC_ERROR_SYNTAX},
        {OK_HEAD "A: b\r\n c\r\n\r\n", "malformed header", PROMC_ERROR_SYNTAX},
        {OK_HEAD "nothing\r\n\r\n", "malformed header", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: -1\r\n\r\n", "Content-Length", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: +1\r\n\r\nx", "Content-Length", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: 1,1\r\n\r\nx", "Content-Length", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: 0x1\r\n\r\nx", "Content-Length", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length:\r\n\r\n", "Content-Length", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: 18446744073709551616\r\n\r\n", "Content-Length",
         PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "more than one",
         PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", "both",
         PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding",
         PROMC_ERROR_SYNTAX},
        {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding",
         PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
         "Transfer-Encoding", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: 5\r\n\r\nhell", "middle of the body", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Content-Length: 1048577\r\n\r\n", "too long", PROMC_ERROR_LIMIT},
        {OK_HEAD "Content-Length: 18446744073709551615\r\n\r\n", "too long", PROMC_ERROR_LIMIT},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "middle of the body",
         PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "middle of the body",
         PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n\r\n", "chunk", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", "chunk",
         PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n", "chunk", PROMC_ERROR_SYNTAX},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", "too long",
         PROMC_ERROR_LIMIT},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", "", PROMC_ERROR_LIMIT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        PLAY({.say = cases[i].say, .bytewise = i % 3 == 0});
        if (ASK(.method = "GET") != cases[i].code)
            fail_msg("%s\n%s", cases[i].say, promc_last_error()->message);
        assert_message(cases[i].message);
        assert_message("http://127.0.0.1:");
        server_forget(&server);
    }
}

static void nul_in_the_head(void **state)
{
    static const char say[] = OK_HEAD "A: b\0c\r\n\r\n";

    (void)state;
    PLAY({.say = say, .say_size = sizeof(say) - 1});
    assert_int_equal(ASK(.method = "GET"), PROMC_ERROR_SYNTAX);
    assert_message("control character");
}

static void too_much_head(void **state)
{
    static char fields[4096], interim[2048];

    (void)state;
    PLAY({.say = OK_HEAD "A: b", .act = THEN_FLOOD});
    assert_int_equal(ASK(.method = "GET"), PROMC_ERROR_LIMIT);
    assert_message("the head is too long");
    server_forget(&server);

    strcpy(fields, OK_HEAD);
    for (int i = 0; i < 101; i++)
        strcat(fields, "A: b\r\n");
    strcat(fields, "\r\n");
    PLAY({.say = fields});
    assert_int_equal(ASK(.method = "GET"), PROMC_ERROR_LIMIT);
    assert_message("too many header lines");
    server_forget(&server);

    for (int i = 0; i < 17; i++)
        strcat(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    PLAY({.say = interim});
    assert_int_equal(ASK(.method = "GET"), PROMC_ERROR_LIMIT);
    assert_message("interim");
}

static void endless_body(void **state)
{
    (void)state;
    PLAY({.say = OK_HEAD "\r\nx", .act = THEN_FLOOD});
    assert_int_equal(ASK(.method = "GET"), PROMC_ERROR_LIMIT);
    assert_message("the body is too long");
    server_forget(&server);
    PLAY({.say = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1;x", .act = THEN_FLOOD});
    assert_int_equal(ASK(.method = "GET"), PROMC_ERROR_SYNTAX);
    server_forget(&server);
    PLAY({.say = OK_HEAD "\r\n12345"});
    assert_int_equal(ASK(.max_response = 4), PROMC_ERROR_LIMIT);
    server_forget(&server);
    PLAY({.say = OK_HEAD "\r\n1234"});
    assert_int_equal(ASK(.max_response = 4), 200);
    assert_content("1234");
}

/* ---- time ------------------------------------------------------------------------------------ */

/* The request ends not before its timeout (in seconds), and not much later. */
static void assert_times_out(double timeout)
{
    uint64_t begun = promc__os.monotonic_ns(), took, limit = (uint64_t)(timeout * 1e9);

    assert_int_equal(ASK(.timeout = timeout), PROMC_ERROR_TIMEOUT);
    took = promc__os.monotonic_ns() - begun;
    assert_true(took >= limit && took < limit + 5000000000u);
    server_forget(&server);
}

/* A server that gets no processor in time, on a busy machine, is asked again with more patience. */
static void assert_slow(struct server_line line, const char *step)
{
    double timeout = 0.2;

    do {
        play(&line, 1);
        assert_times_out(timeout);
        timeout *= 2;
    } while (timeout < 5 && !strstr(promc_last_error()->message, step));
    assert_message(step);
}

static void slow_servers(void **state)
{
    static const char waiting[] = "while waiting for the response",
                      receiving[] = "while receiving the response";

    (void)state;
#define SLOW(...) (struct server_line){__VA_ARGS__}
    assert_slow(SLOW(.say = "", .act = THEN_STALL), waiting);
    assert_slow(SLOW(.say = "H", .act = THEN_STALL), waiting);
    assert_slow(SLOW(.say = OK_HEAD "A: b", .act = THEN_TRICKLE), waiting);
    assert_slow(SLOW(.say = OK_HEAD "Content-Length: 5\r\n\r\nhell", .act = THEN_STALL), receiving);
    assert_slow(SLOW(.say = OK_HEAD "\r\nx", .act = THEN_TRICKLE), receiving);
    assert_slow(SLOW(.say = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1", .act = THEN_STALL),
                receiving);
}

static void server_that_does_not_read(void **state)
{
    static char body[16 << 20]; /* more than the sockets hold */

    (void)state;
    PLAY({.say = "", .act = UNREAD_STALL});
    assert_int_equal(ASK(.method = "PUT", .body = body, .body_size = sizeof(body), .timeout = 0.2),
                     PROMC_ERROR_TIMEOUT);
    assert_message("while sending");
}

static void early_answer_is_heard(void **state)
{
    static char body[16 << 20];

    (void)state;
    PLAY({.say = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig", .act = UNREAD_CLOSE});
    assert_int_equal(ASK(.method = "PUT", .body = body, .body_size = sizeof(body)), 413);
    assert_content("big");
}

static void large_body_arrives(void **state)
{
    size_t size = 3 << 20;
    char *body = malloc(size);

    (void)state;
    assert_non_null(body);
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('a' + i * 7 % 26);
    PLAY({.say = OK_HEAD "Content-Length: 0\r\n\r\n"});
    assert_int_equal(ASK(.method = "PUT", .body = body, .body_size = size), 200);
    assert_true(server.received_size[0] > size);
    assert_memory_equal(server.received[0] + server.received_size[0] - size, body, size);
    free(body);
    assert_content("");
}

static void gzip_bodies(void **state)
{
    static const char hello[] = "hello, hello, hello";
    static struct inflate inflate;
    char plain[64];

    (void)state;
    PLAY({.say = "HTTP/1.1 307 There\r\nLocation: /there\r\n\r\n"},
         {.say = "HTTP/1.1 303 See\r\nLocation: /end\r\n\r\n"},
         {.say = OK_HEAD "Content-Length: 0\r\n\r\n"});
    assert_int_equal(ASK(.method = "POST", .body = hello, .body_size = strlen(hello), .gzip = true,
                         .max_redirects = 2),
                     200);
    for (size_t i = 0; i < 2; i++) {
        const char *body = strstr(server.received[i], "\r\n\r\n") + 4;
        size_t size = server.received_size[i] - (size_t)(body - server.received[i]);

        assert_non_null(strstr(server.received[i], "\r\nContent-Encoding: gzip\r\n"));
        assert_int_equal(inflate_gzip(&inflate, body, size, plain, sizeof(plain)), 0);
        assert_int_equal(inflate.out_at, strlen(hello));
        assert_memory_equal(plain, hello, strlen(hello));
    }
    assert_null(strstr(server.received[2], "Content-")); /* a GET has no body */
    assert_content("");
    server_forget(&server);
    PLAY({.say = OK_HEAD "Content-Length: 0\r\n\r\n"});
    assert_int_equal(ASK(.method = "POST", .gzip = true), 200);
    assert_null(strstr(server.received[0], "Content-Encoding")); /* nothing is nothing */
    assert_content("");
}

/* ---- connections that fail ------------------------------------------------------------------- */

static void refused(void **state)
{
    (void)state;
    play(NULL, 0); /* only to learn a port that nobody listens on */
    (void)server_stop(&server);
    server.thread = 0;
    assert_int_equal(ASK(.method = "GET"), PROMC_ERROR_SYSTEM);
    assert_message("cannot connect: Connection refused");
    assert_int_equal(ASK(.url = "http://x/", .unix_path = "/nonexistent/socket"),
                     PROMC_ERROR_SYSTEM);
    assert_message("cannot connect: No such file");
}

static void reset_by_the_server(void **state)
{
    (void)state;
    PLAY({.say = "", .act = THEN_RESET});
    assert_int_equal(ASK(.method = "GET"), PROMC_ERROR_SYSTEM);
    assert_message("cannot receive: Connection reset");
    server_forget(&server);
    PLAY({.say = OK_HEAD "Content-Length: 5\r\n\r\nhell", .act = THEN_RESET});
    assert_true(ASK(.method = "GET") == PROMC_ERROR_SYSTEM);
}

static int no_such_host(const char *host, int port, bool listening, struct addrinfo **list)
{
    (void)host, (void)port, (void)listening, (void)list;
    return EAI_NONAME;
}

static int out_of_descriptors(int family)
{
    (void)family;
    errno = EMFILE;
    return -1;
}

static int never_connects(int fd, const struct sockaddr *address, socklen_t size)
{
    (void)fd, (void)address, (void)size;
    errno = EINPROGRESS;
    return -1;
}

static int never_ready(int fd, int ready_for, int timeout_ms)
{
    (void)fd, (void)ready_for;
    promc__os.pause_ns((uint64_t)(timeout_ms < 20 ? timeout_ms : 20) * 1000000);
    return 0;
}

static int wait_fails(int fd, int ready_for, int timeout_ms)
{
    (void)fd, (void)ready_for, (void)timeout_ms;
    errno = ENOMEM;
    return -1;
}

static void system_failures(void **state)
{
    struct promc__net net = promc__net;

    (void)state;
    promc__net.resolve = no_such_host;
    assert_int_equal(ASK(.url = "http://host.invalid/"), PROMC_ERROR_SYSTEM);
    assert_message("http://host.invalid:80: cannot resolve the host: ");
    promc__net = net;
    promc__net.open = out_of_descriptors;
    assert_int_equal(ASK(.url = "http://127.0.0.1:9/"), PROMC_ERROR_SYSTEM);
    assert_message("Too many open files");
    promc__net = net;
    promc__net.connect = never_connects;
    promc__net.wait = never_ready;
    assert_int_equal(ASK(.url = "http://127.0.0.1:9/", .timeout = 0.1), PROMC_ERROR_TIMEOUT);
    assert_message("timed out while connecting");
    promc__net.wait = wait_fails;
    assert_int_equal(ASK(.url = "http://127.0.0.1:9/"), PROMC_ERROR_SYSTEM);
    assert_message("cannot connect: Cannot allocate memory");
    promc__net = net;
}

/* ---- redirects ------------------------------------------------------------------------------- */

#define REDIRECT(status, where)                                                                    \
    "HTTP/1.1 " status " Away\r\nLocation: " where "\r\nContent-Length: 0\r\n\r\n"

static void redirects_are_not_followed(void **state)
{
    (void)state;
    PLAY({.say = REDIRECT("307", "/b")});
    assert_int_equal(ASK(.method = "PUT"), 307);
    assert_content("");
}

static void redirects_change_methods(void **state)
{
    static const struct {
        const char *redirect, *method, *then;
        bool keep;
    } cases[] = {
        {REDIRECT("301", "/b"), "POST", "GET /b ", false},
        {REDIRECT("302", "/b"), "POST", "GET /b ", false},
        {REDIRECT("303", "/b"), "POST", "GET /b ", false},
        {REDIRECT("303", "/b"), "PUT", "GET /b ", false},
        {REDIRECT("301", "/b"), "PUT", "PUT /b ", false},
        {REDIRECT("307", "b"), "POST", "POST /b ", false},
        {REDIRECT("308", "?b"), "POST", "POST /a?b ", false},
        {REDIRECT("302", "./c/../b"), "POST", "POST /b ", true},
        {REDIRECT("303", "/x/y/.."), "PUT", "PUT /x/ ", true},
        {REDIRECT("303", "/b"), NULL, "GET /b ", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool with_body = cases[i].then[0] == 'P';

        PLAY({.say = cases[i].redirect}, {.say = OK_HEAD "Content-Length: 0\r\nA: b\tc\r\n\r\n"});
        assert_int_equal(ASK(.method = cases[i].method, .body = "text", .body_size = 4,
                             .max_redirects = 1, .keep_method = cases[i].keep, .token = "secret"),
                         200);
        assert_int_equal(response.redirects, 1);
        assert_content("");
        if (strncmp(server.received[1], cases[i].then, strlen(cases[i].then)) != 0)
            fail_msg("%s\n%s", cases[i].redirect, server.received[1]);
        assert_int_equal(strstr(server.received[1], "\r\n\r\ntext") != NULL, with_body);
        assert_non_null(strstr(server.received[1], "Bearer secret"));
        server_forget(&server);
    }
}

/* Nothing but a HEAD is repeated as one. */
static void redirected_heads_stay(void **state)
{
    (void)state;
    PLAY({.say = REDIRECT("303", "/b")}, {.say = OK_HEAD "Content-Length: 7\r\n\r\n"});
    assert_int_equal(ASK(.method = "HEAD", .max_redirects = 1), 200);
    assert_content("");
    assert_int_equal(strncmp(server.received[1], "HEAD /b ", 8), 0);
}

static void redirects_are_counted(void **state)
{
    (void)state;
    PLAY({.say = REDIRECT("302", "/b")}, {.say = REDIRECT("302", "/c")},
         {.say = REDIRECT("302", "/d")});
    assert_int_equal(ASK(.max_redirects = 2), 302);
    assert_int_equal(response.redirects, 2);
    assert_content("");
    assert_int_equal(server.served, 3);
}

static void credentials_stay_at_home(void **state)
{
    struct scripted_server other;
    const struct server_line line = {.say = OK_HEAD "Content-Length: 0\r\n\r\n"};
    char redirect[256];

    (void)state;
    assert_true(server_start(&other, AF_INET, &line, 1));
    snprintf(
        redirect, sizeof(redirect),
        "HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:%d/b#part\r\nContent-Length: 0\r\n\r\n",
        other.port);
    PLAY({.say = redirect});
    /* Two servers: their descriptors are not counted as in ask_with(). */
    assert_int_equal(promc__http_request(
                         &(struct promc__client_request){
                             .url = url,
                             .method = "PUT",
                             .body = "text",
                             .body_size = 4,
                             .user = "me",
                             .password = "secret",
                             .max_redirects = 3,
                             .timeout = 10,
                             .headers = PROMC_PAIRS({"Content-Type", "a/b"}, {"Cookie", "c"},
                                                    {"X-Api-Key", "k"}, {"Accept", "c/\td"},
                                                    {"Content-Encoding", "br"},
                                                    {"User-Agent", "mine/1"})},
                         &response),
                     PROMC_OK);
    assert_int_equal(response.reply.status, 200);
    promc__client_response_free(&response);
    (void)server_stop(&server);
    (void)server_stop(&other);
    server.thread = 0;
    assert_non_null(strstr(server.received[0], "X-Api-Key: k"));
    assert_non_null(strstr(server.received[0], "Authorization: Basic"));
    assert_int_equal(strncmp(other.received[0], "PUT /b HTTP/1.1\r\n", 17), 0);
    assert_non_null(strstr(other.received[0], "Content-Type: a/b\r\n"));
    assert_non_null(strstr(other.received[0], "\r\n\r\ntext"));
    assert_null(strstr(other.received[0], "Authorization"));
    assert_null(strstr(other.received[0], "Cookie"));
    assert_null(strstr(other.received[0], "X-Api-Key"));
    assert_non_null(strstr(server.received[0], "\r\nUser-Agent: mine/1\r\n"));
    assert_null(strstr(server.received[0], "libpromc"));
    assert_non_null(strstr(other.received[0], "\r\nUser-Agent: libpromc/"));
    assert_null(strstr(other.received[0], "mine"));
    assert_non_null(strstr(other.received[0], "\r\nAccept: c/\td\r\nContent-Encoding: br\r\n"));
    server_forget(&other);
}

static void bad_redirects(void **state)
{
    static const struct {
        const char *say;
        int code;
    } cases[] = {
        {REDIRECT("302", "https://127.0.0.1/"), PROMC_ERROR_UNSUPPORTED},
        {REDIRECT("302", "ftp://127.0.0.1/"), PROMC_ERROR_ARGUMENT},
        {REDIRECT("302", "http://u:p@127.0.0.1/"), PROMC_ERROR_ARGUMENT},
        {REDIRECT("302", "http://"), PROMC_ERROR_ARGUMENT},
        {REDIRECT("302", "/a b"), PROMC_ERROR_ARGUMENT},
        {REDIRECT("302", ""), 302},
        {"HTTP/1.1 302 Away\r\nContent-Length: 0\r\n\r\n", 302},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        PLAY({.say = cases[i].say});
        assert_int_equal(ASK(.max_redirects = 5), cases[i].code);
        if (cases[i].code > 0)
            promc__client_response_free(&response);
        else
            assert_null(strstr(promc_last_error()->message, "u:p"));
        server_forget(&server);
    }
}

/* What lies behind a unix socket cannot send to other hosts. */
static void unix_sockets_lead_nowhere_else(void **state)
{
    const struct server_line line = {.say = REDIRECT("302", "http://127.0.0.1:9/")};

    (void)state;
    assert_true(server_start(&server, AF_UNIX, &line, 1));
    assert_int_equal(ASK(.url = "http://localhost/", .unix_path = server.path, .max_redirects = 1),
                     PROMC_ERROR_ARGUMENT);
    assert_message("http://127.0.0.1:9: a redirect from a unix socket leads there");
}

/* ---- arguments ------------------------------------------------------------------------------- */

static void wrong_requests(void **state)
{
    static const char *const urls[] = {
        "",
        "localhost:9091",
        "ftp://x/",
        "http:/x",
        "http://",
        "http:///x",
        "http://x:y/",
        "http://x:65536/",
        "http://x:0/",
        "http://[::1/",
        "http://u@x/",
        "http://[::1]x/",
        "http://a b/",
        "http://x/a b",
        "http://x/\r\nA: b",
        "http://x/%zz",
        "http://x/%4",
        "http://\xC3\xA4/",
        "http://x/\xC3\xA4",
        "http://x\\y/",
    };

    char too_long[150];

    (void)state;
    memset(too_long, 'x', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    for (size_t i = 0; i < COUNT(urls); i++) {
        if (ASK(.url = urls[i]) != PROMC_ERROR_ARGUMENT)
            fail_msg("%s", urls[i]);
        assert_message("the URL is wrong");
    }
    snprintf(url, sizeof(url), "http://127.0.0.1:9/");
    assert_int_equal(ASK(.method = "G T"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.method = ""), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.headers = PROMC_PAIRS({"A", "b\r\nC: d"})), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.headers = PROMC_PAIRS({"A:", "b"})), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.headers = PROMC_PAIRS({"A", NULL})), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.headers = PROMC_PAIRS({"content-Length", "1"})), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.headers = PROMC_PAIRS({"Transfer-Encoding", "chunked"})),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.headers = PROMC_PAIRS({"Content-encoding", "br"}), .gzip = true),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.user = "a"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.user = "a:b", .password = ""), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.user = "a\n", .password = ""), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.user = "a", .password = "\n"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.headers = PROMC_PAIRS({"A", "b\x7F"})), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.token = ""), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.unix_path = ""), PROMC_ERROR_ARGUMENT);
    assert_message("1 to ");
    assert_int_equal(ASK(.unix_path = too_long), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.token = "a\nb"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.token = "a", .user = "u", .password = "p"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(ASK(.url = "https://127.0.0.1:9/"), PROMC_ERROR_UNSUPPORTED);
    assert_message("needs a TLS library");
}

static void statuses_have_words(void **state)
{
    struct promc__client_request request = {.url = "http://gateway:9091/metrics/job/x"};

    (void)state;
    PLAY({.say = "HTTP/1.1 400 Bad\r\n\r\n\n text \x1b[1m\xE6\x9C\x8D\xFF"
                 "error\nsecond"});
    assert_int_equal(ASK(.method = "GET"), 400);
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_ERROR_REFUSED);
    assert_string_equal(promc_last_error()->message,
                        "http://gateway:9091: status 400 Bad Request: text ?[1m\xE6\x9C\x8D?error");
    request.url = "https://a.host.with.a.name.that.is.longer.than.most.in.the.whole.wide.world/";
    memcpy(response.reply.content.data, "a\xC2\x85z\rb", 6);
    response.reply.content.size = 6;
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_ERROR_REFUSED);
    assert_string_equal(promc_last_error()->message,
                        "https://a.host.with.a.name.that.is.longer.than.most.in.the.whole.wide.world:443: "
                        "status 400 Bad Request: a?z");
    request.url = "http://gateway:9091/";
    response.reply.content.size = 0;
    response.reply.status = 599;
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_ERROR_REFUSED);
    assert_string_equal(promc_last_error()->message, "http://gateway:9091: status 599 Unknown");
    response.reply.status = 199;
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_ERROR_REFUSED);
    request.show_path = true;
    request.url = "http://[::1]/metrics/job/x?token=secret";
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_ERROR_REFUSED);
    assert_string_equal(promc_last_error()->message,
                        "http://[::1]:80/metrics/job/x: status 199 Unknown");
    /* The server's words rather than the path, where there is no room for both. */
    request.url = "http://gateway:9091/metrics/job/a_long_name_of_a_job/instance/a_long_name";
    response.reply.content.size = 0;
    for (int i = 0; i < 20; i++)
        promc__buffer_string(&response.reply.content, "123456789 ");
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_ERROR_REFUSED);
    assert_message("http://gateway:9091: status 199 Unknown: 123456789 ");
    assert_message("123456\xE2\x80\xA6");
    assert_int_equal(strlen(strstr(promc_last_error()->message, "1234567")), 199);
    response.reply.content.size = 199; /* all of this has room */
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_ERROR_REFUSED);
    assert_message("89 123456789");
    assert_int_equal(strlen(strstr(promc_last_error()->message, "1234567")), 199);
    response.reply.content.size = 0;
    response.reply.status = 204;
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_OK);
    promc__client_response_free(&response);
}

/* A page instead of a line is cut. */
static void long_words_are_cut(void **state)
{
    struct promc__client_request request = {.url = "http://gateway:9091/"};
    static char say[1024] = "HTTP/1.1 500 Oh\r\n\r\n";

    (void)state;
    memset(say + strlen(say), 'x', 600);
    PLAY({.say = say});
    assert_int_equal(ASK(.method = "GET"), 500);
    assert_int_equal(promc__client_expect_success(&request, &response), PROMC_ERROR_REFUSED);
    assert_message("status 500 Internal Server Error: xxxx");
    assert_true(strlen(promc_last_error()->message) < 300);
    promc__client_response_free(&response);
}

/* Negative and astronomic timeouts mean no end; days are waited for. */
static void patience_has_many_forms(void **state)
{
    static const double patience[] = {-1, 1e10, 1e8};

    (void)state;
    assert_true(promc__client_timeout(0) == 30);
    assert_true(promc__client_timeout(-1) == 0);
    assert_true(promc__client_timeout(1e9) == 0);
    assert_true(promc__client_timeout(1e8) == 1e8);
    for (size_t i = 0; i < COUNT(patience); i++) {
        PLAY({.say = OK_HEAD "Content-Length: 2\r\n\r\nhi"});
        assert_int_equal(ASK(.timeout = patience[i]), 200);
        assert_content("hi");
        server_forget(&server);
    }
}

/* A listener whose queue is full lets others wait, and be it for ever. */
static void crowded_unix_socket(void **state)
{
    char path[] = "/tmp/promc-crowd-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), queue[8], queued = 0;

    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", path);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 0), 0);
    for (int full = 0; !full; queued++) {
        assert_true(queued < 8);
        queue[queued] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        full = connect(queue[queued], (struct sockaddr *)&address, sizeof(address)) != 0;
    }
    assert_int_equal(ASK(.url = "http://x/", .unix_path = address.sun_path, .timeout = 0.05),
                     PROMC_ERROR_TIMEOUT);
    assert_message("while connecting");
    while (queued)
        close(queue[--queued]);
    close(listener);
    unlink(address.sun_path);
    rmdir(path);
}

/* ---- transports ------------------------------------------------------------------------------ */

/* Turns every byte around on the way, refuses every other call, and wants to be asked in odd
 * ways. */
struct session {
    int fd;
    unsigned calls;
};

static char session_host[64];
static int sessions_open;

static void *session_open(int fd, const char *host, void *arg)
{
    struct session *session = calloc(1, sizeof(*session));

    assert_ptr_equal(arg, &sessions_open);
    snprintf(session_host, sizeof(session_host), "%s", host);
    session->fd = fd;
    sessions_open++;
    return session;
}

static long session_result(long result)
{
    if (result >= 0)
        return result;
    return errno == EAGAIN ? PROMC_TRANSPORT_WANT_READ : PROMC_TRANSPORT_FAILED;
}

static long session_read(void *arg, void *data, size_t size)
{
    struct session *session = arg;
    long got;

    if (session->calls++ % 2)
        return PROMC_TRANSPORT_WANT_WRITE;
    got = (long)recv(session->fd, data, size < 3 ? size : 3, 0);
    for (long i = 0; i < got; i++)
        ((unsigned char *)data)[i] ^= 0xFF;
    return session_result(got);
}

static long session_write(void *arg, const void *data, size_t size)
{
    struct session *session = arg;
    unsigned char byte = *(const unsigned char *)data ^ 0xFF;

    (void)size;
    if (session->calls++ % 2)
        return PROMC_TRANSPORT_WANT_WRITE;
    return session_result((long)send(session->fd, &byte, 1, MSG_NOSIGNAL));
}

static void session_close(void *arg)
{
    free(arg);
    sessions_open--;
}

static void *session_refused(int fd, const char *host, void *arg)
{
    (void)fd, (void)host, (void)arg;
    return NULL;
}

static long session_fails(void *arg, const void *data, size_t size)
{
    (void)arg, (void)data, (void)size;
    return PROMC_TRANSPORT_FAILED;
}

static void transport_carries_https(void **state)
{
    promc_client_transport transport = {session_open, session_read, session_write, session_close,
                                        &sessions_open};
    char say[] = OK_HEAD "Content-Length: 2\r\n\r\nhi";

    (void)state;
    for (size_t i = 0; i < sizeof(say) - 1; i++)
        say[i] = (char)~say[i];
    PLAY({.say = say, .act = UNREAD_CLOSE});
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", server.port);
    assert_int_equal(ASK(.transport = &transport), 200);
    assert_content("hi");
    assert_string_equal(session_host, "127.0.0.1");
    assert_int_equal(sessions_open, 0);

    PLAY({.say = "", .act = UNREAD_STALL});
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", server.port);
    assert_int_equal(ASK(.transport = &transport, .timeout = 0.1), PROMC_ERROR_TIMEOUT);
    assert_int_equal(sessions_open, 0);

    transport.write = session_fails;
    PLAY({.say = "", .act = THEN_STALL});
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", server.port);
    assert_int_equal(ASK(.transport = &transport), PROMC_ERROR_SYSTEM);
    assert_message("cannot send: the transport failed");
    assert_int_equal(sessions_open, 0);
    server_forget(&server);
    transport.write = session_write;

    transport.open = session_refused;
    PLAY({.say = "", .act = THEN_STALL});
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", server.port);
    assert_int_equal(ASK(.transport = &transport), PROMC_ERROR_SYSTEM);
    assert_message("the transport cannot open a session");
    transport.read = NULL;
    assert_int_equal(ASK(.url = "https://x/", .transport = &transport), PROMC_ERROR_ARGUMENT);
    transport = (promc_client_transport){session_open, session_read, NULL, session_close, NULL};
    assert_int_equal(ASK(.url = "https://x/", .transport = &transport), PROMC_ERROR_ARGUMENT);
    transport = (promc_client_transport){session_open, session_read, session_write, NULL, NULL};
    assert_int_equal(ASK(.url = "https://x/", .transport = &transport), PROMC_ERROR_ARGUMENT);
    transport = (promc_client_transport){NULL, session_read, session_write, session_close, NULL};
    assert_int_equal(ASK(.url = "https://x/", .transport = &transport), PROMC_ERROR_ARGUMENT);
}

/* From https to https, not to http. */
static void https_stays_https(void **state)
{
    promc_client_transport transport = {session_open, session_read, session_write, session_close,
                                        &sessions_open};
    static const char *const places[] = {"http://127.0.0.1:9/", "https://127.0.0.1:1/"};
    static const char *const messages[] = {"a redirect from https leads there", "cannot connect"};
    char say[200];

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        size_t size = (size_t)snprintf(
            say, sizeof(say), "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
            places[i]);

        for (size_t at = 0; at < size; at++)
            say[at] = (char)~say[at];
        PLAY({.say = say, .act = UNREAD_CLOSE});
        snprintf(url, sizeof(url), "https://127.0.0.1:%d/", server.port);
        assert_true(ASK(.transport = &transport, .max_redirects = 1) < 0);
        assert_message(messages[i]);
        assert_int_equal(sessions_open, 0);
        server_forget(&server);
    }
}

/* ---- everything fails once ------------------------------------------------------------------- */

static long fail_at = -1, outstanding; /* fail_at: which fallible call fails; -1: none */

static bool fails_now(void)
{
    return fail_at >= 0 && fail_at-- == 0;
}

static void *counted_malloc(size_t size, void *ctx)
{
    void *block = fails_now() ? NULL : malloc(size);

    (void)ctx;
    outstanding += block != NULL;
    return block;
}

static void *counted_realloc(void *block, size_t size, void *ctx)
{
    void *bigger = fails_now() ? NULL : realloc(block, size);

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

static struct promc__net real_net;

static int failing_open(int family)
{
    errno = ENFILE;
    return fails_now() ? -1 : real_net.open(family);
}

static int failing_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    errno = ENETUNREACH;
    return fails_now() ? -1 : real_net.connect(fd, address, size);
}

static int failing_result(int fd)
{
    return fails_now() ? EHOSTUNREACH : real_net.connect_result(fd);
}

static long failing_receive(int fd, void *data, size_t size)
{
    errno = ENOBUFS;
    return fails_now() ? -1 : real_net.receive(fd, data, size);
}

static long failing_send(int fd, const void *data, size_t size, const void *more, size_t more_size)
{
    errno = ENOBUFS;
    return fails_now() ? -1 : real_net.send(fd, data, size, more, more_size);
}

static int failing_wait(int fd, int ready_for, int timeout_ms)
{
    errno = ENOMEM;
    return fails_now() ? -1 : real_net.wait(fd, ready_for, timeout_ms);
}

/* A redirect and an answer, as often as there are calls that can fail: each time one more of them
 * works. No failure leaks, none passes for a success, and all have words. */
static void every_call_fails_once(void **state)
{
    promc_allocator allocator = {counted_malloc, counted_realloc, counted_free, NULL};
    int status = PROMC_ERROR_SYSTEM;
    long attempts = 0;

    (void)state;
    assert_int_equal(promc_set_allocator(&allocator), PROMC_OK);
    real_net = promc__net;
    for (; status != 200 && attempts < 200; attempts++) {
        long before = open_descriptors();

        PLAY({.say = REDIRECT("307", "/b")},
             {.say = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"});
        promc__net.open = failing_open;
        promc__net.connect = failing_connect;
        promc__net.connect_result = failing_result;
        promc__net.receive = failing_receive;
        promc__net.send = failing_send;
        promc__net.wait = failing_wait;
        fail_at = attempts;
        status = promc__http_request(&(struct promc__client_request){.url = url,
                                                                     .method = "PUT",
                                                                     .user = "u",
                                                                     .password = "p",
                                                                     .body = "text",
                                                                     .body_size = 4,
                                                                     .timeout = 10,
                                                                     .max_redirects = 2},
                                     &response);
        promc__net = real_net;
        if (status == PROMC_OK) {
            status = response.reply.status;
            assert_int_equal(status, 200);
            assert_true(fail_at >= 0); /* nothing was left that could fail */
            assert_content("hi");
        } else {
            if (status != PROMC_ERROR_SYSTEM && status != PROMC_ERROR_NO_MEMORY)
                fail_msg("%ld: %d %s", attempts, status, promc_last_error()->message);
            assert_true(strlen(promc_last_error()->message) > 10);
        }
        (void)server_abandon(&server);
        server.thread = 0;
        server_forget(&server);
        assert_int_equal(outstanding, 0);
        assert_int_equal(open_descriptors(), before);
    }
    assert_int_equal(status, 200);
    assert_true(attempts > 20);
    fail_at = -1;
    assert_int_equal(promc_set_allocator(NULL), PROMC_OK);
}

/* ---- signals and threads --------------------------------------------------------------------- */

static void on_alarm(int number)
{
    (void)number;
}

static void *interrupt_often(void *arg)
{
    pthread_t *thread = arg;

    for (int i = 0; i < 100; i++) {
        (void)pthread_kill(*thread, SIGUSR1);
        promc__os.pause_ns(2000000);
    }
    return NULL;
}

static void interruptions_do_no_harm(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
    pthread_t self = pthread_self(), thread;

    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_often, &self), 0);
    PLAY({.say = "", .act = THEN_STALL});
    assert_times_out(0.2);
    assert_message("while waiting");
    (void)pthread_join(thread, NULL);
}

/* ---- the parser alone ------------------------------------------------------------------------ */

/* Whatever the pieces, the verdict is the same; truncated anywhere it is never a success that the
 * framing does not allow. */
static void pieces_make_no_difference(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 100 C\r\n\r\n" OK_HEAD
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n",
        OK_HEAD "Content-Length: 4\r\nA:b\r\n\r\nabcd",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        size_t size = strlen(texts[i]);

        for (size_t cut = 0; cut <= size; cut++) {
            promc__reply reply;
            promc__parsed parsed;

            promc__reply_begin(&reply, false, 100);
            parsed = promc__reply_read(&reply, texts[i], cut);
            assert_int_equal(parsed, cut == size ? PROMC__COMPLETE : PROMC__PARTIAL);
            if (cut < size)
                parsed = promc__reply_read(&reply, texts[i] + cut, size - cut);
            assert_int_equal(parsed, PROMC__COMPLETE);
            promc__reply_free(&reply);

            promc__reply_begin(&reply, false, 100);
            parsed = promc__reply_read(&reply, texts[i], cut);
            if (cut < size)
                assert_int_equal(promc__reply_end(&reply), PROMC__BAD);
            promc__reply_free(&reply);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, forget)
    const struct CMUnitTest tests[] = {
        TEST(request_is_written_exactly),
        TEST(bodies_of_every_framing),
        TEST(head_has_no_body),
        TEST(whole_answer_needs_no_end),
        TEST(ipv6_and_unix),
        TEST(localhost_is_found_on_ipv4),
        TEST(credentials),
        TEST(malformed_answers),
        TEST(nul_in_the_head),
        TEST(too_much_head),
        TEST(endless_body),
        TEST(slow_servers),
        TEST(server_that_does_not_read),
        TEST(early_answer_is_heard),
        TEST(large_body_arrives),
        TEST(gzip_bodies),
        TEST(refused),
        TEST(reset_by_the_server),
        TEST(system_failures),
        TEST(redirects_are_not_followed),
        TEST(redirects_change_methods),
        TEST(redirected_heads_stay),
        TEST(redirects_are_counted),
        TEST(credentials_stay_at_home),
        TEST(bad_redirects),
        TEST(unix_sockets_lead_nowhere_else),
        TEST(wrong_requests),
        TEST(statuses_have_words),
        TEST(long_words_are_cut),
        TEST(patience_has_many_forms),
        TEST(crowded_unix_socket),
        TEST(transport_carries_https),
        TEST(https_stays_https),
        TEST(every_call_fails_once),
        TEST(interruptions_do_no_harm),
        TEST(pieces_make_no_difference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
