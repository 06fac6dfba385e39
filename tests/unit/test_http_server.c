/* SPDX-License-Identifier: Apache-2.0 */
/* The server on real sockets of this machine: 127.0.0.1, ::1 and unix sockets. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/compiler.h"
#include "forks.h"
#include "unit/http_peer.h"

#include <promc/http.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif
#include <sys/wait.h>

#define REQUEST "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define LAST_REQUEST "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static promc_registry *registry; /* one gauge, "answer" */
static promc_registry *large;    /* about 9 MB, more than sockets take */

static int set_up(void **state)
{
    promc_gauge *gauge;
    promc_gauge_family *family;

    (void)state;
    registry = promc_registry_new();
    large = promc_registry_new();
    gauge = promc_gauge_new("answer", "An answer.", .registry = registry);
    family = promc_gauge_family_new("many", "Many.", PROMC_LABELS("number"), .registry = large);
    if (!registry || !large || !gauge || !family)
        return -1;
    promc_gauge_set(gauge, 42);
    for (int i = 0; i < 300000; i++) {
        char number[24];

        snprintf(number, sizeof(number), "%d", i);
        promc_gauge_set(promc_gauge_labels(family, number), i);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    promc_registry_free(registry);
    promc_registry_free(large);
    return 0;
}

static void assert_scrape(int fd)
{
    char text[4096];

    assert_true(fd >= 0);
    peer_send(fd, LAST_REQUEST);
    peer_read_all(fd, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "\nanswer 42.0\n"));
    close(fd);
}

static void addresses(void **state)
{
    static const struct {
        const char *listen, *connect;
    } pairs[] = {{"127.0.0.1", "127.0.0.1"},
                 {NULL, "127.0.0.1"},
                 {"localhost", "127.0.0.1"},
                 {"::1", "::1"},
                 {"[::1]", "::1"},
                 {NULL, "::1"},
                 {"::", "::1"},
                 {"::", "127.0.0.1"},
                 {"0.0.0.0", "127.0.0.1"}};

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        promc_http_server *server;

        if (strchr(pairs[i].connect, ':') && !peer_has_ipv6())
            continue;
        server = promc_start_http_server(0, .address = pairs[i].listen, .registry = registry);
        if (!server)
            fail_msg("%s: %s", pairs[i].listen, promc_last_error()->message);
        assert_true(promc_http_server_port(server) > 0);
        assert_int_equal(promc_http_server_fd(server), -1);
        assert_scrape(peer_connect(pairs[i].connect, promc_http_server_port(server)));
        promc_http_server_stop(server);
    }
}

static void failures_to_bind_are_errors(void **state)
{
    promc_http_server *server = promc_start_http_server(0, .address = "127.0.0.1");
    int port = promc_http_server_port(server);
    char text[16];

    (void)state;
    assert_non_null(server);
    assert_null(promc_start_http_server(port, .address = "127.0.0.1"));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_SYSTEM);
    snprintf(text, sizeof(text), ":%d", port);
    assert_non_null(strstr(promc_last_error()->message, "127.0.0.1"));
    assert_non_null(strstr(promc_last_error()->message, text));
    promc_http_server_stop(server);
    assert_null(promc_start_http_server(-1));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_null(promc_start_http_server(65536));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_null(promc_start_http_server(0, .address = "256.1.1.1.invalid."));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_SYSTEM);
    assert_null(promc_start_http_server(0, .address = "192.0.2.1")); /* RFC 5737: nobody's */
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_SYSTEM);
    assert_null(promc_start_http_server(0, .path = "metrics"));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_null(promc_start_http_server(0, .authenticate = "a\r\nb: c"));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_null(promc_start_http_server(0, .transport = &(promc_transport){.open = NULL}));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    promc_http_server_stop(NULL);
    assert_int_equal(promc_http_server_port(NULL), 0);
    assert_int_equal(promc_http_server_fd(NULL), -1);
    assert_int_equal(promc_http_server_step(NULL, 0), PROMC_ERROR_ARGUMENT);
}

static void definition_errors_stop_the_start(void **state)
{
    promc_registry *bad = promc_registry_new();

    (void)state;
    assert_null(promc_counter_new("", "Help of none.", .registry = bad));
    assert_null(promc_start_http_server(0, .registry = bad));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_NAME);
    promc_registry_free(bad);
}

