/* SPDX-License-Identifier: Apache-2.0 */
/* Observations of native histograms, and cells for new values. See native.h. */
#include "metrics/native.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "metrics/distribution.h"

/* Spans of cells that a histogram may have whatever its limit of buckets is. */
#define FEWEST_SPANS 64

/* Values that wait are never NaN. */
#define NOTHING_WAITS UINT64_MAX

static inline promc__layout *current_layout(const promc__child *child)
{
    return atomic_load_explicit(promc__native_layout((promc__child *)(uintptr_t)child),
                                memory_order_acquire);
}

/* ---- new cells ------------------------------------------------------------------------------- */

promc__plan promc__native_plan(const promc__family *family, int schema, double zero_threshold)
{
    size_t most = family->native->max_buckets;

    return (promc__plan){.schema = schema,
                         .zero_threshold = zero_threshold,
                         .classic = family->bound_count ? (uint32_t)family->bound_count + 1 : 0,
                         .most = most > FEWEST_SPANS ? most : FEWEST_SPANS};
}

promc__layout *promc__native_replace(promc__child *child, promc__plan *plan)
{
    promc__layout *older = current_layout(child), *layout = promc__layout_new(plan);

    if (!layout)
        return NULL;
    layout->state = older->state;
    (void)promc__layout_attach(layout, true);
    do
        layout->older = older;
    while (!atomic_compare_exchange_weak(promc__native_layout(child), &older, layout));
    return layout;
}

/* A larger layout with one more span takes over, unless another one just did. Inside a section or
 * under the stripe lock, so `old` is not freed meanwhile. False: no memory. */
static bool grow_layout(promc__child *child, promc__layout *old, int side, uint32_t span)
{
    promc__plan plan = promc__native_plan(child->family, promc__layout_schema(old),
                                          promc__bits_to_double(old->zero_bits));
    promc__layout *layout = NULL;

    if (promc__plan_layout(&plan, old) && promc__plan_span(&plan, side, span))
        layout = promc__layout_new(&plan);
    promc__plan_free(&plan);
    if (!layout)
        return false;
    layout->state = old->state;
    layout->older = old;
    if (!atomic_compare_exchange_strong(promc__native_layout(child), &old, layout))
        promc__layout_free(layout);
    return true;
}

/* The cell of a value in the current layout, and that layout; 0: memory is refused. Every attempt
 * that is in vain follows a success of another thread. */
static uint32_t cell_for(promc__child *child, double value, promc__layout **where)
{
    uint64_t bits = promc__double_to_bits(value);
    int side = (bits & PROMC__SIGN_BIT) != 0;
    uint32_t cell, span;

    for (;;) {
        promc__layout *layout = *where = current_layout(child);

        cell = promc__layout_cell(layout, value);
        if (cell)
            return cell;
        span = (promc__place_of(bits & ~PROMC__SIGN_BIT) >> layout->shift) / PROMC__SPAN;
        if (!promc__layout_extend(layout, side, span) && !grow_layout(child, layout, side, span))
            return 0;
    }
}

/* ---- observing ------------------------------------------------------------------------------- */

/* The cell of the classic bucket; 0: there are none. */
static inline uint32_t classic_cell(const promc__child *child, const promc__layout *layout,
                                    double value)
{
    return layout->classic ? PROMC__CLASSIC_CELLS + promc__bucket_of(child->family, value) : 0;
}

/* What an update adds to the count of a bucket tells what it does. */
#define OBSERVED ((uint64_t)1)
#define FORGOTTEN UINT64_MAX

/* What it adds to the sum. */
static inline double amount_of(double value, uint64_t count)
{
    return count == FORGOTTEN ? -value : value;
}

static inline void count_observation(promc__cell *sum, promc__cell *bucket, promc__cell *classic,
                                     double amount, uint64_t count)
{
    promc__cell_add(sum, amount);
    promc__cell_count(bucket, count);
    if (classic != sum)
        promc__cell_count(classic, count);
}

/* Inside a section. */
static void count_in(promc__child *child, promc__layout *layout, uint32_t bucket,
                     promc__shard *usable, double value, uint64_t count)
{
    uint32_t classic = classic_cell(child, layout, value), slot;
    promc__cell *cells[3] = {NULL, NULL, NULL};

    if (usable && promc__layout_attach(layout, false)) {
        slot = atomic_load_explicit(&layout->slot, memory_order_acquire);
        cells[0] = promc__make_private_cell(usable, slot);
        cells[1] = promc__make_private_cell(usable, slot + bucket);
        cells[2] = promc__make_private_cell(usable, slot + classic);
    }
    if (cells[0] && cells[1] && cells[2])
        count_observation(cells[0], cells[1], cells[2], amount_of(value, count), count);
    else
        promc__shared_update(layout->numbers, layout->cells, amount_of(value, count), bucket,
                             classic, count);
}

static void let_wait(_Atomic uint64_t *waiting, double value)
{
    for (size_t i = 0; i < PROMC__FEW_WAITING; i++) {
        uint64_t nothing = NOTHING_WAITS;

        if (atomic_compare_exchange_strong(&waiting[i], &nothing, promc__double_to_bits(value)))
            return;
    }
    promc__count_mishap(PROMC_DROPPED_UPDATES);
}

static PROMC__COLD void native_update_slowly(promc__child *child, double value, uint64_t count)
{
    promc__section section = promc__enter_slowly();
    promc__layout *layout;
    uint32_t bucket;

    if (promc__child_is_live(child)) {
        bucket = cell_for(child, value, &layout);
        if (bucket)
            count_in(child, layout, bucket, section.usable, value, count);
        else
            let_wait(layout->state->waiting[count == FORGOTTEN], value);
    }
    promc__leave_slowly(&section);
}

