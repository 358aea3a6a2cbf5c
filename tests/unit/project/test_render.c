#include "base/suite.h"
#include "reading.h"
#include "wsfsm/project/profile.h"

/* Arguments divided by '|'. */
static void split(struct ws_strv *out, const char *text)
{
    char *copy = ws_strdup(text), *rest = copy, *word;

    while (*text != '\0' && (word = strsep(&rest, "|")) != NULL) {
        ws_strv_add(out, word);
    }
    free(copy);
}

static struct ws_strv two_files, no_files;
static struct ws_template_values values;

static void setup(void)
{
    ws_strv_clear(&two_files);
    ws_strv_add(&two_files, "a.c");
    ws_strv_add(&two_files, "-rf");
    values = (struct ws_template_values){.cwd = "/cwd",
                                         .repo_root = "/repo",
                                         .worktree_path = "/tree {run_id}",
                                         .run_id = "r1",
                                         .ws_id = "ws-a",
                                         .step = "edit",
                                         .prompt_file = "/p",
                                         .model_name = "m",
                                         .log_dir = "/log",
                                         .message = "do it",
                                         .changed_files = &two_files,
                                         .scope_files = &two_files,
                                         .files_scope = &no_files};
}

static int render(struct ws_strv *args, const char *templates, struct ws_error *err)
{
    struct ws_profile p = {.id = (char *)"t", .working_dir = (char *)"{worktree_path}/x"};
    struct ws_strv env = {0};
    char *dir = NULL;

    split(&p.args, templates);
    ws_strv_add(&p.env, "LOG={log_dir}");
    ws_strv_add(&p.env, "MODEL={model_name}");
    int rc = ws_profile_render(args, &env, &dir, &p, &values, err);

    if (rc == 0) {
        ck_assert_str_eq(dir, "/tree {run_id}/x");
        ck_assert_str_eq(env.items[0], "LOG=/log");
        ck_assert_uint_eq(env.len, values.model_name != NULL ? 2 : 1);
    } else {
        ck_assert_ptr_null(dir);
    }
    free(dir);
    ws_strv_release(&env);
    ws_strv_release(&p.args);
    ws_strv_release(&p.env);
    return rc;
}

static void gives(const char *templates, const char *expected)
{
    struct ws_strv args = {0};
    struct ws_error err = {0};
    struct ws_buf joined = {0};

    ck_assert_msg(render(&args, templates, &err) == 0, "%s: %s", templates, err.message);
    for (size_t i = 0; i < args.len; i++) {
        ws_buf_printf(&joined, "%s%s", i > 0 ? "|" : "", args.items[i]);
    }
    ck_assert_str_eq(ws_buf_str(&joined), expected);
    ck_assert(args.items == NULL || args.items[args.len] == NULL);
    ws_buf_release(&joined);
    ws_strv_release(&args);
}

START_TEST(placeholders_become_values)
{
    setup();
    gives("-x|{run_id}:{ws_id}:{step}|{cwd}{repo_root}|{prompt_file}|{message}",
          "-x|r1:ws-a:edit|/tree {run_id}/x/repo|/p|do it");
    gives("{worktree_path}", "/tree {run_id}"); /* a value is not looked through */
}
END_TEST

START_TEST(braces_are_braces)
{
    setup();
    gives("{{run_id}}", "{run_id}");
    gives("{{{run_id}}}", "{r1}");
    gives("{}|{|}|{\"a\":{\"b\":1} }|{RUN}|{run_id", "{}|{|}|{\"a\":{\"b\":1} }|{RUN}|{run_id");
    gives("{{{{|}}}}", "{{|}}");
}
END_TEST

START_TEST(lists_become_arguments)
{
    setup();
    gives("-c|{changed_files}|end", "-c|a.c|./-rf|end");
    gives("--file={scope_files}", "--file=a.c|--file=-rf");
    gives("{ws_id}/{scope_files}", "ws-a/a.c|ws-a/-rf");
    gives("a|{files_scope}|--f={files_create}|b", "a|b"); /* empty, and not given */
}
END_TEST

START_TEST(without_a_model_its_option_goes)
{
    setup();
    gives("--yes|--model|{model_name}|-v", "--yes|--model|m|-v");
    values.model_name = NULL;
    gives("--yes|--model|{model_name}|-v", "--yes|-v");
    gives("-m|openai/{model_name}", "");
    gives("--yes|--model={model_name}|-v", "--yes|-v");
    gives("run|{model_name}", "run");
    gives("--a=b|{model_name}", "--a=b");
    gives("--|{model_name}", "--");
    gives("{changed_files}|{model_name}", "a.c|./-rf"); /* a path is no option */
    gives("{model_name}|x", "x");
    gives("-a|{model_name}|{model_name}", "");
}
END_TEST

static void fails(const char *templates, const char *part)
{
    struct ws_strv args = {0};
    struct ws_error err = {0};

    ck_assert_int_eq(render(&args, templates, &err), -1);
    ck_assert_int_eq(err.code, WS_E_CONFIG);
    ck_assert_str_eq(err.where, "t");
    ck_assert_msg(strstr(err.message, part) != NULL, "%s", err.message);
    ws_strv_release(&args);
}

START_TEST(a_value_must_be_there)
{
    setup();
    fails("a|{patch_file}", "metadata.patch");
    values.patch_file = "/p.diff";
    gives("{patch_file}", "/p.diff");
    values.step = NULL;
    fails("{step}", "no value for {step}");
    fails("{nonsense}", "unknown placeholder '{nonsense}'");
}
END_TEST

/* {cwd} is where the program runs; in its own template, where that begins. */
START_TEST(cwd_is_the_working_dir)
{
    static const struct {
        const char *working_dir, *cwd;
    } cases[] = {{"{cwd}", "/cwd"}, {"src", "/cwd/src"}, {"{cwd}/src", "/cwd/src"}, {"/x", "/x"}};

    setup();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ws_profile p = {.id = (char *)"t", .working_dir = (char *)cases[i].working_dir};
        struct ws_strv args = {0}, env = {0};
        struct ws_error err = {0};
        char *dir = NULL;

        ws_strv_add(&p.args, "{cwd}");
        ws_strv_add(&p.env, "HERE={cwd}");
        ck_assert_int_eq(ws_profile_render(&args, &env, &dir, &p, &values, &err), 0);
        ck_assert_str_eq(dir, cases[i].cwd);
        ck_assert_str_eq(args.items[0], cases[i].cwd);
        ck_assert_str_eq(env.items[0] + strlen("HERE="), cases[i].cwd);
        free(dir);
        ws_strv_release(&args);
        ws_strv_release(&env);
        ws_strv_release(&p.args);
        ws_strv_release(&p.env);
    }
}
END_TEST

START_TEST(a_message_has_an_end)
{
    char *longest = malloc(WS_MESSAGE_MAX + 2);

    setup();
    memset(longest, 'x', WS_MESSAGE_MAX + 1);
    longest[WS_MESSAGE_MAX] = '\0';
    values.message = longest;
    gives("{message}", longest);
    longest[WS_MESSAGE_MAX] = 'x';
    longest[WS_MESSAGE_MAX + 1] = '\0';
    fails("{message}", "102401 bytes");
    free(longest);
}
END_TEST

RUN_TESTS("render", placeholders_become_values, braces_are_braces, lists_become_arguments,
          without_a_model_its_option_goes, a_value_must_be_there, cwd_is_the_working_dir,
          a_message_has_an_end)
