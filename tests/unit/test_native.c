/* SPDX-License-Identifier: Apache-2.0 */
/* Native histograms: options, buckets, growth, limits, and what is exposed. */
#include "native_support.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

static promc_registry *registry;
static struct seen seen;

static int begin(void **state)
{
    (void)state;
    script_clocks();
    promc_disable_created_series();
    registry = promc_registry_new();
    return registry ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    promc_enable_created_series();
    return 0;
}

static promc_histogram *new_native(int schema)
{
    return promc_histogram_new("h", "Help.", .registry = registry, .native_schema = schema + 64);
}

/* ---- options --------------------------------------------------------------------------------- */

static int schema_of(double factor)
{
    promc_histogram *h =
        promc_histogram_new("h", "", .registry = registry, .native_factor = factor);
    int schema;

    assert_non_null(h);
    look(h, &seen);
    schema = seen.native.schema;
    promc_histogram_free(h);
    return schema;
}

static void a_factor_chooses_the_schema(void **state)
{
    (void)state;
    assert_int_equal(schema_of(INFINITY), -4);
    assert_int_equal(schema_of(65536), -4);
    assert_int_equal(schema_of(256), -3);
    assert_int_equal(schema_of(4), -1);
    assert_int_equal(schema_of(2), 0);
    assert_int_equal(schema_of(1.1), 3);
    assert_int_equal(schema_of(1.005), 8);
    assert_int_equal(schema_of(nextafter(1, 2)), 8);
}

static void a_schema_may_be_given_and_be_zero(void **state)
{
    (void)state;
    for (int schema = -4; schema <= 8; schema++) {
        promc_histogram *h = new_native(schema);

        look(h, &seen);
        assert_int_equal(seen.native.schema, schema);
        promc_histogram_free(h);
    }
}

#define REFUSED(piece, ...)                                                                        \
    do {                                                                                           \
        assert_null(promc_histogram_new("h", "", .registry = registry, __VA_ARGS__));              \
        assert_last_error(PROMC_ERROR_ARGUMENT, "h");                                              \
        assert_last_error(PROMC_ERROR_ARGUMENT, piece);                                            \
        assert_int_equal(promc_registry_first_error(registry, NULL), PROMC_ERROR_ARGUMENT);        \
        promc_registry_clear_error(registry);                                                      \
    } while (0)

static void options_that_make_no_sense(void **state)
{
    (void)state;
    REFUSED("> 1", .native_factor = 1);
    REFUSED("> 1", .native_factor = -2);
    REFUSED("> 1", .native_factor = NAN);
    REFUSED("PROMC_SCHEMA", .native_schema = 3);
    REFUSED("PROMC_SCHEMA", .native_schema = PROMC_SCHEMA(9));
    REFUSED("PROMC_SCHEMA", .native_schema = PROMC_SCHEMA(-5));
    REFUSED("not both", .native_schema = PROMC_SCHEMA(1), .native_factor = 2);
    REFUSED("zero_threshold", .native_factor = 2, .native_zero_threshold = NAN);
    REFUSED("zero_threshold", .native_factor = 2, .native_zero_threshold = INFINITY);
    REFUSED("max_zero_threshold", .native_factor = 2, .native_max_zero_threshold = -1);
    REFUSED("max_zero_threshold", .native_factor = 2, .native_max_zero_threshold = NAN);
    REFUSED("max_zero_threshold", .native_factor = 2, .native_max_zero_threshold = INFINITY);
    REFUSED("reset_seconds", .native_factor = 2, .native_reset_seconds = -1);
    REFUSED("reset_seconds", .native_factor = 2, .native_reset_seconds = NAN);
    /* Also where there is no native histogram. */
    REFUSED("zero_threshold", .native_zero_threshold = NAN);
    REFUSED("max_zero_threshold", .native_max_zero_threshold = -1);
    REFUSED("reset_seconds", .native_reset_seconds = -1);
    REFUSED("sorted", .native_factor = 2, .buckets = PROMC_BUCKETS(2, 1));
}

