/* SPDX-License-Identifier: Apache-2.0 */
/* The hash of label values: it spreads, every byte counts, and sizes do not cancel out. Its seeds
 * come from chance. */
#include "support.h"

#include "base/hash.h"
#include "base/os.h"
#include "exposition/prints.h"
#include "forks.h"
#include "metrics/family.h"
#include "registry/registry.h"

#include <sys/wait.h>
#include <unistd.h>

#define SEED 0x0123456789ABCDEFu

/* Every bit of every byte, at every length around the steps of the loop, changes the hash. */
static void every_bit_counts(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 70; size++) {
        char value[71];
        uint64_t hash;

        memset(value, 'x', sizeof(value));
        hash = promc__hash_value(SEED, value, size);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            value[bit / 8] = (char)(value[bit / 8] ^ 1 << bit % 8);
            assert_int_not_equal(promc__hash_value(SEED, value, size), hash);
            value[bit / 8] = 'x';
        }
        assert_int_not_equal(promc__hash_value(SEED, value, size + 1), hash);
        assert_int_not_equal(promc__hash_value(SEED + 1, value, size), hash);
    }
}

/* 16 bytes and 15 that differ, in the first or the last word that is read of them, by what their
 * sizes are multiplied with: whoever knows the constants, but not the seed, could write both. */
static void sizes_do_not_cancel_out(void **state)
{
    const uint64_t apart = 16 * PROMC__HASH_PRIME ^ 15 * PROMC__HASH_PRIME;
    (void)state;

    for (uint64_t seed = 1; seed < 10000; seed++) {
        uint64_t word = seed * 0xBF58476D1CE4E5B9u, changed = word ^ apart;
        char longer[16] = "first...second..", shorter[15];

        memcpy(longer, &word, 8);
        memcpy(shorter + 7, longer + 8, 8);
        memcpy(shorter, &changed, 8);
        longer[8] = shorter[7];
        assert_int_not_equal(promc__hash_value(seed, longer, 16),
                             promc__hash_value(seed, shorter, 15));
        memcpy(longer + 8, &word, 8);
        memcpy(shorter, longer, 7);
        memcpy(shorter + 7, &changed, 8);
        longer[7] = shorter[7];
        assert_int_not_equal(promc__hash_value(seed, longer, 16),
                             promc__hash_value(seed, shorter, 15));
    }
}

/* Numbered names fall into `buckets` places about as evenly as random ones do: chi-squared is
 * within six standard deviations of what is expected. */
static void check_spread(const char *format, size_t buckets, unsigned shift)
{
    enum { NAMES = 65536 };
    unsigned *counts = calloc(buckets, sizeof(*counts));
    double expected = (double)NAMES / (double)buckets, sum = 0, excess;

    assert_non_null(counts);
    for (unsigned i = 0; i < NAMES; i++) {
        char name[64];
        int size = snprintf(name, sizeof(name), format, i);
        uint64_t hash = promc__hash_value(SEED, name, (size_t)size);

        counts[(uint32_t)(hash ^ hash >> 32) >> shift & (buckets - 1)]++;
    }
    for (size_t i = 0; i < buckets; i++)
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    free(counts);
    excess = sum - (double)(buckets - 1);
    assert_true(excess * excess < 36 * 2 * (double)(buckets - 1));
}

static void numbered_names_are_spread(void **state)
{
    static const char *const formats[] = {"%u", "%05u", "/api/v1/users/item-%07u",
                                          "%u-and-a-long-tail-of-text"};
    (void)state;

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        check_spread(formats[i], 16, 0); /* the place in a table */
        check_spread(formats[i], 8192, 0);
        check_spread(formats[i], 8, 29); /* the tag of an entry */
    }
}

/* ---- seeds ----------------------------------------------------------------------------------- */

static uint64_t chance_is; /* 0: there is none */
static uint64_t clock_is;
static int asked;

static bool give_chance(void *data, size_t size)
{
    asked++;
    memset(data, 0, size);
    memcpy(data, &chance_is, sizeof(chance_is));
    return chance_is != 0;
}

static uint64_t give_time(void)
{
    return clock_is;
}

/* The third seed of a process that has no other one yet, and where the system is like this. */
static uint64_t third_seed(uint64_t chance, uint64_t now)
{
    uint64_t seed = 0;
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        promc__os.random_bytes = give_chance;
        promc__os.monotonic_ns = give_time;
        chance_is = chance;
        clock_is = now;
        (void)promc__new_seed();
        (void)promc__new_seed();
        seed = promc__new_seed();
        _exit(asked == 1 && write(ends[1], &seed, sizeof(seed)) == sizeof(seed) ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &seed, sizeof(seed)), sizeof(seed));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
    return seed;
}

static void seeds_come_from_chance_asked_for_once(void **state)
{
    (void)state;
    skip_without_forks();
    assert_int_equal(third_seed(1, 1), third_seed(1, 2));
    assert_int_not_equal(third_seed(1, 1), third_seed(2, 1));
    assert_int_not_equal(third_seed(1, 1), third_seed((uint64_t)1 << 63, 1));
    assert_int_not_equal(third_seed(0, 1), third_seed(0, 2)); /* a clock is better than nothing */
}

static uint64_t seed_of(promc_counter_family *family)
{
    const promc_counter *counter = promc_counter_labels(family, "x");

    assert_non_null(counter);
    return ((const promc__child *)(const void *)counter)->family->seed;
}

/* Whoever finds out what collides in one table knows nothing of another. */
static void tables_have_their_own_seeds(void **state)
{
    promc_registry *one = promc_registry_new(), *other = promc_registry_new();
    promc__print_seed print = promc__print_new_seed(), another = promc__print_new_seed();
    uint64_t seeds[8];
    (void)state;

    assert_true(one && other);
    seeds[0] = seed_of(promc_counter_family_new("a", "", PROMC_LABELS("l"), .registry = one));
    seeds[1] = seed_of(promc_counter_family_new("b", "", PROMC_LABELS("l"), .registry = one));
    seeds[2] = seed_of(promc_counter_family_new("a", "", PROMC_LABELS("l"), .registry = other));
    seeds[3] = one->index.seed;
    seeds[4] = other->index.seed;
    seeds[5] = print.state.a;
    seeds[6] = print.state.b;
    seeds[7] = another.state.a;
    for (size_t i = 0; i < promc__count_of(seeds); i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(seeds[i], seeds[j]);
    }
    promc_registry_free(one);
    promc_registry_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_come_from_chance_asked_for_once), /* before there are any */
        cmocka_unit_test(tables_have_their_own_seeds),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(sizes_do_not_cancel_out),
        cmocka_unit_test(numbered_names_are_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
