/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lock.h"

#include <stdint.h>

pthread_mutex_t promc__registry_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t promc__cells_lock = PTHREAD_MUTEX_INITIALIZER;

#define FOUR                                                                                       \
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,               \
        PTHREAD_MUTEX_INITIALIZER
static pthread_mutex_t stripes[PROMC__STRIPES] = {FOUR, FOUR, FOUR, FOUR};
#undef FOUR

unsigned promc__fork_generation;

static void (*fork_before)(void);
static void (*fork_parent)(void);
static void (*fork_child)(void);

pthread_mutex_t *promc__stripe(const void *family)
{
    return &stripes[((uintptr_t)family >> 6) % PROMC__STRIPES];
}

static void take_all(void)
{
    promc__lock(&promc__registry_lock);
    for (int i = 0; i < PROMC__STRIPES; i++)
        promc__lock(&stripes[i]);
    promc__lock(&promc__cells_lock);
    if (fork_before)
        fork_before();
}

static void release_all(void)
{
    promc__unlock(&promc__cells_lock);
    for (int i = PROMC__STRIPES; i-- > 0;)
        promc__unlock(&stripes[i]);
    promc__unlock(&promc__registry_lock);
}

static void after_in_parent(void)
{
    if (fork_parent)
        fork_parent();
    release_all();
}

static void after_in_child(void)
{
    promc__fork_generation++;
    if (fork_child)
        fork_child();
    release_all();
}

void promc__lock_at_fork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    promc__lock(&promc__cells_lock);
    fork_before = before;
    fork_parent = parent;
    fork_child = child;
    promc__unlock(&promc__cells_lock);
}

/* Before anybody can hold a lock. */
__attribute__((constructor)) static void watch_forks(void)
{
    (void)pthread_atfork(take_all, after_in_parent, after_in_child);
}
