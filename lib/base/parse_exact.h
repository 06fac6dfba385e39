/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals that only exact arithmetic can round. */
#ifndef PROMC_BASE_PARSE_EXACT_H
#define PROMC_BASE_PARSE_EXACT_H

#include <stdint.h>

#define PROMC__INFINITE_BITS (UINT64_C(0x7ff) << 52)

/*
 * The bits of the double closest to the decimal [begin, end) * 10^exponent, ties to even. The decimal
 * is digits with at most one point, not all zero. `estimate` are the bits of a double close by: each
 * step it is off costs one comparison of big integers.
 */
uint64_t promc__exact_bits(const char *begin, const char *end, int64_t exponent, uint64_t estimate);

#endif
