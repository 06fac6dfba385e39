/* SPDX-License-Identifier: Apache-2.0 */
/* Label texts made from names and values, once these have been checked. */
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/utf8.h"
#include "metrics/family.h"
#include "metrics/label_text.h"

#include <stdlib.h>
#include <string.h>

void promc__label_append(promc__buffer *out, size_t start, const char *name, const char *value)
{
    if (out->size > start)
        promc__buffer_char(out, ',');
    promc__escape_label_name(out, name, strlen(name), PROMC__ALLOW_UTF_8);
    promc__buffer_append(out, "=\"", 2);
    promc__escape_label_value(out, value, strlen(value));
    promc__buffer_char(out, '"');
}

int promc__check_label_name(const char *name, const char *what)
{
    size_t size = strlen(name);

    if (size == 0)
        return promc__fail(PROMC_ERROR_LABELS, "%s: a label name is empty", what);
    if (!promc__utf8_valid(name, size))
        return promc__fail(PROMC_ERROR_LABELS, "%s: a label name is not valid UTF-8", what);
    if (promc__legacy_names_only() && !promc__is_legacy_label_name(name, size))
        return promc__fail(
            PROMC_ERROR_LABELS,
            "%.80s: Invalid label metric name: %.80s (use letters, digits and _, not "
            "beginning with a digit)",
            what, name);
    if (strncmp(name, "__", 2) == 0)
        return promc__fail(PROMC_ERROR_LABELS,
                           "%s: Reserved label metric name: %s (names must not begin with __)",
                           what, name);
    return PROMC_OK;
}

static int compare_pairs(const void *a, const void *b)
{
    return strcmp((*(const promc_label *const *)a)->name, (*(const promc_label *const *)b)->name);
}

static int check_pairs(const promc_label *pairs, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        int status = promc__check_label_name(pairs[i].name, what);

        if (status != PROMC_OK)
            return status;
        if (!pairs[i].value)
            return promc__fail(PROMC_ERROR_LABELS, "%s: Label value cannot be NULL (label %s)",
                               what, pairs[i].name);
    }
    return PROMC_OK;
}

int promc__pairs_text(promc__buffer *out, const promc_label *pairs, const char *what)
{
    const promc_label *few[16], **sorted = few;
    size_t count = 0, start = out->size;
    int status;

    while (pairs && pairs[count].name)
        count++;
    status = check_pairs(pairs, count, what);
    if (status != PROMC_OK)
        return status;
    if (count > promc__count_of(few)) {
        size_t bytes;

        sorted = promc__size_of(count, sizeof(*sorted), 0, &bytes) ? promc__malloc(bytes) : NULL;
        if (!sorted)
            return promc__fail_memory(what);
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = &pairs[i];
    qsort(sorted, count, sizeof(*sorted), compare_pairs);
    for (size_t i = 0; i < count && status == PROMC_OK; i++) {
        if (i && strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
            status = promc__fail(PROMC_ERROR_LABELS, "%s: label %s is given twice", what,
                                 sorted[i]->name);
        promc__label_append(out, start, sorted[i]->name, sorted[i]->value);
    }
    if (sorted != few)
        promc__free((void *)sorted);
    if (status == PROMC_OK && out->error)
        status = promc__fail(out->error, "%s: no room for the labels", what);
    return status;
}
