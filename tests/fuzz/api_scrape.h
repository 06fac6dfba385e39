/* SPDX-License-Identifier: Apache-2.0 */
/* Scrapes of fuzz_api.c: every sample is what the model says, and there are no others. */
#ifndef TESTS_FUZZ_API_SCRAPE_H
#define TESTS_FUZZ_API_SCRAPE_H

#include "api_model.h"
#include "samples.h"

#include "base/buffer.h"

/* ---- what is exposed ------------------------------------------------------------------------- */

struct scrape {
    const char *only; /* the samples of this name; NULL: all */
    size_t expected;
};

/* The labels of a child, and room for two more. */
struct shown {
    promc_label labels[8];
    unsigned count;
};

static struct shown shown_labels(const struct metric *metric, unsigned child)
{
    struct shown shown = {.count = metric->labels};

    for (unsigned i = 0; i < metric->labels; i++)
        shown.labels[i] = (promc_label){label_names[2 - metric->labels + i],
                                        shown_values[i ? child / VALUES : child % VALUES]};
    return shown;
}

static void expect(struct scrape *scrape, unsigned slot, const char *suffix,
                   const struct shown *shown, double value)
{
    const struct sample *sample;
    char name[64];

    snprintf(name, sizeof(name), "%s%s", names[slot], suffix);
    if (scrape->only && strcmp(scrape->only, name) != 0)
        return;
    sample = find_sample(name, shown->labels);
    if (!sample)
        fprintf(stderr, "%s is missing\n", name);
    require(sample != NULL);
    if (isnan(value) ? !isnan(sample->value) : sample->value != value)
        fprintf(stderr, "%s is %.17g, not %.17g\n", name, sample->value, value);
    require(isnan(value) ? isnan(sample->value) : sample->value == value);
    scrape->expected++;
}

static void expect_buckets(struct scrape *scrape, unsigned slot, const struct shown *shown,
                           const struct child *child)
{
    bool gauge = world.metrics[slot].kind == GAUGE_HISTOGRAM;
    double cumulative = 0;

    for (unsigned i = 0; i <= BOUNDS; i++) {
        struct shown bucket = *shown;

        bucket.labels[bucket.count] = (promc_label){"le", bound_texts[gauge][i]};
        cumulative += child->buckets[i];
        expect(scrape, slot, "_bucket", &bucket, cumulative);
    }
}

static void expect_child(struct scrape *scrape, unsigned slot, unsigned at)
{
    const struct metric *metric = &world.metrics[slot];
    const struct child *child = &metric->children[at];
    struct shown shown = shown_labels(metric, at);

    switch (metric->kind) {
    case COUNTER:
        expect(scrape, slot, "_total", &shown, child->value);
        expect(scrape, slot, "_created", &shown, child->created);
        return;
    case GAUGE:
        expect(scrape, slot, "", &shown, child->value);
        return;
    case HISTOGRAM:
        expect_buckets(scrape, slot, &shown, child);
        expect(scrape, slot, "_count", &shown, child->count);
        expect(scrape, slot, "_sum", &shown, child->value);
        expect(scrape, slot, "_created", &shown, child->created);
        return;
    case SUMMARY:
        expect(scrape, slot, "_count", &shown, child->count);
        expect(scrape, slot, "_sum", &shown, child->value);
        expect(scrape, slot, "_created", &shown, child->created);
        return;
    case GAUGE_HISTOGRAM:
        expect_buckets(scrape, slot, &shown, child);
        expect(scrape, slot, "_gcount", &shown, child->count);
        expect(scrape, slot, "_gsum", &shown, child->value);
        return;
    case INFO:
        for (const promc_label *pair = pair_lists[child->pairs]; pair->name; pair++)
            shown.labels[shown.count++] = *pair;
        expect(scrape, slot, "_info", &shown, 1);
        return;
    default:
        for (unsigned i = 0; i < STATES; i++) {
            shown.labels[shown.count] = (promc_label){names[slot], states[i]};
            expect(scrape, slot, "", &shown, child->state == i);
        }
    }
}

static int take_text(const void *data, size_t size, void *arg)
{
    promc__buffer *text = arg;

    promc__buffer_append(text, data, size);
    return text->error;
}

/* OpenMetrics has no counters and sums that are negative or NaN; the text format shows what is
 * there. */
static bool is_openmetrics(enum kind kind, double value)
{
    switch (kind) {
    case COUNTER:
    case HISTOGRAM:
    case SUMMARY:
        return value >= 0;
    case GAUGE_HISTOGRAM:
        return !isnan(value);
    default:
        return true;
    }
}

static bool all_openmetrics(void)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        for (unsigned i = 0; i < CHILDREN && world.metrics[slot].handle; i++)
            if (!is_openmetrics(world.metrics[slot].kind, world.metrics[slot].children[i].value))
                return false;
    return true;
}

static void check_scrape(promc_format format, const promc__buffer *text, const char *only)
{
    struct scrape scrape = {only, 0};

    list_samples(format, text->data, text->size);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        for (unsigned i = 0; i < CHILDREN; i++)
            if (world.metrics[slot].handle && world.metrics[slot].registered &&
                world.metrics[slot].children[i].there)
                expect_child(&scrape, slot, i);
    require(samples.count == scrape.expected);
}

static void call_scrape(struct choices *from)
{
    unsigned flags = choose_byte(from), chosen = choose_byte(from);
    bool restricted = chosen >= 128; /* then families need not be whole: text only */
    promc_format format = restricted                       ? PROMC_FORMAT_TEXT_1_0_0
                          : flags & 2                      ? PROMC_FORMAT_PROTOBUF
                          : flags & 1 && all_openmetrics() ? PROMC_FORMAT_OPENMETRICS
                                                           : PROMC_FORMAT_TEXT_1_0_0;
    static const char *const suffixes[] = {"", "_total", "_bucket", "_created", "_sum", "_info"};
    char name[64];
    promc_registry *view = world.registry;
    promc__buffer text = PROMC__BUFFER(0);
    int status;

    format |= PROMC_ESCAPE_ALLOW_UTF_8;
    snprintf(name, sizeof(name), "%s%s", names[chosen % SLOTS], suffixes[chosen / SLOTS % 6]);
    if (restricted)
        view = promc_registry_restricted(world.registry, (const char *const[]){name, NULL});
    status = view ? promc_expose(view, format, take_text, &text) : PROMC_ERROR_NO_MEMORY;
    if (view != world.registry)
        promc_registry_free(view);
    if (grant_memory() && status != PROMC_OK)
        require(status == PROMC_ERROR_NO_MEMORY || text.error);
    else
        require(status == PROMC_OK);
    if (status == PROMC_OK)
        check_scrape(format, &text, restricted ? name : NULL);
    promc__buffer_free(&text);
}

#endif
