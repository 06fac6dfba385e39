/* SPDX-License-Identifier: Apache-2.0 */
/* Whole registries as text: in memory, in pieces, in files. */
#define _DEFAULT_SOURCE
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static promc_registry *registry;
static struct promc__os real_os;
static char directory[] = "/tmp/promc-textfile-XXXXXX";
static char path[64];

static int make_directory(void **state)
{
    (void)state;
    real_os = promc__os;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/metrics.prom", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static int begin(void **state)
{
    (void)state;
    promc__os = real_os;
    script_clocks();
    promc_disable_created_series();
    registry = promc_registry_new();
    return registry ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc__os = real_os;
    promc_registry_free(registry);
    unlink(path);
    return 0;
}

/* ---- text ------------------------------------------------------------------------------------ */

#define EVERYTHING                                                                                 \
    "# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{env=\"x\"} 1.0\n"   \
    "# HELP c_total C.\n# TYPE c_total counter\nc_total{l=\"1\"} 1.0\nc_total{l=\"2\"} 0.0\n"      \
    "# HELP c_created C.\n# TYPE c_created gauge\nc_created{l=\"1\"} 123.456\n"                    \
    "c_created{l=\"2\"} 123.456\n"                                                                 \
    "# HELP g G.\n# TYPE g gauge\ng -1.5\n"                                                        \
    "# HELP s S.\n# TYPE s summary\ns_count 1.0\ns_sum 17.0\n"                                     \
    "# HELP s_created S.\n# TYPE s_created gauge\ns_created 123.456\n"                             \
    "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 0.0\nh_bucket{le=\"+Inf\"} 1.0\n"       \
    "h_count 1.0\nh_sum 2.0\n# HELP h_created H.\n# TYPE h_created gauge\nh_created 123.456\n"     \
    "# HELP i_info I.\n# TYPE i_info gauge\ni_info{foo=\"bar\"} 1.0\n"                             \
    "# HELP e E.\n# TYPE e gauge\ne{e=\"a\"} 0.0\ne{e=\"b\"} 1.0\n"                                \
    "# HELP gh GH.\n# TYPE gh histogram\ngh_bucket{le=\"1.0\"} 1.0\ngh_bucket{le=\"+Inf\"} 1.0\n"  \
    "# HELP gh_gcount GH.\n# TYPE gh_gcount gauge\ngh_gcount 1.0\n"                                \
    "# HELP gh_gsum GH.\n# TYPE gh_gsum gauge\ngh_gsum 0.5\n"

static void define_everything(void)
{
    promc_counter_family *c =
        promc_counter_family_new("c", "C.", PROMC_LABELS("l"), .registry = registry);

    promc_enable_created_series();
    promc_counter_inc(promc_counter_labels(c, "1"));
    promc_counter_labels(c, "2");
    promc_gauge_set(promc_gauge_new("g", "G.", .registry = registry), -1.5);
    promc_summary_observe(promc_summary_new("s", "S.", .registry = registry), 17);
    promc_histogram_observe(
        promc_histogram_new("h", "H.", .registry = registry, .buckets = PROMC_BUCKETS(1)), 2);
    promc_info_set(promc_info_new("i", "I.", .registry = registry), PROMC_PAIRS({"foo", "bar"}));
    promc_enum_state(
        promc_enum_new("e", "E.", .registry = registry, .states = PROMC_STATES("a", "b")), "b");
    promc_gauge_histogram_observe(
        promc_gauge_histogram_new("gh", "GH.", .registry = registry, .buckets = PROMC_BUCKETS(1)),
        0.5);
    promc_registry_set_target_info(registry, PROMC_PAIRS({"env", "x"}));
}

static void every_type_as_text(void **state)
{
    (void)state;
    define_everything();
    assert_exposed(registry, EVERYTHING);
}

static void an_empty_registry_is_an_empty_text(void **state)
{
    promc_text text;
    (void)state;

    assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
    assert_non_null(text.data);
    assert_int_equal(text.size, 0);
    assert_string_equal(text.data, "");
    promc_text_free(&text);
    assert_null(text.data);
    promc_text_free(&text);
    promc_text_free(NULL);
    assert_int_equal(promc_generate_latest(registry, NULL), PROMC_ERROR_ARGUMENT);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

struct pieces {
    char *data;
    size_t size, calls, largest, refuse_at;
};

static int gather(const void *data, size_t size, void *arg)
{
    struct pieces *pieces = arg;

    assert_true(size > 0);
    if (pieces->refuse_at && ++pieces->calls >= pieces->refuse_at)
        return -1;
    pieces->data = realloc(pieces->data, pieces->size + size + 1);
    memcpy(pieces->data + pieces->size, data, size);
    pieces->size += size;
    pieces->data[pieces->size] = '\0';
    if (size > pieces->largest)
        pieces->largest = size;
    return 0;
}

static void fill(int children)
{
    promc_gauge_family *f = promc_gauge_family_new("many", "Many.", PROMC_LABELS("l"),
                                                   .registry = registry);
    char value[101];

    for (int i = 0; i < children; i++) {
        snprintf(value, sizeof(value), "%0100d", i);
        promc_gauge_set(promc_gauge_labels(f, value), i);
    }
}

static void pieces_are_small_and_make_the_whole(void **state)
{
    struct pieces pieces = {0};
    promc_text text;
    (void)state;

    fill(5000);
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_TEXT, gather, &pieces), PROMC_OK);
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
    assert_true(text.size > 500000);
    assert_int_equal(pieces.size, text.size);
    assert_memory_equal(pieces.data, text.data, text.size);
    assert_in_range(pieces.largest, 1000, 70000);
    promc_text_free(&text);
    free(pieces.data);
}

