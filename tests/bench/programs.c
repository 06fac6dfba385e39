/* SPDX-License-Identifier: Apache-2.0 */
/* What the library adds to a program: to its size and to the time it takes to start. */
#include "bench.h"

#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

extern char **environ;

/* The number that a command says of a file; 0: it says none. */
static double ask(const char *command, const char *path)
{
    char line[1024];
    double number = 0;
    FILE *output;

    snprintf(line, sizeof(line), command, path);
    output = popen(line, "r");
    if (!output)
        return 0;
    (void)fscanf(output, "%lf", &number);
    (void)pclose(output);
    return number;
}

/* Code, constants and tables for unwinding, as size(1) calls it text. */
#define LOADED "size -B '%s' 2>/dev/null | sed 1d"
#define CODE "size -A '%s' 2>/dev/null | sed -n 's/^\\.text *//p'"

static void size_row(const struct bench_row *row, const char *command, const char *path,
                     const char *beside)
{
    double size = ask(command, path);

    if (!bench_wants(row->name))
        return;
    if (size == 0)
        bench_skip(row->name, "there is no size(1) here");
    else
        bench_print_value(row, (size - (beside ? ask(command, beside) : 0)) / 1024);
}

static double run(char *path)
{
    double begun = bench_now();
    char *arguments[] = {path, NULL};
    pid_t child;
    int status;

    bench_check(posix_spawn(&child, path, NULL, NULL, arguments, environ) == 0 &&
                    waitpid(child, &status, 0) == child && status == 0,
                path);
    return (bench_now() - begun) / 1e6;
}

static void start_up(char *program, char *nothing)
{
    static const struct bench_row row = {
        "start-up, 100 metrics; an empty program's apart", "ms", NULL, 0, 1, false};
    struct bench_samples samples = {.count = 0};

    if (!bench_wants(row.name))
        return;
    for (int i = 0; i < BENCH_MOST_REPEATS / 3; i++) {
        double empty = run(nothing);

        bench_add(&samples, run(program) - empty);
    }
    bench_print(&row, &samples, NULL);
}

void bench_programs(const char *folder, const char *library)
{
    static const struct bench_row code = {
        "size of the shared library's code", "KiB", NULL, 0, 256, false};
    static const struct bench_row so = {
        "size of all that is loaded of it", "KiB", NULL, 0, 256, false};
    static const struct bench_row counts_code = {
        "size of its code in a program that exposes", "KiB", NULL, 0, 64, false};
    static const struct bench_row counts_row = {
        "size of all that is loaded in that", "KiB", NULL, 0, 64, false};
    static const struct bench_row serves_code = {
        "size of its code in one with an HTTP server", "KiB", NULL, 0, 160, false};
    static const struct bench_row serves_row = {
        "size of all that is loaded in the server", "KiB", NULL, 0, 160, false};
    char nothing[512], counts[512], serves[512], hundred[512];

    snprintf(nothing, sizeof(nothing), "%s/nothing", folder);
    snprintf(counts, sizeof(counts), "%s/counts", folder);
    snprintf(serves, sizeof(serves), "%s/serves", folder);
    snprintf(hundred, sizeof(hundred), "%s/hundred", folder);
    bench_pin(0);
    size_row(&code, CODE, library, NULL);
    size_row(&so, LOADED, library, NULL);
    size_row(&counts_code, CODE, counts, nothing);
    size_row(&counts_row, LOADED, counts, nothing);
    size_row(&serves_code, CODE, serves, nothing);
    size_row(&serves_row, LOADED, serves, nothing);
    start_up(hundred, nothing);
}
