/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call of the tables of lib/base, made to fail: the n-th call, or all calls of its kind from
 * there on, with each error that such a call can give. Descriptors are counted: what the library
 * opened it must close, and nothing else. Missing are pause_ns, reset, resolve_free, process_id,
 * which cannot fail, cpu_seconds, which Linux does not need, and random_bytes, which is called once
 * in a process (test_hash) and where pushes are repeated (test_push).
 */
#ifndef TORTURE_FAULTS_H
#define TORTURE_FAULTS_H

#include "base/net.h"
#include "base/os.h"
#include "base/poller.h"
#include "base/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Beside errno's numbers: what is no failure by itself, but must be lived with. */
enum { ONE_BYTE = -100, NOTHING, BACKWARDS, NO };

/* X(call, its errors...) */
#define EVERY_CALL(X)                                                                              \
    X(resolve, EAI_AGAIN, EAI_NONAME, EAI_FAIL, EAI_MEMORY, EAI_SYSTEM)                            \
    X(open, EMFILE, ENFILE, ENOBUFS, EAFNOSUPPORT, EACCES)                                         \
    X(open_datagram, EMFILE, ENFILE, ENOMEM)                                                       \
    X(bind, EADDRINUSE, EACCES, EADDRNOTAVAIL, EROFS)                                              \
    X(listen, EADDRINUSE)                                                                          \
    X(accept, EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTO, EPERM, ENETDOWN,      \
      ENOPROTOOPT, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH)                                          \
    X(connect, ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EADDRNOTAVAIL, EACCES)                        \
    X(connect_result, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH)                                       \
    X(option, ENOPROTOOPT, ENOBUFS)                                                                \
    X(local_address, ENOBUFS)                                                                      \
    X(is_listening, NO)                                                                            \
    X(adopt, EBADF)                                                                                \
    X(receive, EAGAIN, ECONNRESET, ETIMEDOUT, ENOMEM, ONE_BYTE, NOTHING)                           \
    X(send, EAGAIN, EPIPE, ECONNRESET, ENOBUFS, ONE_BYTE)                                          \
    X(shut, ENOTCONN)                                                                              \
    X(pipe, EMFILE, ENFILE)                                                                        \
    X(wait, ENOMEM, NOTHING)                                                                       \
    X(socket_file, NO)                                                                             \
    X(poller_open, EMFILE, ENFILE, ENOMEM)                                                         \
    X(poller_change, ENOMEM, ENOSPC)                                                               \
    X(poller_wait, EINVAL, NOTHING)                                                                \
    X(unix_time, BACKWARDS, NOTHING)                                                               \
    X(monotonic_ns, NOTHING)                                                                       \
    X(process_barrier, NO)                                                                         \
    X(open_read, EMFILE, ENFILE, ENOENT, EACCES)                                                   \
    X(open_new, EMFILE, ENFILE, ENOSPC, EACCES, EROFS, EEXIST)                                     \
    X(read, EIO, ONE_BYTE, NOTHING)                                                                \
    X(write, ENOSPC, EIO, EDQUOT, EFBIG, ONE_BYTE, NOTHING)                                        \
    X(sync, EIO, ENOSPC, EINVAL, ENOTSUP)                                                          \
    X(close, EIO, ENOSPC, EINTR)                                                                   \
    X(rename, EACCES, EXDEV, ENOSPC, EROFS)                                                        \
    X(unlink, EACCES, EROFS)                                                                       \
    X(count_entries, EMFILE, EACCES)                                                               \
    X(page_size, NOTHING)                                                                          \
    X(clock_ticks, NOTHING)                                                                        \
    X(thread_start, EAGAIN, EPERM)

enum fault_call {
#define X(call, ...) CALL_##call,
    EVERY_CALL(X)
#undef X
        FAULT_CALLS
};

static const char *const fault_names[] = {
#define X(call, ...) #call,
    EVERY_CALL(X)
#undef X
};

static const int fault_errors[FAULT_CALLS][16] = {
#define X(call, ...) {__VA_ARGS__},
    EVERY_CALL(X)
#undef X
};

static struct promc__net real_net;
static struct promc__os real_os;
static struct promc__poller real_poller;
static int (*real_thread_start)(pthread_t *thread, void *(*run)(void *arg), void *arg);

/* ---- which call fails -------------------------------------------------------------------------- */

static atomic_int fault_at = -1, fault_which, fault_number, fault_kind;
static atomic_bool fault_on, fault_happened, fault_exhausted;
static atomic_bool fault_seen[FAULT_CALLS]; /* has failed in some run, or could have */

/* Number `at` fails with the error number `which` of its kind; `on`: and all later ones. */
static inline void arm_fault(int at, int which, bool on)
{
    atomic_store(&fault_at, -1);
    atomic_store(&fault_number, 0);
    atomic_store(&fault_kind, FAULT_CALLS);
    atomic_store(&fault_which, which);
    atomic_store(&fault_on, on);
    atomic_store(&fault_happened, false);
    atomic_store(&fault_exhausted, false);
    atomic_store(&fault_at, at);
}

