/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int bench_repeats = 7;
size_t bench_series = 1000000;

/* ---- medians --------------------------------------------------------------------------------- */

void bench_add(struct bench_samples *samples, double value)
{
    samples->values[samples->count++] = value;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_median(struct bench_samples *samples)
{
    qsort(samples->values, (size_t)samples->count, sizeof(double), compare_doubles);
    return samples->values[samples->count / 2];
}

double bench_spread(struct bench_samples *samples)
{
    qsort(samples->values, (size_t)samples->count, sizeof(double), compare_doubles);
    return samples->values[samples->count - 1] - samples->values[0];
}

void bench_check(bool good, const char *what)
{
    if (good)
        return;
    fflush(stdout);
    fprintf(stderr, "bench: %s: not as it should be\n", what);
    exit(1);
}

/* ---- time and processors --------------------------------------------------------------------- */

double bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* What the process may use, asked before it is pinned for the first time. */
static cpu_set_t usable;
static pthread_once_t usable_once = PTHREAD_ONCE_INIT;

static void ask_usable(void)
{
    bench_check(sched_getaffinity(0, sizeof(usable), &usable) == 0, "the set of processors");
}

int bench_processors(void)
{
    pthread_once(&usable_once, ask_usable);
    return CPU_COUNT(&usable);
}

int bench_processor_id(int processor)
{
    int skip = processor % bench_processors(), id = 0;

    while (!CPU_ISSET((size_t)id, &usable) || skip-- > 0)
        id++;
    return id;
}

void bench_pin(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)bench_processor_id(processor), &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

/* ---- loops on threads ------------------------------------------------------------------------ */

static _Thread_local int thread_number;

struct work {
    void (*loop)(size_t count);
    size_t count;
    int number;
    pthread_barrier_t *begin;
    double begun, ended;
};

static void *run_work(void *arg)
{
    struct work *work = arg;

    thread_number = work->number;
    bench_pin(work->number);
    work->loop(work->count / 16);
    pthread_barrier_wait(work->begin);
    work->begun = bench_now();
    work->loop(work->count);
    work->ended = bench_now();
    return NULL;
}

int bench_thread(void)
{
    return thread_number;
}

size_t bench_loop_calls(size_t count, int threads)
{
    return (count + count / 16) * (size_t)threads;
}

#define MOST_THREADS 64

double bench_time_loop(void (*loop)(size_t), size_t count, int threads)
{
    int processors = threads < bench_processors() ? threads : bench_processors();
    pthread_barrier_t begin;
    pthread_t ids[MOST_THREADS];
    struct work work[MOST_THREADS];
    double begun, ended;

    bench_check(threads <= MOST_THREADS, "the number of threads");
    pthread_barrier_init(&begin, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        work[i] = (struct work){loop, count, i, &begin, 0, 0};
        bench_check(pthread_create(&ids[i], NULL, run_work, &work[i]) == 0, "a thread");
    }
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    pthread_barrier_destroy(&begin);
    begun = work[0].begun;
    ended = work[0].ended;
    for (int i = 1; i < threads; i++) {
        begun = work[i].begun < begun ? work[i].begun : begun;
        ended = work[i].ended > ended ? work[i].ended : ended;
    }
    return (ended - begun) * processors / threads / (double)count;
}
