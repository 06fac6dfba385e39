/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads observe summaries with quantiles while they are scraped and children come and go, while
 * the window slides, and while signals interrupt updates: nothing is lost, and nothing turns up
 * where it does not belong.
 */
#include "support.h"
#include "base/lock.h"
#include "metrics/quantiles.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#define THREADS 4

/* Sanitizers and emulators are slow, so work is measured in time. */
#define SECONDS 0.5

static promc_registry *registry;
static promc_summary *shared;
static promc_summary_family *children;
static atomic_bool stop;
static _Atomic uint64_t done;

static int begin(void **state)
{
    (void)state;
    registry = promc_registry_new();
    atomic_store(&stop, false);
    atomic_store(&done, 0);
    return registry ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void start(pthread_t *threads, uint32_t *seeds, void *(*work)(void *))
{
    for (size_t i = 0; i < THREADS; i++) {
        seeds[i] = (uint32_t)i * 77 + 1;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &seeds[i]), 0);
    }
}

static void join(pthread_t *threads)
{
    atomic_store(&stop, true);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static uint64_t in_window(promc_summary *summary)
{
    promc__point point = {0};
    double values[100];

    return promc__quantiles_fill((promc__child *)summary, values, &point);
}

static double next(uint32_t *seed, unsigned octaves)
{
    *seed = *seed * 1664525 + 1013904223;
    return ldexp(*seed >> 31 ? 1 : -1, (int)((*seed >> 8) % octaves) - (int)octaves / 2);
}

/* ---- one summary ----------------------------------------------------------------------------- */

/* Values of ever more octaves, of both signs. */
static void *observe(void *arg)
{
    uint32_t seed = *(uint32_t *)arg;
    uint64_t count = 0;

    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        for (int i = 0; i < 100; i++, count++)
            promc_summary_observe(shared, next(&seed, 2 + (unsigned)(count / 2000) % 100));
    }
    atomic_fetch_add(&done, count);
    return NULL;
}

static void nothing_is_lost(void **state)
{
    uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES);
    double until = now() + SECONDS;
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];
    (void)state;

    shared = promc_summary_new("s", "", .registry = registry,
                               .quantiles = PROMC_QUANTILES(0, 0.5, 1));
    start(threads, seeds, observe);
    while (now() < until) {
        double low = sample(registry, "s", PROMC_PAIRS({"quantile", "0.0"}));
        double high = sample(registry, "s", PROMC_PAIRS({"quantile", "1.0"}));

        assert_true(isnan(low) || (low >= -0x1.1p50 && low <= 0x1.1p50));
        assert_true(isnan(high) || high >= -0x1.1p50);
    }
    join(threads);
    assert_int_equal(in_window(shared), atomic_load(&done));
    assert_number(sample(registry, "s_count", NULL), (double)atomic_load(&done));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == dropped);
}

/* A second is the whole window: whatever was, it is empty a little later. */
static void the_window_slides_meanwhile(void **state)
{
    double until = now() + 1.5;
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];
    uint64_t most = 0;
    (void)state;

    shared = promc_summary_new("s", "", .registry = registry, .quantile_window = 1,
                               .quantiles = PROMC_QUANTILES(0.5));
    start(threads, seeds, observe);
    while (now() < until) {
        uint64_t count = in_window(shared);

        most = count > most ? count : most;
        promc__os.pause_ns(10000000);
    }
    join(threads);
    assert_true(most > 0);
    assert_true(most < atomic_load(&done));
    promc__os.pause_ns(500000000);
    promc__os.pause_ns(600000000);
    assert_int_equal(in_window(shared), 0);
}

/* ---- children -------------------------------------------------------------------------------- */

/* Each thread has children of its own; what is in one is what was observed since it was made. */
static void *come_and_go(void *arg)
{
    uint32_t seed = *(uint32_t *)arg;
    uint64_t wrong = 0, rounds = 0;
    char name[32];

    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        uint64_t count = rounds++ % 50;
        promc_summary *child;

        (void)snprintf(name, sizeof(name), "%u", *(uint32_t *)arg);
        child = promc_summary_hold(promc_summary_labels(children, name));
        for (uint64_t i = 0; i < count; i++)
            promc_summary_observe(child, next(&seed, 30));
        wrong += in_window(child) != count;
        (void)promc_summary_family_remove(children, name);
        promc_summary_observe(child, 1);
        promc_summary_release(child);
    }
    atomic_fetch_add(&done, wrong);
    return NULL;
}

/* As cells are handed on, and scraped: nobody finds another's values in them. */
static void children_are_cleaned(void **state)
{
    double until = now() + SECONDS;
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];
    promc_text text;
    (void)state;

    children = promc_summary_family_new("s", "", PROMC_LABELS("l"), .registry = registry,
                                        .quantiles = PROMC_QUANTILES(0.5));
    start(threads, seeds, come_and_go);
    while (now() < until) {
        assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
        promc_text_free(&text);
    }
    join(threads);
    assert_int_equal(atomic_load(&done), 0);
}

/* ---- signals --------------------------------------------------------------------------------- */

static _Atomic uint64_t handled;
static _Atomic unsigned ready;

static void on_signal(int signal)
{
    (void)signal;
    promc_summary_observe(shared, 1.5);
    atomic_fetch_add(&handled, 1);
}

static void *observe_one_value(void *arg)
{
    uint64_t count = 1;

    (void)arg;
    promc_summary_observe(shared, 1.5);
    atomic_fetch_add(&ready, 1);
    for (; !atomic_load_explicit(&stop, memory_order_relaxed); count++)
        promc_summary_observe(shared, 1.5);
    atomic_fetch_add(&done, count);
    return NULL;
}

static void signals_interrupt_updates(void **state)
{
    struct sigaction action = {.sa_handler = on_signal}, old;
    double until = now() + SECONDS;
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];
    (void)state;

    shared = promc_summary_new("s", "", .registry = registry, .quantiles = PROMC_QUANTILES(0.5));
    atomic_store(&handled, 0);
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    start(threads, seeds, observe_one_value);
    while (atomic_load(&ready) < THREADS)
        promc__os.pause_ns(1000000);
    while (now() < until || (atomic_load(&handled) == 0 && now() < until + 60)) {
        for (size_t i = 0; i < THREADS; i++)
            assert_int_equal(pthread_kill(threads[i], SIGUSR1), 0);
        promc__os.pause_ns(100000);
    }
    join(threads);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
    assert_true(atomic_load(&handled) > 0);
    assert_int_equal(in_window(shared), atomic_load(&done) + atomic_load(&handled));
    assert_number(sample(registry, "s_count", NULL),
                  (double)(atomic_load(&done) + atomic_load(&handled)));
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_is_lost),
        T(the_window_slides_meanwhile),
        T(children_are_cleaned),
        T(signals_interrupt_updates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
