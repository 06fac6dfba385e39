/* SPDX-License-Identifier: Apache-2.0 */
/* Exposing large registries: time, beside a copy of the same output and the printing of the same
 * numbers, and memory. */
#include "bench.h"
#include "limits.h"

#include <promc/promc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY_PRINT "memcpy of the output, printing of the numbers"
#define COPY "memcpy of the output"

/* ---- one output, and what is needed to make its limit ---------------------------------------- */

struct output {
    char *text, *copy;
    size_t size;
    double *values; /* as they are printed; none of a format that has them as bits */
    size_t count;
};

static void find_values(struct output *output)
{
    char *line = output->text, *end;

    for (; (end = memchr(line, '\n', (size_t)(output->text + output->size - line)));
         line = end + 1) {
        const char *number = end;

        while (number > line && number[-1] != ' ')
            number--;
        if (*line != '#')
            output->values[output->count++] = strtod(number, NULL);
    }
}

static struct output expose(promc_registry *registry, promc_format format, size_t samples)
{
    struct output output = {.size = 0};
    char *at;

    bench_check(promc_expose(registry, format, bench_count_sink, &output.size) == PROMC_OK,
                "a scrape");
    output.text = at = malloc(output.size);
    output.copy = malloc(output.size);
    output.values = calloc(samples, sizeof(double));
    bench_check(output.text && output.copy && output.values, "memory for the output");
    memset(output.copy, 1, output.size);
    bench_check(promc_expose(registry, format, bench_copy_sink, &at) == PROMC_OK, "a scrape");
    if (format != PROMC_FORMAT_PROTOBUF) {
        find_values(&output);
        bench_check(output.count == samples, "the number of samples");
    }
    return output;
}

static void free_output(struct output *output)
{
    free(output->text);
    free(output->copy);
    free(output->values);
}

struct scrape {
    struct bench_row row;
    promc_format format;
};

static void run(const struct scrape *scrape, promc_registry *registry, size_t samples)
{
    struct bench_samples promc = {.count = 0}, limit = {.count = 0};
    struct output output = expose(registry, scrape->format, samples);

    for (int i = 0; i < bench_repeats; i++) {
        double begun = bench_now();
        char *to = output.copy;

        (void)limit_exposition(output.copy, output.text, output.size, output.values, output.count);
        bench_add(&limit, (bench_now() - begun) / (double)samples);
        begun = bench_now();
        (void)promc_expose(registry, scrape->format, bench_copy_sink, &to);
        bench_add(&promc, (bench_now() - begun) / (double)samples);
        bench_check(to == output.copy + output.size, "the size of a scrape");
    }
    bench_check(memcmp(output.copy, output.text, output.size) == 0, "two scrapes");
    bench_print(&scrape->row, &promc, &limit);
    free_output(&output);
}

static bool wants_any(const struct scrape *scrapes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bench_wants(scrapes[i].row.name))
            return true;
    }
    return false;
}

static void run_all(const struct scrape *scrapes, size_t count, promc_registry *registry,
                    size_t samples)
{
    for (size_t i = 0; i < count; i++) {
        if (bench_wants(scrapes[i].row.name))
            run(&scrapes[i], registry, samples);
    }
}

/* ---- registries ------------------------------------------------------------------------------ */

/* The labels of one line: all between its braces. */
static size_t label_text_size(promc_registry *registry)
{
    promc_text text;
    const char *open, *close;

    bench_check(promc_generate_latest(registry, &text) == PROMC_OK, "a scrape");
    open = strchr(text.data, '{');
    close = open ? strchr(open, '}') : NULL;
    bench_check(close != NULL, "a line with labels");
    promc_text_free(&text);
    return (size_t)(close - open) - 1;
}

static void memory_of_series(void)
{
    static const struct bench_row row = {
        "memory of a counter, beside its labels", "B", NULL, 0, 96, false};
    size_t before = atomic_load(&bench_bytes), after;
    promc_registry *registry, *one;

    if (!bench_wants(row.name))
        return;
    registry = bench_many_counters(bench_series, true);
    after = atomic_load(&bench_bytes);
    one = bench_many_counters(1, true);
    bench_print_value(&row, (double)(after - before) / (double)bench_series -
                                (double)label_text_size(one));
    promc_registry_free(one);
    promc_registry_free(registry);
}

static void fractions(void)
{
    static const struct scrape scrapes[] = {
        {{"scrape, text, fractions", "ns/sample", COPY_PRINT, 1.5, 40, false}, PROMC_FORMAT_TEXT},
        {{"scrape, OpenMetrics, fractions", "ns/sample", COPY_PRINT, 1.5, 40, false},
         PROMC_FORMAT_OPENMETRICS},
        {{"scrape, protobuf", "ns/sample", COPY, 1.5, 40, false}, PROMC_FORMAT_PROTOBUF},
    };
    const size_t count = sizeof(scrapes) / sizeof(scrapes[0]);
    promc_registry *registry;

    if (!wants_any(scrapes, count))
        return;
    registry = bench_many_counters(bench_series, true);
    run_all(scrapes, count, registry, bench_series);
    promc_registry_free(registry);
}

static void integers(void)
{
    static const struct scrape scrape = {
        {"scrape, text, integers", "ns/sample", COPY_PRINT, 1.5, 40, false}, PROMC_FORMAT_TEXT};
    promc_registry *registry;

    if (!wants_any(&scrape, 1))
        return;
    registry = bench_many_counters(bench_series, false);
    run(&scrape, registry, bench_series);
    promc_registry_free(registry);
}

#define HISTOGRAMS 10000
#define SAMPLES_EACH 17 /* 15 buckets, count and sum */

static void histograms(void)
{
    static const struct scrape scrapes[] = {
        {{"scrape, text, 10,000 histograms", "ns/sample", COPY_PRINT, 1.5, 40, false},
         PROMC_FORMAT_TEXT},
        {{"scrape, protobuf, 10,000 histograms", "ns/sample", COPY, 1.5, 40, false},
         PROMC_FORMAT_PROTOBUF},
    };
    const size_t count = sizeof(scrapes) / sizeof(scrapes[0]);
    promc_registry *registry = promc_registry_new();
    promc_histogram_family *family = promc_histogram_family_new(
        "latency_seconds", "Latency.", PROMC_LABELS("path"), .registry = registry);

    for (size_t i = 0; wants_any(scrapes, count) && i < HISTOGRAMS; i++) {
        char path[64];

        (void)bench_path(i, path, sizeof(path));
        promc_histogram_observe(promc_histogram_labels(family, path), 0.001 * (double)i);
    }
    run_all(scrapes, count, registry, (size_t)HISTOGRAMS * SAMPLES_EACH);
    promc_registry_free(registry);
}

void bench_scrapes(void)
{
    bench_pin(0);
    promc_disable_created_series();
    memory_of_series();
    fractions();
    integers();
    histograms();
    promc_enable_created_series();
}
