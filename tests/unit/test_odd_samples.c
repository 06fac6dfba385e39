/* SPDX-License-Identifier: Apache-2.0 */
/* Families and samples that few programs write: exact names, units, times, numbers, many buckets. */
#include "refusing.h"
#include "support.h"

#include "forks.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[1 << 16];

static int to_output(const void *data, size_t size, void *arg)
{
    size_t *used = arg;

    assert_true(*used + size < sizeof(output));
    memcpy(output + *used, data, size);
    *used += size;
    output[*used] = '\0';
    return 0;
}

static size_t used;

static promc_writer *begin(promc_format format)
{
    used = 0;
    output[0] = '\0';
    return promc_writer_new(format, to_output, &used, .in_order = true);
}

#define assert_written(writer, expected)                                                           \
    do {                                                                                           \
        assert_int_equal(promc_writer_end(writer), PROMC_OK);                                      \
        assert_string_equal(output, (expected));                                                   \
    } while (0)

static const promc_format formats[] = {PROMC_FORMAT_TEXT, PROMC_FORMAT_OPENMETRICS,
                                       PROMC_FORMAT_PROTOBUF};

/* ---- names and units ------------------------------------------------------------------------- */

/* OpenMetrics insists on suffixes: who insists on a name without loses the type. */
static void exact_names_in_openmetrics(void **state)
{
    promc_registry *registry = promc_registry_new();
    (void)state;

    promc_disable_created_series();
    promc_counter_new("requests", "", .registry = registry, .exact_name = true);
    promc_counter_new("errors_total", "", .registry = registry, .exact_name = true);
    promc_info_new("build", "", .registry = registry, .exact_name = true);
    promc_info_new("target_info", "", .registry = registry, .exact_name = true);
    promc_gauge_new("size", "", .registry = registry, .exact_name = true, .unit = "bytes");
    promc_gauge_new("weight_grams", "", .registry = registry, .exact_name = true, .unit = "grams");
    promc_gauge_new("abytes", "", .registry = registry, .exact_name = true, .unit = "bytes");
    promc_gauge_new("of_grams", "", .registry = registry, .exact_name = true, .unit = "bytes");
    used = 0;
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_OPENMETRICS, to_output, &used), PROMC_OK);
    assert_string_equal(output, "# HELP requests \n# TYPE requests unknown\nrequests 0.0\n"
                                "# HELP errors \n# TYPE errors counter\nerrors_total 0.0\n"
                                "# HELP build \n# TYPE build gauge\nbuild 1.0\n"
                                "# HELP target \n# TYPE target info\ntarget_info 1.0\n"
                                "# HELP size \n# TYPE size gauge\nsize 0.0\n"
                                "# HELP weight_grams \n# TYPE weight_grams gauge\n"
                                "# UNIT weight_grams grams\nweight_grams 0.0\n"
                                "# HELP abytes \n# TYPE abytes gauge\nabytes 0.0\n"
                                "# HELP of_grams \n# TYPE of_grams gauge\nof_grams 0.0\n# EOF\n");
    promc_enable_created_series();
    promc_registry_free(registry);
}

