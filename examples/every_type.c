/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seven types of metrics, and what each is for.
 * every_type [PORT [SECONDS]]
 */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static double read_sensor(void *arg)
{
    const double *celsius = arg;

    return *celsius;
}

int main(int argc, char **argv)
{
    static double celsius = 21.5;
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */

    /* A counter only goes up. It is exposed as orders_total. */
    promc_counter *orders = promc_counter_new("orders", "Orders taken.");
    promc_counter_inc(orders);
    promc_counter_add(orders, 2.5);

    /* A gauge goes up and down, or is asked for at each scrape. */
    promc_gauge *tables = promc_gauge_new("tables_taken", "Tables with guests.");
    promc_gauge_set(tables, 10);
    promc_gauge_dec(tables);
    promc_gauge *room = promc_gauge_new("room", "Temperature.", .unit = "celsius");
    promc_gauge_set_function(room, read_sensor, &celsius);

    /* A summary keeps number and sum, a histogram also the distribution over buckets. */
    promc_summary *bill = promc_summary_new("bill_euros", "What guests paid.");
    promc_summary_observe(bill, 20);
    promc_summary_observe(bill, 22);
    promc_histogram *wait = promc_histogram_new("wait_seconds", "Time until the meal was served.",
                                                .buckets = PROMC_BUCKETS(60, 300, 900));
    promc_histogram_observe(wait, 240);
    promc_histogram_observe(wait, 1000);

    /* A gauge histogram is the distribution of what is there now. */
    promc_gauge_histogram *queue = promc_gauge_histogram_new(
        "party_size", "Guests in the queue, by size of party.", .buckets = PROMC_BUCKETS(2, 4));
    promc_gauge_histogram_observe(queue, 2);
    promc_gauge_histogram_observe(queue, 6);
    promc_gauge_histogram_forget(queue, 2); /* they got their table */

    /* Info is text; an enum is in one of its states. */
    promc_info *menu = promc_info_new("menu", "The menu of the day.");
    promc_info_set(menu, PROMC_PAIRS({"cook", "Ada"}, {"soup", "minestrone"}));
    promc_enum *door =
        promc_enum_new("door", "The door.", .states = PROMC_STATES("closed", "open"));
    promc_enum_state(door, "open");

    promc_http_server *server = promc_start_http_server(argc > 1 ? atoi(argv[1]) : 8000);
    if (!server) { /* also if one of the definitions above failed: check once, here */
        fprintf(stderr, "every_type: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    while (left-- != 0)
        sleep(1);
    promc_http_server_stop(server);
    return 0;
}
