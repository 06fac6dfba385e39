/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stress programs share: checks, threads that run until told to stop, an allocator that
 * counts, and a strict reader of scrapes. Every program takes the seconds it runs as its argument.
 */
#ifndef PROMC_STRESS_H
#define PROMC_STRESS_H

#include "base/compiler.h"

#include <promc/promc.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

#if defined(__SANITIZE_ADDRESS__)
#define STRESS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRESS_ASAN 1
#endif
#endif
/* Such builds are many times slower, and keep memory of their own. */
#if defined(STRESS_ASAN) || PROMC__TSAN
#define STRESS_SANITIZED 1
#endif

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            stress_fail(__FILE__, __LINE__, #condition, __VA_ARGS__);                              \
    } while (0)

static void __attribute__((noreturn, format(printf, 4, 5)))
stress_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: %s: ", file, line, condition);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    fflush(stderr);
    _exit(1);
}

static UNUSED double stress_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static UNUSED double stress_seconds(int argc, char **argv)
{
    return argc > 1 ? atof(argv[1]) : 1;
}

static UNUSED void stress_sleep(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds,
                            .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

    while (nanosleep(&left, &left) != 0)
        ;
}

/* A small generator for each thread (Marsaglia's xorshift64). */
static UNUSED uint64_t stress_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- threads --------------------------------------------------------------------------------- */

static atomic_bool stress_stop;

static UNUSED bool stress_running(void)
{
    return !atomic_load_explicit(&stress_stop, memory_order_relaxed);
}

static UNUSED pthread_t stress_start(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, arg);

    CHECK(error == 0, "pthread_create: %s", strerror(error));
    return thread;
}

/* ---- the counting allocator ------------------------------------------------------------------ */

static atomic_size_t stress_bytes, stress_peak, stress_calls;
static atomic_uint stress_refuse; /* one call in so many gets no memory; 0: none */

/* The size is kept in front of the block. */
#define STRESS_HEADER 16

static UNUSED void stress_account(size_t size)
{
    size_t bytes = atomic_fetch_add(&stress_bytes, size) + size, peak = atomic_load(&stress_peak);

    while (bytes > peak && !atomic_compare_exchange_weak(&stress_peak, &peak, bytes))
        ;
}

static UNUSED bool stress_refuses(void)
{
    unsigned every = atomic_load_explicit(&stress_refuse, memory_order_relaxed);

    return atomic_fetch_add_explicit(&stress_calls, 1, memory_order_relaxed) %
                   (every ? every : 1) ==
               0 &&
           every;
}

static UNUSED void *stress_malloc(size_t size, void *ctx)
{
    char *block = stress_refuses() ? NULL : malloc(size + STRESS_HEADER);

    (void)ctx;
    if (!block)
        return NULL;
    memcpy(block, &size, sizeof(size));
    stress_account(size);
    return block + STRESS_HEADER;
}

static UNUSED void stress_free(void *block, void *ctx)
{
    size_t size;

    (void)ctx;
    if (!block)
        return;
    memcpy(&size, (char *)block - STRESS_HEADER, sizeof(size));
    atomic_fetch_sub(&stress_bytes, size);
    free((char *)block - STRESS_HEADER);
}

static UNUSED void *stress_realloc(void *block, size_t size, void *ctx)
{
    size_t before;
    char *grown;

    if (!block)
        return stress_malloc(size, ctx);
    memcpy(&before, (char *)block - STRESS_HEADER, sizeof(before));
    grown = stress_refuses() ? NULL : realloc((char *)block - STRESS_HEADER, size + STRESS_HEADER);
    if (!grown)
        return NULL;
    atomic_fetch_sub(&stress_bytes, before);
    memcpy(grown, &size, sizeof(size));
    stress_account(size);
    return grown + STRESS_HEADER;
}

static UNUSED void stress_count_memory(void)
{
    const promc_allocator counting = {stress_malloc, stress_realloc, stress_free, NULL};

    CHECK(promc_set_allocator(&counting) == PROMC_OK, "%s", promc_last_error()->message);
}

/* ---- reading scrapes ------------------------------------------------------------------------- */

/*
 * Checks every line of a scrape as it streams by. Families whose name begins with "ones" are only
 * ever observed with 1.0. Series of small registries are remembered, and must not go back where the
 * name says that they cannot (a queue's may).
 */
#define STRESS_SERIES 200
struct stress_scrape {
    char line[8192];
    size_t size;
    size_t samples, scrapes;
    double last_bucket, infinity_bucket, count;
    char bucket_labels[4096];
    bool monotonic; /* set before: remember and compare */
    size_t known, at;
    struct {
        char name[160];
        double value;
    } series[STRESS_SERIES];
    void (*sample)(const char *name, const char *labels, double value, void *arg);
    void *arg;
};

