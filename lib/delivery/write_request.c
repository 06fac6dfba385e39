/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/write_request.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "exposition/protobuf_native.h"
#include "exposition/samples.h"
#include "exposition/wire.h"
#include "metrics/label_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Field numbers of remote.proto and types.proto. */
enum { REQUEST_SERIES = 1, REQUEST_METADATA = 3 };
enum { SERIES_LABEL = 1, SERIES_SAMPLE = 2, SERIES_HISTOGRAM = 4 };
enum { WRITE_LABEL_NAME = 1, WRITE_LABEL_VALUE };
enum { SAMPLE_VALUE = 1, SAMPLE_TIMESTAMP };
enum { NATIVE_COUNT = 1, NATIVE_SUM = 3, NATIVE_RESET_HINT = 14, NATIVE_TIMESTAMP };
enum { HINT_GAUGE = 3 }; /* counts go down, too */
enum { METADATA_TYPE = 1, METADATA_NAME, METADATA_HELP = 4, METADATA_UNIT };

/* A label of the series being made, by places in the scratch buffer. */
struct series_label {
    size_t name, name_size, value, value_size;
};

struct filling {
    promc__write_requests *requests;
    const promc__write_settings *settings;
    size_t samples;
    promc__buffer text; /* names and values of the labels */
    promc__buffer name; /* scratch */
    promc__buffer external; /* the text of the external labels */
    struct series_label *labels;
    size_t label_count, label_capacity;
    promc__buffer described; /* the name of the family whose metadata was written last */
};

/* ---- labels ---------------------------------------------------------------------------------- */

static struct series_label *new_label(struct filling *filling)
{
    if (filling->label_count == filling->label_capacity) {
        size_t capacity = filling->label_capacity ? 2 * filling->label_capacity : 16;
        struct series_label *labels =
            promc__realloc(filling->labels, capacity * sizeof(*filling->labels));

        if (!labels) {
            filling->text.error = PROMC_ERROR_NO_MEMORY;
            return NULL;
        }
        filling->labels = labels;
        filling->label_capacity = capacity;
    }
    return &filling->labels[filling->label_count++];
}

/* A label whose value comes next. Names are escaped to the old character set, which every receiver
 * takes. */
static struct series_label *begin_label(struct filling *filling, const char *name, size_t name_size,
                                        const promc__label_names *among)
{
    struct series_label *label = new_label(filling);

    if (!label)
        return NULL;
    label->name = filling->text.size;
    promc__label_escape(&filling->text, name, name_size, among, PROMC__UNDERSCORES);
    label->name_size = filling->text.size - label->name;
    label->value = filling->text.size;
    return label;
}

/* An empty value is as good as no label, and must not be sent (remote write 1.0, "Labels"). */
static void add_label(struct filling *filling, const char *name, size_t name_size,
                      const char *value, const promc__label_names *among)
{
    struct series_label *label = *value ? begin_label(filling, name, name_size, among) : NULL;

    if (!label)
        return;
    promc__buffer_string(&filling->text, value);
    label->value_size = filling->text.size - label->value;
}

static void add_stored_label(struct filling *filling, const promc__label_part *part,
                             const promc__label_names *among)
{
    promc__buffer *name = &filling->name;
    struct series_label *label;

    if (!part->value_size)
        return;
    name->size = 0;
    promc__label_unescape(name, part->name, part->name_size);
    label = begin_label(filling, name->data ? name->data : "", name->size, among);
    if (!label)
        return;
    promc__label_unescape(&filling->text, part->value, part->value_size);
    label->value_size = filling->text.size - label->value;
}

/* The name of a family's samples, in the old character set, which every receiver takes. */
static void append_sample_name(struct filling *filling, promc__buffer *out,
                               const promc__descriptor *family, promc__sample_kind kind)
{
    promc__buffer *name = &filling->name;

    name->size = 0;
    (void)promc__family_name(name, family, PROMC__UNDERSCORES);
    promc__buffer_string(name, promc__sample_suffix(family, kind));
    promc__escape_metric_name(out, name->data ? name->data : "", name->size, PROMC__UNDERSCORES);
}

static void add_name_label(struct filling *filling, const promc__sample *sample)
{
    struct series_label *label = new_label(filling);

    if (!label)
        return;
    label->name = filling->text.size;
    promc__buffer_string(&filling->text, "__name__");
    label->name_size = filling->text.size - label->name;
    label->value = filling->text.size;
    append_sample_name(filling, &filling->text, sample->descriptor, sample->kind);
    label->value_size = filling->text.size - label->value;
}

