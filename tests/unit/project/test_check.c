#include "base/suite.h"
#include "reading.h"

static bool knows_echo(void *payload, const char *id)
{
    (void)payload;
    return strcmp(id, "echo") == 0;
}

static void between(const char *text, struct ws_between how, size_t errors, const char *expected)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    read_text(&b, &diags, "f.yaml", text);
    ck_assert_uint_eq(diags.len, 0);
    ck_assert_uint_eq(ws_bundles_check(&b, &how, &diags), errors);
    assert_said(&diags, expected);
    ws_bundles_release(&b);
}

static const struct ws_between plain;

START_TEST(sound_together)
{
    between(ITEM("ws-a", "a.c", "") ITEM("ws-b", "b.c", ", depends_on: [ws-a]"), plain, 0, "");
}
END_TEST

START_TEST(an_id_stands_once)
{
    between(ITEM("ws-a", "a.c", "") ITEM("ws-b", "b.c", "") ITEM("ws-a", "a.c", ""), plain, 1,
            "f.yaml:3:8: error: workstream ws-a: the id is declared already in f.yaml:1:8\n");
}
END_TEST

START_TEST(dependencies_are_known)
{
    static const char text[] = ITEM("ws-alpha", "a.c", "")
        ITEM("ws-b", "b.c", ", depends_on: [ws-alpha, ws-alpah, ws-else]");

    between(text, plain, 2,
            "f.yaml:2:132: error: workstream ws-b: depends on 'ws-alpah', which no bundle "
            "declares; did you mean 'ws-alpha'?\n"
            "f.yaml:2:142: error: workstream ws-b: depends on 'ws-else', which no bundle "
            "declares\n");
    between(text, (struct ws_between){.alone = true}, 0,
            "f.yaml:2:132: note: workstream ws-b: depends on 'ws-alpah', which is not declared in "
            "this file\n"
            "f.yaml:2:142: note: workstream ws-b: depends on 'ws-else', which is not declared in "
            "this file\n");
}
END_TEST

START_TEST(cycles_are_printed)
{
    between(ITEM("ws-a", "a.c", ", depends_on: [ws-a]"), plain, 1,
            "f.yaml:1:122: error: workstream ws-a: dependency cycle: ws-a -> ws-a\n");
    between(ITEM("ws-a", "a.c", ", depends_on: [ws-b]") ITEM("ws-b", "b.c", ", depends_on: [ws-c]")
                ITEM("ws-c", "c.c", ", depends_on: [ws-d, ws-b]") ITEM("ws-d", "d.c", ""),
            plain, 1,
            "f.yaml:3:128: error: workstream ws-c: dependency cycle: ws-b -> ws-c -> ws-b\n");
}
END_TEST

START_TEST(a_long_chain_is_walked)
{
    struct ws_buf text = {0};
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    for (int i = 0; i < 1500; i++) {
        ws_buf_printf(&text, "- {id: ws-%d, files_scope: [f%d], " FIELDS ", depends_on: [ws-%d]}\n",
                      i, i, (i + 1) % 1500);
    }
    read_text(&b, &diags, "f.yaml", ws_buf_str(&text));
    ck_assert_uint_eq(b.len, 1500);
    ck_assert_uint_eq(ws_bundles_check(&b, &plain, &diags), 1);
    ck_assert_ptr_nonnull(strstr(diags.items[0].text, "ws-1499 -> ws-0"));
    ws_diags_release(&diags);
    ws_bundles_release(&b);
    ws_buf_release(&text);
}
END_TEST

START_TEST(scopes_do_not_overlap)
{
    between(ITEM("ws-a", "x, src/", "") ITEM("ws-b", "y, src/b.c", ""), plain, 1,
            "f.yaml:2:31: error: workstream ws-b: files_scope 'src/b.c' overlaps with 'src/' of "
            "workstream ws-a (f.yaml:1:31)\n");
}
END_TEST

START_TEST(the_base_tree_shows_overlaps)
{
    static const char *const paths[] = {"README", "src/a.c", "src/deep/a.c", NULL};
    static const char text[] = ITEM("ws-a", "src/**/a*", "") ITEM("ws-b", "'**/*.c'", "");
    struct ws_tree_view tree = tree_of(paths);

    between(text, plain, 0, "");
    between(text, (struct ws_between){.tree = &tree}, 1,
            "f.yaml:2:28: error: workstream ws-b: files_scope '**/*.c' overlaps with 'src/**/a*' "
            "of workstream ws-a (f.yaml:1:28), both cover src/a.c\n");
}
END_TEST

