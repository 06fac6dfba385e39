/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts over HTTP: what is sent to a scripted Alertmanager, and what our server answers to
 * senders. */
#define _DEFAULT_SOURCE
#include "support.h"

#include "scripted_server.h"
#include "unit/http_peer.h"

static const promc_label down_labels[] = {{"alertname", "HostDown"}, {NULL, NULL}};
static const promc_alert down = {.labels = down_labels};

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static struct scripted_server server;
static char url[64];

static void start(const struct server_line *script, size_t count)
{
    assert_true(server_start(&server, AF_INET, script, count));
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", server.port);
}

/* Every line of the script was played. */
static void stop(size_t expected)
{
    assert_int_equal(server_stop(&server), expected);
}

static const char *body_of(size_t request)
{
    const char *end = strstr(server.received[request], "\r\n\r\n");

    assert_non_null(end);
    return end + 4;
}

static size_t occurrences(const char *text, const char *piece)
{
    size_t count = 0;

    for (text = strstr(text, piece); text; text = strstr(text + 1, piece))
        count++;
    return count;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void one_alert_is_fired_and_resolved(void **state)
{
    static const struct server_line script[] = {{.say = OK_EMPTY}, {.say = OK_EMPTY}};
    (void)state;

    test_unix_time = 1795246289.5;
    promc__os.unix_time = scripted_unix_time;
    start(script, 2);
    assert_int_equal(promc_alertmanager_send(url, &down, 1), PROMC_OK);
    assert_int_equal(promc_alertmanager_resolve(url, &down, 1), PROMC_OK);
    stop(2);
    assert_ptr_equal(strstr(server.received[0], "POST /api/v2/alerts HTTP/1.1\r\n"),
                     server.received[0]);
    assert_non_null(strstr(server.received[0], "\r\nContent-Type: application/json\r\n"));
    assert_string_equal(body_of(0), "[{\"labels\":{\"alertname\":\"HostDown\"}}]");
    assert_string_equal(body_of(1), "[{\"labels\":{\"alertname\":\"HostDown\"},"
                                    "\"endsAt\":\"2026-11-21T07:31:29.5Z\"}]");
    server_forget(&server);
}

static void many_alerts_go_in_batches(void **state)
{
    enum { ALERTS = 300 };
    static const struct server_line script[] = {{.say = OK_EMPTY}, {.say = OK_EMPTY}};
    static promc_alert alerts[ALERTS];
    static promc_label labels[ALERTS][2];
    static char names[ALERTS][24];
    (void)state;

    for (int i = 0; i < ALERTS; i++) {
        snprintf(names[i], sizeof(names[i]), "alert%d", i);
        labels[i][0] = (promc_label){"alertname", names[i]};
        alerts[i].labels = labels[i];
    }
    start(script, 2);
    assert_int_equal(promc_alertmanager_send(url, alerts, ALERTS), PROMC_OK);
    stop(2);
    assert_int_equal(occurrences(body_of(0), "\"labels\""), 256);
    assert_int_equal(occurrences(body_of(1), "\"labels\""), 44);
    assert_non_null(strstr(body_of(0), "\"alert255\"}}]"));
    assert_ptr_equal(strstr(body_of(1), "[{\"labels\":{\"alertname\":\"alert256\"}}"), body_of(1));
    assert_non_null(strstr(body_of(1), "\"alert299\"}}]"));
    server_forget(&server);
}

static void options_reach_the_request(void **state)
{
    static const struct server_line script[] = {
        {.say = "HTTP/1.1 204 No Content\r\n\r\n"}, {.say = OK_EMPTY}, {.say = OK_EMPTY}};
    char with_path[96];
    int status = -1;
    (void)state;

    start(script, 3);
    snprintf(with_path, sizeof(with_path), "127.0.0.1:%d/team/am//", server.port);
    assert_int_equal(
        promc_alertmanager_send_with(
            PROMC_ALERTMANAGER(with_path, .user = "u", .password = "p", .status = &status,
                               .headers = PROMC_PAIRS({"X-Scope-OrgID", "7"})),
            &down, 1),
        PROMC_OK);
    assert_int_equal(status, 204);
    assert_int_equal(
        promc_alertmanager_resolve_with(PROMC_ALERTMANAGER(url, .token = "secret"), &down, 1),
        PROMC_OK);
    assert_int_equal(
        promc_alertmanager_send_with(PROMC_ALERTMANAGER(url, .utf8_names = true),
                                     &(promc_alert){.labels = PROMC_PAIRS({"主机", "小明"})}, 1),
        PROMC_OK);
    stop(3);
    assert_non_null(strstr(server.received[0], "POST /team/am/api/v2/alerts HTTP/1.1\r\n"));
    assert_non_null(strstr(server.received[0], "\r\nAuthorization: Basic dTpw\r\n"));
    assert_non_null(strstr(server.received[0], "\r\nX-Scope-OrgID: 7\r\n"));
    assert_non_null(strstr(server.received[1], "\r\nAuthorization: Bearer secret\r\n"));
    assert_string_equal(body_of(2), "[{\"labels\":{\"主机\":\"小明\"}}]");
    server_forget(&server);
}

static void a_unix_socket_is_reached(void **state)
{
    static const struct server_line script[] = {{.say = OK_EMPTY}};
    (void)state;

    assert_true(server_start(&server, AF_UNIX, script, 1));
    assert_int_equal(
        promc_alertmanager_send_with(
            PROMC_ALERTMANAGER("http://localhost", .unix_path = server.path), &down, 1),
        PROMC_OK);
    stop(1);
    server_forget(&server);
}

static void refusals_are_told(void **state)
{
    static const struct server_line script[] = {
        {.say = "HTTP/1.1 400 Bad Request\r\nContent-Length: 32\r\n\r\n"
                "\"start time must be before end\"\n"},
        {.say = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"}};
    int status = -1;
    (void)state;

    start(script, 2);
    assert_int_equal(
        promc_alertmanager_send_with(PROMC_ALERTMANAGER(url, .status = &status), &down, 1),
        PROMC_ERROR_REFUSED);
    assert_last_error(PROMC_ERROR_REFUSED, "400 Bad Request: \"start time must be before end\"");
    assert_int_equal(status, 400);
    assert_int_equal(promc_alertmanager_send(url, &down, 1), PROMC_ERROR_REFUSED);
    stop(2);
    server_forget(&server);
    /* Nobody listens there any more. */
    assert_int_equal(
        promc_alertmanager_send_with(PROMC_ALERTMANAGER(url, .status = &status), &down, 1),
        PROMC_ERROR_SYSTEM);
    assert_int_equal(status, 0);
}

static void silence_times_out(void **state)
{
    static const struct server_line script[] = {{.act = THEN_STALL}};
    (void)state;

    start(script, 1);
    assert_int_equal(
        promc_alertmanager_send_with(PROMC_ALERTMANAGER(url, .timeout = 0.1), &down, 1),
        PROMC_ERROR_TIMEOUT);
    stop(1);
    server_forget(&server);
}

static void nothing_is_sent_before_all_is_right(void **state)
{
    promc_alert two[] = {down, {.labels = PROMC_PAIRS({"alertname", "Bad"}, {"a-b", "x"})}};
    int status = 77;

    (void)state;
    /* Nobody listens on port 1: another error would say that something was tried. */
    assert_int_equal(promc_alertmanager_send("http://127.0.0.1:1", two, 2), PROMC_ERROR_LABELS);
    assert_last_error(PROMC_ERROR_LABELS, "alerts[1] (Bad)");
    assert_int_equal(promc_alertmanager_send("http://127.0.0.1:1", two, 0), PROMC_OK);
    assert_int_equal(promc_alertmanager_send("http://127.0.0.1:1", NULL, 1), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_alertmanager_send(NULL, &down, 1), PROMC_ERROR_ARGUMENT);
    assert_last_error(PROMC_ERROR_ARGUMENT, "URL");
    assert_int_equal(promc_alertmanager_resolve("", &down, 1), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_alertmanager_send("http://h/?x", &down, 1), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_alertmanager_send("https://h", &down, 1), PROMC_ERROR_UNSUPPORTED);
    assert_int_equal(promc_alertmanager_send_with(NULL, &down, 1), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_alertmanager_send_with(&(promc_alertmanager_opts){.url = "h"}, &down, 1),
                     PROMC_ERROR_ARGUMENT);
    assert_last_error(PROMC_ERROR_ARGUMENT, ".size");
    assert_int_equal(promc_alertmanager_send_with(
                         PROMC_ALERTMANAGER("https://h", .status = &status), &down, 1),
                     PROMC_ERROR_UNSUPPORTED);
    assert_int_equal(status, 0);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* One answer of an Alertmanager, to be played by the scripted server. */
static void answer_with(struct server_line *line, char text[2048], const char *body)
{
    snprintf(text, 2048, "HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\r\n%s",
             (unsigned long)strlen(body), body);
    *line = (struct server_line){.say = text};
}

static int count_alerts(const promc_alert *alerts, size_t count, void *arg)
{
    size_t *sum = arg;

    for (size_t i = 0; i < count; i++)
        assert_string_equal(alerts[i].fingerprint, "4cd25d08a4006c44");
    *sum += 10 + count;
    return 0;
}

static void alerts_are_asked_for(void **state)
{
    static const char list[] =
        "[{\"annotations\":{},\"endsAt\":\"2026-11-21T07:38:38.865Z\",\"fingerprint\":"
        "\"4cd25d08a4006c44\",\"receivers\":[{\"name\":\"hook\"}],\"startsAt\":"
        "\"2026-11-21T07:34:38.865Z\",\"status\":{\"inhibitedBy\":[],\"silencedBy\":[],\"state\":"
        "\"active\"},\"updatedAt\":\"2026-11-21T07:34:38.865Z\",\"labels\":{\"a\":\"b\"}}]";
    static const char *const wrong[] = {"", "{}", "[1]", "[{\"labels\":{\"a\":1}}]", "[}"};
    char texts[2][2048];
    struct server_line script[2];
    size_t sum = 0;
    (void)state;

    answer_with(&script[0], texts[0], list);
    answer_with(&script[1], texts[1], "[]");
    start(script, 2);
    assert_int_equal(
        promc_alertmanager_alerts(
            PROMC_ALERTMANAGER(url),
            PROMC_ALERT_FILTER(PROMC_LABELS("a=\"b\"", "c!~é:^5X"), .receiver = "x", .no_active = true,
                               .no_silenced = true, .no_inhibited = true, .no_unprocessed = true),
            count_alerts, &sum),
        PROMC_OK);
    assert_int_equal(sum, 11);
    assert_int_equal(promc_alertmanager_alerts(PROMC_ALERTMANAGER(url), NULL, count_alerts, &sum),
                     PROMC_OK);
    assert_int_equal(sum, 21);
    stop(2);
    assert_non_null(strstr(server.received[0],
                           "GET /api/v2/alerts?filter=a%3D%22b%22&filter=c%21~%C3%A9%3A%5E5X&receiver=x&"
                           "active=false&silenced=false&inhibited=false&unprocessed=false HTTP"));
    assert_non_null(strstr(server.received[1], "GET /api/v2/alerts HTTP"));
    server_forget(&server);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        answer_with(&script[0], texts[0], wrong[i]);
        start(script, 1);
        assert_int_equal(
            promc_alertmanager_alerts(PROMC_ALERTMANAGER(url), NULL, count_alerts, &sum),
            PROMC_ERROR_SYNTAX);
        assert_last_error(PROMC_ERROR_SYNTAX, "Alertmanager: ");
        stop(1);
        server_forget(&server);
    }
    assert_int_equal(sum, 21);
    assert_int_equal(promc_alertmanager_alerts(PROMC_ALERTMANAGER(url), NULL, NULL, NULL),
                     PROMC_ERROR_ARGUMENT);
}

static int no_alerts(const promc_alert *alerts, size_t count, void *arg)
{
    (void)alerts, (void)count, (void)arg;
    return -1;
}

static int no_silences(const promc_silence *silences, size_t count, void *arg)
{
    (void)silences, (void)count, (void)arg;
    return -1;
}

static void refusals_of_lists_are_told(void **state)
{
    char texts[2][2048];
    struct server_line script[3] = {
        [2] = {.say = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nlater"}};
    (void)state;

    answer_with(&script[0], texts[0], "[]");
    answer_with(&script[1], texts[1], "[]");
    start(script, 3);
    assert_int_equal(promc_alertmanager_alerts(PROMC_ALERTMANAGER(url), NULL, no_alerts, NULL),
                     PROMC_ERROR_SINK);
    assert_last_error(PROMC_ERROR_SINK, "refused the alerts");
    assert_int_equal(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), no_silences, NULL),
                     PROMC_ERROR_SINK);
    assert_last_error(PROMC_ERROR_SINK, "refused the silences");
    assert_int_equal(promc_alertmanager_alerts(PROMC_ALERTMANAGER(url), NULL, no_alerts, NULL),
                     PROMC_ERROR_REFUSED);
    assert_last_error(PROMC_ERROR_REFUSED, "503 Service Unavailable: later");
    stop(3);
    server_forget(&server);
    assert_int_equal(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), NULL, NULL),
                     PROMC_ERROR_ARGUMENT);
}

static void the_status_is_asked_for(void **state)
{
    static const char *const wrong[] = {"[]", "{}", "{\"versionInfo\":{\"version\":\"1\"}}",
                                        ("{\"versionInfo\":{\"version\":\"1\"},\"cluster\":"
                                         "{\"status\":\"ready\"}}"),
                                        ("{\"versionInfo\":{\"version\":\"1\"},\"cluster\":"
                                         "{\"status\":\"ready\"},\"uptime\":\"long\"}")};
    promc_alertmanager_info info;
    char text[2048];
    struct server_line line;
    (void)state;

    answer_with(&line, text,
                "{\"cluster\":{\"status\":\"ready\"},\"versionInfo\":{\"version\":"
                "\"0.25.0 with very many words behind it\"},\"uptime\":\"1970-01-01T01:00:00Z\"}");
    start(&line, 1);
    assert_int_equal(promc_alertmanager_status(PROMC_ALERTMANAGER(url), &info), PROMC_OK);
    stop(1);
    server_forget(&server);
    assert_string_equal(info.version, "0.25.0 with very many words beh");
    assert_string_equal(info.cluster, "ready");
    assert_int_equal(info.started_at.tv_sec, 3600);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        answer_with(&line, text, wrong[i]);
        start(&line, 1);
        assert_int_equal(promc_alertmanager_status(PROMC_ALERTMANAGER(url), &info),
                         PROMC_ERROR_SYNTAX);
        stop(1);
        server_forget(&server);
    }
    assert_int_equal(promc_alertmanager_status(PROMC_ALERTMANAGER(url), NULL),
                     PROMC_ERROR_ARGUMENT);
}

