#include "wsfsm/base/strv.h"

#include "suite.h"
#include "wsfsm/base/mem.h"

START_TEST(a_zeroed_vector_is_empty)
{
    struct ws_strv v = {0};

    ck_assert(!ws_strv_has(&v, ""));
    ws_strv_sort(&v);
    ws_strv_unique(&v);
    ws_strv_clear(&v);
    ck_assert_uint_eq(v.len, 0);
    ws_strv_release(&v);
    ws_strv_release(NULL);
}
END_TEST

START_TEST(it_is_an_argv_at_every_length)
{
    struct ws_strv v = {0};

    for (size_t i = 0; i < 100; i++) {
        ws_strv_addf(&v, "%zu", i);
        ck_assert_uint_eq(v.len, i + 1);
        ck_assert_ptr_null(v.items[v.len]);
    }
    ck_assert_str_eq(v.items[99], "99");
    ws_strv_clear(&v);
    ck_assert_ptr_null(v.items[0]);
    ws_strv_take(&v, ws_strdup("again"));
    ck_assert_ptr_null(v.items[1]);
    ck_assert(ws_strv_has(&v, "again"));
    ck_assert(!ws_strv_has(&v, "agai"));
    ws_strv_release(&v);
    ck_assert_ptr_null(v.items);
}
END_TEST

START_TEST(copies_are_its_own)
{
    struct ws_strv from = {0}, to = {0};

    ws_strv_add(&from, "a");
    ws_strv_add(&from, "b");
    ws_strv_add(&to, "x");
    ws_strv_copy(&to, &from);
    ws_strv_copy(&from, &from);
    ck_assert_uint_eq(from.len, 4);
    ws_strv_release(&from);
    ck_assert_uint_eq(to.len, 3);
    ck_assert_str_eq(to.items[2], "b");
    ws_strv_release(&to);
}
END_TEST

START_TEST(sorted_by_bytes_and_made_unique)
{
    static const char *const words[] = {"b", "\xC3\xA9", "a", "B", "a", "", "b", "a"};
    static const char *const expected[] = {"", "B", "a", "b", "\xC3\xA9"};
    struct ws_strv v = {0};

    for (size_t i = 0; i < 8; i++) {
        ws_strv_add(&v, words[i]);
    }
    ws_strv_sort(&v);
    ws_strv_unique(&v);
    ck_assert_uint_eq(v.len, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(v.items[i], expected[i]);
    }
    ck_assert_ptr_null(v.items[5]);
    ws_strv_release(&v);
}
END_TEST

RUN_TESTS("strv", a_zeroed_vector_is_empty, it_is_an_argv_at_every_length, copies_are_its_own,
          sorted_by_bytes_and_made_unique)
