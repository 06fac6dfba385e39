/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics for this machine only: a unix socket has no port, and the permissions of its folder say
 * who may connect. Try it with: curl --unix-socket metrics.sock http://localhost/metrics
 * unix_socket [PATH [SECONDS]]
 */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "metrics.sock";
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */
    promc_gauge *up = promc_gauge_new("service_up", "Whether the service is working.");
    promc_http_server *server = promc_start_http_server(.unix_path = path);

    if (!server) {
        fprintf(stderr, "unix_socket: %s\n", promc_last_error()->message);
        return 1;
    }
    promc_gauge_set(up, 1);
    printf("listening on %s\n", path);
    fflush(stdout);
    while (left-- != 0)
        sleep(1);
    promc_http_server_stop(server); /* the socket goes with it */
    return 0;
}
