/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms, gauge histograms, summaries, and the buckets they can have. */
#include "support.h"

#include <float.h>
#include <math.h>

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

/* ---- histogram ------------------------------------------------------------------------------- */

static void default_buckets(void **state)
{
    (void)state;
    assert_non_null(promc_histogram_new("h", "Help.", .registry = registry));
    assert_exposed(registry, "# HELP h Help.\n# TYPE h histogram\n"
                             "h_bucket{le=\"0.005\"} 0.0\nh_bucket{le=\"0.01\"} 0.0\n"
                             "h_bucket{le=\"0.025\"} 0.0\nh_bucket{le=\"0.05\"} 0.0\n"
                             "h_bucket{le=\"0.075\"} 0.0\nh_bucket{le=\"0.1\"} 0.0\n"
                             "h_bucket{le=\"0.25\"} 0.0\nh_bucket{le=\"0.5\"} 0.0\n"
                             "h_bucket{le=\"0.75\"} 0.0\nh_bucket{le=\"1.0\"} 0.0\n"
                             "h_bucket{le=\"2.5\"} 0.0\nh_bucket{le=\"5.0\"} 0.0\n"
                             "h_bucket{le=\"7.5\"} 0.0\nh_bucket{le=\"10.0\"} 0.0\n"
                             "h_bucket{le=\"+Inf\"} 0.0\nh_count 0.0\nh_sum 0.0\n");
}

static double bucket(const char *name, const char *le)
{
    return sample(registry, name, PROMC_PAIRS({"le", le}));
}

static void a_value_falls_below_the_first_bound_that_holds_it(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "Help.", .registry = registry,
                                             .buckets = PROMC_BUCKETS(0, 1, 2.5));
    (void)state;

    promc_histogram_observe(h, 1); /* a bound belongs to its bucket */
    promc_histogram_observe(h, nextafter(1, 2));
    promc_histogram_observe(h, 0);
    promc_histogram_observe(h, -0.0);
    promc_histogram_observe(h, -1);
    promc_histogram_observe(h, 2.5);
    promc_histogram_observe(h, 3);
    promc_histogram_observe(h, DBL_MAX);
    assert_number(bucket("h_bucket", "0.0"), 3);
    assert_number(bucket("h_bucket", "1.0"), 4);
    assert_number(bucket("h_bucket", "2.5"), 6);
    assert_number(bucket("h_bucket", "+Inf"), 8);
    assert_number(sample(registry, "h_count", NULL), 8);
}

static void infinite_values(void **state)
{
    promc_histogram *h =
        promc_histogram_new("h", "", .registry = registry, .buckets = PROMC_BUCKETS(0, 1));
    (void)state;

    promc_histogram_observe(h, INFINITY);
    assert_number(bucket("h_bucket", "1.0"), 0);
    assert_number(bucket("h_bucket", "+Inf"), 1);
    assert_number(sample(registry, "h_sum", NULL), INFINITY);
    promc_histogram_observe(h, -INFINITY);
    assert_number(bucket("h_bucket", "0.0"), 1);
    assert_true(isnan(sample(registry, "h_sum", NULL)));
    assert_number(sample(registry, "h_count", NULL), 2);
}

static void nan_counts_in_the_last_bucket(void **state)
{
    promc_histogram *h =
        promc_histogram_new("h", "", .registry = registry, .buckets = PROMC_BUCKETS(1, 2));
    (void)state;

    promc_histogram_observe(h, NAN);
    promc_histogram_observe(h, 1);
    assert_exposed(registry, "# HELP h \n# TYPE h histogram\n"
                             "h_bucket{le=\"1.0\"} 1.0\nh_bucket{le=\"2.0\"} 1.0\n"
                             "h_bucket{le=\"+Inf\"} 2.0\nh_count 2.0\nh_sum NaN\n");
}

/* As in client_python: with a bound below zero the sum is no counter. */
static void negative_bounds_have_no_sum(void **state)
{
    promc_histogram *h =
        promc_histogram_new("h", "Help.", .registry = registry, .buckets = PROMC_BUCKETS(-1, 1));
    (void)state;

    promc_histogram_observe(h, -5);
    assert_exposed(registry, "# HELP h Help.\n# TYPE h histogram\n"
                             "h_bucket{le=\"-1.0\"} 1.0\nh_bucket{le=\"1.0\"} 1.0\n"
                             "h_bucket{le=\"+Inf\"} 1.0\nh_count 1.0\n");
}

