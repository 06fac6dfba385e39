/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gauges that threads set and add to at the same time. What goes up in one thread and down in
 * another never seems to be below zero in a scrape, a gauge that is set to 1000 all the time is never
 * far from it, and what was set last is there in the end. Large flows from one thread to another leave
 * small ones exact.
 */
#include "stress/stress.h"

#include <sched.h>

#define SETTERS 3
#define IDLE 100
#define PIECES 30          /* at most, from one scrape to the next */
#define BULK 0x1p47        /* after 64 pieces a double no longer has a 1 beside them */
#define ONES 16            /* taken off together */

static promc_registry *registry;
static promc_gauge *in_progress; /* up in one thread, then down in another */
static promc_gauge *mixed;       /* set to 1000, up and down */
static promc_gauge *fractions;   /* each thread adds and takes off the same */
static promc_gauge *flow;        /* of bytes: in and out in different threads */
static atomic_uint handed_over, taken, scraped, ready;
static atomic_ullong rounds;

static void *begin_work(void *arg)
{
    (void)arg;
    while (stress_running()) {
        if (atomic_load(&handed_over) - atomic_load(&taken) >= 4 ||
            atomic_load(&handed_over) - atomic_load(&scraped) >= PIECES) {
            sched_yield();
            continue;
        }
        promc_gauge_inc(in_progress);
        promc_gauge_add(flow, BULK + 1);
        atomic_fetch_add(&handed_over, 1);
    }
    return NULL;
}

static void *end_work(void *arg)
{
    (void)arg;
    promc_gauge_add(in_progress, 0);
    atomic_fetch_add(&ready, 1);
    while (stress_running() || atomic_load(&taken) != atomic_load(&handed_over)) {
        if (atomic_load(&taken) == atomic_load(&handed_over)) {
            sched_yield();
            continue;
        }
        promc_gauge_dec(in_progress);
        promc_gauge_sub(flow, BULK);
        if (atomic_fetch_add(&taken, 1) % ONES == ONES - 1)
            promc_gauge_sub(flow, ONES);
    }
    return NULL;
}

/* Has cells, which take a reader some time. */
static void *idle(void *arg)
{
    (void)arg;
    promc_gauge_inc(in_progress);
    promc_gauge_dec(in_progress);
    atomic_fetch_add(&ready, 1);
    while (stress_running())
        stress_sleep(0.01);
    return NULL;
}

static void *set_and_add(void *arg)
{
    unsigned long long count = 0;

    (void)arg;
    for (; stress_running(); count++) {
        promc_gauge_inc(mixed);
        if (count % 3 == 0)
            promc_gauge_set(mixed, 1000);
        promc_gauge_dec(mixed);
        promc_gauge_add(fractions, 0.25);
        promc_gauge_sub(fractions, 0.25);
    }
    atomic_fetch_add(&rounds, count);
    return NULL;
}

/* Since the last set each thread has gone up, or down, at most once more than the other way. */
static void check_mixed(double value)
{
    CHECK(value >= 1000 - SETTERS && value <= 1000 + SETTERS, "%.17g", value);
}

/* Some pieces are under way, and the ones of some that are not. */
static void check_flow(double value)
{
    int pieces = (int)(value / BULK), ones = (int)(value - pieces * BULK);

    CHECK(pieces >= 0 && pieces <= 6 && ones >= pieces && ones <= pieces + ONES, "%.17g", value);
}

static void *scrape(void *arg)
{
    size_t scrapes = 0;
    unsigned before;

    (void)arg;
    for (; stress_running(); scrapes++) {
        double now = stress_value(registry, "in_progress");

        CHECK(now >= 0 && now <= 6, "%.17g in progress", now);
        before = atomic_load(&handed_over);
        check_flow(stress_value(registry, "flow"));
        atomic_store(&scraped, before);
        now = promc_gauge_value(flow);
        CHECK(now >= -6 * BULK && now <= 7 * BULK, "%.17g", now);
        check_mixed(stress_value(registry, "mixed"));
        check_mixed(promc_gauge_value(mixed));
        now = promc_gauge_value(fractions);
        CHECK(now >= 7 && now <= 7 + 0.25 * SETTERS, "%.17g", now);
    }
    printf("%zu scrapes\n", scrapes);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[SETTERS + IDLE + 3];
    size_t count = 0;

    registry = promc_registry_new();
    in_progress = promc_gauge_new("in_progress", "", .registry = registry);
    mixed = promc_gauge_new("mixed", "", .registry = registry);
    fractions = promc_gauge_new("fractions", "", .registry = registry);
    flow = promc_gauge_new("flow", "", .registry = registry);
    promc_gauge_set(mixed, 1000);
    promc_gauge_set(fractions, 7);
    /* Readers look at the cells of younger threads first. */
    threads[count++] = stress_start(end_work, NULL);
    for (unsigned i = 0; i <= IDLE; i++) {
        while (atomic_load(&ready) != i + 1)
            sched_yield();
        if (i < IDLE)
            threads[count++] = stress_start(idle, NULL);
    }
    threads[count++] = stress_start(begin_work, NULL);
    for (int i = 0; i < SETTERS; i++)
        threads[count++] = stress_start(set_and_add, NULL);
    threads[count++] = stress_start(scrape, NULL);
    stress_sleep(stress_seconds(argc, argv));
    atomic_store(&stress_stop, true);
    while (count)
        pthread_join(threads[--count], NULL);
    CHECK(promc_gauge_value(in_progress) == 0, "%.17g", promc_gauge_value(in_progress));
    CHECK(promc_gauge_value(fractions) == 7, "%.17g", promc_gauge_value(fractions));
    CHECK(promc_gauge_value(flow) == atomic_load(&taken) % ONES, "%.17g", promc_gauge_value(flow));
    promc_gauge_set(mixed, 0.1);
    CHECK(stress_value(registry, "mixed") == 0.1, "the last set");
    printf("%llu rounds, %u pieces\n", (unsigned long long)atomic_load(&rounds),
           atomic_load(&handed_over));
    promc_registry_free(registry);
    return 0;
}
