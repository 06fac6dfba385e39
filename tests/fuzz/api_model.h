/* SPDX-License-Identifier: Apache-2.0 */
/* The model of fuzz_api.c: what there is, and what every child of it should show. */
#ifndef TESTS_FUZZ_API_MODEL_H
#define TESTS_FUZZ_API_MODEL_H

#include "fuzz.h"

#include <math.h>

enum kind { COUNTER, GAUGE, HISTOGRAM, SUMMARY, INFO, ENUM, GAUGE_HISTOGRAM, KINDS };
enum {
    SLOTS = 6,
    VALUES = 5,
    CHILDREN = VALUES * VALUES,
    BOUNDS = 4,
    HELD = 4,
    STATES = 3,
    PAIRS = 3
};

static const char *const names[SLOTS] = {"m0", "m1", "m2.x", "m3", "m4", "m5_é"};
static const char *const label_names[] = {"l0", "l1", NULL};
static const char *const label_values[VALUES] = {"", "a", "b\\\n\"", "\xE4\xB8\x96", "\xff"};
static const char *const shown_values[VALUES] = {"", "a", "b\\\n\"", "\xE4\xB8\x96",
                                                 "\xEF\xBF\xBD"};
/* Of histograms and of gauge histograms. A histogram that begins below zero has no sum, which
 * OpenMetrics does not allow. */
static const double bounds[2][BOUNDS] = {{0, 0.25, 2.5, 100}, {-1, 0, 2.5, 1e6}};
static const char *const bound_texts[2][BOUNDS + 1] = {{"0.0", "0.25", "2.5", "100.0", "+Inf"},
                                                       {"-1.0", "0.0", "2.5", "1e+06", "+Inf"}};
static const char *const states[] = {"off", "on", "\"x\"", NULL};
static const promc_label pair_lists[PAIRS][3] = {
    {{NULL, NULL}}, {{"version", "1"}, {NULL, NULL}}, {{"p.q", ""}, {"r", "\n"}, {NULL, NULL}}};

/* ---- the model ------------------------------------------------------------------------------- */

struct child {
    bool there;
    double value; /* or the sum */
    double count, buckets[BOUNDS + 1];
    double created;
    unsigned state, pairs;
};

struct metric {
    void *handle; /* NULL: this slot is empty */
    enum kind kind;
    unsigned labels;
    bool registered;
    struct child children[CHILDREN];
};

/* A handle that is held, and what the updates of it count for; NULL: they are discarded. */
struct held {
    void *handle;
    unsigned slot;
    struct child *child;
};

static struct {
    promc_registry *registry;
    struct metric metrics[SLOTS];
    struct held held[HELD];
    double now;
} world;

static double model_time(void)
{
    return world.now;
}

static void begin_child(struct child *child)
{
    *child = (struct child){.there = true, .created = world.now};
}

static unsigned bucket_of(enum kind kind, double value)
{
    unsigned bucket = 0;

    while (bucket < BOUNDS && !(value <= bounds[kind == GAUGE_HISTOGRAM][bucket]))
        bucket++;
    return bucket;
}

static void model_observe(enum kind kind, struct child *child, double value, double weight)
{
    unsigned bucket = bucket_of(kind, value);

    child->buckets[bucket] += weight;
    child->count += weight;
    child->value += value * weight;
}

/* ---- every type by its number ---------------------------------------------------------------- */

#define EACH_KIND(X)                                                                               \
    X(COUNTER, counter)                                                                            \
    X(GAUGE, gauge)                                                                                \
    X(HISTOGRAM, histogram)                                                                        \
    X(SUMMARY, summary)                                                                            \
    X(INFO, info)                                                                                  \
    X(ENUM, enum)                                                                                  \
    X(GAUGE_HISTOGRAM, gauge_histogram)

#define FUNCTIONS(KIND, T)                                                                         \
    static void *find_##T(void *family, const char *const *values, size_t count)                   \
    {                                                                                              \
        return promc_##T##_family_child(family, values, count);                                    \
    }                                                                                              \
    static void *find_##T##_by_name(void *family, const promc_label *labels)                       \
    {                                                                                              \
        return promc_##T##_family_child_by_name(family, labels);                                   \
    }                                                                                              \
    static void *hold_##T(void *metric)                                                            \
    {                                                                                              \
        return promc_##T##_hold(metric);                                                           \
    }                                                                                              \
    static void release_##T(void *metric)                                                          \
    {                                                                                              \
        promc_##T##_release(metric);                                                               \
    }                                                                                              \
    static int remove_##T(void *family, const char *const *values, size_t count)                   \
    {                                                                                              \
        return promc_##T##_family_remove_child(family, values, count);                             \
    }                                                                                              \
    static int remove_##T##_by_labels(void *family, const promc_label *labels)                     \
    {                                                                                              \
        return promc_##T##_family_remove_by_labels(family, labels);                                \
    }                                                                                              \
    static void clear_##T(void *family)                                                            \
    {                                                                                              \
        promc_##T##_family_clear(family);                                                          \
    }                                                                                              \
    static size_t size_##T(const void *family)                                                     \
    {                                                                                              \
        return promc_##T##_family_size(family);                                                    \
    }                                                                                              \
    static void free_##T(void *metric, bool family)                                                \
    {                                                                                              \
        family ? promc_##T##_family_free(metric) : promc_##T##_free(metric);                       \
    }
EACH_KIND(FUNCTIONS)

static const struct {
    void *(*find)(void *family, const char *const *values, size_t count);
    void *(*find_by_name)(void *family, const promc_label *labels);
    void *(*hold)(void *metric);
    void (*release)(void *metric);
    int (*remove)(void *family, const char *const *values, size_t count);
    int (*remove_by_labels)(void *family, const promc_label *labels);
    void (*clear)(void *family);
    size_t (*size)(const void *family);
    void (*free)(void *metric, bool family);
} of[KINDS] = {
#define TABLE(KIND, T)                                                                             \
    [KIND] = {find_##T,    find_##T##_by_name, hold_##T,                                           \
              release_##T, remove_##T,         remove_##T##_by_labels,                             \
              clear_##T,   size_##T,           free_##T},
    EACH_KIND(TABLE)};

static void *make_metric(enum kind kind, const char *name, const char *const *labels)
{
    promc_buckets buckets = {.count = BOUNDS, .bounds = bounds[kind == GAUGE_HISTOGRAM]};

#define MAKE(KIND, T, ...)                                                                         \
    case KIND:                                                                                     \
        return labels                                                                              \
                   ? (void *)promc_##T##_family_new(name, "Help \\ \n.", labels,                   \
                                                    .registry = world.registry __VA_ARGS__)        \
                   : (void *)promc_##T##_new(name, NULL, .registry = world.registry __VA_ARGS__)
    switch (kind) {
        MAKE(COUNTER, counter, );
        MAKE(GAUGE, gauge, );
        MAKE(SUMMARY, summary, );
        MAKE(INFO, info, );
        MAKE(HISTOGRAM, histogram, , .buckets = buckets);
        MAKE(GAUGE_HISTOGRAM, gauge_histogram, , .buckets = buckets);
        MAKE(ENUM, enum, , .states = states);
    default:
        return NULL;
    }
}

#endif