static void the_last_bound_may_be_given(void **state)
{
    (void)state;
    promc_histogram_observe(promc_histogram_new("h", "Help.", .registry = registry,
                                                .buckets = PROMC_BUCKETS(1, INFINITY)),
                            3);
    assert_exposed(registry, "# HELP h Help.\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 0.0\n"
                             "h_bucket{le=\"+Inf\"} 1.0\nh_count 1.0\nh_sum 3.0\n");
}

static void labels_are_sorted_with_le_among_them(void **state)
{
    promc_histogram_family *f =
        promc_histogram_family_new("h", "Help.", PROMC_LABELS("zz", "aa"), .registry = registry,
                                   .buckets = PROMC_BUCKETS(1e6));
    (void)state;

    promc_histogram_observe(promc_histogram_labels(f, "1", "2"), 3);
    assert_exposed(registry, "# HELP h Help.\n# TYPE h histogram\n"
                             "h_bucket{aa=\"2\",le=\"1e+06\",zz=\"1\"} 1.0\n"
                             "h_bucket{aa=\"2\",le=\"+Inf\",zz=\"1\"} 1.0\n"
                             "h_count{aa=\"2\",zz=\"1\"} 1.0\nh_sum{aa=\"2\",zz=\"1\"} 3.0\n");
}

static void a_histogram_with_labels_shows_no_bucket_before_the_first_child(void **state)
{
    (void)state;
    promc_histogram_family_new("h", "Help.", PROMC_LABELS("l"), .registry = registry);
    assert_exposed(registry, "# HELP h Help.\n# TYPE h histogram\n");
}

static void created_series_of_distributions(void **state)
{
    (void)state;
    promc_enable_created_series();
    promc_histogram_new("h", "H.", .registry = registry, .buckets = PROMC_BUCKETS(1));
    promc_summary_new("s", "S.", .registry = registry);
    assert_exposed(registry,
                   "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 0.0\n"
                   "h_bucket{le=\"+Inf\"} 0.0\nh_count 0.0\nh_sum 0.0\n"
                   "# HELP h_created H.\n# TYPE h_created gauge\nh_created 123.456\n"
                   "# HELP s S.\n# TYPE s summary\ns_count 0.0\ns_sum 0.0\n"
                   "# HELP s_created S.\n# TYPE s_created gauge\ns_created 123.456\n");
}

static void exemplars_count_like_other_observations(void **state)
{
    promc_histogram *h =
        promc_histogram_new("h", "Help.", .registry = registry, .buckets = PROMC_BUCKETS(1));
    uint64_t before = promc_mishaps(PROMC_DROPPED_UPDATES);
    (void)state;

    promc_histogram_observe_exemplar(h, 0.5, PROMC_PAIRS({"trace_id", "x"}));
    promc_histogram_observe_exemplar(h, 2, NULL);
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before);
    promc_histogram_observe_exemplar(NULL, 2, PROMC_PAIRS({"trace_id", "x"}));
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before + 1);
    assert_number(bucket("h_bucket", "1.0"), 1);
    assert_number(bucket("h_bucket", "+Inf"), 2);
    assert_number(sample(registry, "h_sum", NULL), 2.5);
}

/* ---- buckets --------------------------------------------------------------------------------- */

static void linear_buckets(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry,
                                             .buckets = PROMC_BUCKETS_LINEAR(-0.5, 0.5, 3));
    (void)state;

    promc_histogram_observe(h, 0.25);
    assert_number(bucket("h_bucket", "-0.5"), 0);
    assert_number(bucket("h_bucket", "0.0"), 0);
    assert_number(bucket("h_bucket", "0.5"), 1);
    assert_number(bucket("h_bucket", "+Inf"), 1);
    assert_false(has_sample(registry, "h_bucket", PROMC_PAIRS({"le", "1.0"})));
}

static void exponential_buckets(void **state)
{
    (void)state;
    promc_histogram_new("h", "", .registry = registry,
                        .buckets = PROMC_BUCKETS_EXPONENTIAL(0.5, 2, 4));
    assert_exposed(registry, "# HELP h \n# TYPE h histogram\n"
                             "h_bucket{le=\"0.5\"} 0.0\nh_bucket{le=\"1.0\"} 0.0\n"
                             "h_bucket{le=\"2.0\"} 0.0\nh_bucket{le=\"4.0\"} 0.0\n"
                             "h_bucket{le=\"+Inf\"} 0.0\nh_count 0.0\nh_sum 0.0\n");
}

