/* SPDX-License-Identifier: Apache-2.0 */
/* A registry with some of everything, and what takes its output. */
#ifndef TORTURE_EVERY_METRIC_H
#define TORTURE_EVERY_METRIC_H

#include "support.h"

static int collect_some(promc_writer *writer, void *arg)
{
    promc_family *f = promc_writer_family(writer, PROMC_TYPE_GAUGE, "collected", "G.");

    (void)arg;
    for (int i = 0; i < 200; i++)
        promc_writer_i64(writer, f, i, PROMC_PAIRS({"some_label", "some rather long value"}));
    promc_writer_i64(writer, promc_writer_family(writer, PROMC_TYPE_GAUGE, "collected.too", "G."), 1,
                     NULL);
    return 0;
}

/* A scrape without memory for a copy of an exemplar leaves it out. */
static const promc_label *some_exemplar = (const promc_label[]){{"trace", "abc"}, {NULL, NULL}};

/* Longer than the buffers that names were in. */
#define TEN_BYTES "0123456789"
#define LONG_STATE                                                                                 \
    TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES      \
    TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES

static double always_five(void *arg)
{
    (void)arg;
    return 5;
}

/* Without refusals. */
static void define_everything(promc_registry *own)
{
    promc_counter_family *f;
    promc_gauge_family *alike, *called;
    promc_histogram *h;

#define COMMON                                                                                     \
    .registry = own, .namespace = "space", .subsystem = "sub",                                     \
    .const_labels = PROMC_PAIRS({"zone", "b\xFF"}, {"a", "\""})
    assert_non_null(f = promc_counter_family_new("c", "C\xFF.", PROMC_LABELS("x"), COMMON,
                                                 .unit = "bytes"));
    promc_counter_add_exemplar(promc_counter_labels(f, "1"), 1, some_exemplar);
    promc_counter_inc(promc_counter_labels(f, "\n"));
    promc_gauge_set(promc_gauge_new("g", "G.", COMMON, .unit = "bytes"), 42);
    h = promc_histogram_new("h", "H.", COMMON);
    promc_histogram_observe_exemplar(h, 0.3, some_exemplar);
    h = promc_histogram_new("n", "N.", COMMON, .native_factor = 1.1, .buckets = PROMC_BUCKETS(1));
    promc_histogram_observe_exemplar(h, 7, some_exemplar);
    promc_histogram_observe(h, -7);
    promc_summary_observe(promc_summary_new("s", "S.", COMMON), 0.1);
    (void)promc_info_set(promc_info_new("i", "I.", COMMON), PROMC_PAIRS({"v", "1"}));
    assert_non_null(promc_enum_new("e", "E.", COMMON, .states = PROMC_STATES("a", "b", LONG_STATE)));
    promc_gauge_histogram_observe(promc_gauge_histogram_new("gh", "GH.", COMMON), 1);
    /* What is one name in the old character set: spelt out, it is longer than the buffer it was in. */
    assert_non_null(promc_gauge_new("u.t.f.8.u.t.f.8.u.t.f.8.u.t.f.8", "", .registry = own));
    assert_non_null(alike = promc_gauge_family_new(
                        "u_t_f_8_u_t_f_8_u_t_f_8_u_t_f_8", "",
                        PROMC_LABELS("a.b", "a_b", "U__a_2e_b", LONG_STATE), .registry = own));
    promc_gauge_set(promc_gauge_labels(alike, "1", "2", "3", "4"), 5);
    assert_non_null(called = promc_gauge_family_new("called", "", PROMC_LABELS("x"), .registry = own));
    promc_gauge_set_function(promc_gauge_labels(called, LONG_STATE), always_five, NULL);
    promc_gauge_set_function(promc_gauge_labels(called, LONG_STATE LONG_STATE), always_five, NULL);
    assert_int_equal(promc_registry_register(own, &(promc_collector){.collect = collect_some}),
                     PROMC_OK);
    assert_int_equal(promc_registry_set_target_info(own, PROMC_PAIRS({"t", "i"})), PROMC_OK);
}

static inline int drop(const void *data, size_t size, void *arg)
{
    (void)data;
    *(size_t *)arg += size;
    return 0;
}

#endif
