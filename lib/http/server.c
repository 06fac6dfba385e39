/* SPDX-License-Identifier: Apache-2.0 */
/* Making and ending servers. */
#include "base/options.h"
#include "http/server.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/thread.h"
#include "http/defaults.h"
#include "registry/registry.h"

#include <errno.h>
#include <string.h>

/* ---- making ---------------------------------------------------------------------------------- */

static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return false;
    return true;
}

static int check_server_options(const promc_http_server_opts *set)
{
    promc_error error;

    if (set->path && set->path[0] != '/')
        return promc__fail(PROMC_ERROR_ARGUMENT, "HTTP server: path \"%s\" must begin with /",
                           set->path);
    if (set->path && strpbrk(set->path, "?#"))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "HTTP server: path \"%s\" must be a path only, without ? or #",
                           set->path);
    if (!set->authorizer_arg && (set->authorizer == promc_http_authorize_basic ||
                                 set->authorizer == promc_http_authorize_bearer))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "HTTP server: authorizer_arg must point to user and password, or be the "
                           "token");
    if (set->authenticate && !is_one_line(set->authenticate))
        return promc__fail(PROMC_ERROR_ARGUMENT, "HTTP server: authenticate must be one line");
    if (set->transport && (!set->transport->open || !set->transport->read ||
                           !set->transport->write || !set->transport->close))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "HTTP server: the transport needs open, read, write and close");
    if (set->registry == PROMC_UNREGISTERED)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "HTTP server: PROMC_UNREGISTERED is no registry to be served");
    if (promc_registry_first_error(set->registry, &error) != PROMC_OK)
        return promc__fail(error.code,
                           "HTTP server not started, as an earlier definition failed: %s "
                           "(promc_registry_clear_error() if that was dealt with)",
                           error.message);
    return PROMC_OK;
}

static void set_limits(promc_http_server *server, const promc_http_server_opts *set)
{
    promc__site *site = &server->site;

    server->max_connections =
        set->max_connections ? set->max_connections : PROMC__DEFAULT_CONNECTIONS;
    site->max_head_size = set->max_head_size ? set->max_head_size : PROMC__DEFAULT_HEAD_SIZE;
    site->max_body_size = set->max_body_size ? set->max_body_size : PROMC__DEFAULT_BODY_SIZE;
    site->head_timeout_ms =
        set->head_timeout_ms ? set->head_timeout_ms : PROMC__DEFAULT_HEAD_TIMEOUT_MS;
    site->response_timeout_ms =
        set->response_timeout_ms ? set->response_timeout_ms : PROMC__DEFAULT_RESPONSE_TIMEOUT_MS;
    site->idle_timeout_ms =
        set->idle_timeout_ms ? set->idle_timeout_ms : PROMC__DEFAULT_IDLE_TIMEOUT_MS;
}

/* Copies of strings that the caller need not keep. */
static bool copy_text(char **copy, const char *text)
{
    *copy = text ? promc__copy_string(text) : NULL;
    return *copy || !text;
}

static int set_site(promc_http_server *server, const promc_http_server_opts *set)
{
    promc__site *site = &server->site;

    site->registry = set->registry;
    site->authorizer = set->authorizer;
    site->authorizer_arg = set->authorizer_arg;
    site->routes = &server->routes;
    site->no_compression = set->no_compression;
    if (set->transport)
        server->transport = *set->transport;
    set_limits(server, set);
    if (!copy_text(&server->path, set->path) ||
        !copy_text(&server->authenticate, set->authenticate))
        return promc__fail_memory("HTTP server");
    site->path = server->path;
    site->authenticate = server->authenticate;
    return PROMC_OK;
}

static int make_client_tables(promc_http_server *server)
{
    size_t capacity = (size_t)server->max_connections + PROMC__SPARE_CLIENTS, size, fds;

    if (!promc__size_of(capacity, sizeof(*server->clients), 0, &size) ||
        !promc__size_of(capacity, sizeof(*server->client_fds), 0, &fds))
        return promc__fail_memory("HTTP server");
    server->clients = promc__zalloc(size);
    server->client_fds = promc__malloc(fds);
    if (!server->clients || !server->client_fds)
        return promc__fail_memory("HTTP server");
    for (size_t i = 0; i < capacity; i++)
        atomic_init(&server->client_fds[i], -1);
    server->client_capacity = capacity;
    return PROMC_OK;
}

