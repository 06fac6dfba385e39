/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: the allocator hook, checked sizes, buffers with a cap, and what happens when memory is
 * refused: the n-th allocation alone, and all from the n-th on, for every n, in every scenario.
 * Nothing may crash, leak, be reported as anything but out of memory, or touch other metrics.
 */
#include "base/buffer.h"
#include "base/memory.h"
#include "exposition/scrape.h"
#include "support.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- an allocator that refuses on command ---------------------------------------------------- */

static long live_blocks, allocations, refuse_at;
static bool refuse_from, refused;
static int context;

static bool refuses(void)
{
    ++allocations;
    if (refuse_at && (allocations == refuse_at || (refuse_from && allocations > refuse_at)))
        refused = true;
    else
        return false;
    return true;
}

static void *counted_malloc(size_t size, void *ctx)
{
    void *block;

    assert_ptr_equal(ctx, &context);
    assert_true(size > 0);
    if (refuses() || size > (size_t)1 << 30)
        return NULL;
    block = malloc(size);
    assert_non_null(block);
    memset(block, 0xA5, size); /* nobody may count on zeroes */
    live_blocks++;
    return block;
}

static void *counted_realloc(void *block, size_t size, void *ctx)
{
    assert_ptr_equal(ctx, &context);
    assert_true(block && size > 0);
    return refuses() ? NULL : realloc(block, size);
}

static void counted_free(void *block, void *ctx)
{
    assert_ptr_equal(ctx, &context);
    assert_non_null(block);
    live_blocks--;
    free(block);
}

static const promc_allocator counting = {counted_malloc, counted_realloc, counted_free, &context};

static void arm(long at, bool from)
{
    allocations = 0;
    refuse_at = at;
    refuse_from = from;
    refused = false;
}

static void disarm(void)
{
    refuse_at = 0;
}

/* ---- the hook -------------------------------------------------------------------------------- */

static void the_allocator_cannot_change_while_memory_is_in_use(void **state)
{
    promc_allocator incomplete = counting;
    void *block = promc__malloc(1);
    (void)state;

    assert_non_null(block);
    assert_int_equal(promc_set_allocator(NULL), PROMC_ERROR_STATE);
    assert_int_equal(promc_set_allocator(&counting), PROMC_ERROR_STATE);
    promc__free(block);
    assert_int_equal(live_blocks, 0);
    assert_int_equal(promc_set_allocator(NULL), PROMC_OK);
    block = promc__malloc(1);
    assert_int_equal(live_blocks, 0); /* it is libc's */
    promc__free(block);
    incomplete.realloc = NULL;
    assert_int_equal(promc_set_allocator(&incomplete), PROMC_ERROR_ARGUMENT);
    incomplete = counting;
    incomplete.free = NULL;
    assert_int_equal(promc_set_allocator(&incomplete), PROMC_ERROR_ARGUMENT);
    incomplete = counting;
    incomplete.malloc = NULL;
    assert_int_equal(promc_set_allocator(&incomplete), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_set_allocator(&counting), PROMC_OK);
}

static void all_memory_comes_from_it(void **state)
{
    promc_text text;
    promc_registry *own;
    (void)state;

    arm(0, false);
    own = promc_registry_new();
    assert_true(allocations > 0 && live_blocks > 0);
    promc_gauge_new("g", "", .registry = own);
    promc_generate_latest(own, &text);
    promc_text_free(&text);
    promc_registry_free(own);
}

static void sizes_are_checked(void **state)
{
    size_t size = 5;
    (void)state;

    assert_true(promc__size_of(3, 4, 5, &size));
    assert_int_equal(size, 17);
    assert_true(promc__size_of(0, SIZE_MAX, 1, &size));
    assert_int_equal(size, 1);
    assert_true(promc__size_of(SIZE_MAX, 0, SIZE_MAX, &size));
    assert_true(size == SIZE_MAX);
    assert_true(promc__size_of(SIZE_MAX, 1, 0, &size));
    assert_true(size == SIZE_MAX);
    assert_false(promc__size_of(SIZE_MAX, 1, 1, &size));
    assert_false(promc__size_of(SIZE_MAX / 2 + 1, 2, 0, &size));
    assert_false(promc__size_of(2, SIZE_MAX / 2 + 1, 0, &size));
    assert_true(promc__size_of(SIZE_MAX / 2, 2, 1, &size));
    assert_false(promc__size_of(SIZE_MAX / 2, 2, 2, &size));
    assert_false(promc__size_of((size_t)1 << (sizeof(size_t) * 4), (size_t)1 << (sizeof(size_t) * 4),
                                0, &size));
}

