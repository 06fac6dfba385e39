/* SPDX-License-Identifier: Apache-2.0 */
/* Names and strings of a line. */
#include "base/memory.h"
#include "exposition/parser.h"

#include <string.h>

#define TOKEN_LABEL 1  /* may be in a label name */
#define TOKEN_METRIC 2 /* may be in a metric name */
#define TOKEN_FIRST 4  /* may come first */

#define TOKEN_LETTER (TOKEN_LABEL | TOKEN_METRIC | TOKEN_FIRST)
#define TOKEN_DIGIT (TOKEN_LABEL | TOKEN_METRIC)

#define TOKEN_FOUR(c, kind) [c] = (kind), [(c) + 1] = (kind), [(c) + 2] = (kind), [(c) + 3] = (kind)
#define TOKEN_24(c, kind)                                                                          \
    TOKEN_FOUR(c, kind), TOKEN_FOUR((c) + 4, kind), TOKEN_FOUR((c) + 8, kind),                     \
        TOKEN_FOUR((c) + 12, kind), TOKEN_FOUR((c) + 16, kind), TOKEN_FOUR((c) + 20, kind)

static const unsigned char token_kinds[256] = {
    TOKEN_24('a', TOKEN_LETTER),
    TOKEN_24('A', TOKEN_LETTER),
    ['y'] = TOKEN_LETTER,
    ['z'] = TOKEN_LETTER,
    ['Y'] = TOKEN_LETTER,
    ['Z'] = TOKEN_LETTER,
    ['_'] = TOKEN_LETTER,
    [':'] = TOKEN_METRIC | TOKEN_FIRST,
    TOKEN_FOUR('0', TOKEN_DIGIT),
    TOKEN_FOUR('4', TOKEN_DIGIT),
    ['8'] = TOKEN_DIGIT,
    ['9'] = TOKEN_DIGIT,
};

static inline const char *token_name(const char *at, const char *end, int kind)
{
    if (at == end || (token_kinds[(unsigned char)*at] & (kind | TOKEN_FIRST)) !=
                         (kind | TOKEN_FIRST))
        return at;
    do
        at++;
    while (at < end && (token_kinds[(unsigned char)*at] & kind));
    return at;
}

const char *promc__parse_metric_name(const char *at, const char *end)
{
    return token_name(at, end, TOKEN_METRIC);
}

const char *promc__parse_label_name(const char *at, const char *end)
{
    return token_name(at, end, TOKEN_LABEL);
}

/* Unescaping makes nothing longer, and the quotes or the "=" behind each string leave room for its
 * NUL. */
bool promc__parse_prepare_strings(promc__parser *parser)
{
    size_t size = (size_t)(parser->end - parser->begin) + 16;

    if (size > parser->strings_size) {
        promc__free(parser->strings);
        parser->strings_size = 0;
        parser->strings = promc__malloc(2 * size);
        if (!parser->strings) {
            parser->budget.error = PROMC_ERROR_NO_MEMORY;
            return false;
        }
        parser->strings_size = 2 * size;
    }
    parser->strings_at = parser->strings;
    return true;
}

const char *promc__parse_keep(promc__parser *parser, const char *text, size_t size)
{
    char *copy = parser->strings_at;

    memcpy(copy, text, size);
    copy[size] = '\0';
    parser->strings_at += size + 1;
    return copy;
}

/* Whether one of eight bytes is zero: Hacker's Delight, 6-1. */
static inline bool token_has_zero(uint64_t word)
{
    return ((word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080)) != 0;
}

/* The first quote or backslash. */
static inline const char *token_special(const char *at, const char *end)
{
    for (uint64_t word; end - at >= 8; at += 8) {
        memcpy(&word, at, sizeof(word));
        if (token_has_zero(word ^ UINT64_C(0x2222222222222222)) || /* quotes */
            token_has_zero(word ^ UINT64_C(0x5c5c5c5c5c5c5c5c)))   /* backslashes */
            break;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

int promc__parse_quoted(promc__parser *parser, const char **at, const char **string, size_t *size)
{
    const char *from = *at, *end = parser->end, *open = from - 1;
    char *out = parser->strings_at;

    *string = out;
    for (;;) {
        const char *special = token_special(from, end);

        memcpy(out, from, (size_t)(special - from));
        out += special - from;
        if (special == end || (*special == '\\' && special + 1 == end))
            return promc__parse_fail(parser, open, "the quote is not closed in its line");
        from = special + 1;
        if (*special == '"')
            break;
        if (*from == 'n') {
            *out++ = '\n';
        } else {
            if (*from != '"' && *from != '\\') {
                if (parser->strict && !parser->openmetrics)
                    return promc__parse_fail(parser, special,
                                             "only \\\\, \\\" and \\n are escapes");
                *out++ = '\\';
            }
            *out++ = *from;
        }
        from++;
    }
    *size = (size_t)(out - *string);
    *out++ = '\0';
    parser->strings_at = out;
    *at = from;
    return PROMC_OK;
}

const char *promc__parse_help(promc__parser *parser, const char *text, size_t size,
                              size_t *help_size)
{
    char *help = promc__arena_copy(&parser->arena, &parser->budget, text, size), *out = help;

    if (!help)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        char next = text[i] == '\\' && i + 1 < size ? text[i + 1] : '\0';

        if (next == 'n' || next == '\\' || (next == '"' && parser->openmetrics)) {
            *out++ = next == 'n' ? '\n' : next;
            i++;
        } else {
            *out++ = text[i];
        }
    }
    *out = '\0';
    *help_size = (size_t)(out - help);
    return help;
}
