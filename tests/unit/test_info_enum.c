/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static promc_registry *registry;

static int begin(void **state)
{
    (void)state;
    script_clocks();
    registry = promc_registry_new();
    return registry ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

/* ---- info ------------------------------------------------------------------------------------ */

static void an_info_is_one_from_the_beginning(void **state)
{
    (void)state;
    assert_non_null(promc_info_new("i", "Help.", .registry = registry));
    assert_exposed(registry, "# HELP i_info Help.\n# TYPE i_info gauge\ni_info 1.0\n");
}

static void an_info_replaces_all_pairs(void **state)
{
    promc_info *i = promc_info_new("i", "Help.", .registry = registry);
    (void)state;

    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"version", "1.2.3"}, {"host", "a\"b\\c\nd"})),
                     PROMC_OK);
    assert_exposed(registry, "# HELP i_info Help.\n# TYPE i_info gauge\n"
                             "i_info{host=\"a\\\"b\\\\c\\nd\",version=\"1.2.3\"} 1.0\n");
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"other", ""})), PROMC_OK);
    assert_exposed(registry,
                   "# HELP i_info Help.\n# TYPE i_info gauge\ni_info{other=\"\"} 1.0\n");
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({NULL, NULL})), PROMC_OK);
    assert_exposed(registry, "# HELP i_info Help.\n# TYPE i_info gauge\ni_info 1.0\n");
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"a", "b"})), PROMC_OK);
    assert_int_equal(promc_info_set(i, NULL), PROMC_OK);
    assert_exposed(registry, "# HELP i_info Help.\n# TYPE i_info gauge\ni_info 1.0\n");
}

static void wrong_pairs_change_nothing(void **state)
{
    promc_info_family *f =
        promc_info_family_new("i", "Help.", PROMC_LABELS("l", "m"), .registry = registry);
    promc_info *i = promc_info_labels(f, "x", "y");
    (void)state;

    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"a", "b"})), PROMC_OK);
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"m", "b"})), PROMC_ERROR_LABELS);
    assert_last_error(PROMC_ERROR_LABELS, "Overlapping labels");
    assert_last_error(PROMC_ERROR_LABELS, "i");
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"c", "1"}, {"c", "2"})), PROMC_ERROR_LABELS);
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"c", "1"}, {"d", NULL})), PROMC_ERROR_LABELS);
    assert_last_error(PROMC_ERROR_LABELS, "Label value cannot be NULL");
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"__c", "1"})), PROMC_ERROR_LABELS);
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"", "1"})), PROMC_ERROR_LABELS);
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"\xFF", "1"})), PROMC_ERROR_LABELS);
    assert_exposed(registry, "# HELP i_info Help.\n# TYPE i_info gauge\n"
                             "i_info{a=\"b\",l=\"x\",m=\"y\"} 1.0\n");
}

static void pairs_may_not_repeat_a_const_label(void **state)
{
    promc_info *i = promc_info_new("i", "Help.", .registry = registry,
                                   .const_labels = PROMC_PAIRS({"zone", "b"}));
    (void)state;

    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"zone", "c"})), PROMC_ERROR_LABELS);
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"zz", "c"}, {"a", "d"})), PROMC_OK);
    assert_exposed(registry, "# HELP i_info Help.\n# TYPE i_info gauge\n"
                             "i_info{a=\"d\",zone=\"b\",zz=\"c\"} 1.0\n");
}

static void invalid_text_in_a_pair_is_replaced(void **state)
{
    promc_info *i = promc_info_new("i", "Help.", .registry = registry);
    uint64_t before = promc_mishaps(PROMC_REPLACED_TEXTS);
    (void)state;

    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"a", "x\xFFy"})), PROMC_OK);
    assert_true(promc_mishaps(PROMC_REPLACED_TEXTS) == before + 1);
    assert_exposed(registry, "# HELP i_info Help.\n# TYPE i_info gauge\n"
                             "i_info{a=\"x\xEF\xBF\xBDy\"} 1.0\n");
}

static void info_of_null(void **state)
{
    (void)state;
    promc_info_set(NULL, PROMC_PAIRS({"a", "b"}));
    promc_info_free(NULL);
}

static void an_info_suffix_is_not_taken_off(void **state)
{
    (void)state;
    promc_info_new("x_info", "", .registry = registry);
    assert_exposed(registry, "# HELP x_info_info \n# TYPE x_info_info gauge\nx_info_info 1.0\n");
}

/* ---- enum ------------------------------------------------------------------------------------ */

static void the_first_state_is_the_initial_one(void **state)
{
    promc_enum *e = promc_enum_new("e", "Help.", .registry = registry,
                                   .states = PROMC_STATES("starting", "running", "a\"b"));
    (void)state;

    assert_exposed(registry, "# HELP e Help.\n# TYPE e gauge\ne{e=\"starting\"} 1.0\n"
                             "e{e=\"running\"} 0.0\ne{e=\"a\\\"b\"} 0.0\n");
    assert_int_equal(promc_enum_state(e, "a\"b"), PROMC_OK);
    assert_exposed(registry, "# HELP e Help.\n# TYPE e gauge\ne{e=\"starting\"} 0.0\n"
                             "e{e=\"running\"} 0.0\ne{e=\"a\\\"b\"} 1.0\n");
    assert_int_equal(promc_enum_state(e, "starting"), PROMC_OK);
    assert_number(sample(registry, "e", PROMC_PAIRS({"e", "starting"})), 1);
}