/* ---- silences -------------------------------------------------------------------------------- */

static const promc_matcher quiet[] = {
    {"alertname", "Quiet", false, false}, {"host", "db.*", true, true}, {NULL, NULL, false, false}};

static void silences_are_created_and_ended(void **state)
{
    promc_silence silence = {
        .id = "7", .matchers = quiet, .starts_at = {60, 0}, .ends_at = {120, 5}, .comment = "维护"};
    struct server_line script[3];
    promc_silence_id id;
    char texts[3][2048];
    (void)state;

    answer_with(&script[0], texts[0], "{\"silenceID\":\"8-f\"}");
    answer_with(&script[1], texts[1], "");
    answer_with(&script[2], texts[2], "{\"silenceID\":8}");
    start(script, 3);
    assert_int_equal(promc_alertmanager_silence(PROMC_ALERTMANAGER(url), &silence, &id), PROMC_OK);
    assert_string_equal(id.text, "8-f");
    assert_int_equal(promc_alertmanager_expire(PROMC_ALERTMANAGER(url), id.text), PROMC_OK);
    assert_int_equal(promc_alertmanager_silence(PROMC_ALERTMANAGER(url), &silence, &id),
                     PROMC_ERROR_SYNTAX);
    stop(3);
    assert_non_null(strstr(server.received[0], "POST /api/v2/silences HTTP"));
    assert_string_equal(
        body_of(0), "{\"id\":\"7\",\"matchers\":[{\"name\":\"alertname\",\"value\":\"Quiet\","
                    "\"isRegex\":false,\"isEqual\":true},{\"name\":\"host\",\"value\":\"db.*\","
                    "\"isRegex\":true,\"isEqual\":false}],\"startsAt\":\"1970-01-01T00:01:00Z\","
                    "\"endsAt\":\"1970-01-01T00:02:00.000000005Z\",\"createdBy\":\"\","
                    "\"comment\":\"维护\"}");
    assert_non_null(strstr(server.received[1], "DELETE /api/v2/silence/8-f HTTP"));
    server_forget(&server);
}

