/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file metrics.h  Metric types, labelled children, timers.
 *
 * A metric without labels is made by promc_<type>_new() and updated at once. A metric with labels
 * is a *family*, made by promc_<type>_family_new(); promc_<type>_labels() gives one of its
 * children, which has the same type, and the same functions, as an unlabelled metric.
 *
 *     promc_counter        *jobs = promc_counter_new("jobs", "Jobs finished.");
 *     promc_counter_family *reqs = promc_counter_family_new("requests", "Requests served.",
 *                                      PROMC_LABELS("method", "code"), .namespace = "shop");
 *     promc_counter_inc(jobs);
 *     promc_counter_inc(promc_counter_labels(reqs, "GET", "200"));
 *
 * Handles are borrowed from the registry that owns the metric: they are valid until the metric, its
 * family or its registry is freed. The handle of a removed child stays safe to use; see
 * promc_<type>_hold().
 *
 * Updates (inc, dec, add, sub, set, observe, forget, promc_enum_state()) cost nanoseconds whatever
 * the number of threads: they take no lock, make no system call, cannot fail and accept NULL. An
 * update that makes no sense (a negative increment, an update of NULL) is dropped and counted, see
 * promc_mishaps(). The first updates of a thread may allocate, and so may exemplars;
 * promc_counter_reset(), promc_gauge_set_function() and promc_info_set() take a lock.
 *
 * Signal handlers may call what is async-signal-safe: promc_counter_inc() and _add(), all of a gauge
 * but promc_gauge_set_function() and _value(), the _observe() and _forget() of distributions,
 * promc_enum_state() with one of its states, timers and promc_count_failure(). The thread must have
 * updated the metric before in the same way (a gauge: set it to set it, added to it to add to it; a
 * native histogram, or a summary with quantiles: in that range), as the first touch may allocate.
 * The handler may interrupt such an update, or a scrape, without harm; nothing is lost. Everything
 * else is not for handlers: creating and looking up, exemplars, promc_counter_reset(),
 * promc_info_set(), reading values and scraping.
 */
#ifndef PROMC_METRICS_H
#define PROMC_METRICS_H

#include <promc/common.h>

PROMC_BEGIN_DECLS

typedef struct promc_registry promc_registry; /* registry.h */

typedef struct promc_counter promc_counter;
typedef struct promc_gauge promc_gauge;
typedef struct promc_histogram promc_histogram;
typedef struct promc_summary promc_summary;
typedef struct promc_info promc_info;
typedef struct promc_enum promc_enum;
typedef struct promc_gauge_histogram promc_gauge_histogram;

typedef struct promc_counter_family promc_counter_family;
typedef struct promc_gauge_family promc_gauge_family;
typedef struct promc_histogram_family promc_histogram_family;
typedef struct promc_summary_family promc_summary_family;
typedef struct promc_info_family promc_info_family;
typedef struct promc_enum_family promc_enum_family;
typedef struct promc_gauge_histogram_family promc_gauge_histogram_family;

/* ---- options --------------------------------------------------------------------------------- */

/** `.registry = PROMC_UNREGISTERED`: belongs to no registry yet; see promc_registry_add(). */
#define PROMC_UNREGISTERED ((promc_registry *)(uintptr_t)1)

/**
 * What every kind of metric can be told. The macros fill `size` and take name, help (and, for a
 * family, the label names) by position, the rest as `.option = value`. Unset options are zero.
 *
 *  name          not empty. A counter's trailing "_total" is taken off and put back at exposition.
 *  help          one sentence; NULL means "".
 *                Any UTF-8; see PROMC_ESCAPE_UNDERSCORES for who does not take that.
 *  labels        names ending in NULL; family constructors need at least one, the others none. Any
 *                UTF-8, not beginning with "__".
 *  namespace     } prefixes, joined with "_": namespace_subsystem_name
 *  subsystem     }
 *  unit          base unit such as "seconds", appended as suffix unless already there; not for info
 *                and enum.
 *  registry      NULL: the default registry. PROMC_UNREGISTERED: none.
 *  const_labels  names and values that every sample of the metric carries.
 *  exact_name    expose under exactly this name (with the prefixes, if any are given): no "_total",
 *                "_info" or unit is added or taken off, no "_created" series are made. OpenMetrics
 *                has no counters without "_total", and calls such a one unknown.
 *  max_children  of a family; 0: no limit. Past it, promc_<type>_labels() answers with one shared
 *                child whose updates are discarded; these answers are counted
 *                (PROMC_DISCARDED_CHILDREN).
 *  idle_ttl      of a family: seconds, 0: never. Children not updated for that long are removed at a
 *                scrape, unless they are held or have a function. The time counts from the first
 *                scrape after the last update, which therefore always has the child, even if
 *                nobody scraped for longer than this. Look children up for each update, or hold
 *                the handles you keep.
 */
