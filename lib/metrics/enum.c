/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/type_api.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/utf8.h"

#include <string.h>

static void fill_enum(promc__child *child, const uint64_t *values, promc__point *point)
{
    (void)values;
    point->states = (const char *const *)child->family->states;
    point->state_count = child->family->state_count;
    point->state =
        (size_t)atomic_load_explicit(promc__shared(&child->numbers), memory_order_relaxed);
}

static const promc__type enum_type = {
    .kind = PROMC_TYPE_STATESET,
    .word = "enum",
    .fill = fill_enum,
};

static int check_states(const promc__family *family, const char *const *states, size_t count,
                        const promc_label *const_labels)
{
    const char *name = family->name;

    if (count == 0)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "No states provided for Enum metric: %s; use .states = "
                           "PROMC_STATES(\"a\", \"b\")",
                           name);
    if (promc__labels_find(family, name) < family->label_count ||
        promc_label_value(const_labels, name))
        return promc__fail(PROMC_ERROR_LABELS, "Overlapping labels for Enum metric: %s", name);
    for (size_t i = 0; i < count; i++) {
        if (!promc__utf8_valid(states[i], strlen(states[i])))
            return promc__fail(PROMC_ERROR_ARGUMENT, "%s: a state is not valid UTF-8", name);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(states[i], states[j]) == 0)
                return promc__fail(PROMC_ERROR_ARGUMENT, "%s: state %s is given twice", name,
                                   states[i]);
        }
    }
    return PROMC_OK;
}

static int set_states(promc__family *family, const char *const *states,
                      const promc_label *const_labels)
{
    size_t count = 0;
    int status;

    while (states && states[count])
        count++;
    status = check_states(family, states, count, const_labels);
    if (status != PROMC_OK)
        return status;
    family->states = promc__zalloc((count + 1) * sizeof(*family->states));
    if (!family->states)
        return promc__fail_memory(family->name);
    for (; family->state_count < count; family->state_count++) {
        char *copy = promc__copy_string(states[family->state_count]);

        if (!copy)
            return promc__fail_memory(family->name);
        family->states[family->state_count] = copy;
    }
    return PROMC_OK;
}

static promc__family *create_enum(const promc_enum_opts *options, bool labelled)
{
    const promc__metric_opts *common = (const promc__metric_opts *)options;
    promc__family *family = promc__family_create(&enum_type, common, labelled);
    promc_enum_opts set = {.size = sizeof(set)};

    if (!family)
        return NULL;
    (void)promc__copy_options(&set, sizeof(set), options, family->name);
    if (set_states(family, set.states, common->const_labels) != PROMC_OK) {
        promc__definition_failed(common->registry);
        promc__family_free(family);
        return NULL;
    }
    return promc__family_finish(family, common, labelled);
}

PROMC__DEFINE_TYPE(enum, create_enum);

int promc_enum_state(promc_enum *e, const char *state)
{
    promc__family *family;

    if (!e) {
        promc__count_mishap(PROMC_DROPPED_UPDATES);
        return PROMC_OK;
    }
    family = e->child.family;
    for (size_t i = 0; state && i < family->state_count; i++) {
        if (strcmp(family->states[i], state) != 0)
            continue;
        if (promc__child_is_live(&e->child))
            atomic_store_explicit(promc__shared(&e->child.numbers), i, memory_order_relaxed);
        return PROMC_OK;
    }
    promc__count_mishap(PROMC_DROPPED_UPDATES);
    return promc__fail(PROMC_ERROR_ARGUMENT, "%s: '%.80s' is not one of its states", family->name,
                       state ? state : "(NULL)");
}
