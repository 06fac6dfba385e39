/* SPDX-License-Identifier: Apache-2.0 */
/* The same metrics for people who have Graphite: sent every second as
 * "shop.orders_total;payment=card 3.0 <time>". graphite [ADDRESS [SECONDS]] */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Failures happen in the thread that sends; this is how they are heard of. */
static void complain(const promc_error *error, void *arg)
{
    (void)arg;
    fprintf(stderr, "graphite: %s\n", error->message);
}

int main(int argc, char **argv)
{
    promc_registry *registry = promc_registry_new();
    promc_counter_family *orders = promc_counter_family_new(
        "orders", "Orders taken.", PROMC_LABELS("payment"), .registry = registry);
    promc_pusher *pusher;
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */

    promc_set_error_handler(complain, NULL);
    promc_disable_created_series(); /* Graphite has no use for them */
    pusher = promc_graphite_start(argc > 1 ? argv[1] : "localhost:2003", .registry = registry,
                                  .prefix = "shop", .tags = true, .interval = 1);
    if (!pusher)
        return 1;
    while (left-- != 0) {
        promc_counter_inc(promc_counter_labels(orders, left % 3 ? "card" : "cash"));
        sleep(1);
    }
    left = promc_pusher_stop(pusher); /* sends what came last */
    promc_registry_free(registry);
    return left != PROMC_OK;
}
