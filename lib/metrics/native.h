/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native histograms: buckets that grow exponentially and exist where there are values.
 *
 * A child points to its current layout (native_layout.h), and an observation inside one section adds
 * to a few of its cells. What asks for more than the layout has:
 *
 *  - A value without cells gets them from the spare ones of the layout, or by a larger layout that
 *    takes over. Both are done by the observing thread with a compare-and-swap, without a lock.
 *  - Older layouts hang on the current one and still count in every snapshot. When no section can be
 *    using them any more (promc__quiesce()), a scrape adds their numbers to the *base* and frees them.
 *  - Where memory for a layout is refused, a few values wait as a whole (so no snapshot sees a part of
 *    one) for the next scrape; more are dropped and counted.
 *  - Too many populated buckets are noticed by scrapes that show them: see native_read.c.
 */
#ifndef PROMC_METRICS_NATIVE_H
#define PROMC_METRICS_NATIVE_H

#include "metrics/family.h"
#include "metrics/native_layout.h"

/* Exemplars that a child keeps for its native buckets; a bucket's index tells which one it takes. */
#define PROMC__NATIVE_EXEMPLARS 10

/* The options of a family. */
struct promc__native_config {
    int schema;
    double zero_threshold, max_zero_threshold;
    size_t max_buckets;
    double reset_seconds; /* 0: never */
};

#define PROMC__FEW_WAITING 8

/* Of a child. */
typedef struct promc__native {
    promc__native_counts base; /* under the stripe lock, as the next */
    uint64_t last_reset;       /* of the monotonic clock */
    _Atomic uint64_t waiting[2][PROMC__FEW_WAITING]; /* values to be observed, to be forgotten */
} promc__native;

/* Sets family->native from options; does nothing if they ask for none. PROMC_OK or an error code
 * (last error set). */
int promc__native_configure(promc__family *family, const promc_histogram_opts *options);

/* The current layout, in the word that a child without cells of its own has; NULL: none yet. */
static inline promc__layout *_Atomic *promc__native_layout(promc__child *child)
{
    return (promc__layout * _Atomic *)(void *)promc__shared(&child->numbers);
}

/* The `prepare` and a part of the `finish` of histograms. */
bool promc__native_prepare(promc__child *child);
void promc__native_finish(promc__child *child);

void promc__native_observe(promc__child *child, double value);
/* Takes an observation back. Counts are modulo 2^64 in every cell, so any thread may. */
void promc__native_forget(promc__child *child, double value);
/* Which exemplar of a child belongs to a value. */
size_t promc__native_exemplar(const promc__family *family, double value);

/* Counts the values that wait, and gives the current layout slots. Under the stripe lock. */
void promc__native_settle(promc__child *child);
/* Has a layout made for `plan` take over. Under the stripe lock. NULL: no memory. */
promc__layout *promc__native_replace(promc__child *child, promc__plan *plan);
/* A plan with the family's limits and nothing in it. */
promc__plan promc__native_plan(const promc__family *family, int schema, double zero_threshold);

/* promc__cursor_step() for native histograms, and what frees its scratch. */
bool promc__native_step(promc__cursor *cursor, void (*take)(const promc__point *point, void *arg),
                        void *arg);
void promc__native_visited(promc__cursor *cursor);

#endif
