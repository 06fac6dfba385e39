/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles of summaries: how near they are, how the window slides, what they do at their limits. */
#include "support.h"
#include "base/lock.h"
#include "metrics/quantiles.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define SECONDS(n) ((uint64_t)((n) * 1e9))
#define MANY 20000

static promc_registry *registry;
static double values[MANY];

static int begin(void **state)
{
    (void)state;
    script_clocks();
    registry = promc_registry_new();
    return registry ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

/* From 0 to 1, the same in every run. */
static double random_number(void)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) * 0x1p-53;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static uint64_t fill(promc_summary *summary, promc__point *point)
{
    static double quantile_values[100];

    return promc__quantiles_fill((promc__child *)summary, quantile_values, point);
}

/* How many values the window has. */
static uint64_t in_window(promc_summary *summary)
{
    promc__point point = {0};

    return fill(summary, &point);
}

static double quantile(promc_summary *summary, double which)
{
    promc__point point = {0};

    (void)fill(summary, &point);
    for (size_t i = 0; i < point.quantile_count; i++) {
        if (point.quantiles[i] == which)
            return point.quantile_values[i];
    }
    fail_msg("there is no quantile %g", which);
    return 0;
}

/* ---- against exact quantiles ----------------------------------------------------------------- */

/* The last `count` of values[], sorted, against each of its quantiles. */
static void assert_near(promc_summary *summary, size_t count, double error)
{
    promc__point point = {0};

    qsort(values, count, sizeof(values[0]), by_size);
    assert_int_equal(fill(summary, &point), count);
    for (size_t i = 0; i < point.quantile_count; i++) {
        double exact = values[(size_t)(point.quantiles[i] * (double)(count - 1))];
        double got = point.quantile_values[i];

        if (fabs(got - exact) <= error * fabs(exact))
            continue;
        fail_msg("quantile %g of %zu values is %.17g, exactly %.17g: more than %g off",
                 point.quantiles[i], count, got, exact, error);
    }
}

static double uniform(void)
{
    return random_number() * 1000;
}

static double negative_uniform(void)
{
    return -1e-3 * random_number();
}

static double of_both_signs(void)
{
    return random_number() - 0.25;
}

/* The sum of twelve is near enough to a normal distribution. */
static double lognormal(void)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += random_number();
    return exp(2 * sum);
}

static double constant(void)
{
    return 42;
}

static double bimodal(void)
{
    return random_number() < 0.7 ? 0.001 + 0.0001 * random_number() : 30 + random_number();
}

static double powers_of_two(void)
{
    return ldexp(1, (int)(random_number() * 128) - 63);
}

static double whole_numbers(void)
{
    return floor(10 * random_number()) - 3;
}

/* Every order of magnitude there is room for. */
static double any_magnitude(void)
{
    return (random_number() < 0.5 ? -1 : 1) * exp(88 * random_number() - 44);
}

static void every_stream_is_within_the_promise(void **state)
{
    static double (*const streams[])(void) = {
        uniform,  negative_uniform, of_both_signs, lognormal,    constant,
        bimodal,  powers_of_two,    whole_numbers, any_magnitude,
    };
    static const double errors[] = {0, 0.0014, 0.003, 0.01, 0.02, 0.05, 0.3, 0.34, 0.9};
    (void)state;

    for (size_t s = 0; s < COUNT(streams); s++) {
        for (size_t e = 0; e < COUNT(errors); e++) {
            promc_summary *summary = promc_summary_new(
                "s", "", .registry = registry, .quantile_error = errors[e],
                .quantiles = PROMC_QUANTILES(0, 0.001, 0.01, 0.1, 0.25, 1 / 3.0, 0.5, 0.75, 0.9,
                                             0.95, 0.99, 0.999, 1));
            size_t count = s == 0 && e == 0 ? 1 : (size_t)MANY >> (e % 4);

            for (size_t i = 0; i < count; i++) {
                values[i] = streams[s]();
                promc_summary_observe(summary, values[i]);
            }
            assert_near(summary, count, errors[e] == 0 ? 0.01 : errors[e]);
            promc_summary_free(summary);
        }
    }
}

