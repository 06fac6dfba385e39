/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which bucket of a native histogram a value belongs to (Prometheus, "Native Histograms",
 * "Schema"): bucket i of schema s covers (2^((i-1) * 2^-s), 2^(i * 2^-s)].
 *
 * A *place* is the index counted from zero and shifted to be positive: i - 1 plus a bias. At schema
 * 8 the bias is 2^19; since a coarser bucket is exactly two finer ones, the place at schema s is
 * the one at schema 8, shifted right by 8 - s, and the bias goes along. So one table serves all
 * schemas.
 */
#ifndef PROMC_METRICS_NATIVE_INDEX_H
#define PROMC_METRICS_NATIVE_INDEX_H

#include "base/compiler.h"

#include <stdbool.h>
#include <stdint.h>

#define PROMC__FINEST_SCHEMA 8
#define PROMC__COARSEST_SCHEMA (-4)

/* native_bounds.c */
extern const uint64_t promc__native_bounds[256] PROMC__HIDDEN;
extern const uint64_t promc__native_slices[512] PROMC__HIDDEN;

#define PROMC__PLACE_BIAS ((uint32_t)1 << 19)
#define PROMC__SIGN_BIT ((uint64_t)1 << 63)
#define PROMC__LEAST_NORMAL ((uint64_t)1 << 52)
#define PROMC__INFINITY_BITS ((uint64_t)0x7FF << 52)

/* The place at schema 8 of a number that is neither 0, subnormal, infinite nor NaN, by the bits of
 * its magnitude. A bucket includes its upper bound, so the double just below decides: for that one,
 * buckets include their lower bounds instead, and an exact power of two needs no exception. */
static inline uint32_t promc__normal_place(uint64_t magnitude)
{
    uint64_t before = magnitude - 1, mantissa = before << 12;
    uint64_t slice = promc__native_slices[mantissa >> (64 - 9)];
    uint32_t below = (uint32_t)(slice & 0xFFF) + (mantissa > slice);

    return (uint32_t)(before >> 52) * 256 + below + (PROMC__PLACE_BIAS - 1023 * 256);
}

static inline bool promc__is_normal(uint64_t magnitude)
{
    return (uint32_t)(magnitude >> 52) - 1 < 2046;
}

/* The same of any number but 0 and NaN. */
uint32_t promc__place_of(uint64_t magnitude);

/* From the place at a schema to the index, and back. */
static inline int32_t promc__index_of_place(uint32_t place, int schema)
{
    return (int32_t)place - (int32_t)(PROMC__PLACE_BIAS >> (PROMC__FINEST_SCHEMA - schema)) + 1;
}

static inline uint32_t promc__place_of_index(int32_t index, int schema)
{
    return (uint32_t)(index - 1) + (PROMC__PLACE_BIAS >> (PROMC__FINEST_SCHEMA - schema));
}

/* The upper bound of a bucket: the largest double in it. */
double promc__native_bound(int32_t index, int schema);

/* The coarsest schema whose buckets grow by at most `factor` > 1; the finest one if none does. */
int promc__schema_for(double factor);

#endif
