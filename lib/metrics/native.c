/* SPDX-License-Identifier: Apache-2.0 */
/* Observations of native histograms, and cells for new values. See native.h. */
#include "metrics/native.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"
#include "metrics/distribution.h"

/* Spans of cells that a histogram may have whatever its limit of buckets is. */
#define FEWEST_SPANS 64
/* Values that may wait; only a long time without memory can bring so many together. */
#define MOST_WAITING 100000

struct promc__waiting {
    promc__waiting *next;
    double value;
};

/* Values that wait are never NaN. */
#define NOTHING_WAITS UINT64_MAX

static inline promc__layout *current_layout(const promc__child *child)
{
    return atomic_load_explicit(promc__native_layout((promc__child *)(uintptr_t)child),
                                memory_order_acquire);
}

/* ---- observing ----------------------------------------------------------------------------------------- */

/* The cell of the classic bucket; 0: there are none. */
static inline uint32_t classic_cell(const promc__child *child, const promc__layout *layout,
                                    double value)
{
    return layout->classic ? PROMC__CLASSIC_CELLS + promc__bucket_of(child->family, value) : 0;
}

static inline void count_observation(promc__cell *sum, promc__cell *bucket, promc__cell *classic,
                                     double value)
{
    promc__cell_add(sum, value);
    promc__cell_count(bucket, 1);
    if (classic != sum)
        promc__cell_count(classic, 1);
}

static void put_waiting(promc__native *state, promc__waiting *waiting)
{
    waiting->next = atomic_load_explicit(&state->more, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&state->more, &waiting->next, waiting))
        ;
}

/* False: no memory. */
static bool let_wait(promc__native *state, double value)
{
    promc__waiting *waiting;

    for (size_t i = 0; i < PROMC__FEW_WAITING; i++) {
        uint64_t nothing = NOTHING_WAITS;

        if (atomic_load_explicit(&state->few[i], memory_order_relaxed) == NOTHING_WAITS &&
            atomic_compare_exchange_strong(&state->few[i], &nothing, promc__double_to_bits(value)))
            return true;
    }
    if (atomic_load_explicit(&state->more_count, memory_order_relaxed) >= MOST_WAITING)
        return false;
    waiting = promc__malloc(sizeof(*waiting));
    if (!waiting)
        return false;
    waiting->value = value;
    atomic_fetch_add_explicit(&state->more_count, 1, memory_order_relaxed);
    put_waiting(state, waiting);
    return true;
}

/* Inside a section. False: the value waits, or was dropped. */
static bool count_slowly(promc__child *child, promc__shard *usable, double value)
{
    promc__layout *layout = current_layout(child);
    uint32_t bucket = promc__layout_cell(layout, value);
    uint32_t classic = classic_cell(child, layout, value);
    promc__cell *cells[3] = {NULL, NULL, NULL};

    if (!bucket) {
        if (!let_wait(layout->state, value))
            promc__count_mishap(PROMC_DROPPED_UPDATES);
        return false;
    }
    if (usable) {
        cells[0] = promc__make_private_cell(usable, layout->slot);
        cells[1] = promc__make_private_cell(usable, layout->slot + bucket);
        cells[2] = promc__make_private_cell(usable, layout->slot + classic);
    }
    if (cells[0] && cells[1] && cells[2])
        count_observation(cells[0], cells[1], cells[2], value);
    else
        promc__shared_update(layout->numbers, value, bucket, classic, 1);
    return true;
}

/* If the lock is taken, its holder or the next scrape does it. */
static void settle_if_free(promc__child *child)
{
    pthread_mutex_t *stripe = promc__stripe(child->family);

    if (pthread_mutex_trylock(stripe) != 0)
        return;
    if (!(atomic_load_explicit(&child->numbers.slot, memory_order_relaxed) & PROMC__SLOT_REMOVED))
        promc__native_settle(child, false);
    promc__unlock(stripe);
}

static PROMC__COLD void native_observe_slowly(promc__child *child, double value)
{
    promc__section section = promc__enter_slowly();
    bool nested = !section.shard && !section.counted, counted = true;

    if (promc__child_is_live(child))
        counted = count_slowly(child, section.usable, value);
    promc__leave_slowly(&section);
    if (!counted && !nested)
        settle_if_free(child);
}

/* Inside a section. False if that takes more than adding. */
static inline bool count_quickly(const promc__child *child, promc__shard *shard, double value)
{
    promc__layout *layout;
    uint32_t bucket, classic;
    promc__cell *cells[3];

    /* Neither removed (then there may be no layout) nor watched. */
    if (promc__unlikely(atomic_load_explicit(&child->numbers.slot, memory_order_acquire)))
        return false;
    layout = current_layout(child);
    bucket = promc__layout_cell(layout, value);
    classic = classic_cell(child, layout, value);
    cells[0] = promc__private_cell(shard, layout->slot);
    cells[1] = promc__private_cell(shard, layout->slot + bucket);
    cells[2] = promc__private_cell(shard, layout->slot + classic);
    if (promc__unlikely(!bucket || !cells[0] || !cells[1] || !cells[2]))
        return false;
    count_observation(cells[0], cells[1], cells[2], value);
    return true;
}

void promc__native_observe(promc__child *child, double value)
{
    promc__shard *shard = promc__my_shard;
    uintptr_t sequence;
    bool counted;

    if (promc__likely(promc__enter(shard, &sequence))) {
        counted = count_quickly(child, shard, value);
        promc__leave(shard, sequence);
        if (promc__likely(counted))
            return;
    }
    native_observe_slowly(child, value);
}

