/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the server: what is refused, what each limit does, and addresses of every kind. */
#define _DEFAULT_SOURCE
#include "support.h"

#include "base/net.h"
#include "forks.h"
#include "unit/http_peer.h"

#include <limits.h>
#include <sys/wait.h>

#define REQUEST "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static promc_registry *registry;

static int set_up(void **state)
{
    promc_gauge *gauge;

    (void)state;
    registry = promc_registry_new();
    gauge = promc_gauge_new("answer", "", .registry = registry);
    promc_gauge_set(gauge, 42);
    return gauge ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

/* Steps until the peer has all there is. */
static const char *stepped(promc_http_server *server, int fd)
{
    static char text[8192];
    size_t size = 0;
    long got = -1;

    for (int i = 0; i < 5000 && got != 0; i++) {
        assert_true(promc_http_server_step(server, 1) >= -1);
        got = recv(fd, text + size, sizeof(text) - size - 1, MSG_DONTWAIT);
        size += got > 0 ? (size_t)got : 0;
        if (got < 0 && errno != EAGAIN)
            break;
    }
    text[size] = '\0';
    return text;
}

static const char *answer_to(promc_http_server *server, const char *request)
{
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    const char *text;

    peer_send(fd, request);
    text = stepped(server, fd);
    close(fd);
    return text;
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void *session_open(int fd, void *arg)
{
    (void)fd;
    return arg;
}

static long session_read(void *session, void *data, size_t size)
{
    (void)session, (void)data, (void)size;
    return 0;
}

static long session_write(void *session, const void *data, size_t size)
{
    (void)session, (void)data;
    return (long)size;
}

static void session_close(void *session)
{
    (void)session;
}

static void wrong_options(void **state)
{
    static const promc_transport halves[] = {
        {NULL, session_read, session_write, session_close, NULL},
        {session_open, NULL, session_write, session_close, NULL},
        {session_open, session_read, NULL, session_close, NULL},
        {session_open, session_read, session_write, NULL, NULL},
    };
    static char long_address[300];
    const struct {
        promc_http_server_opts options;
        const char *why;
    } cases[] = {
        {{.path = "metrics"}, "must begin with /"},
        {{.path = "/metrics?x"}, "without ? or #"},
        {{.path = "/metrics#x"}, "without ? or #"},
        {{.authenticate = "Basic\r\nA: b"}, "one line"},
        {{.authenticate = "Basic\x7F"}, "one line"},
        {{.authorizer = promc_http_authorize_basic}, "authorizer_arg"},
        {{.authorizer = promc_http_authorize_bearer}, "authorizer_arg"},
        {{.transport = &halves[0]}, "the transport needs"},
        {{.transport = &halves[1]}, "the transport needs"},
        {{.transport = &halves[2]}, "the transport needs"},
        {{.transport = &halves[3]}, "the transport needs"},
        {{.registry = PROMC_UNREGISTERED}, "PROMC_UNREGISTERED"},
        {{.port = 65536}, "port 65536"},
        {{.port = -1}, "port -1"},
        {{.fd = -5}, "no listening socket"},
        {{.address = long_address}, "too long"},
    };
    (void)state;

    memset(long_address, '1', sizeof(long_address) - 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_http_server_opts options = cases[i].options;

        options.size = sizeof(options);
        assert_null(promc_http_server_create(&options));
        assert_last_error(PROMC_ERROR_ARGUMENT, cases[i].why);
        assert_null(promc_http_server_start(&options));
    }
}

/* An authorizer of the host's own needs no argument. */
static bool nobody(const promc_http_request *request, void *arg)
{
    (void)request;
    return arg != NULL;
}

static void own_authorizers(void **state)
{
    promc_http_server *server = promc_http_server_open(0, .address = "127.0.0.1",
                                                       .registry = registry, .authorizer = nobody,
                                                       .authenticate = "Own a=\"b\"");
    (void)state;

    assert_non_null(strstr(answer_to(server, REQUEST), "\r\nWWW-Authenticate: Own a=\"b\"\r\n"));
    promc_http_server_stop(server);
    server = promc_http_server_open(0, .address = "127.0.0.1", .registry = registry,
                                    .authorizer = promc_http_authorize_bearer,
                                    .authorizer_arg = "secret");
    assert_non_null(strstr(answer_to(server, REQUEST), "HTTP/1.1 401 "));
    assert_non_null(strstr(answer_to(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                             "Authorization: Bearer secret\r\n\r\n"),
                           "answer 42"));
    promc_http_server_stop(server);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void limits_are_kept(void **state)
{
    promc_http_server *server =
        promc_http_server_open(0, .address = "127.0.0.1", .registry = registry,
                               .max_head_size = 100, .idle_timeout_ms = 20);
    char request[200] = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server));
    uint64_t begin = peer_ms();
    (void)state;

    peer_send(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_non_null(strstr(stepped(server, fd), "answer 42")); /* and the end, as nothing follows */
    assert_in_range(peer_ms() - begin, 15, 4000);
    close(fd);
    memset(request + strlen(request), 'b', 100);
    assert_non_null(strstr(answer_to(server, request), "HTTP/1.1 431 "));
    promc_http_server_stop(server);
}

/* Seven weeks are more milliseconds than an int has. */
static void long_timeouts(void **state)
{
    promc_http_server *server = promc_http_server_open(0, .address = "127.0.0.1",
                                                       .registry = registry,
                                                       .idle_timeout_ms = UINT_MAX);
    int fd = peer_connect("127.0.0.1", promc_http_server_port(server)), next = -1;
    (void)state;

    peer_send(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 1000 && next != INT_MAX; i++)
        next = promc_http_server_step(server, 1);
    assert_int_equal(next, INT_MAX);
    close(fd);
    promc_http_server_stop(server);
}

/* ---- handlers -------------------------------------------------------------------------------- */

static int step_inside(const promc_http_request *request, promc_http_response *response, void *arg)
{
    promc_http_server **server = arg;

    (void)request, (void)response;
    if (promc_http_server_step(*server, 0) != PROMC_ERROR_STATE)
        return -1;
    promc_http_server_stop(*server);
    return promc_last_error()->code == PROMC_ERROR_STATE ? 0 : -1;
}

static void handlers_do_not_step(void **state)
{
    promc_http_server *server =
        promc_http_server_open(0, .address = "127.0.0.1", .registry = registry);
    promc_http_server *threaded =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    (void)state;

    assert_int_equal(promc_http_server_route(server, "GET", "/step", step_inside, &server), PROMC_OK);
    assert_non_null(
        strstr(answer_to(server, "GET /step HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
               "HTTP/1.1 200 OK\r\n"));
    assert_int_equal(promc_http_server_fd(threaded), -1);
    assert_int_equal(promc_http_server_fd(NULL), -1);
    assert_int_equal(promc_http_server_step(NULL, 0), PROMC_ERROR_ARGUMENT);
    promc_http_server_stop(server);
    promc_http_server_stop(threaded);
}

/* A status without a name of its own is counted among the others. */
static int odd_status(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)request, (void)arg;
    promc_http_response_status(response, 299);
    return 0;
}

static void odd_statuses_are_counted(void **state)
{
    promc_http_server *server = promc_http_server_open(0, .address = "127.0.0.1",
                                                       .registry = registry, .self_metrics = true);
    (void)state;

    assert_int_equal(promc_http_server_route(server, "GET", "/odd", odd_status, NULL), PROMC_OK);
    (void)answer_to(server, "GET /odd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_number(sample(registry, "promc_http_requests_total",
                         PROMC_PAIRS({"code", "other"}, {"method", "GET"})),
                  1);
    promc_http_server_stop(server);
}

/* The memory of a server in the middle of a turn is nobody's in its children, and in theirs. */
static int fork_inside(const promc_http_request *request, promc_http_response *response, void *arg)
{
    promc_http_server **server = arg;
    pid_t child = fork(), grandchild;
    int status;

    (void)request, (void)response;
    if (child == 0) {
        grandchild = fork();
        promc_http_server_stop(*server);
        if (grandchild == 0)
            _exit(0);
        _exit(waitpid(grandchild, &status, 0) == grandchild ? status : 1);
    }
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

static void handlers_may_fork(void **state)
{
    promc_http_server *server =
        promc_http_server_open(0, .address = "127.0.0.1", .registry = registry);
    (void)state;

    skip_without_forks();
    assert_int_equal(promc_http_server_route(server, "GET", "/fork", fork_inside, &server), PROMC_OK);
    assert_non_null(
        strstr(answer_to(server, "GET /fork HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
               "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(answer_to(server, REQUEST), "answer 42"));
    promc_http_server_stop(server);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void a_given_unix_socket(void **state)
{
    char path[64];
    promc_http_server *server;
    int fd;
    (void)state;

    snprintf(path, sizeof(path), "/tmp/promc-given-%ld.sock", (long)getpid());
    unlink(path);
    fd = peer_bind_unix(path);
    assert_int_equal(listen(fd, 5), 0);
    server = promc_http_server_open(0, .fd = PROMC_FD(fd), .registry = registry);
    assert_non_null(server);
    assert_int_equal(promc_http_server_port(server), 0);
    fd = peer_connect_unix(path);
    peer_send(fd, REQUEST);
    assert_non_null(strstr(stepped(server, fd), "answer 42"));
    close(fd);
    promc_http_server_stop(server);
    assert_int_equal(unlink(path), 0); /* the host's, as it was */
}

/* A child that stops its copy takes nothing away from the parent. */
static void a_given_socket_outlives_children(void **state)
{
    int port, status, fd = peer_listen(&port);
    promc_http_server *server = promc_http_server_open(0, .fd = PROMC_FD(fd), .registry = registry);
    pid_t child;
    (void)state;

    skip_without_forks();
    child = fork();
    if (child == 0) {
        promc_http_server_stop(server);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_non_null(strstr(answer_to(server, REQUEST), "answer 42"));
    promc_http_server_stop(server);
}

/* What a resolver may say. */
static struct addrinfo found[10];
static struct sockaddr_in found_address[10];
static int found_error;

static int find(const char *host, int port, bool listening, struct addrinfo **list)
{
    (void)host, (void)port, (void)listening;
    *list = found;
    return found_error;
}

static void forget(struct addrinfo *list)
{
    (void)list;
}

static int no_such_protocol(int family)
{
    (void)family;
    errno = EPROTONOSUPPORT;
    return -1;
}

static int in_use_at_first(int fd, const struct sockaddr *address, socklen_t size)
{
    static int calls;

    if (calls++ == 0) {
        errno = EADDRINUSE;
        return -1;
    }
    return bind(fd, address, size);
}

static void resolvers_say_odd_things(void **state)
{
    struct promc__net real = promc__net;
    promc_http_server *server;
    (void)state;

    for (size_t i = 0; i < COUNT(found); i++) { /* 127.0.0.1, 127.0.0.2, ... */
        found_address[i].sin_family = AF_INET;
        found_address[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK + (in_addr_t)i);
        found[i] = (struct addrinfo){.ai_family = AF_INET,
                                     .ai_addr = (struct sockaddr *)&found_address[i],
                                     .ai_addrlen = sizeof(found_address[i]),
                                     .ai_next = i + 1 < COUNT(found) ? &found[i + 1] : NULL};
    }
    found[0].ai_family = AF_UNIX;
    found[1].ai_addrlen = sizeof(struct sockaddr_storage) + 1;
    promc__net.resolve = find;
    promc__net.resolve_free = forget;
    promc__net.bind = in_use_at_first; /* the port was free a moment ago: another one is tried */
    server = promc_http_server_open(0, .address = "[many", .registry = registry);
    assert_non_null(server);
    assert_int_equal(peer_connect("127.0.0.1", promc_http_server_port(server)), -1);
    close(peer_connect("127.0.0.3", promc_http_server_port(server)));
    promc_http_server_stop(server);
    found[1].ai_addrlen = sizeof(found_address[1]);
    found[0].ai_family = AF_INET;
    server = promc_http_server_open(0, .address = "many", .registry = registry);
    assert_non_null(server); /* on the first eight */
    close(peer_connect("127.0.0.8", promc_http_server_port(server)));
    assert_int_equal(peer_connect("127.0.0.9", promc_http_server_port(server)), -1);
    promc_http_server_stop(server);
    promc__net.open = no_such_protocol;
    assert_null(promc_http_server_open(0, .address = "many", .registry = registry));
    assert_last_error(PROMC_ERROR_SYSTEM, "cannot listen on many:0: Protocol not supported");
    found_error = EAI_FAIL;
    assert_null(promc_http_server_open(0, .address = "many", .registry = registry));
    assert_last_error(PROMC_ERROR_SYSTEM, "cannot resolve \"many\"");
    promc__net = real;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options),
        cmocka_unit_test(own_authorizers),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(long_timeouts),
        cmocka_unit_test(handlers_do_not_step),
        cmocka_unit_test(odd_statuses_are_counted),
        cmocka_unit_test(handlers_may_fork),
        cmocka_unit_test(a_given_unix_socket),
        cmocka_unit_test(a_given_socket_outlives_children),
        cmocka_unit_test(resolvers_say_odd_things),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
