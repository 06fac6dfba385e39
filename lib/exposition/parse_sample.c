/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line with a value. Text: https://prometheus.io/docs/instrumenting/exposition_formats/, with blanks
 * wherever Prometheus reads them. OpenMetrics: the ABNF of the specification, 1.0.0, which has single
 * spaces only. Both with names in quotes, the metric name inside the braces.
 */
#include "base/bytes.h"
#include "base/parse_number.h"
#include "exposition/parser.h"

#include <string.h>

/* The name and the labels; *position: behind them. */
static int sample_series(promc__parser *parser, const char **position)
{
    const char *at = *position, *end = parser->end, *name_end;
    int status;

    if (at == end || *at != '{') {
        name_end = promc__parse_metric_name(at, end);
        if (name_end == at)
            return promc__parse_fail(parser, at, "expected a metric name");
        if (name_end < end && *name_end != '{' && *name_end != ' ' && *name_end != '\t')
            return promc__parse_fail(parser, name_end, "this cannot be in a metric name");
        parser->sample.name_size = (size_t)(name_end - at);
        parser->sample.name = promc__parse_keep(parser, at, parser->sample.name_size);
        at = name_end;
        if (!parser->openmetrics)
            at = promc__parse_skip_blanks(at, end);
    }
    *position = at;
    if (at < end && *at == '{') {
        status = promc__parse_labels(parser, position, false);
        if (status != PROMC_OK)
            return status;
    }
    return PROMC_OK;
}

/* value [milliseconds] */
static int text_rest(promc__parser *parser, const char *at)
{
    const char *end = parser->end, *stop;
    int64_t milliseconds;
    int status;

    at = promc__parse_skip_blanks(at, end);
    stop = promc__find_either(at, end, ' ', '\t');
    status = promc__parse_value(parser, at, stop, &parser->sample.value);
    if (status != PROMC_OK)
        return status;
    at = promc__parse_skip_blanks(stop, end);
    if (at == end)
        return PROMC_OK;
    if (*at == '#')
        return promc__parse_fail(parser, at, "exemplars are for OpenMetrics only");
    stop = promc__find_either(at, end, ' ', '\t');
    if (!promc__parse_i64(at, (size_t)(stop - at), &milliseconds))
        return promc__parse_fail(parser, at, "expected a timestamp, an integer of milliseconds");
    parser->sample.has_timestamp = true;
    parser->sample.timestamp = (double)milliseconds / 1000;
    at = promc__parse_skip_blanks(stop, end);
    if (at < end)
        return promc__parse_fail(parser, at, "expected the end of the line");
    return PROMC_OK;
}

static const char *space_or_end(const char *at, const char *end)
{
    const char *space = at < end ? memchr(at, ' ', (size_t)(end - at)) : NULL;

    return space ? space : end;
}

/* SP value [SP timestamp] [SP # SP exemplar] */
static int openmetrics_rest(promc__parser *parser, const char *at)
{
    const char *end = parser->end, *stop;
    int status;

    if (at == end || *at != ' ')
        return promc__parse_fail(parser, at, "expected a space and a value");
    at++;
    stop = space_or_end(at, end);
    status = promc__parse_value(parser, at, stop, &parser->sample.value);
    if (status != PROMC_OK || stop == end)
        return status;
    if (stop + 1 == end || stop[1] != '#') {
        at = stop + 1;
        stop = space_or_end(at, end);
        status = promc__parse_timestamp(parser, at, stop, &parser->time);
        if (status != PROMC_OK)
            return status;
        parser->sample.has_timestamp = true;
        parser->sample.timestamp = parser->time.value;
    }
    return stop == end ? PROMC_OK : promc__parse_exemplar(parser, stop);
}

int promc__parse_sample(promc__parser *parser)
{
    const char *at = parser->begin;
    int status;

    parser->sample = (promc_parsed_sample){.line = parser->line};
    parser->label_count = 0;
    if (!promc__parse_prepare_strings(parser))
        return promc__parse_no_room(parser);
    if (!parser->openmetrics)
        at = promc__parse_skip_blanks(at, parser->end);
    status = sample_series(parser, &at);
    if (status != PROMC_OK)
        return status;
    if (parser->label_count)
        parser->sample.label_count = parser->label_count - 1;
    status = parser->openmetrics ? openmetrics_rest(parser, at) : text_rest(parser, at);
    if (parser->sample.label_count) {
        parser->sample.labels = parser->labels;
        parser->sample.value_sizes = parser->value_sizes;
    } else {
        static const promc_label none = {NULL, NULL};

        parser->sample.labels = &none;
    }
    return status;
}
