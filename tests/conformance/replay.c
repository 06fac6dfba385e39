/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay FILE.ops FORMAT [ESCAPING]
 *
 * Does what a list of operations says to a fresh registry and prints its exposition. One operation
 * a line, fields separated by tabs; \t, \n, \r and \\ stand for those characters:
 *
 *     clock T                         the wall clock, in Unix seconds
 *     created on|off                  _created series
 *     target_info K V [K V]...
 *     TYPE ID NAME HELP [key=value]...  counter, gauge, summary, histogram, info, enum; labels=a,b
 *                                     namespace= subsystem= unit= buckets=1.0,2.5 states=a,b
 *     inc|dec|set|observe ID AMOUNT LV...
 *     inc_exemplar|observe_exemplar ID AMOUNT N K V ... LV...
 *     set_to_current_time|reset|touch ID LV...
 *     info ID N K V ... LV...         (ID is known: set the pairs)
 *     state ID STATE LV...
 *     remove ID LV...   remove_matching ID K V ...   clear ID   unregister ID
 *
 * Exit status: 0; 1 if an operation fails or makes no sense; 2 for a format that does not exist.
 */
#include "base/os.h"
#include "replay_kinds.h"

#include <promc/promc.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Another format is one more line. The second column is for escapings other than underscores. */
static const struct {
    const char *name;
    promc_format plain, escaped;
} formats[] = {
    {"text", PROMC_FORMAT_TEXT, PROMC_FORMAT_TEXT_1_0_0},
    {"om", PROMC_FORMAT_OPENMETRICS, PROMC_FORMAT_OPENMETRICS},
};

