/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers: what is read, what is refused and where, limits, hostile input, refused memory. */
#include "effort.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define OM PROMC_FORMAT_OPENMETRICS
#define TEXT PROMC_FORMAT_TEXT

/* Parses a copy that ends where the text does, so that a checker sees any byte more. */
static promc_parsed *parse_bytes(promc_format format, const char *text, size_t size,
                                 const promc_parse_opts *options)
{
    char *copy = malloc(size ? size : 1);
    promc_parsed *parsed;

    assert_non_null(copy);
    memcpy(copy, text, size);
    parsed = promc_parse_all(format, copy, size, options);
    free(copy);
    return parsed;
}

static promc_parsed *parse(promc_format format, const char *text)
{
    promc_parsed *parsed = parse_bytes(format, text, strlen(text), NULL);

    if (!parsed)
        fail_msg("%s in %s", promc_last_error()->message, text);
    return parsed;
}

static void assert_value(promc_format format, const char *text, double value)
{
    promc_parsed *parsed = parse(format, text);

    assert_non_null(parsed->families);
    assert_non_null(parsed->families->samples);
    assert_number(parsed->families->samples->value, value);
    promc_parsed_free(parsed);
}

#define assert_read(format, text) promc_parsed_free(parse((format), (text)))

#define assert_refused(format, text, line, column, reason)                                         \
    assert_refused_at((format), (text), strlen(text), (line), (column), (reason), __FILE__, __LINE__)
static void assert_refused_at(promc_format format, const char *text, size_t size, size_t line, size_t column,
                              const char *reason, const char *file, int at)
{
    size_t found_line = 0, found_column = 0;
    promc_parse_opts options = {.size = sizeof options, .error_line = &found_line,
                                .error_column = &found_column};
    promc_parsed *parsed = parse_bytes(format, text, size, &options);

    if (parsed) {
        print_error("this was read: %s\n", text);
        _fail(file, at);
    }
    if (found_line != line || found_column != column || !strstr(promc_last_error()->message, reason)) {
        print_error("%s; expected line %zu, column %zu: %s\n", promc_last_error()->message, line, column,
                    reason);
        _fail(file, at);
    }
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_SYNTAX);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void test_text(void **state)
{
    static const char text[] = "# HELP a_total Help with \\\\ and \\n and \\x.\n"
                               "# TYPE a_total counter\n"
                               "a_total{foo=\"b\\\"a\\\\r\\n\",empty=\"\"} 1.5 -1500\n"
                               "\n"
                               "  # just a comment\n"
                               "#HELP nothing\n"
                               "  a_total\t{ foo = \"x\" , } \t2\t\n"
                               "lonely +Inf\n"
                               "# TYPE h histogram\n"
                               "h_bucket{le=\"+Inf\"} 3\n"
                               "h_count 3\n"
                               "h_sum 4\n"
                               "last{}5";
    promc_parsed *parsed = parse(TEXT, text);
    const promc_parsed_family *family = parsed->families;
    const promc_parsed_sample *sample = family->samples;

    (void)state;
    assert_int_equal(parsed->family_count, 4);
    assert_string_equal(family->name, "a_total");
    assert_int_equal(family->name_size, 7);
    assert_string_equal(family->help, "Help with \\ and \n and \\x.");
    assert_int_equal(family->help_size, strlen(family->help));
    assert_int_equal(family->type, PROMC_TYPE_COUNTER);
    assert_null(family->unit);
    assert_int_equal(family->line, 1);
    assert_int_equal(family->sample_count, 2);
    assert_int_equal(sample->line, 3);
    assert_int_equal(sample->label_count, 2);
    assert_string_equal(sample->labels[0].name, "foo");
    assert_string_equal(sample->labels[0].value, "b\"a\\r\n");
    assert_int_equal(sample->value_sizes[0], 6);
    assert_string_equal(sample->labels[1].value, "");
    assert_null(sample->labels[2].name);
    assert_number(sample->value, 1.5);
    assert_true(sample->has_timestamp);
    assert_number(sample->timestamp, -1.5);
    assert_ptr_equal(sample->family, family);
    sample = sample->next;
    assert_int_equal(sample->line, 7);
    assert_false(sample->has_timestamp);
    assert_string_equal(promc_label_value(sample->labels, "foo"), "x");
    assert_null(sample->next);
    family = family->next;
    assert_string_equal(family->name, "lonely");
    assert_int_equal(family->type, PROMC_TYPE_UNKNOWN);
    assert_null(family->help);
    assert_number(family->samples->value, (double)INFINITY);
    assert_non_null(family->samples->labels);
    assert_null(family->samples->labels->name);
    family = family->next;
    assert_string_equal(family->name, "h");
    assert_int_equal(family->sample_count, 3);
    assert_string_equal(family->samples->name, "h_bucket");
    assert_string_equal(family->next->name, "last");
    assert_null(family->next->next);
    assert_null(promc_parsed_find(parsed, "a_total", NULL));
    assert_non_null(promc_parsed_find(parsed, "a_total", PROMC_PAIRS({"foo", "x"})));
    assert_non_null(promc_parsed_find(parsed, "h_sum", NULL));
    assert_null(promc_parsed_find(NULL, "h_sum", NULL));
    promc_parsed_free(parsed);
    promc_parsed_free(NULL);
}

