/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How cost grows. Prints lines "curve <tab> line <tab> x <tab> y" for curves.py:
 *
 *   curves threads        updates by the number of threads: nanoseconds of a processor
 *   curves series MOST    updates, lookups and scrapes by the number of series
 *   curves memory SERIES  private memory by the number of threads that update as many series
 */
#include "bench.h"

#include <promc/promc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEATS 5
#define MOST_THREADS 64

static void print_point(const char *curve, const char *line, size_t x, double y)
{
    printf("%s\t%s\t%zu\t%.4g\n", curve, line, x, y);
    fflush(stdout);
}

static double median_time(void (*loop)(size_t), size_t count, int threads)
{
    struct bench_samples samples = {.count = 0};

    for (int i = 0; i < REPEATS; i++)
        bench_add(&samples, bench_time_loop(loop, count, threads));
    return bench_median(&samples);
}

/* ---- by threads ------------------------------------------------------------------------------ */

static promc_counter *counter;
static promc_gauge *gauge;
static promc_histogram *histogram;

static void inc(size_t count)
{
    for (size_t i = 0; i < count; i++)
        promc_counter_inc(counter);
}

static void gauge_inc(size_t count)
{
    for (size_t i = 0; i < count; i++)
        promc_gauge_inc(gauge);
}

static void observe(size_t count)
{
    for (size_t i = 0; i < count; i++)
        promc_histogram_observe(histogram, 0.001 * (double)(i % 4096));
}

static void by_threads(void)
{
    const size_t total = 16000000;
    promc_registry *registry = promc_registry_new();
    double calls = 0, observed = -1;

    counter = promc_counter_new("curve", "Counter.", .registry = registry);
    gauge = promc_gauge_new("curve_gauge", "Gauge.", .registry = registry);
    histogram = promc_histogram_new("curve_seconds", "Histogram.", .registry = registry);
    for (int threads = 1; threads <= MOST_THREADS; threads *= 2) {
        size_t count = total / (size_t)threads;

        print_point("threads", "counter inc", (size_t)threads, median_time(inc, count, threads));
        print_point("threads", "gauge inc", (size_t)threads,
                    median_time(gauge_inc, count, threads));
        print_point("threads", "histogram observe", (size_t)threads,
                    median_time(observe, count, threads));
        calls += REPEATS * (double)bench_loop_calls(count, threads);
    }
    promc_registry_get_sample_value(registry, "curve_seconds_count", NULL, &observed);
    bench_check(promc_counter_value(counter) == calls && promc_gauge_value(gauge) == calls &&
                    observed == calls,
                "updates by threads");
    promc_registry_free(registry);
}

/* ---- by series ------------------------------------------------------------------------------- */

static promc_counter_family *family;
static promc_counter **handles; /* in any order */
static char (*paths)[32];       /* in another one */
static size_t series;

static void update_series(size_t count)
{
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 < series ? at + 1 : 0)
        promc_counter_inc(handles[at]);
}

static void look_up_series(size_t count)
{
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 < series ? at + 1 : 0)
        promc_counter_inc(promc_counter_labels(family, "GET", "200", paths[at]));
}

/* Swaps each of the items with one before it, so that neighbours in time are not neighbours in
 * memory. */
static void shuffle(void *items, size_t size)
{
    char *at = items, item[32];

    srand(1);
    for (size_t i = series - 1; i > 0; i--) {
        size_t other = ((size_t)rand() * 32768 + (size_t)rand()) % (i + 1);

        memcpy(item, at + i * size, size);
        memcpy(at + i * size, at + other * size, size);
        memcpy(at + other * size, item, size);
    }
}

static promc_registry *make_series(size_t count)
{
    promc_registry *registry = promc_registry_new();

    series = count;
    family = promc_counter_family_new("http_requests", "Requests.",
                                      PROMC_LABELS("method", "code", "path"), .registry = registry);
    handles = calloc(count, sizeof(*handles));
    paths = calloc(count, sizeof(*paths));
    bench_check(family && handles && paths, "memory");
    for (size_t i = 0; i < count; i++) {
        handles[i] =
            promc_counter_labels(family, "GET", "200", bench_path(i, paths[i], sizeof(paths[i])));
        bench_check(handles[i] != NULL, "a child");
    }
    shuffle(handles, sizeof(*handles));
    shuffle(paths, sizeof(*paths));
    return registry;
}

static void free_series(promc_registry *registry)
{
    promc_registry_free(registry);
    free(handles);
    free(paths);
}

/* Of one sample; small registries are exposed many times. */
static double scrape_time(promc_registry *registry)
{
    struct bench_samples samples = {.count = 0};
    int times = series < 100000 ? (int)(100000 / series) : 1;

    bench_pin(0);
    for (int i = 0; i < REPEATS; i++) {
        double begun = bench_now();
        size_t size = 0;

        for (int k = 0; k < times; k++)
            bench_check(promc_expose(registry, PROMC_FORMAT_TEXT, bench_count_sink, &size) ==
                            PROMC_OK,
                        "a scrape");
        bench_add(&samples, (bench_now() - begun) / times / (double)series);
    }
    return bench_median(&samples);
}

static void by_series(size_t most)
{
    promc_disable_created_series();
    for (size_t count = 10; count <= most; count *= 10) {
        promc_registry *registry = make_series(count);
        size_t times = count < 1000000 ? 2000000 : 2 * count;
        double calls = 2 * REPEATS * (double)bench_loop_calls(times, 1), sum = 0;

        print_point("updates", "handle in hand", count, median_time(update_series, times, 1));
        print_point("updates", "with lookup", count, median_time(look_up_series, times, 1));
        for (size_t i = 0; i < count; i++)
            sum += promc_counter_value(handles[i]);
        bench_check(sum == calls, "updates by series");
        print_point("scrape", "text", count, scrape_time(registry));
        free_series(registry);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Every thread updates every series at least once while all threads are there. */
static void memory_by_threads(size_t count)
{
    promc_registry *registry = make_series(count);
    size_t before = atomic_load(&bench_bytes);
    char line[32];

    snprintf(line, sizeof(line), count < 1000000 ? "%zuk series" : "%zuM series",
             count < 1000000 ? count / 1000 : count / 1000000);
    for (int threads = 1; threads <= MOST_THREADS; threads *= 2) {
        (void)bench_time_loop(update_series, count, threads);
        print_point("memory", line, (size_t)threads,
                    (double)(atomic_load(&bench_bytes) - before) / (1 << 20));
    }
    free_series(registry);
}

int main(int argc, char **argv)
{
    bench_count_memory();
    if (argc == 2 && strcmp(argv[1], "threads") == 0)
        by_threads();
    else if (argc == 3 && strcmp(argv[1], "series") == 0)
        by_series(strtoul(argv[2], NULL, 10));
    else if (argc == 3 && strcmp(argv[1], "memory") == 0 && strtoul(argv[2], NULL, 10) >= 1000)
        memory_by_threads(strtoul(argv[2], NULL, 10));
    else {
        fprintf(stderr, "usage: curves threads | series MOST | memory SERIES\n");
        return 2;
    }
    return 0;
}