static int begin_stats(promc_http_server *server)
{
    promc_collector collector = {promc__stats_collect, promc__stats_describe, NULL};
    int status;

    server->stats = promc__zalloc(sizeof(*server->stats));
    if (!server->stats)
        return promc__fail_memory("HTTP server");
    collector.arg = server->stats;
    status = promc__register_collector(promc__registry_or_default(server->site.registry),
                                       &collector);
    if (status != PROMC_OK) {
        promc__free(server->stats);
        server->stats = NULL;
    }
    server->site.stats = server->stats;
    return status;
}

static void end_stats(promc_http_server *server)
{
    promc_collector collector = {promc__stats_collect, promc__stats_describe, server->stats};

    if (server->stats)
        (void)promc_registry_unregister_collector(server->site.registry, &collector);
    promc__free(server->stats);
    server->stats = NULL;
}

/* The poller, with the listeners in it. */
static int begin_polling(promc_http_server *server)
{
    server->poller = promc__poller.open();
    if (server->poller < 0)
        return promc__fail_errno("HTTP server: cannot make a poller");
    for (size_t i = 0; i < server->listeners.count; i++) {
        promc__watched *watched = &server->watched_listeners[i];

        *watched = (promc__watched){PROMC__WATCHED_LISTENER, server->listeners.fds[i], 0};
        if (promc__watch(server, watched, PROMC__READ) != 0)
            return promc__fail_errno("HTTP server: cannot wait for clients");
    }
    return PROMC_OK;
}

static int begin_server(promc_http_server *server, const promc_http_server_opts *set)
{
    int status = set_site(server, set);

    if (status == PROMC_OK)
        status = make_client_tables(server);
    if (status == PROMC_OK)
        status = promc__listen(&server->listeners, set);
    if (status == PROMC_OK)
        status = begin_polling(server);
    if (status == PROMC_OK && set->self_metrics)
        status = begin_stats(server);
    if (status == PROMC_OK)
        status = promc__servers_add(server);
    return status;
}

promc_http_server *promc_http_server_create(const promc_http_server_opts *options)
{
    promc_http_server_opts set = {.size = sizeof(set)};
    promc_http_server *server;

    if (promc__copy_options(&set, sizeof(set), options, "HTTP server") != PROMC_OK ||
        check_server_options(&set) != PROMC_OK)
        return NULL;
    server = promc__zalloc(sizeof(*server));
    if (!server) {
        promc__fail_memory("HTTP server");
        return NULL;
    }
    server->poller = server->wake.fd = server->wake_writer = -1;
    server->next_deadline = PROMC__NEVER;
    server->left_out = SIZE_MAX;
    atomic_init(&server->stopping, false);
    (void)pthread_mutex_init(&server->turn, NULL);
    promc__routes_begin(&server->routes);
    if (begin_server(server, &set) != PROMC_OK) {
        /* A descriptor that was given stays the caller's until the server runs. */
        server->listeners.count = server->listeners.given ? 0 : server->listeners.count;
        promc__server_free(server);
        return NULL;
    }
    return server;
}

/* ---- a thread of its own --------------------------------------------------------------------- */

static void *serve(void *arg)
{
    promc_http_server *server = arg;

    promc__thread_name("promc-http");
    while (!atomic_load(&server->stopping))
        if (promc__server_turn(server, -1) < -1)
            promc__os.pause_ns(PROMC__ACCEPT_PAUSE_MS * 1000000u);
    return NULL;
}

static int begin_thread(promc_http_server *server)
{
    int fds[2], error;

    if (promc__net.pipe(fds) != 0)
        return promc__fail_errno("HTTP server: cannot make a pipe");
    server->wake = (promc__watched){PROMC__WATCHED_WAKE, fds[0], 0};
    server->wake_writer = fds[1];
    if (promc__watch(server, &server->wake, PROMC__READ) != 0)
        return promc__fail_errno("HTTP server: cannot wait for the end");
    server->threaded = true;
    error = promc__thread_start(&server->thread, serve, server);
    if (!error)
        return PROMC_OK;
    server->threaded = false;
    errno = error;
    return promc__fail_errno("HTTP server: cannot start a thread");
}

