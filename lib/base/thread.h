/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a thread of the library: it gets no signals, which belong to the host. */
#ifndef PROMC_BASE_THREAD_H
#define PROMC_BASE_THREAD_H

#include <pthread.h>

/* 0, or an error number. A variable, so that tests can script failures. */
extern int (*promc__thread_start)(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
