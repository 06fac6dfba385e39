/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that belong together, read while other threads write. See cells.h. */
#include "cells/cells.h"

#include "base/lock.h"

/* The shards that the running snapshot has frozen and reads; under the cells lock. A shard that is
 * made meanwhile is not among them: what its thread does comes after the snapshot. */
static promc__shard *snapshot_first;
static bool all_stand_still;

void promc__freeze(void)
{
    snapshot_first = atomic_load(&promc__shards);
    for (promc__shard *shard = snapshot_first; shard; shard = shard->next)
        atomic_fetch_or(&shard->mode, PROMC__FROZEN);
    all_stand_still = promc__wait_for_sections(snapshot_first);
}

promc__shard *promc__frozen_shards(void)
{
    return all_stand_still ? snapshot_first : NULL;
}

void promc__unfreeze(void)
{
    for (promc__shard *shard = snapshot_first; shard; shard = shard->next)
        atomic_fetch_and(&shard->mode, ~(unsigned)PROMC__FROZEN);
}

void promc__snapshot_begin(void)
{
    promc__lock(&promc__cells_lock);
    promc__freeze();
}

void promc__snapshot_end(void)
{
    promc__unfreeze();
    promc__unlock(&promc__cells_lock);
}

promc__cell *promc__find_cell(const promc__shard *shard, uint32_t slot)
{
    const promc__directory *directory =
        atomic_load_explicit(&shard->directory, memory_order_acquire);
    uint32_t index = slot / PROMC__PAGE_CELLS;
    promc__page *page;

    if (index >= directory->size)
        return NULL;
    page = atomic_load_explicit(&directory->pages[index], memory_order_acquire);
    return page ? &page->cells[slot % PROMC__PAGE_CELLS] : NULL;
}

/* A private cell of any thread; 0 if there is none. */
static uint64_t private_bits(const promc__shard *shard, uint32_t slot)
{
    promc__cell *cell = promc__find_cell(shard, slot);

    return cell ? atomic_load_explicit(&cell->bits, memory_order_relaxed) : 0;
}

static uint32_t slot_of(const promc__numbers *numbers)
{
    return atomic_load_explicit(&numbers->slot, memory_order_relaxed) & PROMC__SLOT_MASK;
}

/* Cells in a cache line. */
#define LINE_CELLS 8

/* Adds the cells of one shard. Neighbours are most often in the same page; meanwhile memory fetches
 * the cells of what comes next in a scrape: most often a page on. */
static void add_cells(const promc__shard *shard, promc__numbers *const *numbers, size_t count,
                      double *sums)
{
    uint32_t begin = 1; /* of the page: no slot yet */
    promc__cell *cells = NULL;

    for (size_t i = 0; i < count; i++) {
        uint32_t slot = slot_of(numbers[i]), place = slot % PROMC__PAGE_CELLS;

        if (slot - place != begin) {
            begin = slot - place;
            cells = promc__find_cell(shard, begin);
        }
        if (place % LINE_CELLS == 0)
            __builtin_prefetch(promc__find_cell(shard, slot + PROMC__PAGE_CELLS));
        if (cells)
            sums[i] += promc__bits_to_double(
                atomic_load_explicit(&cells[place].bits, memory_order_relaxed));
    }
}

/* Shard by shard, so that cells are read in about the order in which they lie in memory. */
void promc__numbers_sums(promc__numbers *const *numbers, size_t count, double *sums)
{
    for (size_t i = 0; i < count; i++)
        sums[i] = promc__bits_to_double(
            atomic_load_explicit(&promc__shared(numbers[i])[0], memory_order_relaxed));
    for (promc__shard *shard = atomic_load(&promc__shards); shard; shard = shard->next)
        add_cells(shard, numbers, count, sums);
}

double promc__numbers_sum(const promc__numbers *numbers)
{
    promc__numbers *own = (promc__numbers *)(uintptr_t)numbers;
    double sum;

    promc__numbers_sums(&own, 1, &sum);
    return sum;
}

/* Adds the counts of one shard from `slot` on, a page at a time. */
static void add_counts(const promc__shard *shard, uint32_t slot, uint32_t count, uint64_t *counts)
{
    uint32_t here;

    for (; count; count -= here, slot += here, counts += here) {
        promc__cell *cells = promc__find_cell(shard, slot);

        here = PROMC__PAGE_CELLS - slot % PROMC__PAGE_CELLS;
        here = here < count ? here : count;
        for (uint32_t i = 0; cells && i < here; i++)
            counts[i] += atomic_load_explicit(&cells[i].bits, memory_order_relaxed);
    }
}

void promc__snapshot_read(promc__numbers *numbers, uint32_t cells, uint64_t *values)
{
    uint32_t slot = slot_of(numbers);
    double sum;

    promc__shared_read(numbers, cells, values);
    sum = promc__bits_to_double(values[0]);
    for (promc__shard *shard = snapshot_first; shard; shard = shard->next) {
        sum += promc__bits_to_double(private_bits(shard, slot));
        add_counts(shard, slot + 1, cells - 1, values + 1);
    }
    values[0] = promc__double_to_bits(sum);
}
