/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fuzz_parse_text.c and fuzz_parse_openmetrics.c expect of the parsers: strings are valid
 * UTF-8 and end in NUL, the tree has what the callbacks were told, strict readers refuse at least
 * what others refuse, and what was read can be written so that it reads the same.
 */
#ifndef TESTS_FUZZ_PARSE_ORACLE_H
#define TESTS_FUZZ_PARSE_ORACLE_H

#include "fuzz.h"

#include "base/buffer.h"
#include "base/names.h"
#include "base/utf8.h"

#include <math.h>

/* ---- consistency ----------------------------------------------------------------------------- */

static void check_string(const char *text, size_t size)
{
    require(text[size] == '\0' && promc__utf8_valid(text, size));
}

static void check_labels(const promc_label *labels, const size_t *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_string(labels[i].name, strlen(labels[i].name));
        check_string(labels[i].value, sizes[i]);
    }
    require(!labels[count].name && !labels[count].value);
}

static void check_sample(const promc_parsed_sample *sample)
{
    require(sample->family && sample->name_size && sample->line);
    check_string(sample->name, sample->name_size);
    check_labels(sample->labels, sample->value_sizes, sample->label_count);
    if (sample->exemplar)
        check_labels(sample->exemplar->labels, sample->exemplar->value_sizes,
                     sample->exemplar->label_count);
}

static void check_family(const promc_parsed_family *family)
{
    check_string(family->name, family->name_size);
    if (family->help)
        check_string(family->help, family->help_size);
    if (family->unit)
        check_string(family->unit, strlen(family->unit));
}

/* ---- equality -------------------------------------------------------------------------------- */

static bool same_number(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

static bool same_bytes(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return (a != NULL) == (b != NULL) && a_size == b_size && (!a || memcmp(a, b, a_size) == 0);
}

static void check_same_labels(const promc_label *a, const size_t *a_sizes, size_t a_count,
                              const promc_label *b, const size_t *b_sizes, size_t b_count)
{
    require(a_count == b_count);
    for (size_t i = 0; i < a_count; i++) {
        require(strcmp(a[i].name, b[i].name) == 0);
        require(same_bytes(a[i].value, a_sizes[i], b[i].value, b_sizes[i]));
    }
}

static void check_same_sample(const promc_parsed_sample *a, const promc_parsed_sample *b)
{
    const promc_parsed_exemplar *e = a->exemplar, *f = b->exemplar;

    require(same_bytes(a->name, a->name_size, b->name, b->name_size));
    check_same_labels(a->labels, a->value_sizes, a->label_count, b->labels, b->value_sizes,
                      b->label_count);
    require(same_number(a->value, b->value));
    require(a->has_timestamp == b->has_timestamp && same_number(a->timestamp, b->timestamp));
    require((e != NULL) == (f != NULL));
    if (!e)
        return;
    check_same_labels(e->labels, e->value_sizes, e->label_count, f->labels, f->value_sizes,
                      f->label_count);
    require(same_number(e->value, f->value));
    require(e->has_timestamp == f->has_timestamp && same_number(e->timestamp, f->timestamp));
}

static void check_same_tree(const promc_parsed *a, const promc_parsed *b)
{
    const promc_parsed_family *f = a->families, *g = b->families;

    require(a->family_count == b->family_count);
    for (; f && g; f = f->next, g = g->next) {
        const promc_parsed_sample *s = f->samples, *t = g->samples;

        require(same_bytes(f->name, f->name_size, g->name, g->name_size) && f->type == g->type);
        require(same_bytes(f->help, f->help_size, g->help, g->help_size));
        require(f->sample_count == g->sample_count);
        for (; s && t; s = s->next, t = t->next)
            check_same_sample(s, t);
        require(!s && !t);
    }
    require(!f && !g);
}

/* ---- the tree against the callbacks ---------------------------------------------------------- */

/* What callbacks were told, as a sum that does not depend on the order: samples of one family may
 * come apart in text. */
struct told {
    size_t samples;
    uint64_t sum;
};

static uint64_t sum_bytes(uint64_t sum, const void *data, size_t size)
{
    const unsigned char *at = data;

    for (size_t i = 0; i < size; i++)
        sum = (sum ^ at[i]) * 1099511628211u; /* FNV-1a */
    return sum;
}

static void tell_sample(struct told *told, const promc_parsed_sample *sample)
{
    uint64_t sum = sum_bytes(14695981039346656037u, sample->name, sample->name_size + 1);

    for (size_t i = 0; i < sample->label_count; i++) {
        sum = sum_bytes(sum, sample->labels[i].name, strlen(sample->labels[i].name) + 1);
        sum = sum_bytes(sum, sample->labels[i].value, sample->value_sizes[i] + 1);
    }
    sum = sum_bytes(sum, &sample->value, sizeof(sample->value));
    sum = sum_bytes(sum, &sample->timestamp, sizeof(sample->timestamp));
    sum = sum_bytes(sum, &sample->line, sizeof(sample->line));
    told->samples++;
    told->sum += sum;
}

static int take_sample(const promc_parsed_sample *sample, void *arg)
{
    check_sample(sample);
    tell_sample(arg, sample);
    return 0;
}

static int take_family(const promc_parsed_family *family, void *arg)
{
    (void)arg;
    check_family(family);
    return 0;
}

static void check_tree(const promc_parsed *parsed, const struct told *told)
{
    struct told seen = {0, 0};
    size_t families = 0;

    for (const promc_parsed_family *f = parsed->families; f; f = f->next) {
        size_t count = 0;

        check_family(f);
        for (const promc_parsed_sample *s = f->samples; s; s = s->next, count++) {
            require(s->family == f);
            check_sample(s);
            tell_sample(&seen, s);
        }
        require(count == f->sample_count);
        families++;
    }
    require(families == parsed->family_count);
    require(seen.samples == told->samples && seen.sum == told->sum);
}

/* ---- writing what was read ------------------------------------------------------------------- */

static void write_escaped(promc__buffer *out, const char *text, size_t size, bool quotes)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\\' || (text[i] == '"' && quotes))
            promc__buffer_char(out, '\\');
        if (text[i] == '\n')
            promc__buffer_string(out, "\\n");
        else
            promc__buffer_char(out, text[i]);
    }
}

