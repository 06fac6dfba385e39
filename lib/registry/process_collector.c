/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the system says of a process, under the names of the Prometheus client library guidelines
 * (writing_clientlibs.md, "Standard and runtime collectors"), in client_python's order. Read from
 * Linux's /proc; elsewhere only the processor time of this process is known.
 *
 * A figure that is not known, or has no limit, is left out. So is process_heap_bytes: Linux has no
 * number that means it (the break ignores memory that malloc maps); c_malloc_used_bytes is near.
 */
#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/number.h"
#include "base/options.h"
#include "base/os.h"
#include "registry/registry.h"

#include <promc/exposition.h>

#include <stdatomic.h>
#include <string.h>

enum process_figure {
    VIRTUAL_MEMORY,
    RESIDENT_MEMORY,
    START_TIME,
    CPU,
    OPEN_FDS,
    MAX_FDS,
    VIRTUAL_MEMORY_MAX,
    THREADS,
    PROCESS_FIGURES
};

/* Texts without pointers, which would be relocated when the program starts. */
static const struct {
    char name[36], help[64];
} process_families[PROCESS_FIGURES] = {
    {"process_virtual_memory_bytes", "Virtual memory size in bytes."},
    {"process_resident_memory_bytes", "Resident memory size in bytes."},
    {"process_start_time_seconds", "Start time of the process since unix epoch in seconds."},
    {"process_cpu_seconds_total", "Total user and system CPU time spent in seconds."},
    {"process_open_fds", "Number of open file descriptors."},
    {"process_max_fds", "Maximum number of open file descriptors."},
    {"process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes."},
    {"process_threads", "Number of OS threads in the process."},
};

struct process_figures {
    bool known[PROCESS_FIGURES];
    double value[PROCESS_FIGURES];
};

static void know(struct process_figures *figures, enum process_figure which, double value)
{
    figures->known[which] = true;
    figures->value[which] = value;
}

#if defined(__linux__)

/* ---- reading /proc --------------------------------------------------------------------------- */

/* The first `size` - 1 bytes of a file and a NUL; false if it cannot be read. */
static bool read_proc_file(const char *path, char *data, size_t size)
{
    size_t used = 0;
    long got = 0;
    int fd = promc__os.open_read(path);

    if (fd < 0)
        return false;
    while (used < size - 1 && (got = promc__os.read(fd, data + used, size - 1 - used)) > 0)
        used += (size_t)got;
    promc__os.close(fd);
    data[used] = '\0';
    return got >= 0;
}

/* Finds the line that begins with `prefix` and keeps what fits of the rest of it. Other lines may
 * be of any length: the "intr" line of /proc/stat has a number for every interrupt there can be. */
static bool find_proc_line(const char *path, const char *prefix, char *rest, size_t size)
{
    size_t length = strlen(prefix), matched = 0, kept = 0;
    bool other_line = false, found = false;
    char block[4096];
    long got = 0;
    int fd = promc__os.open_read(path);

    if (fd < 0)
        return false;
    while (!found && (got = promc__os.read(fd, block, sizeof(block))) > 0)
        for (long i = 0; i < got && !found; i++) {
            if (block[i] == '\n') {
                found = matched == length;
                matched = found ? matched : 0;
                other_line = false;
            } else if (matched == length) {
                if (kept < size - 1)
                    rest[kept++] = block[i];
            } else if (!other_line && block[i] == prefix[matched])
                matched++;
            else
                other_line = true;
        }
    promc__os.close(fd);
    rest[kept] = '\0';
    return got >= 0 && matched == length;
}

/* Reads the decimal number that follows, behind spaces, and moves *text behind it. */
static bool next_proc_number(const char **text, double *value)
{
    const char *digit = *text + strspn(*text, " ");
    const char *end = digit + strspn(digit, "0123456789");

    if (digit == end || !strchr(" \n", *end)) /* which finds the NUL, too */
        return false;
    for (*value = 0; digit < end; digit++)
        *value = *value * 10 + (*digit - '0');
    *text = end;
    return true;
}

