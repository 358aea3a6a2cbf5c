#include "wsfsm/project/profile.h"

#include "base/suite.h"
#include "pattern.h"
#include "reading.h"

static int read_profiles(struct ws_profiles *out, const char *name, const char *text,
                         struct ws_diags *diags)
{
    char *dir = enter_scratch();

    write_text(name, text);
    int rc = ws_profiles_read(out, name, name, diags);

    leave_scratch(dir);
    return rc;
}

static void says(const char *name, const char *text, const char *expected)
{
    struct ws_profiles p = {0};
    struct ws_diags diags = {0};

    ck_assert_int_eq(read_profiles(&p, name, text, &diags), *expected == '\0' ? 0 : -1);
    assert_said(&diags, expected);
    ws_profiles_release(&p);
}

START_TEST(those_that_ship)
{
    static const char *const ids[] = {
        "aider",      "codex",       "claude",      "opencode",
        "qwen",       "gemini",      "goose",       "pytest",
        "ruff",       "black",       "mypy",        "yamllint",
        "codespell",  "gitleaks",    "cppcheck",    "psscriptanalyzer",
        "pester",     "echo",        "apply-patch", "shellcheck",
        "clang-tidy", "clang-format"};
    enum { COUNT = sizeof ids / sizeof *ids };
    struct ws_profiles p = {0};

    ws_profiles_builtin(&p);
    ck_assert_uint_eq(p.len, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const struct ws_profile *found = ws_profiles_find(&p, ids[i]);

        ck_assert_msg(found != NULL, "%s", ids[i]);
        ck_assert_str_eq(found->source, "built in");
        ck_assert_int_gt(found->timeout_sec, 0);
        if (found->type == WS_TOOL_AI && strcmp(ids[i], "apply-patch") != 0) {
            /* Agents hang, and exit 0 after errors. */
            ck_assert_int_gt(found->idle_timeout_sec, 0);
            ck_assert_uint_gt(found->failure_patterns.len, 0);
        }
    }
    ck_assert_ptr_null(ws_profiles_find(&p, "absent"));
    ws_profiles_release(&p);
}
END_TEST

static const char full[] = "lint:\n"
                           "  type: static-check\n"
                           "  command: /usr/bin/lint\n"
                           "  args: [-j, 4, \"{changed_files}\"]\n"
                           "  env: {MODE: strict, LEVEL: 3, DIR: \"{log_dir}\"}\n"
                           "  pass-env: [HOME_KEY, LINT_*]\n"
                           "  working_dir: \"{repo_root}\"\n"
                           "  timeout-sec: 60\n"
                           "  idle_timeout_sec: 5\n"
                           "  success-exit-codes: [0, 3]\n"
                           "  stdin: prompt\n"
                           "  failure_patterns: ['^error', 'a{2,3}']\n"
                           "  capture_output: false\n"
                           "  version_args: [--version]\n"
                           "  sandbox: auto\n"
                           "  network: off\n"
                           "  sandbox-paths: [/srv/cache, ~/.lint]\n";

static void assert_full(const struct ws_profile *p)
{
    ck_assert_str_eq(p->id, "lint");
    ck_assert_int_eq(p->type, WS_TOOL_STATIC_CHECK);
    ck_assert_str_eq(p->command, "/usr/bin/lint");
    ck_assert_uint_eq(p->args.len, 3);
    ck_assert_str_eq(p->args.items[1], "4");
    ck_assert_str_eq(p->env.items[1], "LEVEL=3");
    ck_assert_str_eq(p->pass_env.items[1], "LINT_*");
    ck_assert_str_eq(p->working_dir, "{repo_root}");
    ck_assert_int_eq(p->timeout_sec, 60);
    ck_assert_int_eq(p->idle_timeout_sec, 5);
    ck_assert(p->stdin_prompt);
    ck_assert_uint_eq(p->failure_patterns.len, 2);
    ck_assert(!p->capture_output);
    ck_assert_str_eq(p->version_args.items[0], "--version");
    ck_assert_int_eq(p->sandbox.mode, WS_SANDBOX_AUTO);
    ck_assert(p->sandbox.offline);
    ck_assert_str_eq(p->sandbox.paths.items[1], "~/.lint");
    ck_assert(ws_profile_success(p, 0));
    ck_assert(ws_profile_success(p, 3));
    ck_assert(!ws_profile_success(p, 1));
    ck_assert_str_eq(p->source, "p.yaml:1");
}

