/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registry.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/os.h"

#include <string.h>

/* ---- entries --------------------------------------------------------------------------------- */

promc__entry *promc__entry_new(promc__family *family, const promc_collector *collector)
{
    promc__entry *entry = promc__zalloc(sizeof(*entry));

    if (!entry)
        return NULL;
    entry->family = family;
    if (collector)
        entry->collector = *collector;
    return entry;
}

void promc__entry_free(promc__entry *entry)
{
    if (!entry)
        return;
    for (size_t i = 0; i < entry->name_count; i++) {
        promc__free(entry->names[i]);
        if (entry->escaped)
            promc__free(entry->escaped[i]);
    }
    promc__free(entry->names);
    promc__free(entry->escaped);
    promc__free(entry);
}

/* ---- the registry ---------------------------------------------------------------------------- */

/* What PROMC_UNREGISTERED stands for where a registry is needed: a view of itself, in which there
 * is nothing and in which nothing can be registered. */
static promc_registry no_registry = {.parent = &no_registry};

promc_registry *promc__registry_or_default(promc_registry *registry)
{
    if (registry == PROMC_UNREGISTERED)
        return &no_registry;
    return registry ? registry : promc_default_registry();
}

promc_registry *promc__registry_owner(promc_registry *registry)
{
    registry = promc__registry_or_default(registry);
    return registry->parent ? registry->parent : registry;
}

promc_registry *promc_registry_create(const promc_registry_opts *options)
{
    promc_registry_opts set = {.size = sizeof(set)};
    promc_registry *registry;

    if (promc__copy_options(&set, sizeof(set), options, "registry") != PROMC_OK)
        return NULL;
    registry = promc__zalloc(sizeof(*registry));
    if (!registry) {
        promc__fail_memory("registry");
        return NULL;
    }
    registry->next_id = 1;
    registry->auto_describe = set.auto_describe;
    if (set.target_info && promc_registry_set_target_info(registry, set.target_info) != PROMC_OK) {
        promc_registry_free(registry);
        return NULL;
    }
    return registry;
}

static void free_contents(promc_registry *registry)
{
    for (size_t i = 0; i < registry->count; i++) {
        promc__family *family = registry->entries[i]->family;

        promc__entry_free(registry->entries[i]);
        promc__family_free(family);
    }
    registry->count = 0;
    promc__name_index_free(&registry->index);
    promc__name_index_free(&registry->escaped);
    promc__buffer_free(&registry->target_info);
    registry->has_target_info = false;
    registry->first_error = (promc_error){0};
}

void promc_registry_free(promc_registry *registry)
{
    if (!registry || registry == PROMC_UNREGISTERED)
        return;
    for (size_t i = 0; registry->parent && i < registry->allowed.size; i++) {
        if (registry->allowed.names[i])
            promc__free((void *)(uintptr_t)registry->allowed.names[i]);
    }
    promc__name_index_free(&registry->allowed);
    free_contents(registry);
    if (promc__is_default_registry(registry))
        return;
    promc__free(registry->entries);
    promc__free(registry);
}

/* ---- adding and removing, under the lock ----------------------------------------------------- */

static const char *taken_name(const promc_registry *registry, const promc__entry *entry)
{
    for (size_t i = 0; i < entry->name_count; i++) {
        const char *name = entry->names[i];

        if (promc__name_index_has(&registry->index, name, strlen(name)) ||
            (registry->has_target_info && strcmp(name, "target_info") == 0))
            return name;
    }
    return NULL;
}

static bool reserve_places(promc_registry *registry, const promc__entry *entry)
{
    size_t capacity = registry->capacity ? 2 * registry->capacity : 16;
    promc__entry **entries;

    if (!promc__name_index_reserve(&registry->index, entry->name_count) ||
        (entry->escaped && !promc__name_index_reserve(&registry->escaped, entry->name_count)))
        return false;
    if (registry->count < registry->capacity)
        return true;
    entries = promc__realloc(registry->entries, capacity * sizeof(*entries));
    if (!entries)
        return false;
    registry->entries = entries;
    registry->capacity = capacity;
    return true;
}

static void append_entry(promc_registry *registry, promc__entry *entry)
{
    entry->id = registry->next_id++;
    registry->entries[registry->count++] = entry;
    for (size_t i = 0; i < entry->name_count; i++) {
        promc__name_index_add(&registry->index, entry->names[i]);
        if (entry->escaped && entry->escaped[i])
            promc__name_index_add(&registry->escaped, entry->escaped[i]);
    }
    if (entry->family) {
        entry->family->registry = registry;
        entry->family->entry_id = entry->id;
    }
}

