/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The torture: a scenario is played with the n-th allocation refused, and with all from the n-th on,
 * for every n it has. Nothing may crash, leak, be reported as anything but out of memory, or touch
 * other metrics; and the same scenario succeeds right afterwards.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include "support.h"
#include "refusing.h"

/* Plays it once in a registry of its own; PROMC_OK or a negative code. */
typedef int torture_scenario(promc_registry *own);

struct torture {
    const char *name;
    torture_scenario *run;
};
#define SCENARIO(run)                                                                              \
    {                                                                                              \
        #run, run                                                                                  \
    }

/* ---- what scenarios are written with: each has an `int code` and ends at `out` ---------------- */

#define TRY_CODE(call)                                                                             \
    do {                                                                                           \
        if ((code = (call)) < 0)                                                                   \
            goto out;                                                                              \
    } while (0)
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            code = promc_last_error()->code;                                                       \
            goto out;                                                                              \
        }                                                                                          \
    } while (0)

/* What is not to be tortured: refusals wait, and n counts on from where it was. */
static long paused_at, paused_allocations;

static inline void pause_refusals(void)
{
    paused_at = atomic_exchange(&refuse_at, 0);
    paused_allocations = atomic_load(&allocations);
}

static inline void resume_refusals(void)
{
    atomic_store(&allocations, paused_allocations);
    atomic_store(&refuse_at, paused_at);
}

#define CALMLY(...)                                                                                \
    do {                                                                                           \
        pause_refusals();                                                                          \
        __VA_ARGS__;                                                                               \
        resume_refusals();                                                                         \
    } while (0)

/* ---- metrics that must not notice -------------------------------------------------------------- */

static promc_registry *earlier;
static promc_text earlier_text;
static promc_counter *failures;

/* Hosts may count failures, whatever the library is holding while it fails. */
static void count_failure(const promc_error *error, void *arg)
{
    (void)error, (void)arg;
    promc_counter_inc(failures);
}

static int define_earlier(void **state)
{
    promc_counter_family *f;

    (void)state;
    script_clocks();
    earlier = promc_registry_new();
    f = promc_counter_family_new("earlier", "E.", PROMC_LABELS("l"), .registry = earlier);
    promc_counter_add(promc_counter_labels(f, "a"), 1.5);
    promc_counter_inc(promc_counter_labels(f, "b"));
    promc_histogram_observe(promc_histogram_new("earlier_h", "H.", .registry = earlier), 1);
    promc_info_set(promc_info_new("earlier_i", "I.", .registry = earlier),
                   PROMC_PAIRS({"a", "b"}));
    failures = promc_counter_new("failures", "F.", .registry = PROMC_UNREGISTERED);
    promc_counter_inc(failures);
    promc_set_error_handler(count_failure, NULL);
    return promc_generate_latest(earlier, &earlier_text);
}

static int free_earlier(void **state)
{
    (void)state;
    promc_set_error_handler(NULL, NULL);
    assert_true(promc_counter_value(failures) > 1);
    promc_counter_free(failures);
    promc_text_free(&earlier_text);
    promc_registry_free(earlier);
    return 0;
}

/* ---- the torture ------------------------------------------------------------------------------- */

static int play(torture_scenario *run)
{
    promc_registry *own = promc_registry_new();
    int code;

    if (!own)
        return promc_last_error()->code;
    code = run(own);
    disarm();
    promc_registry_free(own);
    return code;
}

static void assert_no_leak(torture_scenario *run, long n, bool from, long *baseline)
{
    long before = atomic_load(&live_blocks);

    if (before <= *baseline)
        return;
    /* What was made once and for all may stay; what leaks grows again. */
    for (int i = 0; i < 3; i++) {
        arm(n, from);
        (void)play(run);
        disarm();
    }
    if (atomic_load(&live_blocks) > before)
        fail_msg("allocation %ld%s refused: %ld blocks leaked", n, from ? " and later" : "",
                 atomic_load(&live_blocks) - before);
    *baseline = atomic_load(&live_blocks);
}

static void assert_out_of_memory(int code, long n, bool from)
{
    if (code == PROMC_OK)
        return;
    if (code != PROMC_ERROR_NO_MEMORY)
        fail_msg("allocation %ld%s refused: %d, %s", n, from ? " and later" : "", code,
                 promc_last_error()->message);
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_NO_MEMORY);
    assert_true(*promc_last_error()->message);
}

static void torture(torture_scenario *run)
{
    long baseline;

    for (int i = 0; i < 3; i++)
        assert_int_equal(play(run), PROMC_OK);
    baseline = atomic_load(&live_blocks);
    for (int from = 0; from < 2; from++) {
        for (long n = 1;; n++) {
            int code;

            assert_true(n < 100000);
            arm(n, from != 0);
            code = play(run);
            disarm();
            if (!atomic_load(&refused))
                break;
            assert_out_of_memory(code, n, from != 0);
            assert_no_leak(run, n, from != 0, &baseline);
            assert_exposed(earlier, earlier_text.data);
            assert_int_equal(play(run), PROMC_OK);
        }
    }
}

static void torture_test(void **state)
{
    const struct torture *scenario = *state;

    torture(scenario->run);
}

/* Argument: the one scenario that is wanted; default all. */
static int torture_all(const struct torture *scenarios, size_t count, int argc, char **argv)
{
    struct CMUnitTest tests[64];
    size_t wanted = 0;

    for (size_t i = 0; i < count && wanted < COUNT(tests); i++)
        if (argc < 2 || strcmp(argv[1], scenarios[i].name) == 0)
            tests[wanted++] = (struct CMUnitTest){.name = scenarios[i].name,
                                                  .test_func = torture_test,
                                                  .initial_state = (void *)(uintptr_t)&scenarios[i]};
    return _cmocka_run_group_tests("torture", tests, wanted, define_earlier, free_earlier);
}

#define TORTURE_MAIN(scenarios)                                                                    \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        if (promc_set_allocator(&refusing) != PROMC_OK)                                            \
            return 1;                                                                              \
        return torture_all(scenarios, COUNT(scenarios), argc, argv);                               \
    }                                                                                              \
    struct semicolon

#endif