static inline void disarm_fault(void)
{
    atomic_store(&fault_at, -1);
}

/* What this call gives: 0: what it really gives. Sets errno. */
static int fault(enum fault_call call)
{
    int at = atomic_load(&fault_at), number, error;

    if (at < 0)
        return 0;
    number = atomic_fetch_add(&fault_number, 1);
    if (number == at) {
        atomic_store(&fault_kind, (int)call);
        atomic_store(&fault_happened, true);
        atomic_store(&fault_seen[call], true);
    } else if (number < at || !atomic_load(&fault_on) || atomic_load(&fault_kind) != (int)call) {
        return 0;
    }
    error = fault_errors[call][atomic_load(&fault_which)];
    if (!error)
        atomic_store(&fault_exhausted, true);
    if (error > 0)
        errno = error;
    return error;
}

/* ---- descriptors ------------------------------------------------------------------------------- */

enum { FAULT_DESCRIPTORS = 1024 };
static atomic_bool fault_open_descriptors[FAULT_DESCRIPTORS], fault_files[FAULT_DESCRIPTORS];

static int opened(int fd)
{
    if (fd >= 0 && fd < FAULT_DESCRIPTORS)
        atomic_store(&fault_open_descriptors[fd], true);
    return fd;
}

static inline int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < FAULT_DESCRIPTORS; fd++)
        count += atomic_load(&fault_open_descriptors[fd]);
    return count;
}

/* ---- the calls --------------------------------------------------------------------------------- */

#define FAIL_OR(call, failed, really) (fault(CALL_##call) ? (failed) : (really))

static int fault_resolve(const char *host, int port, bool listening, struct addrinfo **list)
{
    int error = fault(CALL_resolve);

    return error ? error : real_net.resolve(host, port, listening, list);
}

static int fault_open(int family)
{
    return FAIL_OR(open, -1, opened(real_net.open(family)));
}

static int fault_open_datagram(int family)
{
    return FAIL_OR(open_datagram, -1, opened(real_net.open_datagram(family)));
}

static int fault_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    return FAIL_OR(bind, -1, real_net.bind(fd, address, size));
}

static int fault_listen(int fd, int backlog)
{
    return FAIL_OR(listen, -1, real_net.listen(fd, backlog));
}

static int fault_accept(int fd)
{
    return FAIL_OR(accept, -1, opened(real_net.accept(fd)));
}

static int fault_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    return FAIL_OR(connect, -1, real_net.connect(fd, address, size));
}

static int fault_connect_result(int fd)
{
    return FAIL_OR(connect_result, errno, real_net.connect_result(fd));
}

static int fault_option(int fd, int level, int name, int value)
{
    return FAIL_OR(option, -1, real_net.option(fd, level, name, value));
}

static int fault_local_address(int fd, struct sockaddr_storage *address)
{
    return FAIL_OR(local_address, -1, real_net.local_address(fd, address));
}

static bool fault_is_listening(int fd)
{
    return FAIL_OR(is_listening, false, real_net.is_listening(fd));
}

static int fault_adopt(int fd)
{
    return FAIL_OR(adopt, -1, real_net.adopt(fd));
}

static long fault_receive(int fd, void *data, size_t size)
{
    int error = fault(CALL_receive);

    if (error == ONE_BYTE)
        return real_net.receive(fd, data, 1);
    return error ? (error == NOTHING ? 0 : -1) : real_net.receive(fd, data, size);
}

static long fault_send(int fd, const void *data, size_t size, const void *more, size_t more_size)
{
    int error = fault(CALL_send);

    if (error == ONE_BYTE)
        return real_net.send(fd, data, 1, NULL, 0);
    return error ? -1 : real_net.send(fd, data, size, more, more_size);
}

static int fault_shut(int fd, int how)
{
    return FAIL_OR(shut, -1, real_net.shut(fd, how));
}

static int fault_pipe(int fds[2])
{
    int status = FAIL_OR(pipe, -1, real_net.pipe(fds));

    if (status == 0) {
        (void)opened(fds[0]);
        (void)opened(fds[1]);
    }
    return status;
}

static int fault_wait(int fd, int ready_for, int timeout_ms)
{
    int error = fault(CALL_wait);

    return error ? (error == NOTHING ? 0 : -1) : real_net.wait(fd, ready_for, timeout_ms);
}

static bool fault_socket_file(const char *path, dev_t *device, ino_t *inode)
{
    return FAIL_OR(socket_file, false, real_net.socket_file(path, device, inode));
}

static int fault_poller_open(void)
{
    return FAIL_OR(poller_open, -1, opened(real_poller.open()));
}

