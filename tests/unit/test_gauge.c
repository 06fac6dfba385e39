/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "metrics/family.h"

#include <math.h>
#include <pthread.h>

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

/* NaN with a sign, which stands for something else inside: it is NaN whatever its bits are. */
static void any_nan_is_nan(void **state)
{
    static const uint64_t patterns[] = {0xFFF0000000000001u, 0xFFF0000000100000u,
                                        0xFFF0000000100001u, 0xFFF8000000000000u,
                                        0xFFFFFFFFFFFFFFFFu, 0x7FF0000000000001u};
    (void)state;

    for (size_t i = 0; i < COUNT(patterns); i++) {
        promc_gauge_set(g, 1);
        promc_gauge_inc(g);
        promc_gauge_set(g, promc__bits_to_double(patterns[i]));
        assert_number(promc_gauge_value(g), NAN);
        promc_gauge_inc(g);
        assert_number(sample(registry, "g", NULL), NAN);
        promc_gauge_add(g, INFINITY);
        assert_number(promc_gauge_value(g), NAN);
    }
    promc_gauge_set(g, INFINITY);
    promc_gauge_add(g, -INFINITY);
    assert_number(promc_gauge_value(g), NAN);
    promc_gauge_inc(g);
    assert_number(promc_gauge_value(g), NAN);
    promc_gauge_set(g, 3);
    assert_number(promc_gauge_value(g), 3);
}

/* ---- threads --------------------------------------------------------------------------------- */

static void *add_three(void *gauge)
{
    promc_gauge_add(gauge, 3);
    return NULL;
}

static void *set_to_seven(void *gauge)
{
    promc_gauge_set(gauge, 7);
    return NULL;
}

static void threads_add_up(void **state)
{
    (void)state;
    promc_gauge_set(g, 100);
    promc_gauge_dec(g);
    in_a_thread(add_three, g);
    in_a_thread(add_three, g);
    assert_number(promc_gauge_value(g), 105);
    promc_gauge_sub(g, 5);
    assert_number(sample(registry, "g", NULL), 100);
}

static void a_set_wins_over_all_that_came_before(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        promc_gauge_inc(g);
        in_a_thread(add_three, g);
        promc_gauge_set(g, 0.1);
        assert_number(promc_gauge_value(g), 0.1);
        assert_number(sample(registry, "g", NULL), 0.1);
        in_a_thread(add_three, g);
        assert_number(promc_gauge_value(g), 0.1 + 3);
        promc_gauge_inc(g);
        in_a_thread(set_to_seven, g);
        assert_number(promc_gauge_value(g), 7);
        promc_gauge_inc(g);
        in_a_thread(add_three, g);
        assert_number(sample(registry, "g", NULL), 11);
        promc_gauge_set(g, -0.0);
        assert_number(promc_gauge_value(g), -0.0);
    }
}

/* In one thread it is a variable, with the rounding of one (which is in memory all the time). */
static void it_rounds_as_a_variable_does(void **state)
{
    volatile double expected = 0.1, amount;
    (void)state;

    promc_gauge_set(g, 0.1);
    for (int i = 1; i < 100; i++) {
        amount = 0.1 * i;
        promc_gauge_add(g, amount);
        expected += amount;
        assert_number(promc_gauge_value(g), expected);
    }
}

static void *add_a_lot(void *gauge)
{
    promc_gauge_add(gauge, 0x1p53);
    return NULL;
}

/* What went up in one thread and down in another does not make the rest inexact for ever. */
static void scrapes_fold_what_cancels_out(void **state)
{
    (void)state;

    promc_gauge_inc(g);
    in_a_thread(add_a_lot, g);
    promc_gauge_sub(g, 0x1p53);
    promc_gauge_add(g, -1);
    assert_number(sample(registry, "g", NULL), 0);
    promc_gauge_inc(g);
    assert_number(promc_gauge_value(g), 1);
    promc_gauge_add(g, 0.1);
    assert_number(sample(registry, "g", NULL), 1.1);
}

static void *begin_transfer(void *gauge)
{
    promc_gauge_add(gauge, 0x1p48);
    promc_gauge_inc(gauge);
    return NULL;
}

/* Also if the sum is never small when it is scraped. */
static void scrapes_fold_what_is_under_way(void **state)
{
    (void)state;

    in_a_thread(begin_transfer, g);
    for (int i = 1; i < 100; i++) {
        in_a_thread(begin_transfer, g);
        promc_gauge_sub(g, 0x1p48);
        assert_number(sample(registry, "g", NULL), 0x1p48 + i + 1);
    }
    promc_gauge_sub(g, 0x1p48);
    assert_number(promc_gauge_value(g), 100);
    promc_gauge_sub(g, 101);
    assert_number(sample(registry, "g", NULL), -1);
}

/* While numbers stand still for a snapshot, updates go elsewhere, and are there afterwards. */
static void updates_during_a_snapshot(void **state)
{
    double first, second;
    (void)state;

    for (int i = 0; i < 3; i++) {
        promc_gauge_set(g, 10);
        promc__snapshot_begin();
        promc_gauge_inc(g);
        first = promc_gauge_value(g);
        promc__snapshot_end();
        assert_number(first, 11);
        promc_gauge_inc(g);
        promc__snapshot_begin();
        promc_gauge_add(g, 20);
        in_a_thread(add_three, g);
        second = promc_gauge_value(g);
        promc__snapshot_end();
        assert_number(second, 35);
        promc_gauge_dec(g);
        assert_number(sample(registry, "g", NULL), 34);
        promc__snapshot_begin();
        promc_gauge_set(g, 1);
        promc_gauge_inc(g);
        promc__snapshot_end();
        assert_number(promc_gauge_value(g), 2);
        promc_gauge_inc(g);
        assert_number(promc_gauge_value(g), 3);
    }
}

