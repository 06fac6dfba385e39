/* SPDX-License-Identifier: Apache-2.0 */
#include "http/listen.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

/* Another free port is tried this often if the one that the system chose for the first address is
 * taken on the second. */
enum { FREE_PORT_TRIES = 5 };

static void close_keeping_errno(int fd)
{
    int saved = errno;

    (void)promc__os.close(fd);
    errno = saved;
}

/* Adds a socket that is bound and listening; -1 and errno otherwise. */
static int listen_at(promc__listeners *listeners, const struct sockaddr *address, socklen_t size,
                     bool dual)
{
    int fd = promc__net.open(address->sa_family);

    if (fd < 0)
        return -1;
    if (address->sa_family != AF_UNIX)
        (void)promc__net.option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address->sa_family == AF_INET6 &&
        promc__net.option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual) != 0 && dual) {
        (void)promc__os.close(fd);
        errno = EAFNOSUPPORT; /* this system keeps the two apart */
        return -1;
    }
    if (promc__net.bind(fd, address, size) != 0 || promc__net.listen(fd, SOMAXCONN) != 0) {
        close_keeping_errno(fd);
        return -1;
    }
    listeners->fds[listeners->count++] = fd;
    return 0;
}

static void set_port(struct sockaddr_storage *address, int port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = htons((uint16_t)port);
}

static int bound_port(int fd)
{
    struct sockaddr_storage address;

    if (promc__net.local_address(fd, &address) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
    return 0;
}

static void close_all(promc__listeners *listeners)
{
    while (listeners->count)
        close_keeping_errno(listeners->fds[--listeners->count]);
}

static bool not_on_this_machine(int error)
{
    return error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == EPROTONOSUPPORT;
}

/* Every address of the list that this machine has; -1 and errno if one fails for another reason, or
 * if there is none. */
static int listen_at_each(promc__listeners *listeners, const struct addrinfo *list, int port,
                          bool dual)
{
    int missing = EADDRNOTAVAIL;

    listeners->port = port;
    for (; list && listeners->count < PROMC__LISTENERS_MAX; list = list->ai_next) {
        struct sockaddr_storage address;

        if ((list->ai_family != AF_INET && list->ai_family != AF_INET6) ||
            list->ai_addrlen > sizeof(address))
            continue;
        memset(&address, 0, sizeof(address));
        memcpy(&address, list->ai_addr, list->ai_addrlen);
        set_port(&address, listeners->port);
        if (listen_at(listeners, (struct sockaddr *)&address, list->ai_addrlen, dual) == 0) {
            if (!listeners->port)
                listeners->port = bound_port(listeners->fds[0]);
            if (!listeners->port)
                return -1; /* nobody would know where it listens */
        } else if (not_on_this_machine(errno)) {
            missing = errno;
        } else {
            return -1;
        }
    }
    errno = missing;
    return listeners->count ? 0 : -1;
}

/* As above; with port 0 the addresses share one. */
static int listen_on_list(promc__listeners *listeners, const struct addrinfo *list, int port,
                          bool dual)
{
    for (int tries = 1;; tries++) {
        if (listen_at_each(listeners, list, port, dual) == 0)
            return 0;
        close_all(listeners);
        if (port || errno != EADDRINUSE || tries == FREE_PORT_TRIES)
            return -1;
    }
}

static int cannot_listen(const char *address, int port)
{
    bool colons = strchr(address, ':') != NULL;

    return promc__fail_errno("HTTP server: cannot listen on %s%s%s:%d", colons ? "[" : "", address,
                             colons ? "]" : "", port);
}

static int listen_on_host(promc__listeners *listeners, const char *host, int port)
{
    struct addrinfo *list = NULL;
    char bare[256];
    size_t size = strlen(host);
    int status;

    if (size >= sizeof(bare))
        return promc__fail(PROMC_ERROR_ARGUMENT, "HTTP server: the address is too long");
    memcpy(bare, host, size + 1);
    if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
        memcpy(bare, host + 1, size - 2);
        bare[size - 2] = '\0';
    }
    status = promc__net.resolve(bare, port, true, &list);
    if (status != 0)
        return promc__fail(PROMC_ERROR_SYSTEM, "HTTP server: cannot resolve \"%s\": %s", bare,
                           gai_strerror(status));
    status = listen_on_list(listeners, list, port, strcmp(bare, "::") == 0);
    if (status != 0)
        status = cannot_listen(bare, port);
    promc__net.resolve_free(list);
    return status;
}

