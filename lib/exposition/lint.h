/* SPDX-License-Identifier: Apache-2.0 */
/* Conventions of names (client_golang's promlint, which is `promtool check metrics`). lint.c finds the
 * families, lint_rules.c judges them. */
#ifndef PROMC_EXPOSITION_LINT_H
#define PROMC_EXPOSITION_LINT_H

#include <promc/parse.h>

#include <stdbool.h>
#include <stddef.h>

/* What the labels of a family's samples were like. */
typedef struct promc__lint_labels {
    bool camel_case, le, quantile, duplicate;
} promc__lint_labels;

typedef struct promc__lint {
    promc_lint_report report;
    void *arg;
    int count;
} promc__lint;

/* A family as the text format has it: "_total" is part of a counter's name, the type is counter,
 * gauge, histogram, summary or unknown. */
typedef struct promc__lint_family {
    const char *name;
    promc_type type;
    bool has_help;
    promc__lint_labels labels;
} promc__lint_family;

bool promc__lint_is_camel_case(const char *name);
void promc__lint_family_rules(promc__lint *lint, const promc__lint_family *family);

#endif
