/* SPDX-License-Identifier: Apache-2.0 */
/* What histograms, gauge histograms and summaries share: a sum, and counts by bucket. */
#ifndef PROMC_METRICS_DISTRIBUTION_H
#define PROMC_METRICS_DISTRIBUTION_H

#include "metrics/family.h"

#include <math.h>

/* The `fill` of all three. */
void promc__distribution_fill(promc__child *child, const uint64_t *values, promc__point *point);

/* Sets bounds and cells from an option. PROMC_OK or an error code (last error set). */
int promc__set_buckets(promc__family *family, const promc_buckets *buckets);

/* Bounds are padded with +Inf to a multiple of this, for the search. */
#define PROMC__BOUND_STEP 4

/* Two numbers in one register where the processor has such; plain code elsewhere (GCC and Clang,
 * "Using Vector Instructions through Built-in Functions"). */
typedef double promc__two_doubles __attribute__((vector_size(16)));
typedef int64_t promc__two_counts __attribute__((vector_size(16)));

/* How many of a few bounds are below the value: all are compared, so no branch is mispredicted. */
static inline uint32_t promc__bounds_below(const double *bounds, size_t count, double value)
{
    promc__two_doubles values = {value, value}, low, high;
    promc__two_counts below = {0, 0}, more = {0, 0};

    for (size_t i = 0; i < count; i += PROMC__BOUND_STEP) {
        memcpy(&low, bounds + i, sizeof(low));
        memcpy(&high, bounds + i + 2, sizeof(high));
        below += low < values; /* true is -1 */
        more += high < values;
    }
    below += more;
    return (uint32_t)-(below[0] + below[1]);
}

/* The same for many, by halving, also without a branch that depends on the value. */
static inline uint32_t promc__bounds_below_many(const double *bounds, size_t count, double value)
{
    size_t below = 0;

    while (count > 1) {
        size_t half = count / 2;

        below += bounds[below + half - 1] < value ? half : 0;
        count -= half;
    }
    return (uint32_t)(below + (bounds[below] < value));
}

/* The bucket of a value: how many bounds are below it. NaN goes to the last. */
static inline uint32_t promc__bucket_of(const promc__family *family, double value)
{
    size_t count = family->bound_count;

    if (promc__unlikely(isnan(value)))
        return (uint32_t)count;
    if (promc__likely(count <= 32))
        return promc__bounds_below(family->bounds, count, value);
    return promc__bounds_below_many(family->bounds, count, value);
}

#endif
