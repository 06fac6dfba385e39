/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: families in any order in, families one after the other out. */
#include "exposition/writer.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/os.h"
#include "base/utf8.h"
#include "metrics/family.h"
#include "metrics/hash.h"
#include "metrics/label_text.h"
#include "registry/registry.h"

#include <string.h>

#define DEFAULT_LIMIT ((size_t)64 << 20)

/* In-order writers pass lines on when this much has come together. */
#define WRITER_PIECE ((size_t)16 << 10)

int promc__writer_failed(promc_writer *writer, int status)
{
    if (writer->status == PROMC_OK) {
        writer->status = status;
        writer->error = *promc_last_error();
    }
    return status;
}

/* ---- making ---------------------------------------------------------------------------------- */

static promc_writer *new_writer(promc__writer_mode mode, promc_format format)
{
    promc_writer *writer = promc__zalloc(sizeof(*writer));

    if (!writer) {
        promc__fail_memory("writer");
        return NULL;
    }
    writer->mode = mode;
    writer->format = format;
    writer->encoding = &promc__text_encoding;
    writer->limit = DEFAULT_LIMIT;
    if (!promc__os.random_bytes(&writer->seed, sizeof(writer->seed)))
        writer->seed = promc__os.monotonic_ns();
    return writer;
}

promc_writer *promc_writer_create(promc_format format, promc_sink sink, void *arg,
                                  const promc_writer_opts *options)
{
    promc_writer_opts set = {.size = sizeof(set)};
    promc_writer *writer;

    if (promc__copy_options(&set, sizeof(set), options, "writer") != PROMC_OK)
        return NULL;
    if (!sink) {
        promc__fail(PROMC_ERROR_ARGUMENT, "writer: there is no sink");
        return NULL;
    }
    writer = new_writer(set.in_order ? PROMC__WRITE_IN_ORDER : PROMC__WRITE_GROUPED, format);
    if (!writer)
        return NULL;
    writer->encoding = promc__encoding_of(format);
    writer->sink = sink;
    writer->arg = arg;
    if (set.memory_limit)
        writer->limit = set.memory_limit;
    if (promc__format_check(format, "writer") != PROMC_OK)
        (void)promc__writer_failed(writer, PROMC_ERROR_UNSUPPORTED);
    return writer;
}

/* A collector's names must differ from those of the registry it is in, also when they are escaped. */
static void set_registry(promc_writer *writer, promc_registry *registry)
{
    writer->registry = registry;
    writer->check_names = registry && promc__registry_has_escaped(registry);
}

promc_writer *promc__writer_within(const promc__encoder *encoder, promc_registry *registry,
                                   promc_sink sink, void *arg)
{
    promc_writer *writer = new_writer(PROMC__WRITE_GROUPED, encoder->format);

    if (!writer)
        return NULL;
    writer->encoding = encoder->encoding;
    writer->sink = sink;
    writer->arg = arg;
    writer->nested = true;
    writer->allows = encoder->allows;
    writer->allows_arg = encoder->allows_arg;
    set_registry(writer, registry);
    return writer;
}

promc_writer *promc__writer_for_visitor(promc__writer_mode mode, promc_registry *registry,
                                        promc__visitor visitor, void *arg)
{
    promc_writer *writer = new_writer(mode, PROMC_FORMAT_TEXT);

    if (!writer)
        return NULL;
    writer->visitor = visitor;
    writer->arg = arg;
    set_registry(writer, registry);
    return writer;
}

void promc_writer_set_timestamp(promc_writer *writer, double seconds)
{
    if (writer)
        writer->timestamp = seconds;
}

void promc_writer_set_created(promc_writer *writer, double seconds)
{
    if (writer)
        writer->created = seconds;
}

/* ---- output ---------------------------------------------------------------------------------- */

