/* SPDX-License-Identifier: Apache-2.0 */
/* Times, alerts to JSON and back, and what is refused on the way out and in. */
#include "alerts/alert_check.h"
#include "alerts/alert_read.h"
#include "alerts/alert_write.h"
#include "alerts/rfc3339.h"
#include "support.h"

#include <stdlib.h>

/* ---- times ----------------------------------------------------------------------------------- */

static const char *written_time(long long seconds, long nanoseconds)
{
    static char text[64];
    promc__buffer out = PROMC__BUFFER(0);

    promc__time_write(&out, (struct timespec){(time_t)seconds, nanoseconds});
    assert_int_equal(out.error, PROMC_OK);
    assert_true(out.size < sizeof(text));
    memcpy(text, out.data, out.size);
    text[out.size] = '\0';
    promc__buffer_free(&out);
    return text;
}

static void times_are_written(void **state)
{
    (void)state;
    assert_string_equal(written_time(0, 0), "1970-01-01T00:00:00Z");
    assert_string_equal(written_time(0, 1), "1970-01-01T00:00:00.000000001Z");
    assert_string_equal(written_time(-1, 500000000), "1969-12-31T23:59:59.5Z");
    assert_string_equal(written_time(1795246289, 448749213), "2026-11-21T07:31:29.448749213Z");
    assert_int_equal(promc__time_later((struct timespec){60, 999999999}, 1.5).tv_sec, 62);
    assert_string_equal(written_time(951782400, 0), "2000-02-29T00:00:00Z");
    if (sizeof(time_t) > 4) {
        assert_string_equal(written_time(4107542400, 100), "2100-03-01T00:00:00.0000001Z");
        assert_string_equal(written_time(-62135596800, 0), "0001-01-01T00:00:00Z");
        assert_string_equal(written_time(253402300799, 999999999), "9999-12-31T23:59:59.999999999Z");
        assert_int_equal(promc__time_later((struct timespec){(time_t)253402300700, 0}, 1e9).tv_sec,
                         253402300799);
    }
}

static void reads_time(const char *text, long long seconds, long nanoseconds)
{
    struct timespec time = {77, 77};

    if (!promc__time_read(text, &time))
        print_error("%s is not read\n", text);
    assert_int_equal((long long)time.tv_sec, seconds);
    assert_int_equal(time.tv_nsec, nanoseconds);
}

static void times_are_read(void **state)
{
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-11-21",
                                        "2026-11-21T07:31:29",
                                        "2026-11-21 07:31:29Z",
                                        "2026-11-21T07:31:29.Z",
                                        "2026-11-21T07:31:29,5Z",
                                        "2026-11-21T7:31:29Z",
                                        "2026-11-21T07:3:29Z",
                                        "2026-11-21T07:31:2Z",
                                        "2026-11-2",
                                        "2026-1-21T07:31:29Z",
                                        "2026-11-/1T07:31:29Z",
                                        "2026-11-21T07:31:29./Z",
                                        "2026-11-21T07:31:29+08:6",
                                        "2026-11-21T07:31:29+0:00",
                                        "2026-13-21T07:31:29Z",
                                        "2026-00-21T07:31:29Z",
                                        "2026-11-31T07:31:29Z",
                                        "2026-11-00T07:31:29Z",
                                        "2025-02-29T00:00:00Z",
                                        "1900-02-29T00:00:00Z",
                                        "2026-11-21T24:00:00Z",
                                        "2026-11-21T07:60:29Z",
                                        "2026-11-21T07:31:61Z",
                                        "2026-11-21T07:31:29+0800",
                                        "2026-11-21T07:31:29+08",
                                        "2026-11-21T07:31:29+24:00",
                                        "2026-11-21T07:31:29+08:60",
                                        "2026-11-21T07:31:29Zx",
                                        "2026-11-21T07:31:29ZZ",
                                        "+026-11-21T07:31:29Z",
                                        "12026-11-21T07:31:29Z",
                                        "2026-11-21T07:31:29.5",
                                        "1795246289",
                                        "now"};
    struct timespec time;
    (void)state;

    reads_time("1970-01-01T00:00:00Z", 0, 0);
    reads_time("2026-11-21T07:31:29.448749213Z", 1795246289, 448749213);
    reads_time("2026-11-21T15:31:29.448749213+08:00", 1795246289, 448749213);
    reads_time("2026-11-20T23:01:29-08:30", 1795246289, 0);
    reads_time("2026-11-21t07:31:29z", 1795246289, 0);
    reads_time("2026-11-21T07:31:29.1Z", 1795246289, 100000000);
    reads_time("2026-11-21T07:31:29.12345678999999999999Z", 1795246289, 123456789);
    reads_time("2016-12-31T23:59:60Z", 1483228800, 0);
    reads_time("2000-02-29T12:00:00Z", 951825600, 0);
    reads_time("0001-01-01T00:00:00Z", 0, 0); /* Go's zero time: not set */
    reads_time("0001-01-01T08:00:00+08:00", 0, 0);
    if (sizeof(time_t) > 4)
        reads_time("0001-01-01T00:00:00.000000001Z", -62135596800, 1);
    if (sizeof(time_t) > 4) {
        reads_time("0001-01-01T00:00:01Z", -62135596799, 0);
        reads_time("0000-02-29T00:00:00Z", -62162121600, 0);
        reads_time("9999-12-31T23:59:59Z", 253402300799, 0);
    } else {
        reads_time("9999-12-31T23:59:59Z", INT32_MAX, 0);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (promc__time_read(wrong[i], &time))
            print_error("\"%s\" is read\n", wrong[i]);
        assert_false(promc__time_read(wrong[i], &time));
    }
}

