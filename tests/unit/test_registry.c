/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/scrape.h"
#include "support.h"

#include <pthread.h>

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

/* ---- duplicates ------------------------------------------------------------------------------ */

enum { C, G, H, S, I, E, GH };

static void *define(int type, promc_registry *in, const char *name)
{
    switch (type) {
    case C:
        return promc_counter_new(name, "", .registry = in);
    case G:
        return promc_gauge_new(name, "", .registry = in);
    case H:
        return promc_histogram_new(name, "", .registry = in);
    case S:
        return promc_summary_new(name, "", .registry = in);
    case I:
        return promc_info_new(name, "", .registry = in);
    case E:
        return promc_enum_new(name, "", .registry = in, .states = PROMC_STATES("a", "b"));
    default:
        return promc_gauge_histogram_new(name, "", .registry = in);
    }
}

/* The names every type reserves beside its own. */
static const struct {
    int type;
    const char *suffix;
} reserved[] = {
    {C, ""},         {C, "_total"},    {C, "_created"}, {G, ""},         {H, ""},
    {H, "_bucket"},  {H, "_sum"},      {H, "_count"},   {H, "_created"}, {S, ""},
    {S, "_sum"},     {S, "_count"},    {S, "_created"}, {I, ""},         {I, "_info"},
    {E, ""},         {GH, ""},         {GH, "_bucket"}, {GH, "_gsum"},   {GH, "_gcount"},
};

static void reserved_suffixes_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(reserved); i++) {
        char name[32] = "m";

        strcat(name, reserved[i].suffix);
        for (int gauge_first = 0; gauge_first < 2; gauge_first++) {
            promc_registry *own = promc_registry_new();
            void *first = gauge_first ? define(G, own, name) : define(reserved[i].type, own, "m");
            void *second = gauge_first ? define(reserved[i].type, own, "m") : define(G, own, name);

            assert_non_null(first);
            if (second)
                print_error("type %d, suffix %s\n", reserved[i].type, reserved[i].suffix);
            assert_null(second);
            assert_last_error(PROMC_ERROR_DUPLICATE, "Duplicated timeseries in CollectorRegistry");
            assert_last_error(PROMC_ERROR_DUPLICATE, "m");
            promc_registry_free(own);
        }
    }
}

static bool is_reserved(int type, const char *suffix)
{
    for (size_t i = 0; i < COUNT(reserved); i++) {
        if (reserved[i].type == type && strcmp(reserved[i].suffix, suffix) == 0)
            return true;
    }
    return false;
}

static void other_suffixes_are_free(void **state)
{
    static const char *const suffixes[] = {"_total",  "_created", "_bucket", "_sum", "_count",
                                           "_gcount", "_gsum",    "_info",   "_x",   "m"};
    (void)state;

    for (int type = C; type <= GH; type++) {
        for (size_t i = 0; i < COUNT(suffixes); i++) {
            char name[32] = "m";
            promc_registry *own = promc_registry_new();

            strcat(name, suffixes[i]);
            assert_non_null(define(type, own, "m"));
            if (!is_reserved(type, suffixes[i]))
                assert_non_null(define(G, own, name));
            promc_registry_free(own);
        }
    }
}

static void a_failed_definition_takes_no_names(void **state)
{
    (void)state;
    assert_non_null(define(G, registry, "m_sum"));
    assert_null(define(H, registry, "m"));
    assert_non_null(define(G, registry, "m_bucket"));
    assert_non_null(define(G, registry, "m_count"));
    assert_non_null(define(G, registry, "m"));
}

static void a_freed_metric_gives_its_names_back(void **state)
{
    (void)state;
    for (int type = C; type <= GH; type++) {
        promc_registry *own = promc_registry_new();
        void *metric = define(type, own, "m");

        assert_int_equal(promc_registry_unregister(own, metric), PROMC_OK);
        assert_exposed(own, "");
        assert_non_null(define(type, own, "m"));
        assert_int_equal(promc_registry_add(own, metric), PROMC_ERROR_DUPLICATE);
        switch (type) {
        case C:
            promc_counter_free(metric);
            break;
        case G:
            promc_gauge_free(metric);
            break;
        case H:
            promc_histogram_free(metric);
            break;
        case S:
            promc_summary_free(metric);
            break;
        case I:
            promc_info_free(metric);
            break;
        case E:
            promc_enum_free(metric);
            break;
        default:
            promc_gauge_histogram_free(metric);
        }
        promc_registry_free(own);
    }
}

