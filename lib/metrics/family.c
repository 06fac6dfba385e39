/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing families: names, options, what all types have in common. */
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/utf8.h"
#include "metrics/family.h"

#include <math.h>
#include <string.h>

/* ---- names (client_python: metrics.py, _build_full_name) ------------------------------------- */

static bool ends_with(const char *text, size_t size, const char *end, size_t end_size)
{
    return size >= end_size && memcmp(text + size - end_size, end, end_size) == 0;
}

static void append_prefix(promc__buffer *name, const char *part)
{
    if (part && *part) {
        promc__buffer_string(name, part);
        promc__buffer_char(name, '_');
    }
}

static void append_unit(promc__buffer *name, const char *unit)
{
    size_t size = strlen(unit);

    if (name->size > size && ends_with(name->data, name->size, unit, size) &&
        name->data[name->size - size - 1] == '_')
        return;
    promc__buffer_char(name, '_');
    promc__buffer_string(name, unit);
}

/* A counter's "_total" goes before the unit is added: requests_total with unit seconds is
 * requests_seconds. */
static void build_name(promc__buffer *name, const promc__type *type,
                       const promc__metric_opts *options)
{
    append_prefix(name, options->PROMC_NAMESPACE);
    append_prefix(name, options->subsystem);
    promc__buffer_string(name, options->name);
    if (type->kind == PROMC_TYPE_COUNTER && !options->exact_name && !name->error &&
        ends_with(name->data, name->size, "_total", 6))
        name->size -= 6;
    if (options->unit && *options->unit && !options->exact_name)
        append_unit(name, options->unit);
}

static int check_name(const promc__family *family)
{
    const char *name = family->name;
    size_t size = family->descriptor.name_size;

    if (size == 0)
        return promc__fail(PROMC_ERROR_NAME, "metric name cannot be empty (help: %.60s)",
                           family->help);
    if (!promc__utf8_valid(name, size))
        return promc__fail(PROMC_ERROR_NAME,
                           "invalid metric name: it is not valid UTF-8 (help: %.100s)",
                           family->help);
    if (promc__legacy_names_only() && !promc__is_legacy_metric_name(name, size))
        return promc__fail(PROMC_ERROR_NAME,
                           "invalid metric name %s: use letters, digits, _ and :, not beginning "
                           "with a digit",
                           name);
    return PROMC_OK;
}

static int set_name(promc__family *family, const promc__metric_opts *options)
{
    promc__buffer name = PROMC__BUFFER(0);

    build_name(&name, family->type, options);
    if (!name.error)
        family->name = promc__copy(name.data, name.size); /* not empty: check_options() */
    family->descriptor.name = family->name;
    family->descriptor.name_size = name.size;
    promc__buffer_free(&name);
    if (!family->name)
        return promc__fail_memory(options->name);
    return check_name(family);
}

/* Help is stored as valid UTF-8. */
static int set_help(promc__family *family, const char *help)
{
    promc__buffer text = PROMC__BUFFER(0);

    if (!promc__utf8_valid(help, strlen(help)))
        promc__count_mishap(PROMC_REPLACED_TEXTS);
    promc__utf8_repair(&text, help, strlen(help));
    if (!text.error)
        family->help = promc__copy(text.data ? text.data : "", text.size);
    family->descriptor.help = family->help;
    family->descriptor.help_size = text.size;
    promc__buffer_free(&text);
    return family->help ? PROMC_OK : promc__fail_memory("help text");
}

static int set_unit(promc__family *family, const char *unit)
{
    if (!unit || !*unit)
        return PROMC_OK;
    if (!family->type->has_unit)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "Metric name is of a type that cannot have a unit: %s; leave out "
                           ".unit", family->name);
    family->unit = promc__copy_string(unit);
    family->descriptor.unit = family->unit;
    return family->unit ? PROMC_OK : promc__fail_memory(family->name);
}

/* ---- options --------------------------------------------------------------------------------- */

