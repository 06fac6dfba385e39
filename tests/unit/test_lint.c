/* SPDX-License-Identifier: Apache-2.0 */
/* Advice on names: one rule after the other, and the registry's own text. */
#include "support.h"

static char found[4096];

static void note(const char *family, const char *problem, void *arg)
{
    assert_ptr_equal(arg, found);
    strcat(strcat(strcat(strcat(found, family), ": "), problem), "\n");
}

static void assert_advice_in(promc_format format, const char *text, const char *expected)
{
    int lines = 0, count;

    found[0] = '\0';
    count = promc_lint_text(format, text, strlen(text), note, found);
    for (const char *at = expected; *at; at++)
        lines += *at == '\n';
    assert_string_equal(found, expected);
    assert_int_equal(count, lines);
    assert_int_equal(promc_lint_text(format, text, strlen(text), NULL, NULL), lines);
}

#define assert_advice(text, expected) assert_advice_in(PROMC_FORMAT_TEXT, (text), (expected))

/* A family without other problems. */
#define FAMILY(type, name) "# HELP " name " H.\n# TYPE " name " " type "\n" name " 1\n"

static void test_help(void **state)
{
    (void)state;
    assert_advice(FAMILY("gauge", "a"), "");
    assert_advice("a 1\n", "a: no help text\n");
    assert_advice("# HELP a\na 1\n", "a: no help text\n");
    assert_advice("# HELP a   \na 1\n", "a: no help text\n");
    assert_advice("a 1\n# HELP a late\n", "");
    assert_advice("# TYPE a counter\n", ""); /* no samples */
    assert_advice("", "");
}

static void test_totals(void **state)
{
    (void)state;
    assert_advice(FAMILY("counter", "a_total"), "");
    assert_advice(FAMILY("counter", "a"), "a: counter metrics should have \"_total\" suffix\n");
    assert_advice(FAMILY("gauge", "a_total"),
                  "a_total: non-counter metrics should not have \"_total\" suffix\n");
    assert_advice(FAMILY("untyped", "a_total"), "");
}

static void test_units(void **state)
{
    (void)state;
    assert_advice(FAMILY("gauge", "a_seconds"), "");
    assert_advice(FAMILY("gauge", "a_milliseconds"),
                  "a_milliseconds: use base unit \"seconds\" instead of \"milliseconds\"\n");
    assert_advice(FAMILY("gauge", "a_hours_x"), "a_hours_x: use base unit \"seconds\" instead of \"hours\"\n");
    assert_advice(FAMILY("gauge", "thermometers"), "");
    assert_advice(FAMILY("gauge", "kilometers"),
                  "kilometers: use base unit \"meters\" instead of \"kilometers\"\n");
    assert_advice(FAMILY("gauge", "a_seconds_per_hours"), ""); /* the first unit decides */
    assert_advice(FAMILY("gauge", "a__bits"), "a__bits: use base unit \"bytes\" instead of \"bits\"\n");
    assert_advice(FAMILY("gauge", "_"), "");
    assert_advice(FAMILY("gauge", "a_ms"), "a_ms: metric names should not contain abbreviated units\n");
    assert_advice(FAMILY("gauge", "a_MB_free"),
                  "a_MB_free: metric names should not contain abbreviated units\n");
    assert_advice(FAMILY("gauge", "ms"), "");
    assert_advice(FAMILY("counter", "a_timestamp_seconds_total"), "");
    assert_advice(FAMILY("counter", "a_timestamp_seconds"),
                  "a_timestamp_seconds: counter metrics should have \"_total\" suffix\n"
                  "a_timestamp_seconds: non-gauge metrics should not have \"_timestamp_seconds\" suffix\n");
}

static void test_reserved(void **state)
{
    (void)state;
    assert_advice(FAMILY("gauge", "a_bucket"),
                  "a_bucket: non-histogram metrics should not have \"_bucket\" suffix\n");
    assert_advice(FAMILY("gauge", "a_count"),
                  "a_count: non-histogram and non-summary metrics should not have \"_count\" suffix\n");
    assert_advice(FAMILY("gauge", "a_sum"),
                  "a_sum: non-histogram and non-summary metrics should not have \"_sum\" suffix\n");
    assert_advice("# HELP a H.\n# TYPE a gauge\na{le=\"1\",quantile=\"2\"} 1\na{le=\"2\"} 1\n",
                  "a: non-histogram metrics should not have \"le\" label\n"
                  "a: non-summary metrics should not have \"quantile\" label\n");
    assert_advice("# HELP a H.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\n"
                  "a_count 1\n",
                  "");
    assert_advice("# HELP a H.\n# TYPE a summary\na{quantile=\"1\"} 1\na_sum 1\na_count 1\n", "");
    assert_advice("# HELP a H.\n# TYPE a untyped\na{le=\"1\",quantile=\"2\"} 1\n", "");
}

