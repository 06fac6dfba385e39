/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>

#define TRACE(id) PROMC_PAIRS({"trace_id", id})

static promc_registry *registry;

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

static void it_starts_at_zero(void **state)
{
    (void)state;
    assert_non_null(promc_counter_new("c", "Help.", .registry = registry));
    assert_exposed(registry, "# HELP c_total Help.\n# TYPE c_total counter\nc_total 0.0\n");
}

static void it_counts(void **state)
{
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    (void)state;

    promc_counter_inc(c);
    assert_number(promc_counter_value(c), 1);
    promc_counter_add(c, 0);
    promc_counter_add(c, 2.5);
    assert_number(promc_counter_value(c), 3.5);
    assert_number(sample(registry, "c_total", NULL), 3.5);
    assert_exposed(registry, "# HELP c_total Help.\n# TYPE c_total counter\nc_total 3.5\n");
}

static void whole_numbers_stay_exact_beside_fractions(void **state)
{
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    (void)state;

    for (int i = 0; i < 1000; i++) {
        promc_counter_inc(c);
        promc_counter_add(c, 0.25);
    }
    assert_number(promc_counter_value(c), 1250);
    promc_counter_add(c, 9007199254740992.0 - 1250);
    assert_number(promc_counter_value(c), 9007199254740992.0);
}

static void large_amounts(void **state)
{
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    (void)state;

    promc_counter_add(c, 1e300);
    assert_number(promc_counter_value(c), 1e300);
    promc_counter_add(c, 5e-324);
    assert_number(promc_counter_value(c), 1e300);
    promc_counter_add(c, INFINITY);
    assert_number(promc_counter_value(c), INFINITY);
    promc_counter_inc(c);
    assert_number(promc_counter_value(c), INFINITY);
    assert_true(exposes(registry, "\nc_total +Inf\n"));
}

static void amounts_that_no_integer_holds(void **state)
{
    static const double amounts[] = {9223372036854775807.0, 18446744073709551615.0,
                                     18446744073709551616.0, 4294967296.0, 1e19, 0.1, 5e-324};

    (void)state;
    for (size_t i = 0; i < COUNT(amounts); i++) {
        char name[] = "c0";
        promc_counter *c;

        name[1] = (char)('0' + i);
        c = promc_counter_new(name, "", .registry = registry);
        promc_counter_add(c, amounts[i]);
        assert_number(promc_counter_value(c), amounts[i]);
        promc_counter_inc(c);
        assert_number(promc_counter_value(c), amounts[i] + 1);
    }
}

static void many_increments_pass_the_point_where_doubles_stop_counting(void **state)
{
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    (void)state;

    promc_counter_add(c, 18446744073709549568.0); /* 2^64 - 2048 */
    promc_counter_add(c, 4096);
    assert_number(promc_counter_value(c), 18446744073709553664.0);
    promc_counter_add(c, 18446744073709549568.0);
    assert_number(promc_counter_value(c), 36893488147419103232.0);
}

static void a_negative_amount_is_dropped_and_counted(void **state)
{
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    uint64_t before = promc_mishaps(PROMC_DROPPED_UPDATES);
    (void)state;

    promc_counter_add(c, 7);
    promc_counter_add(c, -1);
    promc_counter_add(c, -5e-324);
    promc_counter_add(c, -INFINITY);
    assert_number(promc_counter_value(c), 7);
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before + 3);
    promc_counter_add(c, -0.0); /* is not negative */
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before + 3);
}

static void nan_is_added(void **state)
{
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    uint64_t before = promc_mishaps(PROMC_DROPPED_UPDATES);
    (void)state;

    promc_counter_add(c, NAN);
    assert_true(isnan(promc_counter_value(c)));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before);
    assert_true(exposes(registry, "\nc_total NaN\n"));
    promc_counter_reset(c);
    assert_number(promc_counter_value(c), 0);
}

static void null_is_accepted_and_counted(void **state)
{
    uint64_t before = promc_mishaps(PROMC_DROPPED_UPDATES);
    (void)state;

    promc_counter_inc(NULL);
    promc_counter_add(NULL, 1);
    promc_counter_add(NULL, -1);
    promc_counter_add_exemplar(NULL, 1, TRACE("a"));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before + 4);
    promc_counter_reset(NULL);
    assert_number(promc_counter_value(NULL), 0);
    assert_null(promc_counter_hold(NULL));
    promc_counter_release(NULL);
    promc_counter_free(NULL);
    promc_counter_family_free(NULL);
    promc_counter_family_clear(NULL);
    assert_int_equal(promc_counter_family_size(NULL), 0);
}

static void reset_goes_back_to_zero_with_a_new_created_time(void **state)
{
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    (void)state;

    promc_enable_created_series();
    promc_counter_add(c, 7);
    assert_exposed(registry, "# HELP c_total Help.\n# TYPE c_total counter\nc_total 7.0\n"
                             "# HELP c_created Help.\n# TYPE c_created gauge\nc_created 123.456\n");
    test_unix_time = 200.5;
    promc_counter_inc(c);
    assert_number(sample(registry, "c_created", NULL), 123.456);
    promc_counter_reset(c);
    assert_exposed(registry, "# HELP c_total Help.\n# TYPE c_total counter\nc_total 0.0\n"
                             "# HELP c_created Help.\n# TYPE c_created gauge\nc_created 200.5\n");
    promc_counter_inc(c);
    assert_number(promc_counter_value(c), 1);
}

