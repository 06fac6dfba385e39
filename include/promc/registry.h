/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file registry.h  Which metrics and collectors are exposed together.
 *
 * A registry owns its metrics: promc_registry_free() frees them. The default registry exists from
 * the first use to the end of the process and starts with the platform, process and allocator
 * collectors.
 */
#ifndef PROMC_REGISTRY_H
#define PROMC_REGISTRY_H

#include <promc/metrics.h>

PROMC_BEGIN_DECLS

typedef struct promc_writer promc_writer; /* exposition.h */

/** Options of promc_registry_new(.auto_describe = true, ...). */
typedef struct promc_registry_opts {
    size_t size;
    bool auto_describe;             /**< call collect when registering a collector without describe,
                                         to learn its names and refuse duplicates; the default
                                         registry does, others do not unless told */
    const promc_label *target_info; /**< as by promc_registry_set_target_info() */
} promc_registry_opts;

/**
 * A new, empty registry. promc_registry_new() is the macro form, options optional.
 * @return owned by the caller; NULL: PROMC_ERROR_NO_MEMORY, or PROMC_ERROR_LABELS for target_info.
 */
PROMC_API promc_registry *promc_registry_create(const promc_registry_opts *options);
#ifndef __cplusplus
#define promc_registry_new(...)                                                                    \
    promc_registry_create(&(promc_registry_opts){.size = sizeof(promc_registry_opts), __VA_ARGS__})
#endif

/**
 * Frees the registry and every metric in it. No other thread may be using them, and no server may
 * be serving it. NULL is fine; the default registry is only emptied.
 */
PROMC_API void promc_registry_free(promc_registry *registry);

/** The registry that is meant by NULL wherever one can be given. Never NULL. */
PROMC_API promc_registry *promc_default_registry(void);

/* ---- collectors ------------------------------------------------------------------------------ */

/** A source of metrics that are looked up at scrape time. */
typedef struct promc_collector {
    /** Writes families and samples (exposition.h) at each scrape, in the scraping thread. Returns
     *  0, or anything else to fail the scrape. It may be called by several scrapes at once. */
    int (*collect)(promc_writer *writer, void *arg);
    /** Optional: declares the families only, so that duplicates are found when registering. */
    int (*describe)(promc_writer *writer, void *arg);
    void *arg; /**< passed through; must outlive the registration */
} promc_collector;

/**
 * Adds a collector.
 * @param registry   NULL: the default registry.
 * @param collector  copied.
 * @return PROMC_OK; PROMC_ERROR_DUPLICATE if a described name is taken or the same collector is
 *         there already; PROMC_ERROR_COLLECTOR if describe failed; PROMC_ERROR_ARGUMENT without a
 *         collect function; PROMC_ERROR_STATE for a restricted view; PROMC_ERROR_NO_MEMORY.
 */
PROMC_API int promc_registry_register(promc_registry *registry, const promc_collector *collector);

/** Adds a metric made with PROMC_UNREGISTERED, or one that was unregistered: a metric can be in
 *  one registry at a time. `metric` is any metric or family handle. Errors as above;
 *  PROMC_ERROR_STATE if it is in a registry. */
PROMC_API int promc_registry_add(promc_registry *registry, void *metric);

/**
 * int promc_registry_unregister(registry, metric or collector)
 *
 * Takes a metric (any handle or family) or a collector (a pointer to one with the same functions
 * and arg) out. A metric keeps its values, belongs to the caller from then on, and is freed with
 * promc_<type>_free() or promc_<type>_family_free(). Of a collector, waits until no scrape is calling
 * it, so a collector must not do this to itself.
 * @return PROMC_OK; PROMC_ERROR_NOT_FOUND if it is not in this registry.
 */
PROMC_API int promc_registry_unregister_metric(promc_registry *registry, const void *metric);
PROMC_API int promc_registry_unregister_collector(promc_registry *registry,
                                                  const promc_collector *collector);
