/* SPDX-License-Identifier: Apache-2.0 */
/* Names, options, and what definitions say when they are wrong. */
#define _DEFAULT_SOURCE
#include "base/error.h"
#include "base/utf8.h"
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static promc_registry *registry;

static int begin(void **state)
{
    (void)state;
    script_clocks();
    promc_disable_created_series();
    registry = promc_registry_new();
    return registry ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_set_error_handler(NULL, NULL);
    promc_disable_legacy_name_validation();
    promc_registry_free(registry);
    return 0;
}

/* ---- full names ------------------------------------------------------------------------------ */

static void names_are_put_together_as_in_client_python(void **state)
{
    static const struct {
        bool counter;
        const char *name, *namespace, *subsystem, *unit;
        bool exact;
        const char *sample;
    } cases[] = {
        {true, "c", NULL, NULL, NULL, false, "c_total"},
        {true, "c_total", NULL, NULL, NULL, false, "c_total"},
        {true, "c", "n", "s", NULL, false, "n_s_c_total"},
        {true, "c", "n", NULL, NULL, false, "n_c_total"},
        {true, "c", NULL, "s", NULL, false, "s_c_total"},
        {true, "c", "", "", "", false, "c_total"},
        {true, "c_total", NULL, NULL, "seconds", false, "c_seconds_total"},
        {true, "c_seconds_total", NULL, NULL, "seconds", false, "c_seconds_total"},
        {true, "c_seconds", NULL, NULL, "seconds", false, "c_seconds_total"},
        {true, "a_total_total", NULL, NULL, NULL, false, "a_total_total"},
        {true, "requests", NULL, NULL, "total", false, "requests_total_total"},
        {true, "c_created", NULL, NULL, NULL, false, "c_created_total"},
        {true, "total", NULL, NULL, NULL, false, "total_total"},
        {true, "_total", "n", NULL, NULL, false, "n__total"},
        {false, "g_total", NULL, NULL, NULL, false, "g_total"},
        {false, "g", "n", "s", "bytes", false, "n_s_g_bytes"},
        {false, "seconds", NULL, NULL, "seconds", false, "seconds_seconds"},
        {false, "xseconds", NULL, NULL, "seconds", false, "xseconds_seconds"},
        {false, "seconds", "n", NULL, "seconds", false, "n_seconds"},
        {true, "c", NULL, NULL, NULL, true, "c"},
        {true, "c_total", NULL, NULL, NULL, true, "c_total"},
        {false, "g", NULL, NULL, NULL, true, "g"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_registry *own = promc_registry_new();
        void *metric =
            cases[i].counter
                ? (void *)promc_counter_new(cases[i].name, "", .namespace = cases[i].namespace,
                                            .subsystem = cases[i].subsystem, .unit = cases[i].unit,
                                            .exact_name = cases[i].exact, .registry = own)
                : (void *)promc_gauge_new(cases[i].name, "", .namespace = cases[i].namespace,
                                          .subsystem = cases[i].subsystem, .unit = cases[i].unit,
                                          .exact_name = cases[i].exact, .registry = own);

        if (!metric || !has_sample(own, cases[i].sample, NULL))
            print_error("case %zu: expected the sample %s\n", i, cases[i].sample);
        assert_non_null(metric);
        assert_true(has_sample(own, cases[i].sample, NULL));
        promc_registry_free(own);
    }
}

static void exact_names_have_no_created_series(void **state)
{
    (void)state;
    promc_enable_created_series();
    promc_counter_inc(promc_counter_new("jobs", "J.", .registry = registry, .exact_name = true));
    promc_summary_new("s", "S.", .registry = registry, .exact_name = true);
    assert_exposed(registry, "# HELP jobs J.\n# TYPE jobs counter\njobs 1.0\n"
                             "# HELP s S.\n# TYPE s summary\ns_count 0.0\ns_sum 0.0\n");
}

static void names_that_are_no_names(void **state)
{
    (void)state;
    assert_null(promc_counter_new("", "", .registry = registry));
    assert_last_error(PROMC_ERROR_NAME, "Metric name should not be empty");
    assert_null(promc_gauge_new(NULL, "", .registry = registry));
    assert_last_error(PROMC_ERROR_NAME, "Metric name should not be empty");
    assert_null(promc_counter_new("_total", "", .registry = registry));
    assert_last_error(PROMC_ERROR_NAME, "metric name cannot be empty");
    assert_null(promc_counter_new("a\xFF", "", .registry = registry));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_NAME);
    assert_null(promc_gauge_new("a", "", .registry = registry, .namespace = "\xC0\x80"));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_NAME);
    assert_null(promc_gauge_new("\xED\xA0\x80", "", .registry = registry)); /* a surrogate */
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_NAME);
    assert_exposed(registry, "");
}

