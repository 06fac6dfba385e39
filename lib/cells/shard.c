/* SPDX-License-Identifier: Apache-2.0 */
/* Shards: one for each thread that updates, handed on when a thread ends. See cells.h. */
#include "cells/cells.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"

#include <promc/common.h>

_Thread_local promc__shard *promc__my_shard PROMC__FAST_TLS;
promc__shard *_Atomic promc__shards;

/* Threads that are in a section without a shard, because memory was refused. */
static atomic_size_t threads_without_shard;

static atomic_size_t private_bytes;
static atomic_size_t private_limit = (size_t)256 << 20;

static pthread_once_t shards_once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;
static atomic_bool have_exit_key;
static _Atomic unsigned initial_mode;

/* A fork is under way, in thread `forker`. */
static atomic_bool forking;
static pthread_t forker;

static promc__directory empty_directory;

promc__shard promc__common = {.directory = &empty_directory};

void promc_set_private_memory_limit(size_t bytes)
{
    atomic_store_explicit(&private_limit, bytes, memory_order_relaxed);
}

/* ---- threads come and go --------------------------------------------------------------------- */

/* Another thread may take the shard over from here on, values in place. A thread that was cancelled
 * in the middle of a section has left it now. */
static void thread_exit(void *argument)
{
    promc__shard *shard = argument;
    uintptr_t sequence = atomic_load_explicit(&shard->sequence, memory_order_relaxed);

    promc__my_shard = NULL;
    atomic_store_explicit(&shard->sequence, sequence + (sequence & 1), memory_order_release);
    atomic_store_explicit(&shard->owned, false, memory_order_release);
}

static bool wait_for_threads_without_shard(void);

/* As freezing (see cells.h), but for all that goes on. */
static void before_fork(void)
{
    forker = pthread_self();
    atomic_store(&forking, true);
    promc__freeze();
    (void)wait_for_threads_without_shard();
}

static void after_fork_in_parent(void)
{
    atomic_store(&forking, false);
    promc__unfreeze();
}

/* Only this thread exists in the child: the other shards are free to take, and none of their
 * sections will ever end by itself. All were over, so no cell is half updated. */
static void after_fork_in_child(void)
{
    for (promc__shard *shard = atomic_load(&promc__shards); shard; shard = shard->next) {
        uintptr_t sequence = atomic_load(&shard->sequence);

        if (shard == promc__my_shard)
            continue;
        atomic_store(&shard->sequence, (sequence | 1) + 1);
        atomic_store(&shard->owned, false);
    }
    atomic_store(&threads_without_shard, 0);
    atomic_store(&forking, false);
    promc__unfreeze();
}

