/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A daemon: metrics are defined and counted as early as one likes and live on in the child, with
 * their values; a thread does not, so the server is started behind the last fork().
 * daemonise [PORT [SECONDS]]
 */
#include <fcntl.h>
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Into the background: the parent returns to the shell, the child goes on without a terminal. */
static int go_into_background(void)
{
    switch (fork()) {
    case -1:
        perror("daemonise");
        return -1;
    case 0:
        return setsid() < 0 ? -1 : 0;
    default:
        _exit(0);
    }
}

int main(int argc, char **argv)
{
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */
    promc_counter *settings = promc_counter_new("daemon_settings_read", "Settings read.");
    promc_counter *seconds = promc_counter_new("daemon_seconds", "Seconds in the background.");
    promc_http_server *server;
    int nowhere;

    promc_counter_add(settings, 42); /* by the parent, and still there in the child */
    if (go_into_background() < 0)
        return 1;
    server = promc_start_http_server(argc > 1 ? atoi(argv[1]) : 8000);
    if (!server) {
        fprintf(stderr, "daemonise: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("process %ld\nlistening on http://127.0.0.1:%d/metrics\n", (long)getpid(),
           promc_http_server_port(server));
    fflush(stdout);

    nowhere = open("/dev/null", O_RDWR); /* only now, so that errors could be seen */
    for (int fd = 0; fd <= 2 && nowhere >= 0; fd++)
        dup2(nowhere, fd);
    while (left-- != 0) {
        promc_counter_inc(seconds);
        sleep(1);
    }
    promc_http_server_stop(server);
    return 0;
}