#ifdef __cplusplus
} /* overloads cannot have C linkage */
inline int promc_registry_unregister(promc_registry *registry, const void *metric)
{
    return promc_registry_unregister_metric(registry, metric);
}
inline int promc_registry_unregister(promc_registry *registry, const promc_collector *collector)
{
    return promc_registry_unregister_collector(registry, collector);
}
extern "C" {
#else
/* Variadic: a compound literal may have commas. */
#define promc_registry_unregister(registry, ...)                                                   \
    _Generic((__VA_ARGS__),                                                                        \
        promc_collector *: promc__unregister_collector,                                            \
        const promc_collector *: promc__unregister_collector,                                      \
        default: promc_registry_unregister_metric)((registry), __VA_ARGS__)
static inline int promc__unregister_collector(promc_registry *registry, const void *collector)
{
    return promc_registry_unregister_collector(registry, (const promc_collector *)collector);
}
#endif

/* ---- what a registry knows ------------------------------------------------------------------- */

/**
 * Labels of the machine or program as a whole, exposed as `target_info`. NULL or an empty list
 * removes them.
 * @return PROMC_OK; PROMC_ERROR_DUPLICATE if a metric called target_info exists;
 *         PROMC_ERROR_LABELS; PROMC_ERROR_STATE for a restricted view; PROMC_ERROR_NO_MEMORY.
 */
PROMC_API int promc_registry_set_target_info(promc_registry *registry, const promc_label *labels);

/**
 * A view that exposes only samples with these names ("c_total", "h_bucket": sample names, as in
 * client_python's restricted_registry and the name[] parameter of a scrape).
 * @param names  ends in NULL.
 * @return owned by the caller: free it with promc_registry_free(), before the registry it views.
 *         Nothing can be registered in it. NULL: PROMC_ERROR_NO_MEMORY.
 */
PROMC_API promc_registry *promc_registry_restricted(promc_registry *registry,
                                                    const char *const *names);

/**
 * The value of one sample, for tests of programs. Collects the whole registry.
 * @param labels  all labels of the sample, in any order; NULL: none.
 * @param value   set on success.
 * @return PROMC_OK; PROMC_ERROR_NOT_FOUND; PROMC_ERROR_NO_MEMORY; PROMC_ERROR_COLLECTOR.
 */
PROMC_API int promc_registry_get_sample_value(promc_registry *registry, const char *name,
                                              const promc_label *labels, double *value);

/**
 * The first definition that failed in this registry, so that twenty can be checked at once.
 * @param error  receives it (code PROMC_OK if there was none); may be NULL.
 * @return its code.
 */
PROMC_API int promc_registry_first_error(promc_registry *registry, promc_error *error);

/** Forgets it, for programs that handled the failure. */
PROMC_API void promc_registry_clear_error(promc_registry *registry);

/* ---- collectors that come with the library --------------------------------------------------- */

/**
 * process_cpu_seconds_total, process_open_fds and the other names of the client library
 * guidelines, where the system tells them. In the default registry; take it out with
 * promc_registry_unregister(NULL, promc_process_collector()).
 */
PROMC_API const promc_collector *promc_process_collector(void);

/** c_info: compiler, C standard, libc and library version, as labels. In the default registry. */
PROMC_API const promc_collector *promc_platform_collector(void);

/** c_malloc_*: what the allocator of the C library says of itself (glibc only; elsewhere the
 *  collector writes nothing). In the default registry. */
PROMC_API const promc_collector *promc_allocator_collector(void);

/** Another process's figures, or another place of /proc. Must outlive its registration. */
typedef struct promc_process_opts {
    size_t size;
    const char *PROMC_NAMESPACE; /**< prefix: <namespace>_process_...; NULL: none */
    const char *proc_root;       /**< NULL: "/proc" */
    int64_t pid;                 /**< 0: this process */
} promc_process_opts;

/** A process collector with options, to be registered by the caller. Borrows `options`. */
PROMC_API promc_collector promc_process_collector_for(const promc_process_opts *options);

PROMC_END_DECLS

#endif
