#include <sys/stat.h>

#include "base/suite.h"
#include "reading.h"

static void says(const char *name, const char *text, const char *expected)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    read_text(&b, &diags, name, text);
    assert_said(&diags, expected);
    ws_bundles_release(&b);
}

static const char full[] =
    "id: ws-full\n"
    "openspec_change: OS-1\n"
    "ccpm_issue: TBD\n"
    "gate: 2\n"
    "title: All of it\n"
    "files_scope: [.\\src\\a.c, ./docs/, 'x*[1].c']\n"
    "files_create: [new.c]\n"
    "tasks: [one, \"two\\nlines\"]\n"
    "tool: apply-patch\n"
    "acceptance_tests: [make test]\n"
    "depends_on: [ws-other]\n"
    "circuit_breaker: {max_attempts: 3}\n"
    "metadata: {patch: p.diff, static_tools: [ruff], any: {thing: [1, 2.5]}}\n"
    "doc_id: D\nkind: impl\npriority: high\nparallel_ok: true\n"
    "conflict_group: g\ncapability: c\ncapability_payload: {a: 1}\n"
    "estimated_context_tokens: 5\nmax_cost_usd: 1\n"
    "compensation_actions: []\ntest_gates: [{type: GATE_LINT}]\n";

static void assert_full(const struct ws_workstream *w)
{
    ck_assert(w->sound);
    ck_assert_str_eq(w->id, "ws-full");
    ck_assert_str_eq(w->openspec_change, "OS-1");
    ck_assert_str_eq(w->ccpm_issue, "TBD");
    ck_assert(!w->ccpm_issue_is_int);
    ck_assert_int_eq(w->gate, 2);
    ck_assert_str_eq(w->title, "All of it");
    ck_assert_str_eq(w->tool, "apply-patch");
    ck_assert_str_eq(w->patch, "p.diff");
    ck_assert_uint_eq(w->files_scope.len, 3);
    ck_assert_str_eq(w->files_scope.items[0], "src/a.c");
    ck_assert_str_eq(w->files_scope.items[1], "docs/");
    ck_assert_str_eq(w->files_scope.items[2], "x*[1].c");
    ck_assert_str_eq(w->files_create.items[0], "new.c");
    ck_assert_str_eq(w->tasks.items[1], "two\nlines");
    ck_assert_str_eq(w->acceptance_tests.items[0], "make test");
    ck_assert_str_eq(w->depends_on.items[0], "ws-other");
    ck_assert(w->static_tools_given);
    ck_assert_uint_eq(w->static_tools.len, 1);
    ck_assert_str_eq(w->static_tools.items[0], "ruff");
}

START_TEST(every_field_is_kept)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    ck_assert_int_eq(read_text(&b, &diags, "f.yaml", full), 0);
    assert_said(&diags, "");
    ck_assert_uint_eq(b.len, 1);
    assert_full(&b.items[0]);
    ck_assert_str_eq(b.items[0].file, "f.yaml");
    ck_assert_uint_eq(b.items[0].line, 1);
    ck_assert_uint_eq(b.items[0].col, 5);
    ck_assert_ptr_nonnull(strstr(b.items[0].json, "\"any\":{\"thing\":[1,2.5]}"));
    ws_bundles_release(&b);
}
END_TEST

START_TEST(what_is_kept_can_be_read_again)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};
    struct ws_workstream again;
    struct ws_error err = {0};

    read_text(&b, &diags, "f.yaml", full);
    ck_assert_int_eq(ws_bundle_from_json(&again, b.items[0].json, &err), 0);
    assert_full(&again);
    ck_assert_str_eq(again.json, b.items[0].json);
    ws_workstream_release(&again);
    ck_assert_int_eq(ws_bundle_from_json(&again, "{\"id\":\"ws-a\"}", &err), -1);
    ck_assert_int_eq(err.code, WS_E_BUNDLE);
    ck_assert_int_eq(ws_bundle_from_json(&again, "{", &err), -1);
    ck_assert_int_eq(err.code, WS_E_INTEGRITY);
    ws_bundles_release(&b);
}
END_TEST

START_TEST(defaults_hold_for_what_is_absent)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    read_text(&b, &diags, "f.yml", ITEM("ws-a", "a.c", ""));
    assert_said(&diags, "");
    const struct ws_workstream *w = &b.items[0];

    ck_assert(w->sound);
    ck_assert(w->ccpm_issue_is_int);
    ck_assert_str_eq(w->ccpm_issue, "7");
    ck_assert(!w->static_tools_given);
    ck_assert_uint_eq(
        w->static_tools.len + w->files_create.len + w->depends_on.len + w->acceptance_tests.len, 0);
    ck_assert_ptr_null(w->title);
    ck_assert_ptr_null(w->patch);
    ws_bundles_release(&b);
}
END_TEST

