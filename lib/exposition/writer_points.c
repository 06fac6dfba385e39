/* SPDX-License-Identifier: Apache-2.0 */
/* Points that a writer takes: given their labels, and written, kept or handed to a visitor. */
#include "base/error.h"
#include "exposition/writer.h"
#include "metrics/family.h"
#include "metrics/label_text.h"

/* In-order writers pass lines on when this much has come together. */
#define WRITER_PIECE ((size_t)16 << 10)

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
        int status = promc__writer_pass_on(writer, &family->head);

        if (status == PROMC_OK)
            status = promc__writer_pass_on(writer, &family->body);
        writer->kept = kept_by(family);
        return status;
    }
    return writer->kept > writer->limit ? promc__writer_over_limit(writer, family->name) : PROMC_OK;
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
