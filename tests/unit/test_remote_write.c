/* SPDX-License-Identifier: Apache-2.0 */
/* Snappy against a decoder written from the format's description, and the shape of write requests.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "delivery/snappy.h"
#include "delivery/write_request.h"
#include "refusing.h"

/* ---- snappy ---------------------------------------------------------------------------------- */

static size_t varint(const unsigned char **at)
{
    size_t value = 0;

    for (int shift = 0;; shift += 7) {
        unsigned char byte = *(*at)++;

        value |= (size_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return value;
    }
}

/* Asserts that `data` is a well-formed block that decodes to `expected`. */
static void decodes_to(const promc__buffer *data, const unsigned char *expected, size_t size)
{
    const unsigned char *at = (const unsigned char *)data->data, *end = at + data->size;
    unsigned char *out = test_malloc(size + 1);
    size_t done = 0;

    assert_int_equal(varint(&at), size);
    while (at < end) {
        unsigned tag = *at++;
        size_t length, offset;

        if ((tag & 3) == 0) {
            length = tag >> 2;
            if (length == 60)
                length = *at++;
            else if (length == 61) {
                length = (size_t)at[0] | (size_t)at[1] << 8;
                at += 2;
            }
            length++;
            assert_true(length <= (size_t)(end - at) && length <= size - done);
            memcpy(out + done, at, length);
            at += length;
            done += length;
            continue;
        }
        assert_int_not_equal(tag & 3, 3);
        if ((tag & 3) == 1) {
            length = 4 + (tag >> 2 & 7);
            offset = (size_t)(tag >> 5) << 8 | *at++;
        } else {
            length = 1 + (tag >> 2);
            offset = (size_t)at[0] | (size_t)at[1] << 8;
            at += 2;
        }
        assert_true(offset > 0 && offset <= done && length <= size - done);
        for (; length; length--, done++)
            out[done] = out[done - offset];
    }
    assert_ptr_equal(at, end);
    assert_int_equal(done, size);
    if (size)
        assert_memory_equal(out, expected, size);
    test_free(out);
}

static size_t round_trip(const void *data, size_t size)
{
    promc__buffer out = PROMC__BUFFER(0);
    size_t compressed;

    promc__snappy(&out, data, size);
    assert_int_equal(out.error, PROMC_OK);
    compressed = out.size;
    decodes_to(&out, data, size);
    assert_true(compressed <= 32 + size + size / 6); /* the bound of the original library */
    promc__buffer_free(&out);
    return compressed;
}

static void snappy_of_everything(void **state)
{
    enum { SIZE = 300000 };
    unsigned char *data = test_malloc(SIZE);
    unsigned seed = 1;
    (void)state;

    round_trip("", 0);
    memset(data, 'a', SIZE);
    for (size_t size = 1; size < 300; size++)
        round_trip(data, size);
    assert_true(round_trip(data, SIZE) < SIZE / 15);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
    for (size_t size = 1; size < 300; size++)
        round_trip(data, size);
    for (size_t size = 65530; size < 65545; size++)
        round_trip(data, size);
    round_trip(data, SIZE);
    for (size_t i = 0; i < SIZE; i++) /* few symbols, matches of every length and distance */
        data[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 30);
    for (size_t size = 1; size < 2000; size += 7)
        round_trip(data, size);
    round_trip(data, SIZE);
    test_free(data);
}

/* ---- write requests -------------------------------------------------------------------------- */

/* Every length-delimited field of a message must be exactly filled; counts fields of one number. */
static size_t count_fields(const unsigned char *at, size_t size, unsigned wanted)
{
    const unsigned char *end = at + size;
    size_t count = 0;

    while (at < end) {
        size_t tag = varint(&at), length;

        count += tag >> 3 == wanted;
        switch (tag & 7) {
        case 0:
            varint(&at);
            break;
        case 1:
            at += 8;
            break;
        case 2:
            length = varint(&at);
            at += length;
            break;
        default:
            fail();
        }
        assert_true(at <= end);
    }
    return count;
}

static bool contains_bytes(const promc__buffer *buffer, const char *text, size_t size)
{
    for (size_t i = 0; i + size <= buffer->size; i++) {
        if (memcmp(buffer->data + i, text, size) == 0)
            return true;
    }
    return false;
}

static bool contains(const promc__buffer *buffer, const char *text)
{
    return contains_bytes(buffer, text, strlen(text));
}

static void requests_are_cut_at_samples(void **state)
{
    promc_registry *registry = promc_registry_new();
    promc_gauge_family *family =
        promc_gauge_family_new("some.gauge", "Help.", PROMC_LABELS("Z", "a"), .registry = registry);
    static const char in_order[] = "\n\x08\n\x01Z\x12\x03q\"7"
                                   "\n\x16\n\x08__name__\x12\nsome_gauge"
                                   "\n\x06\n\x01"
                                   "a\x12\x01"
                                   "b"
                                   "\n\x08\n\x03job\x12\x01j";
    const promc__write_settings settings = {
        .external = PROMC_PAIRS({"job", "j"}, {"a", "mine"}), .now_ms = 1234, .samples_each = 10};
    promc__write_requests requests;
    size_t begin = 0, series = 0;
    (void)state;

    for (int i = 0; i < 25; i++) {
        char value[16];

        snprintf(value, sizeof(value), "q\"%d", i);
        promc_gauge_set(promc_gauge_labels(family, value, "b"), i);
    }
    assert_int_equal(promc__write_requests_fill(&requests, registry, &settings), PROMC_OK);
    assert_int_equal(requests.count, 3);
    for (size_t i = 0; i < requests.count; i++) {
        size_t here =
            count_fields((unsigned char *)requests.data.data + begin, requests.ends[i] - begin, 1);

        assert_int_equal(here, i < 2 ? 10 : 5);
        series += here;
        begin = requests.ends[i];
    }
    assert_int_equal(series, 25);
    /* Sorted by bytes: Z, __name__, a, job; quotes as they are; the series' own label wins. */
    assert_true(contains_bytes(&requests.data, in_order, sizeof(in_order) - 1));
    assert_true(contains(&requests.data, "q\"7"));
    assert_false(contains(&requests.data, "mine"));
    promc__write_requests_free(&requests);
    promc_registry_free(registry);
}

/* The `number`-th field of a message that is itself one. */
static size_t field_of(const unsigned char **at, const unsigned char *end, unsigned number)
{
    while (*at < end) {
        size_t tag = varint(at), length;

        if ((tag & 7) == 2) {
            length = varint(at);
            if (tag >> 3 == number)
                return length;
            *at += length;
        } else if ((tag & 7) == 1) {
            *at += 8;
        } else {
            varint(at);
        }
    }
    return 0;
}

static promc__write_requests filled;

static void fill(promc_registry *registry, bool native, size_t samples_each)
{
    const promc__write_settings settings = {
        .now_ms = 1234, .samples_each = samples_each, .native = native};

    assert_int_equal(promc__write_requests_fill(&filled, registry, &settings), PROMC_OK);
}

/* How many series have a field of that number: 2 samples, 4 native histograms. */
static size_t series_with(unsigned number)
{
    const unsigned char *at = (unsigned char *)filled.data.data, *end = at + filled.data.size;
    size_t count = 0, size;

    while ((size = field_of(&at, end, 1)) > 0) {
        count += count_fields(at, size, number) > 0;
        at += size;
    }
    return count;
}

/* The fields of the first native histogram: its count, its bytes. */
static const unsigned char *native_histogram(size_t *size)
{
    const unsigned char *at = (unsigned char *)filled.data.data, *end = at + filled.data.size, *in;
    size_t series;

    for (; (series = field_of(&at, end, 1)) > 0; at += series) {
        in = at;
        *size = field_of(&in, at + series, 4);
        if (*size)
            return in;
    }
    fail();
    return NULL;
}

static void native_histograms_are_series(void **state)
{
    promc_registry *registry = promc_registry_new();
    promc_histogram *h =
        promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(0));
    promc_histogram *both = promc_histogram_new("both", "", .registry = registry,
                                                .native_schema = PROMC_SCHEMA(0),
                                                .buckets = PROMC_BUCKETS(1));
    promc_gauge_histogram *queue;
    const unsigned char *histogram;
    size_t size;
    (void)state;

    promc_disable_created_series();
    for (int i = 0; i < 5; i++)
        promc_histogram_observe(h, i);
    promc_histogram_observe(both, 1);
    fill(registry, false, 100);
    assert_int_equal(series_with(4), 0);
    /* Without buckets of their own +Inf is the only one: _bucket, _count, _sum; and 1 more. */
    assert_int_equal(series_with(2), 3 + 4);
    promc__write_requests_free(&filled);
    fill(registry, true, 100);
    assert_int_equal(series_with(4), 2);
    assert_int_equal(series_with(2), 4); /* the classic one */
    histogram = native_histogram(&size);
    assert_int_equal(histogram[0], 1 << 3); /* count: 5 */
    assert_int_equal(histogram[1], 5);
    assert_int_equal(count_fields(histogram, size, 14), 0); /* no reset hint */
    promc__write_requests_free(&filled);
    promc_registry_free(registry);

    registry = promc_registry_new();
    queue = promc_gauge_histogram_new("q", "", .registry = registry,
                                      .native_schema = PROMC_SCHEMA(0));
    promc_gauge_histogram_observe(queue, 3);
    fill(registry, true, 1);
    assert_int_equal(filled.count, 1);
    histogram = native_histogram(&size);
    assert_int_equal(count_fields(histogram, size, 14), 1); /* it may go down */
    promc__write_requests_free(&filled);
    promc_registry_free(registry);
    promc_enable_created_series();
}

