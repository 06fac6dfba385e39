/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts kept firing, sent to a server of our own that remembers what came. */
#include "alerts/rfc3339.h"
#include "delivery/pusher.h"
#include "support.h"

#include "forks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WATCHED = 4, PATIENCE_S = 20 };

/* What the server has seen of the alerts named "a", "b", ... */
static struct seen {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t requests, largest;
    bool refuse;           /* everything, */
    bool refuse_a;         /* or requests with the alert "a" */
    size_t count[WATCHED]; /* how often */
    int status[WATCHED];
    struct timespec starts_at[WATCHED], ends_at[WATCHED];
    char summary[WATCHED][32];
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int on_alerts(const promc_alert *alerts, size_t count, void *arg)
{
    bool has_a = false;
    int answer;
    (void)arg;

    pthread_mutex_lock(&seen.lock);
    seen.requests++;
    if (count > seen.largest)
        seen.largest = count;
    for (size_t i = 0; i < count; i++) {
        int which = promc_label_value(alerts[i].labels, "alertname")[0] - 'a';
        const char *summary = promc_label_value(alerts[i].annotations, "summary");

        if (which < 0 || which >= WATCHED)
            continue;
        seen.count[which]++;
        has_a |= which == 0;
        seen.status[which] = alerts[i].status;
        seen.starts_at[which] = alerts[i].starts_at;
        seen.ends_at[which] = alerts[i].ends_at;
        snprintf(seen.summary[which], sizeof(seen.summary[which]), "%s", summary ? summary : "");
    }
    answer = seen.refuse || (seen.refuse_a && has_a) ? -1 : 0;
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.lock);
    return answer;
}

/* Waits until the alert has come so often; returns its last status. */
static int wait_for(int which, size_t count)
{
    struct timespec end;
    int status, error = 0;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&seen.lock);
    while (seen.count[which] < count && !error)
        error = pthread_cond_timedwait(&seen.changed, &seen.lock, &end);
    status = seen.status[which];
    pthread_mutex_unlock(&seen.lock);
    assert_int_equal(error, 0);
    return status;
}

/* Waits until the alert has last come with that status. It may come more often than needed: what
 * was in a regular pass is repeated when the news of it arrives. */
static void wait_for_status(int which, int status)
{
    for (size_t count = 1; wait_for(which, count) != status;) {
        pthread_mutex_lock(&seen.lock);
        count = seen.count[which] + (seen.status[which] != status);
        pthread_mutex_unlock(&seen.lock);
    }
}

static struct seen look(void)
{
    struct seen copy;

    pthread_mutex_lock(&seen.lock);
    copy = seen;
    pthread_mutex_unlock(&seen.lock);
    return copy;
}

static promc_http_server *server;
static char url[64];

static int set_up(void **state)
{
    (void)state;
    seen.requests = seen.largest = 0;
    seen.refuse = seen.refuse_a = false;
    memset(seen.count, 0, sizeof(seen.count));
    server = promc_start_http_server(0, .address = "127.0.0.1");
    if (!server || promc_http_server_on_alerts(server, "/api/v2/alerts", on_alerts, NULL) != 0)
        return -1;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", promc_http_server_port(server));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    promc_http_server_stop(server);
    return 0;
}

static promc_alert named(const promc_label *labels, const promc_label *annotations)
{
    return (promc_alert){.labels = labels, .annotations = annotations};
}

static long seconds_between(struct timespec a, struct timespec b)
{
    return (long)(b.tv_sec - a.tv_sec);
}