/* That is no finding, and other findings are told all the same. */
static void assert_unread(const char *text, const struct ws_tree_view *tree, const char *where)
{
    const struct ws_between how = {.tree = tree};
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};
    struct ws_error err = {0};

    read_text(&b, &diags, "f.yaml", text);
    ck_assert_uint_eq(ws_bundles_check(&b, &how, &diags), 1);
    ck_assert_int_eq(ws_diags_all_read(&diags, &err), -1);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_str_eq(err.where, where);
    assert_said(&diags, "f.yaml:2:8: error: workstream ws-a: the id is declared already in "
                        "f.yaml:1:8\n");
    ws_bundles_release(&b);
}

START_TEST(a_base_tree_that_cannot_be_read_is_no_finding)
{
    const struct ws_tree_view looks = {.look = broken_look}, walks = {.walk = broken_walk};

    assert_unread(ITEM("ws-a", "docs", "") ITEM("ws-a", "src/lib", ""), &looks, "src/lib");
    assert_unread(ITEM("ws-a", "'R*'", "") ITEM("ws-a", "'*/*E'", ""), &walks, "src");
}
END_TEST

START_TEST(tools_without_a_profile_are_warned_of)
{
    between("- {id: ws-a, files_scope: [a], openspec_change: x, ccpm_issue: 1, gate: 1, tasks: [],"
            " tool: ecco, static_tools: [echo, lint]}\n",
            (struct ws_between){.has_tool = knows_echo}, 0,
            "f.yaml:1:93: warning: workstream ws-a: there is no profile for the tool 'ecco'\n"
            "f.yaml:1:120: warning: workstream ws-a: there is no profile for the tool 'lint'\n");
}
END_TEST

/* Nothing but what is said between them, in one file more than the first. */
static void between_files(const char *one, const char *two, size_t errors, const char *expected)
{
    char *dir = enter_scratch();
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    write_text("f.yaml", one);
    write_text("g.yaml", two);
    ws_bundle_read(&b, "f.yaml", "f.yaml", &diags);
    ws_bundle_read(&b, "g.yaml", "g.yaml", &diags);
    ck_assert_uint_gt(diags.len, 0);
    ws_diags_release(&diags);
    ck_assert_uint_eq(ws_bundles_check(&b, &plain, &diags), errors);
    assert_said(&diags, expected);
    ws_bundles_release(&b);
    leave_scratch(dir);
}

START_TEST(the_unsound_are_checked_by_what_is_known_of_them)
{
    between_files(ITEM("ws-a", "a", ""), "- {id: ws-a}\n- 7\n", 1,
                  "g.yaml:1:8: error: workstream ws-a: the id is declared already in f.yaml:1:8\n");
    between_files(ITEM("ws-a", "a", ", depends_on: [ws-b]"),
                  ITEM("ws-b", "b", ", depends_on: [ws-none, ws-a], foo: 1"), 2,
                  "g.yaml:1:120: error: workstream ws-b: depends on 'ws-none', which no bundle "
                  "declares\n"
                  "g.yaml:1:129: error: workstream ws-b: dependency cycle: ws-a -> ws-b -> ws-a\n");
    between_files(ITEM("ws-a", "src/", ""), ITEM("ws-b", "b, src/b.c", ", foo: 1"), 1,
                  "g.yaml:1:31: error: workstream ws-b: files_scope 'src/b.c' overlaps with 'src/' "
                  "of workstream ws-a (f.yaml:1:28)\n");
}
END_TEST

START_TEST(one_error_brings_no_other)
{
    /* The field itself is not known. */
    between_files(ITEM("ws-a", "src/", ""), ITEM("ws-b", "src/b.c, ../x", ""), 0, "");
    between_files(ITEM("ws-a", "src/", ""), ITEM("ws-b", "src/b.c", ", files_scope: [b]"), 0, "");
    between_files(ITEM("ws-a", "a", ""), ITEM("ws-b", "b", ", depends_on: [ws-none, 'no id']"), 0,
                  "");
    between_files(ITEM("ws-a", "a", ", depends_on: [ws-b]"),
                  ITEM("ws-b", "b", ", depends_on: [ws-a, 7]"), 0, "");
    /* The id stands in a document that has an error elsewhere. */
    between_files(ITEM("ws-a", "a", ", depends_on: [ws-b]"), ITEM("ws-b", "b", ", gate: 2"), 0, "");
    /* What cannot be read may declare it. */
    between_files(
        ITEM("ws-a", "a", ", depends_on: [ws-b]"), "- {id: ws-b", 0,
        "f.yaml:1:120: note: workstream ws-a: depends on 'ws-b', which no bundle that can "
        "be read declares\n");
    between_files(
        ITEM("ws-a", "a", ", depends_on: [ws-b]"), ITEM("WS-B", "b", ""), 0,
        "f.yaml:1:120: note: workstream ws-a: depends on 'ws-b', which no bundle that can "
        "be read declares\n");
}
END_TEST

