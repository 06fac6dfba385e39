/* SPDX-License-Identifier: Apache-2.0 */
/* Children: finding, making, removing, holding, limiting and ageing them. */
#include "support.h"

#include <stdlib.h>

#define HEAD "# HELP c_total Help.\n# TYPE c_total counter\n"

static promc_registry *registry;
static promc_counter_family *two; /* with the labels method and code */

static int begin(void **state)
{
    (void)state;
    script_clocks();
    promc_disable_created_series();
    registry = promc_registry_new();
    two = promc_counter_family_new("c", "Help.", PROMC_LABELS("method", "code"),
                                   .registry = registry);
    return registry && two ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

static promc_counter_family *one_label(promc_registry *in, const char *name)
{
    promc_counter_family *family =
        promc_counter_family_new(name, "Help.", PROMC_LABELS("l"), .registry = in);
    assert_non_null(family);
    return family;
}

/* ---- finding --------------------------------------------------------------------------------- */

static void a_family_without_children_has_help_and_type(void **state)
{
    (void)state;
    assert_exposed(registry, HEAD);
    assert_int_equal(promc_counter_family_size(two), 0);
}

static void the_same_values_are_the_same_child(void **state)
{
    char get[] = "GET";
    promc_counter *c = promc_counter_labels(two, get, "200");
    (void)state;

    memcpy(get, "PUT", 3);
    assert_ptr_equal(promc_counter_labels(two, "GET", "200"), c);
    assert_ptr_not_equal(promc_counter_labels(two, get, "200"), c);
    assert_ptr_not_equal(promc_counter_labels(two, "200", "GET"), c);
    assert_int_equal(promc_counter_family_size(two), 3);
    assert_exposed(registry, HEAD "c_total{code=\"200\",method=\"GET\"} 0.0\n"
                                  "c_total{code=\"200\",method=\"PUT\"} 0.0\n"
                                  "c_total{code=\"GET\",method=\"200\"} 0.0\n");
}

static void values_are_not_glued_together(void **state)
{
    promc_counter *children[] = {
        promc_counter_labels(two, "ab", "c"),     promc_counter_labels(two, "a", "bc"),
        promc_counter_labels(two, "abc", ""),     promc_counter_labels(two, "", "abc"),
        promc_counter_labels(two, "", ""),        promc_counter_labels(two, "a\"", "b"),
        promc_counter_labels(two, "a", "\"b"),    promc_counter_labels(two, "a\\", "b"),
        promc_counter_labels(two, "a", "\\b"),    promc_counter_labels(two, "a\",b=\"", "c"),
        promc_counter_labels(two, "a", ",b=\"c"),
    };
    (void)state;

    for (size_t i = 0; i < COUNT(children); i++) {
        assert_non_null(children[i]);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(children[i], children[j]);
    }
    assert_int_equal(promc_counter_family_size(two), COUNT(children));
}

static void names_find_the_same_child_in_any_order(void **state)
{
    promc_counter *c = promc_counter_labels(two, "GET", "200");
    (void)state;

    assert_ptr_equal(promc_counter_labels_by_name(two, {"method", "GET"}, {"code", "200"}), c);
    assert_ptr_equal(promc_counter_labels_by_name(two, {"code", "200"}, {"method", "GET"}), c);
    assert_int_equal(promc_counter_family_size(two), 1);
}

static void wrong_positions(void **state)
{
    (void)state;
    assert_null(promc_counter_labels(two, "a"));
    assert_last_error(PROMC_ERROR_LABELS, "Incorrect label count");
    assert_last_error(PROMC_ERROR_LABELS, "c");
    assert_null(promc_counter_labels(two, "a", "b", "c"));
    assert_last_error(PROMC_ERROR_LABELS, "Incorrect label count");
    assert_null(promc_counter_labels(two, "a", NULL));
    assert_last_error(PROMC_ERROR_LABELS, "code");
    assert_null(promc_counter_labels(two, NULL, "a"));
    assert_null(promc_counter_family_child(two, NULL, 0));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_null(promc_counter_family_child(NULL, PROMC_LABELS("a"), 1));
    assert_null(promc_counter_family_child_by_name(NULL, PROMC_PAIRS({"a", "b"})));
    assert_int_equal(promc_counter_family_size(two), 0);
}

static void wrong_names(void **state)
{
    (void)state;
    assert_null(promc_counter_labels_by_name(two, {"method", "GET"}));
    assert_last_error(PROMC_ERROR_LABELS, "Incorrect label names");
    assert_null(promc_counter_labels_by_name(two, {"method", "GET"}, {"kode", "200"}));
    assert_last_error(PROMC_ERROR_LABELS, "Incorrect label names");
    assert_null(promc_counter_labels_by_name(two, {"method", "GET"}, {"method", "PUT"}));
    assert_last_error(PROMC_ERROR_LABELS, "Incorrect label names");
    assert_null(promc_counter_labels_by_name(two, {"method", "GET"}, {"code", "1"}, {"x", "y"}));
    assert_last_error(PROMC_ERROR_LABELS, "Incorrect label names");
    assert_null(promc_counter_labels_by_name(two, {"method", "a"}, {"code", "1"}, {"code", "1"}));
    assert_null(promc_counter_labels_by_name(two, {"method", "GET"}, {"code", NULL}));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_null(promc_counter_family_child_by_name(two, NULL));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_int_equal(promc_counter_family_size(two), 0);
}

static void many_labels(void **state)
{
    enum { MANY = 100 };
    static char texts[MANY][16];
    static char expected[MANY * 32];
    const char *names[MANY + 1] = {NULL}, *values[MANY];
    promc_label pairs[MANY + 1] = {{NULL, NULL}};
    promc_gauge_family *f;
    promc_gauge *g;
    size_t used = 0;
    (void)state;

    for (int i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof(texts[i]), "l%02d", MANY - 1 - i);
        names[i] = values[i] = texts[i];
        pairs[MANY - 1 - i] = (promc_label){texts[i], texts[i]};
        used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%sl%02d=\"l%02d\"",
                                 i ? "," : "\ng{", i, i);
    }
    strcat(expected, "} 1.0\n");
    f = promc_gauge_family_new("g", "", names, .registry = registry);
    g = promc_gauge_family_child(f, values, MANY);
    promc_gauge_inc(g);
    assert_ptr_equal(promc_gauge_family_child_by_name(f, pairs), g);
    assert_true(exposes(registry, expected));
    assert_number(sample(registry, "g", pairs), 1);
    assert_int_equal(promc_gauge_family_remove_by_labels(f, pairs), 1);
    values[MANY / 2] = NULL;
    assert_null(promc_gauge_family_child(f, values, MANY));
    assert_last_error(PROMC_ERROR_LABELS, "NULL");
}