static int pass_on(promc_writer *writer, promc__buffer *buffer)
{
    int refused = 0;

    if (writer->status != PROMC_OK) { /* a sink that refused is not called again */
        buffer->size = 0;
        return writer->status;
    }
    if (buffer->error)
        return promc__writer_failed(writer, promc__fail(buffer->error, "writer: out of memory"));
    if (buffer->size)
        refused = writer->sink(buffer->data, buffer->size, writer->arg);
    buffer->size = 0;
    if (refused)
        return promc__writer_failed(
            writer, promc__fail(PROMC_ERROR_SINK, "writer: the sink refused the output"));
    return PROMC_OK;
}

/* Sends a whole family, in the order of its sections. */
static int pass_family_on(promc_writer *writer, promc_family *family)
{
    promc__buffer tail = PROMC__BUFFER(0);
    int status = pass_on(writer, &family->head);

    if (status == PROMC_OK)
        status = pass_on(writer, &family->body);
    if (status == PROMC_OK)
        status = pass_on(writer, &family->created);
    if (status == PROMC_OK && family->begun) {
        family->encoder.encoding->end(&family->encoder, &tail);
        status = pass_on(writer, &tail);
    }
    promc__buffer_free(&tail);
    return status;
}

/* ---- families -------------------------------------------------------------------------------- */

static void free_written_family(promc_family *family)
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
                           ".unit", options->name);
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
        free_written_family(family);
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

/* In-order writers: the family before is complete. */
static int leave_current(promc_writer *writer)
{
    promc_family *family = writer->current;

    writer->current = NULL;
    if (!family)
        return PROMC_OK;
    family->left = true;
    return pass_family_on(writer, family);
}

static int fail_over_limit(const promc_writer *writer, const char *name)
{
    return promc__fail(PROMC_ERROR_LIMIT,
                       "%s: the writer keeps more than %zu bytes; raise .memory_limit, or write "
                       "families .in_order",
                       name, writer->limit);
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
        status = leave_current(writer);
        writer->current = family;
        break;
    default:
        writer->kept +=
            sizeof(*family) + family->descriptor.name_size + family->descriptor.help_size;
        if (writer->kept > writer->limit)
            return fail_over_limit(writer, family->name);
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
        promc__writer_failed(writer, promc__fail(PROMC_ERROR_NAME,
                                                 "metric name cannot be empty: %s", set.name));
    else
        family = find_or_make(writer, &set, &name);
    promc__buffer_free(&name);
    return family;
}

/* ---- points ---------------------------------------------------------------------------------- */

static size_t kept_by(const promc_family *family)
{
    return family->body.size + family->created.size + family->encoder.tails[0].size +
           family->encoder.tails[1].size;
}

static bool has_quoted_name(const promc__point *point)
{
    const char *at = point->labels, *end = at + point->labels_size;
    promc__label_part part;

    while (promc__label_next(&at, end, &part)) {
        if (part.quoted_name)
            return true;
    }
    return false;
}

static int encode_point(promc_writer *writer, promc_family *family, const promc__point *point)
{
    size_t before = kept_by(family);
    int error;

    if (writer->status != PROMC_OK) /* nothing of this would be written */
        return writer->status;
    if (!family->begun)
        return PROMC_OK; /* filtered out */
    family->encoder.descriptor.legacy_labels = !has_quoted_name(point);
    family->encoder.encoding->point(&family->encoder, &family->body, point);
    if (promc__encoder_wants_created(&family->encoder) && point->created != 0)
        family->encoder.encoding->created(&family->encoder, &family->created, point);
    error = promc__encoder_error(&family->encoder);
    if (!error)
        error = family->body.error ? family->body.error : family->created.error;
    if (error)
        return promc__fail_memory(family->name);
    writer->kept += kept_by(family) - before;
    if (writer->mode == PROMC__WRITE_IN_ORDER && family->body.size >= WRITER_PIECE) {
        int status = pass_on(writer, &family->head);

        if (status == PROMC_OK)
            status = pass_on(writer, &family->body);
        writer->kept = kept_by(family);
        return status;
    }
    return writer->kept > writer->limit ? fail_over_limit(writer, family->name) : PROMC_OK;
}

