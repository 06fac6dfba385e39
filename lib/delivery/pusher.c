/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/pusher.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/net.h"
#include "base/os.h"
#include "base/thread.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>

enum { PUSHER_DOUBLINGS = 3, KICK = 'k' };

struct promc_pusher {
    promc__pusher_job job;
    pthread_t thread;
    long process;       /* that has the thread */
    int wake[2];        /* a byte comes: KICK, or another when it has to end */
    atomic_bool kicked; /* a KICK is under way */
    uint64_t next;      /* when to push, of promc__os.monotonic_ns */
    unsigned failures;  /* in a row */
    pthread_mutex_t lock;
    promc_error error; /* of the last push; under the lock */
};

/*
 * The second failure in a row doubles the interval, and so on; with `retry` the first failure makes
 * it that short, the second twice that, up to the interval. Clients that failed together must not
 * come back together, so a pause is anything from three quarters of that to all of it.
 */
double promc__pusher_pause(double interval, double retry, unsigned failures, uint32_t chance)
{
    double pause = retry > 0 ? retry : interval;
    double longest = retry > 0 ? interval : interval * (1 << PUSHER_DOUBLINGS);

    if (!failures || (failures == 1 && !(retry > 0)))
        return interval;
    for (unsigned doublings = failures - 1; doublings && pause < longest; doublings--)
        pause *= 2;
    if (pause > longest)
        pause = longest;
    return pause * (1 - (double)chance / UINT32_MAX / 4);
}

static int push_once(promc_pusher *pusher, bool last)
{
    int status = pusher->job.push(pusher->job.arg, last);

    promc__lock(&pusher->lock);
    pusher->error = (promc_error){.code = PROMC_OK};
    if (status != PROMC_OK)
        pusher->error = *promc_last_error();
    pusher->error.code = status;
    promc__unlock(&pusher->lock);
    if (status == PROMC_OK)
        pusher->failures = 0;
    else if (pusher->failures < UINT_MAX)
        pusher->failures++;
    return status;
}

/* Pushes keep their rhythm; those that were missed are left out. */
static void plan_next(promc_pusher *pusher)
{
    uint64_t now = promc__os.monotonic_ns(), pause;
    uint32_t chance;

    if (!promc__os.random_bytes(&chance, sizeof(chance)))
        chance = (uint32_t)now;
    pause = (uint64_t)(promc__pusher_pause(pusher->job.interval, pusher->job.retry, pusher->failures,
                                           chance) *
                       1e9);
    if (!pause)
        pause = 1;
    if (pusher->failures >= 2 || (pusher->failures && pusher->job.retry > 0))
        pusher->next = now + pause;
    else if (now >= pusher->next)
        pusher->next += ((now - pusher->next) / pause + 1) * pause;
}

/* Whether it has to end. */
static bool told_to_end(promc_pusher *pusher)
{
    uint64_t now = promc__os.monotonic_ns(), ms = 0;
    char byte;

    if (now < pusher->next)
        ms = (pusher->next - now + 999999) / 1000000;
    if (promc__net.wait(pusher->wake[0], PROMC__READ, ms < INT_MAX ? (int)ms : INT_MAX) <= 0)
        return false;
    if (promc__os.read(pusher->wake[0], &byte, 1) <= 0)
        return false;
    if (byte != KICK)
        return true;
    atomic_store(&pusher->kicked, false);
    pusher->next = now;
    return false;
}

void promc__pusher_kick(promc_pusher *pusher)
{
    static const char kick = KICK;

    if (!atomic_exchange(&pusher->kicked, true))
        (void)promc__os.write(pusher->wake[1], &kick, 1);
}

static void *push_regularly(void *arg)
{
    promc_pusher *pusher = arg;

    promc__thread_name("promc-push");
    pusher->next = promc__os.monotonic_ns();
    while (!told_to_end(pusher)) {
        if (promc__os.monotonic_ns() < pusher->next)
            continue;
        (void)push_once(pusher, false);
        plan_next(pusher);
    }
    return NULL;
}

static void free_pusher(promc_pusher *pusher)
{
    for (size_t i = 0; i < 2; i++)
        if (pusher->wake[i] >= 0)
            (void)promc__os.close(pusher->wake[i]);
    pusher->job.free(pusher->job.arg);
    (void)pthread_mutex_destroy(&pusher->lock);
    promc__free(pusher);
}

promc_pusher *promc__pusher_start(const promc__pusher_job *job)
{
    promc_pusher *pusher = NULL;
    int error;

    if (!(job->interval >= 0.001 && job->interval <= 1e9))
        promc__fail(PROMC_ERROR_ARGUMENT, "%s: the interval must be from 0.001 to 1e9 seconds",
                    job->what);
    else if (!(pusher = promc__zalloc(sizeof(*pusher))))
        promc__fail_memory(job->what);
    if (!pusher) {
        job->free(job->arg);
        return NULL;
    }
    pusher->job = *job;
    pusher->process = promc__os.process_id();
    pusher->wake[0] = pusher->wake[1] = -1;
    atomic_init(&pusher->kicked, false);
    (void)pthread_mutex_init(&pusher->lock, NULL);
    if (promc__net.pipe(pusher->wake) != 0) {
        promc__fail_errno("%s: cannot make a pipe", job->what);
        free_pusher(pusher);
        return NULL;
    }
    error = promc__thread_start(&pusher->thread, push_regularly, pusher);
    if (!error)
        return pusher;
    errno = error;
    promc__fail_errno("%s: cannot start a thread", job->what);
    free_pusher(pusher);
    return NULL;
}

int promc_pusher_error(promc_pusher *pusher, promc_error *error)
{
    promc_error last = {0};

    if (pusher && pusher->process == promc__os.process_id()) {
        promc__lock(&pusher->lock);
        last = pusher->error;
        promc__unlock(&pusher->lock);
    }
    if (error)
        *error = last;
    return last.code;
}

int promc_pusher_stop(promc_pusher *pusher)
{
    int status = PROMC_OK;

    if (!pusher)
        return PROMC_OK;
    if (pusher->process == promc__os.process_id()) {
        (void)promc__os.write(pusher->wake[1], "", 1);
        (void)pthread_join(pusher->thread, NULL);
        status = push_once(pusher, true);
    }
    free_pusher(pusher);
    return status;
}
