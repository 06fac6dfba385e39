/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file push.h  Metrics that are sent away: to a Pushgateway, to Graphite, once or regularly.
 *
 *     promc_push_to_gateway("localhost:9091", "nightly_backup", .registry = registry,
 *                           .grouping_key = PROMC_PAIRS({"instance", "db1"}));
 *
 * For jobs that are over before anybody could scrape them. A service is better scraped.
 *
 * Threads that send block all signals, and their descriptors are closed on exec(), as in http.h.
 */
#ifndef PROMC_PUSH_H
#define PROMC_PUSH_H

#include <promc/http.h>

PROMC_BEGIN_DECLS

/* ---- Pushgateway ----------------------------------------------------------------------------- */

/** What is about to be sent, borrowed for the call. */
typedef struct promc_push_request {
    const char *url;    /**< with job and grouping key */
    const char *method; /**< "PUT", "POST" or "DELETE" */
    double timeout;     /**< seconds; 0: none */
    const promc_http_header *headers;
    const void *data;
    size_t size;
} promc_push_request;

/** Sends it in the client's place: with TLS, through a proxy, into a test. @return 0 when it has
 *  arrived; anything else fails the push with PROMC_ERROR_SINK. */
typedef int (*promc_push_handler)(const promc_push_request *request, void *arg);

/** Options of everything that talks to a Pushgateway. The macros take gateway and job by position,
 *  the rest as `.option = value`. */
typedef struct promc_push_opts {
    size_t size;
    const char *gateway; /**< "localhost:9091", "http://host/prefix": http unless it says https */
    const char *job;     /**< label `job` of all that is pushed */
    promc_registry *registry;        /**< NULL: the default registry */
    const promc_label *grouping_key; /**< further labels of the group, in any order; NULL: none */
    double timeout; /**< seconds for connecting, sending and the answer together; 0: 30; negative
                         or infinite: none. Resolving a name may take longer. */
    promc_push_handler handler; /**< NULL: the library's own client, which the options below are
                                     for */
    void *handler_arg;
    const char *user, *password;             /**< basic authorization */
    const char *token;                       /**< bearer authorization */
    const promc_http_header *headers;        /**< further headers, none that describe the body;
                                                  NULL: none */
    unsigned redirects;                      /**< how many are followed (only of a gateway that you
                                                  trust), with the same method and body; default
                                                  none: then one is an error, as in client_python */
    const char *unix_path;                   /**< connect to this unix socket */
    const promc_client_transport *transport; /**< for https */
    int *status;     /**< receives the HTTP status, 0 when there was no answer; NULL: not wanted */
    double interval; /**< promc_pusher_start() only: seconds between pushes, 0.001 to 1e9; 0: 15 */
    bool add;        /**< promc_pusher_start() only: as promc_pushadd_to_gateway() */
    bool delete_group; /**< promc_pusher_start() only: stopping deletes the group, in the place of
                            the last push */
    bool gzip; /**< send the text compressed, which is done while it is made; the handler gets what
                    is sent, with its Content-Encoding. A Pushgateway before 1.5 may refuse it. */
} promc_push_opts;

/**
 * promc_push_to_gateway(gateway, job, ...) replaces the whole group, which is all metrics with this
 * job and grouping key (PUT). Sends text 0.0.4. One connection; blocks until the answer is there.
 * @return PROMC_OK for a 2xx answer; PROMC_ERROR_REFUSED: any other one, the message has its status
 *         and words; PROMC_ERROR_SINK: the handler failed; PROMC_ERROR_SYSTEM: resolving, connecting,
 *         sending or receiving failed, the message says which; PROMC_ERROR_TIMEOUT;
 *         PROMC_ERROR_SYNTAX or PROMC_ERROR_LIMIT: what answers does not speak HTTP, or too much;
 *         PROMC_ERROR_UNSUPPORTED: https without transport; PROMC_ERROR_LABELS: the grouping key;
 *         PROMC_ERROR_ARGUMENT; PROMC_ERROR_NO_MEMORY; PROMC_ERROR_COLLECTOR.
 */
