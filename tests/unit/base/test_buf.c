#include "wsfsm/base/buf.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "death.h"
#include "suite.h"

START_TEST(a_zeroed_buffer_is_an_empty_string)
{
    struct ws_buf b = {0};

    ck_assert_str_eq(ws_buf_str(&b), "");
    ws_buf_clear(&b);
    ws_buf_add(&b, NULL, 0);
    ws_buf_puts(&b, "");
    ck_assert_uint_eq(b.len, 0);
    ws_buf_release(&b);
    ws_buf_release(&b);
    ws_buf_release(NULL);
}
END_TEST

START_TEST(it_grows_and_stays_terminated)
{
    struct ws_buf b = {0};

    for (size_t i = 0; i < 5000; i++) {
        ws_buf_putc(&b, (char)('a' + i % 26));
        ck_assert_uint_eq(b.len, i + 1);
        ck_assert_int_eq(b.data[b.len], '\0');
    }
    ck_assert_int_eq(b.data[4999], 'a' + 4999 % 26);
    ws_buf_release(&b);
}
END_TEST

START_TEST(any_byte_is_kept)
{
    struct ws_buf b = {0};

    ws_buf_add(&b, "a\0b", 3);
    ws_buf_putc(&b, '\0');
    ck_assert_uint_eq(b.len, 4);
    ck_assert_mem_eq(b.data, "a\0b\0", 5);
    ws_buf_release(&b);
}
END_TEST

START_TEST(printf_appends_whatever_the_length)
{
    struct ws_buf b = {0};

    ws_buf_printf(&b, "%s", "");
    ck_assert_str_eq(ws_buf_str(&b), "");
    for (int width = 1; width < 300; width += 7) {
        size_t before = b.len;

        ws_buf_printf(&b, "%*d", width, 7);
        ck_assert_uint_eq(b.len, before + (size_t)width);
        ck_assert_int_eq(b.data[b.len - 1], '7');
    }
    ws_buf_release(&b);
}
END_TEST

START_TEST(clear_keeps_memory_and_steal_gives_it_away)
{
    struct ws_buf b = {0};

    ws_buf_puts(&b, "text");
    char *memory = b.data;
    ws_buf_clear(&b);
    ck_assert_ptr_eq(b.data, memory);
    ck_assert_str_eq(ws_buf_str(&b), "");
    ws_buf_puts(&b, "other");
    char *stolen = ws_buf_steal(&b);
    ck_assert_str_eq(stolen, "other");
    ck_assert_ptr_null(b.data);
    free(stolen);
    stolen = ws_buf_steal(&b);
    ck_assert_str_eq(stolen, "");
    free(stolen);
}
END_TEST

static void add_too_much(void)
{
    struct ws_buf b = {0};

    ws_buf_puts(&b, "x");
    ws_buf_add(&b, "x", SIZE_MAX - 1);
}

START_TEST(overflow_aborts)
{
    assert_aborts(add_too_much, "wsfsm: out of memory: a text is too long\n");
}
END_TEST

RUN_TESTS("buf", a_zeroed_buffer_is_an_empty_string, it_grows_and_stays_terminated,
          any_byte_is_kept, printf_appends_whatever_the_length,
          clear_keeps_memory_and_steal_gives_it_away, overflow_aborts)
