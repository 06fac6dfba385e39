/* SPDX-License-Identifier: Apache-2.0 */
/* Text as numbers, correctly rounded. Nothing here depends on the locale or the rounding mode. */
#ifndef PROMC_BASE_PARSE_NUMBER_H
#define PROMC_BASE_PARSE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum promc__number_result {
    PROMC__NUMBER_OK,
    PROMC__NUMBER_SYNTAX,   /* not a number */
    PROMC__NUMBER_TOO_LARGE /* rounds to infinity; *value is that */
};

/*
 * Reads all of `text` as [+-]digits[.digits][e[+-]digits] with a digit before or after the point, or
 * [+-]inf, [+-]infinity, nan in any case: the numbers of OpenMetrics, and those of the text format
 * that are decimal. Hexadecimal and underscores are not numbers here. Linear in size.
 */
enum promc__number_result promc__parse_double(const char *text, size_t size, double *value);

/* Reads all of `text` as -?digits; false if it is none or does not fit. */
bool promc__parse_i64(const char *text, size_t size, int64_t *value);

#endif
