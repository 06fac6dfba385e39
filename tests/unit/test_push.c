/* SPDX-License-Identifier: Apache-2.0 */
/* Pushing to gateways and to Graphite: what is sent (client_python's vectors), what becomes of the
 * answers, and how it is done regularly. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/net.h"
#include "base/os.h"
#include "base/thread.h"
#include "delivery/pusher.h"
#include "forks.h"
#include "inflate.h"
#include "refusing.h"
#include "scripted_server.h"

#include <promc/promc.h>

#include <errno.h>
#include <limits.h>
#include <math.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif
#include <sys/wait.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define BODY "# HELP g help\n# TYPE g gauge\ng 0.0\n"
#define LINES(...) ((const struct server_line[]){__VA_ARGS__})
#define COUNT(lines) (sizeof(lines) / sizeof((lines)[0]))
#define PLAY(...) play(LINES(__VA_ARGS__), COUNT(LINES(__VA_ARGS__)))

static struct scripted_server server;
static char gateway[64];
static promc_registry *registry;
static promc_gauge *gauge;

static void play(const struct server_line *script, size_t count)
{
    assert_true(server_start(&server, AF_INET, script, count));
    snprintf(gateway, sizeof(gateway), "127.0.0.1:%d", server.port);
}

static void assert_message(const char *part)
{
    if (!strstr(promc_last_error()->message, part))
        fail_msg("\"%s\" is not in \"%s\"", part, promc_last_error()->message);
}

static int begin(void **state)
{
    (void)state;
    registry = promc_registry_new();
    gauge = promc_gauge_new("g", "help", .registry = registry);
    return gauge ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    server_forget(&server);
    return 0;
}

/* ---- a handler that keeps what it got -------------------------------------------------------- */

struct kept {
    char thread[16]; /* the name of that of the first call */
    char url[512], method[16], type[64], encoding[16], data[256], more[64];
    size_t size;
    double timeout;
    unsigned calls;
    int answer;
    pthread_mutex_t lock;
    pthread_cond_t called;
};

static int keep_request(const promc_push_request *request, void *arg)
{
    struct kept *kept = arg;
    const char *type = promc_label_value(request->headers, "Content-Type");
    const char *encoding = promc_label_value(request->headers, "Content-Encoding");
    const char *more = promc_label_value(request->headers, "X-More");
    int answer;

    (void)pthread_mutex_lock(&kept->lock);
    snprintf(kept->url, sizeof(kept->url), "%s", request->url);
    snprintf(kept->method, sizeof(kept->method), "%s", request->method);
    snprintf(kept->type, sizeof(kept->type), "%s", type ? type : "");
    snprintf(kept->encoding, sizeof(kept->encoding), "%s", encoding ? encoding : "");
    snprintf(kept->more, sizeof(kept->more), "%s", more ? more : "");
    kept->size = request->size < sizeof(kept->data) - 1 ? request->size : sizeof(kept->data) - 1;
    memcpy(kept->data, request->data, kept->size);
    kept->data[kept->size] = '\0';
    kept->timeout = request->timeout;
#if defined(__linux__)
    if (!kept->calls)
        (void)prctl(PR_GET_NAME, kept->thread);
#endif
    kept->calls++;
    answer = kept->answer;
    (void)pthread_cond_signal(&kept->called);
    (void)pthread_mutex_unlock(&kept->lock);
    return answer;
}

static void await_calls(struct kept *kept, unsigned calls)
{
    (void)pthread_mutex_lock(&kept->lock);
    while (kept->calls < calls)
        (void)pthread_cond_wait(&kept->called, &kept->lock);
    (void)pthread_mutex_unlock(&kept->lock);
}

#define KEPT                                                                                       \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .called = PTHREAD_COND_INITIALIZER                      \
    }