static void families_have_units(void **state)
{
    promc_writer *w = begin(PROMC_FORMAT_OPENMETRICS);
    promc_family *f;
    (void)state;

    f = promc_writer_family(w, PROMC_TYPE_GAUGE, "size", "S.", .unit = "bytes");
    promc_writer_u64(w, f, 1, NULL);
    f = promc_writer_family(w, PROMC_TYPE_GAUGE, "of_bytes", NULL, .unit = "bytes");
    promc_writer_u64(w, f, 2, NULL);
    f = promc_writer_family(w, PROMC_TYPE_GAUGE, "bytes", NULL, .unit = "bytes");
    promc_writer_u64(w, f, 3, NULL);
    f = promc_writer_family(w, PROMC_TYPE_GAUGE, "kilobytes", NULL, .unit = "bytes");
    promc_writer_u64(w, f, 4, NULL);
    f = promc_writer_family(w, PROMC_TYPE_GAUGE, "weights", NULL, .unit = "bytes");
    promc_writer_u64(w, f, 4, NULL);
    f = promc_writer_family(w, PROMC_TYPE_INFO, "i", NULL);
    promc_writer_info(w, f, PROMC_PAIRS({"v", "1"}), NULL);
    f = promc_writer_family(w, PROMC_TYPE_INFO, "builds", NULL);
    promc_writer_info(w, f, PROMC_PAIRS({"v", "1"}), NULL);
    f = promc_writer_family(w, PROMC_TYPE_INFO, "exact_info", NULL, .exact_name = true);
    promc_writer_info(w, f, PROMC_PAIRS({"v", "1"}), NULL);
    f = promc_writer_family(w, PROMC_TYPE_GAUGE, "exact", NULL, .unit = "bytes",
                            .exact_name = true);
    promc_writer_u64(w, f, 5, NULL);
    f = promc_writer_family(w, PROMC_TYPE_INFO, "build_info", NULL, .unit = "");
    promc_writer_info(w, f, PROMC_PAIRS({"v", "1"}), NULL);
    assert_written(w, "# HELP size_bytes S.\n# TYPE size_bytes gauge\n# UNIT size_bytes bytes\n"
                      "size_bytes 1.0\n"
                      "# HELP of_bytes \n# TYPE of_bytes gauge\n# UNIT of_bytes bytes\nof_bytes 2.0\n"
                      "# HELP bytes_bytes \n# TYPE bytes_bytes gauge\n# UNIT bytes_bytes bytes\n"
                      "bytes_bytes 3.0\n"
                      "# HELP kilobytes_bytes \n# TYPE kilobytes_bytes gauge\n"
                      "# UNIT kilobytes_bytes bytes\nkilobytes_bytes 4.0\n"
                      "# HELP weights_bytes \n# TYPE weights_bytes gauge\n"
                      "# UNIT weights_bytes bytes\nweights_bytes 4.0\n"
                      "# HELP i \n# TYPE i info\ni_info{v=\"1\"} 1.0\n"
                      "# HELP builds \n# TYPE builds info\nbuilds_info{v=\"1\"} 1.0\n"
                      "# HELP exact \n# TYPE exact info\nexact_info{v=\"1\"} 1.0\n"
                      "# HELP exact \n# TYPE exact gauge\nexact 5.0\n"
                      "# HELP build \n# TYPE build info\nbuild_info{v=\"1\"} 1.0\n# EOF\n");
}

static void refuse_family(int code, const char *why, const promc_family_opts *options)
{
    promc_writer *w = begin(PROMC_FORMAT_TEXT);

    assert_null(promc_writer_family_create(w, options));
    assert_last_error(code, why);
    assert_int_equal(promc_writer_end(w), code);
}

#define FAMILY(...) (&(promc_family_opts){.size = sizeof(promc_family_opts), __VA_ARGS__})

static void wrong_families_are_refused(void **state)
{
    promc_writer *w;

    (void)state;
    refuse_family(PROMC_ERROR_ARGUMENT, "cannot have a unit",
                  FAMILY(.type = PROMC_TYPE_INFO, .name = "i", .unit = "bytes"));
    refuse_family(PROMC_ERROR_ARGUMENT, "cannot have a unit",
                  FAMILY(.type = PROMC_TYPE_STATESET, .name = "s", .unit = "bytes"));
    refuse_family(PROMC_ERROR_ARGUMENT, ".unit may have",
                  FAMILY(.type = PROMC_TYPE_GAUGE, .name = "g", .unit = "per cent"));
    refuse_family(PROMC_ERROR_NAME, "not valid UTF-8 (help: H.)",
                  FAMILY(.type = PROMC_TYPE_GAUGE, .name = "\xFF", .help = "H."));
    refuse_family(PROMC_ERROR_NAME, "not valid UTF-8 (help: )",
                  FAMILY(.type = PROMC_TYPE_GAUGE, .name = "\xFF"));
    refuse_family(PROMC_ERROR_NAME, "needs a name", FAMILY(.type = PROMC_TYPE_GAUGE, .name = ""));
    refuse_family(PROMC_ERROR_ARGUMENT, "Invalid metric type", FAMILY(.type = 99, .name = "g"));
    refuse_family(PROMC_ERROR_ARGUMENT, ".size", &(promc_family_opts){.name = "g"});
    promc_enable_legacy_name_validation();
    refuse_family(PROMC_ERROR_NAME, "invalid metric name a.b",
                  FAMILY(.type = PROMC_TYPE_GAUGE, .name = "a.b"));
    w = begin(PROMC_FORMAT_TEXT);
    assert_non_null(promc_writer_family(w, PROMC_TYPE_GAUGE, "a:b", ""));
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    promc_disable_legacy_name_validation();
    assert_null(promc_writer_create(PROMC_FORMAT_TEXT, to_output, &used,
                                    &(promc_writer_opts){.in_order = true}));
    assert_last_error(PROMC_ERROR_ARGUMENT, ".size");
}

