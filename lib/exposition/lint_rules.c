/* SPDX-License-Identifier: Apache-2.0 */
/* The rules, and the words for them, of client_golang's prometheus/testutil/promlint/validations. */
#include "base/compiler.h"
#include "exposition/lint.h"

#include <stdio.h>
#include <string.h>

static void lint_problem(promc__lint *lint, const promc__lint_family *family, const char *problem)
{
    lint->count++;
    if (lint->report)
        lint->report(family->name, problem, lint->arg);
}

static bool lint_ends(const char *name, const char *suffix)
{
    size_t size = strlen(name), length = strlen(suffix);

    return size >= length && strcmp(name + size - length, suffix) == 0;
}

bool promc__lint_is_camel_case(const char *name)
{
    for (; name[0] && name[1]; name++) {
        if (name[0] >= 'a' && name[0] <= 'z' && name[1] >= 'A' && name[1] <= 'Z')
            return true;
    }
    return false;
}

/* Whether "_word" is in the name, in any case, before "_" or the end. */
static bool lint_has_word(const char *name, const char *word)
{
    size_t length = strlen(word);

    while ((name = strchr(name, '_')) != NULL) {
        size_t i = 0;

        name++;
        while (i < length && name[i] &&
               (name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]) == word[i])
            i++;
        if (i == length && (name[i] == '_' || name[i] == '\0'))
            return true;
    }
    return false;
}

/* ---- units ----------------------------------------------------------------------------------- */

/* The base unit of a word such as "milliseconds"; NULL if it is no unit. */
static const char *base_unit(const char *word, size_t size)
{
    static const char *const units[][2] = {
        {"amperes", "amperes"},  {"bytes", "bytes"},        {"celsius", "celsius"},
        {"grams", "grams"},      {"joules", "joules"},      {"kelvin", "kelvin"},
        {"meters", "meters"},    {"metres", "metres"},      {"seconds", "seconds"},
        {"volts", "volts"},      {"minutes", "seconds"},    {"hours", "seconds"},
        {"days", "seconds"},     {"weeks", "seconds"},      {"kelvins", "kelvin"},
        {"fahrenheit", "celsius"}, {"rankine", "celsius"},  {"inches", "meters"},
        {"yards", "meters"},     {"miles", "meters"},       {"bits", "bytes"},
        {"calories", "joules"},  {"pounds", "grams"},       {"ounces", "grams"},
    };

    for (size_t i = 0; i < promc__count_of(units); i++) {
        if (strlen(units[i][0]) == size && memcmp(units[i][0], word, size) == 0)
            return units[i][1];
    }
    return NULL;
}

static const char *base_of_prefixed(const char *word, size_t size)
{
    static const char *const prefixes[] = {
        "", "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo",
        "kibi", "mega", "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
    };

    for (size_t i = 0; i < promc__count_of(prefixes); i++) {
        size_t length = strlen(prefixes[i]);
        const char *base = NULL;

        if (size > length && memcmp(prefixes[i], word, length) == 0)
            base = base_unit(word + length, size - length);
        if (base)
            return base;
    }
    return NULL;
}

/* The first unit in the name is a base unit. */
static void lint_units(promc__lint *lint, const promc__lint_family *family)
{
    const char *word = family->name, *base = NULL;
    size_t size = strcspn(word, "_");
    char problem[120];

    while (!(base = base_of_prefixed(word, size)) && word[size] == '_') {
        word += size + 1;
        size = strcspn(word, "_");
    }
    if (!base || (strlen(base) == size && memcmp(base, word, size) == 0))
        return;
    (void)snprintf(problem, sizeof(problem), "use base unit \"%s\" instead of \"%.*s\"", base, (int)size,
             word);
    lint_problem(lint, family, problem);
}

static void lint_abbreviations(promc__lint *lint, const promc__lint_family *family)
{
    static const char *const abbreviations[] = {"s",  "ms", "us", "ns", "sec", "b", "kb",
                                                "mb", "gb", "tb", "pb", "m",   "h", "d"};

    for (size_t i = 0; i < promc__count_of(abbreviations); i++) {
        if (lint_has_word(family->name, abbreviations[i])) {
            lint_problem(lint, family, "metric names should not contain abbreviated units");
            return;
        }
    }
}

/* ---- types ----------------------------------------------------------------------------------- */

static void lint_suffixes(promc__lint *lint, const promc__lint_family *family)
{
    bool histogram = family->type == PROMC_TYPE_HISTOGRAM;
    bool summary = family->type == PROMC_TYPE_SUMMARY;

    if (family->type == PROMC_TYPE_COUNTER && !lint_ends(family->name, "_total"))
        lint_problem(lint, family, "counter metrics should have \"_total\" suffix");
    if (family->type == PROMC_TYPE_UNKNOWN)
        return;
    if (family->type != PROMC_TYPE_COUNTER && lint_ends(family->name, "_total"))
        lint_problem(lint, family, "non-counter metrics should not have \"_total\" suffix");
    if (family->type != PROMC_TYPE_GAUGE && lint_ends(family->name, "_timestamp_seconds"))
        lint_problem(lint, family, "non-gauge metrics should not have \"_timestamp_seconds\" suffix");
    if (!histogram && lint_ends(family->name, "_bucket"))
        lint_problem(lint, family, "non-histogram metrics should not have \"_bucket\" suffix");
    if (!histogram && !summary && lint_ends(family->name, "_count"))
        lint_problem(lint, family,
                     "non-histogram and non-summary metrics should not have \"_count\" suffix");
    if (!histogram && !summary && lint_ends(family->name, "_sum"))
        lint_problem(lint, family,
                     "non-histogram and non-summary metrics should not have \"_sum\" suffix");
    if (!histogram && family->labels.le)
        lint_problem(lint, family, "non-histogram metrics should not have \"le\" label");
    if (!summary && family->labels.quantile)
        lint_problem(lint, family, "non-summary metrics should not have \"quantile\" label");
}

static void lint_types_in_name(promc__lint *lint, const promc__lint_family *family)
{
    static const char *const types[] = {"counter", "gauge", "summary", "histogram",
                                        "gauge_histogram"};
    char problem[80];

    for (size_t i = 0; i < promc__count_of(types); i++) {
        if (!lint_has_word(family->name, types[i]))
            continue;
        (void)snprintf(problem, sizeof(problem), "metric name should not include type '%s'", types[i]);
        lint_problem(lint, family, problem);
    }
}

void promc__lint_family_rules(promc__lint *lint, const promc__lint_family *family)
{
    if (!family->has_help)
        lint_problem(lint, family, "no help text");
    lint_units(lint, family);
    lint_suffixes(lint, family);
    lint_types_in_name(lint, family);
    if (strchr(family->name, ':'))
        lint_problem(lint, family, "metric names should not contain ':'");
    if (promc__lint_is_camel_case(family->name))
        lint_problem(lint, family,
                     "metric names should be written in 'snake_case' not 'camelCase'");
    if (family->labels.camel_case)
        lint_problem(lint, family, "label names should be written in 'snake_case' not 'camelCase'");
    lint_abbreviations(lint, family);
    if (family->labels.duplicate)
        lint_problem(lint, family, "metric not unique");
}