/* Of each bucket, the largest value, and the smallest one, which is next to the largest before. */
static void both_ends_of_every_bucket(void **state)
{
    (void)state;
    for (int schema = 0; schema <= PROMC__FINEST_SCHEMA; schema++) {
        double gamma = promc__native_bound(1, schema);
        double error = (gamma - 1) / (gamma + 1) * (1 + 1e-12);
        int32_t first = -(64 << schema) + 1, last = 64 << schema;

        for (int32_t index = first; index <= last; index++) {
            double high = promc__native_bound(index, schema);
            double low = nextafter(promc__native_bound(index - 1, schema), INFINITY);

            for (int sign = -1; sign <= 1; sign += 2) {
                uint32_t bucket, other, ring = promc__ring_of(sign * high, schema, &bucket);
                double middle = promc__bucket_middle(ring, bucket, schema);

                assert_int_equal(ring, promc__ring_of(sign * low, schema, &other));
                assert_int_equal(bucket, other);
                assert_true(fabs(middle - sign * high) <= error * high);
                assert_true(fabs(middle - sign * low) <= error * low);
            }
        }
    }
}

/* Rings and their buckets are in the order of the values in them. */
static void buckets_are_in_order(void **state)
{
    double before = -INFINITY;
    (void)state;

    for (uint32_t ring = 0; ring < PROMC__RINGS; ring++) {
        bool alone = ring == PROMC__RING_BELOW || ring == PROMC__RING_ZERO ||
                     ring == PROMC__RING_ABOVE;

        for (uint32_t bucket = 0; bucket < (alone ? 1 : 8); bucket++) {
            double middle = promc__bucket_middle(ring, bucket, 3);
            uint32_t back;

            assert_int_equal(promc__ring_of(middle, 3, &back), ring);
            assert_int_equal(back, bucket);
            assert_true(ring == 0 || middle > before);
            before = middle;
        }
    }
    assert_true(isinf(before));
}

static void beyond_the_limits(void **state)
{
    static const struct {
        double value, shown;
    } cases[] = {
        {0, 0},          {-0.0, 0},       {0x1p-64, 0},         {-0x1p-64, 0},
        {5e-324, 0},     {-5e-324, 0},    {DBL_MIN, 0},         {0x1.8p64, INFINITY},
        {DBL_MAX, INFINITY}, {INFINITY, INFINITY}, {-0x1.8p64, -INFINITY}, {-INFINITY, -INFINITY},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                             .quantiles = PROMC_QUANTILES(0.5));

        promc_summary_observe(s, cases[i].value);
        assert_number(quantile(s, 0.5), cases[i].shown);
        promc_summary_free(s);
    }
}

static void nan_is_in_no_quantile(void **state)
{
    promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0.5));
    (void)state;

    promc_summary_observe(s, (double)NAN);
    assert_int_equal(in_window(s), 0);
    promc_summary_observe(s, 0);
    promc_summary_observe(s, -(double)NAN);
    assert_int_equal(in_window(s), 1);
    assert_number(quantile(s, 0.5), 0);
    assert_number(sample(registry, "s_count", NULL), 3);
    assert_number(sample(registry, "s_sum", NULL), (double)NAN);
}

/* ---- the window ------------------------------------------------------------------------------ */

static void it_is_empty_at_first_and_after_a_while(void **state)
{
    promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0.5, 1));
    (void)state;

    assert_number(quantile(s, 0.5), (double)NAN);
    promc_summary_observe(s, 1);
    promc_summary_observe(s, 1);
    assert_true(fabs(quantile(s, 1) - 1) <= 0.01);
    test_monotonic_ns += SECONDS(480);
    assert_int_equal(in_window(s), 2);
    test_monotonic_ns += SECONDS(120);
    assert_int_equal(in_window(s), 0);
    assert_number(quantile(s, 0.5), (double)NAN);
    assert_number(sample(registry, "s_count", NULL), 2);
    promc_summary_observe(s, 2);
    assert_int_equal(in_window(s), 1);
}

