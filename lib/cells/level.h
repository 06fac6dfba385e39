/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A level is a number that can be set as well as added to, such as a gauge. One shared word says
 * what its value is:
 *
 *  - The bits of a double: that is the value. To set a level is to store them, whatever was there,
 *    so the last one to set it wins as with any variable.
 *  - Or a *tag*, which is a pattern no double has that is set here (a NaN with a sign). The level is
 *    *spread* then: its value is the sum of all records with this tag, one in the private cells of
 *    each thread that has added since, and of the overflow, for those without private cells.
 *
 * So adding is, mostly, to find the word's tag in one's own record and to add to one's own cell. A
 * thread that finds a tag that its record does not have begins the record anew. One that finds a
 * plain value *spreads* the level: it makes a tag, writes value + amount to its record under that,
 * and exchanges the word, if that still has the value.
 *
 * No tag is ever made twice, so records of a word that is gone match nothing any more: setting costs
 * no more than the store, and cells of a removed child can be used by the next one as they are.
 * Records keep the complement of the tag, so that zeroed cells match no word.
 *
 * Without private cells (no memory, a snapshot, a signal handler in the middle of an update) one
 * adds to a plain value by compare-and-swap, and to the *overflow* of a spread level. That begins
 * at zero with each tag; so while it is zeroed for a new tag, nobody may still be about to add to it
 * for an old one. Hence the *gate*: those who want to add to the overflow count themselves in,
 * look at the word again, add, and count themselves out. A level is only spread by who finds nobody
 * counted in, and closes the gate to all others who would spread it, in one step. If that fails,
 * the plain value is changed instead: nobody waits.
 *
 * Orders (C11, 5.1.2.4 and 7.17.3):
 *
 *  - The exchange that spreads a level is a release and the loads of the word are acquires: who
 *    finds the tag finds the record of its maker, the zeroed overflow, and the slot.
 *  - Who begins a record anew has acquired the newer word before, and releases the new number; later
 *    additions of the thread are in its release sequence. So a reader that gets a number of a newer
 *    tag, which it acquires, finds the newer word when it looks at that again, and tries once more.
 *    In the same way one that finds the overflow zeroed for a newer tag.
 *  - Counting in at the gate acquires what its closing released. Who closed it had loaded a plain
 *    value before, so who counts in later no longer finds the tag that was there before that value.
 *    Who was counted out before, had added to the overflow before it was zeroed.
 *
 * A reader adds up the records of others while they change, so of two additions that two threads
 * make one after the other it may see the second alone. In a snapshot all records stand still, and
 * the overflow, which is read last, has what came later.
 *
 * What goes up in one thread and down in another lets their records grow for ever, until doubles of
 * that size lose the digits that count. So does what goes up while numbers stand still for a
 * snapshot, in the overflow, and down in a record. So a snapshot that finds them large beside their
 * sum *folds* them: one record gets the sum, the others and the overflow become zero. The owners of
 * the records do not touch them meanwhile, and find them so afterwards: unfreezing releases what
 * entering a section acquires. The overflow is emptied as it is added to: by one exchange, counted
 * in at the gate, after a look at the word. Readers outside a snapshot see by the count of folds, a
 * sequence lock, that they have to begin again.
 */
#ifndef PROMC_CELLS_LEVEL_H
#define PROMC_CELLS_LEVEL_H

#include "cells/cells.h"

/* The two cells of a record. */
enum { PROMC__LEVEL_TAG, PROMC__LEVEL_AMOUNT, PROMC__LEVEL_CELLS };

/* A level uses the slot word and the first shared word of numbers without slots. Its slot is
 * PROMC__NO_SLOT until it is first spread. */
static inline _Atomic uint64_t *promc__level_word(promc__numbers *level)
{
    return promc__shared(level);
}

/* What a plain word has at most; tags are above. */
#define PROMC__LEVEL_PLAIN 0xFFF0000000000000u

static inline bool promc__level_is_spread(promc__numbers *level)
{
    return atomic_load_explicit(promc__level_word(level), memory_order_relaxed) >
           PROMC__LEVEL_PLAIN;
}

void promc__level_set_slowly(promc__numbers *level, double value);
void promc__level_add_slowly(promc__numbers *level, double amount);

static inline void promc__level_set(promc__numbers *level, double value)
{
    uint32_t slot = atomic_load_explicit(&level->slot, memory_order_relaxed);
    uint64_t bits = promc__double_to_bits(value);

    if (promc__unlikely((slot & PROMC__SLOT_FLAGS) || bits > PROMC__LEVEL_PLAIN))
        promc__level_set_slowly(level, value);
    else
        atomic_store_explicit(promc__level_word(level), bits, memory_order_relaxed);
}

static inline void promc__level_add(promc__numbers *level, double amount)
{
    promc__shard *shard = promc__my_shard;
    uintptr_t sequence;

    if (promc__likely(promc__enter(shard, &sequence))) {
        uint32_t slot = atomic_load_explicit(&level->slot, memory_order_acquire);
        promc__cell *record = promc__private_cell(shard, slot);

        if (promc__likely(record != NULL) &&
            promc__likely(atomic_load_explicit(&record[PROMC__LEVEL_TAG].bits,
                                               memory_order_relaxed) ==
                          ~atomic_load_explicit(promc__level_word(level), memory_order_acquire))) {
            promc__cell_add(&record[PROMC__LEVEL_AMOUNT], amount);
            promc__leave(shard, sequence);
            return;
        }
        promc__leave(shard, sequence);
    }
    promc__level_add_slowly(level, amount);
}

/* The value, exact but for what is added at this moment. Takes a lock if others set and add all the
 * time. */
double promc__level_value(promc__numbers *level);
/* The value in a snapshot; folds the records if that is due. */
double promc__level_read(promc__numbers *level);

/* Gives the slot back, if there is one. Nobody may be updating. With the cells lock held. */
void promc__level_release(promc__numbers *level);

#endif
