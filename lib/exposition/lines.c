/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/lines.h"

#include "base/compiler.h"
#include "base/memory.h"
#include "base/number.h"
#include "metrics/label_text.h"

#include <math.h>
#include <string.h>

/* ---- lines ----------------------------------------------------------------------------------- */

/* Room for what a line has beside its name and labels; more than a block. */
#define LINE_ROOM (2 * PROMC__NUMBER_SIZE + 8)
_Static_assert(LINE_ROOM > PROMC__LINE_BLOCK && PROMC__NUMBER_SIZE <= PROMC__LINE_BLOCK,
               "a block of a label or of a number stays in the room of its line");

static inline char *put(char *at, const char *text, size_t size)
{
    if (size) /* then there is a text, also when memory was refused */
        memcpy(at, text, size);
    return at + size;
}

/* The same in blocks: reads and writes up to a block more. */
static inline char *put_blocks(char *at, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i += PROMC__LINE_BLOCK)
        memcpy(at + i, text + i, PROMC__LINE_BLOCK);
    return at + size;
}

/* As put(), for texts too short for what a call of memcpy() costs: where the last bytes would be
 * fewer, they overlap those before them. Not inline: many lines are put together here, and a copy
 * of this for each piece of each would be kilobytes. */
static __attribute__((noinline)) char *put_piece(char *at, const char *text, size_t size)
{
    char *end = at + size;

    if (size >= 32) {
        const char *tail = text + size - 32;

        for (; text < tail; text += 32, at += 32)
            memcpy(at, text, 32);
        memcpy(end - 32, tail, 32);
    } else if (size >= 16) {
        memcpy(at, text, 16);
        memcpy(end - 16, text + size - 16, 16);
    } else if (size >= 8) {
        memcpy(at, text, 8);
        memcpy(end - 8, text + size - 8, 8);
    } else {
        while (at < end)
            *at++ = *text++;
    }
    return end;
}

/* Integers look like Python's floats, and keep all digits where a double would lose some. */
static PROMC__COLD size_t write_integer(char *out, const promc__value *value)
{
    const uint64_t exact = (uint64_t)1 << 53;

    if (value->kind == PROMC__U64)
        return value->u64 > exact ? promc__write_u64(out, value->u64)
                                  : promc__write_double(out, (double)value->u64);
    return value->i64 > (int64_t)exact || value->i64 < -(int64_t)exact
               ? promc__write_i64(out, value->i64)
               : promc__write_double(out, (double)value->i64);
}

/* The text format has milliseconds, truncated toward zero: int(float(timestamp) * 1000);
 * OpenMetrics has seconds as Python prints them. */
static PROMC__COLD char *put_timestamp(char *at, double timestamp, bool openmetrics)
{
    double milliseconds = timestamp * 1000;

    if (!(fabs(milliseconds) < 9e18))
        return at;
    *at++ = ' ';
    if (openmetrics)
        return at + promc__write_repr(at, timestamp);
    return at + promc__write_i64(at, (int64_t)milliseconds);
}

/* `at` is the end of the value. What comes behind that of most samples: nothing. */
static inline void end_line(const promc__encoder *encoder, promc__buffer *out, char *at,
                            double timestamp)
{
    if (promc__unlikely(timestamp != 0))
        at = put_timestamp(at, timestamp, encoder->openmetrics);
    *at++ = '\n';
    out->size = (size_t)(at - out->data);
}

/* The name and the labels, and the space behind them. */
static inline char *put_series(char *at, const promc__head *head, const char *labels, size_t size)
{
    if (promc__likely(size)) {
        at = put_blocks(at, head->text.data, head->labelled);
        at = put_piece(at, labels, size);
        return put(at, "} ", 2);
    }
    at = put_blocks(at, head->text.data + head->labelled, head->text.size - head->labelled);
    *at++ = ' ';
    return at;
}

