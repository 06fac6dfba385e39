/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

/* ---- a sink that keeps, and refuses when it is told to --------------------------------------- */

static char output[1 << 20];
static size_t output_size, sink_calls, sink_allows;

static int keep(const void *data, size_t size, void *arg)
{
    assert_ptr_equal(arg, output);
    sink_calls++;
    if (output_size + size > sink_allows)
        return 1;
    assert_true(output_size + size < sizeof(output));
    memcpy(output + output_size, data, size);
    output_size += size;
    output[output_size] = '\0';
    return 0;
}

static int begin(void **state)
{
    (void)state;
    output_size = sink_calls = 0;
    sink_allows = sizeof(output) - 1;
    output[0] = '\0';
    promc_enable_created_series();
    return 0;
}

#define W promc_writer_new(PROMC_FORMAT_TEXT, keep, output)

static void nothing_writes_nothing(void **state)
{
    (void)state;
    assert_int_equal(promc_writer_end(W), PROMC_OK);
    assert_string_equal(output, "");
}

static void families_are_grouped(void **state)
{
    promc_writer *w = W;
    promc_family *q = promc_writer_family(w, PROMC_TYPE_COUNTER, "dns_queries", "Queries.");
    promc_family *m = promc_writer_family(w, PROMC_TYPE_GAUGE, "dns_zone_bytes", "Size.");
    static const char *const zones[] = {"a", "b\"\\\n"};
    (void)state;

    for (size_t i = 0; i < COUNT(zones); i++) {
        assert_int_equal(promc_writer_u64(w, q, i + 9007199254740993u,
                                          PROMC_PAIRS({"zone", zones[i]}, {"a", ""})),
                         PROMC_OK);
        assert_int_equal(promc_writer_double(w, m, 0.5, PROMC_PAIRS({"zone", zones[i]})), PROMC_OK);
    }
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_string_equal(output,
                        "# HELP dns_queries_total Queries.\n# TYPE dns_queries_total counter\n"
                        "dns_queries_total{a=\"\",zone=\"a\"} 9007199254740993\n"
                        "dns_queries_total{a=\"\",zone=\"b\\\"\\\\\\n\"} 9007199254740994\n"
                        "# HELP dns_zone_bytes Size.\n# TYPE dns_zone_bytes gauge\n"
                        "dns_zone_bytes{zone=\"a\"} 0.5\n"
                        "dns_zone_bytes{zone=\"b\\\"\\\\\\n\"} 0.5\n");
}

static void integers_keep_every_digit(void **state)
{
    promc_writer *w = W;
    promc_family *g = promc_writer_family(w, PROMC_TYPE_GAUGE, "g", "");
    (void)state;

    promc_writer_u64(w, g, UINT64_MAX, PROMC_PAIRS({"n", "1"}));
    promc_writer_i64(w, g, INT64_MIN, PROMC_PAIRS({"n", "2"}));
    promc_writer_i64(w, g, -1, PROMC_PAIRS({"n", "3"}));
    promc_writer_u64(w, g, 0, PROMC_PAIRS({"n", "4"}));
    promc_writer_double(w, g, -INFINITY, PROMC_PAIRS({"n", "5"}));
    promc_writer_double(w, g, NAN, PROMC_PAIRS({"n", "6"}));
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_non_null(strstr(output, "g{n=\"1\"} 18446744073709551615\n"));
    assert_non_null(strstr(output, "g{n=\"2\"} -9223372036854775808\n"));
    assert_non_null(strstr(output, "g{n=\"3\"} -1"));
    assert_non_null(strstr(output, "g{n=\"4\"} 0"));
    assert_non_null(strstr(output, "g{n=\"5\"} -Inf\n"));
    assert_non_null(strstr(output, "g{n=\"6\"} NaN\n"));
}

/* The number of a sample, as whoever reads it sees it. */
static double number_of(const char *series)
{
    const char *at = strstr(output, series);

    if (!at)
        print_error("no %s in\n%s", series, output);
    assert_non_null(at);
    return strtod(at + strlen(series), NULL);
}

