/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/prints.h"

#include "base/memory.h"
#include "base/os.h"
#include "metrics/hash.h"

#include <string.h>

promc__print promc__print_new_seed(void)
{
    promc__print seed;

    if (!promc__os.random_bytes(&seed, sizeof(seed))) {
        seed.a = promc__os.monotonic_ns();
        seed.b = ~seed.a ^ (uint64_t)(uintptr_t)&seed;
    }
    return seed;
}

promc__print promc__print_text(promc__print seed, const char *text, size_t size)
{
    return (promc__print){promc__hash_value(seed.a, text, size),
                          promc__hash_value(seed.b, text, size)};
}

promc__print promc__print_pair(promc__print seed, const char *first, size_t first_size,
                               const char *second, size_t second_size)
{
    return promc__print_text(promc__print_text(seed, first, first_size), second, second_size);
}

/* Where a key is or belongs. An empty place has a zero key, which no entry gets. */
static promc__prints_entry *prints_place(promc__prints_entry *table, size_t capacity,
                                         promc__print key)
{
    size_t i = (size_t)key.a & (capacity - 1);

    while ((table[i].key.a | table[i].key.b) && !promc__print_equal(table[i].key, key))
        i = (i + 1) & (capacity - 1);
    return &table[i];
}

static promc__print prints_key(promc__print key)
{
    key.b |= 1;
    return key;
}

promc__prints_entry *promc__prints_find(promc__prints *prints, promc__print key)
{
    key = prints_key(key);
    if (prints->table) {
        promc__prints_entry *entry = prints_place(prints->table, prints->capacity, key);

        return entry->key.b ? entry : NULL;
    }
    for (size_t i = 0; i < prints->count; i++) {
        if (promc__print_equal(prints->few[i].key, key))
            return &prints->few[i];
    }
    return NULL;
}

static bool prints_grow(promc__prints *prints, promc__budget *budget)
{
    size_t capacity = prints->table ? 2 * prints->capacity : 4 * PROMC__PRINTS_FEW, bytes;
    size_t old_size = prints->table ? prints->capacity : prints->count;
    promc__prints_entry *old = prints->table ? prints->table : prints->few, *table;

    if (!promc__size_of(capacity, sizeof(*table), 0, &bytes))
        bytes = SIZE_MAX;
    table = promc__budget_take(budget, bytes);
    if (!table)
        return false;
    memset(table, 0, bytes);
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].key.b)
            *prints_place(table, capacity, old[i].key) = old[i];
    }
    promc__budget_give(budget, prints->table, prints->capacity * sizeof(*table));
    prints->table = table;
    prints->capacity = capacity;
    return true;
}

promc__prints_entry *promc__prints_add(promc__prints *prints, promc__budget *budget,
                                       promc__print key, bool *added)
{
    promc__prints_entry *entry = promc__prints_find(prints, key);
    bool full = prints->table ? prints->count >= prints->capacity / 2
                              : prints->count == PROMC__PRINTS_FEW;

    *added = !entry;
    if (entry)
        return entry;
    if (full && !prints_grow(prints, budget))
        return NULL;
    key = prints_key(key);
    entry = prints->table ? prints_place(prints->table, prints->capacity, key)
                          : &prints->few[prints->count];
    *entry = (promc__prints_entry){key, NULL};
    prints->count++;
    return entry;
}

void promc__prints_clear(promc__prints *prints, promc__budget *budget)
{
    promc__budget_give(budget, prints->table, prints->capacity * sizeof(*prints->table));
    prints->table = NULL;
    prints->capacity = 0;
    prints->count = 0;
}
