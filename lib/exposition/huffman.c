/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/huffman.h"

#include "base/compiler.h"

#include <string.h>

typedef struct huffman_leaf {
    uint16_t count, symbol;
} huffman_leaf;

/* One pass of a radix sort. */
static void sort_by_digit(huffman_leaf *to, const huffman_leaf *from, unsigned size, unsigned shift)
{
    uint16_t ends[256] = {0};
    unsigned sum = 0;

    for (unsigned i = 0; i < size; i++)
        ends[from[i].count >> shift & 0xFF]++;
    for (unsigned digit = 0; digit < 256; digit++) {
        sum += ends[digit];
        ends[digit] = (uint16_t)sum;
    }
    while (size--)
        to[--ends[from[size].count >> shift & 0xFF]] = from[size];
}

/*
 * Sizes of the words of an optimal code, for counts in ascending order, in place: A. Moffat and J.
 * Katajainen, "In-Place Calculation of Minimum-Redundancy Codes", WADS 1995. Inner nodes come about
 * in ascending order too, so that the two lightest trees are always at the front of one of two
 * queues, which share the array. At least two counts.
 */
static void sizes_of_words(uint16_t *a, unsigned n)
{
    unsigned leaf = 0, root = 0, next, depth = 0, available = 1, used = 0;

    PROMC__ASSUME(n >= 2);
    /* Counts become weights of inner nodes, then the numbers of their parents. */
    for (next = 0; next < n - 1; next++) {
        unsigned weight = 0;

        for (int child = 0; child < 2; child++)
            if (leaf >= n || (root < next && a[root] < a[leaf])) {
                weight += a[root];
                a[root++] = (uint16_t)next;
            } else {
                weight += a[leaf++];
            }
        a[next] = (uint16_t)weight;
    }
    /* Parents become depths. */
    a[n - 2] = 0;
    for (next = n - 2; next-- > 0;)
        a[next] = (uint16_t)(a[a[next]] + 1);
    /* Depths of inner nodes become those of leaves: what is not an inner node at a depth is one. */
    for (root = n - 1, next = n; next > 0; depth++, available = 2 * used, used = 0) {
        while (root > 0 && a[root - 1] == depth) {
            used++;
            root--;
        }
        for (; available > used; available--)
            a[--next] = (uint16_t)depth;
    }
}

/* The symbols that occur, and others if there are not two; returns how many. */
static unsigned collect_leaves(huffman_leaf *leaves, const uint32_t *counts, unsigned count)
{
    unsigned size = 0;

    for (unsigned symbol = 0; symbol < count; symbol++)
        if (counts[symbol])
            leaves[size++] = (huffman_leaf){(uint16_t)counts[symbol], (uint16_t)symbol};
    for (unsigned symbol = 0; size < 2; symbol++)
        if (!counts[symbol])
            leaves[size++] = (huffman_leaf){1, (uint16_t)symbol};
    return size;
}

void promc__huffman_make(promc__code *code, const uint32_t *counts, unsigned count, unsigned limit)
{
    huffman_leaf leaves[PROMC__HUFFMAN_SYMBOLS], sorted[PROMC__HUFFMAN_SYMBOLS];
    uint16_t sizes[PROMC__HUFFMAN_SYMBOLS];
    unsigned size = collect_leaves(leaves, counts, count);

    sort_by_digit(sorted, leaves, size, 0);
    sort_by_digit(leaves, sorted, size, 8);
    for (;;) {
        for (unsigned i = 0; i < size; i++)
            sizes[i] = leaves[i].count;
        sizes_of_words(sizes, size);
        if (sizes[0] <= limit)
            break;
        /* Flatter, as bzip2 does it: at the latest when all counts are 1 nothing is too deep. The
         * order stays. */
        for (unsigned i = 0; i < size; i++)
            leaves[i].count = (uint16_t)((leaves[i].count + 1) / 2);
    }
    memset(code->sizes, 0, count);
    for (unsigned i = 0; i < size; i++)
        code->sizes[leaves[i].symbol] = (uint8_t)sizes[i];
    promc__huffman_words(code, count);
}

static unsigned reversed_bits(unsigned word, unsigned size)
{
    word = (word & 0x5555) << 1 | (word >> 1 & 0x5555);
    word = (word & 0x3333) << 2 | (word >> 2 & 0x3333);
    word = (word & 0x0F0F) << 4 | (word >> 4 & 0x0F0F);
    word = (word & 0x00FF) << 8 | (word >> 8 & 0x00FF);
    return word >> (16 - size);
}

void promc__huffman_words(promc__code *code, unsigned count)
{
    unsigned with_size[PROMC__HUFFMAN_BITS + 1] = {0}, next[PROMC__HUFFMAN_BITS + 1], word = 0;
    uint16_t words[PROMC__HUFFMAN_SYMBOLS];

    for (unsigned symbol = 0; symbol < count; symbol++)
        with_size[code->sizes[symbol]]++;
    with_size[0] = 0;
    for (unsigned size = 1; size <= PROMC__HUFFMAN_BITS; size++) {
        word = (word + with_size[size - 1]) << 1;
        next[size] = word;
    }
    next[0] = 0;
    for (unsigned symbol = 0; symbol < count; symbol++) {
        unsigned size = code->sizes[symbol];

        words[symbol] = size ? (uint16_t)reversed_bits(next[size]++, size) : 0;
    }
    /* Not in place: GCC 12 for AArch64 then takes this function for one without effects, and leaves
     * out calls of it. */
    memcpy(code->words, words, count * sizeof(*words));
}
