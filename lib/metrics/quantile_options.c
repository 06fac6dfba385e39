/* SPDX-License-Identifier: Apache-2.0 */
/* The options of summaries with quantiles. */
#include "metrics/quantiles.h"

#include "base/error.h"
#include "base/memory.h"

#define MOST_QUANTILES 100
#define DEFAULT_ERROR 0.01
#define DEFAULT_WINDOW 600
#define LONGEST_WINDOW 1e9

/* What quantile_error and quantile_window mean. */
struct precision {
    int schema;
    double window;
};

/* The middle of a bucket from l to h is off by at most (h - l) / (h + l). */
static int set_schema(const promc__family *family, double error, struct precision *precision)
{
    double factor = (1 + error) / (1 - error);

    if (!(error > 0 && error < 1) || factor < promc__native_bound(1, PROMC__FINEST_SCHEMA))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: .quantile_error must be from 0.0014 to less than 1", family->name);
    precision->schema = promc__schema_for(factor);
    if (precision->schema < 0)
        precision->schema = 0;
    return PROMC_OK;
}

static int set_precision(const promc__family *family, const promc_summary_opts *options,
                         struct precision *precision)
{
    double error = options->quantile_error, window = options->quantile_window;

    precision->window = window == 0 ? DEFAULT_WINDOW : window;
    if (!(precision->window >= 1 && precision->window <= LONGEST_WINDOW))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: .quantile_window must be from 1 to 1e9 seconds", family->name);
    return set_schema(family, error == 0 ? DEFAULT_ERROR : error, precision);
}

static int check_quantiles(const promc__family *family, const promc_summary_opts *options)
{
    const promc_quantiles *quantiles = &options->quantiles;

    if (quantiles->count > MOST_QUANTILES)
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: more than %d quantiles", family->name,
                           MOST_QUANTILES);
    if (!quantiles->values)
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: .quantiles has a count but no values",
                           family->name);
    for (size_t i = 0; i < quantiles->count; i++) {
        if (!(quantiles->values[i] >= 0 && quantiles->values[i] <= 1))
            return promc__fail(PROMC_ERROR_ARGUMENT, "%s: quantiles must be from 0 to 1",
                               family->name);
    }
    return PROMC_OK;
}

/* Into place among those that are there. False: it is there already. */
static bool insert_quantile(promc__quantile_config *config, double quantile)
{
    size_t at = config->count;

    while (at > 0 && config->quantiles[at - 1] > quantile)
        at--;
    if (at > 0 && config->quantiles[at - 1] == quantile)
        return false;
    memmove(&config->quantiles[at + 1], &config->quantiles[at],
            (config->count - at) * sizeof(config->quantiles[0]));
    config->quantiles[at] = quantile + 0.0; /* not -0 */
    config->count++;
    return true;
}

int promc__quantiles_configure(promc__family *family, const promc_summary_opts *options)
{
    const promc_quantiles *quantiles = &options->quantiles;
    struct precision precision;
    promc__quantile_config *config;
    /* Also where nobody asks for quantiles yet. */
    int status = set_precision(family, options, &precision);

    if (status != PROMC_OK || !quantiles->count)
        return status;
    status = check_quantiles(family, options);
    if (status != PROMC_OK)
        return status;
    config = promc__zalloc(sizeof(*config) + quantiles->count * sizeof(double));
    if (!config)
        return promc__fail_memory(family->name);
    family->quantiles = config;
    config->schema = precision.schema;
    config->slices_per_ns = PROMC__SLICES / (precision.window * 1e9);
    for (size_t i = 0; i < quantiles->count; i++) {
        if (!insert_quantile(config, quantiles->values[i]))
            return promc__fail(PROMC_ERROR_ARGUMENT, "%s: a quantile is there twice",
                               family->name);
    }
    return PROMC_OK;
}