promc_http_server *promc_http_server_start(const promc_http_server_opts *options)
{
    promc_http_server *server = promc_http_server_create(options);

    if (!server)
        return NULL;
    if (begin_thread(server) == PROMC_OK)
        return server;
    server->listeners.count = server->listeners.given ? 0 : server->listeners.count;
    promc__servers_remove(server);
    promc__server_free(server);
    return NULL;
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* Connections of the parent: nothing may be said on them, and the poller, which is the parent's
 * too, must not forget them. Sessions of a transport are left: freeing one might send something. */
static void drop_inherited_clients(promc_http_server *server)
{
    for (size_t i = 0; i < server->client_count; i++) {
        int fd = atomic_load(&server->client_fds[i]);

        if (fd >= 0)
            (void)promc__os.close(fd);
        promc__connection_free(&server->clients[i]->connection);
        promc__free(server->clients[i]);
    }
    server->client_count = 0;
}

static void close_clients(promc_http_server *server)
{
    for (size_t i = 0; i < server->client_count; i++) {
        promc__connection_abort(&server->clients[i]->connection);
        promc__client_close(server, server->clients[i]);
    }
    promc__clients_reap(server);
}

static void close_descriptor(int *fd)
{
    if (*fd >= 0)
        (void)promc__os.close(*fd);
    *fd = -1;
}

void promc__server_free(promc_http_server *server)
{
    if (server->inherited)
        drop_inherited_clients(server);
    else
        close_clients(server);
    end_stats(server);
    promc__unlisten(&server->listeners, server->inherited);
    close_descriptor(&server->wake.fd);
    close_descriptor(&server->wake_writer);
    close_descriptor(&server->poller);
    promc__routes_free(&server->routes);
    promc__free(server->path);
    promc__free(server->authenticate);
    promc__free(server->clients);
    promc__free(server->client_fds);
    (void)pthread_mutex_destroy(&server->turn);
    promc__free(server);
}

/* The fork came in the middle of a turn: the memory is in no known state and is left alone, in the
 * list of servers. */
static void abandon(promc_http_server *server)
{
    for (size_t i = 0; i < server->client_capacity; i++) {
        int fd = atomic_exchange(&server->client_fds[i], -1);

        if (fd >= 0)
            (void)promc__os.close(fd);
    }
    while (server->listeners.count)
        (void)promc__os.close(server->listeners.fds[--server->listeners.count]);
    close_descriptor(&server->wake.fd);
    close_descriptor(&server->wake_writer);
    close_descriptor(&server->poller);
}

void promc_http_server_stop(promc_http_server *server)
{
    if (!server)
        return;
    if (promc__serving == server) {
        (void)promc__fail(PROMC_ERROR_STATE, "HTTP server: cannot be stopped from its own handler");
        return;
    }
    if (server->inherited && !server->inherited_whole) {
        abandon(server);
        return;
    }
    if (server->threaded && !server->inherited) {
        atomic_store(&server->stopping, true);
        (void)promc__os.write(server->wake_writer, "", 1);
        (void)pthread_join(server->thread, NULL);
    }
    promc__servers_remove(server);
    promc__server_free(server);
}

/* ---- the rest of the interface --------------------------------------------------------------- */

int promc_http_server_port(const promc_http_server *server)
{
    return server ? server->listeners.port : 0;
}

int promc_http_server_fd(const promc_http_server *server)
{
    return server && !server->inherited && !server->threaded ? server->poller : -1;
}

int promc_http_server_step(promc_http_server *server, int timeout_ms)
{
    if (!server)
        return promc__fail(PROMC_ERROR_ARGUMENT, "HTTP server: step of NULL");
    if (server->inherited)
        return promc__fail(PROMC_ERROR_STATE,
                           "HTTP server: it belongs to the parent process; open another one here");
    if (server->threaded || promc__serving == server)
        return promc__fail(PROMC_ERROR_STATE,
                           "HTTP server: it has a thread of its own, or this is its own handler");
    return promc__server_turn(server, timeout_ms);
}

static int may_add_route(const promc_http_server *server)
{
    if (!server)
        return promc__fail(PROMC_ERROR_ARGUMENT, "route: the server is NULL");
    if (server->inherited)
        return promc__fail(
            PROMC_ERROR_STATE,
            "route: the server belongs to the parent process; open another one here");
    return PROMC_OK;
}

int promc_http_server_route(promc_http_server *server, const char *method, const char *path,
                            promc_http_handler handler, void *arg)
{
    int status = may_add_route(server);

    return status == PROMC_OK ? promc__routes_add(&server->routes, method, path, handler, arg)
                              : status;
}

int promc__server_own_route(promc_http_server *server, const char *method, const char *path,
                            promc_http_handler handler, void *block)
{
    int status = may_add_route(server);

    return status == PROMC_OK
               ? promc__routes_add_owned(&server->routes, method, path, handler, block)
               : status;
}
