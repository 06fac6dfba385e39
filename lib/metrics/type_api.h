/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions that are the same for every type; see metrics.h for what they do. */
#ifndef PROMC_METRICS_TYPE_API_H
#define PROMC_METRICS_TYPE_API_H

#include "metrics/family.h"

/* `create` is the type's own: promc__family *create(const promc_T_opts *options, bool labelled) */
#define PROMC__DEFINE_TYPE(T, create)                                                              \
    struct promc_##T {                                                                             \
        promc__child child;                                                                        \
    };                                                                                             \
    struct promc_##T##_family {                                                                    \
        promc__family family;                                                                      \
    };                                                                                             \
    promc_##T *promc_##T##_create(const promc_##T##_opts *options)                                 \
    {                                                                                              \
        promc__family *family = create(options, false);                                            \
        return family ? (promc_##T *)promc__family_only_child(family) : NULL;                      \
    }                                                                                              \
    promc_##T##_family *promc_##T##_family_create(const promc_##T##_opts *options)                 \
    {                                                                                              \
        return (promc_##T##_family *)create(options, true);                                        \
    }                                                                                              \
    promc_##T *promc_##T##_family_child(promc_##T##_family *family, const char *const *values,     \
                                        size_t count)                                              \
    {                                                                                              \
        return (promc_##T *)promc__family_child((promc__family *)family, values, count);           \
    }                                                                                              \
    promc_##T *promc_##T##_family_child_by_name(promc_##T##_family *family,                        \
                                                const promc_label *labels)                         \
    {                                                                                              \
        return (promc_##T *)promc__family_child_by_name((promc__family *)family, labels);          \
    }                                                                                              \
    promc_##T *promc_##T##_hold(promc_##T *metric)                                                 \
    {                                                                                              \
        promc__child_hold((promc__child *)metric);                                                 \
        return metric;                                                                             \
    }                                                                                              \
    void promc_##T##_release(promc_##T *metric)                                                    \
    {                                                                                              \
        promc__child_release((promc__child *)metric);                                              \
    }                                                                                              \
    int promc_##T##_family_remove_child(promc_##T##_family *family, const char *const *values,     \
                                        size_t count)                                              \
    {                                                                                              \
        return promc__family_remove((promc__family *)family, values, count);                       \
    }                                                                                              \
    int promc_##T##_family_remove_by_labels(promc_##T##_family *family, const promc_label *labels) \
    {                                                                                              \
        return promc__family_remove_matching((promc__family *)family, labels);                     \
    }                                                                                              \
    void promc_##T##_family_clear(promc_##T##_family *family)                                      \
    {                                                                                              \
        promc__family_clear((promc__family *)family);                                              \
    }                                                                                              \
    size_t promc_##T##_family_size(const promc_##T##_family *family)                               \
    {                                                                                              \
        return promc__family_size((promc__family *)(uintptr_t)family);                             \
    }                                                                                              \
    void promc_##T##_free(promc_##T *metric)                                                       \
    {                                                                                              \
        promc__metric_free(metric ? ((promc__child *)metric)->family : NULL, false);               \
    }                                                                                              \
    void promc_##T##_family_free(promc_##T##_family *family)                                       \
    {                                                                                              \
        promc__metric_free((promc__family *)family, true);                                         \
    }                                                                                              \
    struct promc_##T##_semicolon

/* Frees a whole metric, unless it was reached through a child of a family. */
static inline void promc__metric_free(promc__family *family, bool labelled)
{
    if (!family || (family->label_count > 0) != labelled)
        return;
    promc__family_dispose(family);
}

#endif
