/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most labels are short, and their bytes are those of the text: where they begin and end is found
 * for several of them at once, so that the processor need not find one to look for the next.
 */
#include "exposition/protobuf_labels.h"

#include "base/places.h"
#include "exposition/wire.h"

enum { LABEL_NAME = 1, LABEL_VALUE };

/* ---- any label ------------------------------------------------------------------------------- */

static PROMC__COLD void write_label_name(promc__buffer *out, const char *name, size_t size,
                                         const promc__label_names *among,
                                         enum promc__escaping escaping)
{
    size_t begin = promc__wire_begin(out, LABEL_NAME);

    if (escaping == PROMC__ALLOW_UTF_8)
        promc__buffer_append(out, name, size);
    else
        promc__label_escape(out, name, size, among, escaping);
    promc__wire_end(out, begin);
}

static void write_label_value(promc__buffer *out, const promc__label_part *part)
{
    size_t begin = promc__wire_begin(out, LABEL_VALUE);

    promc__label_unescape(out, part->value, part->value_size);
    promc__wire_end(out, begin);
}

static bool names_are_stored_so(const promc__encoder *encoder)
{
    return encoder->escaping != PROMC__DOTS;
}

static void write_part(promc__encoder *encoder, promc__buffer *out, unsigned field,
                       const promc__label_part *part, const promc__label_names *among)
{
    promc__buffer *name = &encoder->scratch;
    size_t begin = promc__wire_begin(out, field);

    if (!part->quoted_name && names_are_stored_so(encoder)) {
        promc__wire_bytes(out, LABEL_NAME, part->name, part->name_size);
    } else {
        name->size = 0;
        promc__label_unescape(name, part->name, part->name_size);
        write_label_name(out, name->data ? name->data : "", name->size, among, encoder->escaping);
    }
    if (!part->escaped)
        promc__wire_bytes(out, LABEL_VALUE, part->value, part->value_size);
    else
        write_label_value(out, part);
    promc__wire_end(out, begin);
}

PROMC__COLD void promc__wire_label(promc__buffer *out, unsigned field, const char *name,
                                   size_t name_size, const char *value,
                                   const promc__label_names *among, enum promc__escaping escaping)
{
    size_t begin = promc__wire_begin(out, field);

    write_label_name(out, name, name_size, among, escaping);
    promc__wire_bytes(out, LABEL_VALUE, value, strlen(value));
    promc__wire_end(out, begin);
}

/* ---- labels as they are stored --------------------------------------------------------------- */

/* How much of a text is looked at together: a bit for each byte. */
#define WINDOW 64

/* A few bytes; where the last ones are less than a copy, they overlap those before them. */
static inline void put_bytes(char *to, const char *from, size_t size)
{
    char *to_end = to + size;
    const char *end = from + size;

    if (promc__likely(size >= 16)) {
        for (; end - from > 16; from += 16, to += 16)
            memcpy(to, from, 16);
        memcpy(to_end - 16, end - 16, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to_end - 8, end - 8, 8);
    } else {
        while (to < to_end)
            *to++ = *from++;
    }
}

/* Which of the bytes from `at` are quotes. None if there is a backslash, as in escaped values. */
static inline uint64_t find_quotes(const char *text, size_t size, size_t at)
{
    size_t left = size - at, count = left < WINDOW ? left : WINDOW, rest = count % PROMC__PIECE;
    const char *from = text + at;
    uint64_t quotes = 0;
    unsigned backslashes = 0;

    for (size_t i = 0; i < count - rest; i += PROMC__PIECE) {
        quotes |= (uint64_t)promc__places(from + i, '"') << i;
        backslashes |= promc__places(from + i, '\\');
    }
    if (rest) { /* in a piece that begins earlier, with bytes whose bits are shifted out */
        const char *piece = from + count - PROMC__PIECE;

        quotes |= (uint64_t)(promc__places(piece, '"') >> (PROMC__PIECE - rest)) << (count - rest);
        backslashes |= promc__places(piece, '\\') >> (PROMC__PIECE - rest);
    }
    return backslashes ? 0 : quotes;
}

/* Of a text that is less than a piece. */
static uint64_t find_few_quotes(const char *text, size_t size, size_t at)
{
    char piece[PROMC__PIECE] = {0};

    put_bytes(piece, text + at, size - at);
    return promc__places(piece, '\\') ? 0 : promc__places(piece, '"');
}

static inline size_t take_place(uint64_t *places)
{
    size_t place = (size_t)__builtin_ctzll(*places);

    *places &= *places - 1;
    return place;
}

/* A label that is name="value in the text, with what a message has before its two halves: tags and
 * lengths. `field` is at most 15. */
static inline char *put_label(char *to, unsigned field, const char *label, size_t name_size,
                              size_t value_size)
{
    char *name = to + 4, *value = name + name_size + 2;

    put_bytes(name, label, name_size + 2 + value_size);
    name[-4] = (char)(field << 3 | PROMC__WIRE_LENGTH);
    name[-3] = (char)(4 + name_size + value_size);
    name[-2] = LABEL_NAME << 3 | PROMC__WIRE_LENGTH;
    name[-1] = (char)name_size;
    value[-2] = LABEL_VALUE << 3 | PROMC__WIRE_LENGTH;
    value[-1] = (char)value_size;
    return value + value_size;
}

/* Appends the labels that lie in the window at `at`, up to the first that cannot be copied; where
 * that one is, or would be, is returned. A message is three bytes longer than its label in the
 * text, which has no less. */
static size_t write_window(promc__buffer *out, unsigned field, const promc__label_names *labels,
                           size_t at)
{
    const char *text = labels->text;
    size_t size = labels->size;
    char *to = promc__buffer_room(out, 2 * (size - at));
    uint64_t quotes = promc__likely(size >= PROMC__PIECE) ? find_quotes(text, size, at)
                                                          : find_few_quotes(text, size, at);
    size_t start = 0; /* of the next label, in the window */

    if (!to)
        return at;
    while (quotes & (quotes - 1)) {
        size_t open = take_place(&quotes), close = take_place(&quotes);

        if (promc__unlikely(open == start))
            break; /* a name in quotes */
        to = put_label(to, field, text + at + start, open - 1 - start, close - open - 1);
        start = close + 2; /* behind the comma */
    }
    promc__wrote_until(out, to);
    return at + start;
}

static PROMC__COLD size_t write_one(promc__encoder *encoder, promc__buffer *out, unsigned field,
                                    const promc__label_names *labels, size_t at)
{
    const char *from = labels->text + at;
    promc__label_part part;

    (void)promc__label_next(&from, labels->text + labels->size, &part);
    write_part(encoder, out, field, &part, labels);
    return (size_t)(from - labels->text) + 1;
}

void promc__wire_labels(promc__encoder *encoder, promc__buffer *out, unsigned field,
                        const promc__label_names *labels)
{
    bool stored = names_are_stored_so(encoder);
    size_t at = 0, behind;

    while (at < labels->size) {
        behind = stored ? write_window(out, field, labels, at) : at;
        at = promc__likely(behind != at) ? behind : write_one(encoder, out, field, labels, at);
    }
}
