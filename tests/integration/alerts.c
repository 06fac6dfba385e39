/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that the library asks of an Alertmanager, with a real one: alerts URL [keep]. Says
 * what is wrong and ends with 1. */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition,                            \
                    promc_last_error()->message);                                                  \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum { MANY = 300 };
static const char *url;

/* ---- alerts ---------------------------------------------------------------------------------- */

struct seen {
    size_t calls, count;
    promc_label labels[8];
    char values[8][64], url[64], fingerprint[32];
    struct timespec starts_at, ends_at;
    int status;
};

static int see(const promc_alert *alerts, size_t count, void *arg)
{
    struct seen *seen = arg;

    seen->calls++;
    seen->count = count;
    if (!count)
        return 0;
    for (size_t i = 0; i < 7 && alerts[0].labels[i].name; i++)
        snprintf(seen->values[i], sizeof(seen->values[i]), "%s=%s", alerts[0].labels[i].name,
                 alerts[0].labels[i].value);
    snprintf(seen->url, sizeof(seen->url), "%s", alerts[0].generator_url);
    snprintf(seen->fingerprint, sizeof(seen->fingerprint), "%s", alerts[0].fingerprint);
    seen->starts_at = alerts[0].starts_at;
    seen->ends_at = alerts[0].ends_at;
    seen->status = alerts[0].status;
    return 0;
}

static size_t count_of(const char *matcher, const promc_alert_filter *more)
{
    promc_alert_filter filter = more ? *more : *PROMC_ALERT_FILTER(.receiver = NULL);
    struct seen seen = {0};

    filter.matchers = PROMC_LABELS(matcher);
    CHECK(promc_alertmanager_alerts(PROMC_ALERTMANAGER(url), &filter, see, &seen) == PROMC_OK);
    CHECK(seen.calls == 1);
    return seen.count;
}

/* Values of every kind come back as they were. */
static void values_come_back(void)
{
    struct seen seen = {0};
    struct timespec now;
    promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "Values"}, {"b", "小明 \"\\\n<&>"},
                                               {"c", "😀"}, {"empty", ""}),
                         .generator_url = "http://gen/graph?g0.expr=a+%3E+50&g0.tab=1"};

    timespec_get(&now, TIME_UTC);
    alert.starts_at = (struct timespec){now.tv_sec - 60, 123456789};
    alert.ends_at = (struct timespec){now.tv_sec + 600, 1};
    CHECK(promc_alertmanager_send(url, &alert, 1) == PROMC_OK);
    CHECK(promc_alertmanager_alerts(
              PROMC_ALERTMANAGER(url),
              PROMC_ALERT_FILTER(PROMC_LABELS("alertname=Values", "c=😀"), .receiver = "ho.k"), see,
              &seen) == PROMC_OK);
    CHECK(seen.count == 1);
    CHECK(strcmp(seen.values[0], "alertname=Values") == 0);
    CHECK(strcmp(seen.values[1], "b=小明 \"\\\n<&>") == 0);
    CHECK(strcmp(seen.values[2], "c=😀") == 0);
    CHECK(!*seen.values[3]); /* an empty label is none */
    CHECK(strcmp(seen.url, alert.generator_url) == 0);
    CHECK(strlen(seen.fingerprint) == 16);
    CHECK(seen.status == PROMC_ALERT_FIRING);
    CHECK(seen.starts_at.tv_sec == alert.starts_at.tv_sec);
    CHECK(seen.starts_at.tv_nsec / 1000000 == 123); /* its lists have milliseconds only */
    CHECK(seen.ends_at.tv_sec == alert.ends_at.tv_sec);
    CHECK(promc_alertmanager_resolve(url, &alert, 1) == PROMC_OK);
    CHECK(count_of("alertname=Values", NULL) == 0);
}

static void many_fire_and_resolve(void)
{
    static promc_alert alerts[MANY];
    static promc_label labels[MANY][3];
    static char numbers[MANY][16];
    int status = 0;

    for (int i = 0; i < MANY; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%d", i);
        labels[i][0] = (promc_label){"alertname", "Many"};
        labels[i][1] = (promc_label){"number", numbers[i]};
        alerts[i].labels = labels[i];
    }
    CHECK(promc_alertmanager_send(url, alerts, MANY) == PROMC_OK);
    CHECK(count_of("alertname=Many", NULL) == MANY);
    CHECK(count_of("number=~\"1|2\"", NULL) == 2);
    CHECK(promc_alertmanager_resolve_with(PROMC_ALERTMANAGER(url, .status = &status, .timeout = 20),
                                          alerts, MANY) == PROMC_OK);
    CHECK(status == 200);
    CHECK(count_of("alertname=Many", NULL) == 0);
}