static void exact_names_reserve_what_they_expose(void **state)
{
    (void)state;
    assert_non_null(promc_counter_new("c", "", .registry = registry, .exact_name = true));
    assert_null(define(G, registry, "c"));
    assert_non_null(promc_counter_new("d_total", "", .registry = registry, .exact_name = true));
    assert_null(define(G, registry, "d_total"));
    assert_null(define(C, registry, "d")); /* would expose d_total as well */
}

/* ---- registering metrics --------------------------------------------------------------------- */

static void an_unregistered_metric_can_be_added_once(void **state)
{
    promc_registry *other = promc_registry_new();
    promc_gauge *g = promc_gauge_new("g", "", .registry = PROMC_UNREGISTERED);
    (void)state;

    assert_non_null(g);
    promc_gauge_set(g, 3);
    assert_exposed(registry, "");
    assert_false(has_sample(NULL, "g", NULL));
    assert_int_equal(promc_registry_unregister(registry, g), PROMC_ERROR_NOT_FOUND);
    assert_int_equal(promc_registry_add(registry, g), PROMC_OK);
    assert_number(sample(registry, "g", NULL), 3);
    assert_int_equal(promc_registry_add(registry, g), PROMC_ERROR_STATE);
    assert_last_error(PROMC_ERROR_STATE, "g");
    assert_int_equal(promc_registry_add(other, g), PROMC_ERROR_STATE);
    assert_int_equal(promc_registry_unregister(other, g), PROMC_ERROR_NOT_FOUND);
    assert_int_equal(promc_registry_unregister(registry, g), PROMC_OK);
    assert_int_equal(promc_registry_unregister(registry, g), PROMC_ERROR_NOT_FOUND);
    promc_gauge_inc(g);
    assert_int_equal(promc_registry_add(other, g), PROMC_OK);
    assert_number(sample(other, "g", NULL), 4);
    assert_int_equal(promc_registry_add(registry, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_registry_unregister(registry, (promc_gauge *)NULL),
                     PROMC_ERROR_NOT_FOUND);
    promc_registry_free(other);
}

static void families_move_too(void **state)
{
    promc_histogram_family *f = promc_histogram_family_new(
        "h", "", PROMC_LABELS("l"), .registry = registry, .buckets = PROMC_BUCKETS(1));
    promc_histogram *child = promc_histogram_labels(f, "a");
    promc_registry *other = promc_registry_new();
    (void)state;

    promc_histogram_observe(child, 1);
    assert_int_equal(promc_registry_unregister(registry, f), PROMC_OK);
    promc_histogram_observe(child, 1);
    promc_histogram_observe(promc_histogram_labels(f, "b"), 1);
    assert_int_equal(promc_registry_add(other, f), PROMC_OK);
    assert_number(sample(other, "h_count", PROMC_PAIRS({"l", "a"})), 2);
    assert_number(sample(other, "h_count", PROMC_PAIRS({"l", "b"})), 1);
    promc_registry_free(other);
}

static void an_unregistered_metric_is_freed_by_its_owner(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new("f", "", PROMC_LABELS("l"), .registry = PROMC_UNREGISTERED);
    (void)state;

    promc_counter_inc(promc_counter_labels(f, "a"));
    promc_counter_family_free(f);
    promc_counter_free(promc_counter_new("c", "", .registry = PROMC_UNREGISTERED));
}

static void order_is_that_of_registration(void **state)
{
    promc_gauge *a, *b;
    (void)state;

    a = promc_gauge_new("a", "", .registry = registry);
    b = promc_gauge_new("b", "", .registry = registry);
    promc_gauge_new("c", "", .registry = registry);
    assert_int_equal(promc_registry_unregister(registry, a), PROMC_OK);
    assert_int_equal(promc_registry_add(registry, a), PROMC_OK);
    promc_gauge_free(b);
    assert_exposed(registry,
                   "# HELP c \n# TYPE c gauge\nc 0.0\n# HELP a \n# TYPE a gauge\na 0.0\n");
}

static void many_metrics(void **state)
{
    char name[16];
    promc_gauge *metrics[1000];
    (void)state;

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "g%d", i);
        metrics[i] = promc_gauge_new(name, "", .registry = registry);
        promc_gauge_set(metrics[i], i);
    }
    for (int i = 0; i < 1000; i += 3)
        promc_gauge_free(metrics[i]);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "g%d", i);
        if (i % 3)
            assert_null(promc_gauge_new(name, "", .registry = registry));
        else
            assert_non_null(promc_gauge_new(name, "", .registry = registry));
    }
    assert_number(sample(registry, "g998", NULL), 998);
    assert_number(sample(registry, "g999", NULL), 0);
}

