/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens as blocks: with codes made for them, with the fixed codes, or stored (RFC 1951 3.2). */
#include "exposition/deflate.h"

#include "base/bytes.h"
#include "base/compiler.h"
#include "exposition/huffman.h"

enum {
    END_OF_BLOCK = 256,
    SIZE_SYMBOLS = 19, /* of the code for the sizes of the words of the other two */
    SIZE_BITS = 7,
    REPEAT_LAST = 16,
    REPEAT_ZERO = 17,
    REPEAT_ZERO_LONG = 18,
    STORED_MAX = 65535,
    WRITE_MAX = 56,
    TOKEN_STEP = 4
};

/* All that is needed to write a block with Huffman codes. */
typedef struct block_codes {
    promc__code literal, distance, size;
    unsigned literals, distances, sizes; /* how many words are told */
    unsigned told_count;
    uint16_t told[PROMC__LITERALS + PROMC__DISTANCES]; /* symbol | extra bits << 8 */
} block_codes;

/* ---- bits ------------------------------------------------------------------------------------ */

/* Room for the rest was made by reserve_bits(). */
typedef struct bit_writer {
    uint64_t bits;
    unsigned count; /* fewer than 8 between two writes */
    char *at;
} bit_writer;

/* At most WRITE_MAX bits. */
static inline void write_bits(bit_writer *writer, uint64_t bits, unsigned count)
{
    writer->bits |= bits << writer->count;
    writer->count += count;
    promc__store64(writer->at, writer->bits);
    writer->at += writer->count >> 3;
    writer->bits >>= writer->count & ~7u;
    writer->count &= 7;
}

/* Whole words are stored, so there have to be some bytes more. */
static bool reserve_bits(bit_writer *writer, const promc__block *block, promc__buffer *out,
                         uint64_t bits)
{
    writer->at = promc__buffer_room(out, (size_t)(bits / 8) + 2 * sizeof(uint64_t));
    writer->bits = block->bits;
    writer->count = block->bit_count;
    return writer->at != NULL;
}

static void keep_bits(const bit_writer *writer, promc__block *block, promc__buffer *out)
{
    out->size = (size_t)(writer->at - out->data);
    block->bits = writer->bits;
    block->bit_count = writer->count;
}

/* ---- symbols --------------------------------------------------------------------------------- */

/* The symbol for a length, less three, and how many extra bits it has (RFC 1951 3.2.5): the two
 * bits behind the highest one belong to the symbol. */
static unsigned symbol_of_length(unsigned length, unsigned *extra)
{
    unsigned top;

    *extra = 0;
    if (length < 8)
        return 257 + length;
    if (length == 255)
        return 285;
    top = 31 - (unsigned)__builtin_clz(length);
    *extra = top - 2;
    return 257 + 4 * (top - 1) + (length >> (top - 2) & 3);
}

static unsigned extra_of_distance(unsigned symbol)
{
    return symbol < 4 ? 0 : symbol / 2 - 1;
}

/* How often there is what. */
typedef struct symbol_counts {
    uint32_t literals[PROMC__LITERALS], distances[PROMC__DISTANCES];
} symbol_counts;

/* In several tables: the same token often comes twice, and would wait for itself. */
static void count_tokens(const promc__block *block, uint32_t counts[PROMC__TOKEN_KINDS])
{
    const uint32_t mask = (1u << PROMC__TOKEN_BITS) - 1;
    uint16_t parts[TOKEN_STEP][PROMC__TOKEN_KINDS] = {{0}};

    for (unsigned i = 0; i < block->count; i += TOKEN_STEP) {
        parts[0][block->tokens[i] & mask]++;
        parts[1][block->tokens[i + 1] & mask]++;
        parts[2][block->tokens[i + 2] & mask]++;
        parts[3][block->tokens[i + 3] & mask]++;
    }
    for (unsigned kind = 0; kind < PROMC__TOKEN_KINDS; kind++)
        counts[kind] = (uint32_t)parts[0][kind] + parts[1][kind] + parts[2][kind] + parts[3][kind];
}

