/* SPDX-License-Identifier: Apache-2.0 */
/* Scrapes in every format, writers, textfiles, parsers and advice without memory. */
#include "torture/every_metric.h"
#include "torture/torture.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- scrapes ---------------------------------------------------------------------------------- */

static int scrape_of(promc_registry *own, promc_format format)
{
    size_t size = 0;
    promc_registry *view = NULL;
    int code = PROMC_OK;

    CALMLY(define_everything(own));
    TRY(view = promc_registry_restricted(own, PROMC_LABELS("collected", "space_sub_s_count")));
    TRY_CODE(promc_expose(own, format, drop, &size));
    TRY_CODE(promc_expose(view, format, drop, &size));
out:
    promc_registry_free(view);
    return code;
}

#define SCRAPE(name, format)                                                                       \
    static int name(promc_registry *own)                                                           \
    {                                                                                              \
        return scrape_of(own, (format));                                                           \
    }                                                                                              \
    struct semicolon

SCRAPE(scrape_text, PROMC_FORMAT_TEXT);
SCRAPE(scrape_values, PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_VALUES);
SCRAPE(scrape_dots, PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_DOTS);
SCRAPE(scrape_openmetrics, PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF_8);
SCRAPE(scrape_openmetrics_0_0_1, PROMC_FORMAT_OPENMETRICS_0_0_1);
SCRAPE(scrape_protobuf, PROMC_FORMAT_PROTOBUF);
SCRAPE(scrape_protobuf_utf_8, PROMC_FORMAT_PROTOBUF | PROMC_ESCAPE_ALLOW_UTF_8);

static int latest(promc_registry *own)
{
    promc_text text = {NULL, 7};
    int code;

    CALMLY(define_everything(own));
    code = promc_generate_latest(own, &text);
    if (code == PROMC_OK) {
        assert_int_equal(strlen(text.data), text.size);
        assert_non_null(strstr(text.data, "space_sub_gh_gcount"));
    } else {
        assert_null(text.data);
        assert_int_equal(text.size, 0);
    }
    promc_text_free(&text);
    return code;
}

static int values(promc_registry *own)
{
    double value = -1;
    int code;

    CALMLY(define_everything(own));
    code = promc_registry_get_sample_value(own, "space_sub_s_count",
                                           PROMC_PAIRS({"zone", "b\xEF\xBF\xBD"}, {"a", "\""}),
                                           &value);
    assert_number(value, code == PROMC_OK ? 1 : -1);
    return code;
}

static int collectors(promc_registry *own)
{
    int code = PROMC_OK;
    promc_collector one = {.collect = collect_some};
    promc_collector two = {.collect = collect_some, .describe = collect_some, .arg = &code};

    TRY_CODE(promc_registry_register(own, &two));
    TRY_CODE(promc_registry_register(own, &one));
    TRY_CODE(promc_registry_unregister(own, &two));
out:
    return code;
}

/* What the default registry begins with. */
static int standard_collectors(promc_registry *own)
{
    static const promc_process_opts options = {.size = sizeof(options), .namespace = "other"};
    promc_collector other = promc_process_collector_for(&options);
    promc_text text = {NULL, 0};
    int code = PROMC_OK;

    TRY_CODE(promc_registry_register(own, promc_process_collector()));
    TRY_CODE(promc_registry_register(own, promc_platform_collector()));
    TRY_CODE(promc_registry_register(own, promc_allocator_collector()));
    TRY_CODE(promc_registry_register(own, &other));
    TRY_CODE(promc_generate_latest(own, &text));
    assert_non_null(strstr(text.data, "\nprocess_start_time_seconds "));
    assert_non_null(strstr(text.data, "\nother_process_start_time_seconds "));
    promc_text_free(&text);
out:
    return code;
}

/* ---- writers ---------------------------------------------------------------------------------- */

