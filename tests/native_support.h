/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at native histograms as a scrape does. */
#ifndef PROMC_TESTS_NATIVE_SUPPORT_H
#define PROMC_TESTS_NATIVE_SUPPORT_H

#include "support.h"
#include "metrics/native.h"

struct seen {
    promc__native_point native;
    promc__native_bucket buckets[2][4096];
    double sum, created;
    uint64_t count, total; /* of classic buckets (or the one there is); of native ones and zero */
    uint64_t classic[64];
    size_t classic_count, points;
};

static inline void see_point(const promc__point *point, void *arg)
{
    struct seen *seen = arg;

    seen->points++;
    assert_non_null(point->native);
    seen->native = *point->native;
    seen->sum = point->sum;
    seen->created = point->created;
    seen->classic_count = point->bound_count + 1;
    for (size_t i = 0; i <= point->bound_count; i++) {
        if (i < COUNT(seen->classic))
            seen->classic[i] = point->counts[i];
        seen->count += point->counts[i];
    }
    seen->total = seen->native.zero_count;
    for (int side = 0; side < 2; side++) {
        size_t count = point->native->sides[side].count;

        assert_true(count <= COUNT(seen->buckets[0]));
        if (count)
            memcpy(seen->buckets[side], point->native->sides[side].buckets,
                   count * sizeof(seen->buckets[0][0]));
        seen->native.sides[side].buckets = seen->buckets[side];
        for (size_t i = 0; i < count; i++) {
            seen->total += seen->buckets[side][i].count;
            assert_true(seen->buckets[side][i].count != 0);
            assert_true(i == 0 || seen->buckets[side][i - 1].index < seen->buckets[side][i].index);
        }
    }
}

/* One scrape; the last point is what is seen. False: memory was refused. */
static inline bool try_look(promc__family *family, struct seen *seen, bool native)
{
    promc__cursor cursor;
    bool good;

    memset(seen, 0, sizeof(*seen));
    if (!promc__cursor_open(&cursor, family))
        return false;
    cursor.native = native;
    while (promc__cursor_step(&cursor, see_point, seen))
        ;
    good = cursor.error == PROMC_OK;
    promc__cursor_close(&cursor);
    return good;
}

static inline void look(promc_histogram *histogram, struct seen *seen)
{
    assert_true(try_look(((promc__child *)histogram)->family, seen, true));
    assert_int_equal(seen->points, 1);
}

/* The count of one bucket. */
static inline uint64_t seen_bucket(const struct seen *seen, int side, int32_t index)
{
    for (size_t i = 0; i < seen->native.sides[side].count; i++) {
        if (seen->buckets[side][i].index == index)
            return seen->buckets[side][i].count;
    }
    return 0;
}

#endif