static int check_options(const promc__type *type, const promc__metric_opts *options)
{
    if (!options || options->size < sizeof(promc__metric_opts))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: options are missing, or their .size is not set", type->word);
    if (!options->name || !*options->name)
        return promc__fail(PROMC_ERROR_NAME, "%s: Metric name should not be empty", type->word);
    if (options->unit && *options->unit && !promc__is_unit(options->unit))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%s: .unit may have letters, digits and _ only; use a base unit such as "
                           "seconds",
                           options->name);
    if (isnan(options->idle_ttl) || options->idle_ttl < 0)
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: .idle_ttl must be 0 or more seconds",
                           options->name);
    return PROMC_OK;
}

static int check_labels(const promc__family *family, const promc__metric_opts *options,
                        bool labelled)
{
    bool has_labels = options->labels && options->labels[0];

    if (labelled && !has_labels)
        return promc__fail(PROMC_ERROR_LABELS,
                           "%s: No label names were set when constructing %s:%s; use promc_%s_new",
                           family->name, family->type->word, family->name, family->type->word);
    if (!labelled && has_labels)
        return promc__fail(PROMC_ERROR_LABELS,
                           "%s: a metric with labels is made by promc_%s_family_new", family->name,
                           family->type->word);
    return PROMC_OK;
}

static int fill_family(promc__family *family, const promc__metric_opts *options, bool labelled)
{
    int status = set_help(family, options->help ? options->help : "");

    if (status == PROMC_OK)
        status = set_name(family, options);
    if (status == PROMC_OK)
        status = set_unit(family, options->unit);
    if (status == PROMC_OK)
        status = check_labels(family, options, labelled);
    if (status == PROMC_OK)
        status = promc__labels_prepare(family, options->labels, options->const_labels);
    return status;
}

/* As far as the caller's options reach. */
static promc_registry *registry_of(const promc__metric_opts *options)
{
    size_t needed = offsetof(promc__metric_opts, registry) + sizeof(options->registry);

    return options && options->size >= needed ? options->registry : NULL;
}

promc__family *promc__family_create(const promc__type *type, const promc__metric_opts *options,
                                    bool labelled)
{
    promc_registry *registry = registry_of(options);
    promc__family *family = NULL;

    if (check_options(type, options) != PROMC_OK) {
        promc__definition_failed(registry);
        return NULL;
    }
    promc__prepare_sections(); /* now, as no update should be the one that does it */
    family = promc__zalloc(sizeof(*family));
    if (!family) {
        promc__fail_memory(options->name);
        promc__definition_failed(registry);
        return NULL;
    }
    family->family = family;
    family->type = type;
    family->descriptor.type = type->kind;
    family->descriptor.exact_name = options->exact_name;
    family->descriptor.legacy_labels = true;
    family->max_children = options->max_children;
    family->idle_ttl = options->idle_ttl;
    family->seed = promc__new_seed();
    family->secret = promc__hash_secret(family->seed);
    if (fill_family(family, options, labelled) != PROMC_OK) {
        promc__definition_failed(registry);
        promc__family_free(family);
        return NULL;
    }
    return family;
}

promc__family *promc__family_finish(promc__family *family, const promc__metric_opts *options,
                                    bool labelled)
{
    size_t words = promc__shared_words(family->cells ? family->cells : 1);

    family->child_size = sizeof(promc__child) + (words + (family->idle_ttl > 0)) * sizeof(uint64_t);
    if (!labelled && !promc__family_only_child(family)) {
        promc__definition_failed(options->registry);
        promc__family_free(family);
        return NULL;
    }
    if (options->registry == PROMC_UNREGISTERED)
        return family;
    if (promc__family_register(family, options->registry) != PROMC_OK) {
        promc__definition_failed(options->registry);
        promc__family_free(family);
        return NULL;
    }
    return family;
}

void promc__family_free(promc__family *family)
{
    if (!family)
        return;
    promc__children_free(family);
    promc__labels_free(family);
    for (size_t i = 0; i < family->state_count; i++)
        promc__free(family->states[i]);
    promc__free(family->states);
    promc__free(family->bounds);
    promc__free(family->native);
    promc__free(family->quantiles);
    promc__free(family->name);
    promc__free(family->help);
    promc__free(family->unit);
    promc__free(family);
}