/* Also what went up while numbers stood still, and down when they did not. */
static void scrapes_fold_what_snapshots_divide(void **state)
{
    (void)state;

    promc_gauge_inc(g);
    for (int i = 1; i < 100; i++) {
        promc__snapshot_begin();
        promc_gauge_add(g, 0x1p48 + 1);
        promc__snapshot_end();
        promc_gauge_sub(g, 0x1p48);
        assert_number(sample(registry, "g", NULL), i + 1);
        assert_number(promc_gauge_value(g), i + 1);
    }
}

/* Cells that a thread has beside those it used, for gauges that are 0. */
static void cells_that_were_never_used(void **state)
{
    promc_gauge_family *f =
        promc_gauge_family_new("f", "Help.", PROMC_LABELS("l"), .registry = registry);
    promc_gauge *children[40];
    char label[20];
    (void)state;

    for (int i = 0; i < 40; i++) {
        snprintf(label, sizeof(label), "%d", i);
        children[i] = promc_gauge_labels(f, label);
        in_a_thread(add_three, children[i]);
    }
    for (int i = 0; i < 40; i++) {
        promc_gauge_set(children[i], 0);
        promc_gauge_inc(children[i]);
        assert_number(promc_gauge_value(children[i]), 1);
    }
}

static void without_private_memory(void **state)
{
    promc_gauge *other;
    (void)state;

    promc_set_private_memory_limit(0);
    other = promc_gauge_new("other", "", .registry = registry);
    promc_gauge_set(other, 5);
    promc_gauge_inc(other);
    in_a_thread(add_three, other);
    assert_number(promc_gauge_value(other), 9);
    promc_set_private_memory_limit((size_t)256 << 20);
    promc_gauge_inc(other);
    in_a_thread(add_three, other);
    assert_number(sample(registry, "other", NULL), 13);
    promc_gauge_set(other, 2);
    assert_number(promc_gauge_value(other), 2);
}

/* ---- children -------------------------------------------------------------------------------- */

/* What a child leaves behind is not in the next one, whichever uses the memory. */
static void children_that_come_and_go(void **state)
{
    promc_gauge_family *f =
        promc_gauge_family_new("f", "Help.", PROMC_LABELS("l"), .registry = registry);
    (void)state;

    for (int i = 0; i < 1000; i++) {
        promc_gauge *child = promc_gauge_labels(f, "a");

        assert_number(promc_gauge_value(child), 0);
        promc_gauge_dec(child);
        if (i % 100 == 0)
            in_a_thread(add_three, child);
        assert_number(promc_gauge_value(child), i % 100 == 0 ? 2 : -1);
        assert_int_equal(promc_gauge_family_remove(f, "a"), PROMC_OK);
        promc_gauge_inc(child);
        assert_number(promc_gauge_value(promc_gauge_labels(f, "b")), i);
        promc_gauge_inc(promc_gauge_labels(f, "b"));
    }
}

static void its_cells_are_clean_for_others(void **state)
{
    promc_gauge *gauges[100];
    char name[20];
    (void)state;

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "g_%d", i);
        gauges[i] = promc_gauge_new(name, "", .registry = registry);
        promc_gauge_inc(gauges[i]);
        in_a_thread(add_three, gauges[i]);
    }
    for (int i = 0; i < 100; i++)
        promc_gauge_free(gauges[i]);
    for (int i = 0; i < 100; i++) {
        promc_summary *summary;

        snprintf(name, sizeof(name), "s_%d", i);
        summary = promc_summary_new(name, "", .registry = registry);
        promc_summary_observe(summary, 2);
        strcat(name, "_count");
        assert_number(sample(registry, name, NULL), 1);
    }
}

/* A gauge that is only set takes no cells. */
static void setting_takes_no_slot(void **state)
{
    const promc__child *child = (const promc__child *)g;
    (void)state;

    promc_gauge_set(g, 1);
    promc_gauge_set(g, -NAN);
    promc_gauge_set(g, 2);
    assert_int_equal(atomic_load(&child->numbers.slot), PROMC__NO_SLOT);
    promc_gauge_inc(g);
    assert_int_not_equal(atomic_load(&child->numbers.slot), PROMC__NO_SLOT);
    assert_number(promc_gauge_value(g), 3);
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
        cmocka_unit_test_setup_teardown(any_nan_is_nan, begin, end),
        cmocka_unit_test_setup_teardown(threads_add_up, begin, end),
        cmocka_unit_test_setup_teardown(a_set_wins_over_all_that_came_before, begin, end),
        cmocka_unit_test_setup_teardown(it_rounds_as_a_variable_does, begin, end),
        cmocka_unit_test_setup_teardown(scrapes_fold_what_cancels_out, begin, end),
        cmocka_unit_test_setup_teardown(scrapes_fold_what_is_under_way, begin, end),
        cmocka_unit_test_setup_teardown(updates_during_a_snapshot, begin, end),
        cmocka_unit_test_setup_teardown(scrapes_fold_what_snapshots_divide, begin, end),
        cmocka_unit_test_setup_teardown(cells_that_were_never_used, begin, end),
        cmocka_unit_test_setup_teardown(without_private_memory, begin, end),
        cmocka_unit_test_setup_teardown(children_that_come_and_go, begin, end),
        cmocka_unit_test_setup_teardown(its_cells_are_clean_for_others, begin, end),
        cmocka_unit_test_setup_teardown(setting_takes_no_slot, begin, end),
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
