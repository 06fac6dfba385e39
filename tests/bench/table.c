/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <promc/promc.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static enum bench_style style;
static const char *only;
static bool any_row, any_failure;

/* ---- the machine ----------------------------------------------------------------------------- */

static void read_processor(char *name, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];

    snprintf(name, size, "unknown processor");
    while (file && fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) == 0 && colon) {
            colon[1 + strcspn(colon + 1, "\n")] = '\0';
            snprintf(name, size, "%s", colon + 2);
            break;
        }
    }
    if (file)
        fclose(file);
}

static void describe(char *text, size_t size)
{
    char processor[128];
    struct utsname system = {0};

    read_processor(processor, sizeof(processor));
    (void)uname(&system);
    snprintf(text, size, "promc %s, %d cores of %s, %s %s, compiler %s, medians of %d",
             promc_version(), bench_processors(), processor, system.sysname, system.release,
             __VERSION__, bench_repeats);
}

/* ---- numbers and targets --------------------------------------------------------------------- */

/* Three digits or more: "2.25", "40.1", "1024". NaN is nothing. */
static const char *number_text(char *text, size_t size, double value)
{
    if (isnan(value))
        text[0] = '\0';
    else
        snprintf(text, size, "%.*f", fabs(value) < 10 ? 2 : fabs(value) < 100 ? 1 : 0, value);
    return text;
}

static void target_text(char *text, size_t size, const struct bench_row *row)
{
    const char *sign = row->more_is_better ? ">=" : "<=";
    size_t used = 0;

    text[0] = '\0';
    if (row->ratio > 0)
        used = (size_t)snprintf(text, size, "%s %gx", sign, row->ratio);
    if (row->value > 0)
        snprintf(text + used, size - used, "%s %g %s", used ? "," : sign, row->value, row->unit);
}

static bool reaches(const struct bench_row *row, double value, double target)
{
    return target <= 0 || (row->more_is_better ? value >= target : value <= target);
}

/* ---- printing -------------------------------------------------------------------------------- */

void bench_begin_table(enum bench_style how, const char *pattern)
{
    char machine[512];

    style = how;
    only = pattern;
    describe(machine, sizeof(machine));
    if (style == BENCH_JSON)
        printf("{\"machine\": \"%s\", \"rows\": [", machine);
    else if (style == BENCH_MARKDOWN)
        printf("%s.\n\n| Operation | promc | spread | limit | ratio | target | the limit is |\n"
               "|---|---:|---:|---:|---:|---|---|\n",
               machine);
    else
        printf("%s\n\n%-44s %9s %9s %-9s %7s %8s  %s\n", machine, "", "promc", "limit", "", "ratio",
               "spread", "target");
    fflush(stdout);
}

int bench_end_table(void)
{
    if (style == BENCH_JSON)
        printf("\n]}\n");
    return any_failure;
}

bool bench_wants(const char *name)
{
    return !only || strstr(name, only);
}

/* JSON has no NaN. */
static void print_member(const char *name, double value)
{
    if (isnan(value))
        printf(", \"%s\": null", name);
    else
        printf(", \"%s\": %.6g", name, value);
}

static void print_json(const struct bench_row *row, double promc, double spread, double limit,
                       double limit_spread, bool good)
{
    printf("%s\n  {\"name\": \"%s\", \"unit\": \"%s\"", any_row ? "," : "", row->name, row->unit);
    print_member("promc", promc);
    print_member("spread", spread);
    print_member("limit", limit);
    print_member("limit_spread", limit_spread);
    print_member("ratio", promc / limit);
    print_member("target_ratio", row->ratio > 0 ? row->ratio : (double)NAN);
    print_member("target", row->value > 0 ? row->value : (double)NAN);
    printf(", \"more_is_better\": %s, \"good\": %s}", row->more_is_better ? "true" : "false",
           good ? "true" : "false");
}

static void print_markdown(const struct bench_row *row, double promc, double spread, double limit,
                           bool good)
{
    char ours[32], around[32], theirs[32], ratio[32], target[64];

    number_text(ours, sizeof(ours), promc);
    number_text(around, sizeof(around), spread);
    number_text(theirs, sizeof(theirs), limit);
    number_text(ratio, sizeof(ratio), promc / limit);
    target_text(target, sizeof(target), row);
    printf("| %s | %s %s | %s | %s | %s | %s%s | %s |\n", row->name, ours, row->unit, around,
           theirs, ratio, target, good ? "" : ", **missed**", row->limit ? row->limit : "");
}

static void print_text(const struct bench_row *row, double promc, double spread, double limit,
                       bool good)
{
    char ours[32], theirs[32], ratio[32], around[32], target[64];

    number_text(ours, sizeof(ours), promc);
    number_text(theirs, sizeof(theirs), limit);
    number_text(ratio, sizeof(ratio), promc / limit);
    number_text(around, sizeof(around), spread);
    target_text(target, sizeof(target), row);
    printf("%-44s %9s %9s %-9s %7s %8s  %s%s\n", row->name, ours, theirs, row->unit, ratio, around,
           target, good ? "" : "  MISSED");
}

static void print_row(const struct bench_row *row, double promc, double spread, double limit,
                      double limit_spread)
{
    bool good = reaches(row, promc, row->value) && reaches(row, promc / limit, row->ratio);

    if (style == BENCH_JSON)
        print_json(row, promc, spread, limit, limit_spread, good);
    else if (style == BENCH_MARKDOWN)
        print_markdown(row, promc, spread, limit, good);
    else
        print_text(row, promc, spread, limit, good);
    any_row = true;
    fflush(stdout);
}

void bench_print(const struct bench_row *row, struct bench_samples *promc,
                 struct bench_samples *limit)
{
    print_row(row, bench_median(promc), bench_spread(promc),
              limit ? bench_median(limit) : (double)NAN, limit ? bench_spread(limit) : (double)NAN);
}

void bench_print_value(const struct bench_row *row, double value)
{
    print_row(row, value, (double)NAN, (double)NAN, (double)NAN);
}

static void print_nothing(const char *name, const char *what, const char *why)
{
    if (style == BENCH_JSON)
        printf("%s\n  {\"name\": \"%s\", \"%s\": \"%s\"}", any_row ? "," : "", name, what, why);
    else if (style == BENCH_MARKDOWN)
        printf("| %s | %s: %s | | | | | |\n", name, what, why);
    else
        printf("%-44s %s: %s\n", name, what, why);
    any_row = true;
    fflush(stdout);
}

void bench_skip(const char *name, const char *why)
{
    print_nothing(name, "skipped", why);
}

void bench_fail(const char *name, const char *why)
{
    print_nothing(name, "failed", why);
    any_failure = true;
}