/* Values with their times, against what the documentation says of their ages; with steps of all
 * sizes, so that windows are full, half empty, and jumped over by any multiple. */
static void it_slides(void **state)
{
    static const double windows[] = {1, 7.3, 600, 86400, 1e6};
    static uint64_t times[MANY];
    (void)state;

    for (size_t w = 0; w < COUNT(windows); w++) {
        uint64_t window = SECONDS(windows[w]);
        promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                             .quantiles = PROMC_QUANTILES(0, 0.5, 1),
                                             .quantile_window = windows[w]);

        for (size_t i = 0; i < 3000; i++) {
            double step = random_number() < 0.05 ? 3 * random_number() : 0.02 * random_number();
            size_t surely = 0, perhaps = 0;
            double least = INFINITY, most = 0;

            test_monotonic_ns += (uint64_t)(step * (double)window);
            times[i] = test_monotonic_ns;
            values[i] = random_number() + 1;
            promc_summary_observe(s, values[i]);
            for (size_t k = i + 1; k-- > 0 && test_monotonic_ns - times[k] <= window; perhaps++) {
                if (test_monotonic_ns - times[k] < window / 5 * 4) {
                    surely++;
                    least = values[k] < least ? values[k] : least;
                    most = values[k] > most ? values[k] : most;
                }
            }
            assert_in_range(in_window(s), surely, perhaps);
            assert_true(quantile(s, 0) <= least * 1.01);
            assert_true(quantile(s, 1) >= most * 0.99);
        }
        promc_summary_free(s);
    }
}

/* A slice later in the same cell: it begins at zero, for private and shared cells. */
static void cells_are_used_again(void **state)
{
    promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0.5));
    uintptr_t sequence = 0;
    (void)state;

    for (int round = 1; round < 100; round++) {
        for (int i = 0; i < round; i++)
            promc_summary_observe(s, 1);
        assert_int_equal(in_window(s), round);
        /* As a signal handler that interrupts an update. */
        assert_true(promc__enter(promc__my_shard, &sequence));
        promc_summary_observe(s, 1);
        promc__leave(promc__my_shard, sequence);
        assert_int_equal(in_window(s), round + 1);
        test_monotonic_ns += SECONDS(600) * (uint64_t)round;
    }
    assert_number(sample(registry, "s_count", NULL), 99 * 100 / 2 + 99);
}

/* The clock of a thread that lost the processor: what came later stays. */
static void late_updates_of_shared_cells(void **state)
{
    promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0.5));
    uintptr_t sequence = 0;
    (void)state;

    test_monotonic_ns += SECONDS(6000);
    promc_summary_observe(s, 1);
    assert_true(promc__enter(promc__my_shard, &sequence));
    promc_summary_observe(s, 1);
    test_monotonic_ns -= SECONDS(600);
    promc_summary_observe(s, 1);
    promc__leave(promc__my_shard, sequence);
    test_monotonic_ns += SECONDS(600);
    assert_int_equal(in_window(s), 2);
}

static void a_full_cell_stays_full(void **state)
{
    promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0.5));
    const promc__sketch *sketch = atomic_load(&((promc__child *)s)->extra);
    promc__cell *cell;
    uint64_t bits;
    (void)state;

    promc_summary_observe(s, 0);
    cell = promc__private_cell(promc__my_shard, atomic_load(&sketch->rings[PROMC__RING_ZERO]->slot) +
                                                    PROMC__SLICES % PROMC__SLICES);
    bits = atomic_load(&cell->bits);
    assert_int_equal(bits & PROMC__SLICE_COUNT, 1);
    atomic_store(&cell->bits, bits + PROMC__SLICE_COUNT - 2);
    for (int i = 0; i < 3; i++) {
        promc_summary_observe(s, 0);
        assert_int_equal(in_window(s), PROMC__SLICE_COUNT);
    }
    assert_number(quantile(s, 0.5), 0);
}

