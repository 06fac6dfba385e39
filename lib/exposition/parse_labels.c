/* SPDX-License-Identifier: Apache-2.0 */
/* {name="value",...}, of samples and of exemplars; a metric name in quotes may be among them. */
#include "base/memory.h"
#include "base/names.h"
#include "exposition/parser.h"

#include <string.h>

#define LABELS_COMPARED 16 /* up to here names are compared with each other */

/* Makes room for one more. */
static int labels_grow(promc__parser *parser)
{
    size_t capacity = parser->label_capacity ? 2 * parser->label_capacity : 32, bytes;
    promc_label *labels;
    size_t *sizes;

    parser->budget.error = PROMC_ERROR_NO_MEMORY;
    if (!promc__size_of(capacity, sizeof(*labels), 0, &bytes))
        return promc__parse_no_room(parser);
    labels = promc__realloc(parser->labels, bytes);
    if (!labels)
        return promc__parse_no_room(parser);
    parser->labels = labels;
    sizes = promc__realloc(parser->value_sizes, capacity * sizeof(*sizes));
    if (!sizes)
        return promc__parse_no_room(parser);
    parser->value_sizes = sizes;
    parser->label_capacity = capacity;
    return PROMC_OK;
}

static inline int labels_add(promc__parser *parser, const char *name, const char *value,
                             size_t value_size)
{
    size_t i = parser->label_count;

    if (promc__unlikely(i == parser->label_capacity)) {
        int status = labels_grow(parser);

        if (status != PROMC_OK)
            return status;
    }
    parser->labels[i] = (promc_label){name, value};
    parser->value_sizes[i] = value_size;
    parser->label_count = i + 1;
    return PROMC_OK;
}

static int labels_repeated(promc__parser *parser, const char *name, const char *at)
{
    return promc__parse_fail(parser, at, "label %.60s is there twice", name);
}

static int few_labels_differ(promc__parser *parser, const promc_label *labels, size_t count,
                             const char *at)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (promc__parse_same(labels[i].name, labels[j].name))
                return labels_repeated(parser, labels[i].name, at);
        }
    }
    return PROMC_OK;
}

static int many_labels_differ(promc__parser *parser, const promc_label *labels, size_t count,
                              const char *at)
{
    promc__prints names = {0};
    int status = PROMC_OK;

    for (size_t i = 0; i < count && status == PROMC_OK; i++) {
        promc__print key = promc__print_text(&parser->seed, labels[i].name, strlen(labels[i].name));
        bool added;

        if (!promc__prints_add(&names, &parser->budget, key, &added))
            status = promc__parse_no_room(parser);
        else if (!added)
            status = labels_repeated(parser, labels[i].name, at);
    }
    promc__prints_clear(&names, &parser->budget);
    return status;
}

/* All labels from `first` on have different names. */
static int labels_differ(promc__parser *parser, size_t first, const char *at)
{
    size_t count = parser->label_count - first;

    if (count < 2) /* of none there may not even be a list */
        return PROMC_OK;
    return count <= LABELS_COMPARED ? few_labels_differ(parser, parser->labels + first, count, at)
                                    : many_labels_differ(parser, parser->labels + first, count, at);
}

/* Reads a label name, in quotes or not. */
static int labels_name(promc__parser *parser, const char **at, const char **name, bool *quoted)
{
    const char *begin = *at, *end;
    size_t size;
    int status;

    *quoted = begin < parser->end && *begin == '"';
    if (*quoted) {
        *at = begin + 1;
        status = promc__parse_quoted(parser, at, name, &size);
        if (status != PROMC_OK)
            return status;
        if (!size || strlen(*name) != size)
            return promc__parse_fail(parser, begin, size ? "a name cannot have a NUL inside"
                                                         : "a name cannot be empty");
        return PROMC_OK;
    }
    end = promc__parse_label_name(begin, parser->end);
    if (end == begin)
        return promc__parse_fail(parser, begin, "expected a label name");
    *name = promc__parse_keep(parser, begin, (size_t)(end - begin));
    *at = end;
    return PROMC_OK;
}

/* One label, or the name of the metric if that is still wanted. The value is kept right behind the
 * name: promc__print_label() takes both as one text. */
static int labels_read(promc__parser *parser, const char **at, bool exemplar)
{
    const char *begin = *at, *name, *value;
    bool quoted;
    size_t size;
    int status = labels_name(parser, at, &name, &quoted);

    if (status != PROMC_OK)
        return status;
    if (!parser->openmetrics)
        *at = promc__parse_skip_blanks(*at, parser->end);
    if (*at < parser->end && **at != '=' && quoted && !exemplar && !parser->sample.name) {
        parser->sample.name = name;
        parser->sample.name_size = (size_t)(parser->strings_at - name) - 1;
        return PROMC_OK;
    }
    if (*at == parser->end || **at != '=')
        return promc__parse_fail(parser, *at, "expected = after label %.60s", name);
    /* Others that begin with "__" are reserved too, but escaped names can look like that. */
    if (promc__parse_same(name, "__name__"))
        return promc__parse_fail(parser, begin, "the label name __name__ is reserved");
    (*at)++;
    if (!parser->openmetrics)
        *at = promc__parse_skip_blanks(*at, parser->end);
    if (*at == parser->end || **at != '"')
        return promc__parse_fail(parser, *at, "expected the value of label %.60s in quotes", name);
    (*at)++;
    status = promc__parse_quoted(parser, at, &value, &size);
    return status == PROMC_OK ? labels_add(parser, name, value, size) : status;
}

/* OpenMetrics has no blanks, but where the metric name is in the braces writers put one after a
 * comma. */
static const char *labels_blanks(const promc__parser *parser, const char *at, bool loose)
{
    if (!parser->openmetrics || (loose && at < parser->end && *at == ' '))
        return promc__parse_skip_blanks(at, parser->end);
    return at;
}

int promc__parse_labels(promc__parser *parser, const char **position, bool exemplar)
{
    const char *open = *position, *at = open + 1;
    bool loose = !exemplar && !parser->sample.name;
    size_t first = parser->label_count;
    int status;

    if (!parser->openmetrics && !parser->strict) { /* client_python reads a first comma */
        const char *comma = promc__parse_skip_blanks(at, parser->end);

        at = comma < parser->end && *comma == ',' ? comma + 1 : at;
    }
    for (;;) {
        at = labels_blanks(parser, at, loose && at != open + 1);
        if (at < parser->end && *at == '}' && (at == open + 1 || !parser->openmetrics))
            break;
        status = labels_read(parser, &at, exemplar);
        if (status != PROMC_OK)
            return status;
        if (!parser->openmetrics)
            at = promc__parse_skip_blanks(at, parser->end);
        if (at < parser->end && *at == '}')
            break;
        if (at == parser->end || *at != ',')
            return promc__parse_fail(parser, at, "expected a comma or }");
        at++;
    }
    *position = at + 1;
    status = labels_differ(parser, first, open);
    if (status == PROMC_OK && !exemplar && !parser->sample.name)
        status = promc__parse_fail(parser, open, "there is no metric name");
    /* Ends the list. It counts, so that the next one begins behind it. */
    return status == PROMC_OK ? labels_add(parser, NULL, NULL, 0) : status;
}
