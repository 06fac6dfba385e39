/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delimited io.prometheus.client.MetricFamily messages (client_model: metrics.proto). A message
 * begins with its length, so a large family is written as several messages of the same name: the
 * output stays streaming, and readers take one metric after the other anyway.
 */
#include "exposition/encoder.h"
#include "exposition/protobuf_labels.h"
#include "exposition/protobuf_native.h"
#include "exposition/wire.h"

#include "base/compiler.h"
#include "base/number.h"
#include "metrics/label_text.h"

#include <math.h>
#include <string.h>

/* Field numbers of metrics.proto. */
enum { FAMILY_NAME = 1, FAMILY_HELP, FAMILY_TYPE, FAMILY_METRIC, FAMILY_UNIT };
enum {
    METRIC_LABEL = 1,
    METRIC_GAUGE,
    METRIC_COUNTER,
    METRIC_SUMMARY,
    METRIC_UNTYPED,
    METRIC_TIMESTAMP_MS,
    METRIC_HISTOGRAM
};
enum { COUNTER_EXEMPLAR = 2, COUNTER_CREATED };
enum { SUMMARY_COUNT = 1, SUMMARY_SUM, SUMMARY_QUANTILE, SUMMARY_CREATED };
enum { HISTOGRAM_COUNT = 1, HISTOGRAM_SUM, HISTOGRAM_BUCKET, HISTOGRAM_CREATED = 15, HISTOGRAM_EXEMPLAR };
enum { BUCKET_COUNT = 1, BUCKET_BOUND, BUCKET_EXEMPLAR };
enum { EXEMPLAR_LABEL = 1, EXEMPLAR_VALUE, EXEMPLAR_TIMESTAMP };
enum { TIMESTAMP_SECONDS = 1, TIMESTAMP_NANOS };
enum { PAIR_FIRST = 1, PAIR_SECOND }; /* Counter, Gauge, Untyped, Quantile */

/* What messages without anything optional have at most. */
#define NUMBER_ROOM (PROMC__WIRE_LONGEST + 10)
#define BUCKET_ROOM (3 + PROMC__WIRE_LONGEST + 9)

/* A family message is passed on when it has grown to this. */
#define MESSAGE_SIZE ((size_t)16 << 10)

/* ---- families -------------------------------------------------------------------------------- */

static unsigned protobuf_type(promc_type type)
{
    switch (type) {
    case PROMC_TYPE_COUNTER:
        return 0;
    case PROMC_TYPE_SUMMARY:
        return 2;
    case PROMC_TYPE_UNKNOWN:
        return 3;
    case PROMC_TYPE_HISTOGRAM:
        return 4;
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        return 5;
    default:
        return 1; /* gauge, and what has no type of its own here: info, stateset */
    }
}

/* Names are strings of their own here: under allow-utf-8 nothing is quoted. */
static void append_name(promc__encoder *encoder, promc__buffer *out, const char *name, size_t size)
{
    if (encoder->escaping == PROMC__ALLOW_UTF_8)
        promc__buffer_append(out, name, size);
    else
        promc__escape_metric_name(out, name, size, encoder->name_escaping);
}

static PROMC__COLD void protobuf_begin(promc__encoder *encoder, promc__buffer *out)
{
    const promc__descriptor *family = &encoder->descriptor;
    promc__buffer *message = &encoder->message, *name = &encoder->scratch;

    (void)out;
    name->size = 0;
    promc__buffer_append(name, family->name, family->name_size);
    promc__buffer_string(name, promc__sample_suffix(family, PROMC__SAMPLE_VALUE));
    encoder->labels.size = 0;
    append_name(encoder, &encoder->labels, name->data ? name->data : "", name->size);
    message->size = 0;
    promc__wire_bytes(message, FAMILY_NAME, encoder->labels.data, encoder->labels.size);
    promc__wire_bytes(message, FAMILY_HELP, family->help, family->help_size);
    promc__wire_u64(message, FAMILY_TYPE, protobuf_type(family->type));
    if (family->unit)
        promc__wire_bytes(message, FAMILY_UNIT, family->unit, strlen(family->unit));
    encoder->message_head = message->size;
    encoder->metric_width = encoder->histogram_width = 1;
    encoder->plain = true;
}