/* Where the line of a sample begins; NULL: no memory. */
static inline char *line_room(promc__buffer *out, const promc__head *head, size_t size)
{
    return promc__unlikely(head->text.error)
               ? NULL
               : promc__buffer_room(out, head->text.size + size + LINE_ROOM);
}

static void write_line(const promc__encoder *encoder, promc__buffer *out, promc__sample_kind kind,
                       const char *labels, size_t size, const promc__value *value, double timestamp)
{
    const promc__head *head = &encoder->heads[kind];
    char *at = line_room(out, head, size);

    if (!at)
        return;
    at = put_series(at, head, labels, size);
    at += promc__likely(value->kind == PROMC__DOUBLE) ? promc__write_double(at, value->number)
                                                      : write_integer(at, value);
    end_line(encoder, out, at, timestamp);
}

/* Puts an exemplar behind the line that was just written: OpenMetrics only. */
static PROMC__COLD void append_exemplar(promc__encoder *encoder, promc__buffer *out,
                                        const promc__exemplar *exemplar)
{
    const promc__label_names names = {.text = exemplar->labels, .size = exemplar->labels_size};
    promc__buffer *labels = &encoder->exemplar;
    char *at;

    if (!encoder->openmetrics || !exemplar->labels || out->error || !out->size)
        return;
    labels->size = 0;
    if (encoder->escaping == PROMC__ALLOW_UTF_8)
        promc__buffer_append(labels, exemplar->labels, exemplar->labels_size);
    else
        promc__escape_names(encoder, labels, &names);
    at = labels->error ? NULL : promc__buffer_room(out, labels->size + LINE_ROOM);
    if (!at)
        return;
    at = put(at - 1, " # {", 4);
    at = put(at, labels->data, labels->size); /* without labels there is no exemplar */
    at = put(at, "} ", 2);
    at += promc__write_double(at, exemplar->value);
    if (exemplar->timestamp != 0) {
        *at++ = ' ';
        at += promc__write_repr(at, exemplar->timestamp);
    }
    *at++ = '\n';
    out->size = (size_t)(at - out->data);
}

static void write_number(promc__encoder *encoder, promc__buffer *out, promc__sample_kind kind,
                         const promc__point *point, double number)
{
    promc__value value = {.kind = PROMC__DOUBLE, .number = number};

    if (encoder->kinds & 1u << kind)
        write_line(encoder, out, kind, point->labels, point->labels_size, &value, point->timestamp);
}

/* A sample with one label more than its point has: what its line has before that label, and between
 * the label and the value. NULL: no memory. */
struct split {
    const char *before, *after;
    size_t before_size, after_size;
};

/* Where a label goes among labels with escaped names: where it belongs among the original ones. */
static PROMC__COLD size_t escaped_label_place(const promc__encoder *encoder,
                                              const promc__point *point, const char *name)
{
    const char *at = encoder->stored.text, *end = at + encoder->stored.size;
    const char *escaped = point->labels, *escaped_end = escaped + point->labels_size;
    promc__label_part part, escaped_part;

    while (promc__label_next(&at, end, &part) &&
           promc__label_next(&escaped, escaped_end, &escaped_part)) {
        if (promc__label_compare(name, strlen(name), &part) < 0)
            return (size_t)(escaped_part.begin - point->labels);
    }
    return point->labels_size;
}

static size_t label_place(const promc__encoder *encoder, const promc__point *point,
                          const char *name)
{
    if (promc__unlikely(encoder->stored.text && point->labels == encoder->labels.data))
        return escaped_label_place(encoder, point, name);
    return promc__label_place(point->labels, point->labels_size, name);
}

static struct split split_labels(promc__encoder *encoder, const promc__point *point,
                                 promc__sample_kind kind, const char *name)
{
    const promc__head *head = &encoder->heads[kind];
    size_t place = label_place(encoder, point, name), rest = point->labels_size - place;
    char *before, *after, *at;

    encoder->split.size = 0;
    before = promc__buffer_room(&encoder->split,
                                head->labelled + point->labels_size + 3 + PROMC__LINE_BLOCK);
    if (!before || head->text.error)
        return (struct split){0};
    after = put(before, head->text.data, head->labelled);
    after = put(after, point->labels, place); /* with its comma, unless it is all */
    if (place && !rest)
        *after++ = ',';
    at = after;
    if (rest)
        *at++ = ',';
    at = put(at, point->labels + place, rest);
    at = put(at, "} ", 2);
    return (struct split){before, after, (size_t)(after - before), (size_t)(at - after)};
}

