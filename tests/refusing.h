/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An allocator that counts its blocks and refuses on command: the n-th request, or all from the n-th
 * on. Any thread may ask it. Nobody may count on zeroes, or on a block that stays where it was.
 */
#ifndef REFUSING_H
#define REFUSING_H

#include <promc/promc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#if defined(__linux__)
#include <malloc.h>
#endif

static atomic_long live_blocks, allocations, refuse_at; /* refuse_at 0: none */
static atomic_bool refuse_from, refused;
static int refusing_context;

/* An assertion of cmocka's would jump out of the wrong thread. */
static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "the allocator was asked wrongly: %s\n", what);
    abort();
}

static bool refuses(void)
{
    long number = atomic_fetch_add(&allocations, 1) + 1, at = atomic_load(&refuse_at);

    if (!at || number < at || (number > at && !atomic_load(&refuse_from)))
        return false;
    atomic_store(&refused, true);
    return true;
}

static void *refusing_malloc(size_t size, void *ctx)
{
    void *block;

    must(ctx == &refusing_context, "context");
    must(size > 0, "size 0");
    if (refuses() || size > (size_t)1 << 30 || (block = malloc(size)) == NULL)
        return NULL;
    memset(block, 0xA5, size);
    atomic_fetch_add(&live_blocks, 1);
    return block;
}

static void *refusing_realloc(void *block, size_t size, void *ctx)
{
    must(ctx == &refusing_context, "context");
    must(block && size > 0, "realloc of nothing");
    return refuses() ? NULL : realloc(block, size);
}

/* Wiped, where it is known how large it is: all of it is the allocator's again. */
static void wipe(void *block)
{
#if defined(__linux__)
    memset(block, 0x5A, malloc_usable_size(block));
#else
    (void)block;
#endif
}

static void refusing_free(void *block, void *ctx)
{
    must(ctx == &refusing_context, "context");
    must(block != NULL, "free of NULL");
    wipe(block);
    atomic_fetch_sub(&live_blocks, 1);
    free(block);
}

static const promc_allocator refusing = {refusing_malloc, refusing_realloc, refusing_free,
                                         &refusing_context};

static inline void arm(long at, bool from)
{
    atomic_store(&allocations, 0);
    atomic_store(&refuse_from, from);
    atomic_store(&refused, false);
    atomic_store(&refuse_at, at);
}

static inline void disarm(void)
{
    atomic_store(&refuse_at, 0);
}

/* For a group's setup: before the library has any memory, so that all of it is counted. */
static inline int count_memory(void **state)
{
    (void)state;
    return promc_set_allocator(&refusing);
}

/*
 * The task gives PROMC_OK, or PROMC_ERROR_NO_MEMORY when an allocation was refused, and nothing is
 * left of it. `threaded`: a thread may take the refusal without a word. Gives the number of
 * allocations. Include after cmocka.h.
 */
static inline long refuse_every_allocation(int (*task)(void *arg), void *arg, bool threaded)
{
    long at = 1;

    assert_int_equal(task(arg), PROMC_OK); /* what stays for ever comes into being */
    for (bool hit = true; hit; at++) {
        long before = atomic_load(&live_blocks);
        int status;

        assert_true(at < 1000);
        arm(at, false);
        status = task(arg);
        disarm();
        hit = atomic_load(&refused);
        if (!threaded || status != PROMC_OK)
            assert_int_equal(status, hit ? PROMC_ERROR_NO_MEMORY : PROMC_OK);
        assert_int_equal(atomic_load(&live_blocks), before);
    }
    return at - 2;
}

#endif
