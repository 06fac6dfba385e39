/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait at the same time: from how many scrapes they are answered, and with what. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/net.h"
#include "base/os.h"
#include "forks.h"
#include "inflate.h"
#include "unit/http_peer.h"

#include <promc/promc.h>

#include <ctype.h>
#include <sys/wait.h>

#define GET "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_WITH(headers) "GET /metrics HTTP/1.1\r\nHost: a\r\n" headers "\r\n"

/* ---- what is scraped ------------------------------------------------------------------------- */

static promc_registry *registry;
static promc_http_server *server;

static unsigned collections; /* and the value that each shows */
static unsigned lines;       /* of some 90 bytes that it shows too */
static bool collector_fails;
static int asks_inside = -1; /* a client that asks while it collects */

/* A response of so many is more than what is streamed at a time; more than what is shared. */
enum { LINES_OF_TWO_PIECES = 1000, LINES_TOO_LARGE = 5000 };

static int describe(promc_writer *writer, void *arg)
{
    (void)arg;
    (void)promc_writer_family(writer, PROMC_TYPE_GAUGE, "collections", "Their number.");
    (void)promc_writer_family(writer, PROMC_TYPE_GAUGE, "line", "Something long.");
    return 0;
}

static int collect(promc_writer *writer, void *arg)
{
    promc_family *family =
        promc_writer_family(writer, PROMC_TYPE_GAUGE, "collections", "Their number.");

    (void)arg;
    (void)promc_writer_u64(writer, family, ++collections, NULL);
    if (asks_inside >= 0)
        peer_send(asks_inside, GET);
    asks_inside = -1;
    family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "line", "Something long.");
    for (unsigned i = 0; i < lines; i++) {
        char number[80];

        snprintf(number, sizeof(number), "%070u", i);
        (void)promc_writer_u64(writer, family, i, PROMC_PAIRS({"number", number}));
    }
    return collector_fails ? -1 : 0;
}

static int open_server(promc_http_server_opts options)
{
    const promc_collector collector = {collect, describe, NULL};

    collections = lines = 0;
    collector_fails = false;
    registry = promc_registry_new();
    assert_non_null(promc_gauge_new("plain", "Not collected.", .registry = registry));
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    options.size = sizeof(options);
    options.address = "127.0.0.1";
    options.registry = registry;
    server = promc_http_server_create(&options);
    assert_non_null(server);
    return promc_http_server_port(server);
}

static int set_up(void **state)
{
    (void)state;
    (void)open_server((promc_http_server_opts){.max_connections = 200});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    promc_http_server_stop(server);
    promc_registry_free(registry);
    return 0;
}

/* ---- clients --------------------------------------------------------------------------------- */

static void step(void)
{
    assert_true(promc_http_server_step(server, 0) >= -1);
}

static int client(void)
{
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));

    assert_true(fd >= 0);
    return fd;
}

/* Clients that the server knows. */
static void clients(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fds[i] = client();
    for (size_t i = 0; i <= count / 32; i++)
        step();
}

struct answer {
    int status;
    char text[1 << 20]; /* all that came, */
    size_t size;
    char body[1 << 20]; /* and its body without framing */
    size_t body_size;
};
static struct answer answer;

/* The header line that begins so; NULL if there is none. The head is all there. */
static const char *header(const char *begin)
{
    const char *at = answer.text;

    while ((at = strstr(at, "\r\n") + 2) && *at != '\r')
        if (strncmp(at, begin, strlen(begin)) == 0)
            return at;
    return NULL;
}

static bool has_header(const char *line)
{
    const char *at = header(line);

    return at && at[strlen(line)] == '\r';
}

