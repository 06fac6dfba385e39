/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A nightly job is over before anybody could scrape it. It leaves its metrics in a file for
 * node_exporter's textfile collector, which reads every *.prom file of a folder.
 * textfile [FILE]
 */
#include <promc/promc.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "backup.prom";
    /* A registry of its own: the default one would add the figures of this process, which no
     * longer mean anything when they are read. */
    promc_registry *registry = promc_registry_new();
    promc_gauge *finished =
        promc_gauge_new("backup_last_success_timestamp_seconds", "When the backup last succeeded.",
                        .registry = registry);
    promc_gauge *took =
        promc_gauge_new("backup_duration_seconds", "How long it took.", .registry = registry);
    promc_gauge_family *files = promc_gauge_family_new("backup_files", "Files in the backup.",
                                                       PROMC_LABELS("disk"), .registry = registry);
    promc_error error;
    int status;

    promc_timer timer = promc_timer_start(took);
    promc_gauge_set(promc_gauge_labels(files, "sda"), 1234); /* the backup */
    promc_timer_observe(&timer);
    promc_gauge_set_to_current_time(finished);

    status = promc_registry_first_error(registry, &error);
    if (status == PROMC_OK) {
        status = promc_write_to_textfile(path, registry);
        error = *promc_last_error();
    }
    if (status != PROMC_OK)
        fprintf(stderr, "textfile: %s\n", error.message);
    promc_registry_free(registry); /* and the metrics with it */
    return status != PROMC_OK;
}