static void an_unknown_state_is_an_error(void **state)
{
    promc_enum *e =
        promc_enum_new("e", "Help.", .registry = registry, .states = PROMC_STATES("a", "b"));
    uint64_t before = promc_mishaps(PROMC_DROPPED_UPDATES);
    (void)state;

    assert_int_equal(promc_enum_state(e, "b"), PROMC_OK);
    assert_int_equal(promc_enum_state(e, "c"), PROMC_ERROR_ARGUMENT);
    assert_last_error(PROMC_ERROR_ARGUMENT, "'c'");
    assert_last_error(PROMC_ERROR_ARGUMENT, "e");
    assert_int_equal(promc_enum_state(e, ""), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_enum_state(e, NULL), PROMC_ERROR_ARGUMENT);
    assert_true(promc_mishaps(PROMC_DROPPED_UPDATES) == before + 3);
    assert_number(sample(registry, "e", PROMC_PAIRS({"e", "b"})), 1);
    promc_enum_state(NULL, "a");
}

static void the_state_label_has_the_full_name(void **state)
{
    promc_enum_family *f = promc_enum_family_new("e", "Help.", PROMC_LABELS("d", "f"),
                                                 .registry = registry, .namespace = "n",
                                                 .states = PROMC_STATES("a", "b"));
    (void)state;

    assert_int_equal(promc_enum_state(promc_enum_labels(f, "1", "2"), "b"), PROMC_OK);
    assert_exposed(registry, "# HELP n_e Help.\n# TYPE n_e gauge\n"
                             "n_e{d=\"1\",f=\"2\",n_e=\"a\"} 0.0\n"
                             "n_e{d=\"1\",f=\"2\",n_e=\"b\"} 1.0\n");
    assert_int_equal(promc_enum_family_remove(f, "1", "2"), PROMC_OK);
    promc_enum_labels(f, "1", "2");
    assert_exposed(registry, "# HELP n_e Help.\n# TYPE n_e gauge\n"
                             "n_e{d=\"1\",f=\"2\",n_e=\"a\"} 1.0\n"
                             "n_e{d=\"1\",f=\"2\",n_e=\"b\"} 0.0\n");
}

static void states_that_make_no_sense(void **state)
{
    (void)state;
    assert_null(promc_enum_new("e", "", .registry = registry));
    assert_last_error(PROMC_ERROR_ARGUMENT, "No states provided for Enum metric: e; use .states = PROMC_STATES(\"a\", \"b\")");
    assert_null(promc_enum_new("e", "", .registry = registry,
                               .states = (const char *const[]){NULL}));
    assert_last_error(PROMC_ERROR_ARGUMENT, "No states provided for Enum metric: e");
    assert_null(promc_enum_family_new("e", "", PROMC_LABELS("a", "e"), .registry = registry,
                                      .states = PROMC_STATES("x")));
    assert_last_error(PROMC_ERROR_LABELS, "Overlapping labels for Enum metric: e");
    assert_null(promc_enum_new("e", "", .registry = registry, .states = PROMC_STATES("x"),
                               .const_labels = PROMC_PAIRS({"e", "1"})));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_null(promc_enum_new("e", "", .registry = registry, .states = PROMC_STATES("x", "x")));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_null(promc_enum_new("e", "", .registry = registry, .states = PROMC_STATES("\xFF")));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_exposed(registry, "");
}

static void one_state_and_an_empty_state(void **state)
{
    (void)state;
    promc_enum_new("e", "", .registry = registry, .states = PROMC_STATES("only"));
    promc_enum_new("f", "", .registry = registry, .states = PROMC_STATES("", "x"));
    assert_exposed(registry, "# HELP e \n# TYPE e gauge\ne{e=\"only\"} 1.0\n"
                             "# HELP f \n# TYPE f gauge\nf{f=\"\"} 1.0\nf{f=\"x\"} 0.0\n");
}

static void many_states(void **state)
{
    enum { MANY = 300 };
    static char names[MANY][16];
    const char *states[MANY + 1] = {NULL};
    promc_enum *e;
    (void)state;

    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "s%d", i);
        states[i] = names[i];
    }
    e = promc_enum_new("e", "", .registry = registry, .states = states);
    memset(names, 'x', sizeof(names) - 1); /* the states were borrowed for the call only */
    assert_int_equal(promc_enum_state(e, "s299"), PROMC_OK);
    assert_number(sample(registry, "e", PROMC_PAIRS({"e", "s299"})), 1);
    assert_number(sample(registry, "e", PROMC_PAIRS({"e", "s0"})), 0);
    assert_number(sample(registry, "e", PROMC_PAIRS({"e", "s256"})), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(an_info_is_one_from_the_beginning),
        T(an_info_replaces_all_pairs),
        T(wrong_pairs_change_nothing),
        T(pairs_may_not_repeat_a_const_label),
        T(invalid_text_in_a_pair_is_replaced),
        T(info_of_null),
        T(an_info_suffix_is_not_taken_off),
        T(the_first_state_is_the_initial_one),
        T(an_unknown_state_is_an_error),
        T(the_state_label_has_the_full_name),
        T(states_that_make_no_sense),
        T(one_state_and_an_empty_state),
        T(many_states),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
