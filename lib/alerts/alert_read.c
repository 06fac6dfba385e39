/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/alert_read.h"

#include "alerts/rfc3339.h"
#include "base/compiler.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

/* Where we are, for messages. */
struct place {
    promc__received *received;
    const promc__json_value *object;
    size_t index;  /* of the alert */
    bool in_alert; /* otherwise in the message itself */
};

static PROMC__PRINTF(3, 4) int refuse(promc__received *received, int code, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(received->reason, sizeof(received->reason), format, values);
    va_end(values);
    return code;
}

static int wrong_member(const struct place *place, const char *member, const char *problem)
{
    if (!place->in_alert)
        return refuse(place->received, PROMC_ERROR_SYNTAX, "%s %s", member, problem);
    return refuse(place->received, PROMC_ERROR_SYNTAX, "alerts[%lu]: %s %s",
                  (unsigned long)place->index, member, problem);
}

/* A member that is not null. */
static const promc__json_value *member_of(const struct place *place, const char *name)
{
    const promc__json_value *value = promc__json_member(place->object, name);

    return value && value->type != PROMC__JSON_NULL ? value : NULL;
}

static int read_alert_text(const struct place *place, const char *name, const char **text)
{
    const promc__json_value *value = member_of(place, name);

    *text = value ? promc__json_string(value) : "";
    return *text ? PROMC_OK : wrong_member(place, name, "is not a string");
}

static int read_alert_time(const struct place *place, const char *name, struct timespec *time)
{
    const promc__json_value *value = member_of(place, name);
    const char *text = promc__json_string(value);

    *time = (struct timespec){.tv_sec = 0};
    if (!value || (text && promc__time_read(text, time)))
        return PROMC_OK;
    return wrong_member(place, name, "is not an RFC 3339 time");
}

static int read_alert_status(const struct place *place, int *status)
{
    const char *text = promc__json_string(member_of(place, "status"));
    bool resolved = text && strcmp(text, "resolved") == 0;

    *status = resolved ? PROMC_ALERT_RESOLVED : PROMC_ALERT_FIRING;
    if (resolved || (text && strcmp(text, "firing") == 0))
        return PROMC_OK;
    return wrong_member(place, "status", "is neither \"firing\" nor \"resolved\"");
}

/* ---- labels ---------------------------------------------------------------------------------- */

static const char *wrong_pair(const promc_label *list, size_t count,
                              const promc__json_value *member, const char *value)
{
    if (!member->key_size || strlen(member->key) != member->key_size)
        return "has an empty name, or a NUL in a name";
    if (!value)
        return "has a value that is not a string";
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, member->key) == 0)
            return "has a name twice";
    return NULL;
}

static int read_alert_labels(const struct place *place, const char *name,
                             const promc_label **labels)
{
    promc__received *received = place->received;
    const promc__json_value *object = member_of(place, name), *member = object ? object + 1 : NULL;
    promc_label *list = received->labels + received->labels_used;
    size_t count = object ? object->count : 0;

    if (object && object->type != PROMC__JSON_OBJECT)
        return wrong_member(place, name, "is not an object");
    if (count > PROMC__RECEIVED_LABELS_MAX)
        return wrong_member(place, name, "has too many members");
    for (size_t i = 0; i < count; i++, member += member->span) {
        const char *value = promc__json_string(member), *wrong;

        wrong = wrong_pair(list, i, member, value);
        if (wrong)
            return wrong_member(place, name, wrong);
        list[i] = (promc_label){member->key, value};
    }
    list[count] = (promc_label){NULL, NULL};
    received->labels_used += count + 1;
    *labels = list;
    return PROMC_OK;
}

/* ---- alerts ---------------------------------------------------------------------------------- */

static int read_alert(const struct place *place, promc_alert *alert)
{
    int status;

    if (place->object->type != PROMC__JSON_OBJECT)
        return wrong_member(place, "it", "is not an object");
    status = read_alert_labels(place, "labels", &alert->labels);
    if (status == PROMC_OK)
        status = read_alert_labels(place, "annotations", &alert->annotations);
    if (status == PROMC_OK)
        status = read_alert_time(place, "startsAt", &alert->starts_at);
    if (status == PROMC_OK)
        status = read_alert_time(place, "endsAt", &alert->ends_at);
    if (status == PROMC_OK)
        status = read_alert_text(place, "generatorURL", &alert->generator_url);
    if (status == PROMC_OK)
        status = read_alert_text(place, "fingerprint", &alert->fingerprint);
    return status;
}

/* What is posted has no status, and at least one label. */
static int finish_posted(const struct place *place, promc_alert *alert, struct timespec now)
{
    bool over = promc__time_is_set(alert->ends_at) && promc__time_compare(alert->ends_at, now) <= 0;

    alert->status = over ? PROMC_ALERT_RESOLVED : PROMC_ALERT_FIRING;
    if (!alert->labels->name)
        return wrong_member(place, "labels", "are missing");
    return PROMC_OK;
}

