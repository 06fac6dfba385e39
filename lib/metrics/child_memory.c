/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the children of a family lie: in slabs, each child with its label text behind it. A child
 * that is used again for other labels keeps its room; a text that is too long for that, or for any,
 * lies outside. All under the stripe lock.
 */
#include "metrics/children.h"

#include "base/lock.h"
#include "base/memory.h"
#include "cells/level.h"

#define CACHE_LINE 64u

/* Longer texts lie outside: few have them, and a slab should hold many children. */
#define LONGEST_INSIDE 4096u

#define LARGEST_SLAB ((size_t)PROMC__SLAB_UNITS * PROMC__CHILD_UNIT)
#define LARGEST_SLOT_BLOCK 1024u

_Static_assert(_Alignof(promc__child) <= PROMC__CHILD_UNIT &&
                   sizeof(promc__child) % PROMC__CHILD_UNIT == 0,
               "children lie one behind the other");

/* An array with room for one more; it grows at each power of two. NULL: no memory, and the array is as
 * it was. */
static void *with_room(void *items, uint32_t count, size_t item_size)
{
    size_t bytes;

    if (count & (count - 1))
        return items;
    if (!promc__size_of(count ? 2 * (size_t)count : 1, item_size, 0, &bytes))
        return NULL;
    return promc__realloc(items, bytes);
}

/* ---- slots ----------------------------------------------------------------------------------- */

static bool add_slot_block(promc__family *family)
{
    promc__slot_block block = {.count = LARGEST_SLOT_BLOCK};
    promc__slot_block *blocks =
        with_room(family->slot_blocks, family->slot_block_count, sizeof(block));
    bool done;

    if (!blocks)
        return false;
    family->slot_blocks = blocks;
    if (family->slot_block_count < 10) /* fewer in the first ones: 1, 2, 4 ... */
        block.count = 1u << family->slot_block_count;
    promc__lock(&promc__cells_lock);
    done = promc__slots_take(family->cells, block.count, &block.first);
    promc__unlock(&promc__cells_lock);
    if (done)
        blocks[family->slot_block_count++] = block;
    return done;
}

/* The block with the next slot; NULL: no memory. */
static promc__slot_block *slots_for_one(promc__family *family)
{
    uint32_t count = family->slot_block_count;

    if ((!count || family->slot_blocks[count - 1].used == family->slot_blocks[count - 1].count) &&
        !add_slot_block(family))
        return NULL;
    return &family->slot_blocks[family->slot_block_count - 1];
}

/* ---- slabs ----------------------------------------------------------------------------------- */

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

/* A value that is written in place gets cache lines of its own; other children are mostly read. */
static size_t bytes_for(const promc__family *family, size_t text_size)
{
    size_t room = text_size > LONGEST_INSIDE ? sizeof(promc__outside_text *) : text_size;

    return round_up(family->child_size + room, family->cells ? PROMC__CHILD_UNIT : CACHE_LINE);
}

/* The first ones have room for 1 child like this one, 2, 4 ... */
static size_t slab_size(const promc__family *family, size_t child_bytes)
{
    size_t children = (size_t)1 << (family->slab_count < 10 ? family->slab_count : 10);

    if (children * child_bytes > LARGEST_SLAB)
        children = LARGEST_SLAB / child_bytes;
    return round_up((children ? children : 1) * child_bytes, CACHE_LINE);
}

static bool add_slab(promc__family *family, size_t child_bytes)
{
    promc__slab slab = {.size = slab_size(family, child_bytes)}, *slabs = NULL;

    if (family->slab_count < UINT32_MAX / PROMC__SLAB_UNITS)
        slabs = with_room(family->slabs, family->slab_count, sizeof(slab));
    if (!slabs)
        return false;
    family->slabs = slabs;
    slab.block = promc__zalloc(slab.size + CACHE_LINE - 1);
    if (!slab.block)
        return false;
    slab.children = (char *)slab.block + (0 - (uintptr_t)slab.block) % CACHE_LINE;
    slabs[family->slab_count++] = slab;
    return true;
}

