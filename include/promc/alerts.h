/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file alerts.h  Alerts: sent to an Alertmanager, and received from Prometheus or Alertmanager.
 *
 *     promc_alert down = {.labels = PROMC_PAIRS({"alertname", "HostDown"}, {"severity",
 * "critical"}), .annotations = PROMC_PAIRS({"summary", "192.168.82.105:9100 服务器宕机"})};
 *     promc_alertmanager_send("http://localhost:9093", &down, 1);
 *     promc_alertmanager_resolve("http://localhost:9093", &down, 1);
 *
 * The labels are what an alert is known by: resolving, and firing again, takes the same ones.
 */
#ifndef PROMC_ALERTS_H
#define PROMC_ALERTS_H

#include <time.h>

#include <promc/push.h>

PROMC_BEGIN_DECLS

/* ---- alerts ---------------------------------------------------------------------------------- */

enum { PROMC_ALERT_FIRING = 0, PROMC_ALERT_RESOLVED = 1 };

/**
 * An alert. What is sent needs labels only; in what callbacks see, strings and lists are borrowed
 * for the call and never NULL: what is absent is an empty string or list.
 */
typedef struct promc_alert {
    int status;                              /**< PROMC_ALERT_FIRING or PROMC_ALERT_RESOLVED */
    const promc_label *labels, *annotations; /**< ending in {NULL, NULL} */
    struct timespec starts_at, ends_at;      /**< Unix time; all zero: not set */
    const char *generator_url;               /**< where it comes from; NULL or "": unknown */
    const char *fingerprint; /**< what Alertmanager calls it; not sent, and not known to
                                  promc_http_server_on_alerts() */
} promc_alert;

/** A message of Alertmanager's webhook: the alerts of one group. Borrowed like alerts are. */
typedef struct promc_notification {
    int status; /**< PROMC_ALERT_RESOLVED once all its alerts are */
    const char *receiver, *external_url, *group_key, *version;
    const promc_alert *alerts;
    size_t alert_count;
    uint64_t truncated_alerts; /**< alerts that Alertmanager left out (max_alerts) */
    const promc_label *group_labels, *common_labels, *common_annotations;
} promc_notification;

/** Takes alerts. @return 0 or more: accepted; negative: refused. */
typedef int (*promc_alerts_handler)(const promc_alert *alerts, size_t count, void *arg);
/** Takes a message of the webhook. Returns as above. */
typedef int (*promc_notification_handler)(const promc_notification *notification, void *arg);

/* ---- sending --------------------------------------------------------------------------------- */

/**
 * Fires alerts: POST <url>/api/v2/alerts, 256 at a time, one after the other; blocks until the
 * answers are there. An alert without ends_at ends by itself after Alertmanager's resolve_timeout
 * (5 minutes): send it again while it lasts, or let promc_alert_keeper_start() do that. One with
 * ends_at in the past, or with the status PROMC_ALERT_RESOLVED and no ends_at, is resolved.
 * @param url  of the Alertmanager, "http://localhost:9093"; a path before /api is kept.
 * @return PROMC_OK. Before anything is sent: PROMC_ERROR_LABELS (no labels, or a name or value that
 *         Alertmanager refuses) or PROMC_ERROR_ARGUMENT (times, generator_url; url), the message
 *         says which alert it is and why. Then as promc_push_to_gateway(), PROMC_ERROR_SINK when
 *         Alertmanager refuses; what it took before that stays.
 */
PROMC_API int promc_alertmanager_send(const char *url, const promc_alert *alerts, size_t count);

/**
 * Resolves alerts: sends them with ends_at now, or as given if that is past. Alerts it does not
 * know are fine. Returns as promc_alertmanager_send().
 */
PROMC_API int promc_alertmanager_resolve(const char *url, const promc_alert *alerts, size_t count);

/** How to reach an Alertmanager: PROMC_ALERTMANAGER("http://localhost:9093", .timeout = 5). */
typedef struct promc_alertmanager_opts {
    size_t size;
    const char *url;             /**< as above; https needs a transport */
    double timeout;              /**< for each request, as in promc_push_opts: 0 is 30 seconds */
    const char *user, *password; /**< basic authorization */
    const char *token;           /**< bearer authorization */
    const promc_http_header *headers;        /**< further headers; NULL: none */
    const char *unix_path;                   /**< connect to this unix socket */
    const promc_client_transport *transport; /**< for https */
    int *status;     /**< receives the last HTTP status, 0 when there was none; NULL: not wanted */
    bool utf8_names; /**< label names may be any UTF-8, which Alertmanager takes from 0.27 on;
                          default: letters, digits and "_" */
    double interval; /**< promc_alert_keeper_start() only: seconds; 0: 60 */
} promc_alertmanager_opts;

/** promc_alertmanager_send() with options. */
PROMC_API int promc_alertmanager_send_with(const promc_alertmanager_opts *alertmanager,
                                           const promc_alert *alerts, size_t count);
/** promc_alertmanager_resolve() with options. */
PROMC_API int promc_alertmanager_resolve_with(const promc_alertmanager_opts *alertmanager,
                                              const promc_alert *alerts, size_t count);

#ifndef __cplusplus
#define PROMC_ALERTMANAGER(...)                                                                    \
    (&(promc_alertmanager_opts){.size = sizeof(promc_alertmanager_opts), __VA_ARGS__})
#endif

/* ---- receiving ------------------------------------------------------------------------------- */

/**
 * Takes alerts as an Alertmanager does: Prometheus's `alerting:` section may name this server. An
 * alert is firing while ends_at is in the future or not set.
 * @param path     usually "/api/v2/alerts"; a route as of promc_http_server_route(), for POST.
 * @param handler  runs in the server's thread; 0 answers 200, negative 500 (Prometheus does not
 *                 send the same alerts again at once, but later as long as they last). What is not
 *                 JSON, or not alerts, never gets there: 400 with the reason, or 413.
 * @param arg      passed through; borrowed until the server is stopped.
 * @return as promc_http_server_route().
 */
PROMC_API int promc_http_server_on_alerts(promc_http_server *server, const char *path,
                                          promc_alerts_handler handler, void *arg);

/**
 * Takes what Alertmanager's webhook sends (`webhook_configs: [{url: ...}]`), version 4. Negative
 * answers 500, after which Alertmanager tries again. The rest as above.
 */
PROMC_API int promc_http_server_on_notification(promc_http_server *server, const char *path,
                                                promc_notification_handler handler, void *arg);

PROMC_END_DECLS

#endif