/* `now` is NULL for a message of the webhook. */
static int read_alerts(promc__received *received, const promc__json_value *array,
                       const struct timespec *now)
{
    const promc__json_value *at = array + 1;
    int status = PROMC_OK;

    for (size_t i = 0; i < received->count && status == PROMC_OK; i++, at += at->span) {
        struct place place = {received, at, i, true};
        promc_alert *alert = &received->alerts[i];

        status = read_alert(&place, alert);
        if (status == PROMC_OK)
            status = now ? finish_posted(&place, alert, *now)
                         : read_alert_status(&place, &alert->status);
    }
    return status;
}

/* ---- messages of the webhook ----------------------------------------------------------------- */

static int read_envelope(promc__received *received)
{
    promc_notification *to = &received->notification;
    struct place place = {received, received->json.values, 0, false};
    const promc__json_value *truncated = member_of(&place, "truncatedAlerts");
    const struct {
        const char *name;
        const char **text;
    } texts[] = {{"receiver", &to->receiver},
                 {"externalURL", &to->external_url},
                 {"groupKey", &to->group_key},
                 {"version", &to->version}};
    const struct {
        const char *name;
        const promc_label **labels;
    } lists[] = {{"groupLabels", &to->group_labels},
                 {"commonLabels", &to->common_labels},
                 {"commonAnnotations", &to->common_annotations}};
    int status = read_alert_status(&place, &to->status);

    for (size_t i = 0; i < promc__count_of(texts) && status == PROMC_OK; i++)
        status = read_alert_text(&place, texts[i].name, texts[i].text);
    for (size_t i = 0; i < promc__count_of(lists) && status == PROMC_OK; i++)
        status = read_alert_labels(&place, lists[i].name, lists[i].labels);
    if (status == PROMC_OK && truncated && !promc__json_u64(truncated, &to->truncated_alerts))
        status = wrong_member(&place, "truncatedAlerts", "is not a number");
    return status;
}

/* ---- outside --------------------------------------------------------------------------------- */

static int begin_received(promc__received *received, const char *text, size_t size,
                          const promc__json_limits *limits)
{
    int status;

    *received = (promc__received){.count = 0};
    status = promc__json_read(&received->json, text, size, limits);
    if (status != PROMC_OK)
        return refuse(received, status, "JSON, byte %lu: %s", (unsigned long)received->json.at,
                      received->json.reason);
    return PROMC_OK;
}

/* Room for the alerts in an array. Every label is a value of the document, and every list has an
 * end besides: two in each alert, three in a message. */
static int make_alert_room(promc__received *received, const promc__json_value *array)
{
    size_t count = array->count, ends, labels, alerts;

    if (!promc__size_of(count, 2, 3 + received->json.value_count, &ends) ||
        !promc__size_of(ends, sizeof(*received->labels), 0, &labels) ||
        !promc__size_of(count, sizeof(*received->alerts), 0, &alerts))
        return refuse(received, PROMC_ERROR_NO_MEMORY, "out of memory");
    received->labels = promc__malloc(labels);
    received->alerts = promc__malloc(alerts ? alerts : 1);
    if (!received->labels || !received->alerts)
        return refuse(received, PROMC_ERROR_NO_MEMORY, "out of memory");
    received->count = count;
    return PROMC_OK;
}

static int finish_alerts(promc__received *received, struct timespec now)
{
    int status = PROMC_OK;

    if (received->json.values->type != PROMC__JSON_ARRAY)
        status = refuse(received, PROMC_ERROR_SYNTAX, "alerts come as an array");
    if (status == PROMC_OK)
        status = make_alert_room(received, received->json.values);
    if (status == PROMC_OK)
        status = read_alerts(received, received->json.values, &now);
    if (status != PROMC_OK)
        promc__received_free(received);
    return status;
}

int promc__receive_alerts(promc__received *received, const char *text, size_t size,
                          const promc__json_limits *limits, struct timespec now)
{
    int status = begin_received(received, text, size, limits);

    return status == PROMC_OK ? finish_alerts(received, now) : status;
}

int promc__receive_listed(promc__received *received, promc__json *json, struct timespec now)
{
    *received = (promc__received){.json = *json};
    *json = (promc__json){.values = NULL};
    return finish_alerts(received, now);
}

int promc__receive_notification(promc__received *received, const char *text, size_t size,
                                const promc__json_limits *limits)
{
    const promc__json_value *alerts = NULL;
    int status = begin_received(received, text, size, limits);

    if (status != PROMC_OK)
        return status;
    alerts = promc__json_member(received->json.values, "alerts");
    if (received->json.values->type != PROMC__JSON_OBJECT)
        status = refuse(received, PROMC_ERROR_SYNTAX, "a message of the webhook is an object");
    else if (!alerts || alerts->type != PROMC__JSON_ARRAY)
        status = refuse(received, PROMC_ERROR_SYNTAX, "alerts is not an array");
    else
        status = make_alert_room(received, alerts);
    if (status == PROMC_OK)
        status = read_envelope(received);
    if (status == PROMC_OK)
        status = read_alerts(received, alerts, NULL);
    if (status != PROMC_OK) {
        promc__received_free(received);
        return status;
    }
    received->notification.alerts = received->alerts;
    received->notification.alert_count = received->count;
    return PROMC_OK;
}

void promc__received_free(promc__received *received)
{
    promc__json_free(&received->json);
    promc__free(received->labels);
    promc__free(received->alerts);
    received->labels = NULL;
    received->alerts = NULL;
    received->count = 0;
}
