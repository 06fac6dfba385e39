/* SPDX-License-Identifier: Apache-2.0 */
/* See README.md. */
#include <promc/promc.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define UPDATES 5000000
#define LOOKUPS 1000000
#define VALUES 4096
#define CHILDREN 100

static promc_registry *registry;
static promc_counter *counter;
static promc_gauge *set, *up;
static promc_histogram *histogram;
static promc_counter_family *family;
static double values[VALUES];
static char paths[CHILDREN][16];

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "promc: %s\n", what);
    exit(1);
}

/* ---- updates --------------------------------------------------------------------------------- */

static void inc(size_t i)
{
    (void)i;
    promc_counter_inc(counter);
}

static void gauge_set(size_t i)
{
    promc_gauge_set(set, (double)i);
}

static void gauge_inc(size_t i)
{
    (void)i;
    promc_gauge_inc(up);
}

static void observe(size_t i)
{
    promc_histogram_observe(histogram, values[i % VALUES]);
}

static void look_up(size_t i)
{
    promc_counter_inc(promc_counter_labels(family, "GET", "200", paths[i % CHILDREN]));
}

struct work {
    void (*update)(size_t);
    size_t count;
};

/* Inlined, so that the loop has the update itself in it, as the other programs' have. */
static inline __attribute__((always_inline)) void loop(void (*update)(size_t), size_t count)
{
    for (size_t i = 0; i < count; i++)
        update(i);
}

static void *run(void *arg)
{
    const struct work *work = arg;

    if (work->update == inc)
        loop(inc, work->count);
    else if (work->update == gauge_set)
        loop(gauge_set, work->count);
    else if (work->update == gauge_inc)
        loop(gauge_inc, work->count);
    else if (work->update == observe)
        loop(observe, work->count);
    else
        loop(look_up, work->count);
    return NULL;
}

static double run_threads(void (*update)(size_t), size_t count, int threads)
{
    struct work work = {update, count};
    pthread_t ids[64];
    double begun = now();

    for (int i = 0; i < threads; i++)
        check(pthread_create(&ids[i], NULL, run, &work) == 0, "a thread");
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    return (now() - begun) / (double)count;
}

static void measure(const char *name, void (*update)(size_t), size_t count, int threads)
{
    (void)run_threads(update, count / 16, threads);
    printf("%s\t%.3f\n", name, run_threads(update, count, threads));
}

static double sample(const char *name)
{
    double value = -1;

    promc_registry_get_sample_value(registry, name, NULL, &value);
    return value;
}

static void updates(int threads)
{
    const double many = (double)threads * (UPDATES + UPDATES / 16);
    double total = 0;

    for (int i = 0; i < VALUES; i++) {
        unsigned steps = (unsigned)(i * 2531) % VALUES; /* 2^(14.3 * steps / VALUES) ms */

        values[i] = 0.001;
        for (; steps >= 286; steps -= 286)
            values[i] *= 2;
        values[i] *= 1 + steps / 286.0;
    }
    counter = promc_counter_new("bench", "Counter.", .registry = registry);
    set = promc_gauge_new("bench_set", "Gauge.", .registry = registry);
    up = promc_gauge_new("bench_up", "Gauge.", .registry = registry);
    histogram = promc_histogram_new(
        "bench_seconds", "Histogram.", .registry = registry,
        .buckets = PROMC_BUCKETS(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10));
    family = promc_counter_family_new("bench_family", "Family.",
                                      PROMC_LABELS("method", "code", "path"), .registry = registry);
    for (int i = 0; i < CHILDREN; i++)
        snprintf(paths[i], sizeof(paths[i]), "/path/%d", i);
    measure("counter inc", inc, UPDATES, threads);
    check(promc_counter_value(counter) == many, "the counter");
    measure("gauge set", gauge_set, UPDATES, threads);
    check(promc_gauge_value(set) == UPDATES - 1, "the gauge");
    measure("gauge inc", gauge_inc, UPDATES, threads);
    check(promc_gauge_value(up) == many, "the gauge");
    measure("histogram observe", observe, UPDATES, threads);
    check(sample("bench_seconds_count") == many, "the histogram");
    measure("lookup", look_up, LOOKUPS, threads);
    for (int i = 0; i < CHILDREN; i++)
        total += promc_counter_value(promc_counter_labels(family, "GET", "200", paths[i]));
    check(total == (double)threads * (LOOKUPS + LOOKUPS / 16), "the children");
}

/* ---- scrapes --------------------------------------------------------------------------------- */

static void make_series(size_t count)
{
    promc_counter_family *many = promc_counter_family_new(
        "http_requests", "Requests.", PROMC_LABELS("method", "code", "path"), .registry = registry);
    char path[64];

    promc_disable_created_series();
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "/api/v1/users/item-%07zu", i);
        promc_counter_add(promc_counter_labels(many, "GET", "200", path),
                          1234.5678 * (double)(i + 1));
    }
}

static int count_lines(const void *data, size_t size, void *arg)
{
    const char *at = data, *end = at + size;

    for (; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        ++*(size_t *)arg;
    return 0;
}

/* A line of /proc/self/status, in bytes. */
static double status(const char *name)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    double kib = 0;

    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtod(line + strlen(name) + 1, NULL);
    }
    if (file)
        fclose(file);
    return kib * 1024;
}

static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");

    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

static void scrape(size_t series, int repeats)
{
    make_series(series);
    for (int i = 0; i < repeats; i++) {
        double begun, before;
        size_t lines = 0;

        forget_peak();
        before = status("VmRSS");
        begun = now();
        check(promc_expose(registry, PROMC_FORMAT_TEXT, count_lines, &lines) == PROMC_OK, "scrape");
        printf("time\t%.2f\n", (now() - begun) / (double)series);
        if (i == 0)
            printf("memory\t%.0f\n", status("VmHWM") - before);
        check(lines == series + 2, "the number of lines");
    }
}

static void serve(int port)
{
    make_series(1000);
    check(promc_start_http_server(port, .address = "127.0.0.1", .registry = registry) != NULL,
          "the server");
    puts("ready");
    fflush(stdout);
    pause();
}

int main(int argc, char **argv)
{
    registry = promc_registry_new();
    if (argc == 3 && strcmp(argv[1], "updates") == 0)
        updates(atoi(argv[2]));
    else if (argc == 4 && strcmp(argv[1], "scrape") == 0)
        scrape(strtoul(argv[2], NULL, 10), atoi(argv[3]));
    else if (argc == 3 && strcmp(argv[1], "serve") == 0)
        serve(atoi(argv[2]));
    else
        return 2;
    return 0;
}
