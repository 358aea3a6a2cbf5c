#include "columns.h"

#include <stdio.h>

#include "../base/suite.h"

static void add_row(struct ws_columns *c, const char *a, const char *b, const char *d)
{
    ws_columns_add(c, a);
    ws_columns_add(c, b);
    ws_columns_add(c, d);
}

START_TEST(columns_are_aligned)
{
    struct ws_columns c = {.count = 3};
    struct ws_buf out = {0};

    add_row(&c, "A", "LONGER", "C");
    add_row(&c, "four", "b", "last one is not padded");
    add_row(&c, "x", NULL, "");
    ws_columns_print(&out, &c);
    ck_assert_str_eq(ws_buf_str(&out), "A     LONGER  C\n"
                                       "four  b       last one is not padded\n"
                                       "x     -       -\n");
    ws_columns_release(&c);
    ws_buf_release(&out);
}
END_TEST

START_TEST(widths_stay_from_page_to_page)
{
    struct ws_columns c = {.count = 2};
    struct ws_buf out = {0};

    ws_columns_add(&c, "wide one");
    ws_columns_add(&c, "1");
    ws_columns_print(&out, &c);
    ws_columns_add(&c, "x");
    ws_columns_addf(&c, "%d", 2);
    ws_columns_print(&out, &c);
    ck_assert_str_eq(ws_buf_str(&out), "wide one  1\nx         2\n");
    ws_columns_release(&c);
    ws_buf_release(&out);
}
END_TEST

START_TEST(cells_obey_nothing)
{
    struct ws_columns c = {.count = 1};
    struct ws_buf out = {0};

    ws_columns_add(&c, "\033[31mred\nline\r");
    ws_columns_print(&out, &c);
    ck_assert_str_eq(ws_buf_str(&out), "\\x1b[31mred\\nline\\x0d\n");
    ws_columns_release(&c);
    ws_buf_release(&out);
}
END_TEST

START_TEST(width_is_never_guessed_too_small)
{
    ck_assert_uint_eq(ws_display_width(""), 0);
    ck_assert_uint_eq(ws_display_width("abc"), 3);
    ck_assert_uint_eq(ws_display_width("\xC3\xA4"), 1);                 /* a umlaut */
    ck_assert_uint_eq(ws_display_width("\xE6\xBC\xA2\xE5\xAD\x97"), 4); /* two CJK characters */
    ck_assert_uint_eq(ws_display_width("\xF0\x9F\x98\x80"), 2);         /* an emoji */
    ck_assert_uint_eq(ws_display_width("\xFF\xFE"), 2);
}
END_TEST

static const char *duration(int64_t ms)
{
    static char text[64];
    struct ws_buf b = {0};

    ws_format_duration(&b, ms);
    snprintf(text, sizeof text, "%s", ws_buf_str(&b));
    ws_buf_release(&b);
    return text;
}

START_TEST(durations_are_short)
{
    ck_assert_str_eq(duration(-5), "0 ms");
    ck_assert_str_eq(duration(999), "999 ms");
    ck_assert_str_eq(duration(1000), "1.0 s");
    ck_assert_str_eq(duration(59999), "59.9 s");
    ck_assert_str_eq(duration(60000), "1m00s");
    ck_assert_str_eq(duration(3599999), "59m59s");
    ck_assert_str_eq(duration(3600000), "1h00m");
    ck_assert_str_eq(duration(86400000), "1d00h");
    ck_assert_str_eq(duration(INT64_C(100) * 86400000), "100d00h");
}
END_TEST

START_TEST(clocks_tick_in_seconds)
{
    struct ws_buf b = {0};

    ws_format_seconds(&b, -1);
    ws_buf_putc(&b, ' ');
    ws_format_seconds(&b, 59999);
    ws_buf_putc(&b, ' ');
    ws_format_seconds(&b, 61000);
    ck_assert_str_eq(ws_buf_str(&b), "0 s 59 s 1m01s");
    ws_buf_release(&b);
}
END_TEST

START_TEST(sizes_have_units)
{
    struct ws_buf b = {0};

    ws_format_bytes(&b, 1023);
    ws_buf_putc(&b, ' ');
    ws_format_bytes(&b, 1024);
    ws_buf_putc(&b, ' ');
    ws_format_bytes(&b, INT64_C(5) << 40);
    ck_assert_str_eq(ws_buf_str(&b), "1023 bytes 1.0 KiB 5.0 TiB");
    ws_buf_release(&b);
}
END_TEST

RUN_TESTS("columns", columns_are_aligned, widths_stay_from_page_to_page, cells_obey_nothing,
          width_is_never_guessed_too_small, durations_are_short, clocks_tick_in_seconds,
          sizes_have_units)