/* Every day of 600 years, there and back, against the calendar's own rule. */
static void days_follow_each_other(void **state)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1902, month = 1, day = 1;
    long long seconds = -2145916800;
    (void)state;

    for (; year < (sizeof(time_t) > 4 ? 2500 : 2038); seconds += 86400) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        char expected[64];

        snprintf(expected, sizeof(expected), "%04d-%02d-%02dT00:00:00Z", year, month, day);
        assert_string_equal(written_time(seconds, 0), expected);
        reads_time(expected, seconds, 0);
        if (++day <= days[month - 1] + (month == 2 && leap))
            continue;
        day = 1;
        month = month % 12 + 1;
        year += month == 1;
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

static const promc_alert host_down = {
    .labels =
        (const promc_label[]){{"alertname", "HostDown"}, {"severity", "critical"}, {NULL, NULL}},
    .annotations =
        (const promc_label[]){{"summary", "192.168.82.105:9100 服务器宕机"}, {NULL, NULL}}};

#define DOWN                                                                                       \
    "{\"labels\":{\"alertname\":\"HostDown\",\"severity\":\"critical\"},"                          \
    "\"annotations\":{\"summary\":\"192.168.82.105:9100 服务器宕机\"}"

static void assert_written(const promc_alert *alert, bool resolve, const char *expected)
{
    promc__buffer out = PROMC__BUFFER(0);

    promc__alerts_write(&out, alert, 1, resolve, (struct timespec){1000, 5});
    promc__buffer_char(&out, '\0');
    assert_int_equal(out.error, PROMC_OK);
    assert_string_equal(out.data, expected);
    assert_null(strstr(out.data, "status"));
    promc__buffer_free(&out);
}

