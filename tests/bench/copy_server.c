/* SPDX-License-Identifier: Apache-2.0 */
/* The least an HTTP server could do: waits for the end of a request, copies a response, sends it.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *response;
static char *copy;
static size_t response_size;
static int listening, poller;

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};

    bench_check(fd >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0, "a connection");
}

static void greet(void)
{
    int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC), on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    watch(fd);
}

/* Requests of the load generator come in one piece each; it reads all of every response. */
static void answer(int fd)
{
    char request[4096];
    ssize_t got = recv(fd, request, sizeof(request), 0);

    if (got >= 4 && memcmp(request + got - 4, "\r\n\r\n", 4) == 0) {
        memcpy(copy, response, response_size);
        for (size_t sent = 0; sent < response_size && got > 0; sent += (size_t)got)
            got = send(fd, copy + sent, response_size - sent, MSG_NOSIGNAL);
    }
    if (got > 0)
        return;
    /* A child that is about to exec may hold the descriptor too: closing is not enough. */
    (void)epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
    close(fd);
}

static void *serve(void *arg)
{
    struct epoll_event events[64];

    (void)arg;
    for (;;) {
        int count = epoll_wait(poller, events, 64, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listening)
                greet();
            else
                answer(events[i].data.fd);
        }
    }
    return NULL;
}

int bench_start_copy_server(const char *text, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    pthread_t thread;

    response = text;
    response_size = size;
    copy = malloc(size);
    poller = epoll_create1(EPOLL_CLOEXEC);
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench_check(copy && bind(listening, (struct sockaddr *)&address, length) == 0 &&
                    listen(listening, 64) == 0 &&
                    getsockname(listening, (struct sockaddr *)&address, &length) == 0,
                "a listening socket");
    watch(listening);
    bench_check(pthread_create(&thread, NULL, serve, NULL) == 0 && pthread_detach(thread) == 0,
                "a thread");
    return ntohs(address.sin_port);
}
