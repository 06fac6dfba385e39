/* SPDX-License-Identifier: Apache-2.0 */
/* The very first use of the library without memory: each time in a fresh process. */
#include "torture/torture.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static int default_registry(promc_registry *own)
{
    promc_gauge *g = promc_gauge_new("in_the_default_registry", "");

    (void)own;
    if (!g)
        return promc_last_error()->code;
    promc_gauge_free(g);
    return PROMC_OK;
}

static int children(promc_registry *own)
{
    int code = PROMC_OK;
    promc_counter_family *f;
    promc_histogram_family *h;
    promc_summary *s;
    promc_gauge *g;

    TRY(f = promc_counter_family_new("c", "C.", PROMC_LABELS("x"), .registry = own));
    TRY(promc_counter_labels(f, "1"));
    promc_counter_inc(promc_counter_labels(f, "1"));
    TRY(h = promc_histogram_family_new("h", "H.", PROMC_LABELS("x"), .registry = own));
    TRY(promc_histogram_labels(h, "1"));
    promc_histogram_observe_exemplar(promc_histogram_labels(h, "1"), 2,
                                     PROMC_PAIRS({"trace", "1"}));
    TRY(g = promc_gauge_new("g", "G.", .registry = own));
    promc_gauge_inc(g);
    TRY(s = promc_summary_new("s", "S.", .registry = own, .quantiles = PROMC_QUANTILES(0.5),
                              .quantile_window = 60));
    promc_summary_observe(s, 1);
    if (promc_gauge_value(g) != 1 || promc_counter_value(promc_counter_labels(f, "1")) != 1)
        code = PROMC_ERROR_STATE;
out:
    return code;
}

static int scrape(promc_registry *own)
{
    promc_text text;
    int code = promc_generate_latest(NULL, &text);

    (void)own;
    if (code == PROMC_OK)
        promc_text_free(&text);
    return code;
}

/* A plain exit status, because an assertion cannot leave the process. */
static int first_use(torture_scenario *run, long n, bool from)
{
    promc_text text;
    int code;

    arm(n, from);
    code = play(run);
    disarm();
    if (!atomic_load(&refused))
        return 2;
    if (code != PROMC_OK && code != PROMC_ERROR_NO_MEMORY)
        return 10 - code; /* a name for each */
    if (play(run) != PROMC_OK)
        return 4;
    if (promc_generate_latest(NULL, &text) != PROMC_OK)
        return 5;
    /* A standard collector that could not be registered is the registry's first error. */
    code = strstr(text.data, "c_info{") && strstr(text.data, "process_start_time_seconds ") ? 0 : 6;
    if (code && promc_registry_first_error(NULL, NULL) != PROMC_OK)
        code = 0;
    promc_text_free(&text);
    return code;
}

static void every_first_use(torture_scenario *run)
{
    for (int from = 0; from < 2; from++) {
        int status = 0;

        for (long n = 1; status == 0; n++) {
            pid_t pid = fork();

            assert_true(pid >= 0);
            if (pid == 0)
                _exit(first_use(run, n, from != 0));
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_true(WIFEXITED(status));
            if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 2)
                print_error("allocation %ld%s refused: %d\n", n, from ? " and later" : "",
                            WEXITSTATUS(status));
            assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2);
        }
    }
}

static void of_the_default_registry(void **state)
{
    (void)state;
    every_first_use(default_registry);
}

static void of_children(void **state)
{
    (void)state;
    every_first_use(children);
}

static void of_a_scrape(void **state)
{
    (void)state;
    every_first_use(scrape);
}

/* Others have taken all keys, of which the library wants one to learn of the ends of threads. */
static int without_keys(void)
{
    pthread_key_t key;
    int count = 0;

    while (count < 1 << 20 && pthread_key_create(&key, NULL) == 0)
        count++;
    return play(children);
}

static void of_a_process_without_keys(void **state)
{
    pid_t pid = fork();
    int status = 0;
    (void)state;

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(-without_keys());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_default_registry),
        cmocka_unit_test(of_children),
        cmocka_unit_test(of_a_scrape),
        cmocka_unit_test(of_a_process_without_keys),
    };

    (void)define_earlier, (void)free_earlier, (void)torture_all;
    if (promc_set_allocator(&refusing) != PROMC_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
