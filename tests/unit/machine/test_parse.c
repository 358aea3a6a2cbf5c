#include "machine_text.h"

#include <ctype.h>

/* How many errors does this text give? */
static size_t count_errors(const char *text, struct ws_buf *said)
{
    struct ws_diags diags = {0};

    ws_machine_free(ws_machine_parse(text, strlen(text), "t.def", text_bindings(), &diags));
    size_t errors = ws_diags_count(&diags, WS_ERROR);

    for (size_t i = 0; i < diags.len; i++) {
        ws_diag_format(said, &diags.items[i]);
        ws_buf_putc(said, '\n');
    }
    ws_diags_release(&diags);
    return errors;
}

static void expect_findings(const char *text, const char *expected)
{
    char *found = text_findings(text);

    ck_assert_str_eq(found, expected);
    free(found);
}

START_TEST(shipped_machine_is_sound)
{
    char *text = shipped_text();
    struct ws_machine *m = text_machine(text);

    expect_findings(text, "");
    ck_assert_str_eq(m->name, "workstream");
    ck_assert_int_eq(m->state_count, 6);
    ck_assert_int_eq(m->arm_count, 28);
    ck_assert_str_eq(m->states[m->initial].name, "pending");
    ck_assert_int_eq(m->states[0].kind, WS_STATE_INITIAL);
    ck_assert_str_eq(m->states[1].handler, "edit");
    ck_assert_int_eq(m->states[1].timeout_sec, 3600);
    ck_assert_str_eq(m->states[1].doc, "The tool edits the worktree");
    ck_assert_uint_eq(m->states[1].line, 9);
    ck_assert_str_eq(m->states[4].outcome, "success");
    ck_assert_int_eq(m->states[4].kind, WS_STATE_FINAL);
    ck_assert_ptr_null(m->states[4].doc);
    ck_assert_uint_eq(m->event_count, 5);
    ck_assert_uint_eq(m->outcome_count, 2);
    ws_machine_free(m);
    free(text);
}
END_TEST

START_TEST(normal_form_spells_out_what_is_short)
{
    char *text = shipped_text();
    struct ws_machine *m = text_machine(text);
    const struct ws_state *s = &m->states[ws_machine_state(m, "editing")];
    const struct ws_arm *a = &m->arms[s->first_arm];

    ck_assert_int_eq(s->arm_count, 8);
    ck_assert_str_eq(a[0].event, "timeout");
    ck_assert_str_eq(a[5].event, "interrupted");
    ck_assert_int_eq(a[5].max, 3);
    ck_assert_int_eq(a[5].spent_of, WS_NONE);
    ck_assert_str_eq(a[6].event, "interrupted");
    ck_assert_int_eq(a[6].max, 0);
    ck_assert_int_eq(a[6].spent_of, s->first_arm + 5);
    ck_assert_int_eq(a[6].to, ws_machine_state(m, "failed"));
    ck_assert_str_eq(a[7].event, "cancel");
    ck_assert_uint_eq(a[7].line, 41);
    ws_machine_free(m);
    free(text);
}
END_TEST

/* A letter lost, doubled, changed or swapped with the next one, at each place of the shipped file
 * in turn, is at most one error: the words of other lines that depend on it are not complained of.
 */
static void mutate(char *out, const char *text, size_t at, int way)
{
    size_t tail = strlen(text) - at + 1;

    memcpy(out, text, at);
    memcpy(out + at + (way == 1), text + at + (way == 0), tail - (way == 0));
    if (way == 1) {
        out[at] = text[at];
    } else if (way == 2) {
        out[at] = text[at] == 'q' ? 'z' : 'q';
    } else if (way == 3) {
        out[at] = text[at + 1];
        out[at + 1] = text[at];
    }
}

START_TEST(one_typo_is_at_most_one_error)
{
    char *text = shipped_text();
    size_t len = strlen(text), wrong = 0;
    char *typo = ws_alloc(len + 2);
    struct ws_buf said = {0};

    for (size_t at = 0; at + 1 < len; at++) {
        if (strchr(" \n\"", text[at]) != NULL ||
            (_i == 3 && strchr(" \n\"", text[at + 1]) != NULL)) {
            continue; /* between two words it would be two typos */
        }
        mutate(typo, text, at, _i);
        ws_buf_clear(&said);
        if (count_errors(typo, &said) > 1) {
            fprintf(stderr, "typo %d at byte %zu ('%.20s'):\n%s", _i, at, text + at,
                    ws_buf_str(&said));
            wrong++;
        }
    }
    ck_assert_uint_eq(wrong, 0);
    ws_buf_release(&said);
    free(typo);
    free(text);
}
END_TEST