static void every_type(void **state)
{
    promc_writer *w = W;
    promc_family *f;
    const double bounds[] = {1, 2.5}, quantiles[] = {0, 0.5, 1}, values[] = {1, 2, NAN};
    const uint64_t counts[] = {1, 2, 3}, cumulative[] = {1, 3, 6};
    const bool active[] = {false, true, true};
    (void)state;

    f = promc_writer_family(w, PROMC_TYPE_UNKNOWN, "u", "U.");
    promc_writer_double(w, f, 1.5, NULL);
    f = promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", "H.");
    promc_writer_histogram(w, f,
                           &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                                    .bounds = bounds, .counts = counts, .count = 2,
                                                    .sum = 7},
                           PROMC_PAIRS({"a", "1"}));
    promc_writer_histogram(w, f,
                           &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                                    .bounds = bounds, .counts = cumulative,
                                                    .count = 2, .sum = 8, .cumulative = true},
                           PROMC_PAIRS({"a", "2"}));
    f = promc_writer_family(w, PROMC_TYPE_GAUGE_HISTOGRAM, "gh", "GH.");
    promc_writer_histogram(
        w, f,
        &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                 .bounds = (const double[]){1, INFINITY}, .counts = counts,
                                 .count = 2, .sum = 9},
        NULL);
    f = promc_writer_family(w, PROMC_TYPE_SUMMARY, "s", "S.");
    promc_writer_summary(w, f,
                         &(promc_summary_value){.size = sizeof(promc_summary_value), .count = 4,
                                                .sum = 10, .quantiles = quantiles,
                                                .values = values, .quantile_count = 3},
                         PROMC_PAIRS({"z", "1"}));
    f = promc_writer_family(w, PROMC_TYPE_INFO, "i", "I.");
    promc_writer_info(w, f, PROMC_PAIRS({"version", "1"}), PROMC_PAIRS({"a", "2"}, {"z", "3"}));
    f = promc_writer_family(w, PROMC_TYPE_STATESET, "e", "E.");
    promc_writer_stateset(w, f, PROMC_STATES("x", "y", "z\""), active, PROMC_PAIRS({"a", "1"}));
    assert_int_equal(promc_writer_end(w), PROMC_OK);

    assert_non_null(strstr(output, "# HELP u U.\n# TYPE u untyped\nu 1.5\n"));
    assert_non_null(strstr(output, "# HELP h H.\n# TYPE h histogram\n"));
    assert_number(number_of("h_bucket{a=\"1\",le=\"1.0\"} "), 1);
    assert_number(number_of("h_bucket{a=\"1\",le=\"2.5\"} "), 3);
    assert_number(number_of("h_bucket{a=\"1\",le=\"+Inf\"} "), 6);
    assert_number(number_of("h_count{a=\"1\"} "), 6);
    assert_number(number_of("h_sum{a=\"1\"} "), 7);
    assert_number(number_of("h_bucket{a=\"2\",le=\"1.0\"} "), 1);
    assert_number(number_of("h_bucket{a=\"2\",le=\"+Inf\"} "), 6);
    assert_number(number_of("h_count{a=\"2\"} "), 6);
    assert_non_null(strstr(output, "# TYPE gh histogram\n"));
    assert_number(number_of("gh_bucket{le=\"1.0\"} "), 1);
    assert_number(number_of("gh_bucket{le=\"+Inf\"} "), 3);
    assert_non_null(strstr(output, "# HELP gh_gcount GH.\n# TYPE gh_gcount gauge\n"));
    assert_number(number_of("\ngh_gcount "), 3);
    assert_number(number_of("\ngh_gsum "), 9);
    assert_non_null(strstr(output, "# HELP s S.\n# TYPE s summary\n"));
    assert_number(number_of("s{quantile=\"0.0\",z=\"1\"} "), 1);
    assert_number(number_of("s{quantile=\"0.5\",z=\"1\"} "), 2);
    assert_number(number_of("s{quantile=\"1.0\",z=\"1\"} "), NAN);
    assert_number(number_of("s_count{z=\"1\"} "), 4);
    assert_number(number_of("s_sum{z=\"1\"} "), 10);
    assert_non_null(strstr(output, "# HELP i_info I.\n# TYPE i_info gauge\n"
                                   "i_info{a=\"2\",version=\"1\",z=\"3\"} 1"));
    assert_non_null(strstr(output, "# HELP e E.\n# TYPE e gauge\n"));
    assert_number(number_of("e{a=\"1\",e=\"x\"} "), 0);
    assert_number(number_of("e{a=\"1\",e=\"y\"} "), 1);
    assert_number(number_of("e{a=\"1\",e=\"z\\\"\"} "), 1);
}

