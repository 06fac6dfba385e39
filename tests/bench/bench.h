/* SPDX-License-Identifier: Apache-2.0 */
/* What the subjects of the benchmark share: measuring and printing rows. */
#ifndef BENCH_H
#define BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- measuring (measure.c) ------------------------------------------------------------------- */

#define BENCH_MOST_REPEATS 99

extern int bench_repeats;
extern size_t bench_series; /* of the large registries */

struct bench_samples {
    double values[BENCH_MOST_REPEATS];
    int count;
};

void bench_add(struct bench_samples *samples, double value);
double bench_median(struct bench_samples *samples);
double bench_spread(struct bench_samples *samples); /* from the least to the greatest */

double bench_now(void); /* nanoseconds */

/* Processors are numbered from 0 among those this process may use, and begin anew past the last. */
void bench_pin(int processor);
int bench_processors(void);
int bench_processor_id(int processor); /* as taskset calls it */

/* Runs loop(count) on each of `threads` pinned threads, after a sixteenth of it to warm up.
 * Nanoseconds from the first start to the last end, for each call of the loop's body a processor
 * made: threads that share a processor take turns. */
double bench_time_loop(void (*loop)(size_t count), size_t count, int threads);
size_t bench_loop_calls(size_t count, int threads); /* bodies such a run has gone through */
int bench_thread(void);                             /* which of the threads this is, from 0 */

/* Ends the program, with the words, if it is not so. */
void bench_check(bool good, const char *what);

/* ---- memory the library has, by its allocator hook (memory.c) -------------------------------- */

extern atomic_size_t bench_allocations, bench_bytes, bench_bytes_peak;

void bench_count_memory(void);

/* ---- rows (table.c) -------------------------------------------------------------------------- */

struct bench_row {
    const char *name;
    const char *unit;
    const char *limit;   /* in words; NULL: there is none */
    double ratio;        /* the target: promc / limit; 0: none */
    double value;        /* the target in `unit`; 0: none */
    bool more_is_better; /* targets are the least, not the most */
};

enum bench_style { BENCH_TEXT, BENCH_JSON, BENCH_MARKDOWN };

void bench_begin_table(enum bench_style style, const char *only);
int bench_end_table(void); /* the exit status: 1 if a row failed */

/* Whether the user wants this row. */
bool bench_wants(const char *name);
void bench_print(const struct bench_row *row, struct bench_samples *promc,
                 struct bench_samples *limit);
void bench_print_value(const struct bench_row *row, double value);
void bench_skip(const char *name, const char *why);
void bench_fail(const char *name, const char *why);

/* ---- subjects -------------------------------------------------------------------------------- */

void bench_updates(void);
void bench_lookups(void);
void bench_scrapes(void);
void bench_http(void);
void bench_codecs(void);
void bench_programs(const char *folder, const char *library);

/* ---- what several subjects use (registries.c) ------------------------------------------------ */

struct promc_registry;

/* `count` counters with three labels, 92 bytes a line. */
struct promc_registry *bench_many_counters(size_t count, bool fractions);
const char *bench_path(size_t i, char *buffer, size_t size); /* the label that differs */

/* A sink that counts bytes in the size_t it gets, and one that copies to *(char **)arg. */
int bench_count_sink(const void *data, size_t size, void *arg);
int bench_copy_sink(const void *data, size_t size, void *arg);

/* A server that sends copies of the same bytes (copy_server.c). Returns the port. */
int bench_start_copy_server(const char *response, size_t size);

#endif
