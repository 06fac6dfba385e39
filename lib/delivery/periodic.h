/* SPDX-License-Identifier: Apache-2.0 */
/* Senders that push regularly: a pusher with options of its own. */
#ifndef PROMC_DELIVERY_PERIODIC_H
#define PROMC_DELIVERY_PERIODIC_H

#include "delivery/keep.h"
#include "delivery/pusher.h"

typedef struct promc__periodic {
    const char *what;    /* for messages: static */
    const void *options; /* copied to the beginning of the state, */
    size_t options_size;
    size_t state_size; /* which is this large, at least like the options; the rest is zero */
    void (*own)(void *state, promc__keep *keep); /* copies what the options borrow */
    int (*push)(void *state, bool last);         /* as promc__pusher_job's */
    void (*end)(void *state);                    /* before the state is freed; NULL: nothing */
    double interval;                             /* seconds, more than 0 */
    double retry;                                /* as promc__pusher_job's */
} promc__periodic;

/* Stopping the pusher frees the state, too; `state` receives it, NULL: not wanted. NULL, and the
 * last error: as promc__pusher_start(), or no memory. */
promc_pusher *promc__periodic_start(const promc__periodic *periodic, void **state);

/* Copies of the options that everything has which speaks HTTP. */
void promc__keep_access(promc__keep *keep, const char **user, const char **password,
                        const char **token, const char **unix_path,
                        const promc_client_transport **transport);

#endif