/* ---- the default registry -------------------------------------------------------------------- */

static void null_means_the_default_registry(void **state)
{
    promc_gauge *g = promc_gauge_new("default_gauge", "");
    (void)state;

    promc_gauge_set(g, 5);
    assert_non_null(promc_default_registry());
    assert_number(sample(NULL, "default_gauge", NULL), 5);
    assert_number(sample(promc_default_registry(), "default_gauge", NULL), 5);
    assert_int_equal(promc_registry_unregister(NULL, g), PROMC_OK);
    assert_int_equal(promc_registry_add(NULL, g), PROMC_OK);
    promc_gauge_free(g);
    assert_false(has_sample(NULL, "default_gauge", NULL));
}

static void the_default_registry_has_collectors_and_can_be_emptied(void **state)
{
    (void)state;
    assert_true(exposes(NULL, "# TYPE c_info gauge\n"));
    assert_true(exposes(NULL, "process_start_time_seconds "));
    assert_int_equal(promc_registry_unregister(NULL, promc_process_collector()), PROMC_OK);
    assert_false(exposes(NULL, "process_"));
    assert_int_equal(promc_registry_unregister(NULL, promc_process_collector()),
                     PROMC_ERROR_NOT_FOUND);
    assert_int_equal(promc_registry_register(NULL, promc_process_collector()), PROMC_OK);
    assert_true(exposes(NULL, "process_start_time_seconds "));
    assert_non_null(promc_gauge_new("short_lived", ""));
    promc_registry_free(promc_default_registry());
    assert_exposed(NULL, "");
    assert_non_null(promc_gauge_new("short_lived", ""));
    assert_exposed(NULL, "# HELP short_lived \n# TYPE short_lived gauge\nshort_lived 0.0\n");
    promc_registry_free(NULL); /* nothing */
    assert_true(has_sample(NULL, "short_lived", NULL));
    promc_registry_free(promc_default_registry());
}

/* ---- collectors ------------------------------------------------------------------------------ */

static int collected, described;

static int collect_two(promc_writer *writer, void *arg)
{
    promc_family *q = promc_writer_family(writer, PROMC_TYPE_COUNTER, "queries", "Q.");
    promc_family *z = promc_writer_family(writer, PROMC_TYPE_GAUGE, "zone", "Z.");

    collected++;
    promc_writer_u64(writer, q, 18446744073709551615u, PROMC_PAIRS({"zone", "a"}));
    promc_writer_double(writer, z, *(double *)arg, NULL);
    return 0;
}

static int describe_two(promc_writer *writer, void *arg)
{
    (void)arg;
    described++;
    promc_writer_family(writer, PROMC_TYPE_COUNTER, "queries", "Q.");
    promc_writer_family(writer, PROMC_TYPE_GAUGE, "zone", "Z.");
    return 0;
}

static void a_collector_is_called_at_every_scrape(void **state)
{
    double zone = 2.5;
    promc_collector collector = {.collect = collect_two, .arg = &zone};
    (void)state;

    collected = 0;
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_int_equal(collected, 0); /* without describe it is not asked */
    assert_exposed(registry, "# HELP queries_total Q.\n# TYPE queries_total counter\n"
                             "queries_total{zone=\"a\"} 18446744073709551615\n"
                             "# HELP zone Z.\n# TYPE zone gauge\nzone 2.5\n");
    zone = 3;
    assert_number(sample(registry, "zone", NULL), 3);
    assert_int_equal(collected, 2);
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_ERROR_DUPLICATE);
    assert_int_equal(promc_registry_unregister(registry, &(promc_collector){.collect = collect_two}),
                     PROMC_ERROR_NOT_FOUND);
    assert_int_equal(promc_registry_unregister(
                         registry, &(promc_collector){.collect = collect_two, .arg = &zone}),
                     PROMC_OK);
    assert_exposed(registry, "");
    assert_int_equal(promc_registry_unregister(registry, &collector), PROMC_ERROR_NOT_FOUND);
}

