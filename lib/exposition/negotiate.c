/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which format a scraper gets: the entry of its Accept header with the highest weight that we can
 * write (RFC 9110, 12.5.1; Prometheus documentation: content_negotiation.md). Equal weights: the
 * first one. An entry that makes no sense counts for nothing.
 */
#include <promc/exposition.h>

#include <stdbool.h>
#include <string.h>

/* A piece of the header. */
struct span {
    const char *at, *end;
};

static bool is_padding(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trim_span(struct span span)
{
    while (span.at < span.end && is_padding(*span.at))
        span.at++;
    while (span.end > span.at && is_padding(span.end[-1]))
        span.end--;
    return span;
}

/* Cuts off what is before the next separator that is not in quotes. False at the end. */
static bool next_piece(struct span *rest, char separator, struct span *piece)
{
    const char *at = rest->at;
    bool quoted = false;

    if (rest->at > rest->end)
        return false;
    for (; at < rest->end && (quoted || *at != separator); at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == '\\' && quoted && at + 1 < rest->end)
            at++;
    }
    *piece = trim_span((struct span){rest->at, at});
    rest->at = at + 1;
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool span_is(struct span span, const char *text)
{
    for (; span.at < span.end && *text; span.at++, text++) {
        if (lower(*span.at) != *text)
            return false;
    }
    return span.at == span.end && !*text;
}

static struct span unquote_span(struct span span)
{
    if (span.end - span.at >= 2 && *span.at == '"' && span.end[-1] == '"') {
        span.at++;
        span.end--;
    }
    return span;
}

/* A weight in thousandths: 0 to 1 with up to three digits behind the point; -1 for anything else,
 * as the q=2 that Prometheus 2.49.0 sends. */
static int weight_of(struct span span)
{
    int weight, unit = 100;

    if (span.at == span.end || (*span.at != '0' && *span.at != '1'))
        return -1;
    weight = (*span.at++ - '0') * 1000;
    if (span.at < span.end && *span.at++ != '.')
        return -1;
    for (; span.at < span.end; span.at++, unit /= 10) {
        if (*span.at < '0' || *span.at > '9' || unit == 0)
            return -1;
        weight += (*span.at - '0') * unit;
    }
    return weight <= 1000 ? weight : -1;
}

/* One entry of the header. */
struct accept_entry {
    struct span type;
    struct span version;         /* empty: none */
    struct span proto, encoding; /* of protobuf */
    promc_format escaping;
    int weight;
};

static promc_format escaping_of(struct span name)
{
    if (span_is(name, "allow-utf-8"))
        return PROMC_ESCAPE_ALLOW_UTF_8;
    if (span_is(name, "dots"))
        return PROMC_ESCAPE_DOTS;
    if (span_is(name, "values"))
        return PROMC_ESCAPE_VALUES;
    return PROMC_ESCAPE_UNDERSCORES;
}

static void take_parameter(struct accept_entry *entry, struct span parameter)
{
    struct span name, value = parameter;

    if (!next_piece(&value, '=', &name) || value.at > value.end)
        return;
    value = unquote_span(trim_span(value));
    if (span_is(name, "q"))
        entry->weight = weight_of(value);
    else if (span_is(name, "version"))
        entry->version = value;
    else if (span_is(name, "proto"))
        entry->proto = value;
    else if (span_is(name, "encoding"))
        entry->encoding = value;
    else if (span_is(name, "escaping"))
        entry->escaping = escaping_of(value);
}

static struct accept_entry parse_accept_entry(struct span text)
{
    struct accept_entry entry = {.weight = 1000, .escaping = PROMC_ESCAPE_UNDERSCORES};
    struct span parameter;

    if (!next_piece(&text, ';', &entry.type))
        entry.weight = -1;
    while (next_piece(&text, ';', &parameter))
        take_parameter(&entry, parameter);
    return entry;
}

/* Whether we write what the entry asks for. */
static bool format_of(const struct accept_entry *entry, promc_format *format)
{
    bool has_version = entry->version.at != entry->version.end;

    if (span_is(entry->type, "application/openmetrics-text")) {
        *format = PROMC_FORMAT_OPENMETRICS_0_0_1;
        if (span_is(entry->version, "0.0.1"))
            return true;
        *format = PROMC_FORMAT_OPENMETRICS | entry->escaping;
        return !has_version || span_is(entry->version, "1.0.0");
    }
    if (span_is(entry->type, "application/vnd.google.protobuf")) {
        *format = PROMC_FORMAT_PROTOBUF | entry->escaping;
        return span_is(entry->proto, "io.prometheus.client.metricfamily") &&
               span_is(entry->encoding, "delimited");
    }
    *format = PROMC_FORMAT_TEXT;
    if (span_is(entry->type, "*/*") || span_is(entry->type, "text/*"))
        return true;
    if (!span_is(entry->type, "text/plain"))
        return false;
    if (!has_version || span_is(entry->version, "0.0.4"))
        return true;
    *format = PROMC_FORMAT_TEXT_1_0_0 | entry->escaping;
    return span_is(entry->version, "1.0.0");
}

promc_format promc_negotiate(const char *accept)
{
    promc_format best = PROMC_FORMAT_TEXT, format;
    struct span rest, piece;
    int best_weight = 0;

    if (!accept)
        return best;
    rest = (struct span){accept, accept + strlen(accept)};
    while (next_piece(&rest, ',', &piece)) {
        struct accept_entry entry = parse_accept_entry(piece);

        if (entry.weight > best_weight && format_of(&entry, &format)) {
            best = format;
            best_weight = entry.weight;
        }
    }
    return best;
}

#define ESCAPINGS(type)                                                                            \
    {                                                                                              \
        type "; escaping=underscores", type "; escaping=allow-utf-8", type "; escaping=dots",      \
            type "; escaping=values"                                                               \
    }

const char *promc_content_type(promc_format format)
{
    static const char *const text[] = ESCAPINGS("text/plain; version=1.0.0; charset=utf-8");
    static const char *const openmetrics[] =
        ESCAPINGS("application/openmetrics-text; version=1.0.0; charset=utf-8");

#define PROTOBUF                                                                                   \
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    /* Here the escaping is optional, and a reader that names none expects none. */
    static const char *const protobuf[] = {PROTOBUF, PROTOBUF "; escaping=allow-utf-8",
                                           PROTOBUF "; escaping=dots",
                                           PROTOBUF "; escaping=values"};

    switch (format & 0xFF) {
    case PROMC_FORMAT_PROTOBUF:
        return protobuf[format >> 8 & 3];
    case PROMC_FORMAT_TEXT_1_0_0:
        return text[format >> 8 & 3];
    case PROMC_FORMAT_OPENMETRICS:
        return openmetrics[format >> 8 & 3];
    case PROMC_FORMAT_OPENMETRICS_0_0_1:
        return "application/openmetrics-text; version=0.0.1; charset=utf-8";
    default:
        return "text/plain; version=0.0.4; charset=utf-8";
    }
}
