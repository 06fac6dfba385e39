/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles for a scrape. See quantiles.h. */
#include "metrics/quantiles.h"

#include "base/os.h"

#include <math.h>

#define WIDEST_RING (1u << PROMC__FINEST_SCHEMA)

/* What is read of one child. */
struct reading {
    const promc__sketch *sketch;
    int schema;
    uint64_t tags[PROMC__SLICES]; /* what cells of each slice must have to count */
    uint64_t totals[PROMC__RINGS], all;
    uint32_t ring; /* whose buckets these are; PROMC__NO_RING */
    uint64_t buckets[WIDEST_RING];
};

/* The private cells of a shard from a slot on, and how many there are in the page; NULL: no page. */
static const promc__cell *cells_from(const promc__shard *shard, uint32_t slot, uint32_t *run)
{
    const promc__directory *directory =
        atomic_load_explicit(&shard->directory, memory_order_acquire);
    uint32_t index = slot / PROMC__PAGE_CELLS;
    const promc__page *page = NULL;

    *run = PROMC__PAGE_CELLS - slot % PROMC__PAGE_CELLS;
    if (index < directory->size)
        page = atomic_load_explicit(&directory->pages[index], memory_order_acquire);
    return page ? &page->cells[slot % PROMC__PAGE_CELLS] : NULL;
}

/* Without a branch that depends on the cell. */
static inline uint64_t count_in_slice(uint64_t cell, uint64_t tag)
{
    return (cell ^ tag) >> PROMC__SLICE_COUNT_BITS ? 0 : cell & PROMC__SLICE_COUNT;
}

/* A run of cells from place `at` of a ring on that ends within its slice. */
static uint32_t run_to(uint32_t at, uint32_t end, uint32_t width)
{
    uint32_t left = width - at % width;

    return end - at < left ? end - at : left;
}

static void add_private(struct reading *reading, const promc__shard *shard, uint32_t slot,
                        uint32_t width)
{
    for (uint32_t page = 0, page_size; page < PROMC__SLICES * width; page += page_size) {
        const promc__cell *cells = cells_from(shard, slot + page, &page_size);
        uint32_t end = page + page_size;

        if (end > PROMC__SLICES * width)
            end = PROMC__SLICES * width;
        for (uint32_t at = page, run; cells && at < end; at += run, cells += run) {
            uint64_t tag = reading->tags[at / width], *buckets = &reading->buckets[at % width];

            run = run_to(at, end, width);
            for (uint32_t i = 0; i < run; i++)
                buckets[i] += count_in_slice(
                    atomic_load_explicit(&cells[i].bits, memory_order_relaxed), tag);
        }
    }
}

static void add_shared(struct reading *reading, const promc__ring *ring)
{
    for (uint32_t slice = 0; slice < PROMC__SLICES; slice++) {
        const _Atomic uint64_t *cells = &ring->shared[slice * ring->width];

        for (uint32_t i = 0; i < ring->width; i++)
            reading->buckets[i] += count_in_slice(
                atomic_load_explicit(&cells[i], memory_order_relaxed), reading->tags[slice]);
    }
}

/* Adds up the buckets of a ring, of all slices and threads. Returns their sum. */
static uint64_t read_ring(struct reading *reading, uint32_t index)
{
    const promc__ring *ring =
        atomic_load_explicit(&reading->sketch->rings[index], memory_order_acquire);
    uint32_t slot, width;
    uint64_t sum = 0;

    if (!ring)
        return 0;
    width = ring->width;
    PROMC__ASSUME(width); /* there is a bucket in every ring */
    reading->ring = index;
    memset(reading->buckets, 0, width * sizeof(reading->buckets[0]));
    if (atomic_load_explicit(&ring->uses_shared, memory_order_relaxed))
        add_shared(reading, ring);
    slot = atomic_load_explicit(&ring->slot, memory_order_acquire);
    if (slot != PROMC__NO_SLOT) {
        for (promc__shard *shard = atomic_load(&promc__shards); shard; shard = shard->next)
            add_private(reading, shard, slot, width);
    }
    for (uint32_t i = 0; i < width; i++)
        sum += reading->buckets[i];
    return sum;
}

