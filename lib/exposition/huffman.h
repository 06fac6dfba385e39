/* SPDX-License-Identifier: Apache-2.0 */
/* Prefix codes with a limit to the length of their words. */
#ifndef PROMC_EXPOSITION_HUFFMAN_H
#define PROMC_EXPOSITION_HUFFMAN_H

#include <stdint.h>

enum { PROMC__HUFFMAN_SYMBOLS = 288, PROMC__HUFFMAN_BITS = 15 };

typedef struct promc__code {
    uint16_t words[PROMC__HUFFMAN_SYMBOLS]; /* first bit lowest, as RFC 1951 3.1.1 packs them */
    uint8_t sizes[PROMC__HUFFMAN_SYMBOLS];  /* in bits; 0: the symbol does not occur */
} promc__code;

/*
 * A code for symbols 0 to count - 1 that occur that often, of words up to `limit` bits. The sum of
 * counts is at most 65,535. At least two symbols get words, so that the code is always complete.
 */
void promc__huffman_make(promc__code *code, const uint32_t *counts, unsigned count, unsigned limit);

/* The words for given sizes (RFC 1951 3.2.2). */
void promc__huffman_words(promc__code *code, unsigned count);

#endif
