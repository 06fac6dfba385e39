/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprints of names and label sets, and sets of them. A fingerprint is 128 bits from two seeds
 * that are random for each parser: two things with the same one are taken for equal, which nobody can
 * bring about on purpose and nobody will see happen by chance.
 */
#ifndef PROMC_EXPOSITION_PRINTS_H
#define PROMC_EXPOSITION_PRINTS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct promc__print {
    uint64_t a, b;
} promc__print;

promc__print promc__print_new_seed(void);
promc__print promc__print_text(promc__print seed, const char *text, size_t size);
/* Of both texts as a pair. */
promc__print promc__print_pair(promc__print seed, const char *first, size_t first_size,
                               const char *second, size_t second_size);

/* Of a set whose parts come in any order. */
static inline promc__print promc__print_sum(promc__print x, promc__print y)
{
    return (promc__print){x.a + y.a, x.b + y.b};
}

static inline bool promc__print_equal(promc__print x, promc__print y)
{
    return x.a == y.a && x.b == y.b;
}

typedef struct promc__prints_entry {
    promc__print key;
    void *item; /* the caller's */
} promc__prints_entry;

#define PROMC__PRINTS_FEW 8

/* All zero is an empty set. */
typedef struct promc__prints {
    promc__prints_entry few[PROMC__PRINTS_FEW]; /* searched one by one, until there are more */
    promc__prints_entry *table;                 /* NULL as long as `few` will do */
    size_t capacity;                            /* a power of two */
    size_t count;
} promc__prints;

/* NULL if it is not there. */
promc__prints_entry *promc__prints_find(promc__prints *prints, promc__print key);
/* The entry, which is new (and its item NULL) if *added; NULL (and budget->error) if refused. */
promc__prints_entry *promc__prints_add(promc__prints *prints, promc__budget *budget,
                                       promc__print key, bool *added);
void promc__prints_clear(promc__prints *prints, promc__budget *budget);

#endif