#define PROMC__METRIC_OPTIONS                                                                      \
    size_t size;                                                                                   \
    const char *name;                                                                              \
    const char *help;                                                                              \
    const char *const *labels;                                                                     \
    const char *PROMC_NAMESPACE;                                                                   \
    const char *subsystem;                                                                         \
    const char *unit;                                                                              \
    promc_registry *registry;                                                                      \
    const promc_label *const_labels;                                                               \
    size_t max_children;                                                                           \
    double idle_ttl;                                                                               \
    bool exact_name;                                                                               \
    void *reserved[5];

/**
 * Upper bounds of histogram buckets, ascending; +Inf is added when missing. All zero means the
 * default: .005 .01 .025 .05 .075 .1 .25 .5 .75 1 2.5 5 7.5 10.
 */
typedef struct promc_buckets {
    enum { PROMC_BUCKETS_LISTED, PROMC_BUCKETS_LINEAR_STEPS, PROMC_BUCKETS_EXPONENTIAL_STEPS } kind;
    size_t count;         /**< finite bounds; at most 10,000 */
    const double *bounds; /**< listed: `count` numbers, borrowed */
    double start, step;   /**< generated: the first bound, and the width or factor */
} promc_buckets;

/** Which quantiles a summary has; all zero: none. */
typedef struct promc_quantiles {
    size_t count;         /**< at most 100 */
    const double *values; /**< `count` numbers from 0 to 1 in any order, borrowed */
} promc_quantiles;

#ifndef __cplusplus
/** Listed bounds: PROMC_BUCKETS(0.1, 0.5, 1). */
#define PROMC_BUCKETS(...)                                                                         \
    ((promc_buckets){.count = sizeof((const double[]){__VA_ARGS__}) / sizeof(double),              \
                     .bounds = (const double[]){__VA_ARGS__}})
/** `count_` bounds: start, start + width, start + 2 width ...; width > 0. */
#define PROMC_BUCKETS_LINEAR(start_, width_, count_)                                               \
    ((promc_buckets){.kind = PROMC_BUCKETS_LINEAR_STEPS, .count = (count_), .start = (start_),     \
                     .step = (width_)})
/** `count_` bounds: start, start * factor, start * factor^2 ...; start > 0, factor > 1. */
#define PROMC_BUCKETS_EXPONENTIAL(start_, factor_, count_)                                         \
    ((promc_buckets){.kind = PROMC_BUCKETS_EXPONENTIAL_STEPS, .count = (count_),                   \
                     .start = (start_), .step = (factor_)})
/** `.quantiles = PROMC_QUANTILES(0.5, 0.9, 0.99)`, each from 0 to 1. */
#define PROMC_QUANTILES(...)                                                                       \
    ((promc_quantiles){.count = sizeof((const double[]){__VA_ARGS__}) / sizeof(double),            \
                       .values = (const double[]){__VA_ARGS__}})
/** States of an enum; the first is the initial one. */
#define PROMC_STATES(...) ((const char *const[]){__VA_ARGS__, NULL})
#endif

typedef struct promc_counter_opts { PROMC__METRIC_OPTIONS } promc_counter_opts;
typedef struct promc_gauge_opts { PROMC__METRIC_OPTIONS } promc_gauge_opts;
typedef struct promc_info_opts { PROMC__METRIC_OPTIONS } promc_info_opts;

/** `.native_schema = PROMC_SCHEMA(n)`: buckets grow by 2^(2^-n), n from -4 (65536) to 8 (1.0027). */
#define PROMC_SCHEMA(n) ((n) + 64)

