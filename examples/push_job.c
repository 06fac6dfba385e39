/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A nightly job is over before anybody could scrape it: it pushes to a Pushgateway when it is done.
 * The time of the last success survives a job that fails, since pushadd leaves metrics alone that
 * it does not mention. push_job [GATEWAY]
 */
#include <promc/promc.h>
#include <stdio.h>

static int backup(void)
{
    return 0; /* the work */
}

int main(int argc, char **argv)
{
    const char *gateway = argc > 1 ? argv[1] : "localhost:9091";
    /* A registry of its own: figures of this process mean nothing once it is over. */
    promc_registry *registry = promc_registry_new();
    promc_gauge *took =
        promc_gauge_new("backup_duration_seconds", "How long it took.", .registry = registry);
    promc_gauge *failed =
        promc_gauge_new("backup_failed", "Whether the last one failed.", .registry = registry);
    promc_timer timer = promc_timer_start(took);
    promc_error error;
    int status;

    promc_gauge_set(failed, backup() != 0);
    promc_timer_observe(&timer);
    if (promc_gauge_value(failed) == 0)
        promc_gauge_set_to_current_time(promc_gauge_new("backup_last_success_timestamp_seconds",
                                                        "When it last succeeded.",
                                                        .registry = registry));

    status = promc_registry_first_error(registry, &error);
    if (status == PROMC_OK) {
        status = promc_pushadd_to_gateway(gateway, "nightly_backup", .registry = registry,
                                          .grouping_key = PROMC_PAIRS({"instance", "db1"}),
                                          .timeout = 10);
        error = *promc_last_error();
    }
    if (status != PROMC_OK)
        fprintf(stderr, "push_job: %s\n", error.message);
    promc_registry_free(registry);
    return status != PROMC_OK;
}
