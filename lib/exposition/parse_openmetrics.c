/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Families of OpenMetrics (specification 1.0.0; what it leaves open is as in client_python's parser):
 * one after the other, metadata first, names that do not clash, and "# EOF" at the end.
 */
#include "exposition/parser.h"

#include <string.h>

#define OPENMETRICS_SUFFIXES 5

/* What the names of samples have behind that of the family, by type. */
static const struct {
    promc_type type;
    const char *name;
    const char *suffixes[OPENMETRICS_SUFFIXES]; /* up to a NULL */
} openmetrics_types[] = {
    {PROMC_TYPE_COUNTER, "counter", {"_total", "_created"}},
    {PROMC_TYPE_GAUGE, "gauge", {""}},
    {PROMC_TYPE_HISTOGRAM, "histogram", {"_bucket", "_count", "_sum", "_created"}},
    {PROMC_TYPE_GAUGE_HISTOGRAM, "gaugehistogram", {"_bucket", "_gcount", "_gsum"}},
    {PROMC_TYPE_SUMMARY, "summary", {"", "_count", "_sum", "_created"}},
    {PROMC_TYPE_INFO, "info", {"_info"}},
    {PROMC_TYPE_STATESET, "stateset", {""}},
    {PROMC_TYPE_UNKNOWN, "unknown", {""}},
};

static size_t type_index(promc_type type)
{
    size_t i = 0;

    while (i < promc__count_of(openmetrics_types) - 1 && openmetrics_types[i].type != type)
        i++;
    return i;
}

static const char *const *suffixes_of(promc_type type)
{
    return openmetrics_types[type_index(type)].suffixes;
}

/* The suffix with which a sample's name belongs to the family; NULL if it does not. */
static const char *suffix_in(const promc__parse_family *family, const char *name, size_t size)
{
    const char *const *suffixes = suffixes_of(family->shown.type);
    size_t stem = family->shown.name_size;

    if (size < stem || memcmp(name, family->shown.name, stem) != 0)
        return NULL;
    for (size_t i = 0; i < OPENMETRICS_SUFFIXES && suffixes[i]; i++) {
        if (strlen(suffixes[i]) == size - stem && memcmp(name + stem, suffixes[i], size - stem) == 0)
            return suffixes[i];
    }
    return NULL;
}

/* ---- one family after the other -------------------------------------------------------------- */

/* Takes name + suffix for the family. */
static int claim_name(promc__parser *parser, const promc_parsed_family *family, const char *suffix)
{
    size_t stem = family->name_size, length = strlen(suffix);
    char few[256], *name = few;
    bool added = true, taken;

    if (stem + length > sizeof(few)) {
        name = promc__arena_take(&parser->arena, &parser->budget, stem + length);
        if (!name)
            return promc__parse_no_room(parser);
    }
    memcpy(name, family->name, stem);
    memcpy(name + stem, suffix, length);
    taken = promc__prints_add(&parser->names, &parser->budget,
                              promc__print_text(&parser->seed, name, stem + length), &added);
    if (!taken)
        return promc__parse_no_room(parser);
    if (!added)
        return promc__parse_fail_at(parser, family->line, 1, "the name %.100s%s is taken already",
                                    family->name, suffix);
    return PROMC_OK;
}

static int claim_names(promc__parser *parser, const promc_parsed_family *family)
{
    const char *const *suffixes = suffixes_of(family->type);
    int status = claim_name(parser, family, "");

    for (size_t i = 0; i < OPENMETRICS_SUFFIXES && suffixes[i] && status == PROMC_OK; i++) {
        if (*suffixes[i])
            status = claim_name(parser, family, suffixes[i]);
    }
    return status;
}

static int openmetrics_check_unit(promc__parser *parser, const promc_parsed_family *family)
{
    size_t size = family->unit ? strlen(family->unit) : 0;

    if (!size)
        return PROMC_OK;
    if (family->name_size < size + 2 ||
        memcmp(family->name + family->name_size - size, family->unit, size) != 0 ||
        family->name[family->name_size - size - 1] != '_')
        return promc__parse_fail_at(parser, family->line, 1, "%.100s does not end in its unit, _%.60s",
                                    family->name, family->unit);
    if (family->type == PROMC_TYPE_INFO || family->type == PROMC_TYPE_STATESET)
        return promc__parse_fail_at(parser, family->line, 1, "%.100s: this type has no units",
                                    family->name);
    return PROMC_OK;
}

/* The metadata is complete. */
static int openmetrics_open(promc__parser *parser, promc__parse_family *family)
{
    int status;

    if (family->announced)
        return PROMC_OK;
    status = claim_names(parser, &family->shown);
    if (status == PROMC_OK)
        status = openmetrics_check_unit(parser, &family->shown);
    return status == PROMC_OK ? promc__parse_announce(parser, family) : status;
}

static int openmetrics_close(promc__parser *parser)
{
    promc__parse_family *family = parser->current;
    int status;

    if (!family)
        return PROMC_OK;
    status = openmetrics_open(parser, family);
    if (status == PROMC_OK)
        status = promc__parse_histogram_end(parser, family);
    promc__parse_end_groups(parser);
    parser->current = NULL;
    return status;
}

static int openmetrics_new_family(promc__parser *parser, const char *name, size_t size)
{
    int status = openmetrics_close(parser);

    if (status != PROMC_OK)
        return status;
    parser->current = promc__parse_new_family(parser, name, size);
    return parser->current ? PROMC_OK : promc__parse_no_room(parser);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static int openmetrics_read_type(promc__parser *parser, promc__parse_family *family,
                            const promc__parse_metadata *metadata)
{
    if (family->has_type)
        return promc__parse_fail(parser, parser->begin, "a second TYPE for %.100s",
                                 family->shown.name);
    for (size_t i = 0; i < promc__count_of(openmetrics_types); i++) {
        if (strlen(openmetrics_types[i].name) == metadata->text_size &&
            memcmp(openmetrics_types[i].name, metadata->text, metadata->text_size) == 0) {
            family->shown.type = openmetrics_types[i].type;
            family->has_type = true;
            return PROMC_OK;
        }
    }
    return promc__parse_fail(parser, metadata->text, "%.*s is not a type of OpenMetrics",
                             metadata->text_size < 60 ? (int)metadata->text_size : 60,
                             metadata->text);
}

static int openmetrics_read_help(promc__parser *parser, promc__parse_family *family,
                            const promc__parse_metadata *metadata)
{
    if (family->shown.help)
        return promc__parse_fail(parser, parser->begin, "a second HELP for %.100s",
                                 family->shown.name);
    family->shown.help = promc__parse_help(parser, metadata->text, metadata->text_size,
                                           &family->shown.help_size);
    return family->shown.help ? PROMC_OK : promc__parse_no_room(parser);
}

static int openmetrics_read_unit(promc__parser *parser, promc__parse_family *family,
                            const promc__parse_metadata *metadata)
{
    if (family->shown.unit)
        return promc__parse_fail(parser, parser->begin, "a second UNIT for %.100s",
                                 family->shown.name);
    if (memchr(metadata->text, '\0', metadata->text_size))
        return promc__parse_fail(parser, metadata->text, "a unit cannot have a NUL inside");
    family->shown.unit = promc__arena_copy(&parser->arena, &parser->budget, metadata->text,
                                           metadata->text_size);
    return family->shown.unit ? PROMC_OK : promc__parse_no_room(parser);
}

static int openmetrics_read_metadata(promc__parser *parser)
{
    promc__parse_metadata metadata;
    promc__parse_family *family = parser->current;
    int status = promc__parse_openmetrics_metadata(parser, &metadata);

    if (status != PROMC_OK)
        return status;
    if (!family || family->shown.name_size != metadata.name_size ||
        memcmp(family->shown.name, metadata.name, metadata.name_size) != 0) {
        status = openmetrics_new_family(parser, metadata.name, metadata.name_size);
        if (status != PROMC_OK)
            return status;
        family = parser->current;
    } else if (family->shown.sample_count) {
        return promc__parse_fail(parser, parser->begin, "metadata of %.100s after its samples",
                                 family->shown.name);
    }
    switch (metadata.keyword) {
    case PROMC__META_HELP:
        return openmetrics_read_help(parser, family, &metadata);
    case PROMC__META_TYPE:
        return openmetrics_read_type(parser, family, &metadata);
    default:
        return openmetrics_read_unit(parser, family, &metadata);
    }
}

/* A sample without a suffix, right behind the metadata of its name, which is of a type that wants
 * one: no family of its own was meant. */
static int openmetrics_check_suffix(promc__parser *parser)
{
    const promc_parsed_family *family = &parser->current->shown;

    if (family->name_size != parser->sample.name_size ||
        memcmp(family->name, parser->sample.name, family->name_size) != 0)
        return PROMC_OK;
    return promc__parse_fail(parser, parser->begin, "samples of this %s have a suffix, such as %.100s%s",
                             openmetrics_types[type_index(family->type)].name, family->name,
                             *suffixes_of(family->type));
}

static int openmetrics_read_sample(promc__parser *parser)
{
    const char *suffix = NULL;
    bool repeated = false;
    int status = promc__parse_sample(parser);

    if (status != PROMC_OK)
        return status;
    if (parser->current)
        suffix = suffix_in(parser->current, parser->sample.name, parser->sample.name_size);
    if (parser->current && !suffix)
        status = openmetrics_check_suffix(parser);
    if (status == PROMC_OK && !suffix)
        status = openmetrics_new_family(parser, parser->sample.name, parser->sample.name_size);
    if (!suffix)
        suffix = "";
    if (status == PROMC_OK)
        status = openmetrics_open(parser, parser->current);
    if (status == PROMC_OK)
        status = promc__parse_check_sample(parser, parser->current, suffix);
    if (status == PROMC_OK)
        status = promc__parse_check_order(parser, parser->current, suffix, &repeated);
    if (status != PROMC_OK || repeated)
        return status;
    return promc__parse_report(parser, parser->current);
}

int promc__parse_openmetrics_line(promc__parser *parser)
{
    size_t size = (size_t)(parser->end - parser->begin);

    if (parser->ended)
        return promc__parse_fail(parser, parser->begin, "there is something after # EOF");
    if (!size)
        return promc__parse_fail(parser, parser->begin, "OpenMetrics has no blank lines");
    if (*parser->begin != '#')
        return openmetrics_read_sample(parser);
    if (size == 5 && memcmp(parser->begin, "# EOF", 5) == 0) {
        parser->ended = true;
        return PROMC_OK;
    }
    return openmetrics_read_metadata(parser);
}

int promc__parse_openmetrics_end(promc__parser *parser)
{
    int status = openmetrics_close(parser);

    if (status == PROMC_OK && !parser->ended)
        status = promc__parse_fail_at(parser, parser->line + 1, 1, "# EOF is missing at the end");
    return status;
}
