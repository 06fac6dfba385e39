/* SPDX-License-Identifier: Apache-2.0 */
/* Timers and the macros around them, and metrics that are defined outside functions. */
#include "support.h"

#include <limits.h>

PROMC_COUNTER(file_counter, "file_counter", "C.");
PROMC_GAUGE(file_gauge, "file_gauge", "G.", .unit = "bytes");
PROMC_HISTOGRAM(file_histogram, "file_histogram", "H.", .buckets = PROMC_BUCKETS(1, 2));
PROMC_SUMMARY(file_summary, "file_summary", "S.");
PROMC_INFO(file_build, "file_build", "I.");
PROMC_ENUM(file_state, "file_state", "E.", .states = PROMC_STATES("on", "off"));
PROMC_GAUGE_HISTOGRAM(file_ages, "file_ages", "GH.");
PROMC_COUNTER_FAMILY(file_counters, "file_counters", "C.", PROMC_LABELS("a", "b"));
PROMC_GAUGE_FAMILY(file_gauges, "file_gauges", "G.", PROMC_LABELS("a"));
PROMC_HISTOGRAM_FAMILY(file_histograms, "file_histograms", "H.", PROMC_LABELS("a"));
PROMC_SUMMARY_FAMILY(file_summaries, "file_summaries", "S.", PROMC_LABELS("a"));
PROMC_INFO_FAMILY(file_builds, "file_builds", "I.", PROMC_LABELS("a"));
PROMC_ENUM_FAMILY(file_states, "file_states", "E.", PROMC_LABELS("a"), .states = PROMC_STATES("x"));
PROMC_GAUGE_HISTOGRAM_FAMILY(file_ages_by, "file_ages_by", "GH.", PROMC_LABELS("a"));

static promc_registry *registry;
static promc_histogram *h;
static promc_summary *s;
static promc_gauge *g;
static promc_gauge_histogram *gh;

static int begin(void **state)
{
    (void)state;
    script_clocks();
    registry = promc_registry_new();
    h = promc_histogram_new("h", "", .registry = registry, .buckets = PROMC_BUCKETS(1, 2));
    s = promc_summary_new("s", "", .registry = registry);
    g = promc_gauge_new("g", "", .registry = registry);
    gh = promc_gauge_histogram_new("gh", "", .registry = registry);
    return h && s && g && gh ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

static void pass(double seconds)
{
    test_monotonic_ns += (uint64_t)(seconds * 1e9);
}

/* ---- plain timers ---------------------------------------------------------------------------- */

static void a_timer_measures_seconds(void **state)
{
    promc_timer timer = promc_timer_start(h);
    (void)state;

    pass(1.5);
    assert_number(promc_timer_observe(&timer), 1.5);
    pass(1);
    assert_number(promc_timer_observe(&timer), 2.5);
    assert_number(sample(registry, "h_count", NULL), 2);
    assert_number(sample(registry, "h_sum", NULL), 4);
    assert_number(sample(registry, "h_bucket", PROMC_PAIRS({"le", "2.0"})), 1);
}

static void every_type_can_be_timed(void **state)
{
    promc_timer timers[] = {promc_timer_start(h), promc_timer_start(s), promc_timer_start(g),
                            promc_timer_start(gh)};
    (void)state;

    pass(0.25);
    for (size_t i = 0; i < COUNT(timers); i++)
        assert_number(promc_timer_observe(&timers[i]), 0.25);
    assert_number(sample(registry, "h_sum", NULL), 0.25);
    assert_number(sample(registry, "s_sum", NULL), 0.25);
    assert_number(sample(registry, "s_count", NULL), 1);
    assert_number(sample(registry, "g", NULL), 0.25);
    assert_number(sample(registry, "gh_gsum", NULL), 0.25);
}

static void a_clock_that_goes_back_is_no_time(void **state)
{
    promc_timer timer = promc_timer_start(s);
    (void)state;

    test_monotonic_ns -= 5;
    assert_number(promc_timer_observe(&timer), 0);
    assert_number(sample(registry, "s_sum", NULL), 0);
    assert_number(sample(registry, "s_count", NULL), 1);
}

static void a_timer_of_nothing(void **state)
{
    promc_timer timer = promc_timer_start((promc_histogram *)NULL);
    (void)state;

    pass(2);
    assert_number(promc_timer_observe(&timer), 2);
}

/* ---- macros ---------------------------------------------------------------------------------- */

static int whole_function(int way)
{
    PROMC_TIME_SCOPE(h);
    PROMC_TIME_SCOPE(s); /* two in one block */
    PROMC_TRACK_INPROGRESS(g);

    assert_number(promc_gauge_value(g), 1);
    pass(1);
    if (way == 0)
        return 0;
    {
        PROMC_TRACK_INPROGRESS(g);
        assert_number(promc_gauge_value(g), 2);
    }
    assert_number(promc_gauge_value(g), 1);
    pass(1);
    if (way == 1)
        goto out;
    pass(1);
out:
    return way;
}

static void a_scope_is_timed_whichever_way_it_is_left(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++)
        assert_int_equal(whole_function(way), way);
    assert_number(sample(registry, "h_count", NULL), 3);
    assert_number(sample(registry, "h_sum", NULL), 6);
    assert_number(sample(registry, "s_sum", NULL), 6);
    assert_number(promc_gauge_value(g), 0);
}

