#include <sys/stat.h>

#include "base/scratch.h"
#include "base/suite.h"
#include "parsed.h"
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
          only_files_are_read, words_inside_of_strings_are_found)
