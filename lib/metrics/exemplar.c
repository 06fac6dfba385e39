/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/exemplar.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/utf8.h"
#include "metrics/label_text.h"
#include "metrics/native.h"

#include <string.h>

/* OpenMetrics 1.0: "the combined length of the label names and values ... MUST NOT exceed 128". */
#define MOST_CHARACTERS 128

/* One kept exemplar. Whoever holds `busy` may touch the rest; nobody waits for it long. */
struct kept {
    atomic_flag busy;
    promc__buffer text;
    double value;
    double timestamp;
    bool present;
};

/* child->extra of counters and histograms, made by the first exemplar. */
struct kept_list {
    size_t count;
    struct kept kept[];
};

struct promc__exemplars {
    promc__buffer texts;
    promc__exemplar exemplars[];
};

static size_t exemplar_count(const promc__family *family)
{
    if (family->native)
        return family->bound_count + 1 + PROMC__NATIVE_EXEMPLARS;
    return family->cells > 1 ? family->cells - 1 : 1;
}

static struct kept_list *list_of(promc__child *child)
{
    size_t count = exemplar_count(child->family);
    void *existing = atomic_load_explicit(&child->extra, memory_order_acquire);
    struct kept_list *list;

    if (existing)
        return existing;
    list = promc__zalloc(sizeof(*list) + count * sizeof(list->kept[0]));
    if (!list)
        return NULL;
    list->count = count;
    for (size_t i = 0; i < count; i++)
        atomic_flag_clear(&list->kept[i].busy);
    if (!atomic_compare_exchange_strong(&child->extra, &existing, list)) {
        promc__free(list);
        list = existing;
    }
    return list;
}

static bool is_repeated(const promc_label *labels, const promc_label *label)
{
    while (labels < label && strcmp(labels->name, label->name) != 0)
        labels++;
    return labels < label;
}

/* At most 128 characters also means at most 128 labels. */
static bool is_valid(const promc_label *labels)
{
    const promc_label *first = labels;
    size_t characters = 0;

    for (; labels->name; labels++) {
        if (!labels->value || is_repeated(first, labels) ||
            promc__check_label_name(labels->name, "exemplar") != PROMC_OK)
            return false;
        characters += promc__utf8_length(labels->name, strlen(labels->name)) +
                      promc__utf8_length(labels->value, strlen(labels->value));
        if (characters > MOST_CHARACTERS)
            return false;
    }
    return true;
}

static bool keep(struct kept *kept, double value, const promc_label *labels)
{
    bool good;

    if (atomic_flag_test_and_set_explicit(&kept->busy, memory_order_acquire))
        return true; /* another thread's exemplar is as good as this one */
    kept->text.size = 0;
    kept->text.error = PROMC_OK;
    good = promc__pairs_text(&kept->text, labels, "exemplar") == PROMC_OK;
    kept->present = good;
    kept->value = value;
    kept->timestamp = promc__os.unix_time();
    atomic_flag_clear_explicit(&kept->busy, memory_order_release);
    return good;
}

void promc__exemplar_keep(promc__child *child, size_t index, double value,
                          const promc_label *labels)
{
    promc__section section;
    struct kept_list *list;
    bool good = false;

    if (!labels || !labels->name)
        return;
    if (is_valid(labels)) {
        section = promc__enter_slowly();
        if (promc__child_is_live(child)) {
            list = list_of(child);
            good = list && keep(&list->kept[index], value, labels);
        } else {
            good = true; /* discarded with the update itself */
        }
        promc__leave_slowly(&section);
    }
    if (!good)
        promc__count_mishap(PROMC_DROPPED_UPDATES);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A writer holds an exemplar for well under a microsecond, unless it is preempted: then this one is
 * left out once. */
static bool lock_for_reading(struct kept *kept)
{
    for (int attempt = 0; attempt < 1000; attempt++) {
        if (!atomic_flag_test_and_set_explicit(&kept->busy, memory_order_acquire))
            return true;
    }
    return false;
}

static void copy_kept(promc__exemplars *copy, size_t index, struct kept *kept)
{
    promc__exemplar *exemplar = &copy->exemplars[index];

    *exemplar = (promc__exemplar){0};
    if (!lock_for_reading(kept))
        return;
    if (kept->present) {
        exemplar->labels_size = kept->text.size;
        exemplar->value = kept->value;
        exemplar->timestamp = kept->timestamp;
        promc__buffer_append(&copy->texts, kept->text.data, kept->text.size);
        exemplar->labels = ""; /* placed when all texts are there, as the buffer may move */
    }
    atomic_flag_clear_explicit(&kept->busy, memory_order_release);
}

const promc__exemplar *promc__exemplars_copy(promc__exemplars **copy, promc__child *child)
{
    struct kept_list *list = atomic_load_explicit(&child->extra, memory_order_acquire);
    const char *text;

    if (!list)
        return NULL;
    if (!*copy) {
        *copy = promc__zalloc(sizeof(**copy) + list->count * sizeof((*copy)->exemplars[0]));
        if (!*copy)
            return NULL;
    }
    (*copy)->texts.size = 0;
    for (size_t i = 0; i < list->count; i++)
        copy_kept(*copy, i, &list->kept[i]);
    if ((*copy)->texts.error)
        return NULL;
    text = (*copy)->texts.data ? (*copy)->texts.data : "";
    for (size_t i = 0; i < list->count; i++) {
        if (!(*copy)->exemplars[i].labels)
            continue;
        (*copy)->exemplars[i].labels = text;
        text += (*copy)->exemplars[i].labels_size;
    }
    return (*copy)->exemplars;
}

void promc__exemplars_free(promc__exemplars *copy)
{
    if (!copy)
        return;
    promc__buffer_free(&copy->texts);
    promc__free(copy);
}

void promc__exemplar_finish(promc__child *child)
{
    struct kept_list *list = atomic_load_explicit(&child->extra, memory_order_acquire);

    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        promc__buffer_free(&list->kept[i].text);
    promc__free(list);
}
