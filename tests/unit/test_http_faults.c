/* SPDX-License-Identifier: Apache-2.0 */
/* The server when system calls and memory fail: scripted through the tables of lib/base. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/net.h"
#include "base/os.h"
#include "base/poller.h"
#include "base/thread.h"
#include "unit/http_peer.h"

#include <promc/http.h>

#define REQUEST "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"

static struct promc__net real_net;
static struct promc__os real_os;
static struct promc__poller real_poller;
static int (*real_thread_start)(pthread_t *thread, void *(*run)(void *arg), void *arg);

/* One call of the running test fails: the `fail_at`-th of all that can. */
static int calls, fail_at, fail_errno;
static int open_descriptors;
static bool failed;

static bool fails(void)
{
    if (calls++ != fail_at)
        return false;
    failed = true;
    errno = fail_errno;
    return true;
}

static int opened(int fd)
{
    open_descriptors += fd >= 0;
    return fd;
}

static int fault_open(int family)
{
    return fails() ? -1 : opened(real_net.open(family));
}

static int fault_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    return fails() ? -1 : real_net.bind(fd, address, size);
}

static int fault_listen(int fd, int backlog)
{
    return fails() ? -1 : real_net.listen(fd, backlog);
}

static int fault_accept(int fd)
{
    return fails() ? -1 : opened(real_net.accept(fd));
}

static long fault_receive(int fd, void *data, size_t size)
{
    return fails() ? -1 : real_net.receive(fd, data, size);
}

static long fault_send(int fd, const void *data, size_t size)
{
    return fails() ? -1 : real_net.send(fd, data, size);
}

static int fault_shut(int fd, int how)
{
    return fails() ? -1 : real_net.shut(fd, how);
}

static int fault_option(int fd, int level, int name, int value)
{
    return fails() ? -1 : real_net.option(fd, level, name, value);
}

static int fault_local_address(int fd, struct sockaddr_storage *address)
{
    return fails() ? -1 : real_net.local_address(fd, address);
}

static int fault_pipe(int fds[2])
{
    int status = fails() ? -1 : real_net.pipe(fds);

    open_descriptors += status == 0 ? 2 : 0;
    return status;
}

static int fault_poller_open(void)
{
    return fails() ? -1 : opened(real_poller.open());
}

/* Taking something out does not fail. */
static int fault_change(int poller, int fd, int was, int now, void *tag)
{
    return now && fails() ? -1 : real_poller.change(poller, fd, was, now, tag);
}

static int fault_wait(int poller, promc__ready *ready, int capacity, int timeout_ms)
{
    return fails() ? -1 : real_poller.wait(poller, ready, capacity, timeout_ms);
}

static int fault_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    return fails() ? EAGAIN : real_thread_start(thread, run, arg);
}

static int counted_close(int fd)
{
    open_descriptors--;
    return real_os.close(fd);
}

static void script(int number, int error)
{
    calls = 0;
    fail_at = number;
    fail_errno = error;
    failed = false;
    promc__net = real_net;
    promc__net.open = fault_open;
    promc__net.bind = fault_bind;
    promc__net.listen = fault_listen;
    promc__net.accept = fault_accept;
    promc__net.receive = fault_receive;
    promc__net.send = fault_send;
    promc__net.shut = fault_shut;
    promc__net.option = fault_option;
    promc__net.local_address = fault_local_address;
    promc__net.pipe = fault_pipe;
    promc__poller.open = fault_poller_open;
    promc__poller.change = fault_change;
    promc__poller.wait = fault_wait;
    promc__thread_start = fault_thread_start;
    promc__os.close = counted_close;
}

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

/* ---- starting -------------------------------------------------------------------------------- */

/* Each call on the way to a running server fails once, with each error: the start fails with words,
 * or the failure does not matter; nothing stays open. */