static void stop_and_restart_on_the_same_port(void **state)
{
    int port = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        promc_http_server *server =
            promc_start_http_server(port, .address = "127.0.0.1", .registry = registry);
        int idle;

        if (!server)
            fail_msg("%s", promc_last_error()->message);
        port = promc_http_server_port(server);
        idle = peer_connect("127.0.0.1", port);
        peer_send(idle, "GET / HT");
        assert_scrape(peer_connect("127.0.0.1", port));
        promc_http_server_stop(server);
        assert_true(peer_at_end(idle));
        close(idle);
        assert_int_equal(peer_connect("127.0.0.1", port), -1);
    }
}

static void unix_sockets(void **state)
{
    char path[64], text[4096];
    promc_http_server *server, *second;
    struct stat info;
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "/tmp/promc-test-%ld.sock", (long)getpid());
    unlink(path);
    server = promc_start_http_server(0, .unix_path = path, .registry = registry);
    assert_non_null(server);
    assert_int_equal(promc_http_server_port(server), 0);
    assert_scrape(peer_connect_unix(path));
    /* In use: not replaced. */
    assert_null(promc_start_http_server(0, .unix_path = path, .registry = registry));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_SYSTEM);
    assert_non_null(strstr(promc_last_error()->message, path));
    assert_scrape(peer_connect_unix(path));
    promc_http_server_stop(server);
    assert_int_not_equal(stat(path, &info), 0);
    /* Left over: replaced. */
    fd = peer_bind_unix(path);
    close(fd);
    assert_int_equal(stat(path, &info), 0);
    server = promc_start_http_server(0, .unix_path = path, .registry = registry);
    assert_non_null(server);
    /* Taken over by another one: stays when the first one ends. */
    unlink(path);
    second = promc_start_http_server(0, .unix_path = path, .registry = registry);
    assert_non_null(second);
    promc_http_server_stop(server);
    assert_scrape(peer_connect_unix(path));
    promc_http_server_stop(second);
    /* Not a socket: stays. */
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_null(promc_start_http_server(0, .unix_path = path, .registry = registry));
    assert_non_null(strstr(promc_last_error()->message, "what is there is no socket"));
    assert_int_equal(stat(path, &info), 0);
    unlink(path);
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_null(promc_start_http_server(0, .unix_path = text));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_null(promc_start_http_server(0, .unix_path = ""));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
}

static void given_descriptors(void **state)
{
    int port, fd = peer_listen(&port);
    promc_http_server *server =
        promc_start_http_server(0, .fd = PROMC_FD(fd), .registry = registry);

    (void)state;
    assert_non_null(server);
    assert_int_equal(promc_http_server_port(server), port);
    assert_scrape(peer_connect("127.0.0.1", port));
    promc_http_server_stop(server);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    /* One that is not listening stays the caller's. */
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_null(promc_start_http_server(0, .fd = PROMC_FD(fd)));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_int_equal(close(fd), 0);
    assert_null(promc_start_http_server(0, .fd = PROMC_FD(fd)));
}

/* ---- in an event loop ------------------------------------------------------------------------ */

/* Steps until the peer has something to read. */
static void step_until_readable(promc_http_server *server, int peer)
{
    for (int i = 0; i < 1000 && !peer_readable(peer, 0); i++)
        assert_true(promc_http_server_step(server, 10) >= -1);
    assert_true(peer_readable(peer, 0));
}