static bool has_label(const struct filling *filling, const promc__buffer *name)
{
    for (size_t i = 0; i < filling->label_count; i++) {
        if (filling->labels[i].name_size == name->size &&
            memcmp(filling->text.data + filling->labels[i].name, name->data, name->size) == 0)
            return true;
    }
    return false;
}

/* Unless the series has it: names are compared as they are sent. */
static void add_external_label(struct filling *filling, const promc_label *label,
                               const promc__label_names *among)
{
    size_t size = strlen(label->name);

    filling->name.size = 0;
    promc__label_escape(&filling->name, label->name, size, among, PROMC__UNDERSCORES);
    if (!filling->text.error && !filling->name.error && !has_label(filling, &filling->name))
        add_label(filling, label->name, size, label->value, among);
}

static void gather_labels(struct filling *filling, const promc__sample *sample)
{
    const char *at = sample->labels, *end = at + sample->labels_size;
    const promc__label_names all = {.text = sample->labels,
                                    .size = sample->labels_size,
                                    .extra = sample->extra_name,
                                    .extra_size = sample->extra_name_size,
                                    .more = filling->external.data,
                                    .more_size = filling->external.size};
    promc__label_part part;

    filling->text.size = 0;
    filling->label_count = 0;
    add_name_label(filling, sample);
    while (promc__label_next(&at, end, &part))
        add_stored_label(filling, &part, &all);
    if (sample->extra_name)
        add_label(filling, sample->extra_name, sample->extra_name_size, sample->extra_value, &all);
    for (const promc_label *label = filling->settings->external; label && label->name; label++)
        add_external_label(filling, label, &all);
}

/* Receivers want labels sorted by name. There are few, and most are in order already. */
static void sort_labels(struct filling *filling)
{
    const char *text = filling->text.data;

    for (size_t i = 1; i < filling->label_count; i++) {
        struct series_label label = filling->labels[i];
        size_t j = i;

        for (; j > 0; j--) {
            const struct series_label *before = &filling->labels[j - 1];
            size_t common =
                before->name_size < label.name_size ? before->name_size : label.name_size;
            int order = memcmp(text + before->name, text + label.name, common);

            if (order < 0 || (order == 0 && before->name_size <= label.name_size))
                break;
            filling->labels[j] = *before;
        }
        filling->labels[j] = label;
    }
}

/* ---- series ---------------------------------------------------------------------------------- */

static bool end_request(struct filling *filling)
{
    promc__write_requests *requests = filling->requests;

    filling->samples = 0;
    if (requests->count == requests->capacity) {
        size_t capacity = requests->capacity ? 2 * requests->capacity : 8;
        size_t *ends = promc__realloc(requests->ends, capacity * sizeof(*ends));

        if (!ends)
            return false;
        requests->ends = ends;
        requests->capacity = capacity;
    }
    requests->ends[requests->count++] = requests->data.size;
    return true;
}

static uint64_t sample_time(const struct filling *filling, const promc__sample *sample)
{
    double milliseconds = sample->timestamp * 1000;

    if (sample->timestamp == 0 || !(fabs(milliseconds) < 9e18))
        return (uint64_t)filling->settings->now_ms;
    return (uint64_t)(int64_t)milliseconds;
}

/* Writes the labels. False: no memory. */
static bool begin_series(struct filling *filling, const promc__sample *sample, size_t *series)
{
    promc__buffer *out = &filling->requests->data;
    size_t inner;

    gather_labels(filling, sample);
    if (filling->text.error)
        return false;
    sort_labels(filling);
    *series = promc__wire_begin(out, REQUEST_SERIES);
    for (size_t i = 0; i < filling->label_count; i++) {
        const struct series_label *label = &filling->labels[i];

        inner = promc__wire_begin(out, SERIES_LABEL);
        promc__wire_bytes(out, WRITE_LABEL_NAME, filling->text.data + label->name,
                          label->name_size);
        promc__wire_bytes(out, WRITE_LABEL_VALUE, filling->text.data + label->value,
                          label->value_size);
        promc__wire_end(out, inner);
    }
    return true;
}

static bool end_series(struct filling *filling, size_t series)
{
    promc__wire_end(&filling->requests->data, series);
    if (++filling->samples >= filling->settings->samples_each && !end_request(filling))
        filling->text.error = PROMC_ERROR_NO_MEMORY;
    return !filling->text.error;
}

static bool write_series(const promc__sample *sample, void *arg)
{
    struct filling *filling = arg;
    promc__buffer *out = &filling->requests->data;
    size_t series, inner;

    if (sample->kind == PROMC__SAMPLE_CREATED)
        return true;
    if (!begin_series(filling, sample, &series))
        return false;
    inner = promc__wire_begin(out, SERIES_SAMPLE);
    promc__wire_double(out, SAMPLE_VALUE, promc__value_number(&sample->value));
    promc__wire_u64(out, SAMPLE_TIMESTAMP, sample_time(filling, sample));
    promc__wire_end(out, inner);
    return end_series(filling, series);
}

