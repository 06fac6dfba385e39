/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Visiting the children of a family for a scrape. The family is locked only for a few children at a
 * time: lookups and updates never meet that lock, the making of a child waits some microseconds. What
 * takes longer is done without it.
 */
#include "base/lock.h"
#include "base/memory.h"
#include "cells/level.h"
#include "metrics/exemplar.h"
#include "metrics/quantiles.h"

/* Scratch for cells: a batch of histograms should be worth the barrier of a snapshot. */
#define SCRATCH_WORDS 1024

static bool make_scratch(promc__cursor *cursor)
{
    const promc__family *family = cursor->family;
    size_t words = family->cells > SCRATCH_WORDS ? family->cells : SCRATCH_WORDS;

    if (family->cells > 1 && words / family->cells < cursor->batch)
        cursor->batch = words / family->cells;
    cursor->values = promc__malloc(words * sizeof(*cursor->values));
    if (!cursor->values || !family->quantiles)
        return cursor->values != NULL;
    cursor->quantiles = promc__malloc(family->quantiles->count * sizeof(*cursor->quantiles));
    if (!cursor->quantiles)
        promc__free(cursor->values);
    return cursor->quantiles != NULL;
}

bool promc__cursor_open(promc__cursor *cursor, promc__family *family)
{
    *cursor = (promc__cursor){.family = family, .batch = PROMC__VISIT_BATCH};
    if (!make_scratch(cursor)) {
        *cursor = (promc__cursor){0};
        return false;
    }
    promc__family_expire(family);
    promc__lock(promc__stripe(family));
    cursor->next = promc__child_at(family, family->first);
    cursor->following = family->cursors;
    family->cursors = cursor;
    promc__unlock(promc__stripe(family));
    return true;
}

void promc__cursor_close(promc__cursor *cursor)
{
    promc__family *family = cursor->family;
    promc__cursor **link;

    if (!family)
        return;
    promc__lock(promc__stripe(family));
    for (link = &family->cursors; *link && *link != cursor; link = &(*link)->following)
        ;
    if (*link)
        *link = cursor->following;
    promc__unlock(promc__stripe(family));
    promc__exemplars_free(cursor->exemplars);
    if (cursor->scratch)
        family->type->native_finish(cursor);
    promc__buffer_free(&cursor->text);
    promc__free(cursor->values);
    promc__free(cursor->quantiles);
    *cursor = (promc__cursor){0};
}

void promc__cursors_skip(promc__family *family, const promc__child *child)
{
    for (promc__cursor *cursor = family->cursors; cursor; cursor = cursor->following) {
        if (cursor->next == child)
            cursor->next = promc__child_next(child);
    }
}

bool promc__cursors_have(const promc__family *family, const promc__child *child)
{
    for (const promc__cursor *cursor = family->cursors; cursor; cursor = cursor->following) {
        for (size_t i = 0; i < cursor->reading; i++)
            if (cursor->children[i] == child)
                return true;
    }
    return false;
}

void promc__cursor_point(promc__cursor *cursor, promc__child *child, promc__point *point)
{
    const promc__type *type = cursor->family->type;
    const promc__text text = promc__child_text(cursor->family, child);

    point->labels = text.data;
    point->labels_size = text.size;
    point->exemplars = NULL;
    if (type->has_created)
        point->created = atomic_load_explicit(&child->created, memory_order_relaxed);
    if (type->has_exemplars &&
        promc__unlikely(atomic_load_explicit(&child->extra, memory_order_relaxed) != NULL))
        point->exemplars = promc__exemplars_copy(&cursor->exemplars, child);
}

/* Gives one child. The point is reused for all children of a family, which all set the same members
 * of it: making it anew takes longer than what is written into it. */
static void give_child(promc__cursor *cursor, promc__child *child, const uint64_t *values,
                       promc__point *point, void (*take)(const promc__point *point, void *arg),
                       void *arg)
{
    promc__cursor_point(cursor, child, point);
    cursor->family->type->fill(child, values, point);
    take(point, arg);
}

