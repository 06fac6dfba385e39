/* SPDX-License-Identifier: Apache-2.0 */
/* A metric and its children. A metric without labels is a family with one child. */
#ifndef PROMC_METRICS_FAMILY_H
#define PROMC_METRICS_FAMILY_H

#include "base/buffer.h"
#include "cells/cells.h"
#include "metrics/point.h"

#include <promc/metrics.h>

typedef struct promc__family promc__family;
typedef struct promc__child promc__child;
typedef struct promc__table promc__table; /* child_table.c */
typedef struct promc__cursor promc__cursor;

/* What distinguishes one type of metric from another. */
typedef struct promc__type {
    promc_type kind;
    const char *word;          /* in messages: "counter" */
    const char *reserved;      /* label name that samples of the type use themselves; or NULL */
    bool has_unit;             /* may have one */
    bool has_created;          /* has _created series */
    /* Fills the numbers of a point, under the stripe lock or while a cursor keeps the child; `values` are
     * the child's cells. NULL: counters and gauges, whose value is one number. */
    void (*fill)(promc__child *child, const uint64_t *values, promc__point *point);
    /* Makes what a new child needs beside its cells; false: no memory. NULL: nothing to do. */
    bool (*prepare)(promc__child *child);
    /* Frees that and child->extra. NULL: nothing to do. */
    void (*finish)(promc__child *child);
    bool has_exemplars;
    /* Of histograms, for families with native buckets: promc__cursor_step(), and what frees
     * cursor->scratch. Pointers, so that programs without histograms are linked without them. */
    bool (*native_step)(promc__cursor *cursor,
                        void (*take)(const promc__point *point, void *arg), void *arg);
    void (*native_finish)(promc__cursor *cursor);
    /* Of summaries, for families with quantiles: fills them, without a lock. */
    uint64_t (*quantiles_fill)(const promc__child *child, double *values, promc__point *point);
} promc__type;

/*
 * Every handle the library gives out (a child or a family) begins with a pointer to the family, so
 * that functions that take any metric can find it.
 */
struct promc__child {
    promc__family *family;
    void *_Atomic extra; /* of the type: exemplars, callback, pairs */
    _Atomic double created;
    uint32_t next, previous; /* in order of creation; in limbo or among the free: next only */
    uint32_t text_size : 16;
    uint32_t room : 14;   /* for the text, in units of PROMC__CHILD_UNIT */
    uint32_t outside : 1; /* the room has a pointer to a longer text */
    uint32_t escaped : 1; /* the text has escapes: its bytes are not those of the values */
    uint32_t hash;
    promc__numbers numbers; /* the last member: its size depends on the family */
};

/* The labels of a child as promc__point has them. */
typedef struct promc__text {
    const char *data;
    size_t size;
} promc__text;

/* A label text that has no room behind its child. */
typedef struct promc__outside_text {
    size_t size;
    char text[];
} promc__outside_text;

/* child->extra of a gauge with a function; changed and read under the stripe lock. */
typedef struct promc__callback {
    double (*function)(void *arg);
    void *arg;
} promc__callback;

/* child->extra of an info: its pairs merged with its labels; under the stripe lock. */
typedef struct promc__info_text {
    size_t size;
    char text[];
} promc__info_text;

/*
 * Children lie one behind the other in slabs, each with its label text behind it, so that neighbours
 * in time are neighbours in memory, and who finds a child finds its text without another wait. Lists
 * of children, under the stripe lock, have their numbers, half a pointer: the slab, and where in it
 * the child begins, plus one. A child that is larger than a slab has one of its own.
 */
typedef struct promc__slab {
    void *block; /* what was allocated */
    char *children;
    size_t size, used; /* bytes */
} promc__slab;

#define PROMC__CHILD_UNIT 8u /* bytes: children begin at multiples of it */
#define PROMC__SLAB_UNITS 8192u

/* Slots of cells that were taken together, for children in their order. */
typedef struct promc__slot_block {
    uint32_t first, count, used;
} promc__slot_block;

/* A piece of a label text, and which declared label's value comes behind it. */
typedef struct promc__label_piece {
    char *text;
    size_t size, label;
} promc__label_piece;

