/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <promc/promc.h>

#include <stdio.h>
#include <string.h>

const char *bench_path(size_t i, char *buffer, size_t size)
{
    snprintf(buffer, size, "/api/v1/users/item-%07zu", i);
    return buffer;
}

promc_registry *bench_many_counters(size_t count, bool fractions)
{
    promc_registry *registry = promc_registry_new();
    promc_counter_family *family = promc_counter_family_new(
        "http_requests", "Requests.", PROMC_LABELS("method", "code", "path"), .registry = registry);
    char path[64];

    bench_check(family != NULL, "a family");
    for (size_t i = 0; i < count; i++) {
        promc_counter *counter =
            promc_counter_labels(family, "GET", "200", bench_path(i, path, sizeof(path)));

        promc_counter_add(counter, fractions ? 1234.5678 * (double)(i + 1) : (double)i);
    }
    bench_check(promc_counter_family_size(family) == count, "the number of children");
    return registry;
}

int bench_count_sink(const void *data, size_t size, void *arg)
{
    (void)data;
    *(size_t *)arg += size;
    return 0;
}

int bench_copy_sink(const void *data, size_t size, void *arg)
{
    char **to = arg;

    memcpy(*to, data, size);
    *to += size;
    return 0;
}
