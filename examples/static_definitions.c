/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics defined at file scope, next to the code they watch, with no code to set them up; and the
 * three things most code wants to know: how long, how many at once, how many failed.
 * static_definitions [PORT [SECONDS]]
 */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

PROMC_COUNTER(errors, "worker_errors", "Failed jobs.");
PROMC_GAUGE(busy, "jobs_in_progress", "Jobs running now.");
PROMC_SUMMARY(query_seconds, "query_seconds", "Time spent on a query.");
PROMC_HISTOGRAM_FAMILY(latency, "job_seconds", "Time spent on a job.", PROMC_LABELS("kind"));

static int run_query(const char *kind)
{
    PROMC_TIME(query_seconds)
    { /* one block: it may be left by return, too */
        if (strcmp(kind, "unknown") == 0)
            return -1;
    }
    return 0;
}

static int run_job(const char *kind)
{
    PROMC_TIME_SCOPE(promc_histogram_labels(latency, kind)); /* the whole function, every way out */
    PROMC_TRACK_INPROGRESS(busy);

    return promc_count_failure(errors, run_query(kind)); /* counts when the result is negative */
}

/* The same without the compiler's cleanup attribute. */
static void run_job_by_hand(void)
{
    promc_timer timer = promc_timer_start(promc_histogram_labels(latency, "by hand"));

    (void)promc_timer_observe(&timer);
}

int main(int argc, char **argv)
{
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */
    promc_http_server *server = promc_start_http_server(argc > 1 ? atoi(argv[1]) : 8000);

    if (!server) {
        fprintf(stderr, "static_definitions: %s\n", promc_last_error()->message);
        return 1;
    }
    run_job("import");
    run_job("export");
    run_job("unknown");
    run_job_by_hand();
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    while (left-- != 0)
        sleep(1);
    promc_http_server_stop(server);
    return 0;
}