static void a_lowest_bound_that_is_infinite_is_a_bound(void **state)
{
    promc_writer *w = W;
    promc_family *f = promc_writer_family(w, PROMC_TYPE_GAUGE_HISTOGRAM, "h", "H.");
    (void)state;

    promc_writer_histogram(
        w, f,
        &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                 .bounds = (const double[]){-INFINITY},
                                 .counts = (const uint64_t[]){1, 2}, .count = 1, .sum = 9},
        NULL);
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_number(number_of("h_bucket{le=\"-Inf\"} "), 1);
    assert_number(number_of("h_bucket{le=\"+Inf\"} "), 3);
}

static void names_are_those_of_metrics(void **state)
{
    promc_writer *w = W;
    (void)state;

    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_COUNTER, "a_total", ""), 1, NULL);
    promc_writer_double(
        w, promc_writer_family(w, PROMC_TYPE_COUNTER, "b_total", "", .unit = "bytes"), 1, NULL);
    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "c", "", .unit = "bytes"), 1,
                        NULL);
    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_COUNTER, "d", "", .exact_name = true),
                        1, NULL);
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_string_equal(output, "# HELP a_total \n# TYPE a_total counter\na_total 1.0\n"
                                "# HELP b_bytes_total \n# TYPE b_bytes_total counter\n"
                                "b_bytes_total 1.0\n# HELP c_bytes \n# TYPE c_bytes gauge\n"
                                "c_bytes 1.0\n# HELP d \n# TYPE d counter\nd 1.0\n");
}

static void a_family_is_found_again(void **state)
{
    promc_writer *w = W;
    promc_family *f = promc_writer_family(w, PROMC_TYPE_COUNTER, "a", "A.");
    (void)state;

    assert_ptr_equal(promc_writer_family(w, PROMC_TYPE_COUNTER, "a_total", "other"), f);
    assert_null(promc_writer_family(w, PROMC_TYPE_GAUGE, "a", "A."));
    assert_last_error(PROMC_ERROR_DUPLICATE, "a");
    promc_writer_double(w, f, 1, NULL);
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_DUPLICATE);
}

static void timestamps_and_created_times(void **state)
{
    promc_writer *w = W;
    promc_family *c = promc_writer_family(w, PROMC_TYPE_COUNTER, "c", "C.");
    promc_family *g = promc_writer_family(w, PROMC_TYPE_GAUGE, "g", "G.");
    (void)state;

    promc_writer_set_timestamp(w, 123.456);
    promc_writer_set_created(w, 1500000000.5);
    promc_writer_double(w, c, 1, PROMC_PAIRS({"l", "a"}));
    promc_writer_set_timestamp(w, -123.456);
    promc_writer_double(w, g, 2, NULL);
    promc_writer_set_timestamp(w, 0);
    promc_writer_set_created(w, 0);
    promc_writer_double(w, c, 3, PROMC_PAIRS({"l", "b"}));
    promc_writer_set_timestamp(w, 1500000000.0015);
    promc_writer_double(w, c, 4, PROMC_PAIRS({"l", "c"}));
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_non_null(strstr(output, "c_total{l=\"a\"} 1.0 123456\nc_total{l=\"b\"} 3.0\n"));
    assert_non_null(strstr(output, "g 2.0 -123456\n"));
    assert_non_null(strstr(output, "c_total{l=\"c\"} 4.0 15000000000"));
    assert_non_null(strstr(output, "# HELP c_created C.\n# TYPE c_created gauge\n"
                                   "c_created{l=\"a\"} 1.5000000005e+09"));
    assert_null(strstr(output, "c_created{l=\"b\"}"));
    assert_null(strstr(output, "c_created{l=\"c\"}"));
}

