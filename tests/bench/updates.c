/* SPDX-License-Identifier: Apache-2.0 */
/* Updates through a handle, on one and two threads. */
#include "bench.h"
#include "limits.h"

#include <promc/promc.h>

#include <stdint.h>
#include <stdlib.h>

#define VALUES 4096
static double
    observations[VALUES]; /* from 1 ms to about 20 s, evenly over the orders of magnitude */

static promc_registry *registry;
static promc_counter *counter;
static promc_gauge *gauge, *up, *down;
static promc_histogram *histogram, *native;
static promc_summary *summary, *quantiles, *timed;

#define LOOP(name, body)                                                                           \
    static void name(size_t count)                                                                 \
    {                                                                                              \
        for (size_t i = 0; i < count; i++)                                                         \
            body;                                                                                  \
    }

LOOP(inc, promc_counter_inc(counter))
LOOP(inc_limit, limit_add(1))
LOOP(gauge_set, promc_gauge_set(gauge, (double)i))
LOOP(gauge_set_limit, limit_store((double)i))
LOOP(gauge_inc, promc_gauge_inc(up))
LOOP(gauge_dec, promc_gauge_dec(down))
LOOP(observe, promc_histogram_observe(histogram, observations[i % VALUES]))
LOOP(observe_limit, limit_histogram(observations[i % VALUES]))
LOOP(observe_native, promc_histogram_observe(native, observations[i % VALUES]))
LOOP(observe_native_limit, limit_native(observations[i % VALUES]))
LOOP(observe_summary, promc_summary_observe(summary, 1.5))
LOOP(observe_quantiles, promc_summary_observe(quantiles, observations[i % VALUES]))
LOOP(observe_summary_limit, limit_two_adds(1.5))
LOOP(
    time_block, PROMC_TIME(timed) { atomic_signal_fence(memory_order_relaxed); })
LOOP(time_block_limit, limit_clock())

/* How many updates the library has counted so far. */
static double counted(const char *name)
{
    double value = -1;

    promc_registry_get_sample_value(registry, name, NULL, &value);
    return value;
}

static double counter_seen(void)
{
    return promc_counter_value(counter);
}

static double up_seen(void)
{
    return promc_gauge_value(up);
}

static double down_seen(void)
{
    return -promc_gauge_value(down);
}

static double histogram_seen(void)
{
    return counted("bench_seconds_count");
}

static double native_seen(void)
{
    return counted("bench_native_count");
}

static double summary_seen(void)
{
    return counted("bench_summary_count");
}

static double quantiles_seen(void)
{
    return counted("bench_quantiles_count");
}

static double timed_seen(void)
{
    return counted("bench_timed_count");
}

struct update {
    struct bench_row row;
    void (*loop)(size_t), (*limit)(size_t);
    double (*seen)(void); /* NULL: its value is the last one set */
    size_t count;
    int threads, limit_threads;
};

#define ADD "thread-local access, plain add"
#define SEARCH "branch-free search, two plain adds"
#define BITS "exponent bits as index, two plain adds"
#define MANY 5000000

