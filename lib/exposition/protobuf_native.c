/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/protobuf_native.h"

#include "exposition/wire.h"

enum { NATIVE_SCHEMA = 5, NATIVE_ZERO_THRESHOLD, NATIVE_ZERO_COUNT };
enum { NEGATIVE_SPAN = 9, NEGATIVE_DELTA, POSITIVE_SPAN = 12, POSITIVE_DELTA };
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

void promc__wire_native(promc__buffer *out, const promc__native_point *point)
{
    promc__wire_sint(out, NATIVE_SCHEMA, point->schema);
    promc__wire_double(out, NATIVE_ZERO_THRESHOLD, point->zero_threshold);
    promc__wire_u64(out, NATIVE_ZERO_COUNT, point->zero_count);
    wire_spans(out, NEGATIVE_SPAN, point->sides[1].buckets, point->sides[1].count);
    wire_deltas(out, NEGATIVE_DELTA, point->sides[1].buckets, point->sides[1].count);
    wire_spans(out, POSITIVE_SPAN, point->sides[0].buckets, point->sides[0].count);
    wire_deltas(out, POSITIVE_DELTA, point->sides[0].buckets, point->sides[0].count);
    /* A span with nothing in it says that this is a native histogram, where nothing else would. */
    if (point->zero_threshold == 0 && point->zero_count == 0 && !point->sides[0].count &&
        !point->sides[1].count)
        wire_span(out, POSITIVE_SPAN, 0, 0);
}