static void an_alert_fires_until_it_is_resolved(void **state)
{
    promc_alert_keeper *keeper = promc_alert_keeper_start(url, .interval = 100);
    promc_alert alert = named(PROMC_PAIRS({"alertname", "a"}, {"z", "1"}), NULL);
    struct timespec started;
    promc_error error;
    (void)state;

    assert_non_null(keeper);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    wait_for_status(0, PROMC_ALERT_FIRING); /* at once, not after the interval */
    assert_in_range(seconds_between(promc__time_now(), look().ends_at[0]), 370, 400);
    started = look().starts_at[0];
    assert_in_range(seconds_between(started, promc__time_now()), 0, 30);
    /* Nothing new: other annotations, another order, an empty label. */
    alert = named(PROMC_PAIRS({"z", "1"}, {"e", ""}, {"alertname", "a"}),
                  PROMC_PAIRS({"summary", "later"}));
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    assert_int_equal(promc_alert_keeper_resolve(keeper, alert.labels), PROMC_OK);
    wait_for_status(0, PROMC_ALERT_RESOLVED);
    assert_string_equal(look().summary[0], "later");
    assert_int_equal(promc__time_compare(look().starts_at[0], started), 0);
    assert_int_equal(promc_alert_keeper_resolve(keeper, alert.labels), PROMC_OK);
    assert_int_equal(promc_alert_keeper_resolve(keeper, PROMC_PAIRS({"alertname", "b"})), PROMC_OK);
    /* Anew: it starts now. */
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    wait_for_status(0, PROMC_ALERT_FIRING);
    assert_true(promc__time_compare(look().starts_at[0], started) > 0);
    assert_int_equal(promc_alert_keeper_error(keeper, &error), PROMC_OK);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
    assert_int_equal(look().status[0], PROMC_ALERT_FIRING); /* stopping has not resolved it */
    assert_int_equal(look().count[1], 0);
    assert_in_range(look().requests, 4, 8);
}

static void alerts_are_repeated_in_batches(void **state)
{
    promc_alert_keeper *keeper = promc_alert_keeper_start(url, .interval = 0.05);
    (void)state;

    assert_non_null(keeper);
    for (int i = 0; i < 300; i++) {
        char number[16];
        promc_label labels[] = {{"alertname", i ? "many" : "b"}, {"number", number}, {NULL, NULL}};
        promc_alert alert = named(labels, NULL);

        snprintf(number, sizeof(number), "%d", i);
        assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    }
    assert_int_equal(wait_for(1, 4), PROMC_ALERT_FIRING);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
    assert_int_equal(look().largest, 256);
}

/* Those of other requests arrive. */
static void a_refused_batch_keeps_nothing_back(void **state)
{
    promc_alert_keeper *keeper;
    size_t count;
    (void)state;

    seen.refuse_a = true; /* nobody asks yet */
    keeper = promc_alert_keeper_start(url, .interval = 0.05);
    assert_non_null(keeper);
    for (int i = 0; i < 300; i++) {
        char number[16];
        const char *name = i == 0 ? "a" : i == 299 ? "b" : "many";
        promc_label labels[] = {{"alertname", name}, {"number", number}, {NULL, NULL}};
        promc_alert alert = named(labels, NULL);

        snprintf(number, sizeof(number), "%d", i);
        assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    }
    assert_int_equal(wait_for(1, 1), PROMC_ALERT_FIRING);
    /* What was refused is not forgotten because the next request of the same pass arrives. */
    assert_int_equal(
        promc_alert_keeper_resolve(keeper, PROMC_PAIRS({"alertname", "a"}, {"number", "0"})),
        PROMC_OK);
    wait_for_status(0, PROMC_ALERT_RESOLVED);
    count = look().count[0];
    assert_int_equal(wait_for(0, count + 2), PROMC_ALERT_RESOLVED);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_ERROR_REFUSED);
}

/* Seconds by which the wall clock is ahead. */
static atomic_int ahead;

static double shifted_unix_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9 + atomic_load(&ahead);
}