static const struct update updates[] = {
    {{"counter inc", "ns", ADD, 1.3, 0, false}, inc, inc_limit, counter_seen, MANY, 1, 1},
    {{"counter inc, 2 threads", "ns", "itself on one thread", 1.1, 0, false},
     inc,
     inc,
     counter_seen,
     MANY,
     2,
     1},
    {{"gauge set", "ns", "relaxed store", 1.5, 0, false},
     gauge_set,
     gauge_set_limit,
     NULL,
     MANY,
     1,
     1},
    {{"gauge inc", "ns", ADD, 2, 0, false}, gauge_inc, inc_limit, up_seen, MANY, 1, 1},
    {{"gauge inc, 2 threads", "ns", ADD, 2, 0, false}, gauge_inc, inc_limit, up_seen, MANY, 2, 2},
    {{"gauge dec", "ns", ADD, 2, 0, false}, gauge_dec, inc_limit, down_seen, MANY, 1, 1},
    {{"gauge dec, 2 threads", "ns", ADD, 2, 0, false}, gauge_dec, inc_limit, down_seen, MANY, 2, 2},
    {{"histogram observe, 15 buckets", "ns", SEARCH, 1.3, 0, false},
     observe,
     observe_limit,
     histogram_seen,
     MANY,
     1,
     1},
    {{"histogram observe, 2 threads", "ns", SEARCH, 1.3, 0, false},
     observe,
     observe_limit,
     histogram_seen,
     MANY,
     2,
     2},
    {{"native histogram observe", "ns", BITS, 1.5, 0, false},
     observe_native,
     observe_native_limit,
     native_seen,
     MANY,
     1,
     1},
    {{"native histogram observe, 2 threads", "ns", BITS, 1.5, 0, false},
     observe_native,
     observe_native_limit,
     native_seen,
     MANY,
     2,
     2},
    {{"summary observe", "ns", "two plain adds", 1.5, 0, false},
     observe_summary,
     observe_summary_limit,
     summary_seen,
     MANY,
     1,
     1},
    {{"summary observe, 2 threads", "ns", "two plain adds", 1.5, 0, false},
     observe_summary,
     observe_summary_limit,
     summary_seen,
     MANY,
     2,
     2},
    {{"summary with quantiles observe", "ns", BITS, 0, 0, false},
     observe_quantiles,
     observe_native_limit,
     quantiles_seen,
     MANY,
     1,
     1},
    {{"summary with quantiles observe, 2 threads", "ns", BITS, 0, 0, false},
     observe_quantiles,
     observe_native_limit,
     quantiles_seen,
     MANY,
     2,
     2},
    {{"timer block", "ns", "two clock_gettime()", 1.2, 0, false},
     time_block,
     time_block_limit,
     timed_seen,
     MANY / 8,
     1,
     1},
};

static size_t allocated;

static void run(const struct update *update)
{
    struct bench_samples promc = {.count = 0}, limit = {.count = 0};
    size_t calls = bench_loop_calls(update->count / 16, update->threads), allocations;
    double before = update->seen ? update->seen() : 0;

    (void)bench_time_loop(update->loop, update->count / 16, update->threads); /* makes the cells */
    allocations = atomic_load(&bench_allocations);
    for (int i = 0; i < bench_repeats; i++) {
        bench_add(&limit, bench_time_loop(update->limit, update->count, update->limit_threads));
        bench_add(&promc, bench_time_loop(update->loop, update->count, update->threads));
        calls += bench_loop_calls(update->count, update->threads);
        if (update->limit == update->loop)
            calls += bench_loop_calls(update->count, update->limit_threads);
    }
    allocated += atomic_load(&bench_allocations) - allocations;
    bench_check(allocated == 0, "allocations on an update path");
    bench_print(&update->row, &promc, &limit);
    if (update->seen)
        bench_check(update->seen() - before == (double)calls, update->row.name);
    else
        bench_check(promc_gauge_value(gauge) == (double)(update->count - 1), update->row.name);
}

static void make_observations(void)
{
    srand(1);
    for (int i = 0; i < VALUES; i++) {
        observations[i] = 0.001;
        for (int steps = rand() % 1430; steps > 0; steps -= 100)
            observations[i] *= 1 + (steps < 100 ? steps : 100) / 100.0;
    }
}

void bench_updates(void)
{
    static const struct bench_row none = {
        "allocations of all these updates", "", NULL, 0, 0, false};

    make_observations();
    registry = promc_registry_new();
    counter = promc_counter_new("bench", "Counter.", .registry = registry);
    gauge = promc_gauge_new("bench_gauge", "Set.", .registry = registry);
    up = promc_gauge_new("bench_up", "Incremented.", .registry = registry);
    down = promc_gauge_new("bench_down", "Decremented.", .registry = registry);
    histogram = promc_histogram_new("bench_seconds", "Histogram.", .registry = registry);
    native = promc_histogram_new("bench_native", "Native histogram.", .registry = registry,
                                 .native_factor = 1.1);
    summary = promc_summary_new("bench_summary", "Summary.", .registry = registry);
    quantiles = promc_summary_new("bench_quantiles", "With quantiles.", .registry = registry,
                                  .quantiles = PROMC_QUANTILES(0.5, 0.9, 0.99));
    timed = promc_summary_new("bench_timed", "Blocks.", .registry = registry);
    bench_check(promc_registry_first_error(registry, NULL) == PROMC_OK, "definitions");
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        if (bench_wants(updates[i].row.name))
            run(&updates[i]);
    }
    if (bench_wants(none.name))
        bench_print_value(&none, (double)allocated);
    promc_registry_free(registry);
}
