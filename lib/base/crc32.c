/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slicing: M. Kounavis and F. Berry, "A Systematic Approach to Building High Performance
 * Software-based CRC Generators", ISCC 2005. Interleaving: A. Kadatch and B. Jenkins, "Everything
 * we know about CRC but afraid to forget", 2010. The words of the data are dealt out to CRC_WAYS
 * sums that do not wait for each other; the last word of each puts them together.
 */
#include "base/crc32.h"

#include "base/bytes.h"

#include <pthread.h>

enum { CRC_WAYS = 5, CRC_STRIDE = 8 * CRC_WAYS };

/* What a byte of a word does to the sum behind that word, and behind the same way's next word. The
 * first byte of a word has the longest way to go. */
typedef uint32_t crc_table[256];
static crc_table crc_of_word[8], crc_of_stride[8];
static pthread_once_t crc_tables_made = PTHREAD_ONCE_INIT;

static void make_crc_tables(void)
{
    const uint32_t polynomial = 0xEDB88320u; /* bits reversed, as everything in gzip */

    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        crc_of_word[7][byte] = crc;
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t crc = crc_of_word[7][byte];

        /* One zero byte more in each step. */
        for (int behind = 1; behind < CRC_STRIDE; behind++) {
            crc = crc >> 8 ^ crc_of_word[7][crc & 0xFF];
            if (behind < 8)
                crc_of_word[7 - behind][byte] = crc;
            if (behind >= CRC_STRIDE - 8)
                crc_of_stride[CRC_STRIDE - 1 - behind][byte] = crc;
        }
    }
}

static inline uint32_t crc_through(crc_table tables[8], uint64_t word)
{
    return tables[0][word & 0xFF] ^ tables[1][word >> 8 & 0xFF] ^ tables[2][word >> 16 & 0xFF] ^
           tables[3][word >> 24 & 0xFF] ^ tables[4][word >> 32 & 0xFF] ^
           tables[5][word >> 40 & 0xFF] ^ tables[6][word >> 48 & 0xFF] ^ tables[7][word >> 56];
}

/* All whole strides; returns how many bytes that were. */
static size_t crc_of_strides(uint32_t *crc, const unsigned char *data, size_t size)
{
    uint32_t a = *crc, b = 0, c = 0, d = 0, e = 0;
    const unsigned char *at = data;

    if (size < CRC_STRIDE)
        return 0;
    for (; size >= 2 * CRC_STRIDE; size -= CRC_STRIDE, at += CRC_STRIDE) {
        a = crc_through(crc_of_stride, promc__load64(at) ^ a);
        b = crc_through(crc_of_stride, promc__load64(at + 8) ^ b);
        c = crc_through(crc_of_stride, promc__load64(at + 16) ^ c);
        d = crc_through(crc_of_stride, promc__load64(at + 24) ^ d);
        e = crc_through(crc_of_stride, promc__load64(at + 32) ^ e);
    }
    a = crc_through(crc_of_word, promc__load64(at) ^ a);
    a = crc_through(crc_of_word, promc__load64(at + 8) ^ a ^ b);
    a = crc_through(crc_of_word, promc__load64(at + 16) ^ a ^ c);
    a = crc_through(crc_of_word, promc__load64(at + 24) ^ a ^ d);
    *crc = crc_through(crc_of_word, promc__load64(at + 32) ^ a ^ e);
    return (size_t)(at - data) + CRC_STRIDE;
}

uint32_t promc__crc32(uint32_t crc, const void *data, size_t size)
{
    const unsigned char *at = data;
    size_t done;

    (void)pthread_once(&crc_tables_made, make_crc_tables);
    crc = ~crc;
    done = crc_of_strides(&crc, at, size);
    for (at += done, size -= done; size; size--, at++)
        crc = crc >> 8 ^ crc_of_word[7][(crc ^ *at) & 0xFF];
    return ~crc;
}
