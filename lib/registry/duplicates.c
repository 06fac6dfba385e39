/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of names that are taken. */
#include "base/error.h"
#include "registry/registry.h"

#include <stdio.h>
#include <string.h>

int promc__fail_duplicate(const char *name, const char *owner)
{
    return promc__fail(PROMC_ERROR_DUPLICATE,
                       "Duplicated timeseries in CollectorRegistry: %.80s is taken by %.80s; choose "
                       "another name or unregister the other one",
                       name, owner);
}

void promc__write_owner(const promc_registry *registry, const char *name, char *out, size_t size)
{
    for (size_t i = 0; i < registry->count; i++) {
        const promc__entry *entry = registry->entries[i];

        for (size_t j = 0; j < entry->name_count; j++) {
            if (strcmp(entry->names[j], name) != 0)
                continue;
            if (entry->family)
                (void)snprintf(out, size, "%s %s", entry->family->type->word, entry->family->name);
            else
                (void)snprintf(out, size, "the collector of %s", entry->names[0]);
            return;
        }
    }
    (void)snprintf(out, size, "the registry's target_info");
}