/* ---- numbers and times ----------------------------------------------------------------------- */

static void integers_keep_their_digits(void **state)
{
    static const int64_t values[] = {-1, INT64_MIN, INT64_MAX, -9007199254740993, 9007199254740993,
                                     -9007199254740992, 9007199254740992};
    promc_writer *w = begin(PROMC_FORMAT_TEXT);
    promc_family *f = promc_writer_family(w, PROMC_TYPE_GAUGE, "i", "");
    (void)state;

    for (size_t i = 0; i < COUNT(values); i++)
        promc_writer_i64(w, f, values[i], NULL);
    promc_writer_u64(w, f, UINT64_MAX, NULL);
    promc_writer_u64(w, f, 9007199254740993, NULL);
    promc_writer_u64(w, f, 9007199254740992, NULL);
    assert_written(w, "# HELP i \n# TYPE i gauge\ni -1.0\ni -9223372036854775808\n"
                      "i 9223372036854775807\ni -9007199254740993\ni 9007199254740993\n"
                      "i -9007199254740992.0\ni 9.007199254740992e+15\n"
                      "i 18446744073709551615\ni 9007199254740993\ni 9.007199254740992e+15\n");
}

/* Before 1970, in its first second, and at no time that there is. */
static void times_of_every_kind(void **state)
{
    static const double times[] = {-1.5, 0.25, 1e300, -INFINITY, NAN, 9e18};
    (void)state;

    for (size_t f = 0; f < COUNT(formats); f++) {
        promc_writer *w = begin(formats[f]);
        promc_family *c = promc_writer_family(w, PROMC_TYPE_COUNTER, "c", "");

        for (size_t i = 0; i < COUNT(times); i++) {
            promc_writer_set_timestamp(w, times[i]);
            promc_writer_set_created(w, times[i]);
            promc_writer_u64(w, c, i, NULL);
        }
        assert_int_equal(promc_writer_end(w), PROMC_OK);
        if (formats[f] == PROMC_FORMAT_TEXT) {
            assert_non_null(strstr(output, "\nc_total 0.0 -1500\nc_total 1.0 250\n"));
            assert_non_null(strstr(output, "\nc_total 2.0\n"));
            assert_non_null(strstr(output, "\nc_total 5.0\n"));
        } else if (formats[f] == PROMC_FORMAT_OPENMETRICS) {
            assert_non_null(strstr(output, "\nc_total 0.0 -1.5\n"));
            assert_non_null(strstr(output, "\nc_created -1.5 -1.5\n"));
            assert_non_null(strstr(output, "\nc_total 4.0\n"));
        } else { /* created: the second before the last full one, and half a second */
            static const char half[] = "\x08\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x10\x80\xCA\xB5\xEE\x01";
            bool found = false;

            for (size_t i = 0; i + sizeof(half) - 1 <= used; i++)
                found |= memcmp(output + i, half, sizeof(half) - 1) == 0;
            assert_true(found);
        }
    }
}

/* Where the clock says nothing, exemplars have no time. */
static void exemplars_without_time(void **state)
{
    promc_registry *registry = promc_registry_new();
    promc_counter *c = promc_counter_new("c", "", .registry = registry);
    (void)state;

    script_clocks();
    test_unix_time = 0;
    promc_disable_created_series();
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"trace", "a"}));
    used = 0;
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_OPENMETRICS, to_output, &used), PROMC_OK);
    assert_string_equal(output, "# HELP c \n# TYPE c counter\nc_total 1.0 # {trace=\"a\"} 1.0\n# EOF\n");
    promc_enable_created_series();
    promc_registry_free(registry);
}

