/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The samples of an exposition in any format, as a list: text and OpenMetrics as our parsers read
 * them, protobuf (client_model: metrics.proto) taken apart here and named as in text.
 */
#ifndef TESTS_FUZZ_SAMPLES_H
#define TESTS_FUZZ_SAMPLES_H

#include "protobuf.h"

#include <math.h>

enum { SAMPLE_LABELS = 8, SAMPLES_MAX = 4000, FAMILIES_MAX = 100, SAMPLE_TEXTS = 1 << 20 };

struct sample {
    const char *name;
    promc_label labels[SAMPLE_LABELS + 1];
    double value, timestamp; /* 0: it has none */
};

static struct {
    struct sample list[SAMPLES_MAX];
    size_t count;
    const char *families[FAMILIES_MAX];
    size_t family_count;
    char texts[SAMPLE_TEXTS];
    size_t texts_size;
} samples;

static const char *keep_text(const void *text, size_t size)
{
    char *kept = samples.texts + samples.texts_size;

    require(size < SAMPLE_TEXTS - samples.texts_size);
    if (size)
        memcpy(kept, text, size);
    kept[size] = '\0';
    samples.texts_size += size + 1;
    return kept;
}

static const char *add_family(const void *name, size_t size)
{
    require(samples.family_count < FAMILIES_MAX);
    return samples.families[samples.family_count++] = keep_text(name, size);
}

static struct sample *add_sample(const char *name, const char *suffix, double value)
{
    struct sample *sample = &samples.list[samples.count++];
    char text[128];
    int size = snprintf(text, sizeof(text), "%s%s", name, suffix);

    require(samples.count <= SAMPLES_MAX && size < (int)sizeof(text));
    *sample = (struct sample){.name = keep_text(text, (size_t)size), .value = value};
    return sample;
}

static void add_label(struct sample *sample, const char *name, const char *value)
{
    size_t count = 0;

    while (sample->labels[count].name)
        count++;
    require(count < SAMPLE_LABELS);
    sample->labels[count] = (promc_label){name, value};
}

/* ---- text ------------------------------------------------------------------------------------ */

static void list_text(promc_format format, const char *text, size_t size)
{
    promc_parse_opts strict = {.size = sizeof(strict), .strict = true};
    promc_parsed *parsed = promc_parse_all(format, text, size, &strict);

    if (!parsed)
        fprintf(stderr, "%s\n%.*s", promc_last_error()->message, (int)size, text);
    require(parsed != NULL);
    for (const promc_parsed_family *f = parsed->families; f; f = f->next) {
        (void)add_family(f->name, strlen(f->name));
        for (const promc_parsed_sample *s = f->samples; s; s = s->next) {
            struct sample *sample = add_sample(s->name, "", s->value);

            for (size_t i = 0; i < s->label_count; i++)
                add_label(sample, keep_text(s->labels[i].name, strlen(s->labels[i].name)),
                          keep_text(s->labels[i].value, s->value_sizes[i]));
            sample->timestamp = s->has_timestamp ? s->timestamp : 0;
        }
    }
    promc_parsed_free(parsed);
}

/* ---- protobuf -------------------------------------------------------------------------------- */

/* One metric of a family. */
struct metric_message {
    const char *family;
    struct message message;
};

/* A sample with the labels of the metric (field 1: name and value), and its time (field 6). */
static struct sample *add_of(const struct metric_message *metric, const char *suffix, double value)
{
    struct sample *sample = add_sample(metric->family, suffix, value);
    struct message rest = metric->message;
    struct field field;

    sample->timestamp = (double)(int64_t)find_field(rest, 6).integer / 1000;
    while (next_field(&rest, &field)) {
        if (field.number == 1) {
            struct message name = find_field(field.bytes, 1).bytes;
            struct message text = find_field(field.bytes, 2).bytes;

            add_label(sample, keep_text(name.at, (size_t)(name.end - name.at)),
                      keep_text(text.at, (size_t)(text.end - text.at)));
        }
    }
    return sample;
}

