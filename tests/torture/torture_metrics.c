/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions, children, infos, exemplars, native histograms and registries without memory. */
#include "torture/torture.h"

#include <stdlib.h>

static int drop(const void *data, size_t size, void *arg)
{
    (void)data;
    *(size_t *)arg += size;
    return 0;
}

#define COMMON                                                                                     \
    .registry = own, .namespace = "space", .subsystem = "sub",                                     \
    .const_labels = PROMC_PAIRS({"zone", "b\xFF"}, {"a", "\""})

static int plain_metrics(promc_registry *own)
{
    int code = PROMC_OK;

    TRY(promc_counter_new("c", "C\xFF.", COMMON, .unit = "bytes"));
    TRY(promc_gauge_new("g", "G.", COMMON, .unit = "bytes"));
    TRY(promc_histogram_new("h", "H.", COMMON));
    TRY(promc_summary_new("s", "S.", COMMON));
    TRY(promc_info_new("i", "I.", COMMON));
    TRY(promc_enum_new("e", "E.", COMMON, .states = PROMC_STATES("a", "b", "c")));
    TRY(promc_gauge_histogram_new("gh", "GH.", COMMON));
out:
    return code;
}

static int families(promc_registry *own)
{
    int code = PROMC_OK;

    TRY(promc_counter_family_new("c", "C.", PROMC_LABELS("x", "y"), COMMON));
    TRY(promc_gauge_family_new("g", "G.", PROMC_LABELS("x", "y"), COMMON));
    TRY(promc_histogram_family_new("h", "H.", PROMC_LABELS("x", "y"), COMMON,
                                   .buckets = PROMC_BUCKETS_LINEAR(0, 1, 50)));
    TRY(promc_summary_family_new("s", "S.", PROMC_LABELS("x", "y"), COMMON));
    TRY(promc_info_family_new("i", "I.", PROMC_LABELS("x", "y"), COMMON));
    TRY(promc_enum_family_new("e", "E.", PROMC_LABELS("x", "y"), COMMON,
                              .states = PROMC_STATES("a", "b")));
    TRY(promc_gauge_histogram_family_new("gh", "GH.", PROMC_LABELS("x", "y"), COMMON));
out:
    return code;
}

static int counter_children(promc_registry *own)
{
    int code = PROMC_OK;
    promc_counter_family *f;
    char value[16];

    TRY(f = promc_counter_family_new("c", "C.", PROMC_LABELS("x"), .registry = own));
    for (int i = 0; i < 40; i++) {
        promc_counter *child;

        snprintf(value, sizeof(value), "%d%s", i, i % 7 ? "" : "\xFF");
        TRY(child = promc_counter_labels(f, value));
        promc_counter_inc(child);
        promc_counter_add(child, 0.5);
        /* Updates do not need memory. */
        assert_number(promc_counter_value(child), 1.5);
        TRY(promc_counter_labels_by_name(f, {"x", value}) == child);
    }
out:
    return code;
}

static int histogram_children(promc_registry *own)
{
    int code = PROMC_OK;
    promc_histogram_family *f;
    char value[16];

    TRY(f = promc_histogram_family_new("h", "H.", PROMC_LABELS("x"), .registry = own));
    for (int i = 0; i < 20; i++) {
        promc_histogram *child;

        snprintf(value, sizeof(value), "%d", i);
        TRY(child = promc_histogram_labels(f, value));
        promc_histogram_observe(child, 1);
        promc_histogram_observe_exemplar(child, 2, PROMC_PAIRS({"trace", value}));
    }
out:
    return code;
}

static int children_past_the_limit(promc_registry *own)
{
    int code = PROMC_OK;
    promc_summary_family *f;
    char value[16];

    TRY(f = promc_summary_family_new("s", "S.", PROMC_LABELS("x"), .registry = own,
                                     .max_children = 2, .idle_ttl = 5));
    for (int i = 0; i < 5; i++) {
        promc_summary *child;

        snprintf(value, sizeof(value), "%d", i);
        TRY(child = promc_summary_labels(f, value));
        promc_summary_observe(child, 1);
    }
out:
    return code;
}

