/* SPDX-License-Identifier: Apache-2.0 */
/* Names of metrics and labels: which are valid, and how they are escaped for readers that know only
 * the old character set (client_python: validation.py, openmetrics/exposition.py; Prometheus
 * documentation: escaping_schemes.md). */
#ifndef PROMC_BASE_NAMES_H
#define PROMC_BASE_NAMES_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A unit is one word of letters, digits and underscores. */
bool promc__is_unit(const char *unit);

enum promc__escaping {
    PROMC__UNDERSCORES,
    PROMC__ALLOW_UTF_8,
    PROMC__DOTS,
    PROMC__VALUES
};

/* [a-zA-Z_:][a-zA-Z0-9_:]* and [a-zA-Z_][a-zA-Z0-9_]* */
bool promc__is_legacy_metric_name(const char *name, size_t size);
bool promc__is_legacy_label_name(const char *name, size_t size);

/* Appends the name as `escaping` has it; under ALLOW_UTF_8 a name that is not legacy comes out
 * quoted, with \, " and newline escaped. `name` is valid UTF-8. */
void promc__escape_metric_name(promc__buffer *out, const char *name, size_t size,
                               enum promc__escaping escaping);
void promc__escape_label_name(promc__buffer *out, const char *name, size_t size,
                              enum promc__escaping escaping);

/*
 * Whether other names may come out as this one does, because `escaping`, UNDERSCORES or DOTS, does
 * not tell all of its characters apart; and what is appended then instead: the name as VALUES has it,
 * also if it is in the old character set.
 */
bool promc__metric_name_blurs(const char *name, size_t size, enum promc__escaping escaping);
bool promc__label_name_blurs(const char *name, size_t size, enum promc__escaping escaping);
void promc__spell_metric_name(promc__buffer *out, const char *name, size_t size);
void promc__spell_label_name(promc__buffer *out, const char *name, size_t size);

/* What stands for one character of a label name in the old character set: itself, or '_'. */
char promc__legacy_label_character(uint32_t c, bool first);

/* Appends a label value with \, " and newline escaped; invalid UTF-8 is repaired (and counted as a
 * mishap). */
void promc__escape_label_value(promc__buffer *out, const char *value, size_t size);

/* Appends a help text: \ and newline escaped, and " too for OpenMetrics. Valid UTF-8 is expected. */
void promc__escape_help(promc__buffer *out, const char *help, size_t size, bool quotes);

#endif