static void answers_to_new_silences(void **state)
{
    static const char *const wrong[] = {
        "{", "[]",
        "{\"silenceID\":\"0123456789012345678901234567890123456789012345678901234567890123\"}"};
    const promc_silence silence = {.id = "", .matchers = quiet, .ends_at = {120, 0}};
    struct server_line line;
    promc_silence_id id;
    char text[2048];
    (void)state;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        answer_with(&line, text, wrong[i]);
        start(&line, 1);
        assert_int_equal(promc_alertmanager_silence(PROMC_ALERTMANAGER(url), &silence, &id),
                         PROMC_ERROR_SYNTAX);
        stop(1);
        server_forget(&server);
    }
    answer_with(&line, text, "anything");
    start(&line, 1); /* nobody wants to know its id */
    assert_int_equal(promc_alertmanager_silence(PROMC_ALERTMANAGER(url), &silence, NULL), PROMC_OK);
    stop(1);
    assert_ptr_equal(strstr(body_of(0), "{\"matchers\":["), body_of(0));
    server_forget(&server);
}

static void wrong_silences_are_refused(void **state)
{
    static const promc_matcher nameless[] = {{"", "x", false, false}, {NULL, NULL, false, false}};
    static const promc_matcher misnamed[] = {{"\xFF", "x", false, false},
                                             {NULL, NULL, false, false}};
    static const promc_matcher none[] = {{NULL, NULL, false, false}};
    static const promc_matcher valueless[] = {{"a", NULL, false, false},
                                              {NULL, NULL, false, false}};
    static const promc_matcher broken[] = {{"a", "\xFF", false, false}, {NULL, NULL, false, false}};
    const struct timespec soon = {120, 0}, later = {180, 0};
    const promc_silence wrong[] = {
        {.ends_at = soon},
        {.matchers = none, .ends_at = soon},
        {.matchers = valueless, .ends_at = soon},
        {.matchers = broken, .ends_at = soon},
        {.matchers = nameless, .ends_at = soon},
        {.matchers = misnamed, .ends_at = soon},
        {.matchers = quiet, .starts_at = {60, -1}, .ends_at = soon},
        {.matchers = quiet, .ends_at = soon, .id = "\xFF"},
        {.matchers = quiet, .ends_at = soon, .created_by = "\xFF"},
        {.matchers = quiet},
        {.matchers = quiet, .starts_at = later, .ends_at = soon},
        {.matchers = quiet, .ends_at = {120, -1}},
        {.matchers = quiet, .ends_at = soon, .comment = "\xFF"},
    };
    static const char *const ids[] = {
        "",
        "a/b",
        "..",
        "a b",
        "%2e",
        ("0123456789012345678901234567890123456789012345678901234567890"
         "123456789")};
    (void)state;

    /* Nobody listens on port 1: another error would say that something was tried. */
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(
            promc_alertmanager_silence(PROMC_ALERTMANAGER("127.0.0.1:1"), &wrong[i], NULL),
            PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_alertmanager_silence(PROMC_ALERTMANAGER("127.0.0.1:1"), NULL, NULL),
                     PROMC_ERROR_ARGUMENT);
    for (size_t i = 0; i < COUNT(ids); i++)
        assert_int_equal(promc_alertmanager_expire(PROMC_ALERTMANAGER("127.0.0.1:1"), ids[i]),
                         PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_alertmanager_expire(PROMC_ALERTMANAGER("127.0.0.1:1"), NULL),
                     PROMC_ERROR_ARGUMENT);
}