static void alerts_are_written(void **state)
{
    promc_alert alert = host_down;
    (void)state;

    assert_written(&alert, false, "[" DOWN "}]");
    assert_written(&alert, true, "[" DOWN ",\"endsAt\":\"1970-01-01T00:16:40.000000005Z\"}]");
    alert.status = PROMC_ALERT_RESOLVED; /* relayed */
    assert_written(&alert, false, "[" DOWN ",\"endsAt\":\"1970-01-01T00:16:40.000000005Z\"}]");
    alert.status = PROMC_ALERT_FIRING;
    alert.ends_at.tv_sec = 900;
    assert_written(&alert, false, "[" DOWN ",\"endsAt\":\"1970-01-01T00:15:00Z\"}]");
    assert_written(&alert, true, "[" DOWN ",\"endsAt\":\"1970-01-01T00:15:00Z\"}]");
    alert.ends_at.tv_sec = 2000;
    alert.starts_at = (struct timespec){10, 120000000};
    assert_written(&alert, false,
                   "[" DOWN ",\"startsAt\":\"1970-01-01T00:00:10.12Z\","
                   "\"endsAt\":\"1970-01-01T00:33:20Z\"}]");
    assert_written(&alert, true,
                   "[" DOWN ",\"startsAt\":\"1970-01-01T00:00:10.12Z\","
                   "\"endsAt\":\"1970-01-01T00:16:40.000000005Z\"}]");
    alert.starts_at = (struct timespec){0, 1};
    assert_written(&alert, false,
                   "[" DOWN ",\"startsAt\":\"1970-01-01T00:00:00.000000001Z\","
                   "\"endsAt\":\"1970-01-01T00:33:20Z\"}]");
    alert.starts_at = (struct timespec){1000, 6}; /* by a finer clock */
    assert_written(&alert, true,
                   "[" DOWN ",\"startsAt\":\"1970-01-01T00:16:40.000000006Z\","
                   "\"endsAt\":\"1970-01-01T00:16:40.000000006Z\"}]");
    alert = (promc_alert){.labels = PROMC_PAIRS({"a", "\"\\\n\x01/<"}),
                          .annotations = PROMC_PAIRS({"b", "\x7F"}),
                          .generator_url = "http://h/?a&b"};
    assert_written(&alert, false,
                   "[{\"labels\":{\"a\":\"\\\"\\\\\\n\\u0001/<\"},"
                   "\"annotations\":{\"b\":\"\\u007f\"},"
                   "\"generatorURL\":\"http://h/?a&b\"}]");
    alert.annotations = PROMC_PAIRS({NULL, NULL});
    alert.generator_url = "";
    assert_written(&alert, false, "[{\"labels\":{\"a\":\"\\\"\\\\\\n\\u0001/<\"}}]");
}

/* ---- checking -------------------------------------------------------------------------------- */

/* The second of two alerts is wrong. */
static void assert_refused(promc_alert alert, int code, const char *why)
{
    const promc_alert two[] = {host_down, alert};

    assert_int_equal(promc__alerts_check(two, 2, false), code);
    assert_last_error(code, "alerts[1] (");
    assert_last_error(code, why);
}

static void refuse_url(const char *url)
{
    promc_alert alert = host_down;

    alert.generator_url = url;
    assert_refused(alert, PROMC_ERROR_ARGUMENT, "generator_url");
}

static void accept_url(const char *url)
{
    promc_alert alert = host_down;

    alert.generator_url = url;
    assert_int_equal(promc__alerts_check(&alert, 1, false), PROMC_OK);
}