static void write_samples(promc_writer *w)
{
    char name[16];

    for (int i = 0; i < 10; i++) {
        promc_family *f;

        snprintf(name, sizeof(name), "f%d", i);
        f = promc_writer_family(w, PROMC_TYPE_COUNTER, name, "\xFF", .unit = "bytes");
        promc_writer_set_created(w, 5);
        promc_writer_set_timestamp(w, i);
        promc_writer_double(w, f, 1, PROMC_PAIRS({"a", "1"}));
        promc_writer_u64(w, f, UINT64_MAX, PROMC_PAIRS({"a", "2"}));
    }
    promc_writer_i64(w, promc_writer_family(w, PROMC_TYPE_UNKNOWN, "u", ""), INT64_MIN, NULL);
    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "utf.8", ""), 1, NULL);
    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "utf-8", ""), 1,
                        PROMC_PAIRS({"a.b", "1"}, {"a-b", "2"}));
}

static void write_values(promc_writer *w)
{
    static const double bounds[] = {1}, halves[] = {0.5};
    static const uint64_t counts[] = {1, 2};
    promc_histogram_value histogram = {.size = sizeof(histogram), .bounds = bounds,
                                       .counts = counts, .count = 1};
    promc_summary_value summary = {.size = sizeof(summary), .count = 1, .sum = 2,
                                   .quantiles = halves, .values = bounds, .quantile_count = 1};

    promc_writer_histogram(w, promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", ""), &histogram,
                           PROMC_PAIRS({"a", "2"}));
    promc_writer_histogram(w, promc_writer_family(w, PROMC_TYPE_GAUGE_HISTOGRAM, "gh", ""),
                           &histogram, PROMC_PAIRS({"a", "\xFF"}));
    promc_writer_summary(w, promc_writer_family(w, PROMC_TYPE_SUMMARY, "s", ""), &summary, NULL);
    promc_writer_info(w, promc_writer_family(w, PROMC_TYPE_INFO, "i", ""),
                      PROMC_PAIRS({"a", "2"}), PROMC_PAIRS({"b", "2"}));
    promc_writer_stateset(w, promc_writer_family(w, PROMC_TYPE_STATESET, "e", ""),
                          PROMC_STATES("a", "b"), (const bool[]){true, false}, NULL);
}

static int write_with(promc_format format, bool in_order)
{
    size_t size = 0;
    promc_writer *w = promc_writer_new(format, drop, &size, .in_order = in_order);

    write_samples(w);
    write_values(w);
    return promc_writer_end(w);
}

#define WRITER(name, format, in_order)                                                             \
    static int name(promc_registry *own)                                                           \
    {                                                                                              \
        (void)own;                                                                                 \
        return write_with((format), (in_order));                                                   \
    }                                                                                              \
    struct semicolon

WRITER(writer_text, PROMC_FORMAT_TEXT, false);
WRITER(writer_text_in_order, PROMC_FORMAT_TEXT, true);
WRITER(writer_openmetrics, PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF_8, false);
WRITER(writer_openmetrics_in_order, PROMC_FORMAT_OPENMETRICS, true);
WRITER(writer_protobuf, PROMC_FORMAT_PROTOBUF, false);
WRITER(writer_protobuf_in_order, PROMC_FORMAT_PROTOBUF, true);

/* ---- files ------------------------------------------------------------------------------------ */

static char folder[] = "/tmp/promc-torture-XXXXXX", file_path[64];

