/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a child by its label values, and incrementing it. */
#include "bench.h"
#include "limits.h"

#include <promc/promc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 2

static promc_counter_family *family;
static struct limit_table *table;
static char (*paths)[32]; /* in the order they are asked for */
static size_t children;
static double *cells[THREADS];

static void look_up(size_t count)
{
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 < children ? at + 1 : 0)
        promc_counter_inc(promc_counter_labels(family, "GET", "200", paths[at]));
}

static void look_up_limit(size_t count)
{
    limit_use_cells(cells[bench_thread()]);
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 < children ? at + 1 : 0)
        limit_lookup(table, (const char *const[]){"GET", "200", paths[at]});
}

/* Any order, so that neighbours in time are not neighbours in memory. */
static void shuffle_paths(void)
{
    srand(1);
    for (size_t i = children - 1; i > 0; i--) {
        size_t other = ((size_t)rand() * 32768 + (size_t)rand()) % (i + 1);
        char path[sizeof(paths[0])];

        memcpy(path, paths[i], sizeof(path));
        memcpy(paths[i], paths[other], sizeof(path));
        memcpy(paths[other], path, sizeof(path));
    }
}

static promc_registry *make_children(size_t count)
{
    promc_registry *registry = promc_registry_new();

    children = count;
    family = promc_counter_family_new("bench_family", "Family.",
                                      PROMC_LABELS("method", "code", "path"), .registry = registry);
    table = limit_table_new(count);
    paths = calloc(count, sizeof(paths[0]));
    for (int i = 0; i < THREADS; i++)
        bench_check((cells[i] = calloc(count, sizeof(double))) != NULL, "memory");
    bench_check(family && table && paths, "memory");
    for (size_t i = 0; i < count; i++) {
        (void)bench_path(i, paths[i], sizeof(paths[i]));
        (void)promc_counter_labels(family, "GET", "200", paths[i]);
        limit_table_add(table, (const char *const[]){"GET", "200", paths[i]});
    }
    shuffle_paths();
    return registry;
}

static void free_children(promc_registry *registry)
{
    promc_registry_free(registry);
    limit_table_free(table);
    free(paths);
    for (int i = 0; i < THREADS; i++)
        free(cells[i]);
}

static double total(void)
{
    double sum = 0;

    for (size_t i = 0; i < children; i++)
        sum += promc_counter_value(promc_counter_labels(family, "GET", "200", paths[i]));
    return sum;
}

static double limit_total(void)
{
    double sum = 0;

    for (int i = 0; i < THREADS; i++) {
        for (size_t cell = 0; cell < children; cell++)
            sum += cells[i][cell];
    }
    return sum;
}

static void run(const struct bench_row *row, size_t count, int threads)
{
    struct bench_samples promc = {.count = 0}, limit = {.count = 0};
    double before = total(), limit_before = limit_total(), calls;
    size_t allocations;

    (void)bench_time_loop(look_up, children, threads);
    allocations = atomic_load(&bench_allocations);
    for (int i = 0; i < bench_repeats; i++) {
        bench_add(&limit, bench_time_loop(look_up_limit, count, threads));
        bench_add(&promc, bench_time_loop(look_up, count, threads));
    }
    bench_check(atomic_load(&bench_allocations) == allocations, "allocations of a lookup");
    bench_print(row, &promc, &limit);
    calls = (double)bench_loop_calls(count, threads) * bench_repeats;
    bench_check(limit_total() - limit_before == calls, "the limit of lookups");
    calls += (double)bench_loop_calls(children, threads);
    bench_check(total() - before == calls, row->name);
}

#define FEW 100
#define MILLION 1000000
#define TABLE "hash, table, compare, plain add"

void bench_lookups(void)
{
    static const struct bench_row few = {
        "lookup by 3 labels among 100, inc", "ns", TABLE, 1.5, 25, false};
    static const struct bench_row two = {
        "lookup among 100, 2 threads", "ns", TABLE, 1.5, 25, false};
    static const struct bench_row many = {
        "lookup among 1,000,000, any order, inc", "ns", TABLE, 1.5, 0, false};
    promc_registry *registry;

    if (bench_wants(few.name) || bench_wants(two.name)) {
        registry = make_children(FEW);
        if (bench_wants(few.name))
            run(&few, 1250000, 1);
        if (bench_wants(two.name))
            run(&two, 1250000, 2);
        free_children(registry);
    }
    if (bench_wants(many.name)) {
        registry = make_children(MILLION);
        run(&many, MILLION, 1);
        free_children(registry);
    }
}
