/* SPDX-License-Identifier: Apache-2.0 */
/* Slots for the numbers of children, and the slow path of their updates. See cells.h. */
#include "cells/cells.h"

#include "base/lock.h"
#include "base/memory.h"

#include <promc/common.h>

/* ---- slots ----------------------------------------------------------------------------------- */

/* What was given back of one kind. There is always room for all that were ever taken of it, so that
 * giving back cannot fail. Under the cells lock. */
struct slot_class {
    struct slot_class *next;
    uint32_t cells, count;
    uint32_t *free;
    size_t free_count, capacity, taken;
};

static struct slot_class *slot_classes;
static uint32_t next_slot;

static struct slot_class *class_of(uint32_t cells, uint32_t count)
{
    struct slot_class *slot_class = slot_classes;

    while (slot_class && (slot_class->cells != cells || slot_class->count != count))
        slot_class = slot_class->next;
    if (slot_class)
        return slot_class;
    slot_class = promc__zalloc(sizeof(*slot_class));
    if (!slot_class)
        return NULL;
    slot_class->cells = cells;
    slot_class->count = count;
    slot_class->next = slot_classes;
    slot_classes = slot_class;
    return slot_class;
}

static bool reserve_place(struct slot_class *slot_class)
{
    size_t capacity = slot_class->capacity ? 2 * slot_class->capacity : 4;
    uint32_t *grown;
    size_t bytes;

    if (slot_class->taken < slot_class->capacity)
        return true;
    if (!promc__size_of(capacity, sizeof(*grown), 0, &bytes))
        return false;
    grown = promc__realloc(slot_class->free, bytes);
    if (!grown)
        return false;
    slot_class->free = grown;
    slot_class->capacity = capacity;
    return true;
}

static bool new_slots(uint32_t cells, uint32_t count, uint32_t *slot)
{
    uint32_t first = next_slot, left = PROMC__PAGE_CELLS - first % PROMC__PAGE_CELLS;
    uint32_t reach = promc__slot_at(0, cells, count - 1) + cells;

    if (reach > left && cells <= PROMC__PAGE_CELLS)
        first += left;
    if (reach > PROMC__NO_SLOT - first)
        return false;
    *slot = first;
    next_slot = first + reach;
    return true;
}

bool promc__slots_take(uint32_t cells, uint32_t count, uint32_t *slot)
{
    struct slot_class *slot_class = class_of(cells, count);

    if (!slot_class)
        return false;
    if (slot_class->free_count) {
        *slot = slot_class->free[--slot_class->free_count];
        return true;
    }
    if (!reserve_place(slot_class) || !new_slots(cells, count, slot))
        return false;
    slot_class->taken++;
    return true;
}

void promc__slots_give(uint32_t cells, uint32_t count, uint32_t slot)
{
    struct slot_class *slot_class = class_of(cells, count);

    PROMC__ASSUME(slot_class); /* the slot is one of its own */
    slot_class->free[slot_class->free_count++] = slot;
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

bool promc__numbers_attach(promc__numbers *numbers, uint32_t cells)
{
    uint32_t slot = 0;

    if (!promc__slots_take(cells, 1, &slot))
        return false;
    atomic_store_explicit(&numbers->slot, slot, memory_order_release);
    return true;
}

void promc__numbers_release(promc__numbers *numbers, uint32_t cells)
{
    uint32_t slot = atomic_load_explicit(&numbers->slot, memory_order_relaxed);

    promc__slots_give(cells, 1, slot & PROMC__SLOT_MASK);
}

void promc__numbers_clear(promc__numbers *numbers, uint32_t cells)
{
    uint32_t slot = atomic_load_explicit(&numbers->slot, memory_order_relaxed) & PROMC__SLOT_MASK;

    promc__slots_clear(cells, slot);
    for (size_t i = 0; i < promc__shared_words(cells); i++)
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

void promc__update_slowly(promc__numbers *numbers, uint32_t cells, double sum, uint32_t offset,
                          uint64_t count)
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
            promc__shared_update(numbers, cells, sum, offset, 0, count);
        }
    }
    promc__leave_slowly(&section);
}

bool promc__numbers_watch(promc__numbers *numbers)
{
    return (atomic_fetch_or(&numbers->slot, PROMC__SLOT_WATCHED) & PROMC__SLOT_WATCHED) != 0;
}