static void steps(void **state)
{
    promc_http_server *server = promc_http_server_open(0, .address = "127.0.0.1",
                                                       .registry = registry, .head_timeout_ms = 30);
    struct pollfd entry;
    char text[4096];
    int fd, next;

    (void)state;
    assert_non_null(server);
    entry = (struct pollfd){.fd = promc_http_server_fd(server), .events = POLLIN};
    assert_true(entry.fd >= 0);
    assert_int_equal(promc_http_server_step(server, 0), -1); /* nothing to wait for */
    assert_int_equal(poll(&entry, 1, 0), 0);
    fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    assert_int_equal(poll(&entry, 1, 1000), 1);
    next = promc_http_server_step(server, 0);
    assert_in_range(next, 0, 30);
    peer_send(fd, REQUEST);
    assert_int_equal(poll(&entry, 1, 1000), 1);
    step_until_readable(server, fd);
    assert_true(recv(fd, text, sizeof(text), 0) > 0);
    /* A head that does not come is over after the deadline. */
    peer_send(fd, "GET /");
    step_until_readable(server, fd);
    peer_read_some(fd, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 408 "));
    close(fd);
    promc_http_server_stop(server);
}

/* ---- slow clients ---------------------------------------------------------------------------- */

static void past_the_limit(void **state)
{
    promc_http_server *server = promc_start_http_server(0, .address = "127.0.0.1",
                                                        .registry = registry, .max_connections = 2);
    int port = promc_http_server_port(server), first, second, third;
    char text[4096];

    (void)state;
    first = peer_connect("127.0.0.1", port);
    peer_exchange(first, REQUEST, text, sizeof(text));
    second = peer_connect("127.0.0.1", port);
    peer_exchange(second, REQUEST, text, sizeof(text));
    third = peer_connect("127.0.0.1", port);
    peer_read_all(third, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 503 Service Unavailable\r\n"));
    close(third);
    /* One leaves, one can come. */
    close(first);
    for (int tries = 0;; tries++) {
        third = peer_connect("127.0.0.1", port);
        peer_exchange(third, LAST_REQUEST, text, sizeof(text));
        close(third);
        if (strstr(text, "HTTP/1.1 200 OK"))
            break;
        assert_true(tries < 1000); /* until the server has seen it leave */
    }
    peer_exchange(second, REQUEST, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
    close(second);
    promc_http_server_stop(server);
}

/* A reader that stalls in the middle of a large scrape holds up nobody. */
static void stalled_reader(void **state)
{
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = large);
    int port = promc_http_server_port(server), stalled = peer_connect("127.0.0.1", port);
    static char text[16 << 20];
    uint64_t begin;

    (void)state;
    peer_send(stalled, REQUEST);
    assert_true(peer_readable(stalled, 5000));
    for (int i = 0; i < 3; i++) {
        int fd = peer_connect("127.0.0.1", port);

        begin = peer_ms();
        peer_send(fd, LAST_REQUEST);
        peer_read_all(fd, text, sizeof(text));
        assert_true(peer_ms() - begin < 5000);
        assert_true(strlen(text) > 1000000);
        assert_non_null(strstr(text, "many{number=\"299999\"} 299999.0\n"));
        assert_string_equal(text + strlen(text) - 5, "0\r\n\r\n");
        close(fd);
    }
    /* It still gets everything, when it wants it. */
    peer_send(stalled, LAST_REQUEST);
    peer_read_all(stalled, text, sizeof(text));
    assert_non_null(strstr(text, "many{number=\"299999\"} 299999.0\n"));
    close(stalled);
    promc_http_server_stop(server);
}

static void responses_have_a_deadline(void **state)
{
    promc_http_server *server = promc_start_http_server(
        0, .address = "127.0.0.1", .registry = large, .response_timeout_ms = 50);
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    static char text[16 << 20];

    (void)state;
    peer_shrink(fd);
    peer_send(fd, REQUEST);
    /* The reset takes what was not read with it. */
    assert_true(peer_hung_up(fd, 5000));
    assert_false(peer_read_all(fd, text, sizeof(text)));
    assert_true(strlen(text) < 5 || strcmp(text + strlen(text) - 5, "0\r\n\r\n") != 0);
    close(fd);
    promc_http_server_stop(server);
}

/* 1,000 clients that send a head byte by byte, or nothing, or never read: scrapes succeed. */
static void a_thousand_slow_clients(void **state)
{
    enum { COUNT = 1000 };
    static int fds[COUNT];
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = large);
    int port = promc_http_server_port(server), count = 0, good = 0;
    static char text[16 << 20];

    (void)state;
    if (!peer_may_open(2 * COUNT + 200))
        skip();
    for (count = 0; count < COUNT; count++) {
        fds[count] = peer_connect("127.0.0.1", port);
        assert_true(fds[count] >= 0);
        if (count % 3 == 1)
            (void)send(fds[count], "GET / HT", 8, MSG_NOSIGNAL);
        else if (count % 10 == 2)
            (void)send(fds[count], REQUEST, strlen(REQUEST), MSG_NOSIGNAL);
    }
    for (uint64_t end = peer_ms() + 60000; good < 3 && peer_ms() < end;) {
        int fd = peer_connect("127.0.0.1", port);

        (void)send(fd, LAST_REQUEST, strlen(LAST_REQUEST), MSG_NOSIGNAL);
        if (peer_read_all(fd, text, sizeof(text)) && strstr(text, "HTTP/1.1 200 OK")) {
            assert_non_null(strstr(text, "many{number=\"299999\"} 299999.0\n"));
            good++;
        }
        close(fd);
        /* they go on being slow */
        (void)send(fds[good * 3 + 1], "T", 1, MSG_NOSIGNAL);
    }
    assert_int_equal(good, 3);
    while (count)
        close(fds[--count]);
    promc_http_server_stop(server);
}

/* ---- routes, threads, signals ---------------------------------------------------------------- */

static int hello(const promc_http_request *request, promc_http_response *response, void *arg)
{
    sigset_t mask;

    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    if (!sigismember(&mask, SIGTERM) || !sigismember(&mask, SIGINT))
        return -1;
#if defined(__linux__)
    char name[16] = "";

    if (prctl(PR_GET_NAME, name) != 0 || strcmp(name, "promc-http") != 0)
        return -1;
#endif
    promc_http_response_status(response, 201);
    return promc_http_response_write(response, request->body, request->body_size) ||
           promc_http_response_write(response, arg, strlen(arg));
}

static void routes_while_it_runs(void **state)
{
    static char greeting[] = " world";
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    char text[4096];

    (void)state;
    peer_exchange(fd, "OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n", text, sizeof(text));
    assert_non_null(strstr(text, "Allow: OPTIONS, GET, HEAD\r\n"));
    assert_int_equal(promc_http_server_route(server, "POST", "/hello", hello, greeting), PROMC_OK);
    assert_int_equal(promc_http_server_route(server, "POST", "/hello", hello, greeting),
                     PROMC_ERROR_DUPLICATE);
    assert_int_equal(promc_http_server_route(NULL, "POST", "/x", hello, greeting),
                     PROMC_ERROR_ARGUMENT);
    peer_exchange(fd, "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", text,
                  sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 201 Created\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nhello world"));
    close(fd);
    promc_http_server_stop(server);
}

static int stop_inside(const promc_http_request *request, promc_http_response *response, void *arg)
{
    promc_http_server **server = arg;

    (void)request, (void)response;
    promc_http_server_stop(*server);
    if (promc_last_error()->code != PROMC_ERROR_STATE)
        return -1;
    return promc_http_server_step(*server, 0) == PROMC_ERROR_STATE ? 0 : -1;
}

static void not_from_its_own_handler(void **state)
{
    static promc_http_server *server;
    char text[4096];
    int fd;

    (void)state;
    server = promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    assert_int_equal(promc_http_server_route(server, NULL, "/stop", stop_inside, &server),
                     PROMC_OK);
    fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    peer_exchange(fd, "GET /stop HTTP/1.1\r\nHost: a\r\n\r\n", text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_int_equal(promc_http_server_step(server, 0), PROMC_ERROR_STATE);
    close(fd);
    promc_http_server_stop(server);
}

/* An early answer to a client that goes on sending: it must be able to read it. */
static void refused_bodies_do_not_reset(void **state)
{
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    char text[4096], block[1024];

    (void)state;
    memset(block, 'x', sizeof(block));
    peer_send(fd, "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    for (int i = 0; i < 200; i++)
        (void)send(fd, block, sizeof(block), MSG_NOSIGNAL);
    assert_true(peer_read_all(fd, text, sizeof(text)));
    assert_non_null(strstr(text, "HTTP/1.1 405 Method Not Allowed\r\n"));
    close(fd);
    promc_http_server_stop(server);
}

static void own_metrics(void **state)
{
    promc_registry *own = promc_registry_new();
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = own, .self_metrics = true);
    promc_http_server *other;
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    static char text[65536];
    promc_text after;

    (void)state;
    assert_non_null(server);
    assert_null(
        promc_start_http_server(0, .address = "127.0.0.1", .registry = own, .self_metrics = true));
    /* Which is that server's failure, not a definition's. */
    assert_int_equal(promc_registry_first_error(own, NULL), PROMC_OK);
    other = promc_start_http_server(0, .address = "127.0.0.1", .registry = own);
    assert_non_null(other);
    promc_http_server_stop(other);
    peer_exchange(fd, "HACK1 / HTTP/1.1\r\nHost: a\r\n\r\n", text, sizeof(text));
    peer_exchange(fd, REQUEST, text, sizeof(text));
    peer_exchange(fd, REQUEST, text, sizeof(text));
    assert_non_null(strstr(text, "\npromc_http_requests_total{code=\"200\",method=\"GET\"} 1.0\n"));
    assert_non_null(
        strstr(text, "\npromc_http_requests_total{code=\"405\",method=\"other\"} 1.0\n"));
    assert_non_null(strstr(text, "\npromc_http_connections 1.0\n"));
    assert_non_null(strstr(text, "\npromc_http_response_bytes_total "));
    assert_null(strstr(text, "HACK"));
    close(fd);
    promc_http_server_stop(server);
    assert_int_equal(promc_generate_latest(own, &after), PROMC_OK);
    assert_int_equal(after.size, 0);
    promc_text_free(&after);
    promc_registry_free(own);
}

/* ---- a transport ----------------------------------------------------------------------------- */

/* Turns every bit round, moves one to three bytes at a time, and often wants the other direction.
 */
struct twisted {
    int fd;
    unsigned turn;
};
static atomic_int sessions;
static atomic_bool refuse_session;

static void *twisted_open(int fd, void *arg)
{
    struct twisted *session = atomic_load(&refuse_session) ? NULL : calloc(1, sizeof(*session));

    (void)arg;
    if (!session)
        return NULL;
    session->fd = fd;
    atomic_fetch_add(&sessions, 1);
    return session;
}

static long twisted_read(void *opaque, void *data, size_t size)
{
    struct twisted *session = opaque;
    unsigned char *bytes = data;
    long got;

    if (++session->turn % 5 == 0)
        return PROMC_TRANSPORT_WANT_WRITE;
    got = recv(session->fd, data, size < 3 ? size : 3, 0);
    if (got < 0)
        return errno == EAGAIN ? PROMC_TRANSPORT_WANT_READ : PROMC_TRANSPORT_FAILED;
    for (long i = 0; i < got; i++)
        bytes[i] = (unsigned char)~bytes[i];
    return got;
}

static long twisted_write(void *opaque, const void *data, size_t size)
{
    struct twisted *session = opaque;
    unsigned char bytes[100];
    long put;

    if (++session->turn % 7 == 0)
        return PROMC_TRANSPORT_WANT_WRITE;
    if (size > sizeof(bytes))
        size = sizeof(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)~((const unsigned char *)data)[i];
    put = send(session->fd, bytes, size, MSG_NOSIGNAL);
    if (put < 0)
        return errno == EAGAIN ? PROMC_TRANSPORT_WANT_WRITE : PROMC_TRANSPORT_FAILED;
    return put;
}

static void twisted_close(void *opaque)
{
    free(opaque);
    atomic_fetch_sub(&sessions, 1);
}

/* All that comes back, as it was meant. */
static void exchange_twisted(int fd, const char *request, char *text, size_t room)
{
    for (; *request; request++)
        assert_int_equal(send(fd, &(char){(char)~*request}, 1, MSG_NOSIGNAL), 1);
    assert_true(peer_read_all(fd, text, room));
    for (char *at = text; *at; at++)
        *at = (char)~*at;
}

/* A body that nobody reads: the session ends with the answer, the connection a little later. */
static void transports_linger(void **state)
{
    const promc_transport transport = {twisted_open, twisted_read, twisted_write, twisted_close,
                                       NULL};
    promc_http_server *server = promc_start_http_server(
        0, .address = "127.0.0.1", .registry = registry, .transport = &transport);
    char text[4096];
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));

    (void)state;
    exchange_twisted(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n", text,
                     sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 405 "));
    assert_int_equal(atomic_load(&sessions), 0);
    peer_send(fd, "the body");
    close(fd);
    promc_http_server_stop(server);
    assert_int_equal(atomic_load(&sessions), 0);
}

static void transports(void **state)
{
    const promc_transport transport = {twisted_open, twisted_read, twisted_write, twisted_close,
                                       NULL};
    promc_http_server *server = promc_start_http_server(
        0, .address = "127.0.0.1", .registry = registry, .transport = &transport);
    char text[4096];
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));

    (void)state;
    exchange_twisted(fd, LAST_REQUEST, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "\nanswer 42.0\n"));
    close(fd);
    fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    promc_http_server_stop(server);
    assert_int_equal(atomic_load(&sessions), 0);
    close(fd);
    atomic_store(&refuse_session, true);
    server = promc_start_http_server(0, .address = "127.0.0.1", .registry = registry,
                                     .transport = &transport);
    fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    peer_read_all(fd, text, sizeof(text));
    assert_string_equal(text, "");
    close(fd);
    promc_http_server_stop(server);
    atomic_store(&refuse_session, false);
}