/* A program that was compiled before there were native histograms. */
static void shorter_options(void **state)
{
    promc_histogram_opts options = {.size = offsetof(promc_histogram_opts, native_factor),
                                    .name = "h",
                                    .registry = registry,
                                    .native_factor = -1};
    (void)state;

    assert_non_null(promc_histogram_create(&options));
    assert_true(exposes(registry, "le=\"0.005\""));
}

static void zero_thresholds(void **state)
{
    static const double given[] = {0, -1, 0.5}, expected[] = {0x1p-128, 0, 0.5};

    (void)state;
    for (size_t i = 0; i < COUNT(given); i++) {
        promc_histogram *h = promc_histogram_new("h", "", .registry = registry, .native_factor = 2,
                                                 .native_zero_threshold = given[i]);

        promc_histogram_observe(h, 0);
        promc_histogram_observe(h, -0.0);
        promc_histogram_observe(h, expected[i]);
        promc_histogram_observe(h, -expected[i]);
        promc_histogram_observe(h, nextafter(expected[i], 1));
        promc_histogram_observe(h, nextafter(-expected[i], -1));
        look(h, &seen);
        assert_number(seen.native.zero_threshold, expected[i]);
        assert_int_equal(seen.native.zero_count, 4);
        assert_int_equal(seen.native.sides[0].count, 1);
        assert_int_equal(seen.native.sides[1].count, 1);
        assert_int_equal(seen.count, 6);
        promc_histogram_free(h);
    }
}

/* ---- buckets --------------------------------------------------------------------------------- */

static void values_fall_into_their_buckets(void **state)
{
    static const struct {
        int schema;
        double value;
        int32_t index;
    } cases[] = {
        {0, 1, 0},       {0, 1.0001, 1},  {0, 2, 1},       {0, 2.1, 2},     {-1, 4, 1},
        {-1, 4.1, 2},    {3, 1, 0},       {3, 1.05, 1},    {3, 1.1, 2},     {3, 0.5, -8},
        {3, 0.001, -79}, {8, 1, 0},       {8, DBL_MAX, 262144}, {8, INFINITY, 262145},
        {-4, DBL_MAX, 64}, {-4, INFINITY, 65}, {0, DBL_MIN, -1022}, {-4, 1e-30, -6},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_histogram *h = new_native(cases[i].schema);

        promc_histogram_observe(h, cases[i].value);
        promc_histogram_observe(h, -cases[i].value);
        promc_histogram_observe(h, -cases[i].value);
        look(h, &seen);
        if (fabs(cases[i].value) < 0x1p-128) {
            assert_int_equal(seen.native.zero_count, 3);
        } else {
            assert_int_equal(seen_bucket(&seen, 0, cases[i].index), 1);
            assert_int_equal(seen_bucket(&seen, 1, cases[i].index), 2);
        }
        assert_int_equal(seen.total, 3);
        assert_int_equal(seen.count, 3);
        promc_histogram_free(h);
    }
}

static void nan_has_no_bucket(void **state)
{
    promc_histogram *h = new_native(3);
    (void)state;

    promc_histogram_observe(h, 1);
    promc_histogram_observe(h, NAN);
    promc_histogram_observe(h, -NAN);
    look(h, &seen);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.total, 1);
    assert_number(seen.sum, NAN);
}

/* Every bucket of a wide range, in a wild order; counts and sum are exact at every moment. */
static void buckets_come_where_they_are_needed(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry,
                                             .native_schema = PROMC_SCHEMA(3),
                                             .native_max_buckets = SIZE_MAX);
    uint64_t counts[2][400] = {{0}};
    double sum = 0;
    uint32_t random = 1;
    (void)state;

    for (uint64_t n = 1; n <= 20000; n++) {
        int index, side;
        double value;

        random = random * 1664525 + 1013904223;
        side = (int)(random >> 31);
        index = (int)((random >> 8) % 400);
        value = promc__native_bound(index - 200, 3);
        promc_histogram_observe(h, side ? -value : value);
        counts[side][index]++;
        sum += side ? -value : value;
        if (n % 1000 == 0 || n < 20) {
            look(h, &seen);
            assert_int_equal(seen.count, n);
            assert_int_equal(seen.total, n);
            assert_true(fabs(seen.sum - sum) <= 1e-6 * fabs(sum) + 1e-3);
            for (int i = 0; i < 400; i++) {
                assert_int_equal(seen_bucket(&seen, 0, i - 200), counts[0][i]);
                assert_int_equal(seen_bucket(&seen, 1, i - 200), counts[1][i]);
            }
        }
    }
    assert_int_equal(seen.native.schema, 3);
}