static double third(void *arg)
{
    return *(const int *)arg / 3.0;
}

/* Label texts of all sizes; exemplars, created samples and functions here and there. */
static void children_keep_their_order_whatever_they_have(void **state)
{
    enum { CHILDREN = 200 };
    static int numbers[CHILDREN];
    promc_counter_family *c =
        promc_counter_family_new("c", "C.", PROMC_LABELS("l"), .registry = registry);
    promc_gauge_family *g =
        promc_gauge_family_new("g", "G.", PROMC_LABELS("l"), .registry = registry);
    char *expected = NULL;
    size_t expected_size;
    FILE *file = open_memstream(&expected, &expected_size);
    struct pieces pieces = {0};
    (void)state;

    promc_enable_created_series();
    fputs("# HELP c C.\n# TYPE c counter\n", file);
    for (int i = 0; i < CHILDREN; i++) {
        char value[64];
        promc_counter *counter;

        snprintf(value, sizeof(value), "%0*d", i % 50 + 3, i);
        counter = promc_counter_labels(c, value);
        promc_counter_add(counter, i);
        if (i % 7 == 3)
            promc_counter_add_exemplar(counter, 1, PROMC_PAIRS({"a", value}));
        fprintf(file, i % 7 == 3 ? "c_total{l=\"%s\"} %d.0 # {a=\"%s\"} 1.0 123.456\n"
                                 : "c_total{l=\"%s\"} %d.0\n",
                value, i + (i % 7 == 3), value);
        fprintf(file, "c_created{l=\"%s\"} 123.456\n", value);
    }
    fputs("# HELP g G.\n# TYPE g gauge\n", file);
    for (int i = 0; i < CHILDREN; i++) {
        char value[16];

        snprintf(value, sizeof(value), "%d", i);
        numbers[i] = 3 * i;
        promc_gauge_set(promc_gauge_labels(g, value), i);
        if (i % 5 == 2)
            promc_gauge_set_function(promc_gauge_labels(g, value), third, &numbers[i]);
        fprintf(file, "g{l=\"%d\"} %d.0\n", i, i);
    }
    fputs("# EOF\n", file);
    fclose(file);
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_OPENMETRICS, gather, &pieces), PROMC_OK);
    assert_string_equal(pieces.data, expected);
    free(pieces.data);
    free(expected);
}

static void a_sink_may_refuse_at_any_piece(void **state)
{
    (void)state;
    fill(3000);
    for (size_t at = 1; at <= 3; at++) {
        struct pieces pieces = {.refuse_at = at};

        assert_int_equal(promc_expose(registry, PROMC_FORMAT_TEXT, gather, &pieces),
                         PROMC_ERROR_SINK);
        assert_int_equal(promc_last_error()->code, PROMC_ERROR_SINK);
        assert_int_equal(pieces.calls, at);
        free(pieces.data);
    }
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_TEXT, NULL, NULL), PROMC_ERROR_ARGUMENT);
}

static void unknown_formats_are_refused(void **state)
{
    static const promc_format unknown[] = {PROMC_FORMAT_PROTOBUF + 1, 99, 0xFF, 0x400, 1u << 31};
    struct pieces pieces = {.calls = 0};

    (void)state;
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_int_equal(promc_expose(registry, unknown[i], gather, &pieces),
                         PROMC_ERROR_UNSUPPORTED);
        assert_last_error(PROMC_ERROR_UNSUPPORTED, "PROMC_FORMAT_");
    }
    assert_int_equal(pieces.calls, 0);
}