static void many_children_are_all_found_again(void **state)
{
    enum { MANY = 5000 };
    static promc_counter *children[MANY];
    promc_counter_family *f = one_label(registry, "many");
    char value[16];
    (void)state;

    for (int i = 0; i < MANY; i++) {
        snprintf(value, sizeof(value), "%d", i);
        children[i] = promc_counter_labels(f, value);
        promc_counter_add(children[i], i);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(value, sizeof(value), "%d", i);
        assert_ptr_equal(promc_counter_labels(f, value), children[i]);
        assert_number(promc_counter_value(children[i]), i);
    }
    assert_int_equal(promc_counter_family_size(f), MANY);
    for (int i = 0; i < MANY; i += 2) {
        snprintf(value, sizeof(value), "%d", i);
        assert_int_equal(promc_counter_family_remove(f, value), PROMC_OK);
    }
    for (int i = 1; i < MANY; i += 2) {
        snprintf(value, sizeof(value), "%d", i);
        assert_ptr_equal(promc_counter_labels(f, value), children[i]);
    }
    assert_int_equal(promc_counter_family_size(f), MANY / 2);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void values_are_escaped(void **state)
{
    promc_counter *c = promc_counter_labels(two, "a\"b\\c\nd", "\xC3\xA4\t\r\x01");
    (void)state;

    assert_exposed(registry,
                   HEAD "c_total{code=\"\xC3\xA4\t\r\x01\",method=\"a\\\"b\\\\c\\nd\"} 0.0\n");
    promc_counter_inc(c);
    assert_number(sample(registry, "c_total",
                         PROMC_PAIRS({"method", "a\"b\\c\nd"}, {"code", "\xC3\xA4\t\r\x01"})),
                  1);
}

static void invalid_values_are_repaired(void **state)
{
    uint64_t before = promc_mishaps(PROMC_REPLACED_TEXTS);
    promc_counter_family *f = one_label(registry, "d");
    promc_counter *c = promc_counter_labels(f, "a\xFF");
    (void)state;

    promc_counter_inc(c);
    assert_true(promc_mishaps(PROMC_REPLACED_TEXTS) > before);
    assert_true(exposes(registry, "\nd_total{l=\"a\xEF\xBF\xBD\"} 1.0\n"));
    assert_ptr_equal(promc_counter_labels(f, "a\xFF"), c);
}

/* Two invalid values with the same repaired text must not become two equal series. */
static void values_that_are_repaired_to_the_same_text_are_one_child(void **state)
{
    promc_counter_family *f = one_label(registry, "d");
    (void)state;

    promc_counter_family_free(two);
    promc_counter_inc(promc_counter_labels(f, "a\xFF"));
    promc_counter_inc(promc_counter_labels(f, "a\xFE"));
    promc_counter_inc(promc_counter_labels(f, "a\xEF\xBF\xBD"));
    assert_exposed(registry, "# HELP d_total Help.\n# TYPE d_total counter\n"
                             "d_total{l=\"a\xEF\xBF\xBD\"} 3.0\n");
    assert_int_equal(promc_counter_family_size(f), 1);
    assert_int_equal(promc_counter_family_remove(f, "a\xFD"), PROMC_OK);
    assert_int_equal(promc_counter_family_size(f), 0);
    promc_counter_inc(promc_counter_labels(f, "a\xFF"));
    assert_int_equal(promc_counter_family_remove_matching(f, {"l", "a\xFC"}), 1);
    assert_int_equal(promc_counter_family_size(f), 0);
}

static void invalid_help_is_repaired_and_help_is_escaped(void **state)
{
    uint64_t before = promc_mishaps(PROMC_REPLACED_TEXTS);
    (void)state;

    promc_counter_family_free(two);
    promc_gauge_new("g", "a\\b\nc\"d\xFF", .registry = registry);
    assert_true(promc_mishaps(PROMC_REPLACED_TEXTS) == before + 1);
    promc_gauge_new("h", NULL, .registry = registry);
    assert_exposed(registry, "# HELP g a\\\\b\\nc\"d\xEF\xBF\xBD\n# TYPE g gauge\ng 0.0\n"
                             "# HELP h \n# TYPE h gauge\nh 0.0\n");
}

static void const_labels_are_on_every_sample(void **state)
{
    promc_histogram_family *f = promc_histogram_family_new(
        "h", "Help.", PROMC_LABELS("m"), .registry = registry, .buckets = PROMC_BUCKETS(1),
        .const_labels = PROMC_PAIRS({"z", "1\"2"}, {"a", "\xFF"}));
    (void)state;

    promc_counter_family_free(two);
    promc_histogram_observe(promc_histogram_labels(f, "x"), 2);
    assert_ptr_equal(promc_histogram_labels_by_name(f, {"m", "x"}), promc_histogram_labels(f, "x"));
    assert_null(promc_histogram_labels_by_name(f, {"m", "x"}, {"z", "1\"2"}));
    promc_gauge_new("g", "G.", .registry = registry, .const_labels = PROMC_PAIRS({"k", "v"}));
    assert_exposed(registry, "# HELP h Help.\n# TYPE h histogram\n"
                             "h_bucket{a=\"\xEF\xBF\xBD\",le=\"1.0\",m=\"x\",z=\"1\\\"2\"} 0.0\n"
                             "h_bucket{a=\"\xEF\xBF\xBD\",le=\"+Inf\",m=\"x\",z=\"1\\\"2\"} 1.0\n"
                             "h_count{a=\"\xEF\xBF\xBD\",m=\"x\",z=\"1\\\"2\"} 1.0\n"
                             "h_sum{a=\"\xEF\xBF\xBD\",m=\"x\",z=\"1\\\"2\"} 2.0\n"
                             "# HELP g G.\n# TYPE g gauge\ng{k=\"v\"} 0.0\n");
}

static void wrong_const_labels(void **state)
{
    (void)state;
    assert_null(promc_gauge_new("g", "", .registry = registry,
                                .const_labels = PROMC_PAIRS({"a", "1"}, {"a", "2"})));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_null(promc_gauge_family_new("g", "", PROMC_LABELS("a"), .registry = registry,
                                       .const_labels = PROMC_PAIRS({"a", "1"})));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_null(promc_gauge_new("g", "", .registry = registry,
                                .const_labels = PROMC_PAIRS({"a", NULL})));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_null(promc_gauge_new("g", "", .registry = registry,
                                .const_labels = PROMC_PAIRS({"__a", "1"})));
    assert_last_error(PROMC_ERROR_LABELS, "Reserved label metric name: __a");
    assert_null(promc_histogram_new("g", "", .registry = registry,
                                    .const_labels = PROMC_PAIRS({"le", "1"})));
    assert_last_error(PROMC_ERROR_LABELS, "Reserved label");
    assert_non_null(promc_gauge_new("g", "", .registry = registry,
                                    .const_labels = PROMC_PAIRS({NULL, NULL})));
}

/* ---- removing -------------------------------------------------------------------------------- */

static void a_removed_child_is_gone_and_a_new_one_starts_from_zero(void **state)
{
    (void)state;
    promc_counter_add(promc_counter_labels(two, "GET", "200"), 5);
    promc_counter_add(promc_counter_labels(two, "GET", "404"), 6);
    assert_int_equal(promc_counter_family_remove(two, "GET", "200"), PROMC_OK);
    assert_exposed(registry, HEAD "c_total{code=\"404\",method=\"GET\"} 6.0\n");
    assert_int_equal(promc_counter_family_remove(two, "GET", "200"), PROMC_OK);
    assert_int_equal(promc_counter_family_remove(two, "never", "there"), PROMC_OK);
    promc_counter_inc(promc_counter_labels(two, "GET", "200"));
    /* It is made anew, so it comes last. */
    assert_exposed(registry, HEAD "c_total{code=\"404\",method=\"GET\"} 6.0\n"
                                  "c_total{code=\"200\",method=\"GET\"} 1.0\n");
}

static void removing_with_wrong_labels(void **state)
{
    (void)state;
    promc_counter_labels(two, "GET", "200");
    assert_int_equal(promc_counter_family_remove(two, "GET"), PROMC_ERROR_LABELS);
    assert_last_error(PROMC_ERROR_LABELS, "Incorrect label count (expected 2, got 1)");
    assert_int_equal(promc_counter_family_remove(two, "GET", "200", "x"), PROMC_ERROR_LABELS);
    assert_int_equal(promc_counter_family_remove(two, "GET", NULL), PROMC_ERROR_LABELS);
    assert_int_equal(promc_counter_family_remove_matching(two, {"b", "x"}), PROMC_ERROR_LABELS);
    assert_last_error(PROMC_ERROR_LABELS, "Unknown label names: b");
    assert_int_equal(promc_counter_family_remove_matching(two, {"method", "GET"}, {"b", "x"}),
                     PROMC_ERROR_LABELS);
    assert_int_equal(promc_counter_family_remove_matching(two, {"method", NULL}),
                     PROMC_ERROR_LABELS);
    assert_int_equal(promc_counter_family_size(two), 1);
}

static void removing_what_matches(void **state)
{
    static const char *const methods[] = {"GET", "PUT", "POST"};
    static const char *const codes[] = {"200", "404", "500"};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++)
            promc_counter_labels(two, methods[i], codes[j]);
    }
    assert_int_equal(promc_counter_family_remove_matching(two, {"method", "HEAD"}), 0);
    assert_int_equal(promc_counter_family_remove_matching(two, {"method", "PUT"}), 3);
    assert_int_equal(promc_counter_family_remove_matching(two, {"code", "404"}), 2);
    assert_int_equal(
        promc_counter_family_remove_matching(two, {"code", "500"}, {"method", "GET"}), 1);
    /* Both conditions on one label cannot hold. */
    assert_true(promc_counter_family_remove_matching(two, {"code", "200"}, {"code", "500"}) <= 0);
    assert_exposed(registry, HEAD "c_total{code=\"200\",method=\"GET\"} 0.0\n"
                                  "c_total{code=\"200\",method=\"POST\"} 0.0\n"
                                  "c_total{code=\"500\",method=\"POST\"} 0.0\n");
    /* As in client_python, no condition removes nothing. */
    assert_int_equal(promc_counter_family_remove_by_labels(two, PROMC_PAIRS({NULL, NULL})), 0);
    assert_int_equal(promc_counter_family_remove_by_labels(two, NULL), 0);
    assert_int_equal(promc_counter_family_size(two), 3);
}

