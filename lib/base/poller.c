/* SPDX-License-Identifier: Apache-2.0 */
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#elif defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)
#undef _POSIX_C_SOURCE /* hides kqueue */
#endif
#include "base/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#if defined(__linux__)

#include <sys/epoll.h>

static int poller_open(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

static int poller_change(int poller, int fd, int was, int now, void *tag)
{
    struct epoll_event event;

    memset(&event, 0, sizeof(event));
    if (now & PROMC__READ)
        event.events |= EPOLLIN;
    if (now & PROMC__WRITE)
        event.events |= EPOLLOUT;
    event.data.ptr = tag;
    if (was == now)
        return 0;
    return epoll_ctl(poller,
                     !was   ? EPOLL_CTL_ADD
                     : !now ? EPOLL_CTL_DEL
                            : EPOLL_CTL_MOD,
                     fd, &event);
}

static int poller_wait(int poller, promc__ready *ready, int capacity, int timeout_ms)
{
    struct epoll_event events[PROMC__READY_MAX];
    int count = epoll_wait(poller, events,
                           capacity < PROMC__READY_MAX ? capacity : PROMC__READY_MAX, timeout_ms);

    if (count < 0)
        return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        ready[i].tag = events[i].data.ptr;
        ready[i].ready_for = ((events[i].events & EPOLLIN) ? PROMC__READ : 0) |
                             ((events[i].events & EPOLLOUT) ? PROMC__WRITE : 0);
        if (events[i].events & (EPOLLERR | EPOLLHUP))
            ready[i].ready_for = PROMC__READ | PROMC__WRITE;
    }
    return count;
}

#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || \
    defined(__DragonFly__)

#include <sys/types.h>

#include <sys/event.h>

static int poller_open(void)
{
    int poller = kqueue();

    if (poller >= 0)
        (void)fcntl(poller, F_SETFD, FD_CLOEXEC);
    return poller;
}

static int change_filter(int poller, int fd, short filter, int was, int now, void *tag)
{
    struct kevent event;

    if (!was == !now)
        return 0;
    EV_SET(&event, fd, filter, now ? EV_ADD : EV_DELETE, 0, 0, tag);
    return kevent(poller, &event, 1, NULL, 0, NULL);
}

static int poller_change(int poller, int fd, int was, int now, void *tag)
{
    int read = change_filter(poller, fd, EVFILT_READ, was & PROMC__READ, now & PROMC__READ, tag);
    int write =
        change_filter(poller, fd, EVFILT_WRITE, was & PROMC__WRITE, now & PROMC__WRITE, tag);

    return read != 0 || write != 0 ? -1 : 0;
}

static int poller_wait(int poller, promc__ready *ready, int capacity, int timeout_ms)
{
    struct kevent events[PROMC__READY_MAX];
    struct timespec time = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
    int count =
        kevent(poller, NULL, 0, events, capacity < PROMC__READY_MAX ? capacity : PROMC__READY_MAX,
               timeout_ms < 0 ? NULL : &time);

    if (count < 0)
        return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        ready[i].tag = (void *)events[i].udata;
        ready[i].ready_for = events[i].filter == EVFILT_READ ? PROMC__READ : PROMC__WRITE;
        if (events[i].flags & EV_ERROR)
            ready[i].ready_for = PROMC__READ | PROMC__WRITE;
    }
    return count;
}

#else /* the server cannot run there; promc_http_respond() does */

static int poller_open(void)
{
    errno = ENOSYS;
    return -1;
}

static int poller_change(int poller, int fd, int was, int now, void *tag)
{
    (void)poller, (void)fd, (void)was, (void)now, (void)tag;
    errno = ENOSYS;
    return -1;
}

static int poller_wait(int poller, promc__ready *ready, int capacity, int timeout_ms)
{
    (void)poller, (void)ready, (void)capacity, (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

#endif

struct promc__poller promc__poller = {
    .open = poller_open,
    .change = poller_change,
    .wait = poller_wait,
};
