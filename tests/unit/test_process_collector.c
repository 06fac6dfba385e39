/* SPDX-License-Identifier: Apache-2.0 */
/* The collectors that come with the library: process, platform, allocator. */
#include "base/compiler.h"
#include "base/os.h"

#include <promc/exposition.h>

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- collecting into a string ---------------------------------------------------------------- */

static char output[64 * 1024];
static size_t output_size;

static int keep(const void *data, size_t size, void *arg)
{
    (void)arg;
    if (output_size + size >= sizeof(output))
        return -1;
    memcpy(output + output_size, data, size);
    output_size += size;
    output[output_size] = '\0';
    return 0;
}

static int run(int (*collect)(promc_writer *, void *), void *arg)
{
    promc_writer *writer;
    int status, ended;

    output_size = 0;
    output[0] = '\0';
    writer = promc_writer_new(PROMC_FORMAT_TEXT, keep, NULL);
    assert_non_null(writer);
    status = collect(writer, arg);
    ended = promc_writer_end(writer);
    return status ? status : ended;
}

static void collect(const promc_collector *collector)
{
    assert_int_equal(run(collector->collect, collector->arg), PROMC_OK);
}

/* The value of an unlabelled sample; false if it is not there. */
static bool sample(const char *name, double *value)
{
    char line[128];
    const char *at;

    (void)snprintf(line, sizeof(line), "\n%s ", name);
    at = strstr(output, line);
    if (at)
        *value = strtod(at + strlen(line), NULL);
    return at != NULL;
}

static double value_of(const char *name)
{
    double value = 0;

    if (!sample(name, &value))
        fail_msg("%s is missing in:\n%s", name, output);
    return value;
}

static bool has(const char *name)
{
    double value;

    return sample(name, &value);
}

/* Within the rounding of one addition: 17.21 is 1721 / 100, whichever way it is computed. */
static void assert_near(double value, double expected)
{
    double slack = expected * 1e-12;

    if (!(value - expected <= slack && expected - value <= slack))
        fail_msg("%.17g is not %.17g", value, expected);
}

/* ---- a system to run on ---------------------------------------------------------------------- */

static struct promc__os original;
static int open_now, reads_until_failure;

static long page_of_4096(void)
{
    return 4096;
}
static long ticks_of_100(void)
{
    return 100;
}
static long unknown(void)
{
    return -1;
}
static int counting_open(const char *path)
{
    int fd = original.open_read(path);

    open_now += fd >= 0;
    return fd;
}
static int counting_close(int fd)
{
    open_now--;
    return original.close(fd);
}
static long failing_read(int fd, void *data, size_t size)
{
    if (reads_until_failure-- > 0)
        return original.read(fd, data, size);
    errno = EIO;
    return -1;
}
static long small_read(int fd, void *data, size_t size)
{
    return original.read(fd, data, size > 7 ? 7 : size);
}

static int set_up(void **state)
{
    (void)state;
    original = promc__os;
    promc__os.page_size = page_of_4096;
    promc__os.clock_ticks = ticks_of_100;
    promc__os.open_read = counting_open;
    promc__os.close = counting_close;
    open_now = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    promc__os = original;
    return open_now; /* every descriptor was closed */
}

/* ---- trees that look like /proc -------------------------------------------------------------- */

static char fixture[512], tree[64];

static void find_fixture(void)
{
    const char *slash = strrchr(__FILE__, '/');

    (void)snprintf(fixture, sizeof(fixture), "%.*s/../data/proc",
                   slash ? (int)(slash - __FILE__) : 1, slash ? __FILE__ : ".");
}

static const char *in_tree(const char *name)
{
    static char path[160];

    (void)snprintf(path, sizeof(path), "%s/%s", tree, name);
    return path;
}

