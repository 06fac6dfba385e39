/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http.h  Serving metrics: a thread of its own, the host's event loop, or the host's server.
 *
 *  1. promc_start_http_server(8000)                        its own thread
 *  2. promc_http_server_open(8000), promc_http_server_fd(), promc_http_server_step()
 *                                                          in the host's event loop
 *  3. promc_http_respond(head, size, sink, arg)            bytes in, bytes out, no socket
 *
 * All three run the same connection state machine. promc_http_send() is the other side: a request
 * to somebody else's server.
 *
 * Requests for the same metrics in the same form that wait for a server at the same time are
 * answered from one scrape, for which collectors are called once. It begins after the last of them
 * has come in: no response is older than its request. A response of more than about 240 KiB is
 * streamed to each client from a scrape of its own, which bounds what slow clients keep in memory.
 *
 * Threads of the library block all signals, which go to the host's threads, and are called
 * promc-http and promc-push in top -H (Linux). Its descriptors are closed on exec(); writing to a
 * connection that is gone raises no SIGPIPE.
 */
#ifndef PROMC_HTTP_H
#define PROMC_HTTP_H

#include <promc/exposition.h>

PROMC_BEGIN_DECLS

typedef struct promc_http_server promc_http_server;

/* ---- requests and responses, for routes and hooks -------------------------------------------- */

/** One header. Lists of headers end in {NULL, NULL}. */
typedef promc_label promc_http_header;

/** A request, borrowed for the call. */
typedef struct promc_http_request {
    const char *method; /**< as sent: "GET" */
    const char *path;   /**< percent-decoded, begins with "/" */
    const char *query;  /**< raw, behind the "?"; "" when there is none */
    const promc_http_header *headers;
    const char *body; /**< NUL-terminated; "" when there is none */
    size_t body_size;
} promc_http_request;

/** A response being made. */
typedef struct promc_http_response promc_http_response;

/** The value of a header (name in any case); NULL when absent. Borrowed. */
PROMC_API const char *promc_http_request_header(const promc_http_request *request,
                                                const char *name);

/** Status 200 to 599 (anything else becomes 500); default 200. 204 and 304 have no body. */
PROMC_API void promc_http_response_status(promc_http_response *response, int status);
/** Adds a header; a body without Content-Type is text/plain. PROMC_OK; PROMC_ERROR_ARGUMENT (line
 *  breaks, or a header that the server itself sends: Content-Length, Transfer-Encoding, Trailer,
 *  Connection, Keep-Alive, Upgrade, Date); PROMC_ERROR_LIMIT past 16 KiB; PROMC_ERROR_NO_MEMORY. */
PROMC_API int promc_http_response_header(promc_http_response *response, const char *name,
                                         const char *value);
/** Appends to the body. PROMC_OK; PROMC_ERROR_NO_MEMORY; PROMC_ERROR_LIMIT past 64 MiB. */
PROMC_API int promc_http_response_write(promc_http_response *response, const void *data,
                                        size_t size);

/**
 * Answers a request for a route. Runs in the server's thread (or the one that calls step), so it
 * should be quick.
 * @return 0; anything else: the client gets 500.
 */
typedef int (*promc_http_handler)(const promc_http_request *request, promc_http_response *response,
                                  void *arg);

/** Decides whether a request may pass, before anything else is done with it; the body has not come
 * in yet. @return true to let it through, false for 401. */
typedef bool (*promc_http_authorizer)(const promc_http_request *request, void *arg);

/** Authorizers that come with the library; secrets are compared in constant time. */
typedef struct promc_http_basic {
    const char *user, *password;
} promc_http_basic;
/** `arg` is a promc_http_basic. */
PROMC_API bool promc_http_authorize_basic(const promc_http_request *request, void *arg);
/** `arg` is the token, a string. */
PROMC_API bool promc_http_authorize_bearer(const promc_http_request *request, void *arg);

/**
 * Puts a TLS library (or anything else) between the sockets and the server. read and write behave
 * as on a non-blocking socket: the number of bytes, 0 from read at the end, or one of
 * PROMC_TRANSPORT_WANT_READ, _WANT_WRITE (call again when the socket is ready), _FAILED. Called in
 * the server's thread. A write that wanted more is repeated with the same bytes, perhaps at another
 * address and with more behind them. They must not raise SIGPIPE. In a child after fork() none of
 * them is called.
 */
enum {
    PROMC_TRANSPORT_FAILED = -1,
    PROMC_TRANSPORT_WANT_READ = -2,
    PROMC_TRANSPORT_WANT_WRITE = -3
};
typedef struct promc_transport {
    /** A connection was accepted: returns the session for it, or NULL to refuse it. */
    void *(*open)(int fd, void *arg);
    long (*read)(void *session, void *data, size_t size);
    long (*write)(void *session, const void *data, size_t size);
    /** Says goodbye if that does not block, and frees the session; the server closes the socket. */
    void (*close)(void *session);
    void *arg;
} promc_transport;

/* ---- options --------------------------------------------------------------------------------- */

