/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native histograms: buckets that grow exponentially and exist where there are values.
 *
 * A child points to its current layout (native_layout.h), and an observation inside one section adds
 * to two of its cells. What asks for more than the layout has:
 *
 *  - A value outside the cells is left in the list of *waiting* values, as a whole, so no snapshot
 *    ever sees a part of it. Whoever then gets the lock (without waiting for it), or the next
 *    scrape, makes cells for the values that wait, and counts them.
 *  - A layout that has no room is replaced by a larger one; *retired*, it still counts in every
 *    snapshot. When no section can be using it any more (promc__quiesce()), a scrape adds its numbers
 *    to the *base* and frees it.
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

typedef struct promc__waiting promc__waiting; /* native.c */

#define PROMC__FEW_WAITING 8

/* Of a child; all but the waiting values under the stripe lock. */
typedef struct promc__native {
    promc__layout *retired;
    promc__native_counts base;
    uint64_t last_reset; /* of the monotonic clock */
    bool reduced;        /* resolution or zero bucket are not as configured */
    /* Values that have no cells yet: the first few need no memory. */
    _Atomic uint64_t few[PROMC__FEW_WAITING];
    promc__waiting *_Atomic more;
    atomic_uint more_count;
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
/* Which exemplar of a child belongs to a value. */
size_t promc__native_exemplar(const promc__family *family, double value);

/* Counts the values that wait. Under the stripe lock; `patient`: may wait for the cells lock. */
void promc__native_settle(promc__child *child, bool patient);
/* Has a layout made for `plan` take over. Under the stripe lock; the cells lock is held. */
bool promc__native_publish(promc__child *child, promc__plan *plan);
/* A plan with the family's limits and nothing in it. */
promc__plan promc__native_plan(const promc__family *family, int schema, double zero_threshold);

/* promc__cursor_step() for native histograms. */
bool promc__native_step(promc__cursor *cursor, void (*take)(const promc__point *point, void *arg),
                        void *arg);
void promc__native_scratch_free(struct promc__native_scratch *scratch);

#endif
