/* SPDX-License-Identifier: Apache-2.0 */
#if defined(__linux__)
#define _GNU_SOURCE /* accept4, pipe2 */
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE /* SO_NOSIGPIPE */
#endif
#include "base/net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE does it there */
#endif

static int net_adopt(int fd)
{
    int status = fcntl(fd, F_GETFL);
    int flags = fcntl(fd, F_GETFD);

    if (status < 0 || flags < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
        return -1;
    return 0;
}

static int net_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value));
}

#if !defined(__linux__)
static void no_sigpipe(int fd)
{
#if defined(SO_NOSIGPIPE)
    (void)net_option(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#else
    (void)fd;
#endif
}

static int adopt_or_close(int fd)
{
    int saved;

    if (fd < 0)
        return -1;
    if (net_adopt(fd) == 0) {
        no_sigpipe(fd);
        return fd;
    }
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}
#endif

static int net_resolve(const char *host, int port, bool listening, struct addrinfo **list)
{
    struct addrinfo hints;
    char service[16];

    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = listening ? AI_PASSIVE : 0;
    (void)snprintf(service, sizeof(service), "%d", port);
    return getaddrinfo(host, service, &hints, list);
}

static int net_open_kind(int family, int kind)
{
#if defined(__linux__)
    return socket(family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
    return adopt_or_close(socket(family, kind, 0));
#endif
}

static int net_open(int family)
{
    return net_open_kind(family, SOCK_STREAM);
}

static int net_open_datagram(int family)
{
    return net_open_kind(family, SOCK_DGRAM);
}

static int net_accept(int fd)
{
    int client;

    do
#if defined(__linux__)
        client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
        client = adopt_or_close(accept(fd, NULL, NULL));
#endif
    while (client < 0 && errno == EINTR);
    return client;
}

/* An interrupted connect goes on in the background: it must be awaited, not repeated. */
static int net_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int status = connect(fd, address, size);

    if (status != 0 && errno == EINTR)
        errno = EINPROGRESS;
    return status;
}

static int net_connect_result(int fd)
{
    int error = 0;
    socklen_t size = sizeof(error);

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static int net_local_address(int fd, struct sockaddr_storage *address)
{
    socklen_t size = sizeof(*address);

    memset(address, 0, sizeof(*address));
    return getsockname(fd, (struct sockaddr *)address, &size);
}

static bool net_is_listening(int fd)
{
    int yes = 0;
    socklen_t size = sizeof(yes);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &size) == 0 && yes;
}

static long net_receive(int fd, void *data, size_t size)
{
    ssize_t got;

    do
        got = recv(fd, data, size, 0);
    while (got < 0 && errno == EINTR);
    return (long)got;
}

static long net_send(int fd, const void *data, size_t size, const void *more, size_t more_size)
{
    struct iovec parts[2] = {{(void *)data, size}, {(void *)more, more_size}};
    struct msghdr message;
    ssize_t put;

    memset(&message, 0, sizeof(message));
    message.msg_iov = parts;
    message.msg_iovlen = more_size ? 2 : 1;
    do
        put = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    return (long)put;
}

/* Closing resets only when the last copy of the descriptor goes; on Linux dissolving the
 * association resets at once. */
static void net_reset(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
#if defined(__linux__)
    {
        struct sockaddr nowhere;

        memset(&nowhere, 0, sizeof(nowhere));
        nowhere.sa_family = AF_UNSPEC;
        (void)connect(fd, &nowhere, sizeof(nowhere));
    }
#endif
}

static int net_pipe(int fds[2])
{
#if defined(__linux__)
    return pipe2(fds, O_CLOEXEC | O_NONBLOCK);
#else
    if (pipe(fds) != 0)
        return -1;
    if (net_adopt(fds[0]) == 0 && net_adopt(fds[1]) == 0)
        return 0;
    (void)close(fds[0]);
    (void)close(fds[1]);
    return -1;
#endif
}

static int net_wait(int fd, int ready_for, int timeout_ms)
{
    struct pollfd entry = {.fd = fd, .events = 0, .revents = 0};
    int count;

    if (ready_for & PROMC__READ)
        entry.events |= POLLIN;
    if (ready_for & PROMC__WRITE)
        entry.events |= POLLOUT;
    count = poll(&entry, 1, timeout_ms);
    if (count < 0)
        return errno == EINTR ? 0 : -1;
    if (count == 0)
        return 0;
    if (entry.revents & (POLLERR | POLLHUP | POLLNVAL))
        return ready_for;
    return ((entry.revents & POLLIN) ? PROMC__READ : 0) |
           ((entry.revents & POLLOUT) ? PROMC__WRITE : 0);
}

static bool net_socket_file(const char *path, dev_t *device, ino_t *inode)
{
    struct stat info;

    if (lstat(path, &info) != 0 || !S_ISSOCK(info.st_mode))
        return false;
    *device = info.st_dev;
    *inode = info.st_ino;
    return true;
}

struct promc__net promc__net = {
    .resolve = net_resolve,
    .resolve_free = freeaddrinfo,
    .open = net_open,
    .open_datagram = net_open_datagram,
    .bind = bind,
    .listen = listen,
    .accept = net_accept,
    .connect = net_connect,
    .connect_result = net_connect_result,
    .option = net_option,
    .local_address = net_local_address,
    .is_listening = net_is_listening,
    .adopt = net_adopt,
    .receive = net_receive,
    .send = net_send,
    .shut = shutdown,
    .reset = net_reset,
    .pipe = net_pipe,
    .wait = net_wait,
    .socket_file = net_socket_file,
};
