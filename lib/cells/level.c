/* SPDX-License-Identifier: Apache-2.0 */
/* Levels: spreading them, the slow path of their updates, and reading. See level.h. */
#include "cells/level.h"

#include "base/lock.h"

/* ---- the cells that all threads share -------------------------------------------------------- */

/* Those of promc__common, in the slot of the level. */
enum { GATE, OVERFLOW };

/* In the gate, whose lower bits count those who are in. */
#define CLOSED ((uint64_t)1 << 63)

static uint32_t level_slot(promc__numbers *level)
{
    return atomic_load_explicit(&level->slot, memory_order_acquire) & PROMC__SLOT_MASK;
}

/* Those of a level that has a slot. */
static promc__cell *common_cells(promc__numbers *level)
{
    return promc__find_cell(&promc__common, level_slot(level));
}

static bool take_cells(promc__numbers *level)
{
    uint32_t slot;

    if (!promc__slots_take(PROMC__LEVEL_CELLS, 1, &slot))
        return false;
    if (!promc__make_private_cell(&promc__common, slot)) {
        promc__slots_give(PROMC__LEVEL_CELLS, 1, slot);
        return false;
    }
    /* Flags may be changed at the same time. */
    atomic_fetch_xor(&level->slot, PROMC__NO_SLOT ^ slot);
    return true;
}

/* Gives the level a slot and common cells. False: the lock is taken, or memory is refused. */
static bool attach(promc__numbers *level)
{
    bool done;

    if (level_slot(level) != PROMC__NO_SLOT)
        return true;
    if (pthread_mutex_trylock(&promc__cells_lock) != 0)
        return false;
    done = level_slot(level) != PROMC__NO_SLOT || take_cells(level);
    promc__unlock(&promc__cells_lock);
    return done;
}

void promc__level_release(promc__numbers *level)
{
    promc__cell *common = common_cells(level);

    if (!common)
        return;
    atomic_store_explicit(&common[GATE].bits, 0, memory_order_relaxed);
    atomic_store_explicit(&common[OVERFLOW].bits, 0, memory_order_relaxed);
    promc__slots_clear(PROMC__LEVEL_CELLS, level_slot(level));
    promc__slots_give(PROMC__LEVEL_CELLS, 1, level_slot(level));
}

/* ---- tags ------------------------------------------------------------------------------------ */

/* Shards take them in blocks. There are enough for years; after that levels are not spread any
 * more. The pattern with all bits set is none, since its complement is what zeroed cells have. */
#define BLOCK_BITS 20
#define BLOCKS (((uint64_t)1 << (52 - BLOCK_BITS)) - 1)

static bool fresh_tag(promc__shard *shard, uint64_t *tag)
{
    static _Atomic uint64_t blocks = 1;
    uint64_t block;

    if (shard->next_tag % ((uint64_t)1 << BLOCK_BITS) == 0) {
        block = atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
        if (block >= BLOCKS)
            return false;
        shard->next_tag = block << BLOCK_BITS;
    }
    *tag = PROMC__LEVEL_PLAIN | shard->next_tag++;
    return true;
}

static bool is_tag(uint64_t word)
{
    return word > PROMC__LEVEL_PLAIN;
}

/* What a plain word has for a number: no NaN with a sign. */
static uint64_t plain_bits(double value)
{
    uint64_t bits = promc__double_to_bits(value);

    return is_tag(bits) ? bits & ~((uint64_t)1 << 63) : bits;
}

/* ---- updates, the slow way ------------------------------------------------------------------- */

static bool takes_updates(promc__numbers *level)
{
    uint32_t slot;

    return promc__numbers_live(level, &slot) && !(slot & PROMC__SLOT_CALLBACK);
}

void promc__level_set_slowly(promc__numbers *level, double value)
{
    if (takes_updates(level))
        atomic_store_explicit(promc__level_word(level), plain_bits(value), memory_order_relaxed);
}

static void write_record(promc__cell *record, uint64_t tag, double amount)
{
    atomic_store_explicit(&record[PROMC__LEVEL_AMOUNT].bits, promc__double_to_bits(amount),
                          memory_order_release);
    atomic_store_explicit(&record[PROMC__LEVEL_TAG].bits, ~tag, memory_order_release);
}

