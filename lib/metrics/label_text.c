/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of texts: compared, put together, and their names in other character sets. */
#include "metrics/label_text.h"

#include "base/error.h"
#include "base/names.h"

#include <string.h>

/* A name being read: as it is, or in its escaped form. */
struct name_reader {
    const char *at, *end;
    bool escaped;
};

static int next_name_byte(struct name_reader *reader)
{
    char c;

    if (reader->at >= reader->end)
        return -1;
    c = *reader->at++;
    if (c == '\\' && reader->escaped && reader->at < reader->end) {
        c = *reader->at++;
        if (c == 'n')
            c = '\n';
    }
    return (unsigned char)c;
}

/* Names are sorted as they are, not by what stands for them: a quotation mark comes before a
 * letter, the backslash of its escaped form does not. */
static int compare_readers(struct name_reader a, struct name_reader b)
{
    int left, right;

    do {
        left = next_name_byte(&a);
        right = next_name_byte(&b);
    } while (left == right && left >= 0);
    return (left > right) - (left < right);
}

static struct name_reader part_reader(const promc__label_part *part)
{
    return (struct name_reader){part->name, part->name + part->name_size, part->quoted_name};
}

int promc__label_compare(const char *name, size_t size, const promc__label_part *part)
{
    return compare_readers((struct name_reader){name, name + size, false}, part_reader(part));
}

size_t promc__label_place(const char *text, size_t size, const char *name)
{
    const char *at = text, *end = text + size;
    promc__label_part part;

    /* Most often, the first letters tell that it comes before all. */
    if (size && *text != '"' && (unsigned char)*name < (unsigned char)*text)
        return 0;
    while (promc__label_next(&at, end, &part)) {
        if (promc__label_compare(name, strlen(name), &part) < 0)
            return (size_t)(part.begin - text);
    }
    return size;
}

void promc__label_unescape(promc__buffer *out, const char *escaped, size_t size)
{
    struct name_reader reader = {escaped, escaped + size, true};
    int c;

    if (!memchr(escaped, '\\', size)) {
        promc__buffer_append(out, escaped, size);
        return;
    }
    while ((c = next_name_byte(&reader)) >= 0)
        promc__buffer_char(out, (char)c);
}

/* ---- names that look the same ---------------------------------------------------------------- */

/* The next character as the old character set has it; -1 at the end. */
static int next_legacy_character(struct name_reader *reader, bool first)
{
    int c = next_name_byte(reader);

    if (c < 0)
        return c;
    while (reader->at < reader->end && ((unsigned char)*reader->at & 0xC0) == 0x80)
        reader->at++;
    return promc__legacy_label_character((uint32_t)c, first);
}

static bool readers_look_alike(struct name_reader a, struct name_reader b)
{
    int left = next_legacy_character(&a, true), right = next_legacy_character(&b, true);

    while (left == right && left >= 0) {
        left = next_legacy_character(&a, false);
        right = next_legacy_character(&b, false);
    }
    return left == right;
}

static bool readers_blend(struct name_reader a, struct name_reader b)
{
    return readers_look_alike(a, b) && compare_readers(a, b) != 0;
}

static struct name_reader raw_reader(const char *name, size_t size)
{
    return (struct name_reader){name, name + size, false};
}

/* `reader` has a name of the old character set. */
static bool text_shows(const char *text, size_t text_size, struct name_reader reader)
{
    const char *at = text, *end = text_size ? at + text_size : at;
    promc__label_part part;

    while (promc__label_next(&at, end, &part)) {
        if (readers_look_alike(reader, part_reader(&part)))
            return true;
    }
    return false;
}

/* Whether one of them is this name of the old character set, or becomes it with underscores. */
static bool names_show(const promc__label_names *names, const char *name, size_t size)
{
    struct name_reader reader = raw_reader(name, size);

    return text_shows(names->text, names->size, reader) ||
           text_shows(names->more, names->more_size, reader) ||
           (names->extra &&
            readers_look_alike(reader, raw_reader(names->extra, names->extra_size)));
}

