/* SPDX-License-Identifier: Apache-2.0 */
#include "http/dial.h"

#include "base/error.h"
#include "base/os.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

enum { DIAL_PAUSE_NS = 5000000 };

/* ---- the deadline ---------------------------------------------------------------------------- */

double promc__client_timeout(double option)
{
    if (option == 0)
        return 30;
    return option < 0 || option >= 1e9 ? 0 : option;
}

void promc__line_begin(promc__line *line, const char *what, double timeout)
{
    *line = (promc__line){.fd = -1, .deadline = UINT64_MAX, .timeout = timeout, .what = what};
    if (timeout > 0 && timeout < 1e9)
        line->deadline = promc__os.monotonic_ns() + (uint64_t)(timeout * 1e9);
}

static int milliseconds_to(uint64_t until, uint64_t now)
{
    if (until == UINT64_MAX)
        return -1;
    if (now >= until)
        return 0;
    if (until - now > (uint64_t)INT_MAX * 1000000)
        return INT_MAX;
    return (int)((until - now + 999999) / 1000000);
}

int promc__line_check(promc__line *line, const char *step)
{
    if (line->deadline == UINT64_MAX || promc__os.monotonic_ns() < line->deadline)
        return PROMC_OK;
    return promc__fail(PROMC_ERROR_TIMEOUT, "%s: timed out while %s (after %g seconds in all)",
                       line->what, step, line->timeout);
}

int promc__line_failed(promc__line *line, const char *step)
{
    if (line->session)
        return promc__fail(PROMC_ERROR_SYSTEM, "%s: %s: the transport failed", line->what, step);
    return promc__fail_errno("%s: %s", line->what, step);
}

int promc__line_wait(promc__line *line, int needs, const char *step)
{
    int ms = milliseconds_to(line->deadline, promc__os.monotonic_ns());

    if (promc__net.wait(line->fd, needs, ms) < 0)
        return promc__fail_errno("%s: cannot wait while %s", line->what, step);
    return promc__line_check(line, step);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static int close_failed(int fd)
{
    int error = errno;

    (void)promc__os.close(fd);
    return error;
}

/* 0, or the errno of a connection that was begun. */
static int await_connection(int fd, uint64_t until)
{
    for (;;) {
        uint64_t now = promc__os.monotonic_ns();
        int ready;

        if (now >= until)
            return ETIMEDOUT;
        ready = promc__net.wait(fd, PROMC__WRITE, milliseconds_to(until, now));
        if (ready < 0)
            return errno;
        if (ready)
            return promc__net.connect_result(fd);
    }
}

/* 0 and line->fd, or an errno. */
static int connect_to(promc__line *line, const struct sockaddr *address, socklen_t size,
                      uint64_t until)
{
    int fd = promc__net.open(address->sa_family), error;

    if (fd < 0)
        return errno;
    while (promc__net.connect(fd, address, size) != 0) {
        if (errno == EAGAIN && promc__os.monotonic_ns() < until) {
            promc__os.pause_ns(DIAL_PAUSE_NS); /* a unix socket whose queue is full (connect(2)) */
            continue;
        }
        if (errno != EINPROGRESS)
            return close_failed(fd);
        error = await_connection(fd, until);
        if (error) {
            errno = error;
            return close_failed(fd);
        }
        break;
    }
    line->fd = fd;
    return 0;
}

/* One address after the other; each gets its share of the time, so that one that swallows packets
 * does not use up that of the others. */
static int connect_to_any(promc__line *line, const struct addrinfo *list)
{
    unsigned left = 0;
    int error = EADDRNOTAVAIL;

    for (const struct addrinfo *at = list; at; at = at->ai_next)
        left++;
    for (const struct addrinfo *at = list; at; at = at->ai_next, left--) {
        uint64_t until = line->deadline, now = promc__os.monotonic_ns();

        if (until != UINT64_MAX)
            until = now >= until ? now : now + (until - now) / left;
        error = connect_to(line, at->ai_addr, at->ai_addrlen, until);
        if (!error) {
            (void)promc__net.option(line->fd, IPPROTO_TCP, TCP_NODELAY, 1);
            return 0;
        }
    }
    return error;
}

static int cannot_connect(promc__line *line, int error)
{
    int status = promc__line_check(line, "connecting");

    errno = error;
    return status != PROMC_OK ? status : promc__fail_errno("%s: cannot connect", line->what);
}

static int connect_to_unix(promc__line *line, const char *path)
{
    struct sockaddr_un address;
    size_t size = strlen(path);
    int error;

    if (!size || size >= sizeof(address.sun_path))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: the unix socket's path must have 1 to %d bytes", line->what,
                           (int)sizeof(address.sun_path) - 1);
    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, size);
    error = connect_to(line, (struct sockaddr *)&address, sizeof(address), line->deadline);
    return error ? cannot_connect(line, error) : PROMC_OK;
}