/* The child after the one with this number (0: not known), and its number. Most often both are in one
 * slab: then the processor need not look for another one. */
static inline promc__child *child_behind(const promc__family *family, promc__child *child,
                                         uint32_t *number)
{
    uint32_t before = *number, next = child->next;
    ptrdiff_t units;

    *number = next;
    if (promc__unlikely(!next ||
                        (next - 1) / PROMC__SLAB_UNITS != (before - 1) / PROMC__SLAB_UNITS))
        return promc__child_at(family, next);
    units = (ptrdiff_t)next - (ptrdiff_t)before; /* below zero where places are used again */
    return (promc__child *)(void *)((char *)child + units * (ptrdiff_t)PROMC__CHILD_UNIT);
}

/* The cells of the next children, as one snapshot where there are several to a child. */
static size_t read_batch(promc__cursor *cursor)
{
    const promc__family *family = cursor->family;
    uint32_t cells = family->cells, number = 0;
    promc__numbers *numbers[PROMC__VISIT_BATCH];
    promc__child *child = cursor->next;
    size_t count = 0;

    while (count < cursor->batch && child) {
        promc__child *next = child_behind(family, child, &number);

        numbers[count] = &child->numbers;
        cursor->children[count++] = child;
        child = next;
    }
    cursor->next = child;
    if (cells == 1) {
        promc__numbers_sums(numbers, count, cursor->values);
    } else if (cells > 1 && count) {
        promc__snapshot_begin();
        for (size_t i = 0; i < count; i++)
            promc__snapshot_read(&cursor->children[i]->numbers, cells, cursor->values + i * cells);
        promc__snapshot_end();
    }
    return count;
}

/* Gives children whose value is a number: as many as possible at a time, but those that have
 * exemplars one by one. */
static void give_numbers(promc__cursor *cursor, size_t count,
                         void (*take)(const promc__point *point, void *arg), void *arg)
{
    bool has_created = cursor->family->type->has_created;
    promc__plain plain[PROMC__VISIT_BATCH];
    promc__point point = {0};
    size_t run = 0;

    for (size_t i = 0; i < count; i++) {
        promc__child *child = cursor->children[i];
        const promc__text text = promc__child_text(cursor->family, child);

        if (promc__unlikely(atomic_load_explicit(&child->extra, memory_order_relaxed) != NULL)) {
            cursor->take_plain(plain, run, arg);
            run = 0;
            give_child(cursor, child, cursor->values + i, &point, take, arg);
            continue;
        }
        plain[run].labels = text.data;
        plain[run].labels_size = text.size;
        plain[run].number = promc__bits_to_double(cursor->values[i]);
        plain[run++].created =
            has_created ? atomic_load_explicit(&child->created, memory_order_relaxed) : 0;
    }
    cursor->take_plain(plain, run, arg);
}

/* While one child is written, memory fetches one of the next batch. */
static void give_batch(promc__cursor *cursor, size_t count,
                       void (*take)(const promc__point *point, void *arg), void *arg)
{
    const promc__family *family = cursor->family;
    size_t cells = family->cells ? family->cells : 1;
    promc__point point = {0};

    for (size_t i = 0; i < count; i++) {
        promc__child *child = cursor->children[i];
        size_t bytes = promc__child_bytes(family, child);

        promc__fetch_ahead(child, cursor->batch * bytes, bytes);
        give_child(cursor, child, cursor->values + i * cells, &point, take, arg);
    }
}

/* Quantiles are added up from thousands of cells of every thread. Children that are removed meanwhile
 * stay until they were shown. */