/**
 * Options of histograms. A native histogram (Prometheus 2.40 and later) has exponential buckets that
 * exist where there are values; `native_factor` or `native_schema` makes one, without which the
 * other native_ options have no effect. It has classic buckets beside them only if `buckets` is
 * given. Native buckets are shown in PROMC_FORMAT_PROTOBUF; the other formats show the classic ones,
 * or the +Inf bucket alone, with count and sum. A Prometheus that takes native buckets leaves out
 * the classic ones beside them, unless its scrape_config says always_scrape_classic_histograms
 * (before 3.0: scrape_classic_histograms).
 *
 *  native_factor              how much wider a bucket may be than the one before, > 1, such as 1.1;
 *                             the coarsest schema that keeps to it is used. 0: no native histogram.
 *  native_schema              the resolution itself, instead: PROMC_SCHEMA(3) is factor 1.09.
 *  native_zero_threshold      values up to this, of either sign, count as zero. 0 means the default
 *                             2^-128 (2.9e-39); negative: only zeros do.
 *  native_max_zero_threshold  how wide the zero bucket may become to save buckets. 0: never wider.
 *  native_max_buckets         populated buckets in an exposition, of both signs; 0 means the default
 *                             160, SIZE_MAX no limit. If there are more, the zero bucket grows as far
 *                             as it may, then the resolution is halved as often as needed.
 *  native_reset_seconds       a histogram that is over its limit, or was made coarser, begins anew
 *                             (classic buckets too, with a new created timestamp) once this long has
 *                             passed since it last did; what it had is shown before. 0: never.
 */
typedef struct promc_histogram_opts {
    PROMC__METRIC_OPTIONS
    promc_buckets buckets;
    double native_factor;
    int native_schema;
    double native_zero_threshold;
    double native_max_zero_threshold;
    size_t native_max_buckets;
    double native_reset_seconds;
} promc_histogram_opts;
/**
 * Options of summaries. With `quantiles` each value is also counted in one of many exponential
 * buckets (DDSketch: Masson, Rim, Lee, VLDB 2019), in a window that slides in five steps. Quantiles
 * of several processes or children cannot be put together: where that matters take a histogram.
 * OpenMetrics has no negative quantiles: they are left out there. Without `quantiles` the other two
 * options have no effect.
 *
 *  quantiles        such as PROMC_QUANTILES(0.5, 0.9, 0.99). They are NaN while the window is empty.
 *  quantile_error   how far a quantile may be from the true value, relatively: 0.01 means 1 %. At
 *                   least 0.0014, less than 1; 0 means the default 0.01. The k-th smallest of n
 *                   values is the quantile (k - 1) / (n - 1).
 *  quantile_window  seconds, 1 to 1e9; 0 means the default 600. Values up to 4/5 as old count, older
 *                   ones than this do not.
 *
 * Limits: values below 2^-64 (5e-20), of either sign, count as 0, those above 2^64 (2e19) as
 * infinite. NaN is in no quantile. One bucket counts up to 6.9e10 values of a thread in a fifth of
 * the window.
 *
 * Memory, at the default error: for each factor of two that values range over, 2.5 KiB, and as much
 * again for each thread that observes such values; twice that for half the error. 2 KiB for each
 * child besides. What a thread observes in a range for the first time may allocate; where memory is
 * refused, or in a signal handler that interrupts another update, such a value is missing from the
 * quantiles, though not from count and sum, and counted (PROMC_DROPPED_UPDATES).
 */
typedef struct promc_summary_opts {
    PROMC__METRIC_OPTIONS
    promc_quantiles quantiles;
    double quantile_error;
    double quantile_window;
} promc_summary_opts;
/**
 * Options of gauge histograms. The native ones are those of histograms, but that a gauge histogram
 * never begins anew: if it was made coarser, it stays so.
 */
typedef struct promc_gauge_histogram_opts {
    PROMC__METRIC_OPTIONS
    promc_buckets buckets;
    double native_factor;
    int native_schema;
    double native_zero_threshold;
    double native_max_zero_threshold;
    size_t native_max_buckets;
} promc_gauge_histogram_opts;
typedef struct promc_enum_opts {
    PROMC__METRIC_OPTIONS
    const char *const *states; /**< required: PROMC_STATES(...) */
} promc_enum_opts;

/* ---- functions every type has ---------------------------------------------------------------- */

