/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we write we read back: random registries, exposed in every format that is read, parsed, and
 * every sample looked up in the registry again; and every family has its type, help and unit.
 */
#include "effort.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>


static uint64_t random_state = UINT64_C(0x853c49e6748fea9b);

static uint64_t random_u64(void) /* xorshift64*, Vigna 2016 */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static unsigned below(unsigned limit)
{
    return (unsigned)(random_u64() >> 33) % limit;
}

static double random_number(void)
{
    static const double few[] = {0, 1, -1, 0.5, 1e6, 1234567, 123456789012.0, 1e-9, 5e-324,
                                 1.7976931348623157e308, 3.14159, 1e21};
    uint64_t bits;
    double value;

    if (below(2))
        return few[below(COUNT(few))];
    do {
        bits = random_u64();
        memcpy(&value, &bits, sizeof value);
    } while (value != value || value - value != 0);
    return value;
}

static const char *random_text(void)
{
    static const char *const few[] = {
        "", "GET", "a b", "\"", "\\", "\\n", "\n", "\\\"", "trailing\\", "  ", "\t", "{}", "a=\"b\",c=\"d\"",
        "} 1\n# EOF\n", " # {x=\"y\"} 1", "\xe4\xb8\x96\xe7\x95\x8c", "\xf0\x9f\x98\x80", "\r\n", "#", "\x01\x7f",
        "0.5", "+Inf", "a very long value that does not fit into eight bytes, nor into sixteen"};

    return few[below(COUNT(few))];
}

/* ---- a registry and what is known of it ------------------------------------------------------ */

#define FAMILIES 12

static struct {
    char name[64];
    const char *help;
    const char *unit;
    promc_type type;
} known[FAMILIES];

static const char *const label_names[] = {"l", "method", "a.b", "\xc3\xa9t\xc3\xa9", "q\"u\\o\nte", "le_", NULL};

static const char *const *random_label_names(size_t *count)
{
    size_t skip = below(COUNT(label_names));

    *count = COUNT(label_names) - 1 - skip;
    return label_names + skip;
}

static void fill_gauges(promc_registry *registry, const char *name, const char *help)
{
    size_t count;
    const char *const *labels = random_label_names(&count);
    promc_gauge_family *family;

    if (!count) {
        promc_gauge_set(promc_gauge_new(name, help, .registry = registry), random_number());
        return;
    }
    family = promc_gauge_family_new(name, help, labels, .registry = registry);
    assert_non_null(family);
    for (int i = 0; i < 4; i++) {
        const char *values[COUNT(label_names)] = {NULL};

        for (size_t j = 0; j < count; j++)
            values[j] = random_text();
        promc_gauge_set(promc_gauge_family_child(family, values, count), random_number());
    }
}

static void fill(promc_registry *registry, size_t i)
{
    static const char *const helps[] = {"", "Help.", " blanks ", "back\\slash \\n \"quote\"", "two\nlines",
                                        "\xe5\xb8\xae\xe5\x8a\xa9"};
    static const char *const stems[] = {"plain", "with:colon", "dotted.name", "sp ace", "\"quoted\\", "\xc3\xbc"};
    const char *name = known[i].name, *help = helps[below(COUNT(helps))];

    snprintf(known[i].name, sizeof known[i].name, "%s_%zu", stems[below(COUNT(stems))], i);
    known[i].help = help;
    known[i].unit = NULL;
    switch (below(7)) {
    case 0: {
        promc_counter *counter = promc_counter_new(name, help, .registry = registry, .unit = "bytes");

        assert_non_null(counter);
        promc_counter_add_exemplar(counter, fabs(random_number()), PROMC_PAIRS({"trace", "a\"\\}{"}));
        known[i].type = PROMC_TYPE_COUNTER;
        known[i].unit = "bytes";
        strcat(known[i].name, "_bytes");
        break;
    }
    case 1: {
        promc_histogram_family *family =
            promc_histogram_family_new(name, help, PROMC_LABELS("l", "a.b"), .registry = registry,
                                       .buckets = PROMC_BUCKETS(0.001, 0.5, 1, 1e6, 12345678));

        assert_non_null(family);
        for (int k = 0; k < 20; k++)
            promc_histogram_observe(promc_histogram_labels(family, "x", random_text()),
                                    fabs(random_number()));
        known[i].type = PROMC_TYPE_HISTOGRAM;
        break;
    }
    case 2: {
        promc_summary *summary = promc_summary_new(name, help, .registry = registry,
                                                   .quantiles = PROMC_QUANTILES(0.5, 0.99, 1));

        promc_summary_observe(summary, fabs(random_number()));
        known[i].type = PROMC_TYPE_SUMMARY;
        break;
    }
    case 3:
        promc_info_set(promc_info_new(name, help, .registry = registry),
                       PROMC_PAIRS({"version", random_text()}, {"x.y", random_text()}));
        known[i].type = PROMC_TYPE_INFO;
        break;
    case 4:
        promc_enum_state(promc_enum_new(name, help, .registry = registry,
                                        .states = PROMC_STATES("on", "off", "\"\\\n")),
                         "off");
        known[i].type = PROMC_TYPE_STATESET;
        break;
    case 5: {
        promc_gauge_histogram *sizes = promc_gauge_histogram_new(
            name, help, .registry = registry, .buckets = PROMC_BUCKETS(1, 10, 100));

        assert_non_null(sizes);
        promc_gauge_histogram_observe(sizes, 5);
        known[i].type = PROMC_TYPE_GAUGE_HISTOGRAM;
        break;
    }
    default:
        fill_gauges(registry, name, help);
        known[i].type = PROMC_TYPE_GAUGE;
    }
}

