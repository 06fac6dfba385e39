/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/distribution.h"
#include "metrics/exemplar.h"
#include "metrics/native.h"
#include "metrics/type_api.h"

#include "base/error.h"
#include "base/options.h"

static void finish_histogram(promc__child *child)
{
    promc__exemplar_finish(child);
    promc__native_finish(child);
}

static const promc__type histogram_type = {
    .kind = PROMC_TYPE_HISTOGRAM,
    .word = "histogram",
    .reserved = "le",
    .has_unit = true,
    .has_created = true,
    .has_exemplars = true,
    .fill = promc__distribution_fill,
    .prepare = promc__native_prepare,
    .finish = finish_histogram,
    .native_step = promc__native_step,
    .native_finish = promc__native_visited,
};

static const promc__type gauge_histogram_type = {
    .kind = PROMC_TYPE_GAUGE_HISTOGRAM,
    .word = "gauge_histogram",
    .reserved = "le",
    .has_unit = true,
    .fill = promc__distribution_fill,
    .prepare = promc__native_prepare,
    .finish = promc__native_finish,
    .native_step = promc__native_step,
    .native_finish = promc__native_visited,
};

static bool has_buckets(const promc_buckets *buckets)
{
    return buckets->kind != PROMC_BUCKETS_LISTED || buckets->bounds || buckets->count;
}

/* Native histograms have classic buckets only if they are asked for, and their cells in layouts. */
static int set_histogram(promc__family *family, const promc_histogram_opts *options)
{
    int status = promc__native_configure(family, options);

    if (status == PROMC_OK && (!family->native || has_buckets(&options->buckets)))
        status = promc__set_buckets(family, &options->buckets);
    if (family->native)
        family->cells = 0;
    return status;
}

static promc__family *finish_buckets(promc__family *family, const promc__metric_opts *options,
                                     int status, bool labelled)
{
    if (status != PROMC_OK) {
        promc__definition_failed(options->registry);
        promc__family_free(family);
        return NULL;
    }
    return promc__family_finish(family, options, labelled);
}

static promc__family *create_histogram(const promc_histogram_opts *options, bool labelled)
{
    const promc__metric_opts *common = (const promc__metric_opts *)options;
    promc__family *family = promc__family_create(&histogram_type, common, labelled);
    promc_histogram_opts set = {.size = sizeof(set)};

    if (!family)
        return NULL;
    (void)promc__copy_options(&set, sizeof(set), options, family->name);
    return finish_buckets(family, common, set_histogram(family, &set), labelled);
}

static promc__family *create_gauge_histogram(const promc_gauge_histogram_opts *options,
                                             bool labelled)
{
    const promc__metric_opts *common = (const promc__metric_opts *)options;
    promc__family *family = promc__family_create(&gauge_histogram_type, common, labelled);
    promc_gauge_histogram_opts set = {.size = sizeof(set)};
    promc_histogram_opts alike;

    if (!family)
        return NULL;
    (void)promc__copy_options(&set, sizeof(set), options, family->name);
    alike = (promc_histogram_opts){.buckets = set.buckets,
                                   .native_factor = set.native_factor,
                                   .native_schema = set.native_schema,
                                   .native_zero_threshold = set.native_zero_threshold,
                                   .native_max_zero_threshold = set.native_max_zero_threshold,
                                   .native_max_buckets = set.native_max_buckets};
    return finish_buckets(family, common, set_histogram(family, &alike), labelled);
}

PROMC__DEFINE_TYPE(histogram, create_histogram);
PROMC__DEFINE_TYPE(gauge_histogram, create_gauge_histogram);

static inline __attribute__((always_inline)) void
count_in_bucket(promc__child *child, uint32_t bucket, double amount, uint64_t count)
{
    promc__add_and_count(&child->numbers, child->family->cells, amount, 1 + bucket, count);
}

/* Many bounds, or NaN. */
static __attribute__((noinline)) void observe_by_search(promc__child *child, double value)
{
    count_in_bucket(child, promc__search_bounds(child->family, value), value, 1);
}

/* Straight through: what needs more is behind calls at the end, so that no register is saved. */
static inline __attribute__((always_inline)) void observe(promc__child *child, double value)
{
    const promc__family *family;

    if (promc__unlikely(!child)) {
        promc__count_mishap(PROMC_DROPPED_UPDATES);
        return;
    }
    family = child->family;
    if (family->cells == 0) {
        promc__native_observe(child, value);
    } else if (promc__likely(family->few_bounds && !isnan(value))) {
        _Static_assert(PROMC__FEW_BOUNDS + 2 <= PROMC__PAGE_CELLS, "their cells are in one page");
        PROMC__ASSUME(family->cells <= PROMC__PAGE_CELLS);
        count_in_bucket(child, promc__bounds_below(family->bounds, family->few_bounds, value),
                        value, 1);
    } else {
        observe_by_search(child, value);
    }
}

void promc_histogram_observe(promc_histogram *histogram, double value)
{
    observe((promc__child *)histogram, value);
}

void promc_histogram_observe_exemplar(promc_histogram *histogram, double value,
                                      const promc_label *exemplar)
{
    promc__child *child = (promc__child *)histogram;
    const promc__family *family;

    promc_histogram_observe(histogram, value);
    if (!child)
        return;
    family = child->family;
    promc__exemplar_keep(child, promc__bucket_of(family, value), value, exemplar);
    if (family->native)
        promc__exemplar_keep(child, family->bound_count + 1 + promc__native_exemplar(family, value),
                             value, exemplar);
}

void promc_gauge_histogram_observe(promc_gauge_histogram *histogram, double value)
{
    observe((promc__child *)histogram, value);
}

/* Counts are modulo 2^64 in every cell, so a thread may forget what another one observed. */
void promc_gauge_histogram_forget(promc_gauge_histogram *histogram, double value)
{
    promc__child *child = (promc__child *)histogram;

    if (promc__unlikely(!child))
        promc__count_mishap(PROMC_DROPPED_UPDATES);
    else if (child->family->cells == 0)
        promc__native_forget(child, value);
    else
        count_in_bucket(child, promc__bucket_of(child->family, value), -value, UINT64_MAX);
}
