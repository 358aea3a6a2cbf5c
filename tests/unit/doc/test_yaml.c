#include <math.h>
#include <stdio.h>

#include "base/suite.h"
#include "parsed.h"
#include "wsfsm/base/mem.h"

static void says(const char *text, const char *expected)
{
    assert_says(WS_DOC_YAML, text, expected);
}

START_TEST(plain_scalars_follow_the_core_schema)
{
    static const struct {
        const char *text;
        enum ws_node_kind kind;
        int64_t integer;
    } cases[] = {
        {"null", WS_NODE_NULL, 0},
        {"~", WS_NODE_NULL, 0},
        {"NULL", WS_NODE_NULL, 0},
        {"nULL", WS_NODE_STRING, 0},
        {"true", WS_NODE_BOOL, 1},
        {"TRUE", WS_NODE_BOOL, 1},
        {"False", WS_NODE_BOOL, 0},
        {"tRUE", WS_NODE_STRING, 0},
        {"no", WS_NODE_STRING, 0},
        {"yes", WS_NODE_STRING, 0},
        {"on", WS_NODE_STRING, 0},
        {"y", WS_NODE_STRING, 0},
        {"0", WS_NODE_INT, 0},
        {"-7", WS_NODE_INT, -7},
        {"+12", WS_NODE_INT, 12},
        {"0777", WS_NODE_INT, 777},
        {"0o17", WS_NODE_INT, 15},
        {"0xfF", WS_NODE_INT, 255},
        {"-0xff", WS_NODE_STRING, 0},
        {"0o8", WS_NODE_STRING, 0},
        {"0b1", WS_NODE_STRING, 0},
        {"1_000", WS_NODE_STRING, 0},
        {"12:30:00", WS_NODE_STRING, 0},
        {"9223372036854775807", WS_NODE_INT, INT64_MAX},
        {"9223372036854775808", WS_NODE_INT, INT64_MAX},
        {"-9223372036854775808", WS_NODE_INT, INT64_MIN},
        {"-9223372036854775809", WS_NODE_INT, INT64_MIN},
        {"1.", WS_NODE_FLOAT, 0},
        {".5", WS_NODE_FLOAT, 0},
        {"1e3", WS_NODE_FLOAT, 0},
        {"-1.5E-2", WS_NODE_FLOAT, 0},
        {".inf", WS_NODE_FLOAT, 0},
        {"-.INF", WS_NODE_FLOAT, 0},
        {".nan", WS_NODE_FLOAT, 0},
        {".", WS_NODE_STRING, 0},
        {"1e", WS_NODE_STRING, 0},
        {"1.2.3", WS_NODE_STRING, 0},
        {"2026-11-22", WS_NODE_STRING, 0},
        {"\"7\"", WS_NODE_STRING, 0},
        {"'true'", WS_NODE_STRING, 0},
        {"''", WS_NODE_STRING, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;

        parse_bytes(&p, WS_DOC_YAML, cases[i].text, strlen(cases[i].text));
        ck_assert_msg(p.root != NULL && p.root->kind == cases[i].kind, "%s", cases[i].text);
        if (p.root->kind == WS_NODE_INT) {
            ck_assert_msg(p.root->integer == cases[i].integer, "%s", cases[i].text);
            ck_assert_int_eq(p.root->overflow,
                             strlen(cases[i].text) >= 19 &&
                                 (cases[i].text[18] == '8' || cases[i].text[19] == '9') &&
                                 strcmp(cases[i].text, "-9223372036854775808") != 0);
        } else if (p.root->kind == WS_NODE_BOOL) {
            ck_assert_int_eq(p.root->boolean, cases[i].integer);
        }
        parsed_release(&p);
    }
}
END_TEST

START_TEST(a_tree_keeps_order_and_places)
{
    static const char text[] = "id: ws-a\n"
                               "list:\n"
                               "  - one\n"
                               "  - {k: \"v\", \xC3\xA4: [1, 2]}\n";
    struct parsed p;

    parse_bytes(&p, WS_DOC_YAML, text, strlen(text));
    ck_assert_str_eq(ws_node_str(p.root, "id", ""), "ws-a");
    const struct ws_node *list = ws_node_get(p.root, "list");

    ck_assert_uint_eq(list->len, 2);
    ck_assert_uint_eq(list->items[0]->line, 3);
    ck_assert_uint_eq(list->items[0]->col, 5);
    const struct ws_node *map = list->items[1];

    ck_assert_str_eq(map->keys[1]->text, "\xC3\xA4");
    ck_assert_uint_eq(map->keys[1]->col, 14);
    ck_assert_uint_eq(map->items[1]->items[1]->line, 4);
    ck_assert_uint_eq(map->items[1]->items[1]->col, 22); /* bytes, not characters */
    parsed_release(&p);
}
END_TEST

START_TEST(all_kinds_of_scalars_are_strings)
{
    assert_json(WS_DOC_YAML, "- 'it''s'\n- \"\\u00e4\\t\\x41\"\n- |\n  a\n  b\n- >-\n  c\n  d\n",
                "[\"it's\",\"\xC3\xA4\\tA\",\"a\\nb\\n\",\"c d\"]");
}
END_TEST

START_TEST(line_ends_and_byte_order_marks_do_no_harm)
{
    struct parsed p;
    static const char text[] = "\xEF\xBB\xBF"
                               "a: 1\r\nb: 2\r\n\r\nc: x\r\n";

    assert_json(WS_DOC_YAML, text, "{\"a\":1,\"b\":2,\"c\":\"x\"}");
    parse_bytes(&p, WS_DOC_YAML, text, strlen(text));
    ck_assert_uint_eq(p.root->keys[0]->line, 1);
    ck_assert_uint_eq(p.root->keys[0]->col, 1);
    ck_assert_uint_eq(p.root->items[2]->line, 4);
    ck_assert_uint_eq(p.root->items[2]->col, 4);
    parsed_release(&p);
}
END_TEST

START_TEST(nothing_but_comments_is_null)
{
    assert_json(WS_DOC_YAML, "# only\n# comments\n", "null");
    assert_json(WS_DOC_YAML, "---\n", "null");
    assert_json(WS_DOC_YAML, "%YAML 1.2\n---\na: b\n...\n", "{\"a\":\"b\"}");
    says("", "f:1:1: error: the file is empty\n");
    says("\xEF\xBB\xBF", "f:1:1: error: the file is empty\n");

    /* Found by tests/fuzz/fuzz_yaml.c: every scalar has a text. */
    struct parsed p;

    parse_bytes(&p, WS_DOC_YAML, "# ", 2);
    ck_assert_str_eq(p.root->text, "");
    parsed_release(&p);
}
END_TEST

START_TEST(more_than_trees_is_refused)
{
    says("a: &x 1\nb: *x\n", "f:1:4: error: anchors are not allowed ('&x')\n"
                             "f:2:4: error: aliases are not allowed ('*x')\n");
    says("- &a [*a]\n", "f:1:3: error: anchors are not allowed ('&a')\n"
                        "f:1:7: error: aliases are not allowed ('*a')\n");
    says("a: !!python/object:os.system x\n",
         "f:1:4: error: tags are not allowed ('tag:yaml.org,2002:python/object:os.system')\n");
    says("a: !!binary aGk=\nb: ! x\nc: !!map {}\n",
         "f:1:4: error: tags are not allowed ('tag:yaml.org,2002:binary')\n"
         "f:2:4: error: tags are not allowed ('!')\n"
         "f:3:4: error: tags are not allowed ('tag:yaml.org,2002:map')\n");
    says("%TAG ! tag:x,2000:\n---\na: 1\n", "f:1:1: error: tags are not allowed (%TAG)\n");
    says("a: 1\n<<: {b: 2}\n", "f:2:1: error: merge keys ('<<') are not allowed\n");
    says("a: 1\n---\nb: 2\n", "f:2:1: error: a second document is not allowed\n");
    says("a: 1\n...\n---\n", "f:3:1: error: a second document is not allowed\n");
    says("*a : 1\n", "f:1:1: error: aliases are not allowed ('*a')\n");
}
END_TEST

START_TEST(keys_are_strings_and_stand_once)
{
    says("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n", "f:2:11: error: duplicate key 'c'\n"
                                                "f:3:1: error: duplicate key 'a'\n"
                                                "f:4:1: error: duplicate key 'a'\n");
    says("a: 1\n\"a\": 2\n", "f:2:1: error: duplicate key 'a'\n");
    says("1: x\n", "f:1:1: error: a key must be a string, this is an integer; put it in quotes\n");
    says("true: x\n",
         "f:1:1: error: a key must be a string, this is true or false; put it in quotes\n");
    says("? [a]\n: x\n",
         "f:1:3: error: a key must be a string, this is a list; put it in quotes\n");
    assert_json(WS_DOC_YAML, "no: 1\n\"1\": 2\n\"<<\": 3\n", "{\"no\":1,\"1\":2,\"<<\":3}");
}
END_TEST

START_TEST(what_is_no_text_is_refused)
{
    struct parsed p;

    says("a: \"x\\0y\"\n", "f:1:4: error: a string must not hold a NUL\n");
    says("a: b\nc: \xFF\n", "f:2:4: error: byte 0xff is not valid UTF-8\n");
    says("a: \xC0\x80\n", "f:1:4: error: byte 0xc0 is not valid UTF-8\n");
    says("\xFF\xFE"
         "a",
         "f:1:1: error: this is UTF-16; save the file as UTF-8\n");
    says("a: \x1b[2J\n", "f:1:4: error: control characters are not allowed\n");
    parse_bytes(&p, WS_DOC_YAML, "a: b\0c\n", 7);
    ck_assert_str_eq(ws_buf_str(&p.said), "f:1:5: error: a NUL byte is not allowed\n");
    parsed_release(&p);
}
END_TEST

START_TEST(syntax_errors_have_a_place)
{
    says("a: [1, 2\nb: 3\n",
         "f:2:2: error: did not find expected ',' or ']' while parsing a flow sequence\n");
    says("a: b: c\n", "f:1:5: error: mapping values are not allowed in this context\n");
    says("a:\n\t- b\n", "f:2:1: error: found character that cannot start any token while scanning "
                        "for the next token\n");
    says("\xC3\xA4: 'x\n", "f:1:5: error: found unexpected end of stream while scanning a quoted "
                           "scalar\n");
    says("a: {b: c\n", "f:1:4: error: did not find expected ',' or '}' while parsing a flow "
                       "mapping\n");
}
END_TEST

static char *repeat(const char *text, size_t times, const char *end)
{
    struct ws_buf b = {0};

    for (size_t i = 0; i < times; i++) {
        ws_buf_puts(&b, text);
    }
    ws_buf_puts(&b, end);
    return ws_buf_steal(&b);
}

static void says_too_deep(char *text)
{
    struct parsed p;

    parse_bytes(&p, WS_DOC_YAML, text, strlen(text));
    ck_assert_ptr_null(p.doc);
    ck_assert_uint_eq(p.diags.len, 1);
    ck_assert_msg(strstr(ws_buf_str(&p.said), "nested more than 32 deep") != NULL, "%s",
                  ws_buf_str(&p.said));
    parsed_release(&p);
    free(text);
}

START_TEST(depth_has_an_end)
{
    struct parsed p;
    char *deepest = repeat("[", 32, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");

    parse_bytes(&p, WS_DOC_YAML, deepest, strlen(deepest));
    ck_assert_ptr_nonnull(p.doc);
    parsed_release(&p);
    free(deepest);
    says_too_deep(repeat("[", 33, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"));
    /* Minutes, were they parsed to their end. */
    says_too_deep(repeat("[", 100000, ""));
    says_too_deep(repeat("{a: ", 20000, ""));
    says_too_deep(repeat("- ", 100000, "x"));
    says_too_deep(repeat("? ", 100000, "x"));
    says_too_deep(repeat("[\n", 100000, ""));
}
END_TEST

START_TEST(an_alias_bomb_is_small)
{
    struct ws_buf b = {0};
    struct parsed p;

    ws_buf_puts(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 11; i++) {
        ws_buf_printf(&b, "a%d: &a%d [", i, i);
        for (int k = 0; k < 9; k++) {
            ws_buf_printf(&b, "*a%d,", i - 1);
        }
        ws_buf_puts(&b, "]\n");
    }
    parse_bytes(&p, WS_DOC_YAML, b.data, b.len);
    ck_assert_ptr_null(p.doc);
    ck_assert_uint_eq(ws_diags_count(&p.diags, WS_ERROR), 50);
    ck_assert_ptr_nonnull(strstr(ws_buf_str(&p.said), "too many errors"));
    parsed_release(&p);
    ws_buf_release(&b);
}
END_TEST

START_TEST(sizes_have_an_end)
{
    struct parsed p;
    char *longest = repeat("x", WS_DOC_SCALAR, ""), *longer = repeat("x", WS_DOC_SCALAR + 1, "");
    char *huge = repeat("# comment\n", WS_DOC_BYTES / 10 + 1, "");
    char *wide = repeat("a,", WS_DOC_BYTES / 2 - 2, "a]"); /* half a million nodes */

    parse_bytes(&p, WS_DOC_YAML, longest, strlen(longest));
    ck_assert_ptr_nonnull(p.doc);
    parsed_release(&p);
    says(longer, "f:1:1: error: this value has 65537 bytes; at most 65536 are allowed\n");
    says(huge, "f:1:1: error: the file has more than 1048576 bytes\n");
    wide[0] = '[';
    wide[1] = ' ';
    parse_bytes(&p, WS_DOC_YAML, wide, strlen(wide));
    ck_assert_ptr_nonnull(p.doc);
    parsed_release(&p);
    free(longest);
    free(longer);
    free(huge);
    free(wide);
}
END_TEST

RUN_TESTS("yaml", plain_scalars_follow_the_core_schema, a_tree_keeps_order_and_places,
          all_kinds_of_scalars_are_strings, line_ends_and_byte_order_marks_do_no_harm,
          nothing_but_comments_is_null, more_than_trees_is_refused, keys_are_strings_and_stand_once,
          what_is_no_text_is_refused, syntax_errors_have_a_place, depth_has_an_end,
          an_alias_bomb_is_small, sizes_have_an_end)
