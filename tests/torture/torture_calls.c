/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system call fails: each call that a scenario makes, once and from there on, with each error
 * that such a call can give. The scenario fails with words or does not mind; nothing leaks, no
 * descriptor stays open, other metrics scrape the same, and the same scenario succeeds afterwards.
 */
#define _DEFAULT_SOURCE
#include "torture/every_metric.h"
#include "torture/responder.h"
#include "refusing.h"
#include "unit/http_peer.h"

#include "torture/faults.h"

#include <signal.h>

static promc_registry *registry, *earlier;
static promc_text earlier_text;
static struct responder web, lines;
static char folder[] = "/tmp/promc-torture-XXXXXX", file_path[64], socket_path[64];

#define GET "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static void describe_fault(void)
{
    int kind = atomic_load(&fault_kind), error;

    if (kind == FAULT_CALLS)
        return;
    error = fault_errors[kind][atomic_load(&fault_which)];
    print_error("call %d, %s%s: %s (%d)\n", atomic_load(&fault_number), fault_names[kind],
                atomic_load(&fault_on) ? " from here on" : "", error > 0 ? strerror(error) : "",
                error);
}

/* ---- serving ----------------------------------------------------------------------------------- */

/* The answer of a server in the loop of the test; within so many milliseconds. */
static const char *answer_of(promc_http_server *server, int fd, unsigned milliseconds)
{
    static char text[1 << 17];
    size_t size = 0;
    uint64_t end = peer_ms() + milliseconds;
    long got = -1;

    while (got != 0 && peer_ms() < end) {
        (void)promc_http_server_step(server, 1);
        got = recv(fd, text + size, sizeof(text) - size - 1, MSG_DONTWAIT);
        if (got < 0 && errno != EAGAIN)
            break;
        size += got > 0 ? (size_t)got : 0;
    }
    text[size] = '\0';
    return text;
}

