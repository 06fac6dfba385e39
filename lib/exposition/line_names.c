/* SPDX-License-Identifier: Apache-2.0 */
/* The names in lines of samples, as the character set of the format has them. */
#include "exposition/lines.h"
#include "metrics/label_text.h"

/* ---- of metrics ------------------------------------------------------------------------------ */

/* A name that is not of the old character set goes into the braces, in quotes. */
static void make_head(promc__encoder *encoder, promc__sample_kind kind)
{
    const promc__descriptor *family = &encoder->descriptor;
    promc__buffer *text = &encoder->heads[kind].text, *name = &encoder->scratch;
    bool quoted;

    name->size = 0;
    promc__buffer_append(name, family->name, family->name_size);
    promc__buffer_string(name, promc__sample_suffix(family, kind));
    if (name->error)
        return;
    quoted = encoder->name_escaping == PROMC__ALLOW_UTF_8 &&
             !promc__is_legacy_metric_name(name->data, name->size);
    text->size = 0;
    if (quoted)
        promc__buffer_char(text, '{');
    promc__escape_metric_name(text, name->data, name->size, encoder->name_escaping);
    promc__buffer_char(text, quoted ? ',' : '{');
    encoder->heads[kind].labelled = text->size;
    if (quoted)
        promc__buffer_char(text, '{');
    promc__escape_metric_name(text, name->data, name->size, encoder->name_escaping);
    if (quoted)
        promc__buffer_char(text, '}');
    (void)promc__buffer_room(text, PROMC__LINE_BLOCK);
}

/* ---- of labels ------------------------------------------------------------------------------- */

void promc__escape_names(promc__encoder *encoder, promc__buffer *out,
                         const promc__label_names *labels)
{
    const char *at = labels->text, *end = at + labels->size;
    promc__buffer *name = &encoder->scratch;
    promc__label_part part;

    out->size = 0;
    while (promc__label_next(&at, end, &part)) {
        if (out->size)
            promc__buffer_char(out, ',');
        if (part.quoted_name) {
            name->size = 0;
            promc__label_unescape(name, part.name, part.name_size);
            promc__label_escape(out, name->data ? name->data : "", name->size, labels,
                                encoder->escaping);
        } else {
            promc__escape_label_name(out, part.name, part.name_size, encoder->escaping);
        }
        promc__buffer_string(out, "=\"");
        promc__buffer_append(out, part.value, part.value_size);
        promc__buffer_char(out, '"');
    }
}

bool promc__names_stand(const promc__encoder *encoder)
{
    return encoder->escaping == PROMC__ALLOW_UTF_8 ||
           (encoder->descriptor.legacy_labels && encoder->escaping != PROMC__DOTS);
}

/* ---- of a family ----------------------------------------------------------------------------- */

/* Whether points are one line with their labels as they are, as most are. */
static bool is_plain(const promc__encoder *encoder)
{
    switch (encoder->descriptor.type) {
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGE_HISTOGRAM:
    case PROMC_TYPE_SUMMARY:
    case PROMC_TYPE_STATESET:
        return false;
    default:
        return PROMC__HAS(encoder, VALUE) && promc__names_stand(encoder);
    }
}

void promc__write_heads(promc__encoder *encoder)
{
    for (unsigned kind = 0; kind < PROMC__SAMPLE_KINDS; kind++) {
        if (encoder->kinds & 1u << kind)
            make_head(encoder, (promc__sample_kind)kind);
    }
    encoder->plain = is_plain(encoder);
}