/* A line that is missing or stands twice: one mistake, too. A lost `state` or `final` line is more
 * than that. */
/* A word lost, doubled, in capitals, or another one. */
static void mutate_word(struct ws_buf *out, const char *text, const char *word, size_t len, int way)
{
    ws_buf_clear(out);
    ws_buf_add(out, text, (size_t)(word - text));
    if (way == 1) {
        ws_buf_add(out, word, len);
        ws_buf_putc(out, ' ');
        ws_buf_add(out, word, len);
    } else if (way == 3) {
        ws_buf_puts(out, "zzqq");
    }
    for (size_t i = 0; way == 2 && i < len; i++) {
        ws_buf_putc(out, (char)toupper((unsigned char)word[i]));
    }
    ws_buf_puts(out, word + len);
}

START_TEST(one_wrong_word_is_at_most_one_error)
{
    char *text = shipped_text();
    struct ws_buf said = {0}, changed = {0};

    for (const char *word = text; *word != '\0'; word += strcspn(word, " \n")) {
        word += strspn(word, " \n");
        size_t len = *word == '"' ? strcspn(word + 1, "\"") + 2 : strcspn(word, " \n");

        ws_buf_clear(&said);
        mutate_word(&changed, text, word, len, _i);
        ck_assert_msg(count_errors(ws_buf_str(&changed), &said) <= 1, "%.*s gives\n%s", (int)len,
                      word, ws_buf_str(&said));
        word += *word == '"' ? len : 0;
    }
    ws_buf_release(&said);
    ws_buf_release(&changed);
    free(text);
}
END_TEST

START_TEST(one_line_is_at_most_one_error)
{
    char *text = shipped_text();
    struct ws_buf said = {0}, changed = {0};

    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n") + 1;

        bool opens = strncmp(line, "state", 5) == 0 || strncmp(line, "final", 5) == 0;

        if ((_i == 1 || !opens) && strncmp(line, "events", 6) != 0 &&
            strncmp(line, "outcomes", 8) != 0) {
            ws_buf_clear(&changed);
            ws_buf_clear(&said);
            ws_buf_add(&changed, text, (size_t)(line - text));
            for (int i = 0; i < 2 * _i; i++) {
                ws_buf_add(&changed, line, len);
            }
            ws_buf_puts(&changed, line + len);
            ck_assert_msg(count_errors(ws_buf_str(&changed), &said) <= 1, "%.*s gives\n%s",
                          (int)len, line, ws_buf_str(&said));
        }
        line += len;
    }
    ws_buf_release(&said);
    ws_buf_release(&changed);
    free(text);
}
END_TEST

/* Two mistakes are two errors, in the order of the file, whatever check finds them. */
START_TEST(all_mistakes_are_reported_in_order)
{
    char *text = shipped_text();
    char *one = with(text, "-> runtime_check", "-> runtime_chek");
    char *two = with(one, "timeout 60m", "timeout 60");
    char *three = with(two, "[in_scope]", "[in_scop]");

    expect_findings(
        three,
        "t.def:11:13: error: '60' is not a duration; write a whole number and s, m, h or d, "
        "from 1s to 30d [E004]\n"
        "t.def:21:25: error: unknown state 'runtime_chek'; did you mean 'runtime_check'? [E020]\n"
        "t.def:30:16: error: unknown guard 'in_scop'; did you mean 'in_scope'? [E022]\n");
    free(one);
    free(two);
    free(three);
    free(text);
}
END_TEST

START_TEST(an_unknown_name_is_reported_once)
{
    char *text = shipped_text();
    char *changed = with(text, "final failed failure", "final fell failure");

    expect_findings(changed, "t.def:11:20: error: unknown state 'failed' [E020]\n");
    free(changed);
    free(text);
}
END_TEST

START_TEST(a_state_with_an_unreadable_name_is_one_error)
{
    char *text = shipped_text();
    char *changed = with(text, "state static_check", "state 2nd");

    expect_findings(changed, "t.def:18:7: error: expected a state name, found '2nd' [E002]\n");
    free(changed);
    free(text);
}
END_TEST

START_TEST(an_engine_event_in_another_case_is_not_declared)
{
    char *text = shipped_text();
    char *changed = with(text, "events   passed", "events Cancel passed");

    expect_findings(changed, "t.def:3:8: error: event 'Cancel' and the engine's 'cancel' differ "
                             "only in case [E012]\n");
    free(changed);
    free(text);
}
END_TEST

START_TEST(a_from_may_stand_before_the_head)
{
    char *text = shipped_text();
    char *without = with(text, "\nfrom * on cancel -> failed", "");
    char *changed = with(without, "machine ", "from * on cancel -> failed\nmachine ");

    expect_findings(changed, "");
    free(changed);
    free(without);
    free(text);
}
END_TEST

