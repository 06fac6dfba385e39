/* SPDX-License-Identifier: Apache-2.0 */
/* Updates and scrapes at full speed, with few threads and with far more than processors. */
#include "stress/updates.h"

int main(int argc, char **argv)
{
    double seconds = stress_seconds(argc, argv);

    run_updates(seconds / 4, 1, 1);
    run_updates(seconds / 4, 2, 1);
    run_updates(seconds / 4, 3, 3);
    run_updates(seconds / 4, 40, 2);
    return 0;
}
