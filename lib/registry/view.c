/* SPDX-License-Identifier: Apache-2.0 */
/* Restricted views (client_python: registry.py, RestrictedRegistry). */
#include "base/error.h"
#include "base/memory.h"
#include "registry/registry.h"

#include <string.h>

bool promc__registry_allows(const promc_registry *registry, const char *name, size_t size)
{
    return !registry->parent || promc__name_index_has(&registry->allowed, name, size);
}

promc_registry *promc_registry_restricted(promc_registry *registry, const char *const *names)
{
    promc_registry *view = promc_registry_create(NULL);
    size_t count = 0;
    char *copy;

    if (!view)
        return NULL;
    registry = promc__registry_or_default(registry);
    view->parent = promc__registry_owner(registry);
    while (names && names[count])
        count++;
    if (!promc__name_index_reserve(&view->allowed, count))
        count = SIZE_MAX;
    for (size_t i = 0; count != SIZE_MAX && i < count; i++) {
        size_t size = strlen(names[i]);

        if (promc__name_index_has(&view->allowed, names[i], size) ||
            !promc__registry_allows(registry, names[i], size))
            continue;
        copy = promc__copy(names[i], size);
        if (!copy)
            count = SIZE_MAX;
        else
            promc__name_index_add(&view->allowed, copy);
    }
    if (count == SIZE_MAX) {
        promc_registry_free(view);
        promc__fail_memory("restricted registry");
        return NULL;
    }
    return view;
}
