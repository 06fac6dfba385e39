/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that families take. Escaping to the old character set makes different ones equal, such as
 * "http.load" and "http_load", so the registry knows the escaped form of a name beside the name, and
 * can tell which families would be taken for one another. What it says depends on what is registered
 * and on nothing else, neither on the order of registration nor on earlier scrapes.
 */
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/names.h"
#include "registry/registry.h"

#include <string.h>

/* ---- which names a family takes --------------------------------------------------------------- */

static bool add_name(promc__entry *entry, const char *name, size_t size, const char *suffix)
{
    size_t suffix_size = strlen(suffix);
    char **names = promc__realloc(entry->names, (entry->name_count + 1) * sizeof(*names));
    char *full;

    if (!names)
        return false;
    entry->names = names;
    full = promc__malloc(size + suffix_size + 1);
    if (!full)
        return false;
    memcpy(full, name, size);
    memcpy(full + size, suffix, suffix_size + 1);
    names[entry->name_count++] = full;
    return true;
}

/* client_python: registry.py, CollectorRegistry._get_names. The plain name comes first. */
static bool add_names(promc__entry *entry, const promc__descriptor *descriptor, const char *name,
                      size_t size)
{
    static const char suffixes[][5][9] = {
        [PROMC_TYPE_COUNTER] = {"", "_total", "_created"},
        [PROMC_TYPE_GAUGE] = {""},
        [PROMC_TYPE_HISTOGRAM] = {"", "_bucket", "_sum", "_count", "_created"},
        [PROMC_TYPE_GAUGE_HISTOGRAM] = {"", "_bucket", "_gsum", "_gcount"},
        [PROMC_TYPE_SUMMARY] = {"", "_sum", "_count", "_created"},
        [PROMC_TYPE_INFO] = {"", "_info"},
        [PROMC_TYPE_STATESET] = {""},
        [PROMC_TYPE_UNKNOWN] = {""},
    };
    bool only_name = descriptor->exact_name && (descriptor->type == PROMC_TYPE_COUNTER ||
                                                descriptor->type == PROMC_TYPE_INFO);

    for (size_t i = 0; i < 5 && (i == 0 || *suffixes[descriptor->type][i]); i++) {
        const char *suffix = suffixes[descriptor->type][i];

        if (i && (only_name || (descriptor->exact_name && strcmp(suffix, "_created") == 0)))
            continue;
        if (!add_name(entry, name, size, suffix))
            return false;
    }
    return true;
}

/* A name that is not in the old character set may be exposed spelt out, which must be nobody else's. */
bool promc__entry_reserve_names(promc__entry *entry, const promc__descriptor *descriptor)
{
    promc__buffer spelt = PROMC__BUFFER(0);
    bool added = add_names(entry, descriptor, descriptor->name, descriptor->name_size);

    if (!added || promc__is_legacy_metric_name(descriptor->name, descriptor->name_size))
        return added;
    promc__spell_metric_name(&spelt, descriptor->name, descriptor->name_size);
    added = !spelt.error && add_names(entry, descriptor, spelt.data, spelt.size);
    promc__buffer_free(&spelt);
    return added;
}

/* ---- names that look the same when they are escaped ------------------------------------------- */

static char *escaped_copy(const char *name, size_t size)
{
    promc__buffer text = PROMC__BUFFER(0);
    char *copy = NULL;

    promc__escape_metric_name(&text, name, size, PROMC__UNDERSCORES);
    if (!text.error)
        copy = promc__copy(text.data ? text.data : "", text.size);
    promc__buffer_free(&text);
    return copy;
}

bool promc__entry_escape_names(promc__entry *entry)
{
    for (size_t i = 0; i < entry->name_count; i++) {
        const char *name = entry->names[i];
        size_t size = strlen(name);

        if (promc__is_legacy_metric_name(name, size))
            continue;
        if (!entry->escaped)
            entry->escaped = promc__zalloc(entry->name_count * sizeof(*entry->escaped));
        if (!entry->escaped || !(entry->escaped[i] = escaped_copy(name, size)))
            return false;
    }
    return true;
}

/* A name that is in the index is the caller's own, or at least not another one. */
static bool name_blends(const promc_registry *registry, const char *name, const char *escaped)
{
    size_t own = promc__name_index_has(&registry->index, name, strlen(name)), size;

    if (!escaped) /* in the old character set: others make way for it if they know it */
        return !own && promc__name_index_has(&registry->escaped, name, strlen(name));
    size = strlen(escaped);
    return promc__name_index_has(&registry->index, escaped, size) ||
           (registry->has_target_info && strcmp(escaped, "target_info") == 0) ||
           promc__name_index_count(&registry->escaped, escaped, size) > own;
}

static bool any_blends(promc_registry *registry, const promc__entry *entry)
{
    const promc_registry *owner = promc__registry_owner(registry);
    bool blends = false;

    promc__lock(&promc__registry_lock);
    for (size_t i = 0; i < entry->name_count && !blends; i++)
        blends = name_blends(owner, entry->names[i], entry->escaped ? entry->escaped[i] : NULL);
    promc__unlock(&promc__registry_lock);
    return blends;
}

bool promc__registry_entry_blends(promc_registry *registry, const promc__entry *entry)
{
    return entry->escaped && any_blends(registry, entry);
}

int promc__registry_family_blends(promc_registry *registry, const promc__descriptor *descriptor)
{
    promc__entry *entry = promc__entry_new(NULL, NULL);
    int blends;

    if (entry && promc__entry_reserve_names(entry, descriptor) && promc__entry_escape_names(entry))
        blends = any_blends(registry, entry);
    else
        blends = promc__fail_memory(descriptor->name);
    promc__entry_free(entry);
    return blends;
}

bool promc__registry_has_escaped(promc_registry *registry)
{
    bool has;

    promc__lock(&promc__registry_lock);
    has = promc__registry_owner(registry)->escaped.count > 0;
    promc__unlock(&promc__registry_lock);
    return has;
}
