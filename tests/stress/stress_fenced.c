/* SPDX-License-Identifier: Apache-2.0 */
/* A system without a process-wide barrier: writers fence for themselves. */
#include "base/os.h"
#include "stress/updates.h"

static atomic_int barriers;

static bool no_barrier(void)
{
    atomic_fetch_add(&barriers, 1);
    return false;
}

int main(int argc, char **argv)
{
    double seconds = stress_seconds(argc, argv) / 2;

    promc__os.process_barrier = no_barrier;
    run_updates(seconds, 2, 2);
    run_updates(seconds, 20, 2);
    CHECK(atomic_load(&barriers) == 1, "asked %d times", atomic_load(&barriers));
    return 0;
}