/* A client that has sent its request, undisturbed by signals; -1: it could not. */
static int client_of(int port, const char *unix_path)
{
    sigset_t all, before;
    int fd;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    fd = unix_path ? peer_connect_unix(unix_path)
                   : peer_connect("127.0.0.1", port);
    if (fd >= 0)
        (void)send(fd, GET, strlen(GET), MSG_NOSIGNAL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fd;
}

static bool is_answered(promc_http_server *server, int port, const char *unix_path,
                        unsigned milliseconds)
{
    int fd = client_of(port, unix_path);
    bool answered;

    if (fd < 0)
        return false;
    answered = strstr(answer_of(server, fd, milliseconds), "space_sub_g_bytes{") != NULL;
    close(fd);
    return answered;
}

/* One client may lose; the next one must not. */
static void serve_two(promc_http_server *server, int port, const char *unix_path)
{
    (void)is_answered(server, port, unix_path, 15);
    disarm_fault();
    if (!is_answered(server, port, unix_path, 5000)) {
        describe_fault();
        fail();
    }
}

static int serve_in_a_loop(void)
{
    promc_http_server *server = promc_http_server_open(0, .registry = registry,
                                                       .self_metrics = true);

    if (!server)
        return promc_last_error()->code;
    serve_two(server, promc_http_server_port(server), NULL);
    promc_http_server_stop(server);
    return PROMC_OK;
}

/* The failure is in stopping. */
static int stop_a_server(void)
{
    int at = atomic_exchange(&fault_at, -1);
    promc_http_server *server = promc_http_server_open(0, .unix_path = socket_path,
                                                       .registry = registry);

    assert_non_null(server);
    atomic_store(&fault_at, at);
    promc_http_server_stop(server);
    (void)unlink(socket_path);
    return PROMC_OK;
}

/* In the place of a socket that a dead server left. */
static int serve_a_unix_socket(void)
{
    promc_http_server *server;

    close(peer_bind_unix(socket_path));
    server = promc_http_server_open(0, .unix_path = socket_path, .registry = registry);
    if (server)
        serve_two(server, 0, socket_path);
    promc_http_server_stop(server);
    (void)unlink(socket_path);
    return server ? PROMC_OK : promc_last_error()->code;
}

/* A descriptor is the server's once it has started, and not before. */
static int serve_a_given_descriptor(void)
{
    int port, fd = opened(peer_listen(&port)), code = PROMC_OK;
    promc_http_server *server = promc_http_server_open(0, .fd = PROMC_FD(fd), .registry = registry);

    if (server) {
        serve_two(server, port, NULL);
        promc_http_server_stop(server);
    } else {
        code = promc_last_error()->code;
        disarm_fault();
        assert_int_equal(promc__os.close(fd), 0);
    }
    return code;
}

static int serve_in_a_thread(void)
{
    static char text[1 << 17];
    promc_http_server *server = promc_start_http_server(0, .address = "127.0.0.1",
                                                        .registry = registry);
    int fd;

    if (!server)
        return promc_last_error()->code;
    /* The first fails or not, the second is answered; unless the server had looked at a clock before
     * that was stepped back, and took it for a slow one: then the third is. */
    for (int i = 0; i < 3 && (i < 2 || !strstr(text, "space_sub_g_bytes{")); i++) {
        struct timeval patience = {.tv_sec = i ? 5 : 0, .tv_usec = i ? 0 : 15000};

        fd = peer_connect("127.0.0.1", promc_http_server_port(server));
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        (void)send(fd, GET, strlen(GET), MSG_NOSIGNAL);
        (void)peer_read_all(fd, text, sizeof(text));
        close(fd);
        disarm_fault();
    }
    promc_http_server_stop(server);
    if (!strstr(text, "space_sub_g_bytes{")) {
        describe_fault();
        fail();
    }
    return PROMC_OK;
}

/* ---- sending ----------------------------------------------------------------------------------- */

/* What is said to have arrived has. (An earlier one, given up by its sender, may come in late.) */
static int arrived(struct responder *responder, unsigned before, int code)
{
    if (code == PROMC_OK)
        assert_true(atomic_load(&responder->complete) > before);
    return code;
}

/* Seconds of the fast clock. */
static double patience(void)
{
    return atomic_load(&fault_at) >= 0 ? 0.1 : 300;
}

static int push(void)
{
    unsigned before = atomic_load(&web.complete);
    int status = -1;
    int code = promc_push_to_gateway(web.address, "job", .registry = registry, .timeout = patience(),
                                     .status = &status);

    if (code == PROMC_OK)
        assert_int_equal(status, 200);
    return arrived(&web, before, code);
}

static int push_by_name(void)
{
    char address[32];
    unsigned before = atomic_load(&web.complete);

    snprintf(address, sizeof(address), "localhost:%d", web.port);
    return arrived(&web, before,
                   promc_pushadd_to_gateway(address, "job", .registry = earlier, .timeout = patience()));
}

static int graphite(void)
{
    return promc_push_to_graphite(lines.address, .registry = registry, .timeout = patience());
}

static int remote_write(void)
{
    unsigned before = atomic_load(&web.complete);

    return arrived(&web, before,
                   promc_remote_write(web.url, .registry = registry, .timeout = patience()));
}

static int send_alert(void)
{
    const promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "A"})};
    unsigned before = atomic_load(&web.complete);

    return arrived(&web, before,
                   promc_alertmanager_send_with(
                       PROMC_ALERTMANAGER(.url = web.url, .timeout = patience()), &alert, 1));
}

static int push_regularly(void)
{
    promc_pusher *pusher =
        promc_pusher_start(web.address, "job", .registry = earlier, .timeout = patience(), .interval = 60);

    if (!pusher)
        return promc_last_error()->code;
    disarm_fault(); /* errors of its pushes are another thread's */
    return promc_pusher_stop(pusher);
}

static int own_address(void)
{
    promc_instance_key key;

    return promc_instance_ip_grouping_key(&key, "127.0.0.1");
}

/* ---- files and /proc --------------------------------------------------------------------------- */

