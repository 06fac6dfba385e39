/* SPDX-License-Identifier: Apache-2.0 */
/* The types of metrics behind one set of functions. */
#ifndef PROMC_CONFORMANCE_REPLAY_KINDS_H
#define PROMC_CONFORMANCE_REPLAY_KINDS_H

#include <promc/promc.h>

struct definition {
    const char *name, *help, *name_space, *subsystem, *unit;
    char **labels, **states;
    double *bounds;
    size_t bound_count;
    promc_registry *registry;
};

/* The functions of a type, with the types taken off. */
struct kind {
    const char *name;
    void *(*make)(const struct definition *definition);
    void *(*make_family)(const struct definition *definition);
    void *(*child)(void *family, char **values, size_t count);
    int (*remove)(void *family, char **values, size_t count);
    int (*remove_matching)(void *family, const promc_label *labels);
    void (*clear)(void *family);
    void (*free)(void *metric);
    void (*free_family)(void *family);
};

#define VALUES(values) ((const char *const *)(void *)(values))

/* `...` initialises the options that only this type has. */
#define DEFINE_KIND(T, ...)                                                                        \
    static promc_##T##_opts T##_options(const struct definition *d)                                \
    {                                                                                              \
        return (promc_##T##_opts){.size = sizeof(promc_##T##_opts),                                \
                                  .name = d->name,                                                 \
                                  .help = d->help,                                                 \
                                  .labels = VALUES(d->labels),                                     \
                                  .PROMC_NAMESPACE = d->name_space,                                \
                                  .subsystem = d->subsystem,                                       \
                                  .unit = d->unit,                                                 \
                                  .registry = d->registry,                                         \
                                  __VA_ARGS__};                                                    \
    }                                                                                              \
    static void *T##_make(const struct definition *d)                                              \
    {                                                                                              \
        promc_##T##_opts options = T##_options(d);                                                 \
        return promc_##T##_create(&options);                                                       \
    }                                                                                              \
    static void *T##_make_family(const struct definition *d)                                       \
    {                                                                                              \
        promc_##T##_opts options = T##_options(d);                                                 \
        return promc_##T##_family_create(&options);                                                \
    }                                                                                              \
    static void *T##_child(void *family, char **values, size_t count)                              \
    {                                                                                              \
        return promc_##T##_family_child(family, VALUES(values), count);                            \
    }                                                                                              \
    static int T##_remove(void *family, char **values, size_t count)                               \
    {                                                                                              \
        return promc_##T##_family_remove_child(family, VALUES(values), count);                     \
    }                                                                                              \
    static int T##_remove_matching(void *family, const promc_label *labels)                        \
    {                                                                                              \
        return promc_##T##_family_remove_by_labels(family, labels);                                \
    }                                                                                              \
    static void T##_clear(void *family)                                                            \
    {                                                                                              \
        promc_##T##_family_clear(family);                                                          \
    }                                                                                              \
    static void T##_free(void *metric)                                                             \
    {                                                                                              \
        promc_##T##_free(metric);                                                                  \
    }                                                                                              \
    static void T##_free_family(void *family)                                                      \
    {                                                                                              \
        promc_##T##_family_free(family);                                                           \
    }                                                                                              \
    static const struct kind T##_kind = {#T,        T##_make,   T##_make_family,                   \
                                         T##_child, T##_remove, T##_remove_matching,               \
                                         T##_clear, T##_free,   T##_free_family};

DEFINE_KIND(counter, )
DEFINE_KIND(gauge, )
DEFINE_KIND(summary, )
DEFINE_KIND(info, )
DEFINE_KIND(enum, .states = VALUES(d->states))
DEFINE_KIND(histogram, .buckets = {.count = d->bound_count, .bounds = d->bounds})

static const struct kind *const kinds[] = {&counter_kind, &gauge_kind, &summary_kind,
                                           &info_kind,    &enum_kind,  &histogram_kind};

#endif
