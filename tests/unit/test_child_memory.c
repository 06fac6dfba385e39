/* SPDX-License-Identifier: Apache-2.0 */
/* Where children and their label texts lie: texts of every length, children that are used again for
 * longer or shorter texts, children larger than a slab. */
#include "metrics/children.h"
#include "refusing.h"
#include "support.h"

#include <stdlib.h>

static promc_registry *registry;
static promc_gauge_family *gauges;
static promc_counter_family *counters;

static int begin(void **state)
{
    (void)state;
    script_clocks();
    promc_disable_created_series();
    registry = promc_registry_new();
    gauges = promc_gauge_family_new("g", "Help.", PROMC_LABELS("l"), .registry = registry);
    counters = promc_counter_family_new("c", "Help.", PROMC_LABELS("l", "n"), .registry = registry);
    return registry && gauges && counters ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

/* A value of this size that says which one it is. */
static char *value_of(size_t size, size_t which)
{
    char *value = malloc(size + 1);

    assert_non_null(value);
    for (size_t i = 0; i < size; i++)
        value[i] = (char)('a' + (which >> i % 16 * 4) % 16);
    value[size] = 0;
    return value;
}

/* What a scrape shows of a counter. */
static void assert_shown(const promc_text *text, const char *l, const char *n, double number)
{
    size_t size = strlen(l) + strlen(n) + 100;
    char *line = malloc(size);

    assert_non_null(line);
    snprintf(line, size, "\nc_total{l=\"%s\",n=\"%s\"} %.1f\n", l, n, number);
    assert_non_null(strstr(text->data, line));
    free(line);
}

/* Around every boundary: none, a unit more or less, inside or outside, larger than a slab. */
static void texts_of_every_length(void **state)
{
    static const size_t sizes[] = {0,    1,    7,    8,    9,     63,    64,    65,   200,
                                   4070, 4080, 4081, 4082, 4083,  4084,  4085,  4086, 4087,
                                   4088, 4089, 4090, 4096, 65535, 65536, 70000, 5,    500000};
    promc_text text;
    (void)state;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *value = value_of(sizes[i], i);

        promc_counter_add(promc_counter_labels(counters, value, "1"), (double)i);
        promc_gauge_set(promc_gauge_labels(gauges, value), (double)i);
        free(value);
    }
    assert_int_equal(promc_counter_family_size(counters), COUNT(sizes));
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *value = value_of(sizes[i], i);

        assert_number(promc_counter_value(promc_counter_labels(counters, value, "1")), (double)i);
        assert_number(promc_gauge_value(promc_gauge_labels(gauges, value)), (double)i);
        assert_shown(&text, value, "1", (double)i);
        free(value);
    }
    assert_int_equal(promc_counter_family_size(counters), COUNT(sizes));
    promc_text_free(&text);
}

/* A scrape goes from slab to slab, over children of different sizes, in the order of their making.
 */
static void a_scrape_keeps_the_order_of_very_different_children(void **state)
{
    enum { CHILDREN = 3000 };
    const char *at;
    promc_text text;
    (void)state;

    for (size_t i = 0; i < CHILDREN; i++) {
        char *value = value_of(i % 7 == 0 ? i * 37 % 5000 : i % 3 * 8, i);
        char number[16];

        snprintf(number, sizeof(number), "%zu", i);
        promc_counter_inc(promc_counter_labels(counters, value, number));
        free(value);
    }
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
    at = text.data;
    for (size_t i = 0; i < CHILDREN; i++) {
        char piece[32];

        snprintf(piece, sizeof(piece), "n=\"%zu\"} 1.0\n", i);
        at = strstr(at, piece);
        assert_non_null(at);
    }
    assert_null(strstr(at + 1, "c_total"));
    promc_text_free(&text);
}