static bool next_proc_word(const char **text)
{
    const char *p = *text + strspn(*text, " ");

    *text = p + strcspn(p, " \n");
    return *text > p;
}

/* ---- figures --------------------------------------------------------------------------------- */

/* /proc/PID/stat, see proc(5). The name in parentheses may hold spaces and parentheses, nothing
 * behind it does; fields are counted from there, the first is the state. */
static void read_process_stat(const char *path, double boot_time, struct process_figures *figures)
{
    enum { UTIME = 11, STIME = 12, NUM_THREADS = 17, STARTTIME = 19, VSIZE = 20, RSS = 21, FIELDS };
    const unsigned wanted =
        1u << UTIME | 1u << STIME | 1u << NUM_THREADS | 1u << STARTTIME | 1u << VSIZE | 1u << RSS;
    double field[FIELDS] = {0};
    double ticks = (double)promc__os.clock_ticks(), page = (double)promc__os.page_size();
    char stat[2048];
    const char *at;

    if (!read_proc_file(path, stat, sizeof(stat)) || !(at = strrchr(stat, ')')))
        return;
    at++;
    for (int i = 0; i < FIELDS; i++)
        if (wanted >> i & 1 ? !next_proc_number(&at, &field[i]) : !next_proc_word(&at))
            return;
    know(figures, VIRTUAL_MEMORY, field[VSIZE]);
    if (page > 0)
        know(figures, RESIDENT_MEMORY, field[RSS] * page);
    if (ticks > 0) {
        know(figures, START_TIME, field[STARTTIME] / ticks + boot_time);
        know(figures, CPU, (field[UTIME] + field[STIME]) / ticks);
    }
    know(figures, THREADS, field[NUM_THREADS]);
}

/* A soft limit from the text of /proc/PID/limits; false if there is none ("unlimited"). */
static bool soft_limit(const char *limits, const char *name, double *value)
{
    const char *at = strstr(limits, name);

    if (!at)
        return false;
    at += strlen(name);
    return next_proc_number(&at, value);
}

static void read_process_limits(const char *limits, long descriptors,
                                struct process_figures *figures)
{
    double value;

    if (descriptors >= 0) {
        know(figures, OPEN_FDS, (double)descriptors);
        if (soft_limit(limits, "Max open files ", &value))
            know(figures, MAX_FDS, value);
    }
    if (soft_limit(limits, "Max address space ", &value))
        know(figures, VIRTUAL_MEMORY_MAX, value);
}

/* The system's start in Unix time. For this process it is read once: the number follows every step
 * of the clock, and the start of a process is not expected to move. */
static bool read_boot_time(const char *path, bool own, double *boot_time)
{
    static atomic_ulong remembered;
    unsigned long seconds = own ? atomic_load_explicit(&remembered, memory_order_relaxed) : 0;
    char line[32];
    const char *at = line;

    *boot_time = (double)seconds;
    if (seconds)
        return true;
    if (!find_proc_line(path, "btime ", line, sizeof(line)) || !next_proc_number(&at, boot_time) ||
        *boot_time <= 0 || *boot_time > 4294967295.0)
        return false;
    if (own)
        atomic_store_explicit(&remembered, (unsigned long)*boot_time, memory_order_relaxed);
    return true;
}

/* Makes root + folder + file; false when memory is refused. */
static bool make_proc_path(promc__buffer *path, const char *root, const char *folder,
                           const char *file)
{
    path->size = 0;
    promc__buffer_string(path, root);
    promc__buffer_string(path, folder);
    promc__buffer_append(path, file, strlen(file) + 1);
    return !path->error;
}

static int read_proc(const char *root, const char *folder, bool own, promc__buffer *path,
                     struct process_figures *figures)
{
    double boot_time;
    char limits[4096];

