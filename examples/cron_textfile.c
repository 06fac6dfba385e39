/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put it before any command of a crontab, and node_exporter's textfile collector knows how that
 * went:   0 3 * * *  cron_textfile /var/lib/node_exporter/backup backup.sh --all
 * Success has a file of its own, which a failed run leaves as it is. cron_textfile BASE COMMAND...
 */
#define _POSIX_C_SOURCE 200809L
#include <promc/promc.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **command)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int write_file(const char *base, const char *what, promc_registry *registry)
{
    char path[1024];
    promc_error error;

    snprintf(path, sizeof(path), "%s%s.prom", base, what);
    if (promc_registry_first_error(registry, &error) == PROMC_OK) {
        if (promc_write_to_textfile(path, registry) == PROMC_OK)
            return 0;
        error = *promc_last_error();
    }
    fprintf(stderr, "cron_textfile: %s\n", error.message);
    return 1;
}

int main(int argc, char **argv)
{
    promc_registry *each = promc_registry_new(), *success = promc_registry_new();
    promc_gauge_family *code, *took, *last;
    promc_timer timer;
    int result, failed;

    if (argc < 3) {
        fprintf(stderr, "usage: cron_textfile BASE COMMAND...\n");
        return 2;
    }
    code = promc_gauge_family_new("cron_exit_status", "Of the last run.", PROMC_LABELS("job"),
                                  .registry = each);
    took = promc_gauge_family_new("cron_duration_seconds", "Of the last run.", PROMC_LABELS("job"),
                                  .registry = each);
    last = promc_gauge_family_new("cron_last_success_timestamp_seconds", "When it last succeeded.",
                                  PROMC_LABELS("job"), .registry = success);
    timer = promc_timer_start(promc_gauge_labels(took, argv[2]));
    result = run(argv + 2);
    promc_timer_observe(&timer);
    promc_gauge_set(promc_gauge_labels(code, argv[2]), result);
    promc_gauge_set_to_current_time(promc_gauge_labels(last, argv[2]));
    failed = write_file(argv[1], "", each);
    if (result == 0)
        failed |= write_file(argv[1], "_success", success);
    promc_registry_free(each);
    promc_registry_free(success);
    return result ? result : failed; /* cron wants to know how the command went */
}