static int see_silences(const promc_silence *silences, size_t count, void *arg)
{
    *(size_t *)arg += 10 + count;
    if (count != 2)
        return 0;
    assert_string_equal(silences[0].id, "1");
    assert_int_equal(silences[0].state, PROMC_SILENCE_ACTIVE);
    assert_string_equal(silences[0].matchers[0].name, "a");
    assert_false(silences[0].matchers[0].negative);
    assert_true(silences[0].matchers[0].regex);
    assert_null(silences[0].matchers[1].name);
    assert_int_equal(silences[0].starts_at.tv_sec, 60);
    assert_string_equal(silences[1].comment, "维护");
    assert_int_equal(silences[1].state, PROMC_SILENCE_EXPIRED);
    assert_string_equal(silences[1].matchers[0].name, "b");
    assert_true(silences[1].matchers[0].negative);
    assert_string_equal(silences[1].matchers[1].value, "");
    assert_null(silences[1].matchers[2].name);
    return 0;
}

/* A silence of which one member is something else than it must be. */
static void silences_miss_nothing(void **state)
{
    static const char good[] =
        "[{\"id\":\"1\",\"comment\":\"c\",\"createdBy\":\"x\",\"startsAt\":\"1970-01-01T00:01:00Z\","
        "\"endsAt\":\"1970-01-01T00:02:00Z\",\"status\":{\"state\":\"pending\"},\"matchers\":[]}]";
    static const char *const members[] = {"\"1\"",     "\"comment\"",  "\"createdBy\"",
                                          "\"startsAt\"", "\"endsAt\"", "\"1970-01-01T00:01:00Z\"",
                                          "\"1970-01-01T00:02:00Z\"", "\"status\"", "\"state\"",
                                          "\"matchers\""};
    char broken[sizeof(good)], text[2048];
    struct server_line line;
    size_t sum = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(members); i++) {
        memcpy(broken, good, sizeof(good));
        strstr(broken, members[i])[1] = '?';
        if (i == 0)
            memcpy(strstr(broken, "\"?\""), "[1]", 3);
        answer_with(&line, text, broken);
        start(&line, 1);
        assert_int_equal(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), see_silences, &sum),
                         PROMC_ERROR_SYNTAX);
        stop(1);
        server_forget(&server);
    }
    assert_int_equal(sum, 0);
}

