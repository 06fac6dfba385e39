/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/prints.h"

#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

#define PRINTS_LINE 4 /* places that are looked at together */

promc__print_seed promc__print_new_seed(void)
{
    promc__print_seed seed = {.state = {promc__new_seed(), promc__new_seed()}};

    seed.secret.a = promc__hash_secret(seed.state.a);
    seed.secret.b = promc__hash_secret(seed.state.b);
    return seed;
}

promc__print promc__print_text(const promc__print_seed *seed, const char *text, size_t size)
{
    return (promc__print){promc__hash_more(seed->state.a, seed->secret.a, text, size),
                          promc__hash_more(seed->state.b, seed->secret.b, text, size)};
}

/* The hash of a short text is a product of its two halves. Sums of such products would often be the
 * same for two labels and for those with their values swapped; sums of their squares are not. */
promc__print promc__print_part(const promc__print_seed *seed, const char *text, size_t size)
{
    promc__print print = promc__print_text(seed, text, size);

    return (promc__print){promc__fold(print.a ^ seed->state.a, print.a ^ seed->secret.a),
                          promc__fold(print.b ^ seed->state.b, print.b ^ seed->secret.b)};
}

/*
 * Where a key is or belongs. An empty place has a zero key, which no fingerprint is. Places are
 * looked at four at a time, neighbours in memory, so that a table may be nearly full: what costs
 * most of a large one is that its pages are new.
 */
static size_t prints_place(const promc__print *table, size_t capacity, promc__print key)
{
    size_t at = (size_t)key.a & (capacity - 1) & ~(size_t)(PRINTS_LINE - 1);

    for (;; at = (at + PRINTS_LINE) & (capacity - 1)) {
        size_t filled = 0;

        for (size_t i = at; i < at + PRINTS_LINE; i++) {
            if (promc__print_equal(table[i], key))
                return i;
            filled += table[i].b != 0;
        }
        if (filled < PRINTS_LINE)
            return at + filled;
    }
}

static promc__print prints_key(promc__print key)
{
    key.b |= 1;
    return key;
}

/* The same in any set; in `few` a new key belongs behind the others. */
static size_t prints_find(const promc__prints *prints, promc__print key)
{
    size_t i = 0;

    if (prints->table)
        return prints_place(prints->table, prints->capacity, key);
    while (i < prints->count && !promc__print_equal(prints->few[i], key))
        i++;
    return i;
}

static bool prints_has(const promc__prints *prints, size_t place)
{
    return prints->table ? prints->table[place].b != 0 : place < prints->count;
}

/* Zeroed. */
static void *prints_array(promc__budget *budget, size_t count, size_t size)
{
    size_t bytes;
    void *array;

    if (!promc__size_of(count, size, 0, &bytes))
        bytes = SIZE_MAX;
    array = promc__budget_take(budget, bytes);
    if (array)
        memset(array, 0, bytes);
    return array;
}

static bool prints_grow(promc__prints *prints, promc__budget *budget)
{
    size_t capacity = prints->table ? 2 * prints->capacity : 4 * PROMC__PRINTS_FEW;
    size_t old_size = prints->table ? prints->capacity : prints->count, count = prints->count;
    const promc__print *old = prints->table ? prints->table : prints->few;
    void **old_items = prints->table ? prints->items : prints->few_items, **items = NULL;
    promc__print *table = prints_array(budget, capacity, sizeof(*table));

    if (!table)
        return false;
    if (prints->has_items) {
        items = prints_array(budget, capacity, sizeof(*items));
        if (!items) {
            promc__budget_give(budget, table, capacity * sizeof(*table));
            return false;
        }
    }
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].b) {
            size_t place = prints_place(table, capacity, old[i]);

            table[place] = old[i];
            if (items)
                items[place] = old_items[i];
        }
    }
    promc__prints_clear(prints, budget);
    prints->table = table;
    prints->items = items;
    prints->capacity = capacity;
    prints->count = count;
    return true;
}

bool promc__prints_add(promc__prints *prints, promc__budget *budget, promc__print key, bool *added)
{
    size_t place;

    key = prints_key(key);
    place = prints_find(prints, key);
    *added = !prints_has(prints, place);
    if (!*added)
        return true;
    if (prints->table ? prints->count >= prints->capacity - prints->capacity / 8
                      : prints->count == PROMC__PRINTS_FEW) {
        if (!prints_grow(prints, budget))
            return false;
        place = prints_find(prints, key);
    }
    if (prints->table) {
        prints->table[place] = key;
    } else {
        prints->few[place] = key;
        prints->few_items[place] = NULL;
    }
    prints->count++;
    return true;
}

void **promc__prints_item(promc__prints *prints, promc__print key)
{
    size_t place = prints_find(prints, prints_key(key));

    if (!prints_has(prints, place))
        return NULL;
    return prints->table ? &prints->items[place] : &prints->few_items[place];
}

void promc__prints_clear(promc__prints *prints, promc__budget *budget)
{
    promc__budget_give(budget, prints->table, prints->capacity * sizeof(*prints->table));
    promc__budget_give(budget, prints->items, prints->capacity * sizeof(*prints->items));
    prints->table = NULL;
    prints->items = NULL;
    prints->capacity = 0;
    prints->count = 0;
}
