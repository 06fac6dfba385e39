/* SPDX-License-Identifier: Apache-2.0 */
/* All states that a small model can reach, and what must hold in them. */
#ifndef PROMC_STRESS_EXPLORE_H
#define PROMC_STRESS_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- all states that can be reached ---------------------------------------------------------- */

#define STATE_BYTES 64
typedef struct state {
    uint8_t byte[STATE_BYTES];
} state;

#define TABLE_SIZE (1u << 22)
static state *table;
static bool *filled;
static size_t states;
static const char *violation;

/* False if it was there already. */
static bool add_state(const state *new)
{
    uint64_t hash = 14695981039346656037u, word;
    size_t i;

    for (i = 0; i < STATE_BYTES; i += sizeof(word)) {
        memcpy(&word, new->byte + i, sizeof(word));
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    for (i = (size_t)(hash ^ hash >> 29) % TABLE_SIZE; filled[i]; i = (i + 1) % TABLE_SIZE) {
        if (memcmp(&table[i], new, sizeof(*new)) == 0)
            return false;
    }
    if (++states > TABLE_SIZE / 4 * 3) {
        fprintf(stderr, "more states than the table holds\n");
        exit(1);
    }
    filled[i] = true;
    table[i] = *new;
    return true;
}

static state *stack;
static size_t depth, room;

static void reach(const state *next)
{
    if (!add_state(next))
        return;
    if (depth == room) {
        room = room ? 2 * room : 1024;
        stack = realloc(stack, room * sizeof(*stack));
        if (!stack)
            exit(1);
    }
    stack[depth++] = *next;
}

/* Explores from `first`; `step` calls reach() for every successor and returns how many there are.
 */
static const char *explore(const state *first, int (*step)(const state *),
                           bool (*over)(const state *))
{
    memset(filled, 0, TABLE_SIZE * sizeof(*filled));
    states = depth = 0;
    violation = NULL;
    reach(first);
    while (depth && !violation) {
        state now = stack[--depth];

        if (step(&now) == 0 && !over(&now) && !violation)
            violation = "waits for ever";
    }
    return violation;
}

/* ---- what is expected ------------------------------------------------------------------------ */

static int failures;

static void expect(const char *name, bool good, const char *found)
{
    printf("%-58s %7zu states: %s\n", name, states, found ? found : "holds");
    if (good == (found != NULL)) {
        failures++;
        fprintf(stderr, "%s: expected %s\n", name, good ? "no violation" : "a violation");
    }
}

/* False: no memory for the table. */
static bool prepare_to_explore(void)
{
    table = malloc(TABLE_SIZE * sizeof(*table));
    filled = malloc(TABLE_SIZE * sizeof(*filled));
    return table && filled;
}

static void end_exploring(void)
{
    free(table);
    free(filled);
    free(stack);
}

#endif