/* ---- children -------------------------------------------------------------------------------- */

static void children_that_take_over_begin_empty(void **state)
{
    promc_summary_family *f = promc_summary_family_new("s", "", PROMC_LABELS("l"),
                                                       .registry = registry,
                                                       .quantiles = PROMC_QUANTILES(0.5));
    char name[16];
    (void)state;

    for (int i = 0; i < 2000; i++) {
        promc_summary *child;

        (void)snprintf(name, sizeof(name), "%d", i);
        child = promc_summary_labels(f, name);
        assert_int_equal(in_window(child), 0);
        for (int k = 0; k <= i % 7; k++)
            promc_summary_observe(child, (k - 3) * (i + 1));
        assert_int_equal(in_window(child), i % 7 + 1);
        assert_int_equal(promc_summary_family_remove(f, name), PROMC_OK);
        promc_summary_observe(child, 5);
    }
    assert_int_equal(promc_summary_family_size(f), 0);
}

static void the_child_past_the_limit_discards(void **state)
{
    promc_summary_family *f = promc_summary_family_new("s", "", PROMC_LABELS("l"),
                                                       .registry = registry, .max_children = 1,
                                                       .quantiles = PROMC_QUANTILES(0.5));
    (void)state;

    promc_summary_observe(promc_summary_labels(f, "a"), 1);
    promc_summary_observe(promc_summary_labels(f, "b"), 1);
    assert_int_equal(in_window(promc_summary_labels(f, "a")), 1);
    assert_int_equal(in_window(promc_summary_labels(f, "b")), 0);
}

static void idle_children_expire(void **state)
{
    promc_summary_family *f = promc_summary_family_new("s", "", PROMC_LABELS("l"),
                                                       .registry = registry, .idle_ttl = 10,
                                                       .quantiles = PROMC_QUANTILES(0.5));
    (void)state;

    promc_summary_observe(promc_summary_labels(f, "a"), 1);
    for (int i = 0; i < 10; i++) {
        assert_true(exposes(registry, "s_count{l=\"a\"}"));
        test_monotonic_ns += SECONDS(6);
        promc_summary_observe(promc_summary_labels(f, "a"), 1);
    }
    assert_int_equal(in_window(promc_summary_labels(f, "a")), 11);
    for (int i = 0; i < 3; i++) {
        (void)exposes(registry, "");
        test_monotonic_ns += SECONDS(6);
    }
    assert_false(exposes(registry, "s_count{l=\"a\"}"));
}

/* ---- what is exposed ------------------------------------------------------------------------- */

/* ---- while others make and remove ------------------------------------------------------------ */

#define CHILDREN 100

struct looking {
    promc_summary_family *family;
    unsigned points;
};

static void make_children(promc_summary_family *family, const char *form)
{
    char name[16];

    for (int i = 0; i < CHILDREN; i++) {
        (void)snprintf(name, sizeof(name), form, i);
        promc_summary_observe(promc_summary_labels(family, name), i + 1);
    }
}

/* With the first point, all children go, and so many others come and go that what can be used again
 * is. */
static void churn(const promc__point *point, void *arg)
{
    struct looking *looking = arg;
    promc_summary_family *family = looking->family;
    char labels[16];

    if (looking->points == 0) {
        int error = pthread_mutex_trylock(promc__stripe(family));

        assert_int_equal(error, 0);
        pthread_mutex_unlock(promc__stripe(family));
        for (int round = 0; round < 5; round++) {
            promc_summary_family_clear(family);
            make_children(family, "new%d");
        }
        promc_summary_family_clear(family);
    }
    (void)snprintf(labels, sizeof(labels), "a=\"old%u\"", looking->points);
    assert_int_equal(point->labels_size, strlen(labels));
    assert_memory_equal(point->labels, labels, point->labels_size);
    looking->points++;
    assert_number(point->sum, looking->points);
    assert_true(fabs(point->quantile_values[0] - looking->points) <= 0.01 * looking->points);
}

