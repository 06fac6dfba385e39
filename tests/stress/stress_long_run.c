/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything at once, for as long as wanted: scrapes over HTTP (a thousand a second, if the machine
 * can) in text and OpenMetrics, against constant updates, children that come and go, pushes,
 * textfiles, forks, refused memory and failing sends. Every scrape that arrives is checked by a
 * reader of its own: histograms are one moment, counters never go back, nothing is cut. At the end
 * resident memory is as after the beginning, descriptors and threads are as before it, and no update
 * is missing.
 *
 * stress_long_run SECONDS [SCRAPES A SECOND]; `make long-run TIME=1200`.
 */
#define _DEFAULT_SOURCE
#include "stress_http.h"

#include "base/net.h"

#include <sys/wait.h>

enum { SCRAPERS = 2, UPDATERS = 2, ROUND = 200 };

static promc_registry *registry;
static promc_counter *counter;
static promc_counter_family *requests, *churned;
static promc_histogram *ones;
static promc_summary *ones_summary;
static promc_gauge *gauge;
static promc_http_server *server;

static atomic_ullong scrapes, lost, pushes, failed_pushes, forks, rounds;

/* ---- metrics ---------------------------------------------------------------------------------- */

static void define(void)
{
    registry = promc_registry_new();
    counter = promc_counter_new("plain", "P.", .registry = registry);
    requests = promc_counter_family_new("requests", "R.", PROMC_LABELS("code"),
                                        .registry = registry);
    churned = promc_counter_family_new("queue_churned", "C.", PROMC_LABELS("number"),
                                       .registry = registry);
    ones = promc_histogram_new("ones", "O.", .registry = registry, .native_factor = 1.5,
                               .buckets = PROMC_BUCKETS(0.5, 1, 2));
    ones_summary = promc_summary_new("ones_too", "O.", .registry = registry);
    gauge = promc_gauge_new("level", "L.", .registry = registry);
    CHECK(gauge && ones && ones_summary && churned && requests && counter, "%s",
          promc_last_error()->message);
}

static void *update(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg + 1;

    while (stress_running()) {
        for (int i = 0; i < ROUND; i++) {
            promc_counter_inc(counter);
            promc_counter_inc(promc_counter_labels(requests, i % 2 ? "200" : "500"));
            promc_histogram_observe(ones, 1);
            promc_summary_observe(ones_summary, 1);
            promc_gauge_set(gauge, (double)(stress_random(&seed) % 100));
        }
        promc_histogram_observe_exemplar(ones, 1, PROMC_PAIRS({"trace", "a"}));
        atomic_fetch_add(&rounds, 1);
        stress_sleep(0.0005);
    }
    return NULL;
}

/* Children that come and go, and threads that do. */
static void *come_and_go(void *arg)
{
    uint64_t seed = 77;

    (void)arg;
    while (stress_running()) {
        char number[16];

        snprintf(number, sizeof(number), "%u", (unsigned)(stress_random(&seed) % 50));
        promc_counter_inc(promc_counter_labels(churned, number));
        if (stress_random(&seed) % 3 == 0)
            (void)promc_counter_family_remove(churned, number);
        if (stress_random(&seed) % 1000 == 0)
            promc_counter_family_clear(churned);
        stress_sleep(0.0002);
    }
    return NULL;
}

/* ---- scrapes ---------------------------------------------------------------------------------- */

/* OpenMetrics with the lines of text: without exemplars and the end, which must be there. */
static void feed(struct stress_scrape *scrape, char *body, bool openmetrics)
{
    scrape->size = 0;
    scrape->last_bucket = 0;
    scrape->infinity_bucket = -1;
    for (char *line = body, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        CHECK(end != NULL, "the last line has no end: %s", line);
        *end = '\0';
        if (strcmp(line, "# EOF") == 0) {
            CHECK(openmetrics && end[1] == '\0', "# EOF is not the end");
            return;
        }
        if (line[0] != '#' && strstr(line, " # {"))
            *strstr(line, " # {") = '\0';
        CHECK(strlen(line) < sizeof(scrape->line), "a line is too long");
        strcpy(scrape->line, line);
        scrape->size = strlen(line);
        stress_line(scrape);
    }
    CHECK(!openmetrics, "no # EOF");
}

struct scraper {
    double interval;
    bool openmetrics;
};

#define TEXT "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define OPENMETRICS                                                                                \
    "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n"

