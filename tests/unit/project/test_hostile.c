/* Bundles made to do harm: each is refused, with a place, and with the reason that the table names.
 */
#include <stdio.h>

#include "base/suite.h"
#include "reading.h"

/* A sound workstream in flow style, but for what stands in its place. */
#define WITH(field) "{id: ws-a, files_scope: [a.c], " FIELDS ", " field "}\n"
#define SCOPE(path) "{id: ws-a, files_scope: [" path "], " FIELDS "}\n"
#define ID(id) "{id: " id ", files_scope: [a.c], " FIELDS "}\n"
#define JSON(field)                                                                                \
    "{\"id\":\"ws-a\",\"files_scope\":[\"a\"],\"openspec_change\":\"x\",\"ccpm_issue\":1,"         \
    "\"gate\":1,\"tasks\":[],\"tool\":\"echo\"" field "}"

static const struct {
    const char *what, *text, *reason;
} yaml[] =
    {
        {"anchor and alias in metadata", WITH("metadata: {a: &x [1], b: *x}"), "anchors"},
        {"anchor that holds itself", "- &a [*a]\n", "aliases"},
        {"tag of another language", WITH("metadata: !!python/object:os.system {}"), "tags"},
        {"binary tag", WITH("title: !!binary aGk="), "tags"},
        {"own tag", WITH("title: !x y"), "tags"},
        {"merge key", WITH("<<: {gate: 9}"), "merge keys"},
        {"merge key in metadata", WITH("metadata: {<<: {patch: x}}"), "merge keys"},
        {"second document", WITH("title: x") "---\n" WITH("title: y"), "second document"},
        {"acceptance tests twice", WITH("acceptance_tests: [make], acceptance_tests: []"),
         "duplicate"},
        {"duplicate key in metadata", WITH("metadata: {patch: a, patch: b}"), "duplicate"},
        {"duplicate key by its escape", WITH("metadata: {patch: a, \"p\\x61tch\": b}"),
         "duplicate"},
        {"NUL in a command", WITH("acceptance_tests: [\"safe\\0; rm\"]"), "NUL"},
        {"invalid UTF-8", WITH("title: \"\xC3(\""), "not valid UTF-8"},
        {"overlong slash", SCOPE("\"..\xC0\xAF\""), "not valid UTF-8"},
        {"escape sequence of a terminal", WITH("title: \"\x1b[2J\""), "control characters"},
        {"Norway", WITH("parallel_ok: no"), "true or false, not a string"},
        {"octal gate", "{id: ws-a, gate: 0x}", "must be an integer, not a string"},
        {"gate beyond 64 bits", "{id: ws-a, gate: 9223372036854775808}", "too large"},
        {"gate that is not a number", "{id: ws-a, gate: .nan}", "an integer, not a number"},
        {"negative gate", "{id: ws-a, gate: -1}", "at least 1"},
        {"issue of a list", "{id: ws-a, ccpm_issue: {a: 1}}", "integer or a string"},
        {"number as a key", WITH("7: x"), "a key must be a string"},
        {"list as a key", WITH("? [a] : x"), "a key must be a string"},

        {"id that leads out", ID("../../evil"), "no workstream id"},
        {"empty id", ID("''"), "must not be empty"},
        {"id of dots", ID("'..'"), "no workstream id"},
        {"id like an option", ID("-x"), "no workstream id"},
        {"id like a lock", ID("ws-a.lock"), "no workstream id"},
        {"id with a newline", ID("\"ws-a\\nb\""), "no workstream id"},
        {"id in capitals", ID("WS-A"), "no workstream id"},
        {"id with a bidi override", ID("\"ws-a\\u202eb\""), "no workstream id"},
        {"id with a zero width space", ID("\"ws-a\\u200b\""), "no workstream id"},
        {"id with a Cyrillic letter", ID("\"ws-\\u0430\""), "no workstream id"},
        {"id with a slash", ID("ws-a/b"), "no workstream id"},
        {"id that is a number", ID("7"), "must be a string"},
        {"id of 300 bytes",
         ID("ws-"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaa"),
         "no workstream id"},

        {"absolute path", SCOPE("/etc/passwd"), "absolute"},
        {"path of a process", SCOPE("/proc/self/environ"), "absolute"},
        {"path of a drive", SCOPE("'C:\\x'"), "absolute"},
        {"path of a share", SCOPE("'\\\\host\\x'"), "absolute"},
        {"path upwards", SCOPE("../x"), "'..'"},
        {"path upwards inside", SCOPE("a/../../b"), "'..'"},
        {"path upwards by backslash", SCOPE("'a\\..\\..\\b'"), "'..'"},
        {"git's folder", SCOPE(".git/hooks/pre-commit"), ".git"},
        {"git's folder in capitals", SCOPE("sub/.GIT/config"), ".git"},
        {"git's folder with a blank", SCOPE("'.git /config'"), ".git"},
        {"git's folder with a dot", SCOPE("'.git./config'"), ".git"},
        {"git's folder by its short name", SCOPE("git~1/config"), ".git"},
        {"git's folder by backslash", SCOPE("'.git\\config'"), ".git"},
        {"magic of a pathspec", SCOPE("':(top)x'"), "':'"},
        {"NUL in a path", SCOPE("\"a\\0b\""), "NUL"},
        {"newline in a path", SCOPE("\"a\\nb\""), "control"},
        {"control of eight bits in a path", SCOPE("\"a\\x9bb\""), "control"},
        {"empty path", SCOPE("''"), "must not be empty"},
        {"the whole repository", SCOPE("."), "names nothing"},
        {"path in files_create", WITH("files_create: [../x]"), "'..'"},
        {"path that is a list", SCOPE("[a]"), "must be a string"},

        {"tool by its path", "{id: ws-a, tool: ../../bin/sh}", "no tool id"},
        {"tool like an option", "{id: ws-a, tool: --help}", "no tool id"},
        {"tool that is a list", "{id: ws-a, tool: [sh, -c]}", "must be a string"},
        {"acceptance test of blanks", WITH("acceptance_tests: [' ']"), "must not be empty"},
        {"acceptance test that is a list", WITH("acceptance_tests: [[sh, -c, x]]"),
         "must be a string"},
        {"dependency that leads out", WITH("depends_on: [../ws-a]"), "no workstream id"},
        {"unknown field", WITH("hooks: {pre: rm}"), "unknown field 'hooks'"},
        {"field in other letters", WITH("Tool: sh"), "unknown field 'Tool'"},
        {"field with a bidi override", WITH("\"tool\\u202e\": sh"), "unknown field"},
        {"text instead of a mapping", "ws-a\n", "a mapping"},
        {"unclosed list", "[", "did not find expected"},
        {"a tab", "a:\n\t- b\n", "cannot start any token"},
},
  json[] = {
      {"a comment", "// x\n" JSON(""), "no comments"},
      {"duplicate key", JSON(",\"tool\":\"sh\""), "duplicate"},
      {"duplicate key by its escape", JSON(",\"t\\u006fol\":\"sh\""), "duplicate"},
      {"NUL by its escape", JSON(",\"title\":\"a\\u0000b\""), "NUL"},
      {"lone surrogate", JSON(",\"title\":\"\\udead\""), "surrogate"},
      {"number without end", JSON(",\"max_cost_usd\":1e999"), "must be a finite number"},
      {"integer without end", JSON(",\"estimated_context_tokens\":99999999999999999999"),
       "too large a number"},
      {"trailing text", JSON("") " {}", "end of the file"},
      {"trailing comma", JSON(","), "a key in double quotes"},
      {"single quotes", "{'id': 'ws-a'}", "double quotes"},
      {"word of another language", JSON(",\"metadata\":{\"n\":NaN}"), "expected a value"},
      {"control character", JSON(",\"title\":\"a\tb\""), "control character"},
      {"invalid UTF-8", JSON(",\"title\":\"\xFF\""), "not valid UTF-8"},
      {"UTF-16", "\xFF\xFE{", "UTF-16"},
      {"set braces", "{\"gate\": {1}}", "a key in double quotes"},
};

static void assert_refused(const char *name, const char *what, const char *text, const char *reason)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};
    size_t found = 0;

    read_text(&b, &diags, name, text);
    ck_assert_msg(ws_diags_count(&diags, WS_ERROR) > 0, "%s: taken", what);
    for (size_t i = 0; i < diags.len; i++) {
        found += strstr(diags.items[i].text, reason) != NULL;
        ck_assert_msg(diags.items[i].line > 0 && diags.items[i].col > 0, "%s: no place", what);
    }
    ck_assert_msg(found > 0, "%s: %s", what, diags.items[0].text);
    for (size_t i = 0; i < b.len; i++) {
        ck_assert_msg(!b.items[i].sound, "%s: sound", what);
    }
    ws_diags_release(&diags);
    ws_bundles_release(&b);
}