/* The slab with so much room; NULL: no memory. */
static promc__slab *slab_for(promc__family *family, size_t bytes)
{
    const promc__slab *last = family->slab_count ? &family->slabs[family->slab_count - 1] : NULL;

    if ((!last || last->size - last->used < bytes) && !add_slab(family, bytes))
        return NULL;
    return &family->slabs[family->slab_count - 1];
}

/* A child with room for a text of this size. Its number; 0: no memory. */
static uint32_t carve_child(promc__family *family, size_t text_size)
{
    size_t bytes = bytes_for(family, text_size), place;
    promc__slot_block *slots = family->cells ? slots_for_one(family) : NULL;
    promc__slab *slab = slots || !family->cells ? slab_for(family, bytes) : NULL;
    uint32_t slot = PROMC__NO_SLOT;
    promc__child *child;

    if (!slab)
        return 0;
    if (slots)
        slot = promc__slot_at(slots->first, family->cells, slots->used++);
    child = (promc__child *)(void *)(slab->children + slab->used);
    child->family = family;
    child->room = (bytes - family->child_size) / PROMC__CHILD_UNIT & 0x3FFF;
    atomic_init(&child->numbers.slot, slot);
    place = (family->slab_count - 1) * (size_t)PROMC__SLAB_UNITS + slab->used / PROMC__CHILD_UNIT;
    slab->used += bytes;
    return (uint32_t)place + 1;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static promc__outside_text *outside_text(const promc__buffer *text)
{
    promc__outside_text *outside = promc__malloc(sizeof(*outside) + text->size);

    if (outside) {
        outside->size = text->size;
        memcpy(outside->text, text->data, text->size);
    }
    return outside;
}

/* False: no memory. */
static bool set_text(promc__child *child, const promc__buffer *text)
{
    char *room = (char *)child + child->family->child_size;

    child->outside = text->size > LONGEST_INSIDE || text->size > child->room * PROMC__CHILD_UNIT;
    if (child->outside) {
        promc__outside_text *outside = outside_text(text);

        memcpy(room, &outside, sizeof(outside));
        return outside != NULL;
    }
    child->text_size = text->size & 0xFFFF;
    if (text->size)
        memcpy(room, text->data, text->size);
    return true;
}

static void drop_text(promc__child *child)
{
    promc__outside_text *outside;

    if (!child->outside)
        return;
    memcpy(&outside, (char *)child + child->family->child_size, sizeof(outside));
    promc__free(outside);
    child->outside = false;
}

/* ---- children -------------------------------------------------------------------------------- */

uint32_t promc__child_take(promc__family *family, const promc__buffer *text, bool escaped)
{
    uint32_t number = family->free;
    promc__child *child = promc__child_at(family, number);

    if (child) {
        family->free = child->next;
    } else {
        number = carve_child(family, text->size);
        child = promc__child_at(family, number);
    }
    if (!child)
        return 0;
    child->escaped = escaped;
    if (set_text(child, text))
        return number;
    promc__child_put_back(family, number);
    return 0;
}

static void strip_child(promc__child *child)
{
    if (child->family->type->finish)
        child->family->type->finish(child);
    atomic_store_explicit(&child->extra, NULL, memory_order_relaxed);
    drop_text(child);
}

void promc__child_put_back(promc__family *family, uint32_t number)
{
    promc__child *child = promc__child_at(family, number);

    PROMC__ASSUME(child); /* nobody's number is 0 */
    strip_child(child);
    child->next = family->free;
    family->free = number;
}

static void free_slab(const promc__family *family, const promc__slab *slab)
{
    promc__child *child;

    for (size_t at = 0; at < slab->used; at += promc__child_bytes(family, child)) {
        child = (promc__child *)(void *)(slab->children + at);
        strip_child(child);
        if (family->cells)
            promc__numbers_clear(&child->numbers, family->cells);
        else
            promc__level_release(&child->numbers);
    }
    promc__free(slab->block);
}

void promc__child_memory_free(promc__family *family)
{
    for (uint32_t i = 0; i < family->slab_count; i++)
        free_slab(family, &family->slabs[i]);
    for (uint32_t i = 0; i < family->slot_block_count; i++)
        promc__slots_give(family->cells, family->slot_blocks[i].count,
                          family->slot_blocks[i].first);
    promc__free(family->slabs);
    promc__free(family->slot_blocks);
}
