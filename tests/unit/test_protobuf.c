/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf messages. Labels: every length around the point where a length takes two bytes, with and
 * without characters that are stored escaped; written out here the plain way. Times: nanoseconds
 * are less than a second and count forward. */
#include "exposition/wire.h"
#include "support.h"

#include <promc/promc.h>

#include <math.h>

static size_t put_varint(unsigned char *at, size_t value)
{
    size_t size = 0;

    for (; value >= 0x80; value >>= 7)
        at[size++] = (unsigned char)(value | 0x80);
    at[size++] = (unsigned char)value;
    return size;
}

static size_t put_field(unsigned char *at, unsigned char tag, const void *data, size_t size)
{
    size_t head = 1;

    at[0] = tag;
    head += put_varint(at + head, size);
    memcpy(at + head, data, size);
    return head + size;
}

/* The LabelPair message as a field of a Metric (metrics.proto). */
static size_t put_label(unsigned char *at, const char *name, const char *value)
{
    unsigned char pair[1024];
    size_t size = put_field(pair, 0x0A, name, strlen(name));

    size += put_field(pair + size, 0x12, value, strlen(value));
    return put_field(at, 0x0A, pair, size);
}

struct exposed {
    unsigned char data[4096];
    size_t size;
};

static int keep(const void *data, size_t size, void *arg)
{
    struct exposed *exposed = arg;

    assert_true(size <= sizeof(exposed->data) - exposed->size);
    memcpy(exposed->data + exposed->size, data, size);
    exposed->size += size;
    return 0;
}

static bool contains(const struct exposed *exposed, const unsigned char *part, size_t size)
{
    for (size_t i = 0; i + size <= exposed->size; i++)
        if (memcmp(exposed->data + i, part, size) == 0)
            return true;
    return false;
}

static void check_values(const char *first, const char *second)
{
    promc_registry *registry = promc_registry_new();
    promc_gauge_family *family =
        promc_gauge_family_new("g", "", PROMC_LABELS("first", "second"), .registry = registry);
    struct exposed exposed = {.size = 0};
    unsigned char expected[2048];
    size_t size;

    promc_gauge_set(promc_gauge_labels(family, first, second), 1);
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, keep, &exposed), PROMC_OK);
    size = put_label(expected, "first", first);
    size += put_label(expected + size, "second", second);
    /* Gauge { value: 1 } */
    size += put_field(expected + size, 0x12, "\x09\0\0\0\0\0\0\xF0\x3F", 9);
    assert_true(contains(&exposed, expected, size));
    promc_registry_free(registry);
}

static void labels_of_every_length(void **state)
{
    char value[300];
    (void)state;

    for (size_t size = 0; size < sizeof(value); size++) {
        memset(value, 'v', size);
        value[size] = '\0';
        check_values(value, "");
        check_values("GET", value);
    }
}

static void labels_with_escapes_of_every_length(void **state)
{
    const char *const escaped[] = {"\\", "\"", "\n"};
    char value[160];
    (void)state;

    for (size_t size = 1; size < sizeof(value); size++) {
        memset(value, 'v', size);
        value[size] = '\0';
        for (size_t i = 0; i < 3; i++) {
            value[size * i / 3] = escaped[i][0];
            check_values(value, "a=\"b\",c=\"d\"");
        }
    }
}

/* Values of characters that surround others in a label text, look like them, or take several bytes.
 */
static void random_value(char *value, size_t size, unsigned *random)
{
    static const char *const parts[] = {"x",  "yz", "#",  "!",    "=",        ",",
                                        "]",  "[",  "=#", "\x7F", "\xC2\xA2", "\xE2\x98\x83",
                                        "\"", "\\", "\n"};
    const size_t count = sizeof(parts) / sizeof(parts[0]);

    *value = '\0';
    for (size_t used = 0; used + 4 < size; used += strlen(value + used)) {
        *random = *random * 1664525 + 1013904223;
        /* What is escaped is rare. */
        strcpy(value + used, parts[(*random >> 16) % ((*random >> 8) % 8 ? count - 3 : count)]);
    }
}

