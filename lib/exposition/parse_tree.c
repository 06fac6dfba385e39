/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing into memory: the parser's own arena keeps the families, and the samples are put beside
 * them. */
#include "base/error.h"
#include "base/memory.h"
#include "exposition/parser.h"

#include <string.h>

struct parse_tree {
    promc_parsed shown;
    promc__parse_family *last;
    promc__parser *parser;
    promc__arena arena;
};

static int tree_family(const promc_parsed_family *shown, void *arg)
{
    struct parse_tree *tree = arg;
    promc__parse_family *family = (promc__parse_family *)shown;

    if (family->in_tree)
        return 0;
    family->in_tree = true;
    if (tree->last)
        tree->last->shown.next = shown;
    else
        tree->shown.families = shown;
    tree->last = family;
    tree->shown.family_count++;
    return 0;
}

static void *tree_take(struct parse_tree *tree, size_t size)
{
    return promc__arena_take(&tree->parser->arena, &tree->parser->budget, size);
}

static const char *tree_string(struct parse_tree *tree, const char *text, size_t size)
{
    return promc__arena_copy(&tree->parser->arena, &tree->parser->budget, text, size);
}

static bool tree_labels(struct parse_tree *tree, size_t count, const promc_label **labels,
                        const size_t **value_sizes)
{
    promc_label *copies = tree_take(tree, (count + 1) * sizeof(*copies));
    size_t *sizes = tree_take(tree, count * sizeof(*sizes));

    if (!copies || !sizes)
        return false;
    for (size_t i = 0; i < count; i++) {
        sizes[i] = (*value_sizes)[i];
        copies[i].name = tree_string(tree, (*labels)[i].name, strlen((*labels)[i].name));
        copies[i].value = tree_string(tree, (*labels)[i].value, sizes[i]);
        if (!copies[i].name || !copies[i].value)
            return false;
    }
    copies[count] = (promc_label){NULL, NULL};
    *labels = copies;
    *value_sizes = sizes;
    return true;
}

static promc_parsed_exemplar *tree_exemplar(struct parse_tree *tree,
                                            const promc_parsed_exemplar *original)
{
    promc_parsed_exemplar *exemplar = tree_take(tree, sizeof(*exemplar));

    if (!exemplar)
        return NULL;
    *exemplar = *original;
    return tree_labels(tree, exemplar->label_count, &exemplar->labels, &exemplar->value_sizes)
               ? exemplar
               : NULL;
}

static bool tree_copy(struct parse_tree *tree, promc_parsed_sample *sample,
                      const promc_parsed_family *family)
{
    static const promc_label none = {NULL, NULL};

    if (sample->name_size == family->name_size) /* the same name, then */
        sample->name = family->name;
    else
        sample->name = tree_string(tree, sample->name, sample->name_size);
    if (!sample->label_count)
        sample->labels = &none;
    else if (!tree_labels(tree, sample->label_count, &sample->labels, &sample->value_sizes))
        return false;
    if (sample->exemplar)
        sample->exemplar = tree_exemplar(tree, sample->exemplar);
    return sample->name && (!tree->parser->sample.exemplar || sample->exemplar);
}

static int tree_sample(const promc_parsed_sample *original, void *arg)
{
    struct parse_tree *tree = arg;
    promc__parse_family *family = (promc__parse_family *)original->family;
    promc_parsed_sample *sample = tree_take(tree, sizeof(*sample));

    if (!sample)
        return -1;
    *sample = *original;
    if (!tree_copy(tree, sample, &family->shown))
        return -1;
    if (family->last)
        family->last->next = sample;
    else
        family->shown.samples = sample;
    family->last = sample;
    return 0;
}

promc_parsed *promc_parse_all(promc_format format, const void *data, size_t size,
                              const promc_parse_opts *options)
{
    static const promc_parse_callbacks callbacks = {
        .size = sizeof(callbacks), .family = tree_family, .sample = tree_sample};
    struct parse_tree *tree = promc__zalloc(sizeof(*tree));
    promc__parser parser = {.callbacks = &callbacks, .arg = tree, .options = options};
    int status;

    if (!tree) {
        promc__fail_memory("promc_parse_all");
        return NULL;
    }
    tree->parser = &parser;
    status = promc__parse_run(&parser, format, data, size);
    tree->parser = NULL;
    tree->arena = parser.arena;
    if (status == PROMC_OK)
        return &tree->shown;
    if (status == PROMC_ERROR_SINK) /* what our own callback found */
        promc__parse_no_room(&parser);
    promc_parsed_free(&tree->shown);
    return NULL;
}

void promc_parsed_free(promc_parsed *parsed)
{
    struct parse_tree *tree = (struct parse_tree *)parsed;

    if (!tree)
        return;
    promc__arena_free(&tree->arena);
    promc__free(tree);
}

static bool tree_labels_are(const promc_parsed_sample *sample, const promc_label *labels)
{
    size_t count = 0;

    for (; labels && labels[count].name; count++) {
        size_t i = 0;

        while (i < sample->label_count && strcmp(sample->labels[i].name, labels[count].name) != 0)
            i++;
        if (i == sample->label_count || !labels[count].value ||
            strlen(labels[count].value) != sample->value_sizes[i] ||
            memcmp(labels[count].value, sample->labels[i].value, sample->value_sizes[i]) != 0)
            return false;
    }
    return count == sample->label_count;
}

const promc_parsed_sample *promc_parsed_find(const promc_parsed *parsed, const char *name,
                                             const promc_label *labels)
{
    const promc_parsed_family *family = parsed && name ? parsed->families : NULL;

    for (; family; family = family->next) {
        for (const promc_parsed_sample *sample = family->samples; sample; sample = sample->next) {
            if (strcmp(sample->name, name) == 0 && tree_labels_are(sample, labels))
                return sample;
        }
    }
    return NULL;
}
