/* SPDX-License-Identifier: Apache-2.0 */
#include "limits.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

struct own {
    volatile double sum;
    volatile uint64_t count[16];
};

static _Thread_local struct own own;
static _Atomic uint64_t stored_bits;

static const double bounds[16] = {.005, .01, .025, .05, .075, .1,  .25,  .5,
                                  .75,  1,   2.5,  5,   7.5,  10., 1e99, 1e99};

void limit_add(double amount)
{
    own.sum = own.sum + amount;
}

void limit_store(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    atomic_store_explicit(&stored_bits, bits, memory_order_relaxed);
}

void limit_two_adds(double value)
{
    own.sum = own.sum + value;
    own.count[0] = own.count[0] + 1;
}

void limit_histogram(double value)
{
    typedef double two_doubles __attribute__((vector_size(16)));
    typedef int64_t two_counts __attribute__((vector_size(16)));
    two_doubles values = {value, value}, pair;
    two_counts below = {0, 0};

    for (int i = 0; i < 16; i += 2) {
        memcpy(&pair, bounds + i, sizeof(pair));
        below += pair < values;
    }
    own.sum = own.sum + value;
    own.count[-(below[0] + below[1])] += 1;
}

uint64_t limit_hash(const char *const *values, const char *stored, size_t count)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(values[i]);

        for (size_t at = 0; at < size; at += 8) {
            uint64_t word = 0;

            memcpy(&word, values[i] + at, size - at < 8 ? size - at : 8);
            hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
            hash ^= hash >> 32;
        }
        if (memcmp(values[i], stored, size) != 0)
            return 0;
        stored += size;
    }
    return hash;
}

void limit_clock(void)
{
    struct timespec begin, end;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    clock_gettime(CLOCK_MONOTONIC, &end);
    own.sum = own.sum + (double)(end.tv_nsec - begin.tv_nsec);
}
