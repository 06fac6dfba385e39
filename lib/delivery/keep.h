/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of the strings and lists that an option struct borrows, freed together. */
#ifndef PROMC_DELIVERY_KEEP_H
#define PROMC_DELIVERY_KEEP_H

#include <promc/common.h>

#include <stdbool.h>

typedef struct promc__keep {
    struct promc__kept *first;
    bool failed; /* memory was refused at least once */
} promc__keep;

/* Copies; NULL for NULL, or when memory is refused. */
const char *promc__keep_string(promc__keep *keep, const char *text);
const promc_label *promc__keep_labels(promc__keep *keep, const promc_label *labels);
void *promc__keep_block(promc__keep *keep, const void *data, size_t size);

void promc__keep_free(promc__keep *keep);

#endif
