/* SPDX-License-Identifier: Apache-2.0 */
/* The gzip encoder against a decoder of its own kind (inflate.h): inputs of every shape, cut
 * everywhere, around every border; never longer than promised, never more memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/crc32.h"
#include "effort.h"
#include "exposition/gzip.h"
#include "inflate.h"

#include <promc/promc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOM = 12 * 1024 * 1024, WINDOW = 32768, FIRST_FILL = 65536 + 258 + 64 };

static unsigned char *input, *output; /* ROOM bytes each */
static struct inflate decoded;

static uint64_t random_state = 0x9E3779B97F4A7C15u;

static unsigned draw(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 20) % below;
}

/* Compresses `size` bytes of input in parts of `part` bytes. */
static promc__buffer compress(size_t size, size_t part)
{
    promc__gzip *gzip = promc__gzip_new();
    promc__buffer out = PROMC__BUFFER(0);

    assert_non_null(gzip);
    for (size_t at = 0; at < size; at += part)
        assert_int_equal(
            promc__gzip_write(gzip, &out, input + at, size - at < part ? size - at : part),
            PROMC_OK);
    assert_int_equal(promc__gzip_finish(gzip, &out), PROMC_OK);
    promc__gzip_free(gzip);
    return out;
}

static void assert_decodes(const promc__buffer *out, size_t size)
{
    assert_true(out->size <= inflate_bound(size));
    assert_int_equal(inflate_gzip(&decoded, out->data, out->size, output, ROOM), 0);
    assert_int_equal(decoded.out_at, size);
    if (size)
        assert_memory_equal(output, input, size);
}

/* Returns the size of the compressed form. */
static size_t round_trip(size_t size)
{
    promc__buffer out = compress(size, size ? size : 1);
    size_t compressed = out.size;

    assert_decodes(&out, size);
    promc__buffer_free(&out);
    return compressed;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static void fill_random(size_t from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        input[from + i] = (unsigned char)draw(256);
}

static void fill_letters(size_t from, size_t size, unsigned letters)
{
    for (size_t i = 0; i < size; i++)
        input[from + i] = (unsigned char)('a' + draw(letters));
}

/* Copies of what is there, of all lengths and distances, between literals. */
static void fill_copies(size_t size)
{
    size_t at = 0;

    fill_letters(0, 64 < size ? 64 : size, 26);
    for (at = 64; at < size;) {
        size_t length = 1 + draw(draw(8) ? 40 : 600), distance = 1 + draw(draw(2) ? 200 : 40000);

        if (distance > at)
            distance = 1 + distance % at;
        for (; length && at < size; length--, at++)
            input[at] = input[at - distance];
        for (unsigned literals = draw(6); literals && at < size; literals--)
            input[at++] = (unsigned char)(draw(3) ? '0' + draw(10) : draw(256));
    }
}

/* Pieces of random kinds. */
static void fill_mixed(size_t size)
{
    for (size_t at = 0, part; at < size; at += part) {
        part = 1 + draw(draw(4) ? 3000 : 70000);
        part = part < size - at ? part : size - at;
        switch (draw(5)) {
        case 0:
            fill_random(at, part);
            break;
        case 1:
            memset(input + at, (int)draw(256), part);
            break;
        case 2:
            fill_letters(at, part, 2);
            break;
        case 3:
            for (size_t i = 0; i < part; i++)
                input[at + i] = (unsigned char)('0' + draw(10));
            break;
        default:
            for (size_t i = 0, distance = 1 + draw(33000); i < part; i++)
                input[at + i] = at + i >= distance ? input[at + i - distance] : '\n';
        }
    }
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_crc32(void **state)
{
    (void)state;
    assert_int_equal(promc__crc32(0, "", 0), 0);
    assert_int_equal(promc__crc32(0, "123456789", 9), 0xCBF43926u);
    fill_random(0, 1024);
    for (size_t size = 0; size < 300; size++)
        for (size_t at = 0; at < 9; at++)
            assert_int_equal(promc__crc32(0, input + at, size), inflate_crc(input + at, size));
    for (size_t cut = 0; cut <= 500; cut++)
        assert_int_equal(promc__crc32(promc__crc32(0, input, cut), input + cut, 500 - cut),
                         inflate_crc(input, 500));
    /* Long data is folded, in a room for some of it. */
    fill_random(0, 16384);
    for (size_t size = 0; size <= 16384; size += 1 + draw(64)) {
        size_t cut = draw((unsigned)size + 1);

        assert_int_equal(promc__crc32(0, input, size), inflate_crc(input, size));
        assert_int_equal(promc__crc32(promc__crc32(0, input, cut), input + cut, size - cut),
                         inflate_crc(input, size));
    }
}

static void test_empty(void **state)
{
    (void)state;
    assert_int_equal(round_trip(0), 20);
}

static void test_all_short_strings_of_two_letters(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= 11; size++)
        for (unsigned bits = 0; bits < 1u << size; bits++) {
            for (unsigned i = 0; i < size; i++)
                input[i] = bits >> i & 1 ? 'b' : '0';
            (void)round_trip(size);
        }
}

static void test_every_length_of_runs_and_copies(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 600; size++) {
        memset(input, 0, size);
        (void)round_trip(size);
        fill_letters(0, size, 26);
        memcpy(input + size, input, size);
        (void)round_trip(2 * size);
        fill_copies(size);
        (void)round_trip(size);
    }
}

