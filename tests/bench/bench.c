/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each operation beside its physical limit, in one process: medians of repetitions in which limit
 * and library take turns, so that a drifting clock frequency meets both. Final values are checked.
 *
 *   bench [--json] [--series N] [--repeat N]
 */
#define _GNU_SOURCE
#include "limits.h"

#include <promc/promc.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_REPEATS 99
static int repeats = 7;
static size_t series = 1000000;
static bool json, first_row = true;

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void pin(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)processor, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s came out wrong\n", what);
    exit(1);
}

/* ---- memory, counted through the allocator hook ---------------------------------------------- */

static atomic_size_t allocations, bytes_now, bytes_peak;

static void note_bytes(size_t size)
{
    size_t now = atomic_fetch_add(&bytes_now, size) + size, peak = atomic_load(&bytes_peak);

    atomic_fetch_add(&allocations, 1);
    while (now > peak && !atomic_compare_exchange_weak(&bytes_peak, &peak, now))
        ;
}

static void *count_malloc(size_t size, void *ctx)
{
    size_t *block = malloc(size + 16);

    (void)ctx;
    if (!block)
        return NULL;
    block[0] = size;
    note_bytes(size);
    return block + 2;
}

static void count_free(void *data, void *ctx)
{
    size_t *block = (size_t *)data - 2;

    (void)ctx;
    if (!data)
        return;
    atomic_fetch_sub(&bytes_now, block[0]);
    free(block);
}