static void wrong_labels_are_refused(void **state)
{
    promc_alert alert = host_down, dashed = {.labels = PROMC_PAIRS({"a-b", "x"})};
    (void)state;

    assert_int_equal(promc__alerts_check(NULL, 0, false), PROMC_OK);
    assert_int_equal(promc__alerts_check(NULL, 1, false), PROMC_ERROR_ARGUMENT);
    assert_refused((promc_alert){0}, PROMC_ERROR_LABELS, "needs a label");
    assert_refused((promc_alert){.labels = PROMC_PAIRS({NULL, NULL})}, PROMC_ERROR_LABELS, "needs");
    assert_refused((promc_alert){.labels = PROMC_PAIRS({"a", ""}, {"b", ""})}, PROMC_ERROR_LABELS,
                   "needs a label with a value");
    assert_refused(dashed, PROMC_ERROR_LABELS, "\"a-b\"");
    assert_int_equal(promc__alerts_check(&dashed, 1, true), PROMC_OK);
    assert_int_equal(promc__alerts_check((const promc_alert[]){dashed, host_down}, 2, false),
                     PROMC_ERROR_LABELS);
    assert_last_error(PROMC_ERROR_LABELS, "alerts[0] (");
    dashed.labels = PROMC_PAIRS({"", "x"});
    assert_int_equal(promc__alerts_check(&dashed, 1, true), PROMC_ERROR_LABELS);
    assert_last_error(PROMC_ERROR_LABELS, "a name is empty");
    assert_refused((promc_alert){.labels = PROMC_PAIRS({"主机", "x"})}, PROMC_ERROR_LABELS, "主机");
    assert_refused((promc_alert){.labels = PROMC_PAIRS({"", "x"})}, PROMC_ERROR_LABELS, "name");
    assert_refused((promc_alert){.labels = PROMC_PAIRS({"alertname", "A"}, {"b", NULL})},
                   PROMC_ERROR_LABELS, "alerts[1] (A): the value is NULL: \"b\"");
    assert_refused((promc_alert){.labels = PROMC_PAIRS({"a", "\xFF"})}, PROMC_ERROR_LABELS,
                   "UTF-8");
    assert_refused((promc_alert){.labels = PROMC_PAIRS({"a", "1"}, {"a", "2"})}, PROMC_ERROR_LABELS,
                   "twice");
    alert.annotations = PROMC_PAIRS({"a b", "x"});
    assert_refused(alert, PROMC_ERROR_LABELS, "alerts[1] (HostDown): a name may have");
    alert.annotations = PROMC_PAIRS({"a", "\xC3"});
    assert_refused(alert, PROMC_ERROR_LABELS, "UTF-8");
    alert.annotations = PROMC_PAIRS({"a", ""});
    assert_int_equal(promc__alerts_check(&alert, 1, false), PROMC_OK);
    alert.annotations = NULL;
    assert_int_equal(promc__alerts_check(&alert, 1, false), PROMC_OK);
    alert.labels = PROMC_PAIRS({"\xFF", "x"});
    assert_int_equal(promc__alerts_check(&alert, 1, true), PROMC_ERROR_LABELS);
}

static void too_many_labels_are_refused(void **state)
{
    static promc_label labels[1002];
    promc_alert alert = {.labels = labels};
    char names[COUNT(labels)][8];
    int status = PROMC_OK;
    size_t count = 0;
    (void)state;

    for (; status == PROMC_OK && count + 1 < COUNT(labels); count++) {
        snprintf(names[count], sizeof(names[count]), "l%zu", count);
        labels[count] = (promc_label){names[count], "x"};
        status = promc__alerts_check(&alert, 1, false);
    }
    assert_int_equal(count, 1001);
    assert_last_error(PROMC_ERROR_LABELS, "there are too many labels: \"l1000\"");
}

static void wrong_times_and_urls_are_refused(void **state)
{
    promc_alert alert = host_down;
    (void)state;

    alert.starts_at.tv_sec = 10;
    alert.ends_at.tv_sec = 10;
    assert_int_equal(promc__alerts_check(&alert, 1, false), PROMC_OK);
    alert.starts_at.tv_nsec = 1;
    assert_refused(alert, PROMC_ERROR_ARGUMENT, "starts_at is after ends_at");
    alert.ends_at.tv_sec = 0;
    assert_int_equal(promc__alerts_check(&alert, 1, false), PROMC_OK);
    alert.starts_at.tv_nsec = 1000000000;
    assert_refused(alert, PROMC_ERROR_ARGUMENT, "starts_at is no time");
    alert.starts_at.tv_nsec = 0;
    alert.ends_at.tv_nsec = -1;
    assert_refused(alert, PROMC_ERROR_ARGUMENT, "ends_at is no time");
    if (sizeof(time_t) > 4) {
        alert.ends_at = (struct timespec){(time_t)253402300800, 0};
        assert_refused(alert, PROMC_ERROR_ARGUMENT, "ends_at is no time");
        alert.ends_at = (struct timespec){(time_t)-62135596801, 0}; /* in the year 0 */
        assert_refused(alert, PROMC_ERROR_ARGUMENT, "ends_at is no time");
    }
    refuse_url("localhost");
    refuse_url("http//x");
    refuse_url(":x");
    refuse_url("1http://x");
    refuse_url("http://x y");
    refuse_url("http://x/%zz");
    refuse_url("http://x/%");
    refuse_url("http://x/%2");
    refuse_url("http://x/%2g");
    refuse_url("http://x/\x7F");
    accept_url("http://x/%2Fy");
    refuse_url("http://x/\n");
    refuse_url("http://x/\xFF");
    accept_url("http://host:9090/graph?g0.expr=demo_temp+%3E+50&g0.tab=1");
    accept_url("https://x/?q=100%");
    accept_url("/graph");
    accept_url("http://监控/图");
    accept_url("");
    accept_url(NULL);
}