/* Values all over the place cost cells only where they are. */
static void outliers_leave_the_resolution(void **state)
{
    promc_histogram *h = new_native(8);
    const promc__layout *layout;
    (void)state;

    for (int i = 0; i < 100; i++)
        promc_histogram_observe(h, 1 + i / 1000.0);
    promc_histogram_observe(h, 1e-30);
    promc_histogram_observe(h, 1e300);
    promc_histogram_observe(h, INFINITY);
    promc_histogram_observe(h, -INFINITY);
    look(h, &seen);
    assert_int_equal(seen.native.schema, 8);
    assert_int_equal(seen.total, 104);
    layout = atomic_load(promc__native_layout((promc__child *)h));
    assert_true(layout->cells < 400);
}

static void classic_buckets_beside_native_ones(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "Help.", .registry = registry,
                                             .native_factor = 1.1, .buckets = PROMC_BUCKETS(1, 2));
    (void)state;

    promc_histogram_observe(h, 0.5);
    promc_histogram_observe(h, 1);
    promc_histogram_observe(h, 1.5);
    promc_histogram_observe(h, 9);
    promc_histogram_observe(h, 1e9);
    assert_exposed(registry, "# HELP h Help.\n# TYPE h histogram\n"
                             "h_bucket{le=\"1.0\"} 2.0\nh_bucket{le=\"2.0\"} 3.0\n"
                             "h_bucket{le=\"+Inf\"} 5.0\nh_count 5.0\nh_sum 1.000000012e+09\n");
    look(h, &seen);
    assert_int_equal(seen.classic_count, 3);
    assert_int_equal(seen.classic[0], 2);
    assert_int_equal(seen.classic[1], 1);
    assert_int_equal(seen.classic[2], 2);
    assert_int_equal(seen.total, 5);
}

static void other_formats_show_what_they_can(void **state)
{
    promc_histogram *h = new_native(3);
    (void)state;

    promc_histogram_observe(h, 2.5);
    promc_histogram_observe(h, -1);
    assert_exposed(registry, "# HELP h Help.\n# TYPE h histogram\n"
                             "h_bucket{le=\"+Inf\"} 2.0\nh_count 2.0\nh_sum 1.5\n");
}

/* ---- the limit ------------------------------------------------------------------------------- */

static void the_resolution_is_halved(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry,
                                             .native_schema = PROMC_SCHEMA(3),
                                             .native_max_buckets = 10);
    (void)state;

    for (int i = 0; i < 16; i++) {
        promc_histogram_observe(h, promc__native_bound(i + 1, 3));
        promc_histogram_observe(h, -promc__native_bound(1, 3));
    }
    look(h, &seen);
    assert_int_equal(seen.native.schema, 2);
    assert_int_equal(seen.native.sides[0].count, 8);
    for (int i = 1; i <= 8; i++)
        assert_int_equal(seen_bucket(&seen, 0, i), 2);
    assert_int_equal(seen_bucket(&seen, 1, 1), 16);
    promc_histogram_observe(h, promc__native_bound(20, 2)); /* two more */
    promc_histogram_observe(h, promc__native_bound(21, 2));
    look(h, &seen);
    assert_int_equal(seen.native.schema, 1);
    assert_int_equal(seen.native.sides[0].count, 6);
    assert_int_equal(seen.total, 34);
    assert_int_equal(seen.count, 34);
    assert_number(seen.native.zero_threshold, 0x1p-128);
}