/* Readers skip families without metrics, so none is written. */
static void pass_message(promc__encoder *encoder, promc__buffer *out)
{
    promc__buffer *message = &encoder->message;

    if (message->error || message->size == encoder->message_head)
        return;
    promc__wire_varint(out, message->size);
    promc__buffer_append(out, message->data, message->size);
    message->size = encoder->message_head;
}

/* ---- exemplars, times ------------------------------------------------------------------------ */

static PROMC__COLD void write_time(promc__buffer *out, unsigned field, double seconds)
{
    int64_t whole;
    uint64_t nanos;
    size_t begin;

    if (seconds == 0 || !(fabs(seconds) < 9e18))
        return;
    whole = (int64_t)seconds;
    if ((double)whole > seconds)
        whole--; /* nanoseconds count forward, also before 1970 */
    nanos = (uint64_t)((seconds - (double)whole) * 1e9);
    if (nanos > 999999999) /* just before 1970, the difference is rounded to a second */
        nanos = 999999999;
    begin = promc__wire_begin(out, field);
    promc__wire_u64(out, TIMESTAMP_SECONDS, (uint64_t)whole);
    promc__wire_u64(out, TIMESTAMP_NANOS, nanos);
    promc__wire_end(out, begin);
}

static PROMC__COLD void write_exemplar(promc__encoder *encoder, unsigned field, const promc__exemplar *exemplar)
{
    const promc__label_names labels = {.text = exemplar->labels,
                                       .size = exemplar->labels_size};
    promc__buffer *out = &encoder->message;
    size_t begin;

    if (!exemplar->labels)
        return;
    begin = promc__wire_begin(out, field);
    promc__wire_labels(encoder, out, EXEMPLAR_LABEL, &labels);
    promc__wire_double(out, EXEMPLAR_VALUE, exemplar->value);
    write_time(out, EXEMPLAR_TIMESTAMP, exemplar->timestamp);
    promc__wire_end(out, begin);
}

/* ---- metrics --------------------------------------------------------------------------------- */

/* What promc__wire_end() needs if more fields follow is returned. */
static inline size_t message_number(promc__encoder *encoder, unsigned field, double number)
{
    promc__buffer *out = &encoder->message;
    char *at = promc__buffer_room(out, NUMBER_ROOM);

    if (!at)
        return out->size;
    at = promc__put_tag(at, field, PROMC__WIRE_LENGTH);
    *at++ = 1 + sizeof(number);
    at = promc__put_double(at, PAIR_FIRST, number);
    promc__wrote_until(out, at);
    return out->size - (1 + sizeof(number));
}

static PROMC__COLD void message_counter(promc__encoder *encoder, const promc__point *point)
{
    promc__buffer *out = &encoder->message;
    size_t begin = message_number(encoder, METRIC_COUNTER, promc__value_number(&point->value));

    if (point->exemplars)
        write_exemplar(encoder, COUNTER_EXEMPLAR, &point->exemplars[0]);
    if (encoder->kinds & 1u << PROMC__SAMPLE_CREATED)
        write_time(out, COUNTER_CREATED, point->created);
    promc__wire_end(out, begin);
}

static PROMC__COLD void message_summary(promc__encoder *encoder, const promc__point *point)
{
    promc__buffer *out = &encoder->message;
    size_t begin = promc__wire_begin(out, METRIC_SUMMARY);

    promc__wire_u64(out, SUMMARY_COUNT, point->counts[0]);
    promc__wire_double(out, SUMMARY_SUM, point->sum);
    for (size_t i = 0; i < point->quantile_count; i++) {
        size_t quantile = promc__wire_begin(out, SUMMARY_QUANTILE);

        promc__wire_double(out, PAIR_FIRST, point->quantiles[i]);
        promc__wire_double(out, PAIR_SECOND, point->quantile_values[i]);
        promc__wire_end(out, quantile);
    }
    if (encoder->kinds & 1u << PROMC__SAMPLE_CREATED)
        write_time(out, SUMMARY_CREATED, point->created);
    promc__wire_end(out, begin);
}

