/* SPDX-License-Identifier: Apache-2.0 */
/* A handler calls every update that metrics.h promises to be safe there, on what the thread it
 * interrupts is updating or scraping: nothing is lost or torn. (The thread has touched each metric
 * before: the first touch may allocate, which a handler must not.) */
#include "stress/stress.h"

#include <sched.h>
#include <signal.h>

#define UPDATERS 2

static promc_registry *registry;
static promc_counter *counter;
static promc_counter *child, *failures;
static promc_histogram *ones, *ones_native, *timed;
static promc_summary *ones_too;
static promc_gauge *gauge, *level;
static promc_gauge_histogram *queue;
static promc_enum *state;
static atomic_ullong updates, handled;
static atomic_int ready;

static void update_once(void)
{
    promc_timer timer = promc_timer_start(timed);

    promc_counter_inc(counter);
    promc_counter_add(child, 2);
    (void)promc_count_failure(failures, -1);
    promc_histogram_observe(ones, 1);
    promc_histogram_observe(ones_native, 1);
    promc_summary_observe(ones_too, 1);
    promc_gauge_inc(gauge);
    promc_gauge_add(gauge, 2);
    promc_gauge_sub(gauge, 1);
    promc_gauge_dec(gauge);
    promc_gauge_set(level, 7);
    promc_gauge_set_to_current_time(level);
    promc_gauge_histogram_observe(queue, 1);
    promc_gauge_histogram_observe(queue, 1);
    promc_gauge_histogram_forget(queue, 1);
    (void)promc_enum_state(state, "on");
    promc_timer_observe(&timer);
}

static void make_metrics(void)
{
    registry = promc_registry_new();
    counter = promc_counter_new("updates", "", .registry = registry);
    child = promc_counter_labels(
        promc_counter_family_new("kids", "", PROMC_LABELS("a"), .registry = registry), "b");
    failures = promc_counter_new("failures", "", .registry = registry);
    ones = promc_histogram_new("ones", "", .registry = registry);
    ones_native = promc_histogram_new("ones_native", "", .registry = registry, .native_factor = 1.1);
    timed = promc_histogram_new("timed", "", .registry = registry);
    ones_too = promc_summary_new("ones_too", "", .registry = registry);
    gauge = promc_gauge_new("gauge", "", .registry = registry);
    level = promc_gauge_new("level", "", .registry = registry);
    queue = promc_gauge_histogram_new("queue", "", .registry = registry);
    state = promc_enum_new("state", "", .states = PROMC_STATES("off", "on"), .registry = registry);
    CHECK(promc_registry_first_error(registry, NULL) == PROMC_OK, "%s", promc_last_error()->message);
}

static void check_sums(double expected)
{
    double kids = -1;

    CHECK(promc_registry_get_sample_value(registry, "kids_total", PROMC_PAIRS({"a", "b"}), &kids) ==
              PROMC_OK && kids == 2 * expected, "%.17g of twice %.17g", kids, expected);
    CHECK(stress_value(registry, "updates_total") == expected, "%.17g of %.17g",
          stress_value(registry, "updates_total"), expected);
    CHECK(stress_value(registry, "failures_total") == expected, "counter");
    CHECK(stress_value(registry, "ones_sum") == expected, "histogram");
    CHECK(stress_value(registry, "ones_count") == expected, "histogram");
    CHECK(stress_value(registry, "ones_native_sum") == expected, "native histogram");
    CHECK(stress_value(registry, "ones_native_count") == expected, "native histogram");
    CHECK(stress_value(registry, "ones_too_sum") == expected, "summary");
    CHECK(stress_value(registry, "timed_count") == expected, "timer");
    CHECK(stress_value(registry, "gauge") == expected, "gauge");
    CHECK(stress_value(registry, "level") >= 7, "gauge");
    CHECK(stress_value(registry, "queue_gcount") == expected, "gauge histogram");
    CHECK(stress_value(registry, "queue_gsum") == expected, "gauge histogram");
    CHECK(promc_mishaps(PROMC_DROPPED_UPDATES) == 0, "an update was dropped");
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
    double end = stress_now() + stress_seconds(argc, argv);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    pthread_t threads[UPDATERS + 1];
    unsigned long long sent = 0;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGUSR1, &action, NULL);
    make_metrics();
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
    check_sums((double)(atomic_load(&updates) + atomic_load(&handled)));
    printf("%llu signals sent, %llu handled\n", sent, (unsigned long long)atomic_load(&handled));
    promc_registry_free(registry);
    return 0;
}