START_TEST(findings_are_limited)
{
    struct ws_buf text = {0};
    struct ws_diags diags = {0};

    for (int i = 0; i < 500; i++) {
        ws_buf_printf(&text, "nonsense%d\n", i);
    }
    ck_assert_ptr_null(
        ws_machine_parse(ws_buf_str(&text), text.len, "t.def", text_bindings(), &diags));
    ck_assert_uint_eq(diags.len, WS_DIAGS_MAX);
    ck_assert_uint_eq(diags.items[49].line, 50);
    ws_diags_release(&diags);
    ws_buf_release(&text);
}
END_TEST

/* More warnings than are shown do not hide the one error behind them. */
START_TEST(errors_go_before_warnings)
{
    struct ws_buf text = {0};
    struct ws_diags diags = {0};

    ws_buf_puts(&text,
                "machine m\noutcomes success\nevents passed failed could_not_run\ninitial a\n"
                "state a\n on start -> b\nstate b\n tool");
    for (int i = 0; i < 100; i++) {
        ws_buf_printf(&text, " none%d", i);
    }
    ws_buf_puts(
        &text, "\n timeout none\nfinal c success\nfrom * on passed -> c\nfrom * on failed -> c\n"
               "from * on could_not_run -> c\nfrom * on interrupted -> c\nfrom * on cancel -> d\n");
    ck_assert_ptr_null(
        ws_machine_parse(ws_buf_str(&text), text.len, "t.def", text_bindings(), &diags));
    ck_assert_uint_eq(diags.len, WS_DIAGS_MAX);
    ck_assert_str_eq(diags.items[0].code, "W024");
    ck_assert_str_eq(diags.items[WS_DIAGS_MAX - 1].code, "E020");
    ws_diags_release(&diags);
    ws_buf_release(&text);
}
END_TEST

START_TEST(findings_are_appended)
{
    struct ws_diags diags = {0};

    ws_diag_add(&diags, WS_WARNING, NULL, "other", 1, 1, "from before");
    ck_assert_ptr_null(
        ws_machine_parse("machine m\nmachine n\n", 20, "t.def", text_bindings(), &diags));
    ck_assert_str_eq(diags.items[0].text, "from before");
    ck_assert_str_eq(diags.items[1].code, "E010");
    ws_diags_release(&diags);
}
END_TEST

/* A chain of `count` states, each leading to the next. */
static char *chain(int count)
{
    struct ws_buf text = {0};

    ws_buf_puts(&text,
                "machine m\noutcomes success\nevents passed failed could_not_run\ninitial s0\n"
                "state s0\n on start -> s1\n");
    for (int i = 1; i < count - 1; i++) {
        ws_buf_printf(&text, "state s%d\n tool ruff\n timeout none\n on passed -> s%d\n", i, i + 1);
    }
    ws_buf_printf(&text, "final s%d success\n", count - 1);
    ws_buf_printf(&text, "from * on failed -> s%d\nfrom * on could_not_run -> s%d\n", count - 1,
                  count - 1);
    ws_buf_printf(&text, "from * on interrupted -> s%d\nfrom * on cancel -> s%d\n", count - 1,
                  count - 1);
    return ws_buf_steal(&text);
}

START_TEST(states_are_limited)
{
    static const struct ws_bindings none;
    char *most = chain(WS_STATES_MAX), *more = chain(WS_STATES_MAX + 1);
    struct ws_diags diags = {0};
    struct ws_machine *m = ws_machine_parse(most, strlen(most), "t.def", &none, &diags);

    ck_assert_uint_eq(diags.len, 0);
    ck_assert_int_eq(m->state_count, WS_STATES_MAX);
    ck_assert_uint_eq(ws_machine_longest_run(m), WS_STATES_MAX - 1);
    ws_machine_free(m);

    ck_assert_ptr_null(ws_machine_parse(more, strlen(more), "t.def", &none, &diags));
    ck_assert_uint_eq(diags.len, 1);
    ck_assert_str_eq(diags.items[0].code, "E007");
    ws_diags_release(&diags);
    free(most);
    free(more);
}
END_TEST

