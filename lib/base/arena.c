/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/memory.h"

#include <promc/common.h>

#include <stdint.h>
#include <string.h>

#define ARENA_FIRST ((size_t)4 << 10)
#define ARENA_LARGEST ((size_t)1 << 20)
#define ARENA_ALIGNMENT ((size_t)8)

struct promc__arena_chunk {
    struct promc__arena_chunk *next;
    _Alignas(8) uint64_t aligned; /* what follows is aligned like this */
};

void *promc__budget_take(promc__budget *budget, size_t size)
{
    void *block;

    if (size > budget->left) {
        budget->error = PROMC_ERROR_LIMIT;
        return NULL;
    }
    block = promc__malloc(size);
    if (block)
        budget->left -= size;
    else
        budget->error = PROMC_ERROR_NO_MEMORY;
    return block;
}

void promc__budget_give(promc__budget *budget, void *block, size_t size)
{
    if (block)
        budget->left += size;
    promc__free(block);
}

/* A new chunk with room for `size` bytes. */
static bool arena_grow(promc__arena *arena, promc__budget *budget, size_t size)
{
    struct promc__arena_chunk *chunk;
    size_t bytes = arena->next_size ? arena->next_size : ARENA_FIRST;

    if (size > SIZE_MAX - sizeof(*chunk)) {
        budget->error = PROMC_ERROR_LIMIT;
        return false;
    }
    if (bytes < size + sizeof(*chunk))
        bytes = size + sizeof(*chunk);
    chunk = promc__budget_take(budget, bytes);
    if (!chunk)
        return false;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->at = (char *)(chunk + 1);
    arena->end = (char *)chunk + bytes;
    arena->next_size = bytes < ARENA_LARGEST / 2 ? 2 * bytes : ARENA_LARGEST;
    return true;
}

static void *arena_bytes(promc__arena *arena, promc__budget *budget, size_t size)
{
    char *block;

    if ((size_t)(arena->end - arena->at) < size && !arena_grow(arena, budget, size))
        return NULL;
    block = arena->at;
    arena->at += size;
    return block;
}

void *promc__arena_take(promc__arena *arena, promc__budget *budget, size_t size)
{
    size_t skip = (ARENA_ALIGNMENT - (uintptr_t)arena->at % ARENA_ALIGNMENT) % ARENA_ALIGNMENT;

    if (skip > (size_t)(arena->end - arena->at))
        arena->at = arena->end; /* nothing fits any more, and a new chunk is aligned */
    else if (skip)
        arena->at += skip;
    return arena_bytes(arena, budget, size ? size : 1);
}

char *promc__arena_copy(promc__arena *arena, promc__budget *budget, const char *text, size_t size)
{
    char *copy = size < SIZE_MAX ? arena_bytes(arena, budget, size + 1) : NULL;

    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void promc__arena_free(promc__arena *arena)
{
    while (arena->chunks) {
        struct promc__arena_chunk *next = arena->chunks->next;

        promc__free(arena->chunks);
        arena->chunks = next;
    }
    *arena = (promc__arena){0};
}
