#include "wsfsm/base/mem.h"

#include <signal.h>
#include <stdint.h>

#include "death.h"
#include "suite.h"

START_TEST(memory_is_zeroed)
{
    unsigned char *one = ws_alloc(1000), *many = ws_calloc(10, 100);

    for (size_t i = 0; i < 1000; i++) {
        ck_assert_uint_eq(one[i], 0);
        ck_assert_uint_eq(many[i], 0);
    }
    free(one);
    free(many);
}
END_TEST

START_TEST(nothing_is_not_null)
{
    void *a = ws_alloc(0), *b = ws_calloc(0, 8), *c = ws_calloc(8, 0);

    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert_ptr_nonnull(c);
    free(a);
    free(b);
    free(c);
}
END_TEST

START_TEST(strings_are_copied)
{
    char *whole = ws_strdup("abc"), *part = ws_strndup("abcdef", 2), *all = ws_strndup("ab", 9);
    char *text = ws_format("%s-%d", "x", 42);

    ck_assert_str_eq(whole, "abc");
    ck_assert_str_eq(part, "ab");
    ck_assert_str_eq(all, "ab");
    ck_assert_str_eq(text, "x-42");
    ck_assert_ptr_null(ws_strdup(NULL));
    free(whole);
    free(part);
    free(all);
    free(text);
}
END_TEST

START_TEST(an_array_grows_and_new_items_are_zero)
{
    int *items = NULL;
    size_t cap = 0, len = 0, moves = 0;

    for (int i = 0; i < 10000; i++) {
        size_t old = cap;

        items = ws_grow(items, &cap, len, sizeof *items);
        moves += cap != old;
        ck_assert_int_eq(items[len], 0);
        items[len++] = i + 1;
    }
    for (int i = 0; i < 10000; i++) {
        ck_assert_int_eq(items[i], i + 1);
    }
    ck_assert_uint_lt(moves, 20); /* doubling */
    len = 5;
    items = ws_grow(items, &cap, len, sizeof *items);
    ck_assert_int_eq(items[5], 0); /* a slot used before is zeroed, too */
    free(items);
}
END_TEST

static void grow_too_far(void)
{
    size_t cap = SIZE_MAX / 16;

    free(ws_grow(NULL, &cap, cap, 64));
}

static void count_too_far(void)
{
    free(ws_calloc(SIZE_MAX / 2, 4));
}

/* AddressSanitizer ends the process itself unless it is told that calloc() may return NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

START_TEST(overflow_aborts_with_one_line)
{
    assert_aborts(grow_too_far, "wsfsm: out of memory: an array is too long\n");
}
END_TEST

START_TEST(failure_aborts_with_one_line)
{
    assert_aborts(count_too_far, "wsfsm: out of memory\n");
}
END_TEST

RUN_TESTS("mem", memory_is_zeroed, nothing_is_not_null, strings_are_copied,
          an_array_grows_and_new_items_are_zero, overflow_aborts_with_one_line,
          failure_aborts_with_one_line)
