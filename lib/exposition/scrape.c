/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scrape walks over the registry's entries, and over the children of each family, as far as the
 * reader wants and no further. Between two reads it holds no lock: entries stay in memory while
 * they are visited, and removals keep the cursor right.
 */
#include "exposition/scrape.h"

#include "base/error.h"
#include "base/memory.h"
#include "exposition/encoder.h"
#include "exposition/writer.h"
#include "registry/registry.h"

struct promc__scrape {
    promc_registry *registry;
    promc__encoder encoder;
    enum { AT_TARGET_INFO, AT_ENTRY, AT_POINTS, AT_CREATED, AT_COLLECTED, AT_END } at;
    uint64_t position;
    promc__entry *entry;
    promc__cursor cursor;
    promc__buffer collected; /* what a collector wrote */
    size_t sent;             /* of it */
    promc__buffer *out;      /* of the read that is running */
    int status;              /* of a failed scrape, for good */
};

static bool view_allows(const void *view, const char *name, size_t size)
{
    return promc__registry_allows(view, name, size);
}

promc__scrape *promc__scrape_open(promc_registry *registry, promc_format format)
{
    return promc__scrape_with(registry, format, promc__encoding_of(format));
}

promc__scrape *promc__scrape_with(promc_registry *registry, promc_format format,
                                  const promc__encoding *encoding)
{
    promc__scrape *scrape;

    if (registry == PROMC_UNREGISTERED) {
        promc__fail(PROMC_ERROR_ARGUMENT, "PROMC_UNREGISTERED is no registry to be exposed");
        return NULL;
    }
    scrape = promc__zalloc(sizeof(*scrape));
    if (!scrape) {
        promc__fail_memory("scrape");
        return NULL;
    }
    scrape->registry = promc__registry_or_default(registry);
    promc__encoder_init(&scrape->encoder, format, encoding);
    if (scrape->registry->parent) {
        scrape->encoder.allows = view_allows;
        scrape->encoder.allows_arg = scrape->registry;
    }
    return scrape;
}

void promc__scrape_close(promc__scrape *scrape)
{
    if (!scrape)
        return;
    promc__cursor_close(&scrape->cursor);
    promc__registry_leave(scrape->entry);
    promc__encoder_free(&scrape->encoder);
    promc__buffer_free(&scrape->collected);
    promc__free(scrape);
}

/* ---- families -------------------------------------------------------------------------------- */

static void take_point(const promc__point *point, void *arg)
{
    promc__scrape *scrape = arg;

    scrape->encoder.encoding->point(&scrape->encoder, scrape->out, point);
}

static void take_plains(const promc__plains *points, void *arg)
{
    promc__scrape *scrape = arg;

    scrape->encoder.encoding->plains(&scrape->encoder, scrape->out, points);
}

static void take_created(const promc__point *point, void *arg)
{
    promc__scrape *scrape = arg;

    scrape->encoder.encoding->created(&scrape->encoder, scrape->out, point);
}

static int open_cursor(promc__scrape *scrape, promc__family *family)
{
    if (!promc__cursor_open(&scrape->cursor, family))
        return promc__fail_memory(family->name);
    scrape->cursor.native = (scrape->encoder.format & 0xFF) == PROMC_FORMAT_PROTOBUF;
    scrape->cursor.no_quantiles = scrape->at == AT_CREATED;
    if (scrape->at == AT_POINTS && scrape->encoder.plain)
        scrape->cursor.take_plains = take_plains;
    return PROMC_OK;
}

static void leave_entry(promc__scrape *scrape)
{
    promc__cursor_close(&scrape->cursor);
    promc__registry_leave(scrape->entry);
    scrape->entry = NULL;
    scrape->at = AT_ENTRY;
}

static int begin_family(promc__scrape *scrape)
{
    promc__family *family = scrape->entry->family;
    promc__descriptor descriptor = family->descriptor;

    descriptor.blends = promc__registry_entry_blends(scrape->registry, scrape->entry);
    if (!promc__encoder_begin(&scrape->encoder, scrape->out, &descriptor)) {
        leave_entry(scrape);
        return PROMC_OK;
    }
    scrape->at = AT_POINTS;
    return open_cursor(scrape, family);
}

/* After the points: the created samples where they are a section of their own, then the rest. */
static int finish_points(promc__scrape *scrape)
{
    if (scrape->cursor.error)
        return promc__fail_memory(scrape->entry->family->name);
    if (scrape->at == AT_POINTS && promc__encoder_wants_created(&scrape->encoder)) {
        promc__family *family = scrape->entry->family;

        promc__cursor_close(&scrape->cursor);
        scrape->at = AT_CREATED;
        return open_cursor(scrape, family);
    }
    scrape->encoder.encoding->end(&scrape->encoder, scrape->out);
    leave_entry(scrape);
    return PROMC_OK;
}

