/* SPDX-License-Identifier: Apache-2.0 */
/* Which values the quick path of native histograms takes: those in the range of the table, no more.
 */
#include "metrics/native_layout.h"

#include "support.h"

#include <float.h>
#include <math.h>

static promc__layout *new_layout(int schema, double zero_threshold, double far)
{
    promc__plan plan = {.schema = schema, .zero_threshold = zero_threshold, .most = 1000};
    promc__layout *layout;

    if (far != 0) {
        uint32_t place = promc__place_of(promc__double_to_bits(far)) >> (8 - schema);

        assert_true(promc__plan_span(&plan, 0, place / PROMC__SPAN));
    }
    layout = promc__layout_new(&plan);
    promc__plan_free(&plan);
    assert_non_null(layout);
    return layout;
}

static double usual(const promc__layout *layout, uint64_t i)
{
    return promc__bits_to_double(layout->usual + i);
}

static void assert_same_cell(const promc__layout *layout, double value)
{
    assert_true(isnormal(value));
    assert_int_equal(promc__layout_usual_cell(layout, value), promc__layout_cell(layout, value));
}

/* The first and the last of them have a bucket; the numbers beyond have none, or a special one. */
static void check_range(promc__layout *layout)
{
    const promc__spans *spans = &layout->sides[0];
    uint64_t count = layout->usual_count;
    uint32_t first = (uint32_t)(promc__place_of(layout->usual) >> layout->shift) / PROMC__SPAN;
    double before = usual(layout, (uint64_t)0 - 1), after = usual(layout, count);

    assert_true(count > 0);
    assert_true(promc__layout_extend(layout, 0, first));
    assert_true(promc__layout_extend(layout, 0, spans->first + spans->size - 1));
    assert_true(promc__layout_cell(layout, usual(layout, 0)) >= PROMC__CLASSIC_CELLS);
    assert_true(promc__layout_cell(layout, usual(layout, count - 1)) >= PROMC__CLASSIC_CELLS);
    assert_same_cell(layout, usual(layout, 0));
    assert_same_cell(layout, usual(layout, count / 2));
    assert_same_cell(layout, usual(layout, count - 1));
    assert_true(!isnormal(before) || promc__layout_cell(layout, before) < PROMC__CLASSIC_CELLS);
    assert_true(isinf(after) || promc__layout_cell(layout, after) == 0);
    assert_int_equal(promc__layout_usual_cell(layout, before), 0);
    assert_int_equal(promc__layout_usual_cell(layout, after), 0);
    assert_int_equal(promc__layout_usual_cell(layout, NAN), 0);
    assert_int_equal(promc__layout_usual_cell(layout, -usual(layout, 0)), 0);
}

static void usual_values_are_in_the_table(void **state)
{
    static const double thresholds[] = {0, 0x1p-128, 0x1p-1030, 1, 0x1.8p7},
                        far[] = {0, 0x1p-1074, 0x1p-1000, 1e-100, 1e100, DBL_MAX};
    (void)state;

    for (int schema = -4; schema <= 8; schema++) {
        for (size_t i = 0; i < COUNT(thresholds); i++) {
            for (size_t k = 0; k < COUNT(far); k++) {
                promc__layout *layout = new_layout(schema, thresholds[i], far[k]);

                check_range(layout);
                promc__layout_free(layout);
            }
        }
    }
}

/* All that there are may be in the zero bucket. */
static void nothing_is_usual(void **state)
{
    promc__layout *layout = new_layout(3, DBL_MAX, 0);
    (void)state;

    assert_int_equal(layout->usual_count, 0);
    assert_int_equal(promc__layout_usual_cell(layout, 1), 0);
    promc__layout_free(layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_values_are_in_the_table),
        cmocka_unit_test(nothing_is_usual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
