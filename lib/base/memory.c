/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include "base/error.h"

#include <promc/common.h>

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *libc_malloc(size_t size, void *ctx)
{
    (void)ctx;
    return malloc(size);
}

static void *libc_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return realloc(block, size);
}

static void libc_free(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

static promc_allocator allocator = {libc_malloc, libc_realloc, libc_free, NULL};

/* Blocks in use: while there are any, the allocator that made them must stay. */
static atomic_size_t live_blocks;

int promc_set_allocator(const promc_allocator *replacement)
{
    static const promc_allocator libc = {libc_malloc, libc_realloc, libc_free, NULL};

    if (!replacement)
        replacement = &libc;
    if (!replacement->malloc || !replacement->realloc || !replacement->free)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "promc_set_allocator: malloc, realloc and free are all needed");
    if (atomic_load(&live_blocks) != 0)
        return promc__fail(PROMC_ERROR_STATE, "promc_set_allocator: memory of the current "
                                              "allocator is in use; call it before the first metric");
    allocator = *replacement;
    return PROMC_OK;
}

void *promc__malloc(size_t size)
{
    void *block = allocator.malloc(size ? size : 1, allocator.ctx);
    if (block)
        atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
    return block;
}

void *promc__zalloc(size_t size)
{
    void *block = promc__malloc(size);
    if (block)
        memset(block, 0, size);
    return block;
}

void *promc__realloc(void *block, size_t size)
{
    if (!block)
        return promc__malloc(size);
    return allocator.realloc(block, size ? size : 1, allocator.ctx);
}

void promc__free(void *block)
{
    if (!block)
        return;
    atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
    allocator.free(block, allocator.ctx);
}

char *promc__copy(const char *text, size_t size)
{
    char *copy = size < SIZE_MAX ? promc__malloc(size + 1) : NULL;
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *promc__copy_string(const char *text)
{
    return promc__copy(text, strlen(text));
}

bool promc__size_of(size_t a, size_t b, size_t c, size_t *result)
{
    if (b && a > SIZE_MAX / b)
        return false;
    if (a * b > SIZE_MAX - c)
        return false;
    *result = a * b + c;
    return true;
}
