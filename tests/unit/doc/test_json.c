#include "base/suite.h"
#include "parsed.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"

static void says(const char *text, const char *expected)
{
    assert_says(WS_DOC_JSON, text, expected);
}

START_TEST(values_of_every_kind)
{
    assert_json(WS_DOC_JSON, " {\"a\" : [1, -2, 0, 1.5, 1e2, true, false, null], \"b\": {} } \n",
                "{\"a\":[1,-2,0,1.5,1e2,true,false,null],\"b\":{}}");
    assert_json(WS_DOC_JSON, "[]", "[]");
    assert_json(WS_DOC_JSON, "\"only\"", "\"only\"");
    assert_json(WS_DOC_JSON, "\xEF\xBB\xBF{\r\n\"a\":\t1\r\n}\r\n", "{\"a\":1}");
}
END_TEST

START_TEST(escapes_of_every_kind)
{
    struct parsed p;
    static const char text[] = "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\u20AC\\ud83d\\uDE00\"";

    parse_bytes(&p, WS_DOC_JSON, text, strlen(text));
    ck_assert_ptr_nonnull(p.root);
    ck_assert_str_eq(p.root->text, "\"\\/\b\f\n\r\tA\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
    parsed_release(&p);
}
END_TEST

START_TEST(nodes_have_places)
{
    struct parsed p;
    static const char text[] = "{\n  \"k\": [10,\n    \"\xC3\xA4\", \"b\"]\n}";

    parse_bytes(&p, WS_DOC_JSON, text, strlen(text));
    const struct ws_node *list = ws_node_get(p.root, "k");

    ck_assert_uint_eq(p.root->keys[0]->line, 2);
    ck_assert_uint_eq(p.root->keys[0]->col, 3);
    ck_assert_uint_eq(list->col, 8);
    ck_assert_uint_eq(list->items[2]->line, 3);
    ck_assert_uint_eq(list->items[2]->col, 11);
    parsed_release(&p);
}
END_TEST

START_TEST(what_is_no_json_is_refused)
{
    says("", "f:1:1: error: the file is empty\n");
    says("  \n", "f:2:1: error: expected a value, found the end of the file\n");
    says("/* a */ {}", "f:1:1: error: expected a value; JSON has no comments\n");
    says("{\"a\": 1} // b", "f:1:10: error: expected the end of the file; JSON has no comments\n");
    says("{\"a\": {3}}", "f:1:8: error: expected a key in double quotes, found '3'\n");
    says("{'a': 1}", "f:1:2: error: expected a key in double quotes; JSON strings stand in double "
                     "quotes\n");
    says("[1,]", "f:1:4: error: expected a value, found ']'\n");
    says("{\"a\":1,}", "f:1:8: error: expected a key in double quotes, found '}'\n");
    says("{\"a\" 1}", "f:1:6: error: expected ':', found '1'\n");
    says("{\"a\":1 \"b\":2}", "f:1:8: error: expected ',' or '}', found '\"'\n");
    says("[1 2]", "f:1:4: error: expected ',' or ']', found '2'\n");
    says("[", "f:1:2: error: expected a value, found the end of the file\n");
    says("{} {}", "f:1:4: error: expected the end of the file, found '{'\n");
    says("[01]", "f:1:3: error: expected ',' or ']', found '1'\n");
    says("[-]", "f:1:2: error: expected a value, found '-'\n");
    says("[1.]", "f:1:3: error: expected ',' or ']', found '.'\n");
    says("[+1]", "f:1:2: error: expected a value, found '+'\n");
    says("[NaN]", "f:1:2: error: expected a value, found 'N'\n");
    says("[True]", "f:1:2: error: expected a value, found 'T'\n");
    says("[truex]", "f:1:6: error: expected ',' or ']', found 'x'\n");
}
END_TEST

START_TEST(strings_are_checked)
{
    says("\"a", "f:1:1: error: a string without its closing quote\n");
    says("[\"a\nb\"]", "f:1:4: error: a control character or line break in a string; write it as "
                       "an escape\n");
    says("[\"\\x41\"]", "f:1:3: error: unknown escape in a string\n");
    says("[\"ab\\", "f:1:5: error: unknown escape in a string\n");
    says("[\"\\u00g0\"]", "f:1:3: error: \\u wants four hexadecimal digits\n");
    says("[\"\\u00", "f:1:3: error: \\u wants four hexadecimal digits\n");
    says("[\"a\\u0000b\"]", "f:1:4: error: a string must not hold a NUL\n");
    says("[\"\\ud83d\"]", "f:1:3: error: a lone surrogate is no character\n");
    says("[\"\\ude00\\ud83d\"]", "f:1:3: error: a lone surrogate is no character\n");
    says("[\"\\ud83d\\u0041\"]", "f:1:3: error: a lone surrogate is no character\n");
    says("[\"\\ud83dx\"]", "f:1:3: error: a lone surrogate is no character\n");
    says("[\"\xFF\"]", "f:1:3: error: byte 0xff is not valid UTF-8\n");
    says("[\"\xED\xA0\x80\"]", "f:1:3: error: byte 0xed is not valid UTF-8\n");
}
END_TEST

START_TEST(duplicate_keys_are_all_reported)
{
    says("{\"a\":1,\"b\":{\"c\":1,\"c\":2},\n \"a\":2}", "f:1:19: error: duplicate key 'c'\n"
                                                         "f:2:2: error: duplicate key 'a'\n");
    says("{\"a\":1,\"\\u0061\":2}", "f:1:8: error: duplicate key 'a'\n");
}
END_TEST

/* JSON has no largest number. */
START_TEST(numbers_of_any_size_are_kept)
{
    struct parsed p;
    static const char big[] = "[1e999,-1e+999,99999999999999999999,-9223372036854775809,1.5]";
    struct ws_error err = {0};
    struct ws_buf json = {0};
    struct ws_doc *doc = ws_doc_parse_stored(big, &err);

    ck_assert_ptr_nonnull(doc);
    ws_node_json(&json, ws_doc_root(doc));
    ck_assert_str_eq(ws_buf_str(&json), big);
    assert_json(WS_DOC_JSON, big, big);
    parse_bytes(&p, WS_DOC_JSON, big, strlen(big));
    for (size_t i = 0; i < p.root->len; i++) {
        ck_assert(ws_node_fits(p.root->items[i]) == (i == 4));
    }
    parsed_release(&p);
    says("[99999999999999999999, 1e999,\n x]", "f:2:2: error: expected a value, found 'x'\n");
    ws_doc_free(doc);
    ws_buf_release(&json);
}
END_TEST

static char *nested(size_t depth)
{
    struct ws_buf b = {0};

    for (size_t i = 0; i < depth; i++) {
        ws_buf_putc(&b, '[');
    }
    for (size_t i = 0; i < depth; i++) {
        ws_buf_putc(&b, ']');
    }
    return ws_buf_steal(&b);
}

START_TEST(depth_has_an_end)
{
    char *good = nested(32), *bad = nested(33), *worse = nested(100000);

    assert_json(WS_DOC_JSON, good, good);
    says(bad, "f:1:33: error: nested more than 32 deep\n");
    says(worse, "f:1:33: error: nested more than 32 deep\n");
    free(good);
    free(bad);
    free(worse);
}
END_TEST

START_TEST(stored_json_may_be_deeper_and_larger)
{
    struct ws_error err = {0};
    struct ws_buf big = {0};
    char *deep = nested(100);
    struct ws_doc *doc = ws_doc_parse_stored(deep, &err);

    ck_assert_ptr_nonnull(doc);
    ws_doc_free(doc);
    ws_buf_putc(&big, '"');
    for (size_t i = 0; i < 2 * (size_t)WS_DOC_BYTES; i++) {
        ws_buf_putc(&big, 'x');
    }
    ws_buf_putc(&big, '"');
    doc = ws_doc_parse_stored(big.data, &err);
    ck_assert_ptr_nonnull(doc);
    ws_doc_free(doc);
    ck_assert_ptr_null(ws_doc_parse_stored("{", &err));
    ck_assert_int_eq(err.code, WS_E_INTEGRITY);
    ck_assert_ptr_null(ws_doc_parse_stored("", &err));
    ws_buf_release(&big);
    free(deep);
}
END_TEST

static void prints(const char *stored, const char *printed)
{
    struct ws_buf out = {0};

    ws_json_open(&out, '{');
    ws_json_key(&out, "k");
    ws_doc_add_stored(&out, stored);
    ws_json_key(&out, "then");
    ws_json_int(&out, 1);
    ws_json_close(&out, '}');
    char *expected = ws_format("{\"k\":%s,\"then\":1}", printed);
    ck_assert_str_eq(ws_buf_str(&out), expected);
    free(expected);
    ws_buf_release(&out);
}

START_TEST(stored_json_is_printed_as_one_value_on_one_line)
{
    static const char ours[] = "{\"a\":[1,-2.5e3,\"\\u0085 \\n \xc3\xa4\",null,true,{}]}";

    prints(ours, ours);
    prints("\n [ 1 ,\r\n\t2 ]\n", "[1,2]");
    prints("\"x\"", "\"x\"");
    prints(NULL, "null");
    prints("", "null");
    prints(" \n", "null");
    prints("[1", "null");
    prints("[] []", "null");
    prints("1,\"forged\":2", "null");
    prints("\"1\n2\"", "null");
    prints("\"\xff\"", "null");
}
END_TEST

RUN_TESTS("json", values_of_every_kind, escapes_of_every_kind, nodes_have_places,
          what_is_no_json_is_refused, strings_are_checked, duplicate_keys_are_all_reported,
          numbers_of_any_size_are_kept, depth_has_an_end, stored_json_may_be_deeper_and_larger,
          stored_json_is_printed_as_one_value_on_one_line)