/* Labels that the type writes itself would be there twice. */
static int check_own_label(const promc_family *family, const promc_label *labels)
{
    const char *own = NULL;

    switch (family->descriptor.type) {
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        own = "le";
        break;
    case PROMC_TYPE_SUMMARY:
        own = "quantile";
        break;
    case PROMC_TYPE_STATESET:
        own = family->name;
        break;
    default:
        break;
    }
    if (own && promc_label_value(labels, own))
        return promc__fail(PROMC_ERROR_LABELS,
                           "%s: Reserved label metric name: %s (this type uses it itself)",
                           family->name, own);
    return PROMC_OK;
}

static int label_text(promc_writer *writer, promc_family *family, promc__point *point,
                      const promc_label *labels)
{
    int status;

    writer->labels.size = 0;
    writer->labels.error = PROMC_OK;
    status = promc__pairs_text(&writer->labels, labels, family->name);
    if (status == PROMC_OK)
        status = check_own_label(family, labels);
    if (status != PROMC_OK || !point->labels_size)
        goto done;
    /* The point has labels of its own: the pairs of an info. */
    writer->other.size = 0;
    writer->other.error = PROMC_OK;
    status =
        promc__merge_texts(&writer->other, writer->labels.data ? writer->labels.data : "",
                           writer->labels.size, point->labels, point->labels_size, family->name);
    if (status == PROMC_OK) {
        promc__buffer swap = writer->labels;

        writer->labels = writer->other;
        writer->other = swap;
    }
done:
    point->labels = writer->labels.data ? writer->labels.data : "";
    point->labels_size = writer->labels.size;
    return status;
}

int promc__writer_take(promc_writer *writer, promc_family *family, promc__point *point,
                       const promc_label *labels)
{
    int status;

    if (writer->mode == PROMC__WRITE_NAMES)
        return PROMC_OK;
    if (family->left)
        return promc__writer_failed(
            writer, promc__fail(PROMC_ERROR_STATE,
                                "%s: a later family has begun; an .in_order writer cannot go back",
                                family->name));
    status = label_text(writer, family, point, labels);
    if (status != PROMC_OK)
        return promc__writer_failed(writer, status);
    point->timestamp = writer->timestamp;
    point->created = writer->created;
    if (writer->mode == PROMC__WRITE_POINTS)
        status = writer->visitor(&family->descriptor, point, writer->arg);
    else
        status = encode_point(writer, family, point);
    return status == PROMC_OK ? PROMC_OK : promc__writer_failed(writer, status);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void pass_rest_on(promc_writer *writer)
{
    if (writer->mode == PROMC__WRITE_IN_ORDER)
        (void)leave_current(writer);
    for (promc_family *family = writer->first;
         writer->mode == PROMC__WRITE_GROUPED && family && writer->status == PROMC_OK;
         family = family->next) {
        (void)pass_family_on(writer, family);
        promc__buffer_free(&family->body);
    }
}

int promc_writer_end(promc_writer *writer)
{
    promc__encoder encoder;
    promc__buffer rest = PROMC__BUFFER(0);
    int status;

    if (!writer)
        return promc__fail_memory("writer");
    if (writer->sink && writer->status == PROMC_OK) {
        pass_rest_on(writer);
        promc__encoder_init(&encoder, writer->format, writer->encoding);
        if (writer->status == PROMC_OK && !writer->nested) {
            encoder.encoding->finish(&encoder, &rest);
            (void)pass_on(writer, &rest);
        }
        promc__encoder_free(&encoder);
        promc__buffer_free(&rest);
    }
    status = writer->status;
    if (status != PROMC_OK)
        promc__fail(status, "%s", writer->error.message);
    while (writer->first) {
        promc_family *family = writer->first;

        writer->first = family->next;
        free_written_family(family);
    }
    promc__buffer_free(&writer->labels);
    promc__buffer_free(&writer->other);
    promc__name_index_free(&writer->escaped);
    promc__free(writer->by_name);
    promc__free(writer);
    return status;
}