static int collect_odd_samples(promc_writer *writer, void *arg)
{
    static const char *const names[] = {"l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9",
                                        "la", "lb", "lc", "ld", "le1", "lf", "lg", "lh", "l"};
    promc_label labels[20] = {{NULL, NULL}};
    promc_family *f = promc_writer_family(writer, PROMC_TYPE_GAUGE, "odd", "");
    (void)arg;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        labels[i] = (promc_label){names[i], "\\"};
    promc_writer_u64(writer, f, 1, labels);
    promc_writer_i64(writer, f, -1, PROMC_PAIRS({"ab", "1"}, {"a", "2"}));
    promc_writer_set_timestamp(writer, 7.5);
    promc_writer_double(writer, f, 2, PROMC_PAIRS({"at", "7.5"}));
    promc_writer_set_timestamp(writer, 1e300);
    promc_writer_double(writer, f, 3, PROMC_PAIRS({"at", "never"}));
    return 0;
}

/* Integers, times, more labels than is usual, names that begin others. */
static void samples_of_collectors(void **state)
{
    static const char time_7500[] = "\x10\xCC\x3A", now[] = "\x10\xD2\x09";
    static const char sorted[] = "\n\x06\n\x01" "a\x12\x01" "2\n\x07\n\x02" "ab\x12\x01" "1";
    promc_registry *registry = promc_registry_new();
    const promc_collector collector = {.collect = collect_odd_samples};
    (void)state;

    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    fill(registry, false, 2);
    assert_int_equal(filled.count, 2); /* none is begun that stays empty */
    assert_int_equal(series_with(2), 4);
    assert_true(contains_bytes(&filled.data, sorted, sizeof(sorted) - 1));
    assert_true(contains_bytes(&filled.data, time_7500, sizeof(time_7500) - 1));
    assert_true(contains_bytes(&filled.data, now, sizeof(now) - 1));
    assert_true(contains(&filled.data, "\n\x02lh\x12\x01\\"));
    promc__write_requests_free(&filled);
    promc_registry_free(registry);
}