/* Taking something out does not fail. */
static int fault_poller_change(int poller, int fd, int was, int now, void *tag)
{
    return now && fault(CALL_poller_change) ? -1 : real_poller.change(poller, fd, was, now, tag);
}

static int fault_poller_wait(int poller, promc__ready *ready, int capacity, int timeout_ms)
{
    int error = fault(CALL_poller_wait);

    return error ? (error == NOTHING ? 0 : -1)
                 : real_poller.wait(poller, ready, capacity, timeout_ms);
}

static double fault_unix_time(void)
{
    int error = fault(CALL_unix_time);

    return error == BACKWARDS ? real_os.unix_time() - 7200 : error ? 0 : real_os.unix_time();
}

/* Fast, so that pauses are over soon. */
static uint64_t fault_monotonic_ns(void)
{
    return FAIL_OR(monotonic_ns, 0, real_os.monotonic_ns() * 8);
}

static bool fault_process_barrier(void)
{
    return FAIL_OR(process_barrier, false, real_os.process_barrier());
}

static int fault_open_read(const char *path)
{
    return FAIL_OR(open_read, -1, opened(real_os.open_read(path)));
}

static int fault_open_new(const char *path)
{
    int fd = FAIL_OR(open_new, -1, opened(real_os.open_new(path)));

    if (fd >= 0)
        atomic_store(&fault_files[fd], true);
    return fd;
}

static long fault_read(int fd, void *data, size_t size)
{
    int error = fault(CALL_read);

    if (error == ONE_BYTE)
        return real_os.read(fd, data, 1);
    return error ? (error == NOTHING ? 0 : -1) : real_os.read(fd, data, size);
}

/* A byte into a pipe that wakes a thread cannot fail, other than because the pipe is full of them. */
static long fault_write(int fd, const void *data, size_t size)
{
    int error = fd >= 0 && fd < FAULT_DESCRIPTORS && atomic_load(&fault_files[fd])
                    ? fault(CALL_write)
                    : 0;

    if (error == ONE_BYTE)
        return real_os.write(fd, data, 1);
    return error ? (error == NOTHING ? 0 : -1) : real_os.write(fd, data, size);
}

/* Disks are slow, and others' business. */
static int fault_sync(int fd)
{
    (void)fd;
    return FAIL_OR(sync, -1, 0);
}

/* Linux closes the descriptor also when it says that something went wrong. */
static int fault_close(int fd)
{
    if (fd < 0 || fd >= FAULT_DESCRIPTORS || !atomic_exchange(&fault_open_descriptors[fd], false)) {
        fprintf(stderr, "descriptor %d is closed, which the library has not opened\n", fd);
        abort();
    }
    atomic_store(&fault_files[fd], false);
    (void)real_os.close(fd);
    return FAIL_OR(close, -1, 0);
}

static int fault_rename(const char *from, const char *to)
{
    return FAIL_OR(rename, -1, real_os.rename(from, to));
}

static int fault_unlink(const char *path)
{
    return FAIL_OR(unlink, -1, real_os.unlink(path));
}

static long fault_count_entries(const char *path)
{
    return FAIL_OR(count_entries, -1, real_os.count_entries(path));
}

static long fault_page_size(void)
{
    return FAIL_OR(page_size, -1, real_os.page_size());
}

static long fault_clock_ticks(void)
{
    return FAIL_OR(clock_ticks, -1, real_os.clock_ticks());
}

static int fault_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    return FAIL_OR(thread_start, errno, real_thread_start(thread, run, arg));
}

static inline void replace_calls(void)
{
    real_net = promc__net;
    real_os = promc__os;
    real_poller = promc__poller;
    real_thread_start = promc__thread_start;
#define IN(table, call) table.call = fault_##call
    IN(promc__net, resolve), IN(promc__net, open), IN(promc__net, open_datagram);
    IN(promc__net, bind), IN(promc__net, listen), IN(promc__net, accept), IN(promc__net, connect);
    IN(promc__net, connect_result), IN(promc__net, option), IN(promc__net, local_address);
    IN(promc__net, is_listening), IN(promc__net, adopt), IN(promc__net, receive);
    IN(promc__net, send), IN(promc__net, shut), IN(promc__net, pipe), IN(promc__net, wait);
    IN(promc__net, socket_file);
    promc__poller.open = fault_poller_open;
    promc__poller.change = fault_poller_change;
    promc__poller.wait = fault_poller_wait;
    promc__thread_start = fault_thread_start;
    IN(promc__os, unix_time), IN(promc__os, monotonic_ns);
    IN(promc__os, process_barrier), IN(promc__os, open_read), IN(promc__os, open_new);
    IN(promc__os, read), IN(promc__os, write), IN(promc__os, sync), IN(promc__os, close);
    IN(promc__os, rename), IN(promc__os, unlink), IN(promc__os, count_entries);
    IN(promc__os, page_size), IN(promc__os, clock_ticks);
#undef IN
}

#endif
