/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels are sorted by their names, not by what stands for a name in the output. The expected texts
 * are client_python's.
 */
#include <promc/promc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct output {
    char text[4096];
    size_t size;
};

static int keep(const void *data, size_t size, void *arg)
{
    struct output *output = arg;

    if (size >= sizeof output->text - output->size)
        return 1;
    memcpy(output->text + output->size, data, size);
    output->size += size;
    output->text[output->size] = '\0';
    return 0;
}

static void must_say(promc_registry *registry, promc_format escaping, const char *line)
{
    struct output output = {.size = 0};

    assert_int_equal(promc_expose(registry, PROMC_FORMAT_TEXT_1_0_0 | escaping, keep, &output),
                     PROMC_OK);
    if (!strstr(output.text, line))
        fail_msg("%s\nis not in\n%s", line, output.text);
}

static int set_up(void **state)
{
    promc_disable_created_series();
    *state = promc_registry_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    promc_registry_free(*state);
    return 0;
}

/* "le" comes before a Chinese character, but after the underscores it becomes. */
static void le_stands_among_the_original_names(void **state)
{
    promc_histogram_family *h =
        promc_histogram_family_new("h", "H", PROMC_LABELS("\xE8\x8A\xB1", "a.b"),
                                   .registry = *state, .buckets = PROMC_BUCKETS(1));

    assert_non_null(h);
    promc_histogram_observe(promc_histogram_labels(h, "x", "y"), 0.5);
    must_say(*state, PROMC_ESCAPE_UNDERSCORES, "\nh_bucket{a_b=\"y\",le=\"1.0\",_=\"x\"} 1.0\n");
    must_say(*state, PROMC_ESCAPE_DOTS, "\nh__bucket{a_dot_b=\"y\",le=\"1.0\",__=\"x\"} 1.0\n");
    must_say(*state, PROMC_ESCAPE_VALUES,
             "\nh_bucket{U__a_2e_b=\"y\",le=\"1.0\",U___82b1_=\"x\"} 1.0\n");
    must_say(*state, PROMC_ESCAPE_ALLOW_UTF_8,
             "\nh_bucket{\"a.b\"=\"y\",le=\"1.0\",\"\xE8\x8A\xB1\"=\"x\"} 1.0\n");
    must_say(*state, PROMC_ESCAPE_UNDERSCORES, "\nh_count{a_b=\"y\",_=\"x\"} 1.0\n");
}

/* Dots doubles underscores, in labels of the old character set too. */
static void the_label_of_an_enum_stands_among_the_original_names(void **state)
{
    promc_enum_family *e =
        promc_enum_family_new("__y", "E", PROMC_LABELS("_x", "z"), .registry = *state,
                              .states = PROMC_STATES("on", "off"));

    assert_non_null(e);
    assert_non_null(promc_enum_labels(e, "1", "2"));
    must_say(*state, PROMC_ESCAPE_UNDERSCORES, "\n__y{__y=\"on\",_x=\"1\",z=\"2\"} 1.0\n");
    must_say(*state, PROMC_ESCAPE_DOTS, "\n____y{____y=\"off\",__x=\"1\",z=\"2\"} 0.0\n");
    must_say(*state, PROMC_ESCAPE_ALLOW_UTF_8, "\n__y{\"__y\"=\"on\",_x=\"1\",z=\"2\"} 1.0\n");
}

/* A quotation mark sorts before a digit, the backslash before it would not. The two labels that
 * underscores would make one are spelt out, in the same place. */
static void quotation_marks_in_names_sort_as_themselves(void **state)
{
    promc_info_family *i =
        promc_info_family_new("i", "I", PROMC_LABELS("q\"", "b\\"), .registry = *state);
    promc_info *child;

    assert_non_null(i);
    child = promc_info_labels(i, "1", "2");
    assert_int_equal(promc_info_set(child, PROMC_PAIRS({"q5", "3"}, {"bZ", "4"}, {"q\n", "5"})),
                     PROMC_OK);
    must_say(*state, PROMC_ESCAPE_ALLOW_UTF_8,
             "\ni_info{bZ=\"4\",\"b\\\\\"=\"2\",\"q\\n\"=\"5\",\"q\\\"\"=\"1\",q5=\"3\"} 1.0\n");
    must_say(*state, PROMC_ESCAPE_UNDERSCORES,
             "\ni_info{bZ=\"4\",b_=\"2\",U__q_a_=\"5\",U__q_22_=\"1\",q5=\"3\"} 1.0\n");
    assert_int_equal(promc_info_set(child, PROMC_PAIRS({"q\"", "again"})), PROMC_ERROR_LABELS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(le_stands_among_the_original_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_label_of_an_enum_stands_among_the_original_names,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(quotation_marks_in_names_sort_as_themselves, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
