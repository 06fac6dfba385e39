/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics with options, labels and values that few programs give: each is defined to mean something. */
#include "metrics/native.h"
#include "support.h"

#include <math.h>

static promc_registry *registry;

static int set_up(void **state)
{
    (void)state;
    script_clocks();
    promc_disable_created_series();
    registry = promc_registry_new();
    return registry ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    promc_registry_free(registry);
    promc_enable_created_series();
    return 0;
}

/* The whole text of OpenMetrics. */
static int to_text(const void *data, size_t size, void *arg)
{
    strncat(arg, data, size);
    return 0;
}

static const char *openmetrics(void)
{
    static char text[4096];

    text[0] = '\0';
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_OPENMETRICS, to_text, text), PROMC_OK);
    return text;
}

/* ---- definitions ----------------------------------------------------------------------------- */

static void names_may_be_exact(void **state)
{
    (void)state;
    assert_non_null(promc_gauge_new("size", "", .registry = registry, .unit = "bytes"));
    assert_non_null(promc_gauge_new("weight", "", .registry = registry, .unit = "grams",
                                    .exact_name = true));
    assert_non_null(promc_info_new("build", "", .registry = registry, .exact_name = true));
    /* Takes its own name only. */
    assert_non_null(promc_gauge_new("build_info", "", .registry = registry));
    assert_exposed(registry, "# HELP size_bytes \n# TYPE size_bytes gauge\nsize_bytes 0.0\n"
                             "# HELP weight \n# TYPE weight gauge\nweight 0.0\n"
                             "# HELP build \n# TYPE build gauge\nbuild 1.0\n"
                             "# HELP build_info \n# TYPE build_info gauge\nbuild_info 0.0\n");
}

static void wrong_definitions(void **state)
{
    (void)state;
    assert_null(promc_gauge_new("", "Some help.", .registry = registry));
    assert_last_error(PROMC_ERROR_NAME, "should not be empty");
    assert_null(promc_counter_new("_total", "Some help.", .registry = registry));
    assert_last_error(PROMC_ERROR_NAME, "metric name cannot be empty (help: Some help.)");
    assert_null(promc_gauge_family_new("g", "", PROMC_LABELS("x"), .registry = registry,
                                       .idle_ttl = NAN));
    assert_last_error(PROMC_ERROR_ARGUMENT, "idle_ttl");
    assert_null(promc_histogram_new("h", "", .registry = registry,
                                    .buckets = (promc_buckets){.count = 2}));
    assert_last_error(PROMC_ERROR_ARGUMENT, "a count but no bounds");
}

/* Classic buckets beside native ones, of every kind. */
static void native_and_classic(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry, .native_factor = 2,
                                             .buckets = PROMC_BUCKETS_LINEAR(1, 1, 2));
    (void)state;

    promc_histogram_observe(h, 1.5);
    assert_number(sample(registry, "h_bucket", PROMC_PAIRS({"le", "2.0"})), 1);
    assert_null(promc_histogram_new("i", "", .registry = registry, .native_factor = 2,
                                    .buckets = (promc_buckets){.count = 2}));
    assert_last_error(PROMC_ERROR_ARGUMENT, "a count but no bounds");
}

/* In text a histogram without buckets of its own has +Inf, each child its own. */
static void native_only(void **state)
{
    promc_histogram_family *f = promc_histogram_family_new("h", "", PROMC_LABELS("l"),
                                                           .registry = registry, .native_factor = 2);
    (void)state;

    promc_histogram_observe(promc_histogram_labels(f, "a"), 1);
    promc_histogram_observe(promc_histogram_labels(f, "b"), 2);
    promc_histogram_observe(promc_histogram_labels(f, "b"), 3);
    assert_exposed(registry, "# HELP h \n# TYPE h histogram\n"
                             "h_bucket{l=\"a\",le=\"+Inf\"} 1.0\nh_count{l=\"a\"} 1.0\n"
                             "h_sum{l=\"a\"} 1.0\n"
                             "h_bucket{l=\"b\",le=\"+Inf\"} 2.0\nh_count{l=\"b\"} 2.0\n"
                             "h_sum{l=\"b\"} 5.0\n");
}

static void minus_infinity_is_a_bound(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry,
                                             .buckets = PROMC_BUCKETS(-INFINITY));
    (void)state;

    promc_histogram_observe(h, -INFINITY);
    promc_histogram_observe(h, 1);
    assert_number(sample(registry, "h_bucket", PROMC_PAIRS({"le", "-Inf"})), 1);
    assert_number(sample(registry, "h_bucket", PROMC_PAIRS({"le", "+Inf"})), 2);
}

