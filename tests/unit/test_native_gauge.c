/* SPDX-License-Identifier: Apache-2.0 */
/* Native gauge histograms: what has left is in no bucket any more, whatever happened meanwhile. */
#include "native_support.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

static promc_registry *registry;
static struct seen seen, expected;
static bool refuse;

static void *give(size_t size, void *ctx)
{
    (void)ctx;
    return refuse ? NULL : malloc(size);
}

static void *give_more(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return refuse ? NULL : realloc(block, size);
}

static void take_back(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

static int begin(void **state)
{
    (void)state;
    registry = promc_registry_new();
    return registry ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

static void look_at_gauge(promc_gauge_histogram *histogram)
{
    assert_true(try_look(((promc__child *)histogram)->family, &seen, true));
    assert_int_equal(seen.points, 1);
    assert_int_equal(seen.count, seen.total);
}

static double random_value(void)
{
    static uint32_t random = 1;

    random = random * 1664525 + 1013904223;
    if (random >> 28 == 0)
        return 0;
    return ldexp(random >> 27 & 1 ? 1 : -1, (int)(random >> 8 & 31) - 16);
}

/* Comes and goes in any order, while scrapes look on: what is there is as if only that had come. */
static void only_what_is_there_counts(void **state)
{
    enum { PLACES = 500 };
    static double there[PLACES];
    promc_gauge_histogram *g = promc_gauge_histogram_new(
        "g", "", .registry = registry, .native_factor = 1.1, .buckets = PROMC_BUCKETS(-1, 1));
    size_t count = 0;
    (void)state;

    for (int step = 0; step < 20000; step++) {
        size_t place = (size_t)rand() % PLACES;

        if (place >= count && count < PLACES) {
            there[count] = random_value();
            promc_gauge_histogram_observe(g, there[count++]);
        } else if (count) {
            place %= count;
            promc_gauge_histogram_forget(g, there[place]);
            there[place] = there[--count];
        }
        if (step % 1000 == 999) {
            promc_histogram *fresh =
                promc_histogram_new("h", "", .registry = registry, .native_factor = 1.1,
                                    .buckets = PROMC_BUCKETS(-1, 1));

            for (size_t i = 0; i < count; i++)
                promc_histogram_observe(fresh, there[i]);
            look_at_gauge(g);
            assert_true(try_look(((promc__child *)fresh)->family, &expected, true));
            assert_int_equal(seen.count, count);
            assert_int_equal(seen.native.zero_count, expected.native.zero_count);
            assert_memory_equal(seen.classic, expected.classic, sizeof(seen.classic));
            for (int side = 0; side < 2; side++) {
                assert_int_equal(seen.native.sides[side].count, expected.native.sides[side].count);
                for (size_t i = 0; i < seen.native.sides[side].count; i++) {
                    assert_int_equal(seen.buckets[side][i].index, expected.buckets[side][i].index);
                    assert_int_equal(seen.buckets[side][i].count, expected.buckets[side][i].count);
                }
            }
            promc_histogram_free(fresh);
        }
    }
}

/* Observed in fine buckets, forgotten in coarse ones and a wider zero bucket. */
static void it_became_coarser_meanwhile(void **state)
{
    promc_gauge_histogram *g = promc_gauge_histogram_new(
        "g", "", .registry = registry, .native_schema = PROMC_SCHEMA(8), .native_max_buckets = 10,
        .native_max_zero_threshold = 0.001);
    (void)state;

    for (int i = 1; i <= 1000; i++)
        promc_gauge_histogram_observe(g, i * 0.0001);
    look_at_gauge(g);
    assert_int_equal(seen.count, 1000);
    assert_true(seen.native.schema < 8);
    assert_true(seen.native.zero_count > 0);
    assert_true(seen.native.sides[0].count <= 10);
    for (int i = 1; i < 1000; i++) {
        promc_gauge_histogram_forget(g, i * 0.0001);
        if (i % 97 == 0) {
            look_at_gauge(g);
            assert_int_equal(seen.count, 1000 - i);
        }
    }
    look_at_gauge(g);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.native.sides[0].count, 1);
    assert_int_equal(seen.native.zero_count, 0);
}

/* A scraper would refuse everything for one negative bucket. */
static void nothing_is_below_zero(void **state)
{
    promc_gauge_histogram *g =
        promc_gauge_histogram_new("g", "", .registry = registry, .native_factor = 2);
    (void)state;

    promc_gauge_histogram_forget(g, 3);
    promc_gauge_histogram_forget(g, 0);
    promc_gauge_histogram_forget(g, (double)NAN);
    promc_gauge_histogram_observe(g, 5);
    look_at_gauge(g);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen_bucket(&seen, 0, 3), 1);
    promc_gauge_histogram_observe(g, 3);
    look_at_gauge(g);
    assert_int_equal(seen.count, 1);
}