/* All of its line up to the value; NULL: no memory. The label has room behind it for a block. */
static char *put_split(promc__buffer *out, const struct split *split, const char *label,
                       size_t label_size)
{
    char *at =
        promc__buffer_room(out, split->before_size + label_size + split->after_size + LINE_ROOM);

    if (!at || !split->before)
        return NULL;
    at = put_blocks(at, split->before, split->before_size);
    at = put_blocks(at, label, label_size);
    return put_blocks(at, split->after, split->after_size);
}

static void write_split_line(const promc__encoder *encoder, promc__buffer *out,
                             const struct split *split, const char *label, size_t label_size,
                             double number, double timestamp)
{
    char *at = put_split(out, split, label, label_size);

    if (at)
        end_line(encoder, out, at + promc__write_double(at, number), timestamp);
}

/* ---- the types ------------------------------------------------------------------------------- */

/* le="", the number, and what is copied behind it. */
#define BOUND_ROOM (PROMC__NUMBER_SIZE + 8 + PROMC__LINE_BLOCK)

static void append_bound(promc__encoder *encoder, double bound)
{
    char *room = promc__buffer_room(&encoder->bounds, BOUND_ROOM), *at = room;

    if (!room)
        return;
    at = put(at + 1, "le=\"", 4);
    at += promc__write_double(at, bound);
    *at++ = '"';
    *room = (char)(at - room - 1); /* the size comes first */
    encoder->bounds.size = (size_t)(at - encoder->bounds.data);
}

/* The text of le for every bucket, made once for all children that share the bounds. */
static void prepare_bounds(promc__encoder *encoder, const promc__point *point)
{
    size_t size = point->bound_count * sizeof(*point->bounds);

    if (encoder->bounds.size && encoder->bounds_of.size == size &&
        (!size || memcmp(encoder->bounds_of.data, point->bounds, size) == 0))
        return;
    encoder->bounds.size = encoder->bounds_of.size = 0;
    promc__buffer_append(&encoder->bounds_of, point->bounds, size);
    for (size_t i = 0; i < point->bound_count; i++)
        append_bound(encoder, point->bounds[i]);
    append_bound(encoder, (double)INFINITY);
}

/* Many of the cumulative counts are the same as the one before, and so is their text. It is not
 * read from the line before: that is still on its way to memory. */
static double write_buckets(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    struct split split = split_labels(encoder, point, PROMC__SAMPLE_BUCKET, "le");
    promc_type type = encoder->descriptor.type;
    char last[PROMC__LINE_BLOCK]; /* the text of a count */
    size_t last_size = 0;
    uint64_t count = 0;
    const char *label;

    prepare_bounds(encoder, point);
    if (encoder->bounds.error || encoder->bounds_of.error)
        return 0;
    label = encoder->bounds.data;
    for (size_t i = 0; i <= point->bound_count; i++) {
        char *at =
            PROMC__HAS(encoder, BUCKET) ? put_split(out, &split, label + 1, (size_t)*label) : NULL;

        count += point->counts[i];
        label += 1 + *label;
        if (!at)
            continue;
        if (point->counts[i] || !last_size)
            last_size = promc__write_double(last, promc__count_number(type, count));
        memcpy(at, last, sizeof(last));
        end_line(encoder, out, at + last_size, point->timestamp);
        if (point->exemplars)
            append_exemplar(encoder, out, &point->exemplars[i]);
    }
    return promc__count_number(type, count);
}

/* A sum makes no sense for a counter once observations can be negative (metrics.py,
 * Histogram._child_samples), but for gauges it does. */