static int many_labels(promc_registry *own)
{
    const char *names[41] = {NULL}, *values[40];
    promc_label pairs[41] = {{NULL, NULL}};
    static char texts[40][16];
    int code = PROMC_OK;
    promc_gauge_family *f;

    for (int i = 0; i < 40; i++) {
        snprintf(texts[i], sizeof(texts[i]), "l%d", i);
        names[i] = texts[i];
        values[i] = "\xFF";
        pairs[i] = (promc_label){texts[i], "\xFF"};
    }
    TRY(f = promc_gauge_family_new("g", "G.", names, .registry = own));
    TRY(promc_gauge_family_child(f, values, 40));
    TRY(promc_gauge_family_child_by_name(f, pairs));
    TRY_CODE(promc_gauge_family_remove_by_labels(f, pairs));
    TRY(promc_gauge_family_child_by_name(f, pairs));
    TRY_CODE(promc_gauge_family_remove_child(f, values, 40));
    promc_gauge_family_clear(f);
    code = PROMC_OK;
out:
    return code;
}

static int removals(promc_registry *own)
{
    int code = PROMC_OK;
    promc_counter_family *f;
    promc_counter *held = NULL;
    char value[16];

    TRY(f = promc_counter_family_new("c", "C.", PROMC_LABELS("x"), .registry = own));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 12; i++) {
            snprintf(value, sizeof(value), "%d", i);
            TRY(promc_counter_labels(f, value));
        }
        if (round == 0)
            TRY(held = promc_counter_hold(promc_counter_labels(f, "3")));
        TRY_CODE(promc_counter_family_remove(f, "3"));
        TRY_CODE(promc_counter_family_remove_matching(f, {"x", "4"}));
        TRY_CODE(promc_counter_family_remove_matching(f, {"x", "\xFF"}));
        promc_counter_inc(held);
        promc_counter_family_clear(f);
        assert_int_equal(promc_counter_family_size(f), 0);
    }
    code = PROMC_OK;
out:
    promc_counter_release(held);
    return code;
}

static int infos(promc_registry *own)
{
    int code = PROMC_OK;
    promc_info *i;
    promc_label many[41] = {{NULL, NULL}};
    static char names[40][16];

    for (int n = 0; n < 40; n++) {
        snprintf(names[n], sizeof(names[n]), "n%d", n);
        many[n] = (promc_label){names[n], "\xFF"};
    }
    TRY(i = promc_info_new("i", "I.", .registry = own, .const_labels = PROMC_PAIRS({"k", "v"})));
    TRY_CODE(promc_info_set(i, PROMC_PAIRS({"a", "1"}, {"b", "2"})));
    code = promc_info_set(i, many);
    if (code == PROMC_ERROR_NO_MEMORY) {
        /* Nothing has changed. */
        CALMLY(assert_exposed(own, "# HELP i_info I.\n# TYPE i_info gauge\n"
                                   "i_info{a=\"1\",b=\"2\",k=\"v\"} 1.0\n"));
        goto out;
    }
    TRY_CODE(code);
    TRY_CODE(promc_info_set(i, NULL));
out:
    return code;
}

static int exemplars(promc_registry *own)
{
    int code = PROMC_OK;
    promc_counter *c;

    TRY(c = promc_counter_new("c", "C.", .registry = own));
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"trace", "abc"}));
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"trace", "d\xFF"}));
    assert_number(promc_counter_value(c), 2); /* with or without its exemplar */
    promc_counter_reset(c);
out:
    return code;
}

static int target_info(promc_registry *own)
{
    int code = PROMC_OK;
    promc_registry *other = NULL, *view = NULL;

    TRY_CODE(promc_registry_set_target_info(own, PROMC_PAIRS({"a", "1\xFF"}, {"b", "2"})));
    TRY_CODE(promc_registry_set_target_info(own, PROMC_PAIRS({"a", "3"})));
    TRY(other = promc_registry_new(.target_info = PROMC_PAIRS({"a", "1"})));
    TRY(view = promc_registry_restricted(own, PROMC_LABELS("a", "b", "c_total", "target_info")));
out:
    promc_registry_free(view);
    promc_registry_free(other);
    return code;
}

