/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What glibc's allocator says of itself, from mallinfo2(3), which is new in glibc 2.33. The
 * reference is weak: built with a newer glibc, the library still runs with an older one.
 *
 * Another allocator in its place (jemalloc, tcmalloc) leaves glibc's at zero, and nothing is
 * written then.
 *
 * Cost: about a microsecond, and 20 ns for every free chunk in the bins, which mallinfo2 counts
 * with the arena locked. A heap in a million pieces would make every scrape hold up malloc for 20
 * ms, so a heap in many pieces is left alone for some minutes, and the figures are left out
 * meanwhile.
 */
#include "base/compiler.h"
#include "base/os.h"

#include <promc/exposition.h>

#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 33)
#include <malloc.h>
#define PROMC__MALLINFO 1
extern struct mallinfo2 mallinfo2(void) __attribute__((weak));
#endif
#endif

#if defined(PROMC__MALLINFO)
#include <stdatomic.h>

/* About a millisecond's worth. */
#define MANY_CHUNKS 50000
#define PAUSE_NS ((uint64_t)600 * 1000000000)

static atomic_ullong paused_until; /* by the monotonic clock */
#endif

/* Texts without pointers, which would be relocated when the program starts. */
static const struct {
    char name[28], help[68];
} allocator_families[] = {
    {"c_malloc_arena_bytes", "Memory in the heaps of malloc, whether used or free, in bytes."},
    {"c_malloc_used_bytes", "Memory in use in the heaps of malloc in bytes."},
    {"c_malloc_free_bytes", "Memory free for reuse in the heaps of malloc in bytes."},
    {"c_malloc_free_chunks", "Number of free pieces in the heaps of malloc."},
    {"c_malloc_mapped_bytes", "Memory of large blocks, which malloc maps one by one, in bytes."},
    {"c_malloc_mapped_chunks", "Number of large blocks, which malloc maps one by one."},
    {"c_malloc_trimmable_bytes", "Memory at the top of the heap that malloc_trim can give back."},
};

/* `values` NULL: declares the families only. */
static int write_allocator(promc_writer *writer, const double *values)
{
    int status = PROMC_OK;

    for (size_t i = 0; i < promc__count_of(allocator_families) && status == PROMC_OK; i++) {
        promc_family *family = promc_writer_family(
            writer, PROMC_TYPE_GAUGE, allocator_families[i].name, allocator_families[i].help);

        if (!family)
            status = promc_last_error()->code;
        else if (values)
            status = promc_writer_double(writer, family, values[i], NULL);
    }
    return status;
}

static int collect_allocator(promc_writer *writer, void *arg)
{
    (void)arg;
#if defined(PROMC__MALLINFO)
    if (mallinfo2 && promc__os.monotonic_ns() >= atomic_load(&paused_until)) {
        struct mallinfo2 info = mallinfo2();
        double values[] = {(double)info.arena,   (double)info.uordblks, (double)info.fordblks,
                           (double)info.ordblks, (double)info.hblkhd,   (double)info.hblks,
                           (double)info.keepcost};

        if (info.ordblks > MANY_CHUNKS)
            atomic_store(&paused_until, promc__os.monotonic_ns() + PAUSE_NS);
        if (info.arena || info.hblkhd)
            return write_allocator(writer, values);
    }
#else
    (void)writer;
#endif
    return PROMC_OK;
}

static int describe_allocator(promc_writer *writer, void *arg)
{
    (void)arg;
    return write_allocator(writer, NULL);
}

const promc_collector *promc_allocator_collector(void)
{
    static const promc_collector collector = {collect_allocator, describe_allocator, NULL};

    return &collector;
}
