/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that begin with "#". */
#include "exposition/parser.h"

#include <string.h>

/* The name of a family, in quotes or not; *position: behind it. */
static int metadata_name(promc__parser *parser, const char **position, promc__parse_metadata *metadata)
{
    const char *at = *position, *name_end;
    int status;

    if (!promc__parse_prepare_strings(parser))
        return promc__parse_no_room(parser);
    if (at < parser->end && *at == '"') {
        (*position)++;
        status = promc__parse_quoted(parser, position, &metadata->name, &metadata->name_size);
        if (status != PROMC_OK)
            return status;
        if (!metadata->name_size || strlen(metadata->name) != metadata->name_size)
            return promc__parse_fail(parser, at, "a metric name cannot be empty or have a NUL inside");
    } else {
        name_end = promc__parse_metric_name(at, parser->end);
        if (name_end == at)
            return promc__parse_fail(parser, at, "expected a metric name");
        metadata->name_size = (size_t)(name_end - at);
        metadata->name = promc__parse_keep(parser, at, metadata->name_size);
        *position = name_end;
    }
    at = *position;
    if (at < parser->end && *at != ' ' && (*at != '\t' || parser->openmetrics))
        return promc__parse_fail(parser, at, "this cannot be in a metric name");
    return PROMC_OK;
}

static bool word_is(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) == strlen(word) && memcmp(at, word, strlen(word)) == 0;
}

/* # HELP name text, # TYPE name type; everything else is a comment. */
int promc__parse_text_metadata(promc__parser *parser, promc__parse_metadata *metadata)
{
    const char *at = promc__parse_skip_blanks(parser->begin, parser->end) + 1, *end = parser->end;
    const char *word, *word_end;
    int status;

    metadata->keyword = PROMC__META_NONE;
    word = promc__parse_skip_blanks(at, end);
    for (word_end = word; word_end < end && *word_end != ' ' && *word_end != '\t';)
        word_end++;
    if (word == at || word_end == end)
        return PROMC_OK;
    if (word_is(word, word_end, "HELP"))
        metadata->keyword = PROMC__META_HELP;
    else if (word_is(word, word_end, "TYPE"))
        metadata->keyword = PROMC__META_TYPE;
    else
        return PROMC_OK;
    at = promc__parse_skip_blanks(word_end, end);
    status = metadata_name(parser, &at, metadata);
    if (status != PROMC_OK)
        return status;
    metadata->text = at < end ? at + 1 : end;
    metadata->text_size = (size_t)(end - metadata->text);
    return PROMC_OK;
}

/* # HELP|TYPE|UNIT name text, with single spaces. */
int promc__parse_openmetrics_metadata(promc__parser *parser, promc__parse_metadata *metadata)
{
    const char *at = parser->begin, *end = parser->end;
    int status;

    metadata->keyword = PROMC__META_NONE;
    if (end - at >= 7 && memcmp(at, "# HELP ", 7) == 0)
        metadata->keyword = PROMC__META_HELP;
    else if (end - at >= 7 && memcmp(at, "# TYPE ", 7) == 0)
        metadata->keyword = PROMC__META_TYPE;
    else if (end - at >= 7 && memcmp(at, "# UNIT ", 7) == 0)
        metadata->keyword = PROMC__META_UNIT;
    else
        return promc__parse_fail(parser, at, "expected # HELP, # TYPE, # UNIT or # EOF");
    at += 7;
    status = metadata_name(parser, &at, metadata);
    if (status != PROMC_OK)
        return status;
    if (at == end)
        return promc__parse_fail(parser, at, "expected a space and a text");
    metadata->text = at + 1;
    metadata->text_size = (size_t)(end - metadata->text);
    return PROMC_OK;
}
