/* What a tool may have done to its worktree: it is told, and nothing outside is touched. */
#include "fixture.h"

static struct ws_worktree *w;

static void begin(void)
{
    setup();
    w = prepared("run1");
}

static void end(void)
{
    ws_worktree_close(w);
    teardown();
}

/* A script in the repository, the violation, the way back. */
static void told(const char *script, const char *what, const char *undo)
{
    const struct ws_worktree_spec spec = {"run1", "ws-one", fx.base},
                                  next = {"run2", "ws-one", fx.base};
    struct ws_worktree *again = NULL;
    struct ws_prepared how;
    struct ws_error err = {0};

    sh(script);
    ck_assert_msg(ws_worktree_check(w, &err) < 0, "not seen: %s", script);
    ck_assert_int_eq(err.code, WS_E_SCOPE_VIOLATION);
    ck_assert_msg(strstr(err.where, what) != NULL || strstr(err.message, what) != NULL, "%s: %s",
                  err.where, err.message);
    ck_assert_int_lt(ws_worktree_open(&again, fx.repo, &spec, &err), 0);
    ck_assert_int_eq(err.code, WS_E_SCOPE_VIOLATION);
    ck_assert_int_lt(ws_worktree_prepare(&again, &how, fx.repo, &next, &err), 0);
    ck_assert_int_eq(err.code, WS_E_SCOPE_VIOLATION);
    sh(undo);
    ok(ws_worktree_check(w, &err), &err);
}

START_TEST(every_file_of_gits_is_compared)
{
    sh("git init -q ../victim && cp .worktrees/ws-one/.git ../link && cp -r .git/worktrees/ws-one "
       "../admin");
    told("echo 'gitdir: ../../victim/.git' > .worktrees/ws-one/.git", ".git",
         "cp ../link .worktrees/ws-one/.git");
    told("rm .worktrees/ws-one/.git && ln -s ../../../link .worktrees/ws-one/.git", "plain file",
         "rm .worktrees/ws-one/.git && cp ../link .worktrees/ws-one/.git");
    told("rm .worktrees/ws-one/.git && mkfifo .worktrees/ws-one/.git", "plain file",
         "rm .worktrees/ws-one/.git && cp ../link .worktrees/ws-one/.git");
    told("rm .worktrees/ws-one/.git && git init -q .worktrees/ws-one", "plain file",
         "rm -r .worktrees/ws-one/.git && cp ../link .worktrees/ws-one/.git");
    told("rm .worktrees/ws-one/.git", "gone", "cp ../link .worktrees/ws-one/.git");
    told("echo /etc/.git > .git/worktrees/ws-one/gitdir", "gitdir",
         "cp ../admin/gitdir .git/worktrees/ws-one/gitdir");
    told(": > .git/worktrees/ws-one/commondir", "commondir",
         "cp ../admin/commondir .git/worktrees/ws-one/commondir");
    told("touch .git/worktrees/ws-one/config.worktree", "config.worktree",
         "rm .git/worktrees/ws-one/config.worktree");
    told("git -C .worktrees/ws-one checkout -q --detach", "left the branch",
         "cp ../admin/HEAD .git/worktrees/ws-one/");
    told("git -C .worktrees/ws-one checkout -q -b elsewhere", "left the branch",
         "cp ../admin/HEAD .git/worktrees/ws-one/ && git branch -q -D elsewhere");
    told("mv .git/worktrees/ws-one ../gone", "gone", "mv ../gone .git/worktrees/ws-one");
    told("mv .git/info/exclude .git/info/x && mkfifo .git/info/exclude", "plain file",
         "mv .git/info/x .git/info/exclude");
}
END_TEST

START_TEST(another_folder_in_its_place_is_left_alone)
{
    struct ws_content c;
    struct ws_error err = {0};
    char *ref = NULL;

    sh("mv .worktrees/ws-one ../moved && cp -r ../moved .worktrees/ws-one");
    ck_assert_int_lt(ws_worktree_check(w, &err), 0);
    ck_assert_int_eq(err.code, WS_E_SCOPE_VIOLATION);
    ck_assert_int_lt(ws_worktree_content(&c, w, &err), 0);
    ck_assert_int_lt(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), 0);
    sh("test -e .worktrees/ws-one/a.txt && rm -r .worktrees/ws-one && mkdir ../precious && touch "
       "../precious/x && ln -s "
       "../../precious .worktrees/ws-one");
    ck_assert_int_lt(ws_worktree_check(w, &err), 0);
    ck_assert_int_lt(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), 0);
    sh("test -e ../precious/x && rm .worktrees/ws-one && mv ../moved .worktrees/ws-one");
    ok(ws_worktree_check(w, &err), &err);
}
END_TEST

