/* Bytes that differ between the worktree and the object database: line ends, ident, filters. */
#include "fixture.h"

#include "admin.h"

static struct ws_worktree *w;

static void begin_with(const char *script)
{
    fixture_begin();
    sh("git init -q -b main . && git config user.name Ann && git config user.email "
       "ann@example.org");
    sh(script);
    open_repo();
    w = prepared("run1");
}

static void end(void)
{
    ws_worktree_close(w);
    teardown();
}

/* Touched is not changed, and changed is stored as git would store it. */
static void agrees_with_git(const char *edit)
{
    struct ws_content c;
    char *tree, *full;

    sh("cd .worktrees/ws-one && test -z \"$(git status --porcelain)\"");
    assert_changes(w, "");
    sh("find .worktrees/ws-one -type f ! -name .git -exec touch {} +");
    assert_changes(w, "");
    full = ws_format("cd .worktrees/ws-one && %s", edit);
    sh(full);
    free(full);
    content_of(&c, w);
    tree = sh_line("cd .worktrees/ws-one && git add -A 2>/dev/null && git write-tree");
    ck_assert_str_eq(c.tree, tree);
    free(tree);
    ws_content_release(&c);
    end();
}

START_TEST(eol_crlf)
{
    begin_with("printf '*.bat text eol=crlf\\n' > .gitattributes && mkdir d && printf '*.txt text "
               "eol=crlf\\n' > "
               "d/.gitattributes && printf 'a\\r\\nb\\r\\n' > x.bat && printf 'a\\n' > d/y.txt && "
               "git add -A 2>/dev/null "
               "&& git commit -q -m base && rm x.bat d/y.txt && git checkout -q .");
    sh("cd .worktrees/ws-one && test \"$(wc -c < x.bat)\" = 6 && test \"$(wc -c < d/y.txt)\" = 3");
    agrees_with_git(
        "printf 'c\\r\\n' >> x.bat && printf 'new\\r\\n' > new.bat && printf 'c\\r\\n' > d/z.txt");
}
END_TEST

START_TEST(autocrlf)
{
    begin_with("git config core.autocrlf true && printf 'a\\nb\\n' > x.txt && git add -A "
               "2>/dev/null && git commit -q -m "
               "base && rm x.txt && git checkout -q .");
    sh("cd .worktrees/ws-one && test \"$(wc -c < x.txt)\" = 6");
    agrees_with_git("printf 'c\\r\\n' >> x.txt && printf 'new\\r\\n' > new.txt");
}
END_TEST

#define PLAIN "printf 'a\\n' > x.txt && git add -A && git commit -q -m base"
#define NEW_RETURNS "mkdir -p d/e && printf 'n\\r\\n' > new.txt && printf 'n\\r\\n' > d/e/new.txt"

START_TEST(autocrlf_input)
{
    begin_with("git config core.autocrlf input && " PLAIN);
    agrees_with_git("printf 'a\\n\\n' > x.txt && " NEW_RETURNS);
}
END_TEST

/* Nothing in the base asked for anything. */
START_TEST(attributes_that_a_tool_adds)
{
    begin_with(PLAIN);
    agrees_with_git(NEW_RETURNS " && printf '*.txt text\\n' > d/.gitattributes");
    begin_with(PLAIN);
    agrees_with_git(NEW_RETURNS " && printf '[attr]mine text\\n' > .gitattributes && "
                                "printf '*.txt mine\\n' > d/.gitattributes");
    begin_with(PLAIN);
    agrees_with_git(NEW_RETURNS " && printf '*.txt ident\\n' > d/.gitattributes && printf '$Id: 1 "
                                "$\\n' > d/x.txt");
}
END_TEST

START_TEST(attributes_outside_the_worktree)
{
    begin_with(PLAIN " && printf '*.txt crlf=input\\n' > .git/info/attributes");
    agrees_with_git(NEW_RETURNS);
    begin_with(PLAIN " && printf '*.txt text\\n' > ../mine && git config core.attributesFile $(cd "
                     ".. && pwd)/mine");
    agrees_with_git(NEW_RETURNS);
}
END_TEST