static void find(const char *text, const char *id, enum ws_code code, const char *where,
                 const char *message)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};
    struct ws_error err = {0};

    read_text(&b, &diags, "f.yaml", text);
    const struct ws_workstream *w = ws_bundles_find(&b, id, &diags, &err);

    ck_assert_int_eq(err.code, code);
    if (code == WS_E_OK) {
        ck_assert_ptr_nonnull(w);
        ck_assert_str_eq(w->id, id);
    } else {
        ck_assert_ptr_null(w);
        ck_assert_str_eq(err.where, where);
        ck_assert_str_eq(err.message, message);
    }
    ws_diags_release(&diags);
    ws_bundles_release(&b);
}

START_TEST(the_one_that_is_asked_for)
{
    find(ITEM("ws-a", "a", "") ITEM("ws-b", "b", ""), "ws-b", WS_E_OK, "", "");
    find(ITEM("ws-alpha", "a", ""), "ws-alhpa", WS_E_UNKNOWN_ID, "ws-alhpa",
         "no bundle declares this workstream; did you mean 'ws-alpha'?");
    find(ITEM("ws-a", "a", "") ITEM("ws-a", "b", ""), "ws-a", WS_E_BUNDLE, "ws-a",
         "declared twice: f.yaml:1:8 and f.yaml:2:8");
    find(ITEM("ws-ab", "a", ", x: 1") ITEM("ws-a", "a", ", y: 1"), "ws-a", WS_E_BUNDLE,
         "f.yaml:2:107", "workstream ws-a: unknown field 'y'");
    /* Trouble elsewhere does not matter. */
    find(ITEM("ws-ab", "a", ", x: 1") ITEM("ws-a", "a", ""), "ws-a", WS_E_OK, "", "");
}
END_TEST

START_TEST(the_one_that_is_asked_for_may_be_hidden)
{
    find(
        "- {id: ws-a\n", "ws-a", WS_E_BUNDLE, "f.yaml:1:3",
        "did not find expected ',' or '}' while parsing a flow mapping; no bundle that can be read "
        "declares 'ws-a'");
    find(ITEM("ws-alpha", "a", "") ITEM("WS-BETA", "b", ""), "ws-alhpa", WS_E_BUNDLE, "f.yaml:2:8",
         "workstream WS-BETA: 'WS-BETA' is no workstream id: 'ws-' and lower-case letters, digits "
         "and '-', at most 100 bytes; no bundle that can be read declares 'ws-alhpa'; did you mean "
         "'ws-alpha'?");
    /* Every id of the file is known. */
    find(ITEM("ws-alpha", "a", ", x: 1"), "ws-zzz", WS_E_UNKNOWN_ID, "ws-zzz",
         "no bundle declares this workstream; there is only 'ws-alpha'");
    /* The document is flawed. */
    find(ITEM("ws-a", "a", ", gate: 2"), "ws-a", WS_E_BUNDLE, "f.yaml:1:107",
         "workstream ws-a: duplicate key 'gate'");
    find(ITEM("ws-a", "a", "") ITEM("ws-b", "b", ", gate: 2"), "ws-a", WS_E_BUNDLE, "f.yaml:2:107",
         "workstream ws-b: duplicate key 'gate'");
    find(ITEM("ws-a", "a", "") ITEM("ws-a", "b", ", gate: 2"), "ws-a", WS_E_BUNDLE, "ws-a",
         "declared twice: f.yaml:1:8 and f.yaml:2:8");
}
END_TEST

RUN_TESTS("check", sound_together, an_id_stands_once, dependencies_are_known, cycles_are_printed,
          a_long_chain_is_walked, scopes_do_not_overlap, the_base_tree_shows_overlaps,
          a_base_tree_that_cannot_be_read_is_no_finding, tools_without_a_profile_are_warned_of,
          the_unsound_are_checked_by_what_is_known_of_them, one_error_brings_no_other,
          the_one_that_is_asked_for, the_one_that_is_asked_for_may_be_hidden)