static void *count_realloc(void *data, size_t size, void *ctx)
{
    void *grown = count_malloc(size, ctx);

    if (grown && data) {
        size_t old = ((size_t *)data - 2)[0];

        memcpy(grown, data, old < size ? old : size);
        count_free(data, ctx);
    }
    return grown;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct samples {
    double values[MOST_REPEATS];
    double median, spread;
};

static void settle(struct samples *samples)
{
    qsort(samples->values, (size_t)repeats, sizeof(double), compare_doubles);
    samples->median = samples->values[repeats / 2];
    samples->spread = samples->values[repeats - 1] - samples->values[0];
}

static void print_row(const char *name, const char *unit, struct samples *library,
                      struct samples *limit, double target)
{
    double ratio;

    settle(library);
    settle(limit);
    ratio = library->median / limit->median;
    if (json)
        printf("%s\n  {\"name\": \"%s\", \"unit\": \"%s\", \"promc\": %.3f, \"spread\": %.3f, "
               "\"limit\": %.3f, \"ratio\": %.3f, \"target\": %.2f}",
               first_row ? "[" : ",", name, unit, library->median, library->spread, limit->median,
               ratio, target);
    else
        printf("%-44s %9.2f %9.2f %9.2f %7.2f %7.2f  %s\n", name, library->median, limit->median,
               library->spread, ratio, target, ratio <= target ? "" : "MISSED");
    first_row = false;
    fflush(stdout);
}

static void print_value(const char *name, const char *unit, double value, double target)
{
    if (json)
        printf("%s\n  {\"name\": \"%s\", \"unit\": \"%s\", \"promc\": %.3f, \"target\": %.2f}",
               first_row ? "[" : ",", name, unit, value, target);
    else
        printf("%-44s %9.2f %9s %9s %7s %7.2f  %s\n", name, value, unit, "", "", target,
               value <= target ? "" : "MISSED");
    first_row = false;
    fflush(stdout);
}

/* ---- updates, on one and two threads --------------------------------------------------------- */

static promc_registry *registry;
static promc_counter *counter;
static promc_gauge *gauge;
static promc_histogram *histogram;
static promc_summary *summary, *quantiles;
static promc_counter_family *family;

#define VALUES 4096
static double observations[VALUES]; /* log-uniform from 1 ms to 20 s */
static char paths[100][16];
static char stored[100][40];

#define LOOP(name, body)                                                                           \
    static void name(size_t count)                                                                 \
    {                                                                                              \
        for (size_t i = 0; i < count; i++)                                                         \
            body;                                                                                  \
    }

static _Thread_local volatile uint64_t sink_word;

LOOP(do_inc, promc_counter_inc(counter))
LOOP(do_inc_limit, limit_add(1))
LOOP(do_set, promc_gauge_set(gauge, (double)i))
LOOP(do_set_limit, limit_store((double)i))
LOOP(do_gauge_inc, promc_gauge_inc(gauge))
LOOP(do_observe, promc_histogram_observe(histogram, observations[i % VALUES]))
LOOP(do_observe_limit, limit_histogram(observations[i % VALUES]))
LOOP(do_summary, promc_summary_observe(summary, 1.5))
LOOP(do_summary_limit, limit_two_adds(1.5))
LOOP(do_quantiles, promc_summary_observe(quantiles, observations[i % VALUES]))
LOOP(do_lookup, promc_counter_inc(promc_counter_labels(family, "GET", "200", paths[i % 100])))
LOOP(do_lookup_limit,
     sink_word += limit_hash((const char *const[]){"GET", "200", paths[i % 100]}, stored[i % 100], 3))
LOOP(do_timer, PROMC_TIME(summary) { atomic_signal_fence(memory_order_relaxed); })
LOOP(do_timer_limit, limit_clock())

struct work {
    void (*loop)(size_t count);
    size_t count;
    int processor;
    double ns;
    pthread_barrier_t *begin;
};

static void *run_work(void *arg)
{
    struct work *work = arg;
    double begin;

    pin(work->processor);
    work->loop(work->count / 16);
    pthread_barrier_wait(work->begin);
    begin = now_ns();
    work->loop(work->count);
    work->ns = (now_ns() - begin) / (double)work->count;
    return NULL;
}

/* Nanoseconds an operation on each of `threads` threads; the slowest one counts. */
static double time_loop(void (*loop)(size_t), size_t count, int threads)
{
    pthread_barrier_t begin;
    pthread_t ids[2];
    struct work work[2];
    double slowest = 0;

    pthread_barrier_init(&begin, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        work[i] = (struct work){loop, count, i, 0, &begin};
        pthread_create(&ids[i], NULL, run_work, &work[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        slowest = work[i].ns > slowest ? work[i].ns : slowest;
    }
    pthread_barrier_destroy(&begin);
    return slowest;
}

static void update_row(const char *name, void (*loop)(size_t), void (*limit)(size_t), int threads,
                       size_t count, double target)
{
    struct samples ours, theirs;
    size_t before;

    (void)time_loop(loop, count / 16, threads); /* threads get their cells */
    before = atomic_load(&allocations);
    for (int i = 0; i < repeats; i++) {
        theirs.values[i] = time_loop(limit, count, threads);
        ours.values[i] = time_loop(loop, count, threads);
    }
    print_row(name, "ns", &ours, &theirs, target);
    check(atomic_load(&allocations) - before == 0, "allocations on an update path");
}

static void contention_row(const char *name, void (*loop)(size_t), size_t count, double target)
{
    struct samples two, one;

    for (int i = 0; i < repeats; i++) {
        one.values[i] = time_loop(loop, count, 1);
        two.values[i] = time_loop(loop, count, 2);
    }
    print_row(name, "ns", &two, &one, target);
}

static void updates(void)
{
    const size_t many = 5000000;
    const double per_loop = (double)many + (double)(many / 16);
    const double warm = (double)(many / 16) + (double)(many / 16 / 16);
    double value, expected;

    update_row("counter inc", do_inc, do_inc_limit, 1, many, 1.3);
    contention_row("counter inc, 2 threads / 1 thread", do_inc, many, 1.1);
    expected = per_loop * repeats * 4 + warm;
    value = promc_counter_value(counter);
    check(value == expected, "the counter");
    update_row("gauge set", do_set, do_set_limit, 1, many, 1.5);
    update_row("gauge inc", do_gauge_inc, do_inc_limit, 1, many, 2);
    update_row("gauge inc, 2 threads", do_gauge_inc, do_inc_limit, 2, many, 2);
    update_row("histogram observe, 15 buckets", do_observe, do_observe_limit, 1, many, 1.3);
    update_row("histogram observe, 2 threads", do_observe, do_observe_limit, 2, many, 1.3);
    promc_registry_get_sample_value(registry, "bench_seconds_count", NULL, &value);
    check(value == per_loop * repeats * 3 + 3 * warm, "the histogram");
    update_row("summary observe", do_summary, do_summary_limit, 1, many, 1.5);
    update_row("summary observe, 2 threads", do_summary, do_summary_limit, 2, many, 1.5);
    update_row("summary with quantiles", do_quantiles, do_observe_limit, 1, many, 5);
    update_row("summary with quantiles, 2 threads", do_quantiles, do_observe_limit, 2, many, 5);
    update_row("lookup by 3 labels among 100, inc", do_lookup, do_lookup_limit, 1, many / 4, 1.5);
    update_row("the same, 2 threads", do_lookup, do_lookup_limit, 2, many / 4, 1.5);
    update_row("timer block", do_timer, do_timer_limit, 1, many / 8, 1.2);
}

/* ---- scrapes --------------------------------------------------------------------------------- */

static char *copy_to;
static size_t copied;

static int copy_sink(const void *data, size_t size, void *arg)
{
    (void)arg;
    memcpy(copy_to + copied, data, size);
    copied += size;
    return 0;
}

static int count_sink(const void *data, size_t size, void *arg)
{
    (void)data;
    *(size_t *)arg += size;
    return 0;
}

/* A sample's share of exposing a registry, beside a copy of the same output. */
static void scrape_row(const char *name, promc_registry *reg, promc_format format, size_t samples,
                       double target_ns)
{
    struct samples ours;
    size_t size = 0;

    check(promc_expose(reg, format, count_sink, &size) == PROMC_OK, "a scrape");
    copy_to = malloc(size);
    check(copy_to != NULL, "memory for the output");
    memset(copy_to, 1, size);
    for (int i = 0; i < repeats; i++) {
        double begin = now_ns();

        copied = 0;
        promc_expose(reg, format, copy_sink, NULL);
        ours.values[i] = (now_ns() - begin) / (double)samples;
        check(copied == size, "the size of a scrape");
    }
    settle(&ours);
    print_value(name, "ns/sample", ours.median, target_ns);
    free(copy_to);
}

static promc_registry *many_counters(bool fractions)
{
    promc_registry *reg = promc_registry_new();
    promc_counter_family *f = promc_counter_family_new(
        "http_requests", "Requests.", PROMC_LABELS("method", "code", "path"), .registry = reg);
    char path[64];

    for (size_t i = 0; i < series; i++) {
        snprintf(path, sizeof(path), "/api/v1/users/item-%07zu", i);
        promc_counter_add(promc_counter_labels(f, "GET", "200", path),
                          fractions ? 1234.5678 * (double)(i + 1) : (double)i);
    }
    return reg;
}

static void scrapes(void)
{
    size_t before = atomic_load(&bytes_now);
    promc_registry *reg;

    pin(0);
    promc_disable_created_series();
    reg = many_counters(true);
    print_value("memory of a counter series beside 60 B of text", "B",
                (double)(atomic_load(&bytes_now) - before) / (double)series - 60, 96);
    atomic_store(&bytes_peak, atomic_load(&bytes_now));
    scrape_row("scrape, text, fractions", reg, PROMC_FORMAT_TEXT, series, 40);
    print_value("memory added by such a scrape", "KiB",
                (double)(atomic_load(&bytes_peak) - atomic_load(&bytes_now)) / 1024, 1024);
    scrape_row("scrape, OpenMetrics, fractions", reg, PROMC_FORMAT_OPENMETRICS, series, 40);
    scrape_row("scrape, protobuf, fractions", reg, PROMC_FORMAT_PROTOBUF, series, 40);
    promc_registry_free(reg);
    reg = many_counters(false);
    scrape_row("scrape, text, integers", reg, PROMC_FORMAT_TEXT, series, 40);
    promc_registry_free(reg);

    reg = promc_registry_new();
    promc_histogram_family *f = promc_histogram_family_new("latency_seconds", "Latency.",
                                                           PROMC_LABELS("path"), .registry = reg);
    for (int i = 0; i < 10000; i++) {
        char path[32];

        snprintf(path, sizeof(path), "/path/%d", i);
        promc_histogram_observe(promc_histogram_labels(f, path), 0.001 * i);
    }
    scrape_row("scrape, text, 10,000 histograms", reg, PROMC_FORMAT_TEXT, 170000, 40);
    promc_registry_free(reg);
    promc_enable_created_series();
}

static void start_up(void)
{
    struct samples ours;

    for (int i = 0; i < repeats; i++) {
        double begin = now_ns();
        promc_registry *reg = promc_registry_new();

        for (int m = 0; m < 100; m++) {
            char name[32];

            snprintf(name, sizeof(name), "metric_%d", m);
            promc_counter_new(name, "One of a hundred.", .registry = reg);
        }
        ours.values[i] = (now_ns() - begin) / 1e6;
        promc_registry_free(reg);
    }
    settle(&ours);
    print_value("defining 100 metrics", "ms", ours.median, 1);
}

int main(int argc, char **argv)
{
    const promc_allocator counting = {count_malloc, count_realloc, count_free, NULL};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (strcmp(argv[i], "--series") == 0 && i + 1 < argc)
            series = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--repeat") == 0 && i + 1 < argc)
            repeats = atoi(argv[++i]);
    }
    check(repeats > 0 && repeats < MOST_REPEATS && series > 0, "the command line");
    check(promc_set_allocator(&counting) == PROMC_OK, "the allocator");
    registry = promc_registry_new();
    counter = promc_counter_new("bench", "Counter.", .registry = registry);
    gauge = promc_gauge_new("bench_gauge", "Gauge.", .registry = registry);
    histogram = promc_histogram_new("bench_seconds", "Histogram.", .registry = registry);
    summary = promc_summary_new("bench_summary", "Summary.", .registry = registry);
    quantiles = promc_summary_new("bench_quantiles", "Summary.", .registry = registry,
                                  .quantiles = PROMC_QUANTILES(0.5, 0.9, 0.99));
    family = promc_counter_family_new("bench_family", "Family.",
                                      PROMC_LABELS("method", "code", "path"), .registry = registry);
    for (int i = 0; i < 100; i++) {
        snprintf(paths[i], sizeof(paths[i]), "/path/%d", i);
        snprintf(stored[i], sizeof(stored[i]), "GET200%.30s", paths[i]);
        promc_counter_labels(family, "GET", "200", paths[i]);
    }
    srand(1);
    for (int i = 0; i < VALUES; i++) {
        observations[i] = 0.001;
        for (int steps = rand() % 1430; steps > 0; steps -= 100)
            observations[i] *= 1 + (steps < 100 ? steps : 100) / 100.0;
    }
    if (!json)
        printf("%-44s %9s %9s %9s %7s %7s\n", "", "promc", "limit", "spread", "ratio", "target");
    updates();
    scrapes();
    start_up();
    if (json)
        printf("\n]\n");
    return 0;
}
