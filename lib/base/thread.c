/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <signal.h>

/* A new thread inherits the mask of its maker, so there is no moment in which it takes a signal. */
static int start_without_signals(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    sigset_t all, before;
    int error;

    (void)sigfillset(&all);
    error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error)
        return error;
    error = pthread_create(thread, NULL, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int (*promc__thread_start)(pthread_t *thread, void *(*run)(void *arg),
                           void *arg) = start_without_signals;
