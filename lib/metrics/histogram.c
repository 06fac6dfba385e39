/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/distribution.h"
#include "metrics/exemplar.h"
#include "metrics/type_api.h"

#include "base/error.h"

static const promc__type histogram_type = {
    .kind = PROMC_TYPE_HISTOGRAM,
    .word = "histogram",
    .reserved = "le",
    .has_unit = true,
    .has_created = true,
    .has_exemplars = true,
    .fill = promc__distribution_fill,
    .finish = promc__exemplar_finish,
};

static const promc__type gauge_histogram_type = {
    .kind = PROMC_TYPE_GAUGE_HISTOGRAM,
    .word = "gauge_histogram",
    .reserved = "le",
    .has_unit = true,
    .fill = promc__distribution_fill,
};

static promc__family *create_with_buckets(const promc__type *type,
                                          const promc__metric_opts *options,
                                          const promc_buckets *buckets, bool labelled)
{
    promc__family *family = promc__family_create(type, options, labelled);

    if (!family)
        return NULL;
    if (promc__set_buckets(family, buckets) != PROMC_OK) {
        promc__definition_failed(options->registry);
        promc__family_free(family);
        return NULL;
    }
    return promc__family_finish(family, options, labelled);
}

static promc__family *create_histogram(const promc_histogram_opts *options, bool labelled)
{
    return create_with_buckets(&histogram_type, (const promc__metric_opts *)options,
                               options ? &options->buckets : NULL, labelled);
}

static promc__family *create_gauge_histogram(const promc_gauge_histogram_opts *options,
                                             bool labelled)
{
    return create_with_buckets(&gauge_histogram_type, (const promc__metric_opts *)options,
                               options ? &options->buckets : NULL, labelled);
}

PROMC__DEFINE_TYPE(histogram, create_histogram);
PROMC__DEFINE_TYPE(gauge_histogram, create_gauge_histogram);

void promc_histogram_observe(promc_histogram *histogram, double value)
{
    if (promc__unlikely(!histogram)) {
        promc__count_mishap(PROMC_DROPPED_UPDATES);
        return;
    }
    promc__add_and_count(&histogram->child.numbers, value,
                         1 + promc__bucket_of(histogram->child.family, value), 1);
}

void promc_histogram_observe_exemplar(promc_histogram *histogram, double value,
                                      const promc_label *exemplar)
{
    promc_histogram_observe(histogram, value);
    if (histogram)
        promc__exemplar_keep(&histogram->child, promc__bucket_of(histogram->child.family, value),
                             value, exemplar);
}

void promc_gauge_histogram_observe(promc_gauge_histogram *histogram, double value)
{
    if (promc__unlikely(!histogram)) {
        promc__count_mishap(PROMC_DROPPED_UPDATES);
        return;
    }
    promc__add_and_count(&histogram->child.numbers, value,
                         1 + promc__bucket_of(histogram->child.family, value), 1);
}

/* Counts are modulo 2^64 in every cell, so a thread may forget what another one observed. */
void promc_gauge_histogram_forget(promc_gauge_histogram *histogram, double value)
{
    if (promc__unlikely(!histogram)) {
        promc__count_mishap(PROMC_DROPPED_UPDATES);
        return;
    }
    promc__add_and_count(&histogram->child.numbers, -value,
                         1 + promc__bucket_of(histogram->child.family, value), UINT64_MAX);
}
