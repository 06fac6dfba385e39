/* SPDX-License-Identifier: Apache-2.0 */
/* Label texts taken apart. */
#include "base/bytes.h"
#include "base/compiler.h"
#include "metrics/label_text.h"

#define EVERY_BYTE 0x0101010101010101u

/* The top bits of bytes that are zero; of the lowest ones at least, those above may be wrong. */
static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - EVERY_BYTE) & ~word & (EVERY_BYTE << 7);
}

/* The first of two characters, or the end. Faster than memchr for texts that are this short. */
static inline const char *find_either(const char *at, const char *end, char a, char b)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word = promc__load64(at);
        uint64_t found = zero_bytes(word ^ (unsigned char)a * EVERY_BYTE) |
                         zero_bytes(word ^ (unsigned char)b * EVERY_BYTE);

        if (found)
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < end && *at != a && *at != b)
        at++;
    return at;
}

/* The end of quoted text that begins at `at`, that is, its closing quote. */
static inline const char *closing_quote(const char *at, const char *end, bool *escaped)
{
    *escaped = false;
    at = find_either(at, end, '"', '\\');
    while (promc__unlikely(at < end && *at == '\\')) {
        *escaped = true;
        at = find_either(at + 2, end, '"', '\\');
    }
    return at;
}

bool promc__label_next(const char **at, const char *end, promc__label_part *part)
{
    const char *p = *at;

    if (p >= end)
        return false;
    if (*p == ',')
        p++;
    part->begin = p;
    part->quoted_name = *p == '"';
    part->name = p + part->quoted_name;
    p = part->quoted_name ? closing_quote(part->name, end, &part->escaped)
                          : find_either(p, end, '=', '=');
    part->name_size = (size_t)(p - part->name);
    p += part->quoted_name + 2; /* quote, equals sign, quote */
    part->value = p;
    p = closing_quote(p, end, &part->escaped);
    part->value_size = (size_t)(p - part->value);
    part->end = p + 1;
    *at = part->end;
    return true;
}
