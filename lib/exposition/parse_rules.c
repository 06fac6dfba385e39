/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What OpenMetrics demands of samples beyond their syntax: values and labels that go with the type,
 * and the order of those with the same labels, which form a group.
 */
#include "base/parse_number.h"
#include "exposition/parser.h"

#include <math.h>
#include <string.h>

static int rule_fails(promc__parser *parser, const char *reason)
{
    return promc__parse_fail(parser, parser->begin, "%.100s: %s", parser->sample.name, reason);
}

/* The index of a label; label_count if it is not there. */
static size_t rule_label_index(const promc_parsed_sample *sample, const char *name)
{
    size_t i = 0;

    while (i < sample->label_count && !promc__parse_same(sample->labels[i].name, name))
        i++;
    return i;
}

/* The label that tells samples of a group apart; NULL if there is none. */
static const char *rule_distinguishing_label(const promc__parse_family *family, const char *suffix)
{
    switch (family->shown.type) {
    case PROMC_TYPE_SUMMARY:
        return *suffix ? NULL : "quantile";
    case PROMC_TYPE_STATESET:
        return family->shown.name;
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        return promc__parse_same(suffix, "_bucket") ? "le" : NULL;
    default:
        return NULL;
    }
}

/* Reads a label as a number. Infinity has one spelling. */
static bool rule_label_number(const promc_parsed_sample *sample, size_t index, double *number)
{
    const char *text;

    if (index == sample->label_count)
        return false;
    text = sample->labels[index].value;
    return promc__parse_double(text, sample->value_sizes[index], number) == PROMC__NUMBER_OK &&
           !isnan(*number) && (!(*number > 0 && isinf(*number)) || promc__parse_same(text, "+Inf"));
}

/* ---- a sample by itself ---------------------------------------------------------------------- */

static int rule_labels(promc__parser *parser, const promc__parse_family *family, const char *suffix)
{
    const promc_parsed_sample *sample = &parser->sample;
    const char *name = rule_distinguishing_label(family, suffix);
    size_t index;
    double number;

    if (!name)
        return PROMC_OK;
    index = rule_label_index(sample, name);
    switch (family->shown.type) {
    case PROMC_TYPE_STATESET:
        if (index == sample->label_count)
            return rule_fails(parser, "a stateset has a label of its own name");
        break;
    case PROMC_TYPE_SUMMARY:
        if (!rule_label_number(sample, index, &number) || number < 0 || number > 1)
            return rule_fails(parser, "a summary has a label quantile from 0 to 1");
        break;
    default:
        if (!rule_label_number(sample, index, &number))
            return rule_fails(parser, "a bucket has a label le with a number, or +Inf");
    }
    return PROMC_OK;
}

static bool suffix_is_one_of(const char *suffix, const char *const *list)
{
    while (*list && !promc__parse_same(*list, suffix))
        list++;
    return *list != NULL;
}

/* Every double from 2^53 on is whole. floor() would need libm. */
static bool is_whole(double value)
{
    if (!(fabs(value) < 9007199254740992.0))
        return isfinite(value);
    return (double)(int64_t)value == value;
}

static int rule_value(promc__parser *parser, const promc__parse_family *family, const char *suffix)
{
    static const char *const counts[] = {"_bucket", "_count", "_gcount", NULL};
    static const char *const counters[] = {"_total", "_sum", "_bucket", "_count", "_gcount", NULL};
    double value = parser->sample.value;

    if (suffix_is_one_of(suffix, counts) && !is_whole(value))
        return rule_fails(parser, "this has to be an integer");
    if (suffix_is_one_of(suffix, counters) && !(value >= 0))
        return rule_fails(parser, "this cannot be negative or NaN");
    if (promc__parse_same(suffix, "_gsum") && isnan(value))
        return rule_fails(parser, "this cannot be NaN");
    switch (family->shown.type) {
    case PROMC_TYPE_STATESET:
        if (value != 0 && value != 1)
            return rule_fails(parser, "states are 0 or 1");
        break;
    case PROMC_TYPE_INFO:
        if (value != 1)
            return rule_fails(parser, "an info is always 1");
        break;
    case PROMC_TYPE_SUMMARY:
        if (!*suffix && value < 0)
            return rule_fails(parser, "quantiles cannot be negative");
        break;
    default:
        break;
    }
    return PROMC_OK;
}