/* Histograms with so many buckets that each child is larger than the usual slab. */
static void children_larger_than_a_slab(void **state)
{
    enum { BOUNDS = 6000, CHILDREN = 9 };
    promc_histogram_family *family;
    (void)state;

    family = promc_histogram_family_new("h", "Help.", PROMC_LABELS("l"), .registry = registry,
                                        .buckets = PROMC_BUCKETS_LINEAR(1, 1, BOUNDS));
    assert_non_null(family);
    for (size_t i = 0; i < CHILDREN; i++) {
        char *value = value_of(i * 100, i);

        promc_histogram_observe(promc_histogram_labels(family, value), (double)i);
        free(value);
    }
    for (size_t i = 0; i < CHILDREN; i++) {
        char *value = value_of(i * 100, i);
        const promc_label labels[] = {{"l", value}, {NULL, NULL}};

        assert_number(sample(registry, "h_sum", labels), (double)i);
        assert_number(sample(registry, "h_count", labels), 1);
        free(value);
    }
}

/* Fills a family with values of one size, sees that they are there, and removes them. */
static void come_and_go(size_t size, size_t children)
{
    promc_text text;

    for (size_t i = 0; i < children; i++) {
        char *value = value_of(size, i), number[16];

        snprintf(number, sizeof(number), "%zu", i);
        promc_counter_add(promc_counter_labels(counters, value, number), (double)i);
        free(value);
    }
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
    for (size_t i = 0; i < children; i++) {
        char *value = value_of(size, i), number[16];

        snprintf(number, sizeof(number), "%zu", i);
        assert_shown(&text, value, number, (double)i);
        assert_number(promc_counter_value(promc_counter_labels(counters, value, number)),
                      (double)i);
        free(value);
    }
    promc_text_free(&text);
    promc_counter_family_clear(counters);
    assert_int_equal(promc_counter_family_size(counters), 0);
}

/* Places are used again for texts that fit and for those that do not, and nothing grows. */
static void labels_that_come_and_go_in_all_lengths_do_not_grow(void **state)
{
    static const size_t sizes[] = {3, 300, 30, 6000, 0, 1000};
    long blocks = 0;
    (void)state;

    for (size_t round = 0; round < 10; round++) {
        for (size_t i = 0; i < COUNT(sizes); i++)
            come_and_go(sizes[i], 300);
        if (round == 4)
            blocks = atomic_load(&live_blocks);
    }
    assert_int_equal(atomic_load(&live_blocks), blocks);
}

/* A value with escapes that lies outside is found by what it says. */
static void escapes_outside(void **state)
{
    char *value = value_of(5000, 3);
    const promc_label labels[] = {{"l", value}, {"n", "2"}, {NULL, NULL}};
    (void)state;

    memcpy(value + 2000, "\"\\\n", 3);
    promc_counter_add(promc_counter_labels(counters, value, "2"), 5);
    assert_number(promc_counter_value(promc_counter_labels(counters, value, "2")), 5);
    assert_int_equal(promc_counter_family_size(counters), 1);
    assert_number(sample(registry, "c_total", labels), 5);
    assert_int_equal(promc_counter_family_remove_matching(counters, {"l", value}), 1);
    assert_int_equal(promc_counter_family_size(counters), 0);
    free(value);
}

/* Values that go on into the next label are other values, also when their hash is the same. */
static void a_value_does_not_go_on_into_the_next_label(void **state)
{
    promc_counter *counter = promc_counter_labels(counters, "x", "y");
    const promc__child *child = (const promc__child *)(const void *)counter;
    const struct {
        const char *values[2];
        bool right, same_size;
    } cases[] = {{{"x", "y"}, true, true},
                 {{"x\",n=\"y", ""}, false, false},
                 {{"x\"", ""}, false, true},
                 {{"", "xy"}, false, true}};
    char *text;
    (void)state;

    assert_non_null(counter);
    text = (char *)(uintptr_t)promc__child_text(child->family, child).data;
    text[15] = '"'; /* behind it, in its room: as if a longer text had been there */
    for (size_t i = 0; i < promc__count_of(cases); i++) {
        struct promc__query query;

        assert_int_equal(promc__query_prepare(&query, child->family, cases[i].values), PROMC_OK);
        assert_int_equal(query.text_size == child->text_size, cases[i].same_size);
        query.hash = child->hash;
        assert_ptr_equal(promc__table_find(child->family, &query, cases[i].values),
                         cases[i].right ? child : NULL);
        promc__query_finish(&query);
    }
}

