/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of a native histogram at rest: only the buckets that are not empty, in order. What is
 * added up, made coarser and exposed; nobody else looks at it meanwhile.
 */
#ifndef PROMC_METRICS_NATIVE_COUNTS_H
#define PROMC_METRICS_NATIVE_COUNTS_H

#include "metrics/point.h"

typedef struct promc__native_side {
    promc__native_bucket *buckets; /* ascending, none of them empty */
    size_t count, capacity;
} promc__native_side;

typedef struct promc__native_counts {
    int schema;
    double zero_threshold;
    double sum;
    uint64_t nan_count, zero_count;
    uint64_t *classic; /* of classic buckets, each for itself; made on demand */
    size_t classic_count;
    promc__native_side sides[2]; /* positive, negative */
} promc__native_counts;

/* Empties it; the memory stays. */
void promc__native_clear(promc__native_counts *counts, int schema, double zero_threshold);
void promc__native_free(promc__native_counts *counts);

/* Room for classic buckets. False: no memory. */
bool promc__native_classic(promc__native_counts *counts, size_t count);
/* Adds a bucket behind all others. False: no memory. */
bool promc__native_append(promc__native_side *side, int32_t index, uint64_t count);

/*
 * into += from. Both become as coarse as the coarser one first, and get the larger zero bucket.
 * False: no memory, `into` has not got anything.
 */
bool promc__native_add(promc__native_counts *into, promc__native_counts *from);

/* Takes out buckets in which nothing is left; as if that were so, too, where more was taken away than
 * there was. */
void promc__native_drop_empty(promc__native_counts *counts);

/* Observations, and buckets that are not empty. */
uint64_t promc__native_total(const promc__native_counts *counts);
size_t promc__native_populated(const promc__native_counts *counts);

/*
 * Makes it coarser until at most `most` buckets are populated: moves the smallest ones to the zero
 * bucket as long as that does not become wider than `max_zero_threshold`, then halves the
 * resolution (client_golang: histogram.go, limitBuckets).
 */
void promc__native_limit(promc__native_counts *counts, size_t most, double max_zero_threshold);

#endif
