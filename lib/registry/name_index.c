/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/name_index.h"

#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

static const char removed_name[1];

static size_t first_place(const promc__name_index *index, const char *name, size_t size)
{
    return (size_t)promc__hash_value(index->seed, name, size) & (index->size - 1);
}

static bool is_name(const char *entry, const char *name, size_t size)
{
    return entry != removed_name && strncmp(entry, name, size) == 0 && entry[size] == '\0';
}

static const char **find_name(const promc__name_index *index, const char *name, size_t size)
{
    if (!index->size)
        return NULL;
    for (size_t i = first_place(index, name, size);; i = (i + 1) & (index->size - 1)) {
        const char *entry = index->names[i];

        if (!entry)
            return NULL;
        if (is_name(entry, name, size))
            return &index->names[i];
    }
}

bool promc__name_index_has(const promc__name_index *index, const char *name, size_t size)
{
    return find_name(index, name, size) != NULL;
}

size_t promc__name_index_count(const promc__name_index *index, const char *name, size_t size)
{
    size_t count = 0;

    if (!index->size)
        return 0;
    for (size_t i = first_place(index, name, size); index->names[i]; i = (i + 1) & (index->size - 1))
        count += is_name(index->names[i], name, size);
    return count;
}

static void place_name(promc__name_index *index, const char *name)
{
    size_t i = first_place(index, name, strlen(name));

    while (index->names[i])
        i = (i + 1) & (index->size - 1);
    index->names[i] = name;
    index->used++;
}

bool promc__name_index_reserve(promc__name_index *index, size_t more)
{
    promc__name_index grown = {.size = 16, .seed = index->seed};
    size_t bytes;

    if (!grown.seed)
        grown.seed = promc__new_seed();
    if (index->size && index->used + more <= index->size / 2)
        return true;
    while (grown.size / 4 < index->count + more)
        grown.size *= 2;
    if (!promc__size_of(grown.size, sizeof(*grown.names), 0, &bytes))
        return false;
    grown.names = promc__zalloc(bytes);
    if (!grown.names)
        return false;
    for (size_t i = 0; i < index->size; i++) {
        if (index->names[i] && index->names[i] != removed_name)
            place_name(&grown, index->names[i]);
    }
    grown.count = index->count;
    promc__free((void *)index->names);
    *index = grown;
    return true;
}

void promc__name_index_add(promc__name_index *index, const char *name)
{
    place_name(index, name);
    index->count++;
}

void promc__name_index_remove(promc__name_index *index, const char *name)
{
    size_t i = first_place(index, name, strlen(name));

    while (index->names[i] != name)
        i = (i + 1) & (index->size - 1);
    index->names[i] = removed_name;
    index->count--;
}

void promc__name_index_free(promc__name_index *index)
{
    promc__free((void *)index->names);
    *index = (promc__name_index){0};
}
