/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprints of names and label sets, and sets of them. A fingerprint is 128 bits from two seeds
 * that are random for each parser: two things with the same one are taken for equal, which nobody can
 * bring about on purpose and nobody will see happen by chance.
 */
#ifndef PROMC_EXPOSITION_PRINTS_H
#define PROMC_EXPOSITION_PRINTS_H

#include "base/arena.h"

#include <promc/common.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct promc__print {
    uint64_t a, b;
} promc__print;

typedef struct promc__print_seed {
    promc__print state, secret;
} promc__print_seed;

promc__print_seed promc__print_new_seed(void);
promc__print promc__print_text(const promc__print_seed *seed, const char *text, size_t size);

/* Of a part of a set, for promc__print_sum(). */
promc__print promc__print_part(const promc__print_seed *seed, const char *text, size_t size);

/* Of a label as the parser has it in memory: the value is right behind the NUL of the name, and no
 * name has another one. */
static inline promc__print promc__print_label(const promc__print_seed *seed,
                                              const promc_label *label, size_t value_size)
{
    return promc__print_part(seed, label->name, (size_t)(label->value - label->name) + value_size);
}

/* Of a set whose parts come in any order. */
static inline promc__print promc__print_sum(promc__print x, promc__print y)
{
    return (promc__print){x.a + y.a, x.b + y.b};
}

static inline bool promc__print_equal(promc__print x, promc__print y)
{
    return x.a == y.a && x.b == y.b;
}

#define PROMC__PRINTS_FEW 8

/* All zero is an empty set. */
typedef struct promc__prints {
    bool has_items; /* set at the beginning: each fingerprint has a pointer, the caller's */
    promc__print few[PROMC__PRINTS_FEW]; /* searched one by one, until there are more */
    void *few_items[PROMC__PRINTS_FEW];
    promc__print *table; /* NULL as long as `few` will do */
    void **items;        /* of the table, apart: most sets have none */
    size_t capacity;     /* a power of two */
    size_t count;
} promc__prints;

/* *added: it was not there, and has a NULL item. False (and budget->error) if refused. */
bool promc__prints_add(promc__prints *prints, promc__budget *budget, promc__print key, bool *added);
/* The item of a fingerprint; NULL if that is not there. */
void **promc__prints_item(promc__prints *prints, promc__print key);
void promc__prints_clear(promc__prints *prints, promc__budget *budget);

#endif
