/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parser in progress. parse.c cuts the input into lines; parse_sample.c and parse_metadata.c read a
 * line; parse_text.c and parse_openmetrics.c know what the lines mean together (parse_rules.c and
 * parse_histogram.c are what OpenMetrics demands of samples).
 */
#ifndef PROMC_EXPOSITION_PARSER_H
#define PROMC_EXPOSITION_PARSER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "exposition/prints.h"

#include <promc/parse.h>

#include <string.h>

/* A family as callbacks see it, and what only the parser knows. */
typedef struct promc__parse_family {
    promc_parsed_family shown;
    bool has_type;
    bool announced;            /* the callback knows it as it is */
    bool in_tree;              /* promc_parse_all() has it in its list */
    promc_parsed_sample *last; /* of the list of a tree */
} promc__parse_family;

/* A line "# KEYWORD name text". */
typedef struct promc__parse_metadata {
    enum { PROMC__META_NONE, PROMC__META_HELP, PROMC__META_TYPE, PROMC__META_UNIT } keyword;
    const char *name;
    size_t name_size;
    const char *text; /* as it stands in the input */
    size_t text_size;
} promc__parse_metadata;

/* A timestamp of OpenMetrics, which may have more digits than a double. */
typedef struct promc__parse_time {
    bool exact; /* seconds and nanoseconds (of the same sign) say it; else only `value` does */
    int64_t seconds;
    int32_t nanoseconds;
    double value;
} promc__parse_time;

/* What has been seen of the buckets of a group: see parse_histogram.c. */
typedef struct promc__parse_histogram {
    bool any, has_bucket, has_count, has_sum, has_gsum;
    bool negative_buckets, negative_gsum;
    double bound, value, count;
} promc__parse_histogram;

/* OpenMetrics: the samples of a family come in groups, see parse_rules.c. */
typedef struct promc__parse_group {
    bool any, has_time;
    promc__print key;
    promc__parse_time time;
    promc__prints seen;   /* groups of this family */
    promc__prints series; /* of this group, at this time */
    promc__parse_histogram histogram;
} promc__parse_group;

typedef struct promc__parser {
    bool openmetrics, strict;
    const promc_parse_callbacks *callbacks;
    void *arg;
    const promc_parse_opts *options;

    /* The line. */
    const char *begin, *end; /* of it, without the newline */
    size_t line;

    /* The sample of the line: strings and lists live in these until the next one. */
    promc_parsed_sample sample;
    promc_parsed_exemplar exemplar;
    promc__parse_time time;
    char *strings, *strings_at; /* room for all strings of the line */
    size_t strings_size;
    promc_label *labels; /* of the sample, {NULL, NULL}, of its exemplar, {NULL, NULL} */
    size_t *value_sizes;
    size_t label_count, label_capacity;

    /* Families. */
    promc__parse_family *current; /* NULL: none yet */
    promc__parse_family *last_of_name; /* text: of the sample before this one */
    const char *last_name;
    size_t last_name_size;
    promc__prints names; /* text: families by name; OpenMetrics: names that are taken */
    promc__print_seed seed;
    promc__parse_group group;
    bool ended; /* # EOF was there */

    promc__arena arena;
    promc__budget budget;
} promc__parser;

/* ---- parse.c --------------------------------------------------------------------------------- */

/* Fails at a place of the line, or of another line. Returns PROMC_ERROR_SYNTAX; see promc__fail(). */
#define promc__parse_fail(...)                                                                     \
    (promc__parse_set_error(__VA_ARGS__), promc__same_code(PROMC_ERROR_SYNTAX))
void promc__parse_set_error(promc__parser *parser, const char *at, const char *format, ...)
    PROMC__PRINTF(3, 4);
int promc__parse_fail_at(promc__parser *parser, size_t line, size_t column, const char *format, ...)
    PROMC__PRINTF(4, 5);
/* Fails because memory was refused; returns what the budget says. */
int promc__parse_no_room(promc__parser *parser);

promc__parse_family *promc__parse_new_family(promc__parser *parser, const char *name, size_t size);
/* Tells the callback, if it does not know yet. */
int promc__parse_announce(promc__parser *parser, promc__parse_family *family);
/* Tells the callback of the sample of the line. */
int promc__parse_report(promc__parser *parser, promc__parse_family *family);

/* Runs a parser whose format, callbacks and options are set; frees all but the arena. */
int promc__parse_run(promc__parser *parser, promc_format format, const char *data, size_t size);

/* ---- parse_token.c --------------------------------------------------------------------------- */

/* Room for the strings of the line. */
bool promc__parse_prepare_strings(promc__parser *parser);

/* The end of a name that begins at `at`; `at` itself if none does. */
const char *promc__parse_metric_name(const char *at, const char *end);
const char *promc__parse_label_name(const char *at, const char *end);

/* Copies a string of the line, with a NUL after it. */
const char *promc__parse_keep(promc__parser *parser, const char *text, size_t size);

/* Reads a string in quotes, *at is behind the first one, and goes behind the last. */
int promc__parse_quoted(promc__parser *parser, const char **at, const char **string, size_t *size);

/* Undoes the escapes of a HELP text in place of a copy in the arena. */
const char *promc__parse_help(promc__parser *parser, const char *text, size_t size,
                              size_t *help_size);

static inline const char *promc__parse_skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

/* Whether two texts are equal of which one at least is not empty. Most differ in their first two
 * characters. */
static inline bool promc__parse_same(const char *one, const char *other)
{
    return one[0] == other[0] && one[1] == other[1] && strcmp(one, other) == 0;
}

/* ---- the rest, one file each ----------------------------------------------------------------- */

/* Reads the line into parser->sample, whose family is not known yet. */
int promc__parse_sample(promc__parser *parser);
int promc__parse_labels(promc__parser *parser, const char **at, bool exemplar);
/* " # {...} value [timestamp]", `at` is the first blank. */
int promc__parse_exemplar(promc__parser *parser, const char *at);
int promc__parse_value(promc__parser *parser, const char *at, const char *end, double *value);
int promc__parse_timestamp(promc__parser *parser, const char *at, const char *end,
                           promc__parse_time *time);
/* Reads a line that begins with "#". Text: the keyword NONE is a comment. */
int promc__parse_text_metadata(promc__parser *parser, promc__parse_metadata *metadata);
int promc__parse_openmetrics_metadata(promc__parser *parser, promc__parse_metadata *metadata);

int promc__parse_text_line(promc__parser *parser);
int promc__parse_text_end(promc__parser *parser);
int promc__parse_openmetrics_line(promc__parser *parser);
int promc__parse_openmetrics_end(promc__parser *parser);

/* Whether the sample of the line may be in the family as it is. *suffix: what its name has more. */
int promc__parse_check_sample(promc__parser *parser, const promc__parse_family *family,
                              const char *suffix);
/* Where it stands among the others; *repeated: it is one that was there already. */
int promc__parse_check_order(promc__parser *parser, const promc__parse_family *family,
                             const char *suffix, bool *repeated);
void promc__parse_end_groups(promc__parser *parser);

int promc__parse_histogram_sample(promc__parser *parser, const char *suffix);
/* The group is complete. */
int promc__parse_histogram_end(promc__parser *parser, const promc__parse_family *family);

#endif
