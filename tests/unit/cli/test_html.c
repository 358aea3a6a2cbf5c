#include "html.h"

#include "../base/suite.h"

static void check_text(const char *text, const char *expected)
{
    struct ws_buf out = {0};

    ws_html_text(&out, text);
    ck_assert_str_eq(ws_buf_str(&out), expected);
    ws_buf_release(&out);
}

START_TEST(text_is_shown_and_obeyed_in_nothing)
{
    check_text("plain", "plain");
    check_text(NULL, "");
    check_text("</p><script a='1' b=\"2\">&amp;",
               "&lt;/p&gt;&lt;script a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;");
    check_text("a\033[31mb", "a\\x1b[31mb");
    check_text("a\nb", "a\\nb");
    check_text("\xE2\x80\xAEtxt", "\\u{202E}txt");
    check_text("\xFF<", "\\xff&lt;");
    check_text("\xC3\xA9", "\xC3\xA9");
}
END_TEST

START_TEST(lines_keep_their_ends)
{
    struct ws_buf out = {0};

    ws_html_lines(&out, "a<\n\nb\0c", 7);
    ck_assert_str_eq(ws_buf_str(&out), "a&lt;\n\nb\\x00c");
    ws_buf_release(&out);
}
END_TEST

START_TEST(markup_is_ours_and_values_are_not)
{
    struct ws_buf out = {0};

    ws_html_add(&out, "<b>%s</b> %d %lld %zu 100%%", "<i>", -1, 2LL, (size_t)3);
    ck_assert_str_eq(ws_buf_str(&out), "<b>&lt;i&gt;</b> -1 2 3 100%");
    ws_buf_release(&out);
}
END_TEST

START_TEST(a_start_ends_between_characters)
{
    struct ws_buf out = {0};

    ws_html_start(&out, "abc", 3);
    ck_assert_str_eq(ws_buf_str(&out), "abc");
    ws_buf_clear(&out);
    ws_html_start(&out,
                  "ab\xC3\xA9"
                  "d",
                  3);
    ck_assert_str_eq(ws_buf_str(&out), "ab...");
    ws_buf_release(&out);
}
END_TEST

RUN_TESTS("html", text_is_shown_and_obeyed_in_nothing, lines_keep_their_ends,
          markup_is_ours_and_values_are_not, a_start_ends_between_characters)
