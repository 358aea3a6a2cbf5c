#include <sys/stat.h>

#include "base/scratch.h"
#include "base/suite.h"
#include "parsed.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

START_TEST(the_format_is_in_the_name)
{
    enum ws_doc_format format = WS_DOC_YAML;

    ck_assert(ws_doc_format_of(&format, "a/b.json") && format == WS_DOC_JSON);
    ck_assert(ws_doc_format_of(&format, "b.yaml") && format == WS_DOC_YAML);
    ck_assert(ws_doc_format_of(&format, "b.yml") && format == WS_DOC_YAML);
    ck_assert(!ws_doc_format_of(&format, "b.yaml.bak"));
    ck_assert(!ws_doc_format_of(&format, "json"));
    ck_assert(!ws_doc_format_of(&format, "b.JSON"));
}
END_TEST

START_TEST(defaults_stand_in_for_other_kinds)
{
    struct parsed p;
    static const char text[] = "{\"s\":\"x\",\"i\":5,\"b\":true,\"n\":null}";

    parse_bytes(&p, WS_DOC_JSON, text, strlen(text));
    ck_assert_str_eq(ws_node_str(p.root, "s", "d"), "x");
    ck_assert_str_eq(ws_node_str(p.root, "i", "d"), "d");
    ck_assert_str_eq(ws_node_str(p.root, "absent", "d"), "d");
    ck_assert_int_eq(ws_node_int(p.root, "i", 1), 5);
    ck_assert_int_eq(ws_node_int(p.root, "s", 1), 1);
    ck_assert(ws_node_bool(p.root, "b", false));
    ck_assert(ws_node_bool(p.root, "n", true));
    ck_assert_ptr_null(ws_node_get(NULL, "s"));
    ck_assert_ptr_null(ws_node_get(ws_node_get(p.root, "s"), "s"));
    parsed_release(&p);
}
END_TEST

/* A tree out of YAML is JSON that can be read again. */
START_TEST(trees_become_json)
{
    assert_json(WS_DOC_YAML, "[0x10, 0777, +1, .5, 1., +1.5, 1e3, .inf, -.INF, .nan]",
                "[16,777,1,5.00000000000000000e-01,1.00000000000000000e+00,"
                "1.50000000000000000e+00,1e3,\".inf\",\"-.INF\",\".nan\"]");
    assert_json(WS_DOC_YAML, "[99999999999999999999, 1e999, 0.1, -0]",
                "[99999999999999999999,1e999,0.1,0]");
    assert_json(WS_DOC_YAML, "[+99999999999999999999, 099999999999999999999, 0xFFFFFFFFFFFFFFFFF]",
                "[\"+99999999999999999999\",\"099999999999999999999\",\"0xFFFFFFFFFFFFFFFFF\"]");
    assert_json(WS_DOC_YAML, "{z: 1, a: {}, l: [[], \"q\\\"\\n\"]}",
                "{\"z\":1,\"a\":{},\"l\":[[],\"q\\\"\\n\"]}");
}
END_TEST

static void assert_flawed(enum ws_doc_format format, const char *text, const char *json,
                          const char *says)
{
    struct ws_diags diags = {0};
    struct ws_doc *doc = ws_doc_parse_flawed(text, strlen(text), "f", format, &diags);
    struct ws_buf kept = {0};

    ck_assert_msg(doc != NULL && ws_doc_flawed(doc), "%s", text);
    ws_node_json(&kept, ws_doc_root(doc));
    ck_assert_str_eq(ws_buf_str(&kept), json);
    ck_assert_uint_eq(diags.len, 1);
    ck_assert_msg(strstr(diags.items[0].text, says) != NULL, "%s", diags.items[0].text);
    ws_diags_release(&diags);
    ck_assert_ptr_null(ws_doc_parse(text, strlen(text), "f", format, &diags));
    ws_buf_release(&kept);
    ws_diags_release(&diags);
    ws_doc_free(doc);
}

/* For who asks for it, and for nobody else. */
START_TEST(a_whole_tree_is_kept_whatever_errors_it_has)
{
    char *wide = ws_alloc(WS_DOC_SCALAR + 32);

    assert_flawed(WS_DOC_YAML, "{a: 1, b: 2, a: 3}", "{\"a\":1,\"b\":2,\"a\":3}", "duplicate");
    assert_flawed(WS_DOC_JSON, "{\"a\":1,\"b\":{\"c\":2,\"c\":3}}",
                  "{\"a\":1,\"b\":{\"c\":2,\"c\":3}}", "duplicate");
    assert_flawed(WS_DOC_YAML, "[!!str 5, x]", "[\"5\",\"x\"]", "tags");
    assert_flawed(WS_DOC_YAML, "[*x, y]", "[\"\",\"y\"]", "aliases");
    assert_flawed(WS_DOC_YAML, "{[a]: 1, b: 2}", "{\"\":1,\"b\":2}", "a key must be a string");
    assert_flawed(WS_DOC_YAML, "{1: 1, '': 2}", "{\"\":1,\"\":2}", "a key must be a string");
    sprintf(wide, "[\"%0*d\",1]", WS_DOC_SCALAR + 1, 0);
    assert_flawed(WS_DOC_JSON, wide, "[\"\",1]", "65536");
    assert_flawed(WS_DOC_YAML, wide, "[\"\",1]", "65536");
    free(wide);
}
END_TEST

