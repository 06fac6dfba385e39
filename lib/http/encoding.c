/* SPDX-License-Identifier: Apache-2.0 */
#include "http/encoding.h"

#include "http/parser.h"

#include <stddef.h>

enum { NOT_MENTIONED = -1, MALFORMED = -2, FULL_WEIGHT = 1000 };

static const char *behind_spaces(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

static const char *behind_token(const char *at)
{
    while (promc__is_token_char((unsigned char)*at))
        at++;
    return at;
}

/* "0" to "1" with up to three digits behind the point, as thousandths; moves *at behind it. */
static int read_weight(const char **at)
{
    const char *c = *at;
    int weight, unit = 100;

    if (*c != '0' && *c != '1')
        return MALFORMED;
    weight = (*c++ - '0') * FULL_WEIGHT;
    if (*c == '.')
        for (c++; *c >= '0' && *c <= '9' && unit; unit /= 10)
            weight += (*c++ - '0') * unit;
    *at = c;
    return weight <= FULL_WEIGHT ? weight : MALFORMED;
}

/* The weight that follows the name of a coding; MALFORMED if anything else does. */
static int weight_behind(const char **at)
{
    const char *c = behind_spaces(*at);
    int weight = FULL_WEIGHT;

    if (*c == ';') {
        c = behind_spaces(c + 1);
        if ((*c != 'q' && *c != 'Q') || c[1] != '=')
            return MALFORMED;
        c += 2;
        weight = read_weight(&c);
        c = behind_spaces(c);
    }
    *at = c;
    return *c == ',' || !*c ? weight : MALFORMED;
}

bool promc__accepts_gzip(const char *accept)
{
    int gzip = NOT_MENTIONED, any = NOT_MENTIONED, identity = NOT_MENTIONED;

    while (accept && *(accept = behind_spaces(accept))) {
        const char *name = accept;
        size_t size = (size_t)((accept = behind_token(accept)) - name);
        int weight = weight_behind(&accept), *of = NULL;

        if (promc__same_word(name, size, "gzip") || promc__same_word(name, size, "x-gzip"))
            of = &gzip;
        else if (promc__same_word(name, size, "*"))
            of = &any;
        else if (promc__same_word(name, size, "identity"))
            of = &identity;
        /* What makes no sense counts for nothing; of several entries the first one counts. */
        if (of && *of == NOT_MENTIONED && weight >= 0)
            *of = weight;
        while (*accept && *accept != ',')
            accept++;
        accept += *accept == ',';
    }
    if (gzip == NOT_MENTIONED)
        gzip = any;
    return gzip > 0 && gzip >= identity;
}