/* ---- reading --------------------------------------------------------------------------------- */

static const promc__json_limits limits = {1 << 20, 16, 10000};
static promc__received received;

/* From a block of exactly that size, so that a sanitizer sees every byte too far. */
static int receive(const char *text, bool notification)
{
    size_t size = strlen(text);
    char *copy = malloc(size ? size : 1);
    int status;

    assert_non_null(copy);
    memcpy(copy, text, size);
    status = notification ? promc__receive_notification(&received, copy, size, &limits)
                          : promc__receive_alerts(&received, copy, size, &limits,
                                                  (struct timespec){1795246600, 0});
    free(copy);
    return status;
}

static void assert_label(const promc_label *labels, const char *name, const char *value)
{
    assert_non_null(labels);
    assert_non_null(promc_label_value(labels, name));
    assert_string_equal(promc_label_value(labels, name), value);
}

static size_t label_count(const promc_label *labels)
{
    size_t count = 0;

    while (labels[count].name)
        count++;
    return count;
}

static const char from_prometheus[] =
    "[{\"annotations\":{\"summary\":\"temp 60\"},\"endsAt\":\"2026-11-21T07:38:38.865Z\","
    "\"startsAt\":\"2026-11-21T07:34:38.865Z\",\"generatorURL\":\"http://host:19090/"
    "graph?g0.expr=demo_temp+%3E+50\\u0026g0.tab=1\",\"labels\":{\"alertname\":\"HotTemp\","
    "\"cluster\":\"c1\",\"instance\":\"127.0.0.1:18001\",\"job\":\"t\"}}]";

static void prometheus_is_understood(void **state)
{
    const promc_alert *alert;
    (void)state;

    assert_int_equal(receive(from_prometheus, false), PROMC_OK);
    assert_int_equal(received.count, 1);
    alert = received.alerts;
    assert_int_equal(alert->status, PROMC_ALERT_FIRING); /* now is 07:36:40 */
    assert_int_equal(label_count(alert->labels), 4);
    assert_label(alert->labels, "alertname", "HotTemp");
    assert_label(alert->labels, "job", "t");
    assert_int_equal(label_count(alert->annotations), 1);
    assert_label(alert->annotations, "summary", "temp 60");
    assert_string_equal(alert->generator_url,
                        "http://host:19090/graph?g0.expr=demo_temp+%3E+50&g0.tab=1");
    assert_string_equal(alert->fingerprint, "");
    assert_int_equal(alert->starts_at.tv_sec, 1795246478);
    assert_int_equal(alert->starts_at.tv_nsec, 865000000);
    assert_int_equal(alert->ends_at.tv_sec, 1795246718);
    promc__received_free(&received);
}

static void posted_status_comes_from_the_end(void **state)
{
    (void)state;
    assert_int_equal(receive("[]", false), PROMC_OK);
    assert_int_equal(received.count, 0);
    promc__received_free(&received);
    assert_int_equal(
        receive("[{\"labels\":{\"a\":\"1\"},\"status\":\"resolved\"},"
                "{\"labels\":{\"a\":\"2\"},\"endsAt\":\"2026-11-21T07:36:40Z\"},"
                "{\"labels\":{\"a\":\"3\"},\"endsAt\":\"2026-11-21T07:36:40.000000001Z\"},"
                "{\"labels\":{\"a\":\"4\"},\"endsAt\":\"0001-01-01T00:00:00Z\",\"x\":[{}]},"
                "{\"labels\":{\"a\":\"5\"},\"annotations\":null,\"endsAt\":null}]",
                false),
        PROMC_OK);
    assert_int_equal(received.count, 5);
    assert_int_equal(received.alerts[0].status, PROMC_ALERT_FIRING);
    assert_int_equal(received.alerts[1].status, PROMC_ALERT_RESOLVED);
    assert_int_equal(received.alerts[2].status, PROMC_ALERT_FIRING);
    assert_int_equal(received.alerts[3].status, PROMC_ALERT_FIRING);
    assert_int_equal(received.alerts[3].ends_at.tv_sec, 0);
    assert_int_equal(received.alerts[4].status, PROMC_ALERT_FIRING);
    for (size_t i = 0; i < 5; i++) {
        char number[] = {(char)('1' + i), '\0'};

        assert_label(received.alerts[i].labels, "a", number);
        assert_int_equal(label_count(received.alerts[i].annotations), 0);
        assert_string_equal(received.alerts[i].generator_url, "");
    }
    promc__received_free(&received);
}