/**
 * For T in counter, gauge, histogram, summary, info, enum, gauge_histogram:
 *
 * promc_T *promc_T_create(const promc_T_opts *options)
 * promc_T_family *promc_T_family_create(const promc_T_opts *options)
 *     What the macros promc_T_new(name, help, .option = ...) and
 *     promc_T_family_new(name, help, labels, .option = ...) call. NULL on failure:
 *     PROMC_ERROR_NAME (empty, not UTF-8, or not valid in the legacy character set when that is
 *     switched on), PROMC_ERROR_LABELS (reserved, repeated or missing), PROMC_ERROR_ARGUMENT (bad
 *     buckets, quantiles, states, unit), PROMC_ERROR_DUPLICATE, PROMC_ERROR_NO_MEMORY. The registry keeps the
 *     first such error, see promc_registry_first_error().
 *
 * promc_T *promc_T_labels(family, "v1", "v2")                 values in the order of the names
 * promc_T *promc_T_labels_by_name(family, {"n1", "v1"}, ...)  in any order
 *     The child with these label values, made on first use; looking up an existing one takes no
 *     lock. Keep the handle where speed matters. NULL on failure: PROMC_ERROR_LABELS (wrong count
 *     or names, NULL value), PROMC_ERROR_NO_MEMORY. The functions below them take the count.
 *
 * promc_T *promc_T_hold(T)    Pins a child: as long as it is held, no other series gets its memory,
 *                             and it does not expire. Hold handles that you keep in families whose
 *                             children are removed; hold(labels(...)) misses no removal in between,
 *                             as the child that a thread looked up last is safe anyway. Returns its
 *                             argument.
 * void promc_T_release(T)     Ends one hold. Updates of a removed child are discarded. A handle
 *                             that is neither held nor the last one looked up stays safe to use
 *                             after a removal, but its late updates may count for a newer child.
 *
 * int promc_T_family_remove(family, "v1", "v2")
 *     Hides the child at once; a later lookup makes a new one, from zero. PROMC_OK also if there
 *     is no such child; PROMC_ERROR_LABELS for a wrong count, PROMC_ERROR_NO_MEMORY: it stays.
 * int promc_T_family_remove_matching(family, {"n1", "v1"}, ...)
 *     Removes every child that has all these labels. Returns how many (>= 0); PROMC_ERROR_LABELS
 *     for a name the family does not have, PROMC_ERROR_NO_MEMORY: none was removed.
 * void promc_T_family_clear(family)          Removes all children.
 * size_t promc_T_family_size(family)         How many children there are.
 *
 * void promc_T_free(T), void promc_T_family_free(family)
 *     Takes the metric out of its registry and frees it. promc_T_free() is for metrics without
 *     labels; on a child of a family it does nothing (remove the child instead). NULL is fine. No
 *     other thread may be using the metric.
 */
#define PROMC__DECLARE_TYPE(T)                                                                     \
    PROMC_API promc_##T *promc_##T##_create(const promc_##T##_opts *options);                      \
    PROMC_API promc_##T##_family *promc_##T##_family_create(const promc_##T##_opts *options);      \
    PROMC_API promc_##T *promc_##T##_family_child(promc_##T##_family *family,                      \
                                                  const char *const *values, size_t count);        \
    PROMC_API promc_##T *promc_##T##_family_child_by_name(promc_##T##_family *family,              \
                                                          const promc_label *labels);              \
    PROMC_API promc_##T *promc_##T##_hold(promc_##T *metric);                                       \
    PROMC_API void promc_##T##_release(promc_##T *metric);                                           \
    PROMC_API int promc_##T##_family_remove_child(promc_##T##_family *family,                      \
                                                  const char *const *values, size_t count);        \
    PROMC_API int promc_##T##_family_remove_by_labels(promc_##T##_family *family,                  \
                                                      const promc_label *labels);                  \
    PROMC_API void promc_##T##_family_clear(promc_##T##_family *family);                           \
    PROMC_API size_t promc_##T##_family_size(const promc_##T##_family *family);                    \
    PROMC_API void promc_##T##_free(promc_##T *metric);                                              \
    PROMC_API void promc_##T##_family_free(promc_##T##_family *family);

PROMC__DECLARE_TYPE(counter)
PROMC__DECLARE_TYPE(gauge)
PROMC__DECLARE_TYPE(histogram)
PROMC__DECLARE_TYPE(summary)
PROMC__DECLARE_TYPE(info)
PROMC__DECLARE_TYPE(enum)
PROMC__DECLARE_TYPE(gauge_histogram)
#undef PROMC__DECLARE_TYPE

#ifndef __cplusplus
#define PROMC__OPTIONS(T, ...) (&(promc_##T##_opts){.size = sizeof(promc_##T##_opts), __VA_ARGS__})
#define PROMC__VALUES(...)                                                                         \
    ((const char *const[]){__VA_ARGS__}), sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