static void described_names_are_taken(void **state)
{
    double zone = 1;
    promc_collector collector = {.collect = collect_two, .describe = describe_two, .arg = &zone};
    (void)state;

    described = collected = 0;
    assert_non_null(promc_gauge_new("queries_created", "", .registry = registry));
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_ERROR_DUPLICATE);
    assert_last_error(PROMC_ERROR_DUPLICATE, "queries");
    assert_non_null(promc_gauge_new("zone", "", .registry = registry));
    promc_registry_free(registry);
    registry = promc_registry_new();
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_int_equal(collected, 0);
    assert_null(promc_gauge_new("zone", "", .registry = registry));
    assert_null(promc_gauge_new("queries_total", "", .registry = registry));
    assert_null(promc_summary_new("zone", "", .registry = registry));
    assert_int_equal(promc_registry_unregister(registry, &collector), PROMC_OK);
    assert_non_null(promc_gauge_new("zone", "", .registry = registry));
    assert_non_null(promc_gauge_new("queries_total", "", .registry = registry));
}

static void auto_describe_asks_collect(void **state)
{
    double zone = 1;
    promc_registry *own = promc_registry_new(.auto_describe = true);
    (void)state;

    collected = 0;
    assert_int_equal(
        promc_registry_register(own, &(promc_collector){.collect = collect_two, .arg = &zone}),
        PROMC_OK);
    assert_int_equal(collected, 1);
    assert_null(promc_gauge_new("zone", "", .registry = own));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_DUPLICATE);
    promc_registry_free(own);
}

static int refuse(promc_writer *writer, void *arg)
{
    (void)writer;
    return *(int *)arg;
}

static void collisions_say_with_whom(void **state)
{
    static double zone = 1;
    promc_collector collector = {.collect = collect_two, .describe = describe_two, .arg = &zone};

    (void)state;
    promc_counter_new("req", "", .registry = registry);
    assert_null(promc_gauge_new("req_created", "", .registry = registry));
    assert_last_error(PROMC_ERROR_DUPLICATE, "req_created is taken by counter req;");
    promc_gauge_new("h_bucket", "", .registry = registry);
    assert_null(promc_histogram_new("h", "", .registry = registry));
    assert_last_error(PROMC_ERROR_DUPLICATE, "h_bucket is taken by gauge h_bucket;");
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_null(promc_gauge_new("zone", "", .registry = registry));
    assert_last_error(PROMC_ERROR_DUPLICATE, "zone is taken by the collector of queries;");
    assert_int_equal(promc_registry_set_target_info(registry, PROMC_PAIRS({"a", "b"})), PROMC_OK);
    assert_null(promc_info_new("target", "", .registry = registry));
    assert_last_error(PROMC_ERROR_DUPLICATE, "target_info is taken by the registry's target_info;");
}

static void failing_collectors_fail_the_scrape(void **state)
{
    int result = -5;
    promc_text text = {NULL, 7};
    double value;
    (void)state;

    promc_gauge_new("g", "", .registry = registry);
    assert_int_equal(promc_registry_register(
                         registry, &(promc_collector){.collect = refuse, .arg = &result}),
                     PROMC_OK);
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_ERROR_COLLECTOR);
    assert_null(text.data);
    assert_int_equal(text.size, 0);
    assert_int_equal(promc_registry_get_sample_value(registry, "nothing", NULL, &value),
                     PROMC_ERROR_COLLECTOR);
    assert_last_error(PROMC_ERROR_COLLECTOR, "a collector's collect function returned -5");
    result = 3;
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_ERROR_COLLECTOR);
    result = 0;
    assert_exposed(registry, "# HELP g \n# TYPE g gauge\ng 0.0\n");
    assert_int_equal(
        promc_registry_register(registry, &(promc_collector){.collect = refuse,
                                                             .describe = describe_two,
                                                             .arg = &result}),
        PROMC_OK);
    result = -6;
    assert_int_equal(promc_registry_unregister(
                         registry, &(promc_collector){.collect = refuse, .arg = &result}),
                     PROMC_OK);
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_ERROR_COLLECTOR);
    assert_last_error(PROMC_ERROR_COLLECTOR, "returned -6 (the collector of queries)");
}