START_TEST(the_field_wins_over_metadata)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    read_text(&b, &diags, "f.yaml",
              ITEM("ws-a", "a.c", ", metadata: {static_tools: [ruff]}, static_tools: []"));
    ck_assert(b.items[0].static_tools_given);
    ck_assert_uint_eq(b.items[0].static_tools.len, 0);
    assert_said(&diags, "");
    ws_bundles_release(&b);
}
END_TEST

START_TEST(all_errors_of_a_file_are_reported)
{
    says("f.yaml",
         "- id: ws-a\n"
         "  gat: 1\n"
         "  ccpm_issue: [1]\n"
         "  files_scope: []\n"
         "  tasks: do it\n"
         "  tool: a b\n"
         "- id: WS-B\n"
         "  openspec_change: ''\n"
         "  ccpm_issue: 1\n"
         "  gate: 0\n"
         "  files_scope: [ok.c, ../x, 7, ' ']\n"
         "  tasks: [x]\n"
         "  tool: echo\n"
         "- 5\n",
         "f.yaml:1:3: error: workstream ws-a: 'openspec_change' is missing\n"
         "f.yaml:1:3: error: workstream ws-a: 'gate' is missing\n"
         "f.yaml:2:3: error: workstream ws-a: unknown field 'gat'; did you mean 'gate'?\n"
         "f.yaml:3:15: error: workstream ws-a: 'ccpm_issue' must be an integer or a string that is "
         "not empty\n"
         "f.yaml:4:16: error: workstream ws-a: 'files_scope' must have at least 1 item\n"
         "f.yaml:5:10: error: workstream ws-a: 'tasks' must be a list of strings, not a string\n"
         "f.yaml:6:9: error: workstream ws-a: 'a b' is no tool id (letters, digits, '.', '_', "
         "'-'; 100 at most)\n"
         "f.yaml:7:7: error: workstream WS-B: 'WS-B' is no workstream id: 'ws-' and lower-case "
         "letters, digits and '-', at most 100 bytes\n"
         "f.yaml:8:20: error: workstream WS-B: 'openspec_change' must not be empty\n"
         "f.yaml:10:9: error: workstream WS-B: 'gate' must be at least 1\n"
         "f.yaml:11:23: error: workstream WS-B: path '../x' in 'files_scope' holds '..'\n"
         "f.yaml:11:29: error: workstream WS-B: an item of 'files_scope' must be a string, not an "
         "integer\n"
         "f.yaml:11:32: error: workstream WS-B: an item of 'files_scope' must not be empty\n"
         "f.yaml:14:3: error: workstream no. 3 (without id): a workstream must be a mapping, not "
         "an integer\n");
}
END_TEST

START_TEST(types_are_strict)
{
    static const char *const wrong[] = {
        ", title: 7",
        ", circuit_breaker: 3",
        ", metadata: []",
        ", metadata: {static_tools: ruff}",
        ", metadata: {static_tools: [7]}",
        ", static_tools: ruff",
        ", static_tools: [a/b]",
        ", depends_on: ws-b",
        ", depends_on: [b]",
        ", depends_on: null",
        ", acceptance_tests: ['']",
        ", acceptance_tests: [true]",
        ", files_create: [/etc/passwd]",
        ", parallel_ok: 'yes'",
        ", max_cost_usd: much",
        ", test_gates: 1",
        ", ID: ws-b",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text = ws_format("- {id: ws-a, files_scope: [a], " FIELDS "%s}\n", wrong[i]);
        struct ws_bundles b = {0};
        struct ws_diags diags = {0};

        ck_assert_int_eq(read_text(&b, &diags, "f.yaml", text), 0);
        ck_assert_msg(!b.items[0].sound && diags.len == 1 && diags.items[0].line == 1, "%s",
                      wrong[i]);
        ws_diags_release(&diags);
        ws_bundles_release(&b);
        free(text);
    }
}
END_TEST