static void created_times_follow_the_switch(void **state)
{
    promc_writer *w = W;
    (void)state;

    promc_disable_created_series();
    promc_writer_set_created(w, 5);
    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_COUNTER, "c", ""), 1, NULL);
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_null(strstr(output, "c_created"));
}

/* ---- wrong use ------------------------------------------------------------------------------- */

static void infos_and_statesets_have_no_unit(void **state)
{
    static const promc_type types[] = {PROMC_TYPE_INFO, PROMC_TYPE_STATESET};
    (void)state;

    for (size_t i = 0; i < COUNT(types); i++) {
        promc_writer *w = W;

        assert_null(promc_writer_family(w, types[i], "a", "", .unit = "seconds"));
        assert_int_equal(promc_writer_end(w), PROMC_ERROR_ARGUMENT);
    }
}

static void wrong_families(void **state)
{
    static const struct {
        promc_type type;
        const char *name;
        int code;
    } cases[] = {
        {PROMC_TYPE_GAUGE, "", PROMC_ERROR_NAME},
        {PROMC_TYPE_GAUGE, NULL, PROMC_ERROR_NAME},
        {PROMC_TYPE_GAUGE, "\xFF", PROMC_ERROR_NAME},
        {PROMC_TYPE_COUNTER, "_total", PROMC_ERROR_NAME},
        {(promc_type)99, "g", PROMC_ERROR_ARGUMENT},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_writer *w = W;
        promc_family *f = promc_writer_family(w, cases[i].type, cases[i].name, "");

        if (f)
            print_error("case %zu\n", i);
        assert_null(f);
        assert_int_equal(promc_last_error()->code, cases[i].code);
        assert_true(promc_writer_double(w, f, 1, NULL) < 0);
        assert_int_equal(promc_writer_end(w), cases[i].code);
    }
}

static void wrong_labels(void **state)
{
    static const promc_label lists[][3] = {
        {{"a", "1"}, {"a", "2"}}, {{"", "1"}},       {{"\xFF", "1"}},
        {{"a", NULL}},            {{"__name__", "x"}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(lists); i++) {
        promc_writer *w = W;
        promc_family *f = promc_writer_family(w, PROMC_TYPE_GAUGE, "g", "");
        int code = promc_writer_double(w, f, 1, lists[i]);

        if (code != PROMC_ERROR_LABELS)
            print_error("list %zu\n", i);
        assert_int_equal(code, PROMC_ERROR_LABELS);
        promc_writer_double(w, f, 2, PROMC_PAIRS({"fine", "1"}));
        assert_int_equal(promc_writer_end(w), PROMC_ERROR_LABELS);
    }
}

/* Labels that the type itself writes. */
static void labels_the_type_uses_itself(void **state)
{
    promc_writer *w = W;
    (void)state;

    assert_int_equal(
        promc_writer_histogram(w, promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", ""),
                               &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                                        .counts = (const uint64_t[]){1}},
                               PROMC_PAIRS({"le", "1"})),
        PROMC_ERROR_LABELS);
    promc_writer_end(w);
    w = W;
    assert_int_equal(
        promc_writer_summary(w, promc_writer_family(w, PROMC_TYPE_SUMMARY, "s", ""),
                             &(promc_summary_value){.size = sizeof(promc_summary_value)},
                             PROMC_PAIRS({"quantile", "1"})),
        PROMC_ERROR_LABELS);
    promc_writer_end(w);
    w = W;
    assert_int_equal(
        promc_writer_stateset(w, promc_writer_family(w, PROMC_TYPE_STATESET, "e", ""),
                              PROMC_STATES("x"), (const bool[]){true}, PROMC_PAIRS({"e", "1"})),
        PROMC_ERROR_LABELS);
    promc_writer_end(w);
    w = W;
    assert_int_equal(promc_writer_info(w, promc_writer_family(w, PROMC_TYPE_INFO, "i", ""),
                                       PROMC_PAIRS({"a", "1"}), PROMC_PAIRS({"a", "2"})),
                     PROMC_ERROR_LABELS);
    promc_writer_end(w);
}

