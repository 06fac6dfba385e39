/* SPDX-License-Identifier: Apache-2.0 */
/* A handler updates what the thread it interrupts is updating, or scraping: nothing is lost or
 * torn. (The thread has touched the metric before: the first touch may allocate, which a handler
 * must not.) */
#include "stress/stress.h"

#include <sched.h>
#include <signal.h>

#define UPDATERS 2

static promc_registry *registry;
static promc_counter *counter;
static promc_histogram *ones;
static promc_summary *ones_too;
static promc_gauge *gauge;
static atomic_ullong updates, handled;
static atomic_int ready;

static void update_once(void)
{
    promc_counter_inc(counter);
    promc_histogram_observe(ones, 1);
    promc_summary_observe(ones_too, 1);
    promc_gauge_inc(gauge);
}

static void on_signal(int number)
{
    (void)number;
    update_once();
    atomic_fetch_add(&handled, 1);
}

static void accept_signals(void)
{
    sigset_t set;

    update_once();
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    atomic_fetch_add(&ready, 1);
}

static void *update(void *arg)
{
    unsigned long long count = 1;

    (void)arg;
    for (accept_signals(); stress_running(); count++)
        update_once();
    atomic_fetch_add(&updates, count);
    return NULL;
}

static void *watch(void *arg)
{
    struct stress_scrape *scrape = stress_new_scrape();

    (void)arg;
    accept_signals();
    scrape->monotonic = true;
    while (stress_running())
        stress_must_read(scrape, registry);
    printf("%zu scrapes\n", scrape->scrapes);
    free(scrape);
    atomic_fetch_add(&updates, 1);
    return NULL;
}

int main(int argc, char **argv)
{
    double end = stress_now() + stress_seconds(argc, argv), expected;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    pthread_t threads[UPDATERS + 1];
    unsigned long long sent = 0;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGUSR1, &action, NULL);
    registry = promc_registry_new();
    counter = promc_counter_new("updates", "", .registry = registry);
    ones = promc_histogram_new("ones", "", .registry = registry);
    ones_too = promc_summary_new("ones_too", "", .registry = registry);
    gauge = promc_gauge_new("gauge", "", .registry = registry);
    for (int i = 0; i < UPDATERS; i++)
        threads[i] = stress_start(update, NULL);
    threads[UPDATERS] = stress_start(watch, NULL);
    while (atomic_load(&ready) < UPDATERS + 1)
        sched_yield();
    while (stress_now() < end) {
        for (int i = 0; i <= UPDATERS; i++)
            sent += pthread_kill(threads[i], SIGUSR1) == 0;
        stress_sleep(0.00001);
    }
    atomic_store(&stress_stop, true);
    for (int i = 0; i <= UPDATERS; i++)
        pthread_join(threads[i], NULL);
    CHECK(atomic_load(&handled) > 0, "no signal arrived");
    expected = (double)(atomic_load(&updates) + atomic_load(&handled));
    CHECK(stress_value(registry, "updates_total") == expected, "%.17g of %.17g",
          stress_value(registry, "updates_total"), expected);
    CHECK(stress_value(registry, "ones_sum") == expected, "histogram");
    CHECK(stress_value(registry, "ones_count") == expected, "histogram");
    CHECK(stress_value(registry, "ones_too_sum") == expected, "summary");
    CHECK(stress_value(registry, "gauge") == expected, "gauge");
    printf("%llu signals sent, %llu handled\n", sent, (unsigned long long)atomic_load(&handled));
    promc_registry_free(registry);
    return 0;
}
