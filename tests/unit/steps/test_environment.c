#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run_suite.h"
#include "wsfsm/steps/environment.h"

static struct ws_strv env;

static void setup(void)
{
    clearenv();
    setenv("PATH", "/usr/bin", 1);
    setenv("LC_TIME", "C", 1);
    setenv("HOME", "/home/u", 1);
    setenv("GIT_DIR", "/elsewhere", 1);
    setenv("GIT_AUTHOR_NAME", "mallory", 1);
    setenv("LD_PRELOAD", "/evil.so", 1);
    setenv("WSFSM_KEY", "other/1", 1);
    setenv("AGENT_API_KEY", "sk-0123456789", 1);
    setenv("AGENT_MODE", "fast", 1);
    setenv("AGENTX", "no", 1);
    setenv("SHORT_TOKEN", "1234567", 1);
}

static void teardown(void)
{
    ws_strv_release(&env);
}

static const char *value(const char *name)
{
    size_t len = strlen(name);
    const char *found = NULL;
    for (size_t i = 0; i < env.len; i++) {
        if (strncmp(env.items[i], name, len) || env.items[i][len] != '=')
            continue;
        ck_assert_msg(!found, "%s stands twice", name);
        found = env.items[i] + len + 1;
    }
    return found;
}

START_TEST(a_clean_environment)
{
    const struct ws_environment_spec spec = {0};
    ws_environment(&env, &spec);
    ck_assert_str_eq(value("PATH"), "/usr/bin");
    ck_assert_str_eq(value("LC_TIME"), "C");
    ck_assert_str_eq(value("HOME"), "/home/u");
    static const char *const absent[] = {"GIT_DIR", "GIT_AUTHOR_NAME", "LD_PRELOAD", "WSFSM_KEY",
                                         "AGENT_MODE"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        ck_assert_msg(!value(absent[i]), "%s was handed through", absent[i]);
}
END_TEST

START_TEST(what_a_profile_asks_for)
{
    struct ws_strv pass = {0}, own = {0};
    ws_strv_add(&pass, "AGENT_*");
    ws_strv_add(&pass, "GIT_*");
    ws_strv_add(&pass, "WSFSM_*");
    ws_strv_add(&own, "AGENT_MODE=slow");
    ws_strv_add(&own, "PATH=/opt/bin");
    const struct ws_environment_spec spec = {.pass_env = &pass, .env = &own};
    ws_environment(&env, &spec);
    ck_assert_str_eq(value("AGENT_API_KEY"), "sk-0123456789");
    ck_assert_str_eq(value("AGENT_MODE"), "slow");
    ck_assert_str_eq(value("PATH"), "/opt/bin");
    ck_assert_ptr_null(value("AGENTX"));
    ck_assert_ptr_null(value("GIT_DIR"));
    ck_assert_ptr_null(value("WSFSM_KEY"));
    ws_strv_release(&pass);
    ws_strv_release(&own);
}
END_TEST

START_TEST(withheld_names_win)
{
    struct ws_strv pass = {0}, withhold = {0};
    ws_strv_add(&pass, "AGENT_*");
    ws_environment_secret_names(&withhold, &pass);
    ck_assert_uint_eq(withhold.len, 1);
    ck_assert_str_eq(withhold.items[0], "AGENT_API_KEY");
    const struct ws_environment_spec spec = {.pass_env = &pass, .withhold = &withhold};
    ws_environment(&env, &spec);
    ck_assert_ptr_null(value("AGENT_API_KEY"));
    ck_assert_str_eq(value("AGENT_MODE"), "fast");
    ws_strv_release(&pass);
    ws_strv_release(&withhold);
}
END_TEST

START_TEST(what_a_run_tells_its_tools)
{
    const struct ws_environment_spec spec = {
        .run_id = "r1",
        .ws_id = "ws-a",
        .step = "edit",
        .seq = 7,
        .attempt = 2,
        .worktree = "/r/.worktrees/ws-a",
        .repo = "/r",
        .deadline_ms = 1700000000123,
        .git_name = "Ada",
        .git_email = "ada@x",
    };
    ws_environment(&env, &spec);
    ck_assert_str_eq(value("WSFSM_RUN_ID"), "r1");
    ck_assert_str_eq(value("WSFSM_WS_ID"), "ws-a");
    ck_assert_str_eq(value("WSFSM_STEP"), "edit");
    ck_assert_str_eq(value("WSFSM_ATTEMPT"), "2");
    ck_assert_str_eq(value("WSFSM_KEY"), "r1/7");
    ck_assert_str_eq(value("WSFSM_WORKTREE"), "/r/.worktrees/ws-a");
    ck_assert_str_eq(value("WSFSM_REPO"), "/r");
    ck_assert_str_eq(value("WSFSM_DEADLINE"), "2023-11-14T22:13:20.123Z");
    ck_assert_str_eq(value("GIT_CONFIG_COUNT"), "2");
    ck_assert_str_eq(value("GIT_CONFIG_VALUE_0"), "Ada");
    ck_assert_str_eq(value("GIT_CONFIG_KEY_1"), "user.email");
}
END_TEST

START_TEST(which_values_are_secret)
{
    struct ws_strv entries = {0}, secrets = {0};
    static const char *const given[] = {"MY_api_key=abcdefgh",        "X_TOKEN=1234567",
                                        "DB_PASSWORD=hunter2hunter2", "CREDENTIALS=zzzzzzzz",
                                        "WSFSM_KEY=run/12345",        "MODE=abcdefgh",
                                        "OTHER_KEY=abcdefgh"};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        ws_strv_add(&entries, given[i]);
    ws_environment_secrets(&secrets, &entries);
    ck_assert_uint_eq(secrets.len, 3);
    ck_assert(ws_strv_has(&secrets, "abcdefgh"));
    ck_assert(ws_strv_has(&secrets, "hunter2hunter2"));
    ck_assert(ws_strv_has(&secrets, "zzzzzzzz"));
    ws_strv_release(&entries);
    ws_strv_release(&secrets);
}
END_TEST

START_TEST(redacted_text)
{
    struct ws_strv secrets = {0};
    ws_strv_add(&secrets, "secret-1");
    ws_strv_add(&secrets, "secret-12");
    char *text = ws_redacted("--key=secret-12 secret-1! secret-", &secrets);
    ck_assert_str_eq(text, "--key=*** ***! secret-");
    free(text);
    ws_strv_release(&secrets);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("environment");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_clean_environment);
    tcase_add_test(c, what_a_profile_asks_for);
    tcase_add_test(c, withheld_names_win);
    tcase_add_test(c, what_a_run_tells_its_tools);
    tcase_add_test(c, which_values_are_secret);
    tcase_add_test(c, redacted_text);
    return run_suite("environment", c);
}