static void failing_describes_are_not_registered(void **state)
{
    int result = 1;
    double zone = 1;
    promc_collector collector = {.collect = collect_two, .describe = refuse, .arg = &result};
    (void)state;

    assert_int_equal(promc_registry_register(registry, &collector), PROMC_ERROR_COLLECTOR);
    assert_exposed(registry, "");
    assert_true(promc_registry_register(registry, NULL) < 0);
    assert_true(promc_registry_register(registry, &(promc_collector){.arg = &zone}) < 0);
    assert_true(promc_registry_unregister_collector(registry, NULL) < 0);
}

static int writes_wrongly(promc_writer *writer, void *arg)
{
    (void)arg;
    promc_writer_double(writer, promc_writer_family(writer, PROMC_TYPE_GAUGE, "", ""), 1, NULL);
    return 0;
}

static void errors_of_a_collectors_writer_fail_the_scrape(void **state)
{
    promc_text text;
    (void)state;

    promc_registry_register(registry, &(promc_collector){.collect = writes_wrongly});
    assert_true(promc_generate_latest(registry, &text) < 0);
    assert_null(text.data);
}

/* ---- target_info ----------------------------------------------------------------------------- */

static void target_info_comes_first(void **state)
{
    (void)state;
    promc_gauge_new("g", "", .registry = registry);
    assert_int_equal(promc_registry_set_target_info(
                         registry, PROMC_PAIRS({"zone", "b"}, {"host", "a\"\n"})),
                     PROMC_OK);
    assert_exposed(registry, "# HELP target_info Target metadata\n# TYPE target_info gauge\n"
                             "target_info{host=\"a\\\"\\n\",zone=\"b\"} 1.0\n"
                             "# HELP g \n# TYPE g gauge\ng 0.0\n");
    assert_number(sample(registry, "target_info", PROMC_PAIRS({"zone", "b"}, {"host", "a\"\n"})),
                  1);
    assert_int_equal(promc_registry_set_target_info(registry, PROMC_PAIRS({"a", "c"})), PROMC_OK);
    assert_true(exposes(registry, "target_info{a=\"c\"} 1.0\n"));
    assert_int_equal(promc_registry_set_target_info(registry, PROMC_PAIRS({"a", "1"}, {"a", "2"})),
                     PROMC_ERROR_LABELS);
    assert_true(exposes(registry, "target_info{a=\"c\"} 1.0\n"));
    assert_null(define(G, registry, "target_info"));
    assert_null(define(I, registry, "target"));
    assert_int_equal(promc_registry_set_target_info(registry, NULL), PROMC_OK);
    assert_exposed(registry, "# HELP g \n# TYPE g gauge\ng 0.0\n");
    assert_non_null(define(I, registry, "target"));
    assert_int_equal(promc_registry_set_target_info(registry, PROMC_PAIRS({"a", "b"})),
                     PROMC_ERROR_DUPLICATE);
    assert_last_error(PROMC_ERROR_DUPLICATE, "already contains a target_info metric");
}

static void target_info_at_creation(void **state)
{
    promc_registry *own = promc_registry_new(.target_info = PROMC_PAIRS({"a", "b"}));
    (void)state;

    assert_true(exposes(own, "target_info{a=\"b\"} 1.0\n"));
    assert_int_equal(promc_registry_set_target_info(own, PROMC_PAIRS({NULL, NULL})), PROMC_OK);
    assert_exposed(own, "");
    promc_registry_free(own);
    assert_null(promc_registry_new(.target_info = PROMC_PAIRS({"a", "b"}, {"a", "c"})));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
}

/* ---- restricted views ------------------------------------------------------------------------ */

