/* SPDX-License-Identifier: Apache-2.0 */
/* Short texts, sixteen bytes at a time: where a character is in them, and copies. */
#ifndef PROMC_BASE_PLACES_H
#define PROMC_BASE_PLACES_H

#include "base/bytes.h"
#include "base/compiler.h"

#include <stddef.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef struct promc__piece {
    uint64_t low, high; /* the first eight bytes, and the others */
} promc__piece;

#define PROMC__PIECE sizeof(promc__piece)
/* The shortest text that pieces can be read from. */
#define PROMC__PIECE_TEXT (PROMC__PIECE / 2)

/* Eight bytes from `at`, and zeros for what would be behind the end of the text. */
static inline uint64_t promc__word_at(const char *text, size_t at, size_t size)
{
    if (at + 8 <= size)
        return promc__load64(text + at);
    return at < size ? promc__load64(text + size - 8) >> 8 * (at + 8 - size) : 0;
}

/* The same for a whole piece. */
static inline promc__piece promc__piece_at(const char *text, size_t at, size_t size)
{
    if (promc__likely(at + PROMC__PIECE <= size))
        return (promc__piece){promc__load64(text + at), promc__load64(text + at + 8)};
    return (promc__piece){promc__word_at(text, at, size), promc__word_at(text, at + 8, size)};
}

static inline void promc__store_piece(char *to, promc__piece piece)
{
    promc__store64(to, piece.low);
    promc__store64(to + 8, piece.high);
}

/* Which of the bytes are `c`: one bit each. */
#if defined(__SSE2__)
static inline unsigned promc__places(promc__piece piece, char c)
{
    __m128i bytes = _mm_set_epi64x((long long)piece.high, (long long)piece.low);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}
#else
static inline unsigned promc__places_in_word(uint64_t word, char c)
{
    const uint64_t every = UINT64_C(0x0101010101010101), low = 0x7F * every;
    uint64_t others = word ^ (unsigned char)c * every;
    /* The top bits of the bytes that are zero now; nothing is carried from one to the next. */
    uint64_t found = ~(((others & low) + low) | others) & ~low;

    return (unsigned)((found >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline unsigned promc__places(promc__piece piece, char c)
{
    return promc__places_in_word(piece.low, c) | promc__places_in_word(piece.high, c) << 8;
}
#endif

#endif
