/* SPDX-License-Identifier: Apache-2.0 */
/* Finding children by their label values. */
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "metrics/children.h"

#include <string.h>

/* Part of promc__family_child(), where a call would be felt; others call the copy below. */
static inline __attribute__((always_inline)) int
query_prepare(struct promc__query *query, const promc__family *family, const char *const *values)
{
    size_t count = family->label_count, text_size = family->pieces_size, *sizes = query->few;
    uint64_t hash = family->seed, secret = family->secret;

    if (promc__unlikely(count > PROMC__FEW_LABELS)) {
        sizes = promc__malloc(count * sizeof(*sizes));
        if (!sizes)
            return promc__fail_memory(family->name);
    }
    query->sizes = sizes;
    PROMC__ASSUME(values || !count);
    for (size_t i = 0; i < count; i++) {
        if (promc__unlikely(!values[i])) {
            promc__query_finish(query);
            (void)promc__values_check(family, values, count); /* says which one */
            return PROMC_ERROR_LABELS;
        }
        sizes[i] = strlen(values[i]);
        text_size += sizes[i];
        hash = promc__hash_more(hash, secret, values[i], sizes[i]);
    }
    query->text_size = text_size;
    query->hash = (uint32_t)(hash ^ hash >> 32);
    return PROMC_OK;
}

int promc__query_prepare(struct promc__query *query, const promc__family *family,
                         const char *const *values)
{
    return query_prepare(query, family, values);
}

void promc__query_finish(struct promc__query *query)
{
    if (query->sizes != query->few)
        promc__free(query->sizes);
}

static promc__child *find_in_section(promc__family *family, const struct promc__query *query,
                                     const char *const *values)
{
    promc__shard *shard = promc__my_shard;
    promc__section section;
    promc__child *child;
    uintptr_t sequence;

    if (promc__likely(promc__enter(shard, &sequence))) {
        child = promc__table_find(family, query, values);
        promc__note_recent(shard, child);
        promc__leave(shard, sequence);
        return child;
    }
    section = promc__enter_slowly();
    child = promc__table_find(family, query, values);
    if (section.shard)
        promc__note_recent(section.shard, child);
    promc__leave_slowly(&section);
    return child;
}

void promc__values_free(char **values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        promc__free(values[i]);
    promc__free(values);
}

/* A copy with invalid UTF-8 replaced; NULL when out of memory. */
char *promc__value_repaired(const char *value)
{
    promc__buffer text = PROMC__BUFFER(0);
    char *repaired = NULL;

    promc__utf8_repair(&text, value, strlen(value));
    if (!text.error)
        repaired = promc__copy(text.data ? text.data : "", text.size);
    promc__buffer_free(&text);
    return repaired;
}

char **promc__values_repaired(const promc__family *family, const char *const *values)
{
    char **repaired = promc__zalloc(family->label_count * sizeof(*repaired));

    for (size_t i = 0; repaired && i < family->label_count; i++) {
        repaired[i] = promc__value_repaired(values[i]);
        if (!repaired[i]) {
            promc__values_free(repaired, family->label_count);
            repaired = NULL;
        }
    }
    return repaired;
}

static promc__child *child_of_valid_values(promc__family *family, const char *const *values)
{
    struct promc__query query;
    promc__child *child;

    if (promc__query_prepare(&query, family, values) != PROMC_OK)
        return NULL;
    child = promc__children_find_or_add(family, &query, values);
    promc__query_finish(&query);
    return child;
}

bool promc__values_valid(const promc__family *family, const char *const *values)
{
    for (size_t i = 0; i < family->label_count; i++) {
        if (!promc__utf8_valid(values[i], strlen(values[i])))
            return false;
    }
    return true;
}

/* Not found as it is: values with invalid UTF-8 are looked for as they would be stored. */
static PROMC__COLD promc__child *child_slowly(promc__family *family, const char *const *values)
{
    promc__child *child = NULL;
    char **repaired;

    if (promc__values_valid(family, values))
        return child_of_valid_values(family, values);
    promc__count_mishap(PROMC_REPLACED_TEXTS);
    repaired = promc__values_repaired(family, values);
    if (repaired)
        child = child_of_valid_values(family, (const char *const *)repaired);
    else
        promc__fail_memory(family->name);
    promc__values_free(repaired, family->label_count);
    return child;
}

int promc__values_check(const promc__family *family, const char *const *values, size_t count)
{
    if (count != family->label_count)
        return promc__fail(PROMC_ERROR_LABELS, "%s: Incorrect label count (expected %zu, got %zu)",
                           family->name, family->label_count, count);
    for (size_t i = 0; i < count; i++) {
        if (!values[i])
            return promc__fail(PROMC_ERROR_LABELS, "%s: the value of label %s is NULL",
                               family->name, family->label_names[i]);
    }
    return PROMC_OK;
}

promc__child *promc__family_child(promc__family *family, const char *const *values, size_t count)
{
    struct promc__query query;
    promc__child *child;

    if (promc__unlikely(!family))
        return NULL;
    if (promc__unlikely(count != family->label_count)) {
        (void)promc__values_check(family, values, count);
        return NULL;
    }
    if (promc__unlikely(query_prepare(&query, family, values) != PROMC_OK))
        return NULL;
    child = find_in_section(family, &query, values);
    promc__query_finish(&query);
    return promc__likely(child != NULL) ? child : child_slowly(family, values);
}

promc__child *promc__family_only_child(promc__family *family)
{
    return child_of_valid_values(family, NULL);
}

/* Values in declared order from pairs in any order. */
static int order_values(const promc__family *family, const promc_label *labels, const char **values)
{
    size_t count = 0;

    for (; labels && labels[count].name; count++) {
        size_t label = promc__labels_find(family, labels[count].name);

        if (label == family->label_count)
            return promc__fail(PROMC_ERROR_LABELS,
                               "%.100s: Incorrect label names (it has no label %.80s)",
                               family->name, labels[count].name);
        if (values[label])
            return promc__fail(PROMC_ERROR_LABELS,
                               "%.100s: Incorrect label names (%.80s is given twice)", family->name,
                               labels[count].name);
        if (!labels[count].value)
            return promc__fail(PROMC_ERROR_LABELS, "%s: the value of label %s is NULL",
                               family->name, labels[count].name);
        values[label] = labels[count].value;
    }
    if (count != family->label_count)
        return promc__fail(PROMC_ERROR_LABELS,
                           "%s: Incorrect label names (expected %zu labels, got %zu)", family->name,
                           family->label_count, count);
    return PROMC_OK;
}

promc__child *promc__family_child_by_name(promc__family *family, const promc_label *labels)
{
    const char *few[PROMC__FEW_LABELS] = {0}, **values = few;
    promc__child *child = NULL;

    if (!family)
        return NULL;
    if (family->label_count > PROMC__FEW_LABELS)
        values = promc__zalloc(family->label_count * sizeof(*values));
    if (!values) {
        promc__fail_memory(family->name);
        return NULL;
    }
    if (order_values(family, labels, values) == PROMC_OK)
        child = promc__family_child(family, values, family->label_count);
    if (values != few)
        promc__free((void *)values);
    return child;
}