static void write_quoted(promc__buffer *out, const char *text, size_t size)
{
    promc__buffer_char(out, '"');
    write_escaped(out, text, size, true);
    promc__buffer_char(out, '"');
}

static void write_number(promc__buffer *out, double number)
{
    char text[40];

    if (isnan(number))
        promc__buffer_string(out, "NaN");
    else if (isinf(number))
        promc__buffer_string(out, number < 0 ? "-Inf" : "+Inf");
    else
        promc__buffer_append(out, text, (size_t)snprintf(text, sizeof(text), "%.17g", number));
}

static void write_labels(promc__buffer *out, const char *quoted_name, size_t name_size,
                         const promc_label *labels, const size_t *sizes, size_t count)
{
    promc__buffer_char(out, '{');
    if (quoted_name)
        write_quoted(out, quoted_name, name_size);
    for (size_t i = 0; i < count; i++) {
        if (i || quoted_name)
            promc__buffer_char(out, ',');
        if (promc__is_legacy_label_name(labels[i].name, strlen(labels[i].name)))
            promc__buffer_string(out, labels[i].name);
        else
            write_quoted(out, labels[i].name, strlen(labels[i].name));
        promc__buffer_char(out, '=');
        write_quoted(out, labels[i].value, sizes[i]);
    }
    promc__buffer_char(out, '}');
}

static void write_sample(promc__buffer *out, const promc_parsed_sample *s, bool openmetrics)
{
    bool legacy = promc__is_legacy_metric_name(s->name, s->name_size);
    char text[40];

    if (legacy)
        promc__buffer_append(out, s->name, s->name_size);
    write_labels(out, legacy ? NULL : s->name, s->name_size, s->labels, s->value_sizes,
                 s->label_count);
    promc__buffer_char(out, ' ');
    write_number(out, s->value);
    if (s->has_timestamp) {
        promc__buffer_char(out, ' ');
        if (openmetrics)
            write_number(out, s->timestamp);
        else
            promc__buffer_append(out, text,
                                 (size_t)snprintf(text, sizeof(text), "%.0f", s->timestamp * 1000));
    }
    if (s->exemplar) {
        promc__buffer_string(out, " # ");
        write_labels(out, NULL, 0, s->exemplar->labels, s->exemplar->value_sizes,
                     s->exemplar->label_count);
        promc__buffer_char(out, ' ');
        write_number(out, s->exemplar->value);
        if (s->exemplar->has_timestamp) {
            promc__buffer_char(out, ' ');
            write_number(out, s->exemplar->timestamp);
        }
    }
    promc__buffer_char(out, '\n');
}