static void any_utf_8_is_a_name(void **state)
{
    (void)state;
    assert_non_null(promc_gauge_new("a.b", "", .registry = registry));
    assert_non_null(promc_gauge_new("1 \xE8\x8A\xB1", "", .registry = registry));
    assert_non_null(promc_gauge_new("new\nline\"", "", .registry = registry));
    assert_exposed(registry, "# HELP a_b \n# TYPE a_b gauge\na_b 0.0\n"
                             "# HELP ___ \n# TYPE ___ gauge\n___ 0.0\n"
                             "# HELP new_line_ \n# TYPE new_line_ gauge\nnew_line_ 0.0\n");
    assert_number(sample(registry, "a.b", NULL), 0);
}

static void info_and_enum_have_no_unit(void **state)
{
    (void)state;
    assert_null(promc_info_new("i", "", .registry = registry, .unit = "seconds"));
    assert_last_error(PROMC_ERROR_ARGUMENT,
                      "Metric name is of a type that cannot have a unit: i_seconds; leave out .unit");
    assert_null(promc_enum_new("e", "", .registry = registry, .unit = "seconds",
                               .states = PROMC_STATES("a")));
    assert_last_error(PROMC_ERROR_ARGUMENT,
                      "Metric name is of a type that cannot have a unit: e_seconds; leave out .unit");
    assert_non_null(promc_info_new("i", "", .registry = registry, .unit = ""));
}

/* ---- label names ----------------------------------------------------------------------------- */

