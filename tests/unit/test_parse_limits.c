/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers at their limits: memory that ends at every place there is, long names and lines, and
 * callbacks that have had enough. */
#include "refusing.h"
#include "support.h"

#define OM PROMC_FORMAT_OPENMETRICS
#define TEXT PROMC_FORMAT_TEXT

/* A name that is longer than what most have. */
#define TEN "aaaaaaaaaa"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG HUNDRED HUNDRED HUNDRED

static const char openmetrics[] =
    "# HELP a_bytes All\\n of it.\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\n"
    "a_bytes_total{x=\"1\",\"utf.8\"=\"\\n\"} 1 2.5 # {trace=\"abc\",span=\"d\"} 0.5 2\n"
    "# TYPE h histogram\n"
    "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2 # {} 3\nh_sum 2.5\nh_count 2\n"
    "# TYPE e stateset\ne{e=\"on\"} 1\n# TYPE i info\ni_info{v=\"1\"} 1\n"
    "# TYPE s summary\ns{quantile=\"0.5\"} 1\n# TYPE " LONG " gauge\n" LONG " 7\n# EOF\n";
static const char text[] =
    "# HELP a_total All\\n of it.\n# TYPE a_total counter\na_total{x=\"1\",y=\"\\n\"} 1 2000\n"
    "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 2.5\nh_count 2\n"
    "b 1\n# HELP b late\nc 1\n# HELP c late, too\n# TYPE " LONG " gauge\n" LONG " 7\n";

/* ---- memory ------------------------------------------------------------------------------------ */

/* The text behind a help text of `pad` bytes, so that each piece of it can be what does not fit. */
static size_t padded(char *out, promc_format format, size_t pad)
{
    size_t size = (size_t)sprintf(out, "# HELP pad ");

    memset(out + size, 'x', pad);
    size += pad;
    out[size++] = '\n';
    return size + (size_t)sprintf(out + size, "%s", format == OM ? openmetrics : text);
}

static void read_padded(promc_format format, size_t pad, const promc_parse_opts *options)
{
    static char padded_text[1 << 16];
    size_t size = padded(padded_text, format, pad);
    long before = atomic_load(&live_blocks);
    promc_parsed *parsed = promc_parse_all(format, padded_text, size, options);

    if (parsed)
        assert_non_null(promc_parsed_find(parsed, LONG, NULL));
    else
        assert_int_equal(promc_last_error()->code,
                         options ? PROMC_ERROR_LIMIT : PROMC_ERROR_NO_MEMORY);
    promc_parsed_free(parsed);
    assert_int_equal(atomic_load(&live_blocks), before);
}

static void memory_ends_anywhere(void **state)
{
    static const promc_format formats[] = {TEXT, OM};
    (void)state;

    for (size_t f = 0; f < COUNT(formats); f++) {
        for (size_t pad = 0; pad < 4200; pad += 7) {
            long n = 0;

            do { /* only what is kept, and everything, from the n-th on */
                arm(++n, true);
                read_padded(formats[f], pad, NULL);
                disarm();
            } while (atomic_load(&refused));
            assert_true(n > 3);
        }
    }
}

static void limits_end_anywhere(void **state)
{
    static const promc_format formats[] = {TEXT, OM};
    (void)state;

    for (size_t f = 0; f < COUNT(formats); f++)
        for (size_t limit = 1; limit < 40000; limit += 61)
            read_padded(formats[f], limit % 4096,
                        &(promc_parse_opts){.size = sizeof(promc_parse_opts), .memory_limit = limit});
}

/* ---- lines and places -------------------------------------------------------------------------- */

static void lines_have_a_limit(void **state)
{
    const promc_parse_opts options = {.size = sizeof(options), .line_limit = 10};
    promc_parsed *parsed = promc_parse_all(TEXT, "a 1\nb 1234567\n", 14, &options);
    size_t line = 0, column = 0;
    const promc_parse_opts only_line = {.size = sizeof(only_line), .error_line = &line};
    const promc_parse_opts only_column = {.size = sizeof(only_column), .error_column = &column};
    (void)state;

    assert_non_null(parsed);
    promc_parsed_free(parsed);
    assert_null(promc_parse_all(TEXT, "a 1\nb 123456789\n", 16, &options));
    assert_last_error(PROMC_ERROR_LIMIT, "");
    assert_null(promc_parse_all(TEXT, "a 1\nb x\n", 8, &only_line));
    assert_null(promc_parse_all(TEXT, "a 1\nb x\n", 8, &only_column));
    assert_int_equal(line, 2);
    assert_int_equal(column, 3);
}

