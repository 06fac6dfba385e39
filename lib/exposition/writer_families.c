/* SPDX-License-Identifier: Apache-2.0 */
/* The families of a writer: found by name or made, once their options have been checked. */
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/utf8.h"
#include "exposition/writer.h"
#include "metrics/family.h"

#include <string.h>

void promc__writer_family_free(promc_family *family)
{
    promc__encoder_free(&family->encoder);
    promc__buffer_free(&family->head);
    promc__buffer_free(&family->body);
    promc__buffer_free(&family->created);
    promc__free(family->name);
    promc__free(family->help);
    promc__free(family->unit);
    promc__free(family->escaped);
    promc__free(family);
}

static promc_family **find_family_place(promc_writer *writer, const char *name, size_t size)
{
    size_t i = (size_t)promc__hash_value(writer->seed, name, size) & (writer->table_size - 1);

    while (writer->by_name[i] && (writer->by_name[i]->descriptor.name_size != size ||
                                  memcmp(writer->by_name[i]->name, name, size) != 0))
        i = (i + 1) & (writer->table_size - 1);
    return &writer->by_name[i];
}

static bool grow_family_table(promc_writer *writer)
{
    size_t size = writer->table_size ? 2 * writer->table_size : 32;
    promc_family **old = writer->by_name;

    if (2 * (writer->family_count + 1) <= writer->table_size)
        return true;
    writer->by_name = promc__zalloc(size * sizeof(*writer->by_name));
    if (!writer->by_name) {
        writer->by_name = old;
        return false;
    }
    writer->table_size = size;
    for (promc_family *family = writer->first; family; family = family->next)
        *find_family_place(writer, family->name, family->descriptor.name_size) = family;
    promc__free(old);
    return true;
}

/* The name without a counter's "_total", and with the unit, as metrics have it. */
static void family_name(promc__buffer *name, const promc_family_opts *options)
{
    size_t size = strlen(options->name);
    const char *unit = options->unit && *options->unit ? options->unit : NULL;

    if (options->type == PROMC_TYPE_COUNTER && !options->exact_name && size >= 6 &&
        strcmp(options->name + size - 6, "_total") == 0)
        size -= 6;
    if (options->type == PROMC_TYPE_INFO && !options->exact_name && size >= 5 &&
        strcmp(options->name + size - 5, "_info") == 0)
        size -= 5;
    promc__buffer_append(name, options->name, size);
    if (unit && name->size && !options->exact_name) {
        size_t unit_size = strlen(unit);

        if (size <= unit_size || name->error ||
            memcmp(name->data + size - unit_size, unit, unit_size) != 0 ||
            name->data[size - unit_size - 1] != '_') {
            promc__buffer_char(name, '_');
            promc__buffer_string(name, unit);
        }
    }
}

static int check_family_options(const promc_family_opts *options)
{
    if (!options->name || !*options->name)
        return promc__fail(PROMC_ERROR_NAME, "writer: a family needs a name (and .size set)");
    if ((unsigned)options->type > PROMC_TYPE_UNKNOWN)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%.80s: Invalid metric type (use a PROMC_TYPE_ constant)",
                           options->name);
    if (options->unit && *options->unit &&
        (options->type == PROMC_TYPE_INFO || options->type == PROMC_TYPE_STATESET))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "Metric name is of a type that cannot have a unit: %s; leave out "
                           ".unit",
                           options->name);
    if (options->unit && *options->unit && !promc__is_unit(options->unit))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "%.100s: .unit may have letters, digits and _ only", options->name);
    if (!promc__utf8_valid(options->name, strlen(options->name)))
        return promc__fail(PROMC_ERROR_NAME,
                           "writer: a family's name is not valid UTF-8 (help: "
                           "%.100s)",
                           options->help ? options->help : "");
    if (promc__legacy_names_only() &&
        !promc__is_legacy_metric_name(options->name, strlen(options->name)))
        return promc__fail(
            PROMC_ERROR_NAME,
            "invalid metric name %.80s: use letters, digits, _ and :, not beginning with "
            "a digit",
            options->name);
    return PROMC_OK;
}

/* Valid UTF-8, owned. */
static char *repaired_help(const char *help, size_t *size)
{
    promc__buffer text = PROMC__BUFFER(0);
    char *copy = NULL;

    if (!promc__utf8_valid(help, strlen(help)))
        promc__count_mishap(PROMC_REPLACED_TEXTS);
    promc__utf8_repair(&text, help, strlen(help));
    if (!text.error)
        copy = promc__copy(text.data ? text.data : "", text.size);
    *size = text.size;
    promc__buffer_free(&text);
    return copy;
}

