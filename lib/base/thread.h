/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a thread of the library: it gets no signals, which belong to the host. */
#ifndef PROMC_BASE_THREAD_H
#define PROMC_BASE_THREAD_H

#include <pthread.h>

/* 0, or an error number. A variable, so that tests can script failures. */
extern int (*promc__thread_start)(pthread_t *thread, void *(*run)(void *arg), void *arg);

/* Names the calling thread, with at most 15 bytes, for who looks at the process (top -H). */
void promc__thread_name(const char *name);

#endif