/* Looks in the text of a child for values of these sizes, as if they had the same hash. */
static bool is_found(const promc__child *child, const size_t *sizes, size_t count)
{
    const promc__family *family = child->family;
    const char *at = promc__child_text(family, child).data, *values[3] = {NULL};
    char copies[3][32];
    struct promc__query query;
    bool found;

    for (size_t i = 0; i < count; i++) {
        at += family->pieces[i].size;
        memcpy(copies[i], at, sizes[i]);
        copies[i][sizes[i]] = '\0';
        values[family->pieces[i].label] = copies[i];
        at += sizes[i];
    }
    assert_int_equal(promc__query_prepare(&query, family, values), PROMC_OK);
    assert_int_equal(query.text_size, child->text_size);
    query.hash = child->hash;
    found = promc__table_find(family, &query, values) == child;
    promc__query_finish(&query);
    return found;
}

/* However a text is cut into three values, only the right ones are in it. */
static void a_text_is_cut_in_one_way(void **state)
{
    enum { SIZES = 9 };
    promc_counter_family *family =
        promc_counter_family_new("cut", "", PROMC_LABELS("a", "n.n", "z"), .registry = registry,
                                 .const_labels = PROMC_PAIRS({"b", "\""}, {"zz", "\"\\"}));
    (void)state;

    assert_non_null(family);
    for (size_t all = 0; all < SIZES * SIZES * SIZES; all++) {
        const size_t right[3] = {all % SIZES, all / SIZES % SIZES, all / SIZES / SIZES};
        const size_t sum = right[0] + right[1] + right[2];
        const promc__child *child = (const promc__child *)(const void *)promc_counter_labels(
            family, &"xxxxxxxx"[SIZES - 1 - right[0]], &"xxxxxxxx"[SIZES - 1 - right[1]],
            &"xxxxxxxx"[SIZES - 1 - right[2]]);

        assert_non_null(child);
        for (size_t first = 0; first <= sum; first++) {
            for (size_t second = 0; first + second <= sum; second++) {
                const size_t sizes[3] = {first, second, sum - first - second};
                bool same = first == right[0] && second == right[1];

                assert_int_equal(is_found(child, sizes, 3), same);
            }
        }
    }
}

/* A family gets a child with a text that fits behind it and one with a text that does not. */
static int two_children(void *arg)
{
    promc_registry *own = promc_registry_new();
    promc_counter_family *family =
        own ? promc_counter_family_new("c", "", PROMC_LABELS("l"), .registry = own) : NULL;
    int status = family && promc_counter_labels(family, "short") &&
                         promc_counter_labels(family, (const char *)arg)
                     ? PROMC_OK
                     : promc_last_error()->code;

    promc_registry_free(own);
    return status;
}

static void memory_is_refused_for_any_piece(void **state)
{
    char *value = value_of(5000, 3);
    (void)state;

    refuse_every_allocation(two_children, value, false);
    free(value);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(texts_of_every_length),
        T(a_scrape_keeps_the_order_of_very_different_children),
        T(children_larger_than_a_slab),
        T(labels_that_come_and_go_in_all_lengths_do_not_grow),
        T(escapes_outside),
        T(a_value_does_not_go_on_into_the_next_label),
        T(a_text_is_cut_in_one_way),
        T(memory_is_refused_for_any_piece),
    };

    return cmocka_run_group_tests(tests, count_memory, NULL);
}
