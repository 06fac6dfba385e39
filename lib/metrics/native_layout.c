/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/native_layout.h"

#include "base/lock.h"
#include "base/memory.h"

#include <string.h>

/* A table has 16 bits for a cell. */
#define MOST_CELLS 65535u

/* ---- plans ----------------------------------------------------------------------------------- */

static bool reserve_planned(struct promc__planned *side)
{
    size_t capacity = side->capacity ? 2 * side->capacity : 16;
    uint32_t *grown;

    if (side->count < side->capacity)
        return true;
    grown = promc__realloc(side->spans, capacity * sizeof(*grown));
    if (!grown)
        return false;
    side->spans = grown;
    side->capacity = capacity;
    return true;
}

/* Mostly they come in order. */
bool promc__plan_span(promc__plan *plan, int side, uint32_t span)
{
    struct promc__planned *planned = &plan->sides[side];
    size_t at = planned->count;

    while (at > 0 && planned->spans[at - 1] >= span) {
        if (planned->spans[--at] == span)
            return true;
    }
    if (!reserve_planned(planned))
        return false;
    memmove(planned->spans + at + 1, planned->spans + at,
            (planned->count - at) * sizeof(*planned->spans));
    planned->spans[at] = span;
    planned->count++;
    return true;
}

bool promc__plan_layout(promc__plan *plan, const promc__layout *layout)
{
    int coarser = promc__layout_schema(layout) - plan->schema;

    for (int side = 0; side < 2; side++) {
        const promc__spans *spans = &layout->sides[side];

        for (uint32_t i = 0; i < spans->size; i++) {
            if (atomic_load_explicit(&spans->cells[i], memory_order_relaxed) &&
                !promc__plan_span(plan, side, (spans->first + i) >> coarser))
                return false;
        }
    }
    return true;
}

bool promc__plan_counts(promc__plan *plan, const promc__native_counts *counts)
{
    for (int side = 0; side < 2; side++) {
        const promc__native_side *from = &counts->sides[side];

        for (size_t i = 0; i < from->count; i++) {
            uint32_t place = promc__place_of_index(from->buckets[i].index, counts->schema);

            if (!promc__plan_span(plan, side,
                                  (place >> (counts->schema - plan->schema)) / PROMC__SPAN))
                return false;
        }
    }
    return true;
}

void promc__plan_free(promc__plan *plan)
{
    promc__free(plan->sides[0].spans);
    promc__free(plan->sides[1].spans);
}

static void halve_plan(promc__plan *plan)
{
    for (int side = 0; side < 2; side++) {
        struct promc__planned *planned = &plan->sides[side];
        size_t kept = 0;

        for (size_t i = 0; i < planned->count; i++) {
            uint32_t span = planned->spans[i] / 2;

            if (!kept || planned->spans[kept - 1] != span)
                planned->spans[kept++] = span;
        }
        planned->count = kept;
    }
    plan->schema--;
}

static size_t planned_spans(const promc__plan *plan)
{
    return plan->sides[0].count + plan->sides[1].count;
}

/* Half as many again as are needed, so that growing costs little in the long run. */
static uint32_t room_for(promc__plan *plan)
{
    size_t most = (MOST_CELLS - PROMC__CLASSIC_CELLS - plan->classic) / PROMC__SPAN, room;

    if (most > plan->most)
        most = plan->most;
    while (planned_spans(plan) > most && plan->schema > PROMC__COARSEST_SCHEMA)
        halve_plan(plan);
    room = planned_spans(plan) + planned_spans(plan) / 2 + 2;
    if (room > most)
        room = most > planned_spans(plan) ? most : planned_spans(plan);
    return (uint32_t)room;
}

/* ---- layouts --------------------------------------------------------------------------------- */

/* A table reaches somewhat farther than what there is. Positive ones begin with 2^-32 to 2^32. */
static void set_range(promc__spans *spans, const promc__plan *plan, int side)
{
    const struct promc__planned *planned = &plan->sides[side];
    int shift = PROMC__FINEST_SCHEMA - plan->schema;
    uint32_t first = UINT32_MAX, last = 0, margin;

    if (side == 0) {
        first = (PROMC__PLACE_BIAS - 32 * 256) >> shift;
        last = (PROMC__PLACE_BIAS + 32 * 256 - 1) >> shift;
        first /= PROMC__SPAN;
        last /= PROMC__SPAN;
    }
    if (planned->count) {
        uint32_t low = planned->spans[0], high = planned->spans[planned->count - 1];

        margin = ((8u * 256) >> shift) / PROMC__SPAN + 1 + (high - low) / 4;
        low = low > margin ? low - margin : 0;
        first = low < first ? low : first;
        last = high + margin > last ? high + margin : last;
    }
    spans->first = first <= last ? first : 0;
    spans->size = first <= last ? last - first + 1 : 0;
}