/* ---- values of more than one number ---------------------------------------------------------- */

static void many_buckets(void **state)
{
    enum { MANY = 200 };
    static double bounds[MANY];
    static uint64_t counts[MANY + 1];
    const promc_histogram_value value = {.size = sizeof(value), .bounds = bounds, .counts = counts,
                                         .count = MANY, .sum = 5};
    promc_writer *w = begin(PROMC_FORMAT_TEXT);
    (void)state;

    for (int i = 0; i < MANY; i++)
        bounds[i] = i, counts[i] = 1;
    counts[MANY] = 7;
    assert_int_equal(promc_writer_histogram(w, promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", ""),
                                            &value, NULL),
                     PROMC_OK);
    assert_int_equal(promc_writer_end(w), PROMC_OK);
    assert_non_null(strstr(output, "\nh_bucket{le=\"199.0\"} 200.0\nh_bucket{le=\"+Inf\"} 207.0\n"
                                   "h_count 207.0\nh_sum 5.0\n"));
}

/* The same number of other bounds. */
static void bounds_are_told_apart(void **state)
{
    static const double bounds[][2] = {{1, 2}, {1, 3}, {1, 3}};
    static const uint64_t counts[] = {1, 1, 1};
    (void)state;

    for (size_t f = 0; f < COUNT(formats); f++) {
        promc_writer *w = begin(formats[f]);
        promc_family *h = promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", "");

        for (size_t i = 0; i < COUNT(bounds); i++) {
            const promc_histogram_value value = {.size = sizeof(value), .bounds = bounds[i],
                                                 .counts = counts, .count = 2};
            char name[2] = {(char)('0' + i), '\0'};

            promc_writer_histogram(w, h, &value, PROMC_PAIRS({"i", name}));
        }
        assert_int_equal(promc_writer_end(w), PROMC_OK);
        if (f < 2) {
            assert_non_null(strstr(output, "h_bucket{i=\"0\",le=\"2.0\"} 2"));
            assert_non_null(strstr(output, "h_bucket{i=\"1\",le=\"3.0\"} 2"));
            assert_non_null(strstr(output, "h_bucket{i=\"2\",le=\"3.0\"} 2"));
            assert_null(strstr(output, "h_bucket{i=\"1\",le=\"2.0\"}"));
        }
    }
}

/* The first label is wrong, others follow. */
static void wrong_labels_are_refused(void **state)
{
    static const promc_label wrong[][4] = {
        {{"a", NULL}, {"b", "1"}, {"c", "2"}},
        {{"", "1"}, {"b", "1"}, {"c", "2"}},
        {{"a", "1"}, {"a", "2"}, {"c", "2"}},
        {{"c", "1"}, {"b", "1"}, {"b", "2"}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        promc_writer *w = begin(PROMC_FORMAT_TEXT);

        assert_int_equal(
            promc_writer_u64(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "g", ""), 1, wrong[i]),
            PROMC_ERROR_LABELS);
        assert_int_equal(promc_writer_end(w), PROMC_ERROR_LABELS);
    }
}

/* A native histogram is told from a classic one also if it has nothing, or one side only; and a view
 * that leaves out when a counter began leaves it out of protobuf, too. */
static void protobuf_of_little(void **state)
{
    static const double values[][2] = {{0, 0}, {1, 1}, {-1, -1}, {1, -1}};
    promc_registry *registry = promc_registry_new(), *view;
    size_t sizes[COUNT(values)], whole;
    (void)state;

    for (size_t i = 0; i < COUNT(values); i++) {
        promc_histogram *h = promc_histogram_new("h", "", .registry = registry,
                                                 .native_schema = PROMC_SCHEMA(0),
                                                 .native_zero_threshold = -1);

        for (int v = 0; v < 2 && i > 0; v++)
            promc_histogram_observe(h, values[i][v]);
        used = 0;
        assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, to_output, &used), PROMC_OK);
        sizes[i] = used;
        promc_histogram_free(h);
    }
    assert_true(sizes[0] < sizes[1] && sizes[3] > sizes[1] && sizes[3] > sizes[2]);
    script_clocks();
    promc_counter_inc(promc_counter_new("c", "", .registry = registry));
    used = 0;
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, to_output, &used), PROMC_OK);
    whole = used;
    view = promc_registry_restricted(registry, PROMC_LABELS("c_total"));
    used = 0;
    assert_int_equal(promc_expose(view, PROMC_FORMAT_PROTOBUF, to_output, &used), PROMC_OK);
    assert_true(used > 0 && used < whole);
    promc_registry_free(view);
    promc_registry_free(registry);
}