static void put(const char *name, const char *data, size_t size)
{
    FILE *file = fopen(in_tree(name), "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

#define STAT_FIELDS                                                                                \
    " S 1 7 7 0 -1 4202752 2101 0 3 0 1677 44 0 0 20 0 3 0 82375 56274944 1981 184467440737095516" \
    "15 4194304 4912345 0 0\n"
#define OPEN_FILES(soft)                                                                           \
    "Max open files            " soft "                 4096                 files\n"
#define ADDRESSES(soft) "Max address space         " soft "            unlimited            bytes\n"

/* A whole process 7 with three descriptors. */
static int set_up_tree(void **state)
{
    (void)strcpy(tree, "/tmp/promc-proc-XXXXXX");
    if (!mkdtemp(tree))
        return -1;
    if (mkdir(in_tree("7"), 0777) != 0 || mkdir(in_tree("7/fd"), 0777) != 0)
        return -1;
    put_text("stat", "cpu 1 2 3\nbtime 1000\nprocesses 7\n");
    put_text("7/stat", "7 (worker)" STAT_FIELDS);
    put_text("7/limits", OPEN_FILES("2048") ADDRESSES("1073741824"));
    put_text("7/fd/0", "");
    put_text("7/fd/1", "");
    put_text("7/fd/2", "");
    return set_up(state);
}

static int tear_down_tree(void **state)
{
    static const char *const names[] = {"7/fd/0", "7/fd/1", "7/fd/2", "7/limits", "7/stat", "stat"};
    int leaked = tear_down(state);

    for (size_t i = 0; i < promc__count_of(names); i++)
        (void)unlink(in_tree(names[i]));
    (void)rmdir(in_tree("7/fd"));
    (void)rmdir(in_tree("7"));
    return rmdir(tree) != 0 || leaked;
}

static void collect_tree(void)
{
    const promc_process_opts options = {.size = sizeof(options), .proc_root = tree, .pid = 7};
    promc_collector collector = promc_process_collector_for(&options);

    collect(&collector);
}

/* ---- the fixture ----------------------------------------------------------------------------- */

static void test_whole_text(void **state)
{
    const promc_process_opts options = {
        .size = sizeof(options), .proc_root = fixture, .pid = 26231};
    promc_collector collector = promc_process_collector_for(&options);

    (void)state;
    collect(&collector);
    assert_string_equal(
        output,
        "# HELP process_virtual_memory_bytes Virtual memory size in bytes.\n"
        "# TYPE process_virtual_memory_bytes gauge\n"
        "process_virtual_memory_bytes 5.6274944e+07\n"
        "# HELP process_resident_memory_bytes Resident memory size in bytes.\n"
        "# TYPE process_resident_memory_bytes gauge\n"
        "process_resident_memory_bytes 8.114176e+06\n"
        "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.\n"
        "# TYPE process_start_time_seconds gauge\n"
        "process_start_time_seconds 1.41818409975e+09\n"
        "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.\n"
        "# TYPE process_cpu_seconds_total counter\n"
        "process_cpu_seconds_total 17.21\n"
        "# HELP process_open_fds Number of open file descriptors.\n"
        "# TYPE process_open_fds gauge\n"
        "process_open_fds 5.0\n"
        "# HELP process_max_fds Maximum number of open file descriptors.\n"
        "# TYPE process_max_fds gauge\n"
        "process_max_fds 2048.0\n"
        "# HELP process_virtual_memory_max_bytes Maximum amount of virtual memory available in "
        "bytes.\n"
        "# TYPE process_virtual_memory_max_bytes gauge\n"
        "process_virtual_memory_max_bytes 1.073741824e+09\n"
        "# HELP process_threads Number of OS threads in the process.\n"
        "# TYPE process_threads gauge\n"
        "process_threads 3.0\n");
}

static void test_namespace(void **state)
{
    const promc_process_opts options = {
        .size = sizeof(options), .namespace = "n", .proc_root = fixture, .pid = 26231};
    promc_collector collector = promc_process_collector_for(&options);

    (void)state;
    collect(&collector);
    assert_near(value_of("n_process_cpu_seconds_total"), 17.21);
    assert_near(value_of("n_process_max_fds"), 2048);
    assert_near(value_of("n_process_threads"), 3);
    assert_null(strstr(output, " process_"));
}

static void test_name_with_spaces_and_parentheses(void **state)
{
    const promc_process_opts options = {.size = sizeof(options), .proc_root = fixture, .pid = 584};
    promc_collector collector = promc_process_collector_for(&options);

    (void)state;
    collect(&collector);
    assert_true(has("process_cpu_seconds_total"));
    assert_near(value_of("process_cpu_seconds_total"), 0);
    assert_near(value_of("process_virtual_memory_bytes"), 10395648);
    assert_near(value_of("process_resident_memory_bytes"), 634880);
    assert_near(value_of("process_start_time_seconds"), 1418291667.75);
    assert_false(has("process_max_fds"));
    assert_false(has("process_open_fds"));
}

static void test_no_such_process(void **state)
{
    const promc_process_opts options = {.size = sizeof(options), .proc_root = fixture, .pid = 123};
    promc_collector collector = promc_process_collector_for(&options);

    (void)state;
    collect(&collector);
    assert_string_equal(output, "");
}

static void test_no_proc_at_all(void **state)
{
    const promc_process_opts options = {.size = sizeof(options), .proc_root = "/nonexistent"};
    promc_collector collector = promc_process_collector_for(&options);

    (void)state;
    collect(&collector);
    assert_string_equal(output, "");
}

static void test_describe_names_everything(void **state)
{
    const promc_process_opts options = {.size = sizeof(options), .proc_root = "/nonexistent"};
    promc_collector collector = promc_process_collector_for(&options);

    (void)state;
    assert_int_equal(run(collector.describe, collector.arg), PROMC_OK);
    assert_non_null(strstr(output, "# TYPE process_virtual_memory_bytes gauge\n"));
    assert_non_null(strstr(output, "# TYPE process_cpu_seconds_total counter\n"));
    assert_non_null(strstr(output, "# TYPE process_threads gauge\n"));
}

/* ---- doctored trees -------------------------------------------------------------------------- */

static void test_whole_tree(void **state)
{
    (void)state;
    collect_tree();
    assert_near(value_of("process_start_time_seconds"), 1823.75);
    assert_near(value_of("process_open_fds"), 3);
    assert_near(value_of("process_max_fds"), 2048);
    put_text("stat", "b\nbtim\n\nxbtime 1\nbtime 1000\nbtime 2000\n");
    collect_tree();
    assert_near(value_of("process_start_time_seconds"), 1823.75);
    assert_near(value_of("process_virtual_memory_max_bytes"), 1073741824);
}

static void test_without_boot_time(void **state)
{
    static const char *const without[] = {"",
                                          "cpu 1 2 3\n",
                                          "btime\n",
                                          "btime \n",
                                          "btime x\n",
                                          "btime 0\n",
                                          "btime -5\n",
                                          "xbtime 1000\n",
                                          "btimer 1000\n",
                                          "btime 99999999999\n",
                                          "btime 1000x\n",
                                          "bti"};

    (void)state;
    for (size_t i = 0; i < promc__count_of(without); i++) {
        put_text("stat", without[i]);
        collect_tree();
        assert_string_equal(output, "");
    }
    assert_int_equal(unlink(in_tree("stat")), 0);
    collect_tree();
    assert_string_equal(output, "");
}

static void test_boot_time_anywhere(void **state)
{
    static char text[1 << 20];
    static const size_t edges[] = {0, 4096 - 12, 8192 - 12, sizeof(text) - 64};

    (void)state;
    for (size_t e = 0; e < promc__count_of(edges); e++)
        for (size_t shift = 0; shift < 16; shift++) { /* across the edge of every block read */
            size_t at = edges[e] + shift;

            memset(text, '7', sizeof(text));
            if (at)
                text[at - 1] = '\n';
            memcpy(text + at, "btime 1000", 10);
            put("stat", text, at + 10); /* no newline at the end */
            collect_tree();
            assert_near(value_of("process_start_time_seconds"), 1823.75);
        }
}

static void test_unlimited(void **state)
{
    (void)state;
    put_text("7/limits", OPEN_FILES("unlimited") ADDRESSES("unlimited"));
    collect_tree();
    assert_near(value_of("process_open_fds"), 3);
    assert_false(has("process_max_fds"));
    assert_false(has("process_virtual_memory_max_bytes"));
    put_text("7/limits", "");
    collect_tree();
    assert_near(value_of("process_open_fds"), 3);
    assert_false(has("process_max_fds"));
}

/* A number of any length is too large, a file of any length is read as far as it matters. */
static void test_too_long(void **state)
{
    static char text[1 << 16] = "cpu 1 2 3\nbtime 1";

    (void)state;
    memset(text + strlen(text), '0', 5000);
    put_text("stat", text);
    collect_tree();
    assert_false(has("process_start_time_seconds"));
    put_text("stat", "btime 1000\n");
    strcpy(text, "7 (worker)" STAT_FIELDS);
    memset(text + strlen(text), ' ', sizeof(text) - 1 - strlen(text));
    put_text("7/stat", text);
    collect_tree();
    assert_near(value_of("process_threads"), 3);
}

static void test_empty_namespace_and_wrong_options(void **state)
{
    promc_process_opts options = {
        .size = sizeof(options), .namespace = "", .proc_root = fixture, .pid = 26231};
    promc_collector collector = promc_process_collector_for(&options);
    promc_registry *registry = promc_registry_new();
    promc_text text;

    (void)state;
    collect(&collector);
    assert_near(value_of("process_threads"), 3);
    options.size = 0;
    collector = promc_process_collector_for(&options);
    assert_int_not_equal(promc_registry_register(registry, &collector), PROMC_OK);
    collector.describe = NULL;
    if (promc_registry_register(registry, &collector) == PROMC_OK)
        assert_int_not_equal(promc_generate_latest(registry, &text), PROMC_OK);
    promc_registry_free(registry);
}

static void test_unreadable_limits(void **state)
{
    (void)state;
    assert_int_equal(unlink(in_tree("7/limits")), 0);
    collect_tree();
    assert_false(has("process_open_fds"));
    assert_false(has("process_max_fds"));
    assert_false(has("process_virtual_memory_max_bytes"));
    assert_true(has("process_virtual_memory_bytes"));
}

static void test_unreadable_descriptors(void **state)
{
    char elsewhere[160];

    (void)state;
    (void)strcpy(elsewhere, in_tree("elsewhere"));
    assert_int_equal(rename(in_tree("7/fd"), elsewhere), 0);
    collect_tree();
    assert_int_equal(rename(elsewhere, in_tree("7/fd")), 0);
    assert_false(has("process_open_fds"));
    assert_false(has("process_max_fds"));
    assert_true(has("process_virtual_memory_max_bytes"));
    assert_true(has("process_threads"));
}

static void test_odd_process_names(void **state)
{
    static const char *const names[] = {")", "(", ") S 1 1 1", "a\nb", "", "((((((((((((((("};

    (void)state;
    for (size_t i = 0; i < promc__count_of(names); i++) {
        char stat[512];

        (void)snprintf(stat, sizeof(stat), "7 (%s)%s", names[i], STAT_FIELDS);
        put_text("7/stat", stat);
        collect_tree();
        assert_near(value_of("process_virtual_memory_bytes"), 56274944);
        assert_near(value_of("process_cpu_seconds_total"), 17.21);
    }
}

/* Cut anywhere, the line gives all of its figures or none. */
static void test_truncated_stat(void **state)
{
    static const char whole[] = "7 (worker)" STAT_FIELDS;
    size_t complete = 0;

    (void)state;
    for (size_t size = 0; size < sizeof(whole); size++) {
        put("7/stat", whole, size);
        collect_tree();
        assert_int_equal(has("process_virtual_memory_bytes"), has("process_threads"));
        assert_int_equal(has("process_resident_memory_bytes"), has("process_cpu_seconds_total"));
        assert_int_equal(has("process_threads"), has("process_cpu_seconds_total"));
        complete += has("process_threads");
    }
    assert_in_range(complete, 1, sizeof(whole) / 2);
}

static void test_nonsense_in_stat(void **state)
{
    static const char *const nonsense[] = {
        "7 (worker) S 1 7 7 0 -1 4202752 2101 0 3 0 x 44 0 0 20 0 3 0 82375 56274944 1981 1\n",
        "7 (worker) S 1 7 7 0 -1 4202752 2101 0 3 0 1677 44 0 0 20 0 3 0 82375 56274944 -1981 1\n",
        "7 (worker) S 1 7 7 0 -1 4202752 2101 0 3 0 1677 44 0 0 20 0 3 0 82375 5627x944 1981 1\n",
        "7 worker S 1 7 7 0 -1 4202752 2101 0 3 0 1677 44 0 0 20 0 3 0 82375 56274944 1981 1\n"};

    (void)state;
    for (size_t i = 0; i < promc__count_of(nonsense); i++) {
        put_text("7/stat", nonsense[i]);
        collect_tree();
        assert_false(has("process_virtual_memory_bytes"));
        assert_false(has("process_cpu_seconds_total"));
        assert_true(has("process_open_fds"));
    }
}

static void test_unknown_page_size_and_ticks(void **state)
{
    (void)state;
    promc__os.page_size = unknown;
    promc__os.clock_ticks = unknown;
    collect_tree();
    assert_false(has("process_resident_memory_bytes"));
    assert_false(has("process_cpu_seconds_total"));
    assert_false(has("process_start_time_seconds"));
    assert_true(has("process_virtual_memory_bytes"));
}

/* The tear-down asserts that no descriptor stayed open. */
static void test_failing_reads(void **state)
{
    bool some = false, all = false;

    (void)state;
    promc__os.read = failing_read;
    for (int after = 0; !all; after++) {
        assert_in_range(after, 0, 20);
        reads_until_failure = after;
        collect_tree();
        some = some || (has("process_threads") && !has("process_open_fds"));
        all = has("process_open_fds");
        assert_int_equal(open_now, 0);
    }
    assert_true(some);
}

static void test_short_reads(void **state)
{
    (void)state;
    promc__os.read = small_read;
    collect_tree();
    assert_near(value_of("process_start_time_seconds"), 1823.75);
    assert_near(value_of("process_max_fds"), 2048);
}

/* ---- this process ---------------------------------------------------------------------------- */

/* Valgrind and emulators have descriptors of their own, or a /proc/self that is not ours. */
static bool under_supervision(void)
{
    const char *preload = getenv("LD_PRELOAD"), *emulator = getenv("RUN");

    return (preload && strstr(preload, "valgrind")) || (emulator && *emulator);
}

static void *wait_for_end(void *barrier)
{
    (void)pthread_barrier_wait(barrier);
    (void)pthread_barrier_wait(barrier);
    return NULL;
}

static void test_this_process(void **state)
{
    pthread_barrier_t barrier;
    pthread_t threads[3];
    struct timespec now, used;
    struct rlimit limit;
    double before;
    int extra;

    (void)state;
    if (under_supervision())
        skip();
    promc__os = original;
    collect(promc_process_collector());
    before = value_of("process_threads");
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    assert_true(value_of("process_start_time_seconds") <= (double)now.tv_sec + 2);
    assert_true(value_of("process_start_time_seconds") >= (double)now.tv_sec - 600);
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
    assert_true(value_of("process_cpu_seconds_total") <= (double)used.tv_sec + 1);
    assert_true(value_of("process_resident_memory_bytes") > 100000);
    assert_true(value_of("process_virtual_memory_bytes") >=
                value_of("process_resident_memory_bytes"));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur != RLIM_INFINITY)
        assert_near(value_of("process_max_fds"), (double)limit.rlim_cur);

    assert_int_equal(pthread_barrier_init(&barrier, NULL, 4), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_end, &barrier), 0);
    (void)pthread_barrier_wait(&barrier);
    collect(promc_process_collector());
    assert_near(value_of("process_threads"), before + 3);
    (void)pthread_barrier_wait(&barrier);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&barrier);

    before = value_of("process_open_fds");
    extra = open("/dev/null", O_RDONLY);
    assert_true(extra >= 0);
    collect(promc_process_collector());
    assert_near(value_of("process_open_fds"), before + 1);
    assert_int_equal(close(extra), 0);
}