static const char webhook[] =
    "{\"receiver\":\"hook\",\"status\":\"firing\",\"alerts\":[{\"status\":\"firing\",\"labels\":"
    "{\"alertname\":\"DiskFull\",\"instance\":\"h1:9100\",\"severity\":\"critical\"},"
    "\"annotations\":{\"runbook\":\"http://x/y?a=1\\u0026b=\\u003c2\\u003e\",\"summary\":"
    "\"磁盘满\"},\"startsAt\":\"2026-11-21T07:31:29.448749213Z\",\"endsAt\":"
    "\"0001-01-01T00:00:00Z\",\"generatorURL\":\"http://gen/graph?g0.expr=up\",\"fingerprint\":"
    "\"4cd25d08a4006c44\"}],\"groupLabels\":{\"alertname\":\"DiskFull\"},\"commonLabels\":"
    "{\"alertname\":\"DiskFull\",\"severity\":\"critical\"},\"commonAnnotations\":{},"
    "\"externalURL\":\"http://host:19093\",\"version\":\"4\",\"groupKey\":"
    "\"{}:{alertname=\\\"DiskFull\\\"}\",\"truncatedAlerts\":0}";

static void the_webhook_is_understood(void **state)
{
    const promc_notification *message = &received.notification;
    const promc_alert *alert;
    (void)state;

    assert_int_equal(receive(webhook, true), PROMC_OK);
    assert_int_equal(message->status, PROMC_ALERT_FIRING);
    assert_string_equal(message->receiver, "hook");
    assert_string_equal(message->external_url, "http://host:19093");
    assert_string_equal(message->group_key, "{}:{alertname=\"DiskFull\"}");
    assert_string_equal(message->version, "4");
    assert_true(message->truncated_alerts == 0);
    assert_int_equal(label_count(message->group_labels), 1);
    assert_label(message->group_labels, "alertname", "DiskFull");
    assert_int_equal(label_count(message->common_labels), 2);
    assert_int_equal(label_count(message->common_annotations), 0);
    assert_int_equal(message->alert_count, 1);
    alert = message->alerts;
    assert_int_equal(alert->status, PROMC_ALERT_FIRING);
    assert_int_equal(label_count(alert->labels), 3);
    assert_label(alert->labels, "severity", "critical");
    assert_label(alert->annotations, "runbook", "http://x/y?a=1&b=<2>");
    assert_label(alert->annotations, "summary", "磁盘满");
    assert_int_equal(alert->starts_at.tv_sec, 1795246289);
    assert_int_equal(alert->starts_at.tv_nsec, 448749213);
    assert_int_equal(alert->ends_at.tv_sec, 0);
    assert_int_equal(alert->ends_at.tv_nsec, 0);
    assert_string_equal(alert->generator_url, "http://gen/graph?g0.expr=up");
    assert_string_equal(alert->fingerprint, "4cd25d08a4006c44");
    promc__received_free(&received);

    assert_int_equal(receive("{\"status\":\"resolved\",\"alerts\":[],\"truncatedAlerts\":7}", true),
                     PROMC_OK);
    assert_int_equal(message->status, PROMC_ALERT_RESOLVED);
    assert_true(message->truncated_alerts == 7);
    assert_string_equal(message->receiver, "");
    assert_int_equal(label_count(message->group_labels), 0);
    promc__received_free(&received);
}

static void refuses_text(bool notification, const char *text, const char *why)
{
    assert_int_equal(receive(text, notification), PROMC_ERROR_SYNTAX);
    if (!strstr(received.reason, why))
        print_error("%s: %s\n", text, received.reason);
    assert_non_null(strstr(received.reason, why));
}