static void wrong_values_are_refused(void **state)
{
    static const double half[] = {0.5};
    static const char *const states[] = {"a", "b", NULL}, *const none[] = {NULL};
    static const bool active[] = {true, false};
    const promc_summary_value summaries[] = {
        {.size = sizeof(promc_summary_value), .quantile_count = 1, .values = half},
        {.size = sizeof(promc_summary_value), .quantile_count = 1, .quantiles = half},
        {.quantile_count = 0}};
    const struct {
        const char *const *states;
        const bool *active;
    } sets[] = {{NULL, active}, {none, active}, {states, NULL}};
    (void)state;

    for (size_t i = 0; i <= COUNT(summaries); i++) {
        promc_writer *w = begin(PROMC_FORMAT_TEXT);
        promc_family *s = promc_writer_family(w, PROMC_TYPE_SUMMARY, "s", "");

        assert_int_equal(
            promc_writer_summary(w, s, i < COUNT(summaries) ? &summaries[i] : NULL, NULL),
            PROMC_ERROR_ARGUMENT);
        assert_int_equal(promc_writer_end(w), PROMC_ERROR_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT(sets); i++) {
        promc_writer *w = begin(PROMC_FORMAT_TEXT);
        promc_family *s = promc_writer_family(w, PROMC_TYPE_STATESET, "s", "");

        assert_int_equal(promc_writer_stateset(w, s, sets[i].states, sets[i].active, NULL),
                         PROMC_ERROR_ARGUMENT);
        assert_int_equal(promc_writer_end(w), PROMC_ERROR_ARGUMENT);
    }
}

static int write_many_buckets(void *arg)
{
    static double bounds[100];
    static uint64_t counts[101];
    const promc_histogram_value value = {
        .size = sizeof(value), .bounds = bounds, .counts = counts, .count = 100};
    promc_writer *w = begin(PROMC_FORMAT_TEXT);

    (void)arg;
    if (!w)
        return promc_last_error()->code;
    for (int i = 0; i < 100; i++)
        bounds[i] = i;
    (void)promc_writer_histogram(w, promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", ""), &value,
                                 NULL);
    return promc_writer_end(w);
}

static void buckets_need_memory(void **state)
{
    (void)state;
    assert_true(refuse_every_allocation(write_many_buckets, NULL, false) > 3);
}

static int refuse_output(const void *data, size_t size, void *arg)
{
    (void)data, (void)size;
    ++*(int *)arg;
    return -1;
}

/* A sink that has refused is left alone. */
static void sinks_are_asked_once(void **state)
{
    int calls = 0;
    promc_writer *w = promc_writer_new(PROMC_FORMAT_TEXT, refuse_output, &calls, .in_order = true);
    char value[16];
    (void)state;

    for (int i = 0; i < 20000; i++) {
        snprintf(value, sizeof(value), "%d", i);
        promc_writer_u64(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "g", ""), 1,
                         PROMC_PAIRS({"l", value}));
    }
    assert_int_equal(promc_writer_end(w), PROMC_ERROR_SINK);
    assert_int_equal(calls, 1);
}

/* A large family goes in several messages, each whole. */
static void large_families_in_protobuf(void **state)
{
    enum { CHILDREN = 1500 };
    promc_registry *registry = promc_registry_new();
    promc_gauge_family *f =
        promc_gauge_family_new("g", "", PROMC_LABELS("label"), .registry = registry);
    size_t at = 0, messages = 0;
    char value[24];
    (void)state;

    for (int i = 0; i < CHILDREN; i++) {
        snprintf(value, sizeof(value), "value %d", i);
        promc_gauge_set(promc_gauge_labels(f, value), i);
    }
    used = 0;
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_PROTOBUF, to_output, &used), PROMC_OK);
    for (; at < used; messages++) {
        size_t size = 0;

        for (int shift = 0;; shift += 7) {
            unsigned char byte = (unsigned char)output[at++];

            size |= (size_t)(byte & 0x7F) << shift;
            if (byte < 0x80)
                break;
        }
        assert_memory_equal(output + at, "\n\x01g", 3); /* its name */
        at += size;
    }
    assert_int_equal(at, used);
    assert_true(messages > 2);
    promc_registry_free(registry);
}

