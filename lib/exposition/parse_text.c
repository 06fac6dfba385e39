/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Families of the text format. A sample belongs to the family of its name, or, with the suffixes that
 * summaries and histograms have, to that of the name before the suffix, wherever in the input both
 * are; one that has no family begins one.
 */
#include "exposition/parser.h"

#include <string.h>

static promc__parse_family *text_find(promc__parser *parser, const char *name, size_t size)
{
    void **item = promc__prints_item(&parser->names, promc__print_text(&parser->seed, name, size));

    return item ? *item : NULL;
}

static promc__parse_family *text_find_or_add(promc__parser *parser, const char *name, size_t size)
{
    promc__print key = promc__print_text(&parser->seed, name, size);
    bool added;
    void **item;

    if (!promc__prints_add(&parser->names, &parser->budget, key, &added))
        return NULL;
    item = promc__prints_item(&parser->names, key);
    if (added) {
        parser->last_name = NULL;
        *item = promc__parse_new_family(parser, name, size);
    }
    return *item;
}

static bool text_has_suffix(const char *name, size_t size, const char *suffix)
{
    size_t length = strlen(suffix);

    return size > length && memcmp(name + size - length, suffix, length) == 0;
}

/* The family whose "_count", "_sum" or "_bucket" this is; NULL if there is none. */
static promc__parse_family *text_find_by_suffix(promc__parser *parser, const char *name, size_t size)
{
    static const char *const suffixes[] = {"_bucket", "_count", "_sum"};

    for (size_t i = 0; i < promc__count_of(suffixes); i++) {
        promc__parse_family *family;

        if (!text_has_suffix(name, size, suffixes[i]))
            continue;
        family = text_find(parser, name, size - strlen(suffixes[i]));
        if (family && (family->shown.type == PROMC_TYPE_HISTOGRAM ||
                       (family->shown.type == PROMC_TYPE_SUMMARY && i > 0)))
            return family;
        break;
    }
    return NULL;
}

static promc__parse_family *text_family_of(promc__parser *parser, const char *name, size_t size)
{
    promc__parse_family *family;

    if (parser->last_name && parser->last_name_size == size &&
        memcmp(parser->last_name, name, size) == 0)
        return parser->last_of_name;
    family = text_find(parser, name, size);
    if (!family)
        family = text_find_by_suffix(parser, name, size);
    return family ? family : text_find_or_add(parser, name, size);
}

static int text_read_sample(promc__parser *parser)
{
    promc__parse_family *family;
    int status = promc__parse_sample(parser);

    if (status != PROMC_OK)
        return status;
    family = text_family_of(parser, parser->sample.name, parser->sample.name_size);
    if (!family)
        return promc__parse_no_room(parser);
    if (family != parser->current && parser->current) {
        status = promc__parse_announce(parser, parser->current);
        if (status != PROMC_OK)
            return status;
    }
    parser->current = family;
    /* A histogram's samples alternate between names; only repetitions of one are worth keeping. */
    if (family->shown.name_size == parser->sample.name_size) {
        parser->last_name = family->shown.name;
        parser->last_name_size = family->shown.name_size;
        parser->last_of_name = family;
    }
    return promc__parse_report(parser, family);
}

/* ---- metadata -------------------------------------------------------------------------------- */

static int text_read_help(promc__parser *parser, promc__parse_family *family,
                     const promc__parse_metadata *metadata)
{
    if (parser->strict && family->shown.help)
        return promc__parse_fail(parser, parser->begin, "a second HELP for %.100s",
                                 family->shown.name);
    family->shown.help = promc__parse_help(parser, metadata->text, metadata->text_size,
                                           &family->shown.help_size);
    family->announced = false;
    return family->shown.help ? PROMC_OK : promc__parse_no_room(parser);
}

static int text_read_type(promc__parser *parser, promc__parse_family *family,
                     const promc__parse_metadata *metadata)
{
    static const struct {
        const char *name;
        promc_type type;
    } types[] = {
        {"counter", PROMC_TYPE_COUNTER}, {"gauge", PROMC_TYPE_GAUGE},
        {"histogram", PROMC_TYPE_HISTOGRAM}, {"summary", PROMC_TYPE_SUMMARY},
        {"untyped", PROMC_TYPE_UNKNOWN},
    };
    const char *begin = promc__parse_skip_blanks(metadata->text, parser->end), *end = parser->end;

    while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (parser->strict && (family->has_type || family->shown.sample_count))
        return promc__parse_fail(parser, parser->begin,
                                 "a second TYPE for %.100s, or one after samples",
                                 family->shown.name);
    for (size_t i = 0; i < promc__count_of(types); i++) {
        if (strlen(types[i].name) == (size_t)(end - begin) &&
            memcmp(types[i].name, begin, (size_t)(end - begin)) == 0) {
            family->shown.type = types[i].type;
            family->has_type = true;
            family->announced = false;
            return PROMC_OK;
        }
    }
    return promc__parse_fail(parser, begin,
                             "expected the type: counter, gauge, histogram, summary or untyped");
}

static int text_read_metadata(promc__parser *parser)
{
    promc__parse_metadata metadata;
    promc__parse_family *family;
    int status = promc__parse_text_metadata(parser, &metadata);

    if (status != PROMC_OK || metadata.keyword == PROMC__META_NONE)
        return status;
    family = text_find_or_add(parser, metadata.name, metadata.name_size);
    if (!family)
        return promc__parse_no_room(parser);
    if (parser->current && parser->current != family) {
        status = promc__parse_announce(parser, parser->current);
        if (status != PROMC_OK)
            return status;
    }
    parser->current = family;
    return metadata.keyword == PROMC__META_HELP ? text_read_help(parser, family, &metadata)
                                                : text_read_type(parser, family, &metadata);
}

int promc__parse_text_line(promc__parser *parser)
{
    const char *at = promc__parse_skip_blanks(parser->begin, parser->end);

    if (at == parser->end)
        return PROMC_OK;
    return *at == '#' ? text_read_metadata(parser) : text_read_sample(parser);
}

int promc__parse_text_end(promc__parser *parser)
{
    return parser->current ? promc__parse_announce(parser, parser->current) : PROMC_OK;
}
