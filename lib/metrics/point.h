/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an encoder gets: a descriptor for each family, and a point for each child with all its
 * numbers. Registered metrics and the writer both speak this language.
 */
#ifndef PROMC_METRICS_POINT_H
#define PROMC_METRICS_POINT_H

#include <promc/exposition.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sample's number: integers keep every digit. */
typedef struct promc__value {
    enum { PROMC__DOUBLE, PROMC__U64, PROMC__I64 } kind;
    union {
        double number;
        uint64_t u64;
        int64_t i64;
    };
} promc__value;

static inline double promc__value_number(const promc__value *value)
{
    return value->kind == PROMC__U64   ? (double)value->u64
           : value->kind == PROMC__I64 ? (double)value->i64
                                       : value->number;
}

typedef struct promc__descriptor {
    promc_type type;
    const char *name; /* a counter's without "_total" unless exact_name */
    size_t name_size;
    const char *help; /* valid UTF-8 */
    size_t help_size;
    const char *unit; /* NULL: none */
    bool exact_name;
    bool legacy_labels; /* every label name is in the old character set */
    bool blends; /* once escaped to that, the name would be taken for another family's */
} promc__descriptor;

typedef struct promc__exemplar {
    const char *labels; /* as in a point; NULL: no exemplar */
    size_t labels_size;
    double value;
    double timestamp;
} promc__exemplar;

/* A bucket of a native histogram that is not empty; native_index.h tells what an index covers. */
typedef struct promc__native_bucket {
    int32_t index;
    uint64_t count;
} promc__native_bucket;

typedef struct promc__native_point {
    int schema;
    double zero_threshold;
    uint64_t count; /* of everything, NaN too; classic buckets below zero would count otherwise */
    uint64_t zero_count;
    struct {
        const promc__native_bucket *buckets; /* ascending */
        size_t count;
    } sides[2];                       /* positive, negative */
    const promc__exemplar *exemplars; /* NULL: none; those without labels are not there */
    size_t exemplar_count;
} promc__native_point;

typedef struct promc__point {
    /* a="1",b="2": names sorted, values escaped, names that are not legacy in quotes. No braces. */
    const char *labels;
    size_t labels_size;

    promc__value value; /* counter, gauge, unknown */
    double sum;         /* histograms, summary */

    /* Histograms: counts[i] is what lies in bucket i alone; one more count than bounds. A summary
     * has one count and no bounds. */
    const uint64_t *counts;
    const double *bounds;
    size_t bound_count;
    const promc__native_point *native; /* NULL: not a native histogram */

    /* Summary: quantile_values[i] belongs to quantiles[i]. */
    const double *quantiles, *quantile_values;
    size_t quantile_count;

    /* Stateset: the names, and which of them hold (or, if NULL, the one that holds). */
    const char *const *states;
    size_t state_count;
    const bool *active;
    size_t state;

    const promc__exemplar *exemplars; /* one for a counter, one for each bucket; NULL: none */
    double created;                   /* 0: unknown */
    double timestamp;                 /* 0: none */
} promc__point;

/* As many children are visited at a time, at most. */
#define PROMC__VISIT_BATCH 64

/* Numbers with their labels and nothing else: what most points of counters and gauges are. */
typedef struct promc__plains {
    size_t count;
    const char *labels[PROMC__VISIT_BATCH];
    size_t labels_sizes[PROMC__VISIT_BATCH];
    double numbers[PROMC__VISIT_BATCH];
    double created[PROMC__VISIT_BATCH]; /* 0: unknown */
} promc__plains;

/* Children that follow each other lie one behind the other in memory, most often, each with its label
 * text: while one is written, memory fetches what lies `distance` bytes on. A wrong guess does no harm.
 */
static inline void promc__fetch_ahead(const void *from, size_t distance, size_t size)
{
    uintptr_t at = (uintptr_t)from + distance;

    for (uintptr_t end = at + size; at < end; at += 64) /* a cache line at a time */
        __builtin_prefetch((const void *)at);
}

/* The same from one plain point to one of the next batch: its labels, and the child behind them. With
 * labels of the usual length, a child takes about 128 bytes. */
static inline void promc__fetch_next(const char *labels, size_t labels_size)
{
    promc__fetch_ahead(labels, (size_t)PROMC__VISIT_BATCH * 128, labels_size + 64);
}

/* Counts are modulo 2^64. Of a gauge histogram they are below zero where more has left than came. */
static inline double promc__count_number(promc_type type, uint64_t count)
{
    return type == PROMC_TYPE_GAUGE_HISTOGRAM ? (double)(int64_t)count : (double)count;
}

#endif
