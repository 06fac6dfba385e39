/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The children of a family: a hash table that lookups read without a lock, a list in order of
 * creation, and the way a removed child takes until its memory is used again:
 *
 *   live -> limbo -> free -> live ...
 *
 * A removed child leaves table and list at once and is marked, so that late updates are discarded.
 * In limbo it waits until no lookup or update can be using it (promc__quiesce()) and nobody holds it.
 * Children are never given back to the allocator before the family is: a stale handle always points
 * to a child of its family.
 */
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/utf8.h"
#include "metrics/family.h"
#include "metrics/hash.h"

#include <string.h>

/* Children in limbo wait for company, since cleaning up costs about as much for one as for many. */
#define LIMBO_BATCH 64

/* ---- the table: open addressing, linear probing ----------------------------------------------------- */

struct promc__table {
    promc__table *retired; /* the one it replaced, until nobody can be reading that */
    size_t mask;
    size_t used; /* entries that are not empty: children and tombstones */
    promc__child *_Atomic entries[];
};

static promc__child tombstone;

static promc__table *new_table(size_t children)
{
    size_t size = 8, bytes;
    promc__table *table;

    while (size / 2 < children)
        size *= 2;
    if (!promc__size_of(size, sizeof(table->entries[0]), sizeof(*table), &bytes))
        return NULL;
    table = promc__zalloc(bytes);
    if (table)
        table->mask = size - 1;
    return table;
}

static void put_entry(promc__table *table, promc__child *child)
{
    size_t i = child->hash & table->mask;
    promc__child *entry;

    while ((entry = atomic_load_explicit(&table->entries[i], memory_order_relaxed)) != NULL &&
           entry != &tombstone)
        i = (i + 1) & table->mask;
    atomic_store_explicit(&table->entries[i], child, memory_order_release);
    table->used += entry == NULL;
}

static void drop_entry(promc__table *table, const promc__child *child)
{
    size_t i = child->hash & table->mask;

    while (atomic_load_explicit(&table->entries[i], memory_order_relaxed) != child)
        i = (i + 1) & table->mask;
    atomic_store_explicit(&table->entries[i], &tombstone, memory_order_release);
}

static promc__child *find_child(const promc__family *family, uint32_t hash,
                                const char *const *values, const size_t *sizes)
{
    const promc__table *table = atomic_load_explicit(&family->table, memory_order_acquire);
    promc__child *child;

    if (promc__unlikely(!table))
        return NULL;
    for (size_t i = hash & table->mask;; i = (i + 1) & table->mask) {
        child = atomic_load_explicit(&table->entries[i], memory_order_acquire);
        if (!child)
            return NULL;
        if (child->hash == hash && child != &tombstone && promc__labels_match(child, values, sizes))
            return child;
    }
}

static void free_retired(promc__table *table)
{
    while (table->retired) {
        promc__table *next = table->retired->retired;

        promc__free(table->retired);
        table->retired = next;
    }
}

/* Room for one more entry, by a new table where more than three quarters are used. Readers may
 * still be in the old one. A small table full of tombstones is replaced by a larger one, so that
 * children that come and go do not replace it all the time. */
static bool reserve_entry(promc__family *family)
{
    promc__table *old = atomic_load_explicit(&family->table, memory_order_relaxed), *table;
    size_t wanted = family->child_count + 1;

    if (old && old->used + 1 <= (old->mask + 1) / 4 * 3)
        return true;
    if (old && wanted < LIMBO_BATCH && wanted < old->used / 2)
        wanted = LIMBO_BATCH;
    table = new_table(wanted);
    if (!table)
        return false;
    for (promc__child *child = family->first; child; child = child->next)
        put_entry(table, child);
    table->retired = old;
    atomic_store_explicit(&family->table, table, memory_order_release);
    promc__lock(&promc__cells_lock);
    if (old && promc__quiesce())
        free_retired(table);
    promc__unlock(&promc__cells_lock);
    return true;
}

/* ---- memory ------------------------------------------------------------------------------------------ */

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
    if (family->cells && !promc__numbers_init(&child->numbers, family->cells))
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

