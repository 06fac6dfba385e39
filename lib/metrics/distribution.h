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

/*
 * The bucket of a value: how many bounds are below it. Few bounds are all compared, without a branch
 * that could be mispredicted; many are halved, also without one.
 */
static inline uint32_t promc__bucket_of(const promc__family *family, double value)
{
    const double *bounds = family->bounds;
    size_t count = family->bound_count, below = 0;

    if (promc__unlikely(isnan(value)))
        return (uint32_t)count;
    if (count <= 32) {
        uint32_t a = 0, b = 0, c = 0, d = 0;

        for (size_t i = 0; i < count; i += PROMC__BOUND_STEP) {
            a += bounds[i] < value;
            b += bounds[i + 1] < value;
            c += bounds[i + 2] < value;
            d += bounds[i + 3] < value;
        }
        return a + b + c + d;
    }
    while (count > 1) {
        size_t half = count / 2;

        below += (bounds[below + half - 1] < value) * half;
        count -= half;
    }
    return (uint32_t)(below + (bounds[below] < value));
}

#endif