static void prepare_shards(void)
{
    atomic_store(&have_exit_key, pthread_key_create(&exit_key, thread_exit) == 0);
    atomic_store(&initial_mode, promc__os.process_barrier() ? 0 : PROMC__FENCED);
    promc__lock_at_fork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* A plugin that has the library in it may be unloaded before the threads end that updated something:
 * they must not call what is no longer there. */
__attribute__((destructor)) static void forget_threads(void)
{
    if (atomic_exchange(&have_exit_key, false))
        (void)pthread_key_delete(exit_key);
}

void promc__prepare_sections(void)
{
    (void)pthread_once(&shards_once, prepare_shards);
}

static promc__shard *adopt_shard(void)
{
    for (promc__shard *shard = atomic_load(&promc__shards); shard; shard = shard->next) {
        bool owned = atomic_load_explicit(&shard->owned, memory_order_relaxed);

        if (!owned && atomic_compare_exchange_strong(&shard->owned, &owned, true))
            return shard;
    }
    return NULL;
}

/* Zeroed memory aligned to 64 bytes by hand, as the allocator hook has no aligned form. Blocks are
 * chained by their beginnings, so that leak checkers see that they are in use. */
#define ALIGNED_OVERHEAD (sizeof(void *) + 63)

static void *aligned_block(size_t size, void *_Atomic *chain)
{
    char *block = promc__zalloc(size + ALIGNED_OVERHEAD), *start;
    void *before;

    if (!block)
        return NULL;
    start = block + sizeof(void *);
    before = atomic_load_explicit(chain, memory_order_relaxed);
    do
        memcpy(block, &before, sizeof(before));
    while (!atomic_compare_exchange_weak(chain, &before, block));
    return start + (64 - (uintptr_t)start % 64) % 64;
}

/* Shards are never freed: another thread may adopt them at any time. The fence is for readers that
 * do not find a new one in the list: what they did before, its thread sees. */
static promc__shard *make_shard(void)
{
    static void *_Atomic chain;
    promc__shard *shard = aligned_block(sizeof(*shard), &chain);

    if (!shard)
        return NULL;
    atomic_init(&shard->directory, &empty_directory);
    atomic_init(&shard->mode, 0);
    atomic_init(&shard->owned, true);
    shard->next = atomic_load(&promc__shards);
    while (!atomic_compare_exchange_weak(&promc__shards, &shard->next, shard))
        ;
    atomic_thread_fence(memory_order_seq_cst);
    atomic_fetch_or(&shard->mode, atomic_load(&initial_mode));
    return shard;
}

/* Without the key nobody would learn of the thread's end, so it gets no shard. */
static promc__shard *attach_shard(void)
{
    promc__shard *shard;

    promc__prepare_sections();
    if (!atomic_load(&have_exit_key))
        return NULL;
    shard = adopt_shard();
    if (!shard)
        shard = make_shard();
    if (!shard)
        return NULL;
    if (!promc__my_shard && pthread_setspecific(exit_key, shard) == 0) {
        promc__my_shard = shard;
    } else { /* no memory; or a signal handler came first, and found the thread another one */
        atomic_store_explicit(&shard->owned, false, memory_order_release);
    }
    return promc__my_shard;
}

/* ---- sections, the slow way ------------------------------------------------------------------ */

/* The fence, because a locked instruction is none everywhere: ARM's may let later loads pass. */
static promc__section enter_without_shard(void)
{
    atomic_fetch_add(&threads_without_shard, 1);
    atomic_thread_fence(memory_order_seq_cst);
    return (promc__section){.counted = true};
}

static promc__section enter_now(void)
{
    promc__shard *shard = promc__my_shard;
    promc__section section = {0};
    unsigned mode;

    if (!shard)
        shard = attach_shard();
    if (!shard)
        return enter_without_shard();
    section.sequence = atomic_load_explicit(&shard->sequence, memory_order_relaxed);
    if (section.sequence & 1)
        return section; /* a signal handler inside a section of its thread */
    section.shard = shard;
    atomic_store_explicit(&shard->sequence, section.sequence + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    mode = atomic_load_explicit(&shard->mode, memory_order_acquire);
    if (mode & PROMC__FENCED) {
        atomic_thread_fence(memory_order_seq_cst);
        mode = atomic_load_explicit(&shard->mode, memory_order_acquire);
    }
    if (!(mode & PROMC__FROZEN))
        section.usable = shard;
    return section;
}

/* Not in a section, and not for long: half an update that a child inherits is a small matter. */
promc__section promc__enter_slowly(void)
{
    promc__section section = enter_now();

    for (int attempt = 0; attempt < 50 && (section.shard || section.counted); attempt++) {
        if (promc__likely(!atomic_load(&forking)) || pthread_equal(forker, pthread_self()))
            break;
        promc__leave_slowly(&section);
        promc__os.pause_ns(200000);
        section = enter_now();
    }
    return section;
}

void promc__leave_slowly(const promc__section *section)
{
    if (section->shard)
        promc__leave(section->shard, section->sequence);
    else if (section->counted)
        atomic_fetch_sub(&threads_without_shard, 1);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static bool reserve_private(size_t bytes)
{
    size_t used = atomic_fetch_add_explicit(&private_bytes, bytes, memory_order_relaxed);

    if (used + bytes <= atomic_load_explicit(&private_limit, memory_order_relaxed))
        return true;
    atomic_fetch_sub_explicit(&private_bytes, bytes, memory_order_relaxed);
    return false;
}

static bool grow_directory(promc__shard *shard, uint32_t index)
{
    promc__directory *old = atomic_load_explicit(&shard->directory, memory_order_relaxed);
    promc__directory *grown;
    uint32_t size = old->size ? old->size : 8;
    size_t bytes;

    while (size <= index)
        size *= 2;
    if (!promc__size_of(size, sizeof(grown->pages[0]), sizeof(*grown), &bytes) ||
        !reserve_private(bytes))
        return false;
    grown = promc__zalloc(bytes);
    if (!grown) {
        atomic_fetch_sub_explicit(&private_bytes, bytes, memory_order_relaxed);
        return false;
    }
    grown->previous = old;
    grown->size = size;
    for (uint32_t i = 0; i < old->size; i++)
        atomic_init(&grown->pages[i], atomic_load_explicit(&old->pages[i], memory_order_relaxed));
    atomic_store_explicit(&shard->directory, grown, memory_order_release);
    return true;
}

/* Pages begin on a cache line, so that no two threads' cells share one. */
static promc__page *make_page(promc__shard *shard)
{
    size_t bytes = sizeof(promc__page) + ALIGNED_OVERHEAD;
    promc__page *page;

    if (!reserve_private(bytes))
        return NULL;
    page = aligned_block(sizeof(*page), &shard->blocks);
    if (!page)
        atomic_fetch_sub_explicit(&private_bytes, bytes, memory_order_relaxed);
    return page;
}

promc__cell *promc__make_private_cell(promc__shard *shard, uint32_t slot)
{
    uint32_t index = slot / PROMC__PAGE_CELLS;
    promc__cell *cell = promc__private_cell(shard, slot);
    promc__directory *directory;
    promc__page *page;

    if (cell)
        return cell;
    directory = atomic_load_explicit(&shard->directory, memory_order_relaxed);
    if (index >= directory->size && !grow_directory(shard, index))
        return NULL;
    page = make_page(shard);
    if (!page)
        return NULL;
    directory = atomic_load_explicit(&shard->directory, memory_order_relaxed);
    atomic_store_explicit(&directory->pages[index], page, memory_order_release);
    return &page->cells[slot % PROMC__PAGE_CELLS];
}

/* ---- waiting for sections -------------------------------------------------------------------- */

/*
 * A section lasts nanoseconds unless its thread loses the processor in it. So the reader looks a few
 * times, then sleeps in growing steps: about a second in all where numbers would not belong together
 * otherwise, less where it can come back later. A section that outlasts that (its thread is starved,
 * stopped by a debugger, or has jumped out of it) is not waited for again.
 */
enum { SHORTLY = 0, PATIENTLY = 1 };
struct patience {
    int kind;
    int sleeps; /* that are left */
};

static bool wait_until_over(promc__shard *shard, uintptr_t seen, struct patience *patience)
{
    if (shard->stuck[patience->kind] == seen)
        return false;
    for (int attempt = 0;; attempt++) {
        if (atomic_load_explicit(&shard->sequence, memory_order_acquire) != seen)
            return true;
        if (attempt < 100)
            continue;
        if (patience->sleeps-- <= 0)
            break;
        promc__os.pause_ns(attempt < 150 ? 50000 : 1000000);
    }
    shard->stuck[patience->kind] = seen;
    return false;
}

static bool section_is_over(promc__shard *shard, uintptr_t seen, struct patience *patience)
{
    return !(seen & 1) || shard == promc__my_shard || wait_until_over(shard, seen, patience);
}

static bool wait_for_threads_without_shard(void)
{
    for (int attempt = 0; atomic_load(&threads_without_shard) != 0; attempt++) {
        if (attempt >= 100)
            return false;
        promc__os.pause_ns(100000);
    }
    return true;
}

static bool another_shard_exists(promc__shard *first)
{
    return first && (first != promc__my_shard || first->next);
}

/* The system took the barrier away, as sandboxes do to programs that are running. A writer that has
 * not seen the new mode wrote its sequence long before the pause is over. */
static void fence_writers(promc__shard *first)
{
    atomic_store(&initial_mode, PROMC__FENCED);
    for (promc__shard *shard = first; shard; shard = shard->next)
        atomic_fetch_or(&shard->mode, PROMC__FENCED);
    atomic_thread_fence(memory_order_seq_cst);
    promc__os.pause_ns(20000000);
}

static void barrier_for_all(promc__shard *first)
{
    if (another_shard_exists(first) && !atomic_load(&initial_mode) &&
        !promc__os.process_barrier())
        fence_writers(first);
}

bool promc__quiesce(void)
{
    struct patience patience = {SHORTLY, 100};
    promc__shard *first;

    /* A thread whose shard is not in the list yet sees what was unpublished before this. */
    atomic_thread_fence(memory_order_seq_cst);
    first = atomic_load(&promc__shards);
    barrier_for_all(first);
    for (promc__shard *shard = first; shard; shard = shard->next)
        shard->seen = atomic_load_explicit(&shard->sequence, memory_order_acquire);
    for (promc__shard *shard = first; shard; shard = shard->next) {
        if (!section_is_over(shard, shard->seen, &patience))
            return false;
    }
    return wait_for_threads_without_shard();
}

bool promc__wait_for_sections(promc__shard *first)
{
    struct patience patience = {PATIENTLY, 1000};
    bool all = true;

    atomic_thread_fence(memory_order_seq_cst);
    barrier_for_all(first);
    for (promc__shard *shard = first; shard; shard = shard->next) {
        uintptr_t seen = atomic_load_explicit(&shard->sequence, memory_order_acquire);

        all = section_is_over(shard, seen, &patience) && all;
    }
    return all;
}

bool promc__is_recent(const void *object)
{
    for (promc__shard *shard = atomic_load(&promc__shards); shard; shard = shard->next) {
        if (atomic_load_explicit(&shard->recent, memory_order_acquire) == object)
            return true;
    }
    return false;
}
