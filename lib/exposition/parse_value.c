/* SPDX-License-Identifier: Apache-2.0 */
/* Values and timestamps. */
#include "base/parse_number.h"
#include "exposition/parser.h"

#include <math.h>
#include <string.h>

int promc__parse_value(promc__parser *parser, const char *at, const char *end, double *value)
{
    switch (promc__parse_double(at, (size_t)(end - at), value)) {
    case PROMC__NUMBER_OK:
        return PROMC_OK;
    case PROMC__NUMBER_TOO_LARGE:
        return promc__parse_fail(parser, at, "the number is too large for a double");
    case PROMC__NUMBER_SYNTAX:
        break;
    }
    if (at == end)
        return promc__parse_fail(parser, at, "expected a number");
    if (end[-1] == '\r')
        return promc__parse_fail(parser, at,
                                 "a line ends in \\n alone, but here is \\r before it");
    return promc__parse_fail(parser, at, "%.*s is not a number",
                             end - at < 60 ? (int)(end - at) : 60, at);
}

/* [+-]digits[.digits] in nanoseconds, what is smaller is cut off; false if it is something else. */
static bool exact_time(const char *at, const char *end, promc__parse_time *time)
{
    bool negative = at < end && *at == '-';
    const char *point = memchr(at, '.', (size_t)(end - at)), *whole;
    int32_t scale = 100000000;
    int64_t seconds;

    at += at < end && (*at == '-' || *at == '+');
    whole = point ? point : end;
    if (whole - at > 18 || !promc__parse_i64(at, (size_t)(whole - at), &seconds) || *at == '-')
        return false;
    time->nanoseconds = 0;
    for (at = point ? point + 1 : end; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        time->nanoseconds += scale * (*at - '0');
        scale /= 10;
    }
    time->seconds = negative ? -seconds : seconds;
    time->nanoseconds = negative ? -time->nanoseconds : time->nanoseconds;
    return true;
}

int promc__parse_timestamp(promc__parser *parser, const char *at, const char *end,
                           promc__parse_time *time)
{
    int status = promc__parse_value(parser, at, end, &time->value);

    if (status != PROMC_OK)
        return status;
    if (!isfinite(time->value))
        return promc__parse_fail(parser, at, "a timestamp has to be a finite number");
    time->exact = exact_time(at, end, time);
    return PROMC_OK;
}