static void label_names_that_are_refused(void **state)
{
    (void)state;
    assert_null(promc_gauge_family_new("g", "", PROMC_LABELS("__a"), .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "Reserved label metric name: __a");
    assert_null(promc_histogram_family_new("h", "", PROMC_LABELS("le"), .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "le");
    assert_null(promc_gauge_histogram_family_new("h", "", PROMC_LABELS("le"),
                                                 .registry = registry));
    assert_null(promc_summary_family_new("s", "", PROMC_LABELS("quantile"), .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "quantile");
    assert_null(promc_gauge_family_new("g", "", PROMC_LABELS("a", "b", "a"), .registry = registry));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_null(promc_gauge_family_new("g", "", PROMC_LABELS(""), .registry = registry));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_null(promc_gauge_family_new("g", "", PROMC_LABELS("\xFF"), .registry = registry));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    assert_exposed(registry, "");
}

static void label_names_that_are_fine(void **state)
{
    promc_gauge_family *f =
        promc_gauge_family_new("g", "", PROMC_LABELS("le", "quantile", "_x", "a.b"),
                               .registry = registry);
    (void)state;

    assert_non_null(f);
    promc_gauge_labels(f, "1", "2", "3", "4");
    assert_exposed(registry,
                   "# HELP g \n# TYPE g gauge\ng{_x=\"3\",a_b=\"4\",le=\"1\",quantile=\"2\"} 0.0\n");
    assert_non_null(promc_summary_family_new("s", "", PROMC_LABELS("le"), .registry = registry));
    assert_non_null(
        promc_histogram_family_new("h", "", PROMC_LABELS("quantile"), .registry = registry));
}

static void labels_where_they_do_not_belong(void **state)
{
    (void)state;
    assert_null(promc_counter_family_new("c", "", NULL, .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "No label names were set when constructing counter:c");
    assert_null(promc_counter_family_new("c", "", (const char *const[]){NULL},
                                         .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "No label names were set when constructing counter:c");
    assert_null(promc_counter_new("c", "", .labels = PROMC_LABELS("a"), .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "c");
}

static void options_that_are_missing(void **state)
{
    (void)state;
    assert_null(promc_counter_create(NULL));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_null(promc_counter_create(&(promc_counter_opts){.name = "c", .registry = registry}));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
    assert_null(promc_enum_family_create(NULL));
    assert_null(promc_histogram_create(NULL));
    assert_null(promc_registry_create(&(promc_registry_opts){.auto_describe = true}));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
}

/* Everything that was given is borrowed for the call only. */
static void nothing_given_is_kept(void **state)
{
    char name[] = "name", help[] = "help", label[] = "label", space[] = "space", sub[] = "sub",
         unit[] = "unit", key[] = "key", value[] = "value";
    promc_gauge_family *f = promc_gauge_family_new(
        name, help, PROMC_LABELS(label), .namespace = space, .subsystem = sub, .unit = unit,
        .const_labels = PROMC_PAIRS({key, value}), .registry = registry);
    (void)state;

    memset(name, 'x', 4);
    memset(help, 'x', 4);
    memset(label, 'x', 5);
    memset(space, 'x', 5);
    memset(sub, 'x', 3);
    memset(unit, 'x', 4);
    memset(key, 'x', 3);
    memset(value, 'x', 5);
    promc_gauge_labels_by_name(f, {"label", "v"});
    assert_exposed(registry, "# HELP space_sub_name_unit help\n# TYPE space_sub_name_unit gauge\n"
                             "space_sub_name_unit{key=\"value\",label=\"v\"} 0.0\n");
}

/* ---- the old character set ------------------------------------------------------------------- */

static void legacy_names(void **state)
{
    static const char *const bad[] = {"a.b", "1a", "a b", "\xC3\xA4", "a\n", "a-"};
    static const char *const bad_labels[] = {"a.b", "1a", "a:b", "\xC3\xA4", "a\n", ""};
    (void)state;

    promc_enable_legacy_name_validation();
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_null(promc_gauge_new(bad[i], "", .registry = registry));
        assert_last_error(PROMC_ERROR_NAME, "invalid metric name");
    }
    for (size_t i = 0; i < COUNT(bad_labels); i++) {
        assert_null(
            promc_gauge_family_new("g", "", PROMC_LABELS(bad_labels[i]), .registry = registry));
        assert_int_equal(promc_last_error()->code, PROMC_ERROR_LABELS);
    }
    assert_null(promc_gauge_family_new("g", "", PROMC_LABELS("a.b"), .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "Invalid label metric name: a.b");
    assert_null(promc_gauge_family_new("g", "", PROMC_LABELS("__a"), .registry = registry));
    assert_last_error(PROMC_ERROR_LABELS, "Reserved label metric name: __a");
    assert_non_null(promc_gauge_new("_a:B9", "", .registry = registry));
    assert_non_null(promc_gauge_family_new("g", "", PROMC_LABELS("_a9"), .registry = registry));
    promc_disable_legacy_name_validation();
    assert_non_null(promc_gauge_new("a.b", "", .registry = registry));
}

/* ---- errors ---------------------------------------------------------------------------------- */

static int seen_code, seen_count;
static void *seen_arg;
static char seen_message[sizeof(((promc_error *)0)->message)];

static void remember(const promc_error *error, void *arg)
{
    seen_code = error->code;
    seen_arg = arg;
    seen_count++;
    memcpy(seen_message, error->message, sizeof(seen_message));
}

static void the_error_handler_sees_every_failure(void **state)
{
    int here;
    (void)state;

    seen_count = 0;
    promc_set_error_handler(remember, &here);
    promc_gauge_new("", "", .registry = registry);
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen_code, PROMC_ERROR_NAME);
    assert_ptr_equal(seen_arg, &here);
    assert_string_equal(seen_message, promc_last_error()->message);
    promc_gauge_new("g", "", .registry = registry);
    assert_int_equal(seen_count, 1);
    promc_gauge_new("g", "", .registry = registry);
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen_code, PROMC_ERROR_DUPLICATE);
    promc_set_error_handler(NULL, NULL);
    promc_gauge_new("g", "", .registry = registry);
    assert_int_equal(seen_count, 2);
}

static void success_leaves_the_last_error_alone(void **state)
{
    const promc_error *error = promc_last_error();
    (void)state;

    promc_gauge_new("", "", .registry = registry);
    assert_int_equal(error->code, PROMC_ERROR_NAME);
    promc_gauge_new("g", "", .registry = registry);
    assert_false(exposes(registry, "nothing"));
    assert_ptr_equal(promc_last_error(), error);
    assert_int_equal(error->code, PROMC_ERROR_NAME);
}

static void long_names_are_cut_between_characters_in_messages(void **state)
{
    char name[700];
    promc_error error;
    (void)state;

    for (size_t shift = 0; shift < 4; shift++) {
        memset(name, 'x', shift);
        for (size_t i = shift; i + 4 < sizeof(name); i += 4)
            memcpy(name + i, "\xF0\x9F\x98\xB1", 5);
        assert_non_null(promc_gauge_new(name, "", .registry = registry));
        assert_null(promc_gauge_new(name, "", .registry = registry));
        error = *promc_last_error();
        assert_int_equal(error.code, PROMC_ERROR_DUPLICATE);
        assert_true(strlen(error.message) < sizeof(error.message));
        assert_true(promc__utf8_valid(error.message, strlen(error.message)));
    }
}

static void messages_are_one_line_and_say_that_they_were_cut(void **state)
{
    char name[700];
    size_t size = sizeof(((promc_error *)NULL)->message);

    (void)state;
    (void)promc__fail(PROMC_ERROR_NAME, "a\r\nb\x7F" "c\xFF");
    assert_string_equal(promc_last_error()->message, "a??b?c?");
    for (size_t length = size - 3; length < size + 3; length++) {
        memset(name, 'x', length);
        name[length] = '\0';
        (void)promc__fail(PROMC_ERROR_NAME, "%s", name);
        if (length < size) {
            assert_string_equal(promc_last_error()->message, name);
        } else {
            assert_int_equal(strlen(promc_last_error()->message), size - 1);
            assert_string_equal(promc_last_error()->message + size - 5, "x\xE2\x80\xA6");
        }
        errno = ENOENT;
        (void)promc__fail_errno("%s", name);
        assert_non_null(strstr(promc_last_error()->message, "x\xE2\x80\xA6: No such file"));
    }
}

static void a_registry_keeps_its_first_definition_error(void **state)
{
    promc_error error = {.code = 77};
    promc_registry *other = promc_registry_new();
    (void)state;

    assert_int_equal(promc_registry_first_error(registry, &error), PROMC_OK);
    assert_int_equal(error.code, PROMC_OK);
    assert_string_equal(error.message, "");
    promc_gauge_new("g", "", .registry = registry);
    promc_gauge_new("g", "", .registry = registry);
    promc_gauge_new("", "", .registry = registry);
    promc_enum_new("e", "", .registry = registry);
    assert_int_equal(promc_registry_first_error(registry, NULL), PROMC_ERROR_DUPLICATE);
    assert_int_equal(promc_registry_first_error(registry, &error), PROMC_ERROR_DUPLICATE);
    assert_int_equal(error.code, PROMC_ERROR_DUPLICATE);
    assert_non_null(strstr(error.message, "g"));
    assert_int_equal(promc_registry_first_error(other, NULL), PROMC_OK);
    promc_registry_clear_error(registry);
    assert_int_equal(promc_registry_first_error(registry, &error), PROMC_OK);
    assert_int_equal(error.code, PROMC_OK);
    promc_enum_new("e", "", .registry = registry);
    assert_int_equal(promc_registry_first_error(registry, NULL), PROMC_ERROR_ARGUMENT);
    promc_registry_free(other);
}

static void wrong_labels_are_no_definition_errors(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new("c", "", PROMC_LABELS("l"), .registry = registry);
    (void)state;

    promc_counter_labels(f, "a", "b");
    promc_counter_family_remove(f, "a", "b");
    assert_int_equal(promc_registry_first_error(registry, NULL), PROMC_OK);
}

static void the_first_error_of_the_default_registry(void **state)
{
    (void)state;
    promc_registry_clear_error(NULL);
    assert_null(promc_gauge_new("", ""));
    assert_int_equal(promc_registry_first_error(NULL, NULL), PROMC_ERROR_NAME);
    assert_int_equal(promc_registry_first_error(promc_default_registry(), NULL), PROMC_ERROR_NAME);
    promc_registry_clear_error(NULL);
    /* What was meant for no registry is nobody's error. */
    assert_null(promc_gauge_new("", "", .registry = PROMC_UNREGISTERED));
    assert_int_equal(promc_registry_first_error(NULL, NULL), PROMC_OK);
}

static void error_strings(void **state)
{
    (void)state;
    assert_string_equal(promc_error_string(PROMC_OK), "success");
    assert_string_equal(promc_error_string(PROMC_ERROR_SYNTAX), "malformed input");
    assert_string_equal(promc_error_string(1), "unknown error");
    assert_string_equal(promc_error_string(-1000), "unknown error");
    assert_true(promc_mishaps(PROMC_MISHAP_COUNT) == 0);
    assert_string_equal(promc_version(), PROMC_VERSION);
    assert_string_equal(promc_label_value(PROMC_PAIRS({"a", "1"}, {"b", "2"}), "b"), "2");
    assert_null(promc_label_value(PROMC_PAIRS({"a", "1"}), "b"));
    assert_null(promc_label_value(NULL, "b"));
}

/* ---- the environment ------------------------------------------------------------------------- */

static const char *program;

/* Run with one variable: 1 if created series are made, plus 2 if names like "a.b" are accepted. */
static int child_process(void)
{
    promc_registry *own = promc_registry_new();
    int result;

    promc_counter_new("c", "", .registry = own);
    result = exposes(own, "c_created") ? 1 : 0;
    if (promc_gauge_new("a.b", "", .registry = own))
        result += 2;
    promc_enable_created_series();
    promc_disable_legacy_name_validation();
    if (!exposes(own, "c_created") || !promc_gauge_new("c.d", "", .registry = own))
        result = 77; /* the functions decide over the environment */
    promc_registry_free(own);
    return result;
}

static int run_with(const char *variable)
{
    char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "--child", NULL};
    char *environment[] = {(char *)(uintptr_t)variable, NULL};
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        execve(program, arguments, environment);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void variables_of_the_environment(void **state)
{
    (void)state;
    if (access("/proc/self/exe", X_OK) != 0 || run_with("A=b") == 127)
        skip(); /* an emulator runs us, and exec would not */
    assert_int_equal(run_with("A=b"), 3);
    assert_int_equal(run_with("PROMETHEUS_DISABLE_CREATED_SERIES=true"), 2);
    assert_int_equal(run_with("PROMETHEUS_DISABLE_CREATED_SERIES=t"), 2);
    assert_int_equal(run_with("PROMETHEUS_DISABLE_CREATED_SERIES=1"), 2);
    assert_int_equal(run_with("PROMETHEUS_DISABLE_CREATED_SERIES=TRUE"), 2);
    assert_int_equal(run_with("PROMETHEUS_DISABLE_CREATED_SERIES=0"), 3);
    assert_int_equal(run_with("PROMETHEUS_DISABLE_CREATED_SERIES="), 3);
    assert_int_equal(run_with("PROMETHEUS_DISABLE_CREATED_SERIES=yes"), 3);
    assert_int_equal(run_with("PROMETHEUS_LEGACY_NAME_VALIDATION=True"), 1);
    assert_int_equal(run_with("PROMETHEUS_LEGACY_NAME_VALIDATION=1"), 1);
    assert_int_equal(run_with("PROMETHEUS_LEGACY_NAME_VALIDATION=T"), 1);
    assert_int_equal(run_with("PROMETHEUS_LEGACY_NAME_VALIDATION=false"), 3);
}

static void wrong_units(void **state)
{
    static const char *const wrong[] = {"a\nevil 1", "s\xFF", "bad unit", "\"", "a-b"};
    (void)state;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_null(promc_gauge_new("unit", "", .registry = registry, .unit = wrong[i]));
        assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT);
        assert_non_null(strstr(promc_last_error()->message, "unit"));
    }
}

int main(int argc, char **argv)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(wrong_units),
        T(names_are_put_together_as_in_client_python),
        T(exact_names_have_no_created_series),
        T(names_that_are_no_names),
        T(any_utf_8_is_a_name),
        T(info_and_enum_have_no_unit),
        T(label_names_that_are_refused),
        T(label_names_that_are_fine),
        T(labels_where_they_do_not_belong),
        T(options_that_are_missing),
        T(nothing_given_is_kept),
        T(legacy_names),
        T(the_error_handler_sees_every_failure),
        T(success_leaves_the_last_error_alone),
        T(long_names_are_cut_between_characters_in_messages),
        T(messages_are_one_line_and_say_that_they_were_cut),
        T(a_registry_keeps_its_first_definition_error),
        T(wrong_labels_are_no_definition_errors),
        T(the_first_error_of_the_default_registry),
        T(error_strings),
        T(variables_of_the_environment),
    };

    program = argv[0];
    if (argc == 2 && strcmp(argv[1], "--child") == 0)
        return child_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