static UNUSED bool stress_ends(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static UNUSED void stress_monotonic(struct stress_scrape *scrape, const char *name,
                                    const char *labels, double value)
{
    char key[160];
    size_t i;

    if (strncmp(name, "queue", 5) == 0 ||
        !(stress_ends(name, "_total") || stress_ends(name, "_sum") || stress_ends(name, "_count") ||
          stress_ends(name, "_bucket")))
        return;
    CHECK(strlen(name) + strlen(labels) < sizeof(key) - 3, "%s{%s} is too long", name, labels);
    (void)stpcpy(stpcpy(stpcpy(key, name), "{"), labels);
    for (i = 0; i < scrape->known && strcmp(scrape->series[i].name, key) != 0; i++)
        ;
    CHECK(i < STRESS_SERIES, "more series than the test expects");
    if (i == scrape->known) {
        scrape->known++;
        memcpy(scrape->series[i].name, key, sizeof(key));
    } else {
        CHECK(value >= scrape->series[i].value, "%s went from %.17g to %.17g", key,
              scrape->series[i].value, value);
    }
    scrape->series[i].value = value;
}

/* In text 0.0.4 a histogram's samples come as buckets, _count, _sum; a summary's as _count, _sum.
 */
static UNUSED void stress_distribution(struct stress_scrape *scrape, const char *name,
                                       const char *labels, double value)
{
    bool ones = strncmp(name, "ones", 4) == 0;

    if (stress_ends(name, "_bucket")) {
        bool infinite = strstr(labels, "le=\"+Inf\"") != NULL;

        CHECK(value >= scrape->last_bucket, "%s{%s}: buckets go down from %.17g to %.17g", name,
              labels, scrape->last_bucket, value);
        scrape->last_bucket = infinite ? 0 : value;
        scrape->infinity_bucket = infinite ? value : -1;
    } else if (stress_ends(name, "_count")) {
        CHECK(scrape->infinity_bucket < 0 || scrape->infinity_bucket == value,
              "%s{%s}: +Inf is %.17g, _count is %.17g", name, labels, scrape->infinity_bucket,
              value);
        scrape->infinity_bucket = -1;
        scrape->count = value;
    } else if (stress_ends(name, "_sum") && ones) {
        CHECK(scrape->count == value, "%s{%s}: _count is %.17g, _sum is %.17g", name, labels,
              scrape->count, value);
    }
}

static UNUSED void stress_line(struct stress_scrape *scrape)
{
    char *line = scrape->line, *space, *brace, *end;
    const char *labels = "";
    double value;

    CHECK(scrape->size > 0, "an empty line");
    if (line[0] == '#') {
        CHECK(strncmp(line, "# HELP ", 7) == 0 || strncmp(line, "# TYPE ", 7) == 0, "%s", line);
        return;
    }
    space = strrchr(line, ' ');
    CHECK(space != NULL && space > line, "no value: %s", line);
    value = strtod(space + 1, &end);
    CHECK(end != space + 1 && *end == '\0', "no number: %s", line);
    *space = '\0';
    brace = strchr(line, '{');
    if (brace) {
        CHECK(space[-1] == '}', "labels without end: %s", line);
        space[-1] = '\0';
        *brace = '\0';
        labels = brace + 1;
    }
    CHECK(line[0] != '\0' && strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:"
                                          "0123456789") == strlen(line),
          "bad name: %s", line);
    scrape->samples++;
    stress_distribution(scrape, line, labels, value);
    if (scrape->monotonic)
        stress_monotonic(scrape, line, labels, value);
    if (scrape->sample)
        scrape->sample(line, labels, value, scrape->arg);
}

static UNUSED int stress_sink(const void *data, size_t size, void *arg)
{
    struct stress_scrape *scrape = arg;
    const char *at = data, *end = at + size;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t part = (size_t)((stop ? stop : end) - at);

        CHECK(scrape->size + part < sizeof(scrape->line), "a line is too long");
        memcpy(scrape->line + scrape->size, at, part);
        scrape->size += part;
        scrape->line[scrape->size] = '\0';
        if (!stop)
            return 0;
        stress_line(scrape);
        scrape->size = 0;
        at = stop + 1;
    }
    return 0;
}

/* Reads one scrape of a registry; all checks are made in it. */
static UNUSED int stress_read(struct stress_scrape *scrape, promc_registry *registry)
{
    int status;

    scrape->size = 0;
    scrape->samples = 0;
    scrape->last_bucket = 0;
    scrape->infinity_bucket = -1;
    status = promc_expose(registry, PROMC_FORMAT_TEXT, stress_sink, scrape);
    CHECK(status != PROMC_OK || scrape->size == 0, "the last line has no end");
    scrape->scrapes++;
    return status;
}

static UNUSED void stress_must_read(struct stress_scrape *scrape, promc_registry *registry)
{
    int status = stress_read(scrape, registry);

    CHECK(status == PROMC_OK, "%s", promc_last_error()->message);
}

static UNUSED struct stress_scrape *stress_new_scrape(void)
{
    struct stress_scrape *scrape = calloc(1, sizeof(*scrape));

    CHECK(scrape != NULL, "out of memory");
    return scrape;
}

static UNUSED double stress_value(promc_registry *registry, const char *name)
{
    double value = -1;

    CHECK(promc_registry_get_sample_value(registry, name, NULL, &value) == PROMC_OK, "%s: %s", name,
          promc_last_error()->message);
    return value;
}

#endif