static int fill_many(void *registry)
{
    const promc__write_settings settings = {.now_ms = 1234, .samples_each = 1};
    int status = promc__write_requests_fill(&filled, registry, &settings);

    if (status == PROMC_OK)
        assert_int_equal(filled.count, 25);
    promc__write_requests_free(&filled);
    return status;
}

static int fill_native(void *registry)
{
    const promc__write_settings settings = {.now_ms = 1, .samples_each = 1, .native = true};
    int status = promc__write_requests_fill(&filled, registry, &settings);

    promc__write_requests_free(&filled);
    return status;
}

static void memory_is_refused(void **state)
{
    promc_registry *registry = promc_registry_new();
    promc_gauge_family *family =
        promc_gauge_family_new("g", "", PROMC_LABELS("l"), .registry = registry);
    char value[16];
    (void)state;

    for (int i = 0; i < 25; i++) {
        snprintf(value, sizeof(value), "%d", i);
        promc_gauge_set(promc_gauge_labels(family, value), i);
    }
    assert_true(refuse_every_allocation(fill_many, registry, false) > 5);
    promc_registry_free(registry);
    registry = promc_registry_new();
    promc_histogram_observe(
        promc_histogram_new("h", "", .registry = registry, .native_factor = 2), 1);
    assert_true(refuse_every_allocation(fill_native, registry, false) > 3);
    promc_registry_free(registry);
    registry = promc_registry_new();
    fill(registry, false, 1);
    assert_int_equal(filled.count, 0);
    promc__write_requests_free(&filled);
    promc_registry_free(registry);
}

/* Those that are told apart in the registry, and would be the same name in a request. */
static void labels_of_the_same_escaped_name(void **state)
{
    static const char labels[] = "\n\x10\n\x09U__a_2e_b\x12\x03own"
                                 "\n\x10\n\x09U__c_2e_d\x12\x03one"
                                 "\n\x0D\n\x08__name__\x12\x01g"
                                 "\n\x08\n\x03"
                                 "a_b\x12\x01"
                                 "2\n\x0C\n\x03"
                                 "c_d\x12\x05other\x12";
    const promc__write_settings settings = {
        .external = PROMC_PAIRS({"a.b", "1"}, {"a_b", "2"}, {"c.d", "one"}, {"c_d", "other"}),
        .now_ms = 1234,
        .samples_each = 10};
    promc_registry *registry = promc_registry_new();
    promc_gauge_family *family =
        promc_gauge_family_new("g", "", PROMC_LABELS("a.b"), .registry = registry);
    promc__write_requests requests;
    (void)state;

    (void)promc_gauge_labels(family, "own");
    assert_int_equal(promc__write_requests_fill(&requests, registry, &settings), PROMC_OK);
    assert_true(contains_bytes(&requests.data, labels, sizeof(labels) - 1));
    promc__write_requests_free(&requests);
    promc_registry_free(registry);
}

