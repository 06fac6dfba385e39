/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compressed data of RFC 1951. deflate_match.c turns bytes into tokens, literal bytes and
 * matches with earlier ones; deflate_block.c turns tokens into blocks. Memory is constant.
 */
#ifndef PROMC_EXPOSITION_DEFLATE_H
#define PROMC_EXPOSITION_DEFLATE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PROMC__MATCH_MIN = 6, /* three are allowed, but what is that short is rarely worth it */
    PROMC__MATCH_MAX = 258,
    PROMC__BLOCK_TOKENS = 10240,
    PROMC__LITERALS = 286, /* literals, end of block, and lengths */
    PROMC__DISTANCES = 30
};

/*
 * A token is what is looked up for it when it is written: bits 0 to 9 the byte, or 256 and the
 * length less three, or 512 and the code of the distance, which has a token of its own behind that
 * of the length; from bit 10 on the extra bits of the distance.
 */
enum {
    PROMC__TOKEN_LENGTH = 256,
    PROMC__TOKEN_DISTANCE = 512,
    PROMC__TOKEN_END = PROMC__TOKEN_DISTANCE + PROMC__DISTANCES,
    PROMC__TOKEN_NOTHING, /* fills up */
    PROMC__TOKEN_KINDS,
    PROMC__TOKEN_BITS = 10,
    PROMC__TOKENS_BEYOND = 20 /* room for what may come at once, and need not count */
};

typedef struct promc__block {
    uint32_t tokens[PROMC__BLOCK_TOKENS + PROMC__TOKENS_BEYOND];
    unsigned count;
    size_t size;   /* of the data they stand for */
    uint64_t bits; /* that do not make a byte yet */
    unsigned bit_count;
} promc__block;

void promc__block_begin(promc__block *block);

/* Writes the tokens as a block, the shortest way, and forgets them. `data` is what they stand for,
 * NULL if it is gone. */
void promc__block_write(promc__block *block, promc__buffer *out, const unsigned char *data,
                        bool last);

/* The most that the beginning of a block, or a block without its own code, takes beside data. */
enum { PROMC__BLOCK_OVERHEAD = 6 };

typedef struct promc__deflate promc__deflate;

promc__deflate *promc__deflate_new(void);
void promc__deflate_free(promc__deflate *deflate);

/* Appends what can be said already. The output does not depend on how the input is cut. */
void promc__deflate_write(promc__deflate *deflate, promc__buffer *out, const void *data,
                          size_t size);
void promc__deflate_finish(promc__deflate *deflate, promc__buffer *out);

#endif
