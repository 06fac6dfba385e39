/* SPDX-License-Identifier: Apache-2.0 */
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#endif

static double unix_time(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 0;
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t monotonic_ns(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int os_open_read(const char *path)
{
    int fd;

    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static int os_open_new(const char *path)
{
    int fd;

    do
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static long os_read(int fd, void *data, size_t size)
{
    ssize_t got;

    do
        got = read(fd, data, size);
    while (got < 0 && errno == EINTR);
    return (long)got;
}

static long os_write(int fd, const void *data, size_t size)
{
    ssize_t put;

    do
        put = write(fd, data, size);
    while (put < 0 && errno == EINTR);
    return (long)put;
}

static int os_sync(int fd)
{
    int status;

    do
        status = fsync(fd);
    while (status != 0 && errno == EINTR);
    return status;
}

static long process_id(void)
{
    return (long)getpid();
}

/* /dev/urandom is everywhere; getrandom(2) and getentropy(3) are not. */
static bool random_bytes(void *data, size_t size)
{
    int fd = os_open_read("/dev/urandom");
    long got = fd < 0 ? -1 : os_read(fd, data, size);

    if (fd >= 0)
        close(fd);
    return got == (long)size;
}

/* membarrier(2), private expedited: an interrupt to the processors that run this process. */
static bool process_barrier(void)
{
#if defined(__linux__) && defined(__NR_membarrier)
    int saved = errno;
    long status = syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);

    if (status != 0 && errno == EPERM &&
        syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0)
        status = syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    errno = saved;
    return status == 0;
#else
    return false;
#endif
}

static void pause_ns(uint64_t nanoseconds)
{
    struct timespec time = {.tv_sec = (time_t)(nanoseconds / 1000000000u),
                            .tv_nsec = (long)(nanoseconds % 1000000000u)};

    (void)nanosleep(&time, NULL);
}

struct promc__os promc__os = {
    .unix_time = unix_time,
    .monotonic_ns = monotonic_ns,
    .random_bytes = random_bytes,
    .process_barrier = process_barrier,
    .pause_ns = pause_ns,
    .open_read = os_open_read,
    .open_new = os_open_new,
    .read = os_read,
    .write = os_write,
    .sync = os_sync,
    .close = close,
    .rename = rename,
    .unlink = unlink,
    .process_id = process_id,
};