static void invalid_texts_are_replaced(void **state)
{
    promc_writer *w = W;
    (void)state;

    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "g", "h\xFF\n"), 1,
                        PROMC_PAIRS({"a", "x\xFE"}));
    promc_writer_stateset(w, promc_writer_family(w, PROMC_TYPE_STATESET, "e", ""),
                          PROMC_STATES("x\xFD"), (const bool[]){true}, NULL);
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_non_null(strstr(output, "# HELP g h\xEF\xBF\xBD\\n\n# TYPE g gauge\n"
                                   "g{a=\"x\xEF\xBF\xBD\"} 1.0\n"));
    assert_non_null(strstr(output, "e{e=\"x\xEF\xBF\xBD\"} 1"));
}

static void values_for_another_type(void **state)
{
    promc_writer *w = W;
    promc_family *h = promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", "");
    (void)state;

    assert_int_equal(promc_writer_double(w, h, 1, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_ARGUMENT);
}

static void histogram_values_that_make_no_sense(void **state)
{
    const uint64_t counts[] = {3, 2, 1};
    const promc_histogram_value values[] = {
        {.size = 0, .counts = counts},
        {.size = sizeof(promc_histogram_value)},
        {.size = sizeof(promc_histogram_value), .counts = counts, .count = 2},
        {.size = sizeof(promc_histogram_value), .counts = counts, .count = 2,
         .bounds = (const double[]){2, 1}},
        {.size = sizeof(promc_histogram_value), .counts = counts, .count = 2,
         .bounds = (const double[]){1, 1}},
        {.size = sizeof(promc_histogram_value), .counts = counts, .count = 2,
         .bounds = (const double[]){1, NAN}},
        {.size = sizeof(promc_histogram_value), .counts = counts, .count = 2,
         .bounds = (const double[]){1, 2}, .cumulative = true},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(values); i++) {
        promc_writer *w = W;
        promc_family *h = promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", "");

        assert_int_equal(promc_writer_histogram(w, h, &values[i], NULL), PROMC_ERROR_ARGUMENT);
        assert_int_equal(promc_writer_end(w), PROMC_ERROR_ARGUMENT);
    }
}

static void quantiles_that_make_no_sense(void **state)
{
    const double wrong[] = {-0.1, 1.1, NAN, INFINITY};
    (void)state;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        promc_writer *w = W;
        int code = promc_writer_summary(
            w, promc_writer_family(w, PROMC_TYPE_SUMMARY, "s", ""),
            &(promc_summary_value){.size = sizeof(promc_summary_value), .quantiles = &wrong[i],
                                   .values = &wrong[i], .quantile_count = 1},
            NULL);

        assert_int_equal(code, PROMC_ERROR_ARGUMENT);
        assert_int_equal(promc_writer_end(w), PROMC_ERROR_ARGUMENT);
    }
}

static void null_everywhere(void **state)
{
    promc_writer *w = W;
    (void)state;

    assert_int_equal(promc_writer_end(NULL), PROMC_ERROR_NO_MEMORY);
    assert_null(promc_writer_family(NULL, PROMC_TYPE_GAUGE, "g", ""));
    assert_true(promc_writer_double(NULL, NULL, 1, NULL) < 0);
    promc_writer_set_timestamp(NULL, 1);
    promc_writer_set_created(NULL, 1);
    assert_true(promc_writer_double(w, NULL, 1, NULL) < 0);
    assert_true(promc_writer_histogram(w, NULL, NULL, NULL) < 0);
    assert_true(promc_writer_end(w) < 0);
    assert_null(promc_writer_new(PROMC_FORMAT_TEXT, NULL, NULL));
}

static void unknown_formats_are_the_first_error(void **state)
{
    promc_writer *w = promc_writer_new(99, keep, output);

    (void)state;
    (void)promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "g", ""), 1, NULL);
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_UNSUPPORTED);
    assert_last_error(PROMC_ERROR_UNSUPPORTED, "PROMC_FORMAT_");
    assert_string_equal(output, "");
}

/* ---- in order, limits, sinks ----------------------------------------------------------------- */

