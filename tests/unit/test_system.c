/* SPDX-License-Identifier: Apache-2.0 */
/* What lib/base makes of the system's answers: signals that interrupt, descriptors that are none,
 * and the words for all of it. */
#define _DEFAULT_SOURCE
#include "support.h"

#include "base/error.h"
#include "base/net.h"
#include "base/os.h"
#include "base/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

/* ---- signals ----------------------------------------------------------------------------------- */

static atomic_int signals;

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

/* Calls are interrupted, not begun anew by the system. */
static void interrupt_calls(void)
{
    struct sigaction action = {.sa_handler = count_signal};

    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    atomic_store(&signals, 0);
}

/* A thread that disturbs another one some times, and then lets it have what it waits for. */
struct disturber {
    pthread_t thread, victim;
    int fd;
    char path[64];
    enum { GIVES, TAKES, OPENS } then;
};

static void *disturb(void *arg)
{
    struct disturber *disturber = arg;
    char bytes[4096];
    int fd = disturber->fd;

    for (int i = 0; i < 20; i++) {
        usleep(2000);
        (void)pthread_kill(disturber->victim, SIGUSR1);
    }
    switch (disturber->then) {
    case GIVES:
        return write(fd, "x", 1) == 1 ? arg : NULL;
    case TAKES:
        while (read(fd, bytes, sizeof(bytes)) == (long)sizeof(bytes))
            ;
        return arg;
    case OPENS:
        fd = open(disturber->path, O_WRONLY);
        usleep(10000);
        (void)close(fd);
        return arg;
    }
    return NULL;
}

static void begin_disturbing(struct disturber *disturber)
{
    interrupt_calls();
    disturber->victim = pthread_self();
    assert_int_equal(pthread_create(&disturber->thread, NULL, disturb, disturber), 0);
}

static void end_disturbing(struct disturber *disturber)
{
    void *result;

    assert_int_equal(pthread_join(disturber->thread, &result), 0);
    assert_non_null(result);
    assert_true(atomic_load(&signals) > 0);
}

