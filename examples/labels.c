/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels: a family has one child for every set of values, and a child is what is updated.
 * labels [PORT [SECONDS]]
 */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */

    promc_counter_family *requests = promc_counter_family_new(
        "http_requests", "Requests served.", PROMC_LABELS("method", "code"), .namespace = "shop",
        .max_children = 1000);
    promc_gauge_family *sessions =
        promc_gauge_family_new("sessions", "Open sessions.", PROMC_LABELS("user", "device"),
                               .const_labels = PROMC_PAIRS({"region", "north"}));

    /* The first lookup makes the child, from zero. Values go by position... */
    promc_counter_inc(promc_counter_labels(requests, "GET", "404"));
    /* ...or by name, in any order. */
    promc_counter_inc(promc_counter_labels_by_name(requests, {"code", "404"}, {"method", "GET"}));

    /* Keep the handle where speed matters: what remains is a few nanoseconds. */
    promc_counter *served = promc_counter_labels(requests, "GET", "200");
    for (int i = 0; i < 1000; i++)
        promc_counter_inc(served);

    /* Any text can be a value: escaping it is the library's job, and .max_children above keeps
     * texts that strangers choose from filling the memory. */
    promc_counter_inc(promc_counter_labels(requests, "BREW \"\\\n", "418"));

    /* A series ends when what it describes is gone. */
    promc_gauge_set(promc_gauge_labels(sessions, "alice", "phone"), 1);
    promc_gauge_set(promc_gauge_labels(sessions, "alice", "tablet"), 2);
    promc_gauge_set(promc_gauge_labels(sessions, "bob", "phone"), 3);
    promc_gauge_set(promc_gauge_labels(sessions, "carol", "phone"), 4);
    promc_gauge_family_remove(sessions, "bob", "phone");
    int removed = promc_gauge_family_remove_matching(sessions, {"user", "alice"});
    printf("removed %d series of alice\n", removed);

    promc_http_server *server = promc_start_http_server(argc > 1 ? atoi(argv[1]) : 8000);
    if (!server) {
        fprintf(stderr, "labels: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    while (left-- != 0)
        sleep(1);
    promc_http_server_stop(server);
    return 0;
}