/* Copies the chunks of a body; where they end, NULL if they are not all there. */
static const char *take_chunks(const char *at)
{
    const char *end = answer.text + answer.size;

    answer.body_size = 0;
    while (at < end && isxdigit((unsigned char)*at)) {
        char *data;
        size_t size = strtoul(at, &data, 16);

        data += 2;
        if (data > end || (size_t)(end - data) < size + 2)
            return NULL;
        if (!size)
            return data + 2;
        memcpy(answer.body + answer.body_size, data, size);
        answer.body_size += size;
        at = data + size + 2;
    }
    return NULL;
}

/* Where the first response ends; NULL if it is not all there. */
static const char *take_body(bool ended)
{
    const char *body = strstr(answer.text, "\r\n\r\n"), *length = NULL;
    size_t there;

    if (!body)
        return NULL;
    body += 4;
    if (has_header("Transfer-Encoding: chunked"))
        return take_chunks(body);
    length = header("Content-Length: ");
    there = answer.size - (size_t)(body - answer.text);
    if (length)
        answer.body_size = strtoul(length + 16, NULL, 10);
    else
        answer.body_size = ended ? there : SIZE_MAX;
    if (answer.body_size > there)
        return NULL;
    memcpy(answer.body, body, answer.body_size);
    return body + answer.body_size;
}

/* Reads one response; the server sends meanwhile. What came behind it is kept for the next call. */
static void read_answer(int fd)
{
    static struct {
        int fd;
        size_t size;
        char text[1 << 20];
    } behind;
    const char *end;
    bool ended = false;

    answer.size = behind.fd == fd ? behind.size : 0;
    memcpy(answer.text, behind.text, answer.size);
    answer.text[answer.size] = '\0';
    for (uint64_t begin = peer_ms(); !(end = take_body(ended));) {
        long got = recv(fd, answer.text + answer.size, sizeof(answer.text) - answer.size - 1,
                        MSG_DONTWAIT);

        assert_false(ended);
        if (got < 0)
            assert_int_equal(errno, EAGAIN);
        ended = got == 0;
        answer.size += got > 0 ? (size_t)got : 0;
        answer.text[answer.size] = '\0';
        assert_true(peer_ms() - begin < 20000);
        if (got < 0)
            step();
    }
    behind.fd = fd;
    behind.size = (size_t)(answer.text + answer.size - end);
    memcpy(behind.text, end, behind.size);
    answer.body[answer.body_size] = '\0';
    answer.status = atoi(answer.text + 9);
}

static void unzip(void)
{
    static char text[sizeof(answer.body)];
    struct inflate inflate;

    assert_int_equal(inflate_gzip(&inflate, answer.body, answer.body_size, text, sizeof(text) - 1),
                     0);
    memcpy(answer.body, text, inflate.out_at);
    answer.body_size = inflate.out_at;
    answer.body[answer.body_size] = '\0';
}

/* What the collector has shown in the answer; 0: nothing. */
static unsigned shown(void)
{
    const char *at = strstr(answer.body, "\ncollections ");

    assert_int_equal(answer.status, 200);
    return at ? (unsigned)strtoul(at + 13, NULL, 10) : 0;
}

/* The lines are all there, in their order. */
static void assert_lines(void)
{
    const char *at = answer.body;

    for (unsigned i = 0; i < lines; i++) {
        char line[128];

        snprintf(line, sizeof(line), "\nline{number=\"%070u\"} %u.0\n", i, i);
        at = strstr(at, line);
        if (!at)
            fail_msg("no line %u", i);
    }
}

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void one_scrape_for_all(void **state)
{
    int fds[8];

    (void)state;
    clients(fds, 8);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 8; i++)
            peer_send(fds[i], GET);
        step();
        assert_int_equal(collections, round);
        for (int i = 0; i < 8; i++) {
            assert_true(peer_readable(fds[i], 0)); /* there is nothing left to be done */
            read_answer(fds[i]);
            assert_int_equal(shown(), round);
        }
    }
    close_all(fds, 8);
}

