/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label texts: name="value",name="value" with names sorted, values escaped, and names that are not
 * in the old character set in quotes. This is how labels are stored, so that a scrape copies them.
 */
#ifndef PROMC_METRICS_LABEL_TEXT_H
#define PROMC_METRICS_LABEL_TEXT_H

#include "base/buffer.h"
#include "base/names.h"

#include <promc/common.h>

#include <stdbool.h>
#include <stddef.h>

/* One label of a text. Name and value are still escaped and without quotes. */
typedef struct promc__label_part {
    const char *name;
    size_t name_size;
    const char *value;
    size_t value_size;
    bool escaped; /* the value has escapes */
    bool quoted_name;
    const char *begin, *end; /* all of it, without the comma */
} promc__label_part;

/* Reads the label at `*at` (of a text ending at `end`) and goes on to the next; false at the end. */
bool promc__label_next(const char **at, const char *end, promc__label_part *part);

/* Compares a raw name with that of a part, as they are sorted. */
int promc__label_compare(const char *name, size_t size, const promc__label_part *part);

/* Where a label called `name` belongs in the text: the offset of the first label that comes after
 * it (or the size of the text). */
size_t promc__label_place(const char *text, size_t size, const char *name);

/* Appends an escaped value, or a quoted name, as it was before it was escaped. */
void promc__label_unescape(promc__buffer *out, const char *escaped, size_t size);

/* Whether an escaped value is that of `raw`. */
bool promc__escaped_equals(const char *escaped, size_t escaped_size, const char *raw, size_t size);

/* The names of a sample's labels: those of a text, and what else it gets. */
typedef struct promc__label_names {
    const char *text;
    size_t size;
    const char *extra; /* one more name; NULL: none */
    size_t extra_size;
    const char *more; /* one more text */
    size_t more_size;
} promc__label_names;

/* Whether one of the names has characters that underscores stand for in the old character set, and
 * looks like another one of them then. */
bool promc__label_blends(const char *name, size_t size, const promc__label_names *among);

/* Appends one of the names as VALUES has it, whatever its characters. */
void promc__label_spell(promc__buffer *out, const char *name, size_t size,
                        const promc__label_names *among);

/* Appends one of the names as `escaping` has it. One that blends with another is spelt out instead:
 * Prometheus refuses a whole scrape for one label that is there twice. */
void promc__label_escape(promc__buffer *out, const char *name, size_t size,
                         const promc__label_names *among, enum promc__escaping escaping);

/* Appends two texts merged. PROMC_OK; PROMC_ERROR_LABELS if a name is in both. */
int promc__merge_texts(promc__buffer *out, const char *a, size_t a_size, const char *b,
                       size_t b_size, const char *what);

/* ---- label_pairs.c --------------------------------------------------------------------------- */

/* Appends one label, with a comma before it unless the text (which begins at `start` of the buffer)
 * is empty. Invalid UTF-8 in the value is repaired. */
void promc__label_append(promc__buffer *out, size_t start, const char *name, const char *value);

/*
 * Appends the text of a list of pairs, sorted by name. `what` is for messages. PROMC_OK;
 * PROMC_ERROR_LABELS: a name is invalid or repeated, or a value is NULL; PROMC_ERROR_NO_MEMORY.
 */
int promc__pairs_text(promc__buffer *out, const promc_label *pairs, const char *what);

/* PROMC_OK if a label may have this name now; else PROMC_ERROR_LABELS. `what` is for the message. */
int promc__check_label_name(const char *name, const char *what);

#endif
