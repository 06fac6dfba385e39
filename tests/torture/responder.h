/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server on 127.0.0.1, in a thread and with calls of its own, that reads each request to its end
 * and gives the same answer to all. What fails in the library does not fail here.
 */
#ifndef TORTURE_RESPONDER_H
#define TORTURE_RESPONDER_H

#include "scripted_server.h"

#include <signal.h>
#include <stdatomic.h>

struct responder {
    int listener, port;
    char address[32]; /* "127.0.0.1:port" */
    char url[64];     /* "http://127.0.0.1:port" */
    const char *answer; /* NULL: read lines until the end, as Graphite does */
    pthread_t thread;
    atomic_bool over;
    atomic_uint complete; /* requests that came to their end */
    char request[1 << 17];
};

static inline bool responder_read(struct responder *responder, int fd)
{
    char *text = responder->request;
    size_t size = 0, need = 0, room = sizeof(responder->request) - 1;
    bool http = responder->answer != NULL;

    while (size < room && (!need || size < need)) {
        ssize_t got = recv(fd, text + size, room - size, 0);

        if (got <= 0)
            return !http && got == 0 && size > 0 && text[size - 1] == '\n';
        size += (size_t)got;
        text[size] = '\0';
        if (http && !need)
            need = server_request_size(text);
    }
    return true;
}

static inline void *responder_run(void *arg)
{
    struct responder *responder = arg;
    struct timeval patience = {.tv_sec = 5};

    while (!atomic_load(&responder->over)) {
        int fd = accept(responder->listener, NULL, NULL);

        if (fd < 0)
            break;
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        if (responder_read(responder, fd)) {
            atomic_fetch_add(&responder->complete, 1);
            if (responder->answer)
                server_say(fd, responder->answer, strlen(responder->answer), 4096);
        }
        (void)close(fd);
    }
    return NULL;
}

static inline bool responder_start(struct responder *responder, const char *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    sigset_t all, before;
    int error;

    responder->answer = answer;
    atomic_store(&responder->over, false);
    atomic_store(&responder->complete, 0);
    responder->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (responder->listener < 0 ||
        bind(responder->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(responder->listener, 64) != 0 ||
        getsockname(responder->listener, (struct sockaddr *)&address, &size) != 0)
        return false;
    responder->port = ntohs(address.sin_port);
    snprintf(responder->address, sizeof(responder->address), "127.0.0.1:%d", responder->port);
    snprintf(responder->url, sizeof(responder->url), "http://%s", responder->address);
    /* Signals are for others. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&responder->thread, NULL, responder_run, responder);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

static inline void responder_stop(struct responder *responder)
{
    atomic_store(&responder->over, true);
    (void)shutdown(responder->listener, SHUT_RDWR);
    (void)pthread_join(responder->thread, NULL);
    (void)close(responder->listener);
}

#endif
