/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: the allocator hook, checked sizes, buffers with a cap. What happens when memory is refused
 * is asked in tests/torture. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "delivery/keep.h"
#include "support.h"
#include "refusing.h"

#include <sys/mman.h>
#include <unistd.h>

/* A text that ends where memory does, which is told by the kernel if more of it is read. */
static void texts_are_copied_to_their_ends(void **state)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    promc__keep keep = {0};
    (void)state;

    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    memcpy(pages + page - 5, "text", 5);
    assert_string_equal(promc__keep_string(&keep, pages + page - 5), "text");
    assert_null(promc__keep_string(&keep, NULL));
    assert_false(keep.failed);
    promc__keep_free(&keep);
    assert_int_equal(munmap(pages, 2 * page), 0);
}

/* ---- the hook -------------------------------------------------------------------------------- */

static void the_allocator_cannot_change_while_memory_is_in_use(void **state)
{
    promc_allocator incomplete = refusing;
    void *block = promc__malloc(1);
    (void)state;

    assert_non_null(block);
    assert_int_equal(promc_set_allocator(NULL), PROMC_ERROR_STATE);
    assert_int_equal(promc_set_allocator(&refusing), PROMC_ERROR_STATE);
    promc__free(block);
    assert_int_equal(atomic_load(&live_blocks), 0);
    assert_int_equal(promc_set_allocator(NULL), PROMC_OK);
    block = promc__malloc(1);
    assert_int_equal(atomic_load(&live_blocks), 0); /* it is libc's */
    promc__free(block);
    incomplete.realloc = NULL;
    assert_int_equal(promc_set_allocator(&incomplete), PROMC_ERROR_ARGUMENT);
    incomplete = refusing;
    incomplete.free = NULL;
    assert_int_equal(promc_set_allocator(&incomplete), PROMC_ERROR_ARGUMENT);
    incomplete = refusing;
    incomplete.malloc = NULL;
    assert_int_equal(promc_set_allocator(&incomplete), PROMC_ERROR_ARGUMENT);
    assert_int_equal(promc_set_allocator(&refusing), PROMC_OK);
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
    block = promc__malloc(0); /* is no failure */
    assert_non_null(block);
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

    buffer = PROMC__BUFFER(5);
    promc__buffer_string(&buffer, "short");
    assert_int_equal(buffer.error, PROMC_OK);
    assert_int_equal(buffer.capacity, 5);
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
static void arenas_take_from_a_budget(void **state)
{
    promc__arena arena = {0};
    promc__budget budget = {.left = 1000000};
    static char text[20000];
    (void)state;

    memset(text, 'x', sizeof(text));
    for (size_t size = 0; size < 3000; size += 37) { /* blocks are aligned, wherever texts end */
        char *copy = promc__arena_copy(&arena, &budget, text, size);
        void *block = promc__arena_take(&arena, &budget, 8);

        assert_int_equal(strlen(copy), size);
        assert_int_equal((uintptr_t)block % 8, 0);
    }
    for (size_t left; (left = (size_t)(arena.end - arena.at)) > 3;) /* up to the last bytes */
        assert_non_null(promc__arena_copy(&arena, &budget, text, (left - 3 < 64 ? left - 3 : 64) - 1));
    assert_int_equal(arena.end - arena.at, 3);
    assert_int_equal((uintptr_t)promc__arena_take(&arena, &budget, 0) % 8, 0);
    assert_int_equal(strlen(promc__arena_copy(&arena, &budget, text, sizeof(text) - 1)),
                     sizeof(text) - 1);
    assert_int_equal(budget.error, PROMC_OK);
    assert_null(promc__arena_take(&arena, &budget, 1000000));
    assert_int_equal(budget.error, PROMC_ERROR_LIMIT);
    assert_null(promc__arena_take(&arena, &budget, SIZE_MAX));
    assert_null(promc__arena_copy(&arena, &budget, "", SIZE_MAX));
    promc__arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas_take_from_a_budget),
        cmocka_unit_test(the_allocator_cannot_change_while_memory_is_in_use),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(blocks),
        cmocka_unit_test(texts_are_copied_to_their_ends),
        cmocka_unit_test(buffers_have_a_cap_and_a_sticky_error),
        cmocka_unit_test(all_memory_comes_from_it),
    };

    if (promc_set_allocator(&refusing) != PROMC_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
