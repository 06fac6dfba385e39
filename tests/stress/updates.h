/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads update one metric of each type while others scrape: every scrape is consistent and never
 * goes back, and the final sums are exact. The programs that include this differ in where updates
 * go.
 */
#ifndef PROMC_STRESS_UPDATES_H
#define PROMC_STRESS_UPDATES_H

#include "stress/stress.h"

struct updates {
    promc_registry *registry;
    promc_counter *counter, *amounts;
    promc_summary *summary;
    promc_histogram *histogram, *spread;
    promc_gauge *gauge, *up_and_down;
    promc_gauge_histogram *queue;
    atomic_ullong rounds, scrapes;
};

static void *update_until_stopped(void *arg)
{
    struct updates *updates = arg;
    unsigned long long rounds = 0;

    while (stress_running()) {
        promc_counter_inc(updates->counter);
        promc_summary_observe(updates->summary, 1);
        promc_histogram_observe(updates->histogram, 1);
        promc_histogram_observe(updates->spread, (double)(rounds % 16));
        promc_counter_add(updates->amounts, 0.1);
        promc_gauge_inc(updates->gauge);
        promc_gauge_inc(updates->up_and_down);
        promc_gauge_dec(updates->up_and_down);
        promc_gauge_histogram_observe(updates->queue, 3);
        promc_gauge_histogram_forget(updates->queue, 3);
        rounds++;
    }
    atomic_fetch_add(&updates->rounds, rounds);
    return NULL;
}

static void *scrape_until_stopped(void *arg)
{
    struct updates *updates = arg;
    struct stress_scrape *scrape = stress_new_scrape();

    scrape->monotonic = true;
    while (stress_running())
        stress_must_read(scrape, updates->registry);
    stress_must_read(scrape, updates->registry);
    atomic_fetch_add(&updates->scrapes, scrape->scrapes);
    free(scrape);
    return NULL;
}

static void make_metrics(struct updates *updates)
{
    promc_registry *registry = promc_registry_new();

    *updates = (struct updates){.registry = registry};
    updates->counter = promc_counter_new("jobs", "One at a time.", .registry = registry);
    updates->amounts = promc_counter_new("amounts", "Fractions.", .registry = registry);
    updates->summary = promc_summary_new("ones_summary", "Ones.", .registry = registry);
    updates->histogram = promc_histogram_new("ones_histogram", "Ones.", .registry = registry);
    updates->spread = promc_histogram_new(
        "spread", "0 to 15.", .registry = registry,
        .buckets = PROMC_BUCKETS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
    updates->gauge = promc_gauge_new("gauge", "Only goes up here.", .registry = registry);
    updates->up_and_down = promc_gauge_new("up_and_down", "Ends at 0.", .registry = registry);
    updates->queue = promc_gauge_histogram_new("queue", "Comes and goes.", .registry = registry,
                                               .buckets = PROMC_BUCKETS(1, 2, 4));
    CHECK(promc_registry_first_error(registry, NULL) == PROMC_OK, "%s",
          promc_last_error()->message);
}

static void check_final_sums(struct updates *updates)
{
    promc_registry *registry = updates->registry;
    unsigned long long rounds = atomic_load(&updates->rounds);
    double expected = (double)rounds, spread = 0;

    CHECK(rounds > 0, "nothing was updated");
    CHECK(stress_value(registry, "jobs_total") == expected, "%.17g of %.17g increments",
          stress_value(registry, "jobs_total"), expected);
    CHECK(stress_value(registry, "ones_summary_count") == expected, "summary");
    CHECK(stress_value(registry, "ones_summary_sum") == expected, "summary");
    CHECK(stress_value(registry, "ones_histogram_count") == expected, "histogram");
    CHECK(stress_value(registry, "ones_histogram_sum") == expected, "histogram");
    CHECK(stress_value(registry, "spread_count") == expected, "histogram");
    CHECK(stress_value(registry, "gauge") == expected, "gauge");
    CHECK(stress_value(registry, "up_and_down") == 0, "gauge");
    CHECK(stress_value(registry, "queue_gcount") == 0, "gauge histogram");
    CHECK(stress_value(registry, "queue_gsum") == 0, "gauge histogram");
    spread = stress_value(registry, "amounts_total") / (expected * 0.1);
    CHECK(spread > 0.999999 && spread < 1.000001, "fractions");
}

/* Runs it all and checks it. */
static void run_updates(double seconds, size_t updaters, size_t scrapers)
{
    pthread_t threads[256];
    struct updates updates;
    size_t count = 0;

    make_metrics(&updates);
    atomic_store(&stress_stop, false);
    for (size_t i = 0; i < updaters; i++)
        threads[count++] = stress_start(update_until_stopped, &updates);
    for (size_t i = 0; i < scrapers; i++)
        threads[count++] = stress_start(scrape_until_stopped, &updates);
    stress_sleep(seconds);
    atomic_store(&stress_stop, true);
    while (count)
        pthread_join(threads[--count], NULL);
    check_final_sums(&updates);
    printf("%zu updaters, %zu scrapers: %llu rounds, %llu scrapes\n", updaters, scrapers,
           (unsigned long long)atomic_load(&updates.rounds),
           (unsigned long long)atomic_load(&updates.scrapes));
    promc_registry_free(updates.registry);
}

#endif