static void buckets_that_make_no_sense(void **state)
{
    static const double sorted[] = {1, 2};
    const struct {
        promc_buckets buckets;
        const char *message;
    } cases[] = {
        {{.count = 2, .bounds = (const double[]){2, 1}},
         "Buckets not in sorted order (each bound must be larger than the one before, which bound "
         "2 is not)"},
        {{.count = 2, .bounds = (const double[]){1, 1}}, "Buckets not in sorted order"},
        {{.count = 2, .bounds = (const double[]){0.0, -0.0}}, "Buckets not in sorted order"},
        {{.count = 2, .bounds = (const double[]){1, NAN}}, "bound 2 of 2 of the buckets is NaN"},
        {{.count = 2, .bounds = (const double[]){NAN, 1}}, "bound 1 of 2 of the buckets is NaN"},
        {{.count = 1, .bounds = (const double[]){NAN}}, "h"},
        {{.count = 3, .bounds = (const double[]){1, INFINITY, INFINITY}},
         "bound 2 of 3 of the buckets is +Inf"},
        {{.count = 1, .bounds = (const double[]){INFINITY}}, "and one with a finite bound"},
        {{.count = 2, .bounds = NULL}, "h"},
        {{.count = 10001, .bounds = sorted}, "h"},
        {{.count = SIZE_MAX, .bounds = sorted}, "h"},
        {{PROMC_BUCKETS_LINEAR_STEPS, .count = 2, .start = 1, .step = 0}, "h"},
        {{PROMC_BUCKETS_LINEAR_STEPS, .count = 2, .start = 1, .step = -1}, "h"},
        {{PROMC_BUCKETS_LINEAR_STEPS, .count = 2, .start = 1, .step = NAN}, "h"},
        {{PROMC_BUCKETS_LINEAR_STEPS, .count = 2, .start = NAN, .step = 1}, "h"},
        {{PROMC_BUCKETS_LINEAR_STEPS, .count = 2, .start = 1e300, .step = 1}, "sorted"},
        {{PROMC_BUCKETS_LINEAR_STEPS, .count = 0, .start = 1, .step = 1}, "h"},
        {{PROMC_BUCKETS_EXPONENTIAL_STEPS, .count = 2, .start = 0, .step = 2}, "h"},
        {{PROMC_BUCKETS_EXPONENTIAL_STEPS, .count = 2, .start = -1, .step = 2}, "h"},
        {{PROMC_BUCKETS_EXPONENTIAL_STEPS, .count = 2, .start = 1, .step = 1}, "h"},
        {{PROMC_BUCKETS_EXPONENTIAL_STEPS, .count = 2, .start = 1, .step = NAN}, "h"},
        {{PROMC_BUCKETS_EXPONENTIAL_STEPS, .count = 400, .start = 1, .step = 10},
         "bound 310 of 400 of the buckets is +Inf"},
        {{PROMC_BUCKETS_EXPONENTIAL_STEPS, .count = 0, .start = 1, .step = 2}, "h"},
        {{PROMC_BUCKETS_EXPONENTIAL_STEPS + 1, .count = 2, .start = 1, .step = 2}, "h"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_registry_clear_error(registry);
        if (promc_histogram_new("h", "", .registry = registry, .buckets = cases[i].buckets))
            fail_msg("buckets %zu are accepted", i);
        assert_last_error(PROMC_ERROR_ARGUMENT, cases[i].message);
        assert_last_error(PROMC_ERROR_ARGUMENT, "h");
        assert_int_equal(promc_registry_first_error(registry, NULL), PROMC_ERROR_ARGUMENT);
        if (promc_gauge_histogram_new("h", "", .registry = registry, .buckets = cases[i].buckets))
            fail_msg("buckets %zu are accepted for a gauge histogram", i);
    }
    assert_exposed(registry, "");
}

static void ten_thousand_buckets(void **state)
{
    promc_histogram *h = promc_histogram_new("h", "", .registry = registry,
                                             .buckets = PROMC_BUCKETS_LINEAR(1, 1, 10000));
    (void)state;

    assert_non_null(h);
    for (int i = 1; i <= 10001; i++)
        promc_histogram_observe(h, i);
    assert_number(bucket("h_bucket", "1.0"), 1);
    assert_number(bucket("h_bucket", "9999.0"), 9999);
    assert_number(bucket("h_bucket", "10000.0"), 10000);
    assert_number(bucket("h_bucket", "+Inf"), 10001);
    assert_number(sample(registry, "h_sum", NULL), 10001.0 * 10002 / 2);
}

/* Every number of bounds, every value at, between and beyond them, and NaN: the search must find them
 * all. */
static void every_bucket_is_found(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 70; count++) {
        promc_registry *own = promc_registry_new();
        promc_histogram *h = promc_histogram_new("h", "", .registry = own,
                                                 .buckets = PROMC_BUCKETS_LINEAR(1, 1, count));
        char le[16];

        for (size_t i = 0; i <= count; i++) {
            promc_histogram_observe(h, (double)i + 0.5);
            promc_histogram_observe(h, (double)i + 1);
        }
        promc_histogram_observe(h, NAN);
        for (size_t i = 1; i <= count; i++) {
            snprintf(le, sizeof(le), "%zu.0", i);
            assert_number(sample(own, "h_bucket", PROMC_PAIRS({"le", le})), 2 * (double)i);
        }
        assert_number(sample(own, "h_bucket", PROMC_PAIRS({"le", "+Inf"})),
                      2 * (double)(count + 1) + 1);
        promc_registry_free(own);
    }
}