static void write_histogram(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    double count = write_buckets(encoder, out, point);

    write_number(encoder, out, PROMC__SAMPLE_COUNT, point, count);
    if (point->bound_count == 0 || point->bounds[0] >= 0)
        write_number(encoder, out, PROMC__SAMPLE_SUM, point, point->sum);
}

/* The text format has these as families of their own, after all points. They are kept until then,
 * so that they agree with the buckets. */
static PROMC__COLD void write_gauge_histogram(promc__encoder *encoder, promc__buffer *out,
                                              const promc__point *point)
{
    double count = write_buckets(encoder, out, point);

    write_number(encoder, encoder->openmetrics ? out : &encoder->tails[0], PROMC__SAMPLE_GCOUNT,
                 point, count);
    write_number(encoder, encoder->openmetrics ? out : &encoder->tails[1], PROMC__SAMPLE_GSUM,
                 point, point->sum);
}

static void write_summary(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    struct split split = split_labels(encoder, point, PROMC__SAMPLE_VALUE, "quantile");
    char label[PROMC__NUMBER_SIZE + 16 + PROMC__LINE_BLOCK] = "quantile=\"";

    for (size_t i = 0; i < point->quantile_count && PROMC__HAS(encoder, VALUE); i++) {
        size_t size = 10 + promc__write_double(label + 10, point->quantiles[i]);

        /* "Quantile values MUST NOT be negative" (OpenMetrics 1.0, "Summary"). */
        if (encoder->openmetrics && point->quantile_values[i] < 0)
            continue;
        label[size++] = '"';
        write_split_line(encoder, out, &split, label, size, point->quantile_values[i],
                         point->timestamp);
    }
    write_number(encoder, out, PROMC__SAMPLE_COUNT, point, (double)point->counts[0]);
    write_number(encoder, out, PROMC__SAMPLE_SUM, point, point->sum);
}

/* The label of a stateset has the family's name, and is sorted by that, not by its escaped form. */
static PROMC__COLD void write_stateset(promc__encoder *encoder, promc__buffer *out,
                                       const promc__point *point)
{
    const promc__descriptor *family = &encoder->descriptor;
    const promc__label_names as_stored = {.text = point->labels, .size = point->labels_size};
    promc__buffer *label = &encoder->scratch;
    struct split split;
    size_t name_size;

    label->size = 0;
    promc__buffer_append(label, family->name, family->name_size);
    promc__buffer_char(label, '\0');
    if (label->error)
        return;
    split = split_labels(encoder, point, PROMC__SAMPLE_VALUE, label->data);
    label->size = 0;
    promc__label_escape(label, family->name, family->name_size,
                        point->labels == encoder->labels.data ? &encoder->stored : &as_stored,
                        encoder->name_escaping);
    promc__buffer_string(label, "=\"");
    name_size = label->size;
    for (size_t i = 0; i < point->state_count; i++) {
        bool holds = point->active ? point->active[i] : i == point->state;

        label->size = name_size;
        promc__escape_label_value(label, point->states[i], strlen(point->states[i]));
        promc__buffer_char(label, '"');
        if (!promc__buffer_room(label, PROMC__LINE_BLOCK))
            return;
        write_split_line(encoder, out, &split, label->data, label->size, holds ? 1 : 0,
                         point->timestamp);
    }
}

static inline void write_value(promc__encoder *encoder, promc__buffer *out,
                               const promc__point *point)
{
    write_line(encoder, out, PROMC__SAMPLE_VALUE, point->labels, point->labels_size, &point->value,
               point->timestamp);
    if (point->exemplars)
        append_exemplar(encoder, out, &point->exemplars[0]);
}

static inline void write_created_value(promc__encoder *encoder, promc__buffer *out,
                                       const promc__point *point)
{
    if (encoder->openmetrics && point->created != 0)
        write_number(encoder, out, PROMC__SAMPLE_CREATED, point, point->created);
}

