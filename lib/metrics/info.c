/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/type_api.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "metrics/label_text.h"

static void fill_info(promc__child *child, const uint64_t *values, promc__point *point)
{
    const promc__info_text *merged = atomic_load_explicit(&child->extra, memory_order_relaxed);

    (void)values;
    point->value = (promc__value){.kind = PROMC__DOUBLE, .number = 1};
    if (merged) {
        point->labels = merged->text;
        point->labels_size = merged->size;
    }
}

static void finish_info(promc__child *child)
{
    promc__free(atomic_load_explicit(&child->extra, memory_order_relaxed));
}

static const promc__type info_type = {
    .kind = PROMC_TYPE_INFO,
    .word = "info",
    .fill = fill_info,
    .finish = finish_info,
};

static promc__family *create_info(const promc_info_opts *options, bool labelled)
{
    const promc__metric_opts *common = (const promc__metric_opts *)options;
    promc__family *family = promc__family_create(&info_type, common, labelled);

    if (!family)
        return NULL;
    family->descriptor.legacy_labels = false; /* pairs may have any names */
    return promc__family_finish(family, common, labelled);
}

PROMC__DEFINE_TYPE(info, create_info);

/* The child's labels with the pairs among them. Under the stripe lock. */
static promc__info_text *merged_text(const promc__child *child, const promc__buffer *pairs,
                                     int *status)
{
    const promc__text labels = promc__child_text(child->family, child);
    promc__buffer text = PROMC__BUFFER(0);
    promc__info_text *merged = NULL;

    *status = promc__merge_texts(&text, labels.data, labels.size,
                                 pairs->data ? pairs->data : "", pairs->size, child->family->name);
    if (*status == PROMC_OK) {
        merged = promc__malloc(sizeof(*merged) + text.size + 1);
        if (!merged)
            *status = promc__fail_memory(child->family->name);
    }
    if (merged) {
        merged->size = text.size;
        memcpy(merged->text, text.data ? text.data : "", text.size);
    }
    promc__buffer_free(&text);
    return merged;
}

int promc_info_set(promc_info *info, const promc_label *pairs)
{
    promc__buffer text = PROMC__BUFFER(0);
    promc__info_text *merged = NULL;
    promc__family *family;
    int status;

    if (!info) {
        promc__count_mishap(PROMC_DROPPED_UPDATES);
        return PROMC_OK;
    }
    family = info->child.family;
    status = promc__pairs_text(&text, pairs, family->name);
    if (status == PROMC_OK) {
        promc__lock(promc__stripe(family));
        if (promc__child_is_live(&info->child)) {
            merged = merged_text(&info->child, &text, &status);
            if (status == PROMC_OK)
                merged = atomic_exchange(&info->child.extra, merged);
        }
        promc__unlock(promc__stripe(family));
    }
    promc__free(merged);
    promc__buffer_free(&text);
    return status;
}