static void urls_are_client_pythons(void **state)
{
    static const struct {
        const char *gateway, *job, *url;
        promc_label key[3];
    } cases[] = {
        {"localhost:9091", "my_job", "http://localhost:9091/metrics/job/my_job", {{NULL, NULL}}},
        {"h", "j", "http://h/metrics/job/j/a/9", {{"a", "9"}}},
        {"h", "j", "http://h/metrics/job/j/a@base64/=", {{"a", ""}}},
        {"h",
         "j",
         "http://h/metrics/job/j/label@base64/dmFsdWUgd2l0aCBzcGFjZXM=",
         {{"label", "value with spaces"}}},
        {"h", "j", "http://h/metrics/job/j/a/9/b@base64/YS8geg==", {{"b", "a/ z"}, {"a", "9"}}},
        {"h", "my/job", "http://h/metrics/job@base64/bXkvam9i", {{NULL, NULL}}},
        {"h", "", "http://h/metrics/job@base64/=", {{NULL, NULL}}},
        {"h", "a b", "http://h/metrics/job@base64/YSBi", {{NULL, NULL}}},
        {"h", "/\xC3\xBE\xC3\xBF", "http://h/metrics/job@base64/L8O-w78=", {{NULL, NULL}}},
        {"h",
         "a+b*c~d-._&=?#%\n",
         "http://h/metrics/job/a%2Bb%2Ac~d-._%26%3D%3F%23%25%0A",
         {{NULL, NULL}}},
        {"h",
         "\xE4\xBD\x9C\xE4\xB8\x9A",
         "http://h/metrics/job/%E4%BD%9C%E4%B8%9A",
         {{NULL, NULL}}},
        {"h",
         "..",
         "http://h/metrics/job@base64/Li4=/a@base64/Lg==/b/...",
         {{"b", "..."}, {"a", "."}}},
        {"http://h:1/pre/fix///", "j", "http://h:1/pre/fix/metrics/job/j", {{NULL, NULL}}},
        {"https://h", "j", "https://h/metrics/job/j", {{NULL, NULL}}},
        {"HTTP://h", "j", "HTTP://h/metrics/job/j", {{NULL, NULL}}},
        {"ftp://h", "j", "http://ftp://h/metrics/job/j", {{NULL, NULL}}},
        {"h/", "j", "http://h/metrics/job/j", {{NULL, NULL}}},
        {"h", "A[^Z", "http://h/metrics/job/A%5B%5EZ", {{NULL, NULL}}},
        {"[::1]:9091", "j", "http://[::1]:9091/metrics/job/j", {{NULL, NULL}}},
        {"h", "j", "http://h/metrics/job/j/B/1/_a/2/a/3", {{"a", "3"}, {"B", "1"}, {"_a", "2"}}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_label key[4] = {cases[i].key[0], cases[i].key[1], cases[i].key[2], {NULL, NULL}};
        struct kept kept = KEPT;

        assert_int_equal(promc_push_to_gateway(cases[i].gateway, cases[i].job, .registry = registry,
                                               .grouping_key = key, .handler = keep_request,
                                               .handler_arg = &kept),
                         PROMC_OK);
        assert_string_equal(kept.url, cases[i].url);
    }
}

static void handlers_get_everything(void **state)
{
    struct kept kept = KEPT;

    (void)state;
    assert_int_equal(promc_push_to_gateway("h", "j", .registry = registry, .handler = keep_request,
                                           .handler_arg = &kept),
                     PROMC_OK);
    assert_string_equal(kept.method, "PUT");
    assert_string_equal(kept.type, "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(kept.encoding, "");
    assert_string_equal(kept.data, BODY);
    assert_true(kept.timeout == 30);
    assert_int_equal(promc_pushadd_to_gateway("h", "j", .registry = registry, .timeout = 2.5,
                                              .handler = keep_request, .handler_arg = &kept,
                                              .headers = PROMC_PAIRS({"X-More", "yes"})),
                     PROMC_OK);
    assert_string_equal(kept.method, "POST");
    assert_string_equal(kept.data, BODY);
    assert_string_equal(kept.more, "yes");
    assert_true(kept.timeout == 2.5);
    assert_int_equal(promc_delete_from_gateway("h", "j", .registry = registry, .timeout = -1,
                                               .handler = keep_request, .handler_arg = &kept),
                     PROMC_OK);
    assert_string_equal(kept.method, "DELETE");
    assert_string_equal(kept.type, "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(kept.data, "");
    assert_true(kept.timeout == 0);
    kept.answer = 7;
    assert_int_equal(promc_push_to_gateway("h", "j", .registry = registry, .handler = keep_request,
                                           .handler_arg = &kept),
                     PROMC_ERROR_SINK);
    assert_message("returned 7");
}

static void wrong_arguments(void **state)
{
    struct kept kept = KEPT;

    (void)state;
#define KEYED(...)                                                                                 \
    promc_push_to_gateway("h", "j", .registry = registry, .handler = keep_request,                 \
                          .handler_arg = &kept, .grouping_key = PROMC_PAIRS(__VA_ARGS__))
    assert_int_equal(KEYED({"a/b", "1"}), PROMC_ERROR_LABELS);
    assert_int_equal(KEYED({"", "1"}), PROMC_ERROR_LABELS);
    assert_int_equal(KEYED({"a", NULL}), PROMC_ERROR_LABELS);
    assert_int_equal(KEYED({"a", "1"}, {"a", "2"}), PROMC_ERROR_LABELS);
    assert_int_equal(KEYED({"job", "1"}), PROMC_ERROR_LABELS);
    assert_int_equal(promc_push_to_gateway("", "j"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_push_to_gateway(NULL, "j"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_push_to_gateway("h", NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_push_to_gateway("http:h", "j"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_push_to_gateway("u:p@h", "j"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_push_to_gateway("::1", "j"), PROMC_ERROR_ARGUMENT);
    assert_message("brackets: [::1]");
    assert_int_equal(promc_push_to_gateway("https://h", "j"), PROMC_ERROR_UNSUPPORTED);
#define HEADED(name, ...)                                                                          \
    promc_push_to_gateway("127.0.0.1:1", "j", .registry = registry,                                \
                          .headers = PROMC_PAIRS({name, "x"}), __VA_ARGS__)
    assert_int_equal(HEADED("Content-Type", .gzip = false), PROMC_ERROR_ARGUMENT);
    assert_int_equal(HEADED("content-encoding", .gzip = true), PROMC_ERROR_ARGUMENT);
    assert_int_equal(HEADED("Authorization", .token = "t"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_gateway_push(NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_gateway_push(&(promc_push_opts){.size = 0, .gateway = "h", .job = "j"}),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(kept.calls, 0);
}

static int fails(promc_writer *writer, void *arg)
{
    (void)writer, (void)arg;
    return -1;
}

static void nothing_is_sent_of_a_failed_collection(void **state)
{
    struct kept kept = KEPT;

    (void)state;
    assert_int_equal(promc_registry_register(registry, &(promc_collector){.collect = fails}),
                     PROMC_OK);
    assert_int_equal(promc_push_to_gateway("h", "j", .registry = registry, .handler = keep_request,
                                           .handler_arg = &kept),
                     PROMC_ERROR_COLLECTOR);
    assert_int_equal(kept.calls, 0);
    assert_int_equal(promc_push_to_graphite("h", .registry = registry), PROMC_ERROR_COLLECTOR);
    assert_message("a collector's collect function returned -1");
}

/* ---- over the wire --------------------------------------------------------------------------- */

static void push_is_written_exactly(void **state)
{
    char expected[512];
    int status = -1;

    (void)state;
    PLAY({.say = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"});
    assert_int_equal(promc_push_to_gateway(gateway, "j", .registry = registry, .status = &status,
                                           .user = "u", .password = "p"),
                     PROMC_OK);
    (void)server_stop(&server);
    assert_int_equal(status, 202);
    snprintf(expected, sizeof(expected),
             "PUT /metrics/job/j HTTP/1.1\r\nHost: %s\r\nUser-Agent: libpromc/" PROMC_VERSION
             "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
             "Authorization: Basic dTpw\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n" BODY,
             gateway, strlen(BODY));
    assert_string_equal(server.received[0], expected);
}

static void refusals_have_the_gateways_words(void **state)
{
    int status = -1;

    (void)state;
    PLAY({.say = "HTTP/1.1 400 Bad Request\r\n\r\njob name is required\n"},
         {.say = "HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"});
    assert_int_equal(promc_push_to_gateway(gateway, "", .registry = registry, .status = &status),
                     PROMC_ERROR_REFUSED);
    assert_message("/metrics/job@base64/=: status 400 Bad Request: job name is required");
    assert_int_equal(status, 400);
    assert_int_equal(promc_push_to_gateway(gateway, "j", .registry = registry, .status = &status),
                     PROMC_ERROR_REFUSED);
    assert_int_equal(status, 301);
    (void)server_stop(&server);
    assert_int_equal(promc_push_to_gateway(gateway, "j", .registry = registry, .status = &status),
                     PROMC_ERROR_SYSTEM);
    assert_int_equal(status, 0);
}

/* The text that `data` is the gzip of. */
static void assert_packed(const void *data, size_t size, const char *text)
{
    static struct inflate inflate;
    static char plain[1 << 18];

    assert_int_equal(inflate_gzip(&inflate, data, size, plain, sizeof(plain)), 0);
    assert_int_equal(inflate.out_at, strlen(text));
    assert_memory_equal(plain, text, strlen(text));
}

static void gzip_is_sent_on_request(void **state)
{
    struct kept kept = KEPT;
    char length[64];
    const char *body;
    promc_text text;

    (void)state;
    for (int i = 0; i < 200; i++) { /* more than a piece of the scrape */
        char name[24], help[400];

        snprintf(name, sizeof(name), "more_%d", i);
        snprintf(help, sizeof(help), "%0390d", i);
        promc_gauge_set(promc_gauge_new(name, help, .registry = registry), i);
    }
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
    PLAY({.say = OK}, {.say = OK});
    assert_int_equal(promc_push_to_gateway(gateway, "j", .registry = registry, .gzip = true),
                     PROMC_OK);
    assert_int_equal(promc_delete_from_gateway(gateway, "j", .gzip = true), PROMC_OK);
    (void)server_stop(&server);
    body = strstr(server.received[0], "\r\n\r\n") + 4;
    assert_packed(body, server.received_size[0] - (size_t)(body - server.received[0]), text.data);
    assert_non_null(strstr(server.received[0], "\r\nContent-Encoding: gzip\r\n"));
    snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n",
             server.received_size[0] - (size_t)(body - server.received[0]));
    assert_non_null(strstr(server.received[0], length));
    assert_null(strstr(server.received[1], "Content-Encoding"));
    promc_text_free(&text);

    promc_registry_free(registry);
    registry = promc_registry_new();
    assert_int_equal(promc_push_to_gateway("h", "j", .registry = registry, .gzip = true,
                                           .handler = keep_request, .handler_arg = &kept),
                     PROMC_OK);
    assert_string_equal(kept.encoding, "gzip");
    assert_packed(kept.data, kept.size, ""); /* nothing, but as gzip */
}

static void redirects_keep_method_and_body(void **state)
{
    (void)state;
    PLAY({.say = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"}, {.say = OK});
    assert_int_equal(promc_pushadd_to_gateway(gateway, "j", .registry = registry, .redirects = 1),
                     PROMC_OK);
    (void)server_stop(&server);
    assert_int_equal(strncmp(server.received[1], "POST /x ", 8), 0);
    assert_non_null(strstr(server.received[1], "\r\n\r\n" BODY));
    assert_non_null(strstr(server.received[1], "\r\nContent-Type: text/plain;"));
}

static void stalled_gateways_time_out(void **state)
{
    (void)state;
    PLAY({.say = "", .act = THEN_STALL});
    assert_int_equal(promc_delete_from_gateway(gateway, "j", .timeout = 0.1), PROMC_ERROR_TIMEOUT);
    (void)server_stop(&server);
    assert_int_equal(strncmp(server.received[0], "DELETE /metrics/job/j ", 22), 0);
}

/* ---- instance -------------------------------------------------------------------------------- */

static void instance_is_an_address(void **state)
{
    promc_instance_key key;
    struct kept kept = KEPT;

    (void)state;
    assert_int_equal(promc_instance_ip_grouping_key(&key, NULL), PROMC_OK);
    assert_string_equal(key.address, "127.0.0.1");
    assert_int_equal(promc_instance_ip_grouping_key(&key, "127.0.0.2:9091"), PROMC_OK);
    assert_int_equal(strncmp(key.address, "127.0.0.", 8), 0);
    assert_int_equal(promc_push_to_gateway("h", "j", .registry = registry, .handler = keep_request,
                                           .handler_arg = &kept, .grouping_key = key.labels),
                     PROMC_OK);
    assert_non_null(strstr(kept.url, "/metrics/job/j/instance/127.0.0."));
    assert_int_equal(promc_instance_ip_grouping_key(&key, "a b"), PROMC_ERROR_ARGUMENT);
    assert_null(key.labels[0].name);
    assert_int_equal(promc_instance_ip_grouping_key(NULL, NULL), PROMC_ERROR_ARGUMENT);
}

/* What a resolver finds, and a route to the first address or to none. */
static struct sockaddr_in found_addresses[2];
static struct addrinfo found[2];

static int find(const char *host, int port, bool listening, struct addrinfo **list)
{
    (void)host, (void)port, (void)listening;
    for (size_t i = 0; i < COUNT(found); i++) {
        found_addresses[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = 9};
        found_addresses[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        found[i] = (struct addrinfo){.ai_family = AF_INET,
                                     .ai_addr = (struct sockaddr *)&found_addresses[i],
                                     .ai_addrlen = sizeof(found_addresses[i]),
                                     .ai_next = i ? NULL : &found[1]};
    }
    *list = found;
    return 0;
}

static void forget(struct addrinfo *list)
{
    (void)list;
}

static int no_way(int fd, const struct sockaddr *address, socklen_t size)
{
    (void)fd, (void)address, (void)size;
    errno = ENETUNREACH;
    return -1;
}

static int of_another_kind(int fd, struct sockaddr_storage *address)
{
    (void)fd;
    *address = (struct sockaddr_storage){.ss_family = AF_UNIX};
    return 0;
}

static int ipv6_address(int fd, struct sockaddr_storage *address)
{
    (void)fd;
    *(struct sockaddr_in6 *)(void *)address =
        (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return 0;
}

static void instance_needs_a_way_out(void **state)
{
    struct promc__net net = promc__net;
    promc_instance_key key;

    (void)state;
    promc__net.resolve = find;
    promc__net.resolve_free = forget;
    assert_int_equal(promc_instance_ip_grouping_key(&key, "two"), PROMC_OK);
    assert_string_equal(key.address, "127.0.0.1");
    promc__net.local_address = ipv6_address;
    assert_int_equal(promc_instance_ip_grouping_key(&key, "two"), PROMC_OK);
    assert_string_equal(key.address, "::1");
    promc__net.local_address = of_another_kind;
    assert_int_equal(promc_instance_ip_grouping_key(&key, "two"), PROMC_ERROR_SYSTEM);
    promc__net.connect = no_way;
    assert_int_equal(promc_instance_ip_grouping_key(&key, "two"), PROMC_ERROR_SYSTEM);
    assert_message("there is no way to two: Network is unreachable");
    promc__net = net;
}

/* ---- regularly ------------------------------------------------------------------------------- */

static void pushers_push_and_push_again(void **state)
{
    struct kept kept = KEPT;
    char job[] = "j", name[] = "a", value[] = "1";
    promc_pusher *pusher;

    (void)state;
    pusher = promc_pusher_start("h", job, .registry = registry, .handler = keep_request,
                                .handler_arg = &kept, .interval = 0.01,
                                .grouping_key = PROMC_PAIRS({name, value}));
    assert_non_null(pusher);
    memset(job, 'x', 1), memset(name, 'x', 1), memset(value, 'x', 1); /* they were copied */
    await_calls(&kept, 3);
    assert_int_equal(promc_pusher_error(pusher, NULL), PROMC_OK);
    assert_int_equal(promc_pusher_stop(pusher), PROMC_OK);
    assert_true(kept.calls >= 4);
    assert_string_equal(kept.url, "http://h/metrics/job/j/a/1");
    assert_string_equal(kept.method, "PUT");
}

static void stopping_pushes_at_once(void **state)
{
    struct kept kept = KEPT;
    promc_pusher *pusher;

    (void)state;
    pusher = promc_pusher_start("h", "j", .registry = registry, .handler = keep_request,
                                .handler_arg = &kept, .interval = 3600, .add = true);
    assert_non_null(pusher);
    await_calls(&kept, 1);
#if defined(__linux__)
    assert_string_equal(kept.thread, "promc-push");
#endif
    promc_gauge_set(gauge, 42);
    assert_int_equal(promc_pusher_stop(pusher), PROMC_OK);
    assert_int_equal(kept.calls, 2);
    assert_string_equal(kept.method, "POST");
    assert_non_null(strstr(kept.data, "g 42.0\n"));

    pusher = promc_pusher_start("h", "j", .registry = registry, .handler = keep_request,
                                .handler_arg = &kept, .delete_group = true);
    assert_non_null(pusher);
    await_calls(&kept, 3);
    assert_int_equal(promc_pusher_stop(pusher), PROMC_OK);
    assert_string_equal(kept.method, "DELETE");
}

static void pushers_survive_failures(void **state)
{
    struct kept kept = KEPT;
    promc_pusher *pusher;
    promc_error error;

    (void)state;
    kept.answer = 3;
    pusher = promc_pusher_start("h", "j", .registry = registry, .handler = keep_request,
                                .handler_arg = &kept, .interval = 0.001);
    assert_non_null(pusher);
    await_calls(&kept, 5);
    assert_int_equal(promc_pusher_error(pusher, &error), PROMC_ERROR_SINK);
    assert_non_null(strstr(error.message, "returned 3"));
    assert_int_equal(promc_pusher_stop(pusher), PROMC_ERROR_SINK);
    assert_int_equal(promc_pusher_stop(NULL), PROMC_OK);
}

static int no_thread(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    (void)thread, (void)run, (void)arg;
    return EAGAIN;
}

static void pushers_that_cannot_start(void **state)
{
    int (*start)(pthread_t *, void *(*)(void *), void *) = promc__thread_start;

    (void)state;
    assert_null(promc_pusher_start("", "j"));
    assert_null(promc_pusher_start("https://h", "j"));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_UNSUPPORTED);
    assert_null(promc_pusher_start("h", "j", .grouping_key = PROMC_PAIRS({"-", "x"})));
    assert_null(promc_pusher_start("///", "j"));
    assert_null(promc_pusher_start("h", "j", .user = "only"));
    assert_null(promc_pusher_start("h", "j", .interval = -1));
    assert_null(promc_pusher_start("h", "j", .interval = 1.1e9));
    assert_message("from 0.001 to 1e9 seconds");
    assert_null(promc_pusher_start("h", "j", .timeout = (double)NAN));
    assert_null(promc_graphite_start("h", .timeout = (double)NAN));
    assert_message("timeout");
    assert_null(promc_pusher_start("h", "j", .headers = PROMC_PAIRS({"Content-Type", "x"})));
    assert_message("twice");
    assert_null(promc_graphite_start("h:port"));
    assert_null(promc_graphite_start("h", .prefix = "a b"));
    assert_null(promc_graphite_start("h", .prefix = "a\x7F"));
    assert_int_equal(promc_graphite_push(&(promc_graphite_opts){.address = "h"}),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_remote_write_once(&(promc_remote_write_opts){.url = "http://h/"}),
                     PROMC_ERROR_ARGUMENT);
    assert_null(promc_graphite_pusher_create(&(promc_graphite_opts){.address = "h"}));
    assert_null(promc_remote_write_pusher_create(&(promc_remote_write_opts){.url = "http://h/"}));
    assert_null(promc_pusher_create(&(promc_push_opts){.gateway = "h", .job = "j"}));
    assert_null(promc_graphite_pusher_create(NULL));
    assert_null(promc_remote_write_pusher_create(NULL));
    assert_null(promc_pusher_create(NULL));
    promc__thread_start = no_thread;
    assert_null(promc_pusher_start("h", "j"));
    promc__thread_start = start;
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_SYSTEM);
}

static void pauses_grow_and_vary(void **state)
{
    (void)state;
    assert_true(promc__pusher_pause(10, 0, 0, 0) == 10);
    assert_true(promc__pusher_pause(10, 0, 1, UINT32_MAX) == 10);
    assert_true(promc__pusher_pause(10, 0, 2, 0) == 20);
    assert_true(promc__pusher_pause(10, 0, 2, UINT32_MAX) == 15);
    assert_true(promc__pusher_pause(10, 0, 3, 0) == 40);
    assert_true(promc__pusher_pause(10, 0, 4, 0) == 80);
    assert_true(promc__pusher_pause(10, 0, 1000000, 0) == 80);
    /* With a first retry of its own. */
    assert_true(promc__pusher_pause(10, 1, 0, 0) == 10);
    assert_true(promc__pusher_pause(10, 1, 1, 0) == 1);
    assert_true(promc__pusher_pause(10, 1, 1, UINT32_MAX) == 0.75);
    assert_true(promc__pusher_pause(10, 1, 4, 0) == 8);
    assert_true(promc__pusher_pause(10, 1, 5, 0) == 10);
    assert_true(promc__pusher_pause(10, 1, UINT_MAX, UINT32_MAX) == 7.5);
    assert_true(promc__pusher_pause(0.1, 1, 1, 0) == 0.1);
}

static void children_only_free_here(void **state)
{
    struct kept kept = KEPT;
    promc_pusher *pusher;
    pid_t child;
    int status;

    (void)state;
    pusher = promc_pusher_start("h", "j", .registry = registry, .handler = keep_request,
                                .handler_arg = &kept, .interval = 3600);
    assert_non_null(pusher);
    await_calls(&kept, 1);
    child = fork();
    if (child == 0)
        _exit(promc_pusher_stop(pusher) == PROMC_OK && kept.calls == 1 ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(promc_pusher_stop(pusher), PROMC_OK);
    assert_int_equal(kept.calls, 2);
}

static int tell_process(const promc_push_request *request, void *pipe_end)
{
    pid_t self = getpid();

    (void)request;
    return write(*(int *)pipe_end, &self, sizeof(self)) == sizeof(self) ? 0 : -1;
}

/* Forks in the middle of pushing: the children neither push nor hang, the parent goes on. */
static void children_of_a_busy_parent(void)
{
    int ends[2], status;
    promc_pusher *pusher;
    pid_t who;

    assert_int_equal(pipe(ends), 0);
    pusher = promc_pusher_start("h", "j", .registry = registry, .handler = tell_process,
                                .handler_arg = &ends[1], .interval = 0.001);
    assert_non_null(pusher);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();

        if (child == 0) {
            (void)alarm(20); /* ends a child that hangs */
            promc__os.pause_ns(3000000);
            _exit(promc_pusher_error(pusher, NULL) == PROMC_OK &&
                          promc_pusher_stop(pusher) == PROMC_OK
                      ? 0
                      : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_int_equal(read(ends[0], &who, sizeof(who)), sizeof(who));
        assert_int_equal(who, getpid());
    }
    assert_int_equal(promc_pusher_stop(pusher), PROMC_OK);
    (void)close(ends[1]);
    while (read(ends[0], &who, sizeof(who)) == sizeof(who))
        assert_int_equal(who, getpid());
    (void)close(ends[0]);
}

static void children_only_free(void **state)
{
    skip_without_forks();
    children_only_free_here(state);
    children_of_a_busy_parent();
}

/* ---- Graphite -------------------------------------------------------------------------------- */

static double fixed_time(void)
{
    return 1434898897.5;
}

/* Without a source of chance the clock is one. */
static bool no_chance(void *data, size_t size)
{
    (void)data, (void)size;
    return false;
}

static void pushers_without_chance(void **state)
{
    bool (*random_bytes)(void *, size_t) = promc__os.random_bytes;
    struct kept kept = KEPT;
    promc_pusher *pusher;

    (void)state;
    promc__os.random_bytes = no_chance;
    pusher = promc_pusher_start("h", "j", .registry = registry, .handler = keep_request,
                                .handler_arg = &kept, .interval = 0.005);
    assert_non_null(pusher);
    await_calls(&kept, 3);
    assert_int_equal(promc_pusher_stop(pusher), PROMC_OK);
    promc__os.random_bytes = random_bytes;
}

/* Years of waiting are cut to what the system can wait, and end when they are told to. */
static void pushers_wait_long(void **state)
{
    struct kept kept = KEPT;
    promc_pusher *pusher = promc_pusher_start("h", "j", .registry = registry,
                                              .handler = keep_request, .handler_arg = &kept,
                                              .interval = 1e8);

    (void)state;
    assert_non_null(pusher);
    await_calls(&kept, 1);
    usleep(20000); /* so that it waits again */
    assert_int_equal(promc_pusher_stop(pusher), PROMC_OK);
    assert_int_equal(kept.calls, 2);
}

static void *no_session(int fd, const char *host, void *arg)
{
    (void)fd, (void)host, (void)arg;
    return NULL;
}

static long no_bytes(void *session, void *data, size_t size)
{
    (void)session, (void)data, (void)size;
    return PROMC_TRANSPORT_FAILED;
}

static long no_writing(void *session, const void *data, size_t size)
{
    (void)session, (void)data, (void)size;
    return PROMC_TRANSPORT_FAILED;
}

static void no_end(void *session)
{
    (void)session;
}

/* A pusher keeps what it was given, the transport, too. */
static void pushers_keep_their_transport(void **state)
{
    promc_client_transport transport = {no_session, no_bytes, no_writing, no_end, NULL};
    promc_pusher *pusher;
    char url[96];

    (void)state;
    PLAY({.say = ""}, {.say = ""});
    snprintf(url, sizeof(url), "https://%s", gateway);
    pusher = promc_pusher_start(url, "j", .registry = registry, .transport = &transport,
                                .interval = 3600);
    assert_non_null(pusher);
    memset(&transport, 0, sizeof(transport));
    assert_int_equal(promc_pusher_stop(pusher), PROMC_ERROR_SYSTEM);
    assert_message("the transport cannot open a session");
    (void)server_abandon(&server);
}

static void assert_lines(bool tags, const char *prefix, const char *expected)
{
    double (*now)(void) = promc__os.unix_time;

    promc__os.unix_time = fixed_time;
    PLAY({.say = ""});
    assert_int_equal(
        promc_push_to_graphite(gateway, .registry = registry, .tags = tags, .prefix = prefix),
        PROMC_OK);
    (void)server_stop(&server);
    promc__os.unix_time = now;
    assert_string_equal(server.received[0], expected);
    server_forget(&server);
}

static void graphite_lines(void **state)
{
    promc_registry *mine = registry;
    promc_gauge_family *labels;
    promc_histogram *histogram;

    (void)state;
    promc_disable_created_series();
    promc_gauge_inc(gauge);
    assert_lines(false, NULL, "g 1.0 1434898897\n");

    registry = promc_registry_new();
    labels = promc_gauge_family_new("labels", "help", PROMC_LABELS("a", "b"), .registry = registry);
    promc_gauge_inc(promc_gauge_labels(labels, "c", "d"));
    assert_lines(false, NULL, "labels.a.c.b.d 1.0 1434898897\n");
    assert_lines(true, NULL, "labels;a=c;b=d 1.0 1434898897\n");
    assert_lines(false, "pre.fix", "pre.fix.labels.a.c.b.d 1.0 1434898897\n");
    assert_lines(true, "pre.fix", "pre.fix.labels;a=c;b=d 1.0 1434898897\n");
    promc_registry_free(registry);

    registry = promc_registry_new();
    labels = promc_gauge_family_new("x:y", "help", PROMC_LABELS("a"), .registry = registry);
    promc_gauge_set(promc_gauge_labels(labels, "c.:8"), 1e16);
    promc_gauge_set(promc_gauge_labels(labels, "\"\\\n\xE6\x9C\x8D-Z"), -0.5);
    assert_lines(false, "", "x_y.a.c__8 1e+16 1434898897\nx_y.a.____-Z -0.5 1434898897\n");
    promc_registry_free(registry);

    registry = promc_registry_new();
    labels = NULL;
    histogram =
        promc_histogram_new("h", "help", .registry = registry, .buckets = PROMC_BUCKETS(0.5));
    promc_histogram_observe(histogram, 2);
    assert_lines(false, NULL,
                 "h_bucket.le.0_5 0.0 1434898897\nh_bucket.le._Inf 1.0 1434898897\n"
                 "h_count 1.0 1434898897\nh_sum 2.0 1434898897\n");
    promc_registry_free(registry);
    promc_enable_created_series();
    registry = mine;
}

static int collect_integers(promc_writer *writer, void *arg)
{
    (void)arg;
    promc_writer_u64(writer, promc_writer_family(writer, PROMC_TYPE_GAUGE, "u", ""), 7, NULL);
    promc_writer_i64(writer, promc_writer_family(writer, PROMC_TYPE_GAUGE, "i", ""), -7, NULL);
    return 0;
}

static void graphite_has_integers(void **state)
{
    promc_registry *mine = registry;
    const promc_collector collector = {.collect = collect_integers};

    (void)state;
    registry = promc_registry_new();
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_lines(false, NULL, "u 7.0 1434898897\ni -7.0 1434898897\n");
    promc_registry_free(registry);
    registry = mine;
}

static void graphite_sorts_the_bound_among_the_labels(void **state)
{
    promc_registry *mine = registry, *whole = promc_registry_new();
    promc_histogram_family *family = promc_histogram_family_new(
        "h", "help", PROMC_LABELS("z", "a"), .registry = whole, .buckets = PROMC_BUCKETS(1));

    (void)state;
    promc_histogram_observe(promc_histogram_labels(family, "1", "2"), 0.25);
    registry = promc_registry_restricted(whole, PROMC_LABELS("h_bucket"));
    assert_non_null(registry);
    assert_lines(true, NULL,
                 "h_bucket;a=2;le=1_0;z=1 1.0 1434898897\n"
                 "h_bucket;a=2;le=_Inf;z=1 1.0 1434898897\n");
    promc_registry_free(registry);
    promc_registry_free(whole);
    registry = mine;
}

static void graphite_regularly(void **state)
{
    promc_pusher *pusher;

    (void)state;
    PLAY({.say = ""}, {.say = ""}, {.say = ""});
    pusher = promc_graphite_start(gateway, .registry = registry, .interval = 3600);
    assert_non_null(pusher);
    assert_int_equal(promc_pusher_stop(pusher), PROMC_OK);
    assert_int_equal(promc_push_to_graphite(gateway, .registry = registry), PROMC_OK);
    /* If the first push had not begun when it was stopped, one line of the script is left. */
    (void)promc_push_to_graphite(gateway, .registry = registry);
    assert_int_equal(server_stop(&server), 3);
}

static void graphite_failures(void **state)
{
    (void)state;
    PLAY({.say = ""});
    assert_int_equal(promc_push_to_graphite(gateway, .registry = registry), PROMC_OK);
    (void)server_stop(&server);
    assert_int_equal(promc_push_to_graphite(gateway, .registry = registry), PROMC_ERROR_SYSTEM);
    assert_message("cannot connect: Connection refused");
    assert_int_equal(promc_push_to_graphite(NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_push_to_graphite(""), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_push_to_graphite("h:99999"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_push_to_graphite("http://h:2003"), PROMC_ERROR_ARGUMENT);
    assert_message("without http://");
    assert_int_equal(promc_push_to_graphite("fe80::1%lo"), PROMC_ERROR_ARGUMENT);
    assert_message("brackets: [::1]");
    assert_int_equal(promc_push_to_graphite("host.invalid"), PROMC_ERROR_SYSTEM);
    assert_message("Graphite at host.invalid:2003: cannot resolve");
    assert_int_equal(promc_graphite_push(NULL), PROMC_ERROR_ARGUMENT);
}

/* ---- out of memory --------------------------------------------------------------------------- */

static int push_with_everything(void *kept)
{
    return promc_push_to_gateway("h", "a job", .registry = registry, .handler = keep_request,
                                 .handler_arg = kept, .headers = PROMC_PAIRS({"X-More", "yes"}),
                                 .grouping_key = PROMC_PAIRS({"a", "b/"}));
}

static int push_packed(void *kept)
{
    return promc_push_to_gateway("h", "j", .registry = registry, .handler = keep_request,
                                 .handler_arg = kept, .gzip = true);
}

/* The error of starting, or of the last push; that nobody listened is none. */
static int stop_at_once(promc_pusher *pusher)
{
    int code = pusher ? promc_pusher_stop(pusher) : promc_last_error()->code;

    return code == PROMC_ERROR_SYSTEM ? PROMC_OK : code;
}

static int push_regularly(void *kept)
{
    return stop_at_once(promc_pusher_start("h", "j", .registry = registry, .handler = keep_request,
                                           .handler_arg = kept, .interval = 3600, .token = "t",
                                           .headers = PROMC_PAIRS({"X-More", "yes"}),
                                           .grouping_key = PROMC_PAIRS({"a", "b/"})));
}

static int push_regularly_to_graphite(void *arg)
{
    (void)arg;
    return stop_at_once(promc_graphite_start("127.0.0.1:1", .registry = registry, .prefix = "p"));
}

static int write_regularly(void *arg)
{
    (void)arg;
    return stop_at_once(promc_remote_write_start("http://127.0.0.1:1/write", .registry = registry,
                                                 .user = "u", .password = "p",
                                                 .labels = PROMC_PAIRS({"job", "j"})));
}

static int lines_of_graphite(void *arg)
{
    (void)arg;
    PLAY({.say = ""});
    if (promc_push_to_graphite(gateway, .registry = registry, .prefix = "p") == PROMC_OK) {
        (void)server_stop(&server);
        server_forget(&server);
        return PROMC_OK;
    }
    (void)server_abandon(&server);
    server_forget(&server);
    return promc_last_error()->code;
}

static void every_allocation_is_refused_once(void **state)
{
    struct kept kept = KEPT;

    (void)state;
    assert_true(refuse_every_allocation(push_with_everything, &kept, false) > 3);
    assert_true(refuse_every_allocation(push_packed, &kept, false) > 3);
    assert_true(refuse_every_allocation(lines_of_graphite, NULL, false) > 2);
    assert_true(refuse_every_allocation(push_regularly, &kept, true) > 10);
    assert_true(refuse_every_allocation(push_regularly_to_graphite, NULL, true) > 5);
    assert_true(refuse_every_allocation(write_regularly, NULL, true) > 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(urls_are_client_pythons),
        TEST(handlers_get_everything),
        TEST(wrong_arguments),
        TEST(nothing_is_sent_of_a_failed_collection),
        TEST(push_is_written_exactly),
        TEST(refusals_have_the_gateways_words),
        TEST(gzip_is_sent_on_request),
        TEST(redirects_keep_method_and_body),
        TEST(stalled_gateways_time_out),
        TEST(instance_is_an_address),
        TEST(instance_needs_a_way_out),
        TEST(pushers_without_chance),
        TEST(pushers_wait_long),
        TEST(pushers_keep_their_transport),
        TEST(graphite_has_integers),
        TEST(pushers_push_and_push_again),
        TEST(stopping_pushes_at_once),
        TEST(pushers_survive_failures),
        TEST(pushers_that_cannot_start),
        TEST(pauses_grow_and_vary),
        TEST(children_only_free),
        TEST(graphite_lines),
        TEST(graphite_sorts_the_bound_among_the_labels),
        TEST(graphite_regularly),
        TEST(graphite_failures),
        TEST(every_allocation_is_refused_once),
    };

    return cmocka_run_group_tests(tests, count_memory, NULL);
}
