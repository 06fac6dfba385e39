/* SPDX-License-Identifier: Apache-2.0 */
/* The server as its parts see it: server.c makes and ends it, loop.c runs it, client.c moves the
 * bytes of one connection, together.c answers those that wait for a scrape. */
#ifndef PROMC_HTTP_SERVER_H
#define PROMC_HTTP_SERVER_H

#include "base/poller.h"
#include "http/connection.h"
#include "http/listen.h"

#include <pthread.h>

enum {
    PROMC__READ_SIZE = 16 * 1024,
    PROMC__SPARE_CLIENTS = 256, /* past the limit: those that get their 503, or were just closed */
    PROMC__PATIENCE_MS = 1000,  /* after that a silent client may have to make room */
    PROMC__WAITING_MAX = 64,    /* clients that a turn scrapes for */
    PROMC__ACCEPT_PAUSE_MS = 100, /* when the system is out of descriptors or memory */
    PROMC__FORK_WAIT_MS = 50      /* how long a fork waits for the end of a turn */
};

/* What the poller's tags point to. */
typedef struct promc__watched {
    enum { PROMC__WATCHED_LISTENER, PROMC__WATCHED_WAKE, PROMC__WATCHED_CLIENT } kind;
    int fd;
    int waiting_for; /* what the poller was told */
} promc__watched;

typedef struct promc__client {
    promc__watched watched; /* first, so that a tag of this kind is the client */
    promc__connection connection;
    size_t at;                   /* in the server's list */
    void *session;               /* of the transport; NULL: plain */
    int read_needs, write_needs; /* what the descriptor must be ready for to go on */
    bool again;                  /* used up its turn, or waits for a scrape of the next one */
    bool shut;                   /* our side is closed, we linger */
} promc__client;

struct promc_http_server {
    promc__site site;
    promc__routes routes;
    promc__http_stats *stats;
    promc_transport transport; /* open NULL: none */
    unsigned max_connections;
    char *path, *authenticate;

    promc__listeners listeners;
    promc__watched watched_listeners[PROMC__LISTENERS_MAX];
    promc__watched wake; /* fd -1 without a thread */
    int wake_writer;
    int poller;

    /* Clients, and their descriptors once more: a child must be able to close its copies when the
     * fork came in the middle of a turn and nothing else can be trusted. */
    promc__client **clients;
    _Atomic int *client_fds;
    size_t client_count, client_capacity;
    size_t open_count; /* of these, not closed */
    bool some_closed;  /* clients to be removed at the end of the turn */
    bool some_again;
    promc__client *waiting[PROMC__WAITING_MAX]; /* for a scrape in this turn */
    size_t waiting_count;                       /* 0 between turns */
    size_t left_out; /* the first client that a turn had no place for; SIZE_MAX: none */
    uint64_t next_deadline; /* not after the first deadline of a client */
    uint64_t accept_at;     /* when to go on accepting; 0: now */
    uint64_t no_victim_until;
    char read_space[PROMC__READ_SIZE];

    bool threaded;
    pthread_t thread;
    atomic_bool stopping;

    pthread_mutex_t turn;           /* held while the loop works, not while it waits */
    bool fork_has_turn;             /* the thread that forks holds it */
    bool inherited;                 /* this is the copy of a child */
    bool inherited_whole;           /* and was made between two turns */
    struct promc_http_server *next; /* in the list of all servers */
};

/* The server whose turn runs in this thread. */
extern _Thread_local const struct promc_http_server *promc__serving;

/* One turn: waits, at most until the next deadline, and does what can be done. Returns what
 * promc_http_server_step() does. */
int promc__server_turn(promc_http_server *server, int timeout_ms);

/* Starts and ends watching a descriptor for reading. */
int promc__watch(promc_http_server *server, promc__watched *watched, int wait_for);

/* Takes over an accepted descriptor; `refused`: only to say so. */
void promc__client_open(promc_http_server *server, int fd, bool tcp, bool refused, uint64_t now);
/* Moves bytes as long as it goes, and not so long that others wait; up to a request for the
 * metrics, which waits for promc__clients_answer(). */
void promc__client_run(promc_http_server *server, promc__client *client, uint64_t now);
/* Answers those that wait for a scrape: all that wait for the same thing from one. */
void promc__clients_answer(promc_http_server *server);
/* Closes the descriptor; the client goes at the end of the turn. */
void promc__client_close(promc_http_server *server, promc__client *client);
/* Removes the closed ones. */
void promc__clients_reap(promc_http_server *server);

/* fork.c: the list of servers, for fork(). PROMC_OK or PROMC_ERROR_NO_MEMORY. */
int promc__servers_add(promc_http_server *server);
void promc__servers_remove(promc_http_server *server);

/* As promc_http_server_route(), with a block from promc__malloc(), which belongs to the server on
 * success. */
int promc__server_own_route(promc_http_server *server, const char *method, const char *path,
                            promc_http_handler handler, void *block);

/* Gives back descriptors and memory; in a child without touching what the parent shares. */
void promc__server_free(promc_http_server *server);

uint64_t promc__now_ms(void);

#endif
