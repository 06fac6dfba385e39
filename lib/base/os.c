/* SPDX-License-Identifier: Apache-2.0 */
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <sys/vfs.h>
#else
#include <dirent.h>
#endif

static double unix_time(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 0;
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    if (clock_gettime(clock, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t monotonic_coarse_ns(void)
{
#if defined(CLOCK_MONOTONIC_COARSE)
    return clock_ns(CLOCK_MONOTONIC_COARSE);
#else
    return clock_ns(CLOCK_MONOTONIC);
#endif
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

/*
 * /dev/urandom is everywhere; getrandom(2) and getentropy(3) are not. Here and in pause_ns() no
 * thread is cancelled: they are called with locks held, which nobody would release.
 */
static bool random_bytes(void *data, size_t size)
{
    int fd, cancelling;
    long got;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    fd = os_open_read("/dev/urandom");
    got = fd < 0 ? -1 : os_read(fd, data, size);
    if (fd >= 0)
        close(fd);
    (void)pthread_setcancelstate(cancelling, NULL);
    return got == (long)size;
}

/* membarrier(2), private expedited: an interrupt to the processors that run this process. */
static bool process_barrier(void)
{
#if defined(__linux__) && defined(__NR_membarrier)
    enum { EXPEDITED = 1 << 3, REGISTER_EXPEDITED = 1 << 4 }; /* of linux/membarrier.h */
    int saved = errno;
    long status = syscall(__NR_membarrier, EXPEDITED, 0, 0);

    if (status != 0 && errno == EPERM && syscall(__NR_membarrier, REGISTER_EXPEDITED, 0, 0) == 0)
        status = syscall(__NR_membarrier, EXPEDITED, 0, 0);
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
    int cancelling;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    (void)nanosleep(&time, NULL);
    (void)pthread_setcancelstate(cancelling, NULL);
}

#if defined(__linux__)

/* Since Linux 6.2 the size of /proc/PID/fd is the number of descriptors (proc(5)): no need to make
 * a hundred thousand directory entries to count them. -1: not known this way. */
static long count_from_size(int fd)
{
    enum { PROC_FILE_SYSTEM = 0x9fa0 }; /* PROC_SUPER_MAGIC of linux/magic.h */
    struct stat status;
    struct statfs system;

    if (fstatfs(fd, &system) != 0 || system.f_type != PROC_FILE_SYSTEM || fstat(fd, &status) != 0 ||
        status.st_size <= 0)
        return -1;
    return (long)status.st_size;
}

/* getdents64(2) rather than readdir(3), which allocates memory behind promc_set_allocator(). */
static long count_from_listing(int fd)
{
    enum { LENGTH_AT = 16, NAME_AT = 19 }; /* in struct linux_dirent64 */
    char entries[4096] = {0}; /* MemorySanitizer does not see the kernel fill it */
    long count = 0, got;

    while ((got = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
        long at = 0;

        while (at < got) {
            const char *name = entries + at + NAME_AT;
            unsigned short length;

            memcpy(&length, entries + at + LENGTH_AT, sizeof(length));
            count += strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
            at += length;
        }
    }
    return got < 0 ? -1 : count;
}

static long count_entries(const char *path)
{
    int fd = os_open_read(path), saved;
    long count;

    if (fd < 0)
        return -1;
    count = count_from_size(fd);
    if (count < 0)
        count = count_from_listing(fd);
    saved = errno;
    close(fd);
    errno = saved;
    return count;
}

#else

static long count_entries(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    long count = 0;

    if (!directory)
        return -1;
    while ((entry = readdir(directory)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

#endif

static long page_size(void)
{
    return sysconf(_SC_PAGESIZE);
}

static long clock_ticks(void)
{
    return sysconf(_SC_CLK_TCK);
}

static double cpu_seconds(void)
{
    struct timespec used;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return -1;
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

struct promc__os promc__os = {
    .unix_time = unix_time,
    .monotonic_ns = monotonic_ns,
    .monotonic_coarse_ns = monotonic_coarse_ns,
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
    .count_entries = count_entries,
    .page_size = page_size,
    .clock_ticks = clock_ticks,
    .cpu_seconds = cpu_seconds,
};