/* One series of the family's own name, with all that a native histogram has. */
static void write_native(struct filling *filling, const promc__descriptor *family,
                         const promc__point *point)
{
    const promc__sample sample = {.descriptor = family,
                                  .kind = PROMC__SAMPLE_VALUE,
                                  .labels = point->labels,
                                  .labels_size = point->labels_size,
                                  .timestamp = point->timestamp};
    promc__buffer *out = &filling->requests->data;
    size_t series, inner;

    if (!begin_series(filling, &sample, &series))
        return;
    inner = promc__wire_begin(out, SERIES_HISTOGRAM);
    promc__wire_u64(out, NATIVE_COUNT, point->native->count);
    promc__wire_double(out, NATIVE_SUM, point->sum);
    promc__wire_native(out, PROMC__PROMPB_SCHEMA, point->native);
    if (family->type == PROMC_TYPE_GAUGE_HISTOGRAM)
        promc__wire_u64(out, NATIVE_RESET_HINT, HINT_GAUGE);
    promc__wire_u64(out, NATIVE_TIMESTAMP, sample_time(filling, &sample));
    promc__wire_end(out, inner);
    (void)end_series(filling, series);
}

static void write_metadata_of(struct filling *filling, const promc__descriptor *family)
{
    static const unsigned types[] = {
        [PROMC_TYPE_COUNTER] = 1,         [PROMC_TYPE_GAUGE] = 2,   [PROMC_TYPE_HISTOGRAM] = 3,
        [PROMC_TYPE_GAUGE_HISTOGRAM] = 4, [PROMC_TYPE_SUMMARY] = 5, [PROMC_TYPE_INFO] = 6,
        [PROMC_TYPE_STATESET] = 7,        [PROMC_TYPE_UNKNOWN] = 0,
    };
    promc__buffer *out = &filling->requests->data;
    size_t metadata = promc__wire_begin(out, REQUEST_METADATA), inner;

    promc__wire_u64(out, METADATA_TYPE, types[family->type]);
    inner = promc__wire_begin(out, METADATA_NAME);
    append_sample_name(filling, out, family, PROMC__SAMPLE_VALUE);
    promc__wire_end(out, inner);
    promc__wire_bytes(out, METADATA_HELP, family->help ? family->help : "", family->help_size);
    if (family->unit)
        promc__wire_bytes(out, METADATA_UNIT, family->unit, strlen(family->unit));
    promc__wire_end(out, metadata);
}

/* Descriptors come and go, so it is the name that tells. */
static bool is_described(struct filling *filling, const promc__descriptor *family)
{
    promc__buffer *described = &filling->described;

    if (described->size == family->name_size &&
        memcmp(described->data, family->name, family->name_size) == 0)
        return true;
    described->size = 0;
    promc__buffer_append(described, family->name, family->name_size);
    return false;
}

static int write_point_series(const promc__descriptor *family, const promc__point *point, void *arg)
{
    struct filling *filling = arg;
    bool native = filling->settings->native && point->native;
    int error;

    if (!is_described(filling, family))
        write_metadata_of(filling, family);
    if (native)
        write_native(filling, family, point);
    if (!native || point->bound_count)
        promc__each_sample(family, point, write_series, filling);
    error = filling->text.error ? filling->text.error : filling->name.error;
    if (!error)
        error = filling->described.error;
    if (!error)
        error = filling->requests->data.error;
    return error ? promc__fail(error, "remote write: no room for the samples") : PROMC_OK;
}

int promc__write_requests_fill(promc__write_requests *requests, promc_registry *registry,
                               const promc__write_settings *settings)
{
    struct filling filling = {.requests = requests, .settings = settings};
    int status = promc__pairs_text(&filling.external, settings->external, "remote write");

    *requests = (promc__write_requests){0};
    if (status == PROMC_OK)
        status = promc__visit_registry(registry, settings->native, write_point_series, &filling);
    if (status == PROMC_OK && filling.samples && !end_request(&filling))
        status = promc__fail_memory("remote write");
    promc__buffer_free(&filling.text);
    promc__buffer_free(&filling.name);
    promc__buffer_free(&filling.described);
    promc__buffer_free(&filling.external);
    promc__free(filling.labels);
    return status;
}

void promc__write_requests_free(promc__write_requests *requests)
{
    promc__buffer_free(&requests->data);
    promc__free(requests->ends);
    *requests = (promc__write_requests){0};
}