/* Reading quantiles takes long, so nobody waits for it; what was removed is shown as it was. */
static void nobody_waits_for_a_scrape(void **state)
{
    struct looking looking = {
        .family = promc_summary_family_new("s", "", PROMC_LABELS("a"), .registry = registry,
                                           .quantiles = PROMC_QUANTILES(0.5))};
    promc__cursor cursor;
    (void)state;

    make_children(looking.family, "old%d");
    assert_true(promc__cursor_open(&cursor, (promc__family *)looking.family));
    assert_true(promc__cursor_step(&cursor, churn, &looking));
    assert_int_equal(looking.points, PROMC__VISIT_BATCH);
    assert_false(promc__cursor_step(&cursor, churn, &looking));
    promc__cursor_close(&cursor);
}

/* ---- ranks, texts ---------------------------------------------------------------------------- */

static void text(void **state)
{
    promc_summary_family *f = promc_summary_family_new("s", "Help.", PROMC_LABELS("r"),
                                                       .registry = registry,
                                                       .const_labels = PROMC_PAIRS({"a", "b"}),
                                                       .quantiles = PROMC_QUANTILES(1, 0, .5));
    (void)state;

    promc_disable_created_series();
    promc_summary_observe(promc_summary_labels(f, "x"), 0);
    (void)promc_summary_labels(f, "y");
    assert_exposed(registry, "# HELP s Help.\n"
                             "# TYPE s summary\n"
                             "s{a=\"b\",quantile=\"0.0\",r=\"x\"} 0.0\n"
                             "s{a=\"b\",quantile=\"0.5\",r=\"x\"} 0.0\n"
                             "s{a=\"b\",quantile=\"1.0\",r=\"x\"} 0.0\n"
                             "s_count{a=\"b\",r=\"x\"} 1.0\n"
                             "s_sum{a=\"b\",r=\"x\"} 0.0\n"
                             "s{a=\"b\",quantile=\"0.0\",r=\"y\"} NaN\n"
                             "s{a=\"b\",quantile=\"0.5\",r=\"y\"} NaN\n"
                             "s{a=\"b\",quantile=\"1.0\",r=\"y\"} NaN\n"
                             "s_count{a=\"b\",r=\"y\"} 0.0\n"
                             "s_sum{a=\"b\",r=\"y\"} 0.0\n");
    assert_number(sample(registry, "s", PROMC_PAIRS({"a", "b"}, {"r", "x"}, {"quantile", "0.5"})),
                  0);
    promc_enable_created_series();
}

static int keep(const void *data, size_t size, void *arg)
{
    char *end = (char *)arg + strlen(arg);

    memcpy(end, data, size);
    end[size] = '\0';
    return 0;
}

static void negative_ones_are_not_for_openmetrics(void **state)
{
    promc_summary *s = promc_summary_new("s", "Help.", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0, 0.5));
    char shown[1000] = "";
    (void)state;

    promc_disable_created_series();
    promc_summary_observe(s, -0x1.8p64);
    promc_summary_observe(s, 0);
    promc_summary_observe(s, 0x1.8p64);
    assert_true(exposes(registry, "s{quantile=\"0.0\"} -Inf\n"));
    assert_int_equal(promc_expose(registry, PROMC_FORMAT_OPENMETRICS, keep, shown), PROMC_OK);
    assert_string_equal(shown, "# HELP s Help.\n# TYPE s summary\n"
                               "s{quantile=\"0.5\"} 0.0\ns_count 3.0\ns_sum 0.0\n# EOF\n");
    promc_enable_created_series();
}

