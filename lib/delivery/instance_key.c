/* SPDX-License-Identifier: Apache-2.0 */
/* This machine's address as a grouping key (client_python: instance_ip_grouping_key). */
#include "base/error.h"
#include "base/net.h"
#include "base/os.h"
#include "http/url.h"

#include <promc/push.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

enum { DISCARD_PORT = 9 };

static bool write_address(const struct sockaddr_storage *local, char *text, size_t size)
{
    const void *bytes = &((const struct sockaddr_in *)(const void *)local)->sin_addr;

    if (local->ss_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)local)->sin6_addr;
    return inet_ntop(local->ss_family, bytes, text, (socklen_t)size) != NULL;
}

/* A datagram socket that is connected knows its own address, and has sent nothing. */
static bool address_towards(const struct addrinfo *there, char *text, size_t size)
{
    struct sockaddr_storage local;
    int fd = promc__net.open_datagram(there->ai_family), saved;
    bool known;

    if (fd < 0)
        return false;
    known = promc__net.connect(fd, there->ai_addr, there->ai_addrlen) == 0 &&
            promc__net.local_address(fd, &local) == 0 && write_address(&local, text, size);
    saved = errno;
    (void)promc__os.close(fd);
    errno = saved;
    return known;
}

int promc_instance_ip_grouping_key(promc_instance_key *key, const char *towards)
{
    struct addrinfo *list;
    promc__url url;
    const char *wrong;
    char host[256];
    bool known = false;
    int error;

    if (!key)
        return promc__fail(PROMC_ERROR_ARGUMENT, "promc_instance_ip_grouping_key: key is NULL");
    *key = (promc_instance_key){.labels = {{NULL, NULL}}};
    wrong = promc__url_parse_host(&url, towards ? towards : "127.0.0.1", DISCARD_PORT);
    if (wrong)
        return promc__fail(PROMC_ERROR_ARGUMENT, "instance address: the host is wrong: %s", wrong);
    memcpy(host, url.host, url.host_size);
    host[url.host_size] = '\0';
    error = promc__net.resolve(host, url.port, false, &list);
    if (error)
        return promc__fail(PROMC_ERROR_SYSTEM, "instance address: cannot resolve %s: %s", host,
                           gai_strerror(error));
    for (const struct addrinfo *at = list; at && !known; at = at->ai_next)
        known = address_towards(at, key->address, sizeof(key->address));
    error = errno;
    promc__net.resolve_free(list);
    errno = error;
    if (!known)
        return promc__fail_errno("instance address: there is no way to %s", host);
    key->labels[0] = (promc_label){"instance", key->address};
    return PROMC_OK;
}