static void the_coarsest_resolution_is_the_end(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry, .native_factor = 2,
                                             .native_max_buckets = 1);
    (void)state;

    promc_histogram_observe(h, 1);
    promc_histogram_observe(h, 1e9);
    promc_histogram_observe(h, 1e18);
    look(h, &seen);
    assert_int_equal(seen.native.schema, -4);
    assert_int_equal(seen.native.sides[0].count, 3);
    assert_int_equal(seen.total, 3);
}

/* What was widened to keep the limit is narrow again when it begins anew. */
static void the_zero_bucket_begins_anew(void **state)
{
    promc_histogram *h = promc_histogram_new(
        "h", "", .registry = registry, .native_schema = PROMC_SCHEMA(0), .native_max_buckets = 4,
        .native_max_zero_threshold = 4, .native_reset_seconds = 60);
    (void)state;

    for (int i = 1; i <= 5; i++)
        promc_histogram_observe(h, promc__native_bound(i, 0));
    look(h, &seen);
    assert_int_equal(seen.native.schema, 0);
    assert_number(seen.native.zero_threshold, 2);
    test_monotonic_ns += UINT64_C(61000000000);
    test_unix_time += 61;
    look(h, &seen); /* for the last time */
    assert_int_equal(seen.total, 5);
    promc_histogram_observe(h, 1);
    look(h, &seen);
    assert_int_equal(seen.total, 1);
    assert_number(seen.native.zero_threshold, 0x1p-128);
}

/* On whichever side the smallest bucket is. */
static void the_zero_bucket_widens_on_both_sides(void **state)
{
    static const double signs[][2] = {{-1, -1}, {1, -1}, {-1, 1}, {1, 1}};
    (void)state;

    for (size_t s = 0; s < COUNT(signs); s++) {
        promc_histogram *h =
            promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(0),
                                .native_max_buckets = 4, .native_max_zero_threshold = 4);

        promc_histogram_observe(h, signs[s][0] * 2);
        for (int i = 2; i <= 5; i++)
            promc_histogram_observe(h, signs[s][1] * promc__native_bound(i, 0));
        look(h, &seen);
        assert_number(seen.native.zero_threshold, 2);
        assert_int_equal(seen.native.zero_count, 1);
        assert_int_equal(seen.native.sides[signs[s][1] < 0].count, 4);
        promc_histogram_free(h);
    }
}

static void the_zero_bucket_widens_first(void **state)
{
    promc_histogram *h =
        promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(0),
                            .native_max_buckets = 4, .native_max_zero_threshold = 4);
    (void)state;

    for (int i = 1; i <= 4; i++)
        promc_histogram_observe(h, promc__native_bound(i, 0)); /* 2 4 8 16 */
    promc_histogram_observe(h, -2);
    look(h, &seen); /* the smallest bucket of both sides goes */
    assert_number(seen.native.zero_threshold, 2);
    assert_int_equal(seen.native.zero_count, 2);
    assert_int_equal(seen.native.sides[0].count, 3);
    assert_int_equal(seen.native.sides[1].count, 0);
    promc_histogram_observe(h, 1.5);
    promc_histogram_observe(h, 32);
    promc_histogram_observe(h, 64);
    look(h, &seen);
    assert_number(seen.native.zero_threshold, 4);
    assert_int_equal(seen.native.zero_count, 4);
    assert_int_equal(seen.native.schema, 0);
    assert_int_equal(seen.native.sides[0].count, 4); /* 8 16 32 64 */
    promc_histogram_observe(h, 128);
    look(h, &seen); /* 8 would be too wide */
    assert_number(seen.native.zero_threshold, 4);
    assert_int_equal(seen.native.schema, -1);
    assert_int_equal(seen.native.sides[0].count, 3);
    assert_int_equal(seen.total, 9);
    assert_int_equal(seen.count, 9);
}