int promc__registry_insert(promc_registry *registry, promc__entry *entry)
{
    char duplicate[100] = "", owner[100] = "";
    int status = PROMC_OK;
    const promc__family *family;
    const char *taken;

    if (!promc__entry_escape_names(entry)) {
        promc__entry_free(entry);
        return promc__fail_memory("registry");
    }
    promc__lock(&promc__registry_lock);
    taken = taken_name(registry, entry);
    if (registry->parent) {
        status = PROMC_ERROR_UNSUPPORTED;
    } else if (entry->family && entry->family->registry) {
        status = PROMC_ERROR_STATE;
    } else if (taken) {
        status = PROMC_ERROR_DUPLICATE;
        strncpy(duplicate, taken, sizeof(duplicate) - 1);
        promc__write_owner(registry, taken, owner, sizeof(owner));
    } else if (!reserve_places(registry, entry)) {
        status = PROMC_ERROR_NO_MEMORY;
    } else {
        append_entry(registry, entry);
    }
    promc__unlock(&promc__registry_lock);
    if (status == PROMC_OK)
        return PROMC_OK;
    family = entry->family;
    promc__entry_free(entry);
    if (status == PROMC_ERROR_UNSUPPORTED)
        return promc__fail(PROMC_ERROR_STATE, "a restricted view of a registry takes no metrics; "
                                              "register in the registry itself");
    if (status == PROMC_ERROR_STATE)
        return promc__fail(status, "%.100s is in a registry already; unregister it there first",
                           family->name);
    if (status == PROMC_ERROR_DUPLICATE)
        return promc__fail_duplicate(duplicate, owner);
    return promc__fail_memory("registry");
}

/* Threads that were visiting when this process was forked off do not exist in it. */
static void forget_vanished(promc__entry *entry)
{
    if (entry->generation == promc__fork_generation)
        return;
    entry->visitors = 0;
    if (entry->family)
        entry->family->visitors = 0;
    entry->generation = promc__fork_generation;
}

static void remove_entry(promc_registry *registry, size_t place)
{
    promc__entry *entry = registry->entries[place];

    registry->count--;
    memmove(&registry->entries[place], &registry->entries[place + 1],
            (registry->count - place) * sizeof(*registry->entries));
    for (size_t i = 0; i < entry->name_count; i++) {
        promc__name_index_remove(&registry->index, entry->names[i]);
        if (entry->escaped && entry->escaped[i])
            promc__name_index_remove(&registry->escaped, entry->escaped[i]);
    }
    if (entry->family)
        entry->family->registry = NULL;
    entry->removed = true;
    forget_vanished(entry);
    if (!entry->visitors)
        promc__entry_free(entry);
}

/* ---- families -------------------------------------------------------------------------------- */

int promc__family_register(promc__family *family, promc_registry *registry)
{
    promc__entry *entry = promc__entry_new(family, NULL);

    if (!entry || !promc__reserved_names(entry, &family->descriptor)) {
        promc__entry_free(entry);
        return promc__fail_memory(family->name);
    }
    return promc__registry_insert(promc__registry_or_default(registry), entry);
}

