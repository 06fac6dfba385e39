/* SPDX-License-Identifier: Apache-2.0 */
#include "limits.h"

#include "base/number.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The attribute makes it as quick to reach as the library's own. */
#define FAST_TLS __attribute__((tls_model("initial-exec")))

struct own {
    volatile double sum;
    volatile uint64_t count[16];
    volatile uint64_t native[1 << 14];
};

static _Thread_local struct own own FAST_TLS;
static _Thread_local double *own_cells FAST_TLS;
static _Atomic uint64_t stored_bits;

static const double bounds[16] = {.005, .01, .025, .05, .075, .1,  .25,  .5,
                                  .75,  1,   2.5,  5,   7.5,  10., 1e99, 1e99};

void limit_add(double amount)
{
    own.sum = own.sum + amount;
}

void limit_store(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    atomic_store_explicit(&stored_bits, bits, memory_order_relaxed);
}

void limit_two_adds(double value)
{
    own.sum = own.sum + value;
    own.count[0] = own.count[0] + 1;
}

void limit_histogram(double value)
{
    typedef double two_doubles __attribute__((vector_size(16)));
    typedef int64_t two_counts __attribute__((vector_size(16)));
    two_doubles values = {value, value}, pair;
    two_counts below = {0, 0};

    for (int i = 0; i < 16; i += 2) {
        memcpy(&pair, bounds + i, sizeof(pair));
        below += pair < values;
    }
    own.sum = own.sum + value;
    own.count[-(below[0] + below[1])] += 1;
}

void limit_native(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    own.sum = own.sum + value;
    own.native[(bits >> 49) & 0x3FFF] += 1; /* 11 bits of exponent, 3 of the mantissa */
}

void limit_clock(void)
{
    struct timespec begin, end;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    clock_gettime(CLOCK_MONOTONIC, &end);
    own.sum = own.sum + (double)(end.tv_nsec - begin.tv_nsec);
}

/* ---- lookup ---------------------------------------------------------------------------------- */

#define LABELS 3

struct child {
    size_t cell;
    char text[56]; /* the values, each with its NUL */
};

struct limit_table {
    size_t mask, used;
    struct child *children;
    struct child **slots; /* at most half full */
};

struct limit_table *limit_table_new(size_t children)
{
    struct limit_table *table = calloc(1, sizeof(*table));
    size_t slots = 4;

    while (slots < 2 * children)
        slots *= 2;
    if (!table)
        return NULL;
    table->mask = slots - 1;
    table->children = calloc(children, sizeof(*table->children));
    table->slots = calloc(slots, sizeof(struct child *));
    if (table->children && table->slots)
        return table;
    limit_table_free(table);
    return NULL;
}

void limit_table_free(struct limit_table *table)
{
    free(table->children);
    free(table->slots);
    free(table);
}

/* Up to eight bytes as a number. */
static uint64_t last_word(const char *at, size_t size)
{
    uint32_t low, high;

    if (size >= 4) {
        memcpy(&low, at, 4);
        memcpy(&high, at + size - 4, 4);
        return (uint64_t)high << 32 | low;
    }
    if (size == 0)
        return 0;
    return (uint64_t)(unsigned char)at[0] << 16 | (uint64_t)(unsigned char)at[size / 2] << 8 |
           (unsigned char)at[size - 1];
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

static uint64_t hash_values(const char *const *values, size_t *sizes)
{
    uint64_t hash = 0, word;

    for (size_t i = 0; i < LABELS; i++) {
        const char *at = values[i];
        size_t left = strlen(at);

        sizes[i] = left;
        for (; left > 8; left -= 8, at += 8) {
            memcpy(&word, at, 8);
            hash = mix(hash, word);
        }
        hash = mix(hash, last_word(at, left) + left);
    }
    return hash;
}

static int is_same(const char *text, const char *const *values, const size_t *sizes)
{
    for (size_t i = 0; i < LABELS; i++) {
        if (memcmp(text, values[i], sizes[i] + 1) != 0)
            return 0;
        text += sizes[i] + 1;
    }
    return 1;
}

void limit_table_add(struct limit_table *table, const char *const *values)
{
    size_t sizes[LABELS], at = hash_values(values, sizes) & table->mask;
    struct child *child = &table->children[table->used];
    char *text = child->text;

    for (size_t i = 0; i < LABELS; i++) {
        memcpy(text, values[i], sizes[i] + 1);
        text += sizes[i] + 1;
    }
    child->cell = table->used++;
    while (table->slots[at])
        at = (at + 1) & table->mask;
    table->slots[at] = child;
}

void limit_use_cells(double *cells)
{
    own_cells = cells;
}

void limit_lookup(const struct limit_table *table, const char *const *values)
{
    size_t sizes[LABELS], at = hash_values(values, sizes) & table->mask;

    while (!is_same(table->slots[at]->text, values, sizes))
        at = (at + 1) & table->mask;
    own_cells[table->slots[at]->cell] += 1;
}

/* ---- texts ----------------------------------------------------------------------------------- */

size_t limit_exposition(char *to, const char *text, size_t size, const double *values, size_t count)
{
    char number[PROMC__NUMBER_SIZE];
    size_t printed = 0;

    memcpy(to, text, size);
    for (size_t i = 0; i < count; i++)
        printed += promc__write_double(number, values[i]);
    return printed;
}

size_t limit_count_lines(const char *text, size_t size)
{
    const char *end = text + size;
    size_t lines = 0;

    for (; (text = memchr(text, '\n', (size_t)(end - text))); text++)
        lines++;
    return lines;
}