START_TEST(removal_of_a_hostile_worktree_keeps_the_work)
{
    struct ws_error err = {0};
    char *ref = NULL;

    sh("git init -q ../victim && touch ../victim/file && echo \"gitdir: $PWD/../victim/.git\" > "
       ".worktrees/ws-one/.git\n"
       "echo \"$PWD/../victim/.git\" > .git/worktrees/ws-one/gitdir && echo work > "
       ".worktrees/ws-one/work.txt\n"
       "ln -s ../../victim .worktrees/ws-one/way && rm -r .worktrees/ws-one/src && ln -s "
       "\"$PWD/src\" "
       ".worktrees/ws-one/src");
    ok(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), &err);
    ck_assert_ptr_nonnull(ref);
    free(ref);
    sh("test -e ../victim/file && test -d ../victim/.git && test -e src/x.c && test ! -e "
       ".worktrees/ws-one\n"
       "test \"$(git show refs/wsfsm/run1/ws-one/left-1:work.txt)\" = work && test ! -e "
       ".git/worktrees/ws-one");
}
END_TEST

START_TEST(very_deep_folders_go)
{
    struct ws_error err = {0};
    char *ref = NULL;

    sh("cd .worktrees/ws-one && p=$(printf 'dddddd/%.0s' $(seq 500)) && for i in 1 2 3 4 5 6; do "
       "mkdir -p $p && "
       "cd -P $p; done; touch b");
    ok(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), &err);
    free(ref);
    sh("test ! -e .worktrees/ws-one");
}
END_TEST

START_TEST(list_says_what_is_wrong)
{
    struct ws_worktree_infos infos = {0};
    struct ws_error err = {0};

    ok(ws_worktree_list(&infos, fx.repo, &err), &err);
    ck_assert_uint_eq(infos.len, 1);
    ck_assert_str_eq(infos.items[0].ws_id, "ws-one");
    ck_assert_str_eq(infos.items[0].run_id, "run1");
    ck_assert_str_eq(infos.items[0].state, "made");
    ck_assert_ptr_null(infos.items[0].problem);
    ws_worktree_infos_release(&infos);
    sh("mv .worktrees/ws-one ../moved");
    ok(ws_worktree_list(&infos, fx.repo, &err), &err);
    ck_assert_str_eq(infos.items[0].state, "gone");
    ws_worktree_infos_release(&infos);
    sh("mkdir .worktrees/ws-one");
    ok(ws_worktree_list(&infos, fx.repo, &err), &err);
    ck_assert_str_eq(infos.items[0].state, "foreign");
    ws_worktree_infos_release(&infos);
    sh("rmdir .worktrees/ws-one && mv ../moved .worktrees/ws-one && echo junk > "
       ".wsfsm/worktrees/ws-two.record");
    ok(ws_worktree_list(&infos, fx.repo, &err), &err);
    ck_assert_uint_eq(infos.len, 2);
    ck_assert_str_eq(infos.items[1].state, "foreign");
    ck_assert_ptr_nonnull(infos.items[1].problem);
    ws_worktree_infos_release(&infos);
}
END_TEST

START_TEST(a_gone_folder_is_made_again_with_the_branchs_work_kept)
{
    const struct ws_worktree_spec spec = {"run1", "ws-one", fx.base};
    struct ws_prepared how;
    struct ws_error err = {0};

    sh("cd .worktrees/ws-one && echo own > own && git add own && git commit -q -m own && cd ../.. "
       "&& rm -r "
       ".worktrees/ws-one");
    ws_worktree_close(w);
    ok(ws_worktree_prepare(&w, &how, fx.repo, &spec, &err), &err);
    ck_assert(how.created);
    assert_changes(w, "");
    sh("test \"$(git show refs/wsfsm/run1/ws-one/left-1:own)\" = own && test -z \"$(git -C "
       ".worktrees/ws-one status "
       "--porcelain)\"");
}
END_TEST

START_TEST(a_tree_with_forbidden_names_is_not_checked_out)
{
    const struct ws_worktree_spec spec = {"run1", "ws-two", fx.base};
    static const char *const names[] = {
        ".git", ".GIT", "..", "git~1", ".g\342\200\214it", ".git\\x", "x\\.git", "git~1\\x"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct ws_worktree_spec evil = spec;
        struct ws_worktree *made = NULL;
        struct ws_prepared how;
        struct ws_error err = {0};
        char *script =
            ws_format("t=$({ printf '100644 %%s\\0' '%s'; printf aaaaaaaaaaaaaaaaaaaa; } | "
                      "git hash-object -t tree -w --stdin --literally)\n"
                      "git commit-tree -m x $t",
                      names[i]);
        char *commit = sh_line(script);

        free(script);
        evil.base_oid = commit;
        ck_assert_int_lt(ws_worktree_prepare(&made, &how, fx.repo, &evil, &err), 0);
        sh("test ! -e .worktrees/ws-two && test ! -e .wsfsm/worktrees/ws-two.record\n"
           "git update-ref -d refs/heads/ws/run1/ws-two; git update-ref -d "
           "refs/wsfsm/run1/ws-two/base; git prune "
           "--expire=now");
        free(commit);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tc = tcase_create("hostile");

    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, every_file_of_gits_is_compared);
    tcase_add_test(tc, another_folder_in_its_place_is_left_alone);
    tcase_add_test(tc, removal_of_a_hostile_worktree_keeps_the_work);
    tcase_add_test(tc, very_deep_folders_go);
    tcase_add_test(tc, list_says_what_is_wrong);
    tcase_add_test(tc, a_gone_folder_is_made_again_with_the_branchs_work_kept);
    tcase_add_test(tc, a_tree_with_forbidden_names_is_not_checked_out);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
