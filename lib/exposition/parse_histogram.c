/* SPDX-License-Identifier: Apache-2.0 */
/* The samples of one histogram at one time agree with each other (OpenMetrics 1.0.0, "Histogram" and
 * "GaugeHistogram"). */
#include "base/parse_number.h"
#include "exposition/parser.h"

#include <math.h>
#include <string.h>

static int histogram_fails(promc__parser *parser, const char *reason)
{
    return promc__parse_fail(parser, parser->begin, "%.100s: %s",
                             parser->current ? parser->current->shown.name : "", reason);
}

static int histogram_bucket(promc__parser *parser, promc__parse_histogram *histogram)
{
    const promc_parsed_sample *sample = &parser->sample;
    double bound = NAN;
    size_t i = 0;

    while (i < sample->label_count && !promc__parse_same(sample->labels[i].name, "le"))
        i++;
    if (i < sample->label_count)
        promc__parse_double(sample->labels[i].value, sample->value_sizes[i], &bound);
    if (histogram->has_bucket && !(bound > histogram->bound))
        return histogram_fails(parser, "buckets have to be in ascending order");
    if (histogram->has_bucket && sample->value < histogram->value)
        return histogram_fails(parser, "a bucket has what the buckets below it have, and more");
    histogram->has_bucket = true;
    histogram->bound = bound;
    histogram->value = sample->value;
    histogram->negative_buckets |= bound < 0;
    return PROMC_OK;
}

int promc__parse_histogram_sample(promc__parser *parser, const char *suffix)
{
    promc__parse_histogram *histogram = &parser->group.histogram;

    if (!histogram->any)
        *histogram = (promc__parse_histogram){.any = true};
    if (promc__parse_same(suffix, "_bucket"))
        return histogram_bucket(parser, histogram);
    if (promc__parse_same(suffix, "_count") || promc__parse_same(suffix, "_gcount")) {
        histogram->has_count = true;
        histogram->count = parser->sample.value;
    } else if (promc__parse_same(suffix, "_sum")) {
        histogram->has_sum = true;
    } else if (promc__parse_same(suffix, "_gsum")) {
        histogram->has_gsum = true;
        histogram->negative_gsum = parser->sample.value < 0;
    }
    return PROMC_OK;
}

int promc__parse_histogram_end(promc__parser *parser, const promc__parse_family *family)
{
    promc__parse_histogram *histogram = &parser->group.histogram;
    bool sums = histogram->has_sum || histogram->has_gsum;
    const char *reason = NULL;

    if (!histogram->any)
        return PROMC_OK;
    histogram->any = false;
    if (!histogram->has_bucket || !(isinf(histogram->bound) && histogram->bound > 0))
        reason = "the +Inf bucket is missing";
    else if (histogram->has_count && histogram->count != histogram->value)
        reason = "the count is not that of the +Inf bucket";
    else if (sums != histogram->has_count)
        reason = sums ? "there is a sum and no count" : "there is a count and no sum";
    else if (histogram->negative_buckets && histogram->has_sum)
        reason = "with buckets below zero there can be no sum";
    else if (histogram->negative_gsum && !histogram->negative_buckets)
        reason = "without buckets below zero the sum cannot be negative";
    if (reason)
        return promc__parse_fail(parser, parser->begin, "before this line, %.100s: %s",
                                 family->shown.name, reason);
    return PROMC_OK;
}