static const struct {
    const char *name;
    promc_format flag;
} escapings[] = {
    {"underscores", PROMC_ESCAPE_UNDERSCORES},
    {"allow-utf-8", PROMC_ESCAPE_ALLOW_UTF_8},
    {"dots", PROMC_ESCAPE_DOTS},
    {"values", PROMC_ESCAPE_VALUES},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static promc_registry *registry;

/* ---- failures -------------------------------------------------------------------------------- */

static const char *file_name;
static size_t line_number;

static _Noreturn void die(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
static _Noreturn void die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "replay: ");
    if (file_name)
        fprintf(stderr, "%s:%zu: ", file_name, line_number);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void *allocate(size_t count, size_t size)
{
    void *block = calloc(count + 1, size); /* lists end in a NULL */

    if (!block)
        die("out of memory");
    return block;
}

static void must(int code)
{
    if (code < 0)
        die("%s", promc_last_error()->message);
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* What is left of a line. */
struct fields {
    char **at;
    size_t count;
};

static char *next_field(struct fields *fields)
{
    if (!fields->count)
        die("the line is too short");
    fields->count--;
    return *fields->at++;
}

static double parse_double(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (!*text || *end)
        die("\"%s\" is no number", text);
    return value;
}

static double next_double(struct fields *fields)
{
    return parse_double(next_field(fields));
}

/* `count` names and values as a list for the library, to be freed. */
static promc_label *next_pairs(struct fields *fields, size_t count)
{
    promc_label *pairs;

    if (count > fields->count / 2)
        die("the line is too short");
    pairs = allocate(count, sizeof *pairs);
    for (size_t i = 0; i < count; i++) {
        pairs[i].name = next_field(fields);
        pairs[i].value = next_field(fields);
    }
    return pairs;
}

static promc_label *next_counted_pairs(struct fields *fields)
{
    return next_pairs(fields, strtoul(next_field(fields), NULL, 10));
}

/* Splits in place; the list is to be freed. */
static char **split(char *text, char separator, size_t *count)
{
    char **parts;
    char *at;

    *count = 1;
    for (at = text; *at; at++)
        *count += *at == separator;
    parts = allocate(*count, sizeof *parts);
    for (size_t i = 0; i < *count; i++) {
        parts[i] = text;
        at = strchr(text, separator);
        if (at) {
            *at = '\0';
            text = at + 1;
        }
    }
    return parts;
}

static void unescape(char *text)
{
    char *out = text;

    while (*text) {
        char c = *text++;

        if (c == '\\') {
            c = *text++;
            if (c != 't' && c != 'n' && c != 'r' && c != '\\')
                die("unknown escape");
            c = (char)(c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : '\\');
        }
        *out++ = c;
    }
    *out = '\0';
}

/* ---- metrics --------------------------------------------------------------------------------- */

static struct metric {
    const char *id;
    const struct kind *kind;
    void *handle; /* of a family if it has labels */
    bool labelled, unregistered;
} *metrics;
static size_t metric_count;

static struct metric *find_metric(const char *id)
{
    for (size_t i = metric_count; i--;) {
        if (strcmp(metrics[i].id, id) == 0)
            return &metrics[i];
    }
    return NULL;
}

static void read_options(struct definition *definition, struct fields *fields)
{
    size_t ignored;

    while (fields->count) {
        char *key = next_field(fields);
        char *value = strchr(key, '=');

        if (!value)
            die("\"%s\" is no key=value", key);
        *value++ = '\0';
        if (strcmp(key, "labels") == 0) {
            definition->labels = split(value, ',', &ignored);
        } else if (strcmp(key, "states") == 0) {
            definition->states = split(value, ',', &ignored);
        } else if (strcmp(key, "namespace") == 0) {
            definition->name_space = value;
        } else if (strcmp(key, "subsystem") == 0) {
            definition->subsystem = value;
        } else if (strcmp(key, "unit") == 0) {
            definition->unit = value;
        } else if (strcmp(key, "buckets") == 0) {
            char **bounds = split(value, ',', &definition->bound_count);

            definition->bounds = allocate(definition->bound_count, sizeof(double));
            for (size_t i = 0; i < definition->bound_count; i++)
                definition->bounds[i] = parse_double(bounds[i]);
            free(bounds);
        } else {
            die("unknown option \"%s\"", key);
        }
    }
}

static void define(const struct kind *kind, struct fields *fields)
{
    struct definition definition = {.registry = registry};
    struct metric metric = {0};
    struct metric *grown = realloc(metrics, (metric_count + 1) * sizeof metric);

    if (!grown)
        die("out of memory");
    metrics = grown;
    metric.id = next_field(fields);
    metric.kind = kind;
    definition.name = next_field(fields);
    definition.help = next_field(fields);
    read_options(&definition, fields);
    metric.labelled = definition.labels != NULL;
    metric.handle = (metric.labelled ? kind->make_family : kind->make)(&definition);
    if (!metric.handle)
        die("%s", promc_last_error()->message);
    metrics[metric_count++] = metric;
    free(definition.labels);
    free(definition.states);
    free(definition.bounds);
}

/* ---- operations ------------------------------------------------------------------------------ */

static double wall_clock;

static double replayed_time(void)
{
    return wall_clock;
}

/* What all remaining fields, the label values, name. */
static void *child_of(const struct metric *metric, struct fields *fields)
{
    void *child;

    if (!metric->labelled) {
        if (fields->count)
            die("%s has no labels", metric->id);
        return metric->handle;
    }
    child = metric->kind->child(metric->handle, fields->at, fields->count);
    if (!child)
        die("%s", promc_last_error()->message);
    return child;
}

static void update(const char *word, const struct metric *metric, struct fields *fields)
{
    double amount = next_double(fields);
    void *child = child_of(metric, fields);

    if (metric->kind == &counter_kind && strcmp(word, "inc") == 0)
        promc_counter_add(child, amount);
    else if (metric->kind == &gauge_kind && strcmp(word, "inc") == 0)
        promc_gauge_add(child, amount);
    else if (metric->kind == &gauge_kind && strcmp(word, "dec") == 0)
        promc_gauge_sub(child, amount);
    else if (metric->kind == &gauge_kind && strcmp(word, "set") == 0)
        promc_gauge_set(child, amount);
    else if (metric->kind == &summary_kind && strcmp(word, "observe") == 0)
        promc_summary_observe(child, amount);
    else if (metric->kind == &histogram_kind && strcmp(word, "observe") == 0)
        promc_histogram_observe(child, amount);
    else
        die("a %s cannot %s", metric->kind->name, word);
}

static void update_with_exemplar(const struct metric *metric, struct fields *fields)
{
    double amount = next_double(fields);
    promc_label *exemplar = next_counted_pairs(fields);
    void *child = child_of(metric, fields);

    if (metric->kind == &counter_kind)
        promc_counter_add_exemplar(child, amount, exemplar);
    else if (metric->kind == &histogram_kind)
        promc_histogram_observe_exemplar(child, amount, exemplar);
    else
        die("a %s has no exemplars", metric->kind->name);
    free(exemplar);
}

static void set_info(const struct metric *metric, struct fields *fields)
{
    promc_label *pairs = next_counted_pairs(fields);

    must(promc_info_set(child_of(metric, fields), pairs));
    free(pairs);
}

static void set_state(const struct metric *metric, struct fields *fields)
{
    const char *state = next_field(fields);

    must(promc_enum_state(child_of(metric, fields), state));
}

static void remove_matching(const struct metric *metric, struct fields *fields)
{
    promc_label *labels = next_pairs(fields, fields->count / 2);

    must(metric->kind->remove_matching(metric->handle, labels));
    free(labels);
}

static void unregister(struct metric *metric)
{
    must(promc_registry_unregister(registry, metric->handle));
    metric->unregistered = true;
}

static void must_be(const struct metric *metric, const struct kind *kind, const char *word)
{
    if (metric->kind != kind)
        die("a %s cannot %s", metric->kind->name, word);
}

static void run_on_metric(const char *word, struct metric *metric, struct fields *fields)
{
    if (strcmp(word, "inc_exemplar") == 0 || strcmp(word, "observe_exemplar") == 0) {
        update_with_exemplar(metric, fields);
    } else if (strcmp(word, "set_to_current_time") == 0) {
        must_be(metric, &gauge_kind, word);
        promc_gauge_set_to_current_time(child_of(metric, fields));
    } else if (strcmp(word, "reset") == 0) {
        must_be(metric, &counter_kind, word);
        promc_counter_reset(child_of(metric, fields));
    } else if (strcmp(word, "touch") == 0) {
        (void)child_of(metric, fields);
    } else if (strcmp(word, "info") == 0) {
        must_be(metric, &info_kind, word);
        set_info(metric, fields);
    } else if (strcmp(word, "state") == 0) {
        must_be(metric, &enum_kind, word);
        set_state(metric, fields);
    } else if (strcmp(word, "unregister") == 0) {
        unregister(metric);
    } else if (strcmp(word, "clear") == 0) {
        if (metric->labelled)
            metric->kind->clear(metric->handle);
    } else if (strcmp(word, "remove") == 0 && metric->labelled) {
        must(metric->kind->remove(metric->handle, fields->at, fields->count));
    } else if (strcmp(word, "remove_matching") == 0 && metric->labelled) {
        remove_matching(metric, fields);
    } else {
        update(word, metric, fields);
    }
}

static void set_target_info(struct fields *fields)
{
    promc_label *labels = next_pairs(fields, fields->count / 2);

    must(promc_registry_set_target_info(registry, labels));
    free(labels);
}

static const struct kind *find_kind(const char *word)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i]->name, word) == 0)
            return kinds[i];
    }
    return NULL;
}

