/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/distribution.h"

#include "base/error.h"
#include "base/memory.h"

#define MOST_BUCKETS 10000

void promc__distribution_fill(promc__child *child, const uint64_t *values, promc__point *point)
{
    point->sum = promc__bits_to_double(values[0]);
    point->counts = values + 1;
    point->bounds = child->family->bounds;
    point->bound_count = child->family->bound_count;
}

/* client_python's default (metrics.py, Histogram.DEFAULT_BUCKETS). */
static const double default_bounds[] = {.005, .01, .025, .05, .075, .1,  .25,
                                        .5,   .75, 1,    2.5, 5,    7.5, 10};

static double bound_at(const promc_buckets *buckets, size_t i, double before)
{
    switch (buckets->kind) {
    case PROMC_BUCKETS_LINEAR_STEPS:
        return buckets->start + (double)i * buckets->step;
    case PROMC_BUCKETS_EXPONENTIAL_STEPS:
        return i ? before * buckets->step : buckets->start;
    default:
        return buckets->bounds[i];
    }
}

static int check_buckets(const promc__family *family, const promc_buckets *buckets)
{
    const char *name = family->name;

    if (buckets->count > MOST_BUCKETS)
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: more than %d buckets", name, MOST_BUCKETS);
    if ((unsigned)buckets->kind > PROMC_BUCKETS_EXPONENTIAL_STEPS)
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: .buckets is of no known kind", name);
    if (buckets->kind == PROMC_BUCKETS_LISTED && !buckets->bounds)
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: .buckets has a count but no bounds", name);
    if (buckets->kind == PROMC_BUCKETS_LINEAR_STEPS && !(buckets->step > 0))
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: the width of linear buckets must be > 0",
                           name);
    if (buckets->kind == PROMC_BUCKETS_EXPONENTIAL_STEPS &&
        !(buckets->start > 0 && buckets->step > 1))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: exponential buckets need a start > 0 and a factor > 1", name);
    return PROMC_OK;
}

/* Leaves out a final +Inf, which is always there. */
static int copy_bounds(promc__family *family, const promc_buckets *buckets)
{
    for (size_t i = 0; i < buckets->count; i++) {
        double bound = bound_at(buckets, i, i ? family->bounds[i - 1] : 0);

        if (isnan(bound) || (isinf(bound) && bound > 0 && i + 1 < buckets->count))
            return promc__fail(PROMC_ERROR_ARGUMENT,
                               "%s: bound %lu of %lu of the buckets is %s (+Inf may only be last)",
                               family->name, (unsigned long)i + 1, (unsigned long)buckets->count,
                               isnan(bound) ? "NaN" : "+Inf");
        if (i && !(family->bounds[i - 1] < bound))
            return promc__fail(PROMC_ERROR_ARGUMENT,
                               "%s: Buckets not in sorted order (each bound must be larger than "
                               "the one before, which bound %lu is not)",
                               family->name, (unsigned long)i + 1);
        family->bounds[i] = bound;
    }
    family->bound_count = buckets->count;
    if (family->bound_count && isinf(family->bounds[family->bound_count - 1]) &&
        family->bounds[family->bound_count - 1] > 0)
        family->bound_count--;
    if (family->bound_count == 0)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: Must have at least two buckets: +Inf, which is always there, and "
                           "one with a finite bound",
                           family->name);
    return PROMC_OK;
}

static size_t padded(size_t bounds)
{
    return (bounds + PROMC__BOUND_STEP - 1) / PROMC__BOUND_STEP * PROMC__BOUND_STEP;
}

int promc__set_buckets(promc__family *family, const promc_buckets *buckets)
{
    promc_buckets listed = {.count = promc__count_of(default_bounds), .bounds = default_bounds};
    bool unset = buckets->kind == PROMC_BUCKETS_LISTED && !buckets->bounds && !buckets->count;
    size_t room;
    int status;

    if (!unset)
        listed = *buckets;
    status = check_buckets(family, &listed);
    if (status != PROMC_OK)
        return status;
    room = padded(listed.count);
    family->bounds = promc__malloc(room * sizeof(double));
    if (!family->bounds)
        return promc__fail_memory(family->name);
    status = copy_bounds(family, &listed);
    for (size_t i = family->bound_count; i < room; i++)
        family->bounds[i] = (double)INFINITY;
    family->few_bounds = family->bound_count <= PROMC__FEW_BOUNDS ? padded(family->bound_count) : 0;
    family->cells = (uint32_t)family->bound_count + 2;
    return status;
}

/* By halving, without a branch that depends on the value. */
uint32_t promc__search_bounds(const promc__family *family, double value)
{
    size_t below = 0, count = family->bound_count;

    if (count == 0 || isnan(value))
        return (uint32_t)count;
    while (count > 1) {
        size_t half = count / 2;

        below += family->bounds[below + half - 1] < value ? half : 0;
        count -= half;
    }
    return (uint32_t)(below + (family->bounds[below] < value));
}
