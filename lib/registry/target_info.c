/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of the program as a whole (client_python: registry.py, set_target_info). */
#include "base/error.h"
#include "base/lock.h"
#include "metrics/label_text.h"
#include "registry/registry.h"

int promc_registry_set_target_info(promc_registry *registry, const promc_label *labels)
{
    promc__buffer text = PROMC__BUFFER(0), old;
    bool wanted = labels && labels->name;
    int status;

    registry = promc__registry_or_default(registry);
    if (registry->parent)
        return promc__fail(PROMC_ERROR_STATE, "target_info: this is a restricted view; set it in "
                                              "the registry itself");
    status = promc__pairs_text(&text, labels, "target_info");
    if (status != PROMC_OK) {
        promc__buffer_free(&text);
        return status;
    }
    promc__lock(&promc__registry_lock);
    if (wanted && promc__name_index_has(&registry->index, "target_info", 11)) {
        status = PROMC_ERROR_DUPLICATE;
    } else {
        old = registry->target_info;
        registry->target_info = text;
        registry->has_target_info = wanted;
        text = old;
    }
    promc__unlock(&promc__registry_lock);
    promc__buffer_free(&text);
    if (status != PROMC_OK)
        return promc__fail(status, "CollectorRegistry already contains a target_info metric");
    return PROMC_OK;
}

bool promc__registry_target_info(promc_registry *registry, promc__buffer *out)
{
    promc_registry *owner = promc__registry_owner(registry);
    bool has;

    if (!promc__registry_allows(registry, "target_info", 11))
        return false;
    promc__lock(&promc__registry_lock);
    has = owner->has_target_info;
    if (has)
        promc__buffer_append(out, owner->target_info.data, owner->target_info.size);
    promc__unlock(&promc__registry_lock);
    return has;
}
