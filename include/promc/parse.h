/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file parse.h  Reading expositions: text 0.0.4 and 1.0.0, OpenMetrics 1.0; and advice on names.
 *
 * Text is read as Prometheus reads it, OpenMetrics strictly as the specification says. The time is
 * linear in the size of the input and the memory is capped, whatever the input is.
 */
#ifndef PROMC_PARSE_H
#define PROMC_PARSE_H

#include <promc/exposition.h>

PROMC_BEGIN_DECLS

/* ---- what is read ---------------------------------------------------------------------------- */

typedef struct promc_parsed_family promc_parsed_family;
typedef struct promc_parsed_sample promc_parsed_sample;

/** An exemplar. Strings and lists as in a sample. */
typedef struct promc_parsed_exemplar {
    const promc_label *labels;
    const size_t *value_sizes;
    size_t label_count;
    double value;
    bool has_timestamp;
    double timestamp; /**< Unix seconds */
} promc_parsed_exemplar;

/** One line with a value. Strings are unescaped, valid UTF-8 and end in NUL. */
struct promc_parsed_sample {
    const promc_parsed_sample *next;   /**< of the same family, in a tree; else NULL */
    const promc_parsed_family *family; /**< never NULL */
    const char *name;                  /**< all of it: "requests_total", "latency_bucket" */
    size_t name_size;
    const promc_label *labels; /**< as they were written, in their order; ends in {NULL, NULL} */
    const size_t *value_sizes; /**< of the values, which may have NULs inside */
    size_t label_count;
    double value;
    bool has_timestamp;
    double timestamp;                      /**< Unix seconds, in text too */
    const promc_parsed_exemplar *exemplar; /**< NULL: none */
    size_t line;                           /**< from 1 */
};

/** A family, with what is known of it. */
struct promc_parsed_family {
    const promc_parsed_family *next; /**< in a tree, in the order of the input; else NULL */
    const char *name;                /**< as its HELP and TYPE have it: of a counter in text
                                          "requests_total", in OpenMetrics "requests" */
    size_t name_size;
    promc_type type;  /**< PROMC_TYPE_UNKNOWN without TYPE */
    const char *help; /**< NULL: no HELP */
    size_t help_size;
    const char *unit; /**< NULL: no UNIT */
    size_t line;      /**< where it was first mentioned */
    const promc_parsed_sample *samples; /**< in a tree: the first of the list; else NULL */
    size_t sample_count;                /**< so far */
};

/** Limits, and where a mistake is. All zero (or NULL for the whole) are the defaults. */
typedef struct promc_parse_opts {
    size_t size;
    size_t line_limit;   /**< bytes of one line; 0: 1 MiB */
    size_t memory_limit; /**< bytes that are kept: names and help texts, and with a tree everything;
                              0: 256 MiB */
    bool strict;         /**< text: refuse what the specification forbids and Prometheus overlooks:
                              repeated HELP and TYPE, TYPE after samples, unknown escapes.
                              OpenMetrics is always strict. */
    size_t *error_line;   /**< set on PROMC_ERROR_SYNTAX, from 1; may be NULL */
    size_t *error_column; /**< in bytes, from 1; may be NULL */
} promc_parse_opts;

/* ---- piece by piece -------------------------------------------------------------------------- */

/** Who is told. A callback returns 0 to go on; anything else ends it with PROMC_ERROR_SINK. */
typedef struct promc_parse_callbacks {
    size_t size;
    /** A family, before its first sample; also one without samples. In text again if its HELP or
     *  TYPE comes late. The family stays where it is until the end of promc_parse(). */
    int (*family)(const promc_parsed_family *family, void *arg);
    /** A sample. It is borrowed for the call. */
    int (*sample)(const promc_parsed_sample *sample, void *arg);
    const promc_parse_opts *options; /**< NULL: the defaults */
} promc_parse_callbacks;

/**
 * Reads an exposition. Samples before a mistake have been reported when it is found.
 * @param format     PROMC_FORMAT_TEXT, PROMC_FORMAT_TEXT_1_0_0, PROMC_FORMAT_OPENMETRICS or
 *                   PROMC_FORMAT_OPENMETRICS_0_0_1; escaping does not matter.
 * @param callbacks  either may be NULL; `size` is sizeof(promc_parse_callbacks).
 * @return PROMC_OK; PROMC_ERROR_SYNTAX (the last error has line, column and reason),
 *         PROMC_ERROR_LIMIT, PROMC_ERROR_NO_MEMORY, PROMC_ERROR_SINK, PROMC_ERROR_UNSUPPORTED
 *         (protobuf), PROMC_ERROR_ARGUMENT.
 */
PROMC_API int promc_parse(promc_format format, const void *data, size_t size,
                          const promc_parse_callbacks *callbacks, void *arg);

/* ---- all at once ----------------------------------------------------------------------------- */

/** Everything that was read. */
typedef struct promc_parsed {
    const promc_parsed_family *families; /**< NULL: none */
    size_t family_count;
} promc_parsed;

/**
 * Reads an exposition into memory of its own: nothing of `data` is referred to afterwards.
 * @param options  NULL: the defaults.
 * @return owned: free it with promc_parsed_free(). NULL: as promc_parse().
 */
PROMC_API promc_parsed *promc_parse_all(promc_format format, const void *data, size_t size,
                                        const promc_parse_opts *options);

/** Frees all of it at once. NULL is fine. */
PROMC_API void promc_parsed_free(promc_parsed *parsed);

/**
 * The sample with this name and exactly these labels, in any order. Looks at every sample.
 * @param labels  ends in {NULL, NULL}; NULL: none.
 * @return borrowed; NULL if there is none.
 */
PROMC_API const promc_parsed_sample *promc_parsed_find(const promc_parsed *parsed, const char *name,
                                                       const promc_label *labels);

/* ---- advice ---------------------------------------------------------------------------------- */

/** Gets a family's name and what could be better about it, once for each family and problem. */
typedef void (*promc_lint_report)(const char *family, const char *problem, void *arg);

/**
 * Compares names, help texts and labels with the conventions, by the rules of `promtool check
 * metrics`: a help text, "_total" for counters and for nothing else, base units written out,
 * snake_case, no types in names, suffixes and labels of histograms and summaries only there.
 * @param registry  NULL: the default registry. What is judged is its text 0.0.4.
 * @param report    NULL: only count.
 * @return how many problems were found; a negative code as for promc_generate_latest().
 */
PROMC_API int promc_lint(promc_registry *registry, promc_lint_report report, void *arg);

/** The same for an exposition, which has to be without mistakes: text is read strictly.
 *  @return how many problems were found; a negative code as for promc_parse(). */
PROMC_API int promc_lint_text(promc_format format, const void *data, size_t size,
                              promc_lint_report report, void *arg);

PROMC_END_DECLS

#endif