static promc_family *make_family(promc_writer *writer, const promc_family_opts *options,
                                 const promc__buffer *name)
{
    promc_family *family = promc__zalloc(sizeof(*family));
    const char *help = options->help ? options->help : "";
    promc__descriptor *descriptor;

    if (!family)
        return NULL;
    descriptor = &family->descriptor;
    family->name = promc__copy(name->data, name->size);
    family->help = repaired_help(help, &descriptor->help_size);
    if (options->unit && *options->unit)
        family->unit = promc__copy_string(options->unit);
    promc__encoder_init(&family->encoder, writer->format, writer->encoding);
    family->encoder.allows = writer->allows;
    family->encoder.allows_arg = writer->allows_arg;
    *descriptor = (promc__descriptor){.type = options->type,
                                      .name = family->name,
                                      .name_size = name->size,
                                      .help = family->help,
                                      .help_size = descriptor->help_size,
                                      .unit = family->unit,
                                      .exact_name = options->exact_name};
    if (!family->name || !family->help || (options->unit && *options->unit && !family->unit) ||
        !grow_family_table(writer) ||
        (writer->mode != PROMC__WRITE_NAMES && !promc__writer_note_name(writer, family))) {
        promc__writer_family_free(family);
        return NULL;
    }
    return family;
}

static void append_family(promc_writer *writer, promc_family *family)
{
    *find_family_place(writer, family->name, family->descriptor.name_size) = family;
    if (writer->last)
        writer->last->next = family;
    else
        writer->first = family;
    writer->last = family;
    writer->family_count++;
}

static int begin_written_family(promc_writer *writer, promc_family *family)
{
    int status = PROMC_OK;

    switch (writer->mode) {
    case PROMC__WRITE_NAMES:
        return writer->visitor(&family->descriptor, NULL, writer->arg);
    case PROMC__WRITE_POINTS:
        return PROMC_OK;
    case PROMC__WRITE_IN_ORDER:
        status = promc__writer_leave_family(writer);
        writer->current = family;
        break;
    default:
        writer->kept +=
            sizeof(*family) + family->descriptor.name_size + family->descriptor.help_size;
        if (writer->kept > writer->limit)
            return promc__writer_over_limit(writer, family->name);
        break;
    }
    family->begun = promc__encoder_begin(&family->encoder, &family->head, &family->descriptor);
    if (status == PROMC_OK && promc__encoder_error(&family->encoder))
        return promc__fail_memory(family->name);
    return status;
}

static promc_family *find_or_make(promc_writer *writer, const promc_family_opts *options,
                                  const promc__buffer *name)
{
    promc_family *family = NULL;

    if (writer->table_size)
        family = *find_family_place(writer, name->data, name->size);
    if (!family) {
        if (writer->status != PROMC_OK) /* nothing of it would be written */
            return NULL;
        family = make_family(writer, options, name);
        if (!family) {
            promc__writer_failed(writer, promc__fail_memory(options->name));
            return NULL;
        }
        append_family(writer, family);
        if (begin_written_family(writer, family) != PROMC_OK) {
            if (writer->status == PROMC_OK)
                promc__writer_failed(writer, promc_last_error()->code);
            return NULL;
        }
        return family;
    }
    if (family->left) {
        promc__writer_failed(
            writer, promc__fail(PROMC_ERROR_STATE,
                                "%s: a later family has begun; an .in_order writer cannot go back",
                                family->name));
        return NULL;
    }
    if (family->descriptor.type != options->type) {
        promc__writer_failed(writer,
                             promc__fail(PROMC_ERROR_DUPLICATE,
                                         "%s: this family has another type already", family->name));
        return NULL;
    }
    return family;
}

promc_family *promc_writer_family_create(promc_writer *writer, const promc_family_opts *options)
{
    promc_family_opts set = {.size = sizeof(set)};
    promc__buffer name = PROMC__BUFFER(0);
    promc_family *family = NULL;
    int status;

    if (!writer)
        return NULL;
    status = promc__copy_options(&set, sizeof(set), options, "writer: family");
    if (status == PROMC_OK)
        status = check_family_options(&set);
    if (status != PROMC_OK) {
        promc__writer_failed(writer, status);
        return NULL;
    }
    family_name(&name, &set);
    if (name.error)
        promc__writer_failed(writer, promc__fail_memory(set.name));
    else if (name.size == 0)
        promc__writer_failed(
            writer, promc__fail(PROMC_ERROR_NAME, "metric name cannot be empty: %s", set.name));
    else
        family = find_or_make(writer, &set, &name);
    promc__buffer_free(&name);
    return family;
}
