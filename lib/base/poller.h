/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for many descriptors through one, which can itself be polled: epoll on Linux, kqueue on
 * the BSDs and macOS. Level-triggered. Close it with promc__os.close.
 */
#ifndef PROMC_BASE_POLLER_H
#define PROMC_BASE_POLLER_H

#include "base/net.h"

typedef struct promc__ready {
    void *tag;
    int ready_for; /* PROMC__READ | PROMC__WRITE; both after an error or a hang-up */
} promc__ready;

struct promc__poller {
    int (*open)(void); /* -1 and errno on failure */
    /* Changes what is waited for from `was` to `now` (PROMC__READ | PROMC__WRITE; 0: nothing). */
    int (*change)(int poller, int fd, int was, int now, void *tag);
    /* Number of descriptors that are ready; 0 after the timeout (negative: none) or a signal. */
    int (*wait)(int poller, promc__ready *ready, int capacity, int timeout_ms);
};

extern struct promc__poller promc__poller;

/* Enough for one turn of a loop. */
enum { PROMC__READY_MAX = 64 };

#endif
