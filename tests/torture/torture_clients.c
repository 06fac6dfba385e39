/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile and broken clients over real sockets, from published failures of other servers: each
 * request has the one status it must get (0: a close without a word), and afterwards a good scrape
 * gets its answer, and the server holds no more memory and descriptors than before.
 */
#define _DEFAULT_SOURCE
#include "support.h"
#include "refusing.h"
#include "unit/http_peer.h"

#include <dirent.h>

#define H "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n" H
#define POST "POST /echo HTTP/1.1\r\n" H

static promc_registry *registry;
static promc_http_server *server, *impatient;
static char text[1 << 17];

/* ---- one request, one status ------------------------------------------------------------------- */

/* What a client may send, and the only right answer. `size` 0: up to the NUL. */
static const struct hostile {
    int status;
    const char *what, *request;
    size_t size;
} corpus[] = {
    /* Lengths: mongoose CVE-2023-34188 looped for ever; cpp-httplib CVE-2025-53628. */
    {400, "negative length", POST "Content-Length: -1\r\n\r\n", 0},
    {400, "signed length", POST "Content-Length: +5\r\n\r\nhello", 0},
    {400, "list of lengths", POST "Content-Length: 5,5\r\n\r\nhello", 0},
    {400, "list of lengths, spaced", POST "Content-Length: 5, 5\r\n\r\nhello", 0},
    {400, "2^64", POST "Content-Length: 18446744073709551616\r\n\r\n", 0},
    {400, "2^64 and more", POST "Content-Length: 99999999999999999999999999\r\n\r\n", 0},
    {413, "2^64 - 1", POST "Content-Length: 18446744073709551615\r\n\r\n", 0},
    {413, "2^63", POST "Content-Length: 9223372036854775808\r\n\r\n", 0},
    {413, "2^32 + 5", POST "Content-Length: 4294967301\r\n\r\nhello", 0},
    {400, "hexadecimal length", POST "Content-Length: 0x5\r\n\r\nhello", 0},
    {400, "blank length", POST "Content-Length:\r\n\r\n", 0},
    {400, "blanks as length", POST "Content-Length:  \t \r\n\r\n", 0},
    {400, "fraction", POST "Content-Length: 5.0\r\n\r\nhello", 0},
    {400, "exponent", POST "Content-Length: 5e0\r\n\r\nhello", 0},
    {400, "words", POST "Content-Length: five\r\n\r\nhello", 0},
    {200, "leading zeroes", POST "Content-Length: 0005\r\n\r\nhello", 0},
    /* Smuggling: libmicrohttpd 1.0.4, civetweb, mongoose. */
    {400, "two lengths", POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 0},
    {400, "the same length twice", POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 0},
    {400, "length and chunks",
     POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
    {400, "chunks and length",
     POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 0},
    {400, "two encodings",
     POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
    {501, "identity", POST "Transfer-Encoding: identity\r\n\r\n", 0},
    {501, "a list of encodings", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0},
    {501, "xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 0},
    {501, "quoted", POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 0},
    {400, "chunks in 1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
    {400, "blank before the colon", POST "Content-Length : 5\r\n\r\nhello", 0},
    {400, "tab before the colon", POST "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", 0},
    {400, "empty header name", GET ": x\r\n\r\n", 0},
    {400, "no colon", GET "Header\r\n\r\n", 0},
    {400, "folded line", GET "A: b\r\n c\r\n\r\n", 0},
    {400, "folded with a tab", GET "A: b\r\n\tc\r\n\r\n", 0},
    {400, "blank first header line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 0},
    {400, "line feed alone", "GET / HTTP/1.1\nHost: a\n\n", 0},
    {400, "carriage return alone", GET "A: b\rC: d\r\n\r\n", 0},
    {400, "CR CR LF", GET "A: b\r\r\n\r\n", 0},
    {400, "no Host", "GET / HTTP/1.1\r\n\r\n", 0},
    {400, "two Hosts", GET "Host: b\r\n\r\n", 0},
    {400, "Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0},
    {400, "Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 0},
    /* Chunks. */
    {400, "no size", POST "Transfer-Encoding: chunked\r\n\r\n\r\n", 0},
    {400, "negative chunk", POST "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 0},
    {400, "0x", POST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 0},
    {400, "blank before a size", POST "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n", 0},
    {413, "2^64 - 1 in a chunk", POST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 0},
    {413, "2^64 in a chunk", POST "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 0},
    {400, "chunk longer than it says",
     POST "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n", 0},
    {400, "chunk without line end", POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n", 0},
    {400, "line feeds in chunks", POST "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", 0},
    {200, "chunk extension",
     POST "Transfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\n\r\n", 0},
    {200, "trailers", POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n", 0},
    /* Bytes that have no place: libmicrohttpd CVE-2023-27371, CVE-2025-59777. */
    {400, "NUL in the method", "GE\0T / HTTP/1.1\r\n" H "\r\n", 28},
    {400, "NUL in the target", "GET /\0 HTTP/1.1\r\n" H "\r\n", 28},
    {400, "NUL in the version", "GET / HTTP/1.\0" "1\r\n" H "\r\n", 28},
    {400, "NUL in a name", GET "A\0: b\r\n\r\n", sizeof(GET) - 1 + 9},
    {400, "NUL in a value", GET "A: b\0c\r\n\r\n", sizeof(GET) - 1 + 10},
    {400, "only NULs", "\0\0\0\0\0\0\0\0", 8},
    {400, "escape in a value", GET "A: \x1B[2J\r\n\r\n", 0},
    {400, "DEL in a value", GET "A: \x7F\r\n\r\n", 0},
    {200, "bytes above 127 in a value", GET "A: \xFF\xFE\r\n\r\n", 0},
    {400, "bytes above 127 in a name", GET "\xC3\xA4: b\r\n\r\n", 0},
    {400, "TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 11},
    {505, "HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
    {400, "another protocol", "SSH-2.0-OpenSSH_9.2\r\n", 0},
    /* Request lines. */
    {400, "no version", "GET /\r\n\r\n", 0},
    {400, "only a method", "GET\r\n\r\n", 0},
    {400, "two blanks", "GET  / HTTP/1.1\r\n" H "\r\n", 0},
    {400, "blank in the target", "GET /a b HTTP/1.1\r\n" H "\r\n", 0},
    {400, "blank behind the version", "GET / HTTP/1.1 \r\n" H "\r\n", 0},
    {400, "blank before the method", " GET / HTTP/1.1\r\n" H "\r\n", 0},
    {400, "fragment", "GET /#a HTTP/1.1\r\n" H "\r\n", 0},
    {400, "HTTP/1.10", "GET / HTTP/1.10\r\n" H "\r\n", 0},
    {400, "http/1.1", "GET / http/1.1\r\n" H "\r\n", 0},
    {505, "HTTP/2.0", "GET / HTTP/2.0\r\n" H "\r\n", 0},
    {505, "HTTP/0.9", "GET / HTTP/0.9\r\n" H "\r\n", 0},
    {400, "CONNECT", "CONNECT a:80 HTTP/1.1\r\n" H "\r\n", 0},
    {405, "a method of its own", "EVIL / HTTP/1.1\r\n" H "\r\n", 0},
    {405, "TRACE", "TRACE / HTTP/1.1\r\n" H "\r\n", 0},
    {400, "percent and no number", "GET /%zz HTTP/1.1\r\n" H "\r\n", 0},
    {400, "half a percent", "GET /% HTTP/1.1\r\n" H "\r\n", 0},
    {400, "NUL in percents", "GET /%00 HTTP/1.1\r\n" H "\r\n", 0},
    {200, "dots", "GET /../../etc/passwd HTTP/1.1\r\n" H "\r\n", 0},
    {200, "dots in percents", "GET /%2e%2e%2f HTTP/1.1\r\n" H "\r\n", 0},
    {417, "another expectation", POST "Expect: a miracle\r\nContent-Length: 5\r\n\r\nhello", 0},
    {413, "too long, expecting to go on",
     POST "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", 0},
};

/* Status of the first response; 0: none. The connection must have been at its end. */
static int status_of_text(void)
{
    return strncmp(text, "HTTP/1.1 ", 9) == 0 ? atoi(text + 9) : 0;
}

static int connect_client(void)
{
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));

    assert_true(fd >= 0);
    return fd;
}

/* Sends what can be sent; a server that has made up its mind need not read all. */
static void send_all(int fd, const char *data, size_t size)
{
    while (size) {
        long put = send(fd, data, size, MSG_NOSIGNAL);

        if (put <= 0)
            return;
        data += put;
        size -= (size_t)put;
    }
}

static int status_of_request(const char *request, size_t size)
{
    int fd = connect_client();

    send_all(fd, request, size);
    (void)shutdown(fd, SHUT_WR);
    (void)peer_read_all(fd, text, sizeof(text));
    close(fd);
    return status_of_text();
}

/* A good scrape succeeds, within a second. */
static void assert_served(const char *after)
{
    uint64_t begun = peer_ms();
    int status = status_of_request(GET "Connection: close\r\n\r\n",
                                   strlen(GET "Connection: close\r\n\r\n"));

    if (status != 200 || !strstr(text, "\nanswer 42") || peer_ms() - begun > 1000)
        fail_msg("after %s: status %d after %u ms", after, status, (unsigned)(peer_ms() - begun));
}

static size_t size_of(const struct hostile *hostile)
{
    return hostile->size ? hostile->size : strlen(hostile->request);
}

static void corpus_has_its_statuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(corpus); i++) {
        int status = status_of_request(corpus[i].request, size_of(&corpus[i]));

        if (status != corpus[i].status)
            fail_msg("%s: %d, not %d", corpus[i].what, status, corpus[i].status);
        assert_served(corpus[i].what);
    }
}

/* Nothing behind a refusal is taken for a request (smuggling). */
static void nothing_follows_a_refusal(void **state)
{
    static const char behind[] = GET "Connection: close\r\n\r\n";

    (void)state;
    for (size_t i = 0; i < COUNT(corpus); i++) {
        char both[1024];
        size_t size = size_of(&corpus[i]);
        const char *second;

        if (corpus[i].status < 400 || corpus[i].status == 405)
            continue;
        memcpy(both, corpus[i].request, size);
        memcpy(both + size, behind, sizeof(behind));
        assert_true(status_of_request(both, size + sizeof(behind) - 1) >= 400);
        second = strstr(text + 9, "HTTP/1.1 ");
        if (second)
            fail_msg("%s: and then %.20s", corpus[i].what, second);
    }
}

/* Cut at every byte: a refusal, or a close without a word if nothing came; at once. */
static void cut_at_every_byte(void **state)
{
    static const char post[] = POST "Content-Type: a/b\r\nContent-Length: 5\r\n\r\nhello";
    static const char chunks[] = POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

    (void)state;
    for (size_t at = 0; at < sizeof(post) - 1; at++)
        assert_int_equal(status_of_request(post, at), at ? 400 : 0);
    for (size_t at = 1; at < sizeof(chunks) - 1; at++)
        assert_int_equal(status_of_request(chunks, at), 400);
    assert_int_equal(status_of_request(post, sizeof(post) - 1), 200);
    assert_int_equal(status_of_request(chunks, sizeof(chunks) - 1), 200);
}

/* A NUL in the place of each byte of a head. */
static void nul_at_every_byte(void **state)
{
    static const char request[] = POST "Content-Type: a/b\r\nContent-Length: 0\r\n\r\n";
    char changed[sizeof(request)];

    (void)state;
    for (size_t at = 0; at < sizeof(request) - 1; at++) {
        memcpy(changed, request, sizeof(request));
        changed[at] = '\0';
        assert_int_equal(status_of_request(changed, sizeof(request) - 1), 400);
    }
}

/* ---- floods ------------------------------------------------------------------------------------ */

/* Sends `line` again and again until the server has had enough, a million times at most. */
static int status_of_flood(const char *begin, const char *line)
{
    char block[8192] = "";
    size_t lines = 0;
    int fd = connect_client();

    while (strlen(block) + strlen(line) < sizeof(block)) {
        strcat(block, line);
        lines++;
    }
    send_all(fd, begin, strlen(begin));
    for (size_t sent = 0; sent < 1000000 && !peer_readable(fd, 0); sent += lines)
        if (send(fd, block, strlen(block), MSG_NOSIGNAL) <= 0)
            break;
    (void)shutdown(fd, SHUT_WR);
    (void)peer_read_all(fd, text, sizeof(text));
    close(fd);
    return status_of_text();
}

/* cpp-httplib CVE-2025-52887: a million headers. client_java #2285: 100,000 name[]. */
static void floods(void **state)
{
    (void)state;
    assert_int_equal(status_of_flood(GET, "A: b\r\n"), 431);
    assert_int_equal(status_of_flood(GET "A: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 431);
    assert_int_equal(status_of_flood("GET /?", "name[]=a&"), 414);
    assert_int_equal(status_of_flood("GET /", "a"), 414);
    assert_int_equal(status_of_flood(POST "Transfer-Encoding: chunked\r\n\r\n", "2\r\nxx\r\n"), 413);
    assert_int_equal(status_of_flood(POST "Transfer-Encoding: chunked\r\n\r\n1;", "a=b;"), 400);
    assert_int_equal(status_of_flood(POST "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"),
                     400);
    assert_int_equal(status_of_flood("", "\r\n"), 414);
    assert_served("floods");
}

/* Pipelined requests by the thousand, whose answers are read late: the server neither keeps them nor
 * what it was sent. */
static void pipelined_flood(void **state)
{
    int fd = connect_client();
    size_t sent = 0, got = 0;
    long blocks = atomic_load(&live_blocks);

    (void)state;
    for (int i = 0; i < 2000000; i++) {
        long put = send(fd, GET "\r\n", strlen(GET "\r\n"), MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put != (long)strlen(GET "\r\n"))
            break;
        sent++;
    }
    assert_true(sent > 100);
    assert_true(atomic_load(&live_blocks) < blocks + 20);
    assert_served("a pipelined flood");
    (void)shutdown(fd, SHUT_WR);
    for (long more; (more = recv(fd, text, sizeof(text) - 1, 0)) > 0;) {
        text[more] = '\0';
        got += (size_t)more;
    }
    assert_true(got / sent > 100);
    close(fd);
}

/* ---- clients that go away ---------------------------------------------------------------------- */

static void reset_it(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(fd);
}

static void resets(void **state)
{
    static const char post[] = POST "Content-Length: 50000\r\n\r\nhello";

    (void)state;
    for (size_t at = 0; at < sizeof(post); at += 3) {
        int fd = connect_client();

        send_all(fd, post, at);
        reset_it(fd);
    }
    for (int i = 0; i < 100; i++) { /* while the response comes */
        int fd = connect_client();

        peer_send(fd, GET "\r\n");
        if (i % 2)
            (void)recv(fd, text, 10, 0);
        reset_it(fd);
    }
    assert_served("resets");
}

/* The end of the requests is not the end of the responses. */
static void half_closed(void **state)
{
    (void)state;
    assert_int_equal(status_of_request(GET "\r\n", strlen(GET "\r\n")), 200);
    assert_non_null(strstr(text, "\nanswer 42"));
}

/* One byte a millisecond, in the head and in reading: others do not wait for it, and it is cut. */
static void slow_by_bytes(void **state)
{
    static const char slow[] = GET "X-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    promc_http_server *patient = server;
    uint64_t begun = peer_ms();
    int fd;

    (void)state;
    server = impatient;
    fd = connect_client();
    for (size_t at = 0; !peer_readable(fd, 10); at++) {
        assert_true(peer_ms() - begun < 5000);
        (void)send(fd, at < sizeof(slow) ? &slow[at] : "a", 1, MSG_NOSIGNAL);
        if (at % 10 == 0)
            assert_served("a slow byte");
    }
    (void)peer_read_all(fd, text, sizeof(text));
    assert_int_equal(status_of_text(), 408);
    close(fd);
    server = patient;
}

/* ---- flat -------------------------------------------------------------------------------------- */

static size_t open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static long blocks_at_rest;
static size_t files_at_rest;

/* Waits for the last clients of a test to be forgotten. */
static int flat(void **state)
{
    uint64_t end = peer_ms() + 5000;

    (void)state;
    while (peer_ms() < end &&
           (open_files() > files_at_rest || atomic_load(&live_blocks) > blocks_at_rest))
        usleep(1000);
    if (open_files() <= files_at_rest && atomic_load(&live_blocks) <= blocks_at_rest)
        return 0;
    print_error("%ld blocks and %zu descriptors more than before\n",
                atomic_load(&live_blocks) - blocks_at_rest, open_files() - files_at_rest);
    return -1;
}

static int echo(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)arg;
    return promc_http_response_write(response, request->body, request->body_size);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, flat)
    const struct CMUnitTest tests[] = {
        TEST(corpus_has_its_statuses), TEST(nothing_follows_a_refusal), TEST(cut_at_every_byte),
        TEST(nul_at_every_byte),       TEST(floods),                    TEST(pipelined_flood),
        TEST(resets),                  TEST(half_closed),               TEST(slow_by_bytes),
    };
    int failed;

    if (promc_set_allocator(&refusing) != PROMC_OK)
        return 1;
    registry = promc_registry_new();
    promc_gauge_set(promc_gauge_new("answer", "An answer.", .registry = registry), 42);
    server = promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    impatient = promc_start_http_server(0, .address = "127.0.0.1", .registry = registry,
                                        .head_timeout_ms = 500);
    if (!server || !impatient || promc_http_server_route(server, "POST", "/echo", echo, NULL) != PROMC_OK)
        return 1;
    for (int i = 0; i < 3; i++)
        (void)status_of_request(GET "\r\n", strlen(GET "\r\n"));
    usleep(20000);
    blocks_at_rest = atomic_load(&live_blocks);
    files_at_rest = open_files();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    promc_http_server_stop(server);
    promc_http_server_stop(impatient);
    promc_registry_free(registry);
    return failed;
}