static int see_pending(const promc_silence *silences, size_t count, void *arg)
{
    assert_int_equal(count, 1);
    *(int *)arg = silences->state;
    return 0;
}

static void silences_are_listed(void **state)
{
#define SILENCE(id, state, matchers)                                                               \
    "{\"id\":" id ",\"comment\":\"维护\",\"createdBy\":\"x\",\"startsAt\":"                      \
    "\"1970-01-01T00:01:00Z\",\"endsAt\":\"1970-01-01T00:02:00Z\",\"status\":{\"state\":"          \
    "\"" state "\"},\"matchers\":" matchers "}"
    static const char *const wrong[] = {"{}",
                                        "[7]",
                                        "[{}]",
                                        "[" SILENCE("1", "active", "[]") "]",
                                        "[" SILENCE("\"1\"", "active", "7") "]",
                                        "[" SILENCE("\"1\"", "active", "[7]") "]",
                                        "[" SILENCE("\"1\"", "active", "[{\"name\":\"a\"}]") "]"};
    char text[2048];
    struct server_line line;
    size_t sum = 0;
    int pending = -1;
    (void)state;

    answer_with(
        &line, text,
        "[" SILENCE("\"1\"", "active",
                    "[{\"name\":\"a\",\"value\":\"x\",\"isRegex\":true}]") "," SILENCE("\"2\"",
                                                                                       "expired",
                                                                                       "[{"
                                                                                       "\"name\":"
                                                                                       "\"b\","
                                                                                       "\"value\""
                                                                                       ":\"y\","
                                                                                       "\"isRegex"
                                                                                       "\":false,"
                                                                                       "\"isEqual"
                                                                                       "\":false}"
                                                                                       ","
                                                                                       "{\"name\""
                                                                                       ":\"c\","
                                                                                       "\"value\""
                                                                                       ":\"\","
                                                                                       "\"isRegex"
                                                                                       "\":false,"
                                                                                       "\"isEqual"
                                                                                       "\":true}"
                                                                                       "]") "]");
    start(&line, 1);
    assert_int_equal(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), see_silences, &sum),
                     PROMC_OK);
    stop(1);
    server_forget(&server);
    assert_int_equal(sum, 12);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        answer_with(&line, text, wrong[i]);
        start(&line, 1);
        assert_int_equal(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), see_silences, &sum),
                         PROMC_ERROR_SYNTAX);
        stop(1);
        server_forget(&server);
    }
    assert_int_equal(sum, 12);
    answer_with(&line, text, "[]");
    start(&line, 1);
    assert_int_equal(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), see_silences, &sum),
                     PROMC_OK);
    stop(1);
    server_forget(&server);
    assert_int_equal(sum, 22);
    answer_with(&line, text, "[" SILENCE("\"1\"", "pending", "[]") "]");
    start(&line, 1);
    assert_int_equal(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), see_pending, &pending),
                     PROMC_OK);
    stop(1);
    server_forget(&server);
    assert_int_equal(pending, PROMC_SILENCE_PENDING);
}