static void in_order_nothing_is_kept(void **state)
{
    promc_writer *w = promc_writer_new(PROMC_FORMAT_TEXT, keep, output, .in_order = true);
    promc_family *a, *b;
    (void)state;

    a = promc_writer_family(w, PROMC_TYPE_GAUGE, "a", "");
    for (int i = 0; i < 10000; i++)
        assert_int_equal(promc_writer_double(w, a, i, PROMC_PAIRS({"l", "v"})), PROMC_OK);
    assert_true(output_size > 100000);
    b = promc_writer_family(w, PROMC_TYPE_GAUGE, "b", "");
    assert_int_equal(promc_writer_double(w, b, 2, NULL), PROMC_OK);
    assert_int_equal(promc_writer_double(w, a, 3, NULL), PROMC_ERROR_STATE);
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_STATE);
}

static void in_order_text_is_the_same(void **state)
{
    static char grouped[2000];
    (void)state;

    for (int in_order = 0; in_order < 2; in_order++) {
        promc_writer *w =
            promc_writer_new(PROMC_FORMAT_TEXT, keep, output, .in_order = in_order != 0);
        promc_family *f = promc_writer_family(w, PROMC_TYPE_COUNTER, "a", "A.");

        promc_writer_set_created(w, 7);
        promc_writer_double(w, f, 1, PROMC_PAIRS({"l", "1"}));
        promc_writer_double(w, f, 2, PROMC_PAIRS({"l", "2"}));
        f = promc_writer_family(w, PROMC_TYPE_GAUGE, "b", "B.");
        promc_writer_double(w, f, 3, NULL);
        assert_int_equal(promc_writer_end(w), PROMC_OK);
        if (!in_order)
            strcpy(grouped, output);
        else
            assert_string_equal(output, grouped);
        output_size = 0;
    }
    assert_non_null(strstr(grouped, "a_created{l=\"2\"} 7.0\n"));
}

static void a_family_that_was_left_cannot_be_reopened_in_order(void **state)
{
    promc_writer *w = promc_writer_new(PROMC_FORMAT_TEXT, keep, output, .in_order = true);
    (void)state;

    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "a", ""), 1, NULL);
    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "b", ""), 1, NULL);
    assert_null(promc_writer_family(w, PROMC_TYPE_GAUGE, "a", ""));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_STATE);
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_STATE);
}

static void an_array_of_bounds_may_be_used_again(void **state)
{
    promc_writer *w = W;
    promc_family *f = promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", "");
    const uint64_t counts[] = {1, 0};
    double bound = 1;
    promc_histogram_value value = {sizeof(value), &bound, counts, 1, 0.5, false};
    (void)state;

    assert_int_equal(promc_writer_histogram(w, f, &value, PROMC_PAIRS({"a", "1"})), PROMC_OK);
    bound = 2;
    assert_int_equal(promc_writer_histogram(w, f, &value, PROMC_PAIRS({"a", "2"})), PROMC_OK);
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_non_null(strstr(output, "h_bucket{a=\"1\",le=\"1.0\"} 1.0\n"));
    assert_non_null(strstr(output, "h_bucket{a=\"2\",le=\"2.0\"} 1.0\n"));
}

static void a_writer_keeps_no_more_than_its_limit(void **state)
{
    promc_writer *w = promc_writer_new(PROMC_FORMAT_TEXT, keep, output, .memory_limit = 10000);
    promc_family *f = promc_writer_family(w, PROMC_TYPE_GAUGE, "a", "");
    int code = PROMC_OK, i;
    (void)state;

    for (i = 0; i < 100000 && code == PROMC_OK; i++)
        code = promc_writer_double(w, f, i, PROMC_PAIRS({"l", "0123456789"}));
    assert_int_equal(code, PROMC_ERROR_LIMIT);
    assert_in_range(i, 50, 1000);
    /* Who goes on without looking gets the same answer, and no more is kept. */
    assert_int_equal(promc_writer_double(w, f, i, NULL), PROMC_ERROR_LIMIT);
    assert_null(promc_writer_family(w, PROMC_TYPE_GAUGE, "b", ""));
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_LIMIT);
    /* Many families are kept, too. */
    w = promc_writer_new(PROMC_FORMAT_TEXT, keep, output, .memory_limit = 20000);
    for (i = 0; i < 100000; i++) {
        char name[16];

        snprintf(name, sizeof(name), "f%d", i);
        if (!promc_writer_family(w, PROMC_TYPE_GAUGE, name, "Help."))
            break;
    }
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LIMIT);
    assert_in_range(i, 10, 1000);
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_LIMIT);
}