/* What leaves a child that was removed was nobody's. */
static void leaving_what_was_removed(void **state)
{
    promc_gauge_histogram_family *f = promc_gauge_histogram_family_new(
        "g", "", PROMC_LABELS("l"), .registry = registry, .native_factor = 2);
    promc_gauge_histogram *g = promc_gauge_histogram_labels(f, "a");
    (void)state;

    promc_gauge_histogram_observe(g, 3);
    assert_int_equal(promc_gauge_histogram_family_remove(f, "a"), PROMC_OK);
    promc_gauge_histogram_forget(g, 3);
    g = promc_gauge_histogram_labels(f, "a");
    promc_gauge_histogram_observe(g, 3);
    look_at_gauge(g);
    assert_int_equal(seen.count, 1);
    promc_gauge_histogram_forget(g, 3);
    look_at_gauge(g);
    assert_int_equal(seen.count, 0);
}

/* Where memory is refused, comings and leavings wait alike. */
static void they_wait_for_memory(void **state)
{
    promc_gauge_histogram *g =
        promc_gauge_histogram_new("g", "", .registry = registry, .native_schema = PROMC_SCHEMA(8));
    uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES), lost;
    (void)state;

    promc_gauge_histogram_observe(g, 1);
    refuse = true;
    for (int i = 0; i < 50; i++)
        promc_gauge_histogram_observe(g, ldexp(1, i));
    lost = promc_mishaps(PROMC_DROPPED_UPDATES) - dropped;
    assert_true(lost > 20 && lost < 45);
    promc_gauge_histogram_forget(g, 1);
    promc_gauge_histogram_forget(g, 0x1p200);
    refuse = false;
    promc_gauge_histogram_observe(g, 0x1p200);
    look_at_gauge(g);
    assert_int_equal(seen.count, 50 - lost);
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) - dropped == lost);
    assert_int_equal(seen_bucket(&seen, 0, 200 * 256), 0);
}

/* ---- what is exposed ------------------------------------------------------------------------- */

static int keep_bytes(const void *data, size_t size, void *arg)
{
    promc_text *text = arg;

    memcpy(text->data + text->size, data, size);
    text->size += size;
    return 0;
}

static void formats(void **state)
{
    static const char message[] = "\x2d\n\x01g\x12\x01H\x18\x05\"#:!\x08\x02\x11\0\0\0\0\0\0\x10@"
                                  "(\x00\x31\0\0\0\0\0\0\0\0\x38\x01"
                                  "b\x04\x08\x04\x10\x01j\x01\x02";
    char bytes[200];
    promc_text text = {bytes, 0};
    promc_gauge_histogram *g = promc_gauge_histogram_new(
        "g", "H", .registry = registry, .native_schema = PROMC_SCHEMA(0),
        .native_zero_threshold = -1);
    (void)state;

    promc_gauge_histogram_observe(g, 0);
    promc_gauge_histogram_observe(g, 4);
    promc_gauge_histogram_observe(g, 100);
    promc_gauge_histogram_forget(g, 100);
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, keep_bytes, &text), PROMC_OK);
    assert_int_equal(text.size, sizeof(message) - 1);
    assert_memory_equal(bytes, message, sizeof(message) - 1);
    assert_exposed(registry, "# HELP g H\n# TYPE g histogram\ng_bucket{le=\"+Inf\"} 2.0\n"
                             "# HELP g_gcount H\n# TYPE g_gcount gauge\ng_gcount 2.0\n"
                             "# HELP g_gsum H\n# TYPE g_gsum gauge\ng_gsum 4.0\n");
}

/* One came and another left that never came: classic buckets go below zero, which protobuf cannot say,
 * native ones do not, and the count is theirs, or Prometheus would refuse the scrape. */
static void more_left_than_came(void **state)
{
    static const char message[] = "\x54\n\x01g\x12\x01H\x18\x05\"J:H"
                                  "\x08\x01\x11\0\0\0\0\0\0\x0C@"
                                  "\x1A\x0B\x08\0\x11\0\0\0\0\0\0\0@"
                                  "\x1A\x0B\x08\0\x11\0\0\0\0\0\0$@"
                                  "\x1A\x0B\x08\0\x11\0\0\0\0\0\0\xF0\x7F"
                                  "(\0\x31\0\0\0\0\0\0\xF0\x37\x38\0"
                                  "b\x04\x08\x06\x10\x01j\x01\x02";
    char bytes[200];
    promc_text text = {bytes, 0};
    promc_gauge_histogram *g = promc_gauge_histogram_new(
        "g", "H", .registry = registry, .native_factor = 2, .buckets = PROMC_BUCKETS(2, 10));
    (void)state;

    promc_gauge_histogram_observe(g, 5);
    promc_gauge_histogram_forget(g, 1.5);
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, keep_bytes, &text), PROMC_OK);
    assert_int_equal(text.size, sizeof(message) - 1);
    assert_memory_equal(bytes, message, sizeof(message) - 1);
    assert_number(sample(registry, "g_bucket", PROMC_PAIRS({"le", "2.0"})), -1);
    assert_number(sample(registry, "g_bucket", PROMC_PAIRS({"le", "10.0"})), 0);
    assert_number(sample(registry, "g_gcount", NULL), 0);
    assert_number(sample(registry, "g_gsum", NULL), 3.5);
}