static void run(struct fields *fields)
{
    const char *word = next_field(fields);
    const struct kind *kind = find_kind(word);
    struct metric *metric;

    if (strcmp(word, "clock") == 0) {
        wall_clock = next_double(fields);
    } else if (strcmp(word, "created") == 0) {
        if (strcmp(next_field(fields), "off") == 0)
            promc_disable_created_series();
        else
            promc_enable_created_series();
    } else if (strcmp(word, "target_info") == 0) {
        set_target_info(fields);
    } else {
        metric = fields->count ? find_metric(fields->at[0]) : NULL;
        if (kind && !(metric && kind == &info_kind)) {
            define(kind, fields);
        } else if (metric) {
            (void)next_field(fields);
            run_on_metric(word, metric, fields);
        } else {
            die("no such operation or metric");
        }
    }
}

/* ---- the program ----------------------------------------------------------------------------- */

static char *read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    size_t size = 0;
    size_t capacity = 1 << 16;
    char *text = malloc(capacity);

    if (!file || !text)
        die("cannot read %s", name);
    for (;;) {
        size += fread(text + size, 1, capacity - size - 1, file);
        if (size + 1 < capacity)
            break;
        capacity *= 2;
        text = realloc(text, capacity);
        if (!text)
            die("out of memory");
    }
    if (ferror(file))
        die("cannot read %s", name);
    fclose(file);
    text[size] = '\0';
    return text;
}

static void run_file(char *text)
{
    size_t count;
    char **lines = split(text, '\n', &count);

    for (line_number = 1; line_number <= count; line_number++) {
        struct fields fields;
        char **list;

        if (!lines[line_number - 1][0])
            continue;
        list = split(lines[line_number - 1], '\t', &fields.count);
        for (size_t i = 0; i < fields.count; i++)
            unescape(list[i]);
        fields.at = list;
        run(&fields);
        free(list);
    }
    free(lines);
}

static int print(const void *data, size_t size, void *arg)
{
    (void)arg;
    return fwrite(data, 1, size, stdout) != size;
}

static promc_format read_format(const char *format, const char *escaping)
{
    for (size_t e = 0; e < COUNT(escapings); e++) {
        if (strcmp(escapings[e].name, escaping) != 0)
            continue;
        for (size_t f = 0; f < COUNT(formats); f++) {
            if (strcmp(formats[f].name, format) == 0)
                return (e ? formats[f].escaped : formats[f].plain) | escapings[e].flag;
        }
        fprintf(stderr, "replay: the library has no format \"%s\"\n", format);
        exit(2);
    }
    die("unknown escaping \"%s\"", escaping);
}

int main(int argc, char **argv)
{
    promc_format format;
    char *text;

    if (argc < 3 || argc > 4)
        die("usage: replay FILE.ops FORMAT [ESCAPING]");
    format = read_format(argv[2], argc > 3 ? argv[3] : "underscores");
    text = read_file(argv[1]);
    promc__os.unix_time = replayed_time;
    promc_enable_created_series(); /* whatever the environment says */
    promc_disable_legacy_name_validation();
    registry = promc_registry_new();
    if (!registry)
        die("%s", promc_last_error()->message);

    file_name = argv[1];
    run_file(text);
    file_name = NULL;

    must(promc_expose(registry, format, print, NULL));
    if (fflush(stdout) != 0)
        die("cannot write the output");
    for (size_t i = 0; i < metric_count; i++) {
        if (metrics[i].unregistered)
            (metrics[i].labelled ? metrics[i].kind->free_family
                                 : metrics[i].kind->free)(metrics[i].handle);
    }
    promc_registry_free(registry);
    free(metrics);
    free(text);
    return 0;
}
