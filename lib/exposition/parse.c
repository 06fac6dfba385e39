/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing: the input cut into lines, families and their reports, errors. */
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/utf8.h"
#include "exposition/parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PARSE_LINE_LIMIT ((size_t)1 << 20)
#define PARSE_MEMORY_LIMIT ((size_t)256 << 20)

/* ---- errors ---------------------------------------------------------------------------------- */

static int parse_fail_with(const promc__parser *parser, size_t line, size_t column, const char *format,
                     va_list arguments)
{
    char reason[200];

    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    if (parser->options->error_line)
        *parser->options->error_line = line;
    if (parser->options->error_column)
        *parser->options->error_column = column;
    return promc__fail(PROMC_ERROR_SYNTAX, "line %zu, column %zu: %s", line, column, reason);
}

int promc__parse_fail_at(promc__parser *parser, size_t line, size_t column, const char *format, ...)
{
    va_list arguments;
    int code;

    va_start(arguments, format);
    code = parse_fail_with(parser, line, column, format, arguments);
    va_end(arguments);
    return code;
}

void promc__parse_set_error(promc__parser *parser, const char *at, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)parse_fail_with(parser, parser->line, (size_t)(at - parser->begin) + 1, format, arguments);
    va_end(arguments);
}

int promc__parse_no_room(promc__parser *parser)
{
    if (parser->budget.error == PROMC_ERROR_LIMIT)
        return promc__fail(PROMC_ERROR_LIMIT,
                           "line %zu: the input needs more memory than .memory_limit allows",
                           parser->line);
    return promc__fail_memory("promc_parse");
}

/* ---- families -------------------------------------------------------------------------------- */

promc__parse_family *promc__parse_new_family(promc__parser *parser, const char *name, size_t size)
{
    promc__parse_family *family =
        promc__arena_take(&parser->arena, &parser->budget, sizeof(*family));

    if (!family)
        return NULL;
    *family = (promc__parse_family){.shown = {.type = PROMC_TYPE_UNKNOWN, .line = parser->line}};
    family->shown.name = promc__arena_copy(&parser->arena, &parser->budget, name, size);
    family->shown.name_size = size;
    return family->shown.name ? family : NULL;
}

static int parse_refused(int status)
{
    return status == 0 ? PROMC_OK
                       : promc__fail(PROMC_ERROR_SINK, "promc_parse: a callback returned %d", status);
}

int promc__parse_announce(promc__parser *parser, promc__parse_family *family)
{
    if (family->announced)
        return PROMC_OK;
    family->announced = true;
    if (!parser->callbacks->family)
        return PROMC_OK;
    return parse_refused(parser->callbacks->family(&family->shown, parser->arg));
}

int promc__parse_report(promc__parser *parser, promc__parse_family *family)
{
    int status = promc__parse_announce(parser, family);

    if (status != PROMC_OK)
        return status;
    parser->sample.family = &family->shown;
    family->shown.sample_count++;
    if (!parser->callbacks->sample)
        return PROMC_OK;
    return parse_refused(parser->callbacks->sample(&parser->sample, parser->arg));
}

/* ---- lines ----------------------------------------------------------------------------------- */

static int parse_line(promc__parser *parser)
{
    if (!promc__utf8_valid(parser->begin, (size_t)(parser->end - parser->begin)))
        return promc__parse_fail(parser, parser->begin, "the line is not valid UTF-8");
    return parser->openmetrics ? promc__parse_openmetrics_line(parser)
                               : promc__parse_text_line(parser);
}

static int parse_lines(promc__parser *parser, const char *data, size_t size)
{
    size_t limit = parser->options->line_limit ? parser->options->line_limit : PARSE_LINE_LIMIT;
    const char *end = data + size;
    int status = PROMC_OK;

    while (data < end && status == PROMC_OK) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));

        parser->line++;
        parser->begin = data;
        parser->end = newline ? newline : end;
        if ((size_t)(parser->end - data) > limit)
            return promc__fail(PROMC_ERROR_LIMIT, "line %zu is longer than .line_limit, %zu bytes",
                               parser->line, limit);
        status = parse_line(parser);
        data = newline ? newline + 1 : end;
    }
    if (status != PROMC_OK)
        return status;
    return parser->openmetrics ? promc__parse_openmetrics_end(parser)
                               : promc__parse_text_end(parser);
}

int promc__parse_run(promc__parser *parser, promc_format format, const char *data, size_t size)
{
    promc_parse_opts options = {.size = sizeof(options)};
    int status = promc__copy_options(&options, sizeof(options), parser->options, "promc_parse");

    if (status != PROMC_OK)
        return status;
    switch (format & 0xffU) {
    case PROMC_FORMAT_TEXT:
    case PROMC_FORMAT_TEXT_1_0_0:
        parser->openmetrics = false;
        break;
    case PROMC_FORMAT_OPENMETRICS:
    case PROMC_FORMAT_OPENMETRICS_0_0_1:
        parser->openmetrics = true;
        break;
    default:
        return promc__fail(PROMC_ERROR_UNSUPPORTED, "promc_parse: only text and OpenMetrics are read");
    }
    if (!data && size)
        return promc__fail(PROMC_ERROR_ARGUMENT, "promc_parse: data is NULL");
    parser->options = &options;
    parser->strict = options.strict;
    parser->budget.left = options.memory_limit ? options.memory_limit : PARSE_MEMORY_LIMIT;
    parser->seed = promc__print_new_seed();
    parser->names.has_items = !parser->openmetrics;
    status = parse_lines(parser, size ? data : "", size);
    promc__parse_end_groups(parser);
    promc__prints_clear(&parser->names, &parser->budget);
    promc__free(parser->strings);
    promc__free(parser->labels);
    promc__free(parser->value_sizes);
    parser->options = NULL;
    return status;
}

int promc_parse(promc_format format, const void *data, size_t size,
                const promc_parse_callbacks *callbacks, void *arg)
{
    promc_parse_callbacks told = {.size = sizeof(told)};
    promc__parser parser = {.callbacks = &told, .arg = arg};
    int status = promc__copy_options(&told, sizeof(told), callbacks, "promc_parse");

    if (status != PROMC_OK)
        return status;
    parser.options = told.options;
    status = promc__parse_run(&parser, format, data, size);
    promc__arena_free(&parser.arena);
    return status;
}
