/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads observe native histograms while they grow, become coarser and are scraped: every scrape
 * sees whole observations, and in the end all of them are there.
 */
#include "native_support.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#define THREADS 4

/* Sanitizers and emulators are slow, so work is measured in time. */
#define SECONDS 0.6

static promc_registry *registry;
static promc_histogram *shared;
static promc_histogram_family *children;
static atomic_bool stop;
static _Atomic uint64_t done;
static bool single_value;

static int begin(void **state)
{
    (void)state;
    registry = promc_registry_new();
    atomic_store(&stop, false);
    atomic_store(&done, 0);
    single_value = false;
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

/* Values of ever more octaves, of both signs; powers of two, so that sums are exact. */
static void *observe(void *arg)
{
    uint32_t random = *(uint32_t *)arg;
    uint64_t count = 0;

    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        for (int i = 0; i < 100; i++, count++) {
            unsigned octaves = 2 + (unsigned)(count / 2000) % 40;

            random = random * 1664525 + 1013904223;
            promc_histogram_observe(shared, single_value ? 1
                                                         : ldexp(random >> 31 ? 1 : -1,
                                                                 (int)((random >> 8) % octaves)));
        }
    }
    atomic_fetch_add(&done, count);
    return NULL;
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

static struct seen seen;

/* Scrapes until the time is over; in each, all parts agree, and counts never fall. */
static void scrape_meanwhile(size_t limit)
{
    double until = now() + SECONDS;
    uint64_t before = 0;
    size_t scrapes = 0;

    for (; now() < until || scrapes < 3; scrapes++) {
        look(shared, &seen);
        assert_int_equal(seen.count, seen.total);
        assert_true(seen.count >= before);
        assert_true(seen.native.sides[0].count + seen.native.sides[1].count <= limit);
        if (single_value)
            assert_number(seen.sum, (double)seen.count);
        before = seen.count;
    }
}

static void run(size_t limit)
{
    uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES);
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];

    start(threads, seeds, observe);
    scrape_meanwhile(limit);
    join(threads);
    look(shared, &seen);
    assert_int_equal(seen.count, atomic_load(&done));
    assert_int_equal(seen.total, atomic_load(&done));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == dropped);
}

static void it_grows(void **state)
{
    (void)state;
    shared = promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(8));
    run(160);
    assert_int_equal(seen.native.schema, 8);
}

static void it_becomes_coarser(void **state)
{
    (void)state;
    shared = promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(8),
                                 .native_max_buckets = 20);
    run(20);
    assert_true(seen.native.schema < 0);
}

static void its_zero_bucket_widens(void **state)
{
    (void)state;
    shared = promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(3),
                                 .native_max_buckets = 20, .native_max_zero_threshold = 1e9);
    run(20);
    assert_true(seen.native.zero_threshold >= 1);
}

static void classic_buckets_agree(void **state)
{
    (void)state;
    shared = promc_histogram_new("h", "", .registry = registry, .native_factor = 1.1,
                                 .buckets = PROMC_BUCKETS(0, 1, 8));
    run(160);
    assert_int_equal(seen.classic[0] + seen.classic[1] + seen.classic[2] + seen.classic[3],
                     atomic_load(&done));
}

static void sum_and_count_agree(void **state)
{
    (void)state;
    single_value = true;
    shared = promc_histogram_new("h", "", .registry = registry, .native_factor = 1.1);
    run(1);
}

/* What a reset shows a last time, and what comes after it, are all observations together. */
static void resets_lose_nothing(void **state)
{
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];
    double until = now() + SECONDS, created;
    uint64_t forgotten = 0;
    int resets = 0;

    (void)state;
    shared = promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(5),
                                 .native_max_buckets = 8, .native_reset_seconds = 0.02);
    start(threads, seeds, observe);
    while (now() < until || resets < 2) {
        created = atomic_load(&((promc__child *)shared)->created);
        look(shared, &seen);
        assert_int_equal(seen.count, seen.total);
        assert_true(seen.native.sides[0].count + seen.native.sides[1].count <= 8);
        if (atomic_load(&((promc__child *)shared)->created) != created) {
            forgotten += seen.count;
            resets++;
        }
    }
    join(threads);
    created = atomic_load(&((promc__child *)shared)->created);
    look(shared, &seen);
    assert_int_equal(seen.count + forgotten, atomic_load(&done));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == 0);
}

/* Children come and go under their observers. */
static void *churn(void *arg)
{
    uint32_t random = *(uint32_t *)arg;
    char name[16];

    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        promc_histogram *h;

        random = random * 1664525 + 1013904223;
        snprintf(name, sizeof(name), "%u", (random >> 20) % 50);
        h = promc_histogram_labels(children, name);
        for (int i = 0; i < 20; i++)
            promc_histogram_observe(h, ldexp(1, (int)(random >> 8) % 60 + i));
        if (random >> 30 == 0)
            promc_histogram_family_remove(children, name);
    }
    return NULL;
}

static void children_come_and_go(void **state)
{
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];
    double until = now() + SECONDS;

    (void)state;
    children = promc_histogram_family_new("h", "", PROMC_LABELS("l"), .registry = registry,
                                          .native_factor = 1.1);
    start(threads, seeds, churn);
    while (now() < until) /* one that was removed and came back may be visited twice */
        assert_true(try_look((promc__family *)children, &seen, true));
    join(threads);
    assert_true(try_look((promc__family *)children, &seen, true));
    assert_true(seen.points <= 50);
    assert_int_equal(seen.points, promc_histogram_family_size(children));
}

/* A handler interrupts observations, scrapes and growth, and observes the same histogram. */
static atomic_uint handled;

static void on_signal(int number)
{
    (void)number;
    promc_histogram_observe(shared, ldexp(1, (int)(atomic_fetch_add(&handled, 1) % 3)));
}

static void signal_handlers(void **state)
{
    uint64_t own = 0;
    double until = now() + SECONDS;
    struct sigaction action = {.sa_handler = on_signal}, old;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};

    (void)state;
    shared = promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(3));
    for (int i = 0; i < 4; i++, own++) /* cells for what the handler does */
        promc_histogram_observe(shared, ldexp(1, i));
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    assert_int_equal(timer_settime(timer, 0,
                                   &(struct itimerspec){.it_interval = {.tv_nsec = 100000},
                                                        .it_value = {.tv_nsec = 100000}},
                                   NULL),
                     0);
    while (now() < until) {
        for (int i = 0; i < 1000; i++, own++)
            promc_histogram_observe(shared, 1);
        look(shared, &seen);
        assert_int_equal(seen.count, seen.total);
    }
    timer_delete(timer);
    sigaction(SIGALRM, &old, NULL);
    look(shared, &seen);
    assert_true(atomic_load(&handled) > 0);
    assert_int_equal(seen.count, own + atomic_load(&handled));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(it_grows),
        TEST(it_becomes_coarser),
        TEST(its_zero_bucket_widens),
        TEST(classic_buckets_agree),
        TEST(sum_and_count_agree),
        TEST(resets_lose_nothing),
        TEST(children_come_and_go),
        TEST(signal_handlers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