struct promc__family {
    promc__family *family; /* itself, see promc__child */
    const promc__type *type;
    promc__descriptor descriptor;
    char *name;
    char *help;
    char *unit;

    /* Of the registry layer, under its lock. */
    promc_registry *registry; /* NULL: in none */
    uint64_t entry_id;        /* of its entry there */
    size_t visitors;          /* scrapes that are at this family */
    bool doomed;              /* to be freed when the last of them moves on */

    /* Labels: names as declared; and the text of a child as pieces around the values in sorted
     * order: pieces[0] value pieces[1] value ... pieces[label_count]. */
    size_t label_count;
    char **label_names;
    promc__label_piece *pieces;
    size_t pieces_size; /* of them all together */
    promc_label *const_labels; /* owned copies, ends in {NULL, NULL} */

    double *bounds; /* finite bounds of histograms, padded with +Inf */
    size_t bound_count;
    size_t few_bounds; /* with the padding, if they are few; else 0 */
    char **states; /* of an enum, ends in NULL */
    size_t state_count;

    struct promc__native_config *native; /* of native histograms, or NULL; native.h */
    struct promc__quantile_config *quantiles; /* of summaries that have some, or NULL; quantiles.h */

    uint32_t cells; /* of each child; 0: shared[0] alone has its value, or its native layout */
    size_t child_size; /* without the room for the text */

    /* Children. Lookups read the table without a lock; all else is under promc__stripe(family). */
    uint64_t seed, secret; /* of hashes of label values */
    promc__table *_Atomic table;
    uint32_t first, last;
    size_t child_count, max_children;
    promc__child *discarding; /* past max_children; made on demand */
    uint32_t limbo_first, limbo_last, free;
    size_t limbo_count, limbo_enough;
    promc__slab *slabs;
    promc__slot_block *slot_blocks;
    uint32_t slab_count, slot_block_count;
    promc__cursor *cursors; /* visits in progress */
    double idle_ttl;
};

/* ---- making and freeing ---------------------------------------------------------------------- */

/* The options that all types share, by their common first members. */
typedef struct promc__metric_opts {
    PROMC__METRIC_OPTIONS
} promc__metric_opts;

/*
 * Makes a family from options; `labelled` tells which constructor was called. Not registered yet.
 * NULL and the last error on failure. `cells`: see struct promc__family.
 */
promc__family *promc__family_create(const promc__type *type, const promc__metric_opts *options,
                                    bool labelled);
/* The second half, after the type has set bounds, states and cells: makes the only child of a metric
 * without labels, and registers. Takes the family; NULL and the last error on failure. */
promc__family *promc__family_finish(promc__family *family, const promc__metric_opts *options,
                                    bool labelled);
/* Frees it; it must be in no registry and have no visitors. */
void promc__family_free(promc__family *family);

/* ---- children -------------------------------------------------------------------------------- */

promc__child *promc__family_child(promc__family *family, const char *const *values, size_t count);
promc__child *promc__family_child_by_name(promc__family *family, const promc_label *labels);
int promc__family_remove(promc__family *family, const char *const *values, size_t count);
int promc__family_remove_matching(promc__family *family, const promc_label *labels);
void promc__family_clear(promc__family *family);
size_t promc__family_size(promc__family *family);

/* The child with a number; NULL: 0, which no child has. Under the stripe lock. */
static inline promc__child *promc__child_at(const promc__family *family, uint32_t number)
{
    uint32_t place = number - 1;

    if (number == 0)
        return NULL;
    return (promc__child *)(void *)(family->slabs[place / PROMC__SLAB_UNITS].children +
                                    place % PROMC__SLAB_UNITS * PROMC__CHILD_UNIT);
}

static inline promc__child *promc__child_next(const promc__child *child)
{
    return promc__child_at(child->family, child->next);
}

/* What a child takes of its slab. */
static inline size_t promc__child_bytes(const promc__family *family, const promc__child *child)
{
    return family->child_size + child->room * (size_t)PROMC__CHILD_UNIT;
}

