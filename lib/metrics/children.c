/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a child:
 *
 *   live -> limbo -> free -> live ...
 *
 * A removed child leaves table and list at once and is marked, so that late updates are discarded.
 * In limbo it waits until no lookup or update can be using it (promc__quiesce()), nobody holds it,
 * no scrape is at it, and no thread looked it up last: that one may be about to hold or update it.
 * Children are never given back to the allocator before the family is: a stale handle always points
 * to a child of its family.
 */
#include "metrics/children.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"
#include "cells/level.h"

/* Children in limbo wait for company, since cleaning up costs about as much for one as for many. */
#define LIMBO_BATCH 64

/* ---- limbo ----------------------------------------------------------------------------------- */

static void to_limbo(promc__family *family, uint32_t number)
{
    promc__child *child = promc__child_at(family, number), *last = promc__child_at(family, family->limbo_last);

    PROMC__ASSUME(child); /* nobody's number is 0 */
    child->next = 0;
    if (last)
        last->next = number;
    else
        family->limbo_first = number;
    family->limbo_last = number;
    family->limbo_count++;
}

/* Cleans the older half of a full limbo. What is held moves to the end. */
void promc__children_clean(promc__family *family)
{
    if (family->limbo_count < 2 * LIMBO_BATCH || family->limbo_count < family->limbo_enough)
        return;
    promc__lock(&promc__cells_lock);
    if (promc__quiesce()) {
        for (size_t n = family->limbo_count - LIMBO_BATCH; n > 0; n--) {
            uint32_t number = family->limbo_first;
            promc__child *child = promc__child_at(family, number);

            PROMC__ASSUME(child); /* there are limbo_count of them */
            family->limbo_first = child->next;
            if (!family->limbo_first)
                family->limbo_last = 0;
            family->limbo_count--;
            if (promc__is_recent(child) || promc__cursors_have(family, child) ||
                atomic_load_explicit(&child->numbers.pins, memory_order_acquire)) {
                to_limbo(family, number);
                continue;
            }
            if (family->cells)
                promc__numbers_clear(&child->numbers, family->cells);
            promc__child_put_back(family, number);
        }
        family->limbo_enough = 2 * family->limbo_count; /* many are held: do not look every time */
    }
    promc__unlock(&promc__cells_lock);
}

/* Hides a child that is in table and list. */
void promc__children_hide(promc__family *family, promc__child *child)
{
    promc__child *next = promc__child_next(child);
    promc__child *previous = promc__child_at(family, child->previous);
    uint32_t *link = previous ? &previous->next : &family->first, number = *link;

    promc__cursors_skip(family, child);
    promc__table_drop(atomic_load_explicit(&family->table, memory_order_relaxed), child);
    *link = child->next;
    *(next ? &next->previous : &family->last) = child->previous;
    family->child_count--;
    atomic_fetch_or(&child->numbers.slot, PROMC__SLOT_REMOVED);
    to_limbo(family, number);
}

/* A family with idle_ttl keeps the time of the last known update behind the numbers. */
_Atomic uint64_t *promc__child_last_update(promc__child *child)
{
    promc__family *family = child->family;

    return promc__shared(&child->numbers) + promc__shared_words(family->cells ? family->cells : 1);
}

/* ---- making children ------------------------------------------------------------------------- */

/* A child that has its label text; the number, or 0: no memory. */
static uint32_t labelled_child(promc__family *family, const char *const *values)
{
    promc__buffer text = PROMC__BUFFER(INT32_MAX);
    bool escaped = promc__labels_write(family, values, &text);
    uint32_t number = text.error ? 0 : promc__child_take(family, &text, escaped);

    promc__buffer_free(&text);
    return number;
}

/* The number of a child that is not in table or list yet; 0: no memory. */
static uint32_t make_child(promc__family *family, const char *const *values)
{
    uint32_t number = labelled_child(family, values), slot;
    promc__child *child = promc__child_at(family, number);

    if (!child)
        return 0;
    atomic_store_explicit(&child->created, promc__os.unix_time(), memory_order_relaxed);
    if (!family->cells)
        atomic_store_explicit(promc__shared(&child->numbers), 0, memory_order_relaxed);
    if (family->idle_ttl > 0)
        *promc__child_last_update(child) = 0;
    if (family->type->prepare && !family->type->prepare(child)) {
        promc__child_put_back(family, number);
        return 0;
    }
    slot = atomic_load_explicit(&child->numbers.slot, memory_order_relaxed) & PROMC__SLOT_MASK;
    atomic_store_explicit(&child->numbers.slot, slot, memory_order_release);
    return number;
}

