/* SPDX-License-Identifier: Apache-2.0 */
#include "base/names.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf8.h"

/* Which characters a kind of name may have. */
enum name_kind { NAME_OF_METRIC, NAME_OF_LABEL };

/* A digit may not come first; a colon is for metrics only. */
static bool name_allows(uint32_t c, bool first, enum name_kind kind)
{
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
        return true;
    if (c >= '0' && c <= '9')
        return !first;
    return c == '_' || (c == ':' && kind == NAME_OF_METRIC);
}

static bool name_is_legacy(const char *name, size_t size, enum name_kind kind)
{
    for (size_t i = 0; i < size; i++) {
        if (!name_allows((unsigned char)name[i], i == 0, kind))
            return false;
    }
    return size > 0;
}

bool promc__is_unit(const char *unit)
{
    for (const char *at = unit; *at; at++) {
        if (!name_allows((unsigned char)*at, false, NAME_OF_LABEL))
            return false;
    }
    return *unit != '\0';
}

bool promc__is_legacy_metric_name(const char *name, size_t size)
{
    return name_is_legacy(name, size, NAME_OF_METRIC);
}

bool promc__is_legacy_label_name(const char *name, size_t size)
{
    return name_is_legacy(name, size, NAME_OF_LABEL);
}

/* ---- backslashes ----------------------------------------------------------------------------- */

static bool byte_is_escaped(char c, bool quotes)
{
    return c == '\\' || c == '\n' || (quotes && c == '"');
}

/* How many bytes at the start go out as they are. */
static size_t plain_prefix(const char *text, size_t size, bool quotes)
{
    size_t at = 0;

    for (; size - at >= 8; at += 8) {
        uint64_t word = promc__load64(text + at);
        uint64_t escaped = promc__marks(word, '\\') | promc__marks(word, '\n');

        if (quotes)
            escaped |= promc__marks(word, '"');
        if (escaped)
            return at + promc__before_mark(escaped);
    }
    while (at < size && !byte_is_escaped(text[at], quotes))
        at++;
    return at;
}

/* Escapes \ and newline, and " if `quotes`. Bytes of longer characters pass, valid or not. */
static void append_backslashed(promc__buffer *out, const char *text, size_t size, bool quotes)
{
    while (size) {
        size_t plain = plain_prefix(text, size, quotes);

        promc__buffer_append(out, text, plain);
        text += plain;
        size -= plain;
        if (!size)
            break;
        promc__buffer_char(out, '\\');
        promc__buffer_char(out, *text == '\n' ? 'n' : *text);
        text++;
        size--;
    }
}

void promc__escape_label_value(promc__buffer *out, const char *value, size_t size)
{
    promc__buffer repaired = PROMC__BUFFER(0);

    if (promc__likely(promc__utf8_valid(value, size))) {
        append_backslashed(out, value, size, true);
        return;
    }
    promc__count_mishap(PROMC_REPLACED_TEXTS);
    promc__utf8_repair(&repaired, value, size);
    if (repaired.error && !out->error)
        out->error = repaired.error;
    append_backslashed(out, repaired.data, repaired.size, true);
    promc__buffer_free(&repaired);
}

void promc__escape_help(promc__buffer *out, const char *help, size_t size, bool quotes)
{
    append_backslashed(out, help, size, quotes);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void append_hexadecimal(promc__buffer *out, uint32_t value)
{
    char digits[8];
    size_t at = sizeof digits;

    do {
        digits[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    promc__buffer_append(out, digits + at, sizeof digits - at);
}

static void append_code_point(promc__buffer *out, uint32_t code_point)
{
    promc__buffer_char(out, '_');
    append_hexadecimal(out, code_point);
    promc__buffer_char(out, '_');
}

/* One character of a name that is rewritten; `valid`: it decodes. */
static void append_rewritten(promc__buffer *out, uint32_t c, bool valid, bool allowed,
                             enum promc__escaping escaping)
{
    if (escaping != PROMC__UNDERSCORES && valid && c == '_')
        promc__buffer_append(out, "__", 2);
    else if (valid && allowed)
        promc__buffer_char(out, (char)c);
    else if (escaping == PROMC__UNDERSCORES)
        promc__buffer_char(out, '_');
    else if (escaping == PROMC__DOTS)
        promc__buffer_string(out, valid && c == '.' ? "_dot_" : "__");
    else if (valid)
        append_code_point(out, c);
    else
        promc__buffer_string(out, "_FFFD_");
}

static void rewrite_name(promc__buffer *out, const char *name, size_t size,
                         enum promc__escaping escaping, enum name_kind kind)
{
    size_t at = 0;

    if (escaping == PROMC__VALUES)
        promc__buffer_append(out, "U__", 3);
    while (at < size) {
        uint32_t c = 0;
        size_t length = promc__utf8_decode(name + at, size - at, &c);

        append_rewritten(out, c, length > 0, name_allows(c, at == 0, kind), escaping);
        at += length ? length : 1;
    }
}

/* Whether quoting and escaping leave the name alone. Label names that begin with "__" are reserved,
 * and client_python treats them as it does names that are not legacy. */
static bool name_stays(const char *name, size_t size, enum name_kind kind)
{
    if (kind == NAME_OF_LABEL && size >= 2 && name[0] == '_' && name[1] == '_')
        return false;
    return name_is_legacy(name, size, kind);
}

static void escape_name(promc__buffer *out, const char *name, size_t size,
                        enum promc__escaping escaping, enum name_kind kind)
{
    if (!size)
        return;
    /* Dots rewrites every name, or readers could not tell its "__" from one that was there. */
    if (escaping != PROMC__DOTS && name_stays(name, size, kind)) {
        promc__buffer_append(out, name, size);
        return;
    }
    if (escaping == PROMC__ALLOW_UTF_8) {
        promc__buffer_char(out, '"');
        append_backslashed(out, name, size, true);
        promc__buffer_char(out, '"');
        return;
    }
    rewrite_name(out, name, size, escaping, kind);
}

void promc__escape_metric_name(promc__buffer *out, const char *name, size_t size,
                               enum promc__escaping escaping)
{
    escape_name(out, name, size, escaping, NAME_OF_METRIC);
}

void promc__escape_label_name(promc__buffer *out, const char *name, size_t size,
                              enum promc__escaping escaping)
{
    escape_name(out, name, size, escaping, NAME_OF_LABEL);
}

/* Underscores lose every character that is not in the old set, dots all but the dot. */
static bool name_blurs(const char *name, size_t size, enum promc__escaping escaping,
                       enum name_kind kind)
{
    for (size_t i = 0; i < size; i++) {
        if (!name_allows((unsigned char)name[i], i == 0, kind) &&
            (escaping == PROMC__UNDERSCORES || name[i] != '.'))
            return true;
    }
    return false;
}

bool promc__metric_name_blurs(const char *name, size_t size, enum promc__escaping escaping)
{
    return name_blurs(name, size, escaping, NAME_OF_METRIC);
}

bool promc__label_name_blurs(const char *name, size_t size, enum promc__escaping escaping)
{
    return name_blurs(name, size, escaping, NAME_OF_LABEL);
}

void promc__spell_metric_name(promc__buffer *out, const char *name, size_t size)
{
    rewrite_name(out, name, size, PROMC__VALUES, NAME_OF_METRIC);
}

void promc__spell_label_name(promc__buffer *out, const char *name, size_t size)
{
    rewrite_name(out, name, size, PROMC__VALUES, NAME_OF_LABEL);
}

char promc__legacy_label_character(uint32_t c, bool first)
{
    return name_allows(c, first, NAME_OF_LABEL) ? (char)c : '_';
}
