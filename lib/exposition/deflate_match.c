/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as tokens: J. Ziv and A. Lempel, "A Universal Algorithm for Sequential Data Compression",
 * 1977, in one greedy pass. A table remembers for each hash of some bytes where they were last
 * seen, and nothing else is tried. What makes it good at expositions:
 *
 *  - A match never begins inside a number. Digits look like other digits somewhere in the window
 *    all the time; such matches are short and far away, cost more than the digits, and hide the
 *    long match with the line before that begins where the number ends.
 *  - A match found is extended to both sides, so that positions may be left out.
 */
#include "exposition/deflate.h"

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/memory.h"

enum {
    MATCH_WINDOW = 32768, /* the longest distance (RFC 1951 2) */
    MATCH_INPUT = 32768,  /* is collected before anything is done with it */
    MATCH_LOOKAHEAD = PROMC__MATCH_MAX + 64,
    MATCH_BEFORE = 8,  /* bytes that are read but do not count, */
    MATCH_BEYOND = 32, /* and behind the end */
    MATCH_BEGIN = MATCH_BEFORE + MATCH_WINDOW,
    MATCH_CAPACITY = MATCH_BEGIN + MATCH_INPUT + MATCH_LOOKAHEAD,
    MATCH_HASH_BITS = 12,
    MATCH_NUMBER_MAX = 15, /* what begins with more digits may be worth a match */
    MATCH_PATIENCE =
        5, /* steps grow by one for every 2^MATCH_PATIENCE positions without a match, */
    MATCH_STEP_MAX = 16 /* up to this */
};

/*
 * `data` holds up to MATCH_WINDOW bytes that are done, then what comes next. The table has the low
 * bits of stream positions; distances are calculated modulo 2^16, and what is further away than the
 * window, or not there at all, comes out as too far.
 */
struct promc__deflate {
    size_t at, end;    /* what is still to be done */
    size_t block_at;   /* begin of the block; wraps around when that is gone */
    uint32_t position; /* of data[0] in the stream */
    uint16_t seen[1 << MATCH_HASH_BITS];
    promc__block block;
    unsigned char data[MATCH_CAPACITY + MATCH_BEYOND];
};

promc__deflate *promc__deflate_new(void)
{
    promc__deflate *d = promc__malloc(sizeof(*d));

    if (!d)
        return NULL;
    d->at = d->end = d->block_at = MATCH_BEFORE;
    /* 65,535 is too far away until that position is there. */
    d->position = MATCH_WINDOW;
    memset(d->seen, 0xFF, sizeof(d->seen));
    memset(d->data, 0, MATCH_BEFORE);
    memset(d->data + MATCH_CAPACITY, 0, MATCH_BEYOND);
    promc__block_begin(&d->block);
    d->block.bits = 0;
    d->block.bit_count = 0;
    return d;
}