static void write_point(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    switch (encoder->descriptor.type) {
    case PROMC_TYPE_HISTOGRAM:
        write_histogram(encoder, out, point);
        break;
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        write_gauge_histogram(encoder, out, point);
        break;
    case PROMC_TYPE_SUMMARY:
        write_summary(encoder, out, point);
        break;
    case PROMC_TYPE_STATESET:
        write_stateset(encoder, out, point);
        break;
    default:
        if (PROMC__HAS(encoder, VALUE))
            write_value(encoder, out, point);
    }
    write_created_value(encoder, out, point);
}

static void write_created(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    write_number(encoder, out, PROMC__SAMPLE_CREATED, point, point->created);
}

static PROMC__COLD void
with_escaped_names(promc__encoder *encoder, promc__buffer *out, const promc__point *point,
                   void (*write)(promc__encoder *, promc__buffer *, const promc__point *))
{
    promc__point escaped;

    encoder->stored = (promc__label_names){.text = point->labels, .size = point->labels_size};
    if (encoder->descriptor.type == PROMC_TYPE_STATESET) {
        encoder->stored.extra = encoder->descriptor.name;
        encoder->stored.extra_size = encoder->descriptor.name_size;
    }
    promc__escape_names(encoder, &encoder->labels, &encoder->stored);
    if (encoder->labels.error)
        return;
    escaped = *point;
    escaped.labels = encoder->labels.data;
    escaped.labels_size = encoder->labels.size;
    write(encoder, out, &escaped);
}

static void with_names(promc__encoder *encoder, promc__buffer *out, const promc__point *point,
                       void (*write)(promc__encoder *, promc__buffer *, const promc__point *))
{
    if (point->labels_size == 0 || promc__names_stand(encoder))
        write(encoder, out, point);
    else
        with_escaped_names(encoder, out, point, write);
}

void promc__write_samples(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    if (promc__likely(encoder->plain)) {
        write_value(encoder, out, point);
        write_created_value(encoder, out, point);
    } else {
        with_names(encoder, out, point, write_point);
    }
}

/* What the lines of plain points take at most. */
static size_t plains_room(const promc__plains *points, size_t heads, size_t lines)
{
    size_t labels = 0, room;

    for (size_t i = 0; i < points->count; i++)
        labels += points->labels_sizes[i];
    if (!promc__size_of(lines, labels, points->count * (heads + lines * LINE_ROOM), &room))
        return SIZE_MAX;
    return room;
}

/* One line; `found`: its digits, if they were found. */
static inline char *put_plain(char *at, const promc__head *head, const char *labels, size_t size,
                              double number, const promc__digits *found)
{
    at = put_series(at, head, labels, size);
    at += found->digits ? promc__write_digits(at, *found) : promc__write_double(at, number);
    *at++ = '\n';
    return at;
}

void promc__write_plains(promc__encoder *encoder, promc__buffer *out, const promc__plains *points)
{
    const promc__head value = encoder->heads[PROMC__SAMPLE_VALUE];
    const promc__head created = encoder->heads[PROMC__SAMPLE_CREATED];
    bool with_created = encoder->openmetrics && PROMC__HAS(encoder, CREATED);
    size_t heads = value.text.size + (with_created ? created.text.size : 0);
    promc__digits digits[PROMC__VISIT_BATCH];
    char *at = promc__buffer_room(out, plains_room(points, heads, with_created ? 2 : 1));

    if (!at || value.text.error || (with_created && created.text.error))
        return;
    promc__find_digits(points->numbers, points->count, digits);
    for (size_t i = 0; i < points->count; i++) {
        static const promc__digits none = {0};
        const char *labels = points->labels[i];
        size_t size = points->labels_sizes[i];

        promc__fetch_next(labels, size);
        at = put_plain(at, &value, labels, size, points->numbers[i], &digits[i]);
        if (with_created && points->created[i] != 0)
            at = put_plain(at, &created, labels, size, points->created[i], &none);
    }
    out->size = (size_t)(at - out->data);
}

void promc__write_created(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    with_names(encoder, out, point, write_created);
}