static void blocks(void **state)
{
    char *block = promc__zalloc(100);
    (void)state;

    for (int i = 0; i < 100; i++)
        assert_int_equal(block[i], 0);
    block = promc__realloc(block, 0);
    assert_non_null(block);
    promc__free(block);
    block = promc__realloc(NULL, 10);
    assert_non_null(block);
    promc__free(block);
    promc__free(NULL);
    block = promc__copy("ab\0c", 4);
    assert_memory_equal(block, "ab\0c", 5);
    promc__free(block);
    assert_null(promc__copy("", SIZE_MAX));
    block = promc__copy_string("");
    assert_string_equal(block, "");
    promc__free(block);
}

static void buffers_have_a_cap_and_a_sticky_error(void **state)
{
    promc__buffer buffer = PROMC__BUFFER(100);
    (void)state;

    for (int i = 0; i < 100; i++)
        promc__buffer_char(&buffer, 'x');
    assert_int_equal(buffer.error, PROMC_OK);
    assert_int_equal(buffer.size, 100);
    promc__buffer_char(&buffer, 'y');
    assert_int_equal(buffer.error, PROMC_ERROR_LIMIT);
    assert_int_equal(buffer.size, 100);
    promc__buffer_free(&buffer);

    buffer = PROMC__BUFFER(0);
    assert_null(promc__buffer_room(&buffer, SIZE_MAX));
    assert_true(buffer.error != PROMC_OK);
    promc__buffer_free(&buffer);

    buffer = PROMC__BUFFER(0);
    promc__buffer_string(&buffer, "kept");
    arm(1, true);
    while (buffer.error == PROMC_OK)
        promc__buffer_string(&buffer, "more");
    disarm();
    assert_int_equal(buffer.error, PROMC_ERROR_NO_MEMORY);
    assert_memory_equal(buffer.data, "keptmore", 4);
    promc__buffer_string(&buffer, "not any more");
    assert_int_equal(buffer.error, PROMC_ERROR_NO_MEMORY);
    promc__buffer_free(&buffer);
}

/* ---- scenarios ------------------------------------------------------------------------------- */

/* Ends the scenario with `code`, which must be "out of memory". */
#define TRY_CODE(call)                                                                             \
    do {                                                                                           \
        if ((code = (call)) < 0)                                                                   \
            goto out;                                                                              \
    } while (0)
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            code = promc_last_error()->code;                                                       \
            goto out;                                                                              \
        }                                                                                          \
    } while (0)

typedef int scenario(promc_registry *own);

#define COMMON                                                                                     \
    .registry = own, .namespace = "space", .subsystem = "sub",                                     \
    .const_labels = PROMC_PAIRS({"zone", "b\xFF"}, {"a", "\""})

static int plain_metrics(promc_registry *own)
{
    int code = PROMC_OK;

    TRY(promc_counter_new("c", "C\xFF.", COMMON, .unit = "bytes"));
    TRY(promc_gauge_new("g", "G.", COMMON, .unit = "bytes"));
    TRY(promc_histogram_new("h", "H.", COMMON));
    TRY(promc_summary_new("s", "S.", COMMON));
    TRY(promc_info_new("i", "I.", COMMON));
    TRY(promc_enum_new("e", "E.", COMMON, .states = PROMC_STATES("a", "b", "c")));
    TRY(promc_gauge_histogram_new("gh", "GH.", COMMON));
out:
    return code;
}

static int families(promc_registry *own)
{
    int code = PROMC_OK;

    TRY(promc_counter_family_new("c", "C.", PROMC_LABELS("x", "y"), COMMON));
    TRY(promc_gauge_family_new("g", "G.", PROMC_LABELS("x", "y"), COMMON));
    TRY(promc_histogram_family_new("h", "H.", PROMC_LABELS("x", "y"), COMMON,
                                   .buckets = PROMC_BUCKETS_LINEAR(0, 1, 50)));
    TRY(promc_summary_family_new("s", "S.", PROMC_LABELS("x", "y"), COMMON));
    TRY(promc_info_family_new("i", "I.", PROMC_LABELS("x", "y"), COMMON));
    TRY(promc_enum_family_new("e", "E.", PROMC_LABELS("x", "y"), COMMON,
                              .states = PROMC_STATES("a", "b")));
    TRY(promc_gauge_histogram_family_new("gh", "GH.", PROMC_LABELS("x", "y"), COMMON));
out:
    return code;
}

