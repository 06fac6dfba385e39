/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest exporter: how much of the library is linked? */
#include <promc/promc.h>

int main(void)
{
    promc_registry *registry = promc_registry_new();
    promc_counter *counter = promc_counter_new("events", "Events.", .registry = registry);
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);

    promc_counter_inc(counter);
    promc_http_server_stop(server);
    promc_registry_free(registry);
    return server ? 0 : 1;
}