/* ---- comparing ------------------------------------------------------------------------------- */

static int append(const void *data, size_t size, void *arg)
{
    promc_text *text = arg;

    text->data = realloc(text->data, text->size + size + 1);
    assert_non_null(text->data);
    memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
    return 0;
}

static size_t sample_lines(const char *text)
{
    size_t count = 0;

    for (; text && *text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL)
        count += *text != '#';
    return count;
}

static void check_samples(promc_registry *registry, const promc_parsed *parsed, const char *text)
{
    size_t count = 0;

    for (const promc_parsed_family *f = parsed->families; f; f = f->next) {
        for (const promc_parsed_sample *s = f->samples; s; s = s->next) {
            double value = -77;

            if (promc_registry_get_sample_value(registry, s->name, s->labels, &value) != PROMC_OK) {
                print_error("%s is not in the registry:\n%s", s->name, text);
                fail();
            }
            assert_number(s->value, value);
            assert_ptr_equal(promc_parsed_find(parsed, s->name, s->labels), s);
            count++;
        }
    }
    assert_int_equal(count, sample_lines(text));
}

static const promc_parsed_family *find_family(const promc_parsed *parsed, const char *name)
{
    for (const promc_parsed_family *f = parsed->families; f; f = f->next) {
        if (strcmp(f->name, name) == 0)
            return f;
    }
    return NULL;
}

static void check_families(const promc_parsed *parsed)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        const promc_parsed_family *f = find_family(parsed, known[i].name);

        if (!f)
            fail_msg("family %s is missing", known[i].name);
        assert_int_equal(f->type, known[i].type);
        assert_string_equal(f->help, known[i].help);
        if (known[i].unit)
            assert_string_equal(f->unit, known[i].unit);
        else
            assert_null(f->unit);
        if (f->type == PROMC_TYPE_COUNTER) {
            assert_non_null(f->samples->exemplar);
            assert_string_equal(f->samples->exemplar->labels[0].value, "a\"\\}{");
        }
    }
}

static void check_text_families(const promc_parsed *parsed)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        char name[sizeof known[0].name + 8];
        const promc_parsed_family *f;
        promc_type type = known[i].type;

        strcpy(name, known[i].name);
        strcat(name, type == PROMC_TYPE_COUNTER ? "_total" : type == PROMC_TYPE_INFO ? "_info" : "");
        f = find_family(parsed, name);
        if (!f)
            fail_msg("family %s is missing", name);
        assert_string_equal(f->help, known[i].help);
        assert_int_equal(f->type, type == PROMC_TYPE_GAUGE_HISTOGRAM ? PROMC_TYPE_HISTOGRAM
                                  : type == PROMC_TYPE_INFO || type == PROMC_TYPE_STATESET
                                      ? PROMC_TYPE_GAUGE
                                      : type);
    }
}

static void test_round_trip(void **state)
{
    static const promc_format formats[] = {
        PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_ALLOW_UTF_8,
        PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF_8,
    };

    (void)state;
    for (int round = 0, rounds = (int)effort(150); round < rounds; round++) {
        promc_registry *registry = promc_registry_new(0);

        for (size_t i = 0; i < FAMILIES; i++)
            fill(registry, i);
        if (round % 3 == 0)
            promc_registry_set_target_info(registry, PROMC_PAIRS({"env", random_text()}));
        assert_int_equal(promc_registry_first_error(registry, NULL), PROMC_OK);
        for (size_t i = 0; i < COUNT(formats); i++) {
            promc_parse_opts strict = {.size = sizeof strict, .strict = true};
            promc_text text = {NULL, 0};
            promc_parsed *parsed;

            assert_int_equal(promc_expose(registry, formats[i], append, &text), PROMC_OK);
            parsed = promc_parse_all(formats[i], text.data, text.size, &strict);
            if (!parsed)
                fail_msg("%s in\n%s", promc_last_error()->message, text.data);
            check_samples(registry, parsed, text.data);
            if (i == 0)
                check_text_families(parsed);
            else
                check_families(parsed);
            promc_parsed_free(parsed);
            free(text.data);
        }
        promc_registry_free(registry);
    }
}

/* Escaped names are read as well, if not back to the same. Not in OpenMetrics, where (as in
 * client_python) escaping can part a sample from its family. */
static void test_escaped_names(void **state)
{
    static const promc_format escapings[] = {PROMC_ESCAPE_UNDERSCORES, PROMC_ESCAPE_DOTS,
                                             PROMC_ESCAPE_VALUES};

    (void)state;
    for (int round = 0; round < 20; round++) {
        promc_registry *registry = promc_registry_new(0);

        for (size_t i = 0; i < FAMILIES; i++)
            fill(registry, i);
        for (size_t i = 0; i < COUNT(escapings); i++) {
            promc_format format = escapings[i] | PROMC_FORMAT_TEXT;
            promc_text text = {NULL, 0};
            promc_parsed *parsed;

            assert_int_equal(promc_expose(registry, format, append, &text), PROMC_OK);
            parsed = promc_parse_all(format, text.data, text.size, NULL);
            if (!parsed)
                fail_msg("%s in\n%s", promc_last_error()->message, text.data);
            promc_parsed_free(parsed);
            free(text.data);
        }
        promc_registry_free(registry);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_escaped_names),
    };

    script_clocks();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