static int block_with_return(void)
{
    PROMC_TIME (s) {
        pass(1);
        if (test_monotonic_ns)
            return 7;
    }
    return 8;
}

static void a_block_is_timed(void **state)
{
    int rounds = 0;
    (void)state;

    PROMC_TIME (s) {
        pass(1);
        rounds++;
    }
    assert_int_equal(rounds, 1);
    assert_number(sample(registry, "s_count", NULL), 1);
    assert_int_equal(block_with_return(), 7);
    assert_number(sample(registry, "s_count", NULL), 2);
    assert_number(sample(registry, "s_sum", NULL), 2);
    PROMC_TIME (s)
        pass(1); /* a single statement */
    assert_number(sample(registry, "s_sum", NULL), 3);
}

static void break_and_continue_leave_the_block(void **state)
{
    int rounds = 0;
    (void)state;

    for (int i = 0; i < 3; i++) {
        PROMC_TIME (s) {
            rounds++;
            if (i == 1)
                break;
            if (i == 2)
                continue;
            pass(1);
        }
        assert_number(sample(registry, "s_count", NULL), i + 1);
    }
    assert_int_equal(rounds, 3);
    assert_number(sample(registry, "s_sum", NULL), 1);
}

static void blocks_can_be_nested(void **state)
{
    (void)state;
    PROMC_TIME (s) {
        pass(1);
        PROMC_TIME (h) {
            pass(1);
            PROMC_TIME (g)
                pass(4);
        }
    }
    assert_number(sample(registry, "s_sum", NULL), 6);
    assert_number(sample(registry, "h_sum", NULL), 5);
    assert_number(sample(registry, "g", NULL), 4);
}

static void blocks_fit_where_a_statement_fits(void **state)
{
    (void)state;
    if (test_unix_time < 0)
        PROMC_TIME (s)
            pass(100);
    else
        PROMC_TIME (s)
            pass(1);
    assert_number(sample(registry, "s_sum", NULL), 1);
}

static promc_histogram *asked(int *times)
{
    ++*times;
    return h;
}

static void arguments_are_evaluated_once(void **state)
{
    int times = 0;
    (void)state;

    PROMC_TIME (asked(&times))
        pass(1);
    assert_int_equal(times, 1);
    {
        PROMC_TIME_SCOPE(asked(&times));
    }
    assert_int_equal(times, 2);
}

static void a_child_can_be_found_within_the_macro(void **state)
{
    promc_histogram_family *f =
        promc_histogram_family_new("f", "", PROMC_LABELS("kind"), .registry = registry);
    (void)state;

    PROMC_TIME (promc_histogram_labels(f, "a"))
        pass(3);
    assert_number(sample(registry, "f_sum", PROMC_PAIRS({"kind", "a"})), 3);
}