static void test_every_byte_value(void **state)
{
    (void)state;
    /* Fixed codes, of which the bytes from 144 on have longer ones. */
    for (unsigned byte = 0; byte < 256; byte++) {
        input[0] = (unsigned char)byte;
        (void)round_trip(1);
        assert_int_equal(decoded.blocks[1], 1);
    }
    for (size_t i = 0; i < 65536; i++)
        input[i] = (unsigned char)(i * 167 >> 3);
    (void)round_trip(65536);
}

static void test_every_split(void **state)
{
    enum { SIZE = 300 };
    promc__buffer whole;

    (void)state;
    fill_copies(SIZE);
    whole = compress(SIZE, SIZE);
    assert_decodes(&whole, SIZE);
    for (size_t first = 0; first <= SIZE; first++)
        for (size_t second = first; second <= SIZE; second += 1 + first % 7) {
            promc__gzip *gzip = promc__gzip_new();
            promc__buffer out = PROMC__BUFFER(0);

            assert_non_null(gzip);
            (void)promc__gzip_write(gzip, &out, input, first);
            (void)promc__gzip_write(gzip, &out, input + first, second - first);
            (void)promc__gzip_write(gzip, &out, input + second, SIZE - second);
            assert_int_equal(promc__gzip_finish(gzip, &out), PROMC_OK);
            assert_int_equal(out.size, whole.size);
            assert_memory_equal(out.data, whole.data, whole.size);
            promc__gzip_free(gzip);
            promc__buffer_free(&out);
        }
    promc__buffer_free(&whole);
}

static void test_parts_do_not_matter(void **state)
{
    static const size_t parts[] = {1, 7, 4095, WINDOW - 1, WINDOW, FIRST_FILL, 61440, 1 << 20};
    const size_t size = 300000;
    promc__buffer whole;

    (void)state;
    fill_mixed(size);
    whole = compress(size, size);
    assert_decodes(&whole, size);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        promc__buffer out = compress(size, parts[i]);

        assert_int_equal(out.size, whole.size);
        assert_memory_equal(out.data, whole.data, whole.size);
        promc__buffer_free(&out);
    }
    promc__buffer_free(&whole);
}

static void test_sizes_around_borders(void **state)
{
    static const size_t borders[] = {10240, WINDOW, FIRST_FILL, 65535, 65536, FIRST_FILL + WINDOW};

    (void)state;
    for (size_t i = 0; i < sizeof(borders) / sizeof(*borders); i++)
        for (size_t size = borders[i] - 3; size <= borders[i] + 3; size++) {
            memset(input, 'x', size);
            (void)round_trip(size);
            fill_random(0, size);
            (void)round_trip(size);
            fill_copies(size);
            (void)round_trip(size);
            fill_letters(0, size, 4);
            (void)round_trip(size);
        }
}