static void what_nobody_took_is_forgotten_at_last(void **state)
{
    double (*real_unix_time)(void) = promc__os.unix_time;
    promc_alert_keeper *keeper;
    promc_alert alert = named(PROMC_PAIRS({"alertname", "a"}), NULL);
    promc_alert other = named(PROMC_PAIRS({"alertname", "b"}), NULL);
    size_t count;
    (void)state;

    promc_http_server_stop(server);
    promc__os.unix_time = shifted_unix_time; /* while there is no thread to ask */
    assert_int_equal(set_up(NULL), 0);
    seen.refuse_a = true; /* nobody asks yet */
    keeper = promc_alert_keeper_start(url, .interval = 0.02);
    assert_non_null(keeper);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    assert_int_equal(promc_alert_keeper_resolve(keeper, alert.labels), PROMC_OK);
    wait_for_status(0, PROMC_ALERT_RESOLVED);
    atomic_store(&ahead, 3600);
    assert_int_equal(promc_alert_keeper_fire(keeper, &other), PROMC_OK);
    wait_for(1, 1);
    count = look().count[0];
    wait_for(1, look().count[1] + 3);
    assert_true(look().count[0] <= count + 1);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
    promc_http_server_stop(server);
    promc__os.unix_time = real_unix_time;
    assert_int_equal(set_up(NULL), 0);
}

/* An end is never before the start, also of what starts tomorrow. */
static void an_alert_may_start_later(void **state)
{
    promc_alert_keeper *keeper = promc_alert_keeper_start(url, .interval = 100);
    promc_alert alert = named(PROMC_PAIRS({"alertname", "a"}), NULL);
    (void)state;

    assert_non_null(keeper);
    alert.starts_at = promc__time_later(promc__time_now(), 86400);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    wait_for(0, 1);
    assert_int_equal(promc__time_compare(look().starts_at[0], alert.starts_at), 0);
    assert_int_equal(promc__time_compare(look().ends_at[0], alert.starts_at), 0);
    assert_int_equal(promc_alert_keeper_resolve(keeper, alert.labels), PROMC_OK);
    wait_for(0, 2);
    assert_int_equal(promc__time_compare(look().ends_at[0], alert.starts_at), 0);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
}

/* Alerts are told apart by all of their labels. */
static void labels_tell_alerts_apart(void **state)
{
    static const promc_label one[] = {{"alertname", "a"}, {"z", "1"}, {NULL, NULL}};
    static const promc_label others[][4] = {
        {{"alertname", "a"}},
        {{"alertname", "a"}, {"y", "1"}},
        {{"alertname", "a"}, {"z", "2"}},
        {{"alertname", "a"}, {"z", "1"}, {"zz", "1"}},
    };
    promc_alert_keeper *keeper = promc_alert_keeper_start(url, .interval = 0.3);
    promc_alert alert = named(one, NULL);
    (void)state;

    assert_non_null(keeper);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    wait_for_status(0, PROMC_ALERT_FIRING);
    for (size_t i = 0; i < COUNT(others); i++) /* there is no such alert */
        assert_int_equal(promc_alert_keeper_resolve(keeper, others[i]), PROMC_OK);
    assert_int_equal(wait_for(0, look().count[0] + 3), PROMC_ALERT_FIRING);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
}

static void a_failure_loses_nothing(void **state)
{
    promc_alert_keeper *keeper = promc_alert_keeper_start(url, .interval = 0.02);
    promc_alert alert = named(PROMC_PAIRS({"alertname", "c"}), NULL);
    size_t before;
    (void)state;

    pthread_mutex_lock(&seen.lock);
    seen.refuse = true;
    pthread_mutex_unlock(&seen.lock);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    wait_for(2, 1);
    assert_int_equal(promc_alert_keeper_resolve(keeper, alert.labels), PROMC_OK);
    wait_for_status(2, PROMC_ALERT_RESOLVED);
    before = look().count[2];
    wait_for(2, before + 1); /* refused, so again */
    assert_int_equal(promc_alert_keeper_error(keeper, NULL), PROMC_ERROR_REFUSED);
    pthread_mutex_lock(&seen.lock);
    seen.refuse = false;
    before = seen.count[2];
    pthread_mutex_unlock(&seen.lock);
    assert_int_equal(wait_for(2, before + 1), PROMC_ALERT_RESOLVED);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
    assert_true(look().count[2] <=
                before + 2); /* one that was under way, and the one that arrived */
}

