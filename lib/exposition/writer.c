/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: families in any order in, families one after the other out. Its life, and its output. */
#include "exposition/writer.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/options.h"

#define DEFAULT_LIMIT ((size_t)64 << 20)

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
    writer->seed = promc__new_seed();
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

int promc__writer_pass_on(promc_writer *writer, promc__buffer *buffer)
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
    int status = promc__writer_pass_on(writer, &family->head);

    if (status == PROMC_OK)
        status = promc__writer_pass_on(writer, &family->body);
    if (status == PROMC_OK)
        status = promc__writer_pass_on(writer, &family->created);
    if (status == PROMC_OK && family->begun) {
        family->encoder.encoding->end(&family->encoder, &tail);
        status = promc__writer_pass_on(writer, &tail);
    }
    promc__buffer_free(&tail);
    return status;
}

int promc__writer_leave_family(promc_writer *writer)
{
    promc_family *family = writer->current;

    writer->current = NULL;
    if (!family)
        return PROMC_OK;
    family->left = true;
    return pass_family_on(writer, family);
}

int promc__writer_over_limit(const promc_writer *writer, const char *name)
{
    return promc__fail(PROMC_ERROR_LIMIT,
                       "%s: the writer keeps more than %zu bytes; raise .memory_limit, or write "
                       "families .in_order",
                       name, writer->limit);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void pass_rest_on(promc_writer *writer)
{
    if (writer->mode == PROMC__WRITE_IN_ORDER)
        (void)promc__writer_leave_family(writer);
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
            (void)promc__writer_pass_on(writer, &rest);
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
        promc__writer_family_free(family);
    }
    promc__buffer_free(&writer->labels);
    promc__buffer_free(&writer->other);
    promc__name_index_free(&writer->escaped);
    promc__free(writer->by_name);
    promc__free(writer);
    return status;
}
