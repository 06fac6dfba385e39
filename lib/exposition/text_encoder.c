/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Prometheus text format, 0.0.4 and 1.0.0 (they differ in how names are escaped), line by line
 * as client_python writes it: exposition.py, generate_latest().
 */
#include "exposition/lines.h"

/* ---- metadata -------------------------------------------------------------------------------- */

static void write_metadata(promc__encoder *encoder, promc__buffer *out, const char *suffix,
                           const char *type)
{
    const promc__descriptor *family = &encoder->descriptor;

    encoder->scratch.size = 0;
    promc__buffer_append(&encoder->scratch, family->name, family->name_size);
    promc__buffer_string(&encoder->scratch, suffix);
    if (encoder->scratch.error)
        return;
    promc__buffer_string(out, "# HELP ");
    promc__escape_metric_name(out, encoder->scratch.data, encoder->scratch.size,
                              encoder->name_escaping);
    promc__buffer_char(out, ' ');
    promc__escape_help(out, family->help, family->help_size, false);
    promc__buffer_string(out, "\n# TYPE ");
    promc__escape_metric_name(out, encoder->scratch.data, encoder->scratch.size,
                              encoder->name_escaping);
    promc__buffer_char(out, ' ');
    promc__buffer_string(out, type);
    promc__buffer_char(out, '\n');
}

/* Types that only OpenMetrics has appear as their nearest relation. */
static const char *text_type(promc_type type)
{
    switch (type) {
    case PROMC_TYPE_COUNTER:
        return "counter";
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        return "histogram";
    case PROMC_TYPE_SUMMARY:
        return "summary";
    case PROMC_TYPE_UNKNOWN:
        return "untyped";
    default:
        return "gauge";
    }
}

static void text_begin(promc__encoder *encoder, promc__buffer *out)
{
    write_metadata(encoder, out, promc__sample_suffix(&encoder->descriptor, PROMC__SAMPLE_VALUE),
                   text_type(encoder->descriptor.type));
    promc__write_heads(encoder);
}

/* ---- what comes after the points ------------------------------------------------------------- */

/* Created samples are gauges of their own here. */
static void text_created(promc__encoder *encoder, promc__buffer *out, const promc__point *point)
{
    if (point->created == 0)
        return;
    if (!encoder->created_begun)
        write_metadata(encoder, out, "_created", "gauge");
    encoder->created_begun = true;
    promc__write_created(encoder, out, point);
}

static void text_end(promc__encoder *encoder, promc__buffer *out)
{
    static const promc__sample_kind kinds[2] = {PROMC__SAMPLE_GCOUNT, PROMC__SAMPLE_GSUM};

    for (size_t i = 0; i < 2; i++) {
        if (encoder->tails[i].size)
            write_metadata(encoder, out, promc__sample_suffix(&encoder->descriptor, kinds[i]),
                           "gauge");
        promc__buffer_append(out, encoder->tails[i].data, encoder->tails[i].size);
        encoder->tails[i].size = 0;
    }
}

static void text_finish(promc__encoder *encoder, promc__buffer *out)
{
    (void)encoder;
    (void)out;
}

const promc__encoding promc__text_encoding = {
    .begin = text_begin,
    .point = promc__write_samples,
    .plains = promc__write_plains,
    .created = text_created,
    .end = text_end,
    .finish = text_finish,
};
