/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From points to bytes. An encoder is told of a family, gets its points one after the other, and
 * appends to a buffer. Each format is one implementation of struct promc__encoding.
 */
#ifndef PROMC_EXPOSITION_ENCODER_H
#define PROMC_EXPOSITION_ENCODER_H

#include "base/buffer.h"
#include "base/names.h"
#include "metrics/label_text.h"
#include "metrics/point.h"

/* The kinds of samples that families consist of, by the suffix of their names. */
typedef enum promc__sample_kind {
    PROMC__SAMPLE_VALUE, /* counter (with "_total"), gauge, unknown, info (with "_info"), ... */
    PROMC__SAMPLE_BUCKET,
    PROMC__SAMPLE_COUNT,
    PROMC__SAMPLE_SUM,
    PROMC__SAMPLE_CREATED,
    PROMC__SAMPLE_GCOUNT,
    PROMC__SAMPLE_GSUM,
    PROMC__SAMPLE_KINDS
} promc__sample_kind;

/* What is behind the family's name in samples of that kind; "" for gauges. */
const char *promc__sample_suffix(const promc__descriptor *descriptor, promc__sample_kind kind);
/*
 * Appends the family's name, which is still to be escaped; or, if other families would be taken for
 * it then, its name spelt out, which is in the old character set and stays as it is: then true.
 */
bool promc__family_name(promc__buffer *out, const promc__descriptor *descriptor,
                        enum promc__escaping escaping);
/* Which kinds a family of the type has, as bits. */
unsigned promc__sample_kinds(const promc__descriptor *descriptor);

typedef struct promc__encoder promc__encoder;

typedef struct promc__encoding {
    /* A new family: appends its metadata. */
    void (*begin)(promc__encoder *encoder, promc__buffer *out);
    /* All samples of a point, but for the created one if that has a section of its own. */
    void (*point)(promc__encoder *encoder, promc__buffer *out, const promc__point *point);
    /* The same for many points of a family whose begin() has set encoder->plain; NULL: none does. */
    void (*plains)(promc__encoder *encoder, promc__buffer *out, const promc__plains *points);
    /* The created sample of a point, after all points; NULL: it is part of the point. */
    void (*created)(promc__encoder *encoder, promc__buffer *out, const promc__point *point);
    /* Whatever has to come at the end of the family. */
    void (*end)(promc__encoder *encoder, promc__buffer *out);
    /* What ends the whole exposition. */
    void (*finish)(promc__encoder *encoder, promc__buffer *out);
} promc__encoding;

/* A sample name as it stands at the beginning of a line, for samples with and without labels. */
typedef struct promc__head {
    promc__buffer text; /* name{ or {"name", then name or {"name"} */
    size_t labelled;    /* size of the first form */
} promc__head;

struct promc__encoder {
    const promc__encoding *encoding;
    promc_format format;
    enum promc__escaping escaping;
    bool openmetrics;
    /* Whether samples of a name may pass (a restricted view); NULL: all. */
    bool (*allows)(const void *arg, const char *name, size_t size);
    const void *allows_arg;

    /* The current family. */
    promc__descriptor descriptor;
    enum promc__escaping name_escaping; /* of its name */
    unsigned kinds; /* that it has and that may pass */
    bool created_begun;
    bool plain; /* points of counters and gauges need no more than plains() does with them */
    promc__head heads[PROMC__SAMPLE_KINDS];
    promc__buffer tails[2];  /* lines that come after all points: _gcount, _gsum */
    promc__buffer labels;    /* scratch: labels with escaped names */
    promc__label_names stored; /* the labels they were made of */
    promc__buffer exemplar;  /* scratch: its labels */
    promc__buffer scratch;   /* of names */
    promc__buffer split;     /* what lines with one label more have around it */
    promc__buffer spelt;     /* the family's name if it would be taken for another one */
    promc__buffer message;   /* protobuf: the family so far */
    size_t message_head;     /* of it, what comes before the first metric */
    size_t metric_width;     /* of the length of the last metric in it, in bytes */
    size_t histogram_width;  /* and of the last histogram in one */
    promc__buffer bounds;    /* le="..." of every bound of the family, one after the other */
    promc__buffer bounds_of; /* the bounds they belong to: a writer's caller may reuse his array */
};

/* Who knows the format names its encoding, and is linked without the others. */
void promc__encoder_init(promc__encoder *encoder, promc_format format,
                         const promc__encoding *encoding);
const promc__encoding *promc__encoding_of(promc_format format);
/* PROMC_OK, or PROMC_ERROR_UNSUPPORTED for a number that is no format. `what` is for the message. */
int promc__format_check(promc_format format, const char *what);
void promc__encoder_free(promc__encoder *encoder);

/* Begins a family. False if none of its samples may pass: then it is left out altogether. */
bool promc__encoder_begin(promc__encoder *encoder, promc__buffer *out,
                          const promc__descriptor *descriptor);

/* Whether created samples need another walk over the points. */
bool promc__encoder_wants_created(const promc__encoder *encoder);

/* Out of memory in scratch buffers shows here, once for the whole family. */
int promc__encoder_error(const promc__encoder *encoder);

extern const promc__encoding promc__text_encoding;
extern const promc__encoding promc__openmetrics_encoding;
extern const promc__encoding promc__protobuf_encoding;

#endif
