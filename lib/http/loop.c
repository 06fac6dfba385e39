/* SPDX-License-Identifier: Apache-2.0 */
/* One turn of a server: events, new clients, scrapes, deadlines. */
#include "http/server.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/os.h"

#include <errno.h>
#include <limits.h>

enum { ACCEPTS_A_TURN = 32 };

_Thread_local const struct promc_http_server *promc__serving;

uint64_t promc__now_ms(void)
{
    return promc__os.monotonic_ns() / 1000000;
}

int promc__watch(promc_http_server *server, promc__watched *watched, int wait_for)
{
    int status = 0;

    if (watched->waiting_for != wait_for)
        status = promc__poller.change(server->poller, watched->fd, watched->waiting_for, wait_for,
                                      watched);
    if (status == 0)
        watched->waiting_for = wait_for;
    return status;
}

/* ---- new clients ----------------------------------------------------------------------------- */

/*
 * Slow or silent clients must not lock out a scrape: past the limit the one that has kept the
 * server waiting for longest goes, if that is long. Others get 503.
 */
static bool make_room(promc_http_server *server, uint64_t now)
{
    promc__client *victim = NULL;

    if (now < server->no_victim_until)
        return false;
    for (size_t i = 0; i < server->client_count; i++) {
        promc__client *client = server->clients[i];

        if (client->watched.fd >= 0 && client->connection.state != PROMC__WAITING &&
            (!victim || client->connection.since < victim->connection.since))
            victim = client;
    }
    if (!victim)
        return false;
    if (now - victim->connection.since < PROMC__PATIENCE_MS) {
        server->no_victim_until = victim->connection.since + PROMC__PATIENCE_MS;
        return false;
    }
    promc__connection_abort(&victim->connection);
    promc__client_close(server, victim);
    if (server->stats)
        promc__stats_add(&server->stats->evicted, 1);
    return true;
}

/* Out of descriptors or memory: the clients wait in the queue of the system, and the loop must not
 * spin on a listener that stays readable. */
static void pause_accepting(promc_http_server *server, uint64_t now)
{
    server->accept_at = now + PROMC__ACCEPT_PAUSE_MS;
    for (size_t i = 0; i < server->listeners.count; i++)
        (void)promc__watch(server, &server->watched_listeners[i], 0);
}

static void resume_accepting(promc_http_server *server)
{
    server->accept_at = 0;
    for (size_t i = 0; i < server->listeners.count; i++)
        if (promc__watch(server, &server->watched_listeners[i], PROMC__READ) != 0)
            server->accept_at = promc__now_ms() + PROMC__ACCEPT_PAUSE_MS;
}

/* The client went away before it was accepted, or its network did (accept(2)). */
static bool only_that_client(int error)
{
    return error == ECONNABORTED || error == EPROTO || error == ENETDOWN || error == ENOPROTOOPT ||
           error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH || error == EPERM;
}

static void accept_clients(promc_http_server *server, int listener, uint64_t now)
{
    bool tcp = server->listeners.port != 0;

    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int fd = promc__net.accept(listener);
        bool full;

        if (fd < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                return;
            if (only_that_client(errno))
                continue;
            if (errno == EMFILE || errno == ENFILE)
                (void)make_room(server, now);
            pause_accepting(server, now);
            return;
        }
        full = server->open_count >= server->max_connections && !make_room(server, now);
        promc__client_open(server, fd, tcp, full, now);
    }
}

/* ---- the turn -------------------------------------------------------------------------------- */

static void handle_event(promc_http_server *server, const promc__ready *ready, uint64_t now)
{
    promc__watched *watched = ready->tag;

    if (watched->kind == PROMC__WATCHED_CLIENT) {
        if (watched->fd >= 0)
            promc__client_run(server, (promc__client *)(void *)watched, now);
    } else if (watched->kind == PROMC__WATCHED_LISTENER && watched->waiting_for) {
        accept_clients(server, watched->fd, now);
    }
}

/* Clients that had used up their turn, whose transport holds input, or for whose scrape there was no
 * place: the first of these now comes first. */
static void go_on(promc_http_server *server, uint64_t now)
{
    size_t count = server->client_count, first = server->left_out < count ? server->left_out : 0;

    server->left_out = SIZE_MAX;
    if (!server->some_again)
        return;
    server->some_again = false;
    for (size_t i = 0; i < count; i++) {
        promc__client *client = server->clients[(first + i) % count];

        if (client->again && client->watched.fd >= 0)
            promc__client_run(server, client, now);
    }
}

static void keep_deadlines(promc_http_server *server, uint64_t now)
{
    if (now < server->next_deadline)
        return;
    server->next_deadline = PROMC__NEVER;
    for (size_t i = 0; i < server->client_count; i++) {
        promc__client *client = server->clients[i];

        if (client->watched.fd < 0)
            continue;
        if (now >= client->connection.deadline) {
            promc__connection_expire(&client->connection, now);
            promc__client_run(server, client, now);
        } else if (client->connection.deadline < server->next_deadline) {
            server->next_deadline = client->connection.deadline;
        }
    }
}

/* Milliseconds until something has to be done; -1: nothing. */
static int until_next(const promc_http_server *server, uint64_t now)
{
    uint64_t next = server->next_deadline;

    if (server->some_again)
        return 0;
    if (server->accept_at && server->accept_at < next)
        next = server->accept_at;
    if (next == PROMC__NEVER)
        return -1;
    if (next <= now)
        return 0;
    return next - now < INT_MAX ? (int)(next - now) : INT_MAX;
}

static int work(promc_http_server *server, const promc__ready *ready, int count)
{
    uint64_t now = promc__now_ms();

    go_on(server, now);
    for (int i = 0; i < count; i++)
        handle_event(server, &ready[i], promc__now_ms()); /* a handler may have taken long */
    promc__clients_answer(server);
    now = promc__now_ms();
    if (server->accept_at && now >= server->accept_at)
        resume_accepting(server);
    keep_deadlines(server, now);
    promc__clients_reap(server);
    return until_next(server, now);
}

int promc__server_turn(promc_http_server *server, int timeout_ms)
{
    promc__ready ready[PROMC__READY_MAX];
    const promc_http_server *outer;
    int wait_ms = until_next(server, promc__now_ms()), count;

    if (wait_ms < 0 || (timeout_ms >= 0 && timeout_ms < wait_ms))
        wait_ms = timeout_ms;
    count = promc__poller.wait(server->poller, ready, PROMC__READY_MAX, wait_ms);
    if (count < 0)
        return promc__fail_errno("HTTP server: waiting for clients");
    promc__lock(&server->turn);
    outer = promc__serving;
    promc__serving = server;
    wait_ms = work(server, ready, count);
    promc__serving = outer;
    promc__unlock(&server->turn);
    return wait_ms;
}
