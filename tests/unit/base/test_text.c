#include "wsfsm/base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "suite.h"

START_TEST(utf8_is_told_from_what_is_not)
{
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"a", 1},
        {"\x7F", 1},
        {"\xC2\x80", 2},
        {"\xE0\xA0\x80", 3},
        {"\xED\x9F\xBF", 3},
        {"\xEF\xBF\xBF", 3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"\x80", 0},             /* a continuation */
        {"\xC0\x80", 0},         /* overlong */
        {"\xC1\xBF", 0},         /* overlong */
        {"\xE0\x9F\xBF", 0},     /* overlong */
        {"\xF0\x8F\xBF\xBF", 0}, /* overlong */
        {"\xED\xA0\x80", 0},     /* a surrogate */
        {"\xF4\x90\x80\x80", 0}, /* beyond U+10FFFF */
        {"\xF5\x80\x80\x80", 0},
        {"\xFF", 0},
        {"\xE2\x82", 0}, /* cut */
        {"\xE2\x82x", 0},
        {"\xF0\x9F\x98", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len = strlen(cases[i].bytes);

        ck_assert_uint_eq(ws_utf8_len(cases[i].bytes, len), cases[i].len);
        ck_assert_int_eq(ws_utf8_valid(cases[i].bytes, len), cases[i].len != 0);
    }
    ck_assert_uint_eq(ws_utf8_len("", 0), 0);
    ck_assert_uint_eq(ws_utf8_len("\0", 1), 1);
    ck_assert(ws_utf8_valid("", 0));
    ck_assert(ws_utf8_valid("a\0b", 3));
    ck_assert(!ws_utf8_valid("abc\xFF", 4));
}
END_TEST

static void assert_line(const char *text, size_t len, const char *expected)
{
    struct ws_buf b = {0};

    ws_escape_line(&b, text, len);
    ck_assert_str_eq(ws_buf_str(&b), expected);
    ws_buf_clear(&b);
    ws_escape_line(&b, expected, strlen(expected)); /* escaping twice changes nothing more */
    ck_assert_str_eq(ws_buf_str(&b), expected);
    ws_buf_release(&b);
}

