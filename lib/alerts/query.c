/* SPDX-License-Identifier: Apache-2.0 */
/* What an Alertmanager has, and what it is. */
#include "alerts/alert_read.h"
#include "alerts/alertmanager.h"
#include "alerts/rfc3339.h"
#include "base/error.h"
#include "base/options.h"

#include <stdio.h>

static const char query_what[] = "Alertmanager";

/* ---- the query string ------------------------------------------------------------------------ */

/* Everything but the unreserved characters of RFC 3986 is percent-encoded. */
static void query_parameter(promc__buffer *out, const char *name, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";

    promc__buffer_char(out, memchr(out->data, '?', out->size) ? '&' : '?');
    promc__buffer_string(out, name);
    promc__buffer_char(out, '=');
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            strchr("_.-~", c)) {
            promc__buffer_char(out, *value);
        } else {
            promc__buffer_char(out, '%');
            promc__buffer_char(out, hex[c >> 4]);
            promc__buffer_char(out, hex[c & 15]);
        }
    }
}

static int query_path(promc__buffer *out, const promc_alert_filter *filter)
{
    promc__buffer_string(out, "alerts");
    if (out->error)
        return promc__fail_memory(query_what);
    for (size_t i = 0; filter->matchers && filter->matchers[i]; i++)
        query_parameter(out, "filter", filter->matchers[i]);
    if (filter->receiver)
        query_parameter(out, "receiver", filter->receiver);
    if (filter->no_active)
        query_parameter(out, "active", "false");
    if (filter->no_silenced)
        query_parameter(out, "silenced", "false");
    if (filter->no_inhibited)
        query_parameter(out, "inhibited", "false");
    if (filter->no_unprocessed)
        query_parameter(out, "unprocessed", "false");
    promc__buffer_char(out, '\0');
    return out->error ? promc__fail_memory(query_what) : PROMC_OK;
}

/* ---- alerts ---------------------------------------------------------------------------------- */

static int query_alerts(const promc_alertmanager_opts *set, const char *path,
                        promc_alerts_handler handler, void *arg)
{
    promc__json json;
    promc__received received;
    int status = promc__am_get(set, path, &json), answer;

    if (status != PROMC_OK)
        return status;
    status = promc__receive_listed(&received, &json, promc__time_now());
    if (status != PROMC_OK)
        return promc__fail(status, "Alertmanager: the list of alerts: %s", received.reason);
    answer = handler(received.alerts, received.count, arg);
    promc__received_free(&received);
    return answer >= 0
               ? PROMC_OK
               : promc__fail(PROMC_ERROR_SINK, "Alertmanager: the handler refused the alerts");
}

int promc_alertmanager_alerts(const promc_alertmanager_opts *alertmanager,
                              const promc_alert_filter *filter, promc_alerts_handler handler,
                              void *arg)
{
    promc_alertmanager_opts set;
    promc_alert_filter wanted = {.size = sizeof(wanted)};
    promc__buffer path = PROMC__BUFFER(0);
    int status = promc__am_options(&set, alertmanager);

    if (status == PROMC_OK)
        status = promc__copy_options(&wanted, sizeof(wanted), filter, query_what);
    if (status == PROMC_OK && !handler)
        status = promc__fail(PROMC_ERROR_ARGUMENT, "Alertmanager: there is no handler");
    if (status == PROMC_OK)
        status = query_path(&path, &wanted);
    if (status == PROMC_OK)
        status = query_alerts(&set, path.data, handler, arg);
    promc__buffer_free(&path);
    return status;
}

/* ---- status ---------------------------------------------------------------------------------- */

/* False: not there. */
static bool query_copy(char *out, size_t room, const promc__json_value *value)
{
    const char *text = promc__json_string(value);

    if (text)
        (void)snprintf(out, room, "%s", text);
    return text != NULL;
}

int promc_alertmanager_status(const promc_alertmanager_opts *alertmanager,
                              promc_alertmanager_info *info)
{
    const promc__json_value *document;
    const char *started;
    promc_alertmanager_opts set;
    promc__json json;
    int status = promc__am_options(&set, alertmanager);

    if (status == PROMC_OK && !info)
        status = promc__fail(PROMC_ERROR_ARGUMENT, "Alertmanager: there is no room for the status");
    if (status == PROMC_OK)
        status = promc__am_get(&set, "status", &json);
    if (status != PROMC_OK)
        return status;
    *info = (promc_alertmanager_info){.version = ""};
    document = json.values;
    started = promc__json_string(promc__json_member(document, "uptime"));
    if (!query_copy(info->version, sizeof(info->version),
                    promc__json_member(promc__json_member(document, "versionInfo"), "version")) ||
        !query_copy(info->cluster, sizeof(info->cluster),
                    promc__json_member(promc__json_member(document, "cluster"), "status")) ||
        !started || !promc__time_read(started, &info->started_at))
        status = promc__am_unexpected("status");
    promc__json_free(&json);
    return status;
}