/* What Alertmanager would refuse, or worse take in part, is refused before anything is sent. */
static void one_bad_alert_keeps_the_others(void)
{
    promc_alert two[] = {{.labels = PROMC_PAIRS({"alertname", "Good"})},
                         {.labels = PROMC_PAIRS({"alertname", "Bad"}, {"a-b", "c"})}};
    int status = -1;

    CHECK(promc_alertmanager_send(url, two, 2) == PROMC_ERROR_LABELS);
    CHECK(strstr(promc_last_error()->message, "alerts[1] (Bad)"));
    CHECK(count_of("alertname=Good", NULL) == 0);
    two[1].labels = PROMC_PAIRS({"alertname", "Bad"});
    two[1].generator_url = "http://h:port/"; /* which only Alertmanager finds wrong */
    CHECK(promc_alertmanager_send_with(PROMC_ALERTMANAGER(url, .status = &status), two, 2) ==
          PROMC_ERROR_REFUSED);
    CHECK(status == 422 || status == 400);
    CHECK(strstr(promc_last_error()->message, "generatorURL"));
    CHECK(promc_alertmanager_send_with(PROMC_ALERTMANAGER(url, .status = &status), NULL, 0) ==
          PROMC_OK);
}

/* What Alertmanager refuses whoever sends it is not sent; names in UTF-8 are, if one asks for that
 * and it is new enough. */
static void what_is_refused_is_not_sent(const char *version)
{
    static const struct {
        promc_label labels[2];
        const char *json;
    } cases[] = {
        {{{NULL, NULL}}, "[{\"annotations\":{}}]"},
        {{{NULL, NULL}}, "[{\"labels\":{}}]"},
        {{{"alertname", ""}}, "[{\"labels\":{\"alertname\":\"\"}}]"},
        {{{"", "x"}}, "[{\"labels\":{\"\":\"x\"}}]"},
    };
    promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "Backwards"})};
    char post[256], never[] = "[{\"labels\":{\"alertname\":\"Backwards\"},\"startsAt\":"
                              "\"2026-01-02T00:00:00Z\",\"endsAt\":\"2026-01-01T00:00:00Z\"}]";
    unsigned minor = 0;
    int code;

    snprintf(post, sizeof(post), "%s/api/v2/alerts", url);
    for (size_t i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
        bool last = i == sizeof(cases) / sizeof(cases[0]);

        CHECK(promc_http_send(post, .body = last ? never : cases[i].json,
                              .headers = PROMC_PAIRS({"Content-Type", "application/json"})) ==
              PROMC_ERROR_REFUSED);
        if (!last)
            CHECK(promc_alertmanager_send(url, &(promc_alert){.labels = cases[i].labels}, 1) ==
                  PROMC_ERROR_LABELS);
    }
    alert.starts_at.tv_sec = 1767312000;
    alert.ends_at.tv_sec = 1767225600;
    CHECK(promc_alertmanager_send(url, &alert, 1) == PROMC_ERROR_ARGUMENT);
    CHECK(count_of("alertname=Backwards", NULL) == 0);

    CHECK(sscanf(version, "0.%u", &minor) == 1);
    alert = (promc_alert){.labels = PROMC_PAIRS({"alertname", "Names"}, {"区域 1", "x"})};
    CHECK(promc_alertmanager_send(url, &alert, 1) == PROMC_ERROR_LABELS);
    code = promc_alertmanager_send_with(PROMC_ALERTMANAGER(url, .utf8_names = true), &alert, 1);
    CHECK(code == (minor >= 27 ? PROMC_OK : PROMC_ERROR_REFUSED));
    CHECK(count_of("alertname=Names", NULL) == (minor >= 27));
}

/* Without an end an alert gets one from Alertmanager; the status alone resolves it here. */
static void ends_are_made(void)
{
    struct seen seen = {0};
    promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "Ends"})};
    struct timespec now;

    CHECK(promc_alertmanager_send(url, &alert, 1) == PROMC_OK);
    timespec_get(&now, TIME_UTC);
    CHECK(promc_alertmanager_alerts(PROMC_ALERTMANAGER(url),
                                    PROMC_ALERT_FILTER(PROMC_LABELS("alertname=Ends")), see,
                                    &seen) == PROMC_OK);
    CHECK(seen.ends_at.tv_sec - now.tv_sec > 290 && seen.ends_at.tv_sec - now.tv_sec <= 300);
    alert.status = PROMC_ALERT_RESOLVED;
    CHECK(promc_alertmanager_send(url, &alert, 1) == PROMC_OK);
    CHECK(count_of("alertname=Ends", NULL) == 0);
}

/* ---- silences -------------------------------------------------------------------------------- */

struct wanted {
    const char *id;
    int state;
    size_t found;
};