START_TEST(a_gate_is_an_integer)
{
    static const struct {
        const char *gate, *says;
    } cases[] = {
        {"0", "must be at least 1"},
        {"-1", "must be at least 1"},
        {"-99999999999999999999", "must be at least 1"},
        {"1.0", "must be an integer"},
        {"'1'", "must be an integer"},
        {"true", "must be an integer"},
        {"99999999999999999999", "is too large a number"},
        {"1", NULL},
        {"9223372036854775807", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = ws_format("{id: ws-a, files_scope: [a], openspec_change: x, ccpm_issue: 1, "
                               "tasks: [], tool: t, gate: %s}",
                               cases[i].gate);
        struct ws_bundles b = {0};
        struct ws_diags diags = {0};

        read_text(&b, &diags, "f.yaml", text);
        ck_assert_msg(b.items[0].sound == (cases[i].says == NULL), "%s", cases[i].gate);
        ck_assert_msg(cases[i].says == NULL || strstr(diags.items[0].text, cases[i].says) != NULL,
                      "%s: %s", cases[i].gate, diags.len > 0 ? diags.items[0].text : "");
        ws_diags_release(&diags);
        ws_bundles_release(&b);
        free(text);
    }
}
END_TEST

START_TEST(a_file_may_hold_nothing_usable)
{
    says("f.json", "[]",
         "f.json:1:1: error: a bundle holds a workstream (a mapping) or a list of them, not an "
         "empty list\n");
    says("f.yaml", "# nothing\n",
         "f.yaml:1:1: error: a bundle holds a workstream (a mapping) or a list of them, not "
         "nothing (null)\n");
    says("f.yaml", "", "f.yaml:1:1: error: the file is empty\n");
    says("f.txt", "x", "f.txt:1:1: error: the name of a bundle ends with .yaml, .yml or .json\n");
}
END_TEST

START_TEST(a_folder_is_read_by_name)
{
    char *dir = enter_scratch();
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};
    struct ws_error err = {0};

    ck_assert_int_eq(mkdir("w", 0700), 0);
    write_text("w/b.yaml", ITEM("ws-b", "b.c", ""));
    write_text("w/a.json", "{");
    write_text("w/c.yml", ITEM("ws-c", "c.c", "") ITEM("ws-d", "d.c", ""));
    write_text("w/README.md", "not a bundle");
    write_text("w/.hidden.yaml", "{");
    ck_assert_int_eq(mkdir("w/sub", 0700), 0);
    ck_assert_int_eq(mkdir("w/sub.yaml", 0700), 0);
    ck_assert_int_eq(mkfifo("w/z.json", 0600), 0);
    ck_assert_int_eq(ws_bundle_read_dir(&b, "w", "shown", &diags, &err), 0);
    ck_assert_uint_eq(b.len, 3);
    ck_assert_str_eq(b.items[0].id, "ws-b");
    ck_assert_str_eq(b.items[2].id, "ws-d");
    ck_assert_uint_eq(diags.len, 3);
    ck_assert_str_eq(diags.items[0].file, "shown/a.json");
    ck_assert_str_eq(diags.items[1].file, "shown/sub.yaml");
    ck_assert_str_eq(diags.items[2].file, "shown/z.json");
    ws_diags_release(&diags);
    ck_assert_int_eq(ws_bundle_read_dir(&b, "absent", "absent", &diags, &err), -1);
    ck_assert_str_eq(err.where, "absent");
    ws_bundles_release(&b);
    leave_scratch(dir);
}
END_TEST

START_TEST(ids_are_checked)
{
    char longest[102];

    memset(longest, 'a', sizeof longest);
    memcpy(longest, "ws-", 3);
    longest[100] = '\0';
    ck_assert(ws_valid_ws_id(longest));
    longest[100] = 'a';
    longest[101] = '\0';
    ck_assert(!ws_valid_ws_id(longest));
    static const char *const bad_ws[] = {"",        "ws-",    "ws",     "a",
                                         "ws-A",    "ws-a_b", "ws-a\n", "ws-\xC3\xA4",
                                         "ws-../x", "-ws-a",  "WS-a",   "ws-a "};
    static const char *const bad_run[] = {"",    "-a", "_a",  "a.b",     "a/b",
                                          "a b", "..", "a\n", "\xC3\xA4"};

    for (size_t i = 0; i < sizeof bad_ws / sizeof *bad_ws; i++) {
        ck_assert_msg(!ws_valid_ws_id(bad_ws[i]), "%s", bad_ws[i]);
    }
    for (size_t i = 0; i < sizeof bad_run / sizeof *bad_run; i++) {
        ck_assert_msg(!ws_valid_run_id(bad_run[i]), "%s", bad_run[i]);
    }
    ck_assert(ws_valid_ws_id("ws-1--a"));
    ck_assert(ws_valid_run_id("20261122T161824Z-3f9a2c"));
    ck_assert(ws_valid_run_id("A_b-9"));
    longest[64] = '\0';
    ck_assert(ws_valid_run_id(longest));
    longest[64] = 'a';
    ck_assert(!ws_valid_run_id(longest));
}
END_TEST

RUN_TESTS("bundle", every_field_is_kept, what_is_kept_can_be_read_again,
          defaults_hold_for_what_is_absent, the_field_wins_over_metadata,
          all_errors_of_a_file_are_reported, types_are_strict, a_gate_is_an_integer,
          a_file_may_hold_nothing_usable, a_folder_is_read_by_name, ids_are_checked)
