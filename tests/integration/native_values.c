/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves native histograms of all kinds; two threads keep observing one of them, in ever more
 * buckets. native_values [PORT]; with a URL, writes all but that one there, and ends.
 */
#define _POSIX_C_SOURCE 200809L
#include <promc/promc.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static promc_histogram *loaded;

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Pairs of 2^n and 2 - 2^n: whenever it is looked at, the sum is between count and count less what
 * two threads have begun. */
static void *load(void *arg)
{
    (void)arg;
    for (int round = 0;; round++, pause_ms(1))
        for (int i = 0; i < 1000; i++) {
            double value = ldexp(1, round / 100 % 30 - 10);

            promc_histogram_observe(loaded, value);
            promc_histogram_observe(loaded, 2 - value);
        }
    return NULL;
}

static void define(void)
{
    promc_gauge_histogram *there;
    promc_histogram *h = promc_histogram_new("n_hundredths", "0.01 to 10.", .native_factor = 1.1);

    for (int i = 1; i <= 1000; i++)
        promc_histogram_observe(h, i / 100.0);
    h = promc_histogram_new("n_signs", "Both signs and zero.", .native_schema = PROMC_SCHEMA(0));
    for (int i = -4; i <= 4; i++)
        promc_histogram_observe(h, i);
    h = promc_histogram_new("n_both", "With classic buckets.", .native_factor = 2,
                            .buckets = PROMC_BUCKETS(1, 10));
    for (int i = 1; i <= 20; i++)
        promc_histogram_observe(h, i);
    promc_histogram_new("n_empty", "Nothing.", .native_factor = 2, .native_zero_threshold = -1);
    h = promc_histogram_new("n_odd", "Not numbers.", .native_factor = 2);
    promc_histogram_observe(h, 1);
    promc_histogram_observe(h, (double)NAN);
    promc_histogram_observe(h, (double)INFINITY);
    promc_histogram_observe(h, (double)-INFINITY);
    h = promc_histogram_new("n_coarse", "Few buckets.", .native_schema = PROMC_SCHEMA(8),
                            .native_max_buckets = 8);
    for (int i = 1; i <= 1000; i++)
        promc_histogram_observe(h, i);
    h = promc_histogram_new("n_traced", "With exemplars.", .native_factor = 1.1);
    promc_histogram_observe_exemplar(h, 1.5, PROMC_PAIRS({"trace_id", "one"}));
    promc_histogram_observe_exemplar(h, 150, PROMC_PAIRS({"trace_id", "two"}));
    there = promc_gauge_histogram_new("n_there", "What is there.",
                                      .native_schema = PROMC_SCHEMA(0));
    for (int i = 1; i <= 20; i++)
        promc_gauge_histogram_observe(there, i);
    for (int i = 3; i <= 18; i++)
        promc_gauge_histogram_forget(there, i);
    there = promc_gauge_histogram_new("n_left", "More left than came.", .native_factor = 2,
                                      .buckets = PROMC_BUCKETS(2, 10));
    promc_gauge_histogram_observe(there, 5);
    promc_gauge_histogram_forget(there, 1.5);
    for (int schema = -4; schema <= 8; schema++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "n_schema_%d", schema + 4);
        h = promc_histogram_new(name, "Of one resolution.",
                                .native_schema = PROMC_SCHEMA(schema));
        for (int i = 0; i < 10; i++)
            promc_histogram_observe(h, 3);
    }
}

/* With labels that underscores would make equal. */
static int write_to(const char *url)
{
    promc_gauge_family *alike =
        promc_gauge_family_new("n_alike", "Labels that look alike.", PROMC_LABELS("a.b", "a_b"));

    promc_gauge_set(promc_gauge_labels(alike, "1", "2"), 3);
    define();
    if (promc_remote_write(url, .native_histograms = true) == PROMC_OK)
        return 0;
    fprintf(stderr, "native_values: %s\n", promc_last_error()->message);
    return 1;
}

int main(int argc, char **argv)
{
    promc_http_server *server;
    pthread_t thread;

    if (argc > 1 && strncmp(argv[1], "http", 4) == 0)
        return write_to(argv[1]);

    loaded = promc_histogram_new("n_loaded", "Ones on average.", .native_schema = PROMC_SCHEMA(5));
    define();
    server = promc_start_http_server(argc > 1 ? atoi(argv[1]) : 0);
    if (!server) {
        fprintf(stderr, "native_values: %s\n", promc_last_error()->message);
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