static void test_text_quoted_names(void **state)
{
    promc_parsed *parsed = parse(PROMC_FORMAT_TEXT_1_0_0,
                                 "# HELP \"my.counter{} # = \\\" \\n\" help\n"
                                 "# TYPE \"my.counter{} # = \\\" \\n\" gauge\n"
                                 "{\"my.counter{} # = \\\" \\n\", \"a b\"=\"1\",c=\"2\"} 1\n"
                                 "{x=\"y\",\"late.name\"} 2\n");
    const promc_parsed_family *family = parsed->families;

    (void)state;
    assert_string_equal(family->name, "my.counter{} # = \" \n");
    assert_string_equal(family->help, "help");
    assert_int_equal(family->sample_count, 1);
    assert_string_equal(family->samples->labels[0].name, "a b");
    assert_string_equal(family->next->name, "late.name");
    promc_parsed_free(parsed);
    assert_refused(TEXT, "{a=\"b\"} 1\n", 1, 1, "no metric name");
    assert_refused(TEXT, "a{\"b\"} 1\n", 1, 6, "expected =");
    assert_refused(TEXT, "{\"a\",\"b\"} 1\n", 1, 9, "expected =");
    assert_refused(TEXT, "{\"\"} 1\n", 1, 2, "cannot be empty");
    assert_refused(TEXT, "\"a\" 1\n", 1, 1, "expected a metric name");
}

static void test_text_refused(void **state)
{
    (void)state;
    assert_refused(TEXT, "a 1\nb\n", 2, 2, "expected a number");
    assert_refused(TEXT, "a x\n", 1, 3, "x is not a number");
    assert_refused(TEXT, "a 1\r\n", 1, 3, "ends in \\n alone, but here is \\r");
    assert_refused(TEXT, "a 1_0\n", 1, 3, "not a number");
    assert_refused(TEXT, "a 1e999\n", 1, 3, "too large");
    assert_refused(TEXT, "a 1 1.5\n", 1, 5, "integer of milliseconds");
    assert_refused(TEXT, "a 1 99999999999999999999\n", 1, 5, "integer of milliseconds");
    assert_refused(TEXT, "a 1 1 1\n", 1, 7, "end of the line");
    assert_refused(TEXT, "a 1 # {b=\"c\"} 1\n", 1, 5, "OpenMetrics only");
    assert_refused(TEXT, "1a 1\n", 1, 1, "expected a metric name");
    assert_refused(TEXT, "a.b 1\n", 1, 2, "cannot be in a metric name");
    assert_refused(TEXT, "a{b=\"c} 1\n", 1, 5, "not closed");
    assert_refused(TEXT, "a{b=\"c\\\"} 1\n", 1, 5, "not closed");
    assert_refused(TEXT, "a{b=\"c\\", 1, 5, "not closed");
    assert_refused(TEXT, "a{b=\"c\nd\"} 1\n", 1, 5, "not closed");
    assert_refused(TEXT, "a{b=c} 1\n", 1, 5, "in quotes");
    assert_refused(TEXT, "a{b} 1\n", 1, 4, "expected =");
    assert_refused(TEXT, "a{:b=\"\"} 1\n", 1, 3, "expected a label name");
    assert_refused(TEXT, "a{b=\"c\" d=\"e\"} 1\n", 1, 9, "comma");
    assert_refused(TEXT, "a{b=\"c\",,d=\"e\"} 1\n", 1, 9, "expected a label name");
    assert_refused(TEXT, "a{b=\"c\",b=\"d\"} 1\n", 1, 2, "label b is there twice");
    assert_refused(TEXT, "a{__name__=\"c\"} 1\n", 1, 3, "reserved");
    assert_refused(TEXT, "# TYPE a blob\n", 1, 10, "counter, gauge");
    assert_refused(TEXT, "# TYPE a\n", 1, 9, "counter, gauge");
    assert_refused(TEXT, "# HELP 1a x\n", 1, 8, "expected a metric name");
    assert_refused(TEXT, "# HELP a.b x\n", 1, 9, "cannot be in");
    assert_refused(TEXT, "ok 1\na{b=\"\xff\"} 1\n", 2, 1, "UTF-8");
    assert_refused(TEXT, "a{b=\"\xed\xa0\x80\"} 1\n", 1, 1, "UTF-8");
    assert_refused_at(TEXT, "a\0b 1\n", 6, 1, 2, "cannot be in", __FILE__, __LINE__);
    assert_refused_at(TEXT, "{\"a\0b\"} 1\n", 10, 1, 2, "NUL", __FILE__, __LINE__);
    assert_refused_at(TEXT, "a 1\0\n", 5, 1, 3, "not a number", __FILE__, __LINE__);
}

