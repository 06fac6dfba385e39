/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259), strictly: what the grammar does not allow is refused, and so is text that is not
 * UTF-8, inside and outside of strings, and a surrogate without its partner. No recursion; time is
 * linear in the input, memory in the number of values.
 *
 * A document is a list of values in the order of the text. A container is followed by what is in
 * it, so the next value on the same level is `span` values further on:
 *
 *     const promc__json_value *member = object + 1;
 *     for (size_t i = 0; i < object->count; i++, member += member->span)
 */
#ifndef PROMC_ALERTS_JSON_H
#define PROMC_ALERTS_JSON_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum promc__json_type {
    PROMC__JSON_NULL,
    PROMC__JSON_FALSE,
    PROMC__JSON_TRUE,
    PROMC__JSON_NUMBER,
    PROMC__JSON_STRING,
    PROMC__JSON_ARRAY,
    PROMC__JSON_OBJECT
} promc__json_type;

typedef struct promc__json_value {
    promc__json_type type;
    const char *key;  /* of a member of an object, decoded, NUL-terminated; else NULL */
    size_t key_size;  /* there may be a NUL inside */
    const char *text; /* of a string, decoded; of a number, as it is written; NUL-terminated */
    size_t text_size;
    size_t count; /* elements of an array, members of an object */
    size_t span;  /* values in all: this one and what is in it */
} promc__json_value;

typedef struct promc__json_limits {
    size_t size;   /* bytes of the text */
    size_t depth;  /* of containers, at most PROMC__JSON_DEPTH_MAX */
    size_t values; /* in all */
} promc__json_limits;

enum { PROMC__JSON_DEPTH_MAX = 64 };

typedef struct promc__json {
    promc__json_value *values; /* the first is the document */
    size_t value_count;
    char *strings;      /* what their texts and keys point to */
    size_t at;          /* where in the text reading stopped, */
    const char *reason; /* and why */
} promc__json;

/*
 * Reads a whole text; nothing of it is needed afterwards. PROMC_OK: free the document with
 * promc__json_free(). Otherwise it needs no freeing: PROMC_ERROR_SYNTAX, PROMC_ERROR_LIMIT (see
 * at and reason), PROMC_ERROR_NO_MEMORY. The last error is left alone.
 */
int promc__json_read(promc__json *json, const char *text, size_t size,
                     const promc__json_limits *limits);
void promc__json_free(promc__json *json);

/* A member of an object by its name, the last if there are several; NULL if there is none, or if
 * `object` is NULL or no object. */
const promc__json_value *promc__json_member(const promc__json_value *object, const char *name);

/* The text of a string; NULL if `value` is NULL, no string, or has a NUL inside. */
const char *promc__json_string(const promc__json_value *value);

/* The value of a number that is written as a plain integer and fits. */
bool promc__json_u64(const promc__json_value *value, uint64_t *number);

#endif
