/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/graphite_lines.h"

#include "base/error.h"
#include "base/number.h"
#include "base/os.h"
#include "exposition/samples.h"
#include "metrics/label_text.h"
#include "registry/registry.h"

struct graphite_walk {
    promc__buffer *out;
    promc_registry *registry;
    const char *prefix;
    bool tags;
    char end[PROMC__NUMBER_SIZE + 2]; /* of every line: blank, time, line feed */
    size_t end_size;
    promc__buffer name; /* scratch */
};

/* "_" for each character that is not allowed; `escaped`: a backslash and what follows are one. */
static void append_sanitized(promc__buffer *out, const char *text, size_t size, bool escaped)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c & 0xC0) == 0x80) /* not the first byte of a character */
            continue;
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            c == '_' || c == '-')
            promc__buffer_char(out, (char)c);
        else
            promc__buffer_char(out, '_');
        if (escaped && c == '\\')
            i++;
    }
}

static void append_label(const struct graphite_walk *walk, const char *name, size_t name_size,
                         const char *value, size_t value_size, bool escaped)
{
    promc__buffer_char(walk->out, walk->tags ? ';' : '.');
    append_sanitized(walk->out, name, name_size, escaped);
    promc__buffer_char(walk->out, walk->tags ? '=' : '.');
    append_sanitized(walk->out, value, value_size, escaped);
}

static void append_labels(const struct graphite_walk *walk, const promc__sample *sample)
{
    const char *at = sample->labels, *end = at + sample->labels_size;
    bool extra = sample->extra_name != NULL;
    promc__label_part part;

    while (promc__label_next(&at, end, &part)) {
        if (extra && promc__label_compare(sample->extra_name, sample->extra_name_size, &part) < 0) {
            append_label(walk, sample->extra_name, sample->extra_name_size, sample->extra_value,
                         strlen(sample->extra_value), false);
            extra = false;
        }
        append_label(walk, part.name, part.name_size, part.value, part.value_size, true);
    }
    if (extra)
        append_label(walk, sample->extra_name, sample->extra_name_size, sample->extra_value,
                     strlen(sample->extra_value), false);
}

static bool append_line(const promc__sample *sample, void *arg)
{
    struct graphite_walk *walk = arg;
    char number[PROMC__NUMBER_SIZE];

    walk->name.size = 0;
    promc__buffer_append(&walk->name, sample->descriptor->name, sample->descriptor->name_size);
    promc__buffer_string(&walk->name, promc__sample_suffix(sample->descriptor, sample->kind));
    if (walk->name.error ||
        !promc__registry_allows(walk->registry, walk->name.data, walk->name.size))
        return !walk->name.error;
    if (walk->prefix && *walk->prefix) {
        promc__buffer_string(walk->out, walk->prefix);
        promc__buffer_char(walk->out, '.');
    }
    append_sanitized(walk->out, walk->name.data, walk->name.size, false);
    append_labels(walk, sample);
    promc__buffer_char(walk->out, ' ');
    promc__buffer_append(walk->out, number,
                         promc__write_repr(number, promc__value_number(&sample->value)));
    promc__buffer_append(walk->out, walk->end, walk->end_size);
    return !walk->out->error;
}

static int append_point(const promc__descriptor *descriptor, const promc__point *point, void *arg)
{
    struct graphite_walk *walk = arg;

    promc__each_sample(descriptor, point, append_line, walk);
    return walk->name.error ? walk->name.error : walk->out->error;
}

int promc__graphite_lines(promc__buffer *out, promc_registry *registry, const char *prefix,
                          bool tags)
{
    struct graphite_walk walk = {.out = out,
                                 .registry = promc__registry_or_default(registry),
                                 .prefix = prefix,
                                 .tags = tags,
                                 .name = PROMC__BUFFER(0)};
    int status;

    walk.end[0] = ' ';
    walk.end_size = 1 + promc__write_i64(walk.end + 1, (int64_t)promc__os.unix_time());
    walk.end[walk.end_size++] = '\n';
    status = promc__visit_registry(walk.registry, false, append_point, &walk);
    if (walk.name.error || out->error)
        status = promc__fail_memory("Graphite");
    promc__buffer_free(&walk.name);
    return status;
}
