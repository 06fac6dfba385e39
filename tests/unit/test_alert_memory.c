/* SPDX-License-Identifier: Apache-2.0 */
/* Alertmanager with memory refused: everything that is asked of it, and alerts kept firing. */
#define _DEFAULT_SOURCE
#include "scripted_server.h"
#include "support.h"

#include "refusing.h"

static const promc_matcher quiet[] = {{"alertname", "Quiet", false, false}, {NULL, NULL, 0, 0}};
static const promc_http_header tenant[] = {{"X-Scope-OrgID", "t"}, {NULL, NULL}};
static struct scripted_server server;
static struct server_line script[4];
static char url[64], text[2048];
static size_t requests = 1; /* that are answered */

/* ---- one exchange ---------------------------------------------------------------------------- */

/* An Alertmanager that answers with this body. */
static const promc_alertmanager_opts *answering(promc_alertmanager_opts *set, const char *body)
{
    snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
             body);
    for (size_t i = 0; i < sizeof(script) / sizeof(*script); i++)
        script[i] = (struct server_line){.say = text};
    assert_true(server_start(&server, AF_INET, script, requests));
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", server.port);
    *set = (promc_alertmanager_opts){
        .size = sizeof(*set), .url = url, .user = "u", .password = "p", .headers = tenant};
    return set;
}

static int answered(int code)
{
    (void)(code == PROMC_OK ? server_stop(&server) : server_abandon(&server));
    server_forget(&server);
    return code;
}

static int take_alerts(const promc_alert *alerts, size_t count, void *arg)
{
    (void)arg;
    return count == 1 && alerts[0].labels[0].name ? 0 : -1;
}

static int take_silences(const promc_silence *silences, size_t count, void *arg)
{
    (void)arg;
    return count == 1 && silences[0].matchers[0].name ? 0 : -1;
}

static int send_alert(void *alert)
{
    promc_alertmanager_opts set;

    return answered(promc_alertmanager_send_with(answering(&set, ""), alert, 1));
}

static int ask_for_alerts(void *arg)
{
    promc_alertmanager_opts set;
    char receiver[500]; /* longer than the first room for the path */

    (void)arg;
    memset(receiver, 'x', sizeof(receiver) - 1);
    receiver[sizeof(receiver) - 1] = '\0';
    answering(&set, "[{\"labels\":{\"alertname\":\"\\u78c1\"},\"annotations\":{},\"status\":{},"
                    "\"fingerprint\":\"f\",\"startsAt\":\"2026-11-21T07:34:38.865Z\"}]");
    return answered(promc_alertmanager_alerts(
        &set, PROMC_ALERT_FILTER(PROMC_LABELS("a=b"), .receiver = receiver), take_alerts, NULL));
}

static int ask_for_the_status(void *arg)
{
    promc_alertmanager_opts set;
    promc_alertmanager_info info;

    (void)arg;
    answering(&set, "{\"cluster\":{\"status\":\"ready\"},\"versionInfo\":{\"version\":\"0.25.0\"},"
                    "\"uptime\":\"2026-11-21T07:34:38.865Z\"}");
    return answered(promc_alertmanager_status(&set, &info));
}

static int create_a_silence(void *arg)
{
    promc_silence silence = {.matchers = quiet, .ends_at = {120, 0}, .comment = "维护"};
    promc_alertmanager_opts set;
    promc_silence_id id;

    (void)arg;
    return answered(
        promc_alertmanager_silence(answering(&set, "{\"silenceID\":\"8-f\"}"), &silence, &id));
}

static int end_a_silence(void *arg)
{
    promc_alertmanager_opts set;

    (void)arg;
    return answered(promc_alertmanager_expire(answering(&set, ""), "8-f"));
}

static int ask_for_silences(void *arg)
{
    promc_alertmanager_opts set;

    (void)arg;
    answering(&set,
              "[{\"id\":\"1\",\"status\":{\"state\":\"active\"},\"matchers\":[{\"name\":\"a\","
              "\"value\":\"b\",\"isRegex\":false,\"isEqual\":true}],\"createdBy\":\"c\","
              "\"comment\":\"\",\"startsAt\":\"2026-11-21T07:34:38Z\","
              "\"endsAt\":\"2026-11-21T08:34:38Z\"}]");
    return answered(promc_alertmanager_silences(&set, take_silences, NULL));
}

static void every_request(void **state)
{
    promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "HostDown"}),
                         .annotations = PROMC_PAIRS({"summary", "服务器宕机"})};

    (void)state;
    assert_true(refuse_every_allocation(send_alert, &alert, false) > 3);
    assert_true(refuse_every_allocation(ask_for_alerts, NULL, false) > 5);
    assert_true(refuse_every_allocation(ask_for_the_status, NULL, false) > 5);
    assert_true(refuse_every_allocation(create_a_silence, NULL, false) > 5);
    assert_true(refuse_every_allocation(end_a_silence, NULL, false) > 3);
    assert_true(refuse_every_allocation(ask_for_silences, NULL, false) > 5);
}

/* ---- alerts kept firing ---------------------------------------------------------------------- */

/* Nobody listens at port 1, which is no failure of this task. */
static int keep_firing(void *arg)
{
    promc_alert *alert = arg;
    promc_alert_keeper *keeper = promc_alert_keeper_start("http://127.0.0.1:1", .interval = 3600,
                                                          .token = "t", .headers = tenant);
    int code = keeper ? PROMC_OK : promc_last_error()->code, last;

    if (code == PROMC_OK)
        code = promc_alert_keeper_fire(keeper, alert);
    if (code == PROMC_OK)
        code = promc_alert_keeper_fire(keeper, alert); /* in the place of the first */
    if (code == PROMC_OK)
        code = promc_alert_keeper_resolve(keeper, alert->labels);
    last = promc_alert_keeper_stop(keeper);
    if (code == PROMC_OK && last != PROMC_ERROR_SYSTEM)
        code = last;
    return code;
}

static void a_keeper(void **state)
{
    promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "HostDown"}, {"instance", "h"}),
                         .annotations = PROMC_PAIRS({"summary", "服务器宕机"}),
                         .generator_url = "http://h/graph"};

    (void)state;
    assert_true(refuse_every_allocation(keep_firing, &alert, true) > 30);
}

/* What could not be sent for want of memory is sent the next time. */
static void nothing_is_lost(void **state)
{
    promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "HostDown"})};
    promc_alertmanager_opts set;
    promc_alert_keeper *keeper;

    (void)state;
    requests = 4;
    set = *answering(&set, "");
    requests = 1;
    set.interval = 3600;
    keeper = promc_alert_keeper_create(&set);
    assert_non_null(keeper);
    assert_int_equal(promc_alert_keeper_fire(keeper, &alert), PROMC_OK);
    arm(1, false); /* in the thread, unless it was quicker */
    for (int patience = 200; !atomic_load(&refused) && patience; patience--)
        usleep(1000);
    disarm();
    assert_int_equal(promc_alert_keeper_stop(keeper), PROMC_OK);
    assert_true(server_abandon(&server) >= 1); /* more if the thread was quicker */
    assert_non_null(strstr(server.received[0], "HostDown"));
    server_forget(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request),
        cmocka_unit_test(a_keeper),
        cmocka_unit_test(nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, count_memory, NULL);
}