static void *scrape(void *arg)
{
    struct scraper *scraper = arg;
    struct stress_scrape *checker = stress_new_scrape();
    struct stress_response *response = malloc(sizeof(*response));
    double next = stress_now(), now;
    int fd = -1;

    CHECK(response != NULL, "out of memory");
    checker->monotonic = true;
    while (stress_running()) {
        if (fd < 0)
            fd = stress_connect(promc_http_server_port(server), 5);
        if (stress_request(fd, scraper->openmetrics ? OPENMETRICS : TEXT, response)) {
            CHECK(response->status == 200 || response->status == 500 || response->status == 503,
                  "status %d", response->status);
            if (response->status == 200)
                feed(checker, response->body, scraper->openmetrics);
            atomic_fetch_add(response->status == 200 ? &scrapes : &lost, 1);
            if (response->status != 200) {
                stress_reset(fd);
                fd = -1;
            }
        } else {
            atomic_fetch_add(&lost, 1);
            stress_reset(fd);
            fd = -1;
        }
        next += scraper->interval;
        now = stress_now();
        if (next > now)
            stress_sleep(next - now);
        else
            next = now;
    }
    stress_reset(fd);
    free(response);
    free(checker);
    return NULL;
}

/* ---- what is sent away, and forks -------------------------------------------------------------- */

static int take_push(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)response, (void)arg;
    return request->body_size && request->body[request->body_size - 1] == '\n' ? 0 : -1;
}

static void *send_away(void *arg)
{
    char gateway[64], path[64];

    (void)arg;
    snprintf(gateway, sizeof(gateway), "127.0.0.1:%d", promc_http_server_port(server));
    snprintf(path, sizeof(path), "/tmp/promc-long-run-%ld.prom", (long)getpid());
    for (int i = 0; stress_running(); i++) {
        int code = promc_push_to_gateway(gateway, "j", .registry = registry, .timeout = 5);

        atomic_fetch_add(code == PROMC_OK ? &pushes : &failed_pushes, 1);
        if (i % 20) /* a disk may be slow */
            code = PROMC_OK;
        else
            code = promc_write_to_textfile(path, registry);
        CHECK(code == PROMC_OK || code == PROMC_ERROR_NO_MEMORY, "%s", promc_last_error()->message);
        stress_sleep(0.02);
    }
    (void)unlink(path);
    return NULL;
}

/* A child has what its parent had, and goes on by itself. (Not in qemu's user mode, which aborts in
 * the children of programs with threads.) */
static void *fork_now_and_then(void *arg)
{
    const char *emulator = getenv("RUN");

    (void)arg;
    while (stress_running() && !(emulator && strstr(emulator, "qemu"))) {
        int status = -1;
        pid_t pid = fork();

        CHECK(pid >= 0, "fork: %s", strerror(errno));
        if (pid == 0) {
            double before = promc_counter_value(counter);

            promc_counter_inc(counter);
            promc_histogram_observe(ones, 1);
            _exit(promc_counter_value(counter) == before + 1 ? 0 : 1);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the child ended with %d", status);
        atomic_fetch_add(&forks, 1);
        stress_sleep(0.1);
    }
    return NULL;
}

/* ---- faults ------------------------------------------------------------------------------------ */

static atomic_uint sends;
static long (*really_send)(int fd, const void *data, size_t size, const void *more,
                           size_t more_size);

/* Now and then a peer has gone, or takes one byte. */
static long unreliable_send(int fd, const void *data, size_t size, const void *more,
                            size_t more_size)
{
    unsigned number = atomic_fetch_add(&sends, 1);

    if (number % 997 == 0) {
        (void)shutdown(fd, SHUT_RDWR);
        errno = ECONNRESET;
        return -1;
    }
    if (number % 101 == 0)
        return really_send(fd, data, 1, NULL, 0);
    return really_send(fd, data, size, more, more_size);
}

/* Memory is refused for a tenth of the time. */
static void *refuse_now_and_then(void *arg)
{
    (void)arg;
    while (stress_running()) {
        atomic_store(&stress_refuse, 50);
        stress_sleep(0.01);
        atomic_store(&stress_refuse, 0);
        stress_sleep(0.09);
    }
    atomic_store(&stress_refuse, 0);
    return NULL;
}

/* ---- what is held ------------------------------------------------------------------------------ */

struct held {
    size_t resident, descriptors, threads, bytes;
};

/* Connections come and go: the least of some looks. */
static struct held look(void)
{
    struct held least = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};

    for (int i = 0; i < 20; i++) {
        struct held now = {stress_resident(), stress_descriptors(),
                           stress_entries("/proc/self/task") + 1, atomic_load(&stress_bytes)};

        least.resident = now.resident < least.resident ? now.resident : least.resident;
        least.descriptors = now.descriptors < least.descriptors ? now.descriptors
                                                                : least.descriptors;
        least.threads = now.threads < least.threads ? now.threads : least.threads;
        least.bytes = now.bytes < least.bytes ? now.bytes : least.bytes;
        stress_sleep(0.005);
    }
    return least;
}

