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

/* ---- memory ---------------------------------------------------------------------------------- */

/* Children are made in slabs, so that neighbours in time are neighbours in memory. */
struct promc__slab {
    promc__slab *next;
    size_t count, used;
};

static char *slab_child(const promc__family *family, promc__slab *slab, size_t index)
{
    return (char *)(slab + 1) + index * family->child_size;
}

static promc__child *carve_child(promc__family *family)
{
    promc__slab *slab = family->slabs;
    promc__child *child;

    if (!slab || slab->used == slab->count) {
        size_t count = !slab ? 1 : slab->count < 512 ? slab->count * 2 : 1024, bytes;

        if (!promc__size_of(count, family->child_size, sizeof(*slab), &bytes))
            return NULL;
        slab = promc__zalloc(bytes);
        if (!slab)
            return NULL;
        slab->count = count;
        slab->next = family->slabs;
        family->slabs = slab;
    }
    child = (promc__child *)(void *)slab_child(family, slab, slab->used);
    child->family = family;
    if (!family->cells)
        atomic_init(&child->numbers.slot, PROMC__NO_SLOT);
    else if (!promc__numbers_init(&child->numbers, family->cells))
        return NULL;
    slab->used++;
    return child;
}

static promc__child *take_child(promc__family *family)
{
    promc__child *child = family->free;

    if (!child)
        return carve_child(family);
    family->free = child->next;
    return child;
}

static void strip_child(promc__child *child)
{
    if (child->family->type->finish)
        child->family->type->finish(child);
    atomic_store_explicit(&child->extra, NULL, memory_order_relaxed);
    promc__free(child->text);
    child->text = NULL;
}

static void put_back(promc__family *family, promc__child *child)
{
    strip_child(child);
    child->next = family->free;
    family->free = child;
}

/* ---- limbo ----------------------------------------------------------------------------------- */

static void to_limbo(promc__family *family, promc__child *child)
{
    child->next = NULL;
    if (family->limbo_last)
        family->limbo_last->next = child;
    else
        family->limbo_first = child;
    family->limbo_last = child;
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
            promc__child *child = family->limbo_first;

            family->limbo_first = child->next;
            if (!family->limbo_first)
                family->limbo_last = NULL;
            family->limbo_count--;
            if (promc__is_recent(child) || promc__cursors_read(family, child) ||
                atomic_load_explicit(&child->pins, memory_order_acquire)) {
                to_limbo(family, child);
                continue;
            }
            if (family->cells)
                promc__numbers_clear(&child->numbers);
            put_back(family, child);
        }
        family->limbo_enough = 2 * family->limbo_count; /* many are held: do not look every time */
    }
    promc__unlock(&promc__cells_lock);
}

/* Hides a child that is in table and list. */
void promc__children_hide(promc__family *family, promc__child *child)
{
    promc__cursors_skip(family, child);
    promc__table_drop(atomic_load_explicit(&family->table, memory_order_relaxed), child);
    if (child->previous)
        child->previous->next = child->next;
    else
        family->first = child->next;
    if (child->next)
        child->next->previous = child->previous;
    else
        family->last = child->previous;
    family->child_count--;
    atomic_fetch_or(&child->numbers.slot, PROMC__SLOT_REMOVED);
    to_limbo(family, child);
}

/* A family with idle_ttl keeps the time of the last known update behind the numbers. */
_Atomic uint64_t *promc__child_last_update(promc__child *child)
{
    promc__family *family = child->family;

    return promc__shared(&child->numbers) + promc__shared_words(family->cells ? family->cells : 1);
}

/* ---- making children ------------------------------------------------------------------------- */

/* A child that is not in table or list yet. */
static promc__child *make_child(promc__family *family, const char *const *values)
{
    promc__child *child = take_child(family);
    size_t size = 0;
    uint32_t slot;

    if (!child)
        return NULL;
    child->text = promc__labels_text(family, values, &size, &child->flags);
    child->text_size = (uint32_t)size;
    atomic_store_explicit(&child->created, promc__os.unix_time(), memory_order_relaxed);
    if (!family->cells)
        atomic_store_explicit(promc__shared(&child->numbers), 0, memory_order_relaxed);
    if (family->idle_ttl > 0)
        *promc__child_last_update(child) = 0;
    if (!child->text || (family->type->prepare && !family->type->prepare(child))) {
        put_back(family, child);
        return NULL;
    }
    slot = atomic_load_explicit(&child->numbers.slot, memory_order_relaxed) & PROMC__SLOT_MASK;
    atomic_store_explicit(&child->numbers.slot, slot, memory_order_release);
    return child;
}

static promc__child *add_child(promc__family *family, uint32_t hash, const char *const *values)
{
    promc__child *child = promc__table_reserve(family) ? make_child(family, values) : NULL;

    if (!child) {
        promc__fail_memory(family->name);
        return NULL;
    }
    child->hash = hash;
    child->next = NULL;
    child->previous = family->last;
    if (family->last)
        family->last->next = child;
    else
        family->first = child;
    family->last = child;
    family->child_count++;
    promc__table_put(atomic_load_explicit(&family->table, memory_order_relaxed), child);
    return child;
}

/* The one child past the limit: complete, but in neither table nor list. */
static promc__child *discarding_child(promc__family *family, const char *const *values)
{
    promc__count_mishap(PROMC_DISCARDED_CHILDREN);
    if (!family->discarding) {
        family->discarding = make_child(family, values);
        if (!family->discarding)
            promc__fail_memory(family->name);
        else
            atomic_fetch_or(&family->discarding->numbers.slot, PROMC__SLOT_REMOVED);
    }
    return family->discarding;
}

promc__child *promc__children_find_or_add(promc__family *family, uint32_t hash,
                                          const char *const *values, const size_t *sizes)
{
    promc__child *child;

    promc__lock(promc__stripe(family));
    child = promc__table_find(family, hash, values, sizes);
    if (!child) {
        if (family->max_children && family->child_count >= family->max_children)
            child = discarding_child(family, values);
        else
            child = add_child(family, hash, values);
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
        atomic_fetch_add_explicit(&child->pins, 1, memory_order_relaxed);
}

void promc__child_release(promc__child *child)
{
    uint32_t pins;

    if (!child)
        return;
    pins = atomic_load_explicit(&child->pins, memory_order_relaxed);
    while (pins && !atomic_compare_exchange_weak_explicit(
                       &child->pins, &pins, pins - 1, memory_order_release, memory_order_relaxed))
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
        promc__numbers_clear(&child->numbers);
        atomic_store_explicit(&child->created, promc__os.unix_time(), memory_order_relaxed);
        atomic_fetch_and(&child->numbers.slot, ~PROMC__SLOT_REMOVED);
        promc__unlock(&promc__cells_lock);
    }
    promc__unlock(promc__stripe(family));
}

void promc__children_free(promc__family *family)
{
    promc__lock(&promc__cells_lock);
    if (family->slabs)
        (void)promc__quiesce();
    while (family->slabs) {
        promc__slab *slab = family->slabs;

        for (size_t i = 0; i < slab->used; i++) {
            promc__child *child = (promc__child *)(void *)slab_child(family, slab, i);

            strip_child(child);
            if (family->cells) {
                promc__numbers_clear(&child->numbers);
                promc__numbers_release(&child->numbers);
            } else {
                promc__level_release(&child->numbers);
            }
        }
        family->slabs = slab->next;
        promc__free(slab);
    }
    promc__unlock(&promc__cells_lock);
    promc__table_free(atomic_load_explicit(&family->table, memory_order_relaxed));
}
