/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared cells of a child: where updates go that cannot use private cells. One cell is an atomic
 * double. With more cells an update has two parts, and a snapshot must see both or none: there are
 * two banks, and the algorithm is the one of client_golang's histogram ("Lock-free Observations",
 * B. Rabenstein, PromCon 2018):
 *
 *   A writer takes a number at the gate, whose top bit tells the hot bank, updates that bank and
 *   counts itself finished there. A reader flips the bit; from then on the old bank only waits for
 *   the writers that entered it. It reads it, adds it to the now hot bank, and leaves it zeroed. So
 *   all data is in the hot bank between reads.
 *
 * A writer may lose the processor in the middle for so long that the reader goes on without it. Then
 * the flip stays half done: reads add up both banks, inexact by that update, until the writer is
 * back. At a flip the number of writers so far moves from one finished word to the other, so the
 * cold one is at zero when its bank is at rest, whichever read finds out.
 */
#include "cells/cells.h"

#include "base/os.h"

#define HOT_BIT ((uint64_t)1 << 63)
#define PENDING_BIT ((uint64_t)1 << 62) /* the cold bank still waits for a writer */
#define STARTED_MASK (PENDING_BIT - 1)

static _Atomic uint64_t *gate_of(promc__numbers *numbers)
{
    return &promc__shared(numbers)[0];
}

static _Atomic uint64_t *finished_of(promc__numbers *numbers, unsigned bank)
{
    return &promc__shared(numbers)[1 + bank];
}

static _Atomic uint64_t *bank_of(promc__numbers *numbers, uint32_t cells, unsigned bank)
{
    return &promc__shared(numbers)[3 + (size_t)bank * cells];
}

void promc__atomic_add(_Atomic uint64_t *cell, double amount)
{
    uint64_t old = atomic_load_explicit(cell, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(
        cell, &old, promc__double_to_bits(promc__bits_to_double(old) + amount),
        memory_order_relaxed, memory_order_relaxed))
        ;
}

void promc__shared_update(promc__numbers *numbers, uint32_t cells, double sum, uint32_t offset,
                          uint32_t also, uint64_t count)
{
    unsigned bank;

    if (cells == 1) {
        promc__atomic_add(&promc__shared(numbers)[0], sum);
        return;
    }
    bank = (atomic_fetch_add_explicit(gate_of(numbers), 1, memory_order_acq_rel) & HOT_BIT) != 0;
    promc__atomic_add(&bank_of(numbers, cells, bank)[0], sum);
    if (offset)
        atomic_fetch_add_explicit(&bank_of(numbers, cells, bank)[offset], count,
                                  memory_order_relaxed);
    if (also)
        atomic_fetch_add_explicit(&bank_of(numbers, cells, bank)[also], count,
                                  memory_order_relaxed);
    atomic_fetch_add_explicit(finished_of(numbers, bank), 1, memory_order_release);
}

static double sum_in_bank(promc__numbers *numbers, uint32_t cells, unsigned bank)
{
    return promc__bits_to_double(
        atomic_load_explicit(&bank_of(numbers, cells, bank)[0], memory_order_relaxed));
}

/* Both banks as they are: inexact by the updates that are in the middle. */
static void read_both_banks(promc__numbers *numbers, uint32_t cells, uint64_t *values)
{
    values[0] =
        promc__double_to_bits(sum_in_bank(numbers, cells, 0) + sum_in_bank(numbers, cells, 1));
    for (uint32_t i = 1; i < cells; i++)
        values[i] = atomic_load_explicit(&bank_of(numbers, cells, 0)[i], memory_order_relaxed) +
                    atomic_load_explicit(&bank_of(numbers, cells, 1)[i], memory_order_relaxed);
}

/* Most writers are through at once; one that lost the processor gets about a second to come back,
 * but only in the read that flipped. */
static bool wait_for_writers(promc__numbers *numbers, unsigned cold, bool patiently)
{
    for (int attempt = 0; attempt < (patiently ? 1100 : 100); attempt++) {
        if (atomic_load_explicit(finished_of(numbers, cold), memory_order_acquire) == 0)
            return true;
        if (attempt >= 100)
            promc__os.pause_ns(1000000);
    }
    return false;
}

/* Makes the other bank hot. Returns the one that is cold now. */
static unsigned flip_banks(promc__numbers *numbers)
{
    uint64_t gate = atomic_fetch_xor_explicit(gate_of(numbers), HOT_BIT, memory_order_acq_rel);
    uint64_t started = gate & STARTED_MASK;
    unsigned cold = (gate & HOT_BIT) != 0;

    atomic_fetch_add_explicit(finished_of(numbers, !cold), started, memory_order_relaxed);
    atomic_fetch_sub_explicit(finished_of(numbers, cold), started, memory_order_relaxed);
    return cold;
}

/* Moves the cold bank's numbers to `values` and to the hot bank. */
static void drain_bank(promc__numbers *numbers, uint32_t cells, unsigned cold, uint64_t *values)
{
    _Atomic uint64_t *from = bank_of(numbers, cells, cold), *to = bank_of(numbers, cells, !cold);

    values[0] = atomic_load_explicit(&from[0], memory_order_relaxed);
    atomic_store_explicit(&from[0], 0, memory_order_relaxed);
    promc__atomic_add(&to[0], promc__bits_to_double(values[0]));
    for (uint32_t i = 1; i < cells; i++) {
        values[i] = atomic_load_explicit(&from[i], memory_order_relaxed);
        atomic_store_explicit(&from[i], 0, memory_order_relaxed);
        atomic_fetch_add_explicit(&to[i], values[i], memory_order_relaxed);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): once, as nothing is pending then */
void promc__shared_read(promc__numbers *numbers, uint32_t cells, uint64_t *values)
{
    uint64_t gate;
    bool pending;
    unsigned cold;

    if (cells == 1) {
        values[0] = atomic_load_explicit(&promc__shared(numbers)[0], memory_order_relaxed);
        return;
    }
    gate = atomic_load_explicit(gate_of(numbers), memory_order_relaxed);
    if ((gate & STARTED_MASK) == 0) { /* never used */
        for (uint32_t i = 0; i < cells; i++) /* quicker than memset() of so few */
            values[i] = 0;
        return;
    }
    pending = (gate & PENDING_BIT) != 0;
    cold = pending ? !(gate & HOT_BIT) : flip_banks(numbers);
    if (!wait_for_writers(numbers, cold, !pending)) {
        atomic_fetch_or_explicit(gate_of(numbers), PENDING_BIT, memory_order_relaxed);
        read_both_banks(numbers, cells, values);
        return;
    }
    drain_bank(numbers, cells, cold, values);
    if (pending) {
        atomic_fetch_and_explicit(gate_of(numbers), ~PENDING_BIT, memory_order_relaxed);
        promc__shared_read(numbers, cells, values);
    }
}
