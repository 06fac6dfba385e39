/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seeds. The system is asked for chance once, by the first of them: a hundred metrics would open a
 * file a hundred times otherwise, and a process that has gone into a chroot since cannot any more.
 * The others are made from it as wyhash's authors make random numbers (wyrand), each by one
 * addition that threads may do at once. (Threads that begin together may all ask; one answer
 * counts. A child of a fork goes on where its parent was: what is secret in one is in the other.)
 */
#include "base/hash.h"

#include "base/os.h"

#include <stdatomic.h>

static _Atomic uint64_t seed_state; /* 0: not begun */

static uint64_t ask_for_chance(void)
{
    uint64_t chance;

    if (!promc__os.random_bytes(&chance, sizeof(chance)))
        chance = promc__os.monotonic_ns() ^ (uint64_t)(uintptr_t)&chance;
    return chance;
}

uint64_t promc__new_seed(void)
{
    uint64_t state = 0;

    if (!atomic_load_explicit(&seed_state, memory_order_relaxed))
        (void)atomic_compare_exchange_strong(&seed_state, &state, ask_for_chance());
    state = atomic_fetch_add_explicit(&seed_state, 0xA0761D6478BD642Fu, memory_order_relaxed);
    return promc__fold(state, state ^ 0xE7037ED1A0B428DBu);
}
