/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system call of the library goes through this table, so that another system is ported in one
 * place and tests can script failures: they replace entries of promc__os.
 */
#ifndef PROMC_BASE_OS_H
#define PROMC_BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timespec;

struct promc__os {
    /* Clocks: Unix time in seconds; nanoseconds of a clock that never goes back. */
    double (*unix_time)(void);
    uint64_t (*monotonic_ns)(void);
    /* The same clock, some milliseconds late where that is cheaper to read. */
    uint64_t (*monotonic_coarse_ns)(void);
    /* Fills with bytes nobody can guess; false if the system has none. */
    bool (*random_bytes)(void *data, size_t size);
    /* Makes every running thread of the process pass a memory barrier; false if it cannot. */
    bool (*process_barrier)(void);
    /* Lets other threads run for about this long. */
    void (*pause_ns)(uint64_t nanoseconds);
    /* Files: as the calls of the same name, restarted after EINTR; -1 and errno on failure. */
    int (*open_read)(const char *path);
    int (*open_new)(const char *path); /* O_CREAT | O_EXCL | O_WRONLY, mode 0666 less the umask */
    long (*read)(int fd, void *data, size_t size);
    long (*write)(int fd, const void *data, size_t size);
    int (*sync)(int fd);
    int (*close)(int fd);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    long (*process_id)(void);
    /* How many entries a directory has, without "." and ".."; -1 and errno on failure. A directory
     * of open descriptors includes the one that is used for counting. */
    long (*count_entries)(const char *path);
    long (*page_size)(void);     /* bytes; 0 or less: unknown */
    long (*clock_ticks)(void);   /* of the times in /proc, per second; 0 or less: unknown */
    double (*cpu_seconds)(void); /* processor time used by this process; negative: unknown */
};

extern struct promc__os promc__os;

#endif
