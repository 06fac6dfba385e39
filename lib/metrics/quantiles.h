/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantiles of a summary over a sliding window.
 *
 * Values are counted in buckets that grow exponentially, those of native histograms, so a quantile
 * is known within a relative error (Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile
 * sketch with relative-error guarantees", VLDB 2019). The buckets of one octave (a factor of two)
 * are together in a *ring*, made when the first value falls into it.
 *
 * The window is five slices of time. A ring has each bucket five times, and the number of the
 * current slice, modulo five, tells which of them counts. Nothing is ever cleared when the window
 * moves on: a cell holds its count together with the slice it belongs to, whoever adds to a cell of
 * another slice begins at zero, and whoever reads leaves out what is too old. So there is no work to
 * be done at any certain time, and a summary that nobody observes or scrapes for days is right at
 * once.
 *
 * Cells are private to threads like all others (cells.h), with cells that all share as fallback. One
 * word is one step, so a scrape reads them while they change.
 */
#ifndef PROMC_METRICS_QUANTILES_H
#define PROMC_METRICS_QUANTILES_H

#include "metrics/family.h"
#include "metrics/native_index.h"

#define PROMC__SLICES 5u

/* A cell: the number of the slice (its low bits), and how often. */
#define PROMC__SLICE_COUNT_BITS 36
#define PROMC__SLICE_COUNT (((uint64_t)1 << PROMC__SLICE_COUNT_BITS) - 1)

/* Octaves from (2^-64, 2^-63] to (2^63, 2^64], of each sign. */
#define PROMC__OCTAVES 128u
#define PROMC__FIRST_OCTAVE (PROMC__PLACE_BIAS / 256 - 64)

/* Rings in ascending order of their values: what is below all, the negative octaves, zero and what
 * is too small, the positive octaves, what is above all. */
enum {
    PROMC__RING_BELOW,
    PROMC__RING_ZERO = PROMC__RING_BELOW + PROMC__OCTAVES + 1,
    PROMC__RING_ABOVE = PROMC__RING_ZERO + PROMC__OCTAVES + 1,
    PROMC__RINGS,
    PROMC__NO_RING = PROMC__RINGS
};

typedef struct promc__ring {
    _Atomic uint32_t slot; /* of its private cells; PROMC__NO_SLOT: it has none yet */
    uint32_t width;        /* buckets: cell `bucket` of slice `s` is s % PROMC__SLICES * width + bucket */
    atomic_bool uses_shared; /* set with the first count there */
    _Atomic uint64_t shared[];
} promc__ring;

/* child->extra of a summary with quantiles. */
typedef struct promc__sketch {
    promc__ring *_Atomic rings[PROMC__RINGS];
} promc__sketch;

/* The options of a family. */
typedef struct promc__quantile_config {
    int schema; /* a ring has 2^schema buckets */
    double slices_per_ns;
    size_t count;
    double quantiles[];
} promc__quantile_config;

/* Sets family->quantiles from options; does nothing if they ask for none. PROMC_OK or an error code
 * (last error set). */
int promc__quantiles_configure(promc__family *family, const promc_summary_opts *options);

/* The `prepare` and `finish` of summaries. */
bool promc__quantiles_prepare(promc__child *child);
void promc__quantiles_finish(promc__child *child);

/* Counts a value in the sum, the count and the window. */
void promc__quantiles_observe(promc__child *child, double value);

/* Fills the quantiles of a point, which has them in `values` then; returns how many values the window
 * has. Takes long with many threads, so no lock is needed, if the child does not end meanwhile. */
uint64_t promc__quantiles_fill(const promc__child *child, double *values, promc__point *point);

/* How many of `count` values, which is not 0, are below the quantile. */
uint64_t promc__quantile_rank(double quantile, uint64_t count);

/* ---- for quantiles.c and quantiles_read.c ---------------------------------------------------- */

/* The number of the current slice; more than PROMC__SLICES, so that there are slices before it. */
static inline uint64_t promc__current_slice(const promc__quantile_config *config, uint64_t now_ns)
{
    return (uint64_t)(int64_t)((double)(int64_t)now_ns * config->slices_per_ns) + PROMC__SLICES;
}

/* A cell of this slice with a count of 0. */
static inline uint64_t promc__slice_tag(uint64_t slice)
{
    return slice << PROMC__SLICE_COUNT_BITS;
}

/* The ring of a value, and its bucket there; PROMC__NO_RING for NaN. */
static inline uint32_t promc__ring_of(double value, int schema, uint32_t *bucket)
{
    uint64_t bits = promc__double_to_bits(value), magnitude = bits & ~PROMC__SIGN_BIT;
    uint32_t place, octave, last = ((uint32_t)1 << schema) - 1;
    bool negative = bits != magnitude;

    *bucket = 0;
    if (promc__unlikely(magnitude > PROMC__INFINITY_BITS))
        return PROMC__NO_RING;
    if (magnitude == 0)
        return PROMC__RING_ZERO;
    place = promc__likely(promc__is_normal(magnitude)) ? promc__normal_place(magnitude)
                                                       : promc__place_of(magnitude);
    octave = place / 256 - PROMC__FIRST_OCTAVE;
    if (promc__unlikely(octave >= PROMC__OCTAVES)) {
        if (place / 256 < PROMC__FIRST_OCTAVE)
            return PROMC__RING_ZERO;
        return negative ? PROMC__RING_BELOW : PROMC__RING_ABOVE;
    }
    *bucket = place % 256 >> (PROMC__FINEST_SCHEMA - schema);
    if (!negative)
        return PROMC__RING_ZERO + 1 + octave;
    *bucket = last - *bucket;
    return PROMC__RING_ZERO - 1 - octave;
}

/* The value that stands for a bucket: it is off by at most the promised error. */
double promc__bucket_middle(uint32_t ring, uint32_t bucket, int schema);

#endif
