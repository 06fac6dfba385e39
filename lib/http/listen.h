/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what a server listens on: addresses, a unix socket, or the host's descriptor. */
#ifndef PROMC_HTTP_LISTEN_H
#define PROMC_HTTP_LISTEN_H

#include "base/net.h"

#include <promc/http.h>

enum { PROMC__LISTENERS_MAX = 8 };

typedef struct promc__listeners {
    int fds[PROMC__LISTENERS_MAX];
    size_t count;
    int port;        /* 0: not TCP */
    bool given;      /* the host's descriptor: others may listen on it too */
    char *unix_path; /* of the socket file that was made; NULL: none */
    dev_t device;
    ino_t inode;
} promc__listeners;

/* PROMC_OK, or a negative code and the last error; nothing is open then. */
int promc__listen(promc__listeners *listeners, const promc_http_server_opts *options);

/* In a child after fork only the descriptors are closed. */
void promc__unlisten(promc__listeners *listeners, bool in_child);

#endif
