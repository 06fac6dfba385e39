/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file exposition.h  Metrics as text: whole registries, and a writer for numbers kept elsewhere.
 */
#ifndef PROMC_EXPOSITION_H
#define PROMC_EXPOSITION_H

#include <promc/registry.h>

PROMC_BEGIN_DECLS

/* ---- formats --------------------------------------------------------------------------------- */

/** A PROMC_FORMAT_ constant, or'ed with a PROMC_ESCAPE_ constant for names that are not of the old
 *  character set (default: underscores).
 *
 *  Underscores and dots can make different names equal. Where two families of a registry, or two
 *  labels of a sample, would have the same name, they are spelt out instead: what PROMC_ESCAPE_VALUES
 *  makes of the family's or label's name, a family's "_total", "_bucket" and so on behind it. A name
 *  of the old character set stays; all others that are equal to it or to one another change. It
 *  depends on what is registered at the time of the scrape and on nothing else. Collectors that do
 *  not describe their families, and writers, spell out the later of two instead, whatever its
 *  characters; two such collectors do not know of each other. */
typedef unsigned promc_format;

enum {
    PROMC_FORMAT_TEXT = 0,      /**< text/plain; version=0.0.4, which everything reads */
    PROMC_FORMAT_TEXT_1_0_0 = 1, /**< the same lines, with a chosen escaping */
    PROMC_FORMAT_OPENMETRICS = 2, /**< OpenMetrics 1.0.0: all types, units, exemplars */
    PROMC_FORMAT_OPENMETRICS_0_0_1 = 3, /**< the same under its old version, for old servers */
    PROMC_FORMAT_PROTOBUF = 4 /**< delimited io.prometheus.client.MetricFamily messages */
};
enum {
    PROMC_ESCAPE_UNDERSCORES = 0x000, /**< what is not allowed becomes "_" */
    PROMC_ESCAPE_ALLOW_UTF_8 = 0x100, /**< names stay, in quotes */
    PROMC_ESCAPE_DOTS = 0x200,        /**< "." becomes "_dot_", "_" becomes "__" */
    PROMC_ESCAPE_VALUES = 0x300       /**< reversible: U__ and hexadecimal code points */
};

/** The Content-Type of a format, ready for a header. Static; text 0.0.4's for an unknown one. */
PROMC_API const char *promc_content_type(promc_format format);

/**
 * The best format for an Accept header (weights, versions and escaping as in Prometheus's content
 * negotiation). NULL, anything malformed and anything unknown get PROMC_FORMAT_TEXT.
 */
PROMC_API promc_format promc_negotiate(const char *accept);

/* ---- whole registries ------------------------------------------------------------------------ */

/**
 * Writes a registry in a format, in constant memory, however many series there are; what a
 * collector writes is kept until it returns (at most 64 MiB).
 * @param registry  NULL: the default registry.
 * @param sink      gets pieces of some 32 KiB, and up to 64 children more.
 * @return PROMC_OK; PROMC_ERROR_SINK, PROMC_ERROR_COLLECTOR, PROMC_ERROR_NO_MEMORY, or an
 *         error of a collector's writer: the output is incomplete then and must not pass for a whole
 *         one. Before anything is written: PROMC_ERROR_UNSUPPORTED (no known format),
 *         PROMC_ERROR_ARGUMENT.
 */
PROMC_API int promc_expose(promc_registry *registry, promc_format format, promc_sink sink, void *arg);

/**
 * client_python's generate_latest(): text 0.0.4 in memory.
 * @param text  receives an owned text (free it with promc_text_free()); all zero on failure.
 * @return as promc_expose().
 */
PROMC_API int promc_generate_latest(promc_registry *registry, promc_text *text);

/**
 * Writes text 0.0.4 to a file for node_exporter's textfile collector. The file is replaced in one
 * step (a reader sees the old or the new one, never a part), its permissions follow the umask.
 * @return PROMC_OK; PROMC_ERROR_SYSTEM (the old file stays); as promc_expose() otherwise.
 */
PROMC_API int promc_write_to_textfile(const char *path, promc_registry *registry);

/* ---- the writer ------------------------------------------------------------------------------ */

/** Types of families. */
typedef enum promc_type {
    PROMC_TYPE_COUNTER,
    PROMC_TYPE_GAUGE,
    PROMC_TYPE_HISTOGRAM,
    PROMC_TYPE_GAUGE_HISTOGRAM,
    PROMC_TYPE_SUMMARY,
    PROMC_TYPE_INFO,
    PROMC_TYPE_STATESET,
    PROMC_TYPE_UNKNOWN
} promc_type;

typedef struct promc_family promc_family;

/** Options of promc_writer_new(format, sink, arg, .in_order = true, ...). */
typedef struct promc_writer_opts {
    size_t size;
    bool in_order;       /**< families come one after the other: nothing is kept in memory, and a
                              sample for an earlier family is an error. Default: samples for any
                              family at any time; they are kept and written grouped at the end. */
    size_t memory_limit; /**< of what is kept, in bytes; 0: 64 MiB */
} promc_writer_opts;

