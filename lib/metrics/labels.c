/* SPDX-License-Identifier: Apache-2.0 */
/* The labels of a family: its names, and the texts of its children. */
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "metrics/family.h"
#include "metrics/label_text.h"

#include <stdlib.h>
#include <string.h>

/* ---- names and pieces ------------------------------------------------------------------------ */

static int check_names(const promc__family *family, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = promc__check_label_name(names[i], family->name);

        if (status != PROMC_OK)
            return status;
        if (family->type->reserved && strcmp(names[i], family->type->reserved) == 0)
            return promc__fail(PROMC_ERROR_LABELS,
                               "%s: Reserved label metric name: %s (a %s uses it itself)",
                               family->name, names[i], family->type->word);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(names[i], names[j]) == 0)
                return promc__fail(PROMC_ERROR_LABELS, "%s: label %s is given twice",
                                   family->name, names[i]);
        }
    }
    return PROMC_OK;
}

/* A label to be sorted: a declared one, or a constant one (with its value). */
struct planned {
    const char *name;
    const char *value; /* NULL: declared */
    size_t label;
};

static int compare_planned(const void *a, const void *b)
{
    return strcmp(((const struct planned *)a)->name, ((const struct planned *)b)->name);
}

/* Moves what `text` holds to a place in family->pieces. */
static bool keep_piece(promc__family *family, size_t index, promc__buffer *text, size_t label)
{
    promc__label_piece *piece = &family->pieces[index];

    piece->text = promc__copy(text->data ? text->data : "", text->size);
    piece->size = text->size;
    piece->label = label;
    family->pieces_size += text->size;
    text->size = 0;
    return piece->text != NULL && !text->error;
}

static int build_pieces(promc__family *family, const struct planned *plan, size_t count)
{
    promc__buffer piece = PROMC__BUFFER(0);
    size_t variable = 0;
    bool good = true;

    for (size_t i = 0; i < count && good; i++) {
        if (i)
            promc__buffer_char(&piece, ',');
        promc__escape_label_name(&piece, plan[i].name, strlen(plan[i].name), PROMC__ALLOW_UTF_8);
        promc__buffer_append(&piece, "=\"", 2);
        if (plan[i].value) {
            promc__escape_label_value(&piece, plan[i].value, strlen(plan[i].value));
        } else {
            good = keep_piece(family, variable++, &piece, plan[i].label);
        }
        promc__buffer_char(&piece, '"');
    }
    good = good && keep_piece(family, variable, &piece, family->label_count);
    promc__buffer_free(&piece);
    return good ? PROMC_OK : promc__fail_memory(family->name);
}

static int make_plan(promc__family *family, const promc_label *const_labels, size_t const_count)
{
    size_t count = family->label_count + const_count;
    struct planned *plan = promc__malloc((count ? count : 1) * sizeof(*plan));
    int status = PROMC_OK;

    if (!plan)
        return promc__fail_memory(family->name);
    for (size_t i = 0; i < family->label_count; i++)
        plan[i] = (struct planned){family->label_names[i], NULL, i};
    for (size_t i = 0; i < const_count; i++)
        plan[family->label_count + i] =
            (struct planned){const_labels[i].name, const_labels[i].value, 0};
    qsort(plan, count, sizeof(*plan), compare_planned);
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(plan[i].name, plan[i - 1].name) == 0)
            status = promc__fail(PROMC_ERROR_LABELS, "%s: label %s is given twice", family->name,
                                 plan[i].name);
        if (!promc__is_legacy_label_name(plan[i].name, strlen(plan[i].name)))
            family->descriptor.legacy_labels = false;
    }
    if (status == PROMC_OK)
        status = build_pieces(family, plan, count);
    promc__free(plan);
    return status;
}

static int check_const_labels(const promc__family *family, const promc_label *labels, size_t *count)
{
    for (*count = 0; labels && labels[*count].name; ++*count) {
        const char *name = labels[*count].name;

        if (check_names(family, &name, 1) != PROMC_OK)
            return PROMC_ERROR_LABELS;
        if (!labels[*count].value)
            return promc__fail(PROMC_ERROR_LABELS, "%s: const label %s has no value", family->name,
                               name);
    }
    return PROMC_OK;
}

int promc__labels_prepare(promc__family *family, const char *const *names,
                          const promc_label *const_labels)
{
    size_t count = 0, const_count, slots;
    int status;

    while (names && names[count])
        count++;
    status = check_names(family, names, count);
    if (status == PROMC_OK)
        status = check_const_labels(family, const_labels, &const_count);
    if (status != PROMC_OK)
        return status;
    slots = count + 1;
    family->label_names = promc__zalloc(slots * sizeof(*family->label_names));
    family->pieces = promc__zalloc(slots * sizeof(*family->pieces));
    if (!family->label_names || !family->pieces)
        return promc__fail_memory(family->name);
    for (family->label_count = 0; family->label_count < count; family->label_count++) {
        char *copy = promc__copy_string(names[family->label_count]);

        if (!copy)
            return promc__fail_memory(family->name);
        family->label_names[family->label_count] = copy;
    }
    return make_plan(family, const_labels, const_count);
}

void promc__labels_free(promc__family *family)
{
    for (size_t i = 0; family->label_names && i < family->label_count; i++)
        promc__free(family->label_names[i]);
    for (size_t i = 0; family->pieces && i <= family->label_count; i++)
        promc__free(family->pieces[i].text);
    promc__free(family->label_names);
    promc__free(family->pieces);
}

size_t promc__labels_find(const promc__family *family, const char *name)
{
    size_t i = 0;

    while (i < family->label_count && strcmp(family->label_names[i], name) != 0)
        i++;
    return i;
}

/* ---- texts of children ----------------------------------------------------------------------- */

bool promc__labels_write(const promc__family *family, const char *const *values,
                         promc__buffer *text)
{
    size_t unescaped = text->size;

    for (size_t i = 0; i <= family->label_count; i++) {
        const promc__label_piece *piece = &family->pieces[i];

        promc__buffer_append(text, piece->text, piece->size);
        unescaped += piece->size;
        if (i < family->label_count) {
            const char *value = values[piece->label];
            size_t size = strlen(value);

            promc__escape_label_value(text, value, size);
            unescaped += size;
        }
    }
    return text->size != unescaped;
}

bool promc__labels_have(const promc__child *child, size_t label, const char *value, size_t size)
{
    const promc__text text = promc__child_text(child->family, child);
    const char *at = text.data, *end = text.data + text.size;
    const char *name = child->family->label_names[label];
    promc__label_part part;

    while (promc__label_next(&at, end, &part)) {
        if (promc__label_compare(name, strlen(name), &part) == 0)
            return promc__escaped_equals(part.value, part.value_size, value, size);
    }
    return false;
}
