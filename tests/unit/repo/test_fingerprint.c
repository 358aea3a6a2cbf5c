#include "fixture.h"

#include "config_text.h"

static struct ws_buf then;

static void begin(void)
{
    struct ws_error err = {0};

    setup();
    ws_worktree_close(prepared("run1"));
    memset(&then, 0, sizeof then);
    ok(ws_repo_fingerprint(&then, fx.repo, &err), &err);
}

static void end(void)
{
    ws_buf_release(&then);
    free(fx.state);
    fx.state = user_state(); /* these tests change the repository on purpose */
    teardown();
}

static void join(struct ws_buf *out, const struct ws_strv *v)
{
    ws_buf_clear(out);
    for (size_t i = 0; i < v->len; i++) {
        ws_buf_printf(out, "%s%s", i > 0 ? "|" : "", v->items[i]);
    }
}

/* A script, then what is said of it: the start of each text, "" for nothing. */
static void says(const char *script, const char *violation, const char *moved)
{
    struct ws_strv violations = {0}, moves = {0};
    struct ws_buf text = {0};
    struct ws_error err = {0};

    sh(script);
    ok(ws_repo_fingerprint_compare(&violations, &moves, fx.repo, ws_buf_str(&then),
                                   "refs/heads/ws/run1/ws-one", &err),
       &err);
    join(&text, &violations);
    ck_assert_msg(violation[0] == '\0' ? text.len == 0
                                       : strstr(ws_buf_str(&text), violation) != NULL,
                  "%s: violations: %s", script, ws_buf_str(&text));
    join(&text, &moves);
    ck_assert_msg(moved[0] == '\0' ? text.len == 0 : strstr(ws_buf_str(&text), moved) != NULL,
                  "%s: moved: %s", script, ws_buf_str(&text));
    ws_strv_release(&violations);
    ws_strv_release(&moves);
    ws_buf_release(&text);
}

START_TEST(nothing_changed)
{
    says(":", "", "");
    says("cd .worktrees/ws-one && echo x > a.txt && git commit -q -a -m own && git branch "
         "ws/run9/ws-nine",
         "", "");
    says(
        "git update-ref refs/wsfsm/run1/ws-one/1 HEAD && git update-ref refs/remotes/origin/x HEAD",
        "", "");
    says("git pack-refs --all && git update-server-info", "", "");
    says("git config branch.main.remote origin && git config branch.main.merge refs/heads/main", "",
         "");
}
END_TEST

START_TEST(settings_and_hooks)
{
    says("cp .git/config ../c && git config core.fsmonitor /bin/evil", "config was changed", "");
    says("cp ../c .git/config && printf '[branch \"x\"] [core]\\n\\thooksPath = /x\\n' >> "
         ".git/config",
         "config was changed", "");
    says("cp ../c .git/config && touch .git/config.worktree", "config.worktree was created", "");
    says("rm .git/config.worktree && printf '#!/bin/sh\\n' > .git/hooks/pre-commit",
         "hooks/pre-commit was created", "");
    says("rm .git/hooks/pre-commit && ln -s /bin/true .git/hooks/post-checkout",
         "hooks/post-checkout was created", "");
    says("rm .git/hooks/post-checkout && chmod -x .git/hooks/update.sample && chmod +x "
         ".git/hooks/update.sample",
         "", "");
    says("chmod -x .git/hooks/update.sample", "hooks/update.sample was changed", "");
    says("chmod +x .git/hooks/update.sample && echo '*.c' >> .git/info/exclude",
         "info/exclude was changed", "");
    says("rm .git/info/exclude && mkfifo .git/info/exclude", "info/exclude was changed", "");
    says("rm .git/info/exclude && rm -r .git/hooks", "hooks", "");
    says("mkdir .git/hooks && mkfifo .git/hooks/p", "hooks/p was created", "");
    says("rm .git/hooks/p && echo > .git/info/exclude", "info/exclude was changed", "");
}
END_TEST

START_TEST(refs)
{
    says("git update-ref refs/heads/foreign HEAD", "refs/heads/foreign was created", "");
    says("git update-ref -d refs/heads/foreign && git update-ref refs/stash HEAD",
         "refs/stash was created", "");
    says("git update-ref -d refs/stash && git tag new", "", "refs/tags/new was created");
    says("git tag -d new >/dev/null && git symbolic-ref refs/heads/sym refs/heads/main",
         "refs/heads/sym was created", "");
    says("git symbolic-ref -d refs/heads/sym", "", "");
}
END_TEST

START_TEST(the_user_at_work)
{
    says("git commit -q --allow-empty -m work", "", "refs/heads/main was moved");
    says("git checkout -q -b feature", "", "refs/heads/feature was created");
    says("git worktree add -q ../linked -b side", "", "refs/heads/side was created");
    says("git worktree remove ../linked", "refs/heads/side was created", "refs/heads/main");
    says("git branch -q -D side && git checkout -q main && git branch -q -D feature", "",
         "refs/heads/main");
}
END_TEST

