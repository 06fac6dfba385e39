/* SPDX-License-Identifier: Apache-2.0 */
/* The process-wide barrier is taken away while threads rely on it, as a sandbox may do that a
 * program enters after its start: writers fence for themselves from then on. */
#include "base/os.h"
#include "stress/updates.h"

static bool (*real_barrier)(void);
static atomic_bool sandboxed;
static atomic_int refused;

static bool barrier(void)
{
    if (!atomic_load(&sandboxed))
        return real_barrier();
    atomic_fetch_add(&refused, 1);
    return false;
}

static void *enter_sandbox(void *arg)
{
    stress_sleep(*(double *)arg);
    atomic_store(&sandboxed, true);
    return NULL;
}

int main(int argc, char **argv)
{
    double seconds = stress_seconds(argc, argv) / 2, half = seconds / 2;
    pthread_t thread;

    real_barrier = promc__os.process_barrier;
    promc__os.process_barrier = barrier;
    if (!barrier())
        return 77; /* there is none: stress_fenced tests that */
    thread = stress_start(enter_sandbox, &half);
    run_updates(seconds, 2, 2);
    pthread_join(thread, NULL);
    run_updates(seconds, 3, 1);
    CHECK(atomic_load(&refused) == 1, "refused %d times", atomic_load(&refused));
    return 0;
}
