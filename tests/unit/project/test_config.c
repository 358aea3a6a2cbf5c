#include "wsfsm/project/config.h"

#include <sys/stat.h>

#include "base/suite.h"
#include "reading.h"

/* NAME, value, NAME, value, ... with a NULL behind the last. */
static const char *lookup(void *payload, const char *name)
{
    for (const char *const *at = payload; *at != NULL; at += 2) {
        if (strcmp(*at, name) == 0) {
            return at[1];
        }
    }
    return NULL;
}

static const char *const no_env[] = {NULL};
static char *scratch, *root;

static void setup(void)
{
    scratch = enter_scratch();
    ck_assert_int_eq(mkdir("repo", 0700), 0);
    root = ws_path_join(scratch, "repo");
}

static void teardown(void)
{
    leave_scratch(scratch);
    free(root);
}

static int load(struct ws_config *out, const char *text, const char *const *env,
                const struct ws_config_options *options, struct ws_diags *diags)
{
    if (text != NULL) {
        write_text("repo/wsfsm.yaml", text);
    }
    return ws_config_load(out, root, options, lookup, (void *)env, diags);
}

static void assert_under(const char *path, const char *dir, const char *rest)
{
    char *expected = ws_path_join(dir, rest);

    ck_assert_str_eq(path, expected);
    free(expected);
}

START_TEST(defaults)
{
    struct ws_config c;
    struct ws_diags diags = {0};

    setup();
    ck_assert_int_eq(load(&c, NULL, no_env, NULL, &diags), 0);
    ck_assert_ptr_null(c.file);
    ck_assert_ptr_null(c.base_branch);
    ck_assert_ptr_null(c.model);
    ck_assert(!c.dry_run && !c.ignore_filters);
    assert_under(c.workstream_dir, root, "workstreams");
    assert_under(c.database, root, ".wsfsm/state.db");
    ck_assert_uint_eq(c.static_tools.len, 0);
    ck_assert_ptr_nonnull(ws_profiles_find(&c.profiles, "aider"));
    ws_config_release(&c);
    ck_assert_int_eq(load(&c, "# all of it\n# is a comment\n", no_env, NULL, &diags), 0);
    ck_assert_str_eq(c.file, "wsfsm.yaml");
    ws_config_release(&c);
    ck_assert_int_eq(load(&c, "", no_env, NULL, &diags), 0);
    ws_config_release(&c);
    ck_assert_int_eq(
        load(&c, "tools:\n#  a: {}\nacceptance:\nbase_branch:\n", no_env, NULL, &diags), 0);
    ck_assert_ptr_null(c.base_branch);
    ws_config_release(&c);
    teardown();
}
END_TEST

static const char full[] = "base_branch: develop\n"
                           "workstream_dir: plans\n"
                           "database: /var/lib/ws.db\n"
                           "static_tools: [ruff, mine]\n"
                           "acceptance:\n"
                           "  env: {CI: 1, NAME: x}\n"
                           "  pass_env: [PYTHONPATH, NPM_*]\n"
                           "  timeout_sec: 900\n"
                           "  idle_timeout_sec: 60\n"
                           "  sandbox: on\n"
                           "  network: off\n"
                           "filters: ignore\n"
                           "tools:\n"
                           "  mine: {command: ./lint, type: static_check}\n"
                           "  echo: {command: printf}\n";

START_TEST(the_file_is_read)
{
    struct ws_config c;
    struct ws_diags diags = {0};

    setup();
    ck_assert_int_eq(load(&c, full, no_env, NULL, &diags), 0);
    assert_said(&diags, "");
    ck_assert_str_eq(c.base_branch, "develop");
    assert_under(c.workstream_dir, root, "plans");
    ck_assert_str_eq(c.database, "/var/lib/ws.db");
    ck_assert_str_eq(c.static_tools.items[1], "mine");
    ck_assert_str_eq(c.acceptance_env.items[0], "CI=1");
    ck_assert_str_eq(c.acceptance_pass_env.items[1], "NPM_*");
    ck_assert_int_eq(c.acceptance_timeout_sec, 900);
    ck_assert_int_eq(c.acceptance_idle_timeout_sec, 60);
    ck_assert_int_eq(c.acceptance_sandbox.mode, WS_SANDBOX_ON);
    ck_assert(c.acceptance_sandbox.offline);
    ck_assert(c.ignore_filters);
    ck_assert_str_eq(ws_profiles_find(&c.profiles, "mine")->source, "wsfsm.yaml:14");
    ck_assert_str_eq(ws_profiles_find(&c.profiles, "echo")->command, "printf");
    ck_assert_ptr_nonnull(ws_profiles_find(&c.profiles, "aider"));
    ws_config_release(&c);
    teardown();
}
END_TEST

