/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf messages. Labels: every length around the point where a length takes two bytes, with and
 * without characters that are stored escaped; written out here the plain way. Times: nanoseconds
 * are less than a second and count forward. */
#include "support.h"

#include <promc/promc.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_every_length),
        cmocka_unit_test(labels_with_escapes_of_every_length),
        cmocka_unit_test(times_of_every_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
