/* SPDX-License-Identifier: Apache-2.0 */
/* Switches for all registries, first set from the environment as client_python does (metrics.py,
 * validation.py). */
#include "metrics/family.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t settings_once = PTHREAD_ONCE_INIT;
static atomic_bool created_enabled;
static atomic_bool legacy_names_only;

static bool is_word(const char *text, const char *word)
{
    for (; *word; text++, word++) {
        if (*text != *word && *text != *word - 'a' + 'A')
            return false;
    }
    return *text == '\0';
}

static bool is_set(const char *variable)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): unsafe beside setenv() only, which is the host's to know */
    const char *value = getenv(variable);

    return value && (is_word(value, "true") || is_word(value, "t") || strcmp(value, "1") == 0);
}

static void read_environment(void)
{
    atomic_store(&created_enabled, !is_set("PROMETHEUS_DISABLE_CREATED_SERIES"));
    atomic_store(&legacy_names_only, is_set("PROMETHEUS_LEGACY_NAME_VALIDATION"));
}

static void change_setting(atomic_bool *setting, bool value)
{
    (void)pthread_once(&settings_once, read_environment);
    atomic_store(setting, value);
}

void promc_disable_created_series(void)
{
    change_setting(&created_enabled, false);
}

void promc_enable_created_series(void)
{
    change_setting(&created_enabled, true);
}

void promc_enable_legacy_name_validation(void)
{
    change_setting(&legacy_names_only, true);
}

void promc_disable_legacy_name_validation(void)
{
    change_setting(&legacy_names_only, false);
}

bool promc__created_enabled(void)
{
    (void)pthread_once(&settings_once, read_environment);
    return atomic_load_explicit(&created_enabled, memory_order_relaxed);
}

bool promc__legacy_names_only(void)
{
    (void)pthread_once(&settings_once, read_environment);
    return atomic_load_explicit(&legacy_names_only, memory_order_relaxed);
}
