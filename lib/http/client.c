/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the server: its descriptor, its transport, and the bytes between them. */
#include "http/server.h"

#include "base/memory.h"
#include "base/os.h"
#include "http/respond.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

enum { ROUNDS_A_TURN = 8 };

/* A number of bytes, 0 from reading at the end, or one of these. */
enum { CLIENT_WAITS = -1, CLIENT_FAILED = -2 };

static long plain_result(long result)
{
    if (result >= 0)
        return result;
    return errno == EAGAIN || errno == EWOULDBLOCK ? CLIENT_WAITS : CLIENT_FAILED;
}

static long transport_result(long result, int *needs)
{
    if (result >= 0)
        return result;
    if (result != PROMC_TRANSPORT_WANT_READ && result != PROMC_TRANSPORT_WANT_WRITE)
        return CLIENT_FAILED;
    *needs = result == PROMC_TRANSPORT_WANT_READ ? PROMC__READ : PROMC__WRITE;
    return CLIENT_WAITS;
}

static long read_client(promc_http_server *server, promc__client *client)
{
    if (client->session)
        return transport_result(
            server->transport.read(client->session, server->read_space, PROMC__READ_SIZE),
            &client->read_needs);
    return plain_result(
        promc__net.receive(client->watched.fd, server->read_space, PROMC__READ_SIZE));
}

/* Both texts in one call make fewer packets; a transport takes one at a time. */
static long write_client(promc_http_server *server, promc__client *client, const char *data,
                         size_t size, const char *more, size_t more_size)
{
    if (client->session)
        return transport_result(server->transport.write(client->session, data, size),
                                &client->write_needs);
    return plain_result(promc__net.send(client->watched.fd, data, size, more, more_size));
}

/* Sends once. True: something went out. */
static bool push_output(promc_http_server *server, promc__client *client, bool *ready, uint64_t now)
{
    const char *data, *more = NULL;
    size_t size = promc__connection_output(&client->connection, &data, now), more_size;
    long sent;

    if (!size || !*ready)
        return false;
    client->write_needs = PROMC__WRITE;
    more_size = promc__connection_behind(&client->connection, &more);
    sent = write_client(server, client, data, size, more, more_size);
    if (sent == CLIENT_FAILED) {
        promc__connection_abort(&client->connection);
        return false;
    }
    if (sent <= 0) {
        *ready = false;
        return false;
    }
    promc__connection_sent(&client->connection, (size_t)sent, now);
    if (!client->session && (size_t)sent < size + more_size)
        *ready = false;
    return true;
}

/* Receives once. True: something came in. */
static bool pull_input(promc_http_server *server, promc__client *client, bool *ready, uint64_t now)
{
    long got;

    if (!*ready || !promc__connection_wants_input(&client->connection))
        return false;
    client->read_needs = PROMC__READ;
    got = read_client(server, client);
    if (got == CLIENT_FAILED)
        promc__connection_abort(&client->connection);
    else if (got == 0)
        promc__connection_end(&client->connection, now);
    else if (got > 0)
        promc__connection_receive(&client->connection, server->read_space, (size_t)got, now);
    /* Behind a short read a socket is empty; a transport may hold more than the poller sees. */
    if (got == CLIENT_WAITS || (!client->session && got < PROMC__READ_SIZE))
        *ready = false;
    return got > 0;
}

/* The response is out: end our side, so that the client sees the end while we still listen. */
static void shut_output(promc_http_server *server, promc__client *client)
{
    client->shut = true;
    if (client->session)
        server->transport.close(client->session);
    client->session = NULL;
    (void)promc__net.shut(client->watched.fd, SHUT_WR);
}

static void wait_for_client(promc_http_server *server, promc__client *client)
{
    const promc__connection *connection = &client->connection;
    int wait_for = 0;

    if (connection->state == PROMC__RESPONSE || connection->out_at < connection->out.size)
        wait_for |= client->write_needs;
    if (promc__connection_wants_input(connection))
        wait_for |= client->read_needs;
    if (promc__watch(server, &client->watched, wait_for) != 0)
        promc__connection_abort(&client->connection);
}

/* Those that the turn cannot scrape for wait for the next one. */
static void wait_for_scrape(promc_http_server *server, promc__client *client)
{
    if (server->waiting_count < PROMC__WAITING_MAX) {
        server->waiting[server->waiting_count++] = client;
        return;
    }
    client->again = server->some_again = true;
    if (server->left_out == SIZE_MAX)
        server->left_out = client->at;
}