START_TEST(option_then_environment_then_file)
{
    static const char *const env[] = {"PIPELINE_DB_PATH",
                                      "here/x.db",
                                      "PIPELINE_WORKSTREAM_DIR",
                                      "/else",
                                      "PIPELINE_BASE_BRANCH",
                                      "main",
                                      "PIPELINE_TOOL_PROFILES_PATH",
                                      "more.json",
                                      "PIPELINE_DRY_RUN",
                                      "1",
                                      "AIDER_MODEL",
                                      "openai/x",
                                      NULL};
    struct ws_config_options options = {.database = "opt.db"};
    struct ws_config c;
    struct ws_diags diags = {0};

    setup();
    write_text("more.json", "{\"echo\":{\"command\":\"first\"},\"extra\":{\"command\":\"x\"}}");
    ck_assert_int_eq(load(&c, full, env, NULL, &diags), 0);
    char *here = getcwd(NULL, 0);

    assert_under(c.database, here, "here/x.db");
    ck_assert_str_eq(c.workstream_dir, "/else");
    ck_assert_str_eq(c.base_branch, "main");
    ck_assert_str_eq(c.model, "openai/x");
    ck_assert(c.dry_run);
    ck_assert_str_eq(ws_profiles_find(&c.profiles, "extra")->source, "more.json:1");
    ck_assert_str_eq(ws_profiles_find(&c.profiles, "echo")->command, "first");
    ck_assert_str_eq(ws_profiles_find(&c.profiles, "mine")->source, "wsfsm.yaml:14");
    ws_config_release(&c);
    ck_assert_int_eq(load(&c, full, env, &options, &diags), 0);
    assert_under(c.database, here, "opt.db");
    ws_config_release(&c);
    free(here);
    teardown();
}
END_TEST

START_TEST(an_empty_variable_says_nothing)
{
    static const char *const env[] = {
        "PIPELINE_DB_PATH",     "", "AIDER_MODEL", "", "PIPELINE_DRY_RUN", "",
        "PIPELINE_BASE_BRANCH", "", NULL};
    struct ws_config c;
    struct ws_diags diags = {0};

    setup();
    ck_assert_int_eq(load(&c, NULL, env, NULL, &diags), 0);
    assert_under(c.database, root, ".wsfsm/state.db");
    ck_assert(c.model == NULL && c.base_branch == NULL && !c.dry_run);
    ws_config_release(&c);
    teardown();
}
END_TEST

static void says(const char *text, const char *const *env, const char *expected)
{
    struct ws_config c;
    struct ws_diags diags = {0};

    ck_assert_int_eq(load(&c, text, env, NULL, &diags), -1);
    ck_assert_ptr_null(c.database); /* nothing to release */
    assert_said(&diags, expected);
}

START_TEST(all_errors_are_reported)
{
    static const char *const dry[] = {"PIPELINE_DRY_RUN", "yes", NULL};
    static const char *const missing[] = {"PIPELINE_TOOL_PROFILES_PATH", "absent.yaml", NULL};
    struct ws_diags diags = {0};
    struct ws_config c;

    setup();
    says("base_branch: 7\n"
         "workstream_dirs: x\n"
         "static_tools: ruff\n"
         "acceptance: {env: [], timeout_sec: -5, timeot: 3}\n"
         "filters: maybe\n"
         "worktree: {copy: [../x], setup: [a | b, [c, d]], stup: 1}\n"
         "tools:\n"
         "  a: {}\n"
         "  b: {command: x, args: ['{nope}']}\n",
         no_env,
         "wsfsm.yaml:1:14: error: 'base_branch' must be a string, not an integer\n"
         "wsfsm.yaml:2:1: error: unknown field 'workstream_dirs'; did you mean 'workstream_dir'?\n"
         "wsfsm.yaml:3:15: error: 'static_tools' must be a list of strings, not a string\n"
         "wsfsm.yaml:4:19: error: acceptance: 'env' must be a mapping, not a list\n"
         "wsfsm.yaml:4:36: error: acceptance: 'timeout_sec' must be a number of seconds from 0 "
         "(none) to 2592000 (30 days)\n"
         "wsfsm.yaml:4:40: error: acceptance: unknown field 'timeot'\n"
         "wsfsm.yaml:5:10: error: 'filters' must be refuse or ignore\n"
         "wsfsm.yaml:6:19: error: worktree: path '../x' in 'copy' holds '..'\n"
         "wsfsm.yaml:6:34: error: worktree: setup-1 is run without a shell, which '|' would need; "
         "write a list of words, such as [sh, -c, \"...\"]\n"
         "wsfsm.yaml:6:50: error: worktree: unknown field 'stup'; did you mean 'setup'?\n"
         "wsfsm.yaml:8:6: error: tool a: 'command' is missing\n"
         "wsfsm.yaml:9:27: error: tool b: unknown placeholder '{nope}'; for a brace itself write "
         "'{{' and '}}'\n");
    says("[]\n", no_env, "wsfsm.yaml:1:1: error: 'wsfsm.yaml' must be a mapping, not a list\n");
    says("tools: []\n", no_env,
         "wsfsm.yaml:1:8: error: profiles must be a mapping of tool ids, not a list\n");
    says("{}\n", dry, "error: PIPELINE_DRY_RUN must be 0 or 1, not 'yes'\n");
    ck_assert_int_eq(load(&c, "{}\n", missing, NULL, &diags), -1);
    ck_assert_str_eq(diags.items[0].file, "absent.yaml");
    ws_diags_release(&diags);
    ck_assert_int_eq(unlink("repo/wsfsm.yaml"), 0);
    ck_assert_int_eq(mkfifo("repo/wsfsm.yaml", 0600), 0);
    ck_assert_int_eq(load(&c, NULL, no_env, NULL, &diags), -1);
    ws_diags_release(&diags);
    teardown();
}
END_TEST

RUN_TESTS("config", defaults, the_file_is_read, option_then_environment_then_file,
          an_empty_variable_says_nothing, all_errors_are_reported)