/* Short whatever the numbers are, so that the length is one byte. */
static void write_bucket(promc__buffer *out, uint64_t count, double bound)
{
    char *room = promc__buffer_room(out, BUCKET_ROOM), *message, *at;

    if (!room)
        return;
    message = room + 2;
    at = promc__put_u64(message, BUCKET_COUNT, count);
    at = promc__put_double(at, BUCKET_BOUND, bound);
    room[0] = HISTOGRAM_BUCKET << 3 | PROMC__WIRE_LENGTH;
    room[1] = (char)(at - message);
    promc__wrote_until(out, at);
}

static void write_bucket_with_exemplar(promc__encoder *encoder, uint64_t count, double bound,
                                       const promc__exemplar *exemplar)
{
    promc__buffer *out = &encoder->message;
    size_t begin = promc__wire_begin(out, HISTOGRAM_BUCKET);

    promc__wire_u64(out, BUCKET_COUNT, count);
    promc__wire_double(out, BUCKET_BOUND, bound);
    write_exemplar(encoder, BUCKET_EXEMPLAR, exemplar);
    promc__wire_end(out, begin);
}

/* The fields have no sign, and those for fractions count only above zero: nothing is there where more
 * has left than came. */
static uint64_t unsigned_count(const promc__encoder *encoder, uint64_t count)
{
    return promc__count_number(encoder->descriptor.type, count) < 0 ? 0 : count;
}

static void message_buckets(promc__encoder *encoder, const promc__point *point)
{
    uint64_t count = 0;

    for (size_t i = 0; i <= point->bound_count; i++) {
        double bound = i < point->bound_count ? point->bounds[i] : (double)INFINITY;
        uint64_t shown;

        count += point->counts[i];
        shown = unsigned_count(encoder, count);
        if (promc__unlikely(point->exemplars && point->exemplars[i].labels))
            write_bucket_with_exemplar(encoder, shown, bound, &point->exemplars[i]);
        else
            write_bucket(&encoder->message, shown, bound);
    }
}

/* Receivers refuse a native histogram whose count is not that of its native buckets. */
static uint64_t sample_count(const promc__encoder *encoder, const promc__point *point)
{
    uint64_t count = 0;

    if (point->native)
        return point->native->count;
    for (size_t i = 0; i <= point->bound_count; i++)
        count += point->counts[i];
    return unsigned_count(encoder, count);
}

/* A native histogram without classic buckets has only the one that holds everything, for the other
 * formats. */
static void message_histogram(promc__encoder *encoder, const promc__point *point)
{
    promc__buffer *out = &encoder->message;
    size_t begin = promc__wire_begin_wide(out, METRIC_HISTOGRAM, encoder->histogram_width);

    promc__wire_u64(out, HISTOGRAM_COUNT, sample_count(encoder, point));
    promc__wire_double(out, HISTOGRAM_SUM, point->sum);
    if (!point->native || point->bound_count)
        message_buckets(encoder, point);
    if (point->native) {
        promc__wire_native(out, PROMC__MODEL_SCHEMA, point->native);
        for (size_t i = 0; i < point->native->exemplar_count; i++)
            write_exemplar(encoder, HISTOGRAM_EXEMPLAR, &point->native->exemplars[i]);
    }
    if (encoder->kinds & 1u << PROMC__SAMPLE_CREATED)
        write_time(out, HISTOGRAM_CREATED, point->created);
    encoder->histogram_width = promc__wire_end_wide(out, begin, encoder->histogram_width);
}

static void message_value(promc__encoder *encoder, const promc__point *point)
{
    switch (encoder->descriptor.type) {
    case PROMC_TYPE_COUNTER:
        message_counter(encoder, point);
        break;
    case PROMC_TYPE_SUMMARY:
        message_summary(encoder, point);
        break;
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        message_histogram(encoder, point);
        break;
    case PROMC_TYPE_UNKNOWN:
        (void)message_number(encoder, METRIC_UNTYPED, promc__value_number(&point->value));
        break;
    default:
        (void)message_number(encoder, METRIC_GAUGE, promc__value_number(&point->value));
    }
}

