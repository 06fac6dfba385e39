/* SPDX-License-Identifier: Apache-2.0 */
/* Labels in client_model's messages: LabelPair, out of the texts in which labels are stored. */
#ifndef PROMC_EXPOSITION_PROTOBUF_LABELS_H
#define PROMC_EXPOSITION_PROTOBUF_LABELS_H

#include "exposition/encoder.h"

/* Appends all labels of a text, each as the field `field`. */
void promc__wire_labels(promc__encoder *encoder, promc__buffer *out, unsigned field,
                        const promc__label_names *labels);

/* Appends one that is not of a text: its name is one of those in `among`. */
void promc__wire_label(promc__buffer *out, unsigned field, const char *name, size_t name_size,
                       const char *value, const promc__label_names *among,
                       enum promc__escaping escaping);

#endif
