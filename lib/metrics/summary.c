/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/distribution.h"
#include "metrics/type_api.h"

#include "base/error.h"

static const promc__type summary_type = {
    .kind = PROMC_TYPE_SUMMARY,
    .word = "summary",
    .reserved = "quantile",
    .has_unit = true,
    .has_created = true,
    .fill = promc__distribution_fill,
};

static promc__family *create_summary(const promc_summary_opts *options, bool labelled)
{
    const promc__metric_opts *common = (const promc__metric_opts *)options;
    promc__family *family = promc__family_create(&summary_type, common, labelled);

    if (!family)
        return NULL;
    family->cells = 2; /* sum and count */
    return promc__family_finish(family, common, labelled);
}

PROMC__DEFINE_TYPE(summary, create_summary);

void promc_summary_observe(promc_summary *summary, double value)
{
    if (promc__likely(summary != NULL))
        promc__add_and_count(&summary->child.numbers, value, 1, 1);
    else
        promc__count_mishap(PROMC_DROPPED_UPDATES);
}
