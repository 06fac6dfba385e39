/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/encoder.h"

#include "base/error.h"
#include "metrics/family.h"

#include <string.h>

#define KIND(kind) (1u << PROMC__SAMPLE_##kind)

const char *promc__sample_suffix(const promc__descriptor *descriptor, promc__sample_kind kind)
{
    static const char suffixes[PROMC__SAMPLE_KINDS][9] = {
        "", "_bucket", "_count", "_sum", "_created", "_gcount", "_gsum"};

    if (kind == PROMC__SAMPLE_VALUE && !descriptor->exact_name) {
        if (descriptor->type == PROMC_TYPE_COUNTER)
            return "_total";
        if (descriptor->type == PROMC_TYPE_INFO)
            return "_info";
    }
    return suffixes[kind];
}

bool promc__family_name(promc__buffer *out, const promc__descriptor *descriptor,
                        enum promc__escaping escaping)
{
    const char *name = descriptor->name;
    size_t size = descriptor->name_size;
    bool old = escaping == PROMC__UNDERSCORES || escaping == PROMC__DOTS;

    /* Dots tell "http.load" from "http_load", but not "http☃load". */
    if (descriptor->blends && old &&
        (promc__metric_name_blurs(name, size, escaping) || promc__is_legacy_metric_name(name, size))) {
        promc__spell_metric_name(out, name, size);
        return true;
    }
    promc__buffer_append(out, name, size);
    return false;
}

unsigned promc__sample_kinds(const promc__descriptor *descriptor)
{
    unsigned created = descriptor->exact_name ? 0 : KIND(CREATED);

    switch (descriptor->type) {
    case PROMC_TYPE_COUNTER:
        return KIND(VALUE) | created;
    case PROMC_TYPE_HISTOGRAM:
        return KIND(BUCKET) | KIND(COUNT) | KIND(SUM) | created;
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        return KIND(BUCKET) | KIND(GCOUNT) | KIND(GSUM);
    case PROMC_TYPE_SUMMARY:
        return KIND(VALUE) | KIND(COUNT) | KIND(SUM) | created;
    default:
        return KIND(VALUE);
    }
}

void promc__encoder_init(promc__encoder *encoder, promc_format format,
                         const promc__encoding *encoding)
{
    static const enum promc__escaping escapings[] = {PROMC__UNDERSCORES, PROMC__ALLOW_UTF_8,
                                                     PROMC__DOTS, PROMC__VALUES};

    *encoder = (promc__encoder){.encoding = encoding, .format = format};
    encoder->openmetrics = (format & 0xFF) == PROMC_FORMAT_OPENMETRICS ||
                           (format & 0xFF) == PROMC_FORMAT_OPENMETRICS_0_0_1;
    encoder->escaping = escapings[format >> 8 & 3];
}

const promc__encoding *promc__encoding_of(promc_format format)
{
    switch (format & 0xFF) {
    case PROMC_FORMAT_OPENMETRICS:
    case PROMC_FORMAT_OPENMETRICS_0_0_1:
        return &promc__openmetrics_encoding;
    case PROMC_FORMAT_PROTOBUF:
        return &promc__protobuf_encoding;
    default:
        return &promc__text_encoding;
    }
}

int promc__format_check(promc_format format, const char *what)
{
    if ((format & 0xFF) > PROMC_FORMAT_PROTOBUF || format >> 8 > PROMC_ESCAPE_VALUES >> 8)
        return promc__fail(PROMC_ERROR_UNSUPPORTED,
                           "%s: %u is no format that is known: use a PROMC_FORMAT_ constant", what,
                           format);
    return PROMC_OK;
}

void promc__encoder_free(promc__encoder *encoder)
{
    for (size_t i = 0; i < PROMC__SAMPLE_KINDS; i++)
        promc__buffer_free(&encoder->heads[i].text);
    for (size_t i = 0; i < 2; i++)
        promc__buffer_free(&encoder->tails[i]);
    promc__buffer_free(&encoder->labels);
    promc__buffer_free(&encoder->exemplar);
    promc__buffer_free(&encoder->scratch);
    promc__buffer_free(&encoder->split);
    promc__buffer_free(&encoder->spelt);
    promc__buffer_free(&encoder->message);
    promc__buffer_free(&encoder->bounds);
    promc__buffer_free(&encoder->bounds_of);
}

static unsigned allowed_kinds(promc__encoder *encoder)
{
    unsigned kinds = promc__sample_kinds(&encoder->descriptor), allowed = 0;

    for (unsigned kind = 0; kind < PROMC__SAMPLE_KINDS; kind++) {
        if (!(kinds & 1u << kind))
            continue;
        encoder->scratch.size = 0;
        promc__buffer_append(&encoder->scratch, encoder->descriptor.name,
                             encoder->descriptor.name_size);
        promc__buffer_string(&encoder->scratch,
                             promc__sample_suffix(&encoder->descriptor, (promc__sample_kind)kind));
        if (encoder->scratch.error)
            return 0;
        if (encoder->allows(encoder->allows_arg, encoder->scratch.data, encoder->scratch.size))
            allowed |= 1u << kind;
    }
    return allowed;
}

/* From here on the family has no other name. */
static void choose_name(promc__encoder *encoder)
{
    promc__buffer *spelt = &encoder->spelt;

    encoder->name_escaping = encoder->escaping;
    spelt->size = 0;
    if (!encoder->descriptor.blends ||
        !promc__family_name(spelt, &encoder->descriptor, encoder->escaping) || spelt->error)
        return;
    encoder->name_escaping = PROMC__UNDERSCORES;
    encoder->descriptor.name = spelt->data;
    encoder->descriptor.name_size = spelt->size;
}

bool promc__encoder_begin(promc__encoder *encoder, promc__buffer *out,
                          const promc__descriptor *descriptor)
{
    encoder->descriptor = *descriptor;
    encoder->created_begun = false;
    encoder->kinds =
        encoder->allows ? allowed_kinds(encoder) : promc__sample_kinds(&encoder->descriptor);
    if (!encoder->kinds)
        return false;
    if (!promc__created_enabled())
        encoder->kinds &= ~KIND(CREATED);
    choose_name(encoder);
    encoder->encoding->begin(encoder, out);
    return true;
}

bool promc__encoder_wants_created(const promc__encoder *encoder)
{
    return encoder->encoding->created && (encoder->kinds & KIND(CREATED));
}

int promc__encoder_error(const promc__encoder *encoder)
{
    int error = encoder->labels.error ? encoder->labels.error : encoder->exemplar.error;

    for (size_t i = 0; i < PROMC__SAMPLE_KINDS && !error; i++)
        error = encoder->heads[i].text.error;
    for (size_t i = 0; i < 2 && !error; i++)
        error = encoder->tails[i].error;
    if (!error)
        error = encoder->scratch.error ? encoder->scratch.error : encoder->message.error;
    if (!error)
        error = encoder->spelt.error ? encoder->spelt.error : encoder->split.error;
    if (!error)
        error = encoder->bounds.error ? encoder->bounds.error : encoder->bounds_of.error;
    return error;
}