static void test_text_lenient(void **state)
{
    static const char late[] = "a 1\n# TYPE a counter\n# HELP a x\na 2\n";
    promc_parse_opts strict = {.size = sizeof strict, .strict = true};
    promc_parsed *parsed = parse(TEXT, late);

    (void)state;
    assert_int_equal(parsed->family_count, 1);
    assert_int_equal(parsed->families->type, PROMC_TYPE_COUNTER);
    assert_int_equal(parsed->families->sample_count, 2);
    promc_parsed_free(parsed);
    assert_null(parse_bytes(TEXT, late, strlen(late), &strict));
    assert_last_error(PROMC_ERROR_SYNTAX, "line 2, column 1");
    assert_read(TEXT, "# HELP a x\n# HELP a y\n# TYPE a gauge\n# TYPE a counter\na 1\nb 1\na 1\na 1\n");
    assert_read(TEXT, "# HELP a\n# HELP\n# TYPE\n#\n# \n##\na{,} 1\na{b=\"\\d\"} 1\n\t\n");
    assert_null(parse_bytes(TEXT, "a{b=\"\\d\"} 1\n", 12, &strict));
    assert_read(TEXT, "");
    assert_read(TEXT, "\n\n");
    assert_value(TEXT, "a{b=\"c\"}1", 1);
    assert_value(TEXT, "a nAn", (double)NAN);
    assert_value(TEXT, "a -inf", -(double)INFINITY);
    assert_value(TEXT, "a 0.1 0", 0.1);
    /* Samples find their family wherever it is, and not that of another type. */
    parsed = parse(TEXT, "# TYPE s summary\n# TYPE g gauge\ng_sum 1\ns_sum 2\ns_bucket 3\ns{quantile=\"1\"} 4\n");
    assert_int_equal(parsed->family_count, 4);
    assert_int_equal(parsed->families->sample_count, 2);
    promc_parsed_free(parsed);
}

static void test_nul_in_values(void **state)
{
    promc_parsed *parsed = parse_bytes(TEXT, "# HELP a x\0y\na{b=\"c\0d\"} 1\n", 26, NULL);

    (void)state;
    assert_non_null(parsed);
    assert_int_equal(parsed->families->help_size, 3);
    assert_memory_equal(parsed->families->help, "x\0y", 4);
    assert_int_equal(parsed->families->samples->value_sizes[0], 3);
    assert_memory_equal(parsed->families->samples->labels[0].value, "c\0d", 4);
    assert_null(promc_parsed_find(parsed, "a", PROMC_PAIRS({"b", "c"})));
    promc_parsed_free(parsed);
}

/* ---- OpenMetrics ----------------------------------------------------------------------------- */

