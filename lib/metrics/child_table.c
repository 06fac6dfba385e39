/* SPDX-License-Identifier: Apache-2.0 */
/* The hash table of a family's children: open addressing with linear probing. Lookups read it
 * without a lock; changes are made under the stripe lock. An entry points into its child, as many
 * bytes behind its beginning as the upper bits of the hash say: so most lookups do not have to
 * fetch other children than their own. */
#include "base/lock.h"
#include "base/memory.h"
#include "metrics/children.h"
#include "metrics/label_text.h"

/* Entries that a small table gets when children come and go. */
#define SMALL_TABLE 64

struct promc__table {
    promc__table *retired; /* the one it replaced, until nobody can be reading that */
    size_t mask;
    size_t used; /* entries that are not empty: children and tombstones */
    char *_Atomic entries[];
};

/* Where a child was. Its hash is 0, and it has no family, text or number. */
static promc__child tombstone;

/* Of a pointer into a child, which begins at a multiple of PROMC__CHILD_UNIT, and of a hash. */
static inline uint32_t tag_of(const char *entry)
{
    return (uint32_t)((uintptr_t)entry % PROMC__CHILD_UNIT);
}

static inline uint32_t hash_tag(uint32_t hash)
{
    return hash / (UINT32_MAX / PROMC__CHILD_UNIT + 1);
}

static inline promc__child *entry_child(char *entry)
{
    return (promc__child *)(void *)(entry - tag_of(entry));
}

static inline char *child_entry(promc__child *child)
{
    return (char *)child + hash_tag(child->hash);
}

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

void promc__table_put(promc__table *table, promc__child *child)
{
    size_t i = child->hash & table->mask;
    const char *entry;

    while ((entry = atomic_load_explicit(&table->entries[i], memory_order_relaxed)) != NULL &&
           entry != child_entry(&tombstone))
        i = (i + 1) & table->mask;
    atomic_store_explicit(&table->entries[i], child_entry(child), memory_order_release);
    table->used += entry == NULL;
}

void promc__table_drop(promc__table *table, promc__child *child)
{
    size_t i = child->hash & table->mask;

    while (atomic_load_explicit(&table->entries[i], memory_order_relaxed) != child_entry(child))
        i = (i + 1) & table->mask;
    atomic_store_explicit(&table->entries[i], child_entry(&tombstone), memory_order_release);
}

/* Whether a text without escapes has these values, whose size it has: so all that is looked at is
 * in it. Its own values have no quotes, and each of these begins behind a quote and ends before
 * one. The first begins where it should; one that goes on past its end makes all others begin later
 * than they should, and the last one cannot, as it ends where it should. */
static inline bool has_values(const promc__family *family, const char *at,
                              const char *const *values, const size_t *sizes)
{
    const promc__label_piece *piece = family->pieces, *last = piece + family->label_count;

    for (; piece < last; piece++) {
        const char *value = values[piece->label];
        size_t size = sizes[piece->label];

        at += piece->size;
        if (memcmp(at, value, size) != 0 || at[-1] != '"' || at[size] != '"')
            return false;
        at += size;
    }
    return true;
}

/* The same of a text with escapes, whatever its size. */
static PROMC__COLD bool has_escaped_values(const promc__family *family, promc__text text,
                                           const char *const *values, const size_t *sizes)
{
    const promc__label_piece *piece = family->pieces, *last = piece + family->label_count;
    const char *at = text.data;

    for (; piece < last; piece++) {
        const char *stop = at += piece->size;

        while (*stop != '"')
            stop += *stop == '\\' ? 2 : 1;
        if (!promc__escaped_equals(at, (size_t)(stop - at), values[piece->label],
                                   sizes[piece->label]))
            return false;
        at = stop;
    }
    return true;
}

/* Whether it is the child that is looked for. */
static inline bool is_child(const promc__family *family, const promc__child *child,
                            const struct promc__query *query, const char *const *values)
{
    const promc__text text = promc__child_text(family, child);

    if (promc__unlikely(child->escaped))
        return has_escaped_values(family, text, values, query->sizes);
    return text.size == query->text_size && has_values(family, text.data, values, query->sizes);
}

promc__child *promc__table_find(const promc__family *family, const struct promc__query *query,
                                const char *const *values)
{
    const promc__table *table = atomic_load_explicit(&family->table, memory_order_acquire);
    uint32_t hash = query->hash;

    if (promc__unlikely(!table))
        return NULL;
    for (size_t i = hash & table->mask;; i = (i + 1) & table->mask) {
        char *entry = atomic_load_explicit(&table->entries[i], memory_order_acquire);
        promc__child *child;

        if (!entry)
            return NULL;
        if (tag_of(entry) != hash_tag(hash))
            continue;
        child = entry_child(entry);
        if (child->hash == hash && child != &tombstone && is_child(family, child, query, values))
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
PROMC__COLD bool promc__table_reserve(promc__family *family)
{
    promc__table *old = atomic_load_explicit(&family->table, memory_order_relaxed), *table;
    size_t wanted = family->child_count + 1;

    if (old && old->used + 1 <= (old->mask + 1) / 4 * 3)
        return true;
    if (old && wanted < SMALL_TABLE && wanted < old->used / 2)
        wanted = SMALL_TABLE;
    table = new_table(wanted);
    if (!table)
        return false;
    for (uint32_t number = family->first; number;) {
        promc__child *child = promc__child_at(family, number);

        promc__table_put(table, child);
        number = child->next;
    }
    table->retired = old;
    atomic_store_explicit(&family->table, table, memory_order_release);
    promc__lock(&promc__cells_lock);
    if (old && promc__quiesce())
        free_retired(table);
    promc__unlock(&promc__cells_lock);
    return true;
}

void promc__table_free(promc__table *table)
{
    if (table)
        free_retired(table);
    promc__free(table);
}