/* ---- label names ----------------------------------------------------------------------------- */

/* As they are, with dots as escapes, and too long for one byte of length. */
static void labels_in_protobuf(void **state)
{
    static const promc_format escapings[] = {PROMC_ESCAPE_UNDERSCORES, PROMC_ESCAPE_DOTS,
                                             PROMC_ESCAPE_VALUES, PROMC_ESCAPE_ALLOW_UTF_8};
    static const char *const names[] = {"a_b_c", "a_dot_b__c", "U__a_2e_b__c", "a.b_c"};
    static const char *const plain[] = {"pl_ain", "pl__ain", "pl_ain", "pl_ain"};
    static char long_value[200];
    (void)state;

    memset(long_value, 'x', sizeof(long_value) - 1);
    for (size_t e = 0; e < COUNT(escapings); e++) {
        promc_writer *w = begin(PROMC_FORMAT_PROTOBUF | escapings[e]);
        promc_family *f = promc_writer_family(w, PROMC_TYPE_GAUGE, "g", "");
        char *at;

        promc_writer_u64(w, f, 1,
                         PROMC_PAIRS({"a.b_c", "\"\n"}, {"pl_ain", "v"}, {"z", long_value}));
        assert_int_equal(promc_writer_end(w), PROMC_OK);
        for (at = output; at < output + used; at++) /* to be searched as text */
            *at = *at ? *at : ' ';
        assert_non_null(strstr(output, names[e]));
        assert_non_null(strstr(output, plain[e]));
        assert_non_null(strstr(output, "\x12\x02\"\n"));
        assert_non_null(strstr(output, long_value));
    }
}

/* ---- what is looked for ---------------------------------------------------------------------- */

static int collect_states(promc_writer *writer, void *arg)
{
    static const char *const states[] = {"off", "on", NULL};
    static const bool active[] = {false, true};
    promc_family *f = promc_writer_family(writer, PROMC_TYPE_STATESET, "light", "");

    (void)arg;
    promc_writer_set_created(writer, 5); /* which states have not */
    return promc_writer_stateset(writer, f, states, active, PROMC_PAIRS({"r", "1"}));
}

/* A child that is forked in the middle of a scrape ends it, and nothing of the parent's. */
static pid_t forked = -1;

static int collect_and_fork(promc_writer *writer, void *arg)
{
    (void)arg;
    forked = fork();
    return promc_writer_u64(writer, promc_writer_family(writer, PROMC_TYPE_GAUGE, "g", ""), 1, NULL);
}

static void collectors_may_fork(void **state)
{
    promc_registry *registry = promc_registry_new();
    const promc_collector collector = {.collect = collect_and_fork};
    int status;
    (void)state;

    skip_without_forks();
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    used = 0;
    status = promc_expose(registry, PROMC_FORMAT_TEXT, to_output, &used);
    if (forked == 0)
        _exit(status == PROMC_OK && strcmp(output, "# HELP g \n# TYPE g gauge\ng 1.0\n") == 0 ? 0 : 1);
    assert_int_equal(status, PROMC_OK);
    assert_int_equal(waitpid(forked, &status, 0), forked);
    assert_int_equal(status, 0);
    assert_int_equal(promc_registry_unregister(registry, &collector), PROMC_OK);
    promc_registry_free(registry);
}