static int counter_children(promc_registry *own)
{
    int code = PROMC_OK;
    promc_counter_family *f;
    char value[16];

    TRY(f = promc_counter_family_new("c", "C.", PROMC_LABELS("x"), .registry = own));
    for (int i = 0; i < 40; i++) {
        promc_counter *child;

        snprintf(value, sizeof(value), "%d%s", i, i % 7 ? "" : "\xFF");
        TRY(child = promc_counter_labels(f, value));
        promc_counter_inc(child);
        promc_counter_add(child, 0.5);
        /* Updates do not need memory. */
        assert_number(promc_counter_value(child), 1.5);
        TRY(promc_counter_labels_by_name(f, {"x", value}) == child);
    }
out:
    return code;
}

static int histogram_children(promc_registry *own)
{
    int code = PROMC_OK;
    promc_histogram_family *f;
    char value[16];

    TRY(f = promc_histogram_family_new("h", "H.", PROMC_LABELS("x"), .registry = own));
    for (int i = 0; i < 20; i++) {
        promc_histogram *child;

        snprintf(value, sizeof(value), "%d", i);
        TRY(child = promc_histogram_labels(f, value));
        promc_histogram_observe(child, 1);
        promc_histogram_observe_exemplar(child, 2, PROMC_PAIRS({"trace", value}));
    }
out:
    return code;
}

static int children_past_the_limit(promc_registry *own)
{
    int code = PROMC_OK;
    promc_summary_family *f;
    char value[16];

    TRY(f = promc_summary_family_new("s", "S.", PROMC_LABELS("x"), .registry = own,
                                     .max_children = 2, .idle_ttl = 5));
    for (int i = 0; i < 5; i++) {
        promc_summary *child;

        snprintf(value, sizeof(value), "%d", i);
        TRY(child = promc_summary_labels(f, value));
        promc_summary_observe(child, 1);
    }
out:
    return code;
}

static int many_labels(promc_registry *own)
{
    const char *names[41] = {NULL}, *values[40];
    promc_label pairs[41] = {{NULL, NULL}};
    static char texts[40][16];
    int code = PROMC_OK;
    promc_gauge_family *f;

    for (int i = 0; i < 40; i++) {
        snprintf(texts[i], sizeof(texts[i]), "l%d", i);
        names[i] = texts[i];
        values[i] = "\xFF";
        pairs[i] = (promc_label){texts[i], "\xFF"};
    }
    TRY(f = promc_gauge_family_new("g", "G.", names, .registry = own));
    TRY(promc_gauge_family_child(f, values, 40));
    TRY(promc_gauge_family_child_by_name(f, pairs));
    TRY_CODE(promc_gauge_family_remove_by_labels(f, pairs));
    TRY(promc_gauge_family_child_by_name(f, pairs));
    TRY_CODE(promc_gauge_family_remove_child(f, values, 40));
    promc_gauge_family_clear(f);
    code = PROMC_OK;
out:
    return code;
}

static int removals(promc_registry *own)
{
    int code = PROMC_OK;
    promc_counter_family *f;
    promc_counter *held = NULL;
    char value[16];

    TRY(f = promc_counter_family_new("c", "C.", PROMC_LABELS("x"), .registry = own));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 12; i++) {
            snprintf(value, sizeof(value), "%d", i);
            TRY(promc_counter_labels(f, value));
        }
        if (round == 0)
            TRY(held = promc_counter_hold(promc_counter_labels(f, "3")));
        TRY_CODE(promc_counter_family_remove(f, "3"));
        TRY_CODE(promc_counter_family_remove_matching(f, {"x", "4"}));
        TRY_CODE(promc_counter_family_remove_matching(f, {"x", "\xFF"}));
        promc_counter_inc(held);
        promc_counter_family_clear(f);
        assert_int_equal(promc_counter_family_size(f), 0);
    }
    code = PROMC_OK;
out:
    promc_counter_release(held);
    return code;
}