static int fail_late(promc_writer *writer, void *arg)
{
    promc_writer_double(writer, promc_writer_family(writer, PROMC_TYPE_GAUGE, "late", ""), 1, NULL);
    return *(int *)arg;
}

static void a_collector_that_fails_after_the_first_pieces(void **state)
{
    int result = 1;
    struct pieces pieces = {0};
    (void)state;

    fill(3000);
    promc_registry_register(registry, &(promc_collector){.collect = fail_late, .arg = &result});
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_TEXT, gather, &pieces),
                     PROMC_ERROR_COLLECTOR);
    assert_true(pieces.size > 0);
    free(pieces.data);
}

static void escapings(void **state)
{
    static const struct {
        promc_format format;
        const char *text;
    } cases[] = {
        {PROMC_FORMAT_TEXT, "# HELP a_b A\n# TYPE a_b gauge\na_b{c_d=\"e\"} 1.0\n"},
        {PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_ALLOW_UTF_8,
         "# HELP \"a.b\" A\n# TYPE \"a.b\" gauge\n{\"a.b\",\"c.d\"=\"e\"} 1.0\n"},
        {PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_DOTS,
         "# HELP a_dot_b A\n# TYPE a_dot_b gauge\na_dot_b{c_dot_d=\"e\"} 1.0\n"},
        {PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_VALUES,
         "# HELP U__a_2e_b A\n# TYPE U__a_2e_b gauge\nU__a_2e_b{U__c_2e_d=\"e\"} 1.0\n"},
    };
    promc_gauge_family *f =
        promc_gauge_family_new("a.b", "A", PROMC_LABELS("c.d"), .registry = registry);
    (void)state;

    promc_gauge_inc(promc_gauge_labels(f, "e"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pieces pieces = {0};

        assert_int_equal(promc_expose(registry, cases[i].format, gather, &pieces), PROMC_OK);
        assert_string_equal(pieces.data, cases[i].text);
        free(pieces.data);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

static void assert_file(const char *expected)
{
    static char content[10000];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(content, expected);
}

static size_t files_in_directory(void)
{
    DIR *dir = opendir(directory);
    size_t count = 0;

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void a_file_is_written_and_replaced(void **state)
{
    promc_gauge *g = promc_gauge_new("g", "G.", .registry = registry);
    struct stat before, after;
    (void)state;

    assert_int_equal(promc_write_to_textfile(path, registry), PROMC_OK);
    assert_file("# HELP g G.\n# TYPE g gauge\ng 0.0\n");
    assert_int_equal(stat(path, &before), 0);
    promc_gauge_inc(g);
    test_monotonic_ns++;
    assert_int_equal(promc_write_to_textfile(path, registry), PROMC_OK);
    assert_file("# HELP g G.\n# TYPE g gauge\ng 1.0\n");
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino != after.st_ino || before.st_size == after.st_size);
    assert_int_equal(files_in_directory(), 1);
}

static void permissions_follow_the_umask(void **state)
{
    static const mode_t masks[] = {022, 077, 002, 0};
    struct stat status;
    mode_t old = umask(0);
    (void)state;

    for (size_t i = 0; i < COUNT(masks); i++) {
        umask(masks[i]);
        assert_int_equal(promc_write_to_textfile(path, registry), PROMC_OK);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0666 & ~masks[i]);
    }
    umask(old);
}

static int fail_after, fail_errno;

static long short_write(int fd, const void *data, size_t size)
{
    return real_os.write(fd, data, size > 7 ? 7 : size);
}

static long failing_write(int fd, const void *data, size_t size)
{
    if (fail_after-- <= 0) {
        errno = fail_errno;
        return -1;
    }
    return short_write(fd, data, size);
}

static int failing_open(const char *name)
{
    (void)name;
    errno = fail_errno;
    return -1;
}

static int failing_sync(int fd)
{
    (void)fd;
    errno = fail_errno;
    return -1;
}

static int failing_close(int fd)
{
    real_os.close(fd);
    errno = fail_errno;
    return -1;
}

static int failing_rename(const char *from, const char *to)
{
    (void)from;
    (void)to;
    errno = fail_errno;
    return -1;
}

/* Even a handler that changes errno must not change what is told. */
static void spoil_errno(const promc_error *error, void *arg)
{
    (void)error;
    (void)arg;
    errno = EDOM;
}

static void short_writes_are_continued(void **state)
{
    (void)state;
    define_everything();
    promc__os.write = short_write;
    assert_int_equal(promc_write_to_textfile(path, registry), PROMC_OK);
    assert_file(EVERYTHING);
}

static void the_old_file_stays_when_something_fails(void **state)
{
    promc_gauge *g = promc_gauge_new("g", "G.", .registry = registry);
    (void)state;

    assert_int_equal(promc_write_to_textfile(path, registry), PROMC_OK);
    promc_gauge_inc(g);
    promc_set_error_handler(spoil_errno, NULL);
    for (int i = 0; i < 8; i++) {
        promc__os = real_os;
        fail_after = 0;
        fail_errno = ENOSPC;
        switch (i) {
        case 0:
            promc__os.write = failing_write;
            break;
        case 1:
            promc__os.write = failing_write;
            fail_after = 2;
            break;
        case 2:
            promc__os.sync = failing_sync;
            break;
        case 3:
            promc__os.close = failing_close;
            break;
        case 4:
            promc__os.rename = failing_rename;
            break;
        case 5:
            promc__os.open_new = failing_open;
            break;
        case 6:
            promc__os.sync = failing_sync;
            promc__os.close = failing_close;
            break;
        default:
            promc__os.write = failing_write;
            promc__os.close = failing_close;
        }
        errno = 0;
        assert_int_equal(promc_write_to_textfile(path, registry), PROMC_ERROR_SYSTEM);
        assert_last_error(PROMC_ERROR_SYSTEM, path);
        if (!strstr(promc_last_error()->message, strerror(ENOSPC)))
            print_error("case %d: %s\n", i, promc_last_error()->message);
        assert_last_error(PROMC_ERROR_SYSTEM, strerror(ENOSPC));
        promc__os = real_os;
        assert_file("# HELP g G.\n# TYPE g gauge\ng 0.0\n");
        assert_int_equal(files_in_directory(), 1);
    }
    promc_set_error_handler(NULL, NULL);
}

static void a_file_system_that_cannot_sync_is_fine(void **state)
{
    (void)state;
    promc__os.sync = failing_sync;
    fail_errno = EINVAL;
    assert_int_equal(promc_write_to_textfile(path, registry), PROMC_OK);
    assert_file("");
}

static void a_failing_collector_leaves_the_old_file(void **state)
{
    int result = 0;
    (void)state;

    promc_registry_register(registry, &(promc_collector){.collect = fail_late, .arg = &result});
    assert_int_equal(promc_write_to_textfile(path, registry), PROMC_OK);
    result = 1;
    test_monotonic_ns++;
    assert_int_equal(promc_write_to_textfile(path, registry), PROMC_ERROR_COLLECTOR);
    assert_file("# HELP late \n# TYPE late gauge\nlate 1.0\n");
    assert_int_equal(files_in_directory(), 1);
}

static void paths_that_make_no_sense(void **state)
{
    char missing[80];
    (void)state;

    assert_int_equal(promc_write_to_textfile(NULL, registry), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_write_to_textfile("", registry), PROMC_ERROR_ARGUMENT);
    snprintf(missing, sizeof(missing), "%s/missing/file.prom", directory);
    assert_int_equal(promc_write_to_textfile(missing, registry), PROMC_ERROR_SYSTEM);
    assert_last_error(PROMC_ERROR_SYSTEM, strerror(ENOENT));
    assert_int_equal(promc_write_to_textfile(directory, registry), PROMC_ERROR_SYSTEM);
    assert_int_equal(files_in_directory(), 0);
}

/* The file that a failed write leaves behind is not a trap for the next one. */
static void a_name_that_is_taken_is_not_overwritten(void **state)
{
    char taken[100];
    FILE *file;
    (void)state;

    snprintf(taken, sizeof(taken), "%s.%ld.%llu", path, promc__os.process_id(),
             (unsigned long long)test_monotonic_ns);
    assert_non_null(file = fopen(taken, "w"));
    fputs("precious", file);
    fclose(file);
    promc_gauge_new("g", "G.", .registry = registry);
    (void)promc_write_to_textfile(path, registry);
    assert_non_null(file = fopen(taken, "r"));
    assert_int_equal(fgetc(file), 'p');
    fclose(file);
    unlink(taken);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(every_type_as_text),
        T(an_empty_registry_is_an_empty_text),
        T(pieces_are_small_and_make_the_whole),
        T(children_keep_their_order_whatever_they_have),
        T(a_sink_may_refuse_at_any_piece),
        T(unknown_formats_are_refused),
        T(a_collector_that_fails_after_the_first_pieces),
        T(escapings),
        T(a_file_is_written_and_replaced),
        T(permissions_follow_the_umask),
        T(short_writes_are_continued),
        T(the_old_file_stays_when_something_fails),
        T(a_file_system_that_cannot_sync_is_fine),
        T(a_failing_collector_leaves_the_old_file),
        T(paths_that_make_no_sense),
        T(a_name_that_is_taken_is_not_overwritten),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
