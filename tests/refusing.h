/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of a task refused once, one after the other. Include after cmocka.h. */
#ifndef REFUSING_H
#define REFUSING_H

#include <promc/common.h>

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic long refuse_at = -1, outstanding; /* refuse_at: which allocation; -1: none */

static inline bool refuses_now(void)
{
    return refuse_at >= 0 && refuse_at-- == 0;
}

static inline void *counted_malloc(size_t size, void *ctx)
{
    void *block = refuses_now() ? NULL : malloc(size);

    (void)ctx;
    outstanding += block != NULL;
    return block;
}

static inline void *counted_realloc(void *block, size_t size, void *ctx)
{
    void *bigger = refuses_now() ? NULL : realloc(block, size);

    (void)ctx;
    outstanding += bigger && !block;
    return bigger;
}

static inline void counted_free(void *block, void *ctx)
{
    (void)ctx;
    outstanding -= block != NULL;
    free(block);
}

/* For a group's setup: before the library has any memory, so that all of it is counted. */
static inline int count_memory(void **state)
{
    static const promc_allocator allocator = {counted_malloc, counted_realloc, counted_free, NULL};

    (void)state;
    return promc_set_allocator(&allocator);
}

/*
 * The task gives PROMC_OK, or PROMC_ERROR_NO_MEMORY when an allocation was refused, and nothing is
 * left of it. `threaded`: a thread may take the refusal without a word. Gives the number of
 * allocations.
 */
static inline long refuse_every_allocation(int (*task)(void *arg), void *arg, bool threaded)
{
    long attempts = 0;

    refuse_at = -1;
    assert_int_equal(task(arg), PROMC_OK); /* what stays for ever comes into being */
    for (bool hit = true; hit; attempts++) {
        long before = outstanding;
        int status;

        assert_true(attempts < 1000);
        refuse_at = attempts;
        status = task(arg);
        hit = refuse_at < 0;
        refuse_at = -1;
        if (threaded && status == PROMC_OK)
            status = hit ? PROMC_ERROR_NO_MEMORY : PROMC_OK;
        assert_int_equal(status, hit ? PROMC_ERROR_NO_MEMORY : PROMC_OK);
        assert_int_equal(outstanding, before);
    }
    return attempts - 1;
}

#endif