    if (!make_proc_path(path, root, "", "/stat"))
        return promc__fail_memory("process collector");
    if (!read_boot_time(path->data, own, &boot_time))
        return PROMC_OK;
    if (!make_proc_path(path, root, folder, "/stat"))
        return promc__fail_memory("process collector");
    read_process_stat(path->data, boot_time, figures);
    if (!make_proc_path(path, root, folder, "/limits"))
        return promc__fail_memory("process collector");
    if (read_proc_file(path->data, limits, sizeof(limits))) {
        long descriptors;

        if (!make_proc_path(path, root, folder, "/fd"))
            return promc__fail_memory("process collector");
        descriptors = promc__os.count_entries(path->data);
        if (own && descriptors > 0)
            descriptors--; /* the one that counted */
        read_process_limits(limits, descriptors, figures);
    }
    return PROMC_OK;
}

static int read_process(const promc_process_opts *options, struct process_figures *figures)
{
    const char *root = options->proc_root ? options->proc_root : "/proc";
    char folder[1 + PROMC__NUMBER_SIZE + 1] = "/self";
    bool own = !options->pid && !options->proc_root;
    promc__buffer path = PROMC__BUFFER(0);
    int status;

    if (options->pid)
        folder[1 + promc__write_i64(folder + 1, options->pid)] = '\0';
    status = read_proc(root, folder, own, &path, figures);
    promc__buffer_free(&path);
    return status;
}

#else

static int read_process(const promc_process_opts *options, struct process_figures *figures)
{
    double cpu = promc__os.cpu_seconds();

    if (cpu >= 0 && !options->pid && !options->proc_root)
        know(figures, CPU, cpu);
    return PROMC_OK;
}

#endif

/* ---- writing --------------------------------------------------------------------------------- */

/* Writes the known figures; NULL: declares all families. */
static int write_process(promc_writer *writer, const promc_process_opts *options,
                         const struct process_figures *figures)
{
    const char *prefix = options->PROMC_NAMESPACE;
    promc__buffer name = PROMC__BUFFER(0);
    int status = PROMC_OK;

    for (int i = 0; i < PROCESS_FIGURES && status == PROMC_OK; i++) {
        promc_type type = i == CPU ? PROMC_TYPE_COUNTER : PROMC_TYPE_GAUGE;
        promc_family *family;

        if (figures && !figures->known[i])
            continue;
        name.size = 0;
        if (prefix && *prefix) {
            promc__buffer_string(&name, prefix);
            promc__buffer_char(&name, '_');
        }
        promc__buffer_append(&name, process_families[i].name, strlen(process_families[i].name) + 1);
        if (name.error) {
            status = promc__fail_memory("process collector");
            break;
        }
        family = promc_writer_family(writer, type, name.data, process_families[i].help);
        if (!family)
            status = promc_last_error()->code;
        else if (figures)
            status = promc_writer_double(writer, family, figures->value[i], NULL);
    }
    promc__buffer_free(&name);
    return status;
}

static int for_the_caller(int status)
{
    return status == PROMC_ERROR_NO_MEMORY ? PROMC__COLLECTOR_NO_MEMORY : status;
}

static int process_options(promc_process_opts *options, const void *arg)
{
    *options = (promc_process_opts){.size = sizeof(*options)};
    return promc__copy_options(options, sizeof(*options), arg, "process collector");
}

static int collect_process(promc_writer *writer, void *arg)
{
    struct process_figures figures = {0};
    promc_process_opts options;
    int status = process_options(&options, arg);

    if (status == PROMC_OK)
        status = read_process(&options, &figures);
    if (status == PROMC_OK)
        status = write_process(writer, &options, &figures);
    return for_the_caller(status);
}

static int describe_process(promc_writer *writer, void *arg)
{
    promc_process_opts options;
    int status = process_options(&options, arg);

    return for_the_caller(status == PROMC_OK ? write_process(writer, &options, NULL) : status);
}

promc_collector promc_process_collector_for(const promc_process_opts *options)
{
    return (promc_collector){
        .collect = collect_process,
        .describe = describe_process,
        .arg = (void *)(uintptr_t)options, /* only ever read */
    };
}

const promc_collector *promc_process_collector(void)
{
    static const promc_collector collector = {collect_process, describe_process, NULL};

    return &collector;
}