static void every_call_of_the_start_fails(void **state)
{
    static const int errors[] = {EMFILE, ENOMEM, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT};
    static const char *const addresses[] = {NULL, "127.0.0.1"};

    (void)state;
    for (size_t a = 0; a < 2; a++)
        for (size_t e = 0; e < sizeof(errors) / sizeof(*errors); e++) {
            int failures = 0;

            for (int number = 0;; number++) {
                promc_http_server *server;
                bool in_start;

                script(number, errors[e]);
                open_descriptors = 0;
                server = promc_http_server_open(0, .address = addresses[a], .registry = registry);
                in_start = failed;
                if (!server) {
                    assert_true(failed);
                    assert_int_equal(promc_last_error()->code, PROMC_ERROR_SYSTEM);
                    assert_true(strlen(promc_last_error()->message) > 20);
                    failures++;
                }
                fail_at = -1;
                promc_http_server_stop(server);
                assert_int_equal(open_descriptors, 0);
                if (!in_start)
                    break;
                assert_true(number < 100);
            }
            assert_true(failures >= 2); /* others are made up for by another address or port */
        }
}

static void the_thread_does_not_start(void **state)
{
    static const char *const what[] = {"pipe", "wait", "thread"};

    (void)state;
    script(-1, 0);
    promc_http_server_stop(promc_http_server_open(0, .address = "127.0.0.1", .registry = registry));
    for (int i = 0, first = calls - 1; i < 3; i++) { /* the last was shutting the listener */
        script(first + i, EMFILE);
        open_descriptors = 0;
        assert_null(promc_start_http_server(0, .address = "127.0.0.1", .registry = registry));
        assert_int_equal(promc_last_error()->code, PROMC_ERROR_SYSTEM);
        assert_non_null(strstr(promc_last_error()->message, what[i]));
        assert_int_equal(open_descriptors, 0);
    }
}

static void a_given_descriptor_survives_a_failed_start(void **state)
{
    int port, fd = peer_listen(&port);

    (void)state;
    script(-1, 0);
    promc__poller.open = fault_poller_open;
    calls = 0;
    fail_at = 1; /* after the address was asked for */
    fail_errno = EMFILE;
    open_descriptors = 0;
    assert_null(promc_http_server_open(0, .fd = PROMC_FD(fd), .registry = registry));
    assert_int_equal(open_descriptors, 0);
    assert_int_equal(close(fd), 0);
}

/* ---- serving --------------------------------------------------------------------------------- */

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

/* Each call while a request is served fails once: that client may lose, the next one does not. */
static void every_call_of_serving_fails(void **state)
{
    static const int errors[] = {ECONNRESET, EAGAIN, EPIPE, ENOBUFS, EMFILE, ECONNABORTED, EINTR};
    int answered = 0;

    (void)state;
    for (size_t e = 0; e < sizeof(errors) / sizeof(*errors); e++)
        for (int number = 0;; number++) {
            promc_http_server *server =
                promc_http_server_open(0, .address = "127.0.0.1", .registry = registry);
            int first, second;
            bool in_serving;

            assert_non_null(server);
            script(number, errors[e]);
            first = peer_connect("127.0.0.1", promc_http_server_port(server));
            peer_send(first, REQUEST);
            answered += strstr(answer_of(server, first), "answer 42") != NULL;
            in_serving = failed;
            fail_at = -1;
            second = peer_connect("127.0.0.1", promc_http_server_port(server));
            peer_send(second, REQUEST);
            assert_non_null(strstr(answer_of(server, second), "answer 42"));
            close(first);
            close(second);
            promc_http_server_stop(server);
            unscript(NULL);
            if (!in_serving || number > 60)
                break;
        }
    assert_true(answered > 0);
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

static long slow_send(int fd, const void *data, size_t size)
{
    (void)size;
    pause_writing = !pause_writing;
    if (!pause_writing)
        return real_net.send(fd, data, 1);
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

static int accepts;

static int no_descriptors(int fd)
{
    (void)fd;
    accepts++;
    errno = EMFILE;
    return -1;
}

/* The loop must neither spin nor forget the clients that wait. */
static void out_of_descriptors(void **state)
{
    promc_http_server *server =
        promc_http_server_open(0, .address = "127.0.0.1", .registry = registry);
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server)), steps = 0;
    uint64_t end = peer_ms() + 350;

    (void)state;
    peer_send(fd, REQUEST);
    promc__net.accept = no_descriptors;
    accepts = 0;
    while (peer_ms() < end) {
        int next = promc_http_server_step(server, 350);

        assert_true(next <= 100); /* -1: as soon as the descriptor is ready */
        steps++;
    }
    assert_in_range(accepts, 2, 6);
    assert_true(steps < 20);
    promc__net.accept = real_net.accept;
    assert_non_null(strstr(answer_of(server, fd), "answer 42"));
    close(fd);
    promc_http_server_stop(server);
}

