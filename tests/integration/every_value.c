/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves every type of metric with every kind of value, name and label that should survive the way
 * into a Prometheus; two threads keep observing all the while. every_value [PORT]
 */
#define _POSIX_C_SOURCE 200809L
#include <promc/promc.h>

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static promc_histogram *loaded;
static promc_summary *loaded_summary;
static promc_counter *loaded_counter;

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* All ones: whenever it is looked at, sum and count must be the same. */
static void *load(void *arg)
{
    (void)arg;
    for (;; pause_ms(1))
        for (int i = 0; i < 2000; i++) {
            promc_histogram_observe(loaded, 1);
            promc_summary_observe(loaded_summary, 1);
            promc_counter_inc(loaded_counter);
        }
    return NULL;
}

static void define_values(void)
{
    promc_gauge_family *value = promc_gauge_family_new("v_value", "Values.", PROMC_LABELS("of"));

    promc_gauge_set(promc_gauge_labels(value, "nan"), (double)NAN);
    promc_gauge_set(promc_gauge_labels(value, "inf"), (double)INFINITY);
    promc_gauge_set(promc_gauge_labels(value, "-inf"), (double)-INFINITY);
    promc_gauge_set(promc_gauge_labels(value, "-0"), -0.0);
    promc_gauge_set(promc_gauge_labels(value, "max"), DBL_MAX);
    promc_gauge_set(promc_gauge_labels(value, "min"), 5e-324);
    promc_gauge_set(promc_gauge_labels(value, "0.1"), 0.1);
    promc_gauge_set(promc_gauge_labels(value, "1e22"), 1e22);
    promc_gauge_set(promc_gauge_labels(value, "-1234567"), -1234567);
    promc_gauge_set(promc_gauge_labels(value, "2^53"), 9007199254740992.0);
}

static void define_labels(void)
{
    promc_gauge_family *label = promc_gauge_family_new("v_label", "Labels.", PROMC_LABELS("is"));

    promc_gauge_set(promc_gauge_labels(label, "磁盘满 😱"), 1);
    promc_gauge_set(promc_gauge_labels(label, "a\\b\"c\nd"), 2);
    promc_gauge_set(promc_gauge_labels(label, ""), 3);
    promc_gauge_set(promc_gauge_labels(label, "}, # HELP x{y=\""), 4);
    promc_gauge_set(promc_gauge_labels(label, "\xff cut \xe7\xa3"), 5);
    promc_gauge_set(promc_gauge_new("v.dotted.name", "A name of the new kind."), 6);
    promc_gauge_set(promc_gauge_new("v_help", "Back\\slash, \"quotes\" and\nnew line."), 7);
    promc_gauge_set(promc_gauge_new("v_no_help", ""), 8);
    promc_gauge_set(promc_gauge_new("v_const", "Constant labels.",
                                    .const_labels = PROMC_PAIRS({"zone", "b"}, {"app", "a"})),
                    9);
}

/* What underscores would make equal. */
static void define_alike(void)
{
    promc_gauge_family *alike = promc_gauge_family_new("v_alike", "Two of the new kind.",
                                                       PROMC_LABELS("甲", "乙"));
    promc_gauge_family *dots = promc_gauge_family_new("v_dots", "One of each kind.",
                                                      PROMC_LABELS("disk.name", "disk_name"));

    promc_gauge_set(promc_gauge_labels(alike, "1", "2"), 9);
    promc_gauge_set(promc_gauge_labels(dots, "1", "2"), 10);
    promc_gauge_set(promc_gauge_new("温度", "A name that looks like the next one."), 11);
    promc_gauge_set(promc_gauge_new("湿度", "A name that looks like the last one."), 12);
    promc_counter_add(promc_counter_new("v.load", "A name that looks like v_load."), 13);
    promc_counter_add(promc_counter_new("v_load", "A name that looks like v.load."), 14);
}

static void define_many(void)
{
    promc_counter_family *many =
        promc_counter_family_new("v_many", "Many series.", PROMC_LABELS("a", "b"));
    char a[16], b[16];

    for (int i = 0; i < 1000; i++) {
        (void)snprintf(a, sizeof(a), "%d", i);
        (void)snprintf(b, sizeof(b), "%d", i % 7);
        promc_counter_add(promc_counter_labels(many, a, b), i);
    }
    promc_counter_add_exemplar(promc_counter_new("v_traced", "With an exemplar."), 2.5,
                               PROMC_PAIRS({"trace_id", "磁盘"}));
    promc_gauge_family_new("v_childless", "No series at all.", PROMC_LABELS("x"));
}

