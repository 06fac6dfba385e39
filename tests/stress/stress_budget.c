/* SPDX-License-Identifier: Apache-2.0 */
/* Past the limit of private memory, updates go to shared cells: nothing else changes. */
#include "stress/updates.h"

int main(int argc, char **argv)
{
    static const size_t limits[] = {0, 600, 1500, 10000};
    double seconds = stress_seconds(argc, argv) / promc__count_of(limits);

    for (size_t i = 0; i < promc__count_of(limits); i++) {
        promc_set_private_memory_limit(limits[i]);
        run_updates(seconds, 3, 2);
    }
    return 0;
}
