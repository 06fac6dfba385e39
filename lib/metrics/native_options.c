/* SPDX-License-Identifier: Apache-2.0 */
/* The options of native histograms (client_golang: HistogramOpts). */
#include "metrics/native.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>

/* client_golang's DefNativeHistogramZeroThreshold, 2^-128, and its recommended limit. */
#define DEFAULT_ZERO_THRESHOLD 0x1p-128
#define DEFAULT_MAX_BUCKETS 160

static int native_schema(const promc__family *family, const promc_histogram_opts *options,
                         int *schema)
{
    *schema = options->native_schema - PROMC_SCHEMA(0);
    if (options->native_factor != 0 && options->native_schema != 0)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: give .native_factor or .native_schema, not both", family->name);
    if (options->native_schema != 0 &&
        (*schema < PROMC__COARSEST_SCHEMA || *schema > PROMC__FINEST_SCHEMA))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: .native_schema must be PROMC_SCHEMA(n) with n from -4 to 8",
                           family->name);
    if (options->native_schema == 0 && !(options->native_factor > 1))
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: .native_factor must be > 1", family->name);
    if (options->native_schema == 0)
        *schema = promc__schema_for(options->native_factor);
    return PROMC_OK;
}

static int check_thresholds(const promc__family *family, const promc_histogram_opts *options)
{
    if (isnan(options->native_zero_threshold) || isinf(options->native_zero_threshold))
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: .native_zero_threshold must be finite",
                           family->name);
    if (!(options->native_max_zero_threshold >= 0) || isinf(options->native_max_zero_threshold))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: .native_max_zero_threshold must be 0 or more and finite",
                           family->name);
    if (!(options->native_reset_seconds >= 0))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: .native_reset_seconds must be 0 or more seconds", family->name);
    return PROMC_OK;
}

static double zero_threshold_of(double option)
{
    if (option < 0)
        return 0;
    return option == 0 ? DEFAULT_ZERO_THRESHOLD : option;
}

int promc__native_configure(promc__family *family, const promc_histogram_opts *options)
{
    struct promc__native_config *config;
    int schema, status;

    /* Also of those that mean nothing yet, so that they do not fail where native is switched on. */
    status = check_thresholds(family, options);
    if (status != PROMC_OK || (options->native_factor == 0 && options->native_schema == 0))
        return status;
    status = native_schema(family, options, &schema);
    if (status != PROMC_OK)
        return status;
    config = promc__malloc(sizeof(*config));
    if (!config)
        return promc__fail_memory(family->name);
    *config = (struct promc__native_config){
        .schema = schema,
        .zero_threshold = zero_threshold_of(options->native_zero_threshold),
        .max_zero_threshold = options->native_max_zero_threshold,
        .max_buckets = options->native_max_buckets ? options->native_max_buckets
                                                   : DEFAULT_MAX_BUCKETS,
        .reset_seconds = options->native_reset_seconds,
    };
    family->native = config;
    return PROMC_OK;
}