/* Where there is no clock there is no time either. */
static void nothing_is_created_at_no_time(void **state)
{
    promc_counter_family *f = promc_counter_family_new("c", "", PROMC_LABELS("l"), .registry = registry);
    (void)state;

    promc_enable_created_series();
    promc_counter_inc(promc_counter_labels(f, "a"));
    test_unix_time = 0;
    promc_counter_inc(promc_counter_labels(f, "b"));
    assert_string_equal(openmetrics(), "# HELP c \n# TYPE c counter\nc_total{l=\"a\"} 1.0\n"
                                       "c_created{l=\"a\"} 123.456\nc_total{l=\"b\"} 1.0\n# EOF\n");
}

/* ---- families -------------------------------------------------------------------------------- */

static void no_family_has_nothing(void **state)
{
    (void)state;
    assert_int_equal(promc_counter_family_remove(NULL, "a"), PROMC_OK);
    assert_int_equal(promc_counter_family_remove_matching(NULL, {"a", "b"}), 0);
    assert_int_equal(promc_counter_family_size(NULL), 0);
    promc_counter_family_clear(NULL);
}

/* What is invalid is repaired, the empty value beside it stays. */
static void one_of_two_values_is_broken(void **state)
{
    promc_gauge_family *f =
        promc_gauge_family_new("g", "", PROMC_LABELS("a", "b"), .registry = registry);
    (void)state;

    promc_gauge_set(promc_gauge_labels(f, "\xFF", ""), 7);
    assert_number(sample(registry, "g", PROMC_PAIRS({"a", "\xEF\xBF\xBD"}, {"b", ""})), 7);
    assert_int_equal(promc_gauge_family_remove(f, "\xFF", ""), PROMC_OK);
    assert_int_equal(promc_gauge_family_size(f), 0);
}

/* There is no family without label names, and a metric of its own does not disappear. */
static void no_label_names(void **state)
{
    promc_gauge *g = promc_gauge_new("g", "", .registry = registry, .idle_ttl = 1);
    (void)state;

    assert_null(promc_gauge_family_new("f", "", PROMC_LABELS(NULL), .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "No label names");
    promc_gauge_set(g, 7);
    for (int i = 0; i < 3; i++) {
        test_monotonic_ns += UINT64_C(9000000000);
        assert_number(sample(registry, "g", NULL), 7);
        assert_exposed(registry, "# HELP g \n# TYPE g gauge\ng 7.0\n");
    }
}

static double forty_two(void *arg)
{
    (void)arg;
    return 42;
}

/* A function of a child that was removed is not called, and nothing of it is left. */
static void functions_of_the_removed(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new("g", "", PROMC_LABELS("l"), .registry = registry);
    promc_gauge *g = promc_gauge_hold(promc_gauge_labels(f, "a"));
    (void)state;

    assert_int_equal(promc_gauge_family_remove(f, "a"), PROMC_OK);
    promc_gauge_set_function(g, forty_two, NULL);
    assert_number(promc_gauge_value(g), 0);
    promc_gauge_release(g);
    assert_exposed(registry, "# HELP g \n# TYPE g gauge\n");
}

/* ---- values ---------------------------------------------------------------------------------- */

static void exemplars_are_checked(void **state)
{
    static const promc_label none[] = {{NULL, NULL}};
    promc_counter *c = promc_counter_new("c", "", .registry = registry);
    uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES);
    (void)state;

    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"a", NULL}));
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"a", "1"}, {"b", "2"}, {"a", "3"}));
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"", "1"}));
    assert_int_equal(promc_mishaps(PROMC_DROPPED_UPDATES), dropped + 3);
    assert_null(strstr(openmetrics(), " # {"));
    promc_counter_add_exemplar(c, 2, none);
    assert_non_null(strstr(openmetrics(), "\nc_total 5.0\n")); /* of no labels is none */
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"a", "1"}, {"b", "2"}));
    assert_non_null(strstr(openmetrics(), "\nc_total 6.0 # {a=\"1\",b=\"2\"} 1.0 123.456\n"));
}

/* Exemplars of a native histogram have places by their values, and there is one for these. */
static void native_exemplars_of_odd_values(void **state)
{
    static const double values[] = {0, NAN, -1, 5e-324, INFINITY};
    (void)state;

    for (size_t i = 0; i < COUNT(values); i++) {
        promc_histogram *h =
            promc_histogram_new("h", "", .registry = registry, .native_schema = PROMC_SCHEMA(-4));
        char text[4096] = "";

        promc_histogram_observe_exemplar(h, values[i], PROMC_PAIRS({"trace", "odd"}));
        assert_number(sample(registry, "h_count", NULL), 1);
        assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, to_text, text), PROMC_OK);
        promc_histogram_free(h);
    }
    assert_number(promc__native_bound(-2000, 0), 0); /* below the smallest number */
}