PROMC_API int promc_gateway_push(const promc_push_opts *options);
/** promc_pushadd_to_gateway(gateway, job, ...) replaces metrics of the same names only (POST).
 *  Returns as above. */
PROMC_API int promc_gateway_pushadd(const promc_push_opts *options);
/** promc_delete_from_gateway(gateway, job, ...) deletes the group; fine if there is none. Returns
 *  as above. */
PROMC_API int promc_gateway_delete(const promc_push_opts *options);

#ifndef __cplusplus
#define PROMC__PUSH_OPTIONS(...) (&(promc_push_opts){.size = sizeof(promc_push_opts), __VA_ARGS__})
#define promc_push_to_gateway(...) promc_gateway_push(PROMC__PUSH_OPTIONS(__VA_ARGS__))
#define promc_pushadd_to_gateway(...) promc_gateway_pushadd(PROMC__PUSH_OPTIONS(__VA_ARGS__))
#define promc_delete_from_gateway(...) promc_gateway_delete(PROMC__PUSH_OPTIONS(__VA_ARGS__))
#endif

/** A grouping key with this machine's address: `.grouping_key = key.labels`. Not to be copied. */
typedef struct promc_instance_key {
    promc_label labels[2];
    char address[64];
} promc_instance_key;

/**
 * Fills `key` with instance="<IP address>".
 * @param towards  the address from which this host is reached: this machine's is the one that talks
 *                 to it. No packet is sent. NULL: "localhost", as client_python, which gives
 *                 127.0.0.1 on every machine.
 * @return PROMC_OK; PROMC_ERROR_SYSTEM (unknown host, no way to it); PROMC_ERROR_ARGUMENT.
 */
PROMC_API int promc_instance_ip_grouping_key(promc_instance_key *key, const char *towards);

/* ---- regularly ------------------------------------------------------------------------------- */

typedef struct promc_pusher promc_pusher;

/**
 * promc_pusher_start("localhost:9091", "job", .interval = 15, ...): pushes from a thread of its
 * own, at once and then at every interval. Failures are told to the error handler
 * (promc_set_error_handler()) and promc_pusher_error(); after the second in a row the interval is
 * doubled each time, up to 8 times, with random variation, until a push succeeds. After fork() a
 * pusher belongs to the parent: the child's copy sends nothing, start another there.
 * @param options  copied with all strings and lists; registry and `arg`s are borrowed. `.status` is
 *                 not used.
 * @return owned: stop it with promc_pusher_stop(). NULL: errors as of promc_gateway_push(), before
 *         anything is sent.
 */
PROMC_API promc_pusher *promc_pusher_create(const promc_push_opts *options);

/** The error of the last push (code PROMC_OK and an empty message if it succeeded, or there was
 *  none). @return its code. `error` may be NULL. */
PROMC_API int promc_pusher_error(promc_pusher *pusher, promc_error *error);

/**
 * Ends the thread, pushes once more, frees. Takes as long as a push that is under way and the last
 * one, so at most two timeouts. In a child after fork() it only frees. NULL is fine.
 * @return that of the last push.
 */
PROMC_API int promc_pusher_stop(promc_pusher *pusher);

/* ---- Graphite -------------------------------------------------------------------------------- */

/** Options of promc_push_to_graphite("localhost:2003", ...) and promc_graphite_start(). */
typedef struct promc_graphite_opts {
    size_t size;
    const char *address;      /**< host, and a port unless it is 2003 */
    promc_registry *registry; /**< NULL: the default registry */
    const char *prefix;       /**< put before every name, with a dot; NULL: none */
    bool tags;                /**< name;label=value; default: name.label.value */
    double timeout;           /**< as in promc_push_opts */
    double interval;          /**< promc_graphite_start() only: seconds, 0.001 to 1e9; 0: 60 */
} promc_graphite_opts;

