/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP client for the stress programs, with none of the library's code; and what a process
 * holds. */
#ifndef PROMC_STRESS_HTTP_H
#define PROMC_STRESS_HTTP_H

#include "stress.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

/* ---- sockets ---------------------------------------------------------------------------------- */

/* -1: no descriptor left, or nobody answers. */
static UNUSED int stress_connect(int port, double patience)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = (time_t)patience,
                            .tv_usec = (suseconds_t)((patience - (double)(time_t)patience) * 1e6)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Leaves no TIME_WAIT behind. */
static UNUSED void stress_reset(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    if (fd < 0)
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(fd);
}

/* ---- requests --------------------------------------------------------------------------------- */

struct stress_response {
    int status; /* 0: none, or not all of it */
    char *body; /* NUL-terminated, in `data` */
    size_t size;
    char data[1 << 18];
};

/* Where the body's chunks are all there: joins them and is true. */
static UNUSED bool stress_join_chunks(struct stress_response *response, char *end)
{
    char *in = response->body, *out = response->body;

    for (;;) {
        char *line_end = strstr(in, "\r\n");
        size_t size = strtoul(in, NULL, 16);

        if (!line_end || line_end + 2 + size + 2 > end)
            return false;
        memmove(out, line_end + 2, size);
        out += size;
        in = line_end + 2 + size + 2;
        if (size == 0) {
            response->size = (size_t)(out - response->body);
            *out = '\0';
            return true;
        }
    }
}

static UNUSED bool stress_is_whole(struct stress_response *response, size_t got)
{
    char *head_end, *length;

    response->data[got] = '\0';
    head_end = strstr(response->data, "\r\n\r\n");
    if (!head_end)
        return false;
    response->body = head_end + 4;
    length = strstr(response->data, "\r\nContent-Length: ");
    if (length && length < head_end) {
        response->size = strtoul(length + 18, NULL, 10);
        return (size_t)(response->data + got - response->body) >= response->size;
    }
    return got >= 7 && memcmp(response->data + got - 7, "\r\n0\r\n\r\n", 7) == 0 &&
           stress_join_chunks(response, response->data + got);
}

/* One request on an open connection. False: no whole response came; the connection is of no more
 * use. */
static UNUSED bool stress_request(int fd, const char *request, struct stress_response *response)
{
    size_t got = 0;

    response->status = 0;
    if (fd < 0 || send(fd, request, strlen(request), MSG_NOSIGNAL) != (long)strlen(request))
        return false;
    for (;;) {
        long more = recv(fd, response->data + got, sizeof(response->data) - got - 1, 0);

        if (more <= 0)
            return false;
        got += (size_t)more;
        CHECK(got < sizeof(response->data) - 1, "the response is too long");
        if (stress_is_whole(response, got))
            break;
    }
    response->status = atoi(response->data + strlen("HTTP/1.1 "));
    return true;
}

/* ---- what the process holds -------------------------------------------------------------------- */

static UNUSED size_t stress_entries(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;

    CHECK(folder != NULL, "%s: %s", path, strerror(errno));
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 3; /* ".", ".." and the folder itself */
}

static UNUSED size_t stress_descriptors(void)
{
    return stress_entries("/proc/self/fd");
}

static UNUSED size_t stress_resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long total, resident = 0;

    CHECK(file && fscanf(file, "%lu %lu", &total, &resident) == 2, "no /proc/self/statm");
    fclose(file);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* Raises the limit of descriptors to `wanted` if that is allowed; what it is then. */
static UNUSED size_t stress_descriptor_limit(size_t wanted)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit: %s", strerror(errno));
    if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit: %s", strerror(errno));
    }
    return limit.rlim_cur;
}

#endif