static void a_restricted_view_goes_by_sample_names(void **state)
{
    promc_histogram *h =
        promc_histogram_new("h", "H.", .registry = registry, .buckets = PROMC_BUCKETS(1));
    char name[] = "c_total";
    promc_registry *view = promc_registry_restricted(registry, PROMC_LABELS(name, "h_sum"));
    promc_registry *nothing = promc_registry_restricted(registry, PROMC_LABELS("c", "h"));
    (void)state;

    memset(name, 'x', 7);
    promc_counter_new("c", "C.", .registry = registry); /* also what is defined later */
    promc_gauge_new("g", "G.", .registry = registry);
    promc_histogram_observe(h, 4);
    assert_exposed(view, "# HELP h H.\n# TYPE h histogram\nh_sum 4.0\n"
                         "# HELP c_total C.\n# TYPE c_total counter\nc_total 0.0\n");
    assert_exposed(nothing, "");
    assert_number(sample(view, "h_sum", NULL), 4);
    assert_false(has_sample(view, "g", NULL));
    assert_null(promc_gauge_new("new", "", .registry = view));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_STATE);
    assert_int_equal(promc_registry_register(view, promc_platform_collector()), PROMC_ERROR_STATE);
    assert_int_equal(promc_registry_set_target_info(view, PROMC_PAIRS({"a", "b"})),
                     PROMC_ERROR_STATE);
    assert_int_equal(promc_registry_first_error(view, NULL), PROMC_ERROR_STATE);
    assert_int_equal(promc_registry_first_error(registry, NULL), PROMC_ERROR_STATE);
    promc_registry_clear_error(view);
    assert_int_equal(promc_registry_first_error(registry, NULL), PROMC_OK);
    promc_registry_free(view);
    promc_registry_free(nothing);
    assert_true(has_sample(registry, "g", NULL));
}

static void a_restricted_view_of_everything_else(void **state)
{
    double zone = 1;
    promc_registry *view = promc_registry_restricted(
        registry, PROMC_LABELS("zone", "target_info", "c_created", "gh_gcount"));
    (void)state;

    promc_registry_register(registry, &(promc_collector){.collect = collect_two,
                                                         .describe = describe_two,
                                                         .arg = &zone});
    promc_registry_set_target_info(registry, PROMC_PAIRS({"a", "b"}));
    promc_counter_new("c", "C.", .registry = registry);
    promc_gauge_histogram_new("gh", "GH.", .registry = registry);
    promc_enable_created_series();
    assert_true(exposes(view, "# HELP zone Z.\n# TYPE zone gauge\nzone 1.0\n"));
    assert_true(exposes(view, "target_info{a=\"b\"} 1.0\n"));
    assert_true(exposes(view, "\nc_created 123.456\n"));
    assert_true(exposes(view, "\ngh_gcount 0.0\n"));
    assert_false(exposes(view, "c_total 0"));
    assert_false(exposes(view, "gh_bucket"));
    assert_false(exposes(view, "queries"));
    promc_registry_free(view);
    assert_non_null(view = promc_registry_restricted(registry, (const char *const[]){NULL}));
    assert_exposed(view, "");
    promc_registry_free(view);
}

/* ---- single samples -------------------------------------------------------------------------- */

