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

/* Bounds are padded with +Inf to a multiple of this, for the search. Few are searched one by one:
 * that is quicker as long as their cells are in one page, and somewhat longer. */
#define PROMC__BOUND_STEP 8
#define PROMC__FEW_BOUNDS 62

/* Two numbers in one register where the processor has such; plain code elsewhere (GCC and Clang,
 * "Using Vector Instructions through Built-in Functions"). */
typedef double promc__two_doubles __attribute__((vector_size(16)));
typedef int64_t promc__two_counts __attribute__((vector_size(16)));

/* How many of a few bounds, with their padding, are below the value: all are compared, so no branch
 * is mispredicted. */
static inline uint32_t promc__bounds_below(const double *bounds, size_t padded, double value)
{
    promc__two_doubles values = {value, value}, first, second, third, fourth;
    promc__two_counts below = {0, 0}, more = {0, 0};

    for (size_t i = 0; i < padded; i += PROMC__BOUND_STEP) {
        memcpy(&first, bounds + i, sizeof(first));
        memcpy(&second, bounds + i + 2, sizeof(second));
        memcpy(&third, bounds + i + 4, sizeof(third));
        memcpy(&fourth, bounds + i + 6, sizeof(fourth));
        below += first < values; /* true is -1 */
        more += second < values;
        below += third < values;
        more += fourth < values;
    }
    below += more;
    return (uint32_t)-(below[0] + below[1]);
}

/* The same for many bounds, none, and NaN, which goes to the last bucket. */
uint32_t promc__search_bounds(const promc__family *family, double value);

/* The bucket of a value: how many bounds are below it. */
static inline uint32_t promc__bucket_of(const promc__family *family, double value)
{
    if (promc__likely(family->few_bounds && !isnan(value)))
        return promc__bounds_below(family->bounds, family->few_bounds, value);
    return promc__search_bounds(family, value);
}

#endif
