/* SPDX-License-Identifier: Apache-2.0 */
/* What is registered, in order, and which names that takes. */
#ifndef PROMC_REGISTRY_REGISTRY_H
#define PROMC_REGISTRY_REGISTRY_H

#include "base/buffer.h"
#include "metrics/family.h"
#include "registry/name_index.h"

#include <promc/registry.h>

#include <limits.h>

/* One registered thing: a family, or a collector. */
typedef struct promc__entry {
    uint64_t id; /* ascending in order of registration */
    promc__family *family;
    promc_collector collector;
    char **names; /* taken in the registry's index */
    char **escaped; /* of each of them, as underscores escape it; NULL if that changes nothing. No
                       array if it changes none. */
    size_t name_count;
    size_t visitors;     /* scrapes that are at it */
    unsigned generation; /* promc__fork_generation of the visitors */
    bool removed;        /* freed by the last visitor if it is a family's, or: */
    bool removed_inside; /* removed while being called in the thread that removed it */
} promc__entry;

/* All members are under promc__registry_lock, except those that never change. */
struct promc_registry {
    bool auto_describe;
    promc__entry **entries; /* by id */
    size_t count, capacity;
    uint64_t next_id;
    promc__name_index index;
    promc__name_index escaped; /* what the entries have of that */
    promc__buffer target_info; /* label text; empty: none */
    bool has_target_info;
    promc_error first_error;

    /* A restricted view has a parent and the names that may pass, and nothing else. */
    promc_registry *parent;
    promc__name_index allowed;
};

/* The registry that is meant by NULL; a view's parent is not resolved. */
promc_registry *promc__registry_or_default(promc_registry *registry);
/* The registry itself, also of a view. */
promc_registry *promc__registry_owner(promc_registry *registry);

bool promc__is_default_registry(const promc_registry *registry);

/* The names a family takes: those that client_python's registry reserves, and if they are not in the
 * old character set also what stands for them there. Appends copies; false: no memory. */
bool promc__reserved_names(promc__entry *entry, const promc__descriptor *descriptor);

/*
 * Names that look like those of another family once they are escaped (entry_names.c). The first
 * makes entry->escaped; false: no memory. The second tells whether a family that is being visited
 * has such names, the third the same of a family that a collector writes (1, 0, or a negative code
 * and the last error). Names in the old character set keep out of it if the registry knows them:
 * others make way.
 */
bool promc__entry_escape_names(promc__entry *entry);
bool promc__registry_entry_blends(promc_registry *registry, const promc__entry *entry);
int promc__registry_family_blends(promc_registry *registry, const promc__descriptor *descriptor);
/* Whether there are names that escaping changes. */
bool promc__registry_has_escaped(promc_registry *registry);

/* Who has the name in the registry, which is locked: "counter requests". For messages: it is slow. */
void promc__write_owner(const promc_registry *registry, const char *name, char *out, size_t size);
int promc__fail_duplicate(const char *name, const char *owner);

/* Adds an entry whose names are known, and none of them twice; takes it in any case. PROMC_OK; PROMC_ERROR_DUPLICATE;
 * PROMC_ERROR_NO_MEMORY; PROMC_ERROR_STATE for a view. */
int promc__registry_insert(promc_registry *registry, promc__entry *entry);
promc__entry *promc__entry_new(promc__family *family, const promc_collector *collector);
void promc__entry_free(promc__entry *entry);

/*
 * The entry after `position` (0: the first), for a scrape: it stays in memory until it is left.
 * NULL: there are no more. With a view, only entries that have an allowed name.
 */
promc__entry *promc__registry_visit(promc_registry *registry, uint64_t *position);
void promc__registry_leave(promc__entry *entry);

/* As promc_registry_register(), but a failure is the caller's and no definition error of the
 * registry. The registry is not NULL. */
int promc__register_collector(promc_registry *registry, const promc_collector *collector);

/* Calls the collector of an entry that is being visited. */
int promc__entry_collect(promc__entry *entry, promc_writer *writer);

/* What the library's own collectors return for refused memory that the writer does not know of: the
 * -1 of anybody else's means anything. */
enum { PROMC__COLLECTOR_NO_MEMORY = INT_MIN };

/* Appends the label text of target_info; false if there is none (or it may not pass the view). */
bool promc__registry_target_info(promc_registry *registry, promc__buffer *out);

/* Whether samples of this name pass the view; always, if it is none. */
bool promc__registry_allows(const promc_registry *registry, const char *name, size_t size);

#endif