/* Labels begin and end at every distance from each other and from the end of the text. */
static void many_labels(void **state)
{
    static const char *const names[][2] = {{"a", "a"}, {"b.c", "b_c"},
                                           {"d", "d"}, {"d_and_longer", "d_and_longer"},
                                           {"e", "e"}, {"f", "f"}};
    enum { MOST = sizeof(names) / sizeof(names[0]) };
    char values[MOST][48];
    unsigned random = 1;
    (void)state;

    for (unsigned round = 0; round < 5000; round++) {
        promc_label labels[MOST + 1] = {{NULL, NULL}};
        struct exposed exposed = {.size = 0};
        unsigned char expected[1024];
        size_t size = 0, count = 0;
        promc_writer *writer = promc_writer_new(PROMC_FORMAT_PROTOBUF, keep, &exposed);
        promc_family *family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "g", "");

        for (size_t i = round % 3; i < MOST; i += 1 + (random >> 20) % 3) {
            random_value(values[i], 1 + (random >> 16) % sizeof(values[i]), &random);
            labels[count++] = (promc_label){names[i][0], values[i]};
            size += put_label(expected + size, names[i][1], values[i]);
        }
        size += put_field(expected + size, 0x12, "\x09\0\0\0\0\0\0\xF0\x3F", 9);
        promc_writer_double(writer, family, 1, labels);
        assert_int_equal(promc_writer_end(writer), PROMC_OK);
        assert_true(contains(&exposed, expected, size));
    }
}

/* Each length beside some that take more bytes, and some that take fewer. */
static void metrics_of_different_lengths(void **state)
{
    static const size_t sizes[] = {0, 200, 1, 110, 111, 112, 113, 0, 300, 250, 1};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    struct exposed exposed = {.size = 0};
    promc_writer *writer = promc_writer_new(PROMC_FORMAT_PROTOBUF, keep, &exposed);
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "g", "");
    unsigned char metric[512], expected[COUNT * sizeof(metric)];
    size_t size = 0, end;
    char value[301] = "";
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        memset(value, (int)('a' + i), sizes[i]);
        value[sizes[i]] = '\0';
        promc_writer_double(writer, family, 1, (promc_label[]){{"l", value}, {NULL, NULL}});
        end = put_label(metric, "l", value);
        end += put_field(metric + end, 0x12, "\x09\0\0\0\0\0\0\xF0\x3F", 9);
        size += put_field(expected + size, 0x22, metric, end);
    }
    assert_int_equal(promc_writer_end(writer), PROMC_OK);
    assert_true(contains(&exposed, expected, size));
}

/* A length that needs a byte more than was left for it, where there is no room for that. */
static void lengths_in_full_buffers(void **state)
{
    enum { SIZE = 200 };
    char data[SIZE] = "";
    (void)state;

    for (size_t limit = 2 + SIZE; limit < 5 + SIZE; limit++) {
        promc__buffer out = PROMC__BUFFER(limit);
        size_t begin = promc__wire_begin(&out, 1);

        promc__buffer_append(&out, data, SIZE);
        assert_int_equal(out.error, PROMC_OK);
        promc__wire_end(&out, begin);
        assert_int_equal(out.error, limit < 3 + SIZE ? PROMC_ERROR_LIMIT : PROMC_OK);
        assert_int_equal(out.size, limit < 3 + SIZE ? 2 + SIZE : 3 + SIZE);
        promc__buffer_free(&out);
    }
}

/* Bounds are 0, 1, 2, ..., as are the counts, which are multiplied. */
static size_t put_histogram(unsigned char *at, size_t buckets, uint64_t factor)
{
    unsigned char histogram[1024] = {0x08}, bucket[32];
    uint64_t count = 0;
    size_t size, end;

    for (size_t i = 0; i < buckets; i++)
        count += i * factor;
    size = 1 + put_varint(histogram + 1, (size_t)count);
    memcpy(histogram + size, "\x11\0\0\0\0\0\0\0\0", 9);
    size += 9;
    count = 0;
    for (size_t i = 0; i < buckets; i++) {
        double bound = i + 1 < buckets ? (double)i : (double)INFINITY;
        uint64_t bits;

        count += i * factor;
        bucket[0] = 0x08;
        end = 1 + put_varint(bucket + 1, (size_t)count);
        bucket[end++] = 0x11;
        memcpy(&bits, &bound, sizeof(bits));
        for (size_t byte = 0; byte < 8; byte++)
            bucket[end++] = (unsigned char)(bits >> 8 * byte);
        size += put_field(histogram + size, 0x1A, bucket, end);
    }
    return put_field(at, 0x3A, histogram, size);
}

