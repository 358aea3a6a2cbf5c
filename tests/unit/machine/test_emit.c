#include "random_def.h"
#include "wsfsm/machine/emit.h"

static char *emitted(const struct ws_machine *m,
                     void (*emit)(struct ws_buf *, const struct ws_machine *))
{
    struct ws_buf out = {0};

    emit(&out, m);
    return ws_buf_steal(&out);
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no '%s' in:\n%s", part, text);
}

static size_t count_in(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

static struct ws_machine *shipped(void)
{
    char *text = shipped_text();
    struct ws_machine *m = text_machine(text);

    free(text);
    return m;
}

/* Parsing what was written gives the same machine, and writing it again the same text. */
static void check_round_trip(const struct ws_machine *m)
{
    char *first = emitted(m, ws_emit_def), *second;
    struct ws_machine *again = text_machine(first);

    second = emitted(again, ws_emit_def);
    ck_assert_msg(strcmp(m->digest, again->digest) == 0, "the digest changed by:\n%s", first);
    ck_assert_str_eq(first, second);
    ck_assert_str_eq(m->name, again->name);
    for (int i = 0; i < m->state_count; i++) {
        ck_assert_pstr_eq(m->states[i].doc, again->states[i].doc);
    }
    free(first);
    free(second);
    ws_machine_free(again);
}

START_TEST(def_of_the_shipped_machine_comes_back)
{
    struct ws_machine *m = shipped();

    check_round_trip(m);
    ws_machine_free(m);
}
END_TEST

START_TEST(def_of_any_machine_comes_back)
{
    int tried = 0;

    for (unsigned seed = 1; seed <= 500; seed++) {
        struct ws_machine *m = random_machine(seed);

        if (m != NULL) {
            check_round_trip(m);
            tried++;
        }
        ws_machine_free(m);
    }
    ck_assert_int_ge(tried, 200);
}
END_TEST

START_TEST(dot_has_states_and_merged_edges)
{
    struct ws_machine *m = shipped();
    char *dot = emitted(m, ws_emit_dot);

    expect_in(dot, "digraph \"workstream\" {\n");
    expect_in(dot, "    \"pending\" [shape=circle, tooltip=\"Declared, nothing done yet\"];\n");
    expect_in(dot, "    \"done\" [shape=doublecircle];\n");
    expect_in(
        dot,
        "    \"runtime_check\" -> \"done\" [label=\"passed [in_scope]\\nskipped [in_scope]\"];\n");
    expect_in(dot, "    \"editing\" -> \"editing\" [label=\"interrupted max 3\"];\n");
    ck_assert_uint_eq(count_in(dot, "\"editing\" -> \"failed\""), 1);
    ck_assert_str_eq(dot + strlen(dot) - 2, "}\n");
    free(dot);
    ws_machine_free(m);
}
END_TEST

START_TEST(dot_quotes_what_it_must)
{
    static const char text[] =
        "machine node\noutcomes success\nevents passed failed no_change could_not_run\n"
        "initial edge\nstate edge \"a \\ b\"\n on start -> graph\nfinal graph success\n";
    static const struct ws_bindings none;
    struct ws_diags diags = {0};
    struct ws_machine *m = ws_machine_parse(text, strlen(text), "t.def", &none, &diags);
    char *dot = emitted(m, ws_emit_dot);

    expect_in(dot, "\"edge\" [shape=circle, tooltip=\"a \\\\ b\"];");
    free(dot);
    ws_diags_release(&diags);
    ws_machine_free(m);
}
END_TEST

START_TEST(mermaid_uses_ids_of_its_own)
{
    struct ws_machine *m = shipped();
    char *text = emitted(m, ws_emit_mermaid);

    ck_assert_int_eq(strncmp(text, "stateDiagram-v2\n", 16), 0);
    expect_in(text, "    state \"editing\" as s1\n");
    expect_in(text, "    [*] --> s0\n");
    expect_in(text, "    s0 --> s1 : start\n");
    expect_in(text, "    s2 --> s3 : passed, skipped\n");
    expect_in(text, "    s4 --> [*] : success\n");
    ck_assert_uint_eq(count_in(text, "s1 --> s5"), 1);
    free(text);
    ws_machine_free(m);
}
END_TEST

START_TEST(json_says_it_all)
{
    struct ws_machine *m = shipped();
    char *json = emitted(m, ws_emit_json);

    expect_in(json, "\"machine\":\"workstream\"");
    expect_in(json, m->digest);
    expect_in(json, "\"longest_run\":13");
    expect_in(json, "\"initial\":\"pending\"");
    expect_in(json,
              "\"events\":[\"passed\",\"failed\",\"skipped\",\"no_change\",\"could_not_run\"]");
    expect_in(json, "\"arm\":7,\"from\":\"editing\",\"event\":\"interrupted\",\"guard\":null,"
                    "\"guard_negated\":false,"
                    "\"to\":\"editing\",\"max\":3,\"spent_of\":null");
    expect_in(json, "\"arm\":8,\"from\":\"editing\",\"event\":\"interrupted\",\"guard\":null,"
                    "\"guard_negated\":false,"
                    "\"to\":\"failed\",\"max\":null,\"spent_of\":7");
    ck_assert_uint_eq(count_in(json, "\"kind\":"), 6);
    ck_assert_uint_eq(count_in(json, "\"arm\":"), 28);
    free(json);
    ws_machine_free(m);
}
END_TEST

START_TEST(table_is_aligned)
{
    struct ws_machine *m = shipped();
    char *table = emitted(m, ws_emit_table);

    expect_in(table, "longest run: 13 transitions\n");
    expect_in(table, "\nSTATE          DOES           TIMEOUT  DESCRIPTION\n");
    expect_in(table, "\nediting        do edit        1h       The tool edits the worktree\n");
    expect_in(table, "\ndone           final success\n");
    expect_in(table, "\nFROM           EVENT          GUARD       TO             BOUND\n");
    expect_in(table, "\nediting        interrupted                editing        max 3\n");
    expect_in(table, "\nediting        interrupted                failed         after 3\n");
    ck_assert_uint_eq(count_in(table, " \n"), 0);
    free(table);
    ws_machine_free(m);
}
END_TEST

START_TEST(markdown_is_the_page)
{
    struct ws_machine *m = shipped();
    char *page = emitted(m, ws_emit_markdown), *diagram = emitted(m, ws_emit_mermaid);

    expect_in(page, "<!-- Generated by fsmgen from fsm/states.def; do not edit. -->\n");
    expect_in(page, "at most **13 transitions**");
    expect_in(page, m->digest);
    expect_in(page, diagram);
    expect_in(page, "| 19 | `runtime_check` | `passed` | `in_scope` | `done` |  |\n");
    expect_in(page,
              "| 26 | `runtime_check` | `interrupted` |  | `failed` | once arm 25 is spent |\n");
    free(diagram);
    free(page);
    ws_machine_free(m);
}
END_TEST

START_TEST(markdown_escapes_descriptions)
{
    char *text = shipped_text();
    char *changed = with(text, "The tool edits the worktree", "a | b <i> & `c` *d* _e_ [f]");
    struct ws_machine *m = text_machine(changed);
    char *page = emitted(m, ws_emit_markdown);

    expect_in(page, "a \\| b &lt;i> &amp; \\`c\\` \\*d\\* \\_e\\_ \\[f]");
    free(page);
    ws_machine_free(m);
    free(changed);
    free(text);
}
END_TEST

START_TEST(copy_is_the_same_machine)
{
    char *text = shipped_text();
    char *changed = with(text, "do      static", "tool    ruff");
    char *sound = with(changed, "    on skipped       -> runtime_check\n", "");
    struct ws_machine *m = text_machine(sound);
    struct ws_machine *copy = ws_machine_copy(m);
    char *before = emitted(m, ws_emit_json), *after;
    char digest[WS_HASH_HEX];

    ws_machine_free(m);
    after = emitted(copy, ws_emit_json);
    ck_assert_str_eq(before, after);
    ws_machine_digest(digest, copy);
    ck_assert_str_eq(digest, copy->digest);
    ws_machine_free(copy);
    free(after);
    free(before);
    free(sound);
    free(changed);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("emit");
    TCase *tc = tcase_create("emit");

    tcase_add_test(tc, def_of_the_shipped_machine_comes_back);
    tcase_add_test(tc, def_of_any_machine_comes_back);
    tcase_add_test(tc, dot_has_states_and_merged_edges);
    tcase_add_test(tc, dot_quotes_what_it_must);
    tcase_add_test(tc, mermaid_uses_ids_of_its_own);
    tcase_add_test(tc, json_says_it_all);
    tcase_add_test(tc, table_is_aligned);
    tcase_add_test(tc, markdown_is_the_page);
    tcase_add_test(tc, markdown_escapes_descriptions);
    tcase_add_test(tc, copy_is_the_same_machine);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
