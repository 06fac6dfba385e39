/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parser makes of texts, for scripts:
 *
 *     parse_driver judge FORMAT FILE...   a line for each: FILE, a tab, "ok" or the error
 *     parse_driver dump FORMAT            texts from standard input, each after a line with its size;
 *                                         a line for each family and sample, then "ok" or the error
 *     parse_driver lint FORMAT FILE       a line for each problem, as promtool writes them
 *     parse_driver speed FORMAT FILE      megabytes per second of processor time
 *
 * FORMAT is text, strict (text too) or om. Names, labels and texts are dumped in hexadecimal.
 */
#include <promc/promc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *buffer;
static size_t buffer_size;

static char *room(size_t size)
{
    if (size > buffer_size) {
        free(buffer);
        buffer = malloc(size);
        buffer_size = size;
        if (!buffer)
            exit(1);
    }
    return buffer;
}

/* The text lies in memory of exactly its size, so that a checker sees any byte more. */
static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long end;

    if (!file || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0 ||
        !(text = malloc(end ? (size_t)end : 1)) || fseek(file, 0, SEEK_SET) != 0 ||
        fread(text, 1, (size_t)end, file) != (size_t)end) {
        fprintf(stderr, "parse_driver: cannot read %s\n", path);
        exit(1);
    }
    fclose(file);
    *size = (size_t)end;
    return text;
}

static void hexadecimal(const char *text, size_t size)
{
    if (!text)
        putchar('-');
    for (size_t i = 0; text && i < size; i++)
        printf("%02x", (unsigned)(unsigned char)text[i]);
}

static void dump_labels(const promc_label *labels, const size_t *sizes, size_t count)
{
    putchar('{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            putchar(',');
        hexadecimal(labels[i].name, strlen(labels[i].name));
        putchar('=');
        hexadecimal(labels[i].value, sizes[i]);
    }
    putchar('}');
}

static void dump_time(bool has, double time)
{
    if (has)
        printf(" %.17g", time);
    else
        printf(" -");
}

static void dump_tree(const promc_parsed *parsed)
{
    static const char *const types[] = {"counter", "gauge",    "histogram", "gaugehistogram",
                                        "summary", "info",     "stateset",  "unknown"};

    for (const promc_parsed_family *f = parsed->families; f; f = f->next) {
        printf("F ");
        hexadecimal(f->name, f->name_size);
        printf(" %s ", types[f->type]);
        hexadecimal(f->help, f->help_size);
        putchar(' ');
        hexadecimal(f->unit, f->unit ? strlen(f->unit) : 0);
        putchar('\n');
        for (const promc_parsed_sample *s = f->samples; s; s = s->next) {
            printf("S ");
            hexadecimal(s->name, s->name_size);
            dump_labels(s->labels, s->value_sizes, s->label_count);
            printf(" %.17g", s->value);
            dump_time(s->has_timestamp, s->timestamp);
            if (s->exemplar) {
                printf(" # ");
                dump_labels(s->exemplar->labels, s->exemplar->value_sizes, s->exemplar->label_count);
                printf(" %.17g", s->exemplar->value);
                dump_time(s->exemplar->has_timestamp, s->exemplar->timestamp);
            }
            putchar('\n');
        }
    }
}

static void dump(promc_format format, const promc_parse_opts *options)
{
    char line[32];

    while (fgets(line, sizeof line, stdin)) {
        size_t size = strtoul(line, NULL, 10);
        char *text = malloc(size ? size : 1);
        promc_parsed *parsed;

        if (!text || fread(text, 1, size, stdin) != size)
            exit(1);
        parsed = promc_parse_all(format, text, size, options);
        free(text);
        if (parsed)
            dump_tree(parsed);
        puts(parsed ? "ok" : promc_last_error()->message);
        promc_parsed_free(parsed);
    }
}

static void print_problem(const char *family, const char *problem, void *arg)
{
    (void)arg;
    printf("%s %s\n", family, problem);
}

static int count_one(const promc_parsed_sample *sample, void *arg)
{
    (void)sample;
    ++*(size_t *)arg;
    return 0;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int speed(promc_format format, const char *text, size_t size)
{
    double best[2] = {0, 0};
    size_t samples = 0;

    for (int i = 0; i < 10; i++) {
        promc_parse_callbacks callbacks = {.size = sizeof callbacks, .sample = count_one};
        double begun = seconds(), middle, end;
        promc_parsed *parsed;
        int status;

        samples = 0;
        status = promc_parse(format, text, size, &callbacks, &samples);
        middle = seconds();
        parsed = promc_parse_all(format, text, size, NULL);
        promc_parsed_free(parsed);
        end = seconds();
        if (status != PROMC_OK || !parsed) {
            fprintf(stderr, "parse_driver: %s\n", promc_last_error()->message);
            return 1;
        }
        if ((double)size / (middle - begun) > best[0])
            best[0] = (double)size / (middle - begun);
        if ((double)size / (end - middle) > best[1])
            best[1] = (double)size / (end - middle);
    }
    printf("%zu bytes, %zu samples: %.0f MB/s with callbacks, %.0f MB/s into memory\n", size, samples,
           best[0] / 1e6, best[1] / 1e6);
    return 0;
}

int main(int argc, char **argv)
{
    promc_parse_opts options = {.size = sizeof options};
    promc_format format = PROMC_FORMAT_TEXT;
    const char *command = argc > 2 ? argv[1] : "";
    char *text;
    size_t size;

    if (argc > 2 && strcmp(argv[2], "om") == 0)
        format = PROMC_FORMAT_OPENMETRICS;
    options.strict = argc > 2 && strcmp(argv[2], "strict") == 0;
    if (strcmp(command, "dump") == 0) {
        setvbuf(stdout, room(1 << 20), _IOFBF, 1 << 20);
        dump(format, &options);
        return fflush(stdout) ? 1 : 0;
    }
    for (int i = 3; i < argc; i++) {
        text = read_file(argv[i], &size);
        if (strcmp(command, "judge") == 0) {
            promc_parsed *parsed = promc_parse_all(format, text, size, &options);

            printf("%s\t%s\n", argv[i], parsed ? "ok" : promc_last_error()->message);
            promc_parsed_free(parsed);
        } else if (strcmp(command, "lint") == 0) {
            if (promc_lint_text(format, text, size, print_problem, NULL) < 0)
                printf("error while linting: %s\n", promc_last_error()->message);
        } else if (strcmp(command, "speed") == 0) {
            if (speed(format, text, size) != 0)
                return 1;
        }
        free(text);
    }
    return argc > 3 ? 0 : 1;
}