static void clearing(void **state)
{
    (void)state;
    promc_counter_family_clear(two);
    for (int i = 0; i < 300; i++) {
        char value[16];
        snprintf(value, sizeof(value), "%d", i);
        promc_counter_inc(promc_counter_labels(two, value, value));
    }
    promc_counter_family_clear(two);
    assert_int_equal(promc_counter_family_size(two), 0);
    assert_exposed(registry, HEAD);
    assert_number(promc_counter_value(promc_counter_labels(two, "7", "7")), 0);
    assert_exposed(registry, HEAD "c_total{code=\"7\",method=\"7\"} 0.0\n");
}

/* ---- holding --------------------------------------------------------------------------------- */

static void late_updates_of_a_held_child_show_up_nowhere(void **state)
{
    promc_counter *held = promc_counter_hold(promc_counter_labels(two, "GET", "200"));
    (void)state;

    assert_ptr_equal(held, promc_counter_labels(two, "GET", "200"));
    promc_counter_inc(held);
    assert_int_equal(promc_counter_family_remove(two, "GET", "200"), PROMC_OK);
    for (int i = 0; i < 300; i++) {
        char value[16];
        snprintf(value, sizeof(value), "%d", i);
        assert_ptr_not_equal(promc_counter_labels(two, value, ""), held);
        promc_counter_add(held, 7);
        assert_number(promc_counter_value(promc_counter_labels(two, value, "")), 0);
        promc_counter_family_remove(two, value, "");
    }
    assert_ptr_not_equal(promc_counter_labels(two, "GET", "200"), held);
    promc_counter_add(held, 7);
    assert_exposed(registry, HEAD "c_total{code=\"200\",method=\"GET\"} 0.0\n");
    promc_counter_release(held);
    promc_counter_inc(promc_counter_labels(two, "GET", "200"));
    assert_exposed(registry, HEAD "c_total{code=\"200\",method=\"GET\"} 1.0\n");
}

