/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small web shop that serves nobody: something to look at, where every type of metric moves.
 * demo [PORT [SECONDS]], or PORT in the environment; or `make demo`
 */
#define _POSIX_C_SOURCE 200809L
#include <promc/promc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

PROMC_COUNTER_FAMILY(requests, "shop_requests", "Requests served.", PROMC_LABELS("method", "code"));
PROMC_HISTOGRAM_FAMILY(latency, "shop_request_seconds", "Time to answer a request.",
                       PROMC_LABELS("method"),
                       .buckets = PROMC_BUCKETS(.001, .002, .005, .01, .02, .05, .1));
PROMC_SUMMARY(sizes, "shop_response_bytes", "Size of responses.");
PROMC_GAUGE(in_progress, "shop_requests_in_progress", "Requests being answered now.");
PROMC_GAUGE_HISTOGRAM(queue, "shop_queue_items", "Waiting orders, by number of items.",
                      .buckets = PROMC_BUCKETS(1, 2, 5, 10));
PROMC_COUNTER(failures, "shop_failures", "Requests that failed.");
PROMC_ENUM(state, "shop_state", "What the shop is doing.",
           .states = PROMC_STATES("starting", "open", "overloaded"));
PROMC_INFO(build, "shop_build", "What is running.");

/* Numbers that look random; each worker has its own. */
static unsigned draw(unsigned *seed, unsigned below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static int answer(const char *method, unsigned *seed)
{
    PROMC_TIME_SCOPE(promc_histogram_labels(latency, method));
    PROMC_TRACK_INPROGRESS(in_progress);

    nanosleep(&(struct timespec){.tv_nsec = 500000 + (long)(draw(seed, 40) * draw(seed, 1000000))}, NULL);
    return draw(seed, 50) ? 0 : -1;
}

static void *work(void *arg)
{
    unsigned *seed = arg, waiting[8] = {0};

    for (;;) {
        const char *method = draw(seed, 5) ? "GET" : "POST";
        int failed = promc_count_failure(failures, answer(method, seed));
        const char *code = failed ? "500" : draw(seed, 20) ? "200" : "404";
        unsigned *order = &waiting[draw(seed, 8)];

        promc_counter_inc(promc_counter_labels(requests, method, code));
        promc_summary_observe(sizes, 200 + draw(seed, 20000));
        if (*order) /* done: it leaves the queue, and another may take its place */
            promc_gauge_histogram_forget(queue, *order);
        *order = draw(seed, 3) ? 1 + draw(seed, 12) : 0;
        if (*order)
            promc_gauge_histogram_observe(queue, *order);
        promc_enum_state(state, promc_gauge_value(in_progress) > 3 ? "overloaded" : "open");
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *port = argc > 1 ? argv[1] : getenv("PORT");
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */
    promc_http_server *server = promc_start_http_server(port ? atoi(port) : 8000);
    static unsigned seeds[] = {1, 2, 3, 4};

    if (!server) {
        fprintf(stderr, "demo: %s\n", promc_last_error()->message);
        return 1;
    }
    promc_info_set(build, PROMC_PAIRS({"version", promc_version()}, {"revision", "花火"}));
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, work, &seeds[i]) == 0)
            pthread_detach(thread);
    }
    while (left-- != 0)
        sleep(1);
    promc_http_server_stop(server);
    return 0;
}
