/* SPDX-License-Identifier: Apache-2.0 */
/* Removing children: by all labels, by some, all of them, and those that were not updated for long.
 */
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/utf8.h"
#include "metrics/children.h"

#include <string.h>

static int remove_valid(promc__family *family, const char *const *values)
{
    struct promc__query query;
    promc__child *child;
    int status = promc__query_prepare(&query, family, values);

    if (status != PROMC_OK)
        return status;
    promc__lock(promc__stripe(family));
    child = promc__table_find(family, &query, values);
    if (child) {
        promc__children_hide(family, child);
        promc__children_clean(family);
    }
    promc__unlock(promc__stripe(family));
    promc__query_finish(&query);
    return PROMC_OK;
}

int promc__family_remove(promc__family *family, const char *const *values, size_t count)
{
    char **repaired;
    int status;

    if (!family)
        return PROMC_OK;
    status = promc__values_check(family, values, count);
    if (status != PROMC_OK)
        return status;
    if (promc__values_valid(family, values))
        return remove_valid(family, values);
    repaired = promc__values_repaired(family, values);
    if (!repaired)
        return promc__fail_memory(family->name);
    status = remove_valid(family, (const char *const *)repaired);
    promc__values_free(repaired, family->label_count);
    return status;
}

static bool has_all(const promc__child *child, const promc_label *labels)
{
    for (; labels->name; labels++) {
        size_t label = promc__labels_find(child->family, labels->name);

        if (!promc__labels_have(child, label, labels->value, strlen(labels->value)))
            return false;
    }
    return true;
}

static int remove_having(promc__family *family, const promc_label *labels)
{
    promc__child *next;
    int removed = 0;

    promc__lock(promc__stripe(family));
    for (promc__child *child = promc__child_at(family, family->first); child; child = next) {
        next = promc__child_next(child);
        if (has_all(child, labels)) {
            promc__children_hide(family, child);
            removed++;
        }
    }
    promc__children_clean(family);
    promc__unlock(promc__stripe(family));
    return removed;
}

/* Children have their values repaired, so the values they must match are repaired too. */
static int remove_repaired(promc__family *family, const promc_label *labels, size_t count)
{
    promc_label *repaired = promc__zalloc((count + 1) * sizeof(*repaired));
    size_t done = 0;
    int status;

    for (; repaired && done < count; done++) {
        repaired[done].name = labels[done].name;
        repaired[done].value = promc__value_repaired(labels[done].value);
        if (!repaired[done].value)
            break;
    }
    if (repaired && done == count)
        status = remove_having(family, repaired);
    else
        status = promc__fail_memory(family->name);
    while (done)
        promc__free((char *)(uintptr_t)repaired[--done].value);
    promc__free(repaired);
    return status;
}

int promc__family_remove_matching(promc__family *family, const promc_label *labels)
{
    bool valid = true;
    size_t count = 0;

    if (!family || !labels || !labels->name)
        return 0;
    for (const promc_label *label = labels; label->name; label++, count++) {
        if (promc__labels_find(family, label->name) == family->label_count)
            return promc__fail(PROMC_ERROR_LABELS, "%s: Unknown label names: %s", family->name,
                               label->name);
        if (!label->value)
            return promc__fail(PROMC_ERROR_LABELS, "%s: the value of label %s is NULL",
                               family->name, label->name);
        valid = valid && promc__utf8_valid(label->value, strlen(label->value));
    }
    return valid ? remove_having(family, labels) : remove_repaired(family, labels, count);
}

void promc__family_clear(promc__family *family)
{
    if (!family || family->label_count == 0)
        return;
    promc__lock(promc__stripe(family));
    while (family->first)
        promc__children_hide(family, promc__child_at(family, family->first));
    promc__children_clean(family);
    promc__unlock(promc__stripe(family));
}

size_t promc__family_size(promc__family *family)
{
    size_t count;

    if (!family)
        return 0;
    promc__lock(promc__stripe(family));
    count = family->child_count;
    promc__unlock(promc__stripe(family));
    return count;
}

/* A child that somebody holds, or whose value comes from a function, does not expire. */
static bool is_in_use(promc__child *child)
{
    return atomic_load_explicit(&child->numbers.pins, memory_order_acquire) > 0 ||
           (atomic_load_explicit(&child->numbers.slot, memory_order_relaxed) &
            PROMC__SLOT_CALLBACK);
}

void promc__family_expire(promc__family *family)
{
    uint64_t now, ttl;
    promc__child *next;

    if (family->idle_ttl <= 0 || family->label_count == 0)
        return;
    now = promc__os.monotonic_ns();
    ttl = family->idle_ttl < 9e9 ? (uint64_t)(family->idle_ttl * 1e9) : UINT64_MAX;
    promc__lock(promc__stripe(family));
    for (promc__child *child = promc__child_at(family, family->first); child; child = next) {
        next = promc__child_next(child);
        if (!promc__numbers_watch(&child->numbers) || *promc__child_last_update(child) == 0 ||
            is_in_use(child))
            *promc__child_last_update(child) = now;
        else if (now - *promc__child_last_update(child) >= ttl)
            promc__children_hide(family, child);
    }
    promc__children_clean(family);
    promc__unlock(promc__stripe(family));
}