static void read_file(char *text, size_t room)
{
    FILE *file = fopen(file_path, "r");

    assert_non_null(file);
    text[fread(text, 1, room - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
}

/* The file is the old one or the new one. */
static int textfile(promc_registry *own)
{
    char text[4096];
    int code;

    CALMLY(promc_gauge_set(promc_gauge_new("g", "", .registry = own), 7);
           assert_int_equal(promc_write_to_textfile(file_path, earlier), PROMC_OK));
    code = promc_write_to_textfile(file_path, own);
    read_file(text, sizeof(text));
    if (code == PROMC_OK)
        assert_string_equal(text, "# HELP g \n# TYPE g gauge\ng 7.0\n");
    else
        assert_string_equal(text, earlier_text.data);
    assert_int_equal(unlink(file_path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else is left in it */
    assert_int_equal(mkdir(folder, 0700), 0);
    return code;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static const char openmetrics[] =
    "# HELP a_bytes \\\"A.\\n\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\n"
    "a_bytes_total{x=\"1\",\"utf.8\"=\"\\n\"} 5 1.5 # {t=\"abc\"} 1 2\n"
    "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 2\n"
    "# TYPE g gauge\ng 7\n# EOF\n";
static const char *const text =
    "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"1\",y=\"\\n\"} 5 1500\n"
    "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 2\nother 7\n";

static int count_sample(const promc_parsed_sample *one, void *arg)
{
    (void)one;
    ++*(int *)arg;
    return 0;
}

static int parsing(promc_registry *own)
{
    static const promc_parse_callbacks callbacks = {.size = sizeof(callbacks),
                                                    .sample = count_sample};
    int code = PROMC_OK, samples = 0;

    (void)own;
    TRY_CODE(promc_parse(PROMC_FORMAT_TEXT, text, strlen(text), &callbacks, &samples));
    TRY_CODE(promc_parse(PROMC_FORMAT_OPENMETRICS, earlier_text.data, 0, &callbacks, &samples));
out:
    if (code == PROMC_ERROR_SYNTAX) /* an empty input is not OpenMetrics */
        code = PROMC_OK;
    assert_true(code != PROMC_OK || samples == 5);
    return code;
}

static int parsing_all(promc_registry *own)
{
    promc_parsed *one = NULL, *two = NULL;
    const promc_parsed_sample *found;
    int code = PROMC_OK;

    (void)own;
    TRY(one = promc_parse_all(PROMC_FORMAT_TEXT, text, strlen(text), NULL));
    assert_non_null(promc_parsed_find(one, "h_sum", NULL));
    TRY(two = promc_parse_all(PROMC_FORMAT_OPENMETRICS, openmetrics, strlen(openmetrics), NULL));
    found = promc_parsed_find(two, "a_bytes_total", PROMC_PAIRS({"utf.8", "\n"}, {"x", "1"}));
    assert_non_null(found);
    assert_number(found->exemplar->timestamp, 2);
out:
    promc_parsed_free(one);
    promc_parsed_free(two);
    return code;
}

static int many_series(promc_registry *own)
{
    static char lines[40000];
    promc_parsed *parsed;
    size_t size = 0;
    int code = PROMC_OK;

    (void)own;
    for (int i = 0; i < 400; i++)
        size += (size_t)snprintf(lines + size, sizeof(lines) - size,
                                 "name_%d{label=\"%060d\"} %d\n", i, i, i);
    TRY(parsed = promc_parse_all(PROMC_FORMAT_TEXT, lines, size, NULL));
    assert_int_equal(parsed->family_count, 400);
    promc_parsed_free(parsed);
out:
    return code;
}

static int advice(promc_registry *own)
{
    int code = PROMC_OK;

    CALMLY(assert_non_null(promc_gauge_new("a_total", "", .registry = own)));
    TRY_CODE(promc_lint(own, NULL, NULL));
    assert_int_equal(code, 2);
    TRY_CODE(promc_lint_text(PROMC_FORMAT_TEXT, text, strlen(text), NULL, NULL));
    assert_true(code > 0);
    code = PROMC_OK;
out:
    return code;
}

static const struct torture scenarios[] = {
    SCENARIO(scrape_text),
    SCENARIO(scrape_values),
    SCENARIO(scrape_dots),
    SCENARIO(scrape_openmetrics),
    SCENARIO(scrape_openmetrics_0_0_1),
    SCENARIO(scrape_protobuf),
    SCENARIO(scrape_protobuf_utf_8),
    SCENARIO(latest),
    SCENARIO(values),
    SCENARIO(collectors),
    SCENARIO(standard_collectors),
    SCENARIO(writer_text),
    SCENARIO(writer_text_in_order),
    SCENARIO(writer_openmetrics),
    SCENARIO(writer_openmetrics_in_order),
    SCENARIO(writer_protobuf),
    SCENARIO(writer_protobuf_in_order),
    SCENARIO(textfile),
    SCENARIO(parsing),
    SCENARIO(parsing_all),
    SCENARIO(many_series),
    SCENARIO(advice),
};

int main(int argc, char **argv)
{
    int failed;

    if (promc_set_allocator(&refusing) != PROMC_OK || !mkdtemp(folder))
        return 1;
    snprintf(file_path, sizeof(file_path), "%s/metrics.prom", folder);
    failed = torture_all(scenarios, COUNT(scenarios), argc, argv);
    (void)rmdir(folder);
    return failed;
}