static void holds_count(void **state)
{
    promc_counter *held = promc_counter_hold(promc_counter_labels(two, "a", "b"));
    (void)state;

    promc_counter_hold(held);
    promc_counter_release(held);
    promc_counter_family_clear(two);
    for (int i = 0; i < 300; i++) {
        char value[16];
        snprintf(value, sizeof(value), "%d", i);
        assert_ptr_not_equal(promc_counter_labels(two, value, ""), held);
        promc_counter_family_clear(two);
    }
    promc_counter_inc(held);
    assert_exposed(registry, HEAD);
    promc_counter_release(held);
}

static void a_hold_on_what_is_not_removed_changes_nothing(void **state)
{
    promc_counter *plain = promc_counter_new("plain", "", .registry = registry);
    (void)state;

    assert_ptr_equal(promc_counter_hold(plain), plain);
    promc_counter_inc(plain);
    promc_counter_release(plain);
    promc_counter_inc(plain);
    assert_number(promc_counter_value(plain), 2);
}

static void a_stale_handle_is_safe(void **state)
{
    promc_counter *stale = promc_counter_labels(two, "a", "b");
    (void)state;

    promc_counter_family_clear(two);
    promc_counter_inc(stale);
    promc_counter_reset(stale);
    (void)promc_counter_value(stale);
    promc_counter_add_exemplar(stale, 1, PROMC_PAIRS({"a", "b"}));
    assert_exposed(registry, HEAD);
    promc_counter_free(stale); /* does nothing on a child */
    assert_int_equal(promc_counter_family_size(two), 0);
}

