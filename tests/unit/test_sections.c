/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that loses the processor in the middle of an update is waited for, but not for ever, and
 * not again and again; what others read meanwhile is right, and nothing is taken away from it. */
#include "cells/cells.h"
#include "support.h"

#include <pthread.h>
#include <semaphore.h>

static promc_registry *registry;
static atomic_int pauses;
static void (*real_pause)(uint64_t ns);

static pthread_t thread;
static bool is_running;
static sem_t is_inside, may_leave;

static void count_pause(uint64_t ns)
{
    (void)ns;
    atomic_fetch_add(&pauses, 1);
}

static int set_up(void **state)
{
    (void)state;
    real_pause = promc__os.pause_ns;
    promc__os.pause_ns = count_pause;
    promc_disable_created_series();
    registry = promc_registry_new();
    return registry && sem_init(&is_inside, 0, 0) == 0 && sem_init(&may_leave, 0, 0) == 0 ? 0 : -1;
}

static void *stay_inside(void *arg)
{
    promc__section section = promc__enter_slowly();

    (void)arg;
    sem_post(&is_inside);
    while (sem_wait(&may_leave) != 0)
        ;
    promc__leave_slowly(&section);
    return NULL;
}

static void begin_section(void)
{
    assert_int_equal(pthread_create(&thread, NULL, stay_inside, NULL), 0);
    is_running = true;
    while (sem_wait(&is_inside) != 0)
        ;
}

static void end_section(void)
{
    assert_int_equal(sem_post(&may_leave), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    is_running = false;
}

static int tear_down(void **state)
{
    (void)state;
    if (is_running)
        end_section();
    promc_registry_free(registry);
    promc__os.pause_ns = real_pause;
    return sem_destroy(&is_inside) | sem_destroy(&may_leave);
}

static int pauses_of_a_snapshot(void)
{
    atomic_store(&pauses, 0);
    promc__snapshot_begin();
    promc__snapshot_end();
    return atomic_load(&pauses);
}

/* Of about a millisecond each. */
static void snapshots_wait_once(void **state)
{
    (void)state;

    promc_counter_inc(promc_counter_new("c", "C.", .registry = registry));
    assert_int_equal(pauses_of_a_snapshot(), 0);
    for (int i = 0; i < 2; i++) {
        begin_section();
        assert_in_range(pauses_of_a_snapshot(), 900, 1100);
        assert_int_equal(pauses_of_a_snapshot(), 0);
        assert_int_equal(pauses_of_a_snapshot(), 0);
        end_section();
        assert_int_equal(pauses_of_a_snapshot(), 0);
    }
}

static void *add_a_lot(void *gauge)
{
    promc_gauge_add(gauge, 0x1p53);
    return NULL;
}

/* What the thread is adding may be in the numbers that would be folded: they stay as they are, and as
 * inexact. */
static void nothing_is_folded_meanwhile(void **state)
{
    promc_gauge *g = promc_gauge_new("g", "G.", .registry = registry);
    pthread_t other;
    (void)state;

    promc_gauge_inc(g);
    assert_int_equal(pthread_create(&other, NULL, add_a_lot, g), 0);
    assert_int_equal(pthread_join(other, NULL), 0);
    begin_section();
    promc_gauge_sub(g, 0x1p53);
    promc_gauge_dec(g);
    assert_number(sample(registry, "g", NULL), 0);
    promc_gauge_inc(g);
    promc_gauge_add(g, 0.1);
    assert_number(sample(registry, "g", NULL), 1);
    end_section();
    assert_number(sample(registry, "g", NULL), 1);
    promc_gauge_add(g, 0.1);
    assert_number(sample(registry, "g", NULL), 1.1);
}

/* Makes children, and removes each at once: some hundreds of them are cleaned together. Whether one of
 * them is `removed`. */
static bool is_used_again(promc_counter_family *f, const promc_counter *removed, bool remove)
{
    bool used = false;
    char value[16];

    for (int i = 0; i < 1000; i++) {
        const promc_counter *child;

        snprintf(value, sizeof(value), "%d", i);
        assert_non_null(child = promc_counter_labels(f, value));
        used = used || child == removed;
        if (remove)
            assert_int_equal(promc_counter_family_remove(f, value), PROMC_OK);
    }
    return used;
}

/* It may be one that the thread has found, and is about to update. */
static void no_memory_is_used_again_meanwhile(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new("c", "C.", PROMC_LABELS("l"), .registry = registry);
    const promc_counter *removed = promc_counter_labels(f, "removed");
    (void)state;

    assert_int_equal(promc_counter_family_remove(f, "removed"), PROMC_OK);
    begin_section();
    assert_false(is_used_again(f, removed, true));
    end_section();
    (void)is_used_again(f, removed, true);
    assert_true(is_used_again(f, removed, false));
}

static void resets_do_not_wait_for_ever(void **state)
{
    promc_counter *c = promc_counter_new("c", "C.", .registry = registry);
    (void)state;

    promc_counter_add(c, 5);
    begin_section();
    promc_counter_reset(c);
    assert_number(promc_counter_value(c), 0);
    promc_counter_inc(c);
    end_section();
    assert_number(promc_counter_value(c), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(snapshots_wait_once),
        TEST(nothing_is_folded_meanwhile),
        TEST(no_memory_is_used_again_meanwhile),
        TEST(resets_do_not_wait_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