static void failures_keep_their_type(void **state)
{
    promc_counter *c = promc_counter_new("c", "", .registry = registry);
    short small = -1;
    (void)state;

    assert_true(sizeof(promc_count_failure(c, 1LL)) == sizeof(long long));
    assert_true(sizeof(promc_count_failure(c, 1)) == sizeof(int));
    assert_int_equal(promc_count_failure(c, small), -1);
    assert_true(promc_count_failure(c, -4294967296LL) == -4294967296LL);
    assert_true(promc_count_failure(c, 4294967295LL) == 4294967295LL);
    assert_true(promc_count_failure(c, LONG_MIN) == LONG_MIN);
    assert_number(promc_counter_value(c), 3);
}

/* ---- file scope ------------------------------------------------------------------------------ */

static void metrics_of_every_type_exist_before_main(void **state)
{
    (void)state;
    promc_counter_inc(file_counter);
    promc_gauge_set(file_gauge, 2);
    promc_histogram_observe(file_histogram, 1.5);
    promc_summary_observe(file_summary, 4);
    promc_info_set(file_build, PROMC_PAIRS({"version", "1"}));
    promc_enum_state(file_state, "off");
    promc_gauge_histogram_observe(file_ages, 1);
    promc_counter_inc(promc_counter_labels(file_counters, "1", "2"));
    promc_gauge_set(promc_gauge_labels(file_gauges, "1"), 5);
    promc_histogram_observe(promc_histogram_labels(file_histograms, "1"), 6);
    promc_summary_observe(promc_summary_labels(file_summaries, "1"), 7);
    promc_info_set(promc_info_labels(file_builds, "1"), PROMC_PAIRS({"b", "2"}));
    promc_enum_state(promc_enum_labels(file_states, "1"), "x");
    promc_gauge_histogram_observe(promc_gauge_histogram_labels(file_ages_by, "1"), 8);

    assert_number(sample(NULL, "file_counter_total", NULL), 1);
    assert_number(sample(NULL, "file_gauge_bytes", NULL), 2);
    assert_number(sample(NULL, "file_histogram_sum", NULL), 1.5);
    assert_number(sample(NULL, "file_summary_sum", NULL), 4);
    assert_number(sample(NULL, "file_build_info", PROMC_PAIRS({"version", "1"})), 1);
    assert_number(sample(NULL, "file_state", PROMC_PAIRS({"file_state", "off"})), 1);
    assert_number(sample(NULL, "file_ages_gsum", NULL), 1);
    assert_number(sample(NULL, "file_counters_total", PROMC_PAIRS({"a", "1"}, {"b", "2"})), 1);
    assert_number(sample(NULL, "file_gauges", PROMC_PAIRS({"a", "1"})), 5);
    assert_number(sample(NULL, "file_histograms_sum", PROMC_PAIRS({"a", "1"})), 6);
    assert_number(sample(NULL, "file_summaries_sum", PROMC_PAIRS({"a", "1"})), 7);
    assert_number(sample(NULL, "file_builds_info", PROMC_PAIRS({"a", "1"}, {"b", "2"})), 1);
    assert_number(sample(NULL, "file_states", PROMC_PAIRS({"a", "1"}, {"file_states", "x"})), 1);
    assert_number(sample(NULL, "file_ages_by_gsum", PROMC_PAIRS({"a", "1"})), 8);
    assert_int_equal(promc_registry_first_error(NULL, NULL), PROMC_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_timer_measures_seconds),
        T(every_type_can_be_timed),
        T(a_clock_that_goes_back_is_no_time),
        T(a_timer_of_nothing),
        T(a_scope_is_timed_whichever_way_it_is_left),
        T(a_block_is_timed),
        T(break_and_continue_leave_the_block),
        T(blocks_can_be_nested),
        T(blocks_fit_where_a_statement_fits),
        T(arguments_are_evaluated_once),
        T(a_child_can_be_found_within_the_macro),
        T(failures_keep_their_type),
        T(metrics_of_every_type_exist_before_main),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
