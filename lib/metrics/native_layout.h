/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the buckets of a native histogram have their cells. One block of numbers holds
 *
 *   [sum] [NaN] [zero] [classic buckets ...] [16 buckets] [16 buckets] ...
 *
 * and a table for each sign tells which sixteen neighbouring buckets (a *span*) are where, so that
 * a histogram has cells only around the values it has seen. Any thread may give a span its cells,
 * as long as there are spare ones; resolution, zero bucket and range of the tables never change:
 * for that a new layout takes over.
 */
#ifndef PROMC_METRICS_NATIVE_LAYOUT_H
#define PROMC_METRICS_NATIVE_LAYOUT_H

#include "cells/cells.h"
#include "metrics/native_counts.h"
#include "metrics/native_index.h"

#define PROMC__SPAN 16u /* buckets that have their cells together */

enum { PROMC__NAN_CELL = 1, PROMC__ZERO_CELL, PROMC__CLASSIC_CELLS };

/* For each span: its first cell, 0 if it has none. */
typedef struct promc__spans {
    uint32_t first, size; /* the table's range, in spans */
    _Atomic uint16_t *cells;
} promc__spans;

typedef struct promc__layout {
    /* Bits of the usual values: the first, and how many. They are positive normal numbers above the
     * zero threshold and in the range of the table; none if there are classic buckets. */
    uint64_t usual, usual_count;
    promc__spans sides[2];
    uint32_t shift;        /* from places at schema 8 to this one's */
    _Atomic uint32_t slot; /* of the numbers, within reach */
    uint32_t classic;      /* buckets */
    uint32_t cells;        /* of the numbers */
    uint64_t zero_bits;    /* of the zero threshold */
    promc__numbers *numbers;
    struct promc__native *state; /* native.h */
    struct promc__layout *older; /* the one it replaced; under the stripe lock once published */
    atomic_uint used;            /* spans with cells */
    uint32_t room;
} promc__layout;

/* What a layout is made for: the spans that it shall have at once. */
typedef struct promc__plan {
    int schema;
    double zero_threshold;
    uint32_t classic;
    size_t most; /* spans */
    struct promc__planned {
        uint32_t *spans; /* ascending */
        size_t count, capacity;
    } sides[2];
} promc__plan;

/* Adds what a layout has, or what numbers need, at the schema of the plan (which is not finer), and
 * one span. False: no memory. */
bool promc__plan_layout(promc__plan *plan, const promc__layout *layout);
bool promc__plan_counts(promc__plan *plan, const promc__native_counts *counts);
bool promc__plan_span(promc__plan *plan, int side, uint32_t span);
void promc__plan_free(promc__plan *plan);

/* NULL: no memory. A plan with too many spans is made coarser. It has no slots yet. */
promc__layout *promc__layout_new(promc__plan *plan);
/* Gives it slots, so that threads get cells of their own. False: no memory, or, unless `patient`,
 * the cells lock is taken. */
bool promc__layout_attach(promc__layout *layout, bool patient);
/* With the cells lock held if it has slots, when nobody uses it any more. */
void promc__layout_free(promc__layout *layout);

static inline int promc__layout_schema(const promc__layout *layout)
{
    return PROMC__FINEST_SCHEMA - (int)layout->shift;
}

/* Gives a span its cells; false: there is no room, or it is not in the range of the tables. */
bool promc__layout_extend(promc__layout *layout, int side, uint32_t span);

/* Adds what was read from its numbers. False: no memory. */
bool promc__layout_pour(const promc__layout *layout, const uint64_t *values,
                        promc__native_counts *counts);

/* The cell of a place in the table, of which `span` is the span there; 0: it has none. */
static inline uint32_t promc__spans_cell(const promc__spans *spans, uint32_t span, uint32_t place)
{
    uint32_t cell = atomic_load_explicit(&spans->cells[span], memory_order_relaxed);

    return cell ? cell + place % PROMC__SPAN : 0;
}

/* The cell of the bucket at a place (of schema 8); 0: it has none. */
static inline uint32_t promc__layout_place(const promc__layout *layout, int side, uint32_t place)
{
    const promc__spans *spans = &layout->sides[side];
    uint32_t span;

    place >>= layout->shift;
    span = place / PROMC__SPAN - spans->first;
    return promc__likely(span < spans->size) ? promc__spans_cell(spans, span, place) : 0;
}

/* The cell that counts a value; 0: it has none. */
uint32_t promc__layout_cell(const promc__layout *layout, double value);

/* The same of zeros and normal numbers; 0 for all others. */
static inline uint32_t promc__layout_normal_cell(const promc__layout *layout, double value)
{
    uint64_t bits = promc__double_to_bits(value), magnitude = bits & ~PROMC__SIGN_BIT;

    if (magnitude <= layout->zero_bits)
        return PROMC__ZERO_CELL;
    if (promc__unlikely(!promc__is_normal(magnitude)))
        return 0;
    return promc__layout_place(layout, (int)(bits >> 63), promc__normal_place(magnitude));
}

/* The same of usual values, which are in the table; 0 for all others. */
static inline uint32_t promc__layout_usual_cell(const promc__layout *layout, double value)
{
    const promc__spans *spans = &layout->sides[0];
    uint64_t bits = promc__double_to_bits(value);
    uint32_t place;

    if (promc__unlikely(bits - layout->usual >= layout->usual_count))
        return 0;
    place = promc__normal_place(bits) >> layout->shift;
    return promc__spans_cell(spans, place / PROMC__SPAN - spans->first, place);
}

#endif