static void report(const char *when, struct held held)
{
    printf("%-10s %6zu KiB resident, %3zu descriptors, %2zu threads, %5zu KiB of the library's\n",
           when, held.resident / 1024, held.descriptors, held.threads, held.bytes / 1024);
}

/* A slow machine may not have come to its first scrape when the time of the beginning is over. */
static void wait_for_work(void)
{
    double end = stress_now() + 120;

    while (atomic_load(&scrapes) < 20 || atomic_load(&pushes) < 2 || atomic_load(&rounds) < 20) {
        CHECK(stress_now() < end, "%llu scrapes, %llu pushes", atomic_load(&scrapes),
              atomic_load(&pushes));
        stress_sleep(0.01);
    }
}

/* Once all have ended, and the server has seen that its clients are gone, nothing of theirs is left
 * open. */
static void expect_rest(struct held before)
{
    double end = stress_now() + 30;
    struct held now = look();

    while ((now.descriptors > before.descriptors || now.threads > before.threads) &&
           stress_now() < end)
        now = look();
    report("at rest", now);
    CHECK(now.descriptors == before.descriptors, "%zu descriptors were open before",
          before.descriptors);
    CHECK(now.threads == before.threads, "%zu threads ran before", before.threads);
}

static void run(double seconds, double rate)
{
    struct scraper scrapers[SCRAPERS] = {{SCRAPERS / rate, false}, {SCRAPERS / rate, true}};
    pthread_t threads[SCRAPERS + UPDATERS + 4];
    size_t count = 0;
    struct held before = look(), first, last;

    for (size_t i = 0; i < UPDATERS; i++)
        threads[count++] = stress_start(update, (void *)(uintptr_t)i);
    for (size_t i = 0; i < SCRAPERS; i++)
        threads[count++] = stress_start(scrape, &scrapers[i]);
    threads[count++] = stress_start(come_and_go, NULL);
    threads[count++] = stress_start(send_away, NULL);
    threads[count++] = stress_start(fork_now_and_then, NULL);
    threads[count++] = stress_start(refuse_now_and_then, NULL);
    stress_sleep(seconds < 50 ? seconds / 5 : 10);
    wait_for_work();
    first = look();
    report("beginning", first);
    stress_sleep(seconds < 50 ? seconds * 4 / 5 : seconds - 10);
    last = look();
    report("end", last);
    atomic_store(&stress_stop, true);
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    expect_rest(before);
    printf("%.0f s: %llu scrapes right, %llu without a result (faults), %llu pushes and %llu failed "
           "ones, %llu forks, %.0f million updates\n",
           seconds, atomic_load(&scrapes), atomic_load(&lost), atomic_load(&pushes),
           atomic_load(&failed_pushes), atomic_load(&forks), (double)atomic_load(&rounds) * 5 * ROUND / 1e6);
    CHECK(last.bytes <= first.bytes + 256 * 1024, "the library's memory");
#ifndef STRESS_SANITIZED
    CHECK(last.resident <= first.resident + (4 << 20), "resident memory");
#endif
    CHECK(atomic_load(&scrapes) > atomic_load(&lost), "most scrapes have a result");
}

int main(int argc, char **argv)
{
    stress_count_memory();
    define();
    server = promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    CHECK(server && promc_http_server_route(server, "PUT", "/metrics/job/j", take_push, NULL) ==
                        PROMC_OK,
          "%s", promc_last_error()->message);
    really_send = promc__net.send;
    promc__net.send = unreliable_send;
    run(stress_seconds(argc, argv), argc > 2 ? atof(argv[2]) : 1000);
    promc_http_server_stop(server);
    /* What every update counted is there, once. */
    CHECK(stress_value(registry, "ones_count") == stress_value(registry, "ones_sum"),
          "the last look");
    CHECK(promc_counter_value(counter) == (double)atomic_load(&rounds) * ROUND, "%.17g, not %.17g",
          promc_counter_value(counter), (double)atomic_load(&rounds) * ROUND);
    promc_registry_free(registry);
    return 0;
}
