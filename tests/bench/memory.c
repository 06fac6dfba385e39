/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <promc/promc.h>

#include <stdlib.h>
#include <string.h>

atomic_size_t bench_allocations, bench_bytes, bench_bytes_peak;

static void note_bytes(size_t size)
{
    size_t now = atomic_fetch_add(&bench_bytes, size) + size;
    size_t peak = atomic_load(&bench_bytes_peak);

    atomic_fetch_add(&bench_allocations, 1);
    while (now > peak && !atomic_compare_exchange_weak(&bench_bytes_peak, &peak, now))
        ;
}

/* A block begins with its size, in as much room as keeps it aligned. */
#define HEAD (16 / sizeof(size_t))

static void *count_malloc(size_t size, void *ctx)
{
    size_t *block = malloc(size + HEAD * sizeof(size_t));

    (void)ctx;
    if (!block)
        return NULL;
    block[0] = size;
    note_bytes(size);
    return block + HEAD;
}

static void count_free(void *data, void *ctx)
{
    size_t *block = data;

    (void)ctx;
    if (!block)
        return;
    block -= HEAD;
    atomic_fetch_sub(&bench_bytes, block[0]);
    free(block);
}

static void *count_realloc(void *data, size_t size, void *ctx)
{
    void *grown = count_malloc(size, ctx);

    if (grown && data) {
        size_t old = ((size_t *)data - HEAD)[0];

        memcpy(grown, data, old < size ? old : size);
        count_free(data, ctx);
    }
    return grown;
}

void bench_count_memory(void)
{
    const promc_allocator counting = {count_malloc, count_realloc, count_free, NULL};

    bench_check(promc_set_allocator(&counting) == PROMC_OK, "the allocator");
}
