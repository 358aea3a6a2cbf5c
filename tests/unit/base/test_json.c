#include "wsfsm/base/json.h"

#include <stdint.h>
#include <string.h>

#include "suite.h"

static void assert_text(struct ws_buf *b, const char *expected)
{
    ck_assert_str_eq(ws_buf_str(b), expected);
    ws_buf_release(b);
}

START_TEST(commas_follow_the_shape)
{
    struct ws_buf b = {0};

    ws_json_open(&b, '{');
    ws_json_kint(&b, "a", 1);
    ws_json_key(&b, "list");
    ws_json_open(&b, '[');
    ws_json_int(&b, -1);
    ws_json_open(&b, '[');
    ws_json_close(&b, ']');
    ws_json_open(&b, '{');
    ws_json_close(&b, '}');
    ws_json_bool(&b, true);
    ws_json_null(&b);
    ws_json_str(&b, "x");
    ws_json_str(&b, NULL);
    ws_json_close(&b, ']');
    ws_json_kbool(&b, "b", false);
    ws_json_knull(&b, "n");
    ws_json_kstr(&b, "s", NULL);
    ws_json_close(&b, '}');
    assert_text(&b, "{\"a\":1,\"list\":[-1,[],{},true,null,\"x\",null],"
                    "\"b\":false,\"n\":null,\"s\":null}");
}
END_TEST

START_TEST(strings_that_end_like_brackets_are_values)
{
    static const char *const tricky[] = {"{", "[", ":", ",", "\n", "\"", "\\", ""};
    struct ws_buf b = {0};

    ws_json_open(&b, '[');
    for (size_t i = 0; i < 8; i++) {
        ws_json_str(&b, tricky[i]);
    }
    ws_json_close(&b, ']');
    assert_text(&b, "[\"{\",\"[\",\":\",\",\",\"\\n\",\"\\\"\",\"\\\\\",\"\"]");
}
END_TEST

START_TEST(a_newline_ends_a_record)
{
    struct ws_buf b = {0};

    for (int i = 0; i < 2; i++) {
        ws_json_open(&b, '{');
        ws_json_kint(&b, "i", i);
        ws_json_close(&b, '}');
        ws_buf_putc(&b, '\n');
    }
    assert_text(&b, "{\"i\":0}\n{\"i\":1}\n");
}
END_TEST

START_TEST(spaces_between_do_not_count)
{
    struct ws_buf b = {0};

    ws_json_open(&b, '[');
    ws_buf_putc(&b, ' ');
    ws_json_int(&b, 1);
    ws_buf_putc(&b, ' ');
    ws_json_int(&b, 2);
    ws_json_close(&b, ']');
    assert_text(&b, "[ 1 ,2]");
}
END_TEST

START_TEST(strings_are_escaped_and_made_utf8)
{
    struct ws_buf b = {0};

    ws_json_strn(&b, "\"\\/\b\f\n\r\t\x01\x1f\0z", 12);
    assert_text(&b, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000z\"");
    ws_json_str(&b, "\xC3\xA9\xF0\x9F\x98\x80");
    assert_text(&b, "\"\xC3\xA9\xF0\x9F\x98\x80\"");
    ws_json_str(&b, "a\xFF\xE2\x82z\xED\xA0\x80");
    assert_text(&b, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"
                    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    ws_json_str(&b, "\x7f\xC2\x9B\xE2\x80\xAE"); /* what a terminal would obey */
    assert_text(&b, "\"\\u007f\\u009b\\u202e\"");
}
END_TEST

START_TEST(numbers_keep_all_their_digits)
{
    struct ws_buf b = {0};

    ws_json_open(&b, '[');
    ws_json_int(&b, INT64_MIN);
    ws_json_int(&b, INT64_MAX);
    ws_json_close(&b, ']');
    assert_text(&b, "[-9223372036854775808,9223372036854775807]");
}
END_TEST

START_TEST(raw_values_are_values)
{
    struct ws_buf b = {0};

    ws_json_open(&b, '{');
    ws_json_kraw(&b, "a", " {\"x\":[1]}\r\n");
    ws_json_kraw(&b, "b", NULL);
    ws_json_kraw(&b, "c", "");
    ws_json_kraw(&b, "d", " \n");
    ws_json_kraw(&b, "e", "1");
    ws_json_close(&b, '}');
    assert_text(&b, "{\"a\":{\"x\":[1]},\"b\":null,\"c\":null,\"d\":null,\"e\":1}");
}
END_TEST

START_TEST(lists_of_strings_and_of_paths)
{
    struct ws_strv v = {0}, none = {0};
    struct ws_buf b = {0};

    ws_strv_add(&v, "a\xFF%");
    ws_strv_add(&v, "b%");
    ws_json_open(&b, '{');
    ws_json_kstrv(&b, "s", &v);
    ws_json_kpaths(&b, "p", &v);
    ws_json_kstrv(&b, "none", &none);
    ws_json_key(&b, "path");
    ws_json_path(&b, "x\n\"");
    ws_json_key(&b, "no path");
    ws_json_path(&b, NULL);
    ws_json_close(&b, '}');
    assert_text(&b, "{\"s\":[\"a\xEF\xBF\xBD%\",\"b%\"],\"p\":[\"a%FF%25\",\"b%\"],"
                    "\"none\":[],\"path\":\"x%0A\\\"\",\"no path\":null}");
    ws_strv_release(&v);
}
END_TEST

RUN_TESTS("json", commas_follow_the_shape, strings_that_end_like_brackets_are_values,
          a_newline_ends_a_record, spaces_between_do_not_count, strings_are_escaped_and_made_utf8,
          numbers_keep_all_their_digits, raw_values_are_values, lists_of_strings_and_of_paths)
