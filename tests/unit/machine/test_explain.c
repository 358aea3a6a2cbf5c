/* Each 'wrong' example gives its code and nothing else, each 'right' one nothing at all: the
 * fragments are put into a machine that has what they lack. */
#include "machine_text.h"

static const char *const edit_events[] = {"passed", "failed", "no_change", "could_not_run", NULL};
static const struct ws_handler_decl handlers[] = {{"edit", edit_events, "handlers.h", 1}};
static const char *const guards[] = {"in_scope"};
static const struct ws_bindings bindings = {handlers, 1, guards, 1, text_has_tool, NULL};

/* Does a line of the fragment begin with these words? */
static bool says(const char *fragment, const char *words)
{
    const char *line = fragment;

    while (line != NULL && *line != '\0') {
        line += strspn(line, " \n");
        if (strncmp(line, words, strlen(words)) == 0 &&
            strchr(" \n", line[strlen(words)]) != NULL) {
            return true;
        }
        line = strchr(line, '\n');
    }
    return false;
}

static void add_unless(struct ws_buf *out, const char *fragment, const char *words,
                       const char *line)
{
    if (!says(fragment, words)) {
        ws_buf_puts(out, line);
    }
}

/* The event that the example is about and that no `from *` may answer. */
static const char *unanswered(const char *code)
{
    return strcmp(code, "E040") == 0 ? "no_change" : strcmp(code, "E042") == 0 ? "interrupted" : "";
}

static void add_froms(struct ws_buf *out, const char *fragment, const char *code)
{
    static const char *const events[] = {"passed",        "failed",      "no_change",
                                         "could_not_run", "interrupted", "cancel"};
    bool done = !says(fragment, "final") || says(fragment, "final done");

    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        char words[64];

        snprintf(words, sizeof words, "from * on %s", events[i]);
        if (!says(fragment, words) && strcmp(events[i], unanswered(code)) != 0) {
            ws_buf_printf(out, "%s -> %s\n", words, i == 0 && done ? "done" : "failed");
        }
    }
}

static char *embed(const char *fragment, const char *code)
{
    struct ws_buf out = {0};

    add_unless(&out, fragment, "machine", "machine demo\n");
    add_unless(&out, fragment, "outcomes", "outcomes success failure\n");
    add_unless(&out, fragment, "events", "events passed failed no_change could_not_run\n");
    add_unless(&out, fragment, "initial", "initial pending\n");
    if (fragment[0] == ' ') {
        ws_buf_puts(&out, "state build\n");
        if (!says(fragment, "tool")) {
            add_unless(&out, fragment, "do", "    do edit\n");
        }
        if (strcmp(code, "E001") != 0) {
            add_unless(&out, fragment, "timeout", "    timeout 30m -> failed\n");
        }
    }
    ws_buf_puts(&out, fragment);
    add_unless(&out, fragment, "state pending", "state pending\n    on start -> build\n");
    if (fragment[0] != ' ') {
        add_unless(&out, fragment, "state build",
                   "state build\n    do edit\n    timeout 30m -> failed\n");
    }
    add_unless(&out, fragment, "final", "final done success\nfinal failed failure\n");
    add_froms(&out, fragment, code);
    return ws_buf_steal(&out);
}

/* The codes found, each followed by a blank; W022 only when it is asked for: most examples leave
 * the handler out. */
static char *codes(const char *text, const char *code)
{
    struct ws_diags diags = {0};
    struct ws_buf out = {0};
    struct ws_machine *m = ws_machine_parse(text, strlen(text), "t.def", &bindings, &diags);

    for (size_t i = 0; i < diags.len; i++) {
        const struct ws_diag *d = &diags.items[i];

        if (d->severity != WS_NOTE && (strcmp(d->code, "W022") != 0 || strcmp(code, "W022") == 0)) {
            ws_buf_printf(&out, "%s ", d->code);
        }
    }
    ws_machine_free(m);
    ws_diags_release(&diags);
    return ws_buf_steal(&out);
}

static void check_example(const struct ws_explanation *e, const char *fragment,
                          const char *expected)
{
    char *text = embed(fragment, e->code), *found = codes(text, e->code);

    ck_assert_msg(strcmp(found, expected) == 0, "%s: expected '%s', found '%s' in:\n%s", e->code,
                  expected, found, text);
    free(found);
    free(text);
}

START_TEST(examples_say_what_they_claim)
{
    size_t count = 0;
    const struct ws_explanation *all = ws_machine_explanations(&count);
    char expected[16];

    for (size_t i = 0; i < count; i++) {
        snprintf(expected, sizeof expected, "%s ", all[i].code);
        if (strcmp(all[i].code, "E007") !=
            0) { /* its example would be 65001 lines; test_parse makes them */
            check_example(&all[i], all[i].wrong, expected);
        }
        check_example(&all[i], all[i].right, "");
    }
}
END_TEST

START_TEST(every_code_has_its_entry)
{
    static const char *const expected[] = {
        "E001", "E002", "E003", "E004", "E005", "E006", "E007", "E010", "E011", "E012",
        "E013", "E014", "E015", "E016", "E017", "E020", "E021", "E022", "E023", "E024",
        "E030", "E031", "E032", "E040", "E041", "E042", "E050", "E051", "E052", "E053",
        "W021", "W022", "W023", "W024", "W033", "W040", "W055", "W057", "W058"};
    size_t count = 0;
    const struct ws_explanation *all = ws_machine_explanations(&count);

    ck_assert_uint_eq(count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(all[i].code, expected[i]);
        ck_assert_ptr_eq(ws_machine_explain(expected[i]), &all[i]);
        ck_assert(all[i].title[0] != '\0' && all[i].text[0] != '\0');
    }
    ck_assert_ptr_null(ws_machine_explain("E999"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *tc = tcase_create("explain");

    tcase_add_test(tc, examples_say_what_they_claim);
    tcase_add_test(tc, every_code_has_its_entry);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