static void a_failure_is_tried_again_long_before_the_interval(void **state)
{
    promc_alert_keeper *keeper;
    promc_alert alert = named(PROMC_PAIRS({"alertname", "d"}), NULL);
    size_t before;
    (void)state;

    seen.refuse = true; /* nobody asks yet */
    keeper = promc_alert_keeper_start(url, .interval = 3600);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    wait_for(3, 2);
    pthread_mutex_lock(&seen.lock);
    seen.refuse = false;
    before = seen.count[3];
    pthread_mutex_unlock(&seen.lock);
    wait_for(3, before + 1);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
}

/* 0: the keeper is inert in this child of a fork. Hanging ends by the alarm. */
static int use_in_child(promc_alert_keeper *keeper)
{
    promc_alert alert = named(PROMC_PAIRS({"alertname", "b"}), NULL);

    (void)alarm(PATIENCE_S);
    if (promc_alert_keeper_fire(keeper, &alert) != PROMC_ERROR_STATE)
        return 1;
    if (promc_alert_keeper_resolve(keeper, alert.labels) != PROMC_ERROR_STATE)
        return 2;
    if (promc_alert_keeper_error(keeper, NULL) != PROMC_OK)
        return 3;
    return promc_alert_keeper_stop(keeper) == PROMC_OK ? 0 : 4;
}

static void fork_and_use(promc_alert_keeper *keeper)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(use_in_child(keeper));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void children_only_free_here(void)
{
    promc_alert_keeper *keeper = promc_alert_keeper_start(url, .interval = 3600);
    promc_alert alert = named(PROMC_PAIRS({"alertname", "a"}), NULL);
    size_t before;

    assert_non_null(keeper);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    wait_for(0, 1);
    do { /* it may be sent twice, if the thread had just begun */
        before = look().requests;
        promc__os.pause_ns(100000000);
    } while (look().requests != before);
    fork_and_use(keeper);
    assert_int_equal(look().requests, before); /* the child sent nothing, not even when it stopped */
    assert_int_equal(promc_alert_keeper_resolve(keeper, alert.labels), PROMC_OK);
    wait_for_status(0, PROMC_ALERT_RESOLVED); /* the parent goes on */
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
    assert_int_equal(look().count[1], 0);

    /* Forks in the middle of sending, whoever holds which lock. */
    keeper = promc_alert_keeper_start(url, .interval = 0.001);
    assert_non_null(keeper);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    for (int i = 0; i < 20; i++)
        fork_and_use(keeper);
    before = look().count[0];
    (void)wait_for(0, before + 2); /* it lives for 4 ms, and may be over when it arrives */
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
    assert_int_equal(look().count[1], 0);
}

static void children_only_free(void **state)
{
    (void)state;
    skip_without_forks();
    children_only_free_here();
}

static void wrong_things_are_refused(void **state)
{
    promc_alert_keeper *keeper = promc_alert_keeper_start(url);
    promc_alert bad = named(PROMC_PAIRS({"a-b", "c"}), NULL);
    (void)state;

    assert_non_null(keeper);
    assert_int_equal(promc_alert_keeper_fire(keeper, &bad), PROMC_ERROR_LABELS);
    assert_int_equal(promc_alert_keeper_fire(keeper, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_alert_keeper_fire(NULL, &bad), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_alert_keeper_resolve(keeper, NULL), PROMC_ERROR_LABELS);
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
    assert_int_equal(look().requests, 0);
    assert_null(promc_alert_keeper_start(NULL));
    assert_null(promc_alert_keeper_start("https://localhost"));
    assert_null(promc_alert_keeper_start(url, .interval = -1));
    assert_last_error(PROMC_ERROR_ARGUMENT, "interval");
    assert_int_equal(promc_alert_keeper_stop(NULL), PROMC_OK);
    assert_int_equal(promc_alert_keeper_error(NULL, NULL), PROMC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_alert_fires_until_it_is_resolved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alerts_are_repeated_in_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_batch_keeps_nothing_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_took_is_forgotten_at_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_alert_may_start_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(labels_tell_alerts_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_is_tried_again_long_before_the_interval, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(children_only_free, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_things_are_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
