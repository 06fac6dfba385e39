/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets. As in base/os.h everything goes through a table, so that tests can script failures.
 * Every descriptor made here is non-blocking and is closed by exec; no call raises SIGPIPE; calls
 * are restarted after EINTR. Failures are -1 and errno unless said otherwise.
 */
#ifndef PROMC_BASE_NET_H
#define PROMC_BASE_NET_H

#include <stdbool.h>
#include <stddef.h>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { PROMC__READ = 1, PROMC__WRITE = 2 }; /* what a descriptor can be ready for */

struct promc__net {
    /* Stream addresses of a host (NULL: this machine's wildcard when `listening`, its loopback
     * otherwise). 0, or an EAI_ code for gai_strerror(). */
    int (*resolve)(const char *host, int port, bool listening, struct addrinfo **list);
    void (*resolve_free)(struct addrinfo *list);

    int (*open)(int family);
    int (*open_datagram)(int family);
    int (*bind)(int fd, const struct sockaddr *address, socklen_t size);
    int (*listen)(int fd, int backlog);
    int (*accept)(int fd);
    int (*connect)(int fd, const struct sockaddr *address, socklen_t size); /* EINPROGRESS */
    int (*connect_result)(int fd); /* errno of a finished connect; 0: connected */
    int (*option)(int fd, int level, int name, int value);
    int (*local_address)(int fd, struct sockaddr_storage *address);
    /* Whether it is a listening stream socket. */
    bool (*is_listening)(int fd);
    /* Makes somebody else's descriptor non-blocking and closed by exec. */
    int (*adopt)(int fd);

    long (*receive)(int fd, void *data, size_t size);
    /* Sends `more` behind `data`, as far as it goes; `more_size` may be 0. */
    long (*send)(int fd, const void *data, size_t size, const void *more, size_t more_size);
    int (*shut)(int fd, int how);
    /* Makes the peer see a reset instead of an end, also when other processes hold the descriptor;
     * to be closed afterwards. */
    void (*reset)(int fd);
    int (*pipe)(int fds[2]);
    /* Waits until one descriptor is ready: what it is ready for, 0 after the timeout. */
    int (*wait)(int fd, int ready_for, int timeout_ms);

    /* Device and inode of a socket file; false if there is none at that path. */
    bool (*socket_file)(const char *path, dev_t *device, ino_t *inode);
};

extern struct promc__net promc__net;

#endif
