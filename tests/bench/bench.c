/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each operation beside its physical limit, in one process: medians of repetitions in which limit
 * and library take turns, so that a drifting clock frequency meets both. Threads are pinned, loops
 * warmed up, final values checked.
 *
 *   bench [--json | --markdown] [--only TEXT] [--series N] [--repeat N]
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void)
{
    fprintf(stderr, "usage: bench [--json | --markdown] [--only TEXT] [--series N] [--repeat N]\n"
                    "  --only TEXT   the rows whose name has this text\n"
                    "  --series N    of the large registries; default 1000000\n"
                    "  --repeat N    times each row is measured; default 7, the median counts\n");
    return 2;
}

int main(int argc, char **argv)
{
    enum bench_style style = BENCH_TEXT;
    const char *only = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            style = BENCH_JSON;
        else if (strcmp(argv[i], "--markdown") == 0)
            style = BENCH_MARKDOWN;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
        else if (strcmp(argv[i], "--series") == 0 && i + 1 < argc)
            bench_series = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--repeat") == 0 && i + 1 < argc)
            bench_repeats = atoi(argv[++i]);
        else
            return usage();
    }
    if (bench_series == 0 || bench_repeats < 1 || bench_repeats > BENCH_MOST_REPEATS)
        return usage();
    bench_count_memory();
    bench_begin_table(style, only);
    bench_updates();
    bench_lookups();
    bench_scrapes();
    bench_http();
    bench_codecs();
    bench_programs(BENCH_FOLDER, BENCH_LIBRARY);
    return bench_end_table();
}
