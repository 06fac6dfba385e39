/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* The high bits of eight bytes; all clear when all eight are ASCII. */
static bool utf8_eight_ascii(const unsigned char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof word);
    return !(word & UINT64_C(0x8080808080808080));
}

/* How many bytes at the start are ASCII, or a little fewer: callers look at the rest anyway. */
static size_t utf8_ascii_prefix(const unsigned char *text, size_t size)
{
    size_t at = 0;

    while (size - at >= 8 && utf8_eight_ascii(text + at))
        at += 8;
    /* The last eight, of which some were looked at before, make short rests as quick. */
    if (at && size - at < 8 && utf8_eight_ascii(text + size - 8))
        at = size;
    return at;
}

/*
 * Reads one character, size > 0. The result is its length and *valid is true; or the length of the
 * maximal invalid part (the longest start of a valid sequence, else one byte) and *valid is false.
 * The bounds of the second byte are table 3-7 of the Unicode standard: they alone keep out overlong
 * forms, surrogates and everything past U+10FFFF.
 */
static size_t utf8_sequence(const unsigned char *text, size_t size, uint32_t *code_point,
                            bool *valid)
{
    unsigned char first = text[0];
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    uint32_t value;
    size_t length;
    size_t i;

    *code_point = first;
    *valid = first < 0x80;
    if (first < 0xC2 || first > 0xF4)
        return 1;
    if (first < 0xE0) {
        length = 2;
        value = first & 0x1FU;
    } else if (first < 0xF0) {
        length = 3;
        value = first & 0x0FU;
        if (first == 0xE0)
            low = 0xA0;
        else if (first == 0xED)
            high = 0x9F;
    } else {
        length = 4;
        value = first & 0x07U;
        if (first == 0xF0)
            low = 0x90;
        else if (first == 0xF4)
            high = 0x8F;
    }
    for (i = 1; i < length; i++) {
        if (i >= size || text[i] < low || text[i] > high)
            return i;
        value = value << 6 | (text[i] & 0x3FU);
        low = 0x80;
        high = 0xBF;
    }
    *code_point = value;
    *valid = true;
    return length;
}

/* How many bytes at the start of the text are valid. */
static size_t utf8_valid_prefix(const unsigned char *text, size_t size)
{
    size_t at = 0;
    uint32_t code_point;
    bool valid;

    while (at < size) {
        size_t ascii = utf8_ascii_prefix(text + at, size - at);
        size_t length;

        if (ascii) {
            at += ascii;
            continue;
        }
        length = utf8_sequence(text + at, size - at, &code_point, &valid);
        if (!valid)
            break;
        at += length;
    }
    return at;
}

bool promc__utf8_valid(const char *text, size_t size)
{
    return utf8_valid_prefix((const unsigned char *)text, size) == size;
}

size_t promc__utf8_decode(const char *text, size_t size, uint32_t *code_point)
{
    size_t length;
    bool valid;

    if (!size)
        return 0;
    length = utf8_sequence((const unsigned char *)text, size, code_point, &valid);
    return valid ? length : 0;
}

size_t promc__utf8_length(const char *text, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

void promc__utf8_repair(promc__buffer *out, const char *text, size_t size)
{
    while (size) {
        size_t good = utf8_valid_prefix((const unsigned char *)text, size);
        uint32_t code_point;
        bool valid;
        size_t bad;

        promc__buffer_append(out, text, good);
        text += good;
        size -= good;
        if (!size)
            break;
        bad = utf8_sequence((const unsigned char *)text, size, &code_point, &valid);
        promc__buffer_append(out, "\xEF\xBF\xBD", 3);
        text += bad;
        size -= bad;
    }
}