START_TEST(every_key_is_read_and_kept)
{
    struct ws_profiles p = {0};
    struct ws_profile again;
    struct ws_diags diags = {0};
    struct ws_buf json = {0}, second = {0};
    struct ws_error err = {0};

    ck_assert_int_eq(read_profiles(&p, "p.yaml", full, &diags), 0);
    assert_full(&p.items[0]);
    ws_profile_json(&json, &p.items[0]);
    ck_assert_msg(ws_profile_from_json(&again, ws_buf_str(&json), &err) == 0, "%s", err.message);
    assert_full(&again);
    ws_profile_json(&second, &again);
    ck_assert_str_eq(ws_buf_str(&second), ws_buf_str(&json));
    ws_profile_release(&again);
    ck_assert_int_eq(ws_profile_from_json(&again, "{\"id\":\"x\"}", &err), -1);
    ws_buf_release(&json);
    ws_buf_release(&second);
    ws_profiles_release(&p);
}
END_TEST

START_TEST(those_that_ship_can_be_kept)
{
    struct ws_profiles p = {0};
    struct ws_error err = {0};

    ws_profiles_builtin(&p);
    for (size_t i = 0; i < p.len; i++) {
        const struct ws_profile *shipped = ws_profiles_get(&p, i);
        struct ws_profile again;
        struct ws_buf json = {0};

        ck_assert_msg(shipped != NULL, "%s", p.items[i].id);
        ws_profile_json(&json, shipped);
        ck_assert_msg(ws_profile_from_json(&again, ws_buf_str(&json), &err) == 0, "%s: %s",
                      p.items[i].id, err.message);
        ws_profile_release(&again);
        ws_buf_release(&json);
    }
    ws_profiles_release(&p);
}
END_TEST

START_TEST(defaults)
{
    struct ws_profiles p = {0};
    struct ws_diags diags = {0};

    ck_assert_int_eq(read_profiles(&p, "p.json", "{\"t\":{\"command\":\"x\"}}", &diags), 0);
    ck_assert_int_eq(p.items[0].type, WS_TOOL_UTILITY);
    ck_assert_str_eq(p.items[0].working_dir, "{worktree_path}");
    ck_assert_int_eq(p.items[0].timeout_sec, 0);
    ck_assert(ws_profile_success(&p.items[0], 0));
    ck_assert(!ws_profile_success(&p.items[0], 1));
    ck_assert(!p.items[0].stdin_prompt);
    ck_assert(p.items[0].capture_output);
    ws_profiles_release(&p);
}
END_TEST

START_TEST(an_id_is_replaced_by_the_later_one)
{
    struct ws_profiles p = {0};
    struct ws_diags diags = {0};

    ws_profiles_builtin(&p);
    size_t before = p.len;

    read_profiles(&p, "p.yaml", "echo: {command: mine}\nnew: {command: x}\n", &diags);
    ck_assert_uint_eq(p.len, before + 1);
    ck_assert_str_eq(ws_profiles_find(&p, "echo")->command, "mine");
    ck_assert_uint_eq(ws_profiles_find(&p, "echo")->args.len, 0);
    ws_profiles_release(&p);
}
END_TEST

