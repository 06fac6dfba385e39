/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics and collectors are made, registered, unregistered and freed while others scrape. */
#include "stress/stress.h"

#include <promc/exposition.h>

#define MAKERS 3

static promc_registry *registry;
static atomic_ullong rounds;

struct source {
    unsigned magic;
    char name[32];
};

static int collect_source(promc_writer *writer, void *arg)
{
    struct source *source = arg;
    promc_family *family;

    CHECK(source->magic == 0x5eed5eed, "a collector was called after it was unregistered");
    family = promc_writer_family(writer, PROMC_TYPE_GAUGE, source->name, "");
    promc_writer_double(writer, family, 1, NULL);
    return 0;
}

static void come_and_go(unsigned thread)
{
    struct source *source = calloc(1, sizeof(*source));
    promc_collector collector = {.collect = collect_source, .arg = source};
    promc_histogram *histogram;
    promc_counter *counter;
    promc_counter_family *family;
    char name[32];

    CHECK(source != NULL, "out of memory");
    source->magic = 0x5eed5eed;
    snprintf(source->name, sizeof(source->name), "source_%u", thread);
    CHECK(promc_registry_register(registry, &collector) == PROMC_OK, "%s",
          promc_last_error()->message);
    snprintf(name, sizeof(name), "ones_%u", thread);
    histogram = promc_histogram_new(name, "", .registry = registry);
    snprintf(name, sizeof(name), "counter_%u", thread);
    counter = promc_counter_new(name, "", .registry = registry);
    snprintf(name, sizeof(name), "family_%u", thread);
    family = promc_counter_family_new(name, "", PROMC_LABELS("a"), .registry = registry);
    CHECK(histogram && counter && family, "%s", promc_last_error()->message);
    for (int i = 0; i < 20; i++) {
        char digits[12];

        snprintf(digits, sizeof(digits), "%d", i);
        promc_histogram_observe(histogram, 1);
        promc_counter_inc(counter);
        promc_counter_inc(promc_counter_labels(family, digits));
    }
    CHECK(promc_registry_unregister(registry, counter) == PROMC_OK, "unregister");
    CHECK(promc_counter_value(counter) == 20, "an unregistered counter keeps its value");
    CHECK(promc_registry_add(registry, counter) == PROMC_OK, "%s", promc_last_error()->message);
    promc_histogram_free(histogram); /* straight out of the registry */
    CHECK(promc_registry_unregister(registry, counter) == PROMC_OK, "unregister");
    promc_counter_free(counter);
    promc_counter_family_free(family);
    CHECK(promc_registry_unregister(registry, &collector) == PROMC_OK, "unregister");
    source->magic = 0xdeadbeef;
    free(source);
}

static void *make(void *arg)
{
    while (stress_running()) {
        come_and_go((unsigned)(uintptr_t)arg);
        atomic_fetch_add(&rounds, 1);
    }
    return NULL;
}

static void *watch(void *arg)
{
    struct stress_scrape *scrape = stress_new_scrape();

    (void)arg;
    while (stress_running())
        stress_must_read(scrape, registry);
    printf("%zu scrapes\n", scrape->scrapes);
    free(scrape);
    return NULL;
}

int main(int argc, char **argv)
{
    double seconds = stress_seconds(argc, argv);
    pthread_t threads[MAKERS + 2];
    size_t early;

    stress_count_memory();
    registry = promc_registry_new();
    for (uintptr_t i = 0; i < MAKERS; i++)
        threads[i] = stress_start(make, (void *)i);
    threads[MAKERS] = stress_start(watch, NULL);
    threads[MAKERS + 1] = stress_start(watch, NULL);
    stress_sleep(seconds / 2);
    early = atomic_load(&stress_peak);
    stress_sleep(seconds / 2);
    atomic_store(&stress_stop, true);
    for (size_t i = 0; i < promc__count_of(threads); i++)
        pthread_join(threads[i], NULL);
    CHECK(atomic_load(&stress_peak) < 2 * early + 200000, "%zu bytes became %zu", early,
          atomic_load(&stress_peak));
    printf("%llu rounds, %zu bytes at most\n", (unsigned long long)atomic_load(&rounds),
           atomic_load(&stress_peak));
    promc_registry_free(registry);
    return 0;
}