/* The k-th smallest of n values is the quantile (k - 1) / (n - 1): in whole numbers here. */
static void ranks_of_decimal_quantiles(void **state)
{
    (void)state;
    for (unsigned scale = 10; scale <= 1000; scale *= 10) {
        for (unsigned part = 0; part <= scale; part++) {
            for (unsigned count = 1; count <= 2000; count++) {
                unsigned rank = part * (count - 1) / scale;
                uint64_t got = promc__quantile_rank((double)part / scale, count);

                if (got != rank)
                    fail_msg("the %u/%u quantile of %u values has rank %u, not %u", part, scale,
                             count, rank, (unsigned)got);
            }
        }
    }
    assert_int_equal(promc__quantile_rank(0.29, 101), 29);
    assert_int_equal(promc__quantile_rank(0.999, 1000000000001), 999000000000);
}

/* ---- options --------------------------------------------------------------------------------- */

static void options_that_make_no_sense(void **state)
{
    static const double errors[] = {-1, 0.0013, 1, 2, NAN, INFINITY};
    static const double windows[] = {-1, 0.9, 1.1e9, NAN, INFINITY};
    static const double wrong[] = {-0.1, 1.0001, NAN, INFINITY};
    static const double many[101] = {0};
    promc_error first;
    (void)state;

#define REFUSED(piece, ...)                                                                        \
    assert_null(promc_summary_new("s", "", .registry = registry, __VA_ARGS__));                    \
    assert_last_error(PROMC_ERROR_ARGUMENT, piece)
    for (size_t i = 0; i < COUNT(errors); i++) {
        REFUSED("s: .quantile_error", .quantiles = PROMC_QUANTILES(0.5),
                .quantile_error = errors[i]);
        REFUSED("s: .quantile_error", .quantile_error = errors[i]);
    }
    for (size_t i = 0; i < COUNT(windows); i++) {
        REFUSED("s: .quantile_window", .quantiles = PROMC_QUANTILES(0.5),
                .quantile_window = windows[i]);
        REFUSED("s: .quantile_window", .quantile_window = windows[i]);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        REFUSED("s: quantiles must be from 0 to 1", .quantiles = PROMC_QUANTILES(0.5, wrong[i]));
    }
    REFUSED("s: more than 100", .quantiles = {.count = 101, .values = many});
    REFUSED("s: .quantiles has a count", .quantiles = {.count = 1});
    REFUSED("s: a quantile is there twice", .quantiles = PROMC_QUANTILES(0.5, 0.9, 0.5));
    REFUSED("s: a quantile is there twice", .quantiles = PROMC_QUANTILES(0, -0.0));
    assert_int_equal(promc_registry_first_error(registry, &first), PROMC_ERROR_ARGUMENT);
    assert_null(promc_summary_family_new("s", "", PROMC_LABELS("quantile"), .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0.5)));
    assert_last_error(PROMC_ERROR_LABELS, "quantile");
    assert_null(promc_summary_new("s", "", .registry = registry,
                                  .const_labels = PROMC_PAIRS({"quantile", "1"}),
                                  .quantiles = PROMC_QUANTILES(0.5)));
    assert_last_error(PROMC_ERROR_LABELS, "quantile");
}

/* A caller that was compiled when summaries had no options of their own. */
static void shorter_options(void **state)
{
    promc_summary_opts options = {.size = offsetof(promc_summary_opts, quantiles), .name = "s",
                                  .registry = registry, .quantile_error = 7};
    (void)state;

    options.quantiles = (promc_quantiles){.count = 77};
    assert_non_null(promc_summary_create(&options));
}

/* ---- memory ---------------------------------------------------------------------------------- */

static bool refuse;
static size_t grants, allocations;

static bool granted(void)
{
    allocations++;
    if (!refuse)
        return true;
    if (grants == 0)
        return false;
    grants--;
    return true;
}

static void *give(size_t size, void *ctx)
{
    (void)ctx;
    return granted() ? malloc(size) : NULL;
}

static void *give_more(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return granted() ? realloc(block, size) : NULL;
}