#define promc_counter_new(...) promc_counter_create(PROMC__OPTIONS(counter, __VA_ARGS__))
#define promc_gauge_new(...) promc_gauge_create(PROMC__OPTIONS(gauge, __VA_ARGS__))
#define promc_histogram_new(...) promc_histogram_create(PROMC__OPTIONS(histogram, __VA_ARGS__))
#define promc_summary_new(...) promc_summary_create(PROMC__OPTIONS(summary, __VA_ARGS__))
#define promc_info_new(...) promc_info_create(PROMC__OPTIONS(info, __VA_ARGS__))
#define promc_enum_new(...) promc_enum_create(PROMC__OPTIONS(enum, __VA_ARGS__))
#define promc_gauge_histogram_new(...)                                                             \
    promc_gauge_histogram_create(PROMC__OPTIONS(gauge_histogram, __VA_ARGS__))

#define promc_counter_family_new(...)                                                              \
    promc_counter_family_create(PROMC__OPTIONS(counter, __VA_ARGS__))
#define promc_gauge_family_new(...) promc_gauge_family_create(PROMC__OPTIONS(gauge, __VA_ARGS__))
#define promc_histogram_family_new(...)                                                            \
    promc_histogram_family_create(PROMC__OPTIONS(histogram, __VA_ARGS__))
#define promc_summary_family_new(...)                                                              \
    promc_summary_family_create(PROMC__OPTIONS(summary, __VA_ARGS__))
#define promc_info_family_new(...) promc_info_family_create(PROMC__OPTIONS(info, __VA_ARGS__))
#define promc_enum_family_new(...) promc_enum_family_create(PROMC__OPTIONS(enum, __VA_ARGS__))
#define promc_gauge_histogram_family_new(...)                                                      \
    promc_gauge_histogram_family_create(PROMC__OPTIONS(gauge_histogram, __VA_ARGS__))

#define promc_counter_labels(f, ...) promc_counter_family_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_gauge_labels(f, ...) promc_gauge_family_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_histogram_labels(f, ...) promc_histogram_family_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_summary_labels(f, ...) promc_summary_family_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_info_labels(f, ...) promc_info_family_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_enum_labels(f, ...) promc_enum_family_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_gauge_histogram_labels(f, ...)                                                       \
    promc_gauge_histogram_family_child(f, PROMC__VALUES(__VA_ARGS__))

