/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parsers under a fuzzer. The first byte chooses the format; the rest is the text.
 *
 * Whatever is read has to be consistent: strings are valid UTF-8 and end in NUL, the tree has what the
 * callbacks were told of, and strict readers refuse at least what others refuse.
 *
 *     clang -std=c11 -D_POSIX_C_SOURCE=200809L -g -O1 -fsanitize=fuzzer,address,undefined -Ilib \
 *         -Iinclude tests/fuzz/fuzz_parse.c lib/[a-z]*[a-z]/[a-z]*.c -pthread -o fuzz_parse
 *
 * With -DREPLAY it is a program of its own that reads the files it is given.
 */
#include "base/utf8.h"

#include <promc/promc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "fuzz_parse: %s\n", what);
        abort();
    }
}

static void check_string(const char *text, size_t size)
{
    require(text[size] == '\0' && promc__utf8_valid(text, size), "a bad string");
}

static void check_labels(const promc_label *labels, const size_t *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_string(labels[i].name, strlen(labels[i].name));
        check_string(labels[i].value, sizes[i]);
    }
    require(!labels[count].name, "a list without end");
}

static int check_sample(const promc_parsed_sample *sample, void *arg)
{
    ++*(size_t *)arg;
    check_string(sample->name, sample->name_size);
    check_labels(sample->labels, sample->value_sizes, sample->label_count);
    if (sample->exemplar)
        check_labels(sample->exemplar->labels, sample->exemplar->value_sizes,
                     sample->exemplar->label_count);
    return 0;
}

static int check_family(const promc_parsed_family *family, void *arg)
{
    (void)arg;
    check_string(family->name, family->name_size);
    if (family->help)
        check_string(family->help, family->help_size);
    return 0;
}

static void check_tree(const promc_parsed *parsed, size_t samples)
{
    size_t families = 0;

    for (const promc_parsed_family *f = parsed->families; f; f = f->next) {
        size_t count = 0;

        check_family(f, NULL);
        for (const promc_parsed_sample *s = f->samples; s; s = s->next, count++) {
            size_t one = 0;

            check_sample(s, &one);
        }
        require(count == f->sample_count, "the samples of a family");
        require(samples >= count, "more samples than were read");
        samples -= count;
        families++;
    }
    require(samples == 0 && families == parsed->family_count, "the numbers of the tree");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    promc_parse_opts options = {.size = sizeof options, .line_limit = 100000, .memory_limit = 10000000};
    promc_parse_callbacks callbacks = {.size = sizeof callbacks, .family = check_family,
                                       .sample = check_sample, .options = &options};
    promc_format format = size && data[0] & 1 ? PROMC_FORMAT_OPENMETRICS : PROMC_FORMAT_TEXT;
    promc_parsed *parsed;
    size_t samples = 0;
    int status;

    if (!size)
        return 0;
    options.strict = data[0] & 2;
    status = promc_parse(format, data + 1, size - 1, &callbacks, &samples);
    parsed = promc_parse_all(format, data + 1, size - 1, &options);
    require((status == PROMC_OK) == (parsed != NULL) || status == PROMC_ERROR_LIMIT ||
                promc_last_error()->code == PROMC_ERROR_LIMIT,
            "the tree and the callbacks differ");
    if (parsed)
        check_tree(parsed, samples);
    promc_parsed_free(parsed);
    if (status != PROMC_OK && !options.strict) {
        options.strict = true;
        require(promc_parse(format, data + 1, size - 1, &callbacks, &samples) != PROMC_OK,
                "strict is not strict");
    }
    promc_lint_text(format, data + 1, size - 1, NULL, NULL);
    return 0;
}

#ifdef REPLAY
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t capacity = 1 << 20, size;
        uint8_t *data = malloc(capacity), *exact;

        require(file && data, argv[i]);
        size = fread(data, 1, capacity, file);
        fclose(file);
        exact = malloc(size ? size : 1);
        require(exact != NULL, "memory");
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
        free(data);
    }
    printf("%d inputs\n", argc - 1);
    return 0;
}
#endif