static void interrupted_calls_go_on(void **state)
{
    struct disturber disturber = {.then = GIVES};
    char folder[] = "/tmp/promc-system-XXXXXX", byte = 0;
    static char much[1 << 17];
    int fds[2], fd;
    (void)state;

    assert_int_equal(pipe(fds), 0);
    disturber.fd = fds[1];
    begin_disturbing(&disturber);
    assert_int_equal(promc__os.read(fds[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    end_disturbing(&disturber);

    disturber.fd = fds[0];
    disturber.then = TAKES;
    assert_int_equal(promc__os.write(fds[1], much, 1 << 16), 1 << 16); /* full */
    begin_disturbing(&disturber);
    assert_true(promc__os.write(fds[1], much, 1) == 1);
    close(fds[1]);
    end_disturbing(&disturber);
    close(fds[0]);

    assert_non_null(mkdtemp(folder));
    snprintf(disturber.path, sizeof(disturber.path), "%s/fifo", folder);
    assert_int_equal(mkfifo(disturber.path, 0600), 0);
    disturber.then = OPENS;
    begin_disturbing(&disturber);
    fd = promc__os.open_read(disturber.path);
    assert_true(fd >= 0);
    end_disturbing(&disturber);
    close(fd);
    unlink(disturber.path);
    rmdir(folder);
}

/* Who waits for long looks whether there is more to do. */
static void interrupted_waits_end(void **state)
{
    struct disturber disturber = {.then = GIVES};
    promc__ready ready[1];
    int fds[2], poller = promc__poller.open();
    (void)state;

    assert_true(poller >= 0);
    assert_int_equal(pipe(fds), 0);
    disturber.fd = fds[1];
    begin_disturbing(&disturber);
    assert_int_equal(promc__net.wait(fds[0], PROMC__READ, 10000), 0);
    assert_int_equal(promc__poller.wait(poller, ready, 1, 10000), 0);
    assert_int_equal(promc__os.read(fds[0], &(char){0}, 1), 1);
    end_disturbing(&disturber);
    close(fds[0]);
    close(fds[1]);
    close(poller);
}

/* ---- what is none ------------------------------------------------------------------------------ */

static void wrong_descriptors_are_errors(void **state)
{
    promc__ready ready[1];
    dev_t device;
    ino_t inode;
    char byte;
    (void)state;

    assert_int_equal(promc__os.read(-1, &byte, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(promc__os.write(-1, "", 1), -1);
    assert_int_equal(promc__os.sync(-1), -1);
    assert_int_equal(promc__poller.wait(-1, ready, 1, 0), -1);
    assert_int_equal(promc__poller.change(-1, -1, 0, 0, NULL), 0); /* nothing is to be changed */
    assert_int_equal(promc__net.connect_result(-1), EBADF);
    assert_int_equal(promc__net.adopt(-1), -1);
    assert_int_equal(promc__net.receive(-1, &byte, 1), -1);
    assert_int_equal(promc__net.send(-1, "", 1, NULL, 0), -1);
    assert_false(promc__net.socket_file("/nowhere/at/all", &device, &inode));
    assert_false(promc__net.socket_file("/tmp", &device, &inode));
}

static void entries_are_counted(void **state)
{
    char folder[] = "/tmp/promc-system-XXXXXX", path[64];
    long before = promc__os.count_entries("/dev/fd");
    int fd;
    (void)state;

    assert_true(before >= 3);
    fd = promc__os.open_read("/dev/null");
    assert_int_equal(promc__os.count_entries("/dev/fd"), before + 1);
    close(fd);
    assert_non_null(mkdtemp(folder)); /* no process's: each entry is looked at */
    assert_int_equal(promc__os.count_entries(folder), 0);
    snprintf(path, sizeof(path), "%s/entry", folder);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(promc__os.count_entries(folder), 1);
    assert_int_equal(promc__os.count_entries(path), -1);
    unlink(path);
    rmdir(folder);
    assert_int_equal(promc__os.count_entries(folder), -1);
}

static void time_is_used(void **state)
{
    (void)state;
    assert_true(promc__os.cpu_seconds() >= 0);
    assert_true(promc__os.unix_time() > 1e9);
    assert_true(promc__os.monotonic_ns() > 0);
}

/* ---- words ------------------------------------------------------------------------------------- */

static void every_code_has_words(void **state)
{
    (void)state;
#define CODE(name, number, message)                                                                \
    assert_int_equal(PROMC_##name, number);                                                        \
    assert_string_equal(promc_error_string(number), message);
    PROMC_ERROR_MAP(CODE)
#undef CODE
    assert_string_equal(promc_error_string(1), "unknown error");
    assert_string_equal(promc_error_string(-1000), "unknown error");
}

/* Whatever is cut off, no character is cut in two. */
static void messages_end_with_characters(void **state)
{
    static char text[2 * sizeof(((promc_error *)NULL)->message)];
    const size_t room = sizeof(((promc_error *)NULL)->message);
    (void)state;

    for (size_t begin = 0; begin < 4; begin++) {
        size_t size = begin;

        memset(text, 'a', begin);
        for (; size + 4 < sizeof(text); size += 3)
            memcpy(text + size, "\xE6\x9C\x8D", 3);
        text[size] = '\0';
        assert_int_equal(promc__fail(PROMC_ERROR_ARGUMENT, "%s", text), PROMC_ERROR_ARGUMENT);
        size = strlen(promc_last_error()->message);
        assert_in_range(size, room - 4, room - 1);
        assert_int_equal((size - begin) % 3, 0);
    }
    memset(text, '\x80', sizeof(text) - 1); /* is no character at all */
    (void)promc__fail(PROMC_ERROR_ARGUMENT, "%s", text);
    assert_true(strlen(promc_last_error()->message) < room);
}

/* Of what cannot be said in words there is the code. */
static void messages_may_be_impossible(void **state)
{
    const wint_t no_character = 0x7FFFFFFF;
    (void)state;

    assert_int_equal(promc__fail(PROMC_ERROR_ARGUMENT, "before"), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc__fail(PROMC_ERROR_LIMIT, "much %lc", no_character), PROMC_ERROR_LIMIT);
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LIMIT);
    assert_string_equal(promc_last_error()->message, "");
}

static void unknown_numbers_are_shown(void **state)
{
    (void)state;
    errno = 99999;
    assert_int_equal(promc__fail_errno("x"), PROMC_ERROR_SYSTEM);
    assert_ptr_equal(strstr(promc_last_error()->message, "x: "), promc_last_error()->message);
    assert_true(strlen(promc_last_error()->message) > 5);
}

static void labels_are_looked_up(void **state)
{
    (void)state;
    assert_string_equal(promc_label_value(PROMC_PAIRS({"a", "1"}, {"b", "2"}), "b"), "2");
    assert_null(promc_label_value(PROMC_PAIRS({"a", "1"}), "b"));
    assert_null(promc_label_value(PROMC_PAIRS({"a", "1"}), NULL));
    assert_null(promc_label_value(NULL, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_calls_go_on),
        cmocka_unit_test(interrupted_waits_end),
        cmocka_unit_test(wrong_descriptors_are_errors),
        cmocka_unit_test(entries_are_counted),
        cmocka_unit_test(time_is_used),
        cmocka_unit_test(every_code_has_words),
        cmocka_unit_test(messages_end_with_characters),
        cmocka_unit_test(messages_may_be_impossible),
        cmocka_unit_test(unknown_numbers_are_shown),
        cmocka_unit_test(labels_are_looked_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