static void samples_are_found(void **state)
{
    promc_registry *registry = promc_registry_new();
    const promc_collector collector = {.collect = collect_states};
    double value;
    (void)state;

    promc_gauge_set(promc_gauge_new("g1", "", .registry = registry), 1);
    promc_gauge_set(promc_gauge_new("g2", "", .registry = registry), 2);
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_number(sample(registry, "g2", NULL), 2);
    assert_number(sample(registry, "light", PROMC_PAIRS({"r", "1"}, {"light", "on"})), 1);
    assert_number(sample(registry, "light", PROMC_PAIRS({"light", "off"}, {"r", "1"})), 0);
    assert_false(has_sample(registry, "light", PROMC_PAIRS({"r", "1"}, {"night", "on"})));
    assert_false(has_sample(registry, "light", PROMC_PAIRS({"r", "1"})));
    promc_gauge_histogram_observe(
        promc_gauge_histogram_new("q", "", .registry = registry, .buckets = PROMC_BUCKETS(1)), 5);
    assert_number(sample(registry, "q_gcount", NULL), 1);
    assert_number(sample(registry, "q_gsum", NULL), 5);
    promc_summary_new("s", "", .registry = registry);
    assert_true(has_sample(registry, "s_count", NULL));
    assert_false(has_sample(registry, "s_total", NULL));
    assert_int_equal(promc_registry_get_sample_value(registry, NULL, NULL, &value),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_registry_get_sample_value(registry, "g1", NULL, NULL),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_registry_get_sample_value(registry, "g1", PROMC_PAIRS({"a", NULL}), &value),
                     PROMC_ERROR_ARGUMENT);
    promc_registry_free(registry);
}

static void views_leave_out_quantiles(void **state)
{
    promc_registry *registry = promc_registry_new(), *view;
    promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0.5));
    (void)state;

    promc_summary_observe(s, 1);
    view = promc_registry_restricted(registry, PROMC_LABELS("s_count"));
    assert_exposed(view, "# HELP s \n# TYPE s summary\ns_count 1.0\n");
    promc_registry_free(view);
    promc_registry_free(registry);
}

static int describe_twice(promc_writer *writer, void *arg)
{
    (void)arg;
    promc_writer_family(writer, PROMC_TYPE_COUNTER, "c", "");
    promc_writer_family(writer, PROMC_TYPE_GAUGE, "c_total", "");
    promc_writer_family(writer, PROMC_TYPE_GAUGE, "d", "");
    return 0;
}

static int collect_none(promc_writer *writer, void *arg)
{
    (void)writer, (void)arg;
    return 0;
}

static void descriptions_are_checked(void **state)
{
    promc_registry *registry = promc_registry_new();
    const promc_collector twice = {.collect = collect_none, .describe = describe_twice};
    const promc_collector argument = {.collect = collect_none, .arg = registry};
    const promc_collector other = {.collect = collect_none};
    (void)state;

    assert_int_equal(promc_registry_register(registry, &twice), PROMC_ERROR_DUPLICATE);
    assert_last_error(PROMC_ERROR_DUPLICATE, "c_total");
    assert_int_equal(promc_registry_register(registry, &argument), PROMC_OK);
    assert_int_equal(promc_registry_register(registry, &other), PROMC_OK);
    assert_int_equal(promc_registry_register(registry, &other), PROMC_ERROR_DUPLICATE);
    assert_int_equal(promc_registry_register(registry, &argument), PROMC_ERROR_DUPLICATE);
    promc_registry_free(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_names_in_openmetrics),
        cmocka_unit_test(families_have_units),
        cmocka_unit_test(wrong_families_are_refused),
        cmocka_unit_test(integers_keep_their_digits),
        cmocka_unit_test(times_of_every_kind),
        cmocka_unit_test(exemplars_without_time),
        cmocka_unit_test(many_buckets),
        cmocka_unit_test(bounds_are_told_apart),
        cmocka_unit_test(wrong_labels_are_refused),
        cmocka_unit_test(protobuf_of_little),
        cmocka_unit_test(wrong_values_are_refused),
        cmocka_unit_test(buckets_need_memory),
        cmocka_unit_test(sinks_are_asked_once),
        cmocka_unit_test(large_families_in_protobuf),
        cmocka_unit_test(labels_in_protobuf),
        cmocka_unit_test(collectors_may_fork),
        cmocka_unit_test(samples_are_found),
        cmocka_unit_test(views_leave_out_quantiles),
        cmocka_unit_test(descriptions_are_checked),
    };

    return cmocka_run_group_tests(tests, count_memory, NULL);
}
