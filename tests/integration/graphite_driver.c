/* SPDX-License-Identifier: Apache-2.0 */
/* Sends what test_graphite.py expects to a Carbon, once: graphite_driver ADDRESS plain|tags PREFIX.
 * Ends with 1, and the reason, when that failed. */
#include <math.h>
#include <promc/promc.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 500 };

static void define(promc_registry *registry)
{
    promc_counter_family *jobs = promc_counter_family_new(
        "jobs", "Jobs.", PROMC_LABELS("kind", "host"), .registry = registry);
    promc_histogram_family *waits =
        promc_histogram_family_new("wait_seconds", "Waiting.", PROMC_LABELS("zone", "a"),
                                   .registry = registry, .buckets = PROMC_BUCKETS(0.5, 2));

    promc_counter_add(promc_counter_labels(jobs, "import", "a.b/c d"), 2.5);
    promc_counter_add(promc_counter_labels(jobs, "出口", "h-1_2"), 9007199254740993.0);
    promc_gauge_set(promc_gauge_new("celsius", "Degrees.", .registry = registry), -0.1);
    promc_gauge_set(promc_gauge_new("huge", "Large.", .registry = registry), 1e300);
    promc_gauge_set(promc_gauge_new("unknown", "Carbon keeps none of these.", .registry = registry),
                    NAN);
    promc_gauge_set(promc_gauge_new("endless", "Infinite.", .registry = registry), INFINITY);
    promc_histogram_observe(promc_histogram_labels(waits, "z", "1"), 1.5);
    promc_summary_observe(promc_summary_new("size_bytes", "Sizes.", .registry = registry), 3);
    for (int i = 0; i < MANY; i++) {
        char name[32];

        snprintf(name, sizeof(name), "many_%d", i);
        promc_gauge_set(promc_gauge_new(name, "One of many.", .registry = registry), i);
    }
}

int main(int argc, char **argv)
{
    promc_registry *registry = promc_registry_new();
    int code;

    if (argc < 4)
        return 2;
    promc_disable_created_series();
    define(registry);
    if (promc_registry_first_error(registry, NULL) != PROMC_OK)
        return 3;
    code = promc_push_to_graphite(argv[1], .registry = registry, .prefix = argv[3],
                                  .tags = strcmp(argv[2], "tags") == 0, .timeout = 10);
    if (code != PROMC_OK)
        fprintf(stderr, "%s\n", promc_last_error()->message);
    promc_registry_free(registry);
    return code != PROMC_OK;
}