#define promc_counter_labels_by_name(f, ...)                                                       \
    promc_counter_family_child_by_name(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_gauge_labels_by_name(f, ...)                                                         \
    promc_gauge_family_child_by_name(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_histogram_labels_by_name(f, ...)                                                     \
    promc_histogram_family_child_by_name(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_summary_labels_by_name(f, ...)                                                       \
    promc_summary_family_child_by_name(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_info_labels_by_name(f, ...)                                                          \
    promc_info_family_child_by_name(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_enum_labels_by_name(f, ...)                                                          \
    promc_enum_family_child_by_name(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_gauge_histogram_labels_by_name(f, ...)                                               \
    promc_gauge_histogram_family_child_by_name(f, PROMC_PAIRS(__VA_ARGS__))

#define promc_counter_family_remove(f, ...)                                                        \
    promc_counter_family_remove_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_gauge_family_remove(f, ...)                                                          \
    promc_gauge_family_remove_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_histogram_family_remove(f, ...)                                                      \
    promc_histogram_family_remove_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_summary_family_remove(f, ...)                                                        \
    promc_summary_family_remove_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_info_family_remove(f, ...)                                                           \
    promc_info_family_remove_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_enum_family_remove(f, ...)                                                           \
    promc_enum_family_remove_child(f, PROMC__VALUES(__VA_ARGS__))
#define promc_gauge_histogram_family_remove(f, ...)                                                \
    promc_gauge_histogram_family_remove_child(f, PROMC__VALUES(__VA_ARGS__))

#define promc_counter_family_remove_matching(f, ...)                                               \
    promc_counter_family_remove_by_labels(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_gauge_family_remove_matching(f, ...)                                                 \
    promc_gauge_family_remove_by_labels(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_histogram_family_remove_matching(f, ...)                                             \
    promc_histogram_family_remove_by_labels(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_summary_family_remove_matching(f, ...)                                               \
    promc_summary_family_remove_by_labels(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_info_family_remove_matching(f, ...)                                                  \
    promc_info_family_remove_by_labels(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_enum_family_remove_matching(f, ...)                                                  \
    promc_enum_family_remove_by_labels(f, PROMC_PAIRS(__VA_ARGS__))
#define promc_gauge_histogram_family_remove_matching(f, ...)                                       \
    promc_gauge_histogram_family_remove_by_labels(f, PROMC_PAIRS(__VA_ARGS__))
#endif

/* ---- counter: a number that only goes up ----------------------------------------------------- */

/** Adds 1. */
PROMC_API void promc_counter_inc(promc_counter *counter);
/** Adds `amount` >= 0; a negative amount is dropped and counted, NaN is added (as in Python). */
PROMC_API void promc_counter_add(promc_counter *counter, double amount);
/**
 * Adds `amount` and keeps the labels as exemplar, such as PROMC_PAIRS({"trace_id", id}).
 * Names and values together may have 128 characters (OpenMetrics 1.0); a longer exemplar, one with
 * bad names, or one that meets another thread's at the same moment is left out, the amount counts.
 */
PROMC_API void promc_counter_add_exemplar(promc_counter *counter, double amount,
                                          const promc_label *exemplar);
/** Back to 0, with a new created timestamp. Increments made at the same moment may be lost. */
PROMC_API void promc_counter_reset(promc_counter *counter);
/** The current value; 0 for NULL. */
PROMC_API double promc_counter_value(const promc_counter *counter);

/* ---- gauge: a number that goes up and down --------------------------------------------------- */

PROMC_API void promc_gauge_inc(promc_gauge *gauge);
PROMC_API void promc_gauge_dec(promc_gauge *gauge);
PROMC_API void promc_gauge_add(promc_gauge *gauge, double amount);
PROMC_API void promc_gauge_sub(promc_gauge *gauge, double amount);
/** The last set in any thread wins over all that came before. */
PROMC_API void promc_gauge_set(promc_gauge *gauge, double value);
/** Sets it to the Unix time in seconds. */
PROMC_API void promc_gauge_set_to_current_time(promc_gauge *gauge);
/**
 * From now on the value is what `function` returns at each scrape; other updates do nothing. If
 * memory for that is refused, nothing changes, and it is counted (PROMC_DROPPED_UPDATES).
 * @param function  called in the scraping thread, without any lock of the library; NULL: back to
 *                  the stored value.
 * @param arg       passed through; must outlive the metric.
 */
PROMC_API void promc_gauge_set_function(promc_gauge *gauge, double (*function)(void *arg), void *arg);
/**
 * The current value (the function's, if one is set); 0 for NULL.
 * What other threads add at this moment may be in it or not, each for itself: of an inc in one thread
 * and a dec in another after it, the dec alone. Scrapes see them in their order.
 */
PROMC_API double promc_gauge_value(const promc_gauge *gauge);

/* ---- histogram, summary, gauge histogram: distributions -------------------------------------- */

/* OpenMetrics wants sums and counts that are neither negative nor NaN. Those of values below zero, of
 * NaN, or of what left without having come are exposed all the same, as client_python does:
 * Prometheus takes them, strict parsers refuse them. */

/** Counts `value` into its bucket (the first bound >= value) and adds it to the sum. NaN goes to
 *  the +Inf bucket and makes the sum NaN; among native buckets it has none. The first values in a
 *  new range of a native histogram make memory for their buckets; where it is refused, a few values
 *  wait for it, and others are dropped and counted (PROMC_DROPPED_UPDATES). */
PROMC_API void promc_histogram_observe(promc_histogram *histogram, double value);
/** The same, and keeps the labels as the bucket's exemplar; see promc_counter_add_exemplar(). */
PROMC_API void promc_histogram_observe_exemplar(promc_histogram *histogram, double value,
                                                const promc_label *exemplar);
/** Adds `value` to the sum and 1 to the count. Quantiles, where there are some, cost a few
 *  nanoseconds more; see promc_summary_opts. */
PROMC_API void promc_summary_observe(promc_summary *summary, double value);
/** A histogram of what is there now, such as the sizes of queued jobs: one came in. */
PROMC_API void promc_gauge_histogram_observe(promc_gauge_histogram *histogram, double value);
/** One that was observed with this value has left; without such an observation a classic bucket goes
 *  below zero (protobuf, which cannot say that, has 0), a native one is taken as empty. */
PROMC_API void promc_gauge_histogram_forget(promc_gauge_histogram *histogram, double value);

/* ---- info and enum --------------------------------------------------------------------------- */

/**
 * Replaces all names and values: promc_info_set(build, PROMC_PAIRS({"version", "1.2.3"})).
 * @return PROMC_OK; PROMC_ERROR_LABELS (a name is repeated, reserved or a label of the metric, or a
 *         value is NULL), PROMC_ERROR_NO_MEMORY: nothing changes then.
 */
PROMC_API int promc_info_set(promc_info *info, const promc_label *pairs);
/** Switches to `state`. @return PROMC_OK; PROMC_ERROR_ARGUMENT if it is none of its states. */
PROMC_API int promc_enum_state(promc_enum *e, const char *state);

/* ---- created timestamps ---------------------------------------------------------------------- */

/** Stops `_created` series, in all registries; so does the environment variable
 *  PROMETHEUS_DISABLE_CREATED_SERIES with the value true, t or 1. */
PROMC_API void promc_disable_created_series(void);
PROMC_API void promc_enable_created_series(void);

/* ---- names ----------------------------------------------------------------------------------- */

/** Metrics made from now on may only have names of the old character set, [a-zA-Z_:][a-zA-Z0-9_:]*;
 *  so does the environment variable PROMETHEUS_LEGACY_NAME_VALIDATION. Default: any UTF-8. */
PROMC_API void promc_enable_legacy_name_validation(void);
PROMC_API void promc_disable_legacy_name_validation(void);

/* ---- timers ---------------------------------------------------------------------------------- */

/** A running measurement; lives on the stack, nothing to free. Not for sharing between threads. */
typedef struct promc_timer {
    void *target;
    int kind;
    uint64_t start;
} promc_timer;

PROMC_API promc_timer promc_timer_start_gauge(promc_gauge *gauge);
PROMC_API promc_timer promc_timer_start_histogram(promc_histogram *histogram);
PROMC_API promc_timer promc_timer_start_summary(promc_summary *summary);
PROMC_API promc_timer promc_timer_start_gauge_histogram(promc_gauge_histogram *histogram);
/**
 * Observes (or sets, for a gauge) the seconds since the start. May be called again.
 * @return those seconds, never negative. The clock is CLOCK_MONOTONIC.
 */
PROMC_API double promc_timer_observe(const promc_timer *timer);

/** Adds 1 when `result` is negative. @return `result`. */
PROMC_API int promc_count_failure_int(promc_counter *counter, int result);
PROMC_API long promc_count_failure_long(promc_counter *counter, long result);
PROMC_API long long promc_count_failure_long_long(promc_counter *counter, long long result);

#ifndef __cplusplus
/** promc_timer promc_timer_start(metric), for a gauge, histogram, summary or gauge histogram. */
#define promc_timer_start(metric)                                                                  \
    _Generic((metric),                                                                             \
        promc_gauge *: promc_timer_start_gauge,                                                    \
        promc_histogram *: promc_timer_start_histogram,                                            \
        promc_summary *: promc_timer_start_summary,                                                \
        promc_gauge_histogram *: promc_timer_start_gauge_histogram)(metric)

/** return promc_count_failure(errors, finish(job)): counts when the result is < 0, returns it. */
#define promc_count_failure(counter, result)                                                       \
    _Generic((result),                                                                             \
        signed char: promc_count_failure_int,                                                      \
        short: promc_count_failure_int,                                                            \
        int: promc_count_failure_int,                                                              \
        long: promc_count_failure_long,                                                            \
        long long: promc_count_failure_long_long)((counter), (result))
#endif

#if defined(__GNUC__) && !defined(__cplusplus)
#define PROMC__JOIN2(a, b) a##b
#define PROMC__JOIN(a, b) PROMC__JOIN2(a, b)

static inline void promc__timer_leave(const promc_timer *timer)
{
    (void)promc_timer_observe(timer);
}
static inline promc_gauge *promc__busy_enter(promc_gauge *gauge)
{
    promc_gauge_inc(gauge);
    return gauge;
}
static inline void promc__busy_leave(promc_gauge *const *gauge)
{
    promc_gauge_dec(*gauge);
}

/** Times from here to the end of the enclosing block, whichever way it is left. */
#define PROMC_TIME_SCOPE(metric)                                                                   \
    __attribute__((cleanup(promc__timer_leave), unused)) promc_timer PROMC__JOIN(                  \
        promc__timer_, __LINE__) = promc_timer_start(metric)

/** PROMC_TIME(metric) { ... }  Times one block; return leaves it and is timed, break leaves it. */
#define PROMC_TIME(metric)                                                                         \
    for (promc_timer PROMC__JOIN(promc__timer_, __LINE__)                                          \
                         __attribute__((cleanup(promc__timer_leave))) = promc_timer_start(metric), \
                         *PROMC__JOIN(promc__once_, __LINE__) =                                    \
                             &PROMC__JOIN(promc__timer_, __LINE__);                                \
         PROMC__JOIN(promc__once_, __LINE__); PROMC__JOIN(promc__once_, __LINE__) = NULL)

/** Adds 1 to the gauge here and takes it off at the end of the enclosing block. */
#define PROMC_TRACK_INPROGRESS(gauge) /* NOLINTNEXTLINE(bugprone-macro-parentheses): declares */   \
    __attribute__((cleanup(promc__busy_leave), unused)) promc_gauge *PROMC__JOIN(promc__busy_,          \
                                                                            __LINE__) =            \
        promc__busy_enter(gauge)

/* File-scope definitions: PROMC_COUNTER(errors, "worker_errors", "Failed jobs."); defines
 * `static promc_counter *errors`, made before main() runs. So options can only refer to what exists
 * by then: a registry of your own does not, and metrics in it are made in main(). The same goes for
 * promc_set_allocator(): to be first, call it in a constructor with a priority. */
#define PROMC__DEFINE(type, make, variable, ...)                                                   \
    static type *variable;                                                                         \
    __attribute__((__constructor__)) static void PROMC__JOIN(promc__define_, variable)(void)           \
    {                                                                                              \
        variable = make(__VA_ARGS__);                                                              \
    }                                                                                              \
    struct promc__semicolon

#define PROMC_COUNTER(variable, ...)                                                               \
    PROMC__DEFINE(promc_counter, promc_counter_new, variable, __VA_ARGS__)
#define PROMC_GAUGE(variable, ...)                                                                 \
    PROMC__DEFINE(promc_gauge, promc_gauge_new, variable, __VA_ARGS__)
#define PROMC_HISTOGRAM(variable, ...)                                                             \
    PROMC__DEFINE(promc_histogram, promc_histogram_new, variable, __VA_ARGS__)
#define PROMC_SUMMARY(variable, ...)                                                               \
    PROMC__DEFINE(promc_summary, promc_summary_new, variable, __VA_ARGS__)
#define PROMC_INFO(variable, ...)                                                                  \
    PROMC__DEFINE(promc_info, promc_info_new, variable, __VA_ARGS__)
#define PROMC_ENUM(variable, ...)                                                                  \
    PROMC__DEFINE(promc_enum, promc_enum_new, variable, __VA_ARGS__)
#define PROMC_GAUGE_HISTOGRAM(variable, ...)                                                       \
    PROMC__DEFINE(promc_gauge_histogram, promc_gauge_histogram_new, variable, __VA_ARGS__)

#define PROMC_COUNTER_FAMILY(variable, ...)                                                        \
    PROMC__DEFINE(promc_counter_family, promc_counter_family_new, variable, __VA_ARGS__)
#define PROMC_GAUGE_FAMILY(variable, ...)                                                          \
    PROMC__DEFINE(promc_gauge_family, promc_gauge_family_new, variable, __VA_ARGS__)
#define PROMC_HISTOGRAM_FAMILY(variable, ...)                                                      \
    PROMC__DEFINE(promc_histogram_family, promc_histogram_family_new, variable, __VA_ARGS__)
#define PROMC_SUMMARY_FAMILY(variable, ...)                                                        \
    PROMC__DEFINE(promc_summary_family, promc_summary_family_new, variable, __VA_ARGS__)
#define PROMC_INFO_FAMILY(variable, ...)                                                           \
    PROMC__DEFINE(promc_info_family, promc_info_family_new, variable, __VA_ARGS__)
#define PROMC_ENUM_FAMILY(variable, ...)                                                           \
    PROMC__DEFINE(promc_enum_family, promc_enum_family_new, variable, __VA_ARGS__)
#define PROMC_GAUGE_HISTOGRAM_FAMILY(variable, ...)                                                \
    PROMC__DEFINE(promc_gauge_histogram_family, promc_gauge_histogram_family_new, variable,        \
                  __VA_ARGS__)
#endif

PROMC_END_DECLS

#endif