/* Counters have their suffix in the family's name. */
static void add_created(const struct metric_message *metric, struct message time)
{
    struct metric_message plain = *metric;
    size_t size = strlen(metric->family);

    if (time.at == time.end)
        return;
    if (size > 6 && strcmp(metric->family + size - 6, "_total") == 0)
        plain.family = keep_text(metric->family, size - 6);
    (void)add_of(&plain, "_created",
                 (double)(int64_t)find_field(time, 1).integer +
                     (double)find_field(time, 2).integer * 1e-9);
}

/* As texts have it: a value of "le" or "quantile". */
static const char *number_text(double number)
{
    char text[32] = "+Inf";

    for (int digits = 6; !isinf(number) && digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    if (!strpbrk(text, ".eI"))
        strcat(text, ".0");
    return keep_text(text, strlen(text));
}

static void list_histogram(const struct metric_message *metric, struct message histogram,
                           bool gauge)
{
    struct message rest = histogram;
    struct field field;

    (void)add_of(metric, gauge ? "_gcount" : "_count", (double)find_field(histogram, 1).integer);
    (void)add_of(metric, gauge ? "_gsum" : "_sum", find_field(histogram, 2).value);
    while (next_field(&rest, &field)) {
        if (field.number == 3)
            add_label(add_of(metric, "_bucket", (double)find_field(field.bytes, 1).integer), "le",
                      number_text(find_field(field.bytes, 2).value));
    }
    add_created(metric, find_field(histogram, 15).bytes);
}

static void list_summary(const struct metric_message *metric, struct message summary)
{
    struct message rest = summary;
    struct field field;

    (void)add_of(metric, "_count", (double)find_field(summary, 1).integer);
    (void)add_of(metric, "_sum", find_field(summary, 2).value);
    while (next_field(&rest, &field)) {
        if (field.number == 3)
            add_label(add_of(metric, "", find_field(field.bytes, 2).value), "quantile",
                      number_text(find_field(field.bytes, 1).value));
    }
    add_created(metric, find_field(summary, 4).bytes);
}

static void list_metric(const struct metric_message *metric, uint64_t type)
{
    struct message counter = find_field(metric->message, 3).bytes;
    struct message summary = find_field(metric->message, 4).bytes;
    struct message histogram = find_field(metric->message, 7).bytes;

    switch (type) {
    case 0:
        (void)add_of(metric, "", find_field(counter, 1).value);
        add_created(metric, find_field(counter, 3).bytes);
        break;
    case 1:
        (void)add_of(metric, "", find_field(find_field(metric->message, 2).bytes, 1).value);
        break;
    case 2:
        list_summary(metric, summary);
        break;
    case 3:
        (void)add_of(metric, "", find_field(find_field(metric->message, 5).bytes, 1).value);
        break;
    default:
        require(type == 4 || type == 5);
        list_histogram(metric, histogram, type == 5);
    }
}

static void list_protobuf(const char *data, size_t size)
{
    struct message rest = {(const unsigned char *)data, (const unsigned char *)data + size};

    while (rest.at < rest.end) {
        struct message family = read_delimited(&rest), name = find_field(family, 1).bytes;
        uint64_t type = find_field(family, 3).integer;
        const char *kept = add_family(name.at, (size_t)(name.end - name.at));
        struct field field;

        require(*kept);
        while (next_field(&family, &field))
            if (field.number == 4)
                list_metric(&(struct metric_message){kept, field.bytes}, type);
    }
}

/* ---- looking --------------------------------------------------------------------------------- */

static void list_samples(promc_format format, const char *data, size_t size)
{
    char *exact = test_copy(data, size);

    samples.count = samples.family_count = samples.texts_size = 0;
    if ((format & 0xFF) == PROMC_FORMAT_PROTOBUF)
        list_protobuf(exact, size);
    else
        list_text(format, exact, size);
    free(exact);
}

static bool has_labels(const struct sample *sample, const promc_label *labels)
{
    size_t count = 0, have = 0;

    for (; labels[count].name; count++) {
        const char *value = promc_label_value(sample->labels, labels[count].name);

        if (!value || strcmp(value, labels[count].value) != 0)
            return false;
    }
    while (sample->labels[have].name)
        have++;
    return have == count;
}

static const struct sample *find_sample(const char *name, const promc_label *labels)
{
    for (size_t i = 0; i < samples.count; i++)
        if (strcmp(samples.list[i].name, name) == 0 && has_labels(&samples.list[i], labels))
            return &samples.list[i];
    return NULL;
}

#endif
