/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/exemplar.h"
#include "metrics/type_api.h"

#include "base/error.h"

static const promc__type counter_type = {
    .kind = PROMC_TYPE_COUNTER,
    .word = "counter",
    .has_unit = true,
    .has_created = true,
    .has_exemplars = true,
    .finish = promc__exemplar_finish,
};

static promc__family *create_counter(const promc_counter_opts *options, bool labelled)
{
    const promc__metric_opts *common = (const promc__metric_opts *)options;
    promc__family *family = promc__family_create(&counter_type, common, labelled);

    if (!family)
        return NULL;
    family->cells = 1;
    return promc__family_finish(family, common, labelled);
}

PROMC__DEFINE_TYPE(counter, create_counter);

void promc_counter_inc(promc_counter *counter)
{
    if (promc__likely(counter != NULL))
        promc__add(&counter->child.numbers, 1);
    else
        promc__count_mishap(PROMC_DROPPED_UPDATES);
}

void promc_counter_add(promc_counter *counter, double amount)
{
    if (promc__unlikely(!counter || amount < 0)) {
        promc__count_mishap(PROMC_DROPPED_UPDATES);
        return;
    }
    promc__add(&counter->child.numbers, amount);
}

void promc_counter_add_exemplar(promc_counter *counter, double amount, const promc_label *exemplar)
{
    promc_counter_add(counter, amount);
    if (counter && !(amount < 0))
        promc__exemplar_keep(&counter->child, 0, amount, exemplar);
}

void promc_counter_reset(promc_counter *counter)
{
    if (counter)
        promc__child_reset(&counter->child);
}

double promc_counter_value(const promc_counter *counter)
{
    return counter ? promc__numbers_sum(&counter->child.numbers) : 0;
}

/* PROMC_OK is 0 and errors are negative throughout POSIX-style code, so "failed" is "< 0". */
int promc_count_failure_int(promc_counter *counter, int result)
{
    if (result < 0)
        promc_counter_inc(counter);
    return result;
}

long promc_count_failure_long(promc_counter *counter, long result)
{
    if (result < 0)
        promc_counter_inc(counter);
    return result;
}

long long promc_count_failure_long_long(promc_counter *counter, long long result)
{
    if (result < 0)
        promc_counter_inc(counter);
    return result;
}
