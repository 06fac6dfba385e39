/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children come and go in every way there is. Each series only ever gets one amount, which its
 * label tells: so an increment that shows up in another series is found by a division in the next
 * scrape. Usage: stress_children [seconds [cycles of making and removing]]
 */
#include "stress/stress.h"

#define WORKERS 3
#define KEYS 64

static promc_registry *registry;
static promc_counter_family *shared_family; /* everybody updates and removes the same keys */
static promc_counter_family *owned_family;  /* each child has an owner, and is removed by it only */
static promc_summary_family *ones;
static promc_gauge_family *gauges;
static atomic_ullong serials, cycles;

static double amount_of(unsigned long long serial)
{
    return 1000003 + (double)(serial % 9973);
}

static void check_sample(const char *name, const char *labels, double value, void *arg)
{
    const char *digits;
    double amount, times;

    (void)arg;
    if (!stress_ends(name, "_total") && strcmp(name, "gauges") != 0)
        return;
    digits = strstr(labels, "serial=\"");
    CHECK(digits != NULL, "%s{%s}", name, labels);
    amount = amount_of(strtoull(digits + 8, NULL, 10));
    times = value / amount;
    CHECK(times == (double)(unsigned long long)times, "%s{%s} is %.17g: no multiple of %.17g", name,
          labels, value, amount);
}

static void shared_keys(uint64_t *random)
{
    uint64_t choice = stress_random(random);
    unsigned key = (unsigned)(choice >> 8) % KEYS;
    char digits[256], group[24];

    /* longer and shorter ones in the same places */
    snprintf(digits, sizeof(digits), "%0*u", (int)(key % 5 * 60), key);
    snprintf(group, sizeof(group), "%u", key % 4);
    /* Not held: what a thread looked up last stays with its series all the same. */
    promc_counter_add(promc_counter_labels(shared_family, group, digits), amount_of(key));
    promc_gauge_add(promc_gauge_labels_by_name(gauges, {"serial", digits}, {"group", group}),
                    amount_of(key));
    promc_summary_observe(promc_summary_labels(ones, group, digits), 1);
    if (choice % 8 == 0) {
        CHECK(promc_counter_family_remove(shared_family, group, digits) == PROMC_OK, "remove");
        CHECK(promc_gauge_family_remove(gauges, group, digits) == PROMC_OK, "remove");
    } else if (choice % 256 == 1) {
        CHECK(promc_counter_family_remove_matching(shared_family, {"group", group}) >= 0, "remove");
        CHECK(promc_summary_family_remove_matching(ones, {"group", group}) >= 0, "remove");
    } else if (choice % 1024 == 2) {
        promc_counter_family_clear(shared_family);
        promc_gauge_family_clear(gauges);
    }
}

static void owned_child(uint64_t *random)
{
    unsigned long long serial = atomic_fetch_add(&serials, 1);
    int times = (int)(stress_random(random) % 20);
    double amount = amount_of(serial);
    promc_counter *counter;
    char digits[24];

    snprintf(digits, sizeof(digits), "%llu", serial);
    counter = promc_counter_hold(promc_counter_labels(owned_family, "g", digits));
    CHECK(counter != NULL, "%s", promc_last_error()->message);
    for (int i = 0; i < times; i++)
        promc_counter_add(counter, amount);
    CHECK(promc_counter_value(counter) == times * amount, "%.17g of %.17g",
          promc_counter_value(counter), times * amount);
    promc_counter_family_remove(owned_family, "g", digits);
    for (int i = 0; i < times; i++) {
        promc_counter_add(counter, amount); /* late, and nowhere to be seen */
        shared_keys(random);
    }
    promc_counter_release(counter);
}

static void *work(void *arg)
{
    uint64_t random = 88172645463325252u + (uintptr_t)arg;

    while (stress_running()) {
        owned_child(&random);
        atomic_fetch_add(&cycles, 1);
    }
    return NULL;
}

static void *watch(void *arg)
{
    struct stress_scrape *scrape = stress_new_scrape();

    (void)arg;
    scrape->sample = check_sample;
    while (stress_running())
        stress_must_read(scrape, registry);
    printf("%zu scrapes\n", scrape->scrapes);
    free(scrape);
    return NULL;
}

/* Memory is bounded over endless making and removing, also by one thread alone. */
static void churn(unsigned long count)
{
    size_t bytes = 0;
    double begun = stress_now();

    for (unsigned long i = 0; i < count; i++) {
        char digits[256];

        snprintf(digits, sizeof(digits), "%0*lu", (int)(i % 7 * 35), i);
        promc_counter_add(promc_counter_labels(shared_family, "g", digits), amount_of(i));
        CHECK(promc_counter_family_remove(shared_family, "g", digits) == PROMC_OK, "remove");
        if (i == count / 20)
            bytes = atomic_load(&stress_bytes);
    }
    CHECK(atomic_load(&stress_bytes) < bytes + 20000, "%zu bytes became %zu", bytes,
          atomic_load(&stress_bytes));
    printf("%lu children made and removed, %.0f ns each, %zu bytes\n", count,
           (stress_now() - begun) / (double)count * 1e9, atomic_load(&stress_bytes));
}

int main(int argc, char **argv)
{
    double seconds = stress_seconds(argc, argv);
    pthread_t threads[WORKERS + 2];
    size_t early;

    stress_count_memory();
    registry = promc_registry_new();
    shared_family = promc_counter_family_new("shared", "", PROMC_LABELS("group", "serial"),
                                             .registry = registry);
    owned_family = promc_counter_family_new("owned", "", PROMC_LABELS("group", "serial"),
                                            .registry = registry);
    ones =
        promc_summary_family_new("ones", "", PROMC_LABELS("group", "serial"), .registry = registry);
    gauges =
        promc_gauge_family_new("gauges", "", PROMC_LABELS("group", "serial"), .registry = registry);
    CHECK(gauges != NULL, "%s", promc_last_error()->message);
    for (uintptr_t i = 0; i < WORKERS; i++)
        threads[i] = stress_start(work, (void *)(i * 7919));
    threads[WORKERS] = stress_start(watch, NULL);
    threads[WORKERS + 1] = stress_start(watch, NULL);
    stress_sleep(seconds / 2);
    early = atomic_load(&stress_peak);
    stress_sleep(seconds / 2);
    atomic_store(&stress_stop, true);
    for (size_t i = 0; i < promc__count_of(threads); i++)
        pthread_join(threads[i], NULL);
    CHECK(atomic_load(&stress_peak) < 2 * early + 200000, "%zu bytes became %zu", early,
          atomic_load(&stress_peak));
    printf("%llu cycles, %zu bytes at most\n", (unsigned long long)atomic_load(&cycles),
           atomic_load(&stress_peak));
    promc_counter_family_clear(shared_family);
    churn(argc > 2 ? strtoul(argv[2], NULL, 10) : 300000);
    promc_registry_free(registry);
    return 0;
}
