/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each family is kept until the end of the input, because samples of a family may
 * come in several places. Memory grows with families and, for finding series that are there twice,
 * with series (16 bytes and some for each).
 */
#include "base/error.h"
#include "base/parse_number.h"
#include "exposition/lint.h"
#include "exposition/parser.h"

#include <math.h>
#include <string.h>

#define LINT_MEMORY_LIMIT ((size_t)256 << 20)

/* A family that has samples, in the order of the input. */
struct lint_entry {
    struct lint_entry *next;
    const promc_parsed_family *family;
    promc__lint_labels labels;
};

struct lint_run {
    promc__lint lint;
    bool openmetrics;
    struct lint_entry *first, *last, *current;
    promc__prints families, series;
    promc__print_seed seed;
    promc__arena arena;
    promc__budget budget;
};

/* ---- samples --------------------------------------------------------------------------------- */

static struct lint_entry *lint_entry_of(struct lint_run *run, const promc_parsed_family *family)
{
    bool added;
    struct lint_entry *entry;
    promc__print key;

    if (run->current && run->current->family == family)
        return run->current;
    key = promc__print_text(&run->seed, family->name, family->name_size);
    if (!promc__prints_add(&run->families, &run->budget, key, &added))
        return run->current = NULL;
    if (!added)
        return run->current = *promc__prints_item(&run->families, key);
    entry = promc__arena_take(&run->arena, &run->budget, sizeof(*entry));
    if (!entry)
        return NULL;
    *entry = (struct lint_entry){.family = family};
    *promc__prints_item(&run->families, key) = entry;
    if (run->last)
        run->last->next = entry;
    else
        run->first = entry;
    run->current = run->last = entry;
    return entry;
}

static bool lint_is_number(const char *text, size_t size)
{
    double value;

    return promc__parse_double(text, size, &value) == PROMC__NUMBER_OK && !isnan(value);
}

/* Whether the label is a histogram's le or a summary's quantile, which belong to the value. */
static bool lint_belongs_to_value(const promc_parsed_sample *sample, size_t i)
{
    const char *name = sample->labels[i].name;
    promc_type type = sample->family->type;

    if (strcmp(name, "le") == 0)
        return type == PROMC_TYPE_HISTOGRAM || type == PROMC_TYPE_GAUGE_HISTOGRAM;
    if (strcmp(name, "quantile") == 0)
        return type == PROMC_TYPE_SUMMARY;
    return false;
}

/* No name begins with a NUL, so it is not that of a label. */
static promc__print time_print(const struct lint_run *run, double timestamp)
{
    char text[1 + sizeof(timestamp)] = {'\0'};

    memcpy(text + 1, &timestamp, sizeof(timestamp));
    return promc__print_part(&run->seed, text, sizeof(text));
}

static int lint_sample(const promc_parsed_sample *sample, void *arg)
{
    struct lint_run *run = arg;
    struct lint_entry *entry = lint_entry_of(run, sample->family);
    promc__print series = promc__print_part(&run->seed, sample->name, sample->name_size);
    bool added;

    if (!entry)
        return -1;
    for (size_t i = 0; i < sample->label_count; i++) {
        const char *name = sample->labels[i].name;

        series = promc__print_sum(
            series, promc__print_label(&run->seed, &sample->labels[i], sample->value_sizes[i]));
        if (lint_belongs_to_value(sample, i) &&
            lint_is_number(sample->labels[i].value, sample->value_sizes[i]))
            continue;
        entry->labels.camel_case |= promc__lint_is_camel_case(name);
        entry->labels.le |= strcmp(name, "le") == 0;
        entry->labels.quantile |= strcmp(name, "quantile") == 0;
    }
    if (sample->has_timestamp)
        series = promc__print_sum(series, time_print(run, sample->timestamp));
    if (!promc__prints_add(&run->series, &run->budget, series, &added))
        return -1;
    entry->labels.duplicate |= !added;
    return 0;
}

/* ---- families -------------------------------------------------------------------------------- */

static bool lint_is_blank(const char *text)
{
    return !text || text[strspn(text, " \t")] == '\0';
}

/* The type and the suffix a family of OpenMetrics has in the text format. */
static promc_type lint_text_type(promc_type type, const char **suffix)
{
    *suffix = "";
    switch (type) {
    case PROMC_TYPE_COUNTER:
        *suffix = "_total";
        return type;
    case PROMC_TYPE_INFO:
        *suffix = "_info";
        return PROMC_TYPE_GAUGE;
    case PROMC_TYPE_STATESET:
        return PROMC_TYPE_GAUGE;
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        return PROMC_TYPE_HISTOGRAM;
    default:
        return type;
    }
}

static bool lint_entry_rules(struct lint_run *run, const struct lint_entry *entry)
{
    const promc_parsed_family *shown = entry->family;
    promc__lint_family family = {
        shown->name, shown->type, !lint_is_blank(shown->help), entry->labels};
    const char *suffix;

    if (run->openmetrics) {
        size_t length;
        char *name;

        family.type = lint_text_type(shown->type, &suffix);
        length = strlen(suffix);
        name = promc__arena_take(&run->arena, &run->budget, shown->name_size + length + 1);
        if (!name)
            return false;
        memcpy(name, shown->name, shown->name_size);
        memcpy(name + shown->name_size, suffix, length + 1);
        family.name = name;
    }
    promc__lint_family_rules(&run->lint, &family);
    return true;
}

static bool lint_all(struct lint_run *run)
{
    for (const struct lint_entry *entry = run->first; entry; entry = entry->next) {
        if (!lint_entry_rules(run, entry))
            return false;
    }
    return true;
}

int promc_lint_text(promc_format format, const void *data, size_t size, promc_lint_report report,
                    void *arg)
{
    static const promc_parse_opts strict = {.size = sizeof(strict), .strict = true};
    static const promc_parse_callbacks callbacks = {.size = sizeof(callbacks), .sample = lint_sample};
    struct lint_run run = {.lint = {report, arg, 0}, .budget = {LINT_MEMORY_LIMIT, PROMC_OK}};
    promc__parser parser = {.callbacks = &callbacks, .arg = &run, .options = &strict};
    int status;

    run.seed = promc__print_new_seed();
    run.families.has_items = true;
    status = promc__parse_run(&parser, format, data, size);
    run.openmetrics = parser.openmetrics;
    if (status == PROMC_ERROR_SINK || (status == PROMC_OK && !lint_all(&run)))
        status = promc__fail(run.budget.error, "promc_lint: no memory for so many series");
    promc__prints_clear(&run.families, &run.budget);
    promc__prints_clear(&run.series, &run.budget);
    promc__arena_free(&run.arena);
    promc__arena_free(&parser.arena); /* families and their names were in it */
    return status == PROMC_OK ? run.lint.count : status;
}

int promc_lint(promc_registry *registry, promc_lint_report report, void *arg)
{
    promc_text text;
    int status = promc_generate_latest(registry, &text);

    if (status != PROMC_OK)
        return status;
    status = promc_lint_text(PROMC_FORMAT_TEXT, text.data, text.size, report, arg);
    promc_text_free(&text);
    return status;
}