/* A client that keeps the server waiting makes room. */
static uint64_t skipped_ms;

static uint64_t later(void)
{
    return real_os.monotonic_ns() + skipped_ms * 1000000;
}

static void idle_clients_make_room(void **state)
{
    promc_http_server *server = promc_http_server_open(0, .address = "127.0.0.1",
                                                       .registry = registry, .max_connections = 1);
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
    promc_http_server_stop(server);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static long blocks_left = -1;

static void *limited_malloc(size_t size, void *ctx)
{
    (void)ctx;
    if (blocks_left == 0)
        return NULL;
    blocks_left -= blocks_left > 0;
    return malloc(size);
}

static void *limited_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    if (blocks_left == 0)
        return NULL;
    blocks_left -= blocks_left > 0;
    return realloc(block, size);
}

static void plain_free(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

static void every_allocation_of_the_start_fails(void **state)
{
    promc_http_server *server = NULL;

    (void)state;
    script(-1, 0);
    for (long number = 0; !server; number++) {
        assert_true(number < 100);
        open_descriptors = 0;
        blocks_left = number;
        server = promc_http_server_open(0, .address = "127.0.0.1", .registry = registry,
                                        .path = "/metrics", .authenticate = "x");
        blocks_left = -1;
        if (!server) {
            assert_int_equal(promc_last_error()->code, PROMC_ERROR_NO_MEMORY);
            assert_int_equal(open_descriptors, 0);
        }
    }
    promc_http_server_stop(server);
    assert_int_equal(open_descriptors, 0);
}

/* The client may lose; the server goes on. */
static void every_allocation_of_serving_fails(void **state)
{
    promc_http_server *server =
        promc_http_server_open(0, .address = "127.0.0.1", .registry = registry);

    (void)state;
    for (long number = 0; number < 40; number++) {
        int fd = peer_connect("127.0.0.1", promc_http_server_port(server));
        const char *text;

        peer_send(fd, REQUEST);
        blocks_left = number;
        text = answer_of(server, fd);
        blocks_left = -1;
        if (strstr(text, "HTTP/1.1 200 "))
            assert_non_null(strstr(text, "answer 42"));
        close(fd);
        fd = peer_connect("127.0.0.1", promc_http_server_port(server));
        peer_send(fd, REQUEST);
        assert_non_null(strstr(answer_of(server, fd), "answer 42"));
        close(fd);
    }
    promc_http_server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, unscript)
    const struct CMUnitTest tests[] = {
        TEST(every_call_of_the_start_fails),
        TEST(the_thread_does_not_start),
        TEST(a_given_descriptor_survives_a_failed_start),
        TEST(every_call_of_serving_fails),
        TEST(bytes_one_by_one),
        TEST(out_of_descriptors),
        TEST(idle_clients_make_room),
        TEST(every_allocation_of_the_start_fails),
        TEST(every_allocation_of_serving_fails),
    };
    const promc_allocator allocator = {limited_malloc, limited_realloc, plain_free, NULL};
    promc_gauge *gauge;
    int result;

    real_net = promc__net;
    real_os = promc__os;
    real_poller = promc__poller;
    real_thread_start = promc__thread_start;
    if (promc_set_allocator(&allocator) != PROMC_OK)
        return 1;
    registry = promc_registry_new();
    gauge = promc_gauge_new("answer", "An answer.", .registry = registry);
    if (!registry || !gauge)
        return 1;
    promc_gauge_set(gauge, 42);
    result = cmocka_run_group_tests(tests, NULL, NULL);
    promc_registry_free(registry);
    return result;
}
