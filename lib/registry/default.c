/* SPDX-License-Identifier: Apache-2.0 */
/* The default registry, with the collectors every program has. */
#include "registry/registry.h"

#include <pthread.h>

static promc_registry default_registry = {.auto_describe = true, .next_id = 1};
static pthread_once_t default_once = PTHREAD_ONCE_INIT;

/* A collector that cannot be registered (out of memory) is in the registry's first error. */
static void fill_default_registry(void)
{
    const promc_collector *const standard[] = {promc_platform_collector(),
                                               promc_process_collector(),
                                               promc_allocator_collector()};

    for (size_t i = 0; i < promc__count_of(standard); i++) {
        if (promc_registry_register(&default_registry, standard[i]) != PROMC_OK)
            promc__definition_failed(&default_registry);
    }
}

promc_registry *promc_default_registry(void)
{
    (void)pthread_once(&default_once, fill_default_registry);
    return &default_registry;
}

bool promc__is_default_registry(const promc_registry *registry)
{
    return registry == &default_registry;
}
