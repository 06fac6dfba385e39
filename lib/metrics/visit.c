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

    if (family->cells <= 1)
        return true;
    if (words / family->cells < cursor->batch)
        cursor->batch = words / family->cells;
    cursor->values = promc__malloc(words * sizeof(*cursor->values));
    if (!cursor->values || !family->quantiles)
        return cursor->values != NULL;
    cursor->quantiles = promc__malloc(family->quantiles->count * sizeof(*cursor->quantiles));
    if (!cursor->quantiles)
        promc__free(cursor->values);
    return cursor->quantiles != NULL;
}

PROMC__COLD bool promc__cursor_open(promc__cursor *cursor, promc__family *family)
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

PROMC__COLD void promc__cursor_close(promc__cursor *cursor)
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

/* The cells of the next children, as one snapshot. */
static size_t read_batch(promc__cursor *cursor)
{
    const promc__family *family = cursor->family;
    uint32_t cells = family->cells, number = 0;
    promc__child *child = cursor->next;
    size_t count = 0;

    while (count < cursor->batch && child) {
        cursor->children[count++] = child;
        child = child_behind(family, child, &number);
    }
    cursor->next = child;
    if (!cells || !count)
        return count;
    promc__snapshot_begin();
    for (size_t i = 0; i < count; i++)
        promc__snapshot_read(&cursor->children[i]->numbers, cells, cursor->values + i * cells);
    promc__snapshot_end();
    return count;
}

/* The cells of one of them; NULL if they have none. */
static const uint64_t *values_of(const promc__cursor *cursor, size_t index)
{
    return cursor->values ? cursor->values + index * cursor->family->cells : NULL;
}

/* While one child is written, memory fetches one of the next batch. */
static void give_batch(promc__cursor *cursor, size_t count,
                       void (*take)(const promc__point *point, void *arg), void *arg)
{
    const promc__family *family = cursor->family;
    promc__point point = {0};

    for (size_t i = 0; i < count; i++) {
        promc__child *child = cursor->children[i];
        size_t bytes = promc__child_bytes(family, child);

        promc__fetch_ahead(child, cursor->batch * bytes, bytes);
        give_child(cursor, child, values_of(cursor, i), &point, take, arg);
    }
}

/* Quantiles are added up from thousands of cells of every thread. Children that are removed meanwhile
 * stay until they were shown. */
static PROMC__COLD void give_quantiles(promc__cursor *cursor, size_t count,
                                       void (*take)(const promc__point *point, void *arg),
                                       void *arg)
{
    const promc__family *family = cursor->family;
    promc__point point = {0};

    cursor->reading = count;
    promc__unlock(promc__stripe(family));
    for (size_t i = 0; i < count; i++) {
        (void)family->type->quantiles_fill(cursor->children[i], cursor->quantiles, &point);
        give_child(cursor, cursor->children[i], values_of(cursor, i), &point, take, arg);
    }
    promc__lock(promc__stripe(family));
    cursor->reading = 0;
}

/* ---- counters and gauges --------------------------------------------------------------------- */

static void *extra_of(const promc__child *child)
{
    return atomic_load_explicit(&child->extra, memory_order_relaxed);
}

/* The next children, without their numbers, up to a gauge with a callback. Whether any has exemplars. */
static bool collect_plains(promc__cursor *cursor, promc__numbers **numbers, promc__plains *points)
{
    const promc__family *family = cursor->family;
    bool has_created = family->type->has_created, special = false;
    promc__child *child = cursor->next;
    uint32_t number = 0;
    size_t count = 0;

    for (; count < PROMC__VISIT_BATCH && child; count++) {
        promc__child *next = child_behind(family, child, &number);
        const promc__text text = promc__child_text(family, child);

        if (promc__unlikely(extra_of(child) != NULL)) {
            if (family->type->kind == PROMC_TYPE_GAUGE)
                break;
            special = true;
        }
        cursor->children[count] = child;
        numbers[count] = &child->numbers;
        points->labels[count] = text.data;
        points->labels_sizes[count] = text.size;
        points->created[count] =
            has_created ? atomic_load_explicit(&child->created, memory_order_relaxed) : 0;
        child = next;
    }
    cursor->next = child;
    points->count = count;
    return special;
}

static void read_levels(promc__numbers *const *levels, size_t count, double *values)
{
    bool spread = false;

    for (size_t i = 0; i < count && !spread; i++)
        spread = promc__level_is_spread(levels[i]);
    if (spread)
        promc__snapshot_begin();
    for (size_t i = 0; i < count; i++)
        values[i] = spread ? promc__level_read(levels[i]) : promc__level_value(levels[i]);
    if (spread)
        promc__snapshot_end();
}

static void read_values(const promc__type *type, promc__numbers *const *numbers, size_t count,
                        double *values)
{
    if (type->kind == PROMC_TYPE_GAUGE)
        read_levels(numbers, count, values);
    else
        promc__numbers_sums(numbers, count, values);
}

/* Where they cannot be given together. */
static void give_each(promc__cursor *cursor, const promc__plains *points,
                      void (*take)(const promc__point *point, void *arg), void *arg)
{
    promc__point point = {.value = {.kind = PROMC__DOUBLE}};

    for (size_t i = 0; i < points->count; i++) {
        promc__cursor_point(cursor, cursor->children[i], &point);
        point.value.number = points->numbers[i];
        take(&point, arg);
    }
}

/* A gauge with a callback: the host's code runs without our lock. */
static PROMC__COLD void take_callback(promc__cursor *cursor, promc__child *child,
                                      promc__callback callback,
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

/* A callback alone, since that unlocks the family. */
static bool step_numbers(promc__cursor *cursor,
                         void (*take)(const promc__point *point, void *arg), void *arg)
{
    promc__numbers *numbers[PROMC__VISIT_BATCH];
    promc__plains points;
    bool special = collect_plains(cursor, numbers, &points);
    promc__child *child = cursor->next;

    if (points.count) {
        read_values(cursor->family->type, numbers, points.count, points.numbers);
        if (cursor->take_plains && !special)
            cursor->take_plains(&points, arg);
        else
            give_each(cursor, &points, take, arg);
        return true;
    }
    if (!child)
        return false;
    cursor->next = promc__child_next(child);
    take_callback(cursor, child, *(const promc__callback *)extra_of(child), take, arg);
    return cursor->error == PROMC_OK;
}

/* ---- all types ------------------------------------------------------------------------------- */

bool promc__cursor_step(promc__cursor *cursor, void (*take)(const promc__point *point, void *arg),
                        void *arg)
{
    promc__family *family = cursor->family;
    size_t count;
    bool any;

    promc__lock(promc__stripe(family));
    if (!family->type->fill) {
        any = step_numbers(cursor, take, arg);
    } else if (family->native) {
        any = family->type->native_step(cursor, take, arg);
    } else {
        count = read_batch(cursor);
        if (family->quantiles && !cursor->no_quantiles)
            give_quantiles(cursor, count, take, arg);
        else
            give_batch(cursor, count, take, arg);
        any = count != 0;
    }
    promc__unlock(promc__stripe(family));
    return any;
}
