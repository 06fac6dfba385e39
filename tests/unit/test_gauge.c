/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>

static promc_registry *registry;
static promc_gauge *g;

static int begin(void **state)
{
    (void)state;
    script_clocks();
    registry = promc_registry_new();
    g = promc_gauge_new("g", "Help.", .registry = registry);
    return registry && g ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

static void it_starts_at_zero(void **state)
{
    (void)state;
    assert_exposed(registry, "# HELP g Help.\n# TYPE g gauge\ng 0.0\n");
}

static void it_goes_up_and_down(void **state)
{
    (void)state;
    promc_gauge_inc(g);
    promc_gauge_add(g, 2.5);
    assert_number(promc_gauge_value(g), 3.5);
    promc_gauge_dec(g);
    promc_gauge_sub(g, 4);
    assert_number(promc_gauge_value(g), -1.5);
    promc_gauge_add(g, -1);
    promc_gauge_sub(g, -3);
    assert_number(promc_gauge_value(g), 0.5);
    promc_gauge_set(g, 9);
    promc_gauge_inc(g);
    assert_number(sample(registry, "g", NULL), 10);
}

static void every_double_can_be_set(void **state)
{
    static const struct {
        double value;
        const char *line;
    } cases[] = {
        {INFINITY, "g +Inf\n"},
        {-INFINITY, "g -Inf\n"},
        {NAN, "g NaN\n"},
        {-NAN, "g NaN\n"},
        {-0.0, "g -0.0\n"},
        {0.1, "g 0.1\n"},
        {123456, "g 123456.0\n"},
        {999999, "g 999999.0\n"},
        {1e6, "g 1e+06\n"},
        {1234567, "g 1.234567e+06\n"},
        {1000000.5, "g 1.0000005e+06\n"},
        {1e10, "g 1e+10\n"},
        {1e15, "g 1e+15\n"},
        {1e16, "g 1e+16\n"},
        {9007199254740992.0, "g 9.007199254740992e+15\n"},
        {1e-4, "g 0.0001\n"},
        {1e-5, "g 1e-05\n"},
        {5e-324, "g 5e-324\n"},
        {1.7976931348623157e308, "g 1.7976931348623157e+308\n"},
        {-1e6, "g -1000000.0\n"},
        {-1234567, "g -1234567.0\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char expected[100] = "# HELP g Help.\n# TYPE g gauge\n";

        promc_gauge_set(g, cases[i].value);
        assert_number(promc_gauge_value(g), cases[i].value);
        assert_exposed(registry, strcat(expected, cases[i].line));
    }
}

static void the_current_time(void **state)
{
    (void)state;
    promc_gauge_set_to_current_time(g);
    assert_exposed(registry, "# HELP g Help.\n# TYPE g gauge\ng 123.456\n");
}

static double twice(void *arg)
{
    return 2 * *(double *)arg;
}

static void a_function_gives_the_value(void **state)
{
    double number = 21;
    (void)state;

    promc_gauge_set(g, 5);
    promc_gauge_set_function(g, twice, &number);
    assert_number(promc_gauge_value(g), 42);
    promc_gauge_inc(g);
    promc_gauge_dec(g);
    promc_gauge_add(g, 7);
    promc_gauge_sub(g, 9);
    promc_gauge_set(g, 1);
    promc_gauge_set_to_current_time(g);
    number = -3;
    assert_number(sample(registry, "g", NULL), -6);
    assert_exposed(registry, "# HELP g Help.\n# TYPE g gauge\ng -6.0\n");
    promc_gauge_set_function(g, NULL, NULL);
    assert_number(promc_gauge_value(g), 5);
    promc_gauge_inc(g);
    assert_number(sample(registry, "g", NULL), 6);
}

static void a_function_can_be_replaced_and_belongs_to_one_child(void **state)
{
    double one = 1, two = 2;
    promc_gauge_family *f =
        promc_gauge_family_new("f", "Help.", PROMC_LABELS("l"), .registry = registry);
    (void)state;

    promc_gauge_free(g);
    promc_gauge_set_function(promc_gauge_labels(f, "a"), twice, &one);
    promc_gauge_set(promc_gauge_labels(f, "b"), 7);
    assert_exposed(registry, "# HELP f Help.\n# TYPE f gauge\nf{l=\"a\"} 2.0\nf{l=\"b\"} 7.0\n");
    promc_gauge_set_function(promc_gauge_labels(f, "a"), twice, &two);
    assert_number(promc_gauge_value(promc_gauge_labels(f, "a")), 4);
    /* A new child does not inherit the function of the one before. */
    assert_int_equal(promc_gauge_family_remove(f, "a"), PROMC_OK);
    assert_number(promc_gauge_value(promc_gauge_labels(f, "a")), 0);
    promc_gauge_inc(promc_gauge_labels(f, "a"));
    assert_number(promc_gauge_value(promc_gauge_labels(f, "a")), 1);
}

/* A function may use the library: it is called without any of its locks. */
static double uses_the_library(void *arg)
{
    promc_registry *other = promc_registry_new();
    promc_gauge *inner = promc_gauge_new("inner", "", .registry = other);
    promc_gauge_family *family = arg;
    double value;

    promc_gauge_set(inner, 3);
    value = promc_gauge_value(inner);
    promc_registry_free(other);
    promc_gauge_inc(promc_gauge_labels(family, "made by the function"));
    assert_non_null(promc_gauge_new("made", "", .registry = registry));
    promc_gauge_free(promc_gauge_new("freed", "", .registry = registry));
    return value;
}

static void a_function_may_define_metrics_and_children(void **state)
{
    promc_gauge_family *f =
        promc_gauge_family_new("f", "Help.", PROMC_LABELS("l"), .registry = registry);
    promc_text text;
    (void)state;

    promc_gauge_set_function(g, uses_the_library, f);
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
    assert_non_null(strstr(text.data, "\ng 3.0\n"));
    promc_text_free(&text);
    assert_number(promc_gauge_value(promc_gauge_labels(f, "made by the function")), 1);
    promc_gauge_set_function(g, NULL, NULL);
}

static void null_is_accepted(void **state)
{
    uint64_t before = promc_mishaps(PROMC_DROPPED_UPDATES);
    (void)state;

    promc_gauge_inc(NULL);
    promc_gauge_dec(NULL);
    promc_gauge_add(NULL, 1);
    promc_gauge_sub(NULL, 1);
    promc_gauge_set(NULL, 1);
    promc_gauge_set_to_current_time(NULL);
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before + 6);
    promc_gauge_set_function(NULL, twice, NULL);
    assert_number(promc_gauge_value(NULL), 0);
    promc_gauge_free(NULL);
}

static void a_gauge_has_no_created_series(void **state)
{
    (void)state;
    promc_enable_created_series();
    assert_false(has_sample(registry, "g_created", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_starts_at_zero, begin, end),
        cmocka_unit_test_setup_teardown(it_goes_up_and_down, begin, end),
        cmocka_unit_test_setup_teardown(every_double_can_be_set, begin, end),
        cmocka_unit_test_setup_teardown(the_current_time, begin, end),
        cmocka_unit_test_setup_teardown(a_function_gives_the_value, begin, end),
        cmocka_unit_test_setup_teardown(a_function_can_be_replaced_and_belongs_to_one_child, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_function_may_define_metrics_and_children, begin, end),
        cmocka_unit_test_setup_teardown(null_is_accepted, begin, end),
        cmocka_unit_test_setup_teardown(a_gauge_has_no_created_series, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
