/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where numbers live. Nothing here knows names, labels or types of metrics.
 *
 * Every number is a slot. A thread that updates it owns a private cell for that slot, in pages of its
 * shard; the value is the sum of one shared cell and all private cells. So an update is a load, an
 * add and a store on memory no other thread writes: no lock, no locked instruction, no contention.
 * (Numbers that can also be set are in level.h.)
 *
 * The protocol
 *
 * A thread works inside a *section*: it makes its shard's sequence number odd, does its work, and
 * makes it even again. Inside a section it may use slot numbers it loaded inside the section, and
 * everything it reached through published pointers (tables of children, label texts).
 *
 *  - Freezing (snapshot.c): a reader sets every shard's mode to frozen, passes a process-wide memory
 *    barrier and waits until each sequence is even. The writer stores its sequence before it loads
 *    the mode; the reader stores the mode before it loads the sequence; the barrier on the reader's
 *    side stands in for the fence that would be needed between the two on both sides (Dekker's
 *    pattern made asymmetric, as in membarrier(2)). So from then on private cells stand still. A
 *    thread that finds itself frozen updates the shared cells instead: it never waits. The reader's
 *    own shard is frozen too, for the signal handlers of its thread.
 *  - Quiescing (shard.c): after the same barrier, every section that began earlier has ended once
 *    each sequence was seen even or changed. What was unpublished before is then unreachable, as in
 *    read-copy-update, and can be cleaned and reused.
 *  - Forking (shard.c): as freezing, and nothing may be half done in shared cells either, since the
 *    child cannot finish it. So for the fork, but for some milliseconds at most, those wait that
 *    would update them.
 *
 * Orders (C11, 5.1.2.4 and 7.17.3): cell stores inside a section are released by the store that
 * makes the sequence even, and a reader acquires that value, so it sees every cell of the sections
 * that ended. Cells, sequence and mode are atomic objects, so no access is a data race. Only the
 * store-load order between sequence and mode is not given by release and acquire: it comes from the
 * barrier, or, where the system has none, from a fence in the writer (mode FENCED).
 *
 * A signal handler that interrupts a section of its own thread finds the sequence odd and updates the
 * shared cells, so it loses nothing and waits for nothing.
 */
#ifndef PROMC_CELLS_CELLS_H
#define PROMC_CELLS_CELLS_H

#include "base/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- cells and pages ------------------------------------------------------------------------- */

/* 8 bytes, holding a double or an integer: the owner of the slot knows which. */
typedef union promc__cell {
    double number; /* only touched where PROMC__PLAIN_DOUBLES allows it */
    _Atomic uint64_t bits;
} promc__cell;

#define PROMC__PAGE_CELLS 64u

typedef struct promc__page {
    promc__cell cells[PROMC__PAGE_CELLS];
} promc__page;

/*
 * GCC moves an atomic double through an integer register, which doubles the time from one addition
 * to the next on the same cell. A volatile access of an aligned double is one instruction on these
 * processors and as atomic as the relaxed one, and their stores are released in order anyway.
 */
#if defined(__x86_64__) && !defined(PROMC__TSAN)
#define PROMC__PLAIN_DOUBLES 1
#endif