/* Counts of lengths become those of symbols. Returns how many extra bits there will be. */
static uint64_t count_symbols(const promc__block *block, symbol_counts *counts)
{
    uint32_t tokens[PROMC__TOKEN_KINDS];
    uint64_t bits = 0;
    unsigned extra;

    count_tokens(block, tokens);
    memset(counts->literals, 0, sizeof(counts->literals));
    memcpy(counts->literals, tokens, 256 * sizeof(*tokens));
    counts->literals[END_OF_BLOCK] = tokens[PROMC__TOKEN_END];
    for (unsigned length = 0; length < 256; length++) {
        uint32_t count = tokens[PROMC__TOKEN_LENGTH + length];

        counts->literals[symbol_of_length(length, &extra)] += count;
        bits += (uint64_t)count * extra;
    }
    memcpy(counts->distances, tokens + PROMC__TOKEN_DISTANCE, sizeof(counts->distances));
    for (unsigned symbol = 0; symbol < PROMC__DISTANCES; symbol++)
        bits += (uint64_t)counts->distances[symbol] * extra_of_distance(symbol);
    return bits;
}

static uint64_t bits_of(const promc__code *code, const uint32_t *counts, unsigned count)
{
    uint64_t bits = 0;

    for (unsigned symbol = 0; symbol < count; symbol++)
        bits += (uint64_t)counts[symbol] * code->sizes[symbol];
    return bits;
}

static unsigned fixed_size(unsigned symbol)
{
    return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
}

static PROMC__COLD void make_fixed_codes(block_codes *codes)
{
    /* Two symbols that never occur have words too (RFC 1951 3.2.6). */
    for (unsigned symbol = 0; symbol < PROMC__LITERALS + 2; symbol++)
        codes->literal.sizes[symbol] = (uint8_t)fixed_size(symbol);
    promc__huffman_words(&codes->literal, PROMC__LITERALS + 2);
    memset(codes->distance.sizes, 5, PROMC__DISTANCES);
    promc__huffman_words(&codes->distance, PROMC__DISTANCES);
}

/* As it would be, without making it. */
static uint64_t bits_of_fixed(const symbol_counts *counts)
{
    uint64_t bits = 0;

    for (unsigned symbol = 0; symbol < PROMC__LITERALS; symbol++)
        bits += counts->literals[symbol] * fixed_size(symbol);
    for (unsigned symbol = 0; symbol < PROMC__DISTANCES; symbol++)
        bits += counts->distances[symbol] * 5u;
    return bits;
}

/* ---- the description of the codes (RFC 1951 3.2.7) ------------------------------------------- */

static const uint8_t extra_of_size[SIZE_SYMBOLS] = {
    [REPEAT_LAST] = 2, [REPEAT_ZERO] = 3, [REPEAT_ZERO_LONG] = 7};

static void tell(block_codes *codes, uint32_t *counts, unsigned symbol, unsigned extra)
{
    codes->told[codes->told_count++] = (uint16_t)(symbol | extra << 8);
    counts[symbol]++;
}

/* `run` equal sizes of words. */
static void tell_run(block_codes *codes, uint32_t *counts, unsigned size, unsigned run)
{
    unsigned part;

    if (size) {
        tell(codes, counts, size, 0);
        run--;
    }
    for (; run >= 3; run -= part) {
        part = run;
        if (size) {
            part = part > 6 ? 6 : part;
            tell(codes, counts, REPEAT_LAST, part - 3);
        } else if (part <= 10) {
            tell(codes, counts, REPEAT_ZERO, part - 3);
        } else {
            part = part > 138 ? 138 : part;
            tell(codes, counts, REPEAT_ZERO_LONG, part - 11);
        }
    }
    while (run--)
        tell(codes, counts, size, 0);
}

static unsigned used_symbols(const promc__code *code, unsigned count, unsigned least)
{
    while (count > least && !code->sizes[count - 1])
        count--;
    return count;
}

static const uint8_t order_of_sizes[SIZE_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};

