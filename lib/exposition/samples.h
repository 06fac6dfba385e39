/* SPDX-License-Identifier: Apache-2.0 */
/* Points taken apart into single samples, for those that do not write a format. */
#ifndef PROMC_EXPOSITION_SAMPLES_H
#define PROMC_EXPOSITION_SAMPLES_H

#include "exposition/encoder.h"

typedef struct promc__sample {
    const promc__descriptor *descriptor;
    promc__sample_kind kind; /* tells the suffix of the name */
    const char *labels;      /* as in a point */
    size_t labels_size;
    const char *extra_name; /* one more label, or NULL: le, quantile, the name of a stateset */
    size_t extra_name_size;
    const char *extra_value;
    promc__value value;
    double timestamp;
} promc__sample;

/* Calls `take` for every sample of a point, in the order of the formats; stops when it returns
 * false. */
void promc__each_sample(const promc__descriptor *descriptor, const promc__point *point,
                        bool (*take)(const promc__sample *sample, void *arg), void *arg);

/* Visits every point of a registry; `native`: native buckets will be shown. PROMC_OK, what the
 * visitor returned otherwise, or an error. */
int promc__visit_registry(promc_registry *registry, bool native,
                          int (*visitor)(const promc__descriptor *descriptor,
                                         const promc__point *point, void *arg),
                          void *arg);

#endif