static int find(const promc_silence *silences, size_t count, void *arg)
{
    struct wanted *wanted = arg;

    for (size_t i = 0; i < count; i++) {
        const promc_silence *silence = &silences[i];

        if (strcmp(silence->id, wanted->id) != 0)
            continue;
        wanted->found++;
        CHECK(silence->state == wanted->state);
        CHECK(strcmp(silence->created_by, "小明") == 0);
        CHECK(strcmp(silence->comment, "维护") == 0);
        CHECK(silence->matchers[0].name && silence->matchers[1].name && !silence->matchers[2].name);
        for (int m = 0; m < 2; m++) {
            bool first = strcmp(silence->matchers[m].name, "alertname") == 0;

            CHECK(silence->matchers[m].regex == !first && silence->matchers[m].negative == !first);
            CHECK(strcmp(silence->matchers[m].value, first ? "Quiet" : "db.*") == 0);
        }
        CHECK(silence->starts_at.tv_sec > 0 &&
              silence->ends_at.tv_sec >= silence->starts_at.tv_sec);
    }
    return 0;
}

static void look_for(const char *id, int state)
{
    struct wanted wanted = {.id = id, .state = state};

    CHECK(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), find, &wanted) == PROMC_OK);
    CHECK(wanted.found == 1);
}

static int refuse_silences(const promc_silence *silences, size_t count, void *arg)
{
    (void)silences;
    (void)count;
    (void)arg;
    return -1;
}

static void silences_hold(void)
{
    const promc_matcher matchers[] = {
        {"alertname", "Quiet", false, false}, {"instance", "db.*", true, true}, {NULL, NULL, 0, 0}};
    promc_silence silence = {.matchers = matchers, .created_by = "小明", .comment = "维护"};
    promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "Quiet"}, {"instance", "web1"})};
    promc_silence_id id = {""};

    CHECK(promc_alertmanager_silence(PROMC_ALERTMANAGER(url), &silence, &id) ==
          PROMC_ERROR_ARGUMENT); /* no end */
    timespec_get(&silence.ends_at, TIME_UTC);
    silence.ends_at.tv_sec += 600;
    CHECK(promc_alertmanager_silence(PROMC_ALERTMANAGER(url), &silence, &id) == PROMC_OK);
    CHECK(strlen(id.text) == 36);
    look_for(id.text, PROMC_SILENCE_ACTIVE);
    CHECK(promc_alertmanager_send(url, &alert, 1) == PROMC_OK);
    CHECK(count_of("alertname=Quiet", NULL) == 1);
    CHECK(count_of("alertname=Quiet", PROMC_ALERT_FILTER(.no_silenced = true)) == 0);
    CHECK(count_of("alertname=Quiet", PROMC_ALERT_FILTER(.no_active = true)) == 1);
    CHECK(promc_alertmanager_expire(PROMC_ALERTMANAGER(url), id.text) == PROMC_OK);
    look_for(id.text, PROMC_SILENCE_EXPIRED);
    CHECK(promc_alertmanager_resolve(url, &alert, 1) == PROMC_OK);
    CHECK(promc_alertmanager_silences(PROMC_ALERTMANAGER(url), refuse_silences, NULL) ==
          PROMC_ERROR_SINK);
    CHECK(promc_alertmanager_expire(PROMC_ALERTMANAGER(url), "../alerts") == PROMC_ERROR_ARGUMENT);
    CHECK(promc_alertmanager_expire(PROMC_ALERTMANAGER(url),
                                    "00000000-0000-0000-0000-000000000000") == PROMC_ERROR_REFUSED);
    silence.matchers = (const promc_matcher[]){{"a-b", "", false, false}, {NULL, NULL, 0, 0}};
    CHECK(promc_alertmanager_silence(PROMC_ALERTMANAGER(url), &silence, NULL) ==
          PROMC_ERROR_REFUSED);
}

/* ---- alerts kept firing ---------------------------------------------------------------------- */

/* Keeps an alert firing up to a line of input, resolves it, and ends with the input; failures on
 * the way are no failure of this. */
static int keep_firing(void)
{
    promc_alert_keeper *keeper = promc_alert_keeper_start(url, .interval = 0.2, .timeout = 5);
    promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "Kept"})};

    CHECK(keeper && promc_alert_keeper_fire(keeper, &alert) == PROMC_OK);
    (void)getchar();
    CHECK(promc_alert_keeper_resolve(keeper, alert.labels) == PROMC_OK);
    (void)getchar();
    CHECK(promc_alert_keeper_stop(keeper) == PROMC_OK);
    return 0;
}

int main(int argc, char **argv)
{
    promc_alertmanager_info info;

    url = argc > 1 ? argv[1] : "http://localhost:9093";
    if (argc > 2)
        return keep_firing();
    CHECK(promc_alertmanager_status(PROMC_ALERTMANAGER(url), &info) == PROMC_OK);
    CHECK(strcmp(info.cluster, "disabled") == 0 && info.started_at.tv_sec > 0);
    values_come_back();
    many_fire_and_resolve();
    one_bad_alert_keeps_the_others();
    what_is_refused_is_not_sent(info.version);
    ends_are_made();
    silences_hold();
    printf("asked Alertmanager %s for everything\n", info.version);
    return 0;
}