/* Returns how many bits the description takes. */
static PROMC__COLD uint64_t describe_codes(block_codes *codes)
{
    uint8_t all[PROMC__LITERALS + PROMC__DISTANCES];
    uint32_t counts[SIZE_SYMBOLS] = {0};
    unsigned size, run;
    uint64_t bits;

    codes->literals = used_symbols(&codes->literal, PROMC__LITERALS, 257);
    codes->distances = used_symbols(&codes->distance, PROMC__DISTANCES, 1);
    size = codes->literals + codes->distances;
    memcpy(all, codes->literal.sizes, codes->literals);
    memcpy(all + codes->literals, codes->distance.sizes, codes->distances);
    codes->told_count = 0;
    for (unsigned i = 0; i < size; i += run) {
        for (run = 1; i + run < size && all[i + run] == all[i];)
            run++;
        tell_run(codes, counts, all[i], run);
    }
    promc__huffman_make(&codes->size, counts, SIZE_SYMBOLS, SIZE_BITS);
    codes->sizes = SIZE_SYMBOLS;
    while (codes->sizes > 4 && !codes->size.sizes[order_of_sizes[codes->sizes - 1]])
        codes->sizes--;
    bits = 5 + 5 + 4 + 3 * codes->sizes + bits_of(&codes->size, counts, SIZE_SYMBOLS);
    for (unsigned symbol = REPEAT_LAST; symbol < SIZE_SYMBOLS; symbol++)
        bits += counts[symbol] * extra_of_size[symbol];
    return bits;
}