START_TEST(any_bytes_end_in_findings)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "#",
                                        "\"",
                                        "->",
                                        "state",
                                        "final",
                                        "from",
                                        "from *",
                                        "on",
                                        "on x [",
                                        "state a\non",
                                        "state a\ntimeout",
                                        "state a\ntool",
                                        "final a b\nfinal a",
                                        "from * except",
                                        "from * except on",
                                        "initial",
                                        "\xff\xfe",
                                        "]",
                                        "state \"",
                                        "- > -",
                                        "state a\non x [!",
                                        "state a\non x -> y max"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ws_diags diags = {0};

        ck_assert_ptr_null(
            ws_machine_parse(texts[i], strlen(texts[i]), "t.def", text_bindings(), &diags));
        ck_assert_uint_ge(ws_diags_count(&diags, WS_ERROR), 1);
        for (size_t j = 0; j < diags.len; j++) {
            ck_assert_uint_ge(diags.items[j].line, 1);
            ck_assert_uint_ge(diags.items[j].col, 1);
        }
        ws_diags_release(&diags);
    }
}
END_TEST

/* The shipped file cut at each byte, and with each byte a NUL: no crash, and a place for each
 * error. */
START_TEST(a_cut_file_ends_in_findings)
{
    char *text = shipped_text();
    size_t len = strlen(text);

    for (size_t cut = 0; cut < len; cut += 3) {
        char kept = text[cut];
        char *exact = ws_alloc(cut + 1);

        memcpy(exact, text, cut);
        free(text_findings_n(exact, cut, text_bindings()));
        text[cut] = '\0';
        free(text_findings_n(text, len, text_bindings()));
        text[cut] = kept;
        free(exact);
    }
    free(text);
}
END_TEST

START_TEST(bindings_may_be_absent)
{
    char *text = shipped_text();
    char *changed = with(text, "do      static", "do      anything");
    char *found = text_findings_n(changed, strlen(changed), NULL);

    ck_assert_str_eq(found, "");
    free(found);
    free(changed);
    free(text);
}
END_TEST

START_TEST(spacing_is_free)
{
    static const char tight[] =
        "machine m#c\noutcomes success\nevents passed failed no_change could_not_run\n"
        "\tinitial\ta\nstate a\"doc # not a comment\"#c\non start->b\nstate b\ndo edit\n"
        "timeout 1s->c\non passed[in_scope]->c\non passed[!small]->b max 1000 then c\n"
        "on passed->c\nfinal c success\nfrom*on failed->c\nfrom*on no_change->c\n"
        "from*on could_not_run->c\nfrom*on interrupted->c\nfrom *except a on cancel->c";
    struct ws_machine *m = text_machine(tight);
    const struct ws_state *b = &m->states[1];

    ck_assert_str_eq(m->states[0].doc, "doc # not a comment");
    ck_assert_int_eq(b->timeout_sec, 1);
    ck_assert(m->arms[b->first_arm + 2].guard_negated);
    ck_assert_int_eq(m->arms[b->first_arm + 2].max, 1000);
    ck_assert_int_eq(m->states[0].arm_count, 5);
    ws_machine_free(m);
}
END_TEST

START_TEST(names_may_be_keywords_of_the_language)
{
    static const char text[] =
        "machine state\noutcomes success\nevents passed failed no_change could_not_run\n"
        "initial on\nstate on\n on start -> timeout\nstate timeout\n do edit\n timeout none\n"
        " on passed -> final\nfinal final success\nfrom * except on on cancel -> final\n"
        "from * on failed -> final\nfrom * on no_change -> final\n"
        "from * on could_not_run -> final\nfrom * on interrupted -> final\n";
    struct ws_machine *m = text_machine(text);

    ck_assert_str_eq(m->states[m->initial].name, "on");
    ws_machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parse");
    TCase *tc = tcase_create("parse");

    tcase_add_test(tc, shipped_machine_is_sound);
    tcase_add_test(tc, normal_form_spells_out_what_is_short);
    tcase_add_loop_test(tc, one_typo_is_at_most_one_error, 0, 4);
    tcase_add_loop_test(tc, one_wrong_word_is_at_most_one_error, 0, 4);
    tcase_add_loop_test(tc, one_line_is_at_most_one_error, 0, 2);
    tcase_add_test(tc, all_mistakes_are_reported_in_order);
    tcase_add_test(tc, an_unknown_name_is_reported_once);
    tcase_add_test(tc, a_state_with_an_unreadable_name_is_one_error);
    tcase_add_test(tc, an_engine_event_in_another_case_is_not_declared);
    tcase_add_test(tc, a_from_may_stand_before_the_head);
    tcase_add_test(tc, findings_are_limited);
    tcase_add_test(tc, errors_go_before_warnings);
    tcase_add_test(tc, findings_are_appended);
    tcase_add_test(tc, states_are_limited);
    tcase_add_test(tc, any_bytes_end_in_findings);
    tcase_add_test(tc, a_cut_file_ends_in_findings);
    tcase_add_test(tc, bindings_may_be_absent);
    tcase_add_test(tc, spacing_is_free);
    tcase_add_test(tc, names_may_be_keywords_of_the_language);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