static int infos(promc_registry *own)
{
    int code = PROMC_OK;
    promc_info *i;
    promc_label many[41] = {{NULL, NULL}};
    static char names[40][16];

    for (int n = 0; n < 40; n++) {
        snprintf(names[n], sizeof(names[n]), "n%d", n);
        many[n] = (promc_label){names[n], "\xFF"};
    }
    TRY(i = promc_info_new("i", "I.", .registry = own, .const_labels = PROMC_PAIRS({"k", "v"})));
    TRY_CODE(promc_info_set(i, PROMC_PAIRS({"a", "1"}, {"b", "2"})));
    code = promc_info_set(i, many);
    if (code == PROMC_ERROR_NO_MEMORY) {
        bool was_from = refuse_from;

        disarm(); /* nothing has changed */
        assert_exposed(own, "# HELP i_info I.\n# TYPE i_info gauge\n"
                            "i_info{a=\"1\",b=\"2\",k=\"v\"} 1.0\n");
        refuse_from = was_from;
        goto out;
    }
    TRY_CODE(code);
    TRY_CODE(promc_info_set(i, NULL));
out:
    return code;
}

static int exemplars(promc_registry *own)
{
    int code = PROMC_OK;
    promc_counter *c;

    TRY(c = promc_counter_new("c", "C.", .registry = own));
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"trace", "abc"}));
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"trace", "d\xFF"}));
    assert_number(promc_counter_value(c), 2); /* with or without its exemplar */
    promc_counter_reset(c);
out:
    return code;
}

static int target_info(promc_registry *own)
{
    int code = PROMC_OK;
    promc_registry *other = NULL, *view = NULL;

    TRY_CODE(promc_registry_set_target_info(own, PROMC_PAIRS({"a", "1\xFF"}, {"b", "2"})));
    TRY_CODE(promc_registry_set_target_info(own, PROMC_PAIRS({"a", "3"})));
    TRY(other = promc_registry_new(.target_info = PROMC_PAIRS({"a", "1"})));
    TRY(view = promc_registry_restricted(own, PROMC_LABELS("a", "b", "c_total", "target_info")));
out:
    promc_registry_free(view);
    promc_registry_free(other);
    return code;
}

static int moving(promc_registry *own)
{
    int code = PROMC_OK;
    promc_gauge *g, *moved = NULL;
    char name[16];

    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "g%d", i);
        TRY(g = promc_gauge_new(name, "", .registry = PROMC_UNREGISTERED));
        code = promc_registry_add(own, g);
        if (code != PROMC_OK) {
            promc_gauge_free(g);
            goto out;
        }
    }
    TRY(moved = promc_gauge_new("moved", "", .registry = own));
    TRY_CODE(promc_registry_unregister(own, moved));
    code = promc_registry_add(own, moved);
    if (code != PROMC_OK)
        promc_gauge_free(moved);
out:
    return code;
}

static int drop(const void *data, size_t size, void *arg)
{
    (void)data;
    *(size_t *)arg += size;
    return 0;
}

static int collect_some(promc_writer *writer, void *arg)
{
    promc_family *f = promc_writer_family(writer, PROMC_TYPE_GAUGE, "collected", "G.");

    (void)arg;
    for (int i = 0; i < 200; i++)
        promc_writer_i64(writer, f, i, PROMC_PAIRS({"some_label", "some rather long value"}));
    return 0;
}

/* Defined without a failure, then scraped with one. */
static int scrape_of(promc_registry *own, promc_format format)
{
    long at = refuse_at;
    size_t size = 0;
    promc_registry *view = NULL;
    promc_text text = {NULL, 0};
    double value;
    int code;

    disarm();
    assert_int_equal(plain_metrics(own), PROMC_OK);
    assert_non_null(promc_gauge_new("utf.8", "", .registry = own));
    assert_int_equal(promc_registry_register(own, &(promc_collector){.collect = collect_some}),
                     PROMC_OK);
    assert_int_equal(promc_registry_set_target_info(own, PROMC_PAIRS({"t", "i"})), PROMC_OK);
    view = promc_registry_restricted(own, PROMC_LABELS("collected", "space_sub_c_bytes_total"));
    allocations = 0;
    refuse_at = at;
    TRY_CODE(promc_generate_latest(own, &text));
    TRY_CODE(promc_expose(own, format, drop, &size));
    TRY_CODE(promc_expose(view, format, drop, &size));
    code = promc_registry_get_sample_value(own, "space_sub_s_count",
                                           PROMC_PAIRS({"zone", "b\xEF\xBF\xBD"}, {"a", "\""}),
                                           &value);
out:
    if (code < 0 && size == 0)
        assert_true(text.data == NULL || text.size > 0);
    promc_text_free(&text);
    promc_registry_free(view);
    return code;
}

static int scrape(promc_registry *own)
{
    return scrape_of(own, PROMC_FORMAT_TEXT);
}

static int scrape_escaped(promc_registry *own)
{
    return scrape_of(own, PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_VALUES);
}

static int scrape_openmetrics(promc_registry *own)
{
    return scrape_of(own, PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF_8);
}