/* ---- collectors ------------------------------------------------------------------------------ */

static int take_collected(const void *data, size_t size, void *arg)
{
    promc__scrape *scrape = arg;

    promc__buffer_append(&scrape->collected, data, size);
    return scrape->collected.error;
}

/* A collector cannot be stopped in the middle, so what it writes is kept and passed on in pieces.
 */
static int run_collector(promc__scrape *scrape)
{
    promc_writer *writer = promc__writer_within(&scrape->encoder, scrape->registry, take_collected,
                                                scrape);
    int status;

    if (!writer)
        return PROMC_ERROR_NO_MEMORY;
    scrape->collected.size = 0;
    scrape->sent = 0;
    status = promc__writer_end_collector(writer, scrape->entry,
                                         promc__entry_collect(scrape->entry, writer), "collect");
    leave_entry(scrape); /* it may be unregistered while a slow reader takes what it wrote */
    if (scrape->collected.error) /* which the writer can only see as a sink that refuses */
        return promc__fail_memory("scrape");
    scrape->at = AT_COLLECTED;
    return status;
}

static void pass_collected(promc__scrape *scrape, size_t want)
{
    size_t left = scrape->collected.size - scrape->sent;
    size_t size = left < want ? left : want;

    if (size) /* a collector may write nothing at all */
        promc__buffer_append(scrape->out, scrape->collected.data + scrape->sent, size);
    scrape->sent += size;
    if (size == left) {
        promc__buffer_free(&scrape->collected);
        scrape->at = AT_ENTRY;
    }
}

/* ---- the walk -------------------------------------------------------------------------------- */

static int write_target_info(promc__scrape *scrape)
{
    static const promc__descriptor descriptor = {.type = PROMC_TYPE_INFO,
                                                 .name = "target",
                                                 .name_size = 6,
                                                 .help = "Target metadata",
                                                 .help_size = 15};
    promc__buffer text = PROMC__BUFFER(0);
    promc__point point = {.value = {.kind = PROMC__DOUBLE, .number = 1}};
    int status = PROMC_OK;

    scrape->at = AT_ENTRY;
    if (promc__registry_target_info(scrape->registry, &text)) {
        point.labels = text.data ? text.data : "";
        point.labels_size = text.size;
        if (text.error)
            status = promc__fail_memory("target_info");
        else if (promc__encoder_begin(&scrape->encoder, scrape->out, &descriptor)) {
            take_point(&point, scrape);
            scrape->encoder.encoding->end(&scrape->encoder, scrape->out);
        }
    }
    promc__buffer_free(&text);
    return status;
}

static int next_entry(promc__scrape *scrape)
{
    scrape->entry = promc__registry_visit(scrape->registry, &scrape->position);
    if (!scrape->entry) {
        scrape->encoder.encoding->finish(&scrape->encoder, scrape->out);
        scrape->at = AT_END;
        return PROMC_OK;
    }
    return scrape->entry->family ? begin_family(scrape) : run_collector(scrape);
}

static int advance(promc__scrape *scrape, size_t want)
{
    switch (scrape->at) {
    case AT_TARGET_INFO:
        return write_target_info(scrape);
    case AT_ENTRY:
        return next_entry(scrape);
    case AT_POINTS:
        return promc__cursor_step(&scrape->cursor, take_point, scrape) ? PROMC_OK
                                                                       : finish_points(scrape);
    case AT_CREATED:
        return promc__cursor_step(&scrape->cursor, take_created, scrape) ? PROMC_OK
                                                                         : finish_points(scrape);
    case AT_COLLECTED:
        pass_collected(scrape, want);
        return PROMC_OK;
    default:
        return PROMC_OK;
    }
}

int promc__scrape_read(promc__scrape *scrape, promc__buffer *out, size_t want)
{
    size_t end = out->size + want;
    int error;

    scrape->out = out;
    while (scrape->status == PROMC_OK && scrape->at != AT_END && out->size < end) {
        scrape->status = advance(scrape, end - out->size);
        error = out->error ? out->error : promc__encoder_error(&scrape->encoder);
        if (scrape->status == PROMC_OK && error)
            scrape->status = promc__fail(error, "scrape: no room for the output");
    }
    if (scrape->status != PROMC_OK)
        return scrape->status;
    return scrape->at != AT_END;
}