START_TEST(branches_and_tags_that_were_there)
{
    struct ws_error err = {0};

    sh("git branch old && git branch packed && git tag v1 && git pack-refs --all");
    ok(ws_repo_fingerprint(&then, fx.repo, &err), &err);
    says("git branch -q -D old", "refs/heads/old was deleted", "");
    says("git branch old && git update-ref refs/heads/packed $(git commit-tree -m x HEAD^{tree})",
         "refs/heads/packed was moved", "");
    says("git update-ref refs/heads/packed HEAD && git tag -f v1 $(git commit-tree -m x "
         "HEAD^{tree}) >/dev/null",
         "refs/tags/v1 was moved", "");
    says("git tag -d v1 >/dev/null", "refs/tags/v1 was deleted", "");
}
END_TEST

START_TEST(a_damaged_fingerprint_is_said_so)
{
    static const char *const bad[] = {"", "nonsense", "wsfsm-fingerprint 1\nfile x",
                                      "wsfsm-fingerprint 1\nfile x\n",
                                      "wsfsm-fingerprint 1\nref %0 y\n"};
    struct ws_strv a = {0}, b = {0};
    struct ws_error err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(&err, 0, sizeof err);
        ck_assert_int_lt(ws_repo_fingerprint_compare(&a, &b, fx.repo, bad[i], NULL, &err), 0);
        ck_assert_int_eq(err.code, WS_E_INTEGRITY);
    }
}
END_TEST

START_TEST(branch_sections_are_told_apart_as_git_does)
{
    static const char *const cases[][2] = {
        {"[core]\n\ta = b\n", "[core]\n\ta = b\n"},
        {"[core]\n\ta = b\n[branch \"m\"]\n\tremote = o\n[user]\n\tname = x",
         "[core]\n\ta = b\n[user]\n\tname = x\n"},
        {"[branch \"m\"] remote = o [x]\n[core] a = b\n", "[core] a = b\n"},
        {"[branch \"m\"][core]\n\ta = b\n", "[core]\n\ta = b\n"},
        {"[branch \"a]\\\"[core\"]\n\tx = \"[core]\"\n", ""},
        {"[branch \"a\"]\n\tx = y \\\n[core] z\n# [core]\n; [core]\n", ""},
        {"[branch]\n\tautoSetupRebase = always\n", "[branch]\n\tautoSetupRebase = always\n"},
        {"[BRANCH \"a\"]\n\tx\n[Branch.b]\n\ty\n", ""},
        {"[branches \"a\"]\n\tx\n", "[branches \"a\"]\n\tx\n"},
        {"[", "[\n"},
        {"[branch \"", ""},
        {"\\", "\\\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ws_buf out = {0};

        ws_config_without_branches(&out, cases[i][0], strlen(cases[i][0]));
        ck_assert_str_eq(ws_buf_str(&out), cases[i][1]);
        ws_buf_release(&out);
    }
}
END_TEST

START_TEST(included_files_are_read_as_git_does)
{
    static const char *const cases[][2] = {
        {"[include]\n\tpath = a\n\tPATH=b ; c\n", "a|b|"},
        {"[include] path = a\n[core]\n\tpath = b\n", "a|"},
        {"[IncludeIf \"gitdir:x]\"]\n\tpath = \" a # b\" c \n", " a # b c|"},
        {"[include]\n\tpath = a\\\nb \\\"c\\\\\r\n", "ab \"c\\|"},
        {"[include]\n\tpath\n\tpaths = a\n\tpath =\n", "|"},
        {"[includes]\n\tpath = a\n", ""},
        {"[include]\n#\tpath = a\n\tx = path = b\n", ""},
        {"[include", ""},
        {"[include]path=\\", "\\|"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ws_strv out = {0};
        struct ws_buf line = {0};

        ws_config_includes(&out, cases[i][0], strlen(cases[i][0]));
        for (size_t k = 0; k < out.len; k++) {
            ws_buf_printf(&line, "%s|", out.items[k]);
        }
        ck_assert_str_eq(ws_buf_str(&line), cases[i][1]);
        ws_buf_release(&line);
        ws_strv_release(&out);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fingerprint");
    TCase *tc = tcase_create("fingerprint");

    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, nothing_changed);
    tcase_add_test(tc, settings_and_hooks);
    tcase_add_test(tc, refs);
    tcase_add_test(tc, the_user_at_work);
    tcase_add_test(tc, branches_and_tags_that_were_there);
    tcase_add_test(tc, a_damaged_fingerprint_is_said_so);
    tcase_add_test(tc, branch_sections_are_told_apart_as_git_does);
    tcase_add_test(tc, included_files_are_read_as_git_does);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
