/* SPDX-License-Identifier: Apache-2.0 */
/* Observations for quantiles, and the memory they need. See quantiles.h. */
#include "metrics/quantiles.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"

#include <pthread.h>

static inline promc__sketch *sketch_of(const promc__child *child)
{
    return atomic_load_explicit(&child->extra, memory_order_relaxed);
}

static inline uint32_t cell_of_slice(const promc__ring *ring, uint64_t slice, uint32_t bucket)
{
    return (uint32_t)(slice % PROMC__SLICES) * ring->width + bucket;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* One more; a full cell stays full. */
static inline uint64_t one_more(uint64_t cell, uint64_t slice)
{
    uint64_t tag = promc__slice_tag(slice);

    if ((cell ^ tag) >> PROMC__SLICE_COUNT_BITS)
        cell = tag;
    return cell + ((cell & PROMC__SLICE_COUNT) != PROMC__SLICE_COUNT);
}

static inline void count_private(promc__cell *cell, uint64_t slice)
{
    uint64_t bits = atomic_load_explicit(&cell->bits, memory_order_relaxed);

    atomic_store_explicit(&cell->bits, one_more(bits, slice), memory_order_relaxed);
}

/* Slices; what seems to be further ahead is from before their numbers began anew. */
#define FAR_AHEAD 65536

/* A thread that lost the processor for a whole window must not put its slice over a later one. */
static bool is_later(uint64_t cell, uint64_t slice)
{
    uint64_t ahead = (cell - promc__slice_tag(slice)) >> PROMC__SLICE_COUNT_BITS;

    return ahead != 0 && ahead < FAR_AHEAD && (cell & PROMC__SLICE_COUNT) != 0;
}

static void count_shared(promc__ring *ring, uint32_t place, uint64_t slice)
{
    _Atomic uint64_t *cell = &ring->shared[place];
    uint64_t bits = atomic_load_explicit(cell, memory_order_relaxed);

    atomic_store_explicit(&ring->uses_shared, true, memory_order_relaxed);
    do {
        if (is_later(bits, slice))
            return;
    } while (!atomic_compare_exchange_weak_explicit(cell, &bits, one_more(bits, slice),
                                                    memory_order_relaxed, memory_order_relaxed));
}

/* ---- rings ----------------------------------------------------------------------------------- */

static promc__ring *ring_at(promc__sketch *sketch, uint32_t index)
{
    return atomic_load_explicit(&sketch->rings[index], memory_order_acquire);
}

/* NULL: no memory. */
static promc__ring *make_ring(promc__sketch *sketch, uint32_t index, int schema)
{
    bool alone = index == PROMC__RING_BELOW || index == PROMC__RING_ZERO ||
                 index == PROMC__RING_ABOVE;
    uint32_t width = alone ? 1 : (uint32_t)1 << schema;
    promc__ring *ring, *other = NULL;

    ring = promc__zalloc(sizeof(*ring) + PROMC__SLICES * width * sizeof(ring->shared[0]));
    if (!ring)
        return NULL;
    ring->width = width;
    atomic_init(&ring->slot, PROMC__NO_SLOT);
    if (atomic_compare_exchange_strong(&sketch->rings[index], &other, ring))
        return ring;
    promc__free(ring);
    return other;
}

/* Gives a ring slots for private cells, unless the lock is taken: then a later update does. */
static bool attach_ring(promc__ring *ring)
{
    uint32_t slot = atomic_load_explicit(&ring->slot, memory_order_acquire);

    if (slot != PROMC__NO_SLOT)
        return true;
    if (pthread_mutex_trylock(&promc__cells_lock) != 0)
        return false;
    slot = atomic_load_explicit(&ring->slot, memory_order_relaxed);
    if (slot == PROMC__NO_SLOT && promc__slots_take(PROMC__SLICES * ring->width, 1, &slot))
        atomic_store_explicit(&ring->slot, slot, memory_order_release);
    promc__unlock(&promc__cells_lock);
    return slot != PROMC__NO_SLOT;
}

/* The cells of all slices at once: what a thread has updated, it updates without allocating from
 * then on, whichever slice it is. */
static promc__cell *make_cells(promc__ring *ring, promc__shard *shard, uint32_t wanted)
{
    uint32_t first, cells = PROMC__SLICES * ring->width;

    if (!attach_ring(ring))
        return NULL;
    first = atomic_load_explicit(&ring->slot, memory_order_relaxed);
    for (uint32_t i = 0; i < cells; i += PROMC__PAGE_CELLS) {
        if (!promc__make_private_cell(shard, first + i))
            return NULL;
    }
    if (!promc__make_private_cell(shard, first + cells - 1))
        return NULL;
    return promc__private_cell(shard, first + wanted);
}

/* ---- observing ------------------------------------------------------------------------------- */

/* A signal handler that interrupted a section of its thread allocates nothing: the thread may have
 * been about to. */
static bool may_allocate(const promc__section *section)
{
    return section->shard || section->counted;
}

/* Inside a section, of a live child. False: no memory. */
static bool count_value(promc__child *child, const promc__section *section, double value,
                        uint64_t slice)
{
    int schema = child->family->quantiles->schema;
    promc__sketch *sketch = sketch_of(child);
    uint32_t bucket, index = promc__ring_of(value, schema, &bucket), place;
    promc__cell *cell = NULL;
    promc__ring *ring;

    if (index == PROMC__NO_RING)
        return true;
    ring = ring_at(sketch, index);
    if (!ring && may_allocate(section))
        ring = make_ring(sketch, index, schema);
    if (!ring)
        return false;
    place = cell_of_slice(ring, slice, bucket);
    if (section->usable)
        cell = make_cells(ring, section->usable, place);
    if (cell)
        count_private(cell, slice);
    else
        count_shared(ring, place, slice);
    return true;
}

static PROMC__COLD void quantiles_observe_slowly(promc__child *child, double value, uint64_t slice)
{
    promc__section section;
    bool counted = true;

    promc__update_slowly(&child->numbers, child->family->cells, value, 1, 1);
    section = promc__enter_slowly();
    if (promc__child_is_live(child))
        counted = count_value(child, &section, value, slice);
    promc__leave_slowly(&section);
    if (!counted)
        promc__count_mishap(PROMC_DROPPED_UPDATES);
}

/* NULL: there is none yet, or the value has none. */
static inline promc__cell *usual_cell(const promc__child *child, promc__shard *shard,
                                      double value, uint64_t slice)
{
    uint32_t bucket, index;
    promc__ring *ring;

    index = promc__ring_of(value, child->family->quantiles->schema, &bucket);
    if (promc__unlikely(index == PROMC__NO_RING))
        return NULL;
    ring = ring_at(sketch_of(child), index);
    if (promc__unlikely(!ring))
        return NULL;
    return promc__private_cell(shard, atomic_load_explicit(&ring->slot, memory_order_acquire) +
                                          cell_of_slice(ring, slice, bucket));
}

void promc__quantiles_observe(promc__child *child, double value)
{
    uint64_t slice = promc__current_slice(child->family->quantiles,
                                          promc__os.monotonic_coarse_ns());
    promc__shard *shard = promc__my_shard;
    uintptr_t sequence;

    if (promc__likely(promc__enter(shard, &sequence))) {
        uint32_t slot = atomic_load_explicit(&child->numbers.slot, memory_order_acquire);
        promc__cell *sum = promc__private_cell(shard, slot);
        promc__cell *count = promc__private_cell(shard, slot + 1);
        /* A removed child has no private cells, and may have no sketch. */
        promc__cell *cell = sum && count ? usual_cell(child, shard, value, slice) : NULL;

        if (promc__likely(cell != NULL)) {
            promc__cell_add(sum, value);
            promc__cell_count(count, 1);
            count_private(cell, slice);
            promc__leave(shard, sequence);
            return;
        }
        promc__leave(shard, sequence);
    }
    quantiles_observe_slowly(child, value, slice);
}

/* ---- beginning and end of a child ------------------------------------------------------------ */

bool promc__quantiles_prepare(promc__child *child)
{
    promc__sketch *sketch;

    if (!child->family->quantiles)
        return true;
    sketch = promc__zalloc(sizeof(*sketch));
    atomic_store_explicit(&child->extra, sketch, memory_order_release);
    return sketch != NULL;
}

/* With the cells lock held if there are rings, when nobody uses the child any more. */
void promc__quantiles_finish(promc__child *child)
{
    promc__sketch *sketch = sketch_of(child);

    for (uint32_t i = 0; sketch && i < PROMC__RINGS; i++) {
        promc__ring *ring = ring_at(sketch, i);
        uint32_t slot = ring ? atomic_load_explicit(&ring->slot, memory_order_relaxed)
                             : PROMC__NO_SLOT;

        if (slot != PROMC__NO_SLOT) {
            promc__slots_clear(PROMC__SLICES * ring->width, slot);
            promc__slots_give(PROMC__SLICES * ring->width, 1, slot);
        }
        promc__free(ring);
    }
    promc__free(sketch);
}
