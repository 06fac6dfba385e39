/* SPDX-License-Identifier: Apache-2.0 */
/* What the server does about lasting troubles: no thread, no descriptors, slow lines, no room. That
 * no single call that fails does harm is the business of torture_calls.c. */
#include "support.h"

#include "base/net.h"
#include "base/poller.h"
#include "base/thread.h"
#include "unit/http_peer.h"

#define REQUEST "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"

static struct promc__net real_net;
static struct promc__os real_os;
static struct promc__poller real_poller;
static int (*real_thread_start)(pthread_t *thread, void *(*run)(void *arg), void *arg);

static int unscript(void **state)
{
    (void)state;
    promc__net = real_net;
    promc__os = real_os;
    promc__poller = real_poller;
    promc__thread_start = real_thread_start;
    return 0;
}

static promc_registry *registry;

/* ---- no thread --------------------------------------------------------------------------------- */

static int no_pipe(int fds[2])
{
    (void)fds;
    errno = EMFILE;
    return -1;
}

/* The listener can be waited for, what would wake the thread cannot. */
static int changes;

static int one_change(int poller, int fd, int was, int now, void *tag)
{
    if (changes++ == 0)
        return real_poller.change(poller, fd, was, now, tag);
    errno = ENOSPC;
    return -1;
}

static int no_thread(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    (void)thread, (void)run, (void)arg;
    return EAGAIN;
}

static void assert_not_started(const char *why)
{
    assert_null(promc_start_http_server(0, .address = "127.0.0.1", .registry = registry));
    assert_last_error(PROMC_ERROR_SYSTEM, why);
    unscript(NULL);
}

static void the_thread_does_not_start(void **state)
{
    int port, fd;

    (void)state;
    promc__net.pipe = no_pipe;
    assert_not_started("pipe");
    changes = 0;
    promc__poller.change = one_change;
    assert_not_started("cannot wait for the end");
    promc__thread_start = no_thread;
    assert_not_started("cannot start a thread");
    /* A socket that was given stays the host's. */
    fd = peer_listen(&port);
    promc__thread_start = no_thread;
    assert_null(promc_start_http_server(0, .fd = PROMC_FD(fd), .registry = registry));
    assert_int_equal(close(fd), 0);
}

/* ---- slow lines -------------------------------------------------------------------------------- */

/* Steps until the peer has the whole response or its end; what came. */
static const char *answer_of(promc_http_server *server, int fd)
{
    static char text[8192];
    size_t size = 0;

    text[0] = '\0';
    for (int i = 0; i < 3000; i++) {
        long got;

        (void)promc_http_server_step(server, 2);
        got = recv(fd, text + size, sizeof(text) - size - 1, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
            break;
        size += got > 0 ? (size_t)got : 0;
        text[size] = '\0';
        if (strstr(text, "answer 42"))
            break;
    }
    return text;
}

/* Bytes that come and go one by one, with a pause after each. */
static bool pause_reading, pause_writing;

static long slow_receive(int fd, void *data, size_t size)
{
    (void)size;
    pause_reading = !pause_reading;
    if (!pause_reading)
        return real_net.receive(fd, data, 1);
    errno = EAGAIN;
    return -1;
}

static long slow_send(int fd, const void *data, size_t size, const void *more, size_t more_size)
{
    (void)size, (void)more, (void)more_size;
    pause_writing = !pause_writing;
    if (!pause_writing)
        return real_net.send(fd, data, 1, NULL, 0);
    errno = EAGAIN;
    return -1;
}

static void bytes_one_by_one(void **state)
{
    promc_http_server *server =
        promc_http_server_open(0, .address = "127.0.0.1", .registry = registry);
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));

    (void)state;
    promc__net.receive = slow_receive;
    promc__net.send = slow_send;
    peer_send(fd, REQUEST);
    assert_non_null(strstr(answer_of(server, fd), "\nanswer 42"));
    close(fd);
    promc_http_server_stop(server);
}

/* ---- out of descriptors ---------------------------------------------------------------------- */

static int accepts, forgotten;

static int no_descriptors(int fd)
{
    (void)fd;
    accepts++;
    errno = EMFILE;
    return -1;
}

/* Once it is not possible to wait for the listener again. */
static int change_fails_once(int poller, int fd, int was, int now, void *tag)
{
    if (!was && now && forgotten++ == 0) {
        errno = ENOMEM;
        return -1;
    }
    return real_poller.change(poller, fd, was, now, tag);
}

/* The loop must neither spin nor forget the clients that wait. */
static void out_of_descriptors(void **state)
{
    promc_http_server *server = promc_http_server_open(0, .address = "127.0.0.1",
                                                       .registry = registry, .head_timeout_ms = 40);
    int early = peer_connect("127.0.0.1", promc_http_server_port(server)), fd, steps = 0;
    uint64_t end;

    (void)state;
    (void)promc_http_server_step(server, 1000);
    fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    peer_send(fd, REQUEST);
    promc__net.accept = no_descriptors;
    accepts = forgotten = 0;
    for (end = peer_ms() + 350; peer_ms() < end; steps++) {
        int next = promc_http_server_step(server, 350);

        assert_true(next <= 101); /* rounded up; -1: as soon as the descriptor is ready */
        if (accepts == 2)
            promc__poller.change = change_fails_once;
    }
    assert_in_range(accepts, 2, 6);
    assert_true(forgotten > 0);
    assert_true(steps < 20);
    assert_true(peer_at_end(early)); /* whose deadline came in a pause */
    promc__net.accept = real_net.accept;
    assert_non_null(strstr(answer_of(server, fd), "answer 42"));
    close(early);
    close(fd);
    promc_http_server_stop(server);
}

/* ---- no room ----------------------------------------------------------------------------------- */

/* A client that keeps the server waiting makes room. */
static uint64_t skipped_ms;

static uint64_t later(void)
{
    return real_os.monotonic_ns() + skipped_ms * 1000000;
}

static void idle_clients_make_room(void **state)
{
    promc_http_server *server =
        promc_http_server_open(0, .address = "127.0.0.1", .registry = registry,
                               .max_connections = 1, .self_metrics = true);
    int idle = peer_connect("127.0.0.1", promc_http_server_port(server)), fd;

    (void)state;
    skipped_ms = 0;
    promc__os.monotonic_ns = later;
    (void)promc_http_server_step(server, 1000);
    fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    assert_non_null(strstr(answer_of(server, fd), "HTTP/1.1 503 "));
    close(fd);
    skipped_ms = 2000;
    fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    peer_send(fd, REQUEST);
    assert_non_null(strstr(answer_of(server, fd), "answer 42"));
    assert_true(peer_at_end(idle));
    close(idle);
    close(fd);
    assert_number(sample(registry, "promc_http_connections_evicted_total", NULL), 1);
    promc_http_server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, unscript)
    const struct CMUnitTest tests[] = {
        TEST(the_thread_does_not_start),
        TEST(bytes_one_by_one),
        TEST(out_of_descriptors),
        TEST(idle_clients_make_room),
    };
    promc_gauge *gauge;
    int result;

    real_net = promc__net;
    real_os = promc__os;
    real_poller = promc__poller;
    real_thread_start = promc__thread_start;
    registry = promc_registry_new();
    gauge = promc_gauge_new("answer", "An answer.", .registry = registry);
    if (!registry || !gauge)
        return 1;
    promc_gauge_set(gauge, 42);
    result = cmocka_run_group_tests(tests, NULL, NULL);
    promc_registry_free(registry);
    return result;
}
