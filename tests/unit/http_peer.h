/* SPDX-License-Identifier: Apache-2.0 */
/* The other side of the server's tests: blocking sockets with a time limit. */
#ifndef TESTS_HTTP_PEER_H
#define TESTS_HTTP_PEER_H

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Programs use what they need. */
#define PEER static __attribute__((unused))

PEER uint64_t peer_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

PEER int peer_connected(int fd, const void *address, socklen_t size)
{
    struct timeval limit = {.tv_sec = 20};

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd, address, size) == 0)
        return fd;
    close(fd);
    return -1;
}

/* -1: nobody answers there. */
PEER int peer_connect(const char *host, int port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *list;
    char service[16];
    int fd;

    snprintf(service, sizeof(service), "%d", port);
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return -1;
    fd = peer_connected(socket(list->ai_family, SOCK_STREAM, 0), list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    return fd;
}

PEER struct sockaddr_un peer_unix_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

PEER int peer_connect_unix(const char *path)
{
    struct sockaddr_un address = peer_unix_address(path);

    return peer_connected(socket(AF_UNIX, SOCK_STREAM, 0), &address, sizeof(address));
}

PEER int peer_bind_unix(const char *path)
{
    struct sockaddr_un address = peer_unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* A listening socket on 127.0.0.1. */
PEER int peer_listen(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

PEER bool peer_has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    if (fd >= 0)
        close(fd);
    return has;
}

PEER bool peer_readable(int fd, int timeout_ms)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    return poll(&entry, 1, timeout_ms) == 1;
}

PEER bool peer_hung_up(int fd, int timeout_ms)
{
    struct pollfd entry = {.fd = fd};

    return poll(&entry, 1, timeout_ms) == 1;
}

PEER void peer_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (long)strlen(text));
}

/* Everything up to the end; false if it was a reset or took too long. */
PEER bool peer_read_all(int fd, char *text, size_t room)
{
    size_t size = 0;
    long got = 0;

    while (size + 1 < room && (got = recv(fd, text + size, room - size - 1, 0)) > 0)
        size += (size_t)got;
    text[size] = '\0';
    return got == 0;
}

PEER void peer_read_some(int fd, char *text, size_t room)
{
    long got = recv(fd, text, room - 1, 0);

    text[got > 0 ? got : 0] = '\0';
}

/* One request and its response, which must have a length. */
PEER void peer_exchange(int fd, const char *request, char *text, size_t room)
{
    size_t size = 0;
    long got;

    peer_send(fd, request);
    text[0] = '\0';
    while (size + 1 < room && (got = recv(fd, text + size, room - size - 1, 0)) > 0) {
        const char *length, *body;

        size += (size_t)got;
        text[size] = '\0';
        length = strstr(text, "Content-Length: ");
        body = strstr(text, "\r\n\r\n");
        if (length && body && size >= (size_t)(body + 4 - text) + strtoul(length + 16, NULL, 10))
            return;
    }
}

/* Whether the connection ended, with or without a reset. */
PEER bool peer_at_end(int fd)
{
    char byte;
    long got = recv(fd, &byte, 1, 0);

    return got == 0 || (got < 0 && errno != EAGAIN);
}

/* Takes little at a time. */
PEER void peer_shrink(int fd)
{
    int size = 4096;

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* Whether so many descriptors can be open, raising the limit if that is allowed. */
PEER bool peer_may_open(rlim_t count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    if (limit.rlim_cur >= count)
        return true;
    if (limit.rlim_max < count)
        return false;
    limit.rlim_cur = count;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

#endif