static void options(void **state)
{
    promc_gauge_histogram_opts shorter = {
        .size = offsetof(promc_gauge_histogram_opts, native_factor), .name = "g",
        .registry = registry, .native_factor = -1};
    (void)state;

    assert_null(promc_gauge_histogram_new("g", "", .registry = registry, .native_factor = 1));
    assert_last_error(PROMC_ERROR_ARGUMENT, "g: .native_factor");
    promc_registry_clear_error(registry);
    assert_non_null(promc_gauge_histogram_create(&shorter));
    assert_true(exposes(registry, "le=\"0.005\""));
}

/* ---- threads --------------------------------------------------------------------------------- */

#define PAIRS 2
#define ROUNDS 20000

static promc_gauge_histogram *shared;

/* One lets values in, the other takes the same out again, a little later. */
static atomic_uint came[PAIRS];

static void *come(void *arg)
{
    size_t pair = (size_t)((atomic_uint *)arg - came);

    for (unsigned i = 0; i < ROUNDS; i++) {
        promc_gauge_histogram_observe(shared, ldexp(1, (int)((i / 100 + pair) % 30)));
        atomic_store(&came[pair], i + 1);
    }
    return NULL;
}

static void *leave(void *arg)
{
    size_t pair = (size_t)((atomic_uint *)arg - came);

    for (unsigned i = 0; i < ROUNDS; i++) {
        while (atomic_load(&came[pair]) <= i)
            promc__os.pause_ns(10000);
        promc_gauge_histogram_forget(shared, ldexp(1, (int)((i / 100 + pair) % 30)));
    }
    return NULL;
}

static void others_take_them_out(void **state)
{
    pthread_t threads[2 * PAIRS];
    (void)state;

    shared = promc_gauge_histogram_new("g", "", .registry = registry, .native_factor = 1.1,
                                       .native_max_buckets = 20);
    for (size_t i = 0; i < PAIRS; i++) {
        atomic_store(&came[i], 0);
        assert_int_equal(pthread_create(&threads[2 * i], NULL, come, &came[i]), 0);
        assert_int_equal(pthread_create(&threads[2 * i + 1], NULL, leave, &came[i]), 0);
    }
    for (int i = 0; i < 50; i++) {
        look_at_gauge(shared);
        assert_true(seen.count <= PAIRS * ROUNDS);
        promc__os.pause_ns(1000000);
    }
    for (size_t i = 0; i < 2 * PAIRS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    look_at_gauge(shared);
    assert_int_equal(seen.count, 0);
    assert_number(seen.sum, 0);
}

static promc_gauge_histogram *busy;

static void *take_out_first_of_all(void *arg)
{
    (void)arg;
    promc_gauge_histogram_observe(busy, 1);
    promc_gauge_histogram_forget(shared, 3);
    return NULL;
}

/* A thread may have cells of its own, but none yet for this histogram. (The first of all tests, so
 * that it has none from earlier ones.) */
static void a_newcomer_takes_one_out(void **state)
{
    (void)state;

    shared = promc_gauge_histogram_new("g", "", .registry = registry, .native_factor = 1.1);
    promc_gauge_histogram_observe(shared, 3);
    for (int i = 0; i < 4; i++) { /* pages between */
        char name[] = {'a', (char)('a' + i), 0};

        busy = promc_gauge_histogram_new(name, "", .registry = registry, .native_factor = 1.1);
        promc_gauge_histogram_observe(busy, 1);
    }
    in_a_thread(take_out_first_of_all, NULL);
    look_at_gauge(shared);
    assert_int_equal(seen.count, 0);
    assert_number(seen.sum, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const promc_allocator allocator = {give, give_more, take_back, NULL};
    const struct CMUnitTest tests[] = {
        TEST(a_newcomer_takes_one_out),
        TEST(only_what_is_there_counts),
        TEST(it_became_coarser_meanwhile),
        TEST(nothing_is_below_zero),
        TEST(leaving_what_was_removed),
        TEST(they_wait_for_memory),
        TEST(formats),
        TEST(more_left_than_came),
        TEST(options),
        TEST(others_take_them_out),
    };

    if (promc_set_allocator(&allocator) != PROMC_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