/* Zeros, negative values, and classic buckets too. Leaves the section. */
static __attribute__((noinline)) void update_less_usual(promc__child *child,
                                                        const promc__layout *layout,
                                                        promc__shard *shard, uintptr_t sequence,
                                                        double value, uint64_t count)
{
    uint32_t bucket = promc__layout_normal_cell(layout, value);
    uint32_t classic = classic_cell(child, layout, value);
    uint32_t slot = atomic_load_explicit(&layout->slot, memory_order_acquire);
    promc__cell *sum = promc__private_cell(shard, slot);
    promc__cell *one = promc__private_cell(shard, slot + bucket);
    promc__cell *other = promc__private_cell(shard, slot + classic);

    if (promc__likely(bucket && sum && one && other)) {
        count_observation(sum, one, other, amount_of(value, count), count);
        promc__leave(shard, sequence);
        return;
    }
    promc__leave(shard, sequence);
    native_update_slowly(child, value, count);
}

/* Straight through: what needs more is behind calls at the end, so that no register is saved. Each of
 * its users has one of its own, in which `count` is a constant. */
static inline __attribute__((always_inline)) void native_update(promc__child *child, double value,
                                                                uint64_t count)
{
    promc__shard *shard = promc__my_shard;
    promc__cell *sum, *one;
    promc__layout *layout;
    uint32_t bucket, slot;
    uintptr_t sequence;

    if (promc__likely(promc__enter(shard, &sequence))) {
        /* Neither removed (then there may be no layout) nor watched. */
        if (promc__likely(!(atomic_load_explicit(&child->numbers.slot, memory_order_acquire) &
                            PROMC__SLOT_FLAGS))) {
            layout = current_layout(child);
            slot = atomic_load_explicit(&layout->slot, memory_order_acquire);
            bucket = promc__layout_usual_cell(layout, value);
            if (promc__likely(bucket &&
                              promc__private_pair_across(shard, slot, bucket, &sum, &one))) {
                count_observation(sum, one, sum, amount_of(value, count), count);
                promc__leave(shard, sequence);
                return;
            }
            update_less_usual(child, layout, shard, sequence, value, count);
            return;
        }
        promc__leave(shard, sequence);
    }
    native_update_slowly(child, value, count);
}

void promc__native_observe(promc__child *child, double value)
{
    native_update(child, value, OBSERVED);
}

void promc__native_forget(promc__child *child, double value)
{
    native_update(child, value, FORGOTTEN);
}

size_t promc__native_exemplar(const promc__family *family, double value)
{
    uint64_t magnitude = promc__double_to_bits(value) & ~PROMC__SIGN_BIT;

    if (magnitude == 0 || magnitude > PROMC__INFINITY_BITS)
        return 0;
    return (promc__place_of(magnitude) >> (PROMC__FINEST_SCHEMA - family->native->schema)) %
           PROMC__NATIVE_EXEMPLARS;
}

/* In cells that all threads share. */
static void count_waiting(promc__child *child, _Atomic uint64_t *waiting, uint64_t count)
{
    promc__layout *layout;

    for (size_t i = 0; i < PROMC__FEW_WAITING; i++) {
        uint64_t bits = atomic_load_explicit(&waiting[i], memory_order_acquire);
        double value = promc__bits_to_double(bits);
        uint32_t bucket = bits == NOTHING_WAITS ? 0 : cell_for(child, value, &layout);

        if (bucket) {
            count_in(child, layout, bucket, NULL, value, count);
            atomic_store_explicit(&waiting[i], NOTHING_WAITS, memory_order_release);
        }
    }
}

void promc__native_settle(promc__child *child)
{
    promc__native *state = current_layout(child)->state;

    count_waiting(child, state->waiting[false], OBSERVED);
    count_waiting(child, state->waiting[true], FORGOTTEN);
    (void)promc__layout_attach(current_layout(child), true);
}

/* ---- beginning and end of a child ------------------------------------------------------------ */

bool promc__native_prepare(promc__child *child)
{
    const promc__family *family = child->family;
    promc__native *state;
    promc__layout *layout;
    promc__plan plan;

    if (!family->native)
        return true;
    state = promc__zalloc(sizeof(*state));
    if (!state)
        return false;
    plan = promc__native_plan(family, family->native->schema, family->native->zero_threshold);
    layout = promc__layout_new(&plan);
    if (!layout) {
        promc__free(state);
        return false;
    }
    for (size_t i = 0; i < PROMC__FEW_WAITING; i++) {
        atomic_init(&state->waiting[false][i], NOTHING_WAITS);
        atomic_init(&state->waiting[true][i], NOTHING_WAITS);
    }
    promc__native_clear(&state->base, family->native->schema, family->native->zero_threshold);
    state->last_reset = promc__os.monotonic_ns();
    layout->state = state;
    (void)promc__layout_attach(layout, true);
    atomic_store_explicit(promc__native_layout(child), layout, memory_order_release);
    return true;
}

/* With the cells lock held, when nobody uses the child any more. */
void promc__native_finish(promc__child *child)
{
    promc__layout *layout, *older;
    promc__native *state;

    if (!child->family->native || !current_layout(child))
        return;
    layout = current_layout(child);
    state = layout->state;
    for (; layout; layout = older) {
        older = layout->older;
        promc__layout_free(layout);
    }
    promc__native_free(&state->base);
    promc__free(state);
    atomic_store_explicit(promc__native_layout(child), NULL, memory_order_relaxed);
}