START_TEST(errors_have_a_place)
{
    says("p.yaml", "[a]",
         "p.yaml:1:1: error: profiles must be a mapping of tool ids, not a list\n");
    says("p.yaml", "t: x\n",
         "p.yaml:1:4: error: tool t: a profile must be a mapping, not a string\n");
    says("p.yaml", "a/b: {command: x}\n",
         "p.yaml:1:1: error: tool a/b: no tool id (letters, digits, '.', '_', '-'; 100 at most)\n");
    says("p.yaml", "t:\n  type: ai\n  comand: x\n",
         "p.yaml:2:3: error: tool t: 'command' is missing\n"
         "p.yaml:3:3: error: tool t: unknown field 'comand'; did you mean 'command'?\n");
    says("p.yaml", "t: {command: x, timeout_sec: 5, timeout-sec: 6}\n",
         "p.yaml:1:33: error: tool t: 'timeout_sec' is given twice\n");
    says("p.yaml",
         "t:\n"
         "  type: agent\n"
         "  command: ''\n"
         "  timeout_sec: -1\n"
         "  idle_timeout_sec: 1.5\n"
         "  success_exit_codes: [256, x]\n"
         "  stdin: file\n"
         "  capture_output: 'no'\n"
         "  args: [[]]\n"
         "  env: {'A-B': c, D: null}\n"
         "  pass_env: ['*', 'A=B', X_*]\n"
         "  id: t\n",
         "p.yaml:2:9: error: tool t: 'type' must be ai, static_check, test or utility\n"
         "p.yaml:3:12: error: tool t: 'command' must not be empty\n"
         "p.yaml:4:16: error: tool t: 'timeout_sec' must be a number of seconds from 0 (none) to "
         "2592000 (30 days)\n"
         "p.yaml:5:21: error: tool t: 'idle_timeout_sec' must be an integer, not a number\n"
         "p.yaml:6:24: error: tool t: an exit code is an integer from 0 to 255\n"
         "p.yaml:6:29: error: tool t: an exit code is an integer from 0 to 255\n"
         "p.yaml:7:10: error: tool t: 'stdin' must be none or prompt\n"
         "p.yaml:8:19: error: tool t: 'capture_output' must be true or false, not a string\n"
         "p.yaml:9:10: error: tool t: an item of 'args' must be a string, not a list\n"
         "p.yaml:10:9: error: tool t: 'A-B' is no name of a variable\n"
         "p.yaml:10:22: error: tool t: the value of 'D' must be a string, not nothing (null)\n"
         "p.yaml:11:14: error: tool t: '*' is no name of a variable, nor a prefix with '*'\n"
         "p.yaml:11:19: error: tool t: 'A=B' is no name of a variable, nor a prefix with '*'\n"
         "p.yaml:12:3: error: tool t: unknown field 'id'\n");
    says("p.yaml",
         "t:\n"
         "  command: x\n"
         "  sandbox: yes\n"
         "  network: none\n"
         "  sandbox_paths: [a, /, ~/, ~x, /a/../b, ~/.., 1, /fine, ~/..fine]\n",
         "p.yaml:3:12: error: tool t: 'sandbox' must be on, auto or off\n"
         "p.yaml:4:12: error: tool t: 'network' must be on or off\n"
         "p.yaml:5:19: error: tool t: 'a' must be an absolute path or begin with ~/, without ..\n"
         "p.yaml:5:22: error: tool t: '/' must be an absolute path or begin with ~/, without ..\n"
         "p.yaml:5:25: error: tool t: '~/' must be an absolute path or begin with ~/, without ..\n"
         "p.yaml:5:29: error: tool t: '~x' must be an absolute path or begin with ~/, without ..\n"
         "p.yaml:5:33: error: tool t: '/a/../b' must be an absolute path or begin with ~/, without "
         "..\n"
         "p.yaml:5:42: error: tool t: '~/..' must be an absolute path or begin with ~/, without "
         "..\n"
         "p.yaml:5:48: error: tool t: an item of 'sandbox_paths' must be a string, not an "
         "integer\n");
    says("p.yaml", "t:\n  command: x\n  network: off\n",
         "p.yaml:3:12: error: tool t: 'network: off' needs 'sandbox: on' or 'sandbox: auto'\n");
    says("p.txt", "",
         "p.txt:1:1: error: the name of a file of profiles ends with .yaml, .yml or "
         ".json\n");
}
END_TEST

START_TEST(placeholders_are_checked_where_they_stand)
{
    says("p.yaml",
         "t:\n"
         "  command: x\n"
         "  args: [\"--log={log_dri}/x\", '{{model_nam}} {model_nam}', '{nonsense}', "
         "'{{ok}} {} {\"a\":1} {A}']\n"
         "  env: {F: 'a {changed_files}'}\n"
         "  working_dir: '{scope_files}'\n",
         "p.yaml:3:17: error: tool t: unknown placeholder '{log_dri}'; did you mean '{log_dir}'?\n"
         "p.yaml:3:46: error: tool t: unknown placeholder '{model_nam}'; did you mean "
         "'{model_name}'?\n"
         "p.yaml:3:61: error: tool t: unknown placeholder '{nonsense}'; for a brace itself write "
         "'{{' and '}}'\n"
         "p.yaml:4:15: error: tool t: {changed_files} is a list and stands in arguments only\n"
         "p.yaml:5:17: error: tool t: {scope_files} is a list and stands in arguments only\n");
    says("p.json", "{\"t\":{\"command\":\"x\",\n \"args\":[\"{files_scope}:{files_create}\"]}}",
         "p.json:2:25: error: tool t: {files_create} is a second list; an argument can hold one\n");
}
END_TEST

START_TEST(expressions_are_compiled)
{
    static const struct {
        const char *pattern;
        bool sound;
    } cases[] = {
        {"^error: [0-9]+", true},
        {"[0-9]{1,3}(\\.[0-9]{1,3}){3}", true},
        {"a\\{99999\\}", true},
        {"(", false},
        {"a[", false},
        {"a{2,1}", false},
        {"((a{255}){255}){255}", false},
        {"(((a{1,200}){1,200}){1,200}){1,200}", false},
        {"((a{50,}){50,}){50,}", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *problem = ws_pattern_problem(cases[i].pattern);

        ck_assert_msg((problem == NULL) == cases[i].sound, "%s: %s", cases[i].pattern,
                      problem != NULL ? problem : "sound");
        free(problem);
    }
    char *problem = ws_pattern_problem("a(b");
    char *text = ws_format(
        "p.yaml:3:22: error: tool t: 'a(b' is no extended regular expression: %s\n", problem);

    says("p.yaml", "t:\n  command: x\n  failure_patterns: ['a(b']\n", text);
    free(problem);
    free(text);
}
END_TEST

RUN_TESTS("profile", those_that_ship, every_key_is_read_and_kept, those_that_ship_can_be_kept,
          defaults, an_id_is_replaced_by_the_later_one, errors_have_a_place,
          placeholders_are_checked_where_they_stand, expressions_are_compiled)
