/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scrapes for the clients of a server. A turn first reads what clients say and only then scrapes,
 * so that one scrape is a correct answer to all requests for the same thing that are complete by
 * then: it begins after the last of them. Nothing of it answers a later one.
 */
#include "http/server.h"

#include "http/respond.h"

/* Moves those that wait for the same thing as the first one behind it; how many these are, the
 * first included. */
static size_t gather(promc__client **clients, size_t count)
{
    size_t same = 1;

    for (size_t i = 1; i < count; i++) {
        promc__client *client = clients[i];

        if (promc__waits_for_same(&client->connection, &clients[0]->connection)) {
            clients[i] = clients[same];
            clients[same++] = client;
        }
    }
    return same;
}

/* A reader that is slow keeps what the others have sent already, and nothing else of theirs. */
static void answer_same(promc_http_server *server, promc__client **clients, size_t count)
{
    promc__shared_text *shared = NULL;

    for (size_t i = 0; i < count && !atomic_load(&server->stopping); i++) {
        promc__connection *connection = &clients[i]->connection;
        uint64_t now = promc__now_ms(); /* sending may take long, and so may a scrape */

        if (shared)
            promc__respond_shared(connection, shared, now);
        else
            shared = promc__respond_metrics(connection, i == 0 && count > 1, now);
        promc__client_run(server, clients[i], now);
    }
    promc__shared_text_leave(shared);
}

void promc__clients_answer(promc_http_server *server)
{
    promc__client **waiting = server->waiting;
    size_t left = server->waiting_count, same;

    /* A further request of one of them needs a scrape that begins after it. */
    server->waiting_count = PROMC__WAITING_MAX;
    for (; left; waiting += same, left -= same) {
        same = gather(waiting, left);
        answer_same(server, waiting, same);
    }
    server->waiting_count = 0;
}
