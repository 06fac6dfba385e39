/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/native_counts.h"

#include "base/memory.h"
#include "metrics/native_index.h"

#include <string.h>

void promc__native_clear(promc__native_counts *counts, int schema, double zero_threshold)
{
    counts->schema = schema;
    counts->zero_threshold = zero_threshold;
    counts->sum = 0;
    counts->nan_count = counts->zero_count = 0;
    counts->sides[0].count = counts->sides[1].count = 0;
    if (counts->classic_count)
        memset(counts->classic, 0, counts->classic_count * sizeof(*counts->classic));
}

void promc__native_free(promc__native_counts *counts)
{
    promc__free(counts->classic);
    promc__free(counts->sides[0].buckets);
    promc__free(counts->sides[1].buckets);
    *counts = (promc__native_counts){0};
}

bool promc__native_classic(promc__native_counts *counts, size_t count)
{
    if (counts->classic_count == count)
        return true;
    counts->classic = promc__zalloc(count * sizeof(*counts->classic));
    if (!counts->classic)
        return false;
    counts->classic_count = count;
    return true;
}

/* ---- room ------------------------------------------------------------------------------------ */

static bool reserve_buckets(promc__native_side *side, size_t count)
{
    size_t capacity = side->capacity ? side->capacity : 16, bytes;
    promc__native_bucket *grown;

    if (count <= side->capacity)
        return true;
    while (capacity < count)
        capacity *= 2;
    if (!promc__size_of(capacity, sizeof(*grown), 0, &bytes))
        return false;
    grown = promc__realloc(side->buckets, bytes);
    if (!grown)
        return false;
    side->buckets = grown;
    side->capacity = capacity;
    return true;
}

bool promc__native_append(promc__native_side *side, int32_t index, uint64_t count)
{
    if (!reserve_buckets(side, side->count + 1))
        return false;
    side->buckets[side->count++] = (promc__native_bucket){index, count};
    return true;
}

/* ---- making it coarser ----------------------------------------------------------------------- */

/* Index i becomes i / 2 rounded up: two neighbours become one, and end where the second did. */
static void halve_side(promc__native_side *side)
{
    size_t kept = 0;

    for (size_t i = 0; i < side->count; i++) {
        promc__native_bucket bucket = side->buckets[i];

        bucket.index = (bucket.index + 1 - (bucket.index + 1 < 0 && (bucket.index + 1) % 2)) / 2;
        if (kept && side->buckets[kept - 1].index == bucket.index)
            side->buckets[kept - 1].count += bucket.count;
        else
            side->buckets[kept++] = bucket;
    }
    side->count = kept;
}

static void halve_resolution(promc__native_counts *counts)
{
    halve_side(&counts->sides[0]);
    halve_side(&counts->sides[1]);
    counts->schema--;
}

static void swallow_side(promc__native_counts *counts, promc__native_side *side)
{
    size_t swallowed = 0;

    while (swallowed < side->count &&
           promc__native_bound(side->buckets[swallowed].index, counts->schema) <=
               counts->zero_threshold)
        counts->zero_count += side->buckets[swallowed++].count;
    side->count -= swallowed;
    if (swallowed)
        memmove(side->buckets, side->buckets + swallowed, side->count * sizeof(*side->buckets));
}

/* A threshold that lies within a bucket leaves that bucket alone: what is in it is above. */
static void widen_zero(promc__native_counts *counts, double threshold)
{
    if (!(counts->zero_threshold < threshold))
        return;
    counts->zero_threshold = threshold;
    swallow_side(counts, &counts->sides[0]);
    swallow_side(counts, &counts->sides[1]);
}

/* The zero bucket grows before the resolution falls: its new bound is one of fine buckets. */
static void make_alike(promc__native_counts *counts, const promc__native_counts *other)
{
    widen_zero(counts, other->zero_threshold);
    while (counts->schema > other->schema)
        halve_resolution(counts);
}

/* The upper bound of the smallest bucket of both sides; there is one. */
static double smallest_bound(const promc__native_counts *counts)
{
    const promc__native_side *sides = counts->sides;
    int32_t index;

    if (!sides[1].count || (sides[0].count && sides[0].buckets[0].index < sides[1].buckets[0].index))
        index = sides[0].buckets[0].index;
    else
        index = sides[1].buckets[0].index;
    return promc__native_bound(index, counts->schema);
}

void promc__native_limit(promc__native_counts *counts, size_t most, double max_zero_threshold)
{
    while (promc__native_populated(counts) > most) {
        double bound = smallest_bound(counts);

        if (bound <= max_zero_threshold && bound > counts->zero_threshold)
            widen_zero(counts, bound);
        else if (counts->schema > PROMC__COARSEST_SCHEMA)
            halve_resolution(counts);
        else
            return;
    }
}

/* ---- adding up ------------------------------------------------------------------------------- */

/* How many different indices two sides have. */
static size_t union_size(const promc__native_side *a, const promc__native_side *b)
{
    size_t i = 0, j = 0, size = 0;

    for (; i < a->count && j < b->count; size++) {
        int32_t left = a->buckets[i].index, right = b->buckets[j].index;

        i += left <= right;
        j += right <= left;
    }
    return size + (a->count - i) + (b->count - j);
}

/* From the end, so that nothing is overwritten before it was moved. There is room. */
static void merge_side(promc__native_side *into, const promc__native_side *from)
{
    size_t i = into->count, j = from->count, at = union_size(into, from);

    into->count = at;
    while (j > 0) {
        promc__native_bucket bucket = from->buckets[j - 1];

        if (i > 0 && into->buckets[i - 1].index > bucket.index) {
            into->buckets[--at] = into->buckets[--i];
            continue;
        }
        if (i > 0 && into->buckets[i - 1].index == bucket.index)
            bucket.count += into->buckets[--i].count;
        into->buckets[--at] = bucket;
        j--;
    }
}

bool promc__native_add(promc__native_counts *into, promc__native_counts *from)
{
    make_alike(from, into);
    make_alike(into, from);
    for (int side = 0; side < 2; side++) {
        if (!reserve_buckets(&into->sides[side],
                             union_size(&into->sides[side], &from->sides[side])))
            return false;
    }
    if (from->classic_count && !promc__native_classic(into, from->classic_count))
        return false;
    into->sum += from->sum;
    into->nan_count += from->nan_count;
    into->zero_count += from->zero_count;
    for (size_t i = 0; i < from->classic_count; i++)
        into->classic[i] += from->classic[i];
    merge_side(&into->sides[0], &from->sides[0]);
    merge_side(&into->sides[1], &from->sides[1]);
    return true;
}

static bool is_left(uint64_t count)
{
    return count != 0 && count <= INT64_MAX;
}

void promc__native_drop_empty(promc__native_counts *counts)
{
    counts->nan_count = is_left(counts->nan_count) ? counts->nan_count : 0;
    counts->zero_count = is_left(counts->zero_count) ? counts->zero_count : 0;
    for (int which = 0; which < 2; which++) {
        promc__native_side *side = &counts->sides[which];
        size_t kept = 0;

        for (size_t i = 0; i < side->count; i++) {
            if (is_left(side->buckets[i].count))
                side->buckets[kept++] = side->buckets[i];
        }
        side->count = kept;
    }
}

uint64_t promc__native_total(const promc__native_counts *counts)
{
    uint64_t total = counts->nan_count + counts->zero_count;

    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < counts->sides[side].count; i++)
            total += counts->sides[side].buckets[i].count;
    }
    return total;
}

size_t promc__native_populated(const promc__native_counts *counts)
{
    return counts->sides[0].count + counts->sides[1].count;
}