int promc__parse_check_sample(promc__parser *parser, const promc__parse_family *family,
                              const char *suffix)
{
    int status = rule_labels(parser, family, suffix);

    if (status == PROMC_OK)
        status = rule_value(parser, family, suffix);
    if (status == PROMC_OK && parser->sample.exemplar && !promc__parse_same(suffix, "_bucket") &&
        !promc__parse_same(suffix, "_total"))
        status = rule_fails(parser, "only counters and buckets have exemplars");
    return status;
}

/* ---- among the others ------------------------------------------------------------------------ */

/* Of the labels that make the group, and of all of them with the name. */
static void sample_prints(const promc__parser *parser, const promc__parse_family *family,
                          const char *suffix, promc__print *group, promc__print *series)
{
    const promc_parsed_sample *sample = &parser->sample;
    const char *except = rule_distinguishing_label(family, suffix);

    *group = (promc__print){0, 0};
    *series = promc__print_part(&parser->seed, suffix, strlen(suffix));
    for (size_t i = 0; i < sample->label_count; i++) {
        promc__print label =
            promc__print_label(&parser->seed, &sample->labels[i], sample->value_sizes[i]);

        *series = promc__print_sum(*series, label);
        if (!except || !promc__parse_same(except, sample->labels[i].name))
            *group = promc__print_sum(*group, label);
    }
    if (family->shown.type == PROMC_TYPE_INFO) /* its labels are the values */
        *group = (promc__print){0, 0};
}

static int compare_times(const promc__parse_time *a, const promc__parse_time *b)
{
    if (!a->exact || !b->exact)
        return (a->value > b->value) - (a->value < b->value);
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    return (a->nanoseconds > b->nanoseconds) - (a->nanoseconds < b->nanoseconds);
}

static int rule_next_group(promc__parser *parser, const promc__parse_family *family, promc__print key)
{
    promc__parse_group *group = &parser->group;
    bool added;
    int status = promc__parse_histogram_end(parser, family);

    if (status != PROMC_OK)
        return status;
    if (!promc__prints_add(&group->seen, &parser->budget, key, &added))
        return promc__parse_no_room(parser);
    if (!added)
        return rule_fails(parser, "samples with these labels were there already, and others between");
    promc__prints_clear(&group->series, &parser->budget);
    group->any = true;
    group->key = key;
    group->has_time = parser->sample.has_timestamp;
    group->time = parser->time;
    return PROMC_OK;
}

/* Another sample of the group. */
static int rule_same_group(promc__parser *parser, const promc__parse_family *family)
{
    promc__parse_group *group = &parser->group;
    int order;

    if (group->has_time != parser->sample.has_timestamp)
        return rule_fails(parser, "all samples with the same labels have a timestamp, or none has");
    if (!group->has_time)
        return PROMC_OK;
    order = compare_times(&parser->time, &group->time);
    if (order < 0 && family->shown.type != PROMC_TYPE_INFO)
        return rule_fails(parser, "timestamps cannot go backwards");
    if (order == 0)
        return PROMC_OK;
    promc__prints_clear(&group->series, &parser->budget);
    group->time = parser->time;
    return promc__parse_histogram_end(parser, family);
}

int promc__parse_check_order(promc__parser *parser, const promc__parse_family *family,
                             const char *suffix, bool *repeated)
{
    promc__parse_group *group = &parser->group;
    promc__print key, series;
    bool added;
    int status;

    sample_prints(parser, family, suffix, &key, &series);
    if (group->any && promc__print_equal(group->key, key))
        status = rule_same_group(parser, family);
    else
        status = rule_next_group(parser, family, key);
    if (status != PROMC_OK)
        return status;
    /* Times that were cut to what the writer keeps can make two samples one; the first counts. */
    if (!promc__prints_add(&group->series, &parser->budget, series, &added))
        return promc__parse_no_room(parser);
    *repeated = !added;
    if (added && (family->shown.type == PROMC_TYPE_HISTOGRAM ||
                  family->shown.type == PROMC_TYPE_GAUGE_HISTOGRAM))
        return promc__parse_histogram_sample(parser, suffix);
    return PROMC_OK;
}

void promc__parse_end_groups(promc__parser *parser)
{
    promc__parse_group *group = &parser->group;

    promc__prints_clear(&group->seen, &parser->budget);
    promc__prints_clear(&group->series, &parser->budget);
    group->any = false;
    group->histogram.any = false;
}
