/* SPDX-License-Identifier: Apache-2.0 */
#include "cells/level.h"
#include "metrics/type_api.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"

static void finish_gauge(promc__child *child)
{
    promc__free(atomic_load_explicit(&child->extra, memory_order_relaxed));
}

static const promc__type gauge_type = {
    .kind = PROMC_TYPE_GAUGE,
    .word = "gauge",
    .has_unit = true,
    .finish = finish_gauge,
};

static promc__family *create_gauge(const promc_gauge_opts *options, bool labelled)
{
    const promc__metric_opts *common = (const promc__metric_opts *)options;
    promc__family *family = promc__family_create(&gauge_type, common, labelled);

    return family ? promc__family_finish(family, common, labelled) : NULL;
}

PROMC__DEFINE_TYPE(gauge, create_gauge);

static inline void add_to_gauge(promc_gauge *gauge, double amount)
{
    if (promc__likely(gauge != NULL))
        promc__level_add(&gauge->child.numbers, amount);
    else
        promc__count_mishap(PROMC_DROPPED_UPDATES);
}

void promc_gauge_inc(promc_gauge *gauge)
{
    add_to_gauge(gauge, 1);
}

void promc_gauge_dec(promc_gauge *gauge)
{
    add_to_gauge(gauge, -1);
}

void promc_gauge_add(promc_gauge *gauge, double amount)
{
    add_to_gauge(gauge, amount);
}

void promc_gauge_sub(promc_gauge *gauge, double amount)
{
    add_to_gauge(gauge, -amount);
}

void promc_gauge_set(promc_gauge *gauge, double value)
{
    if (promc__likely(gauge != NULL))
        promc__level_set(&gauge->child.numbers, value);
    else
        promc__count_mishap(PROMC_DROPPED_UPDATES);
}

void promc_gauge_set_to_current_time(promc_gauge *gauge)
{
    promc_gauge_set(gauge, promc__os.unix_time());
}

void promc_gauge_set_function(promc_gauge *gauge, double (*function)(void *arg), void *arg)
{
    promc__callback *callback = NULL, *old;
    promc__family *family;

    if (!gauge)
        return;
    family = gauge->child.family;
    if (function) {
        callback = promc__malloc(sizeof(*callback));
        if (!callback) {
            promc__count_mishap(PROMC_DROPPED_UPDATES);
            return;
        }
        *callback = (promc__callback){function, arg};
    }
    promc__lock(promc__stripe(family));
    if (promc__child_is_live(&gauge->child)) {
        old = atomic_exchange(&gauge->child.extra, callback);
        if (callback)
            atomic_fetch_or(&gauge->child.numbers.slot, PROMC__SLOT_CALLBACK);
        else
            atomic_fetch_and(&gauge->child.numbers.slot, ~PROMC__SLOT_CALLBACK);
        callback = old;
    }
    promc__unlock(promc__stripe(family));
    promc__free(callback);
}

double promc_gauge_value(const promc_gauge *gauge)
{
    promc_gauge *own = (promc_gauge *)(uintptr_t)gauge;
    promc__callback callback = {0}, *set;

    if (!gauge)
        return 0;
    if (atomic_load_explicit(&own->child.extra, memory_order_relaxed)) {
        promc__lock(promc__stripe(own->child.family));
        set = atomic_load_explicit(&own->child.extra, memory_order_relaxed);
        if (set)
            callback = *set;
        promc__unlock(promc__stripe(own->child.family));
    }
    if (callback.function)
        return callback.function(callback.arg);
    return promc__level_value(&own->child.numbers);
}
