/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints of sets are sums of what their parts give: sets that are much alike give others. */
#include "exposition/prints.h"
#include "support.h"

/* Of both halves: how many of the differences of {a=X,c=Y} and {a=Y,c=X} end in 16 zero bits. */
static void count_near(const promc__print_seed *seed, const char *const *texts, size_t size,
                       int near[2])
{
    promc__print parts[4];

    for (size_t i = 0; i < 4; i++)
        parts[i] = promc__print_part(seed, texts[i], size);
    parts[0] = promc__print_sum(parts[0], parts[1]);
    parts[2] = promc__print_sum(parts[2], parts[3]);
    near[0] += (uint16_t)(parts[0].a - parts[2].a) == 0;
    near[1] += (uint16_t)(parts[0].b - parts[2].b) == 0;
}

/* Sums of prints of labels whose values are swapped have nothing in common. */
static void swapped_values_differ(void **state)
{
    enum { SEEDS = 200000 }; /* about three of them by chance */
    static const char *const texts[][4] = {
        {"a\0x", "b\0y", "a\0y", "b\0x"},
        {"x\00010", "y\00011", "x\00011", "y\00010"},
        {"a\0000aaaaaaaaaaa", "c\0001aaaaaaaaaaa", "a\0001aaaaaaaaaaa", "c\0000aaaaaaaaaaa"}};
    static const size_t sizes[] = {3, 4, 14};
    (void)state;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        int near[2] = {0, 0};

        for (int k = 0; k < SEEDS; k++) {
            promc__print_seed seed = promc__print_new_seed();

            count_near(&seed, texts[i], sizes[i], near);
        }
        assert_true(near[0] < 30 && near[1] < 30);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swapped_values_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