static inline double promc__bits_to_double(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

static inline uint64_t promc__double_to_bits(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    return bits;
}

/* Additions by the one thread that owns the cell. */
static inline void promc__cell_add(promc__cell *cell, double amount)
{
#ifdef PROMC__PLAIN_DOUBLES
    volatile double *number = &cell->number;
    *number = *number + amount;
#else
    uint64_t bits = atomic_load_explicit(&cell->bits, memory_order_relaxed);
    atomic_store_explicit(&cell->bits,
                          promc__double_to_bits(promc__bits_to_double(bits) + amount),
                          memory_order_relaxed);
#endif
}

static inline void promc__cell_count(promc__cell *cell, uint64_t amount)
{
    uint64_t count = atomic_load_explicit(&cell->bits, memory_order_relaxed);
    atomic_store_explicit(&cell->bits, count + amount, memory_order_relaxed);
}

/* ---- shards ---------------------------------------------------------------------------------- */

/* Pages by slot / PROMC__PAGE_CELLS. Replaced by a larger one when needed; the old ones stay (they
 * are at most as large together), so that a reader never loses the one it is in. */
typedef struct promc__directory {
    struct promc__directory *previous;
    uint32_t size;
    promc__page *_Atomic pages[];
} promc__directory;

enum {
    PROMC__FROZEN = 1, /* a snapshot is being taken: use the shared cells */
    PROMC__FENCED = 2  /* no process-wide barrier here: the writer fences instead */
};

typedef struct promc__shard {
    _Alignas(64) _Atomic uintptr_t sequence; /* odd: in a section */
    _Atomic unsigned mode;
    promc__directory *_Atomic directory; /* never NULL */
    const void *_Atomic recent;          /* see promc__is_recent() */
    _Alignas(64) atomic_bool owned;      /* by a living thread */
    struct promc__shard *next;           /* all shards, newest first; set before publication */
    uintptr_t seen;                      /* by promc__quiesce(), under the cells lock */
    void *_Atomic blocks;                /* of its pages */
    uintptr_t stuck[2];                  /* sections that were waited for in vain, likewise */
    uint64_t next_tag;                   /* of the owner, inside a section; level.c */
} promc__shard;

/* This thread's shard; NULL until its first update. */
extern _Thread_local promc__shard *promc__my_shard PROMC__FAST_TLS;

/* All shards ever made, newest first. */
extern promc__shard *_Atomic promc__shards;

/* No thread's, and not among those: cells that all threads share and that are seldom needed. Its
 * pages are made with the cells lock held. */
extern promc__shard promc__common;

/* Enters a section; false if the quick way is not possible (then nothing was entered). */
static inline bool promc__enter(promc__shard *shard, uintptr_t *sequence)
{
    uintptr_t now;

    if (promc__unlikely(!shard))
        return false;
    now = atomic_load_explicit(&shard->sequence, memory_order_relaxed);
    if (promc__unlikely(now & 1))
        return false;
    *sequence = now;
    atomic_store_explicit(&shard->sequence, now + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (promc__unlikely(atomic_load_explicit(&shard->mode, memory_order_acquire))) {
        atomic_store_explicit(&shard->sequence, now + 2, memory_order_release);
        return false;
    }
    return true;
}

static inline void promc__leave(promc__shard *shard, uintptr_t sequence)
{
    atomic_store_explicit(&shard->sequence, sequence + 2, memory_order_release);
}

/* The private cell of a slot; NULL if there is no page for it (or if the number is no plain slot:
 * those have high bits set). Inside a section. */
static inline promc__cell *promc__private_cell(promc__shard *shard, uint32_t slot)
{
    promc__directory *directory = atomic_load_explicit(&shard->directory, memory_order_relaxed);
    uint32_t index = slot / PROMC__PAGE_CELLS;
    promc__page *page;

    if (promc__unlikely(index >= directory->size))
        return NULL;
    page = atomic_load_explicit(&directory->pages[index], memory_order_relaxed);
    if (promc__unlikely(!page))
        return NULL;
    return &page->cells[slot % PROMC__PAGE_CELLS];
}

/* The private cells of a slot and of one `offset` further on, in a block that fits into a page: so
 * they are in the same (promc__slot_at()). False if there is none. */
static inline bool promc__private_pair(promc__shard *shard, uint32_t slot, uint32_t offset,
                                       promc__cell **one, promc__cell **other)
{
    promc__cell *first = promc__private_cell(shard, slot);

    if (promc__unlikely(!first))
        return false;
    *one = first;
    *other = first + offset;
    return true;
}

/* The same in any block, without a branch that depends on the offset, which would be mispredicted
 * all the time. Slots have room above, so the sum does not wrap. */
static inline bool promc__private_pair_across(promc__shard *shard, uint32_t slot, uint32_t offset,
                                              promc__cell **one, promc__cell **other)
{
    promc__directory *directory = atomic_load_explicit(&shard->directory, memory_order_relaxed);
    uint32_t far = slot + offset;
    promc__page *page, *far_page;

    if (promc__unlikely(far / PROMC__PAGE_CELLS >= directory->size))
        return false;
    page = atomic_load_explicit(&directory->pages[slot / PROMC__PAGE_CELLS], memory_order_relaxed);
    far_page =
        atomic_load_explicit(&directory->pages[far / PROMC__PAGE_CELLS], memory_order_relaxed);
    if (promc__unlikely(!page || !far_page))
        return false;
    *one = &page->cells[slot % PROMC__PAGE_CELLS];
    *other = &far_page->cells[far % PROMC__PAGE_CELLS];
    return true;
}

/*
 * Any way into a section, for the slow paths: makes a shard for the thread if it has none, nests, and
 * works without a shard when memory is refused. `usable`: the shard whose private cells may be used
 * now, or NULL.
 */
typedef struct promc__section {
    promc__shard *shard; /* entered; NULL: nested in another section, or no shard */
    promc__shard *usable;
    uintptr_t sequence;
    bool counted; /* entered through the count of threads without shard */
} promc__section;

/* Before the first section of the process; may be called again. */
void promc__prepare_sections(void);

promc__section promc__enter_slowly(void);
void promc__leave_slowly(const promc__section *section);

/* As promc__private_cell(), and makes the page. NULL: no memory, or past the limit. */
promc__cell *promc__make_private_cell(promc__shard *shard, uint32_t slot);

/* The same cell for any other thread; NULL if there is no page for it. */
promc__cell *promc__find_cell(const promc__shard *shard, uint32_t slot);

/*
 * Waits until every section that was running has ended. With the cells lock held. False if that
 * took too long (a thread was preempted inside one): nothing may be reused then; try again later.
 */
bool promc__quiesce(void);

/*
 * A thread looks an object up and then updates or pins it, which is not one section. So it notes,
 * in the section that found it, the last object it found, and that one is not reused until the
 * thread finds another (a hazard pointer: M. Michael, "Hazard Pointers", 2004).
 */
static inline void promc__note_recent(promc__shard *shard, const void *object)
{
    atomic_store_explicit(&shard->recent, object, memory_order_release);
}

/* Whether a thread noted it; after promc__quiesce(), of an object that can no longer be found. What
 * a thread did to it before it noted another is visible after this. */
bool promc__is_recent(const void *object);

/* ---- the numbers of one child ---------------------------------------------------------------- */

/* Flags in a slot word; slot numbers stay below them. The quick path takes any flag for a slot
 * without a page, and the slow path sorts it out. */
#define PROMC__SLOT_REMOVED 0x80000000u /* updates are discarded */
#define PROMC__SLOT_WATCHED 0x40000000u /* the next update clears it: somebody wants to know */
#define PROMC__SLOT_CALLBACK 0x20000000u /* a gauge's function gives the value */
#define PROMC__SLOT_MASK 0x1FFFFFFFu
#define PROMC__SLOT_FLAGS (~PROMC__SLOT_MASK)
/* No thread has a page for it, nor for the slots that follow. */
#define PROMC__NO_SLOT 0x1FF00000u

/*
 * A block of cells: the first is a sum (double), the others are counts (integers). A counter has the
 * sum only. How many there are, who uses it knows. Behind this header lie the words that all threads
 * share, for what does not go to private cells:
 *  one cell:    [sum]
 *  more cells:  [gate][finished 0][finished 1][bank 0: cells][bank 1: cells], see shared.c
 */
typedef struct promc__numbers {
    _Alignas(8) _Atomic uint32_t slot; /* of the first cell, and flags */
    _Atomic uint32_t pins;             /* how many hold what has these numbers */
} promc__numbers;

static inline _Atomic uint64_t *promc__shared(promc__numbers *numbers)
{
    return (_Atomic uint64_t *)(void *)(numbers + 1);
}

/* How many shared words there are. */
static inline size_t promc__shared_words(uint32_t cells)
{
    return cells == 1 ? 1 : 3 + 2 * (size_t)cells;
}

/* Gives slots to numbers that have PROMC__NO_SLOT and use their shared cells until then. False: no
 * memory. With the cells lock held. */
bool promc__numbers_attach(promc__numbers *numbers, uint32_t cells);
/* Gives the slots back; needs promc__numbers_clear() first. With the cells lock held. */
void promc__numbers_release(promc__numbers *numbers, uint32_t cells);
/* Zeroes every cell. Nobody may be updating: removed and quiesced. With the cells lock held. */
void promc__numbers_clear(promc__numbers *numbers, uint32_t cells);

/* For an update the slow way: the slot without the flag that somebody watches, which is cleared.
 * False if there are no updates any more. */
bool promc__numbers_live(promc__numbers *numbers, uint32_t *slot);

/* Slots for `count` blocks of cells, taken and given back together; zero the cells before. All with
 * the cells lock held. False: no memory. */
bool promc__slots_take(uint32_t cells, uint32_t count, uint32_t *slot);
void promc__slots_give(uint32_t cells, uint32_t count, uint32_t slot);
/* Where the block `index` of those begins: one that fits into a page does not cross into the next,
 * so that an update touches one page. */
static inline uint32_t promc__slot_at(uint32_t first, uint32_t cells, uint32_t index)
{
    uint32_t together = PROMC__PAGE_CELLS / cells;

    if (together == 0)
        return first + index * cells;
    return first + index / together * PROMC__PAGE_CELLS + index % together * cells;
}

/* Zeroes the cells of one block in all private pages. */
void promc__slots_clear(uint32_t cells, uint32_t slot);

/* Adds `sum` to the first cell and `count` to cell `offset` (unless it is 0): the slow path. */
void promc__update_slowly(promc__numbers *numbers, uint32_t cells, double sum, uint32_t offset,
                          uint64_t count);

/* The same in the cells that all threads share, and `count` also to cell `also` (unless it is 0). */
void promc__shared_update(promc__numbers *numbers, uint32_t cells, double sum, uint32_t offset,
                          uint32_t also, uint64_t count);

/* Adds to the only cell. */
static inline void promc__add(promc__numbers *numbers, double amount)
{
    promc__shard *shard = promc__my_shard;
    uintptr_t sequence;

    if (promc__likely(promc__enter(shard, &sequence))) {
        uint32_t slot = atomic_load_explicit(&numbers->slot, memory_order_acquire);
        promc__cell *cell = promc__private_cell(shard, slot);

        if (promc__likely(cell != NULL)) {
            promc__cell_add(cell, amount);
            promc__leave(shard, sequence);
            return;
        }
        promc__leave(shard, sequence);
    }
    promc__update_slowly(numbers, 1, amount, 0, 0);
}

/* Adds to the first cell and counts in another, as one step for every snapshot. */
static inline __attribute__((always_inline)) void
promc__add_and_count(promc__numbers *numbers, uint32_t cells, double amount, uint32_t offset,
                     uint64_t count)
{
    promc__shard *shard = promc__my_shard;
    uintptr_t sequence;

    if (promc__likely(promc__enter(shard, &sequence))) {
        uint32_t slot = atomic_load_explicit(&numbers->slot, memory_order_acquire);
        promc__cell *sum, *bucket;
        bool found = promc__likely(cells <= PROMC__PAGE_CELLS)
                         ? promc__private_pair(shard, slot, offset, &sum, &bucket)
                         : promc__private_pair_across(shard, slot, offset, &sum, &bucket);

        if (promc__likely(found)) {
            promc__cell_add(sum, amount);
            promc__cell_count(bucket, count);
            promc__leave(shard, sequence);
            return;
        }
        promc__leave(shard, sequence);
    }
    promc__update_slowly(numbers, cells, amount, offset, count);
}

/* The value of the only cell. Any thread, no lock. */
double promc__numbers_sum(const promc__numbers *numbers);
/* The same for many. */
void promc__numbers_sums(promc__numbers *const *numbers, size_t count, double *sums);

/* Sets the watch flag again; returns whether it was still set, that is, nothing was updated. */
bool promc__numbers_watch(promc__numbers *numbers);

/* ---- snapshots ------------------------------------------------------------------------------- */

/*
 * Between begin and end, promc__snapshot_read() gives numbers that belong together: every update is
 * in all cells or in none. Keep it short: meanwhile updates use the slower shared cells.
 */
void promc__snapshot_begin(void);
/* values[0] is the sum as bits of a double, values[1...] are counts. */
void promc__snapshot_read(promc__numbers *numbers, uint32_t cells, uint64_t *values);
void promc__snapshot_end(void);

/* ---- for the files of this folder only -------------------------------------------------------- */

/* Adds to a double that other threads change as well. */
void promc__atomic_add(_Atomic uint64_t *number, double amount);
void promc__shared_read(promc__numbers *numbers, uint32_t cells, uint64_t *values);
/* With the cells lock held, as is promc__wait_for_sections(). */
void promc__freeze(void);
void promc__unfreeze(void);
/* In a snapshot: the shards that it has frozen; NULL if not all of their sections are over. */
promc__shard *promc__frozen_shards(void);
/* Whether all shards from `first` on got their sections finished in time. */
bool promc__wait_for_sections(promc__shard *first);

#endif
