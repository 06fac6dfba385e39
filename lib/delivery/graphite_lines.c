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

/* A label of a walk: as its text has it, or as it is. */
struct graphite_label {
    const char *name, *value;
    size_t name_size, value_size;
    bool escaped;
};

/* Names that would look the same are spelt out, as in the other formats. */
static void append_label_name(struct graphite_walk *walk, const struct graphite_label *label,
                              const promc__label_names *among)
{
    promc__buffer *name = &walk->name;

    name->size = 0;
    if (label->escaped)
        promc__label_unescape(name, label->name, label->name_size);
    else
        promc__buffer_append(name, label->name, label->name_size);
    if (!name->error && promc__label_blends(name->data, name->size, among))
        promc__label_spell(walk->out, name->data, name->size, among);
    else
        append_sanitized(walk->out, label->name, label->name_size, label->escaped);
}

static void append_label(struct graphite_walk *walk, const struct graphite_label *label,
                         const promc__label_names *among)
{
    promc__buffer_char(walk->out, walk->tags ? ';' : '.');
    append_label_name(walk, label, among);
    promc__buffer_char(walk->out, walk->tags ? '=' : '.');
    append_sanitized(walk->out, label->value, label->value_size, label->escaped);
}

static void append_labels(struct graphite_walk *walk, const promc__sample *sample)
{
    const promc__label_names names = {.text = sample->labels,
                                      .size = sample->labels_size,
                                      .extra = sample->extra_name,
                                      .extra_size = sample->extra_name_size};
    const char *at = sample->labels, *end = at + sample->labels_size;
    struct graphite_label extra = {.name = sample->extra_name};
    promc__label_part part;

    if (extra.name) {
        extra.name_size = sample->extra_name_size;
        extra.value = sample->extra_value;
        extra.value_size = strlen(sample->extra_value);
    }
    while (promc__label_next(&at, end, &part)) {
        if (extra.name && promc__label_compare(extra.name, extra.name_size, &part) < 0) {
            append_label(walk, &extra, &names);
            extra.name = NULL;
        }
        append_label(walk,
                     &(struct graphite_label){part.name, part.value, part.name_size,
                                              part.value_size, true},
                     &names);
    }
    if (extra.name)
        append_label(walk, &extra, &names);
}

/* The name of a sample: as it is, or spelt out where escaping would make it another's. */
static bool set_sample_name(struct graphite_walk *walk, const promc__sample *sample,
                            enum promc__escaping escaping)
{
    walk->name.size = 0;
    (void)promc__family_name(&walk->name, sample->descriptor, escaping);
    promc__buffer_string(&walk->name, promc__sample_suffix(sample->descriptor, sample->kind));
    return !walk->name.error;
}

static bool append_line(const promc__sample *sample, void *arg)
{
    struct graphite_walk *walk = arg;
    char number[PROMC__NUMBER_SIZE];

    if (!set_sample_name(walk, sample, PROMC__ALLOW_UTF_8))
        return false;
    if (!promc__registry_allows(walk->registry, walk->name.data, walk->name.size))
        return true;
    if (walk->prefix && *walk->prefix) {
        promc__buffer_string(walk->out, walk->prefix);
        promc__buffer_char(walk->out, '.');
    }
    if (sample->descriptor->blends && !set_sample_name(walk, sample, PROMC__UNDERSCORES))
        return false;
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