/* ---- stopping -------------------------------------------------------------------------------- */

static atomic_int collecting;

static int slow_collector(promc_writer *writer, void *arg)
{
    const struct timespec pause = {.tv_nsec = 200 * 1000000};

    (void)writer, (void)arg;
    atomic_fetch_add(&collecting, 1);
    return nanosleep(&pause, NULL);
}

/* Ten clients wait for a slow collector; the stop waits for one of them. */
static void stop_waits_for_one_collector(void **state)
{
    const promc_collector collector = {slow_collector, NULL, NULL};
    promc_registry *slow = promc_registry_new();
    promc_http_server *server;
    char request[64];
    int fds[10];

    (void)state;
    assert_int_equal(promc_registry_register(slow, &collector), PROMC_OK);
    server = promc_start_http_server(0, .address = "127.0.0.1", .registry = slow);
    assert_non_null(server);
    for (int i = 0; i < 10; i++) {
        fds[i] = peer_connect("127.0.0.1", promc_http_server_port(server));
        snprintf(request, sizeof(request), "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
        peer_send(fds[i], request); /* no two of them share a scrape */
    }
    assert_true(peer_readable(fds[0], 5000)); /* so the others are next */
    promc_http_server_stop(server);
    assert_in_range(atomic_load(&collecting), 1, 4);
    for (int i = 0; i < 10; i++)
        close(fds[i]);
    promc_registry_free(slow);
}

/* ---- fork ------------------------------------------------------------------------------------ */

/* Starting one in the child works; its exit status. (ThreadSanitizer has no threads after fork.) */
static int start_in_child(void)
{
#if !defined(PROMC__TSAN)
    promc_http_server *own =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    char text[4096];
    int fd;

    if (!own)
        return 4;
    fd = peer_connect("127.0.0.1", promc_http_server_port(own));
    peer_exchange(fd, LAST_REQUEST, text, sizeof(text));
    close(fd);
    promc_http_server_stop(own);
    return strstr(text, "\nanswer 42.0\n") ? 0 : 5;
#else
    return 0;
#endif
}

/* What the child finds; its exit status. */
static int in_child(promc_http_server *threaded, promc_http_server *stepped)
{
    if (promc_http_server_fd(stepped) != -1)
        return 1;
    if (promc_http_server_step(stepped, 0) != PROMC_ERROR_STATE)
        return 2;
    if (promc_http_server_route(threaded, NULL, "/x", hello, NULL) != PROMC_ERROR_STATE)
        return 3;
    promc_http_server_stop(threaded);
    promc_http_server_stop(stepped);
    return start_in_child();
}

static void servers_belong_to_the_parent_here(void **state)
{
    char path[64], text[4096];
    promc_http_server *threaded, *stepped;
    struct stat info;
    int kept, waiting, status;
    pid_t child;

    (void)state;
    snprintf(path, sizeof(path), "/tmp/promc-fork-%ld.sock", (long)getpid());
    threaded = promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    stepped = promc_http_server_open(0, .unix_path = path, .registry = registry);
    assert_true(threaded && stepped);
    kept = peer_connect("127.0.0.1", promc_http_server_port(threaded));
    peer_exchange(kept, REQUEST, text, sizeof(text));
    waiting = peer_connect_unix(path);
    peer_send(waiting, REQUEST);
    (void)promc_http_server_step(stepped, 0); /* accepted, and perhaps answered */

    child = fork();
    if (child == 0)
        _exit(in_child(threaded, stepped));
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);

    /* The parent's connections and listeners are as they were. */
    peer_exchange(kept, REQUEST, text, sizeof(text));
    assert_non_null(strstr(text, "\nanswer 42.0\n"));
    step_until_readable(stepped, waiting);
    assert_int_equal(stat(path, &info), 0);
    assert_scrape(peer_connect("127.0.0.1", promc_http_server_port(threaded)));
    close(kept);
    close(waiting);
    promc_http_server_stop(threaded);
    promc_http_server_stop(stepped);
    assert_int_not_equal(stat(path, &info), 0);
}

