/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that nobody can scrape writes its metrics to a Prometheus-compatible store instead:
 * Prometheus itself (--web.enable-remote-write-receiver), Mimir, Thanos, VictoriaMetrics.
 * remote_write [URL [SECONDS]]
 */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "http://localhost:9090/api/v1/write";
    promc_registry *registry = promc_registry_new();
    promc_counter *steps = promc_counter_new("remote_steps", "Steps done.", .registry = registry);
    promc_histogram *size =
        promc_histogram_new("remote_step_bytes", "Size of steps.", .registry = registry,
                            .buckets = PROMC_BUCKETS(10, 100));
    promc_pusher *writer =
        promc_remote_write_start(url, .registry = registry, .interval = 1,
                                 .labels = PROMC_PAIRS({"job", "remote"}, {"instance", "小明"}));
    int status;

    if (!writer) {
        fprintf(stderr, "remote_write: %s\n", promc_last_error()->message);
        return 2;
    }
    for (int left = argc > 2 ? atoi(argv[2]) : 3; left > 0; left--) {
        promc_counter_inc(steps);
        promc_histogram_observe(size, 12.5 * left);
        sleep(1);
    }
    status = promc_pusher_stop(writer); /* writes once more */
    if (status != PROMC_OK)
        fprintf(stderr, "remote_write: %s\n", promc_last_error()->message);
    else
        printf("written to %s\n", url);
    promc_registry_free(registry);
    return status != PROMC_OK;
}
