/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up one sample (client_python: registry.py, get_sample_value), for tests of programs. */
#include "base/error.h"
#include "exposition/samples.h"
#include "exposition/writer.h"
#include "metrics/label_text.h"
#include "registry/registry.h"

#include <string.h>

/* ---- visiting all points of a registry ------------------------------------------------------- */

struct visit {
    promc__descriptor descriptor;
    promc__visitor visitor;
    void *arg;
    int status;
};

static void visit_point(const promc__point *point, void *arg)
{
    struct visit *visit = arg;

    if (visit->status == PROMC_OK)
        visit->status = visit->visitor(&visit->descriptor, point, visit->arg);
}

static int visit_children(promc_registry *registry, const promc__entry *entry, bool native,
                          promc__visitor visitor, void *arg)
{
    promc__family *family = entry->family;
    struct visit visit = {family->descriptor, visitor, arg, PROMC_OK};
    promc__cursor cursor;

    visit.descriptor.blends = promc__registry_entry_blends(registry, entry);
    if (!promc__cursor_open(&cursor, family))
        return promc__fail_memory(family->name);
    cursor.native = native;
    while (visit.status == PROMC_OK && promc__cursor_step(&cursor, visit_point, &visit))
        ;
    if (visit.status == PROMC_OK && cursor.error)
        visit.status = promc__fail_memory(family->name);
    promc__cursor_close(&cursor);
    return visit.status;
}

static int visit_collector(promc_registry *registry, promc__entry *entry, promc__visitor visitor,
                           void *arg)
{
    promc_writer *writer = promc__writer_for_visitor(PROMC__WRITE_POINTS, registry, visitor, arg);

    if (!writer)
        return PROMC_ERROR_NO_MEMORY;
    return promc__writer_end_collector(writer, entry, promc__entry_collect(entry, writer),
                                       "collect");
}

static int visit_target_info(promc_registry *registry, promc__visitor visitor, void *arg)
{
    static const promc__descriptor target = {.type = PROMC_TYPE_INFO, .name = "target", .name_size = 6};
    promc__buffer text = PROMC__BUFFER(0);
    promc__point point = {.value = {.kind = PROMC__DOUBLE, .number = 1}};
    int status = PROMC_OK;

    if (promc__registry_target_info(registry, &text)) {
        point.labels = text.data ? text.data : "";
        point.labels_size = text.size;
        status = text.error ? promc__fail_memory("target_info") : visitor(&target, &point, arg);
    }
    promc__buffer_free(&text);
    return status;
}

int promc__visit_registry(promc_registry *registry, bool native, promc__visitor visitor,
                          void *arg)
{
    promc__entry *entry;
    uint64_t position = 0;
    int status = visit_target_info(registry, visitor, arg);

    while (status == PROMC_OK && (entry = promc__registry_visit(registry, &position)) != NULL) {
        if (entry->family)
            status = visit_children(registry, entry, native, visitor, arg);
        else
            status = visit_collector(registry, entry, visitor, arg);
        promc__registry_leave(entry);
    }
    return status;
}

/* ---- the one that is wanted ------------------------------------------------------------------ */

struct search {
    const char *name;
    size_t name_size;
    const promc_label *labels;
    size_t label_count;
    double value;
    bool found;
};

/* That the wanted name begins with the family's has been seen: search_point(). */
static bool name_matches(const struct search *search, const promc__sample *sample)
{
    const char *suffix = promc__sample_suffix(sample->descriptor, sample->kind);
    size_t suffix_size = strlen(suffix), size = sample->descriptor->name_size;

    return search->name_size == size + suffix_size &&
           memcmp(search->name + size, suffix, suffix_size) == 0;
}

/* The wanted value of a label; NULL if it is not wanted. */
static const char *wanted_value(const struct search *search, const promc__label_part *part)
{
    for (size_t i = 0; i < search->label_count; i++) {
        if (promc__label_compare(search->labels[i].name, strlen(search->labels[i].name), part) == 0)
            return search->labels[i].value;
    }
    return NULL;
}

static bool extra_matches(const struct search *search, const promc__sample *sample)
{
    for (size_t i = 0; i < search->label_count; i++) {
        if (strlen(search->labels[i].name) == sample->extra_name_size &&
            memcmp(search->labels[i].name, sample->extra_name, sample->extra_name_size) == 0)
            return strcmp(search->labels[i].value, sample->extra_value) == 0;
    }
    return false;
}

static bool labels_match(const struct search *search, const promc__sample *sample)
{
    const char *at = sample->labels, *end = at + sample->labels_size;
    promc__label_part part;
    size_t count = 0;

    while (promc__label_next(&at, end, &part)) {
        const char *wanted = wanted_value(search, &part);

        if (!wanted ||
            !promc__escaped_equals(part.value, part.value_size, wanted, strlen(wanted)))
            return false;
        count++;
    }
    if (sample->extra_name) {
        if (!extra_matches(search, sample))
            return false;
        count++;
    }
    return count == search->label_count;
}

static bool compare_sample(const promc__sample *sample, void *arg)
{
    struct search *search = arg;

    if (!name_matches(search, sample) || !labels_match(search, sample))
        return true;
    search->found = true;
    search->value = promc__value_number(&sample->value);
    return false;
}

static int search_point(const promc__descriptor *descriptor, const promc__point *point, void *arg)
{
    struct search *search = arg;

    if (search->found || search->name_size < descriptor->name_size ||
        memcmp(search->name, descriptor->name, descriptor->name_size) != 0)
        return PROMC_OK;
    promc__each_sample(descriptor, point, compare_sample, search);
    return PROMC_OK;
}

int promc_registry_get_sample_value(promc_registry *registry, const char *name,
                                    const promc_label *labels, double *value)
{
    struct search search = {.name = name, .labels = labels};
    int status;

    if (!name || !value)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "promc_registry_get_sample_value: name or value is NULL");
    registry = promc__registry_or_default(registry);
    search.name_size = strlen(name);
    for (; labels && labels[search.label_count].name; search.label_count++) {
        if (!labels[search.label_count].value)
            return promc__fail(PROMC_ERROR_ARGUMENT, "%s: the value of label %s is NULL", name,
                               labels[search.label_count].name);
    }
    status = promc__registry_allows(registry, name, search.name_size)
                 ? promc__visit_registry(registry, false, search_point, &search)
                 : PROMC_OK;
    if (status != PROMC_OK)
        return status;
    if (!search.found)
        return promc__fail(PROMC_ERROR_NOT_FOUND, "there is no sample %s with these labels", name);
    *value = search.value;
    return PROMC_OK;
}