static void it_begins_anew_when_it_may(void **state)
{
    promc_histogram *h = promc_histogram_new(
        "h", "", .registry = registry, .native_schema = PROMC_SCHEMA(0), .native_max_buckets = 4,
        .native_reset_seconds = 60, .buckets = PROMC_BUCKETS(4, 8));
    double born = test_unix_time;
    (void)state;

    for (int i = 1; i <= 5; i++)
        promc_histogram_observe(h, promc__native_bound(i, 0));
    look(h, &seen); /* too early: made coarser */
    assert_int_equal(seen.native.schema, -1);
    assert_int_equal(seen.total, 5);
    test_monotonic_ns += UINT64_C(59999999999);
    test_unix_time += 60;
    look(h, &seen);
    assert_int_equal(seen.native.schema, -1);
    assert_int_equal(seen.total, 5);
    promc_histogram_observe(h, 3);
    test_monotonic_ns += 1;
    assert_true(exposes(registry, "h_count 6.0")); /* formats without buckets leave it alone */
    look(h, &seen); /* shown for the last time, with its old age */
    assert_int_equal(seen.native.schema, -1);
    assert_int_equal(seen.total, 6);
    assert_int_equal(seen.count, 6);
    assert_number(seen.created, born);
    look(h, &seen); /* anew */
    assert_int_equal(seen.native.schema, 0);
    assert_int_equal(seen.total, 0);
    assert_int_equal(seen.count, 0);
    assert_number(seen.sum, 0);
    assert_number(seen.created, born + 60);
    promc_histogram_observe(h, 3);
    promc_histogram_observe(h, 7);
    look(h, &seen);
    assert_int_equal(seen.total, 2);
    assert_int_equal(seen.classic[0], 1);
    assert_int_equal(seen.classic[1], 1);
    assert_number(seen.sum, 10);
    test_monotonic_ns += UINT64_C(600000000000);
    look(h, &seen); /* within the limit it stays */
    look(h, &seen);
    assert_int_equal(seen.total, 2);
    for (int i = 1; i <= 5; i++)
        promc_histogram_observe(h, promc__native_bound(i, 0));
    look(h, &seen); /* over the limit, and it may: coarse in what is shown only */
    assert_int_equal(seen.native.schema, -1);
    assert_int_equal(seen.total, 7);
    promc_histogram_observe(h, 5);
    look(h, &seen);
    assert_int_equal(seen.native.schema, 0);
    assert_int_equal(seen.total, 1);
}

/* Many more buckets than allowed, between two scrapes: memory stays bounded, counts exact. */
static void no_flood_of_buckets(void **state)
{
    promc_histogram *h = new_native(8);
    const promc__layout *layout;
    uint32_t random = 7;
    (void)state;

    for (int i = 0; i < 50000; i++) {
        random = random * 1664525 + 1013904223;
        promc_histogram_observe(h, ldexp(1 + (random & 0xFFFF) / 65536.0, (int)(random >> 16) % 900));
    }
    layout = atomic_load(promc__native_layout((promc__child *)h));
    assert_true(layout->cells <= 160 * 16 + 3);
    look(h, &seen);
    assert_int_equal(seen.total, 50000);
    assert_int_equal(seen.count, 50000);
    assert_true(promc__native_populated(&(promc__native_counts){
                    .sides = {{.count = seen.native.sides[0].count}}}) <= 160);
    look(h, &seen);
    assert_int_equal(seen.total, 50000);
    layout = atomic_load(promc__native_layout((promc__child *)h));
    assert_true(!layout->older || !layout->older->older);
}

/* ---- children -------------------------------------------------------------------------------- */

