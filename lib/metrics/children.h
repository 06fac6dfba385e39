/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about children share: table, lookup, life, removal. */
#ifndef PROMC_METRICS_CHILDREN_H
#define PROMC_METRICS_CHILDREN_H

#include "metrics/family.h"

/* What is looked for, beside the label values: their sizes (on the stack unless there are very many),
 * the size of a text that has them without escapes, and their hash. */
#define PROMC__FEW_LABELS 16
struct promc__query {
    size_t few[PROMC__FEW_LABELS];
    size_t *sizes;
    size_t text_size;
    uint32_t hash;
};

/* ---- child_table.c --------------------------------------------------------------------------- */

/* The child with these values (valid UTF-8); NULL if there is none. Inside a section, or under the
 * stripe lock, under which all the others are called. */
promc__child *promc__table_find(const promc__family *family, const struct promc__query *query,
                                const char *const *values);
/* Makes room for one more child; false: no memory. */
bool promc__table_reserve(promc__family *family);
void promc__table_put(promc__table *table, promc__child *child);
void promc__table_drop(promc__table *table, promc__child *child);
void promc__table_free(promc__table *table);

/* ---- child_memory.c: all under the stripe lock ----------------------------------------------- */

/* A free child or a new one, with this text, which may have escapes. Its number; 0: no memory. */
uint32_t promc__child_take(promc__family *family, const promc__buffer *text, bool escaped);
/* Frees what a child has beside its place, which becomes free. */
void promc__child_put_back(promc__family *family, uint32_t number);
/* Frees all children. Nobody uses one any more; with the cells lock held. */
void promc__child_memory_free(promc__family *family);

/* ---- child_lookup.c -------------------------------------------------------------------------- */

/* Of as many values as there are labels. PROMC_OK or an error: no memory, or one of them is NULL (last
 * error set). */
int promc__query_prepare(struct promc__query *query, const promc__family *family,
                         const char *const *values);
void promc__query_finish(struct promc__query *query);

/* PROMC_OK if there is a value for each label; else an error (last error set). */
int promc__values_check(const promc__family *family, const char *const *values, size_t count);
bool promc__values_valid(const promc__family *family, const char *const *values);
/* Copies with invalid UTF-8 replaced; NULL: no memory. */
char *promc__value_repaired(const char *value);
char **promc__values_repaired(const promc__family *family, const char *const *values);
void promc__values_free(char **values, size_t count);

/* ---- children.c: all under the stripe lock, but for find_or_add ------------------------------ */

/* The child with these values, made if it is not there. NULL and the last error: no memory. */
promc__child *promc__children_find_or_add(promc__family *family, const struct promc__query *query,
                                          const char *const *values);
/* Takes a live child out of table and list. */
void promc__children_hide(promc__family *family, promc__child *child);
/* Makes removed children ready for reuse, when there are enough of them. */
void promc__children_clean(promc__family *family);
/* When a child of a family with idle_ttl was last known to be updated (monotonic ns). */
_Atomic uint64_t *promc__child_last_update(promc__child *child);

#endif
