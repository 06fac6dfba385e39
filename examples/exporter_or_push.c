/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program, two ways of life: as a service it is scraped; where nobody can reach it (behind a
 * firewall, in a short-lived container) it pushes regularly, and takes its group away at the end.
 * exporter_or_push [PORT | GATEWAY:PORT [SECONDS]]
 */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static promc_counter *work;

static void do_the_work(int seconds)
{
    while (seconds-- != 0) {
        promc_counter_inc(work);
        sleep(1);
    }
}

static int serve(int port, int seconds)
{
    promc_http_server *server = promc_start_http_server(port);

    if (!server)
        return 1;
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    do_the_work(seconds);
    promc_http_server_stop(server);
    return 0;
}

static int push(const char *gateway, int seconds)
{
    promc_instance_key key; /* one group for each machine */
    promc_pusher *pusher;

    if (promc_instance_ip_grouping_key(&key, gateway) != PROMC_OK)
        return 1;
    pusher = promc_pusher_start(gateway, "exporter_or_push", .grouping_key = key.labels,
                                .interval = 5, .delete_group = true);
    if (!pusher)
        return 1;
    do_the_work(seconds);
    return promc_pusher_stop(pusher) != PROMC_OK;
}

int main(int argc, char **argv)
{
    const char *where = argc > 1 ? argv[1] : "8000";
    int seconds = argc > 2 ? atoi(argv[2]) : -1; /* for ever */
    int failed;

    work = promc_counter_new("work", "Work done.");
    failed = strchr(where, ':') ? push(where, seconds) : serve(atoi(where), seconds);
    if (failed)
        fprintf(stderr, "exporter_or_push: %s\n", promc_last_error()->message);
    return failed;
}