static void samples_of_every_type(void **state)
{
    promc_histogram *h =
        promc_histogram_new("h", "", .registry = registry, .buckets = PROMC_BUCKETS(1, 2));
    promc_gauge_histogram *gh =
        promc_gauge_histogram_new("gh", "", .registry = registry, .buckets = PROMC_BUCKETS(1));
    promc_summary *s = promc_summary_new("s", "", .registry = registry);
    promc_info *i = promc_info_new("i", "", .registry = registry);
    promc_enum *e = promc_enum_new("e", "", .registry = registry, .states = PROMC_STATES("x", "y"));
    promc_counter_family *c =
        promc_counter_family_new("c", "", PROMC_LABELS("a", "b"), .registry = registry);
    double value = 5;
    (void)state;

    promc_enable_created_series();
    promc_histogram_observe(h, 1.5);
    promc_gauge_histogram_observe(gh, 0.5);
    promc_summary_observe(s, 7);
    promc_info_set(i, PROMC_PAIRS({"k", "v"}));
    promc_enum_state(e, "y");
    promc_counter_add(promc_counter_labels(c, "1\n", "2"), 9);
    assert_number(sample(registry, "h_bucket", PROMC_PAIRS({"le", "1.0"})), 0);
    assert_number(sample(registry, "h_bucket", PROMC_PAIRS({"le", "2.0"})), 1);
    assert_number(sample(registry, "h_count", NULL), 1);
    assert_number(sample(registry, "h_sum", NULL), 1.5);
    assert_number(sample(registry, "h_created", NULL), 123.456);
    assert_number(sample(registry, "gh_bucket", PROMC_PAIRS({"le", "+Inf"})), 1);
    assert_number(sample(registry, "gh_gcount", NULL), 1);
    assert_number(sample(registry, "gh_gsum", NULL), 0.5);
    assert_number(sample(registry, "s_count", NULL), 1);
    assert_number(sample(registry, "s_sum", NULL), 7);
    assert_number(sample(registry, "s_created", NULL), 123.456);
    assert_number(sample(registry, "i_info", PROMC_PAIRS({"k", "v"})), 1);
    assert_number(sample(registry, "e", PROMC_PAIRS({"e", "y"})), 1);
    assert_number(sample(registry, "e", PROMC_PAIRS({"e", "x"})), 0);
    assert_number(sample(registry, "c_total", PROMC_PAIRS({"b", "2"}, {"a", "1\n"})), 9);
    assert_number(sample(registry, "c_created", PROMC_PAIRS({"a", "1\n"}, {"b", "2"})), 123.456);
    /* The labels must be all of them, and nothing else. */
    assert_false(has_sample(registry, "c_total", PROMC_PAIRS({"b", "2"})));
    assert_false(has_sample(registry, "c_total", NULL));
    assert_false(has_sample(registry, "c_total", PROMC_PAIRS({"a", "1"}, {"b", "2"})));
    assert_false(has_sample(registry, "c_total",
                            PROMC_PAIRS({"a", "1\n"}, {"b", "2"}, {"c", "3"})));
    assert_false(has_sample(registry, "c_total",
                            PROMC_PAIRS({"a", "1\n"}, {"a", "1\n"})));
    assert_false(has_sample(registry, "h", NULL));
    assert_false(has_sample(registry, "c", PROMC_PAIRS({"a", "1\n"}, {"b", "2"})));
    assert_false(has_sample(registry, "h_bucket", PROMC_PAIRS({"le", "1"})));
    assert_int_equal(promc_registry_get_sample_value(registry, "absent", NULL, &value),
                     PROMC_ERROR_NOT_FOUND);
    assert_number(value, 5);
    assert_true(promc_registry_get_sample_value(registry, NULL, NULL, &value) < 0);
}

/* ---- scrapes that are under way -------------------------------------------------------------- */

static void things_may_go_while_a_scrape_is_open(void **state)
{
    promc_registry *own = promc_registry_new();
    promc_gauge_family *f = promc_gauge_family_new("f", "", PROMC_LABELS("l"), .registry = own);
    promc_gauge *last = promc_gauge_new("last", "", .registry = own);
    promc__buffer out = PROMC__BUFFER(0);
    promc__scrape *scrape;
    int status;
    (void)state;

    for (int i = 0; i < 1000; i++) {
        char value[16];
        snprintf(value, sizeof(value), "%d", i);
        promc_gauge_set(promc_gauge_labels(f, value), i);
    }
    scrape = promc__scrape_open(own, PROMC_FORMAT_TEXT);
    assert_non_null(scrape);
    assert_int_equal(promc__scrape_read(scrape, &out, 100), 1);
    assert_true(out.size >= 100 && out.size < 2000);
    promc_gauge_family_remove(f, "0");
    promc_gauge_family_clear(f);
    promc_gauge_set(promc_gauge_labels(f, "new"), 1);
    promc_gauge_new("later", "", .registry = own);
    promc_gauge_free(last);
    while ((status = promc__scrape_read(scrape, &out, 100)) == 1)
        continue;
    assert_int_equal(status, 0);
    promc__buffer_char(&out, '\0');
    assert_non_null(strstr(out.data, "# TYPE f gauge\n"));
    promc__buffer_free(&out);
    promc__scrape_close(scrape);
    promc__scrape_close(NULL);
    assert_exposed(own, "# HELP f \n# TYPE f gauge\nf{l=\"new\"} 1.0\n"
                        "# HELP later \n# TYPE later gauge\nlater 0.0\n");
    promc_registry_free(own);
}

