/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/periodic.h"

#include "base/error.h"
#include "base/memory.h"

#include <stddef.h>
#include <string.h>

struct periodic_job {
    promc__keep keep;
    int (*push)(void *state, bool last);
    void (*end)(void *state);
    max_align_t state[];
};

static int push_periodic(void *arg, bool last)
{
    struct periodic_job *job = arg;

    return job->push(job->state, last);
}

static void free_periodic(void *arg)
{
    struct periodic_job *job = arg;

    if (job->end)
        job->end(job->state);
    promc__keep_free(&job->keep);
    promc__free(job);
}

/* With all it owns. NULL, and the last error: no memory. */
static struct periodic_job *new_periodic(const promc__periodic *periodic)
{
    struct periodic_job *job =
        promc__zalloc(offsetof(struct periodic_job, state) + periodic->state_size);

    if (job) {
        memcpy(job->state, periodic->options, periodic->options_size);
        job->push = periodic->push;
        job->end = periodic->end;
        periodic->own(job->state, &job->keep);
    }
    if (job && !job->keep.failed)
        return job;
    if (job)
        free_periodic(job);
    promc__fail_memory(periodic->what);
    return NULL;
}

promc_pusher *promc__periodic_start(const promc__periodic *periodic, void **state)
{
    struct periodic_job *job = new_periodic(periodic);

    if (!job)
        return NULL;
    if (state)
        *state = job->state;
    return promc__pusher_start(&(promc__pusher_job){.what = periodic->what,
                                                    .push = push_periodic,
                                                    .free = free_periodic,
                                                    .arg = job,
                                                    .interval = periodic->interval,
                                                    .retry = periodic->retry});
}

void promc__keep_access(promc__keep *keep, const char **user, const char **password,
                        const char **token, const char **unix_path,
                        const promc_client_transport **transport)
{
    *user = promc__keep_string(keep, *user);
    *password = promc__keep_string(keep, *password);
    *token = promc__keep_string(keep, *token);
    *unix_path = promc__keep_string(keep, *unix_path);
    if (*transport)
        *transport = promc__keep_block(keep, *transport, sizeof(**transport));
}