static void write_timestamp(promc__buffer *out, double seconds)
{
    double milliseconds = seconds * 1000;

    if (fabs(milliseconds) < 9e18)
        promc__wire_u64(out, METRIC_TIMESTAMP_MS, (uint64_t)(int64_t)milliseconds);
}

/* Most are about as long as the last one: the length has room for as many bytes as that took. */
static inline size_t begin_metric(promc__encoder *encoder)
{
    return promc__wire_begin_wide(&encoder->message, FAMILY_METRIC, encoder->metric_width);
}

static inline void end_metric(promc__encoder *encoder, promc__buffer *out, size_t begin)
{
    encoder->metric_width =
        promc__wire_end_wide(&encoder->message, begin, encoder->metric_width);
    if (promc__unlikely(encoder->message.size >= MESSAGE_SIZE))
        pass_message(encoder, out);
}

static inline void finish_metric(promc__encoder *encoder, promc__buffer *out,
                                 const promc__point *point, size_t begin)
{
    if (promc__unlikely(point->timestamp != 0))
        write_timestamp(&encoder->message, point->timestamp);
    end_metric(encoder, out, begin);
}

/* A stateset is one gauge for each state, told apart by a label with the family's name. */
static PROMC__COLD void stateset_metrics(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    const promc__descriptor *family = &encoder->descriptor;
    const promc__label_names names = {.text = point->labels,
                                      .size = point->labels_size,
                                      .extra = family->name,
                                      .extra_size = family->name_size};
    promc__buffer *message = &encoder->message;

    for (size_t i = 0; i < point->state_count; i++) {
        size_t metric = begin_metric(encoder);

        promc__wire_labels(encoder, message, METRIC_LABEL, &names);
        promc__wire_label(message, METRIC_LABEL, family->name, family->name_size, point->states[i],
                          &names, encoder->name_escaping);
        (void)message_number(encoder, METRIC_GAUGE,
                       (point->active ? point->active[i] : i == point->state) ? 1 : 0);
        finish_metric(encoder, out, point, metric);
    }
}

static void protobuf_point(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    const promc__label_names labels = {.text = point->labels, .size = point->labels_size};
    size_t metric;

    if (encoder->descriptor.type == PROMC_TYPE_STATESET) {
        stateset_metrics(encoder, out, point);
        return;
    }
    metric = begin_metric(encoder);
    promc__wire_labels(encoder, &encoder->message, METRIC_LABEL, &labels);
    message_value(encoder, point);
    finish_metric(encoder, out, point, metric);
}

static void protobuf_plains(promc__encoder *encoder, promc__buffer *out,
                            const promc__plains *points)
{
    bool is_counter = encoder->descriptor.type == PROMC_TYPE_COUNTER;
    bool has_created = is_counter && encoder->kinds & 1u << PROMC__SAMPLE_CREATED;
    promc__buffer *message = &encoder->message;

    for (size_t i = 0; i < points->count; i++) {
        const promc__label_names labels = {.text = points->labels[i],
                                           .size = points->labels_sizes[i]};
        size_t metric = begin_metric(encoder), value;

        promc__fetch_next(labels.text, labels.size);
        promc__wire_labels(encoder, message, METRIC_LABEL, &labels);
        value = message_number(encoder, is_counter ? METRIC_COUNTER : METRIC_GAUGE,
                               points->numbers[i]);
        if (has_created) {
            write_time(message, COUNTER_CREATED, points->created[i]);
            promc__wire_end(message, value);
        }
        end_metric(encoder, out, metric);
    }
}

static void protobuf_end(promc__encoder *encoder, promc__buffer *out)
{
    pass_message(encoder, out);
}

static void protobuf_finish(promc__encoder *encoder, promc__buffer *out)
{
    (void)encoder;
    (void)out;
}

const promc__encoding promc__protobuf_encoding = {
    .begin = protobuf_begin,
    .point = protobuf_point,
    .plains = protobuf_plains,
    .end = protobuf_end,
    .finish = protobuf_finish,
};