static void test_openmetrics(void **state)
{
    promc_parsed *parsed = parse(OM, "# TYPE a_seconds counter\n# HELP a_seconds \\\"x\\n\\y\n"
                                     "# UNIT a_seconds seconds\n"
                                     "a_seconds_total{b=\"c\"} 1 12.5 # {t=\"\xc3\xa9\",u=\"\"} 0.5 1.5e3\n"
                                     "a_seconds_created{b=\"c\"} 5 12.5\n"
                                     "{\"u.v\", \"w x\"=\"y\"} NaN\n# EOF");
    const promc_parsed_family *family = parsed->families;
    const promc_parsed_sample *sample = family->samples;

    (void)state;
    assert_int_equal(parsed->family_count, 2);
    assert_string_equal(family->help, "\"x\n\\y");
    assert_string_equal(family->unit, "seconds");
    assert_string_equal(sample->name, "a_seconds_total");
    assert_number(sample->timestamp, 12.5);
    assert_non_null(sample->exemplar);
    assert_int_equal(sample->exemplar->label_count, 2);
    assert_string_equal(promc_label_value(sample->exemplar->labels, "t"), "\xc3\xa9");
    assert_number(sample->exemplar->value, 0.5);
    assert_true(sample->exemplar->has_timestamp);
    assert_number(sample->exemplar->timestamp, 1500);
    assert_null(sample->next->exemplar);
    assert_string_equal(family->next->name, "u.v");
    assert_string_equal(family->next->samples->labels[0].name, "w x");
    promc_parsed_free(parsed);
}

static void test_openmetrics_refused(void **state)
{
    (void)state;
    assert_refused(OM, "", 1, 1, "# EOF is missing");
    assert_refused(OM, "a 1\n", 2, 1, "# EOF is missing");
    assert_refused(OM, "# EOF\na 1\n", 2, 1, "after # EOF");
    assert_refused(OM, "# EOF\n\n", 2, 1, "after # EOF");
    assert_refused(OM, "a 1\n\n# EOF\n", 2, 1, "blank lines");
    assert_refused(OM, "# A comment\n# EOF\n", 1, 1, "expected # HELP");
    assert_refused(OM, "# TYPE a untyped\n# EOF\n", 1, 10, "not a type");
    assert_refused(OM, "# TYPE a gauge \n# EOF\n", 1, 10, "not a type");
    assert_refused(OM, "a 1 \n# EOF\n", 1, 5, "expected a number");
    assert_refused(OM, "a  1\n# EOF\n", 1, 3, "expected a number");
    assert_refused(OM, "a 1 1 \n# EOF\n", 1, 6, "exemplar");
    assert_refused(OM, "a\t1\n# EOF\n", 1, 2, "expected a space");
    assert_refused(OM, "a{ b=\"c\"} 1\n# EOF\n", 1, 3, "label name");
    assert_refused(OM, "a{b=\"c\",} 1\n# EOF\n", 1, 9, "label name");
    assert_refused(OM, "a{b=\"c\"}1\n# EOF\n", 1, 9, "expected a space");
    assert_refused(OM, "# TYPE a counter\n# TYPE a_created gauge\na_created 1\n# TYPE b gauge\n# EOF\n", 2, 1,
                   "a_created is taken already");
    assert_refused(OM, "# TYPE a counter\na 1\n# EOF\n", 2, 1,
                   "samples of this counter have a suffix, such as a_total");
    assert_refused(OM, "a 1\nb 1\na 1\n# EOF\n", 3, 1, "taken already");
    assert_refused(OM, "# UNIT a_x seconds\n# EOF\n", 1, 1, "does not end in its unit");
    assert_refused(OM, "# UNIT seconds seconds\n# EOF\n", 1, 1, "does not end in its unit");
    assert_refused(OM, "# TYPE a histogram\na_bucket{le=\"Inf\"} 1\n# EOF\n", 2, 1, "+Inf");
    assert_refused(OM, "# TYPE a histogram\na_bucket{le=\"1\"} 1\n# EOF\n", 3, 1, "+Inf bucket is missing");
    assert_refused(OM, "# TYPE a counter\na_total -1\n# EOF\n", 2, 1, "negative");
    assert_refused(OM, "# TYPE a gauge\na{b=\"1\"} 1\na{b=\"2\"} 1\na{b=\"1\"} 1\n# EOF\n", 4, 1,
                   "others between");
    /* One nanosecond backwards, which doubles do not see. */
    assert_refused(OM, "a 1 1500000000.000000002\na 1 1500000000.000000001\n# EOF\n", 2, 1, "backwards");
    assert_refused(OM, "a 1 -1.5\na 1 -1.6\n# EOF\n", 2, 1, "backwards");
}

