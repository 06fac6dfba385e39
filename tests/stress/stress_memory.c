/* SPDX-License-Identifier: Apache-2.0 */
/* Memory is refused now and then, in all threads: updates still count, scrapes are right or fail.
 */
#include "stress/stress.h"

#define AT_ONCE 4

static promc_registry *registry;
static promc_counter *counter;
static promc_histogram *ones;
static promc_counter_family *family;
static atomic_ullong failed, read_well;

static void *update(void *arg)
{
    uint64_t random = 1 + (uintptr_t)arg;

    for (int i = 0; i < 300; i++) {
        char digits[24];

        promc_counter_inc(counter);
        promc_histogram_observe(ones, 1);
        snprintf(digits, sizeof(digits), "%u", (unsigned)(stress_random(&random) % 500));
        promc_counter_inc(promc_counter_labels(family, digits)); /* NULL is fine */
        if (random % 4 == 0)
            (void)promc_counter_family_remove(family, digits);
    }
    return NULL;
}

static void *watch(void *arg)
{
    struct stress_scrape *scrape = stress_new_scrape();

    (void)arg;
    scrape->monotonic = false;
    while (stress_running()) {
        int status = stress_read(scrape, registry);

        CHECK(status == PROMC_OK || status == PROMC_ERROR_NO_MEMORY, "%d", status);
        atomic_fetch_add(status == PROMC_OK ? &read_well : &failed, 1);
    }
    free(scrape);
    return NULL;
}

int main(int argc, char **argv)
{
    double end = stress_now() + stress_seconds(argc, argv), expected;
    struct stress_scrape *scrape = stress_new_scrape();
    unsigned long long batches = 0;
    pthread_t watcher;

    stress_count_memory();
    registry = promc_registry_new();
    counter = promc_counter_new("updates", "", .registry = registry);
    ones = promc_histogram_new("ones", "", .registry = registry);
    family = promc_counter_family_new("kids", "", PROMC_LABELS("a"), .registry = registry);
    watcher = stress_start(watch, NULL);
    for (; stress_now() < end; batches++) {
        pthread_t threads[AT_ONCE];

        atomic_store(&stress_refuse, (unsigned)(1 + batches % 40));
        for (uintptr_t i = 0; i < AT_ONCE; i++)
            threads[i] = stress_start(update, (void *)(uintptr_t)(i * 4711 + batches));
        for (int i = 0; i < AT_ONCE; i++)
            pthread_join(threads[i], NULL);
    }
    atomic_store(&stress_refuse, 0);
    atomic_store(&stress_stop, true);
    pthread_join(watcher, NULL);
    expected = (double)batches * AT_ONCE * 300;
    CHECK(promc_counter_value(counter) == expected, "%.17g of %.17g", promc_counter_value(counter),
          expected);
    CHECK(stress_value(registry, "ones_sum") == expected, "histogram");
    CHECK(stress_value(registry, "ones_count") == expected, "histogram");
    stress_must_read(scrape, registry);
    printf("%llu threads, %llu scrapes, %llu without memory\n", batches * AT_ONCE,
           (unsigned long long)atomic_load(&read_well), (unsigned long long)atomic_load(&failed));
    free(scrape);
    promc_registry_free(registry);
    return 0;
}