/* Exactly what is open, without the descriptor that is used for counting; twice, so that a leak
 * would show. */
static void test_open_descriptors_of_this_process(void **state)
{
    int open_fds = 0;

    (void)state;
    if (under_supervision())
        skip();
    promc__os = original;
    for (int fd = 0; fd < 1024; fd++)
        open_fds += fcntl(fd, F_GETFD) != -1;
    for (int i = 0; i < 2; i++) {
        collect(promc_process_collector());
        assert_near(value_of("process_open_fds"), open_fds);
    }
}

static void test_address_space_limit(void **state)
{
    struct rlimit before, limit;

    (void)state;
    promc__os = original;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)(UINT64_C(64) << 40); /* room for sanitizers */
    if (under_supervision() || sizeof(rlim_t) < 8 || before.rlim_cur != RLIM_INFINITY ||
        setrlimit(RLIMIT_AS, &limit) != 0)
        skip();
    collect(promc_process_collector());
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_near(value_of("process_virtual_memory_max_bytes"), (double)limit.rlim_cur);
    collect(promc_process_collector());
    assert_false(has("process_virtual_memory_max_bytes"));
}

static void test_many_descriptors(void **state)
{
    enum { WANTED = 100000 };
    struct rlimit before, limit;
    int *fds = malloc(WANTED * sizeof(*fds)), count = 0;
    double open_fds;

    (void)state;
    if (under_supervision()) {
        free(fds);
        skip();
    }
    promc__os = original;
    assert_non_null(fds);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = before.rlim_max < WANTED + 1000 ? before.rlim_max : WANTED + 1000;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    collect(promc_process_collector());
    open_fds = value_of("process_open_fds");
    while (count < WANTED && count + 100 < (double)limit.rlim_cur &&
           (fds[count] = open("/dev/null", O_RDONLY)) >= 0)
        count++;
    collect(promc_process_collector());
    while (count > 0) {
        open_fds++;
        assert_int_equal(close(fds[--count]), 0);
    }
    assert_near(value_of("process_open_fds"), open_fds);
    assert_true(open_fds > 100);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    free(fds);
}

