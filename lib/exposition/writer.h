/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's inside: where families and points of the host go. */
#ifndef PROMC_EXPOSITION_WRITER_H
#define PROMC_EXPOSITION_WRITER_H

#include "exposition/encoder.h"
#include "registry/registry.h"

typedef enum promc__writer_mode {
    PROMC__WRITE_GROUPED,  /* keep the lines of each family until the end */
    PROMC__WRITE_IN_ORDER, /* one family after the other */
    PROMC__WRITE_POINTS,   /* hand points to a visitor */
    PROMC__WRITE_NAMES     /* hand descriptors to a visitor; samples are ignored */
} promc__writer_mode;

/* Gets what a collector writes, instead of a sink. `point` is NULL in PROMC__WRITE_NAMES. */
typedef int (*promc__visitor)(const promc__descriptor *descriptor, const promc__point *point,
                              void *arg);

struct promc_family {
    promc_family *next;
    promc__descriptor descriptor;
    char *name, *help, *unit;
    char *escaped; /* the name as underscores escape it; NULL: not needed */
    bool left; /* in-order writers: another family has begun */
    /* Grouped and in-order writers. */
    promc__encoder encoder;
    bool begun;
    promc__buffer head, body, created;
};

struct promc_writer {
    promc__writer_mode mode;
    promc_format format;
    const promc__encoding *encoding;
    promc_sink sink;
    promc__visitor visitor;
    void *arg;
    bool (*allows)(const void *arg, const char *name, size_t size);
    const void *allows_arg;
    promc_family *first, *last, *current;
    promc_family **by_name; /* hash table of families */
    size_t family_count, table_size;
    uint64_t seed;
    promc_registry *registry; /* NULL: none */
    bool check_names;         /* names that escaping changes are there, or in the registry */
    promc__name_index escaped; /* names as underscores escape them, once there are such */
    size_t limit, kept; /* bytes of lines in memory */
    double timestamp, created;
    bool nested; /* part of a larger exposition, which ends it */
    promc__buffer labels; /* scratch */
    promc__buffer other;  /* scratch */
    int status;           /* the first error */
    promc_error error;    /* its words */
};

/* ---- writer.c -------------------------------------------------------------------------------- */

/* A writer for a collector of the registry within a scrape, whose lines become a part of what the
 * encoder writes. NULL: out of memory. */
promc_writer *promc__writer_within(const promc__encoder *encoder, promc_registry *registry,
                                   promc_sink sink, void *arg);
/* The same where points are looked at; `registry` may be NULL. */
promc_writer *promc__writer_for_visitor(promc__writer_mode mode, promc_registry *registry,
                                        promc__visitor visitor, void *arg);

/* Notes the last error as the writer's, if it is the first; returns `status`. */
int promc__writer_failed(promc_writer *writer, int status);
/* The error for more than the writer may keep: the last error is set, the writer's is not. */
int promc__writer_over_limit(const promc_writer *writer, const char *name);

/* Hands what is in the buffer to the sink and empties it, unless the writer has failed. */
int promc__writer_pass_on(promc_writer *writer, promc__buffer *buffer);
/* In-order writers: the current family, if there is one, is complete and goes out. */
int promc__writer_leave_family(promc_writer *writer);

/* ---- writer_families.c ----------------------------------------------------------------------- */

void promc__writer_family_free(promc_family *family);

/* ---- writer_names.c -------------------------------------------------------------------------- */

/* Sets descriptor.blends of a new family, which is not in the writer's list yet: a name that would
 * be taken for that of an earlier family of the writer, or for one of the registry. False: no
 * memory. */
bool promc__writer_note_name(promc_writer *writer, promc_family *family);

/* ---- writer_points.c ------------------------------------------------------------------------- */

/* Hands a complete point to where the writer's mode wants it. */
int promc__writer_take(promc_writer *writer, promc_family *family, promc__point *point,
                       const promc_label *labels);

/* ---- collector.c ----------------------------------------------------------------------------- */

/* Ends the writer that the collector of `entry` was given: the writer's error, or that of the
 * collector, which `returned` this from its `function`. */
int promc__writer_end_collector(promc_writer *writer, const promc__entry *entry, int returned,
                                const char *function);

#endif
