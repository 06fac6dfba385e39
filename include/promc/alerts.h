/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file alerts.h  Alerts: sent to an Alertmanager, and received from Prometheus or Alertmanager.
 *
 *     promc_alert down = {
 *         .labels = PROMC_PAIRS({"alertname", "HostDown"}, {"severity", "critical"}),
 *         .annotations = PROMC_PAIRS({"summary", "192.168.82.105:9100 服务器宕机"})};
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
 *         says which alert it is and why. Then as promc_push_to_gateway(), PROMC_ERROR_REFUSED
 *         when Alertmanager refuses; what it took before that stays.
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
    double interval; /**< promc_alert_keeper_start() only: seconds, 0.001 to 1e9; 0: 60 */
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

/* ---- keeping alerts firing ------------------------------------------------------------------- */

typedef struct promc_alert_keeper promc_alert_keeper;

/**
 * promc_alert_keeper_start("http://localhost:9093", .interval = 60): a thread that sends alerts as
 * Prometheus does: what fires at once and then at every interval, with an end four intervals later,
 * so that it ends by itself should the program die; what is resolved once more, until Alertmanager
 * has it, at most for 15 minutes. Failures are told to the error handler
 * (promc_set_error_handler()) and promc_alert_keeper_error(), and do not lose an alert: it is tried
 * again after a second, then two, and so on up to the interval. After
 * fork() a keeper belongs to the parent: the child's copy sends nothing, start another there.
 * @param alertmanager  copied with all strings and lists; `arg`s are borrowed. `.status` is not
 * used.
 * @return owned: stop it with promc_alert_keeper_stop(). NULL: as promc_alertmanager_send(), before
 *         anything is sent.
 */
PROMC_API promc_alert_keeper *
promc_alert_keeper_create(const promc_alertmanager_opts *alertmanager);

/**
 * The alert fires from now on. One with the same labels that fires already gets the new annotations
 * at the next interval: this may be called as often as a condition is looked at. Never blocks on
 * the network.
 * @param alert  copied. starts_at not set: now, or as before; ends_at and status are not used.
 * @return PROMC_OK; PROMC_ERROR_LABELS and PROMC_ERROR_ARGUMENT as promc_alertmanager_send();
 *         PROMC_ERROR_NO_MEMORY; PROMC_ERROR_STATE in a child after fork().
 */
PROMC_API int promc_alert_keeper_fire(promc_alert_keeper *keeper, const promc_alert *alert);

/** The alert with these labels is over; fine if it does not fire. Returns as above. */
PROMC_API int promc_alert_keeper_resolve(promc_alert_keeper *keeper, const promc_label *labels);

/** The error of the last time something was sent; as promc_pusher_error(). */
PROMC_API int promc_alert_keeper_error(promc_alert_keeper *keeper, promc_error *error);

/**
 * Sends once more, ends the thread, frees. What still fires is not resolved: it ends four intervals
 * later, unless the next run of the program fires it again. In a child after fork() it only frees.
 * NULL is fine. Takes as long as a sending that is under way and the last one: a request for each
 * 256 alerts, and the first one that times out is its last, so at most two timeouts if the others
 * are answered at once. @return that of the last sending.
 */
PROMC_API int promc_alert_keeper_stop(promc_alert_keeper *keeper);

#ifndef __cplusplus
#define promc_alert_keeper_start(...) promc_alert_keeper_create(PROMC_ALERTMANAGER(__VA_ARGS__))
#endif

/* ---- asking ---------------------------------------------------------------------------------- */

/** Which alerts are wanted; all zero: all. */
typedef struct promc_alert_filter {
    size_t size;
    const char *const *matchers; /**< as Alertmanager writes them: PROMC_LABELS("severity=critical",
                                      "instance=~\"db.*\""); all must match. NULL: none */
    const char *receiver;        /**< a regular expression; NULL: any */
    bool no_active, no_silenced, no_inhibited, no_unprocessed;
} promc_alert_filter;

#ifndef __cplusplus
/** promc_alertmanager_alerts(alertmanager, PROMC_ALERT_FILTER(.no_silenced = true), ...) */
#define PROMC_ALERT_FILTER(...)                                                                    \
    (&(promc_alert_filter){.size = sizeof(promc_alert_filter), __VA_ARGS__})
#endif

/**
 * Gets the alerts that an Alertmanager has, and calls `handler` once, in this thread, also if there
 * are none.
 * @param filter  NULL: all.
 * @return as promc_alertmanager_send(); PROMC_ERROR_SINK when the handler's answer is
 * negative; PROMC_ERROR_SYNTAX or PROMC_ERROR_LIMIT: what answers is no Alertmanager, or says too
 * much (64 MiB).
 */
PROMC_API int promc_alertmanager_alerts(const promc_alertmanager_opts *alertmanager,
                                        const promc_alert_filter *filter,
                                        promc_alerts_handler handler, void *arg);

/** What an Alertmanager says of itself. */
typedef struct promc_alertmanager_info {
    char version[32]; /**< "0.25.0" */
    char cluster[32]; /**< "ready", "settling", "disabled" */
    struct timespec started_at;
} promc_alertmanager_info;

/** Asks for it. Returns as promc_alertmanager_alerts(). */
PROMC_API int promc_alertmanager_status(const promc_alertmanager_opts *alertmanager,
                                        promc_alertmanager_info *info);

/* ---- silences -------------------------------------------------------------------------------- */

/** name="value", or with the flags name!="value", name=~"value", name!~"value". */
typedef struct promc_matcher {
    const char *name, *value;
    bool regex, negative;
} promc_matcher;

enum { PROMC_SILENCE_PENDING = 0, PROMC_SILENCE_ACTIVE = 1, PROMC_SILENCE_EXPIRED = 2 };

/** A silence: alerts that all its matchers match are not told on. In what callbacks see, nothing is
 *  NULL. */
typedef struct promc_silence {
    const char *id;                     /**< NULL or "": a new one; else the one to be changed */
    int state;                          /**< not sent */
    const promc_matcher *matchers;      /**< at least one, ending in {NULL, NULL} */
    struct timespec starts_at, ends_at; /**< start all zero: now; the end must be set */
    const char *created_by, *comment;   /**< NULL: "" */
} promc_silence;

/** The id of a silence: id.text. */
typedef struct promc_silence_id {
    char text[64];
} promc_silence_id;

/**
 * Creates a silence, or changes one.
 * @param id  receives its id, a new one where Alertmanager replaces the old silence; NULL: not
 * wanted.
 * @return as promc_alertmanager_alerts(); PROMC_ERROR_ARGUMENT, before anything is sent: no
 *         matchers, no end, text that is not UTF-8.
 */
PROMC_API int promc_alertmanager_silence(const promc_alertmanager_opts *alertmanager,
                                         const promc_silence *silence, promc_silence_id *id);

/** Ends a silence. Returns as promc_alertmanager_send(); PROMC_ERROR_REFUSED when there is
 *  none. */
PROMC_API int promc_alertmanager_expire(const promc_alertmanager_opts *alertmanager,
                                        const char *id);

/** Takes silences. @return 0 or more; negative: PROMC_ERROR_SINK. */
typedef int (*promc_silences_handler)(const promc_silence *silences, size_t count, void *arg);

/** Gets all silences, expired ones that are not forgotten yet included. Calls and returns as
 *  promc_alertmanager_alerts(). */
PROMC_API int promc_alertmanager_silences(const promc_alertmanager_opts *alertmanager,
                                          promc_silences_handler handler, void *arg);

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
