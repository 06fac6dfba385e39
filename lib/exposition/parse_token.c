/* SPDX-License-Identifier: Apache-2.0 */
/* Names and strings of a line. */
#include "base/bytes.h"
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

/* Copies up to the first quote or backslash, and returns that; the end if there is none. Whole
 * words are copied: there is room for all of the line, and strings never get ahead of what was
 * read. */
static inline const char *token_copy_plain(char **to, const char *at, const char *end)
{
    char *out = *to;

    for (; end - at >= 8; at += 8, out += 8) {
        uint64_t word = promc__load64(at);
        uint64_t special = promc__marks(word, '"') | promc__marks(word, '\\');

        promc__store64(out, word);
        if (special) {
            *to = out + promc__before_mark(special);
            return at + promc__before_mark(special);
        }
    }
    while (at < end && *at != '"' && *at != '\\')
        *out++ = *at++;
    *to = out;
    return at;
}

int promc__parse_quoted(promc__parser *parser, const char **at, const char **string, size_t *size)
{
    const char *from = *at, *end = parser->end, *open = from - 1;
    char *out = parser->strings_at;

    *string = out;
    for (;;) {
        const char *special = token_copy_plain(&out, from, end);

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