/* ---- callbacks --------------------------------------------------------------------------------- */

static int left; /* calls that are answered with 0 */

static int take_family(const promc_parsed_family *family, void *arg)
{
    (void)family, (void)arg;
    return left-- > 0 ? 0 : 1;
}

static int take_sample(const promc_parsed_sample *sample, void *arg)
{
    (void)sample, (void)arg;
    return left-- > 0 ? 0 : -1;
}

static void callbacks_may_have_enough(void **state)
{
    const promc_parse_callbacks callbacks = {
        .size = sizeof(callbacks), .family = take_family, .sample = take_sample};
    (void)state;

    for (size_t f = 0; f < 2; f++) {
        promc_format format = f ? OM : TEXT;
        const char *all = f ? openmetrics : text;
        int status = PROMC_ERROR_SINK;

        for (int calls = 0; status == PROMC_ERROR_SINK; calls++) {
            assert_true(calls < 100);
            left = calls;
            status = promc_parse(format, all, strlen(all), &callbacks, NULL);
        }
        assert_int_equal(status, PROMC_OK);
        assert_int_equal(left, 0);
    }
}

/* ---- what is found ----------------------------------------------------------------------------- */

static void samples_are_found_by_all_their_labels(void **state)
{
    static const char lines[] = "a 1\na{x=\"1\"} 2\na{x=\"1\",y=\"\"} 3\na{y=\"1\"} 4\n";
    promc_parsed *parsed = promc_parse_all(TEXT, lines, strlen(lines), NULL);
    (void)state;

    assert_number(promc_parsed_find(parsed, "a", NULL)->value, 1);
    assert_number(promc_parsed_find(parsed, "a", PROMC_PAIRS({"x", "1"}))->value, 2);
    assert_number(promc_parsed_find(parsed, "a", PROMC_PAIRS({"y", ""}, {"x", "1"}))->value, 3);
    assert_number(promc_parsed_find(parsed, "a", PROMC_PAIRS({"y", "1"}))->value, 4);
    assert_null(promc_parsed_find(parsed, "a", PROMC_PAIRS({"z", "1"})));
    assert_null(promc_parsed_find(parsed, "a", PROMC_PAIRS({"x", "2"})));
    assert_null(promc_parsed_find(parsed, "a", PROMC_PAIRS({"x", "12"})));
    assert_null(promc_parsed_find(parsed, "a", PROMC_PAIRS({"x", NULL})));
    assert_null(promc_parsed_find(parsed, "b", NULL));
    assert_null(promc_parsed_find(parsed, NULL, NULL));
    assert_null(promc_parsed_find(NULL, "a", NULL));
    promc_parsed_free(parsed);
    promc_parsed_free(NULL);
}

/* ---- what is refused --------------------------------------------------------------------------- */

static void refuse(promc_format format, const char *wrong, const char *why)
{
    const promc_parse_opts strict = {.size = sizeof(strict), .strict = true};

    assert_null(promc_parse_all(format, wrong, strlen(wrong), &strict));
    assert_last_error(PROMC_ERROR_SYNTAX, why);
}

