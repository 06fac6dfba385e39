/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/distribution.h"
#include "metrics/quantiles.h"
#include "metrics/type_api.h"

#include "base/error.h"
#include "base/options.h"

/* Sum and count. */
#define SUMMARY_CELLS 2

static const promc__type summary_type = {
    .kind = PROMC_TYPE_SUMMARY,
    .word = "summary",
    .reserved = "quantile",
    .has_unit = true,
    .has_created = true,
    .fill = promc__distribution_fill,
    .prepare = promc__quantiles_prepare,
    .finish = promc__quantiles_finish,
    .quantiles_fill = promc__quantiles_fill,
};

static promc__family *create_summary(const promc_summary_opts *options, bool labelled)
{
    const promc__metric_opts *common = (const promc__metric_opts *)options;
    promc__family *family = promc__family_create(&summary_type, common, labelled);
    promc_summary_opts set = {.size = sizeof(set)};

    if (!family)
        return NULL;
    (void)promc__copy_options(&set, sizeof(set), options, family->name);
    if (promc__quantiles_configure(family, &set) != PROMC_OK) {
        promc__definition_failed(common->registry);
        promc__family_free(family);
        return NULL;
    }
    family->cells = SUMMARY_CELLS;
    return promc__family_finish(family, common, labelled);
}

PROMC__DEFINE_TYPE(summary, create_summary);

void promc_summary_observe(promc_summary *summary, double value)
{
    promc__child *child = (promc__child *)summary;

    if (promc__unlikely(!child)) {
        promc__count_mishap(PROMC_DROPPED_UPDATES);
        return;
    }
    if (promc__unlikely(atomic_load_explicit(&child->extra, memory_order_relaxed) != NULL))
        promc__quantiles_observe(child, value);
    else
        promc__add_and_count(&child->numbers, SUMMARY_CELLS, value, 1, 1);
}
