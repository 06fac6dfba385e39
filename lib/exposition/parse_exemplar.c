/* SPDX-License-Identifier: Apache-2.0 */
/* Exemplars of OpenMetrics: SP # SP {labels} SP value [SP timestamp]. */
#include "base/utf8.h"
#include "exposition/parser.h"

#include <string.h>

#define EXEMPLAR_CHARACTERS 128 /* OpenMetrics 1.0.0, "Exemplars": of names and values together */

static size_t exemplar_length(const promc_parsed_exemplar *exemplar)
{
    size_t length = 0;

    for (size_t i = 0; i < exemplar->label_count; i++) {
        const char *name = exemplar->labels[i].name;

        length += promc__utf8_length(name, strlen(name)) +
                  promc__utf8_length(exemplar->labels[i].value, exemplar->value_sizes[i]);
    }
    return length;
}

int promc__parse_exemplar(promc__parser *parser, const char *at)
{
    promc_parsed_exemplar *exemplar = &parser->exemplar;
    const char *end = parser->end, *begin = at, *stop;
    size_t first = parser->label_count;
    promc__parse_time time;
    int status;

    if (end - at < 4 || memcmp(at, " # {", 4) != 0)
        return promc__parse_fail(parser, at, "expected the end of the line or an exemplar");
    at += 3;
    status = promc__parse_labels(parser, &at, true);
    if (status != PROMC_OK)
        return status;
    *exemplar = (promc_parsed_exemplar){.labels = parser->labels + first,
                                        .value_sizes = parser->value_sizes + first,
                                        .label_count = parser->label_count - first - 1};
    if (exemplar_length(exemplar) > EXEMPLAR_CHARACTERS)
        return promc__parse_fail(parser, begin + 3, "an exemplar's labels have at most %d characters",
                                 EXEMPLAR_CHARACTERS);
    if (at == end || *at != ' ')
        return promc__parse_fail(parser, at, "expected a space and the value of the exemplar");
    at++;
    stop = memchr(at, ' ', (size_t)(end - at));
    status = promc__parse_value(parser, at, stop ? stop : end, &exemplar->value);
    if (status == PROMC_OK && stop) {
        status = promc__parse_timestamp(parser, stop + 1, end, &time);
        if (status != PROMC_OK)
            return status;
        exemplar->has_timestamp = true;
        exemplar->timestamp = time.value;
    }
    parser->sample.exemplar = exemplar;
    return status;
}