static int scrape_protobuf(promc_registry *own)
{
    return scrape_of(own, PROMC_FORMAT_PROTOBUF);
}

static int collectors(promc_registry *own)
{
    int code = PROMC_OK;
    promc_collector one = {.collect = collect_some};
    promc_collector two = {.collect = collect_some, .describe = collect_some, .arg = &context};

    TRY_CODE(promc_registry_register(own, &two));
    TRY_CODE(promc_registry_register(own, &one));
    TRY_CODE(promc_registry_unregister(own, &two));
out:
    return code;
}

static int write_with(bool in_order)
{
    size_t size = 0;
    promc_writer *w =
        promc_writer_new(PROMC_FORMAT_TEXT, drop, &size, .in_order = in_order);
    char name[16];

    for (int i = 0; i < 10; i++) {
        promc_family *f;

        snprintf(name, sizeof(name), "f%d", i);
        f = promc_writer_family(w, PROMC_TYPE_COUNTER, name, "\xFF", .unit = "bytes");
        promc_writer_set_created(w, 5);
        promc_writer_double(w, f, 1, PROMC_PAIRS({"a", "1"}));
        promc_writer_double(w, f, 1, PROMC_PAIRS({"a", "2"}));
    }
    promc_writer_histogram(w, promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "h", ""),
                           &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                                    .bounds = (const double[]){1},
                                                    .counts = (const uint64_t[]){1, 2},
                                                    .count = 1},
                           PROMC_PAIRS({"a", "2"}));
    promc_writer_info(w, promc_writer_family(w, PROMC_TYPE_INFO, "i", ""),
                      PROMC_PAIRS({"a", "2"}), PROMC_PAIRS({"b", "2"}));
    promc_writer_stateset(w, promc_writer_family(w, PROMC_TYPE_STATESET, "e", ""),
                          PROMC_STATES("a", "b"), (const bool[]){true, false}, NULL);
    promc_writer_double(w, promc_writer_family(w, PROMC_TYPE_GAUGE, "utf.8", ""), 1, NULL);
    return promc_writer_end(w);
}

static int writer(promc_registry *own)
{
    (void)own;
    return write_with(false);
}

static int writer_in_order(promc_registry *own)
{
    (void)own;
    return write_with(true);
}

static int default_registry(promc_registry *own)
{
    promc_gauge *g = promc_gauge_new("in_the_default_registry", "");

    (void)own;
    if (!g)
        return promc_last_error()->code;
    promc_gauge_free(g);
    return PROMC_OK;
}

/* ---- the torture ----------------------------------------------------------------------------- */

static promc_registry *earlier;
static promc_text earlier_text;

static int define_earlier(void **state)
{
    promc_counter_family *f;

    (void)state;
    script_clocks();
    earlier = promc_registry_new();
    f = promc_counter_family_new("earlier", "E.", PROMC_LABELS("l"), .registry = earlier);
    promc_counter_add(promc_counter_labels(f, "a"), 1.5);
    promc_counter_inc(promc_counter_labels(f, "b"));
    promc_histogram_observe(promc_histogram_new("earlier_h", "H.", .registry = earlier), 1);
    promc_info_set(promc_info_new("earlier_i", "I.", .registry = earlier),
                   PROMC_PAIRS({"a", "b"}));
    return promc_generate_latest(earlier, &earlier_text);
}

static int free_earlier(void **state)
{
    (void)state;
    promc_text_free(&earlier_text);
    promc_registry_free(earlier);
    return 0;
}

static int run_scenario(scenario *run)
{
    promc_registry *own = promc_registry_new();
    int code;

    if (!own)
        return promc_last_error()->code;
    code = run(own);
    disarm();
    promc_registry_free(own);
    return code;
}

static void torture(scenario *run)
{
    long baseline;

    for (int i = 0; i < 3; i++)
        assert_int_equal(run_scenario(run), PROMC_OK);
    baseline = live_blocks;
    for (int from = 0; from < 2; from++) {
        for (long n = 1;; n++) {
            int code;

            assert_true(n < 100000);
            arm(n, from != 0);
            code = run_scenario(run);
            disarm();
            if (!refused)
                break;
            if (code != PROMC_OK && code != PROMC_ERROR_NO_MEMORY) {
                print_error("allocation %ld%s refused: %d, %s\n", n, from ? " and later" : "", code,
                            promc_last_error()->message);
                fail();
            }
            if (code != PROMC_OK)
                assert_int_equal(promc_last_error()->code, PROMC_ERROR_NO_MEMORY);
            if (live_blocks > baseline) {
                /* What was made once and for all may stay; what leaks grows again. */
                long before = live_blocks;

                for (int i = 0; i < 3; i++) {
                    arm(n, from != 0);
                    run_scenario(run);
                    disarm();
                }
                if (live_blocks > before)
                    print_error("allocation %ld%s refused: %ld blocks leaked\n", n,
                                from ? " and later" : "", live_blocks - before);
                assert_true(live_blocks <= before);
                baseline = live_blocks;
            }
            assert_exposed(earlier, earlier_text.data);
            assert_int_equal(run_scenario(run), PROMC_OK);
        }
    }
}