void promc__deflate_free(promc__deflate *d)
{
    promc__free(d);
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Of PROMC__MATCH_MIN bytes. */
static inline unsigned hash_of_bytes(uint64_t bytes)
{
    return (unsigned)((bytes << (64 - 8 * PROMC__MATCH_MIN)) * 0x9E3779B97F4A7C15u >>
                      (64 - MATCH_HASH_BITS));
}

static inline void remember(promc__deflate *d, size_t at)
{
    d->seen[hash_of_bytes(promc__load64(d->data + at))] = (uint16_t)(d->position + at);
}

/* The top bits tell which of eight bytes are no digits, dots or slashes ('.' to '9'): those of sums
 * for bytes that are not less than something. */
static inline uint64_t not_digits(uint64_t bytes)
{
    const uint64_t ones = PROMC__EVERY_BYTE;
    uint64_t low = bytes & ones * 0x7F;

    return (~(low + ones * (0x80 - '.')) | (low + ones * (0x80 - ('9' + 1))) | bytes) & ones * 0x80;
}

/* How many digits, dots or slashes are there, up to 16. */
static inline unsigned leading_digits(const unsigned char *at)
{
    uint64_t others = not_digits(promc__load64(at));

    if (others)
        return (unsigned)promc__before_mark(others);
    others = not_digits(promc__load64(at + 8));
    return others ? (unsigned)promc__before_mark(others) + 8 : 16;
}

/* The first match from *at on; false if there is none before `until`. */
static inline bool find_match(promc__deflate *d, size_t *at, size_t until, uint32_t *distance)
{
    const unsigned char *data = d->data;
    unsigned steps = 1 << MATCH_PATIENCE;
    size_t i = *at;

    while (i < until) {
        uint64_t bytes = promc__load64(data + i);
        bool digit = (unsigned)(bytes & 0xFF) - '0' < 10;
        unsigned hash, digits = digit ? leading_digits(data + i) : 0;
        uint32_t away;

        if (digit && digits <= MATCH_NUMBER_MAX) {
            i += digits;
            continue;
        }
        hash = hash_of_bytes(bytes);
        away = (uint16_t)(d->position + i - d->seen[hash]);
        d->seen[hash] = (uint16_t)(d->position + i);
        if (away - 1 < MATCH_WINDOW &&
            !((bytes ^ promc__load64(data + i - away)) << (64 - 8 * PROMC__MATCH_MIN))) {
            *at = i;
            *distance = away;
            return true;
        }
        i += steps >> MATCH_PATIENCE;
        steps += steps < MATCH_STEP_MAX << MATCH_PATIENCE;
    }
    *at = i < d->end ? i : d->end;
    return false;
}

static inline size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many bytes before both are the same, at most `limit`. */
static inline size_t common_size_before(const unsigned char *a, const unsigned char *b,
                                        size_t limit)
{
    size_t size = 0;

    while (size < limit) {
        uint64_t difference = promc__load64(a - size - 8) ^ promc__load64(b - size - 8);

        if (promc__likely(difference)) {
            size += (unsigned)__builtin_clzll(difference) / 8;
            break;
        }
        size += 8;
    }
    return size < limit ? size : limit;
}

/* How many bytes are the same, at most `limit`. */
static inline size_t common_size(const unsigned char *a, const unsigned char *b, size_t limit)
{
    size_t size = 0;

    for (; size < limit; size += 16) {
        uint64_t first = promc__load64(a + size) ^ promc__load64(b + size);
        uint64_t second = promc__load64(a + size + 8) ^ promc__load64(b + size + 8);

        if (first | second) {
            size += first ? 0 : 8;
            size += (unsigned)__builtin_ctzll(first ? first : second) / 8;
            break;
        }
    }
    return size < limit ? size : limit;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* Writes the tokens before `end` as a block, which ends at data[at]. */
static uint32_t *end_block(promc__deflate *d, promc__buffer *out, const uint32_t *end, size_t at,
                           bool last)
{
    d->block.count = (unsigned)(end - d->block.tokens);
    d->block.size = at - d->block_at;
    promc__block_write(&d->block, out, d->block_at <= at ? d->data + d->block_at : NULL, last);
    d->block_at = at;
    return d->block.tokens;
}

static uint32_t *put_many_literals(promc__deflate *d, promc__buffer *out, uint32_t *token,
                                   size_t at, size_t end)
{
    while (at < end) {
        *token++ = d->data[at++];
        if (token == d->block.tokens + PROMC__BLOCK_TOKENS)
            token = end_block(d, out, token, at, false);
    }
    return token;
}

enum { LITERALS_STEP = 16 };

static inline void put_step(uint32_t *restrict to, const unsigned char *restrict from)
{
    for (int i = 0; i < LITERALS_STEP; i++)
        to[i] = from[i];
}

/* Many at a time: some tokens behind the last may be overwritten. */
static inline uint32_t *put_literals(promc__deflate *d, promc__buffer *out, uint32_t *token,
                                     size_t at, size_t end)
{
    const unsigned char *from = d->data + at;
    uint32_t *to = token;

    token += end - at;
    if (promc__unlikely(end - at >= (size_t)(d->block.tokens + PROMC__BLOCK_TOKENS - to)))
        return put_many_literals(d, out, to, at, end);
    do {
        put_step(to, from);
        to += LITERALS_STEP;
        from += LITERALS_STEP;
    } while (promc__unlikely(to < token));
    return token;
}

/* The code of a distance has its highest bit and the one behind it (RFC 1951 3.2.5). */
static inline uint32_t *put_match(uint32_t *token, size_t length, uint32_t distance)
{
    uint32_t code = distance - 1, extra = 0;

    if (code >= 4) {
        unsigned rest = 30 - (unsigned)__builtin_clz(code);

        extra = code & ((1u << rest) - 1);
        code = 2 * rest + (code >> rest);
    }
    token[0] = (uint32_t)(PROMC__TOKEN_LENGTH + length - 3);
    token[1] = (PROMC__TOKEN_DISTANCE + code) | extra << PROMC__TOKEN_BITS;
    return token + 2;
}

static void make_tokens(promc__deflate *d, promc__buffer *out, size_t until)
{
    const unsigned char *data = d->data;
    uint32_t distance, *token = d->block.tokens + d->block.count;
    size_t done = d->at, at = done, length;

    while (find_match(d, &at, until, &distance)) {
        const unsigned char *here = data + at;
        size_t left = d->end - at, before = at - distance - MATCH_BEFORE;

        /* What comes next waits for the end of the match, and for its begin only in tokens. */
        length =
            common_size(here, here - distance, left < PROMC__MATCH_MAX ? left : PROMC__MATCH_MAX);
        before = min_size(min_size(before, at - done), PROMC__MATCH_MAX - length);
        before = common_size_before(here, here - distance, before);
        token = put_literals(d, out, token, done, at - before);
        token = put_match(token, length + before, distance);
        remember(d, at + 1);
        done = at += length;
        remember(d, at - 2);
        if (promc__unlikely(token >= d->block.tokens + PROMC__BLOCK_TOKENS))
            token = end_block(d, out, token, done, false);
    }
    token = put_many_literals(d, out, token, done, at);
    d->block.count = (unsigned)(token - d->block.tokens);
    d->at = at;
}

/* ---- the stream ------------------------------------------------------------------------------ */

/*
 * A block can only be stored while its data is there. One that goes on must be sure to get shorter
 * than its data: with the fixed codes a match, two tokens, takes at most 31 bits, a literal 9.
 */
static bool may_lose_data(const promc__deflate *d)
{
    uint64_t size = d->at - d->block_at;

    return 8 * size >= 16 * (uint64_t)d->block.count + PROMC__BLOCK_TOKENS + 16;
}

/* Makes room for more input. */
static void slide_window(promc__deflate *d, promc__buffer *out)
{
    size_t by = d->at - MATCH_BEGIN;

    if (d->block.count && !may_lose_data(d))
        (void)end_block(d, out, d->block.tokens + d->block.count, d->at, false);
    memmove(d->data, d->data + by, d->end - by);
    d->at -= by;
    d->end -= by;
    d->block_at -= by;
    d->position += (uint32_t)by;
}

void promc__deflate_write(promc__deflate *d, promc__buffer *out, const void *data, size_t size)
{
    const unsigned char *from = data;

    while (size) {
        size_t room = MATCH_CAPACITY - d->end, part = size < room ? size : room;

        memcpy(d->data + d->end, from, part);
        d->end += part;
        from += part;
        size -= part;
        if (d->end == MATCH_CAPACITY) {
            make_tokens(d, out, MATCH_CAPACITY - MATCH_LOOKAHEAD);
            slide_window(d, out);
        }
    }
}

void promc__deflate_finish(promc__deflate *d, promc__buffer *out)
{
    uint32_t *token;

    memset(d->data + d->end, 0, MATCH_BEYOND);
    make_tokens(d, out, d->end - PROMC__MATCH_MIN + 1);
    token = put_many_literals(d, out, d->block.tokens + d->block.count, d->at, d->end);
    d->at = d->end;
    (void)end_block(d, out, token, d->at, true);
    if (d->block.bit_count)
        promc__buffer_char(out, (char)d->block.bits);
}
