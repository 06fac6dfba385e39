/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the targets have in common: promises, choices taken from the input, pieces in which bytes
 * arrive, memory that is refused.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <promc/promc.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fuzzing engine, or replay.c, calls it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that does not hold ends the process. */
static inline void require_at(bool holds, const char *what, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}
#define require(holds) require_at((holds), #holds, __FILE__, __LINE__)

/* The test itself must not run out of memory. */
static inline void *test_memory(size_t size)
{
    void *memory = malloc(size ? size : 1);

    require(memory != NULL);
    return memory;
}

/* A copy whose end AddressSanitizer watches. */
static inline char *test_copy(const void *data, size_t size)
{
    char *copy = test_memory(size);

    if (size)
        memcpy(copy, data, size);
    return copy;
}

/* The same as a string; what is behind a NUL in it is lost to those who read strings. */
static inline char *test_string(const void *data, size_t size)
{
    char *copy = test_memory(size + 1);

    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

/* ---- choices --------------------------------------------------------------------------------- */

/* What is left of the input. At its end every choice is 0. */
struct choices {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t choose_byte(struct choices *from)
{
    if (!from->left)
        return 0;
    from->left--;
    return *from->at++;
}

static inline uint64_t choose_number(struct choices *from, unsigned bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < bytes; i++)
        number = number << 8 | choose_byte(from);
    return number;
}

static inline size_t choose_below(struct choices *from, size_t count)
{
    return choose_byte(from) % count;
}

/* Any double; the most significant byte comes first. */
static inline double choose_double(struct choices *from)
{
    uint64_t bits = choose_number(from, 8);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

/* Sizes of pieces: all at once for 0, single bytes for 1, at random for other seeds (T. Lehmer's
 * generator, as S. Park and K. Miller have it). */
struct pieces {
    uint32_t seed, state;
};

static inline struct pieces pieces_of(uint8_t seed)
{
    return (struct pieces){seed, seed + 1u};
}

static inline size_t next_piece(struct pieces *pieces, size_t left)
{
    size_t most;

    if (pieces->seed < 2 || left < 2)
        return pieces->seed == 1 && left ? 1 : left;
    pieces->state = (uint32_t)((uint64_t)pieces->state * 48271 % 2147483647);
    /* Most are short. */
    most = pieces->state >> 16 & 3 ? 16 : left;
    return 1 + pieces->state % (most < left ? most : left);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* How many more times memory may be asked for before it is refused once; negative: always. */
static long memory_left = -1;
static bool memory_refused;

static inline bool refuse_memory(void)
{
    if (memory_left < 0 || memory_left-- > 0)
        return false;
    memory_refused = true;
    return true;
}

static inline void *fuzz_malloc(size_t size, void *ctx)
{
    (void)ctx;
    return refuse_memory() ? NULL : malloc(size);
}

static inline void *fuzz_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return refuse_memory() ? NULL : realloc(block, size);
}

static inline void fuzz_free(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

/* To be called before anything else of the library. */
static inline void script_memory(void)
{
    static bool done;
    promc_allocator allocator = {fuzz_malloc, fuzz_realloc, fuzz_free, NULL};

    if (done)
        return;
    require(promc_set_allocator(&allocator) == PROMC_OK);
    done = true;
}

/* The next `count` requests for memory are granted, the one after them is not. */
static inline void refuse_memory_after(unsigned count)
{
    memory_left = (long)count;
    memory_refused = false;
}

/* Whether memory was refused since. */
static inline bool grant_memory(void)
{
    memory_left = -1;
    return memory_refused;
}

#endif