static void histograms_of_different_lengths(void **state)
{
    static const struct {
        size_t buckets, factor;
    } all[] = {{1, 1},      {30, 1}, {1, 1},        {9, 1}, {10, 1},
               {9, 100000}, {9, 1},  {30, 5000000}, {2, 1}};
    enum { COUNT = sizeof(all) / sizeof(all[0]) };
    struct exposed exposed = {.size = 0};
    promc_writer *writer = promc_writer_new(PROMC_FORMAT_PROTOBUF, keep, &exposed);
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_HISTOGRAM, "h", "");
    unsigned char metric[1100], expected[4096];
    size_t size = 0;
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        char label[2] = {(char)('a' + i), '\0'};
        double bounds[30];
        uint64_t counts[30];
        size_t end;

        for (size_t b = 0; b < all[i].buckets; b++) {
            bounds[b] = b + 1 < all[i].buckets ? (double)b : (double)INFINITY;
            counts[b] = b * all[i].factor;
        }
        promc_writer_histogram(writer, family,
                               &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                                        .bounds = bounds,
                                                        .counts = counts,
                                                        .count = all[i].buckets},
                               (promc_label[]){{"l", label}, {NULL, NULL}});
        end = put_label(metric, "l", label);
        end += put_histogram(metric + end, all[i].buckets, all[i].factor);
        size += put_field(expected + size, 0x22, metric, end);
    }
    assert_int_equal(promc_writer_end(writer), PROMC_OK);
    assert_true(contains(&exposed, expected, size));
}

static void check_created(double created, const char *time, size_t size)
{
    struct exposed exposed = {.size = 0};
    promc_writer *writer = promc_writer_new(PROMC_FORMAT_PROTOBUF, keep, &exposed);
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_COUNTER, "c", "");
    unsigned char expected[64];

    promc_writer_set_created(writer, created);
    promc_writer_double(writer, family, 1, NULL);
    assert_int_equal(promc_writer_end(writer), PROMC_OK);
    /* The field of Counter that is a Timestamp. */
    assert_true(contains(&exposed, expected, put_field(expected, 0x1A, time, size)));
}

static void times_of_every_sign(void **state)
{
    static const char second_before[] = "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
                                        "\x10\x80\xE5\x9A\x77"; /* 250000000 */
    static const char just_before[] = "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
                                      "\x10\xFF\x93\xEB\xDC\x03"; /* 999999999 */
    (void)state;

    promc_enable_created_series();
    check_created(1.5, "\x08\x01\x10\x80\xCA\xB5\xEE\x01", 8);
    check_created(-0.75, second_before, sizeof(second_before) - 1);
    check_created(-1e-20, just_before, sizeof(just_before) - 1);
}

/* A counter with an exemplar tells when it was created only if that is wanted. */
static void created_beside_an_exemplar(void **state)
{
    promc_registry *registry = promc_registry_new();
    promc_counter *counter = promc_counter_new("c", "", .registry = registry);
    struct exposed with = {.size = 0}, without = {.size = 0};
    (void)state;

    promc_counter_add_exemplar(counter, 1, PROMC_PAIRS({"id", "x"}));
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, keep, &with), PROMC_OK);
    promc_disable_created_series();
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, keep, &without), PROMC_OK);
    promc_enable_created_series();
    assert_true(with.size >= without.size + 8); /* a tag, a length, seconds of this century */
    assert_true(contains(&without, (const unsigned char *)"\x0A\x02id\x12\x01x", 7));
    promc_registry_free(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_every_length),
        cmocka_unit_test(labels_with_escapes_of_every_length),
        cmocka_unit_test(many_labels),
        cmocka_unit_test(metrics_of_different_lengths),
        cmocka_unit_test(lengths_in_full_buffers),
        cmocka_unit_test(histograms_of_different_lengths),
        cmocka_unit_test(times_of_every_sign),
        cmocka_unit_test(created_beside_an_exemplar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