/* The smallest numbers have buckets of their own where there is no zero bucket. */
static void smallest_numbers(void **state)
{
    (void)state;
    for (int schema = -4; schema <= 8; schema++) {
        promc_histogram *h = promc_histogram_new("h", "", .registry = registry,
                                                 .native_schema = PROMC_SCHEMA(schema),
                                                 .native_zero_threshold = -1);

        promc_histogram_observe(h, 5e-324);
        promc_histogram_observe(h, -5e-324);
        promc_histogram_observe(h, 1e308);
        assert_number(sample(registry, "h_count", NULL), 3);
        promc_histogram_free(h);
    }
}

static void failures_may_be_long(void **state)
{
    promc_counter *c = promc_counter_new("c", "", .registry = registry);
    promc_timer nothing = {.kind = 99, .start = test_monotonic_ns};
    (void)state;

    assert_true(promc_count_failure_long(c, 5) == 5);
    assert_number(promc_counter_value(c), 0);
    assert_true(promc_count_failure_long(c, -5) == -5);
    assert_number(promc_counter_value(c), 1);
    test_monotonic_ns += UINT64_C(2000000000);
    assert_number(promc_timer_observe(&nothing), 2); /* of nothing known */
}

/* ---- registries ------------------------------------------------------------------------------ */

static void the_unregistered_have_no_registry(void **state)
{
    promc_gauge *g = promc_gauge_new("g", "", .registry = PROMC_UNREGISTERED);
    promc_text text;
    (void)state;

    assert_int_equal(promc_generate_latest(PROMC_UNREGISTERED, &text), PROMC_ERROR_ARGUMENT);
    assert_last_error(PROMC_ERROR_ARGUMENT, "PROMC_UNREGISTERED");
    assert_false(has_sample(PROMC_UNREGISTERED, "g", NULL));
    assert_int_equal(promc_registry_unregister(PROMC_UNREGISTERED, g), PROMC_ERROR_NOT_FOUND);
    promc_registry_free(PROMC_UNREGISTERED);
    promc_gauge_set(g, 1);
    assert_number(promc_gauge_value(g), 1);
    promc_gauge_free(g);
}

static void views_of_views(void **state)
{
    promc_registry *view, *narrower, *none;
    (void)state;

    promc_gauge_new("a", "", .registry = registry);
    promc_gauge_new("b", "", .registry = registry);
    view = promc_registry_restricted(registry, PROMC_LABELS("a", "a", "c"));
    narrower = promc_registry_restricted(view, PROMC_LABELS("a", "b"));
    none = promc_registry_restricted(registry, NULL);
    assert_exposed(view, "# HELP a \n# TYPE a gauge\na 0.0\n");
    assert_exposed(narrower, "# HELP a \n# TYPE a gauge\na 0.0\n");
    assert_exposed(none, "");
    promc_registry_free(none);
    promc_registry_free(narrower);
    promc_registry_free(view);
}

static int collect_nothing(promc_writer *writer, void *arg)
{
    (void)writer, (void)arg;
    return 0;
}

static int describe_nothing(promc_writer *writer, void *arg)
{
    (void)writer, (void)arg;
    return 0;
}

/* A collector is its functions and its argument. */
static void collectors_are_told_apart(void **state)
{
    int one, two;
    const promc_collector first = {collect_nothing, describe_nothing, &one};
    const promc_collector others[] = {{collect_nothing, NULL, &one},
                                      {collect_nothing, describe_nothing, &two},
                                      {describe_nothing, describe_nothing, &one}};
    (void)state;

    assert_int_equal(promc_registry_register(registry, &first), PROMC_OK);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(promc_registry_unregister(registry, &others[i]), PROMC_ERROR_NOT_FOUND);
    assert_int_equal(promc_registry_unregister(registry, &first), PROMC_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(names_may_be_exact),
        TEST(wrong_definitions),
        TEST(native_and_classic),
        TEST(native_only),
        TEST(minus_infinity_is_a_bound),
        TEST(nothing_is_created_at_no_time),
        TEST(no_family_has_nothing),
        TEST(one_of_two_values_is_broken),
        TEST(no_label_names),
        TEST(functions_of_the_removed),
        TEST(exemplars_are_checked),
        TEST(native_exemplars_of_odd_values),
        TEST(smallest_numbers),
        TEST(failures_may_be_long),
        TEST(the_unregistered_have_no_registry),
        TEST(views_of_views),
        TEST(collectors_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