/* ---- the other two --------------------------------------------------------------------------- */

static void test_platform(void **state)
{
    char version[64];

    (void)state;
    collect(promc_platform_collector());
    assert_non_null(strstr(output, "# TYPE c_info gauge\nc_info{compiler=\""));
    (void)snprintf(version, sizeof(version), ",version=\"%s\"} 1.0\n", promc_version());
    assert_non_null(strstr(output, version));
    assert_non_null(strstr(output, ",standard=\"C"));
#if defined(__GLIBC__)
    assert_non_null(strstr(output, "libc=\"glibc\",libc_version=\"2."));
#endif
    assert_int_equal(run(promc_platform_collector()->describe, NULL), PROMC_OK);
    assert_string_equal(output, "# HELP c_info C platform information\n# TYPE c_info gauge\n");
}

static void test_allocator(void **state)
{
    const size_t size = (size_t)64 << 20; /* more than malloc ever takes from its heaps */
    char *volatile block;
    double before, chunks;

    (void)state;
    block = malloc(100);
    collect(promc_allocator_collector());
    free(block);
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    assert_true(has("c_malloc_arena_bytes") == (mallinfo2().arena > 0));
#endif
    if (!has("c_malloc_arena_bytes")) { /* another libc, or an allocator in the place of its own */
        assert_string_equal(output, "");
        skip();
    }
    before = value_of("c_malloc_mapped_bytes");
    chunks = value_of("c_malloc_mapped_chunks");
    assert_near(value_of("c_malloc_arena_bytes"),
                value_of("c_malloc_used_bytes") + value_of("c_malloc_free_bytes"));
    block = malloc(size);
    assert_non_null(block);
    collect(promc_allocator_collector());
    free(block);
    assert_true(value_of("c_malloc_mapped_bytes") >= before + (double)size);
    assert_near(value_of("c_malloc_mapped_chunks"), chunks + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_proc_at_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_describe_names_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_platform, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_allocator, set_up, tear_down),
#if defined(__linux__)
        cmocka_unit_test_setup_teardown(test_whole_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_namespace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_name_with_spaces_and_parentheses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_such_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whole_tree, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_without_boot_time, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_boot_time_anywhere, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_unlimited, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_too_long, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_empty_namespace_and_wrong_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unreadable_limits, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_unreadable_descriptors, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_odd_process_names, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_truncated_stat, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_nonsense_in_stat, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_unknown_page_size_and_ticks, set_up_tree,
                                        tear_down_tree),
        cmocka_unit_test_setup_teardown(test_failing_reads, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_short_reads, set_up_tree, tear_down_tree),
        cmocka_unit_test_setup_teardown(test_this_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_descriptors_of_this_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address_space_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_descriptors, set_up, tear_down),
#endif
    };

    find_fixture();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
