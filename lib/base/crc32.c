/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short data: slicing, M. Kounavis and F. Berry, "A Systematic Approach to Building High
 * Performance Software-based CRC Generators", ISCC 2005. Longer data is folded first: S. Russell,
 * "Chorba: A Novel CRC32 Implementation", 2024. In the arithmetic of these sums
 *
 *     x^(64 * 137) = x^(64 * 84) + x^(64 * 80) + x^(64 * 70) + x^(64 * 29) + x^(64 * 8) + 1
 *
 * (found by trying all such equations of seven powers), so that a word of 64 bits may be left out
 * once it is added, which is XOR, to the words 53, 57, 67, 108, 129, and 137 further on. That needs
 * no table, and no step waits for one shortly before.
 */
#include "base/crc32.h"

#include "base/bytes.h"
#include "base/compiler.h"

#include <pthread.h>

/* In words. Chunks have a constant size so that compilers use vectors. */
enum { FOLD_REACH = 137, FOLD_CHUNK = 32, FOLD_ROOM = 16 * FOLD_CHUNK };
static const unsigned fold_steps[] = {53, 57, 67, 108, 129, FOLD_REACH};

/* What a byte of sixteen does to the sum behind them. The first has the longest way to go. */
typedef uint32_t crc_table[256];
static crc_table crc_tables[16];
static pthread_once_t crc_tables_made = PTHREAD_ONCE_INIT;

static PROMC__COLD void make_crc_tables(void)
{
    const uint32_t polynomial = 0xEDB88320u; /* bits reversed, as everything in gzip */

    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        crc_tables[15][byte] = crc;
    }
    for (int i = 15; i-- > 0;)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint32_t crc = crc_tables[i + 1][byte];

            crc_tables[i][byte] = crc >> 8 ^ crc_tables[15][crc & 0xFF];
        }
}

static inline uint32_t crc_through(crc_table tables[8], uint64_t word)
{
    return tables[0][word & 0xFF] ^ tables[1][word >> 8 & 0xFF] ^ tables[2][word >> 16 & 0xFF] ^
           tables[3][word >> 24 & 0xFF] ^ tables[4][word >> 32 & 0xFF] ^
           tables[5][word >> 40 & 0xFF] ^ tables[6][word >> 48 & 0xFF] ^ tables[7][word >> 56];
}

static uint32_t crc_of_bytes(uint32_t crc, const unsigned char *at, size_t size)
{
    for (; size >= 16; size -= 16, at += 16)
        crc = crc_through(crc_tables, promc__load64(at) ^ crc) ^
              crc_through(crc_tables + 8, promc__load64(at + 8));
    for (; size; size--, at++)
        crc = crc >> 8 ^ crc_tables[15][(crc ^ *at) & 0xFF];
    return crc;
}

/* ---- folding --------------------------------------------------------------------------------- */

/* Words are added as they lie in memory: the order of their bytes does not matter. */
static inline void fold_chunk(uint64_t *restrict words, const unsigned char *restrict data)
{
    for (int i = 0; i < FOLD_CHUNK; i++) {
        uint64_t word;

        memcpy(&word, data + 8 * i, sizeof(word));
        words[i] = word ^ words[i - 53] ^ words[i - 57] ^ words[i - 67] ^ words[i - 108] ^
                   words[i - 129] ^ words[i - FOLD_REACH];
    }
}

/* The sum of the FOLD_REACH words at `data`, to which those before `end` are added. */
static uint32_t crc_behind(const uint64_t *end, const unsigned char *data)
{
    uint64_t words[FOLD_REACH];

    memcpy(words, data, sizeof(words));
    for (unsigned s = 0; s < sizeof(fold_steps) / sizeof(*fold_steps); s++)
        for (unsigned i = 0; i < fold_steps[s]; i++)
            words[i] ^= (end - fold_steps[s])[i];
    return crc_of_bytes(0, (const unsigned char *)words, sizeof(words));
}

/* Takes `data` into the sum as far as folding helps; returns how many bytes that was. */
static size_t crc_of_chunks(uint32_t *crc, const unsigned char *data, size_t size)
{
    const size_t enough = 8 * (FOLD_CHUNK + FOLD_REACH);
    uint64_t words[FOLD_REACH + FOLD_ROOM] = {0}, *next = words + FOLD_REACH;
    const unsigned char *at = data, *end = data + size;

    if (size < enough)
        return 0;
    /* The sum so far belongs to the first word: it stands in one so far before that it is added to
     * nothing else. */
    promc__store64(words, *crc);
    for (; (size_t)(end - at) >= enough; at += 8 * FOLD_CHUNK, next += FOLD_CHUNK) {
        if (next == words + FOLD_REACH + FOLD_ROOM) {
            memmove(words, words + FOLD_ROOM, FOLD_REACH * sizeof(*words));
            next = words + FOLD_REACH;
        }
        fold_chunk(next, at);
    }
    *crc = crc_behind(next, at);
    return (size_t)(at - data) + 8 * FOLD_REACH;
}

uint32_t promc__crc32(uint32_t crc, const void *data, size_t size)
{
    const unsigned char *at = data;
    size_t done;

    (void)pthread_once(&crc_tables_made, make_crc_tables);
    crc = ~crc;
    done = crc_of_chunks(&crc, at, size);
    return ~crc_of_bytes(crc, at + done, size - done);
}
