/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accept and Accept-Encoding: byte 0 says which (1: the latter), the rest is the header.
 *
 * The answer is that of a second reader, which takes the header apart from left to right into
 * tables instead of spans. What cannot matter does not: blanks around commas, entries of types
 * nobody knows.
 */
#include "fuzz.h"

#include "http/encoding.h"

#include <ctype.h>

enum { PARTS = 64 };

/* Cuts a copy at a separator outside of quotes (or anywhere), and the blanks off the parts. */
static size_t cut(char *text, char separator, bool quotes, char *parts[], size_t most)
{
    size_t count = 0;
    bool quoted = false;

    for (char *begin = text, *at = text;; at++) {
        if (*at && (quoted || *at != separator)) {
            if (quotes && *at == '"')
                quoted = !quoted;
            else if (quoted && *at == '\\' && at[1])
                at++;
            continue;
        }
        if (count == most)
            return most + 1;
        parts[count] = begin;
        begin = at + 1;
        for (char *end = at; end > parts[count] && (end[-1] == ' ' || end[-1] == '\t');)
            *--end = '\0';
        while (*parts[count] == ' ' || *parts[count] == '\t')
            parts[count]++;
        count++;
        if (!*at)
            return count;
        *at = '\0';
    }
}

static void to_lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text | 0x20);
}

/* Thousandths; -1: no weight. */
static int weight_of(const char *text)
{
    size_t size = strlen(text);

    if (size < 1 || size > 5 || (text[0] != '0' && text[0] != '1') ||
        (size > 1 && text[1] != '.') || (size > 2 && strspn(text + 2, "0123456789") != size - 2))
        return -1;
    if (text[0] == '1' && size > 2 && strspn(text + 2, "0") != size - 2)
        return -1;
    return (int)(strtod(text, NULL) * 1000 + 0.5);
}

/* ---- Accept ---------------------------------------------------------------------------------- */

struct entry {
    const char *type, *version, *proto, *encoding, *escaping, *q;
};

/* "name=value" into the table; the last one counts. */
static void take_parameter(struct entry *entry, char *text)
{
    struct {
        const char *name, **value;
    } known[] = {{"version", &entry->version},
                 {"proto", &entry->proto},
                 {"encoding", &entry->encoding},
                 {"escaping", &entry->escaping},
                 {"q", &entry->q}};
    char *parts[2], *equals = NULL, *value;
    bool quoted = false;

    for (char *at = text; *at && !equals; at++) {
        if (*at == '=' && !quoted)
            equals = at;
        else if (*at == '"')
            quoted = !quoted;
        else if (*at == '\\' && quoted && at[1])
            at++;
    }
    if (!equals)
        return;
    *equals = '\0';
    value = equals + 1;
    (void)cut(text, '\0', false, &parts[0], 1);
    (void)cut(value, '\0', false, &parts[1], 1);
    value = parts[1];
    if (strlen(value) >= 2 && value[0] == '"' && value[strlen(value) - 1] == '"') {
        value[strlen(value) - 1] = '\0';
        value++;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(parts[0], known[i].name) == 0)
            *known[i].value = value;
}