/**
 * Sends every sample as a line of Graphite's plaintext protocol, with the present time; characters
 * other than letters, digits, "_" and "-" become "_", each: label values that differ in such a
 * character only ("a/b", "a.b") become one series there, of which Graphite keeps the last value.
 * @return PROMC_OK when all was sent (the protocol has no answer); errors as above, without _REFUSED
 *         and _SINK.
 */
PROMC_API int promc_graphite_push(const promc_graphite_opts *options);
/** The same regularly; returns as promc_pusher_create(). */
PROMC_API promc_pusher *promc_graphite_pusher_create(const promc_graphite_opts *options);

#ifndef __cplusplus
#define promc_pusher_start(...) promc_pusher_create(PROMC__PUSH_OPTIONS(__VA_ARGS__))
#define PROMC__GRAPHITE_OPTIONS(...)                                                               \
    (&(promc_graphite_opts){.size = sizeof(promc_graphite_opts), __VA_ARGS__})
#define promc_push_to_graphite(...) promc_graphite_push(PROMC__GRAPHITE_OPTIONS(__VA_ARGS__))
#define promc_graphite_start(...) promc_graphite_pusher_create(PROMC__GRAPHITE_OPTIONS(__VA_ARGS__))
#endif

/* ---- remote write ---------------------------------------------------------------------------- */

/** Options of promc_remote_write("http://localhost:9090/api/v1/write", ...) and
 *  promc_remote_write_start(). */
typedef struct promc_remote_write_opts {
    size_t size;
    const char *url;           /**< where the store takes remote writes */
    promc_registry *registry;  /**< NULL: the default registry */
    const promc_label *labels; /**< added to every series that has none of that name (an empty one is
                                    none), such as job and instance; NULL: none */
    double timeout;            /**< for each request, as in promc_push_opts */
    const char *user, *password; /**< basic authorization */
    const char *token;           /**< bearer authorization */
    const char *unix_path;       /**< connect to this unix socket */
    const promc_client_transport *transport; /**< for https */
    int *status;     /**< receives the last HTTP status, 0 when there was none; NULL: not wanted */
    double interval; /**< promc_remote_write_start() only: seconds, 0.001 to 1e9;
                          0: 15 */
    /** Native histograms with their native buckets, and classic ones only if they were given any.
     *  A Prometheus before 3.8 takes them with --enable-feature=native-histograms only, and refuses
     *  the whole request without. Otherwise they are sent as in text: count, sum, classic buckets. */
    bool native_histograms;
} promc_remote_write_opts;

/**
 * Writes all samples of a registry, with the present time, to a store that takes Prometheus's remote
 * write 1.0 (Prometheus, Mimir, Thanos, VictoriaMetrics), in requests of 2,000 samples. Names that
 * are not of the old character set are escaped as PROMC_ESCAPE_UNDERSCORES has it; created series are
 * left out.
 * @return PROMC_OK; errors as of promc_gateway_push(). What was sent before a failure stays sent.
 */
PROMC_API int promc_remote_write_once(const promc_remote_write_opts *options);
/** The same regularly; returns as promc_pusher_create(). */
PROMC_API promc_pusher *promc_remote_write_pusher_create(const promc_remote_write_opts *options);

#ifndef __cplusplus
#define PROMC__REMOTE_WRITE_OPTIONS(...)                                                           \
    (&(promc_remote_write_opts){.size = sizeof(promc_remote_write_opts), __VA_ARGS__})
#define promc_remote_write(...) promc_remote_write_once(PROMC__REMOTE_WRITE_OPTIONS(__VA_ARGS__))
#define promc_remote_write_start(...)                                                              \
    promc_remote_write_pusher_create(PROMC__REMOTE_WRITE_OPTIONS(__VA_ARGS__))
#endif

PROMC_END_DECLS

#endif