static void test_openmetrics_times(void **state)
{
    promc_parsed *parsed = parse(OM, "# TYPE h histogram\n"
                                     "h_bucket{le=\"+Inf\"} 1 1\nh_count 1 1\nh_sum 1 1\n"
                                     "h_bucket{le=\"+Inf\"} 2 2\nh_count 2 2\nh_sum 2 2\n# EOF\n");

    (void)state;
    assert_int_equal(parsed->families->sample_count, 6);
    promc_parsed_free(parsed);
    /* What is cut to the same nanosecond is the same sample. */
    parsed = parse(OM, "a 1 0.0000000000\na 2 0.0000000001\na 3 0.0000000010\n# EOF\n");
    assert_int_equal(parsed->families->sample_count, 2);
    assert_number(parsed->families->samples->next->value, 3);
    promc_parsed_free(parsed);
    assert_read(OM, "a 1 -1.6\na 1 -1.5\na 1 -.5\na 1 +.5\na 1 12345678901234567890.5\na 1 1e30\n# EOF\n");
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static char seen[1000];

static int see_family(const promc_parsed_family *family, void *arg)
{
    strcat(strcat(strcat(seen, family->name), family->help ? "?" : ""), "{");
    return *(int *)arg == 1 ? 7 : 0;
}

static int see_sample(const promc_parsed_sample *sample, void *arg)
{
    strcat(strcat(seen, sample->name), " ");
    assert_null(sample->next);
    assert_null(sample->family->samples);
    return *(int *)arg == 2 ? -7 : 0;
}

static void test_callbacks(void **state)
{
    static const char text[] = "# TYPE empty gauge\n# HELP a x\na 1\nb 2\n# HELP b late\n# TYPE last gauge\n";
    promc_parse_callbacks callbacks = {.size = sizeof callbacks, .family = see_family, .sample = see_sample};
    int refuse = 0;

    (void)state;
    assert_int_equal(promc_parse(TEXT, text, strlen(text), &callbacks, &refuse), PROMC_OK);
    assert_string_equal(seen, "empty{a?{a b{b b?{last{");
    for (refuse = 1; refuse <= 2; refuse++) {
        seen[0] = '\0';
        assert_int_equal(promc_parse(TEXT, text, strlen(text), &callbacks, &refuse), PROMC_ERROR_SINK);
        assert_string_equal(seen, refuse == 1 ? "empty{" : "empty{a?{a ");
    }
    assert_int_equal(promc_parse(TEXT, text, strlen(text), NULL, NULL), PROMC_OK);
    assert_int_equal(promc_parse(PROMC_FORMAT_PROTOBUF, "", 0, NULL, NULL), PROMC_ERROR_UNSUPPORTED);
    assert_int_equal(promc_parse(TEXT, NULL, 1, NULL, NULL), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_parse(TEXT, NULL, 0, NULL, NULL), PROMC_OK);
}

/* ---- limits and hostile input ---------------------------------------------------------------- */

static void test_limits(void **state)
{
    promc_parse_opts options = {.size = sizeof options, .line_limit = 10, .memory_limit = 100000};
    promc_parse_callbacks callbacks = {.size = sizeof callbacks, .options = &options};
    char *text = malloc(1000000);
    size_t size = 0;

    (void)state;
    assert_int_equal(promc_parse(TEXT, "a 12345678\n", 11, &callbacks, NULL), PROMC_OK);
    assert_int_equal(promc_parse(TEXT, "a 123456789\n", 12, &callbacks, NULL), PROMC_ERROR_LIMIT);
    assert_last_error(PROMC_ERROR_LIMIT, ".line_limit, 10 bytes");
    options.line_limit = 0;
    for (int i = 0; i < 20000; i++)
        size += (size_t)sprintf(text + size, "name_%d 1\n", i);
    assert_int_equal(promc_parse(TEXT, text, size, &callbacks, NULL), PROMC_ERROR_LIMIT);
    assert_null(promc_parse_all(TEXT, text, size, &options));
    assert_last_error(PROMC_ERROR_LIMIT, ".memory_limit");
    options.memory_limit = 0;
    assert_int_equal(promc_parse(TEXT, text, size, &callbacks, NULL), PROMC_OK);
    for (size = 0; size < 900000;) /* series cost nothing */
        size += (size_t)sprintf(text + size, "name{l=\"%zu\"} 1\n", size);
    options.memory_limit = 100000;
    assert_int_equal(promc_parse(TEXT, text, size, &callbacks, NULL), PROMC_OK);
    assert_null(promc_parse_all(TEXT, text, size, &options));
    assert_last_error(PROMC_ERROR_LIMIT, ".memory_limit");
    free(text);
}

static double processor_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How the n-th piece of a hostile text looks. */
static size_t piece(int kind, char *out, size_t i)
{
    switch (kind) {
    case 0: /* many families */
        return (size_t)sprintf(out, "# HELP f%zu x\n# TYPE f%zu gauge\nf%zu 1\n", i, i, i);
    case 1: /* many groups of one family */
        return (size_t)sprintf(out, "%sf{l=\"%zu\"} 1\n", i ? "" : "# TYPE f gauge\n", i);
    case 2: /* many series of one group */
        return (size_t)sprintf(out, "%sf{f=\"%zu\"} 1\n", i ? "" : "# TYPE f stateset\n", i);
    case 3: /* many labels in a line */
        return (size_t)sprintf(out, "%sl%zu=\"\"", i ? "," : "f{", i);
    case 4: /* one long number */
        return (size_t)sprintf(out, "%s000000000000000000000000000000000000000009", i ? "" : "f ");
    case 5: /* one long value */
        return (size_t)sprintf(out, "%s\\\\\\\"\\n\\x", i ? "" : "f{l=\"");
    case 6: /* one family that is large, then many that are small */
        if (i < 2000)
            return piece(1, out, i);
        return piece(0, out, i);
    default: /* many digits after a tie */
        return (size_t)sprintf(out, "f%zu 9007199254740993.%0100d1\n", i, 0);
    }
}

static double measure(int kind, size_t pieces, bool *read)
{
    char *text = malloc(pieces * 160 + 100);
    promc_parse_opts options = {.size = sizeof options, .line_limit = (size_t)1 << 30};
    promc_parse_callbacks callbacks = {.size = sizeof callbacks, .options = &options};
    size_t size = 0;
    double best = 1e9;

    assert_non_null(text);
    for (size_t i = 0; i < pieces; i++)
        size += piece(kind, text + size, i);
    if (kind == 3)
        size += (size_t)sprintf(text + size, "} 1\n");
    if (kind == 4)
        size += (size_t)sprintf(text + size, "e-99999999\n");
    if (kind == 5)
        size += (size_t)sprintf(text + size, "\"} 1\n");
    size += (size_t)sprintf(text + size, "# EOF\n");
    for (int i = 0; i < 3; i++) {
        double begun = processor_seconds();

        *read = promc_parse(OM, text, size, &callbacks, NULL) == PROMC_OK;
        begun = processor_seconds() - begun;
        best = begun < best ? begun : best;
    }
    free(text);
    return best;
}

/* Ten times the input takes about ten times the time. */
static void test_linear_time(void **state)
{
    (void)state;
    for (int kind = 0; kind < 8; kind++) {
        bool read;
        size_t few = effort(4000);
        double small = measure(kind, few, &read), large;

        assert_true(read);
        large = measure(kind, 10 * few, &read);
        assert_true(read);
        if (large > 40 * small + 0.02)
            fail_msg("kind %d: %g s, then %g s for ten times as much", kind, small, large);
    }
}

/* Every beginning of a text, and every byte of it changed: nothing happens but an answer. */
static void test_damaged_texts(void **state)
{
    static const char *const texts[] = {
        "# HELP a x\\n\n# TYPE a counter\na_total{b=\"c\\\"\",d=\"\"} 1.5e3 12.5 # {x=\"y\"} 0.5 1\n# EOF\n",
        ("# TYPE h histogram\nh_bucket{l=\"1\",le=\"1\"} 1\nh_bucket{l=\"1\",le=\"+Inf\"} 2\n"
         "h_count{l=\"1\"} 2\nh_sum{l=\"1\"} 3\n# EOF\n"),
        "# TYPE \"a.b\" summary\n# UNIT \"a.b\" \n{\"a.b\", quantile=\"0.5\"} 1\n# EOF\n",
    };
    static const char bytes[] = {'\0', '\n', ' ', '"', '\\', '{', '}', '#', ',', '=', '1', 'a', '\x80', '\xff', '\t'};
    char copy[400];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        size_t size = strlen(texts[i]);

        for (size_t at = 0; at <= size; at++) {
            promc_parsed_free(parse_bytes(OM, texts[i], at, NULL));
            promc_parsed_free(parse_bytes(TEXT, texts[i], at, NULL));
            for (size_t b = 0; b < sizeof bytes && at < size; b++) {
                memcpy(copy, texts[i], size);
                copy[at] = bytes[b];
                promc_parsed_free(parse_bytes(OM, copy, size, NULL));
                promc_parsed_free(parse_bytes(TEXT, copy, size, NULL));
                promc_lint_text(OM, copy, size, NULL, NULL);
            }
        }
    }
}