static void other_shapes_are_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } posts[] =
        {
            {"", "byte 0"},
            {"{}", "array"},
            {"null", "array"},
            {"[", "byte 1"},
            {"[1]", "alerts[0]: it is not an object"},
            {"[{\"labels\":{\"a\":\"1\"}},[]]", "alerts[1]: it is not an object"},
            {"[{}]", "alerts[0]: labels are missing"},
            {"[{},{\"labels\":{\"a\":\"1\"}}]", "alerts[0]: labels are missing"},
            {"[{\"labels\":{}}]", "labels are missing"},
            {"[{\"labels\":null}]", "labels are missing"},
            {"[{\"labels\":[]}]", "labels is not an object"},
            {"[{\"labels\":{\"a\":1}}]", "labels has a value that is not a string"},
            {"[{\"labels\":{\"a\":{\"b\":\"c\"}}}]", "labels has a value that is not a string"},
            {"[{\"labels\":{\"a\":\"x\\u0000y\"}}]", "labels has a value that is not a string"},
            {"[{\"labels\":{\"a\\u0000\":\"x\"}}]", "a NUL in a name"},
            {"[{\"labels\":{\"\":\"x\"}}]", "empty name"},
            {"[{\"labels\":{\"a\":\"x\",\"a\":\"y\"}}]", "name twice"},
            {"[{\"labels\":{\"a\":\"x\"},\"annotations\":\"\"}]", "annotations is not an object"},
            {"[{\"labels\":{\"a\":\"x\"},\"startsAt\":1}]", "startsAt is not an RFC 3339 time"},
            {"[{\"labels\":{\"a\":\"x\"},\"endsAt\":\"soon\"}]", "endsAt is not an RFC 3339 time"},
            {"[{\"labels\":{\"a\":\"x\"},\"generatorURL\":[]}]", "generatorURL is not a string"},
        },
      messages[] = {
          {"[]", "is an object"},
          {"7", "is an object"},
          {"{}", "alerts is not an array"},
          {"{\"status\":\"firing\",\"alerts\":{}}", "alerts is not an array"},
          {"{\"alerts\":[]}", "status is neither"},
          {"{\"status\":\"on\",\"alerts\":[]}", "status is neither"},
          {"{\"status\":\"firing\",\"alerts\":[{\"labels\":{\"a\":\"b\"}}]}", "alerts[0]: status"},
          {"{\"status\":\"firing\",\"alerts\":[],\"receiver\":1}", "receiver is not a string"},
          {"{\"status\":\"firing\",\"alerts\":[],\"groupKey\":{}}", "groupKey is not a string"},
          {"{\"status\":\"firing\",\"alerts\":[],\"commonLabels\":[]}",
           "commonLabels is not an object"},
          {"{\"status\":\"firing\",\"alerts\":[],\"truncatedAlerts\":-1}", "truncatedAlerts"},
      };
    (void)state;

    for (size_t i = 0; i < COUNT(posts); i++)
        refuses_text(false, posts[i].text, posts[i].why);
    for (size_t i = 0; i < COUNT(messages); i++)
        refuses_text(true, messages[i].text, messages[i].why);
}

/* What a whole text says, no part of it says. */
static void every_cut_is_refused(void **state)
{
    char text[sizeof(webhook)];
    (void)state;

    for (size_t size = 0; size < sizeof(webhook) - 1; size++) {
        memcpy(text, webhook, size);
        text[size] = '\0';
        assert_int_equal(receive(text, true), PROMC_ERROR_SYNTAX);
    }
    for (size_t size = 0; size < sizeof(from_prometheus) - 1; size++) {
        memcpy(text, from_prometheus, size);
        text[size] = '\0';
        assert_int_equal(receive(text, false), PROMC_ERROR_SYNTAX);
    }
}

