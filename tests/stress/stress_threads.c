/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads that live shortly: the next one takes over what the last one left, nothing is lost,
 * and memory does not grow. */
#include "stress/stress.h"

#define AT_ONCE 6
#define UPDATES 200

static promc_registry *registry;
static promc_counter *counter;
static promc_histogram *ones;
static pthread_key_t late_key;

static void update_once(void)
{
    promc_counter_inc(counter);
    promc_histogram_observe(ones, 1);
}

/* The host's own destructors run in any order with ours. */
static void late_update(void *left)
{
    uintptr_t count = (uintptr_t)left;

    update_once();
    if (count > 1)
        CHECK(pthread_setspecific(late_key, (void *)(count - 1)) == 0, "pthread_setspecific");
}

static void *live_shortly(void *arg)
{
    CHECK(pthread_setspecific(late_key, arg) == 0, "pthread_setspecific");
    for (int i = 0; i < UPDATES; i++)
        update_once();
    return NULL;
}

static void *watch(void *arg)
{
    struct stress_scrape *scrape = stress_new_scrape();

    (void)arg;
    scrape->monotonic = true;
    while (stress_running())
        stress_must_read(scrape, registry);
    free(scrape);
    return NULL;
}

int main(int argc, char **argv)
{
    double end = stress_now() + stress_seconds(argc, argv), expected;
    unsigned long long batches = 0;
    pthread_t watcher;
    size_t early = 0;

    stress_count_memory();
    CHECK(pthread_key_create(&late_key, late_update) == 0, "pthread_key_create");
    registry = promc_registry_new();
    counter = promc_counter_new("updates", "", .registry = registry);
    ones = promc_histogram_new("ones", "", .registry = registry);
    watcher = stress_start(watch, NULL);
    for (; stress_now() < end; batches++) {
        pthread_t threads[AT_ONCE];

        for (int i = 0; i < AT_ONCE; i++)
            threads[i] = stress_start(live_shortly, (void *)(uintptr_t)2);
        for (int i = 0; i < AT_ONCE; i++)
            pthread_join(threads[i], NULL);
        if (batches == 20)
            early = atomic_load(&stress_peak);
    }
    atomic_store(&stress_stop, true);
    pthread_join(watcher, NULL);
    expected = (double)batches * AT_ONCE * (UPDATES + 2);
    CHECK(promc_counter_value(counter) == expected, "%.17g of %.17g", promc_counter_value(counter),
          expected);
    CHECK(stress_value(registry, "ones_sum") == expected, "histogram");
    CHECK(!early || atomic_load(&stress_peak) < early + 100000, "%zu bytes became %zu", early,
          atomic_load(&stress_peak));
    printf("%llu threads, %zu bytes at most\n", batches * AT_ONCE, atomic_load(&stress_peak));
    promc_registry_free(registry);
    return 0;
}