static void give_quantiles(promc__cursor *cursor, size_t count,
                           void (*take)(const promc__point *point, void *arg), void *arg)
{
    const promc__family *family = cursor->family;
    promc__point point = {0};

    cursor->reading = count;
    promc__unlock(promc__stripe(family));
    for (size_t i = 0; i < count; i++) {
        (void)family->type->quantiles_fill(cursor->children[i], cursor->quantiles, &point);
        give_child(cursor, cursor->children[i], cursor->values + i * family->cells, &point, take,
                   arg);
    }
    promc__lock(promc__stripe(family));
    cursor->reading = 0;
}

/* A child with a callback: the host's code runs without our lock. */
static void take_callback(promc__cursor *cursor, promc__child *child, promc__callback callback,
                          void (*take)(const promc__point *point, void *arg), void *arg)
{
    const promc__text text = promc__child_text(cursor->family, child);
    promc__point point = {0};

    cursor->text.size = 0;
    promc__buffer_append(&cursor->text, text.data, text.size);
    promc__unlock(promc__stripe(cursor->family));
    if (!cursor->text.error) {
        point.labels = cursor->text.data ? cursor->text.data : "";
        point.labels_size = cursor->text.size;
        point.value =
            (promc__value){.kind = PROMC__DOUBLE, .number = callback.function(callback.arg)};
        take(&point, arg);
    } else {
        cursor->error = PROMC_ERROR_NO_MEMORY;
    }
    promc__lock(promc__stripe(cursor->family));
}

static promc__callback *callback_of(const promc__child *child)
{
    return atomic_load_explicit(&child->extra, memory_order_relaxed);
}

/* The values of the next gauges up to one with a callback. */
static size_t read_gauges(promc__cursor *cursor)
{
    bool spread = false;
    size_t count = 0;

    for (; count < cursor->batch && cursor->next && !callback_of(cursor->next);
         cursor->next = promc__child_next(cursor->next)) {
        spread = spread || promc__level_is_spread(&cursor->next->numbers);
        cursor->children[count++] = cursor->next;
    }
    if (spread)
        promc__snapshot_begin();
    for (size_t i = 0; i < count; i++) {
        promc__numbers *level = &cursor->children[i]->numbers;

        cursor->values[i] =
            promc__double_to_bits(spread ? promc__level_read(level) : promc__level_value(level));
    }
    if (spread)
        promc__snapshot_end();
    return count;
}

/* One with a callback alone, since that unlocks the family. */
static bool step_gauges(promc__cursor *cursor, void (*take)(const promc__point *point, void *arg),
                        void *arg)
{
    promc__point point = {0};
    size_t count = read_gauges(cursor);

    if (cursor->take_plain) {
        give_numbers(cursor, count, take, arg);
    } else {
        for (size_t i = 0; i < count; i++)
            give_child(cursor, cursor->children[i], cursor->values + i, &point, take, arg);
    }
    if (!count && cursor->next) {
        promc__child *child = cursor->next;

        cursor->next = promc__child_next(child);
        take_callback(cursor, child, *callback_of(child), take, arg);
        return cursor->error == PROMC_OK;
    }
    return count != 0;
}

bool promc__cursor_step(promc__cursor *cursor, void (*take)(const promc__point *point, void *arg),
                        void *arg)
{
    promc__family *family = cursor->family;
    size_t count;
    bool any;

    promc__lock(promc__stripe(family));
    if (family->type->kind == PROMC_TYPE_GAUGE) {
        any = step_gauges(cursor, take, arg);
    } else if (family->native) {
        any = family->type->native_step(cursor, take, arg);
    } else {
        count = read_batch(cursor);
        if (family->quantiles && !cursor->no_quantiles)
            give_quantiles(cursor, count, take, arg);
        else if (cursor->take_plain && family->type->kind == PROMC_TYPE_COUNTER)
            give_numbers(cursor, count, take, arg);
        else
            give_batch(cursor, count, take, arg);
        any = count != 0;
    }
    promc__unlock(promc__stripe(family));
    return any;
}