/* ---- receiving ------------------------------------------------------------------------------- */

struct seen {
    size_t calls, alerts;
    int answer, status;
    char words[256];
};

static int see_alerts(const promc_alert *alerts, size_t count, void *arg)
{
    struct seen *seen = arg;

    seen->calls++;
    seen->alerts = count;
    if (count) {
        seen->status = alerts[0].status;
        snprintf(seen->words, sizeof(seen->words), "%s",
                 promc_label_value(alerts[0].labels, "alertname"));
    }
    return seen->answer;
}

static int see_notification(const promc_notification *message, void *arg)
{
    struct seen *seen = arg;

    seen->calls++;
    seen->alerts = message->alert_count;
    seen->status = message->status;
    snprintf(seen->words, sizeof(seen->words), "%s %s", message->receiver, message->group_key);
    return seen->answer;
}

/* Sends a body on an open connection; gives the status of the answer, whose text is kept. */
static char answer[4096];
static int post(int fd, const char *path, const char *body)
{
    char request[4096];

    snprintf(request, sizeof(request),
             "POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
             "Content-Length: %lu\r\n\r\n%s",
             path, (unsigned long)strlen(body), body);
    peer_exchange(fd, request, answer, sizeof(answer));
    return atoi(answer + strlen("HTTP/1.1 "));
}