/* The first place with an id above `position`. */
static size_t place_after(const promc_registry *registry, uint64_t position)
{
    size_t low = 0, high = registry->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (registry->entries[middle]->id <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool remove_family(promc_registry *registry, const promc__family *family)
{
    size_t place;

    if (family->registry != registry)
        return false;
    place = place_after(registry, family->entry_id - 1);
    remove_entry(registry, place);
    return true;
}

void promc__family_dispose(promc__family *family)
{
    bool visited;

    promc__lock(&promc__registry_lock);
    if (family->registry)
        (void)remove_family(family->registry, family);
    visited = family->visitors > 0;
    family->doomed = visited; /* then the last visitor frees it, any moment after the unlocking */
    promc__unlock(&promc__registry_lock);
    if (!visited)
        promc__family_free(family);
}

/* Every handle begins with a pointer to its family. */
static promc__family *family_of(const void *metric)
{
    return metric ? *(promc__family *const *)metric : NULL;
}

int promc_registry_add(promc_registry *registry, void *metric)
{
    promc__family *family = family_of(metric);

    if (!family)
        return promc__fail(PROMC_ERROR_ARGUMENT, "promc_registry_add: the metric is NULL");
    return promc__family_register(family, registry);
}

int promc_registry_unregister_metric(promc_registry *registry, const void *metric)
{
    promc__family *family = family_of(metric);
    bool found = false;

    registry = promc__registry_or_default(registry);
    if (family) {
        promc__lock(&promc__registry_lock);
        found = remove_family(registry, family);
        promc__unlock(&promc__registry_lock);
    }
    if (!found)
        return promc__fail(PROMC_ERROR_NOT_FOUND, "%s is not in this registry",
                           family ? family->name : "NULL");
    return PROMC_OK;
}

/* ---- collectors ------------------------------------------------------------------------------ */

static bool same_collector(const promc_collector *a, const promc_collector *b)
{
    return a->collect == b->collect && a->describe == b->describe && a->arg == b->arg;
}

/* The collectors that this thread is calling, one inside the other. */
struct collector_call {
    const promc__entry *entry;
    const struct collector_call *outer;
};
static _Thread_local const struct collector_call *calls;

int promc__entry_collect(promc__entry *entry, promc_writer *writer)
{
    struct collector_call call = {entry, calls};
    int failed;

    calls = &call;
    failed = entry->collector.collect(writer, entry->collector.arg);
    calls = call.outer;
    return failed;
}

/* Waits until no scrape is calling it, so that the caller may free what `arg` points to. A
 * collector that takes itself out does not wait for its own call. */
static void wait_for_visitors(promc__entry *entry)
{
    size_t own = 0;

    for (const struct collector_call *call = calls; call; call = call->outer)
        own += call->entry == entry;
    entry->removed_inside = own > 0;
    while (entry->visitors > own) {
        promc__unlock(&promc__registry_lock);
        promc__os.pause_ns(100000);
        promc__lock(&promc__registry_lock);
    }
}

int promc_registry_unregister_collector(promc_registry *registry, const promc_collector *collector)
{
    promc__entry *entry = NULL;

    registry = promc__registry_or_default(registry);
    if (!collector)
        return promc__fail(PROMC_ERROR_ARGUMENT, "promc_registry_unregister: collector is NULL");
    promc__lock(&promc__registry_lock);
    for (size_t i = 0; i < registry->count && !entry; i++) {
        if (registry->entries[i]->family ||
            !same_collector(&registry->entries[i]->collector, collector))
            continue;
        entry = registry->entries[i];
        forget_vanished(entry);
        entry->visitors++; /* ours, so that it stays while we wait */
        remove_entry(registry, i);
        entry->visitors--;
        wait_for_visitors(entry);
        if (!entry->removed_inside)
            promc__entry_free(entry);
    }
    promc__unlock(&promc__registry_lock);
    if (!entry)
        return promc__fail(PROMC_ERROR_NOT_FOUND, "this collector is not in this registry");
    return PROMC_OK;
}

/* ---- visiting -------------------------------------------------------------------------------- */

static bool passes(const promc_registry *view, const promc__entry *entry)
{
    if (!view->parent)
        return true;
    for (size_t i = 0; i < entry->name_count; i++) {
        if (promc__registry_allows(view, entry->names[i], strlen(entry->names[i])))
            return true;
    }
    return false;
}

promc__entry *promc__registry_visit(promc_registry *registry, uint64_t *position)
{
    promc_registry *owner = promc__registry_owner(registry);
    promc__entry *entry = NULL;

    promc__lock(&promc__registry_lock);
    for (size_t i = place_after(owner, *position); i < owner->count; i++) {
        if (!passes(registry, owner->entries[i]))
            continue;
        entry = owner->entries[i];
        forget_vanished(entry);
        entry->visitors++;
        if (entry->family)
            entry->family->visitors++;
        *position = entry->id;
        break;
    }
    promc__unlock(&promc__registry_lock);
    return entry;
}

void promc__registry_leave(promc__entry *entry)
{
    promc__family *doomed = NULL;

    if (!entry)
        return;
    promc__lock(&promc__registry_lock);
    if (entry->generation != promc__fork_generation) { /* begun by the parent: leave it alone */
        promc__unlock(&promc__registry_lock);
        return;
    }
    if (entry->family && --entry->family->visitors == 0 && entry->family->doomed)
        doomed = entry->family;
    /* A removed collector is freed by who waits for it in unregister, unless that is itself. */
    if (--entry->visitors == 0 && entry->removed && (entry->family || entry->removed_inside))
        promc__entry_free(entry);
    promc__unlock(&promc__registry_lock);
    promc__family_free(doomed);
}

/* ---- errors ---------------------------------------------------------------------------------- */

void promc__definition_failed(promc_registry *registry)
{
    const promc_error *error = promc_last_error();

    if (registry == PROMC_UNREGISTERED)
        return;
    registry = promc__registry_owner(registry);
    promc__lock(&promc__registry_lock);
    if (registry->first_error.code == PROMC_OK)
        registry->first_error = *error;
    promc__unlock(&promc__registry_lock);
}

int promc_registry_first_error(promc_registry *registry, promc_error *error)
{
    promc_error first;

    registry = promc__registry_owner(registry);
    promc__lock(&promc__registry_lock);
    first = registry->first_error;
    promc__unlock(&promc__registry_lock);
    if (error)
        *error = first;
    return first.code;
}

void promc_registry_clear_error(promc_registry *registry)
{
    registry = promc__registry_owner(registry);
    promc__lock(&promc__registry_lock);
    registry->first_error = (promc_error){0};
    promc__unlock(&promc__registry_lock);
}