static void read_totals(struct reading *reading, const promc__quantile_config *config)
{
    uint64_t now = promc__current_slice(config, promc__os.monotonic_coarse_ns());

    for (uint32_t age = 0; age < PROMC__SLICES; age++)
        reading->tags[(now - age) % PROMC__SLICES] = promc__slice_tag(now - age);
    for (uint32_t i = 0; i < PROMC__RINGS; i++) {
        reading->totals[i] = read_ring(reading, i);
        reading->all += reading->totals[i];
    }
}

double promc__bucket_middle(uint32_t ring, uint32_t bucket, int schema)
{
    bool negative = ring < PROMC__RING_ZERO;
    uint32_t octave = negative ? PROMC__RING_ZERO - 1 - ring : ring - PROMC__RING_ZERO - 1;
    uint32_t last = ((uint32_t)1 << schema) - 1;
    int32_t index;
    double low, high, middle;

    if (ring == PROMC__RING_ZERO)
        return 0;
    if (ring == PROMC__RING_BELOW || ring == PROMC__RING_ABOVE)
        return negative ? -(double)INFINITY : (double)INFINITY;
    index = promc__index_of_place(((PROMC__FIRST_OCTAVE + octave) << schema) +
                                      (negative ? last - bucket : bucket),
                                  schema);
    low = promc__native_bound(index - 1, schema);
    high = promc__native_bound(index, schema);
    middle = 2 * low * high / (low + high); /* equally far, relatively, from both */
    return negative ? -middle : middle;
}

/* The value with so many others before it. Where counts change while they are read, the last bucket
 * that has any is near enough. */
static double value_at(struct reading *reading, uint64_t rank)
{
    uint32_t ring = 0, bucket = 0, width;

    while (ring + 1 < PROMC__RINGS && rank >= reading->totals[ring])
        rank -= reading->totals[ring++];
    if (reading->ring != ring)
        (void)read_ring(reading, ring);
    width = ring == PROMC__RING_BELOW || ring == PROMC__RING_ZERO || ring == PROMC__RING_ABOVE
                ? 1
                : 1u << reading->schema;
    for (uint32_t i = 0; i < width; i++) {
        if (!reading->buckets[i])
            continue;
        bucket = i;
        if (rank < reading->buckets[i])
            break;
        rank -= reading->buckets[i];
    }
    return promc__bucket_middle(ring, bucket, reading->schema);
}

/*
 * DDSketch's: q (n - 1), rounded down. 0.29 * 100 is 28.999... though, in doubles; but 29.0 / 100 is
 * the double that 0.29 is, since both are nearest to the same number.
 */
uint64_t promc__quantile_rank(double quantile, uint64_t count)
{
    double last = (double)(count - 1);
    uint64_t rank = (uint64_t)(quantile * last);
    volatile double next = (double)(rank + 1) / last; /* rounded, as the quantile is, on x87 too */

    rank += next <= quantile;
    return rank < count ? rank : count - 1;
}

uint64_t promc__quantiles_fill(const promc__child *child, double *values, promc__point *point)
{
    const promc__quantile_config *config = child->family->quantiles;
    struct reading reading;

    reading.sketch = atomic_load_explicit(&child->extra, memory_order_acquire);
    reading.schema = config->schema;
    reading.all = 0;
    reading.ring = PROMC__NO_RING;
    read_totals(&reading, config);
    for (size_t i = 0; i < config->count; i++) {
        double quantile = config->quantiles[i];

        values[i] =
            reading.all ? value_at(&reading, promc__quantile_rank(quantile, reading.all))
                        : (double)NAN;
    }
    point->quantiles = config->quantiles;
    point->quantile_values = values;
    point->quantile_count = config->count;
    return reading.all;
}