static void a_sink_that_refuses(void **state)
{
    (void)state;
    for (int in_order = 0; in_order < 2; in_order++) {
        promc_writer *w =
            promc_writer_new(PROMC_FORMAT_TEXT, keep, output, .in_order = in_order != 0);
        promc_family *f = promc_writer_family(w, PROMC_TYPE_GAUGE, "a", "");
        int code = PROMC_OK;

        output_size = sink_calls = sink_allows = 0;
        for (int i = 0; i < 20000; i++)
            code = promc_writer_double(w, f, i, NULL);
        promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "b", ""), 1, NULL);
        assert_int_equal(promc_writer_end(w), PROMC_ERROR_SINK);
        assert_int_equal(code, in_order ? PROMC_ERROR_SINK : PROMC_OK);
        assert_int_equal(sink_calls, 1); /* it is not asked again */
    }
}

static void the_first_error_is_the_one_that_is_told(void **state)
{
    promc_writer *w = W;
    (void)state;

    promc_writer_family(w, PROMC_TYPE_GAUGE, "", "");
    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "g", ""), 1,
                        PROMC_PAIRS({"a", NULL}));
    promc_registry_unregister(NULL, (promc_gauge *)NULL); /* another last error */
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_NAME);
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_NAME);
    assert_string_equal(output, "");
}

static void many_samples(void **state)
{
    promc_writer *w = W;
    promc_family *a = promc_writer_family(w, PROMC_TYPE_GAUGE, "a", "");
    promc_family *b = promc_writer_family(w, PROMC_TYPE_GAUGE, "b", "");
    size_t lines = 0;
    (void)state;

    for (int i = 0; i < 10000; i++) {
        promc_writer_i64(w, a, i, PROMC_PAIRS({"l", "v"}));
        promc_writer_i64(w, b, i, PROMC_PAIRS({"l", "v"}));
    }
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    for (const char *at = output; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 20004);
    assert_true(strstr(output, "# TYPE b ") > strstr(output, "a{l=\"v\"} 9999"));
}

static void names_are_escaped_for_the_format(void **state)
{
    promc_writer *w = promc_writer_new(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_ALLOW_UTF_8, keep,
                                       output);
    (void)state;

    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_COUNTER, "a.b", "A."), 1,
                        PROMC_PAIRS({"c.d", "e"}, {"a", "b"}));
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_string_equal(output, "# HELP \"a.b_total\" A.\n# TYPE \"a.b_total\" counter\n"
                                "{\"a.b_total\",a=\"b\",\"c.d\"=\"e\"} 1.0\n");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        T(nothing_writes_nothing),
        T(families_are_grouped),
        T(integers_keep_every_digit),
        T(every_type),
        T(a_lowest_bound_that_is_infinite_is_a_bound),
        T(names_are_those_of_metrics),
        T(a_family_is_found_again),
        T(timestamps_and_created_times),
        T(created_times_follow_the_switch),
        T(infos_and_statesets_have_no_unit),
        T(wrong_families),
        T(wrong_labels),
        T(labels_the_type_uses_itself),
        T(invalid_texts_are_replaced),
        T(values_for_another_type),
        T(histogram_values_that_make_no_sense),
        T(quantiles_that_make_no_sense),
        T(null_everywhere),
        T(unknown_formats_are_the_first_error),
        T(in_order_nothing_is_kept),
        T(in_order_text_is_the_same),
        T(a_family_that_was_left_cannot_be_reopened_in_order),
        T(an_array_of_bounds_may_be_used_again),
        T(a_writer_keeps_no_more_than_its_limit),
        T(a_sink_that_refuses),
        T(the_first_error_is_the_one_that_is_told),
        T(many_samples),
        T(names_are_escaped_for_the_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