static uint64_t larger(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

/* The bits of the smallest number at a place of the layout's schema; those of infinity, or more,
 * for places past the largest finite number. */
static uint64_t bits_from(const promc__layout *layout, uint32_t place)
{
    int schema = promc__layout_schema(layout);

    return promc__double_to_bits(
               promc__native_bound(promc__index_of_place(place, schema) - 1, schema)) +
           1;
}

/* Zero thresholds are finite. */
static void set_usual(promc__layout *layout)
{
    const promc__spans *spans = &layout->sides[0];
    uint64_t end = bits_from(layout, (spans->first + spans->size) * PROMC__SPAN);

    layout->usual = larger(larger(layout->zero_bits + 1, PROMC__LEAST_NORMAL),
                           bits_from(layout, spans->first * PROMC__SPAN));
    if (end > PROMC__INFINITY_BITS)
        end = PROMC__INFINITY_BITS;
    if (!layout->classic && end > layout->usual)
        layout->usual_count = end - layout->usual;
}

promc__layout *promc__layout_new(promc__plan *plan)
{
    uint32_t room = room_for(plan);
    uint32_t cells = PROMC__CLASSIC_CELLS + plan->classic + room * PROMC__SPAN;
    size_t numbers = sizeof(promc__numbers) + promc__shared_words(cells) * sizeof(uint64_t);
    promc__spans sides[2];
    promc__layout *layout;

    set_range(&sides[0], plan, 0);
    set_range(&sides[1], plan, 1);
    layout = promc__zalloc(sizeof(*layout) + numbers +
                           ((size_t)sides[0].size + sides[1].size) * sizeof(uint16_t));
    if (!layout)
        return NULL;
    layout->numbers = (promc__numbers *)(void *)(layout + 1);
    layout->cells = cells;
    atomic_init(&layout->numbers->slot, PROMC__NO_SLOT);
    atomic_init(&layout->slot, PROMC__NO_SLOT);
    sides[0].cells = (_Atomic uint16_t *)(void *)((char *)layout->numbers + numbers);
    sides[1].cells = sides[0].cells + sides[0].size;
    layout->zero_bits = promc__double_to_bits(plan->zero_threshold);
    layout->shift = (uint32_t)(PROMC__FINEST_SCHEMA - plan->schema);
    layout->classic = plan->classic;
    layout->sides[0] = sides[0];
    layout->sides[1] = sides[1];
    set_usual(layout);
    layout->room = room;
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < plan->sides[side].count; i++)
            (void)promc__layout_extend(layout, side, plan->sides[side].spans[i]);
    }
    return layout;
}

static bool lock_cells(bool patient)
{
    if (!patient)
        return pthread_mutex_trylock(&promc__cells_lock) == 0;
    promc__lock(&promc__cells_lock);
    return true;
}

bool promc__layout_attach(promc__layout *layout, bool patient)
{
    uint32_t slot = atomic_load_explicit(&layout->slot, memory_order_acquire);

    if (slot != PROMC__NO_SLOT)
        return true;
    if (!lock_cells(patient))
        return false;
    if (atomic_load_explicit(&layout->slot, memory_order_relaxed) == PROMC__NO_SLOT &&
        promc__numbers_attach(layout->numbers, layout->cells))
        atomic_store_explicit(&layout->slot,
                              atomic_load_explicit(&layout->numbers->slot, memory_order_relaxed),
                              memory_order_release);
    slot = atomic_load_explicit(&layout->slot, memory_order_relaxed);
    promc__unlock(&promc__cells_lock);
    return slot != PROMC__NO_SLOT;
}

void promc__layout_free(promc__layout *layout)
{
    if (atomic_load_explicit(&layout->slot, memory_order_relaxed) != PROMC__NO_SLOT) {
        promc__numbers_clear(layout->numbers, layout->cells);
        promc__numbers_release(layout->numbers, layout->cells);
    }
    promc__free(layout);
}

/* If two threads do that for the same span at the same time, the cells of one stay unused. */
bool promc__layout_extend(promc__layout *layout, int side, uint32_t span)
{
    promc__spans *spans = &layout->sides[side];
    unsigned used = atomic_load_explicit(&layout->used, memory_order_relaxed);
    uint16_t none = 0;

    span -= spans->first;
    if (span >= spans->size)
        return false;
    do {
        if (atomic_load_explicit(&spans->cells[span], memory_order_relaxed))
            return true;
        if (used >= layout->room)
            return false;
    } while (!atomic_compare_exchange_weak(&layout->used, &used, used + 1));
    (void)atomic_compare_exchange_strong(
        &spans->cells[span], &none,
        (uint16_t)(PROMC__CLASSIC_CELLS + layout->classic + used * PROMC__SPAN));
    return true;
}

uint32_t promc__layout_cell(const promc__layout *layout, double value)
{
    uint64_t bits = promc__double_to_bits(value), magnitude = bits & ~PROMC__SIGN_BIT;

    if (magnitude <= layout->zero_bits)
        return PROMC__ZERO_CELL;
    if (magnitude > PROMC__INFINITY_BITS)
        return PROMC__NAN_CELL;
    return promc__layout_place(layout, (int)(bits >> 63), promc__place_of(magnitude));
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool pour_span(const promc__layout *layout, uint32_t span, const uint64_t *values,
                      promc__native_side *side)
{
    int schema = promc__layout_schema(layout);

    for (uint32_t i = 0; i < PROMC__SPAN; i++) {
        if (values[i] &&
            !promc__native_append(side, promc__index_of_place(span * PROMC__SPAN + i, schema),
                                  values[i]))
            return false;
    }
    return true;
}

bool promc__layout_pour(const promc__layout *layout, const uint64_t *values,
                        promc__native_counts *counts)
{
    if (layout->classic && !promc__native_classic(counts, layout->classic))
        return false;
    promc__native_clear(counts, promc__layout_schema(layout),
                        promc__bits_to_double(layout->zero_bits));
    counts->sum = promc__bits_to_double(values[0]);
    counts->nan_count = values[PROMC__NAN_CELL];
    counts->zero_count = values[PROMC__ZERO_CELL];
    for (uint32_t i = 0; i < layout->classic; i++)
        counts->classic[i] = values[PROMC__CLASSIC_CELLS + i];
    for (int side = 0; side < 2; side++) {
        const promc__spans *spans = &layout->sides[side];

        for (uint32_t i = 0; i < spans->size; i++) {
            uint32_t cell = atomic_load_explicit(&spans->cells[i], memory_order_relaxed);

            if (cell && !pour_span(layout, spans->first + i, values + cell, &counts->sides[side]))
                return false;
        }
    }
    return true;
}