/* ---- refused memory -------------------------------------------------------------------------- */

static int blocks_left, blocks_used;

static void *scarce_malloc(size_t size, void *ctx)
{
    void *block = blocks_left-- > 0 ? malloc(size) : NULL;

    (void)ctx;
    blocks_used += block != NULL;
    return block;
}

static void *scarce_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return blocks_left-- > 0 ? realloc(block, size) : NULL;
}

static void scarce_free(void *block, void *ctx)
{
    (void)ctx;
    blocks_used--;
    free(block);
}

static void test_refused_memory(void **state)
{
    static const promc_allocator scarce = {scarce_malloc, scarce_realloc, scarce_free, NULL};
    char *text = malloc(400000);
    size_t size = 0;
    bool done = false;

    (void)state;
    size += (size_t)sprintf(text, "# HELP a x\n# TYPE a counter\na_total{");
    for (int i = 0; i < 60; i++)
        size += (size_t)sprintf(text + size, "l%d=\"%0200d\",", i, i);
    size += (size_t)sprintf(text + size - 1, "} 1 # {x=\"y\"} 1\n") - 1;
    for (int i = 0; i < 300; i++)
        size += (size_t)sprintf(text + size, "a_total{l=\"%d\"} 1\n", i);
    for (int i = 0; i < 300; i++)
        size += (size_t)sprintf(text + size, "f%d 1\n", i);
    size += (size_t)sprintf(text + size, "# EOF\n");
    if (promc_set_allocator(&scarce) != PROMC_OK)
        fail_msg("%s", promc_last_error()->message);
    for (int count = 0; !done; count++) {
        promc_parsed *parsed;
        int status;

        blocks_left = count;
        parsed = promc_parse_all(OM, text, size, NULL);
        if (!parsed)
            assert_int_equal(promc_last_error()->code, PROMC_ERROR_NO_MEMORY);
        promc_parsed_free(parsed);
        assert_int_equal(blocks_used, 0);
        blocks_left = count;
        status = promc_lint_text(OM, text, size, NULL, NULL);
        if (status < 0)
            assert_int_equal(status, PROMC_ERROR_NO_MEMORY);
        assert_int_equal(blocks_used, 0);
        done = parsed && status >= 0;
        assert_in_range(count, 0, 1000);
    }
    assert_int_equal(promc_set_allocator(NULL), PROMC_OK);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_memory), /* first: no memory of the library may be in use */
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_quoted_names),
        cmocka_unit_test(test_text_refused),
        cmocka_unit_test(test_text_lenient),
        cmocka_unit_test(test_nul_in_values),
        cmocka_unit_test(test_openmetrics),
        cmocka_unit_test(test_openmetrics_refused),
        cmocka_unit_test(test_openmetrics_times),
        cmocka_unit_test(test_callbacks),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_linear_time),
        cmocka_unit_test(test_damaged_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