/* ---- summary --------------------------------------------------------------------------------- */

static void a_summary_has_count_and_sum(void **state)
{
    promc_summary *s = promc_summary_new("s", "Help.", .registry = registry);
    (void)state;

    assert_exposed(registry, "# HELP s Help.\n# TYPE s summary\ns_count 0.0\ns_sum 0.0\n");
    promc_summary_observe(s, 4.5);
    promc_summary_observe(s, -1);
    promc_summary_observe(NULL, 3);
    assert_exposed(registry, "# HELP s Help.\n# TYPE s summary\ns_count 2.0\ns_sum 3.5\n");
    promc_summary_observe(s, NAN);
    assert_exposed(registry, "# HELP s Help.\n# TYPE s summary\ns_count 3.0\ns_sum NaN\n");
}

/* ---- gauge histogram ------------------------------------------------------------------------- */

static void a_gauge_histogram_observes_and_forgets(void **state)
{
    promc_gauge_histogram *gh = promc_gauge_histogram_new("gh", "Help.", .registry = registry,
                                                          .buckets = PROMC_BUCKETS(1, 2));
    (void)state;

    promc_gauge_histogram_observe(gh, 0.5);
    promc_gauge_histogram_observe(gh, 1.5);
    promc_gauge_histogram_observe(gh, 9);
    promc_gauge_histogram_forget(gh, 1.5);
    promc_gauge_histogram_observe(NULL, 1);
    promc_gauge_histogram_forget(NULL, 1);
    assert_exposed(registry, "# HELP gh Help.\n# TYPE gh histogram\n"
                             "gh_bucket{le=\"1.0\"} 1.0\ngh_bucket{le=\"2.0\"} 1.0\n"
                             "gh_bucket{le=\"+Inf\"} 2.0\n"
                             "# HELP gh_gcount Help.\n# TYPE gh_gcount gauge\ngh_gcount 2.0\n"
                             "# HELP gh_gsum Help.\n# TYPE gh_gsum gauge\ngh_gsum 9.5\n");
    promc_gauge_histogram_forget(gh, 0.5);
    promc_gauge_histogram_forget(gh, 9);
    assert_number(sample(registry, "gh_gcount", NULL), 0);
    assert_number(sample(registry, "gh_gsum", NULL), 0);
}

struct kept {
    char data[500];
    size_t size;
};

static int keep(const void *data, size_t size, void *arg)
{
    struct kept *kept = arg;

    assert_true(size <= sizeof(kept->data) - kept->size);
    memcpy(kept->data + kept->size, data, size);
    kept->size += size;
    return 0;
}

static void more_may_leave_than_came(void **state)
{
    static const char message[] = "\x3E\n\x02gh\x12\0\x18\x05\"4:2\x08\0\x11\0\0\0\0\0\0\xF8\xBF"
                                  "\x1A\x0B\x08\0\x11\0\0\0\0\0\0\xF0?"
                                  "\x1A\x0B\x08\0\x11\0\0\0\0\0\0\0@"
                                  "\x1A\x0B\x08\0\x11\0\0\0\0\0\0\xF0\x7F";
    promc_gauge_histogram *gh = promc_gauge_histogram_new("gh", "", .registry = registry,
                                                          .buckets = PROMC_BUCKETS(1, 2));
    struct kept kept = {.size = 0};
    (void)state;

    promc_gauge_histogram_forget(gh, 1.5);
    assert_true(exposes(registry, "gh_bucket{le=\"1.0\"} 0.0\ngh_bucket{le=\"2.0\"} -1.0\n"
                                  "gh_bucket{le=\"+Inf\"} -1.0\n"));
    assert_true(exposes(registry, "gh_gcount -1.0\n"));
    assert_number(sample(registry, "gh_bucket", PROMC_PAIRS({"le", "2.0"})), -1);
    assert_number(sample(registry, "gh_gcount", NULL), -1);
    assert_number(sample(registry, "gh_gsum", NULL), -1.5);
    /* Protobuf cannot say it: its counts have no sign. */
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, keep, &kept), PROMC_OK);
    assert_int_equal(kept.size, sizeof(message) - 1);
    assert_memory_equal(kept.data, message, sizeof(message) - 1);
}