/* Most names are to be found in the text themselves, and are not looked at more closely. */
static bool text_blends(const char *text, size_t text_size, const char *name, size_t size)
{
    const char *at = text, *end = text_size ? at + text_size : at;
    promc__label_part part;

    while (promc__label_next(&at, end, &part)) {
        if ((part.name_size != size || memcmp(part.name, name, size) != 0) &&
            readers_blend(raw_reader(name, size), part_reader(&part)))
            return true;
    }
    return false;
}

/* The name of the metric is a label, too, for whoever reads the sample. */
bool promc__label_blends(const char *name, size_t size, const promc__label_names *among)
{
    struct name_reader reader = raw_reader(name, size);

    if (!promc__label_name_blurs(name, size, PROMC__UNDERSCORES))
        return false;
    return text_blends(among->text, among->size, name, size) ||
           text_blends(among->more, among->more_size, name, size) ||
           readers_blend(reader, raw_reader("__name__", 8)) ||
           (among->extra && readers_blend(reader, raw_reader(among->extra, among->extra_size)));
}

/* Another label may be called just that, or look like it, so this goes on until none does. */
void promc__label_spell(promc__buffer *out, const char *name, size_t size,
                        const promc__label_names *among)
{
    promc__buffer last = PROMC__BUFFER(0);
    size_t start = out->size;

    promc__spell_label_name(out, name, size);
    while (!out->error && names_show(among, out->data + start, out->size - start)) {
        last.size = 0;
        promc__buffer_append(&last, out->data + start, out->size - start);
        if (last.error) {
            out->error = last.error;
            break;
        }
        out->size = start;
        promc__spell_label_name(out, last.data, last.size);
    }
    promc__buffer_free(&last);
}

/* Names that dots would make equal blend with underscores, too, as those lose more. */
void promc__label_escape(promc__buffer *out, const char *name, size_t size,
                         const promc__label_names *among, enum promc__escaping escaping)
{
    bool may_blend = escaping == PROMC__UNDERSCORES ||
                     (escaping == PROMC__DOTS && promc__label_name_blurs(name, size, escaping));

    if (may_blend && promc__label_blends(name, size, among))
        promc__label_spell(out, name, size, among);
    else
        promc__escape_label_name(out, name, size, escaping);
}

/* ---- texts ----------------------------------------------------------------------------------- */

bool promc__escaped_equals(const char *escaped, size_t escaped_size, const char *raw, size_t size)
{
    const char *end = escaped + escaped_size;

    for (size_t i = 0; i < size; i++) {
        char c;

        if (escaped >= end)
            return false;
        c = *escaped++;
        if (c == '\\') {
            if (escaped >= end)
                return false;
            c = *escaped == 'n' ? '\n' : *escaped;
            escaped++;
        }
        if (c != raw[i])
            return false;
    }
    return escaped == end;
}

static void append_part(promc__buffer *out, size_t start, const promc__label_part *part)
{
    if (out->size > start)
        promc__buffer_char(out, ',');
    promc__buffer_append(out, part->begin, (size_t)(part->end - part->begin));
}

int promc__merge_texts(promc__buffer *out, const char *a, size_t a_size, const char *b,
                       size_t b_size, const char *what)
{
    promc__label_part left, right;
    const char *a_end = a + a_size, *b_end = b + b_size;
    bool more_left = promc__label_next(&a, a_end, &left);
    bool more_right = promc__label_next(&b, b_end, &right);
    size_t start = out->size;

    while (more_left || more_right) {
        int order = !more_right  ? -1
                    : !more_left ? 1
                                 : compare_readers(part_reader(&left), part_reader(&right));
        if (order == 0)
            return promc__fail(PROMC_ERROR_LABELS, "%s: Overlapping labels: %.*s", what,
                               (int)left.name_size, left.name);
        append_part(out, start, order < 0 ? &left : &right);
        if (order < 0)
            more_left = promc__label_next(&a, a_end, &left);
        else
            more_right = promc__label_next(&b, b_end, &right);
    }
    return out->error ? promc__fail(out->error, "%s: no room for the labels", what) : PROMC_OK;
}