static void define_windows(void)
{
    promc_summary_family *window =
        promc_summary_family_new("v_window", "Quantiles of a window.", PROMC_LABELS("of"),
                                 .quantiles = PROMC_QUANTILES(0, 0.5, 0.99, 1));
    promc_summary *numbers = promc_summary_labels(window, "1 to 1000");

    for (int i = 1; i <= 1000; i++)
        promc_summary_observe(numbers, i);
    (void)promc_summary_labels(window, "nothing");
}

static void define_units(void)
{
    promc_histogram *h = promc_histogram_new("v_wait", "With a unit.", .unit = "seconds",
                                             .buckets = PROMC_BUCKETS(1, 2, 4));

    for (int i = 1; i <= 4; i++)
        promc_histogram_observe_exemplar(h, i, PROMC_PAIRS({"trace_id", "wait"}));
    promc_counter_add(promc_counter_new("v_sent", "With a unit.", .unit = "bytes"), 7);
}

/* What only the writer has. */
static int collect(promc_writer *writer, void *arg)
{
    static const double bounds[] = {-1, 0, 2.5}, quantiles[] = {0.5, 0.99}, values[] = {1.5, 9.25};
    static const uint64_t counts[] = {1, 2, 3, 4};
    static const bool active[] = {true, false, true};
    promc_family *family;

    (void)arg;
    family = promc_writer_family(writer, PROMC_TYPE_COUNTER, "v_written", "A counter.");
    (void)promc_writer_u64(writer, family, UINT64_MAX, NULL);
    family = promc_writer_family(writer, PROMC_TYPE_UNKNOWN, "v_unknown", "Of no known type.");
    (void)promc_writer_i64(writer, family, INT64_MIN, NULL);
    family = promc_writer_family(writer, PROMC_TYPE_SUMMARY, "v_quantiles", "Quantiles.");
    (void)promc_writer_summary(writer, family,
                               &(promc_summary_value){.size = sizeof(promc_summary_value),
                                                      .count = 12,
                                                      .sum = 34.5,
                                                      .quantiles = quantiles,
                                                      .values = values,
                                                      .quantile_count = 2},
                               NULL);
    family = promc_writer_family(writer, PROMC_TYPE_GAUGE_HISTOGRAM, "v_now", "A gauge histogram.");
    (void)promc_writer_histogram(writer, family,
                                 &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                                          .bounds = bounds,
                                                          .counts = counts,
                                                          .count = 3,
                                                          .sum = 5.5},
                                 PROMC_PAIRS({"q", "in"}));
    family = promc_writer_family(writer, PROMC_TYPE_STATESET, "v_flags", "Flags.");
    (void)promc_writer_stateset(writer, family, PROMC_STATES("a", "b", "c"), active, NULL);
    family = promc_writer_family(writer, PROMC_TYPE_INFO, "v_about", "Text.");
    (void)promc_writer_info(writer, family, PROMC_PAIRS({"k", "v"}), PROMC_PAIRS({"of", "x"}));
    family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "v_stamped", "With a time of its own.");
    promc_writer_set_timestamp(writer, (double)time(NULL) - 2);
    (void)promc_writer_double(writer, family, 1, NULL);
    promc_writer_set_timestamp(writer, 0);
    return 0;
}

int main(int argc, char **argv)
{
    promc_http_server *server;
    pthread_t thread;

    loaded = promc_histogram_new("v_loaded", "Ones.", .buckets = PROMC_BUCKETS(0.5, 1, 2));
    loaded_summary = promc_summary_new("v_ones", "Ones.");
    loaded_counter = promc_counter_new("v_loads", "Ones.");
    define_values();
    define_labels();
    define_alike();
    define_many();
    define_windows();
    define_units();
    if (promc_registry_register(NULL, &(promc_collector){.collect = collect}) != PROMC_OK ||
        !(server = promc_start_http_server(argc > 1 ? atoi(argv[1]) : 0))) {
        fprintf(stderr, "every_value: %s\n", promc_last_error()->message);
        return 1;
    }
    for (int i = 0; i < 2; i++)
        if (pthread_create(&thread, NULL, load, NULL) != 0)
            return 1;
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    for (;;)
        pause_ms(1000);
}
