/* SPDX-License-Identifier: Apache-2.0 */
/* Labels in protobuf messages: every length around the point where a length takes two bytes, with and
 * without characters that are stored escaped; written out here the plain way. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_every_length),
        cmocka_unit_test(labels_with_escapes_of_every_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
