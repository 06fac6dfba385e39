/* SPDX-License-Identifier: Apache-2.0 */
/* What unit tests of metrics, registries and exposition have in common. */
#ifndef PROMC_TESTS_SUPPORT_H
#define PROMC_TESTS_SUPPORT_H

#include "base/os.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <promc/promc.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One that begins and ends for this. */
static inline void in_a_thread(void *(*run)(void *), void *arg)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run, arg), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- clocks that stand still ----------------------------------------------------------------- */

static double test_unix_time = 123.456;
static uint64_t test_monotonic_ns = 1000000000;

static double scripted_unix_time(void)
{
    return test_unix_time;
}

static uint64_t scripted_monotonic_ns(void)
{
    return test_monotonic_ns;
}

static inline void script_clocks(void)
{
    test_unix_time = 123.456;
    test_monotonic_ns = 1000000000;
    promc__os.unix_time = scripted_unix_time;
    promc__os.monotonic_ns = scripted_monotonic_ns;
    promc__os.monotonic_coarse_ns = scripted_monotonic_ns;
}

/* ---- what is exposed ------------------------------------------------------------------------- */

/* NaN equals NaN; 0 does not equal -0. */
#define assert_number(actual, expected)                                                            \
    assert_number_at((actual), (expected), #actual, __FILE__, __LINE__)
static inline void assert_number_at(double actual, double expected, const char *what,
                                    const char *file, int line)
{
    if ((actual != actual && expected != expected) ||
        (actual == expected && 1 / (actual == 0 ? actual : 1) == 1 / (expected == 0 ? expected : 1)))
        return;
    print_error("%s is %.17g, not %.17g\n", what, actual, expected);
    _fail(file, line);
}

/* The whole text 0.0.4 of a registry. */
#define assert_exposed(registry, expected)                                                         \
    assert_exposed_at((registry), (expected), __FILE__, __LINE__)
static inline void assert_exposed_at(promc_registry *registry, const char *expected,
                                     const char *file, int line)
{
    promc_text text = {NULL, 77};

    if (promc_generate_latest(registry, &text) != PROMC_OK) {
        print_error("%s\n", promc_last_error()->message);
        _fail(file, line);
    }
    if (strcmp(text.data, expected) != 0 || text.size != strlen(expected)) {
        print_error("exposed:\n%s(end)\nexpected:\n%s(end)\n", text.data, expected);
        promc_text_free(&text);
        _fail(file, line);
    }
    promc_text_free(&text);
}

/* Whether the text has this piece. */
static inline bool exposes(promc_registry *registry, const char *piece)
{
    promc_text text;
    bool found;

    if (promc_generate_latest(registry, &text) != PROMC_OK)
        return false;
    found = strstr(text.data, piece) != NULL;
    promc_text_free(&text);
    return found;
}

/* The value of a sample that must be there. */
static inline double sample(promc_registry *registry, const char *name, const promc_label *labels)
{
    double value = -77;
    int code = promc_registry_get_sample_value(registry, name, labels, &value);

    if (code != PROMC_OK)
        print_error("%s: %s\n", name, promc_error_string(code));
    assert_int_equal(code, PROMC_OK);
    return value;
}

static inline bool has_sample(promc_registry *registry, const char *name, const promc_label *labels)
{
    double value;
    int code = promc_registry_get_sample_value(registry, name, labels, &value);

    assert_true(code == PROMC_OK || code == PROMC_ERROR_NOT_FOUND);
    return code == PROMC_OK;
}

/* The last failure had this code, and its message has this piece. */
#define assert_last_error(code_, piece) assert_last_error_at((code_), (piece), __FILE__, __LINE__)
static inline void assert_last_error_at(int code, const char *piece, const char *file, int line)
{
    const promc_error *error = promc_last_error();

    if (error->code == code && strstr(error->message, piece))
        return;
    print_error("the last error is %d, \"%s\"; expected %d, \"%s\"\n", error->code, error->message,
                code, piece);
    _fail(file, line);
}

#endif