/* Who is accepted in the turn counts as well. */
static void new_clients_are_among_them(void **state)
{
    int fds[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        fds[i] = client();
        peer_send(fds[i], GET);
    }
    step();
    assert_int_equal(collections, 1);
    for (int i = 0; i < 8; i++) {
        read_answer(fds[i]);
        assert_int_equal(shown(), 1);
    }
    close_all(fds, 8);
}

static void each_kind_has_a_scrape_and_each_client_a_head(void **state)
{
    enum { TEXT = 1, ZIPPED, OPENMETRICS, SOME, OTHERS, NONE, KINDS };
    static const struct {
        int kind;
        const char *request, *header, *other;
    } asked[] = {
        {TEXT, GET, "Vary: Accept, Accept-Encoding", NULL},
        {ZIPPED, GET_WITH("Accept-Encoding: gzip\r\n"), "Content-Encoding: gzip", NULL},
        {TEXT, "GET /metrics HTTP/1.0\r\n\r\n", "Connection: close", NULL},
        {OPENMETRICS, GET_WITH("Accept: application/openmetrics-text; version=1.0.0\r\n"),
         "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8; "
         "escaping=underscores",
         NULL},
        {SOME, "GET /metrics?name[]=collections HTTP/1.1\r\nHost: a\r\n\r\n", NULL, NULL},
        {TEXT, "GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive",
         NULL},
        {ZIPPED, GET_WITH("Accept-Encoding: x-gzip\r\nConnection: close\r\n"), "Connection: close",
         NULL},
        {TEXT, GET_WITH("Accept-Encoding: identity\r\n"), NULL, "Connection: keep-alive"},
        {OTHERS, "GET /metrics?name[]=plain HTTP/1.1\r\nHost: a\r\n\r\n", NULL, NULL},
        {OPENMETRICS,
         GET_WITH("Accept: application/openmetrics-text; version=1.0.0\r\n"
                  "Accept-Encoding: br\r\n"),
         NULL, "Content-Encoding: gzip"},
        {NONE, "GET /metrics?name[]=nobod HTTP/1.1\r\nHost: a\r\n\r\n", NULL, NULL},
        {SOME, "GET /metrics?name[]=collections HTTP/1.0\r\n\r\n", "Connection: close", NULL},
        {OTHERS, "GET /metrics?name[]=plain HTTP/1.1\r\nHost: b\r\n\r\n", NULL, NULL},
    };
    enum { ASKED = sizeof(asked) / sizeof(*asked) };
    static char bodies[KINDS][1 << 17];
    static const unsigned sizes[] = {1,
                                     LINES_OF_TWO_PIECES}; /* copied, and sent from where it is */
    int fds[ASKED];

    (void)state;
    for (size_t s = 0; s < 2; s++) {
        unsigned before = collections;

        lines = sizes[s];
        memset(bodies, 0, sizeof(bodies));
        clients(fds, ASKED);
        for (size_t i = 0; i < ASKED; i++)
            peer_send(fds[i], asked[i].request);
        step();
        assert_int_equal(collections - before, 4); /* nobody collects for "plain" */
        for (size_t i = 0; i < ASKED; i++) {
            char *body = bodies[asked[i].kind];

            read_answer(fds[i]);
            assert_int_equal(answer.status, 200);
            assert_true(has_header("Content-Type: text/plain; version=0.0.4; charset=utf-8") ==
                        (asked[i].kind != OPENMETRICS));
            if (asked[i].header && !has_header(asked[i].header))
                fail_msg("client %zu: %.400s", i, answer.text);
            assert_false(asked[i].other && has_header(asked[i].other));
            assert_int_equal(has_header("Content-Encoding: gzip"), asked[i].kind == ZIPPED);
            if (asked[i].kind == ZIPPED)
                unzip();
            if (asked[i].kind < SOME && s == 0)
                assert_lines();
            assert_true(answer.body_size < sizeof(bodies[0]));
            if (!*body)
                memcpy(body, answer.body, answer.body_size + 1);
            assert_string_equal(answer.body, body);
            assert_true((shown() == 0) == (asked[i].kind > SOME));
            assert_true(!strstr(answer.body, "\nplain 0") ==
                        (asked[i].kind == SOME || asked[i].kind == NONE));
            assert_true(!strstr(answer.body, "# EOF\n") == (asked[i].kind != OPENMETRICS));
        }
        close_all(fds, ASKED);
    }
}