static void freeing_a_child_does_nothing(void **state)
{
    promc_counter *child = promc_counter_labels(two, "a", "b");
    (void)state;

    promc_counter_inc(child);
    promc_counter_free(child);
    assert_exposed(registry, HEAD "c_total{code=\"b\",method=\"a\"} 1.0\n");
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void past_max_children_updates_are_discarded(void **state)
{
    promc_counter_family *f = promc_counter_family_new("d", "Help.", PROMC_LABELS("l"),
                                                       .registry = registry, .max_children = 2);
    uint64_t before = promc_mishaps(PROMC_DISCARDED_CHILDREN);
    promc_counter *discarding;
    (void)state;

    promc_counter_family_free(two);
    promc_counter_inc(promc_counter_labels(f, "a"));
    promc_counter_inc(promc_counter_labels(f, "b"));
    assert_true(promc_mishaps(PROMC_DISCARDED_CHILDREN) == before);
    discarding = promc_counter_labels(f, "c");
    assert_non_null(discarding);
    assert_ptr_equal(promc_counter_labels(f, "d"), discarding);
    assert_true(promc_mishaps(PROMC_DISCARDED_CHILDREN) == before + 2);
    promc_counter_inc(discarding);
    promc_counter_hold(discarding);
    promc_counter_release(discarding);
    promc_counter_free(discarding);
    assert_exposed(registry, "# HELP d_total Help.\n# TYPE d_total counter\n"
                             "d_total{l=\"a\"} 1.0\nd_total{l=\"b\"} 1.0\n");
    assert_int_equal(promc_counter_family_size(f), 2);
    /* Known children are found as before, and a removal makes room. */
    assert_ptr_not_equal(promc_counter_labels(f, "a"), discarding);
    promc_counter_family_remove(f, "a");
    promc_counter_inc(promc_counter_labels(f, "c"));
    assert_exposed(registry, "# HELP d_total Help.\n# TYPE d_total counter\n"
                             "d_total{l=\"b\"} 1.0\nd_total{l=\"c\"} 1.0\n");
}

static void max_children_of_every_type(void **state)
{
    (void)state;
#define DISCARD(T, use, ...)                                                                       \
    do {                                                                                           \
        promc_##T##_family *f = promc_##T##_family_new(#T, "", PROMC_LABELS("l"),                  \
                                                       .registry = registry, .max_children = 1,    \
                                                       __VA_ARGS__);                               \
        promc_##T *first = promc_##T##_labels(f, "a");                                             \
        promc_##T *over = promc_##T##_labels(f, "b");                                              \
        assert_non_null(over);                                                                     \
        assert_ptr_not_equal(over, first);                                                         \
        use;                                                                                       \
        assert_int_equal(promc_##T##_family_size(f), 1);                                           \
        assert_false(exposes(registry, "=\"b\""));                                                 \
    } while (0)
    DISCARD(counter, promc_counter_add_exemplar(over, 1, PROMC_PAIRS({"x", "b"})), .unit = NULL);
    DISCARD(gauge, promc_gauge_set(over, 1), .unit = NULL);
    DISCARD(histogram, promc_histogram_observe(over, 1), .unit = NULL);
    DISCARD(summary, promc_summary_observe(over, 1), .unit = NULL);
    DISCARD(info, promc_info_set(over, PROMC_PAIRS({"x", "b"})), .unit = NULL);
    DISCARD(enum, promc_enum_state(over, "b"), .states = PROMC_STATES("a", "c"));
    DISCARD(gauge_histogram, promc_gauge_histogram_observe(over, 1), .unit = NULL);
}

/* ---- ageing ---------------------------------------------------------------------------------- */

#define SECONDS(n) ((uint64_t)((n) * 1e9))

static void idle_children_disappear_at_a_scrape(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new("d", "Help.", PROMC_LABELS("l"),
                                                   .registry = registry, .idle_ttl = 10);
    (void)state;

    promc_counter_family_free(two);
    promc_gauge_set(promc_gauge_labels(f, "a"), 1);
    promc_gauge_set(promc_gauge_labels(f, "b"), 2);
    assert_exposed(registry, "# HELP d Help.\n# TYPE d gauge\nd{l=\"a\"} 1.0\nd{l=\"b\"} 2.0\n");
    test_monotonic_ns += SECONDS(6);
    promc_gauge_set(promc_gauge_labels(f, "b"), 3);
    assert_exposed(registry, "# HELP d Help.\n# TYPE d gauge\nd{l=\"a\"} 1.0\nd{l=\"b\"} 3.0\n");
    test_monotonic_ns += SECONDS(6);
    assert_exposed(registry, "# HELP d Help.\n# TYPE d gauge\nd{l=\"b\"} 3.0\n");
    assert_int_equal(promc_gauge_family_size(f), 1);
    test_monotonic_ns += SECONDS(100);
    assert_exposed(registry, "# HELP d Help.\n# TYPE d gauge\n");
    promc_gauge_set(promc_gauge_labels(f, "a"), 4);
    assert_exposed(registry, "# HELP d Help.\n# TYPE d gauge\nd{l=\"a\"} 4.0\n");
}

static void an_update_that_changes_no_number_is_an_update(void **state)
{
    promc_gauge_family *g = promc_gauge_family_new("g", "", PROMC_LABELS("l"),
                                                   .registry = registry, .idle_ttl = 10);
    promc_counter_family *c = promc_counter_family_new("d", "", PROMC_LABELS("l"),
                                                       .registry = registry, .idle_ttl = 10);
    promc_enum_family *e =
        promc_enum_family_new("e", "", PROMC_LABELS("l"), .registry = registry, .idle_ttl = 10,
                              .states = PROMC_STATES("x", "y"));
    promc_info_family *i = promc_info_family_new("i", "", PROMC_LABELS("l"), .registry = registry,
                                                 .idle_ttl = 10);
    (void)state;

    for (int round = 0; round < 5; round++) {
        promc_gauge_set(promc_gauge_labels(g, "a"), 7);
        promc_counter_add(promc_counter_labels(c, "a"), 1);
        promc_enum_state(promc_enum_labels(e, "a"), "y");
        promc_info_set(promc_info_labels(i, "a"), PROMC_PAIRS({"k", "v"}));
        assert_true(exposes(registry, "g{l=\"a\"} 7.0\n"));
        assert_true(exposes(registry, "d_total{l=\"a\"}"));
        assert_true(exposes(registry, "e{e=\"y\",l=\"a\"} 1.0\n"));
        assert_true(exposes(registry, "i_info{k=\"v\",l=\"a\"} 1.0\n"));
        test_monotonic_ns += SECONDS(6);
    }
}

static double three(void *arg)
{
    (void)arg;
    return 3;
}

static void what_is_held_or_has_a_function_does_not_expire(void **state)
{
    promc_counter_family *f = promc_counter_family_new("d", "Help.", PROMC_LABELS("l"),
                                                       .registry = registry, .idle_ttl = 1);
    promc_gauge_family *g = promc_gauge_family_new("g", "Help.", PROMC_LABELS("l"),
                                                   .registry = registry, .idle_ttl = 1);
    promc_counter *held = promc_counter_hold(promc_counter_labels(f, "a"));
    (void)state;

    promc_counter_inc(held);
    promc_gauge_set_function(promc_gauge_labels(g, "f"), three, NULL);
    promc_gauge_set(promc_gauge_labels(g, "s"), 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(exposes(registry, "g{l=\"s\"} 1.0\n"), i == 0);
        assert_true(exposes(registry, "g{l=\"f\"} 3.0\n"));
        assert_true(exposes(registry, "d_total{l=\"a\"} 1.0\n"));
        test_monotonic_ns += SECONDS(5);
    }
    promc_counter_release(held);
    promc_counter_release(held); /* one too many changes nothing */
    promc_gauge_set_function(promc_gauge_labels(g, "f"), NULL, NULL);
    assert_true(exposes(registry, "l=\"f\""));
    test_monotonic_ns += SECONDS(5);
    assert_false(exposes(registry, "l=\"a\""));
    assert_false(exposes(registry, "l=\"f\""));
}

static void a_wrong_idle_ttl(void **state)
{
    static const double wrong[] = {-1, -0.001};
    (void)state;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_null(promc_counter_family_new("d", "", PROMC_LABELS("l"), .registry = registry,
                                             .idle_ttl = wrong[i]));
        assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    }
    /* Longer than the clock can count is never. */
    promc_counter_inc(
        promc_counter_labels(promc_counter_family_new("d", "", PROMC_LABELS("l"),
                                                      .registry = registry, .idle_ttl = 1e300),
                             "a"));
    test_monotonic_ns += SECONDS(1e9);
    assert_true(exposes(registry, "d_total{l=\"a\"} 1.0\n"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_family_without_children_has_help_and_type),
        T(the_same_values_are_the_same_child),
        T(values_are_not_glued_together),
        T(names_find_the_same_child_in_any_order),
        T(wrong_positions),
        T(wrong_names),
        T(many_labels),
        T(many_children_are_all_found_again),
        T(values_are_escaped),
        T(invalid_values_are_repaired),
        T(values_that_are_repaired_to_the_same_text_are_one_child),
        T(invalid_help_is_repaired_and_help_is_escaped),
        T(const_labels_are_on_every_sample),
        T(wrong_const_labels),
        T(a_removed_child_is_gone_and_a_new_one_starts_from_zero),
        T(removing_with_wrong_labels),
        T(removing_what_matches),
        T(clearing),
        T(late_updates_of_a_held_child_show_up_nowhere),
        T(holds_count),
        T(a_hold_on_what_is_not_removed_changes_nothing),
        T(a_stale_handle_is_safe),
        T(freeing_a_child_does_nothing),
        T(past_max_children_updates_are_discarded),
        T(max_children_of_every_type),
        T(idle_children_disappear_at_a_scrape),
        T(an_update_that_changes_no_number_is_an_update),
        T(what_is_held_or_has_a_function_does_not_expire),
        T(a_wrong_idle_ttl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