static int connect_to_host(promc__line *line, const promc__url *url)
{
    struct addrinfo *list;
    char host[256];
    int error;

    memcpy(host, url->host, url->host_size); /* at most 255: promc__url_parse() */
    host[url->host_size] = '\0';
    error = promc__net.resolve(host, url->port, false, &list);
    if (error == EAI_SYSTEM)
        return promc__fail_errno("%s: cannot resolve the host", line->what);
    if (error == EAI_MEMORY)
        return promc__fail_memory(line->what);
    if (error)
        return promc__fail(PROMC_ERROR_SYSTEM, "%s: cannot resolve the host: %s", line->what,
                           gai_strerror(error));
    error = connect_to_any(line, list);
    promc__net.resolve_free(list);
    return error ? cannot_connect(line, error) : PROMC_OK;
}

static int open_transport(promc__line *line, const promc__url *url)
{
    char host[256];

    memcpy(host, url->host, url->host_size);
    host[url->host_size] = '\0';
    line->session = line->transport->open(line->fd, host, line->transport->arg);
    if (line->session)
        return PROMC_OK;
    promc__line_close(line);
    return promc__fail(PROMC_ERROR_SYSTEM, "%s: the transport cannot open a session", line->what);
}

int promc__line_connect(promc__line *line, const promc__url *url, const char *unix_path)
{
    int status = unix_path ? connect_to_unix(line, unix_path) : connect_to_host(line, url);

    if (status == PROMC_OK && line->transport)
        status = open_transport(line, url);
    return status;
}

void promc__line_close(promc__line *line)
{
    if (line->session)
        line->transport->close(line->session);
    line->session = NULL;
    if (line->fd >= 0)
        (void)promc__os.close(line->fd);
    line->fd = -1;
}

/* ---- sending and receiving ------------------------------------------------------------------- */

static long line_result(const promc__line *line, long result, int plain_needs, int *needs)
{
    if (result >= 0)
        return result;
    *needs = plain_needs;
    if (!line->session)
        return errno == EAGAIN || errno == EWOULDBLOCK ? PROMC__LINE_WAITS : PROMC__LINE_FAILED;
    if (result != PROMC_TRANSPORT_WANT_READ && result != PROMC_TRANSPORT_WANT_WRITE)
        return PROMC__LINE_FAILED;
    *needs = result == PROMC_TRANSPORT_WANT_READ ? PROMC__READ : PROMC__WRITE;
    return PROMC__LINE_WAITS;
}

long promc__line_send(promc__line *line, const void *data, size_t size, int *needs)
{
    long result = line->session ? line->transport->write(line->session, data, size)
                                : promc__net.send(line->fd, data, size, NULL, 0);

    return line_result(line, result, PROMC__WRITE, needs);
}

long promc__line_receive(promc__line *line, void *data, size_t size, int *needs)
{
    long result = line->session ? line->transport->read(line->session, data, size)
                                : promc__net.receive(line->fd, data, size);

    return line_result(line, result, PROMC__READ, needs);
}

int promc__line_send_all(promc__line *line, const char *data, size_t size)
{
    while (size) {
        int needs = 0, status;
        long sent = promc__line_send(line, data, size, &needs);

        if (sent == PROMC__LINE_FAILED)
            return promc__line_failed(line, "cannot send");
        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
            status = promc__line_check(line, "sending");
        } else {
            status = promc__line_wait(line, needs ? needs : PROMC__WRITE, "sending");
        }
        if (status != PROMC_OK)
            return status;
    }
    return PROMC_OK;
}
