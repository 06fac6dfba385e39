/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/samples.h"

#include "base/number.h"
#include "metrics/family.h"

#include <math.h>
#include <string.h>

/* What a walk over one point carries along. */
struct walk {
    promc__sample sample;
    bool (*take)(const promc__sample *sample, void *arg);
    void *arg;
    bool stopped;
};

static void give(struct walk *walk, promc__sample_kind kind, double number)
{
    if (walk->stopped)
        return;
    walk->sample.kind = kind;
    walk->sample.value = (promc__value){.kind = PROMC__DOUBLE, .number = number};
    walk->stopped = !walk->take(&walk->sample, walk->arg);
}

static void give_with(struct walk *walk, promc__sample_kind kind, const char *name,
                      size_t name_size, const char *value, double number)
{
    walk->sample.extra_name = name;
    walk->sample.extra_name_size = name_size;
    walk->sample.extra_value = value;
    give(walk, kind, number);
    walk->sample.extra_name = walk->sample.extra_value = NULL;
}

static void give_bound(struct walk *walk, promc__sample_kind kind, const char *name, double bound,
                       double number)
{
    char text[PROMC__NUMBER_SIZE + 1];

    text[promc__write_double(text, bound)] = '\0';
    give_with(walk, kind, name, strlen(name), text, number);
}

static double give_buckets(struct walk *walk, const promc__point *point)
{
    promc_type type = walk->sample.descriptor->type;
    uint64_t count = 0;

    for (size_t i = 0; i <= point->bound_count; i++) {
        count += point->counts[i];
        give_bound(walk, PROMC__SAMPLE_BUCKET, "le",
                   i < point->bound_count ? point->bounds[i] : (double)INFINITY,
                   promc__count_number(type, count));
    }
    return promc__count_number(type, count);
}

static void give_histogram(struct walk *walk, const promc__point *point)
{
    give(walk, PROMC__SAMPLE_COUNT, give_buckets(walk, point));
    if (point->bound_count == 0 || point->bounds[0] >= 0)
        give(walk, PROMC__SAMPLE_SUM, point->sum);
}

static void give_gauge_histogram(struct walk *walk, const promc__point *point)
{
    give(walk, PROMC__SAMPLE_GCOUNT, give_buckets(walk, point));
    give(walk, PROMC__SAMPLE_GSUM, point->sum);
}

static void give_summary(struct walk *walk, const promc__point *point)
{
    for (size_t i = 0; i < point->quantile_count; i++)
        give_bound(walk, PROMC__SAMPLE_VALUE, "quantile", point->quantiles[i],
                   point->quantile_values[i]);
    give(walk, PROMC__SAMPLE_COUNT, (double)point->counts[0]);
    give(walk, PROMC__SAMPLE_SUM, point->sum);
}

static void give_stateset(struct walk *walk, const promc__point *point)
{
    const promc__descriptor *family = walk->sample.descriptor;

    for (size_t i = 0; i < point->state_count; i++) {
        bool holds = point->active ? point->active[i] : i == point->state;

        give_with(walk, PROMC__SAMPLE_VALUE, family->name, family->name_size, point->states[i],
                  holds ? 1 : 0);
    }
}

void promc__each_sample(const promc__descriptor *descriptor, const promc__point *point,
                        bool (*take)(const promc__sample *sample, void *arg), void *arg)
{
    struct walk walk = {.sample = {.descriptor = descriptor,
                                   .labels = point->labels,
                                   .labels_size = point->labels_size,
                                   .timestamp = point->timestamp},
                        .take = take,
                        .arg = arg};

    switch (descriptor->type) {
    case PROMC_TYPE_HISTOGRAM:
        give_histogram(&walk, point);
        break;
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        give_gauge_histogram(&walk, point);
        break;
    case PROMC_TYPE_SUMMARY:
        give_summary(&walk, point);
        break;
    case PROMC_TYPE_STATESET:
        give_stateset(&walk, point);
        break;
    default:
        walk.sample.value = point->value;
        walk.sample.kind = PROMC__SAMPLE_VALUE;
        walk.stopped = !take(&walk.sample, arg);
    }
    if (point->created != 0 && promc__created_enabled() &&
        (promc__sample_kinds(descriptor) & 1u << PROMC__SAMPLE_CREATED))
        give(&walk, PROMC__SAMPLE_CREATED, point->created);
}
