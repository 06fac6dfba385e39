/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenMetrics 1.0.0 (and 0.0.1, which differs in name only), as client_python writes it:
 * openmetrics/exposition.py, generate_latest().
 */
#include "exposition/lines.h"

#include <string.h>

static const char *openmetrics_type(promc_type type)
{
    static const char types[][15] = {
        [PROMC_TYPE_COUNTER] = "counter",     [PROMC_TYPE_GAUGE] = "gauge",
        [PROMC_TYPE_HISTOGRAM] = "histogram", [PROMC_TYPE_GAUGE_HISTOGRAM] = "gaugehistogram",
        [PROMC_TYPE_SUMMARY] = "summary",     [PROMC_TYPE_INFO] = "info",
        [PROMC_TYPE_STATESET] = "stateset",   [PROMC_TYPE_UNKNOWN] = "unknown",
    };

    return types[type];
}

static bool take_off(promc__descriptor *family, const char *suffix)
{
    size_t size = strlen(suffix);

    if (family->name_size <= size ||
        memcmp(family->name + family->name_size - size, suffix, size) != 0)
        return false;
    family->name_size -= size;
    family->exact_name = false;
    return true;
}

/* Counters and infos must have their suffix here. A metric that insists on a name without it keeps
 * that name and loses its type. */
static void adapt_exact_name(promc__descriptor *family)
{
    if (!family->exact_name)
        return;
    if (family->type == PROMC_TYPE_COUNTER && !take_off(family, "_total"))
        family->type = PROMC_TYPE_UNKNOWN;
    if (family->type == PROMC_TYPE_INFO && !take_off(family, "_info"))
        family->type = PROMC_TYPE_GAUGE;
}

static void write_name(promc__encoder *encoder, promc__buffer *out, const char *keyword)
{
    const promc__descriptor *family = &encoder->descriptor;

    promc__buffer_string(out, keyword);
    promc__escape_metric_name(out, family->name, family->name_size, encoder->name_escaping);
    promc__buffer_char(out, ' ');
}

/* "The unit must be a suffix of the name" (OpenMetrics 1.0, "Unit"): with exact_name, or in some
 * escapings, it may not be, and is left out then. */
static bool unit_is_suffix(promc__encoder *encoder)
{
    const promc__descriptor *family = &encoder->descriptor;
    size_t size = family->unit ? strlen(family->unit) : 0;
    promc__buffer *name = &encoder->scratch;

    if (!size)
        return false;
    name->size = 0;
    promc__escape_metric_name(name, family->name, family->name_size, encoder->name_escaping);
    if (name->size && name->data[name->size - 1] == '"')
        name->size--;
    return name->size > size && name->data[name->size - size - 1] == '_' &&
           memcmp(name->data + name->size - size, family->unit, size) == 0;
}

static void openmetrics_begin(promc__encoder *encoder, promc__buffer *out)
{
    promc__descriptor *family = &encoder->descriptor;
    bool exact = family->exact_name;

    adapt_exact_name(family);
    write_name(encoder, out, "# HELP ");
    promc__escape_help(out, family->help, family->help_size, true);
    promc__buffer_char(out, '\n');
    write_name(encoder, out, "# TYPE ");
    promc__buffer_string(out, openmetrics_type(family->type));
    promc__buffer_char(out, '\n');
    if (unit_is_suffix(encoder)) {
        write_name(encoder, out, "# UNIT ");
        promc__buffer_string(out, family->unit);
        promc__buffer_char(out, '\n');
    }
    promc__write_heads(encoder);
    if (exact)
        encoder->kinds &= ~(1u << PROMC__SAMPLE_CREATED);
}

static void openmetrics_end(promc__encoder *encoder, promc__buffer *out)
{
    (void)encoder;
    (void)out;
}

static void openmetrics_finish(promc__encoder *encoder, promc__buffer *out)
{
    (void)encoder;
    promc__buffer_append(out, "# EOF\n", 6);
}

const promc__encoding promc__openmetrics_encoding = {
    .begin = openmetrics_begin,
    .point = promc__write_samples,
    .plains = promc__write_plains,
    .end = openmetrics_end,
    .finish = openmetrics_finish,
};
