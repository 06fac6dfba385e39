/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once, and a budget that several users of memory share. */
#ifndef PROMC_BASE_ARENA_H
#define PROMC_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes may still be taken, and what was missing when something was refused. */
typedef struct promc__budget {
    size_t left;
    int error; /* PROMC_OK, PROMC_ERROR_LIMIT or PROMC_ERROR_NO_MEMORY */
} promc__budget;

/* As promc__malloc and promc__free, within the budget. */
void *promc__budget_take(promc__budget *budget, size_t size);
void promc__budget_give(promc__budget *budget, void *block, size_t size);

typedef struct promc__arena {
    struct promc__arena_chunk *chunks;
    char *at, *end; /* what is left of the newest one */
    size_t next_size;
} promc__arena;

/* Aligned for anything the library has; NULL (and budget->error) if refused. */
void *promc__arena_take(promc__arena *arena, promc__budget *budget, size_t size);
/* A copy with a NUL after it. */
char *promc__arena_copy(promc__arena *arena, promc__budget *budget, const char *text, size_t size);
/* Frees everything; the arena may be used again. */
void promc__arena_free(promc__arena *arena);

#endif