static void test_style(void **state)
{
    (void)state;
    assert_advice(FAMILY("gauge", "camelCase"),
                  "camelCase: metric names should be written in 'snake_case' not 'camelCase'\n");
    assert_advice("# HELP a H.\n# TYPE a gauge\na{fooBar=\"1\"} 1\na{fooBar=\"2\"} 1\n",
                  "a: label names should be written in 'snake_case' not 'camelCase'\n");
    assert_advice(FAMILY("gauge", "a:b"), "a:b: metric names should not contain ':'\n");
    assert_advice(FAMILY("gauge", "a_Gauge"), "a_Gauge: metric name should not include type 'gauge'\n");
    assert_advice(FAMILY("gauge", "a_histogram_x"),
                  "a_histogram_x: metric name should not include type 'histogram'\n");
    assert_advice(FAMILY("gauge", "gauge_histograms"), "");
    assert_advice("# HELP a H.\n# TYPE a gauge\na{x=\"1\",y=\"2\"} 1\nb 1\na{y=\"2\",x=\"1\"} 1\n",
                  "a: metric not unique\nb: no help text\n");
    assert_advice("# HELP a H.\na{x=\"1\"} 1 5\na{x=\"1\"} 1 6\n", "");
    assert_advice("# HELP a H.\na{} 1\n", "");
    /* The bytes of the first one's time are what the second one has as label and value. */
    assert_advice("# HELP a H.\na 1 4540026912374880568\na{a=\"bc!!0C\"} 1\n", "");
}

static void test_openmetrics(void **state)
{
    (void)state;
    assert_advice_in(PROMC_FORMAT_OPENMETRICS,
                     "# HELP a H.\n# TYPE a counter\na_total 1\na_created 1\n# HELP b H.\n# TYPE b info\nb_info 1\n"
                     "# HELP h H.\n# TYPE h gaugehistogram\nh_bucket{le=\"+Inf\"} 1\n# EOF\n",
                     "");
    assert_advice_in(PROMC_FORMAT_OPENMETRICS, "# TYPE a_ms counter\na_ms_total 1\n# EOF\n",
                     "a_ms_total: no help text\n"
                     "a_ms_total: metric names should not contain abbreviated units\n");
}

static void test_registry(void **state)
{
    promc_registry *registry = promc_registry_new(0);

    (void)state;
    promc_counter_new("requests", "Requests.", .registry = registry);
    promc_histogram_new("latency_seconds", "Latency.", .registry = registry);
    assert_int_equal(promc_lint(registry, NULL, NULL), 0);
    promc_gauge_new("memory_kilobytes", "", .registry = registry);
    found[0] = '\0';
    assert_int_equal(promc_lint(registry, note, found), 2);
    assert_string_equal(found, "memory_kilobytes: no help text\n"
                               "memory_kilobytes: use base unit \"bytes\" instead of \"kilobytes\"\n");
    promc_registry_free(registry);
    assert_int_equal(promc_lint(NULL, note, strcpy(found, "")), 0); /* our own collectors */
    assert_string_equal(found, "");
}

static void test_errors(void **state)
{
    (void)state;
    assert_int_equal(promc_lint_text(PROMC_FORMAT_TEXT, "a b\n", 4, note, found), PROMC_ERROR_SYNTAX);
    assert_last_error(PROMC_ERROR_SYNTAX, "line 1, column 3: b is not a number");
    assert_int_equal(promc_lint_text(PROMC_FORMAT_TEXT, "# HELP a x\n# HELP a x\n", 22, note, found),
                     PROMC_ERROR_SYNTAX);
    assert_int_equal(promc_lint_text(PROMC_FORMAT_PROTOBUF, "", 0, note, found),
                     PROMC_ERROR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help),     cmocka_unit_test(test_totals),
        cmocka_unit_test(test_units),    cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_style),    cmocka_unit_test(test_openmetrics),
        cmocka_unit_test(test_registry), cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