static void rules_are_kept(void **state)
{
    static const char *const times[] = {"-1.5", "+1.5", "1.", "1e3", "-0", "123456789012345678.5"};
    static char many_labels[2000];
    (void)state;

    refuse(OM, "# TYPE i_x info\n# UNIT i_x x\n# EOF\n", "this type has no units");
    refuse(OM, "# TYPE i_x stateset\n# UNIT i_x x\n# EOF\n", "this type has no units");
    refuse(OM, "# TYPE s summary\ns{quantile=\"-0.5\"} 1\n# EOF\n", "from 0 to 1");
    refuse(OM, "# TYPE s summary\ns{quantile=\"1.5\"} 1\n# EOF\n", "from 0 to 1");
    refuse(OM, "# TYPE s summary\ns{quantile=\"x\"} 1\n# EOF\n", "from 0 to 1");
    refuse(OM, "# TYPE h histogram\nh_bucket{le=\"-Inf\"} 1\n# EOF\n", "+Inf bucket is missing");
    refuse(OM, "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n# EOF\n", "+Inf bucket is missing");
    refuse(OM, "# TYPE h histogram\nh_sum 1\nh_count 1\n# EOF\n", "+Inf bucket is missing");
    refuse(OM, "a 1 x\n# EOF\n", "not a number");
    refuse(OM, "a 1 +-1\n# EOF\n", "not a number");
    refuse(OM, "a 1 Inf\n# EOF\n", "finite");
    refuse(OM, "a 1e999\n# EOF\n", "too large");
    refuse(TEXT, "# TYPE a gauge\n# TYPE a gauge\n", "a second TYPE");
    refuse(TEXT, "a 1\n# TYPE a gauge\n", "a second TYPE");
    refuse(TEXT, "{x=\"1\"} 1\n", "");
    refuse(TEXT, "\"a\" 1\n", "");
    refuse(TEXT, "x{a=\"1\",a=\"2\",b=\"3\"} 1\n", "");
    refuse(TEXT, "x{b=\"1\",a=\"2\",d=\"3\",b=\"4\"} 1\n", "");
    for (int i = (int)strlen(strcpy(many_labels, "x{a0=\"\",a0=\"\"")); i < 1000; i = (int)strlen(many_labels))
        sprintf(many_labels + i, ",l%d=\"\"", i);
    strcat(many_labels, "} 1\n");
    refuse(TEXT, many_labels, "");
    refuse(OM, "# TYPE " LONG " counter\n# TYPE " LONG "_total gauge\n# EOF\n", "taken already");
    for (size_t i = 0; i < COUNT(times); i++) {
        char line[64];
        promc_parsed *parsed;

        snprintf(line, sizeof(line), "a 1 %s\n# EOF\n", times[i]);
        parsed = promc_parse_all(OM, line, strlen(line), NULL);
        assert_non_null(parsed);
        assert_true(parsed->families->samples->has_timestamp);
        assert_number(parsed->families->samples->timestamp, strtod(times[i], NULL));
        promc_parsed_free(parsed);
    }
}

/* ---- advice ------------------------------------------------------------------------------------ */

static void advice_needs_memory(void **state)
{
    static char many[1 << 16];
    long n = 0;
    int status = 0;
    (void)state;

    assert_int_equal(promc_lint_text(OM, openmetrics, strlen(openmetrics), NULL, NULL), 5); /* without help texts */
    for (size_t pad = 0; pad < 4200; pad += 97) {
        size_t size = padded(many, OM, pad);

        for (n = 1, status = -1; status < 0; n++) {
            arm(n, true);
            status = promc_lint_text(OM, many, size, NULL, NULL);
            disarm();
            if (status < 0)
                assert_int_equal(status, PROMC_ERROR_NO_MEMORY);
        }
    }
}

/* So many families that their names need more than one piece of memory. */
static void advice_on_many_families(void **state)
{
    static char many[1 << 16];
    (void)state;

    for (int families = 60; families < 130; families += 3) {
        size_t size = 0;
        int status = -1;

        for (int i = 0; i < families; i++)
            size += (size_t)sprintf(many + size, "# TYPE family_with_a_long_name_%d gauge\n"
                                                 "family_with_a_long_name_%d 1\n", i, i);
        size += (size_t)sprintf(many + size, "# EOF\n");
        for (long n = 1; status < 0; n++) {
            arm(n, true);
            status = promc_lint_text(OM, many, size, NULL, NULL);
            disarm();
            assert_true(status == PROMC_ERROR_NO_MEMORY || status == families);
        }
    }
}

static void odd_bounds_are_labels(void **state)
{
    static const char lines[] = "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"NaN\"} 1\n"
                                "h_bucket{le=\"x\"} 1\nh_bucket{le=\"1\",quantile=\"x\"} 1\n"
                                "h_sum 1\nh_count 1\n";
    (void)state;

    assert_true(promc_lint_text(TEXT, lines, strlen(lines), NULL, NULL) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_ends_anywhere),
        cmocka_unit_test(limits_end_anywhere),
        cmocka_unit_test(lines_have_a_limit),
        cmocka_unit_test(callbacks_may_have_enough),
        cmocka_unit_test(samples_are_found_by_all_their_labels),
        cmocka_unit_test(rules_are_kept),
        cmocka_unit_test(advice_needs_memory),
        cmocka_unit_test(advice_on_many_families),
        cmocka_unit_test(odd_bounds_are_labels),
    };

    return cmocka_run_group_tests(tests, count_memory, NULL);
}
