/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that does what a test tells it, in a thread: one connection for each line of its script.
 * It keeps what it received. It never outlives a test: every wait of it is bounded.
 */
#ifndef SCRIPTED_SERVER_H
#define SCRIPTED_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SERVER_PATIENCE_MS = 20000, SERVER_ROOM = 1 << 16, SERVER_LINES = 16 };

enum server_act {
    THEN_CLOSE,
    THEN_RESET,
    THEN_STALL,   /* say nothing more until the client goes */
    THEN_TRICKLE, /* repeat the last byte every few milliseconds until the client goes */
    THEN_FLOOD,   /* repeat the last byte as fast as it goes until the client goes */
    UNREAD_CLOSE, /* answer and close without reading the request */
    UNREAD_STALL  /* neither read nor answer */
};

struct server_line {
    const char *say;
    enum server_act act;
    bool bytewise;   /* each byte in a packet of its own */
    size_t say_size; /* 0: strlen(say) */
};

struct scripted_server {
    int listener, port;
    char path[64]; /* of a unix socket */
    pthread_t thread;
    const struct server_line *script;
    size_t count;
    size_t served;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool over;                    /* the client has given up */
    char *received[SERVER_LINES]; /* NUL-terminated */
    size_t received_size[SERVER_LINES];
};

static inline bool server_wait(int fd, short events)
{
    struct pollfd entry = {.fd = fd, .events = events};

    return poll(&entry, 1, SERVER_PATIENCE_MS) > 0;
}

/* The size that a request has by its own words; 0: not known yet. */
static inline size_t server_request_size(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n"), *at;
    size_t body = 0;

    if (!end)
        return 0;
    for (at = text; at < end; at = strstr(at, "\r\n") + 2)
        if (strncasecmp(at, "content-length:", 15) == 0)
            body = (size_t)strtoul(at + 15, NULL, 10);
    return (size_t)(end - text) + 4 + body;
}

static inline void server_read_request(int fd, char **text, size_t *size)
{
    size_t room = SERVER_ROOM, need = 0;

    *text = calloc(1, room + 1);
    *size = 0;
    while (*text && (!need || *size < need) && server_wait(fd, POLLIN)) {
        ssize_t got;

        if (*size == room)
            *text = realloc(*text, (room *= 2) + 1);
        got = *text ? recv(fd, *text + *size, room - *size, 0) : 0;
        if (got <= 0)
            return;
        *size += (size_t)got;
        (*text)[*size] = '\0';
        if (!need)
            need = server_request_size(*text);
    }
}

static inline void server_say(int fd, const char *data, size_t size, size_t piece)
{
    while (size) {
        size_t now = size < piece ? size : piece;
        ssize_t put = send(fd, data, now, MSG_NOSIGNAL);

        if (put <= 0)
            return;
        data += put;
        size -= (size_t)put;
    }
}

/* Waits until the client is gone; bytes that still come are ignored. */
static inline void server_until_gone(int fd)
{
    char rest[4096];

    while (server_wait(fd, POLLIN) && recv(fd, rest, sizeof(rest), 0) > 0)
        ;
}

static inline void server_repeat(int fd, char byte, bool slowly)
{
    char flood[4096];
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    memset(flood, byte, sizeof(flood));
    while (poll(&entry, 1, slowly ? 5 : 0) == 0)
        if (send(fd, flood, slowly ? 1 : sizeof(flood), MSG_NOSIGNAL) < 0)
            return;
}

/* Waits until the test stops the server. */
static inline void server_until_over(struct scripted_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    while (!server->over)
        (void)pthread_cond_wait(&server->ended, &server->lock);
    (void)pthread_mutex_unlock(&server->lock);
}

static inline void server_play(struct scripted_server *server, int fd)
{
    const struct server_line *line = &server->script[server->served];
    size_t size = line->say_size ? line->say_size : line->say ? strlen(line->say) : 0;
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    struct timeval patience = {.tv_sec = SERVER_PATIENCE_MS / 1000};
    int one = 1;

    (void)setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (line->act != UNREAD_CLOSE && line->act != UNREAD_STALL)
        server_read_request(fd, &server->received[server->served],
                            &server->received_size[server->served]);
    if (line->act == UNREAD_STALL)
        server_until_over(server);
    server_say(fd, line->say, size, line->bytewise ? 1 : 4096);
    if (line->act == THEN_STALL)
        server_until_gone(fd);
    if (line->act == THEN_TRICKLE || line->act == THEN_FLOOD)
        server_repeat(fd, line->say[size - 1], line->act == THEN_TRICKLE);
    if (line->act == THEN_RESET)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    if (line->act == UNREAD_CLOSE) { /* the end, but no reset while bytes are under way */
        (void)shutdown(fd, SHUT_WR);
        server_until_gone(fd);
    }
    (void)close(fd);
}

static inline void *server_run(void *arg)
{
    struct scripted_server *server = arg;

    while (server->served < server->count && server_wait(server->listener, POLLIN)) {
        int fd = accept(server->listener, NULL, NULL);

        if (fd < 0)
            break;
        server_play(server, fd);
        server->served++;
    }
    return NULL;
}

/* An address on the loopback, family AF_INET, AF_INET6 or AF_UNIX; false: this machine has none. */
static inline bool server_start(struct scripted_server *server, int family,
                                const struct server_line *script, size_t count)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    void *address = family == AF_INET ? (void *)&v4 : family == AF_INET6 ? (void *)&v6 : &local;
    socklen_t size = family == AF_INET    ? sizeof(v4)
                     : family == AF_INET6 ? sizeof(v6)
                                          : sizeof(local);
    struct sockaddr_storage bound = {0};
    socklen_t bound_size = sizeof(bound);

    memset(server, 0, sizeof(*server));
    server->script = script;
    server->count = count;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->ended, NULL);
    if (family == AF_UNIX) {
        snprintf(server->path, sizeof(server->path), "/tmp/promc-test-%ld.sock", (long)getpid());
        (void)unlink(server->path);
        memcpy(local.sun_path, server->path, strlen(server->path) + 1);
    }
    server->listener = socket(family, SOCK_STREAM, 0);
    if (server->listener < 0 || bind(server->listener, address, size) != 0 ||
        listen(server->listener, 16) != 0) {
        if (server->listener >= 0)
            (void)close(server->listener);
        return false;
    }
    (void)getsockname(server->listener, (struct sockaddr *)&bound, &bound_size);
    if (family == AF_INET)
        server->port = ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
    if (family == AF_INET6)
        server->port = ntohs(((struct sockaddr_in6 *)(void *)&bound)->sin6_port);
    return pthread_create(&server->thread, NULL, server_run, server) == 0;
}

/* Waits for the end of the script; gives how many lines were played. */
static inline size_t server_stop(struct scripted_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->over = true;
    (void)pthread_cond_signal(&server->ended);
    (void)pthread_mutex_unlock(&server->lock);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listener);
    if (*server->path)
        (void)unlink(server->path);
    return server->served;
}

/* The same when the script may not be played to its end: nobody connects any more. */
static inline size_t server_abandon(struct scripted_server *server)
{
    (void)shutdown(server->listener, SHUT_RDWR);
    return server_stop(server);
}

static inline void server_forget(struct scripted_server *server)
{
    for (size_t i = 0; i < SERVER_LINES; i++) {
        free(server->received[i]);
        server->received[i] = NULL;
    }
}

#endif