static void read_file(char *text, size_t room)
{
    FILE *file = fopen(file_path, "r");

    assert_non_null(file);
    text[fread(text, 1, room - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
}

/* The old file stays until the new one is whole. A part that cannot be removed may be left over. */
static int textfile(void)
{
    static char text[1 << 16], whole[1 << 16];
    int at = atomic_exchange(&fault_at, -1), code;
    bool unlink_failed;

    assert_int_equal(promc_write_to_textfile(file_path, registry), PROMC_OK);
    read_file(whole, sizeof(whole));
    assert_int_equal(promc_write_to_textfile(file_path, earlier), PROMC_OK);
    atomic_store(&fault_at, at);
    code = promc_write_to_textfile(file_path, registry);
    unlink_failed = atomic_load(&fault_kind) == CALL_unlink;
    disarm_fault();
    read_file(text, sizeof(text));
    assert_string_equal(text, code == PROMC_OK ? whole : earlier_text.data);
    assert_int_equal(unlink(file_path), 0);
    if (!unlink_failed) {
        assert_int_equal(rmdir(folder), 0);
        assert_int_equal(mkdir(folder, 0700), 0);
    }
    return code;
}

/* What cannot be found out is left out; what is there is true. */
static int process_collector(void)
{
    promc_registry *own = promc_registry_new();
    promc_text text = {NULL, 0};
    int code = promc_registry_register(own, promc_process_collector());
    double start;

    if (code == PROMC_OK)
        code = promc_generate_latest(own, &text);
    if (code == PROMC_OK && strstr(text.data, "\nprocess_start_time_seconds ")) {
        start = strtod(strstr(text.data, "\nprocess_start_time_seconds ") + 28, NULL);
        if (atomic_load(&fault_kind) != CALL_read) /* half a file is believed */
            assert_true(start > 1e9 && start <= real_os.unix_time() + 5);
    }
    promc_text_free(&text);
    promc_registry_free(own);
    assert_int_equal(code, PROMC_OK);
    return code;
}

/* ---- metrics ----------------------------------------------------------------------------------- */

/* No updates, definitions or scrapes depend on what the system says. */
static void *observe_once(void *histogram)
{
    promc_histogram_observe(histogram, 1);
    return NULL;
}

static int metrics(void)
{
    promc_registry *own = promc_registry_new();
    promc_counter_family *f = promc_counter_family_new("c", "", PROMC_LABELS("x"), .registry = own,
                                                       .idle_ttl = 3600);
    promc_histogram *h = promc_histogram_new("h", "", .registry = own, .native_factor = 1.1,
                                             .buckets = PROMC_BUCKETS(1));
    promc_summary *s = promc_summary_new("s", "", .registry = own);
    promc_gauge *g = promc_gauge_new("g", "", .registry = own);
    promc_text text;
    pthread_t another;

    promc_histogram_observe(h, 1);
    /* A second thread's cells, for which a scrape needs the barrier. */
    assert_int_equal(pthread_create(&another, NULL, observe_once, h), 0);
    assert_int_equal(pthread_join(another, NULL), 0);
    for (int i = 0; i < 3; i++) {
        promc_counter_inc(promc_counter_labels(f, "a"));
        promc_histogram_observe(h, 1);
        { PROMC_TIME_SCOPE(s); }
        promc_gauge_set_to_current_time(g);
        assert_int_equal(promc_generate_latest(own, &text), PROMC_OK);
        promc_text_free(&text);
    }
    disarm_fault();
    assert_number(sample(own, "h_count", NULL), 5);
    assert_number(sample(own, "h_sum", NULL), 5);
    assert_number(sample(own, "s_count", NULL), 3);
    assert_true(sample(own, "s_sum", NULL) >= 0);
    promc_registry_free(own);
    return PROMC_OK;
}

/* ---- the torture ------------------------------------------------------------------------------- */

static const struct calls_scenario {
    const char *name;
    int (*run)(void);
} scenarios[] = {
#define SCENARIO(run)                                                                              \
    {                                                                                              \
        #run, run                                                                                  \
    }
    SCENARIO(serve_in_a_loop),
    SCENARIO(stop_a_server),
    SCENARIO(serve_a_unix_socket),
    SCENARIO(serve_a_given_descriptor),
    SCENARIO(serve_in_a_thread),
    SCENARIO(push),
    SCENARIO(push_by_name),
    SCENARIO(graphite),
    SCENARIO(remote_write),
    SCENARIO(send_alert),
    SCENARIO(push_regularly),
    SCENARIO(own_address),
    SCENARIO(textfile),
    SCENARIO(process_collector),
    SCENARIO(metrics),
};

static int runs, failures;

/* Whether such a failure may be reported by this code. */
static bool is_right(int code)
{
    int kind = atomic_load(&fault_kind), error = fault_errors[kind][atomic_load(&fault_which)];

    return code == PROMC_ERROR_SYSTEM || code == PROMC_ERROR_TIMEOUT ||
           (code == PROMC_ERROR_SYNTAX && kind == CALL_receive && error == NOTHING) ||
           (code == PROMC_ERROR_ARGUMENT && kind == CALL_is_listening) ||
           (code == PROMC_ERROR_NO_MEMORY && kind == CALL_resolve && error == EAI_MEMORY);
}

/* One run; false when there is no such call or it has no such error. */
static bool run_with(const struct calls_scenario *scenario, int at, int which, bool on)
{
    long blocks = atomic_load(&live_blocks);
    int code;

    arm_fault(at, which, on);
    code = scenario->run();
    disarm_fault();
    runs++;
    if (!atomic_load(&fault_happened) || atomic_load(&fault_exhausted))
        return false;
    if (code != PROMC_OK) {
        failures++;
        if (!is_right(code) || promc_last_error()->code != code || strlen(promc_last_error()->message) < 15) {
            describe_fault();
            print_error("%d, %s\n", code, promc_last_error()->message);
            fail();
        }
    }
    if (open_descriptors() != 0 || atomic_load(&live_blocks) > blocks) {
        describe_fault();
        print_error("%d descriptors, %ld blocks left\n", open_descriptors(),
                    atomic_load(&live_blocks) - blocks);
        fail();
    }
    assert_exposed(earlier, earlier_text.data);
    code = scenario->run();
    if (code != PROMC_OK) {
        describe_fault();
        print_error("and then %d, %s\n", code, promc_last_error()->message);
        fail();
    }
    return true;
}

static void every_call_fails(void **state)
{
    const struct calls_scenario *scenario = *state;
    int calls = 0;

    for (int i = 0; i < 5; i++) /* what is made once and for all */
        assert_int_equal(scenario->run(), PROMC_OK);
    for (int on = 0; on < 2; on++) {
        for (int at = 0;; at++) {
            int which = 0;

            while (run_with(scenario, at, which, on != 0))
                which++;
            if (!atomic_load(&fault_happened))
                break;
            calls++;
            /* A scenario that waits for another thread has a varying number of calls. */
            if (at > 300)
                break;
        }
    }
    print_message("             %d calls, %d runs, %d failed\n", calls, runs, failures);
    runs = failures = 0;
}

/* ---- signals ----------------------------------------------------------------------------------- */

static void interrupt(int number)
{
    (void)number;
}

/* Every call that can be interrupted is, again and again; nobody notices. */
static void interrupted_calls(void **state)
{
    struct sigaction action = {.sa_handler = interrupt};
    struct itimerval often = {{.tv_usec = 200}, {.tv_usec = 200}}, never = {{0, 0}, {0, 0}};

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    for (size_t i = 0; i < COUNT(scenarios); i++)
        for (int round = 0; round < 3; round++) {
            int code;

            if (scenarios[i].run == serve_in_a_thread) /* its client is a plain one */
                continue;
            assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
            code = scenarios[i].run();
            assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
            if (code != PROMC_OK)
                fail_msg("%s: %s", scenarios[i].name, promc_last_error()->message);
        }
}

/* A call that no scenario makes is not tested. */
static void all_calls_were_made(void **state)
{
    (void)state;
    for (int call = 0; call < FAULT_CALLS; call++)
        if (!atomic_load(&fault_seen[call]))
            fail_msg("%s", fault_names[call]);
}

/* Cells of another thread: only then is there anybody to wait for. */
static void *update_elsewhere(void *counter)
{
    promc_counter_inc(counter);
    return NULL;
}

static bool set_up(void)
{
    promc_counter *counter;
    pthread_t thread;

    if (promc_set_allocator(&refusing) != PROMC_OK || !mkdtemp(folder) ||
        !responder_start(&web, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") ||
        !responder_start(&lines, NULL))
        return false;
    snprintf(file_path, sizeof(file_path), "%s/metrics.prom", folder);
    snprintf(socket_path, sizeof(socket_path), "%s.sock", folder);
    registry = promc_registry_new();
    earlier = promc_registry_new();
    counter = promc_counter_new("elsewhere", "", .registry = earlier);
    promc_counter_inc(counter); /* this thread's cells are its own from now on */
    return registry && counter && pthread_create(&thread, NULL, update_elsewhere, counter) == 0 &&
           pthread_join(thread, NULL) == 0;
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[COUNT(scenarios) + 2];
    size_t wanted = 0;
    int failed;

    if (!set_up())
        return 1;
    define_everything(registry);
    promc_gauge_set(promc_gauge_new("earlier", "", .registry = earlier), 7);
    if (promc_generate_latest(earlier, &earlier_text) != PROMC_OK)
        return 1;
    replace_calls();
    for (size_t i = 0; i < COUNT(scenarios); i++)
        if (argc < 2 || strcmp(argv[1], scenarios[i].name) == 0)
            tests[wanted++] = (struct CMUnitTest){.name = scenarios[i].name,
                                                  .test_func = every_call_fails,
                                                  .initial_state = (void *)(uintptr_t)&scenarios[i]};
    if (argc < 2) {
        tests[wanted++] = (struct CMUnitTest)cmocka_unit_test(interrupted_calls);
        tests[wanted++] = (struct CMUnitTest)cmocka_unit_test(all_calls_were_made);
    }
    failed = _cmocka_run_group_tests("system calls", tests, wanted, NULL, NULL);
    promc_text_free(&earlier_text);
    promc_registry_free(earlier);
    promc_registry_free(registry);
    responder_stop(&web);
    responder_stop(&lines);
    (void)rmdir(folder);
    return failed;
}