/* A scrape that has begun is no answer to what is asked later: inside it, or behind a request. */
static void later_requests_get_later_scrapes(void **state)
{
    int fds[4];

    (void)state;
    clients(fds, 4);
    peer_send(fds[0], GET GET);
    peer_send(fds[1], GET);
    asks_inside = fds[2];
    step();
    assert_int_equal(collections, 1);
    peer_send(fds[3], GET);
    read_answer(fds[1]);
    assert_int_equal(shown(), 1);
    assert_false(peer_readable(fds[2], 0));
    step();
    assert_int_equal(collections, 2); /* one for the three */
    read_answer(fds[2]);
    assert_int_equal(shown(), 2);
    read_answer(fds[3]);
    assert_int_equal(shown(), 2);
    read_answer(fds[0]);
    assert_int_equal(shown(), 1);
    read_answer(fds[0]);
    assert_int_equal(shown(), 2);
    close_all(fds, 4);
}

/* Many requests of one client are in order, and each scrape is newer than the one before. */
static void pipelined_requests_are_in_order(void **state)
{
    int fds[2];

    (void)state;
    clients(fds, 2);
    for (int i = 0; i < 2; i++)
        peer_send(fds[i], GET GET GET GET GET GET GET GET GET GET GET
                  "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 12; i++)
        step();
    assert_int_equal(collections, 12);
    for (int i = 0; i < 2; i++) {
        const char *at = answer.text;

        assert_true(peer_read_all(fds[i], answer.text, sizeof(answer.text)));
        for (int n = 1; n <= 12; n++) {
            char line[32];

            snprintf(line, sizeof(line), "\ncollections %d.0\n", n);
            at = strstr(at, line);
            assert_non_null(at);
        }
    }
    close_all(fds, 2);
}

static void several_pieces_are_shared(void **state)
{
    int fds[5];

    (void)state;
    lines = LINES_OF_TWO_PIECES;
    clients(fds, 5);
    for (int i = 0; i < 5; i++)
        peer_send(fds[i], GET);
    step();
    assert_int_equal(collections, 1);
    for (int i = 0; i < 5; i++) {
        read_answer(fds[i]);
        assert_int_equal(shown(), 1);
        assert_false(has_header("Transfer-Encoding: chunked"));
        assert_true(answer.body_size > 60 * 1024);
        assert_lines();
    }
    assert_int_equal(collections, 1);
    close_all(fds, 5);
}

/* Each its own stream then, and the scrape that turned out to be too large is the first one's. */
static void what_is_too_large_is_streamed(void **state)
{
    int fds[3];

    (void)state;
    lines = LINES_TOO_LARGE;
    clients(fds, 3);
    peer_send(fds[0], GET);
    peer_send(fds[1], "GET /metrics HTTP/1.0\r\n\r\n");
    peer_send(fds[2], GET);
    step();
    assert_int_equal(collections, 3);
    for (int i = 0; i < 3; i++) {
        read_answer(fds[i]);
        assert_in_range(shown(), 1, 3);
        assert_true(has_header("Transfer-Encoding: chunked") == (i != 1));
        assert_true(answer.body_size > 400 * 1024);
        assert_lines();
    }
    assert_int_equal(collections, 3);
    close_all(fds, 3);
}

static void who_waits_may_leave(void **state)
{
    int fds[6];

    (void)state;
    lines = LINES_OF_TWO_PIECES;
    for (int leaver = 0; leaver < 6; leaver++) {
        const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

        clients(fds, 6);
        for (int i = 0; i < 6; i++)
            peer_send(fds[i], GET);
        if (leaver % 2)
            assert_int_equal(
                setsockopt(fds[leaver], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
        close(fds[leaver]);
        step();
        assert_int_equal(collections, leaver + 1);
        for (int i = 0; i < 6; i++) {
            if (i == leaver)
                continue;
            read_answer(fds[i]);
            assert_int_equal(shown(), leaver + 1);
            close(fds[i]);
        }
        step();
    }
}

/* The server's descriptors in the order of its clients, and how many bytes the first two take. */
static struct promc__net real_net;
static int accepted[4];
static size_t accepted_count, slow_room[2];

static int noting_accept(int fd)
{
    int got = real_net.accept(fd);

    if (got >= 0 && accepted_count < 4)
        accepted[accepted_count++] = got;
    return got;
}

static long slow_send(int fd, const void *data, size_t size, const void *more, size_t more_size)
{
    size_t *room = fd == accepted[0] ? &slow_room[0] : fd == accepted[1] ? &slow_room[1] : NULL;
    long sent = -1;

    if (!room)
        return real_net.send(fd, data, size, more, more_size);
    size = size < *room ? size : *room;
    more_size = more_size < *room - size ? more_size : *room - size;
    errno = EAGAIN;
    if (*room)
        sent = real_net.send(fd, data, size, more, more_size);
    *room -= sent > 0 ? (size_t)sent : 0;
    return sent;
}

/* Two of the four clients of a server get the first bytes of a response only. */
static void begin_slowly(int fds[4])
{
    real_net = promc__net;
    promc__net.accept = noting_accept;
    promc__net.send = slow_send;
    lines = LINES_OF_TWO_PIECES;
    accepted_count = 0;
    clients(fds, 4);
}

/* It keeps what it was to get; the others go on, with newer scrapes. */
static void a_slow_reader_costs_only_itself(void **state)
{
    int fds[4];

    (void)state;
    begin_slowly(fds);
    for (unsigned round = 1; round <= 5; round++) {
        for (int i = round == 1 ? 0 : 2; i < 4; i++)
            peer_send(fds[i], GET);
        slow_room[0] = slow_room[1] = 100; /* in the head, and then across its end */
        step();
        assert_int_equal(collections, round);
        for (int i = 2; i < 4; i++) {
            read_answer(fds[i]);
            assert_int_equal(shown(), round);
            assert_lines();
        }
    }
    assert_true(peer_readable(fds[0], 0));
    close(fds[0]); /* the first one: what it had stays the other one's */
    step();
    slow_room[1] = SIZE_MAX;
    read_answer(fds[1]);
    assert_int_equal(shown(), 1);
    assert_lines();
    assert_int_equal(collections, 5);
    close_all(fds + 1, 3);
    promc__net = real_net;
}

/* A child's copy of what is shared, and of who waits for the second of its requests. */
static void a_child_gives_it_back_here(void **state)
{
    int fds[4], status;
    pid_t child;

    (void)state;
    begin_slowly(fds);
    for (int i = 0; i < 4; i++)
        peer_send(fds[i], GET GET);
    slow_room[0] = slow_room[1] = 400;
    step();
    assert_int_equal(collections, 1);
    child = fork();
    if (child == 0) {
        promc_http_server_stop(server);
        promc_registry_free(registry);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    slow_room[0] = slow_room[1] = SIZE_MAX;
    for (int i = 0; i < 4; i++)
        for (unsigned n = 1; n <= 2; n++) {
            read_answer(fds[i]);
            assert_true(shown() == 1 || n > 1);
            assert_lines();
        }
    close_all(fds, 4);
    promc__net = real_net;
}

static void a_child_gives_it_back(void **state)
{
    skip_without_forks();
    a_child_gives_it_back_here(state);
}

/* More than a turn scrapes for: the others wait for the next one. */
static void a_turn_has_an_end(void **state)
{
    enum { COUNT = 96, KNOWN = 64 };
    int fds[COUNT];
    unsigned first = 0;

    (void)state;
    clients(fds, KNOWN);
    for (int i = KNOWN; i < COUNT; i++)
        fds[i] = client();
    for (int i = COUNT; i-- > 0;)
        peer_send(fds[i], GET);
    for (int i = 0; i < 4; i++)
        step();
    assert_int_equal(collections, 2);
    for (int i = 0; i < COUNT; i++) {
        read_answer(fds[i]);
        first += shown() == 1;
    }
    assert_int_equal(collections, 2);
    assert_int_equal(first, 64);
    close_all(fds, COUNT);
}

/* More clients than a turn scrapes for always have a further request: another one has its turn all the
 * same. */
static void everybody_has_a_turn(void **state)
{
    enum { COUNT = 80, REQUESTS = 20, TURNS = 5 };
    int fds[COUNT + 1];
    char byte;

    (void)state;
    clients(fds, COUNT);
    for (int i = 0; i < COUNT; i++)
        for (int n = 0; n < REQUESTS; n++)
            peer_send(fds[i], GET);
    step();
    fds[COUNT] = client();
    peer_send(fds[COUNT], GET);
    for (int i = 0; i < TURNS; i++)
        step();
    assert_int_equal(recv(fds[COUNT], &byte, 1, MSG_DONTWAIT | MSG_PEEK), 1);
    close_all(fds, COUNT + 1);
}

static void a_failure_is_everybodys(void **state)
{
    int fds[3];

    (void)state;
    collector_fails = true;
    clients(fds, 3);
    for (int i = 0; i < 3; i++)
        peer_send(fds[i], GET);
    step();
    for (int i = 0; i < 3; i++) {
        read_answer(fds[i]);
        assert_int_equal(answer.status, 500);
    }
    collector_fails = false;
    for (int i = 0; i < 3; i++)
        peer_send(fds[i], GET);
    step();
    for (int i = 0; i < 3; i++) {
        read_answer(fds[i]);
        assert_true(shown() > 0);
    }
    close_all(fds, 3);
}

/* One whose request is complete waits for the server, which is no reason to be closed. */
static uint64_t clock_ns = 1000000000;

static uint64_t scripted_ns(void)
{
    return clock_ns;
}

static void who_waits_is_not_evicted(void **state)
{
    uint64_t (*real_ns)(void) = promc__os.monotonic_ns;
    int waiting, new, port;

    (void)state;
    promc__os.monotonic_ns = scripted_ns;
    port = open_server((promc_http_server_opts){.max_connections = 1});
    waiting = peer_connect("127.0.0.1", port);
    peer_send(waiting, "GET /metrics HTTP/1.1\r\n");
    step();
    step();
    clock_ns += (uint64_t)5000 * 1000000;
    peer_send(waiting, "Host: a\r\n\r\n");
    new = peer_connect("127.0.0.1", port);
    step();
    read_answer(waiting);
    assert_int_equal(shown(), 1);
    read_answer(new);
    assert_int_equal(answer.status, 503);
    close(waiting);
    close(new);
    (void)tear_down(state);
    promc__os.monotonic_ns = real_ns;
}

/* Between two turns a client may wait for the second of its requests. */
static void a_stop_forgets_who_waits(void **state)
{
    int fds[2];

    (void)state;
    (void)open_server((promc_http_server_opts){.port = 0});
    lines = LINES_OF_TWO_PIECES;
    clients(fds, 2);
    peer_shrink(fds[1]);
    peer_send(fds[0], GET GET);
    peer_send(fds[1], GET GET);
    step();
    assert_int_equal(collections, 1);
    (void)tear_down(state);
    (void)peer_read_all(fds[0], answer.text, sizeof(answer.text));
    assert_non_null(strstr(answer.text, "\ncollections 1.0\n"));
    assert_null(strstr(answer.text, "\ncollections 2.0\n"));
    close_all(fds, 2);
}

static void each_request_is_counted(void **state)
{
    int fds[3];

    (void)state;
    (void)open_server((promc_http_server_opts){.self_metrics = true});
    clients(fds, 3);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++)
            peer_send(fds[i], GET);
        step();
        for (int i = 0; i < 3; i++)
            read_answer(fds[i]);
    }
    assert_int_equal(collections, 2);
    assert_non_null(
        strstr(answer.body, "\npromc_http_requests_total{code=\"200\",method=\"GET\"} 3.0\n"));
    close_all(fds, 3);
    (void)tear_down(state);
}

/* ---- a transport ----------------------------------------------------------------------------- */

/* Takes from the socket all there is and gives it a few bytes at a time, as TLS does with its
 * records: the poller sees nothing of what it holds. */
struct hoard {
    int fd;
    char data[4096];
    size_t size, at;
};

static void *hoard_open(int fd, void *arg)
{
    struct hoard *hoard = calloc(1, sizeof(*hoard));

    (void)arg;
    hoard->fd = fd;
    return hoard;
}

static long hoard_read(void *session, void *data, size_t size)
{
    struct hoard *hoard = session;
    long got;

    if (hoard->at == hoard->size) {
        hoard->at = hoard->size = 0;
        got = recv(hoard->fd, hoard->data, sizeof(hoard->data), 0);
        if (got <= 0)
            return got == 0 ? 0 : PROMC_TRANSPORT_WANT_READ;
        hoard->size = (size_t)got;
    }
    size = size < 20 ? size : 20;
    size = size < hoard->size - hoard->at ? size : hoard->size - hoard->at;
    memcpy(data, hoard->data + hoard->at, size);
    hoard->at += size;
    return (long)size;
}

static long hoard_write(void *session, const void *data, size_t size)
{
    long put = send(((struct hoard *)session)->fd, data, size, MSG_NOSIGNAL);

    return put >= 0 ? put : errno == EAGAIN ? PROMC_TRANSPORT_WANT_WRITE : PROMC_TRANSPORT_FAILED;
}

static void transports_go_on(void **state)
{
    static const promc_transport transport = {hoard_open, hoard_read, hoard_write, free, NULL};
    static const unsigned sizes[] = {1, LINES_OF_TWO_PIECES, LINES_TOO_LARGE};
    int fds[3];

    (void)state;
    (void)open_server((promc_http_server_opts){.transport = &transport});
    for (size_t s = 0; s < 3; s++) {
        lines = sizes[s];
        clients(fds, 3);
        for (int i = 0; i < 3; i++)
            peer_send(fds[i], GET GET);
        for (int i = 0; i < 3; i++) {
            unsigned first;

            read_answer(fds[i]);
            first = shown();
            assert_true(first > 0);
            assert_lines();
            read_answer(fds[i]);
            assert_true(shown() > first);
            assert_lines();
        }
        close_all(fds, 3);
        step();
    }
    (void)tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(one_scrape_for_all),
        TEST(new_clients_are_among_them),
        TEST(each_kind_has_a_scrape_and_each_client_a_head),
        TEST(later_requests_get_later_scrapes),
        TEST(pipelined_requests_are_in_order),
        TEST(several_pieces_are_shared),
        TEST(what_is_too_large_is_streamed),
        TEST(who_waits_may_leave),
        TEST(a_slow_reader_costs_only_itself),
        TEST(a_child_gives_it_back),
        TEST(a_turn_has_an_end),
        TEST(everybody_has_a_turn),
        TEST(a_failure_is_everybodys),
        cmocka_unit_test(who_waits_is_not_evicted),
        cmocka_unit_test(a_stop_forgets_who_waits),
        cmocka_unit_test(each_request_is_counted),
        cmocka_unit_test(transports_go_on),
    };

    alarm(300); /* something hangs */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