/* ---- limbo -------------------------------------------------------------------------------------------- */

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
static void leave_limbo(promc__family *family)
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
            if (atomic_load_explicit(&child->pins, memory_order_acquire)) {
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
static void hide_child(promc__family *family, promc__child *child)
{
    promc__cursors_skip(family, child);
    drop_entry(atomic_load_explicit(&family->table, memory_order_relaxed), child);
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
static _Atomic uint64_t *last_update(promc__child *child)
{
    promc__family *family = child->family;

    return promc__shared(&child->numbers) +
           promc__shared_words(family->cells ? family->cells : 1);
}

/* ---- making children ---------------------------------------------------------------------------------- */

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
        *last_update(child) = 0;
    if (!child->text) {
        put_back(family, child);
        return NULL;
    }
    slot = atomic_load_explicit(&child->numbers.slot, memory_order_relaxed) & PROMC__SLOT_MASK;
    atomic_store_explicit(&child->numbers.slot, slot, memory_order_release);
    return child;
}

static promc__child *add_child(promc__family *family, uint32_t hash, const char *const *values)
{
    promc__child *child = reserve_entry(family) ? make_child(family, values) : NULL;

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
    put_entry(atomic_load_explicit(&family->table, memory_order_relaxed), child);
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

static promc__child *find_or_add(promc__family *family, uint32_t hash, const char *const *values,
                                 const size_t *sizes)
{
    promc__child *child;

    promc__lock(promc__stripe(family));
    child = find_child(family, hash, values, sizes);
    if (!child) {
        if (family->max_children && family->child_count >= family->max_children)
            child = discarding_child(family, values);
        else
            child = add_child(family, hash, values);
    }
    promc__unlock(promc__stripe(family));
    return child;
}

/* ---- looking up ---------------------------------------------------------------------------------------- */

/* Values with their sizes and hash; on the stack unless there are very many. */
#define FEW_LABELS 16
struct query {
    size_t few[FEW_LABELS];
    size_t *sizes;
    uint32_t hash;
};

static bool prepare_query(struct query *query, const promc__family *family,
                          const char *const *values)
{
    uint64_t hash = family->seed;

    query->sizes = query->few;
    if (promc__unlikely(family->label_count > FEW_LABELS)) {
        query->sizes = promc__malloc(family->label_count * sizeof(*query->sizes));
        if (!query->sizes)
            return false;
    }
    for (size_t i = 0; i < family->label_count; i++) {
        query->sizes[i] = strlen(values[i]);
        hash = promc__hash_value(hash, values[i], query->sizes[i]);
    }
    query->hash = (uint32_t)(hash ^ hash >> 32);
    return true;
}

static void finish_query(struct query *query)
{
    if (query->sizes != query->few)
        promc__free(query->sizes);
}

static promc__child *find_in_section(promc__family *family, const struct query *query,
                                     const char *const *values)
{
    promc__shard *shard = promc__my_shard;
    promc__section section;
    promc__child *child;
    uintptr_t sequence;

    if (promc__likely(promc__enter(shard, &sequence))) {
        child = find_child(family, query->hash, values, query->sizes);
        promc__leave(shard, sequence);
        return child;
    }
    section = promc__enter_slowly();
    child = find_child(family, query->hash, values, query->sizes);
    promc__leave_slowly(&section);
    return child;
}

static void free_values(char **values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        promc__free(values[i]);
    promc__free(values);
}

/* A copy with invalid UTF-8 replaced; NULL when out of memory. */
static char *repaired_value(const char *value)
{
    promc__buffer text = PROMC__BUFFER(0);
    char *repaired = NULL;

    promc__utf8_repair(&text, value, strlen(value));
    if (!text.error)
        repaired = promc__copy(text.data ? text.data : "", text.size);
    promc__buffer_free(&text);
    return repaired;
}

static char **repaired_values(const promc__family *family, const char *const *values)
{
    char **repaired = promc__zalloc(family->label_count * sizeof(*repaired));

    for (size_t i = 0; repaired && i < family->label_count; i++) {
        repaired[i] = repaired_value(values[i]);
        if (!repaired[i]) {
            free_values(repaired, family->label_count);
            repaired = NULL;
        }
    }
    return repaired;
}

static promc__child *child_of_valid_values(promc__family *family, const char *const *values)
{
    struct query query;
    promc__child *child;

    if (!prepare_query(&query, family, values)) {
        promc__fail_memory(family->name);
        return NULL;
    }
    child = find_or_add(family, query.hash, values, query.sizes);
    finish_query(&query);
    return child;
}

static bool all_valid(const promc__family *family, const char *const *values)
{
    for (size_t i = 0; i < family->label_count; i++) {
        if (!promc__utf8_valid(values[i], strlen(values[i])))
            return false;
    }
    return true;
}

/* Not found as it is: values with invalid UTF-8 are looked for as they would be stored. */
static PROMC__COLD promc__child *child_slowly(promc__family *family, const char *const *values)
{
    promc__child *child = NULL;
    char **repaired;

    if (all_valid(family, values))
        return child_of_valid_values(family, values);
    promc__count_mishap(PROMC_REPLACED_TEXTS);
    repaired = repaired_values(family, values);
    if (repaired)
        child = child_of_valid_values(family, (const char *const *)repaired);
    else
        promc__fail_memory(family->name);
    free_values(repaired, family->label_count);
    return child;
}

static int check_values(const promc__family *family, const char *const *values, size_t count)
{
    if (count != family->label_count)
        return promc__fail(PROMC_ERROR_LABELS,
                           "%s: Incorrect label count (expected %zu, got %zu)", family->name,
                           family->label_count, count);
    for (size_t i = 0; i < count; i++) {
        if (!values[i])
            return promc__fail(PROMC_ERROR_LABELS, "%s: the value of label %s is NULL",
                               family->name, family->label_names[i]);
    }
    return PROMC_OK;
}

promc__child *promc__family_child(promc__family *family, const char *const *values, size_t count)
{
    struct query query;
    promc__child *child;

    if (promc__unlikely(!family))
        return NULL;
    if (promc__unlikely(check_values(family, values, count) != PROMC_OK))
        return NULL;
    if (promc__unlikely(!prepare_query(&query, family, values))) {
        promc__fail_memory(family->name);
        return NULL;
    }
    child = find_in_section(family, &query, values);
    finish_query(&query);
    return promc__likely(child != NULL) ? child : child_slowly(family, values);
}

promc__child *promc__family_only_child(promc__family *family)
{
    promc__child *child = family->first;

    if (child)
        return child;
    return child_of_valid_values(family, NULL);
}

/* Values in declared order from pairs in any order. */
static int order_values(const promc__family *family, const promc_label *labels, const char **values)
{
    size_t count = 0;

    for (; labels && labels[count].name; count++) {
        size_t label = promc__labels_find(family, labels[count].name);

        if (label == family->label_count || values[label])
            return promc__fail(PROMC_ERROR_LABELS, "%s: Incorrect label names (%s)", family->name,
                               labels[count].name);
        if (!labels[count].value)
            return promc__fail(PROMC_ERROR_LABELS, "%s: the value of label %s is NULL",
                               family->name, labels[count].name);
        values[label] = labels[count].value;
    }
    if (count != family->label_count)
        return promc__fail(PROMC_ERROR_LABELS,
                           "%s: Incorrect label names (expected %zu labels, got %zu)", family->name,
                           family->label_count, count);
    return PROMC_OK;
}

promc__child *promc__family_child_by_name(promc__family *family, const promc_label *labels)
{
    const char *few[FEW_LABELS] = {0}, **values = few;
    promc__child *child = NULL;

    if (!family)
        return NULL;
    if (family->label_count > FEW_LABELS)
        values = promc__zalloc(family->label_count * sizeof(*values));
    if (!values) {
        promc__fail_memory(family->name);
        return NULL;
    }
    if (order_values(family, labels, values) == PROMC_OK)
        child = promc__family_child(family, values, family->label_count);
    if (values != few)
        promc__free((void *)values);
    return child;
}

/* ---- removing ------------------------------------------------------------------------------------------ */

static int remove_valid(promc__family *family, const char *const *values)
{
    struct query query;
    promc__child *child;

    if (!prepare_query(&query, family, values))
        return promc__fail_memory(family->name);
    promc__lock(promc__stripe(family));
    child = find_child(family, query.hash, values, query.sizes);
    if (child) {
        hide_child(family, child);
        leave_limbo(family);
    }
    promc__unlock(promc__stripe(family));
    finish_query(&query);
    return PROMC_OK;
}

int promc__family_remove(promc__family *family, const char *const *values, size_t count)
{
    char **repaired;
    int status;

    if (!family)
        return PROMC_OK;
    status = check_values(family, values, count);
    if (status != PROMC_OK)
        return status;
    if (all_valid(family, values))
        return remove_valid(family, values);
    repaired = repaired_values(family, values);
    if (!repaired)
        return promc__fail_memory(family->name);
    status = remove_valid(family, (const char *const *)repaired);
    free_values(repaired, family->label_count);
    return status;
}

static bool has_all(const promc__child *child, const promc_label *labels)
{
    for (; labels->name; labels++) {
        size_t label = promc__labels_find(child->family, labels->name);

        if (!promc__labels_have(child, label, labels->value, strlen(labels->value)))
            return false;
    }
    return true;
}

static int remove_having(promc__family *family, const promc_label *labels)
{
    promc__child *next;
    int removed = 0;

    promc__lock(promc__stripe(family));
    for (promc__child *child = family->first; child; child = next) {
        next = child->next;
        if (has_all(child, labels)) {
            hide_child(family, child);
            removed++;
        }
    }
    leave_limbo(family);
    promc__unlock(promc__stripe(family));
    return removed;
}

/* Children have their values repaired, so the values they must match are repaired too. */
static int remove_repaired(promc__family *family, const promc_label *labels, size_t count)
{
    promc_label *repaired = promc__zalloc((count + 1) * sizeof(*repaired));
    size_t done = 0;
    int status;

    for (; repaired && done < count; done++) {
        repaired[done].name = labels[done].name;
        repaired[done].value = repaired_value(labels[done].value);
        if (!repaired[done].value)
            break;
    }
    if (repaired && done == count)
        status = remove_having(family, repaired);
    else
        status = promc__fail_memory(family->name);
    while (done)
        promc__free((char *)(uintptr_t)repaired[--done].value);
    promc__free(repaired);
    return status;
}

int promc__family_remove_matching(promc__family *family, const promc_label *labels)
{
    bool valid = true;
    size_t count = 0;

    if (!family || !labels || !labels->name)
        return 0;
    for (const promc_label *label = labels; label->name; label++, count++) {
        if (promc__labels_find(family, label->name) == family->label_count)
            return promc__fail(PROMC_ERROR_LABELS, "%s: Unknown label names: %s", family->name,
                               label->name);
        if (!label->value)
            return promc__fail(PROMC_ERROR_LABELS, "%s: the value of label %s is NULL",
                               family->name, label->name);
        valid = valid && promc__utf8_valid(label->value, strlen(label->value));
    }
    return valid ? remove_having(family, labels) : remove_repaired(family, labels, count);
}

void promc__family_clear(promc__family *family)
{
    if (!family || family->label_count == 0)
        return;
    promc__lock(promc__stripe(family));
    while (family->first)
        hide_child(family, family->first);
    leave_limbo(family);
    promc__unlock(promc__stripe(family));
}

size_t promc__family_size(promc__family *family)
{
    size_t count;

    if (!family)
        return 0;
    promc__lock(promc__stripe(family));
    count = family->child_count;
    promc__unlock(promc__stripe(family));
    return count;
}

void promc__family_expire(promc__family *family)
{
    uint64_t now, ttl;
    promc__child *next;

    if (family->idle_ttl <= 0 || family->label_count == 0)
        return;
    now = promc__os.monotonic_ns();
    ttl = family->idle_ttl < 9e9 ? (uint64_t)(family->idle_ttl * 1e9) : UINT64_MAX;
    promc__lock(promc__stripe(family));
    for (promc__child *child = family->first; child; child = next) {
        next = child->next;
        if (!promc__numbers_watch(&child->numbers) || *last_update(child) == 0)
            *last_update(child) = now;
        else if (now - *last_update(child) >= ttl)
            hide_child(family, child);
    }
    leave_limbo(family);
    promc__unlock(promc__stripe(family));
}

/* ---- the rest of a child's life ------------------------------------------------------------------------- */

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
    while (pins && !atomic_compare_exchange_weak_explicit(&child->pins, &pins, pins - 1,
                                                          memory_order_release,
                                                          memory_order_relaxed))
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
    promc__table *table = atomic_load_explicit(&family->table, memory_order_relaxed);

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
            }
        }
        family->slabs = slab->next;
        promc__free(slab);
    }
    promc__unlock(&promc__cells_lock);
    if (table)
        free_retired(table);
    promc__free(table);
}
