/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/alert_check.h"

#include "alerts/rfc3339.h"
#include "base/error.h"
#include "base/names.h"
#include "base/utf8.h"
#include "http/query.h"

#include <string.h>

/* More would be slow to compare with each other, and is a mistake. */
enum { ALERT_LABELS_MAX = 1000 };

struct alert_check {
    const promc_alert *alert;
    size_t index;
    bool utf8_names;
};

/* "alerts[3] (HostDown): ...". */
static int alert_wrong(const struct alert_check *check, int code, const char *why, const char *what)
{
    const char *name = promc_label_value(check->alert->labels, "alertname");

    return promc__fail(code, "alerts[%lu] (%.60s): %s%s%.80s%s", (unsigned long)check->index,
                       name ? name : "no alertname", why, what ? ": \"" : "", what ? what : "",
                       what ? "\"" : "");
}

static bool is_utf8(const char *text)
{
    return promc__utf8_valid(text, strlen(text));
}

static const char *wrong_label(const struct alert_check *check, const promc_label *labels, size_t i)
{
    const char *name = labels[i].name;

    if (!check->utf8_names && !promc__is_legacy_label_name(name, strlen(name)))
        return "a name may have letters, digits and _ only, unless .utf8_names is set";
    if (!*name)
        return "a name is empty";
    if (!is_utf8(name))
        return "a name is not UTF-8";
    if (!labels[i].value)
        return "the value is NULL";
    if (!is_utf8(labels[i].value))
        return "the value is not UTF-8";
    for (size_t other = 0; other < i; other++)
        if (strcmp(labels[other].name, name) == 0)
            return "the name is there twice";
    return NULL;
}

/* `*useful`: how many have a value. An empty one is, to Alertmanager, no label at all. */
static int check_alert_labels(const struct alert_check *check, const promc_label *labels,
                              size_t *useful)
{
    *useful = 0;
    for (size_t i = 0; labels && labels[i].name; i++) {
        const char *wrong =
            i < ALERT_LABELS_MAX ? wrong_label(check, labels, i) : "there are too many labels";

        if (wrong)
            return alert_wrong(check, PROMC_ERROR_LABELS, wrong, labels[i].name);
        *useful += *labels[i].value != '\0';
    }
    return PROMC_OK;
}

/* A scheme and what follows it, as Go's url.ParseRequestURI() wants it; not everything it refuses.
 */
static const char *wrong_url(const char *url)
{
    size_t scheme =
        strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    bool query = false;

    if (!is_utf8(url))
        return "generator_url is not UTF-8";
    if (*url != '/' && (!scheme || url[scheme] != ':' || strchr("0123456789+-.", *url)))
        return "generator_url must begin with http:// or the like";
    for (const char *at = url; *at; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7F)
            return "generator_url has a blank or a control character, to be written as %20";
        query = query || *at == '?';
        if (*at == '%' && !query && (promc__hex_digit(at[1]) < 0 || promc__hex_digit(at[2]) < 0))
            return "generator_url has a % without two hexadecimal digits, to be written as %25";
    }
    return NULL;
}

static const char *wrong_times(const promc_alert *alert)
{
    if (!promc__time_valid(alert->starts_at))
        return "starts_at is no time";
    if (!promc__time_valid(alert->ends_at))
        return "ends_at is no time";
    if (promc__time_is_set(alert->starts_at) && promc__time_is_set(alert->ends_at) &&
        promc__time_compare(alert->starts_at, alert->ends_at) > 0)
        return "starts_at is after ends_at";
    return NULL;
}

static int check_one_alert(const struct alert_check *check)
{
    const promc_alert *alert = check->alert;
    const char *wrong;
    size_t useful;
    int status = check_alert_labels(check, alert->annotations, &useful);

    if (status == PROMC_OK)
        status = check_alert_labels(check, alert->labels, &useful);
    if (status != PROMC_OK)
        return status;
    if (!useful)
        return alert_wrong(check, PROMC_ERROR_LABELS, "needs a label with a value", NULL);
    wrong = wrong_times(alert);
    if (wrong)
        return alert_wrong(check, PROMC_ERROR_ARGUMENT, wrong, NULL);
    wrong = alert->generator_url && *alert->generator_url ? wrong_url(alert->generator_url) : NULL;
    return wrong ? alert_wrong(check, PROMC_ERROR_ARGUMENT, wrong, alert->generator_url) : PROMC_OK;
}

int promc__alerts_check(const promc_alert *alerts, size_t count, bool utf8_names)
{
    int status = PROMC_OK;

    if (!alerts && count)
        return promc__fail(PROMC_ERROR_ARGUMENT, "alerts: NULL, but %lu of them",
                           (unsigned long)count);
    for (size_t i = 0; i < count && status == PROMC_OK; i++)
        status = check_one_alert(&(struct alert_check){&alerts[i], i, utf8_names});
    return status;
}
