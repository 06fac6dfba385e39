/* SPDX-License-Identifier: Apache-2.0 */
/* Native histograms when memory is refused: in observations, in scrapes, in definitions. */
#include "native_support.h"

#include <math.h>
#include <stdlib.h>

static bool refuse;
static size_t grants; /* while refusing */
static long in_use;
static struct seen seen;

static bool granted(void)
{
    if (!refuse)
        return true;
    if (grants == 0)
        return false;
    grants--;
    return true;
}

static void *give(size_t size, void *ctx)
{
    void *block = granted() ? malloc(size) : NULL;

    (void)ctx;
    in_use += block != NULL;
    return block;
}

static void *give_more(void *block, size_t size, void *ctx)
{
    void *moved = granted() ? realloc(block, size) : NULL;

    (void)ctx;
    in_use += moved && !block;
    return moved;
}

static void take_back(void *block, void *ctx)
{
    (void)ctx;
    in_use -= block != NULL;
    free(block);
}

/* Every observation is counted, waits, or is known to be lost; the next scrape finds what waited. */
static void observations(void **state)
{
    promc_registry *registry = promc_registry_new();
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry,
                                             .native_schema = PROMC_SCHEMA(8));
    uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES), lost;
    (void)state;

    promc_histogram_observe(h, 1);
    refuse = true;
    for (int i = 0; i < 100; i++) {
        promc_histogram_observe(h, 1);
        promc_histogram_observe(h, ldexp(1, i)); /* each in a span of its own */
        promc_histogram_observe(h, 0);
    }
    lost = promc_mishaps(PROMC_DROPPED_UPDATES) - dropped;
    assert_true(lost > 80 && lost < 95);
    assert_false(try_look(((promc__child *)h)->family, &seen, true));
    refuse = false;
    look(h, &seen);
    assert_int_equal(seen.count, 301 - lost);
    assert_int_equal(seen.total, 301 - lost);
    assert_int_equal(seen.native.zero_count, 100);
    assert_int_equal(seen_bucket(&seen, 0, 0), 102);
    promc_histogram_observe(h, ldexp(1, 99));
    look(h, &seen);
    assert_int_equal(seen.count, 302 - lost);
    assert_int_equal(seen_bucket(&seen, 0, 99 * 256), 1);
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) - dropped == lost);
    promc_registry_free(registry);
}

/* Without memory for private cells everything is counted in shared ones. */
static void no_private_cells(void **state)
{
    promc_registry *registry = promc_registry_new();
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry, .native_factor = 1.1,
                                             .buckets = PROMC_BUCKETS(1, 2));
    (void)state;

    promc_set_private_memory_limit(0);
    for (int i = 0; i < 1000; i++)
        promc_histogram_observe(h, i);
    look(h, &seen);
    assert_int_equal(seen.count, 1000);
    assert_int_equal(seen.total, 1000);
    assert_int_equal(seen.classic[2], 997);
    assert_number(seen.sum, 999 * 500);
    promc_set_private_memory_limit((size_t)256 << 20);
    promc_registry_free(registry);
}

/* A scrape that is refused memory at any point fails as a whole, and nothing is lost. */
static void scrapes(void **state)
{
    promc_registry *registry = promc_registry_new();
    promc_histogram *h = NULL;
    uint64_t total = 0;
    int failed = 0, good = 0, anew = 0;
    (void)state;

    script_clocks();
    for (size_t some = 0; some < 400; some++) {
        double created;

        if (some % 20 == 0) {
            promc_histogram_free(h);
            h = promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(5),
                                    .native_max_buckets = 20, .native_reset_seconds = 3,
                                    .buckets = PROMC_BUCKETS(1, 2));
            total = 0;
        }
        for (int i = 0; i < 40; i++, total++)
            promc_histogram_observe(h, ldexp(1, ((int)some * 7 + i) % 60));
        test_monotonic_ns += UINT64_C(1000000000);
        test_unix_time += 1;
        created = ((promc__child *)h)->created;
        refuse = true;
        grants = some / 20 + some % 3;
        if (try_look(((promc__child *)h)->family, &seen, true)) {
            good++;
            assert_int_equal(seen.points, 1);
            assert_int_equal(seen.count, total);
            assert_int_equal(seen.total, total);
            assert_number(seen.created, created);
        } else {
            failed++;
            assert_int_equal(seen.points, 0);
        }
        refuse = false;
        if (created != ((promc__child *)h)->created) { /* what was shown is forgotten */
            anew++;
            assert_int_equal(seen.points, 1);
            total = 0;
        }
    }
    assert_true(failed > 50 && good > 50 && anew > 10);
    look(h, &seen);
    assert_int_equal(seen.count, total);
    promc_registry_free(registry);
}

/* The definition, and each new child, succeed or fail as a whole. */
static void definitions(void **state)
{
    promc_registry *registry = promc_registry_new();
    bool good = false;
    (void)state;

    for (size_t some = 0; !good; some++) {
        promc_histogram *h;

        assert_true(some < 100);
        refuse = true;
        grants = some;
        h = promc_histogram_new("h", "", .registry = registry, .native_factor = 1.1);
        refuse = false;
        good = h != NULL;
        if (h) {
            promc_histogram_observe(h, 1);
            look(h, &seen);
            assert_int_equal(seen.total, 1);
        } else {
            assert_int_equal(promc_last_error()->code, PROMC_ERROR_NO_MEMORY);
        }
        promc_histogram_free(h);
    }
    promc_registry_free(registry);
}

/* Layouts that are replaced, children that go, waiting values: all of it is given back. */
static void nothing_leaks(void **state)
{
    long before = 0;
    (void)state;

    for (int round = 0; round < 20; round++) {
        promc_registry *registry = promc_registry_new();
        promc_histogram_family *f = promc_histogram_family_new(
            "h", "", PROMC_LABELS("l"), .registry = registry, .native_factor = 1.1);

        for (int i = 0; i < 50; i++) {
            char name[16];
            promc_histogram *h;

            snprintf(name, sizeof(name), "%d", i);
            h = promc_histogram_labels(f, name);
            for (int j = 0; j < 200; j++)
                promc_histogram_observe(h, ldexp(j % 2 ? 1 : -1, j - 100));
            if (i % 10 == 0)
                assert_true(try_look((promc__family *)f, &seen, true));
        }
        promc_registry_free(registry);
        if (round == 10)
            before = in_use;
    }
    assert_int_equal(in_use, before);
}

int main(void)
{
    static const promc_allocator allocator = {give, give_more, take_back, NULL};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observations), cmocka_unit_test(no_private_cells),
        cmocka_unit_test(scrapes),      cmocka_unit_test(definitions),
        cmocka_unit_test(nothing_leaks),
    };

    if (promc_set_allocator(&allocator) != PROMC_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