static void limits_hold(void **state)
{
    enum { ROOM = 1 << 20 };
    char *text = malloc(ROOM + 16);
    size_t used;
    (void)state;

    assert_non_null(text);
    memset(text, '[', 1000);
    text[1000] = '\0';
    assert_int_equal(receive(text, false), PROMC_ERROR_LIMIT); /* depth */
    used = (size_t)snprintf(text, ROOM, "[");
    for (int i = 0; i < 10000; i++)
        used += (size_t)snprintf(text + used, ROOM - used, "%s0", i ? "," : "");
    snprintf(text + used, ROOM - used, "]");
    assert_int_equal(receive(text, false), PROMC_ERROR_LIMIT); /* values */
    memset(text, ' ', ROOM + 1);
    text[ROOM + 1] = '\0';
    assert_int_equal(receive(text, false), PROMC_ERROR_LIMIT); /* size */
    for (int count = PROMC__RECEIVED_LABELS_MAX; count <= PROMC__RECEIVED_LABELS_MAX + 1; count++) {
        used = (size_t)snprintf(text, ROOM, "[{\"labels\":{");
        for (int i = 0; i < count; i++)
            used += (size_t)snprintf(text + used, ROOM - used, "%s\"l%d\":\"\"", i ? "," : "", i);
        snprintf(text + used, ROOM - used, "}}]");
        assert_int_equal(receive(text, false),
                         count > PROMC__RECEIVED_LABELS_MAX ? PROMC_ERROR_SYNTAX : PROMC_OK);
        if (count <= PROMC__RECEIVED_LABELS_MAX)
            promc__received_free(&received);
    }
    free(text);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static long allocations, refuse_at, live;

static void *refusing_malloc(size_t size, void *ctx)
{
    (void)ctx;
    if (++allocations == refuse_at)
        return NULL;
    live++;
    return malloc(size);
}

static void *refusing_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return ++allocations == refuse_at ? NULL : realloc(block, size);
}

static void refusing_free(void *block, void *ctx)
{
    (void)ctx;
    live--;
    free(block);
}

static void refused_memory_is_told(void **state)
{
    static const promc_allocator refusing = {refusing_malloc, refusing_realloc, refusing_free,
                                             NULL};
    (void)state;

    assert_int_equal(promc_set_allocator(&refusing), PROMC_OK);
    for (int kind = 0; kind < 2; kind++) {
        int status = PROMC_ERROR_NO_MEMORY;

        for (refuse_at = 1; status != PROMC_OK; refuse_at++) {
            allocations = 0;
            status = receive(kind ? webhook : from_prometheus, kind != 0);
            if (status == PROMC_OK)
                promc__received_free(&received);
            else
                assert_int_equal(status, PROMC_ERROR_NO_MEMORY);
            assert_int_equal(live, 0);
            assert_true(refuse_at < 100);
        }
        assert_true(refuse_at > 4);
    }
    for (refuse_at = 1; refuse_at < 100; refuse_at++) {
        promc__buffer out = PROMC__BUFFER(0);

        allocations = 0;
        promc__alerts_write(&out, &host_down, 1, true, (struct timespec){1000, 5});
        assert_int_equal(out.error, allocations >= refuse_at ? PROMC_ERROR_NO_MEMORY : PROMC_OK);
        promc__buffer_free(&out);
        assert_int_equal(live, 0);
    }
    refuse_at = 1;
    for (int status = PROMC_ERROR_NO_MEMORY; status == PROMC_ERROR_NO_MEMORY; refuse_at++) {
        allocations = 0;
        status = promc_alertmanager_send("127.0.0.1:1", &host_down, 1); /* nobody listens there */
        assert_true(status == PROMC_ERROR_NO_MEMORY || status == PROMC_ERROR_SYSTEM);
        assert_int_equal(live, 0);
        assert_true(refuse_at < 99);
    }
    assert_true(refuse_at > 4);
    refuse_at = 0;
    assert_int_equal(promc_set_allocator(NULL), PROMC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(days_follow_each_other),
        cmocka_unit_test(alerts_are_written),
        cmocka_unit_test(wrong_labels_are_refused),
        cmocka_unit_test(too_many_labels_are_refused),
        cmocka_unit_test(wrong_times_and_urls_are_refused),
        cmocka_unit_test(prometheus_is_understood),
        cmocka_unit_test(posted_status_comes_from_the_end),
        cmocka_unit_test(the_webhook_is_understood),
        cmocka_unit_test(other_shapes_are_refused),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(refused_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
