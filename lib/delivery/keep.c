/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/keep.h"

#include "base/memory.h"

#include <stddef.h>
#include <string.h>

struct promc__kept {
    struct promc__kept *next;
    max_align_t data[];
};

void *promc__keep_block(promc__keep *keep, const void *data, size_t size)
{
    struct promc__kept *kept = NULL;
    size_t whole;

    if (promc__size_of(size, 1, offsetof(struct promc__kept, data), &whole))
        kept = promc__malloc(whole < sizeof(*kept) ? sizeof(*kept) : whole);
    if (!kept) {
        keep->failed = true;
        return NULL;
    }
    kept->next = keep->first;
    keep->first = kept;
    return memcpy(kept->data, data, size);
}

const char *promc__keep_string(promc__keep *keep, const char *text)
{
    return text ? promc__keep_block(keep, text, strlen(text) + 1) : NULL;
}

const promc_label *promc__keep_labels(promc__keep *keep, const promc_label *labels)
{
    size_t count = 0;
    promc_label *copy;

    if (!labels)
        return NULL;
    while (labels[count].name)
        count++;
    copy = promc__keep_block(keep, labels, (count + 1) * sizeof(*labels));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i].name = promc__keep_string(keep, labels[i].name);
        copy[i].value = promc__keep_string(keep, labels[i].value);
        if (!copy[i].name)
            return NULL;
    }
    return copy;
}

void promc__keep_free(promc__keep *keep)
{
    while (keep->first) {
        struct promc__kept *next = keep->first->next;

        promc__free(keep->first);
        keep->first = next;
    }
}