/* Something that is repeated at a distance that just fits or just does not. */
static void test_distances_around_the_window(void **state)
{
    (void)state;
    for (size_t distance = WINDOW - 12; distance <= WINDOW + 12; distance++) {
        size_t size = 2 * distance + 500, shorter;

        fill_random(0, distance);
        for (size_t i = distance; i < size; i++)
            input[i] = input[i - distance];
        shorter = round_trip(size);
        if (distance <= WINDOW - 8)
            assert_true(shorter < size * 3 / 5);
    }
}

static void test_kinds_of_blocks(void **state)
{
    (void)state;
    fill_random(0, 100000);
    (void)round_trip(100000);
    assert_true(decoded.blocks[0] > 0);
    assert_int_equal(decoded.blocks[2], 0);
    fill_letters(0, 100000, 5);
    assert_true(round_trip(100000) < 40000); /* 2.4 bits each, and some poor matches */
    assert_int_equal(decoded.blocks[0], 0);
    assert_true(decoded.blocks[2] > 0);
}

/* A block of noise may be full just where the window moves: then none is left to be ended there, as
 * no block is empty. That is where the runs take the 4,096 tokens that are too many for six blocks. */
static void test_blocks_that_end_with_the_window(void **state)
{
    const size_t size = FIRST_FILL + 100;

    (void)state;
    fill_random(0, size);
    memset(input, 'a', 100);
    for (size_t run = 4000; run < 4100; run++) {
        memset(input + 100, 'b', run);
        (void)round_trip(size);
    }
}

/* Words as long as they may be, and the same for the code of the codes: counts that grow like
 * Fibonacci's numbers make codes deep. */
static void test_deep_codes(void **state)
{
    size_t size = 0;
    unsigned a = 1, b = 1;

    (void)state;
    for (unsigned symbol = 0; symbol < 19 && size + a < 10000; symbol++) {
        unsigned next = a + b;

        memset(input + size, (int)(0x80 + symbol * 5), a);
        size += a;
        a = b;
        b = next;
    }
    for (size_t i = size - 1; i > 0; i--) { /* or there would be runs */
        size_t other = draw((unsigned)i + 1);
        unsigned char byte = input[i];

        input[i] = input[other];
        input[other] = byte;
    }
    (void)round_trip(size);
    assert_int_equal(decoded.blocks[2], 1);
}

static void test_noise_does_not_grow(void **state)
{
    (void)state;
    for (size_t size = 1, end = effort(3000000); size < end; size = size * 5 / 3 + 1) {
        fill_random(0, size);
        assert_true(round_trip(size) <= inflate_bound(size));
    }
}

static void test_zeroes(void **state)
{
    size_t size = effort(100) < 100 ? ROOM / 10 : ROOM;

    (void)state;
    memset(input, 0, size);
    assert_true(round_trip(size) < size / 900);
}

static void test_random_structures(void **state)
{
    clock_t end = clock() + (clock_t)effort(2 * CLOCKS_PER_SEC);

    (void)state;
    do {
        size_t size = 1 + draw(draw(4) ? 5000 : 400000);

        if (draw(2))
            fill_mixed(size);
        else
            fill_copies(size);
        (void)round_trip(size);
    } while (clock() < end);
}

/* ---- expositions ----------------------------------------------------------------------------- */

static size_t expose(unsigned series)
{
    promc_registry *registry = promc_registry_new();
    promc_counter_family *family =
        promc_counter_family_new("http_requests", "Requests.", PROMC_LABELS("code", "path"),
                                 .registry = registry, .max_children = series);
    promc_text text;
    size_t size;

    assert_non_null(family);
    for (unsigned i = 0; i < series; i++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "/items/%u", i);
        promc_counter_add(promc_counter_labels(family, i % 3 ? "200" : "404", path), draw(1000000));
    }
    assert_int_equal(promc_generate_latest(registry, &text), PROMC_OK);
    assert_true(text.size <= ROOM);
    size = text.size;
    memcpy(input, text.data, size);
    promc_text_free(&text);
    promc_registry_free(registry);
    return size;
}