/* What an error tells of is marked, for nobody shall say more of it. */
START_TEST(flawed_nodes_are_known)
{
    static const char text[] = "{a: !x 1, b: &b 1, <<: 1, a: 2, c: ! 5, d: !x [1]}";
    static const bool keys[] = {false, false, true, true, false, false};
    static const bool values[] = {true, false, false, false, false, true};
    struct ws_diags diags = {0};
    struct ws_doc *doc = ws_doc_parse_flawed(text, strlen(text), "f", WS_DOC_YAML, &diags);
    const struct ws_node *root = ws_doc_root(doc);

    ck_assert_uint_eq(diags.len, 6);
    for (size_t i = 0; i < root->len; i++) {
        ck_assert_msg(root->keys[i]->flawed == keys[i], "key %zu", i);
        ck_assert_msg(root->items[i]->flawed == values[i], "value %zu", i);
    }
    ck_assert(root->items[4]->kind == WS_NODE_STRING);
    ws_diags_release(&diags);
    ws_doc_free(doc);
}
END_TEST

START_TEST(half_a_tree_is_none)
{
    static const char *const json[] = {"[1,", "{\"a\":1,\"a\":2} {}", "[\"\\x\"]"};
    struct ws_diags diags = {0};

    for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
        ck_assert_ptr_null(ws_doc_parse_flawed(json[i], strlen(json[i]), "f", WS_DOC_JSON, &diags));
    }
    ck_assert_ptr_null(ws_doc_parse_flawed("a: 1\n---\n", 9, "f", WS_DOC_YAML, &diags));
    ck_assert_ptr_null(ws_doc_parse_flawed("{a: 1, a: 2", 11, "f", WS_DOC_YAML, &diags));
    ws_diags_release(&diags);
}
END_TEST

static void read_says(const char *path, const char *part)
{
    struct ws_diags diags = {0};

    ck_assert_ptr_null(ws_doc_read(path, "shown", WS_DOC_YAML, &diags));
    ck_assert_uint_eq(diags.len, 1);
    ck_assert_str_eq(diags.items[0].file, "shown");
    ck_assert_msg(strstr(diags.items[0].text, part) != NULL, "%s", diags.items[0].text);
    ws_diags_release(&diags);
}

START_TEST(only_files_are_read)
{
    char *dir = enter_scratch();
    struct ws_diags diags = {0};

    ck_assert_int_eq(mkdir("folder", 0700), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    ck_assert_int_eq(ws_write_file("empty", "", 0, 0600, NULL), 0);
    ck_assert_int_eq(ws_write_file("good", "a: 1\n", 5, 0600, NULL), 0);
    read_says("folder", "folder");
    read_says("fifo", "FIFO");
    read_says("/dev/zero", "device");
    read_says("absent", "No such file");
    read_says("empty", "empty");
    ck_assert_int_eq(truncate("good", WS_DOC_BYTES + 1), 0);
    read_says("good", "1048576");
    ck_assert_int_eq(truncate("good", 5), 0);
    struct ws_doc *doc = ws_doc_read("good", "shown", WS_DOC_YAML, &diags);

    ck_assert_ptr_nonnull(doc);
    ck_assert_str_eq(ws_doc_file(doc), "shown");
    ws_doc_free(doc);
    leave_scratch(dir);
}
END_TEST

static void assert_word_at(const char *text, size_t nth, unsigned line, unsigned col)
{
    struct parsed p;
    unsigned l, c;

    parse_bytes(&p, WS_DOC_YAML, text, strlen(text));
    ck_assert_ptr_nonnull(p.root);
    ws_doc_locate_word(p.doc, ws_node_get(p.root, "k"), "{x}", nth, &l, &c);
    ck_assert_uint_eq(l, line);
    ck_assert_uint_eq(c, col);
    parsed_release(&p);
}

START_TEST(words_inside_of_strings_are_found)
{
    assert_word_at("k: a{x}\n", 0, 1, 5);
    assert_word_at("k: \"{x} {x}\"\n", 1, 1, 9);
    assert_word_at("k: |\n  one\n  two {x}\n", 0, 3, 7);
    assert_word_at("k: \"\\x7bx}\"\nl: '{x}'\n", 0, 1, 4); /* escaped: the string's own place */
}
END_TEST

RUN_TESTS("doc", the_format_is_in_the_name, defaults_stand_in_for_other_kinds, trees_become_json,
          a_whole_tree_is_kept_whatever_errors_it_has, flawed_nodes_are_known, half_a_tree_is_none,
          only_files_are_read, words_inside_of_strings_are_found)
