/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that does something at intervals, and once more when it is stopped. */
#ifndef PROMC_DELIVERY_PUSHER_H
#define PROMC_DELIVERY_PUSHER_H

#include <promc/push.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct promc__pusher_job {
    const char *what;                  /* for messages: static */
    int (*push)(void *arg, bool last); /* PROMC_OK, or a code and the last error */
    void (*free)(void *arg);           /* called once, also if starting fails */
    void *arg;
    double interval; /* seconds, more than 0 */
    double retry;    /* seconds: after a failure it is tried again this soon, then ever later up to
                        the interval; 0: after the interval, then ever later */
} promc__pusher_job;

promc_pusher *promc__pusher_start(const promc__pusher_job *job);

/* Pushes soon, from its thread; any thread. Kicks that come before that are one. */
void promc__pusher_kick(promc_pusher *pusher);

/* Seconds to wait after so many failures in a row; `chance` is any number. */
double promc__pusher_pause(double interval, double retry, unsigned failures, uint32_t chance);

#endif