static void test_expositions(void **state)
{
    const unsigned series[] = {0, 1, 10, 1000, (unsigned)effort(100000)};

    (void)state;
    promc_disable_created_series();
    for (size_t i = 0; i < sizeof(series) / sizeof(*series); i++) {
        size_t size = expose(series[i]), compressed = round_trip(size);

        if (series[i] >= 1000)
            assert_true(compressed < size / 6);
    }
    promc_enable_created_series();
}

/* ---- failures -------------------------------------------------------------------------------- */

static unsigned allocations, allowed;
static size_t largest;

static void *limited_malloc(size_t size, void *ctx)
{
    (void)ctx;
    largest = size > largest ? size : largest;
    return allocations++ < allowed ? malloc(size) : NULL;
}

static void *limited_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return allocations++ < allowed ? realloc(block, size) : NULL;
}

static void plain_free(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

static void test_memory(void **state)
{
    static const promc_allocator limited = {limited_malloc, limited_realloc, plain_free, NULL};
    promc__gzip *gzip = NULL;
    size_t size = 200000;
    char space[4096];
    unsigned needed;

    (void)state;
    fill_mixed(size);
    assert_int_equal(promc_set_allocator(&limited), PROMC_OK);
    for (allowed = 0; !gzip; allowed++) {
        allocations = 0;
        gzip = promc__gzip_new();
        if (!gzip)
            assert_int_equal(promc_last_error()->code, PROMC_ERROR_NO_MEMORY);
        assert_true(allowed < 10);
    }
    assert_true(allowed > 1);
    assert_true(largest <= 128 * 1024);

    /* Nothing more is needed, whatever there is to do: the output has room. */
    needed = allocations;
    for (size_t at = 0; at < size; at += 1000) {
        promc__buffer out = {(char *)output, 0, ROOM, ROOM, 0};

        assert_int_equal(promc__gzip_write(gzip, &out, input + at, 1000), PROMC_OK);
    }
    assert_int_equal(allocations, needed);
    promc__gzip_free(gzip);

    /* Output without room says so, and goes on saying so. */
    allowed = 1000;
    gzip = promc__gzip_new();
    assert_non_null(gzip);
    promc__buffer out = {space, 0, sizeof(space), sizeof(space), 0};
    fill_random(0, size);
    assert_int_equal(promc__gzip_write(gzip, &out, input, size), PROMC_ERROR_LIMIT);
    assert_int_equal(promc__gzip_write(gzip, &out, input, size), PROMC_ERROR_LIMIT);
    assert_int_equal(promc__gzip_finish(gzip, &out), PROMC_ERROR_LIMIT);
    assert_true(out.size <= sizeof(space));
    promc__gzip_free(gzip);
    promc__gzip_free(NULL);

    gzip = promc__gzip_new();
    assert_non_null(gzip);
    allocations = allowed = 0;
    out = PROMC__BUFFER(0);
    assert_int_equal(promc__gzip_write(gzip, &out, input, size), PROMC_ERROR_NO_MEMORY);
    assert_int_equal(promc__gzip_finish(gzip, &out), PROMC_ERROR_NO_MEMORY);
    promc__gzip_free(gzip);
    promc__buffer_free(&out);
    assert_int_equal(promc_set_allocator(NULL), PROMC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory), /* before anything keeps memory */
        cmocka_unit_test(test_crc32),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_all_short_strings_of_two_letters),
        cmocka_unit_test(test_every_length_of_runs_and_copies),
        cmocka_unit_test(test_every_byte_value),
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_parts_do_not_matter),
        cmocka_unit_test(test_sizes_around_borders),
        cmocka_unit_test(test_distances_around_the_window),
        cmocka_unit_test(test_kinds_of_blocks),
        cmocka_unit_test(test_blocks_that_end_with_the_window),
        cmocka_unit_test(test_deep_codes),
        cmocka_unit_test(test_noise_does_not_grow),
        cmocka_unit_test(test_zeroes),
        cmocka_unit_test(test_random_structures),
        cmocka_unit_test(test_expositions),
    };
    int failed;

    input = malloc(ROOM);
    output = malloc(ROOM);
    if (!input || !output)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(input);
    free(output);
    return failed;
}