/** Options of promc_start_http_server(port, .address = "::1", ...) and promc_http_server_open(). */
typedef struct promc_http_server_opts {
    size_t size;
    int port;              /**< 0 to 65535; 0: the system picks one, see promc_http_server_port() */
    const char *address;   /**< numeric or a name; NULL: all, IPv6 ("::") and IPv4 */
    const char *unix_path; /**< listen on this unix socket instead of port and address; a stale one
                                is replaced */
    int fd;                /**< listen on this descriptor + 1 instead of all these:
                                .fd = PROMC_FD(listening). The server owns it once it has started. */
    promc_registry *registry; /**< NULL: the default registry */
    const char *path;         /**< serve metrics here only; NULL: on every path, as client_python */
    promc_http_authorizer authorizer; /**< NULL: everybody */
    void *authorizer_arg;
    const char *authenticate; /**< WWW-Authenticate of the authorizer's 401; NULL:
                                   Basic realm="metrics", or Bearer with promc_http_authorize_bearer */
    const promc_transport *transport; /**< NULL: plain; copied */
    unsigned max_connections; /**< default 128. Past it the one that has kept the server waiting
                                   for longest (over a second) is closed; if none has, the new
                                   one gets 503. */
    unsigned max_head_size;   /**< request line and headers; default 16 KiB, else 414 or 431 */
    size_t max_body_size;     /**< of requests to routes; default 1 MiB, else 413 */
    unsigned head_timeout_ms; /**< from the first byte to the end of the request; default 10,000 */
    unsigned response_timeout_ms; /**< for sending a whole response; default 60,000 */
    unsigned idle_timeout_ms;     /**< between requests of a connection; default 120,000 */
    bool self_metrics;            /**< also expose promc_http_ metrics of this server; one server
                                       for each registry (PROMC_ERROR_DUPLICATE otherwise) */
    bool no_compression; /**< default: metrics are compressed for clients that accept gzip */
} promc_http_server_opts;

/** A descriptor as option value, so that an unset option is not standard input. */
#define PROMC_FD(fd) ((fd) + 1)

/* ---- 1. a thread of its own ------------------------------------------------------------------ */

/**
 * Starts serving in a new thread. The macro promc_start_http_server(8000, .option = ...) calls it.
 * After fork() a server belongs to the parent: the child's copy is inert (stopping it there only
 * gives back memory and descriptors), start another there.
 * @return owned: stop it with promc_http_server_stop(), or leave it running to the end of the
 *         process. NULL: PROMC_ERROR_ARGUMENT, PROMC_ERROR_SYSTEM (cannot bind: the message has
 *         address and reason), PROMC_ERROR_NO_MEMORY, or the first definition error of the registry
 *         (promc_registry_first_error()).
 */
PROMC_API promc_http_server *promc_http_server_start(const promc_http_server_opts *options);

/** The port that is listened on; 0 for a unix socket or NULL. Any thread. */
PROMC_API int promc_http_server_port(const promc_http_server *server);

/** Closes everything, ends the thread, frees. Waits at most for one handler or collector. NULL is
 *  fine. Not from a handler. */
PROMC_API void promc_http_server_stop(promc_http_server *server);

/* ---- 2. in the host's event loop ------------------------------------------------------------- */

/** As promc_http_server_start(), without the thread. Stop it with promc_http_server_stop(). */
PROMC_API promc_http_server *promc_http_server_create(const promc_http_server_opts *options);
/** One descriptor to poll for reading; when it is ready, or the timeout of the last step is over,
 *  call promc_http_server_step(). Borrowed. -1 for NULL, a server with a thread of its own, and in
 * a child after fork(). */
PROMC_API int promc_http_server_fd(const promc_http_server *server);
/**
 * Does what can be done now; never blocks longer than `timeout_ms` waiting for it.
 * @param timeout_ms  0: do not wait; negative: wait as long as it takes.
 * @return milliseconds until the next deadline (call again by then), -1 if there is none, or a
 *         negative PROMC_ERROR_ code below -1: PROMC_ERROR_STATE (it has a thread of its own, or
 * this is a child after fork()), PROMC_ERROR_ARGUMENT (NULL), PROMC_ERROR_SYSTEM. One thread at a
 *         time.
 */
PROMC_API int promc_http_server_step(promc_http_server *server, int timeout_ms);

#ifndef __cplusplus
#define PROMC__SERVER_OPTIONS(...)                                                                 \
    (&(promc_http_server_opts){.size = sizeof(promc_http_server_opts), __VA_ARGS__})
#define promc_start_http_server(...) promc_http_server_start(PROMC__SERVER_OPTIONS(__VA_ARGS__))
#define promc_http_server_open(...) promc_http_server_create(PROMC__SERVER_OPTIONS(__VA_ARGS__))
#endif

/**
 * Adds a route for a method (NULL: all) and an exact path. Routes come before the metrics; one for
 * GET answers HEAD too (its body is left out); other methods on its path get 405. May be called
 * from any thread while the server runs.
 * @return PROMC_OK; PROMC_ERROR_ARGUMENT; PROMC_ERROR_DUPLICATE; PROMC_ERROR_LIMIT (1,000 routes);
 *         PROMC_ERROR_STATE in a child after fork(); PROMC_ERROR_NO_MEMORY.
 */
