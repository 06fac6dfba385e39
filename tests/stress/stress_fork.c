/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forks while other threads update, scrape, and make children. The child (and its child) finds
 * numbers that belong together, and can do everything: update, scrape, make metrics, serve, exit.
 */
#include "stress/stress.h"

#include <signal.h>
#include <sys/wait.h>

static promc_registry *registry;
static promc_counter *counter;
static promc_histogram *ones;
static promc_summary *ones_too;
static promc_gauge *level;
static promc_counter_family *family;

static void update_once(unsigned round)
{
    char digits[24];

    promc_counter_inc(counter);
    promc_histogram_observe(ones, 1);
    promc_summary_observe(ones_too, 1);
    promc_gauge_inc(level);
    if (round % 64 == 0)
        promc_gauge_set(level, 0);
    snprintf(digits, sizeof(digits), "%u", round % 300);
    promc_counter_inc(promc_counter_labels(family, digits));
    if (round % 16 == 0)
        promc_counter_family_remove(family, digits);
}

static void *update(void *arg)
{
    for (unsigned round = (unsigned)(uintptr_t)arg; stress_running(); round++)
        update_once(round);
    return NULL;
}

/* Is in the middle of an update most of the time. */
static void *observe(void *arg)
{
    (void)arg;
    while (stress_running()) {
        promc_histogram_observe(ones, 1);
        promc_summary_observe(ones_too, 1);
    }
    return NULL;
}

static void *watch(void *arg)
{
    struct stress_scrape *scrape = stress_new_scrape();

    (void)arg;
    while (stress_running())
        stress_must_read(scrape, registry);
    free(scrape);
    return NULL;
}

static void serve(void)
{
#ifndef PROMC__TSAN /* which does not start threads after a fork */
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);

    CHECK(server != NULL, "%s", promc_last_error()->message);
    promc_http_server_stop(server);
#endif
}

static void live_as_child(struct stress_scrape *scrape, unsigned generation)
{
    double count, before;
    promc_gauge *gauge;
    pid_t pid;
    int status;

    alarm(30); /* a deadlock ends here */
    stress_must_read(scrape, registry);
    before = stress_value(registry, "updates_total");
    count = stress_value(registry, "ones_count");
    for (unsigned i = 0; i < 100; i++)
        update_once(i);
    CHECK(stress_value(registry, "updates_total") == before + 100, "updates in the child");
    CHECK(stress_value(registry, "ones_count") == count + 100, "updates in the child");
    CHECK(stress_value(registry, "level") == 35, "the 35 after the last set in the child");
    gauge = promc_gauge_new("made_in_child", "", .registry = registry);
    CHECK(gauge != NULL, "%s", promc_last_error()->message);
    promc_gauge_set(gauge, 1);
    serve();
    stress_must_read(scrape, registry);
    promc_gauge_free(gauge);
    if (generation < 2) {
        pid = fork();
        CHECK(pid >= 0, "fork");
        if (pid == 0) {
            live_as_child(scrape, generation + 1);
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0, "grandchild: %#x", (unsigned)status);
    }
}

int main(int argc, char **argv)
{
    double end = stress_now() + stress_seconds(argc, argv);
    struct stress_scrape *scrape;
    pthread_t threads[5];
    unsigned forks = 0;
    int status;

#ifdef STRESS_ASAN
    printf("AddressSanitizer's allocator does not survive forks of programs with threads\n");
    return 77;
#endif
    scrape = stress_new_scrape();
    registry = promc_registry_new();
    counter = promc_counter_new("updates", "", .registry = registry);
    ones = promc_histogram_new("ones", "", .registry = registry);
    ones_too = promc_summary_new("ones_too", "", .registry = registry);
    level = promc_gauge_new("level", "", .registry = registry);
    family = promc_counter_family_new("kids", "", PROMC_LABELS("a"), .registry = registry);
    for (uintptr_t i = 0; i < 2; i++)
        threads[i] = stress_start(update, (void *)i);
    threads[2] = stress_start(observe, NULL);
    threads[3] = stress_start(observe, NULL);
    threads[4] = stress_start(watch, NULL);
    for (; stress_now() < end || forks < 10; forks++) {
        pid_t pid = fork();

        CHECK(pid >= 0, "fork");
        if (pid == 0) {
            live_as_child(scrape, 1 + forks % 2);
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0, "child: %#x", (unsigned)status);
        stress_must_read(scrape, registry);
    }
    atomic_store(&stress_stop, true);
    for (size_t i = 0; i < promc__count_of(threads); i++)
        pthread_join(threads[i], NULL);
    printf("%u forks\n", forks);
    free(scrape);
    promc_registry_free(registry);
    return 0;
}