START_TEST(a_line_keeps_text_and_loses_controls)
{
    assert_line("", 0, "");
    assert_line("a\tb \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", 15,
                "a\tb \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
    assert_line("a\nb\r\n", 5, "a\\nb\\x0d\\n");
    assert_line("\x1b[31m\x07\x7f", 7, "\\x1b[31m\\x07\\x7f");
    assert_line("a\0b", 3, "a\\x00b");
    assert_line("\xC2\x9B"
                "2J",
                4, "\\u{009B}2J");
    assert_line("\xE2\x80\xAE\xE2\x81\xA6\xD8\x9C\xE2\x80\x8F", 11,
                "\\u{202E}\\u{2066}\\u{061C}\\u{200F}");
    assert_line("\xFFz\xE2\x82", 4, "\\xffz\\xe2\\x82");
}
END_TEST

static void assert_path(const char *path, const char *expected, bool marked)
{
    struct ws_buf b = {0};

    ck_assert_int_eq(ws_escape_path(&b, path), marked);
    ck_assert_str_eq(ws_buf_str(&b), expected);
    ws_buf_release(&b);
}

START_TEST(a_path_is_marked_when_it_was_changed)
{
    assert_path("", "", false);
    assert_path("src/\xC3\xA9 b.c", "src/\xC3\xA9 b.c", false);
    assert_path("100%.txt", "100%.txt", false);
    assert_path("100%/\xFF", "100%25/%FF", true);
    assert_path("a\nb\t%\x7f", "a%0Ab%09%25%7F", true);
    assert_path("\xE2\x80\xAE\xC3\xA9", "%E2%80%AE\xC3\xA9", true);
    assert_path("\xE2\x82", "%E2%82", true);
}
END_TEST

START_TEST(the_word_that_was_meant)
{
    static const char *const words[] = {"check", "editing", "static_check", "runtime_check",
                                        "done"};
    static const char *const twins[] = {"cart", "card", "care"};

    ck_assert_str_eq(ws_nearest("chek", words, 5), "check");
    ck_assert_str_eq(ws_nearest("hceck", words, 5), "check"); /* one transposition is one edit */
    ck_assert_str_eq(ws_nearest("check", words, 5), "check");
    ck_assert_str_eq(ws_nearest("sttaic_chek", words, 5), "static_check");
    ck_assert_str_eq(ws_nearest("runtimecheck", words, 5), "runtime_check");
    ck_assert_str_eq(ws_nearest("CHECK", words, 5), "check"); /* capitals are no edits */
    ck_assert_ptr_null(ws_nearest("dxxe", words, 5));
    ck_assert_ptr_null(ws_nearest("something_else", words, 5));
    ck_assert_ptr_null(ws_nearest("chek", words, 0));
    ck_assert_str_eq(ws_nearest("car", twins, 3), "cart"); /* of equals the first */
    ck_assert_str_eq(ws_nearest("care", twins, 3), "care");
}
END_TEST

static void assert_suggests(const char *word, const char *const *candidates, size_t count,
                            const char *expected)
{
    struct ws_buf out = {0};

    ws_suggest(&out, word, candidates, count, "look around");
    ck_assert_str_eq(ws_buf_str(&out), expected);
    ws_buf_release(&out);
}

START_TEST(what_helps_who_named_nothing)
{
    static const char *const twice[] = {"alpha", "alpha", "beta", "beta", "gamma", "alpha", "beta"};
    static const char *const many[] = {"a1", "b2", "c3", "d4", "e5", "f6"};

    assert_suggests("alhpa", twice, 7, "; did you mean 'alpha'?");
    assert_suggests("zzz", twice, 7, "; there are 'alpha', 'beta' and 'gamma'");
    assert_suggests("zzz", twice, 2, "; there is only 'alpha'");
    assert_suggests("zzz", many, 5, "; there are 'a1', 'b2', 'c3', 'd4' and 'e5'");
    assert_suggests("zzz", many, 6, "; look around");
    assert_suggests("zzz", NULL, 0, "; look around");
}
END_TEST

START_TEST(the_limit_is_a_third_between_one_and_three)
{
    static const char *const words[] = {"abcdef", "abcdefghijklmnopqrstuvwxyz"};
    static const char *const letters[] = {"y", "xy"};

    ck_assert_ptr_null(ws_nearest("abcyz", words, 1));          /* limit 1, 3 edits */
    ck_assert_str_eq(ws_nearest("abcxyf", words, 1), "abcdef"); /* limit 2, 2 edits */
    ck_assert_ptr_null(ws_nearest("abwxyz", words, 1));
    ck_assert_str_eq(ws_nearest("___defghijklmnopqrstuvwxyz", words, 2), words[1]);
    ck_assert_ptr_null(ws_nearest("____efghijklmnopqrstuvwxyz", words, 2));
    ck_assert_str_eq(ws_nearest("x", letters, 2), "xy");
    ck_assert_ptr_null(ws_nearest("x", letters, 1)); /* nothing in common */
    ck_assert_ptr_null(ws_nearest("", letters, 2));
}
END_TEST

START_TEST(beginnings_and_ends)
{
    ck_assert(ws_starts_with("abc", "ab"));
    ck_assert(ws_starts_with("abc", ""));
    ck_assert(!ws_starts_with("ab", "abc"));
    ck_assert(ws_ends_with("a.yaml", ".yaml"));
    ck_assert(ws_ends_with("x", ""));
    ck_assert(!ws_ends_with("l", "yaml"));
}
END_TEST

START_TEST(whole_numbers_only)
{
    static const char *const wrong[] = {"",  "-",   "+1",  " 1",  "1 ", "1x",
                                        "x", "--1", "0x1", "1.0", "1e3"};
    long long n = 77;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(!ws_parse_int(&n, wrong[i], LLONG_MIN, LLONG_MAX), "'%s'", wrong[i]);
    }
    errno = 0;
    ck_assert(!ws_parse_int(&n, "9223372036854775808", LLONG_MIN, LLONG_MAX));
    ck_assert_int_eq(errno, 0);
    ck_assert(!ws_parse_int(&n, "11", 1, 10));
    ck_assert(!ws_parse_int(&n, "0", 1, 10));
    ck_assert_int_eq(n, 77);
    ck_assert(ws_parse_int(&n, "-9223372036854775808", LLONG_MIN, LLONG_MAX));
    ck_assert_int_eq(n, LLONG_MIN);
    ck_assert(ws_parse_int(&n, "10", 1, 10));
    ck_assert_int_eq(n, 10);
}
END_TEST

RUN_TESTS("text", utf8_is_told_from_what_is_not, a_line_keeps_text_and_loses_controls,
          a_path_is_marked_when_it_was_changed, the_word_that_was_meant,
          what_helps_who_named_nothing, the_limit_is_a_third_between_one_and_three,
          beginnings_and_ends, whole_numbers_only)