/* The labels of a child, which stay where they are for as long as it is the same series. */
static inline promc__text promc__child_text(const promc__family *family, const promc__child *child)
{
    const char *room = (const char *)child + family->child_size;
    const promc__outside_text *outside;

    if (promc__likely(!child->outside))
        return (promc__text){room, child->text_size};
    memcpy(&outside, room, sizeof(outside));
    return (promc__text){outside->text, outside->size};
}

/* The only child of a metric without labels. */
promc__child *promc__family_only_child(promc__family *family);
/* Removes children that were not updated for idle_ttl; called at scrapes. */
void promc__family_expire(promc__family *family);
/* Frees all children with their memory. */
void promc__children_free(promc__family *family);

void promc__child_hold(promc__child *child);
void promc__child_release(promc__child *child);

/* Whether updates of this child still count, for types that keep their value in shared[0]; clears
 * the watch flag. Inside a section or under the stripe lock. */
bool promc__child_is_live(promc__child *child);

/* Sets a counter's cells back to zero. */
void promc__child_reset(promc__child *child);

/* ---- label texts of a family (labels.c) ------------------------------------------------------ */

/* Prepares names, constant labels and pieces. PROMC_OK or an error code (last error set). */
int promc__labels_prepare(promc__family *family, const char *const *names,
                          const promc_label *const_labels);
void promc__labels_free(promc__family *family);
/* Appends the text of a child with these values. Whether it has escapes. */
bool promc__labels_write(const promc__family *family, const char *const *values,
                         promc__buffer *text);
/* Whether the child's value of one declared label is `value`. */
bool promc__labels_have(const promc__child *child, size_t label, const char *value, size_t size);
/* The declared label with this name; label_count if there is none. */
size_t promc__labels_find(const promc__family *family, const char *name);

/* ---- settings (settings.c) ------------------------------------------------------------------- */

bool promc__created_enabled(void);
bool promc__legacy_names_only(void);

/* ---- visiting children (visit.c) ------------------------------------------------------------- */

/* A walk over the children of a family in order of creation that can stop between any two. */
struct promc__cursor {
    promc__family *family;
    promc__child *next;      /* kept right by removals; under the stripe lock */
    promc__cursor *following; /* in family->cursors */
    uint64_t *values;        /* scratch for cells */
    size_t batch;            /* children that fit */
    promc__child *children[PROMC__VISIT_BATCH];
    size_t reading;          /* so many of them are read without the lock */
    double *quantiles;       /* scratch for a point */
    struct promc__exemplars *exemplars; /* scratch, made on demand; exemplar.h */
    struct promc__native_scratch *scratch; /* the same, of native histograms; native_read.c */
    bool native;                           /* native buckets are shown: set it after opening */
    bool no_quantiles;                     /* they are not: likewise */
    /* Gets plain points of counters and gauges, many at a time, instead of `take`: likewise. NULL:
     * `take` gets all. */
    void (*take_plains)(const promc__plains *points, void *arg);
    int error;                             /* why a step ended early: PROMC_OK or out of memory */
    promc__buffer text;                 /* scratch for labels of children with a callback */
};

/* False: out of memory. */
bool promc__cursor_open(promc__cursor *cursor, promc__family *family);
/* Calls `take` (or take_plains, with the same argument) for the next few children. False when there
 * are no more, or after cursor->error. */
bool promc__cursor_step(promc__cursor *cursor,
                        void (*take)(const promc__point *point, void *arg), void *arg);
void promc__cursor_close(promc__cursor *cursor);
/* Sets what all types have in a point: labels, created timestamp, exemplars. */
void promc__cursor_point(promc__cursor *cursor, promc__child *child, promc__point *point);
/* A child is about to leave the list. */
void promc__cursors_skip(promc__family *family, const promc__child *child);
/* Whether a cursor is at it, so that it must not end. Both under the stripe lock. */
bool promc__cursors_have(const promc__family *family, const promc__child *child);

/* ---- implemented by the registry layer ------------------------------------------------------- */

/* Puts a new family into a registry (NULL: the default one) and sets family->registry. */
int promc__family_register(promc__family *family, promc_registry *registry);
/* Takes a family out of its registry, and frees it as soon as no scrape is at it. */
void promc__family_dispose(promc__family *family);
/* A definition failed with the last error: the registry keeps the first one. */
void promc__definition_failed(promc_registry *registry);

#endif