static void the_created_switch_acts_at_once(void **state)
{
    (void)state;
    promc_counter_new("c", "Help.", .registry = registry);
    promc_enable_created_series();
    assert_true(has_sample(registry, "c_created", NULL));
    promc_disable_created_series();
    assert_false(has_sample(registry, "c_created", NULL));
    promc_enable_created_series();
    assert_true(has_sample(registry, "c_created", NULL));
}

static void a_child_is_created_when_it_is_first_asked_for(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new("c", "Help.", PROMC_LABELS("l"), .registry = registry);
    (void)state;

    promc_enable_created_series();
    promc_counter_labels(f, "a");
    test_unix_time = 456.125;
    promc_counter_inc(promc_counter_labels(f, "a"));
    promc_counter_inc(promc_counter_labels(f, "b"));
    assert_exposed(registry, "# HELP c_total Help.\n# TYPE c_total counter\n"
                             "c_total{l=\"a\"} 1.0\nc_total{l=\"b\"} 1.0\n"
                             "# HELP c_created Help.\n# TYPE c_created gauge\n"
                             "c_created{l=\"a\"} 123.456\nc_created{l=\"b\"} 456.125\n");
}

static void an_exemplar_leaves_the_text_alone_and_the_amount_counts(void **state)
{
    char long_value[140];
    uint64_t before = promc_mishaps(PROMC_DROPPED_UPDATES);
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    (void)state;

    promc_counter_add_exemplar(c, 1, TRACE("abc"));
    promc_counter_add_exemplar(c, 1, NULL);
    promc_counter_add_exemplar(c, 1, TRACE(""));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before);
    memset(long_value, 'x', sizeof(long_value));
    long_value[120] = '\0'; /* 8 + 120: just fits */
    promc_counter_add_exemplar(c, 1, TRACE(long_value));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before);
    long_value[120] = 'x';
    long_value[121] = '\0';
    promc_counter_add_exemplar(c, 1, TRACE(long_value));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before + 1);
    promc_counter_add_exemplar(c, -1, TRACE("abc"));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before + 2);
    assert_exposed(registry, "# HELP c_total Help.\n# TYPE c_total counter\nc_total 5.0\n");
}

static void the_exemplar_limit_counts_characters_not_bytes(void **state)
{
    char value[241];
    uint64_t before = promc_mishaps(PROMC_DROPPED_UPDATES);
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    (void)state;

    for (size_t i = 0; i < 240; i += 2)
        memcpy(value + i, "\xC3\xA4", 2);
    value[240] = '\0';
    promc_counter_add_exemplar(c, 1, TRACE(value));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before);
    assert_number(promc_counter_value(c), 1);
}

static void failures_are_counted(void **state)
{
    promc_counter *c = promc_counter_new("c", "Help.", .registry = registry);
    (void)state;

    assert_int_equal(promc_count_failure(c, 0), 0);
    assert_int_equal(promc_count_failure(c, 5), 5);
    assert_number(promc_counter_value(c), 0);
    assert_int_equal(promc_count_failure(c, -5), -5);
    assert_true(promc_count_failure(c, -5000000000LL) == -5000000000LL);
    assert_true(promc_count_failure(c, -7L) == -7L);
    assert_number(promc_counter_value(c), 3);
    assert_int_equal(promc_count_failure((promc_counter *)NULL, -1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_starts_at_zero, begin, end),
        cmocka_unit_test_setup_teardown(it_counts, begin, end),
        cmocka_unit_test_setup_teardown(whole_numbers_stay_exact_beside_fractions, begin, end),
        cmocka_unit_test_setup_teardown(large_amounts, begin, end),
        cmocka_unit_test_setup_teardown(amounts_that_no_integer_holds, begin, end),
        cmocka_unit_test_setup_teardown(
            many_increments_pass_the_point_where_doubles_stop_counting, begin, end),
        cmocka_unit_test_setup_teardown(a_negative_amount_is_dropped_and_counted, begin, end),
        cmocka_unit_test_setup_teardown(nan_is_added, begin, end),
        cmocka_unit_test_setup_teardown(null_is_accepted_and_counted, begin, end),
        cmocka_unit_test_setup_teardown(reset_goes_back_to_zero_with_a_new_created_time, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_created_switch_acts_at_once, begin, end),
        cmocka_unit_test_setup_teardown(a_child_is_created_when_it_is_first_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(an_exemplar_leaves_the_text_alone_and_the_amount_counts,
                                        begin, end),
        cmocka_unit_test_setup_teardown(the_exemplar_limit_counts_characters_not_bytes, begin, end),
        cmocka_unit_test_setup_teardown(failures_are_counted, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