START_TEST(carriage_returns_in_the_base_stay)
{
    begin_with("printf 'a\\r\\nb\\r\\n' > x.txt && git add -A && git commit -q -m base && printf "
               "'* text=auto\\n' > "
               ".gitattributes && git add .gitattributes && git commit -q -m attributes");
    agrees_with_git("printf 'c\\r\\n' >> x.txt && printf 'new\\r\\n' > new.txt");
}
END_TEST

/* Whether they do is not known while the base cannot be read. Its folder has so many names that
 * libgit2 does not keep its tree. */
START_TEST(carriage_returns_of_a_base_that_cannot_be_read)
{
    struct ws_content c;
    struct ws_error err = {0};

    begin_with(
        "mkdir d && for n in $(seq 200); do printf 'a\\r\\n' > d/$n.txt; done && git add -A && "
        "git commit -q -m base && git config core.autocrlf input");
    assert_changes(w, "");
    sh("mv .git/objects/$(git rev-parse HEAD:d | sed 's,..,&/,') ../kept");
    sh("touch .worktrees/ws-one/d/7.txt");
    for (int large = 0; large < 2; large++) { /* and whether one that is too large is the base's */
        err = (struct ws_error){0};
        ck_assert_int_eq(ws_worktree_content(&c, w, &err), -1);
        ck_assert_int_eq(strncmp(err.where, "d/", 2), 0);
        w->file_limit = 2;
    }
    sh("mv ../kept .git/objects/$(git rev-parse HEAD:d | sed 's,..,&/,')");
    assert_changes(w, "");
    end();
}
END_TEST

START_TEST(bytes_that_git_would_normalise_are_no_change)
{
    begin_with("printf 'a\\r\\n' > x.txt && git add -A && git commit -q -m base && printf '*.txt "
               "text\\n' > .gitattributes "
               "&& git add .gitattributes && git commit -q -m attributes");
    assert_changes(w, "");
    sh("touch .worktrees/ws-one/x.txt");
    assert_changes(w, "");
    end();
}
END_TEST

START_TEST(ident)
{
    begin_with("printf '*.c ident\\n' > .gitattributes && printf '$Id$\\n' > x.c && git add -A && "
               "git commit -q -m base && rm "
               "x.c && git checkout -q .");
    agrees_with_git("echo more >> x.c");
}
END_TEST

START_TEST(filters_and_hooks_never_run)
{
    struct ws_repo *own;
    struct ws_error err = {0};
    char *canary;

    begin_with("printf '*.c filter=evil\\n' > .gitattributes && echo x > x.c && git add -A && git "
               "commit -q -m base");
    canary = ws_path_join(fx.dir, "canary");
    ws_worktree_close(w);
    sh("mkdir ../hooks && printf '#!/bin/sh\\ntouch %s/../canary\\ncat\\n' \"$PWD\" > ../evil && "
       "chmod +x ../evil\n"
       "for h in post-checkout reference-transaction post-commit post-index-change; do cp ../evil "
       "../hooks/$h; done\n"
       "cp .git/config ../config && git config core.hooksPath \"$PWD/../hooks\"\n"
       "for k in filter.evil.clean filter.evil.smudge filter.evil.process core.fsmonitor "
       "core.pager core.editor "
       "diff.external; do git config $k \"$PWD/../evil\"; done && rm -f ../canary");
    own = fx.repo;
    ok(ws_repo_open(&fx.repo, fx.root, &err), &err);
    w = prepared("run2");
    sh("echo y > .worktrees/ws-one/x.c");
    assert_changes(w, "M x.c");
    ck_assert_int_ne(access(canary, F_OK), 0);
    sh("git status >/dev/null 2>&1; test -e ../canary && cp ../config .git/config"); /* the trap was
                                                                                        live */
    ws_repo_close(own);
    free(canary);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lineends");
    TCase *tc = tcase_create("lineends");

    tcase_add_test(tc, eol_crlf);
    tcase_add_test(tc, autocrlf);
    tcase_add_test(tc, autocrlf_input);
    tcase_add_test(tc, attributes_that_a_tool_adds);
    tcase_add_test(tc, attributes_outside_the_worktree);
    tcase_add_test(tc, carriage_returns_in_the_base_stay);
    tcase_add_test(tc, carriage_returns_of_a_base_that_cannot_be_read);
    tcase_add_test(tc, bytes_that_git_would_normalise_are_no_change);
    tcase_add_test(tc, ident);
    tcase_add_test(tc, filters_and_hooks_never_run);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