static void take_back(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

static void definitions_without_memory(void **state)
{
    promc_summary *s = NULL;
    size_t allowed = 0;
    (void)state;

    for (; !s; allowed++) {
        refuse = true;
        grants = allowed;
        s = promc_summary_new("s", "", .registry = registry, .quantiles = PROMC_QUANTILES(0.5));
        refuse = false;
        if (!s)
            assert_int_equal(promc_last_error()->code, PROMC_ERROR_NO_MEMORY);
    }
    assert_true(allowed > 5);
    promc_summary_observe(s, 1);
    assert_int_equal(in_window(s), 1);
}

/* Whatever is refused: sum and count are right, and what the window misses is counted. */
static void observations_without_memory(void **state)
{
    (void)state;
    for (size_t allowed = 0; allowed < 12; allowed++) {
        uint64_t dropped = promc_mishaps(PROMC_DROPPED_UPDATES);
        promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                             .quantiles = PROMC_QUANTILES(0.5));

        refuse = true;
        grants = allowed;
        for (int i = 0; i < 1000; i++)
            promc_summary_observe(s, i);
        refuse = false;
        dropped = promc_mishaps(PROMC_DROPPED_UPDATES) - dropped;
        assert_int_equal(in_window(s) + dropped, 1000);
        assert_true(allowed || dropped == 1000);
        assert_true(allowed < 11 || dropped < 1000);
        assert_number(sample(registry, "s_count", NULL), 1000);
        assert_number(sample(registry, "s_sum", NULL), 499500);
        for (int i = 0; i < 1000; i++)
            promc_summary_observe(s, i);
        assert_int_equal(in_window(s) + dropped, 2000);
        promc_summary_free(s);
    }
}

/* Past the limit of private memory all threads share cells, and nothing is lost. */
static void without_private_memory(void **state)
{
    promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0, 0.5, 1));
    (void)state;

    promc_set_private_memory_limit(0);
    for (size_t i = 0; i < MANY; i++) {
        values[i] = lognormal();
        promc_summary_observe(s, values[i]);
    }
    assert_near(s, MANY, 0.01);
    promc_set_private_memory_limit((size_t)256 << 20);
    for (size_t i = 0; i < MANY; i++)
        promc_summary_observe(s, values[i]);
    assert_int_equal(in_window(s), 2 * MANY);
}

/* What a thread has updated once, it updates in all slices to come. */
static void nothing_is_allocated_in_the_long_run(void **state)
{
    promc_summary *s = promc_summary_new("s", "", .registry = registry,
                                         .quantiles = PROMC_QUANTILES(0.5));
    size_t before = 0;
    (void)state;

    allocations = 0;
    for (int i = 0; i < 3000; i++) {
        promc_summary_observe(s, 1 + i % 100);
        if (i == 100)
            before = allocations;
        test_monotonic_ns += SECONDS(1);
    }
    assert_true(before > 0);
    assert_int_equal(allocations, before);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const promc_allocator allocator = {give, give_more, take_back, NULL};
    const struct CMUnitTest tests[] = {
        T(every_stream_is_within_the_promise),
        T(both_ends_of_every_bucket),
        T(buckets_are_in_order),
        T(beyond_the_limits),
        T(nan_is_in_no_quantile),
        T(it_is_empty_at_first_and_after_a_while),
        T(it_slides),
        T(cells_are_used_again),
        T(late_updates_of_shared_cells),
        T(a_full_cell_stays_full),
        T(children_that_take_over_begin_empty),
        T(the_child_past_the_limit_discards),
        T(idle_children_expire),
        T(nobody_waits_for_a_scrape),
        T(ranks_of_decimal_quantiles),
        T(text),
        T(negative_ones_are_not_for_openmetrics),
        T(options_that_make_no_sense),
        T(shorter_options),
        T(definitions_without_memory),
        T(observations_without_memory),
        T(without_private_memory),
        T(nothing_is_allocated_in_the_long_run),
    };

    if (promc_set_allocator(&allocator) != PROMC_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