static void removed_children(void **state)
{
    promc_histogram_family *f = promc_histogram_family_new("h", "", PROMC_LABELS("l"),
                                                           .registry = registry,
                                                           .native_factor = 1.1, .idle_ttl = 10);
    promc_histogram *first = promc_histogram_labels(f, "first");
    char name[16];
    (void)state;

    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 300; i++) {
            snprintf(name, sizeof(name), "%d", i);
            promc_histogram_observe(promc_histogram_labels(f, name), i * 1000.0);
            promc_histogram_observe(promc_histogram_labels(f, name), -1);
        }
        assert_true(try_look((promc__family *)f, &seen, true));
        assert_int_equal(seen.points, 300 + (round == 0));
        assert_int_equal(seen.total, 2);
        for (int i = 0; i < 300; i++) {
            snprintf(name, sizeof(name), "%d", i);
            assert_int_equal(promc_histogram_family_remove(f, name), PROMC_OK);
        }
        if (round == 0)
            assert_int_equal(promc_histogram_family_remove(f, "first"), PROMC_OK);
        promc_histogram_observe(first, 1e-5); /* of nobody, or of another child now: it is safe */
    }
    promc_histogram_family_clear(f);
    first = promc_histogram_labels(f, "idle");
    promc_histogram_observe(first, 1);
    for (int i = 0; i < 4; i++) {
        test_monotonic_ns += UINT64_C(6000000000);
        promc_histogram_observe(first, 1e9);
        assert_true(try_look((promc__family *)f, &seen, true));
        assert_int_equal(seen.points, 1);
    }
    assert_int_equal(seen.total, 5);
    test_monotonic_ns += UINT64_C(11000000000);
    assert_true(try_look((promc__family *)f, &seen, true));
    assert_true(try_look((promc__family *)f, &seen, true));
    assert_int_equal(seen.points, 0);
}

static void past_the_number_of_children(void **state)
{
    promc_histogram_family *f = promc_histogram_family_new(
        "h", "", PROMC_LABELS("l"), .registry = registry, .native_factor = 1.1, .max_children = 1);
    (void)state;

    promc_histogram_observe(promc_histogram_labels(f, "a"), 1);
    promc_histogram_observe(promc_histogram_labels(f, "b"), 1e9);
    assert_true(try_look((promc__family *)f, &seen, true));
    assert_int_equal(seen.points, 1);
    assert_int_equal(seen.total, 1);
}

/* ---- protobuf -------------------------------------------------------------------------------- */

struct bytes {
    unsigned char data[4096];
    size_t size;
};

static int keep_bytes(const void *data, size_t size, void *arg)
{
    struct bytes *bytes = arg;

    assert_true(bytes->size + size <= sizeof(bytes->data));
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return 0;
}

static void assert_message(const char *expected, size_t size)
{
    struct bytes bytes = {.size = 0};
    size_t head;

    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, keep_bytes, &bytes), PROMC_OK);
    assert_true(bytes.size > 2);
    head = bytes.data[0] & 0x80 ? 2 : 1; /* the length */
    if (bytes.size != size + head || memcmp(bytes.data + head, expected, size) != 0) {
        for (size_t i = head; i < bytes.size; i++)
            print_error("%s%02x", (i - head) % 16 ? " " : "\n", bytes.data[i]);
        fail_msg("%zu bytes, not %zu", bytes.size - head, size);
    }
}

#define DEFAULT_ZERO "\x31\0\0\0\0\0\0\xf0\x37" /* zero_threshold 2^-128 */
#define MESSAGE(text) assert_message((text), sizeof(text) - 1)

/* The specification's example: counts 3 5 0 0 1 0 3 2 from index -2 on; three spans. */
static void spans_and_deltas(void **state)
{
    static const unsigned counts[8] = {3, 5, 0, 0, 1, 0, 3, 2};
    promc_histogram *h = new_native(0);
    (void)state;

    for (int i = 0; i < 8; i++) {
        for (unsigned n = 0; n < counts[i]; n++)
            promc_histogram_observe(h, ldexp(1, i - 2));
    }
    /* sum: 3/4 + 5/2 + 4 + 3*16 + 2*32 = 119.25 */
    MESSAGE("\x0a\x01h\x12\x05Help.\x18\x04\x22\x33\x3a\x31"
            "\x08\x0e\x11\0\0\0\0\0\xd0\x5d\x40\x28\0" DEFAULT_ZERO "\x38\0"
            "\x62\x04\x08\x03\x10\x02\x62\x04\x08\x04\x10\x01\x62\x04\x08\x02\x10\x02"
            "\x6a\x05\x06\x04\x07\x04\x01");
}

