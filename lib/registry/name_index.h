/* SPDX-License-Identifier: Apache-2.0 */
/* Names, as a hash table with linear probing. Borrows them. The same name may be there several times
 * if whoever adds it does not ask before. */
#ifndef PROMC_REGISTRY_NAME_INDEX_H
#define PROMC_REGISTRY_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct promc__name_index {
    const char **names;
    size_t count, used, size; /* used: with the places of removed names */
    uint64_t seed;
} promc__name_index;

bool promc__name_index_has(const promc__name_index *index, const char *name, size_t size);
size_t promc__name_index_count(const promc__name_index *index, const char *name, size_t size);
/* Room for `more` names, so that adding cannot fail. False: no memory. */
bool promc__name_index_reserve(promc__name_index *index, size_t more);
void promc__name_index_add(promc__name_index *index, const char *name);
/* `name` is the pointer that was added, and is there. */
void promc__name_index_remove(promc__name_index *index, const char *name);
void promc__name_index_free(promc__name_index *index);

#endif