PROMC_API int promc_http_server_route(promc_http_server *server, const char *method,
                                      const char *path, promc_http_handler handler, void *arg);

/* ---- 3. in the host's own HTTP server -------------------------------------------------------- */

/** Options of promc_http_respond(head, size, sink, arg, .registry = reg). */
typedef struct promc_http_respond_opts {
    size_t size;
    promc_registry *registry;
    const char *path;
    promc_http_authorizer authorizer;
    void *authorizer_arg;
    const char *authenticate; /**< as for the server */
    bool *keep_alive; /**< NULL: the response says "Connection: close", and the host closes. Else
                           the connection may go on, and this says whether it does. */
    bool no_compression; /**< as for the server */
} promc_http_respond_opts;

/**
 * Answers one request: writes status line, headers and body to `sink`, in constant memory.
 * @param head  the request from its first byte to the empty line (what is behind it is ignored).
 * @return PROMC_OK, also for an error response. After anything else the response is incomplete and
 *         the connection must be reset, or at least closed: PROMC_ERROR_SINK,
 * PROMC_ERROR_COLLECTOR, PROMC_ERROR_NO_MEMORY, PROMC_ERROR_ARGUMENT.
 */
PROMC_API int promc_http_respond_with(const char *head, size_t size, promc_sink sink, void *arg,
                                      const promc_http_respond_opts *options);
#ifndef __cplusplus
#define promc_http_respond(head, size_, sink, ...)                                                 \
    PROMC__RESPOND(head, size_, sink, __VA_ARGS__, .size = sizeof(promc_http_respond_opts))
#define PROMC__RESPOND(head, size_, sink, arg, ...)                                                \
    promc_http_respond_with((head), (size_), (sink), (arg), &(promc_http_respond_opts){__VA_ARGS__})
#endif

/* ---- sending --------------------------------------------------------------------------------- */

/**
 * Puts a TLS library (or anything else) between the socket and the client. read and write behave as
 * those of promc_transport: bytes, 0 from read at the end, PROMC_TRANSPORT_WANT_READ,
 * _WANT_WRITE or _FAILED. Called in the thread that sends.
 */
typedef struct promc_client_transport {
    /** A connection to `host` exists: returns the session for it, or NULL to give up. The handshake
     *  is best left to read and write, which the timeout covers. */
    void *(*open)(int fd, const char *host, void *arg);
    long (*read)(void *session, void *data, size_t size);
    long (*write)(void *session, const void *data, size_t size);
    /** Frees the session; the client closes the socket. */
    void (*close)(void *session);
    void *arg;
} promc_client_transport;

/** Options of promc_http_send(url, ...). */
typedef struct promc_http_send_opts {
    size_t size;
    const char *url;                  /**< http, or https with a transport */
    const char *method;               /**< NULL: "POST" */
    const promc_http_header *headers; /**< such as Content-Type; NULL: none */
    const void *body;                 /**< NULL: none */
    size_t body_size;                 /**< bytes; 0: the body is a string */
    bool gzip;                        /**< send the body compressed */
    double timeout; /**< seconds for compressing, connecting, sending and the answer together; 0: 30;
                         negative or infinite: none. Resolving a name may take longer. */
    const char *user, *password;             /**< basic authorization */
    const char *token;                       /**< bearer authorization */
    const char *unix_path;                   /**< connect to this unix socket */
    const promc_client_transport *transport; /**< for https */
    int *status;        /**< receives the HTTP status, 0 when there was no answer; NULL: not wanted */
    promc_text *answer; /**< receives the body of a 2xx answer, owned; NULL: not wanted */
    size_t max_answer;  /**< bytes of the body of an answer; 0: 1 MiB */
} promc_http_send_opts;

/**
 * promc_http_send("http://robot.example/hook", .body = json,
 *                 .headers = PROMC_PAIRS({"Content-Type", "application/json"}), .timeout = 5)
 * sends one request, as webhooks want it, over one connection; blocks until the answer is there.
 * Redirects are not followed.
 * @return PROMC_OK for a 2xx answer; PROMC_ERROR_REFUSED: any other one, the message has its status
 *         and words; PROMC_ERROR_SYSTEM: resolving, connecting, sending or receiving failed, the
 *         message says which; PROMC_ERROR_TIMEOUT; PROMC_ERROR_SYNTAX or PROMC_ERROR_LIMIT: what
 *         answers does not speak HTTP, or too much; PROMC_ERROR_UNSUPPORTED: https without
 *         transport; PROMC_ERROR_ARGUMENT; PROMC_ERROR_NO_MEMORY.
 */
PROMC_API int promc_http_send_with(const promc_http_send_opts *options);
#ifndef __cplusplus
#define promc_http_send(...)                                                                       \
    promc_http_send_with(&(promc_http_send_opts){.size = sizeof(promc_http_send_opts), __VA_ARGS__})
#endif

PROMC_END_DECLS

#endif