/* Deltas from one to the next: 3, 2, -4, 2, -1. The negative side comes first. */
static void negative_buckets(void **state)
{
    promc_histogram *h = new_native(-1);
    (void)state;

    promc_histogram_observe(h, -1);
    promc_histogram_observe(h, -64);
    promc_histogram_observe(h, 0);
    MESSAGE("\x0a\x01h\x12\x05Help.\x18\x04\x22\x2a\x3a\x28"
            "\x08\x03\x11\0\0\0\0\0\x40\x50\xc0\x28\x01" DEFAULT_ZERO "\x38\x01"
            "\x4a\x04\x08\0\x10\x01\x4a\x04\x08\x04\x10\x01\x52\x02\x02\0");
}

/* Nothing else tells that it is a native histogram. */
static void an_empty_one_has_an_empty_span(void **state)
{
    (void)state;
    promc_histogram_new("h", "Help.", .registry = registry, .native_factor = 2,
                        .native_zero_threshold = -1);
    MESSAGE("\x0a\x01h\x12\x05Help.\x18\x04\x22\x20\x3a\x1e"
            "\x08\0\x11\0\0\0\0\0\0\0\0\x28\0\x31\0\0\0\0\0\0\0\0\x38\0\x62\x04\x08\0\x10\0");
}

static void an_empty_one_with_a_zero_bucket_needs_none(void **state)
{
    (void)state;
    promc_histogram_new("h", "Help.", .registry = registry, .native_factor = 2);
    MESSAGE("\x0a\x01h\x12\x05Help.\x18\x04\x22\x1a\x3a\x18"
            "\x08\0\x11\0\0\0\0\0\0\0\0\x28\0" DEFAULT_ZERO "\x38\0");
}

static void classic_buckets_and_exemplars(void **state)
{
    promc_histogram *h =
        promc_histogram_new("h", "Help.", .registry = registry, .native_schema = PROMC_SCHEMA(0),
                            .buckets = PROMC_BUCKETS(1));
    (void)state;

    test_unix_time = 5;
    promc_enable_created_series();
    promc_histogram_observe_exemplar(h, 4, PROMC_PAIRS({"a", "b"}));
#define EXEMPLAR "\x0a\x06\x0a\x01" "a\x12\x01" "b\x11\0\0\0\0\0\0\x10\x40\x1a\x04\x08\x05\x10\0"
    MESSAGE("\x0a\x01h\x12\x05Help.\x18\x04\x22\x7a\x3a\x78"
            "\x08\x01\x11\0\0\0\0\0\0\x10\x40"
            "\x1a\x0b\x08\0\x11\0\0\0\0\0\0\xf0\x3f"
            "\x1a\x24\x08\x01\x11\0\0\0\0\0\0\xf0\x7f\x1a\x17" EXEMPLAR
            "\x28\0" DEFAULT_ZERO "\x38\0\x62\x04\x08\x04\x10\x01\x6a\x01\x02"
            "\x82\x01\x17" EXEMPLAR "\x7a\x08\x08\x7b\x10\x80\x84\xb8\xd9\x01");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_factor_chooses_the_schema),
        TEST(a_schema_may_be_given_and_be_zero),
        TEST(options_that_make_no_sense),
        TEST(shorter_options),
        TEST(zero_thresholds),
        TEST(values_fall_into_their_buckets),
        TEST(nan_has_no_bucket),
        TEST(buckets_come_where_they_are_needed),
        TEST(outliers_leave_the_resolution),
        TEST(classic_buckets_beside_native_ones),
        TEST(other_formats_show_what_they_can),
        TEST(the_resolution_is_halved),
        TEST(the_coarsest_resolution_is_the_end),
        TEST(the_zero_bucket_begins_anew),
        TEST(the_zero_bucket_widens_on_both_sides),
        TEST(the_zero_bucket_widens_first),
        TEST(it_begins_anew_when_it_may),
        TEST(no_flood_of_buckets),
        TEST(removed_children),
        TEST(past_the_number_of_children),
        TEST(spans_and_deltas),
        TEST(negative_buckets),
        TEST(an_empty_one_has_an_empty_span),
        TEST(an_empty_one_with_a_zero_bucket_needs_none),
        TEST(classic_buckets_and_exemplars),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
