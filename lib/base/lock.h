/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's locks. There are few, their order is fixed, and a fork() takes all of them, so that
 * a child never inherits one that a vanished thread holds. Updates and lookups of existing children
 * take none.
 *
 * Order: registry, then one stripe (by family), then cells. Never two stripes at once.
 */
#ifndef PROMC_BASE_LOCK_H
#define PROMC_BASE_LOCK_H

#include <pthread.h>

#define PROMC__STRIPES 16

extern pthread_mutex_t promc__registry_lock; /* lists of metrics and collectors of all registries */
extern pthread_mutex_t promc__cells_lock;    /* slots, shards and snapshots */

/* The lock of a family's children. */
pthread_mutex_t *promc__stripe(const void *family);

/* How many forks lie between the first process and this one; under any of the locks. Counts of
 * threads that are somewhere are void once it has changed. */
extern unsigned promc__fork_generation;

/* Sets hooks around fork(): `before` runs in the parent with all locks taken, `parent` and `child`
 * before they are released. Called once, by shard.c. */
void promc__lock_at_fork(void (*before)(void), void (*parent)(void), void (*child)(void));

static inline void promc__lock(pthread_mutex_t *mutex)
{
    (void)pthread_mutex_lock(mutex);
}
static inline void promc__unlock(pthread_mutex_t *mutex)
{
    (void)pthread_mutex_unlock(mutex);
}

#endif
