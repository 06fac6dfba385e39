/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/protobuf_native.h"

#include "exposition/wire.h"

/* Counted from the schema's. */
enum { NATIVE_ZERO_THRESHOLD = 1, NATIVE_ZERO_COUNT };
enum { NEGATIVE_SPAN = 4, NEGATIVE_DELTA, POSITIVE_SPAN = 7, POSITIVE_DELTA };
enum { SPAN_OFFSET = 1, SPAN_LENGTH };

/* A span is a run of neighbouring buckets; its offset is the distance from the end of the one before,
 * the first one's from index 0. Empty buckets between are never written. */
static void wire_span(promc__buffer *out, unsigned field, int64_t offset, uint64_t length)
{
    size_t begin = promc__wire_begin(out, field);

    promc__wire_sint(out, SPAN_OFFSET, offset);
    promc__wire_u64(out, SPAN_LENGTH, length);
    promc__wire_end(out, begin);
}

static void wire_spans(promc__buffer *out, unsigned field, const promc__native_bucket *buckets,
                       size_t count)
{
    int64_t end = 0;
    size_t length;

    for (size_t i = 0; i < count; i += length) {
        for (length = 1; i + length < count &&
                         buckets[i + length].index == buckets[i + length - 1].index + 1;)
            length++;
        wire_span(out, field, buckets[i].index - end, length);
        end = (int64_t)buckets[i].index + (int64_t)length;
    }
}

/* Packed. Counts are compared modulo 2^64, as everywhere. */
static void wire_deltas(promc__buffer *out, unsigned field, const promc__native_bucket *buckets,
                        size_t count)
{
    size_t begin;
    uint64_t before = 0;

    if (!count)
        return;
    begin = promc__wire_begin(out, field);
    for (size_t i = 0; i < count; i++) {
        promc__wire_varint(out, promc__zigzag((int64_t)(buckets[i].count - before)));
        before = buckets[i].count;
    }
    promc__wire_end(out, begin);
}

void promc__wire_native(promc__buffer *out, unsigned schema_field, const promc__native_point *point)
{
    const promc__native_bucket *positive = point->sides[0].buckets;
    const promc__native_bucket *negative = point->sides[1].buckets;
    size_t positives = point->sides[0].count, negatives = point->sides[1].count;

    promc__wire_sint(out, schema_field, point->schema);
    promc__wire_double(out, schema_field + NATIVE_ZERO_THRESHOLD, point->zero_threshold);
    promc__wire_u64(out, schema_field + NATIVE_ZERO_COUNT, point->zero_count);
    wire_spans(out, schema_field + NEGATIVE_SPAN, negative, negatives);
    wire_deltas(out, schema_field + NEGATIVE_DELTA, negative, negatives);
    wire_spans(out, schema_field + POSITIVE_SPAN, positive, positives);
    wire_deltas(out, schema_field + POSITIVE_DELTA, positive, positives);
    /* A span with nothing in it says that this is a native histogram, where nothing else would. */
    if (point->zero_threshold == 0 && point->zero_count == 0 && !positives && !negatives)
        wire_span(out, schema_field + POSITIVE_SPAN, 0, 0);
}