/* An empty value is no label, so there is none that would keep the pushed one away. */
static void empty_values_are_not_sent(void **state)
{
    static const char labels[] = "\n\x0D\n\x08__name__\x12\x01g"
                                 "\n\x06\n\x01"
                                 "b\x12\x01x\x12";
    const promc__write_settings settings = {
        .external = PROMC_PAIRS({"b", "x"}, {"c", ""}), .now_ms = 1234, .samples_each = 10};
    promc_registry *registry = promc_registry_new();
    promc_gauge_family *family =
        promc_gauge_family_new("g", "", PROMC_LABELS("a", "b"), .registry = registry);
    promc__write_requests requests;
    (void)state;

    (void)promc_gauge_labels(family, "", "");
    assert_int_equal(promc__write_requests_fill(&requests, registry, &settings), PROMC_OK);
    assert_true(contains_bytes(&requests.data, labels, sizeof(labels) - 1));
    promc__write_requests_free(&requests);
    promc_registry_free(registry);
}

/* Where more has left than came, samples say so; a native histogram, whose counts have no sign, takes
 * that bucket as empty, and counts what is in the others. */
static void counts_below_zero(void **state)
{
    static const char minus_one[] = "\x09\0\0\0\0\0\0\xF0\xBF";
    static const char native[] = "\x08\x01\x19\0\0\0\0\0\0\x0C@"; /* count, sum */
    promc_registry *registry = promc_registry_new();
    promc_gauge_histogram *g = promc_gauge_histogram_new(
        "g", "", .registry = registry, .native_factor = 2, .buckets = PROMC_BUCKETS(2, 10));
    promc__write_settings settings = {.now_ms = 1234, .samples_each = 10};
    promc__write_requests requests;
    (void)state;

    promc_gauge_histogram_observe(g, 5);
    promc_gauge_histogram_forget(g, 1.5);
    for (int round = 0; round < 2; round++) {
        settings.native = round == 1;
        assert_int_equal(promc__write_requests_fill(&requests, registry, &settings), PROMC_OK);
        assert_int_equal(
            count_fields((unsigned char *)requests.data.data, requests.data.size, 1), 5 + round);
        assert_true(contains_bytes(&requests.data, minus_one, sizeof(minus_one) - 1));
        assert_true(contains_bytes(&requests.data, native, sizeof(native) - 1) == settings.native);
        promc__write_requests_free(&requests);
    }
    promc_registry_free(registry);
}

static void wrong_options(void **state)
{
    (void)state;
    assert_int_equal(promc_remote_write(NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_remote_write("https://localhost/"), PROMC_ERROR_UNSUPPORTED);
    assert_int_equal(promc_remote_write("http://localhost:1/", .labels = PROMC_PAIRS({"", "x"})),
                     PROMC_ERROR_LABELS);
    assert_null(promc_remote_write_start("::::"));
    assert_int_equal(promc_remote_write_once(NULL), PROMC_ERROR_ARGUMENT);
    assert_null(promc_remote_write_start("http://localhost:1/", .interval = -1));
}

static void no_answer_is_status_0(void **state)
{
    int status = 77;

    (void)state;
    assert_int_equal(promc_remote_write("nonsense", .status = &status), PROMC_ERROR_ARGUMENT);
    assert_int_equal(status, 0);
    status = 77;
    assert_int_equal(promc_remote_write("https://localhost/", .status = &status),
                     PROMC_ERROR_UNSUPPORTED);
    assert_int_equal(status, 0);
    status = 77;
    assert_int_equal(promc_remote_write("http://localhost:1/", .status = &status,
                                        .labels = PROMC_PAIRS({"", "x"})),
                     PROMC_ERROR_LABELS);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snappy_of_everything),
        cmocka_unit_test(requests_are_cut_at_samples),
        cmocka_unit_test(native_histograms_are_series),
        cmocka_unit_test(samples_of_collectors),
        cmocka_unit_test(memory_is_refused),
        cmocka_unit_test(labels_of_the_same_escaped_name),
        cmocka_unit_test(empty_values_are_not_sent),
        cmocka_unit_test(counts_below_zero),
        cmocka_unit_test(wrong_options),
        cmocka_unit_test(no_answer_is_status_0),
    };

    return cmocka_run_group_tests(tests, count_memory, NULL);
}