static promc__child *add_child(promc__family *family, uint32_t hash, const char *const *values)
{
    uint32_t number = promc__table_reserve(family) ? make_child(family, values) : 0;
    promc__child *child = promc__child_at(family, number), *last = promc__child_at(family, family->last);

    if (!child) {
        promc__fail_memory(family->name);
        return NULL;
    }
    child->hash = hash;
    child->next = 0;
    child->previous = family->last;
    if (last)
        last->next = number;
    else
        family->first = number;
    family->last = number;
    family->child_count++;
    promc__table_put(atomic_load_explicit(&family->table, memory_order_relaxed), child);
    return child;
}

/* The one child past the limit: complete, but in neither table nor list. */
static promc__child *discarding_child(promc__family *family, const char *const *values)
{
    promc__count_mishap(PROMC_DISCARDED_CHILDREN);
    if (!family->discarding) {
        family->discarding = promc__child_at(family, make_child(family, values));
        if (!family->discarding)
            promc__fail_memory(family->name);
        else
            atomic_fetch_or(&family->discarding->numbers.slot, PROMC__SLOT_REMOVED);
    }
    return family->discarding;
}

promc__child *promc__children_find_or_add(promc__family *family, const struct promc__query *query,
                                          const char *const *values)
{
    promc__child *child;

    promc__lock(promc__stripe(family));
    child = promc__table_find(family, query, values);
    if (!child) {
        if (family->max_children && family->child_count >= family->max_children)
            child = discarding_child(family, values);
        else
            child = add_child(family, query->hash, values);
    }
    if (child && promc__my_shard)
        promc__note_recent(promc__my_shard, child);
    promc__unlock(promc__stripe(family));
    return child;
}

/* ---- the rest of a child's life -------------------------------------------------------------- */

void promc__child_hold(promc__child *child)
{
    if (child)
        atomic_fetch_add_explicit(&child->numbers.pins, 1, memory_order_relaxed);
}

void promc__child_release(promc__child *child)
{
    uint32_t pins;

    if (!child)
        return;
    pins = atomic_load_explicit(&child->numbers.pins, memory_order_relaxed);
    while (pins &&
           !atomic_compare_exchange_weak_explicit(&child->numbers.pins, &pins, pins - 1,
                                                  memory_order_release, memory_order_relaxed))
        ;
}

bool promc__child_is_live(promc__child *child)
{
    uint32_t slot = atomic_load_explicit(&child->numbers.slot, memory_order_acquire);

    if (promc__unlikely(slot & PROMC__SLOT_WATCHED))
        slot = atomic_fetch_and(&child->numbers.slot, ~PROMC__SLOT_WATCHED);
    return !(slot & PROMC__SLOT_REMOVED);
}

/* Takes the cells out of use, waits until nobody is in them, and clears them. */
void promc__child_reset(promc__child *child)
{
    promc__family *family = child->family;

    promc__lock(promc__stripe(family));
    if (!(atomic_fetch_or(&child->numbers.slot, PROMC__SLOT_REMOVED) & PROMC__SLOT_REMOVED)) {
        promc__lock(&promc__cells_lock);
        for (int attempt = 0; attempt < 10 && !promc__quiesce(); attempt++)
            ;
        promc__numbers_clear(&child->numbers, family->cells);
        atomic_store_explicit(&child->created, promc__os.unix_time(), memory_order_relaxed);
        atomic_fetch_and(&child->numbers.slot, ~PROMC__SLOT_REMOVED);
        promc__unlock(&promc__cells_lock);
    }
    promc__unlock(promc__stripe(family));
}

void promc__children_free(promc__family *family)
{
    promc__lock(&promc__cells_lock);
    if (family->slab_count)
        (void)promc__quiesce();
    promc__child_memory_free(family);
    promc__unlock(&promc__cells_lock);
    promc__table_free(atomic_load_explicit(&family->table, memory_order_relaxed));
}
