/* SPDX-License-Identifier: Apache-2.0 */
/* Registering collectors: what a collector describes is written to nobody, only its names count. */
#include "base/error.h"
#include "base/lock.h"
#include "exposition/writer.h"
#include "registry/registry.h"

#include <string.h>

int promc__writer_end_collector(promc_writer *writer, const promc__entry *entry, int returned,
                                const char *function)
{
    int status = promc_writer_end(writer);

    if (status != PROMC_OK || !returned)
        return status;
    if (returned == PROMC__COLLECTOR_NO_MEMORY)
        return promc__fail_memory("collector");
    return promc__fail(PROMC_ERROR_COLLECTOR, "a collector's %s function returned %d%s%.100s%s",
                       function, returned, entry->name_count ? " (the collector of " : "",
                       entry->name_count ? entry->names[0] : "", entry->name_count ? ")" : "");
}

static int note_names(const promc__descriptor *descriptor, const promc__point *point, void *arg)
{
    (void)point;
    if (!promc__reserved_names(arg, descriptor))
        return promc__fail_memory(descriptor->name);
    return PROMC_OK;
}

/* Fills entry->names by the collector's describe (or collect) function. */
static int describe(promc__entry *entry, bool auto_describe)
{
    const promc_collector *collector = &entry->collector;
    int (*function)(promc_writer *writer, void *arg) = collector->describe;
    promc_writer *writer;

    if (!function && auto_describe)
        function = collector->collect;
    if (!function)
        return PROMC_OK;
    writer = promc__writer_for_visitor(PROMC__WRITE_NAMES, NULL, note_names, entry);
    if (!writer)
        return PROMC_ERROR_NO_MEMORY;
    return promc__writer_end_collector(writer, entry, function(writer, collector->arg),
                                       collector->describe ? "describe" : "collect");
}

/* What a collector describes may have a name twice. */
static int check_repeated(const promc__entry *entry)
{
    promc__name_index seen = {0};
    const char *repeated = NULL;

    if (!promc__name_index_reserve(&seen, entry->name_count))
        return promc__fail_memory("collector");
    for (size_t i = 0; i < entry->name_count && !repeated; i++) {
        if (promc__name_index_has(&seen, entry->names[i], strlen(entry->names[i])))
            repeated = entry->names[i];
        else
            promc__name_index_add(&seen, entry->names[i]);
    }
    promc__name_index_free(&seen);
    return repeated ? promc__fail_duplicate(repeated, "the same collector") : PROMC_OK;
}

static bool is_registered(promc_registry *registry, const promc_collector *collector)
{
    bool found = false;

    promc__lock(&promc__registry_lock);
    for (size_t i = 0; i < registry->count && !found; i++) {
        const promc_collector *other = &registry->entries[i]->collector;

        found = other->collect == collector->collect && other->describe == collector->describe &&
                other->arg == collector->arg;
    }
    promc__unlock(&promc__registry_lock);
    return found;
}

int promc__register_collector(promc_registry *registry, const promc_collector *collector)
{
    promc__entry *entry;
    int status;

    if (!collector || !collector->collect)
        return promc__fail(PROMC_ERROR_ARGUMENT, "a collector needs a collect function");
    if (is_registered(registry, collector))
        return promc__fail(PROMC_ERROR_DUPLICATE, "this collector is registered already");
    entry = promc__entry_new(NULL, collector);
    if (!entry)
        return promc__fail_memory("collector");
    status = describe(entry, registry->auto_describe);
    if (status == PROMC_OK)
        status = check_repeated(entry);
    if (status != PROMC_OK) {
        promc__entry_free(entry);
        return status;
    }
    return promc__registry_insert(registry, entry);
}

int promc_registry_register(promc_registry *registry, const promc_collector *collector)
{
    int status;

    registry = promc__registry_or_default(registry);
    status = promc__register_collector(registry, collector);
    if (status != PROMC_OK)
        promc__definition_failed(registry);
    return status;
}