/* The rest return false if another thread has changed the word: try again. */

static bool add_to_plain(promc__numbers *level, uint64_t word, double amount)
{
    return atomic_compare_exchange_strong_explicit(promc__level_word(level), &word,
                                                   plain_bits(promc__bits_to_double(word) + amount),
                                                   memory_order_relaxed, memory_order_relaxed);
}

static bool spread(promc__numbers *level, promc__shard *shard, promc__cell *record, uint64_t word,
                   double amount)
{
    promc__cell *common = common_cells(level);
    uint64_t nobody = 0, tag;
    bool done;

    if (!fresh_tag(shard, &tag) ||
        !atomic_compare_exchange_strong_explicit(&common[GATE].bits, &nobody, CLOSED,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return add_to_plain(level, word, amount);
    atomic_store_explicit(&common[OVERFLOW].bits, 0, memory_order_release);
    write_record(record, tag, promc__bits_to_double(word) + amount);
    done = atomic_compare_exchange_strong_explicit(promc__level_word(level), &word, tag,
                                                   memory_order_release, memory_order_relaxed);
    atomic_fetch_sub_explicit(&common[GATE].bits, CLOSED, memory_order_release);
    return done;
}

static bool add_privately(promc__numbers *level, promc__shard *shard, promc__cell *record,
                          double amount)
{
    uint64_t word = atomic_load_explicit(promc__level_word(level), memory_order_acquire);

    if (!is_tag(word))
        return spread(level, shard, record, word, amount);
    if (atomic_load_explicit(&record[PROMC__LEVEL_TAG].bits, memory_order_relaxed) == ~word)
        promc__cell_add(&record[PROMC__LEVEL_AMOUNT], amount);
    else
        write_record(record, word, amount);
    return true;
}

/* Counts in at the gate. If the word, which it returns, is a tag, the overflow stays that tag's
 * until this is counted out. */
static uint64_t enter_gate(promc__numbers *level)
{
    atomic_fetch_add_explicit(&common_cells(level)[GATE].bits, 1, memory_order_acq_rel);
    return atomic_load_explicit(promc__level_word(level), memory_order_acquire);
}

static void leave_gate(promc__numbers *level)
{
    atomic_fetch_sub_explicit(&common_cells(level)[GATE].bits, 1, memory_order_release);
}

static bool add_to_overflow(promc__numbers *level, double amount)
{
    bool spread_still = is_tag(enter_gate(level));

    if (spread_still)
        promc__atomic_add(&common_cells(level)[OVERFLOW].bits, amount);
    leave_gate(level);
    return spread_still;
}

static bool add_in_common(promc__numbers *level, double amount)
{
    uint64_t word = atomic_load_explicit(promc__level_word(level), memory_order_acquire);

    return is_tag(word) ? add_to_overflow(level, amount) : add_to_plain(level, word, amount);
}

void promc__level_add_slowly(promc__numbers *level, double amount)
{
    promc__section section = promc__enter_slowly();
    promc__cell *record = NULL;
    bool done = !takes_updates(level);

    if (!done && section.usable && attach(level))
        record = promc__make_private_cell(section.usable, level_slot(level));
    while (!done)
        done = record ? add_privately(level, section.usable, record, amount)
                      : add_in_common(level, amount);
    promc__leave_slowly(&section);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Odd while records are folded. */
static _Atomic uintptr_t folds;

struct level_reading {
    uint64_t word;
    double value, size; /* the sum of all amounts, and that of their absolute values */
};

static double number_in(const promc__cell *cell)
{
    return promc__bits_to_double(atomic_load_explicit(&cell->bits, memory_order_acquire));
}

/* NULL: the shard has added nothing since the level got this tag. */
static promc__cell *record_with_tag(const promc__shard *shard, uint32_t slot, uint64_t tag)
{
    promc__cell *record = promc__find_cell(shard, slot);

    return record && atomic_load_explicit(&record[PROMC__LEVEL_TAG].bits, memory_order_acquire) ==
                         ~tag
               ? record
               : NULL;
}

static void add_amount(struct level_reading *reading, double amount)
{
    reading->value += amount;
    reading->size += amount < 0 ? -amount : amount;
}

static void sum_records(promc__numbers *level, struct level_reading *reading)
{
    uint32_t slot = level_slot(level);

    for (promc__shard *shard = atomic_load(&promc__shards); shard; shard = shard->next) {
        const promc__cell *record = record_with_tag(shard, slot, reading->word);

        if (record)
            add_amount(reading, number_in(&record[PROMC__LEVEL_AMOUNT]));
    }
    add_amount(reading, number_in(&common_cells(level)[OVERFLOW]));
}

/* False if the level was set or folded meanwhile. */
static bool read_level(promc__numbers *level, struct level_reading *reading)
{
    uintptr_t before = atomic_load_explicit(&folds, memory_order_acquire);
    uint64_t word = atomic_load_explicit(promc__level_word(level), memory_order_acquire);

    *reading = (struct level_reading){.word = word};
    if (!is_tag(word)) {
        reading->value = promc__bits_to_double(word);
        return true;
    }
    sum_records(level, reading);
    atomic_thread_fence(memory_order_acquire);
    return !(before & 1) && atomic_load_explicit(&folds, memory_order_relaxed) == before &&
           atomic_load_explicit(promc__level_word(level), memory_order_relaxed) == word;
}

static bool try_to_read(promc__numbers *level, struct level_reading *reading)
{
    for (int attempt = 0; attempt < 10; attempt++) {
        if (read_level(level, reading))
            return true;
    }
    return false;
}

/* As many digits may be lost before records are folded: two bits. So a level that is never near
 * zero when it is read is folded too, and what its records lose does not add up. (A fold rounds the
 * sum as a variable would: fractions that cancel out later may leave a last digit, as they do
 * there.) */
#define LOSS 4

static bool needs_folding(const struct level_reading *reading)
{
    double value = reading->value; /* as large as its size if there is one amount alone */

    return reading->size > LOSS * (value < 0 ? -value : value);
}

/* What is in the overflow of this tag, which has none afterwards. */
static double empty_overflow(promc__numbers *level, uint64_t tag)
{
    double amount = 0;

    if (enter_gate(level) == tag)
        amount = promc__bits_to_double(
            atomic_exchange_explicit(&common_cells(level)[OVERFLOW].bits, 0, memory_order_acq_rel));
    leave_gate(level);
    return amount;
}

/* In a snapshot. The tag may be gone by now: then nothing comes of it. Records of threads that
 * began after that stay as they are: they are not its own. */
static void fold_level(promc__numbers *level, uint64_t tag)
{
    uint32_t slot = level_slot(level);
    promc__cell *kept = NULL;
    double sum = 0;

    atomic_fetch_add_explicit(&folds, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (promc__shard *shard = promc__frozen_shards(); shard; shard = shard->next) {
        promc__cell *record = record_with_tag(shard, slot, tag);

        if (!record)
            continue;
        sum += number_in(&record[PROMC__LEVEL_AMOUNT]);
        atomic_store_explicit(&record[PROMC__LEVEL_AMOUNT].bits, 0, memory_order_relaxed);
        kept = record;
    }
    if (kept)
        atomic_store_explicit(&kept[PROMC__LEVEL_AMOUNT].bits,
                              promc__double_to_bits(sum + empty_overflow(level, tag)),
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&folds, 1, memory_order_release);
}

/* In a snapshot hardly anybody spreads a level, so once it was set it stays plain. */
double promc__level_read(promc__numbers *level)
{
    struct level_reading reading;

    if (try_to_read(level, &reading) && needs_folding(&reading))
        fold_level(level, reading.word);
    return reading.value;
}

double promc__level_value(promc__numbers *level)
{
    struct level_reading reading;

    if (!try_to_read(level, &reading)) {
        promc__snapshot_begin();
        reading.value = promc__level_read(level);
        promc__snapshot_end();
    }
    return reading.value;
}
