/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest use of the library: how much of it is linked? */
#include <promc/promc.h>

int main(void)
{
    promc_registry *registry = promc_registry_new();
    promc_counter *counter = promc_counter_new("events", "Events.", .registry = registry);
    promc_text text;

    promc_counter_inc(counter);
    if (promc_generate_latest(registry, &text) != PROMC_OK)
        return 1;
    promc_text_free(&text);
    promc_registry_free(registry);
    return 0;
}
