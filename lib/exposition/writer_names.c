/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Families of a writer whose names escaping to the old character set would make equal. The first of
 * them may be on its way already when the second comes, so it is the second that is spelt out.
 */
#include "base/memory.h"
#include "base/names.h"
#include "exposition/writer.h"
#include "registry/registry.h"

static bool escape_family_name(promc_family *family)
{
    promc__buffer text = PROMC__BUFFER(0);

    promc__escape_metric_name(&text, family->name, family->descriptor.name_size,
                              PROMC__UNDERSCORES);
    if (!text.error)
        family->escaped = promc__copy(text.data, text.size);
    promc__buffer_free(&text);
    return family->escaped != NULL;
}

/* Until the first name that escaping changes, all names are different anyway. */
static bool note_earlier_names(promc_writer *writer)
{
    if (!promc__name_index_reserve(&writer->escaped, writer->family_count + 1))
        return false;
    for (const promc_family *family = writer->first; family; family = family->next)
        promc__name_index_add(&writer->escaped, family->name);
    writer->check_names = true;
    return true;
}

static bool blends_with_earlier(promc_writer *writer, promc_family *family, bool *blends)
{
    const char *name = family->escaped ? family->escaped : family->name;

    *blends = promc__name_index_has(&writer->escaped, name, strlen(name));
    if (*blends)
        return true;
    if (!promc__name_index_reserve(&writer->escaped, 1))
        return false;
    promc__name_index_add(&writer->escaped, name);
    return true;
}

bool promc__writer_note_name(promc_writer *writer, promc_family *family)
{
    promc__descriptor *descriptor = &family->descriptor;
    bool legacy = promc__is_legacy_metric_name(descriptor->name, descriptor->name_size);
    int blends = 0;

    if (legacy && !writer->check_names)
        return true;
    if (!writer->check_names && !note_earlier_names(writer))
        return false;
    if (!legacy && !escape_family_name(family))
        return false;
    if (writer->registry)
        blends = promc__registry_family_blends(writer->registry, descriptor);
    if (blends < 0)
        return false;
    descriptor->blends = blends > 0;
    return descriptor->blends || blends_with_earlier(writer, family, &descriptor->blends);
}