START_TEST(hostile_yaml_is_refused)
{
    for (size_t i = 0; i < sizeof yaml / sizeof *yaml; i++) {
        assert_refused("f.yaml", yaml[i].what, yaml[i].text, yaml[i].reason);
    }
}
END_TEST

START_TEST(hostile_json_is_refused)
{
    for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
        assert_refused("f.json", json[i].what, json[i].text, json[i].reason);
    }
}
END_TEST

/* What looks like trouble and is just text: values are never run, expanded or looked through. */
START_TEST(odd_text_is_text)
{
    static const char *const texts[] = {
        WITH("title: '; rm -rf ~ $(x) `y` {model_name} {{z}}'"),
        WITH("acceptance_tests: ['test 1 = 2 && echo \"$HOME\"']"),
        WITH("metadata: {yes: no, 'a/../b': '/etc/passwd', n: .inf}"),
        SCOPE("'~user', 'file:///x', 'a b', '[', '{a,b}', '-rf', '@x', '*a*a*a*a*b', '$HOME'"),
        SCOPE("'CON', 'a.', 'b ', \"n\\u0303\", \"\\u00f1\""),
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ws_bundles b = {0};
        struct ws_diags diags = {0};

        read_text(&b, &diags, "f.yaml", texts[i]);
        ck_assert_msg(diags.len == 0 && b.len == 1 && b.items[0].sound, "%s: %s", texts[i],
                      diags.len > 0 ? diags.items[0].text : "");
        ws_bundles_release(&b);
    }
}
END_TEST

/* Thousands of patterns on both sides. */
START_TEST(many_patterns_end)
{
    static const struct ws_between plain;
    struct ws_buf text = {0};
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    for (int side = 0; side < 2; side++) {
        ws_buf_printf(&text, "- {id: ws-%d, " FIELDS ", files_scope: [", side);
        for (int i = 0; i < 3000; i++) {
            ws_buf_printf(&text, "'%c%d/**/*a*b', ", 'x' + side, i);
        }
        ws_buf_puts(&text, "]}\n");
    }
    ck_assert_int_eq(read_text(&b, &diags, "f.yaml", ws_buf_str(&text)), 0);
    ck_assert_uint_eq(ws_bundles_check(&b, &plain, &diags), 0);
    ck_assert_uint_eq(diags.len, 0);
    ws_bundles_release(&b);
    ws_buf_release(&text);
}
END_TEST

RUN_TESTS("hostile", hostile_yaml_is_refused, hostile_json_is_refused, odd_text_is_text,
          many_patterns_end)
