/* SPDX-License-Identifier: Apache-2.0 */
/* Defines a hundred metrics and ends. */
#include <promc/promc.h>

#include <stdio.h>

int main(void)
{
    for (int i = 0; i < 100; i++) {
        char name[32];

        snprintf(name, sizeof(name), "metric_%d", i);
        if (!promc_counter_new(name, "One of a hundred."))
            return 1;
    }
    return 0;
}