size_t promc__native_exemplar(const promc__family *family, double value)
{
    uint64_t magnitude = promc__double_to_bits(value) & ~PROMC__SIGN_BIT;

    if (magnitude == 0 || magnitude > PROMC__INFINITY_BITS)
        return 0;
    return (promc__place_of(magnitude) >> (PROMC__FINEST_SCHEMA - family->native->schema)) %
           PROMC__NATIVE_EXEMPLARS;
}

/* ---- new cells ------------------------------------------------------------------------------------------ */

promc__plan promc__native_plan(const promc__family *family, int schema, double zero_threshold)
{
    size_t most = family->native->max_buckets;

    return (promc__plan){.schema = schema,
                         .zero_threshold = zero_threshold,
                         .classic = family->bound_count ? (uint32_t)family->bound_count + 1 : 0,
                         .most = most > FEWEST_SPANS ? most : FEWEST_SPANS};
}

bool promc__native_publish(promc__child *child, promc__plan *plan)
{
    promc__layout *old = current_layout(child), *layout = promc__layout_new(plan);

    if (!layout)
        return false;
    layout->state = old->state;
    old->retired = old->state->retired;
    old->state->retired = old;
    if (plan->schema < child->family->native->schema)
        old->state->reduced = true;
    atomic_store_explicit(promc__native_layout(child), layout, memory_order_release);
    return true;
}

static bool lock_cells(bool patient)
{
    if (patient) {
        promc__lock(&promc__cells_lock);
        return true;
    }
    return pthread_mutex_trylock(&promc__cells_lock) == 0;
}

/* A larger layout, with one more span. */
static void grow_layout(promc__child *child, int side, uint32_t span, bool patient)
{
    promc__layout *old = current_layout(child);
    promc__plan plan = promc__native_plan(child->family, promc__layout_schema(old),
                                          promc__bits_to_double(old->zero_bits));

    if (promc__plan_layout(&plan, old) && promc__plan_span(&plan, side, span) &&
        lock_cells(patient)) {
        (void)promc__native_publish(child, &plan);
        promc__unlock(&promc__cells_lock);
    }
    promc__plan_free(&plan);
}

/* The cell of a value that had none; 0 if it still has none. */
static uint32_t make_cell(promc__child *child, double value, bool patient)
{
    promc__layout *layout = current_layout(child);
    uint64_t bits = promc__double_to_bits(value);
    int side = (bits & PROMC__SIGN_BIT) != 0;
    uint32_t span = (promc__place_of(bits & ~PROMC__SIGN_BIT) >> layout->shift) / PROMC__SPAN;

    if (!promc__layout_extend(layout, side, span))
        grow_layout(child, side, span, patient);
    return promc__layout_cell(current_layout(child), value);
}

static bool count_waiting(promc__child *child, double value, bool patient)
{
    uint32_t bucket = promc__layout_cell(current_layout(child), value);
    promc__layout *layout;

    if (!bucket)
        bucket = make_cell(child, value, patient);
    if (!bucket)
        return false;
    layout = current_layout(child);
    promc__shared_update(layout->numbers, value, bucket, classic_cell(child, layout, value), 1);
    return true;
}

void promc__native_settle(promc__child *child, bool patient)
{
    promc__native *state = current_layout(child)->state;
    promc__waiting *waiting, *next;

    for (size_t i = 0; i < PROMC__FEW_WAITING; i++) {
        uint64_t bits = atomic_load_explicit(&state->few[i], memory_order_acquire);

        if (bits != NOTHING_WAITS && count_waiting(child, promc__bits_to_double(bits), patient))
            atomic_store_explicit(&state->few[i], NOTHING_WAITS, memory_order_release);
    }
    if (!atomic_load_explicit(&state->more, memory_order_relaxed))
        return;
    waiting = atomic_exchange(&state->more, NULL);
    for (; waiting; waiting = next) {
        next = waiting->next;
        if (count_waiting(child, waiting->value, patient)) {
            promc__free(waiting);
            atomic_fetch_sub_explicit(&state->more_count, 1, memory_order_relaxed);
        } else {
            put_waiting(state, waiting);
        }
    }
}

/* ---- beginning and end of a child -------------------------------------------------------------------------- */

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
    promc__lock(&promc__cells_lock);
    layout = promc__layout_new(&plan);
    promc__unlock(&promc__cells_lock);
    if (!layout) {
        promc__free(state);
        return false;
    }
    for (size_t i = 0; i < PROMC__FEW_WAITING; i++)
        atomic_init(&state->few[i], NOTHING_WAITS);
    promc__native_clear(&state->base, family->native->schema, family->native->zero_threshold);
    state->last_reset = promc__os.monotonic_ns();
    layout->state = state;
    atomic_store_explicit(promc__native_layout(child), layout, memory_order_release);
    return true;
}

/* With the cells lock held, when nobody uses the child any more. */
void promc__native_finish(promc__child *child)
{
    promc__layout *layout, *next;
    promc__waiting *waiting;
    promc__native *state;

    if (!child->family->native || !current_layout(child))
        return;
    layout = current_layout(child);
    state = layout->state;
    layout->retired = state->retired;
    for (; layout; layout = next) {
        next = layout->retired;
        promc__layout_free(layout);
    }
    while ((waiting = atomic_load_explicit(&state->more, memory_order_acquire)) != NULL) {
        atomic_store_explicit(&state->more, waiting->next, memory_order_relaxed);
        promc__free(waiting);
    }
    promc__native_free(&state->base);
    promc__free(state);
    atomic_store_explicit(promc__native_layout(child), NULL, memory_order_relaxed);
}