static bool is(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

/* False: not ours. */
static bool format_of(const struct entry *entry, promc_format *format)
{
    promc_format escaping = is(entry->escaping, "allow-utf-8") ? PROMC_ESCAPE_ALLOW_UTF_8
                            : is(entry->escaping, "dots")      ? PROMC_ESCAPE_DOTS
                            : is(entry->escaping, "values")    ? PROMC_ESCAPE_VALUES
                                                               : PROMC_ESCAPE_UNDERSCORES;
    bool unversioned = !*entry->version;

    *format = PROMC_FORMAT_TEXT;
    if (is(entry->type, "application/openmetrics-text")) {
        *format = is(entry->version, "0.0.1") ? PROMC_FORMAT_OPENMETRICS_0_0_1
                                              : PROMC_FORMAT_OPENMETRICS | escaping;
        return unversioned || is(entry->version, "0.0.1") || is(entry->version, "1.0.0");
    }
    if (is(entry->type, "application/vnd.google.protobuf")) {
        *format = PROMC_FORMAT_PROTOBUF | escaping;
        return is(entry->proto, "io.prometheus.client.metricfamily") &&
               is(entry->encoding, "delimited");
    }
    if (is(entry->type, "text/plain") && is(entry->version, "1.0.0")) {
        *format = PROMC_FORMAT_TEXT_1_0_0 | escaping;
        return true;
    }
    return is(entry->type, "*/*") || is(entry->type, "text/*") ||
           (is(entry->type, "text/plain") && (unversioned || is(entry->version, "0.0.4")));
}

/* False: more parts than this reader has room for. */
static bool expected_format(char *header, promc_format *best)
{
    char *entries[PARTS], *parts[PARTS];
    size_t count;
    int best_weight = 0;

    to_lower(header);
    *best = PROMC_FORMAT_TEXT;
    count = cut(header, ',', true, entries, PARTS);
    if (count > PARTS)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct entry entry = {"", "", "", "", "", "1"};
        size_t pieces = cut(entries[i], ';', true, parts, PARTS);
        promc_format format;

        if (pieces > PARTS)
            return false;
        entry.type = parts[0];
        for (size_t p = 1; p < pieces; p++)
            take_parameter(&entry, parts[p]);
        if (weight_of(entry.q) > best_weight && format_of(&entry, &format)) {
            best_weight = weight_of(entry.q);
            *best = format;
        }
    }
    return true;
}

static void check_accept(const char *header)
{
    promc_format format = promc_negotiate(header), expected;
    size_t size = strlen(header) + 64;
    char *changed = test_memory(size), *copy = test_string(header, strlen(header));

    if (expected_format(copy, &expected))
        require(format == expected);
    require((format & 0xFF) <= PROMC_FORMAT_PROTOBUF && format >> 8 <= 3);
    /* What we say we send is what asking for it gets. */
    if (format != PROMC_FORMAT_OPENMETRICS_0_0_1)
        require(promc_negotiate(promc_content_type(format)) == format ||
                format == PROMC_FORMAT_TEXT);
    snprintf(changed, size, "image/png;q=1 ,\t,%s", header);
    require(promc_negotiate(changed) == format);
    free(copy);
    free(changed);
}

/* ---- Accept-Encoding ------------------------------------------------------------------------- */

static bool is_token(const char *text)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text))
            return false;
    return true;
}

/* The weight of one entry for one of three names; -1: it says nothing of that name. */
static int weight_for(const char *entry, const char *name, const char *other)
{
    char *copy = test_string(entry, strlen(entry)), *parts[2];
    size_t count;
    int weight = 1000;
    const char *q;

    to_lower(copy);
    count = cut(copy, ';', false, parts, 2);
    if (count > 2 || !is_token(parts[0]) || (!is(parts[0], name) && !is(parts[0], other)))
        weight = -1;
    if (weight > 0 && count == 2) {
        q = parts[1];
        weight = q[0] == 'q' && q[1] == '=' ? weight_of(q + 2) : -1;
    }
    free(copy);
    return weight;
}

static bool expects_gzip(char *header, bool *gzip)
{
    char *entries[PARTS];
    size_t count = cut(header, ',', false, entries, PARTS);
    int weights[3] = {-1, -1, -1};
    static const char *const words[3][2] = {
        {"gzip", "x-gzip"}, {"*", "*"}, {"identity", "identity"}};

    if (count > PARTS)
        return false;
    for (size_t i = 0; i < count; i++)
        for (unsigned w = 0; w < 3; w++)
            if (weights[w] < 0)
                weights[w] = weight_for(entries[i], words[w][0], words[w][1]);
    if (weights[0] < 0)
        weights[0] = weights[1];
    *gzip = weights[0] > 0 && weights[0] >= weights[2];
    return true;
}

static void check_accept_encoding(const char *header)
{
    char *copy = test_string(header, strlen(header));
    bool expected;

    if (expects_gzip(copy, &expected))
        require(promc__accepts_gzip(header) == expected);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    bool encoding = choose_byte(&choices) & 1;
    char *header = test_string(choices.at, choices.left);

    if (encoding)
        check_accept_encoding(header);
    else
        check_accept(header);
    free(header);
    return 0;
}
