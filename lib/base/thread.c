/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <signal.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

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

void promc__thread_name(const char *name)
{
#if defined(__linux__)
    (void)prctl(PR_SET_NAME, name); /* pthread_setname_np() is not in POSIX */
#else
    (void)name;
#endif
}

int (*promc__thread_start)(pthread_t *thread, void *(*run)(void *arg),
                           void *arg) = start_without_signals;
