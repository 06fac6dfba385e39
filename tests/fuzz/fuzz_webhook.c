/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts from strangers. Byte 0 chooses: alerts as Prometheus posts them, or a message of
 * Alertmanager's webhook; and how long memory lasts. The rest is the body.
 *
 * Nothing is NULL, lists end, names are there once; only JSON is accepted, and only what the values
 * of the document are. Alerts that could be sent on, and are, are received again as they were.
 */
#include "fuzz.h"

#include "alerts/alert_check.h"
#include "alerts/alert_read.h"
#include "alerts/alert_write.h"
#include "alerts/rfc3339.h"
#include "base/utf8.h"

static const promc__json_limits limits = {SIZE_MAX, 16, 100000};
static const struct timespec now = {.tv_sec = 1750000000};

/* ---- what was received ----------------------------------------------------------------------- */

static size_t check_labels(const promc_label *labels)
{
    size_t count = 0;

    require(labels != NULL);
    for (; labels[count].name; count++) {
        require(*labels[count].name && labels[count].value);
        require(promc__utf8_valid(labels[count].name, strlen(labels[count].name)));
        require(promc__utf8_valid(labels[count].value, strlen(labels[count].value)));
        for (size_t i = 0; i < count; i++)
            require(strcmp(labels[i].name, labels[count].name) != 0);
    }
    require(!labels[count].value && count <= PROMC__RECEIVED_LABELS_MAX);
    return count;
}

static void check_alert(const promc_alert *alert)
{
    require(alert->status == PROMC_ALERT_FIRING || alert->status == PROMC_ALERT_RESOLVED);
    require(alert->generator_url && alert->fingerprint);
    require(alert->starts_at.tv_nsec >= 0 && alert->starts_at.tv_nsec < 1000000000);
    require(alert->ends_at.tv_nsec >= 0 && alert->ends_at.tv_nsec < 1000000000);
    (void)check_labels(alert->labels);
    (void)check_labels(alert->annotations);
}

/* A member of the document, found by a walk of its own: the last of its name. */
static const promc__json_value *member(const promc__json_value *object, const char *name)
{
    const promc__json_value *found = NULL, *at = object + 1;

    for (size_t i = 0; i < object->count; i++, at += at->span)
        if (at->key_size == strlen(name) && memcmp(at->key, name, at->key_size) == 0)
            found = at;
    return found && found->type != PROMC__JSON_NULL ? found : NULL;
}

static void check_text(const promc__json_value *object, const char *name, const char *text)
{
    const promc__json_value *value = member(object, name);

    require(strcmp(text, value ? value->text : "") == 0);
}

static void check_list(const promc__json_value *object, const char *name, const promc_label *labels)
{
    const promc__json_value *list = member(object, name), *at = list ? list + 1 : NULL;
    size_t count = list ? list->count : 0;

    require(check_labels(labels) == count);
    for (size_t i = 0; i < count; i++, at += at->span)
        require(strcmp(labels[i].name, at->key) == 0 && strcmp(labels[i].value, at->text) == 0);
}

static void check_against_document(const promc__received *received, const promc__json_value *alerts)
{
    const promc__json_value *at = alerts + 1;

    require(alerts->type == PROMC__JSON_ARRAY && alerts->count == received->count);
    for (size_t i = 0; i < received->count; i++, at += at->span) {
        check_alert(&received->alerts[i]);
        check_list(at, "labels", received->alerts[i].labels);
        check_list(at, "annotations", received->alerts[i].annotations);
        check_text(at, "generatorURL", received->alerts[i].generator_url);
        check_text(at, "fingerprint", received->alerts[i].fingerprint);
    }
}

static void check_notification(const promc__received *received, const promc__json_value *document)
{
    const promc_notification *n = &received->notification;

    require(n->status == PROMC_ALERT_FIRING || n->status == PROMC_ALERT_RESOLVED);
    check_text(document, "receiver", n->receiver);
    check_text(document, "externalURL", n->external_url);
    check_text(document, "groupKey", n->group_key);
    check_text(document, "version", n->version);
    check_list(document, "groupLabels", n->group_labels);
    check_list(document, "commonLabels", n->common_labels);
    check_list(document, "commonAnnotations", n->common_annotations);
    require(n->alerts == received->alerts && n->alert_count == received->count);
}

/* ---- sending it on --------------------------------------------------------------------------- */

static void check_same_labels(const promc_label *sent, const promc_label *back)
{
    for (; sent->name; sent++) {
        const char *value = promc_label_value(back, sent->name);

        /* Where names are equal once they are repaired there is nothing to compare. */
        require(value && strcmp(value, sent->value) == 0);
    }
}

/* The end says whether an alert is over. One that is resolved without an end ends now, but not
 * before it begins. */
static int sent_status(const promc_alert *alert)
{
    struct timespec end = promc__time_is_set(alert->ends_at) ? alert->ends_at : alert->starts_at;

    if (!promc__time_is_set(alert->ends_at) && alert->status == PROMC_ALERT_FIRING)
        return PROMC_ALERT_FIRING;
    return promc__time_compare(end, now) <= 0 ? PROMC_ALERT_RESOLVED : PROMC_ALERT_FIRING;
}

static void check_sent_on(const promc__received *received)
{
    promc__buffer text = PROMC__BUFFER(0);
    promc__received again;

    if (promc__alerts_check(received->alerts, received->count, true) != PROMC_OK)
        return;
    promc__alerts_write(&text, received->alerts, received->count, false, now);
    require(!text.error);
    require(promc__receive_alerts(&again, text.data, text.size, &limits, now) == PROMC_OK);
    require(again.count == received->count);
    for (size_t i = 0; i < again.count; i++) {
        const promc_alert *sent = &received->alerts[i], *back = &again.alerts[i];

        check_alert(back);
        check_same_labels(sent->labels, back->labels);
        check_same_labels(sent->annotations, back->annotations);
        require(strcmp(sent->generator_url, back->generator_url) == 0);
        require(back->status == sent_status(sent));
        require(promc__time_compare(sent->starts_at, back->starts_at) == 0);
        if (promc__time_is_set(sent->ends_at))
            require(promc__time_compare(sent->ends_at, back->ends_at) == 0);
    }
    promc__received_free(&again);
    promc__buffer_free(&text);
}

/* ---- entry ----------------------------------------------------------------------------------- */

static int receive(promc__received *received, bool webhook, const char *text, size_t size)
{
    return webhook ? promc__receive_notification(received, text, size, &limits)
                   : promc__receive_alerts(received, text, size, &limits, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    unsigned chosen = choose_byte(&choices);
    bool webhook = chosen & 1;
    const char *text = (const char *)choices.at;
    promc__received received;
    promc__json json;
    int status;

    script_memory();
    status = receive(&received, webhook, text, choices.left);
    if (status == PROMC_OK) {
        require(promc__json_read(&json, text, choices.left, &limits) == PROMC_OK);
        check_against_document(&received, webhook ? member(json.values, "alerts") : json.values);
        if (webhook)
            check_notification(&received, json.values);
        promc__json_free(&json);
        check_sent_on(&received);
        promc__received_free(&received);
    } else {
        require(*received.reason);
        require(status == PROMC_ERROR_SYNTAX || status == PROMC_ERROR_LIMIT);
    }
    refuse_memory_after(chosen / 2 % 8);
    status = receive(&received, webhook, text, choices.left);
    if (grant_memory())
        require(status == PROMC_ERROR_NO_MEMORY);
    if (status == PROMC_OK)
        promc__received_free(&received);
    return 0;
}
