/* SPDX-License-Identifier: Apache-2.0 */
/* The shortest exporter there is: one counter, served on http://127.0.0.1:8000/metrics. */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    promc_counter *seconds = promc_counter_new("hello_seconds", "Seconds since the start.");
    promc_http_server *server = promc_start_http_server(argc > 1 ? atoi(argv[1]) : 8000);

    if (!server) {
        fprintf(stderr, "hello: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    for (;; sleep(1))
        promc_counter_inc(seconds);
}