static PROMC__COLD void write_description(bit_writer *writer, const block_codes *codes)
{
    write_bits(writer, codes->literals - 257, 5);
    write_bits(writer, codes->distances - 1, 5);
    write_bits(writer, codes->sizes - 4, 4);
    for (unsigned i = 0; i < codes->sizes; i++)
        write_bits(writer, codes->size.sizes[order_of_sizes[i]], 3);
    for (unsigned i = 0; i < codes->told_count; i++) {
        unsigned symbol = codes->told[i] & 0xFF, extra = codes->told[i] >> 8;

        write_bits(writer, codes->size.words[symbol], codes->size.sizes[symbol]);
        write_bits(writer, extra, extra_of_size[symbol]);
    }
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* What is written for a kind of token: a word, with the extra bits of a length; those of a distance
 * go behind `size` bits. */
typedef struct token_entry {
    uint32_t bits;
    uint8_t size, full_size; /* the latter with the extra bits of a distance */
} token_entry;
typedef token_entry token_table[PROMC__TOKEN_KINDS];

static inline token_entry table_entry(uint32_t bits, unsigned size, unsigned extra)
{
    return (token_entry){bits, (uint8_t)size, (uint8_t)(size + extra)};
}

static void make_table(token_table table, const block_codes *codes)
{
    const promc__code *literal = &codes->literal, *distance = &codes->distance;

    for (unsigned byte = 0; byte < 256; byte++)
        table[byte] = table_entry(literal->words[byte], literal->sizes[byte], 0);
    for (unsigned length = 0; length < 256; length++) {
        unsigned extra, symbol = symbol_of_length(length, &extra), size = literal->sizes[symbol];
        uint32_t bits = literal->words[symbol] | (length & ((1u << extra) - 1)) << size;

        table[PROMC__TOKEN_LENGTH + length] = table_entry(bits, size + extra, 0);
    }
    for (unsigned symbol = 0; symbol < PROMC__DISTANCES; symbol++)
        table[PROMC__TOKEN_DISTANCE + symbol] = table_entry(
            distance->words[symbol], distance->sizes[symbol], extra_of_distance(symbol));
    table[PROMC__TOKEN_END] =
        table_entry(literal->words[END_OF_BLOCK], literal->sizes[END_OF_BLOCK], 0);
    table[PROMC__TOKEN_NOTHING] = table_entry(0, 0, 0);
}

/* Bits of tokens in the order they are written. */
typedef struct token_bits {
    uint64_t bits;
    unsigned count;
} token_bits;

/* At most 28. */
static inline token_bits bits_of_token(const token_table table, uint32_t token)
{
    const token_entry *entry = &table[token & ((1u << PROMC__TOKEN_BITS) - 1)];
    uint64_t extra = token >> PROMC__TOKEN_BITS;

    return (token_bits){entry->bits | extra << entry->size, entry->full_size};
}

static inline token_bits join_bits(token_bits first, token_bits second)
{
    return (token_bits){first.bits | second.bits << first.count, first.count + second.count};
}

/* No branch tells literals from matches: it would be mispredicted all the time. */
static void write_tokens(bit_writer *writer, const promc__block *block, const block_codes *codes)
{
    token_table table;
    bit_writer local = *writer;
    const uint32_t *token = block->tokens, *const end = token + block->count;

    make_table(table, codes);
    for (; token < end; token += TOKEN_STEP) {
        token_bits first =
            join_bits(bits_of_token(table, token[0]), bits_of_token(table, token[1]));
        token_bits second =
            join_bits(bits_of_token(table, token[2]), bits_of_token(table, token[3]));

        if (promc__unlikely(first.count + second.count > WRITE_MAX)) {
            write_bits(&local, first.bits, first.count);
            first = second;
        } else {
            first = join_bits(first, second);
        }
        write_bits(&local, first.bits, first.count);
    }
    *writer = local;
}

static PROMC__COLD void write_stored(promc__block *block, promc__buffer *out,
                                     const unsigned char *data, bool last)
{
    size_t left = block->size;
    bit_writer writer;

    do {
        size_t size = left < STORED_MAX ? left : STORED_MAX;

        if (!reserve_bits(&writer, block, out, 64))
            return;
        write_bits(&writer, last && size == left, 3);
        write_bits(&writer, 0, (8 - writer.count) & 7);
        write_bits(&writer, size | (~size & 0xFFFF) << 16, 32);
        keep_bits(&writer, block, out);
        promc__buffer_append(out, data, size);
        data += size;
        left -= size;
    } while (left);
}

static void write_coded(promc__block *block, promc__buffer *out, const block_codes *codes,
                        unsigned kind, bool last, uint64_t bits)
{
    bit_writer writer;

    if (!reserve_bits(&writer, block, out, bits))
        return;
    write_bits(&writer, last | kind << 1, 3);
    if (kind == 2)
        write_description(&writer, codes);
    write_tokens(&writer, block, codes);
    keep_bits(&writer, block, out);
}

/* As many that they can be taken four at a time. */
static void put_end(promc__block *block)
{
    block->tokens[block->count++] = PROMC__TOKEN_END;
    while (block->count % TOKEN_STEP)
        block->tokens[block->count++] = PROMC__TOKEN_NOTHING;
}

void promc__block_begin(promc__block *block)
{
    block->count = 0;
    block->size = 0;
}

void promc__block_write(promc__block *block, promc__buffer *out, const unsigned char *data,
                        bool last)
{
    symbol_counts counts;
    block_codes codes;
    uint64_t extra, dynamic, fixed, stored;

    put_end(block);
    extra = count_symbols(block, &counts);
    promc__huffman_make(&codes.literal, counts.literals, PROMC__LITERALS, PROMC__HUFFMAN_BITS);
    promc__huffman_make(&codes.distance, counts.distances, PROMC__DISTANCES, PROMC__HUFFMAN_BITS);
    dynamic = 3 + describe_codes(&codes) +
              bits_of(&codes.literal, counts.literals, PROMC__LITERALS) +
              bits_of(&codes.distance, counts.distances, PROMC__DISTANCES) + extra;
    fixed = 3 + bits_of_fixed(&counts) + extra;
    stored = 8 * ((uint64_t)block->size + PROMC__BLOCK_OVERHEAD * (block->size / STORED_MAX + 1));
    if (data && stored <= dynamic && stored <= fixed) {
        write_stored(block, out, data, last);
    } else if (fixed <= dynamic) {
        make_fixed_codes(&codes);
        write_coded(block, out, &codes, 1, last, fixed);
    } else {
        write_coded(block, out, &codes, 2, last, dynamic);
    }
    promc__block_begin(block);
}
