/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's functions for each kind of value. */
#include "exposition/writer.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/utf8.h"
#include "metrics/label_text.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* PROMC_OK if the family may get such a value. */
static int check_type(promc_writer *writer, const promc_family *family, bool fits)
{
    if (!writer)
        return promc__fail(PROMC_ERROR_ARGUMENT, "writer is NULL");
    if (!family)
        return promc__writer_failed(
            writer, promc__fail(PROMC_ERROR_ARGUMENT,
                                "writer: the family is NULL; see the error of its definition"));
    if (!fits)
        return promc__writer_failed(
            writer, promc__fail(PROMC_ERROR_ARGUMENT, "%s: this type of family takes other values",
                                family->name));
    return PROMC_OK;
}

static bool is_type(const promc_family *family, promc_type type)
{
    return family && family->descriptor.type == type;
}

/* ---- single numbers -------------------------------------------------------------------------- */

static int write_single(promc_writer *writer, promc_family *family, promc__value value,
                        const promc_label *labels)
{
    promc__point point = {.value = value};
    int status =
        check_type(writer, family,
                   is_type(family, PROMC_TYPE_COUNTER) || is_type(family, PROMC_TYPE_GAUGE) ||
                       is_type(family, PROMC_TYPE_UNKNOWN));

    return status == PROMC_OK ? promc__writer_take(writer, family, &point, labels) : status;
}

int promc_writer_double(promc_writer *writer, promc_family *family, double value,
                        const promc_label *labels)
{
    return write_single(writer, family, (promc__value){.kind = PROMC__DOUBLE, .number = value},
                        labels);
}

int promc_writer_u64(promc_writer *writer, promc_family *family, uint64_t value,
                     const promc_label *labels)
{
    return write_single(writer, family, (promc__value){.kind = PROMC__U64, .u64 = value}, labels);
}

int promc_writer_i64(promc_writer *writer, promc_family *family, int64_t value,
                     const promc_label *labels)
{
    return write_single(writer, family, (promc__value){.kind = PROMC__I64, .i64 = value}, labels);
}

/* ---- histograms ------------------------------------------------------------------------------ */

static int check_histogram(const promc_family *family, const promc_histogram_value *value)
{
    if (!value->counts || (value->count && !value->bounds))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: a histogram value needs .size, .bounds and .counts", family->name);
    for (size_t i = 0; i < value->count; i++) {
        if (isnan(value->bounds[i]) || (i && !(value->bounds[i - 1] < value->bounds[i])))
            return promc__fail(PROMC_ERROR_ARGUMENT, "%s: Buckets not in sorted order",
                               family->name);
    }
    return PROMC_OK;
}

/* Each bucket for itself, from counts that may be cumulative. */
static int bucket_counts(const promc_family *family, const promc_histogram_value *value,
                         uint64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t below = i && value->cumulative ? value->counts[i - 1] : 0;

        if (value->counts[i] < below)
            return promc__fail(PROMC_ERROR_ARGUMENT, "%s: cumulative counts go down at bucket %zu",
                               family->name, i);
        counts[i] = value->counts[i] - below;
    }
    return PROMC_OK;
}

int promc_writer_histogram(promc_writer *writer, promc_family *family,
                           const promc_histogram_value *value, const promc_label *labels)
{
    uint64_t few[64], *counts = few;
    promc_histogram_value copy = {.size = sizeof(copy)};
    promc__point point = {0};
    size_t count;
    bool has_infinity;
    int status = check_type(writer, family,
                            is_type(family, PROMC_TYPE_HISTOGRAM) ||
                                is_type(family, PROMC_TYPE_GAUGE_HISTOGRAM));

    if (status != PROMC_OK)
        return status;
    status = promc__copy_options(&copy, sizeof(copy), value, family->name);
    value = &copy;
    if (status == PROMC_OK)
        status = check_histogram(family, value);
    if (status != PROMC_OK)
        return promc__writer_failed(writer, status);
    has_infinity = value->count && value->bounds[value->count - 1] > DBL_MAX;
    count = value->count + !has_infinity;
    if (count > promc__count_of(few))
        counts = count < SIZE_MAX / sizeof(*counts) ? promc__malloc(count * sizeof(*counts)) : NULL;
    if (!counts)
        return promc__writer_failed(writer, promc__fail_memory(family->name));
    status = bucket_counts(family, value, counts, count);
    point.counts = counts;
    point.bounds = value->bounds;
    point.bound_count = count - 1;
    point.sum = value->sum;
    if (status == PROMC_OK)
        status = promc__writer_take(writer, family, &point, labels);
    else
        promc__writer_failed(writer, status);
    if (counts != few)
        promc__free(counts);
    return status;
}

/* ---- summaries ------------------------------------------------------------------------------- */

static int check_summary(const promc_family *family, const promc_summary_value *value)
{
    if (value->quantile_count && (!value->quantiles || !value->values))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: a summary value needs .size, and values for its quantiles",
                           family->name);
    for (size_t i = 0; i < value->quantile_count; i++) {
        if (!(value->quantiles[i] >= 0 && value->quantiles[i] <= 1))
            return promc__fail(PROMC_ERROR_ARGUMENT, "%s: quantiles must be from 0 to 1",
                               family->name);
    }
    return PROMC_OK;
}

int promc_writer_summary(promc_writer *writer, promc_family *family,
                         const promc_summary_value *value, const promc_label *labels)
{
    promc_summary_value copy = {.size = sizeof(copy)};
    promc__point point = {0};
    int status = check_type(writer, family, is_type(family, PROMC_TYPE_SUMMARY));

    if (status != PROMC_OK)
        return status;
    status = value ? promc__copy_options(&copy, sizeof(copy), value, family->name)
                   : promc__fail(PROMC_ERROR_ARGUMENT, "%s: the value is NULL", family->name);
    value = &copy;
    if (status == PROMC_OK)
        status = check_summary(family, value);
    if (status != PROMC_OK)
        return promc__writer_failed(writer, status);
    point.counts = &value->count;
    point.sum = value->sum;
    point.quantiles = value->quantiles;
    point.quantile_values = value->values;
    point.quantile_count = value->quantile_count;
    return promc__writer_take(writer, family, &point, labels);
}

/* ---- info and stateset ----------------------------------------------------------------------- */

int promc_writer_info(promc_writer *writer, promc_family *family, const promc_label *pairs,
                      const promc_label *labels)
{
    promc__point point = {.value = {.kind = PROMC__DOUBLE, .number = 1}};
    promc__buffer text = PROMC__BUFFER(0);
    int status = check_type(writer, family, is_type(family, PROMC_TYPE_INFO));

    if (status != PROMC_OK)
        return status;
    status = promc__pairs_text(&text, pairs, family->name);
    if (status == PROMC_OK) {
        point.labels = text.data;
        point.labels_size = text.size;
        status = promc__writer_take(writer, family, &point, labels);
    } else {
        promc__writer_failed(writer, status);
    }
    promc__buffer_free(&text);
    return status;
}

int promc_writer_stateset(promc_writer *writer, promc_family *family, const char *const *states,
                          const bool *active, const promc_label *labels)
{
    promc__point point = {.states = states, .active = active};
    int status = check_type(writer, family, is_type(family, PROMC_TYPE_STATESET));

    if (status != PROMC_OK)
        return status;
    while (states && states[point.state_count])
        point.state_count++;
    if (!active || !point.state_count)
        return promc__writer_failed(
            writer, promc__fail(PROMC_ERROR_ARGUMENT,
                                "%s: a stateset needs states and a flag for each", family->name));
    return promc__writer_take(writer, family, &point, labels);
}