/* The very first use of the library makes things that stay: each time in a fresh process, with a
 * plain exit status because an assertion cannot leave it. */
static int first_use(scenario *run, long n, bool from)
{
    promc_text text;
    int code;

    arm(n, from);
    code = run_scenario(run);
    disarm();
    if (!refused)
        return 2;
    if (code != PROMC_OK && code != PROMC_ERROR_NO_MEMORY)
        return 3;
    if (run_scenario(run) != PROMC_OK)
        return 4;
    if (promc_generate_latest(NULL, &text) != PROMC_OK)
        return 5;
    /* A standard collector that could not be registered is the registry's first error. */
    code = strstr(text.data, "c_info{") && strstr(text.data, "process_start_time_seconds ") ? 0 : 6;
    if (code && promc_registry_first_error(NULL, NULL) != PROMC_OK)
        code = 0;
    promc_text_free(&text);
    return code;
}

static void every_first_use(scenario *run)
{
    for (int from = 0; from < 2; from++) {
        int status = 0;

        for (long n = 1; status == 0; n++) {
            pid_t pid = fork();

            assert_true(pid >= 0);
            if (pid == 0)
                _exit(first_use(run, n, from != 0));
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_true(WIFEXITED(status));
            if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 2)
                print_error("allocation %ld%s refused: %d\n", n, from ? " and later" : "",
                            WEXITSTATUS(status));
            assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2);
        }
    }
}

static void first_use_of_the_default_registry(void **state)
{
    (void)state;
    every_first_use(default_registry);
}

static void first_use_of_children(void **state)
{
    (void)state;
    every_first_use(counter_children);
    every_first_use(histogram_children);
}

#define TORTURE(name)                                                                              \
    static void torture_##name(void **state)                                                       \
    {                                                                                              \
        (void)state;                                                                               \
        torture(name);                                                                             \
    }                                                                                              \
    struct semicolon_##name

TORTURE(plain_metrics);
TORTURE(families);
TORTURE(counter_children);
TORTURE(histogram_children);
TORTURE(children_past_the_limit);
TORTURE(many_labels);
TORTURE(removals);
TORTURE(infos);
TORTURE(exemplars);
TORTURE(target_info);
TORTURE(moving);
TORTURE(scrape);
TORTURE(scrape_escaped);
TORTURE(scrape_openmetrics);
TORTURE(scrape_protobuf);
TORTURE(collectors);
TORTURE(writer);
TORTURE(writer_in_order);
TORTURE(default_registry);

int main(void)
{
#define T(name) cmocka_unit_test(name)
    const struct CMUnitTest first[] = {
        T(the_allocator_cannot_change_while_memory_is_in_use),
        T(sizes_are_checked),
        T(blocks),
        T(buffers_have_a_cap_and_a_sticky_error),
        T(first_use_of_the_default_registry),
        T(first_use_of_children),
        T(all_memory_comes_from_it),
    };
    const struct CMUnitTest tortures[] = {
        T(torture_plain_metrics),
        T(torture_families),
        T(torture_counter_children),
        T(torture_histogram_children),
        T(torture_children_past_the_limit),
        T(torture_many_labels),
        T(torture_removals),
        T(torture_infos),
        T(torture_exemplars),
        T(torture_target_info),
        T(torture_moving),
        T(torture_scrape),
        T(torture_scrape_escaped),
        T(torture_scrape_openmetrics),
        T(torture_scrape_protobuf),
        T(torture_collectors),
        T(torture_writer),
        T(torture_writer_in_order),
        T(torture_default_registry),
    };
    int failed;

    if (promc_set_allocator(&counting) != PROMC_OK)
        return 1;
    failed = cmocka_run_group_tests(first, NULL, NULL);
    return failed + cmocka_run_group_tests(tortures, define_earlier, free_earlier);
}