#define ALERT "[{\"labels\":{\"alertname\":\"磁盘满\"}}]"
#define MESSAGE                                                                                    \
    "{\"version\":\"4\",\"status\":\"resolved\",\"receiver\":\"hook\",\"groupKey\":\"{}:{}\","     \
    "\"alerts\":[{\"status\":\"resolved\",\"labels\":{\"a\":\"b\"},\"endsAt\":"                    \
    "\"2026-11-21T07:31:29Z\"}]}"

static void senders_are_answered(void **state)
{
    struct seen alerts = {0}, messages = {0};
    promc_http_server *own = promc_start_http_server(0, .address = "127.0.0.1");
    int fd;
    (void)state;

    assert_non_null(own);
    assert_int_equal(promc_http_server_on_alerts(own, "/api/v2/alerts", see_alerts, &alerts),
                     PROMC_OK);
    assert_int_equal(promc_http_server_on_notification(own, "/send/", see_notification, &messages),
                     PROMC_OK);
    assert_int_equal(promc_http_server_on_alerts(own, "/send/", see_alerts, &alerts),
                     PROMC_ERROR_DUPLICATE);
    fd = peer_connect("127.0.0.1", promc_http_server_port(own));
    /* All of this on one connection. */
    assert_int_equal(post(fd, "/api/v2/alerts", ALERT), 200);
    assert_int_equal(alerts.calls, 1);
    assert_int_equal(alerts.alerts, 1);
    assert_int_equal(alerts.status, PROMC_ALERT_FIRING);
    assert_string_equal(alerts.words, "磁盘满");
    assert_int_equal(post(fd, "/api/v2/alerts", "[]"), 200);
    assert_int_equal(alerts.calls, 2);
    assert_int_equal(alerts.alerts, 0);
    assert_int_equal(post(fd, "/api/v2/alerts", "[{\"labels\":7}]"), 400);
    assert_non_null(strstr(answer, "alerts[0]: labels is not an object"));
    assert_int_equal(post(fd, "/api/v2/alerts", "{"), 400);
    assert_non_null(strstr(answer, "JSON, byte 1: "));
    assert_int_equal(post(fd, "/api/v2/alerts", ""), 400);
    assert_int_equal(post(fd, "/api/v2/alerts", MESSAGE), 400);
    assert_int_equal(post(fd, "/api/v2/alerts", "[[[[[[[[[[[[[[[[[[[[[[[["), 413);
    assert_int_equal(alerts.calls, 2);
    alerts.answer = -1;
    assert_int_equal(post(fd, "/api/v2/alerts", ALERT), 500);
    alerts.answer = 1;
    assert_int_equal(post(fd, "/api/v2/alerts", ALERT), 200);
    assert_int_equal(alerts.calls, 4);

    assert_int_equal(post(fd, "/send/", MESSAGE), 200);
    assert_int_equal(messages.calls, 1);
    assert_int_equal(messages.alerts, 1);
    assert_int_equal(messages.status, PROMC_ALERT_RESOLVED);
    assert_string_equal(messages.words, "hook {}:{}");
    assert_int_equal(post(fd, "/send/", ALERT), 400);
    messages.answer = -7;
    assert_int_equal(post(fd, "/send/", MESSAGE), 500);
    assert_int_equal(messages.calls, 2);
    peer_exchange(fd, "GET /send/ HTTP/1.1\r\nHost: h\r\n\r\n", answer, sizeof(answer));
    assert_int_equal(atoi(answer + 9), 405);
    close(fd);
    promc_http_server_stop(own);
}