void promc__client_run(promc_http_server *server, promc__client *client, uint64_t now)
{
    promc__connection *connection = &client->connection;
    bool can_write = true, moved = true;
    /* A socket was empty when the request had been read; a transport may hold more. */
    bool can_read = client->session || connection->state != PROMC__RESPONSE;

    if (connection->state == PROMC__WAITING && !client->again)
        return;
    client->again = false;
    /* A stop waits for one handler or collector, not for those of all clients. */
    for (int round = 0; moved && connection->state != PROMC__CLOSED &&
                        connection->state != PROMC__WAITING && !atomic_load(&server->stopping);
         round++) {
        if (round == ROUNDS_A_TURN) {
            client->again = server->some_again = true;
            break;
        }
        moved = push_output(server, client, &can_write, now);
        if (connection->state == PROMC__LINGER && !client->shut)
            shut_output(server, client);
        /* A request for a handler is answered in the same round, so that most need one. */
        if (pull_input(server, client, &can_read, now))
            moved = true;
    }
    if (connection->state == PROMC__WAITING) {
        wait_for_scrape(server, client);
        return;
    }
    if (connection->state != PROMC__CLOSED)
        wait_for_client(server, client);
    if (connection->state == PROMC__CLOSED)
        promc__client_close(server, client);
    else if (connection->deadline < server->next_deadline)
        server->next_deadline = connection->deadline;
}

void promc__client_close(promc_http_server *server, promc__client *client)
{
    int fd = client->watched.fd;

    if (fd < 0)
        return;
    /* Children of the host may hold copies of the descriptor, so closing it is not enough: neither
     * for the poller nor for the client. */
    (void)promc__watch(server, &client->watched, 0);
    if (client->session)
        server->transport.close(client->session);
    client->session = NULL;
    if (client->connection.aborted)
        promc__net.reset(fd);
    else
        (void)promc__net.shut(fd, SHUT_RDWR);
    atomic_store(&server->client_fds[client->at], -1);
    client->watched.fd = -1;
    server->open_count--;
    (void)promc__os.close(fd);
    promc__connection_free(&client->connection);
    client->connection.state = PROMC__CLOSED;
    server->some_closed = true;
    if (server->stats)
        atomic_fetch_sub_explicit(&server->stats->open, 1, memory_order_relaxed);
}

void promc__clients_reap(promc_http_server *server)
{
    if (!server->some_closed)
        return;
    server->some_closed = false;
    for (size_t i = server->client_count; i-- > 0;) {
        size_t last = server->client_count - 1;

        if (server->clients[i]->watched.fd >= 0)
            continue;
        promc__free(server->clients[i]);
        if (i != last) {
            server->clients[i] = server->clients[last];
            server->clients[i]->at = i;
        }
        atomic_store(&server->client_fds[i], atomic_load(&server->client_fds[last]));
        atomic_store(&server->client_fds[last], -1);
        server->client_count--;
    }
}

/* Runs before the client is in the list. False: the transport does not want it. */
static bool open_session(promc_http_server *server, promc__client *client)
{
    if (!server->transport.open)
        return true;
    client->session = server->transport.open(client->watched.fd, server->transport.arg);
    return client->session != NULL;
}

void promc__client_open(promc_http_server *server, int fd, bool tcp, bool refused, uint64_t now)
{
    promc__client *client = NULL;
    size_t at = server->client_count;

    if (at < server->client_capacity)
        client = promc__zalloc(sizeof(*client));
    if (!client) {
        (void)promc__os.close(fd);
        return;
    }
    client->watched.kind = PROMC__WATCHED_CLIENT;
    client->watched.fd = fd;
    client->read_needs = PROMC__READ;
    client->write_needs = PROMC__WRITE;
    promc__connection_begin(&client->connection, &server->site, now);
    if (!open_session(server, client)) {
        promc__net.reset(fd);
        (void)promc__os.close(fd);
        promc__free(client);
        return;
    }
    client->at = at;
    server->clients[at] = client;
    atomic_store(&server->client_fds[at], fd);
    server->client_count++;
    server->open_count++;
    if (server->stats) {
        promc__stats_add(&server->stats->open, 1);
        promc__stats_add(&server->stats->accepted, 1);
        promc__stats_add(&server->stats->refused, refused);
    }
    if (tcp)
        (void)promc__net.option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (refused)
        promc__respond_bad(&client->connection, 503, "too many connections", now);
    promc__client_run(server, client, now);
}
