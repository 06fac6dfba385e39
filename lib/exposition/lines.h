/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of samples: what the text format and OpenMetrics share (client_python: exposition.py and
 * openmetrics/exposition.py, the sample lines of generate_latest()). */
#ifndef PROMC_EXPOSITION_LINES_H
#define PROMC_EXPOSITION_LINES_H

#include "exposition/encoder.h"

#define PROMC__HAS(encoder, kind) ((encoder)->kinds & 1u << PROMC__SAMPLE_##kind)

/* Names, bounds and what else an encoder has made for many lines is copied in blocks of so many
 * bytes: there is as much room behind it. */
#define PROMC__LINE_BLOCK 32

/* ---- line_names.c ---------------------------------------------------------------------------- */

/* Prepares the sample names of the current family. */
void promc__write_heads(promc__encoder *encoder);
/* Whether stored names of labels are what this format wants, in every point of the family. */
bool promc__names_stand(const promc__encoder *encoder);
/* Writes labels whose names are escaped, in the order of the stored ones. */
void promc__escape_names(promc__encoder *encoder, promc__buffer *out,
                         const promc__label_names *labels);

/* ---- lines.c --------------------------------------------------------------------------------- */

/* All samples of a point; for the text format without the created one. */
void promc__write_samples(promc__encoder *encoder, promc__buffer *out, const promc__point *point);
/* The same of plain points. */
void promc__write_plains(promc__encoder *encoder, promc__buffer *out, const promc__plains *points);
void promc__write_created(promc__encoder *encoder, promc__buffer *out, const promc__point *point);

#endif