static void the_family_being_read_may_be_freed(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new("f", "", PROMC_LABELS("l"),
                                                   .registry = registry);
    promc__buffer out = PROMC__BUFFER(0);
    promc__scrape *scrape;
    (void)state;

    for (int i = 0; i < 1000; i++) {
        char value[16];
        snprintf(value, sizeof(value), "%d", i);
        promc_gauge_labels(f, value);
    }
    promc_gauge_new("last", "", .registry = registry);
    scrape = promc__scrape_open(registry, PROMC_FORMAT_TEXT);
    assert_int_equal(promc__scrape_read(scrape, &out, 50), 1);
    promc_gauge_family_free(f);
    while (promc__scrape_read(scrape, &out, 50) == 1)
        continue;
    promc__scrape_close(scrape);
    /* What was written is whole lines and ends with what is still there. */
    assert_true(out.size > 30);
    assert_memory_equal(out.data + out.size - 9, "last 0.0\n", 9);
    promc__buffer_free(&out);
}

/* ---- collectors and threads that leave early ------------------------------------------------- */

static int farewells;

static int say_farewell(promc_writer *writer, void *arg)
{
    promc_writer_double(writer, promc_writer_family(writer, PROMC_TYPE_GAUGE, "farewell", ""), 1,
                        NULL);
    farewells++;
    return promc_registry_unregister(
        arg, &(promc_collector){.collect = say_farewell, .arg = arg});
}

static void a_collector_may_take_itself_out(void **state)
{
    const promc_collector collector = {.collect = say_farewell, .arg = registry};
    double value = 0;
    (void)state;

    farewells = 0;
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_exposed(registry, "# HELP farewell \n# TYPE farewell gauge\nfarewell 1.0\n");
    assert_exposed(registry, "");
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_int_equal(promc_registry_get_sample_value(registry, "farewell", NULL, &value), PROMC_OK);
    assert_number(value, 1);
    assert_int_equal(promc_registry_unregister(registry, &collector), PROMC_ERROR_NOT_FOUND);
    assert_int_equal(farewells, 2);
}

static void *wait_while_cancelled(void *arg)
{
    unsigned char random[8];

    (void)pthread_cancel(pthread_self());
    promc__os.pause_ns(1000);
    (void)promc__os.random_bytes(random, sizeof(random));
    *(bool *)arg = true;
    pthread_testcancel();
    return NULL;
}

/* They are called with locks held. */
static void waiting_and_randomness_are_no_cancellation_points(void **state)
{
    pthread_t thread;
    void *result = NULL;
    bool came_through = false;
    (void)state;

    assert_int_equal(pthread_create(&thread, NULL, wait_while_cancelled, &came_through), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_true(came_through);
    assert_ptr_equal(result, PTHREAD_CANCELED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(reserved_suffixes_are_taken),
        T(other_suffixes_are_free),
        T(a_failed_definition_takes_no_names),
        T(a_freed_metric_gives_its_names_back),
        T(exact_names_reserve_what_they_expose),
        T(an_unregistered_metric_can_be_added_once),
        T(families_move_too),
        T(an_unregistered_metric_is_freed_by_its_owner),
        T(order_is_that_of_registration),
        T(many_metrics),
        T(null_means_the_default_registry),
        T(the_default_registry_has_collectors_and_can_be_emptied),
        T(a_collector_is_called_at_every_scrape),
        T(described_names_are_taken),
        T(auto_describe_asks_collect),
        T(collisions_say_with_whom),
        T(failing_collectors_fail_the_scrape),
        T(failing_describes_are_not_registered),
        T(errors_of_a_collectors_writer_fail_the_scrape),
        T(target_info_comes_first),
        T(target_info_at_creation),
        T(a_restricted_view_goes_by_sample_names),
        T(a_restricted_view_of_everything_else),
        T(samples_of_every_type),
        T(things_may_go_while_a_scrape_is_open),
        T(the_family_being_read_may_be_freed),
        T(a_collector_may_take_itself_out),
        T(waiting_and_randomness_are_no_cancellation_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