static void large_bodies_are_refused(void **state)
{
    struct seen seen = {0};
    promc_http_server *own =
        promc_start_http_server(0, .address = "127.0.0.1", .max_body_size = 100);
    int fd;
    (void)state;

    assert_non_null(own);
    assert_int_equal(promc_http_server_on_notification(own, "/", see_notification, &seen),
                     PROMC_OK);
    fd = peer_connect("127.0.0.1", promc_http_server_port(own));
    assert_int_equal(post(fd, "/", MESSAGE), 413);
    assert_int_equal(seen.calls, 0);
    close(fd);
    promc_http_server_stop(own);
}

static void wrong_routes_are_refused(void **state)
{
    promc_http_server *own = promc_http_server_open(0, .address = "127.0.0.1");
    (void)state;

    assert_non_null(own);
    assert_int_equal(promc_http_server_on_alerts(NULL, "/", see_alerts, NULL),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_server_on_alerts(own, "/", NULL, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_server_on_alerts(own, NULL, NULL, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_server_on_alerts(own, NULL, see_alerts, NULL),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_server_on_notification(own, "x", see_notification, NULL),
                     PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_http_server_on_notification(own, "/", NULL, NULL), PROMC_ERROR_ARGUMENT);
    promc_http_server_stop(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_alert_is_fired_and_resolved),
        cmocka_unit_test(many_alerts_go_in_batches),
        cmocka_unit_test(options_reach_the_request),
        cmocka_unit_test(a_unix_socket_is_reached),
        cmocka_unit_test(refusals_are_told),
        cmocka_unit_test(silence_times_out),
        cmocka_unit_test(nothing_is_sent_before_all_is_right),
        cmocka_unit_test(alerts_are_asked_for),
        cmocka_unit_test(the_status_is_asked_for),
        cmocka_unit_test(refusals_of_lists_are_told),
        cmocka_unit_test(silences_are_created_and_ended),
        cmocka_unit_test(answers_to_new_silences),
        cmocka_unit_test(silences_miss_nothing),
        cmocka_unit_test(wrong_silences_are_refused),
        cmocka_unit_test(silences_are_listed),
        cmocka_unit_test(senders_are_answered),
        cmocka_unit_test(large_bodies_are_refused),
        cmocka_unit_test(wrong_routes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