/**
 * A writer needs no registry: begin, families, samples, end. Errors are kept, so that only
 * promc_writer_end() needs to be checked. One thread at a time.
 *
 * The writer writes what it is given: that a counter is not negative and does not go down, and that
 * no label set comes twice, is the caller's business, as it does not remember the samples before.
 * In a test, promc_parse() finds negative counters (in OpenMetrics), promc_lint_text() twins.
 * @param format  one that is not known is an error that is kept: PROMC_ERROR_UNSUPPORTED.
 * @return owned: ended and freed by promc_writer_end(). NULL: PROMC_ERROR_NO_MEMORY,
 *         PROMC_ERROR_ARGUMENT (no sink).
 */
PROMC_API promc_writer *promc_writer_create(promc_format format, promc_sink sink, void *arg,
                                            const promc_writer_opts *options);

/** Options of a family: promc_writer_family(w, type, name, help, .unit = "seconds"). */
typedef struct promc_family_opts {
    size_t size;
    promc_type type;
    const char *name; /**< as in metrics.h: a counter's "_total" and an info's "_info" are optional */
    const char *help;
    const char *unit; /**< not for infos and statesets */
    bool exact_name;
} promc_family_opts;

/**
 * Opens a family, or finds it again by its name.
 * @return borrowed from the writer. NULL (which every function below accepts) on PROMC_ERROR_NAME,
 *         PROMC_ERROR_ARGUMENT (type or unit), PROMC_ERROR_NO_MEMORY, PROMC_ERROR_LIMIT,
 *         PROMC_ERROR_DUPLICATE (another type), or PROMC_ERROR_STATE (in-order writers: it was left
 *         already).
 */
PROMC_API promc_family *promc_writer_family_create(promc_writer *writer,
                                                   const promc_family_opts *options);

#ifndef __cplusplus
#define promc_writer_new(format, sink, ...)                                                        \
    PROMC__WRITER_NEW(format, sink, __VA_ARGS__, .size = sizeof(promc_writer_opts))
#define PROMC__WRITER_NEW(format, sink, arg, ...)                                                  \
    promc_writer_create((format), (sink), (arg), &(promc_writer_opts){__VA_ARGS__})
#define promc_writer_family(writer, ...)                                                           \
    promc_writer_family_create(                                                                    \
        (writer), &(promc_family_opts){.size = sizeof(promc_family_opts), __VA_ARGS__})
#endif

/**
 * One sample of a counter, gauge or unknown family.
 * @param labels  ends in {NULL, NULL}; NULL: none. Copied. Invalid UTF-8 in a value is replaced.
 * @return PROMC_OK; PROMC_ERROR_LABELS (a name is invalid or repeated), PROMC_ERROR_ARGUMENT (not
 *         for this type), PROMC_ERROR_STATE, PROMC_ERROR_LIMIT, PROMC_ERROR_NO_MEMORY,
 *         PROMC_ERROR_SINK. The first error is kept for promc_writer_end(). So for all below.
 */
PROMC_API int promc_writer_double(promc_writer *writer, promc_family *family, double value,
                                  const promc_label *labels);
/** The same for integers: every digit is written, also beyond 2^53. */
PROMC_API int promc_writer_u64(promc_writer *writer, promc_family *family, uint64_t value,
                               const promc_label *labels);
PROMC_API int promc_writer_i64(promc_writer *writer, promc_family *family, int64_t value,
                               const promc_label *labels);

/** Ready-made buckets. */
typedef struct promc_histogram_value {
    size_t size;
    const double *bounds;   /**< ascending upper bounds, `count` of them; +Inf may be left out */
    const uint64_t *counts; /**< `count` numbers, and one more for +Inf if it was left out */
    size_t count;
    double sum;
    bool cumulative; /**< counts include the buckets below; default: each bucket for itself */
} promc_histogram_value;
PROMC_API int promc_writer_histogram(promc_writer *writer, promc_family *family,
                                     const promc_histogram_value *value, const promc_label *labels);

/** Quantiles (0 to 1) with values, count and sum. */
typedef struct promc_summary_value {
    size_t size;
    uint64_t count;
    double sum;
    const double *quantiles, *values; /**< `quantile_count` numbers each */
    size_t quantile_count;
} promc_summary_value;
PROMC_API int promc_writer_summary(promc_writer *writer, promc_family *family,
                                   const promc_summary_value *value, const promc_label *labels);

/** One series of an info family: `pairs` beside the labels. */
PROMC_API int promc_writer_info(promc_writer *writer, promc_family *family,
                                const promc_label *pairs, const promc_label *labels);

/** One series for each state; `active` has as many flags as `states` (ending in NULL) has names. */
PROMC_API int promc_writer_stateset(promc_writer *writer, promc_family *family,
                                    const char *const *states, const bool *active,
                                    const promc_label *labels);

/** The time of the samples that follow, in Unix seconds, cut to milliseconds in text; 0: none (the
 *  default, and right for anything that is scraped). */
PROMC_API void promc_writer_set_timestamp(promc_writer *writer, double seconds);
/** When the counters, summaries and histograms that follow began, in Unix seconds; 0: unknown. */
PROMC_API void promc_writer_set_created(promc_writer *writer, double seconds);

/**
 * Writes what was kept and frees the writer.
 * @return PROMC_OK, or the first error since the beginning. NULL: PROMC_ERROR_NO_MEMORY, so that a
 *         failed promc_writer_new() needs no check of its own.
 */
PROMC_API int promc_writer_end(promc_writer *writer);

PROMC_END_DECLS

#endif
