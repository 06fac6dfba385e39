/* SPDX-License-Identifier: Apache-2.0 */
/* Slots for the numbers of children, and the slow path of their updates. See cells.h. */
#include "cells/cells.h"

#include "base/lock.h"
#include "base/memory.h"

#include <promc/common.h>

/* ---- slots ----------------------------------------------------------------------------------- */

/* Blocks of one size that were given back. There is always room for all blocks of that size, so
 * that giving one back cannot fail. Under the cells lock. */
struct size_class {
    struct size_class *next;
    uint32_t cells;
    uint32_t *free;
    size_t free_count, capacity, blocks;
};

static struct size_class *size_classes;
static uint32_t next_slot;

static struct size_class *class_of(uint32_t cells)
{
    struct size_class *size_class = size_classes;

    while (size_class && size_class->cells != cells)
        size_class = size_class->next;
    if (size_class)
        return size_class;
    size_class = promc__zalloc(sizeof(*size_class));
    if (!size_class)
        return NULL;
    size_class->cells = cells;
    size_class->next = size_classes;
    size_classes = size_class;
    return size_class;
}

static bool reserve_block(struct size_class *size_class)
{
    size_t capacity = size_class->capacity ? 2 * size_class->capacity : 16;
    uint32_t *grown;
    size_t bytes;

    if (size_class->blocks < size_class->capacity)
        return true;
    if (!promc__size_of(capacity, sizeof(*grown), 0, &bytes))
        return false;
    grown = promc__realloc(size_class->free, bytes);
    if (!grown)
        return false;
    size_class->free = grown;
    size_class->capacity = capacity;
    return true;
}

/* A block that fits into a page does not cross into the next: an update then touches one page. */
static bool new_block(uint32_t cells, uint32_t *slot)
{
    uint32_t first = next_slot, left = PROMC__PAGE_CELLS - first % PROMC__PAGE_CELLS;

    if (cells > left && cells <= PROMC__PAGE_CELLS)
        first += left;
    if (cells > PROMC__NO_SLOT - first)
        return false;
    *slot = first;
    next_slot = first + cells;
    return true;
}

bool promc__slots_take(uint32_t cells, uint32_t *slot)
{
    struct size_class *size_class = class_of(cells);

    if (!size_class)
        return false;
    if (size_class->free_count) {
        *slot = size_class->free[--size_class->free_count];
        return true;
    }
    if (!reserve_block(size_class) || !new_block(cells, slot))
        return false;
    size_class->blocks++;
    return true;
}

bool promc__numbers_attach(promc__numbers *numbers)
{
    uint32_t slot = 0;

    if (!promc__slots_take(numbers->cells, &slot))
        return false;
    atomic_store_explicit(&numbers->slot, slot, memory_order_release);
    return true;
}

bool promc__numbers_init(promc__numbers *numbers, uint32_t cells)
{
    bool done;

    numbers->cells = cells;
    promc__lock(&promc__cells_lock);
    done = promc__numbers_attach(numbers);
    promc__unlock(&promc__cells_lock);
    return done;
}

void promc__slots_give(uint32_t cells, uint32_t slot)
{
    struct size_class *size_class = class_of(cells);

    size_class->free[size_class->free_count++] = slot;
}

void promc__slots_clear(uint32_t cells, uint32_t slot)
{
    for (promc__shard *shard = atomic_load(&promc__shards); shard; shard = shard->next) {
        for (uint32_t i = 0; i < cells; i++) {
            promc__cell *cell = promc__find_cell(shard, slot + i);

            if (cell)
                atomic_store_explicit(&cell->bits, 0, memory_order_relaxed);
        }
    }
}

void promc__numbers_release(promc__numbers *numbers)
{
    promc__slots_give(numbers->cells, atomic_load_explicit(&numbers->slot, memory_order_relaxed) &
                                          PROMC__SLOT_MASK);
}

void promc__numbers_clear(promc__numbers *numbers)
{
    uint32_t slot = atomic_load_explicit(&numbers->slot, memory_order_relaxed) & PROMC__SLOT_MASK;

    promc__slots_clear(numbers->cells, slot);
    for (size_t i = 0; i < promc__shared_words(numbers->cells); i++)
        atomic_store_explicit(&promc__shared(numbers)[i], 0, memory_order_relaxed);
}

/* ---- updates, the slow way ------------------------------------------------------------------- */

bool promc__numbers_live(promc__numbers *numbers, uint32_t *slot)
{
    *slot = atomic_load_explicit(&numbers->slot, memory_order_acquire);
    if (*slot & PROMC__SLOT_REMOVED)
        return false;
    if (*slot & PROMC__SLOT_WATCHED)
        *slot = atomic_fetch_and(&numbers->slot, ~PROMC__SLOT_WATCHED) & ~PROMC__SLOT_WATCHED;
    return !(*slot & PROMC__SLOT_REMOVED);
}

void promc__update_slowly(promc__numbers *numbers, double sum, uint32_t offset, uint64_t count)
{
    promc__section section = promc__enter_slowly();
    promc__cell *sum_cell = NULL, *count_cell = NULL;
    uint32_t slot;

    if (promc__numbers_live(numbers, &slot)) {
        if (section.usable) {
            sum_cell = promc__make_private_cell(section.usable, slot);
            count_cell = promc__make_private_cell(section.usable, slot + offset);
        }
        if (sum_cell && count_cell) {
            promc__cell_add(sum_cell, sum);
            if (offset)
                promc__cell_count(count_cell, count);
        } else {
            promc__shared_update(numbers, sum, offset, 0, count);
        }
    }
    promc__leave_slowly(&section);
}

bool promc__numbers_watch(promc__numbers *numbers)
{
    return (atomic_fetch_or(&numbers->slot, PROMC__SLOT_WATCHED) & PROMC__SLOT_WATCHED) != 0;
}