static void servers_belong_to_the_parent(void **state)
{
    skip_without_forks();
    servers_belong_to_the_parent_here(state);
}

/* A child that never calls anything holds copies of all descriptors; clients must not notice. */
static void children_do_not_keep_connections_open_here(void **state)
{
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    int port = promc_http_server_port(server), fd = peer_connect("127.0.0.1", port), fds[2], status;
    char text[4096];
    pid_t child;

    (void)state;
    peer_exchange(fd, REQUEST, text, sizeof(text));
    assert_int_equal(pipe(fds), 0);
    child = fork();
    if (child == 0) {
        close(fds[1]);
        _exit(read(fds[0], text, 1) == 0 ? 0 : 1);
    }
    close(fds[0]);
    peer_send(fd, LAST_REQUEST);
    assert_true(peer_read_all(fd, text, sizeof(text)));
    close(fd);
    promc_http_server_stop(server);
    assert_int_equal(peer_connect("127.0.0.1", port), -1);
    server = promc_start_http_server(port, .address = "127.0.0.1", .registry = registry);
    assert_non_null(server);
    promc_http_server_stop(server);
    close(fds[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void children_do_not_keep_connections_open(void **state)
{
    skip_without_forks();
    children_do_not_keep_connections_open_here(state);
}

static int slow_handler(const promc_http_request *request, promc_http_response *response, void *arg)
{
    int *fds = arg;
    char byte;

    (void)request, (void)response;
    assert_int_equal(write(fds[1], "", 1), 1); /* I am inside */
    assert_int_equal(read(fds[2], &byte, 1), 1);
    return 0;
}

/* In the middle of a turn: fork waits a little, then goes on; the copy is still harmless. */
static void fork_in_the_middle_of_a_handler_here(void **state)
{
    static int fds[4];
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server)), status;
    char text[4096];
    pid_t child;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(pipe(fds + 2), 0);
    assert_int_equal(promc_http_server_route(server, NULL, "/slow", slow_handler, fds), PROMC_OK);
    peer_send(fd, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(read(fds[0], text, 1), 1);
    child = fork();
    if (child == 0) {
        promc_http_server_stop(server);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(write(fds[3], "", 1), 1);
    peer_read_some(fd, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    close(fd);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    promc_http_server_stop(server);
}

static void fork_in_the_middle_of_a_handler(void **state)
{
    skip_without_forks();
    fork_in_the_middle_of_a_handler_here(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(failures_to_bind_are_errors),
        cmocka_unit_test(definition_errors_stop_the_start),
        cmocka_unit_test(stop_and_restart_on_the_same_port),
        cmocka_unit_test(unix_sockets),
        cmocka_unit_test(given_descriptors),
        cmocka_unit_test(steps),
        cmocka_unit_test(past_the_limit),
        cmocka_unit_test(stalled_reader),
        cmocka_unit_test(responses_have_a_deadline),
        cmocka_unit_test(a_thousand_slow_clients),
        cmocka_unit_test(routes_while_it_runs),
        cmocka_unit_test(not_from_its_own_handler),
        cmocka_unit_test(refused_bodies_do_not_reset),
        cmocka_unit_test(own_metrics),
        cmocka_unit_test(transports),
        cmocka_unit_test(transports_linger),
        cmocka_unit_test(stop_waits_for_one_collector),
        cmocka_unit_test(servers_belong_to_the_parent),
        cmocka_unit_test(children_do_not_keep_connections_open),
        cmocka_unit_test(fork_in_the_middle_of_a_handler),
    };

    alarm(300); /* something hangs */
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