/* Against the letter of OpenMetrics, as client_python does; Prometheus takes it. */
static void openmetrics_has_sums_below_zero(void **state)
{
    static const char expected[] = "# HELP gh \n# TYPE gh gaugehistogram\n"
                                   "gh_bucket{le=\"1.0\"} -1.0\ngh_bucket{le=\"+Inf\"} -1.0\n"
                                   "gh_gcount -1.0\ngh_gsum -0.5\n"
                                   "# HELP s \n# TYPE s summary\ns_count 1.0\ns_sum -1.0\n# EOF\n";
    struct kept kept = {.size = 0};
    (void)state;

    promc_gauge_histogram_forget(
        promc_gauge_histogram_new("gh", "", .registry = registry, .buckets = PROMC_BUCKETS(1)),
        0.5);
    promc_summary_observe(promc_summary_new("s", "", .registry = registry), -1);
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_OPENMETRICS, keep, &kept), PROMC_OK);
    assert_int_equal(kept.size, sizeof(expected) - 1);
    assert_memory_equal(kept.data, expected, kept.size);
}

static void a_gauge_histogram_has_no_created_series(void **state)
{
    (void)state;
    promc_enable_created_series();
    promc_gauge_histogram_new("gh", "", .registry = registry);
    assert_false(has_sample(registry, "gh_created", NULL));
}

static void a_gauge_histogram_of_negative_values_keeps_its_sum(void **state)
{
    promc_gauge_histogram *gh = promc_gauge_histogram_new("gh", "Help.", .registry = registry,
                                                          .buckets = PROMC_BUCKETS(-1, 2));
    (void)state;

    promc_gauge_histogram_observe(gh, -3);
    assert_number(sample(registry, "gh_gsum", NULL), -3);
    assert_number(sample(registry, "gh_gcount", NULL), 1);
}

static void *begin_with_nan_and_forget(void *arg)
{
    promc_gauge_histogram_observe(arg, NAN);
    promc_gauge_histogram_forget(arg, 49.5);
    return NULL;
}

static void *begin_with_forgetting(void *arg)
{
    promc_gauge_histogram_forget(arg, 70);
    return NULL;
}

/* Its cells are in several pages. */
static void a_gauge_histogram_of_many_buckets(void **state)
{
    promc_gauge_histogram *gh = promc_gauge_histogram_new(
        "gh", "", .registry = registry, .buckets = PROMC_BUCKETS_LINEAR(1, 1, 100));
    (void)state;

    for (int i = 0; i < 100; i++)
        promc_gauge_histogram_observe(gh, i + 0.5);
    promc_gauge_histogram_forget(gh, 20.5);
    in_a_thread(begin_with_nan_and_forget, gh);
    in_a_thread(begin_with_forgetting, gh);
    assert_number(sample(registry, "gh_bucket", PROMC_PAIRS({"le", "20.0"})), 20);
    assert_number(sample(registry, "gh_bucket", PROMC_PAIRS({"le", "49.0"})), 48);
    assert_number(sample(registry, "gh_bucket", PROMC_PAIRS({"le", "50.0"})), 48);
    assert_number(sample(registry, "gh_bucket", PROMC_PAIRS({"le", "100.0"})), 97);
    assert_number(sample(registry, "gh_gcount", NULL), 98);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(default_buckets),
        T(a_value_falls_below_the_first_bound_that_holds_it),
        T(infinite_values),
        T(nan_counts_in_the_last_bucket),
        T(negative_bounds_have_no_sum),
        T(the_last_bound_may_be_given),
        T(labels_are_sorted_with_le_among_them),
        T(a_histogram_with_labels_shows_no_bucket_before_the_first_child),
        T(created_series_of_distributions),
        T(exemplars_count_like_other_observations),
        T(linear_buckets),
        T(exponential_buckets),
        T(buckets_that_make_no_sense),
        T(ten_thousand_buckets),
        T(every_bucket_is_found),
        T(a_summary_has_count_and_sum),
        T(a_gauge_histogram_observes_and_forgets),
        T(more_may_leave_than_came),
        T(openmetrics_has_sums_below_zero),
        T(a_gauge_histogram_has_no_created_series),
        T(a_gauge_histogram_of_negative_values_keeps_its_sum),
        T(a_gauge_histogram_of_many_buckets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