/* Names that are kept escaped and spelt out, too: one that was refused is free afterwards. */
static int other_names(promc_registry *own)
{
    int code = PROMC_OK;
    char name[32];

    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), i % 2 ? "job_run_%d" : "job.run.%d", i / 2);
        TRY(promc_histogram_new(name, "", .registry = own));
    }
out:
    if (code != PROMC_OK)
        CALMLY(assert_non_null(promc_histogram_new(name, "", .registry = own)));
    return code;
}

static int moving(promc_registry *own)
{
    int code = PROMC_OK;
    promc_gauge *g, *moved = NULL;
    char name[16];

    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "g%d", i);
        TRY(g = promc_gauge_new(name, "", .registry = PROMC_UNREGISTERED));
        code = promc_registry_add(own, g);
        if (code != PROMC_OK) {
            promc_gauge_free(g);
            goto out;
        }
    }
    TRY(moved = promc_gauge_new("moved", "", .registry = own));
    TRY_CODE(promc_registry_unregister(own, moved));
    code = promc_registry_add(own, moved);
    if (code != PROMC_OK)
        promc_gauge_free(moved);
out:
    return code;
}
/* Every function that a family has, for each type. */
#define LIFE_OF(T, update, ...)                                                                    \
    static int life_of_##T(promc_registry *own)                                                    \
    {                                                                                              \
        int code = PROMC_OK;                                                                       \
        promc_##T##_family *f = promc_##T##_family_new("f", "F.", PROMC_LABELS("x", "y"),          \
                                                       .registry = own, __VA_ARGS__);            \
        promc_##T *child, *held = NULL;                                                            \
                                                                                                   \
        TRY(f);                                                                                    \
        TRY(child = promc_##T##_labels(f, "1", "a"));                                              \
        TRY(held = promc_##T##_hold(child));                                                       \
        update(held);                                                                              \
        TRY(promc_##T##_labels_by_name(f, {"y", "b"}, {"x", "1"}));                                \
        TRY(child = promc_##T##_labels_by_name(f, {"y", "a\xFF"}, {"x", "2"}));                    \
        update(child);                                                                             \
        TRY_CODE(promc_##T##_family_remove(f, "1", "a"));                                          \
        update(held);                                                                              \
        TRY_CODE(promc_##T##_family_remove_matching(f, {"x", "1"}));                               \
        assert_int_equal(promc_##T##_family_size(f), 1);                                           \
        promc_##T##_family_clear(f);                                                               \
        assert_int_equal(promc_##T##_family_size(f), 0);                                           \
        code = PROMC_OK;                                                                           \
    out:                                                                                           \
        promc_##T##_release(held);                                                                 \
        promc_##T##_family_free(f);                                                                \
        return code;                                                                               \
    }                                                                                              \
    struct semicolon

#define SET_INFO(i) (void)promc_info_set(i, PROMC_PAIRS({"a", "b"}))
#define SET_STATE(e) (void)promc_enum_state(e, "on")
#define OBSERVE_HISTOGRAM(h) promc_histogram_observe_exemplar(h, 1, PROMC_PAIRS({"a", "b"}))
#define OBSERVE_SUMMARY(s) promc_summary_observe(s, 1)
#define OBSERVE_QUEUE(q) promc_gauge_histogram_observe(q, 1)

LIFE_OF(counter, promc_counter_inc, .idle_ttl = 0);
LIFE_OF(gauge, promc_gauge_set_to_current_time, .idle_ttl = 0);
LIFE_OF(histogram, OBSERVE_HISTOGRAM, .buckets = PROMC_BUCKETS_EXPONENTIAL(1, 2, 20));
LIFE_OF(summary, OBSERVE_SUMMARY, .idle_ttl = 0);
LIFE_OF(info, SET_INFO, .idle_ttl = 0);
LIFE_OF(enum, SET_STATE, .states = PROMC_STATES("off", "on"));
LIFE_OF(gauge_histogram, OBSERVE_QUEUE, .buckets = PROMC_BUCKETS(1, 2));

/* A failed definition is kept by its registry. */
static int definitions_are_remembered(promc_registry *own)
{
    int code = PROMC_OK;
    promc_error error;

    TRY(promc_counter_new("c", "C.", .registry = own));
    CALMLY(assert_null(promc_counter_new("c", "C.", .registry = own)));
    assert_int_equal(promc_registry_first_error(own, &error), PROMC_ERROR_DUPLICATE);
    assert_non_null(strstr(error.message, "c"));
    promc_registry_clear_error(own);
    TRY(promc_gauge_new("g", "G.", .registry = own));
out:
    if (code != PROMC_OK) {
        assert_int_equal(promc_registry_first_error(own, NULL), code);
        promc_registry_clear_error(own);
        CALMLY(assert_non_null(promc_gauge_new("g", "G.", .registry = own)));
    }
    return code;
}

/* Children that expire at a scrape, and others in their place. */
static int expiry(promc_registry *own)
{
    int code = PROMC_OK;
    promc_text text;
    promc_counter_family *f;
    char value[16];

    TRY(f = promc_counter_family_new("c", "C.", PROMC_LABELS("x"), .registry = own, .idle_ttl = 5));
    for (int i = 0; i < 20; i++) {
        promc_counter *child;

        snprintf(value, sizeof(value), "%d", i);
        TRY(child = promc_counter_labels(f, value));
        promc_counter_inc(child);
        test_monotonic_ns += UINT64_C(1000000000);
        if (i % 4 == 0) {
            TRY_CODE(promc_generate_latest(own, &text));
            promc_text_free(&text);
        }
    }
    code = PROMC_OK;
    assert_in_range(promc_counter_family_size(f), 4, 16);
out:
    return code;
}

/* Updates whose memory is refused are counted nonetheless, in cells that all threads share. */
static int updates(promc_registry *own)
{
    int code = PROMC_OK;
    promc_counter *c;
    promc_gauge *g;
    promc_summary *s;

    TRY(c = promc_counter_new("c", "C.", .registry = own));
    TRY(g = promc_gauge_new("g", "G.", .registry = own));
    TRY(s = promc_summary_new("s", "S.", .registry = own));
    promc_counter_inc(c);
    promc_counter_add(c, 2);
    promc_gauge_set(g, 4);
    promc_gauge_dec(g);
    promc_gauge_sub(g, 1);
    promc_summary_observe(s, 7);
    { PROMC_TIME_SCOPE(s); }
    (void)promc_count_failure(c, -1);
    assert_number(promc_counter_value(c), 4);
    assert_number(promc_gauge_value(g), 2);
    CALMLY(assert_number(sample(own, "s_count", NULL), 2));
    CALMLY(assert_number(sample(own, "s_sum", NULL), 7));
out:
    return code;
}

/* Observations wait for memory, or are known to be lost. */
static int native_histograms(promc_registry *own)
{
    int code = PROMC_OK;
    promc_histogram_family *f;
    promc_histogram *h = NULL;
    uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES);
    int observed = 0;

    TRY(f = promc_histogram_family_new("h", "H.", PROMC_LABELS("x"), .registry = own,
                                       .native_factor = 1.1, .native_max_buckets = 20,
                                       .buckets = PROMC_BUCKETS(1, 2)));
    TRY(h = promc_histogram_labels(f, "1"));
    for (int i = -40; i < 40; i++, observed++)
        promc_histogram_observe(h, i * i * i);
out:
    if (h)
        CALMLY(assert_number(
            sample(own, "h_count", PROMC_PAIRS({"x", "1"})) +
                (double)(promc_mishaps(PROMC_DROPPED_UPDATES) - dropped), observed));
    return code;
}

/* A histogram that begins anew when it has too many buckets loses what it has shown, nothing else. */
static int native_resets(promc_registry *own)
{
    int code = PROMC_OK;
    promc_histogram *h = NULL;
    promc_text text;
    uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES);
    double shown = 0;

    TRY(h = promc_histogram_new("h", "H.", .registry = own, .native_schema = PROMC_SCHEMA(5),
                                .native_max_buckets = 20, .native_reset_seconds = 3));
    for (int scrape = 0; scrape < 4; scrape++) {
        for (int i = 0; i < 40; i++)
            promc_histogram_observe(h, 1 + i * i * i);
        test_monotonic_ns += UINT64_C(2000000000);
        test_unix_time += 2;
        TRY_CODE(promc_expose(own, PROMC_FORMAT_PROTOBUF, drop, &(size_t){0}));
    }
    TRY_CODE(promc_generate_latest(own, &text));
    shown = strtod(strstr(text.data, "\nh_count ") + 9, NULL);
    promc_text_free(&text);
    assert_true(shown + (double)(promc_mishaps(PROMC_DROPPED_UPDATES) - dropped) <= 160);
out:
    if (h) { /* and goes on */
        CALMLY(shown = sample(own, "h_count", NULL); dropped = promc_mishaps(PROMC_DROPPED_UPDATES));
        promc_histogram_observe(h, 1);
        CALMLY(assert_true(sample(own, "h_count", NULL) == shown + 1 ||
                           promc_mishaps(PROMC_DROPPED_UPDATES) == dropped + 1));
    }
    return code;
}

/* What no memory is left for is counted and summed, only not among the quantiles. */
static int quantiles(promc_registry *own)
{
    int code = PROMC_OK;
    promc_summary_family *f;
    promc_summary *s = NULL;
    promc_text text;
    double p50 = 0;
    int observed = 0;

    TRY(f = promc_summary_family_new("s", "S.", PROMC_LABELS("x"), .registry = own,
                                     .quantiles = PROMC_QUANTILES(0.5, 0.99),
                                     .quantile_window = 60));
    TRY(s = promc_summary_labels(f, "1"));
    TRY(promc_summary_labels(f, "2"));
    for (int round = 0; round < 3; round++) {
        for (int i = -3; i < 20; i++, observed++)
            promc_summary_observe(s, i * i * i);
        test_monotonic_ns += UINT64_C(7000000000);
        TRY_CODE(promc_generate_latest(own, &text));
        p50 = strtod(strstr(text.data, "\ns{quantile=\"0.5\",x=\"1\"} ") + 25, NULL);
        promc_text_free(&text);
    }
    assert_true(p50 > 400 && p50 < 600);
out:
    if (s) {
        CALMLY(assert_number(sample(own, "s_count", PROMC_PAIRS({"x", "1"})), observed));
        CALMLY(promc_summary_family_clear(f));
    }
    return code;
}

static double a_function(void *arg)
{
    return *(double *)arg;
}

static int functions(promc_registry *own)
{
    static double value = 7;
    uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES);
    int code = PROMC_OK;
    promc_gauge *g;

    TRY(g = promc_gauge_new("g", "G.", .registry = own));
    promc_gauge_set(g, 1);
    promc_gauge_set_function(g, a_function, &value);
    assert_number(promc_gauge_value(g), promc_mishaps(PROMC_DROPPED_UPDATES) > dropped ? 1 : 7);
    promc_gauge_set_function(g, NULL, NULL);
    assert_number(promc_gauge_value(g), 1);
out:
    return code;
}

static const struct torture scenarios[] = {
    SCENARIO(plain_metrics),    SCENARIO(families),
    SCENARIO(counter_children), SCENARIO(histogram_children),
    SCENARIO(children_past_the_limit), SCENARIO(many_labels),
    SCENARIO(removals),         SCENARIO(infos),
    SCENARIO(exemplars),        SCENARIO(target_info),
    SCENARIO(other_names),      SCENARIO(moving),
    SCENARIO(life_of_counter),
    SCENARIO(life_of_gauge),    SCENARIO(life_of_histogram),
    SCENARIO(life_of_summary),  SCENARIO(life_of_info),
    SCENARIO(life_of_enum),     SCENARIO(life_of_gauge_histogram),
    SCENARIO(definitions_are_remembered), SCENARIO(expiry),
    SCENARIO(updates),          SCENARIO(native_histograms),
    SCENARIO(native_resets),    SCENARIO(quantiles),
    SCENARIO(functions),
};

TORTURE_MAIN(scenarios);