/* "::" takes both kinds of clients where the system lets it; else there is a socket for each. */
static int listen_everywhere(promc__listeners *listeners, int port)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    struct addrinfo second = {
        .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&v4, .ai_addrlen = sizeof(v4)};
    struct addrinfo first = {
        .ai_family = AF_INET6, .ai_addr = (struct sockaddr *)&v6, .ai_addrlen = sizeof(v6)};

    memset(&v6, 0, sizeof(v6));
    memset(&v4, 0, sizeof(v4));
    v6.sin6_family = AF_INET6;
    v4.sin_family = AF_INET;
    if (listen_on_list(listeners, &first, port, true) == 0)
        return PROMC_OK;
    if (!not_on_this_machine(errno))
        return cannot_listen("::", port);
    first.ai_next = &second;
    if (listen_on_list(listeners, &first, port, false) == 0)
        return PROMC_OK;
    return cannot_listen("0.0.0.0", port);
}

/* Whether the socket file is left over: nobody answers there. */
static bool is_stale(const struct sockaddr_un *address)
{
    dev_t device;
    ino_t inode;
    int fd, status;

    if (!promc__net.socket_file(address->sun_path, &device, &inode))
        return false;
    fd = promc__net.open(AF_UNIX);
    if (fd < 0)
        return false;
    status = promc__net.connect(fd, (const struct sockaddr *)address, sizeof(*address));
    close_keeping_errno(fd);
    return status != 0 && errno == ECONNREFUSED;
}

static int listen_on_unix(promc__listeners *listeners, const char *path)
{
    struct sockaddr_un address;
    size_t size = strlen(path);
    int status;

    if (!size || size >= sizeof(address.sun_path))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "HTTP server: the unix socket's path must have 1 to %d bytes",
                           (int)sizeof(address.sun_path) - 1);
    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, size);
    listeners->unix_path = promc__copy(path, size);
    if (!listeners->unix_path)
        return promc__fail_memory("HTTP server");
    status = listen_at(listeners, (struct sockaddr *)&address, sizeof(address), false);
    if (status != 0 && errno == EADDRINUSE) {
        if (is_stale(&address) && promc__os.unlink(path) == 0)
            status = listen_at(listeners, (struct sockaddr *)&address, sizeof(address), false);
        else
            errno = EADDRINUSE;
    }
    if (status == 0) {
        (void)promc__net.socket_file(path, &listeners->device, &listeners->inode);
        return PROMC_OK;
    }
    if (errno == EADDRINUSE && !promc__net.socket_file(path, &listeners->device, &listeners->inode))
        status = promc__fail(PROMC_ERROR_SYSTEM,
                             "HTTP server: cannot listen on %s: what is there is no socket, and "
                             "is left alone",
                             path);
    else
        status = promc__fail_errno("HTTP server: cannot listen on %s", path);
    promc__free(listeners->unix_path);
    listeners->unix_path = NULL;
    return status;
}

static int listen_on_given(promc__listeners *listeners, int fd)
{
    if (fd < 0 || !promc__net.is_listening(fd))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "HTTP server: descriptor %d is no listening socket; bind it and call "
                           "listen() on it before",
                           fd);
    if (promc__net.adopt(fd) != 0)
        return promc__fail_errno("HTTP server: descriptor %d", fd);
    listeners->fds[listeners->count++] = fd;
    listeners->port = bound_port(fd);
    listeners->given = true;
    return PROMC_OK;
}

int promc__listen(promc__listeners *listeners, const promc_http_server_opts *options)
{
    *listeners = (promc__listeners){.count = 0};
    if (options->fd)
        return listen_on_given(listeners, options->fd - 1);
    if (options->unix_path)
        return listen_on_unix(listeners, options->unix_path);
    if (options->port < 0 || options->port > 65535)
        return promc__fail(PROMC_ERROR_ARGUMENT, "HTTP server: port %d is not in 0 to 65535",
                           options->port);
    if (options->address)
        return listen_on_host(listeners, options->address, options->port);
    return listen_everywhere(listeners, options->port);
}

/* A file that another server has put in the place of ours stays. */
static void remove_socket_file(const promc__listeners *listeners)
{
    dev_t device;
    ino_t inode;

    if (promc__net.socket_file(listeners->unix_path, &device, &inode) &&
        device == listeners->device && inode == listeners->inode)
        (void)promc__os.unlink(listeners->unix_path);
}

void promc__unlisten(promc__listeners *listeners, bool in_child)
{
    if (listeners->unix_path && !in_child)
        remove_socket_file(listeners);
    promc__free(listeners->unix_path);
    listeners->unix_path = NULL;
    /* Children may hold copies of our own sockets: nobody must be able to connect to those. */
    for (size_t i = 0; i < listeners->count; i++)
        if (!in_child && !listeners->given)
            (void)promc__net.shut(listeners->fds[i], SHUT_RDWR);
    close_all(listeners);
}