static void write_metadata(promc__buffer *out, const char *word, const promc_parsed_family *f,
                           const char *text, size_t size, bool quotes)
{
    promc__buffer_string(out, word);
    if (promc__is_legacy_metric_name(f->name, f->name_size))
        promc__buffer_append(out, f->name, f->name_size);
    else
        write_quoted(out, f->name, f->name_size);
    promc__buffer_char(out, ' ');
    write_escaped(out, text, size, quotes);
    promc__buffer_char(out, '\n');
}

static void write_tree(promc__buffer *out, const promc_parsed *parsed, bool openmetrics)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "gaugehistogram",
                                        "summary", "info",  "stateset",  "unknown"};

    for (const promc_parsed_family *f = parsed->families; f; f = f->next) {
        const char *type = types[f->type];

        /* In OpenMetrics a family that has nothing but a name is known by one line at least. */
        if (f->type != PROMC_TYPE_UNKNOWN || (openmetrics && !f->samples))
            write_metadata(out, "# TYPE ", f, type, strlen(type), false);
        else if (!openmetrics && !f->samples && !f->help)
            write_metadata(out, "# TYPE ", f, "untyped", 7, false);
        if (f->help)
            write_metadata(out, "# HELP ", f, f->help, f->help_size, openmetrics);
        if (f->unit)
            write_metadata(out, "# UNIT ", f, f->unit, strlen(f->unit), false);
        for (const promc_parsed_sample *s = f->samples; s; s = s->next)
            write_sample(out, s, openmetrics);
    }
    if (openmetrics)
        promc__buffer_string(out, "# EOF\n");
}

static void check_round_trip(promc_format format, const promc_parsed *parsed)
{
    promc__buffer text = PROMC__BUFFER(0);
    promc_parsed *again;

    write_tree(&text, parsed, format == PROMC_FORMAT_OPENMETRICS);
    require(!text.error);
    again = promc_parse_all(format, text.data, text.size, NULL);
    if (!again)
        fprintf(stderr, "%s\n%.*s\n", promc_last_error()->message, (int)text.size, text.data);
    require(again != NULL);
    check_same_tree(parsed, again);
    promc_parsed_free(again);
    promc__buffer_free(&text);
}

/* ---- all of it ------------------------------------------------------------------------------- */

enum { CHOOSE_STRICT = 1, CHOOSE_SMALL = 2, CHOOSE_MEMORY = 4 };

/* Byte 0 has flags, and how long memory lasts; the rest is the text. */
static inline void check_parser(promc_format format, const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    uint8_t flags = choose_byte(&choices);
    size_t line = 0, column = 0;
    promc_parse_opts options = {.size = sizeof options,
                                .strict = flags & CHOOSE_STRICT,
                                .error_line = &line,
                                .error_column = &column};
    promc_parse_callbacks callbacks = {.size = sizeof callbacks,
                                       .family = take_family,
                                       .sample = take_sample,
                                       .options = &options};
    struct told told = {0, 0};
    promc_parsed *parsed;
    int status, strictly;

    script_memory();
    if (flags & CHOOSE_SMALL) {
        options.line_limit = 100;
        options.memory_limit = 4000;
    }
    status = promc_parse(format, choices.at, choices.left, &callbacks, &told);
    require(status == PROMC_OK || status == PROMC_ERROR_SYNTAX ||
            (status == PROMC_ERROR_LIMIT && flags & CHOOSE_SMALL));
    require(status != PROMC_ERROR_SYNTAX || (line && column && column <= choices.left + 1));
    parsed = promc_parse_all(format, choices.at, choices.left, &options);
    require((status == PROMC_OK) == (parsed != NULL) ||
            promc_last_error()->code == PROMC_ERROR_LIMIT);
    if (parsed)
        check_tree(parsed, &told);
    options.strict = true;
    strictly = promc_parse(format, choices.at, choices.left, &callbacks, &told);
    require(status == PROMC_OK || strictly != PROMC_OK);
    /* Late metadata means something else where it belongs. */
    if (parsed && strictly == PROMC_OK)
        check_round_trip(format, parsed);
    promc_parsed_free(parsed);
    (void)promc_lint_text(format, choices.at, choices.left, NULL, NULL);
    if (!(flags & CHOOSE_MEMORY))
        return;
    refuse_memory_after(flags >> 3);
    parsed = promc_parse_all(format, choices.at, choices.left, &options);
    if (grant_memory())
        require(!parsed);
    promc_parsed_free(parsed);
}

#endif
