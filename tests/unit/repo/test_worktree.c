#include "fixture.h"

START_TEST(prepare_makes_a_worktree_git_agrees_with)
{
    struct ws_worktree *w = prepared("run1");
    struct ws_error err = {0};

    ok(ws_worktree_check(w, &err), &err);
    sh("cd .worktrees/ws-one && test -z \"$(git status --porcelain)\" && test -x run.sh && test -L "
       "link\n"
       "test \"$(git symbolic-ref HEAD)\" = refs/heads/ws/run1/ws-one\n"
       "git worktree list | grep -q ws-one && git fsck --strict 2>/dev/null");
    ck_assert_str_eq(ws_worktree_branch(w), "refs/heads/ws/run1/ws-one");
    assert_changes(w, "");
    ws_worktree_close(w);
}
END_TEST

START_TEST(prepare_again_takes_the_same)
{
    const struct ws_worktree_spec spec = {"run1", "ws-one", fx.base};
    struct ws_prepared how;
    struct ws_worktree *w = prepared("run1");
    struct ws_error err = {0};

    ws_worktree_close(w);
    sh("echo change > .worktrees/ws-one/a.txt");
    ok(ws_worktree_prepare(&w, &how, fx.repo, &spec, &err), &err);
    ck_assert(!how.created);
    ck_assert_ptr_null(how.snapshot_ref);
    assert_changes(w, "M a.txt");
    ws_worktree_close(w);
    ok(ws_worktree_open(&w, fx.repo, &spec, &err), &err);
    ws_worktree_close(w);
}
END_TEST

START_TEST(another_run_takes_it_over_after_a_snapshot)
{
    const struct ws_worktree_spec spec = {"run2", "ws-one", fx.base};
    struct ws_prepared how;
    struct ws_worktree *w = prepared("run1");
    struct ws_error err = {0};

    ws_worktree_close(w);
    sh("cd .worktrees/ws-one && echo change > a.txt && echo new > new.txt && mkdir build && echo x "
       "> build/x");
    ok(ws_worktree_prepare(&w, &how, fx.repo, &spec, &err), &err);
    ck_assert(!how.created);
    ck_assert_str_eq(how.snapshot_ref, "refs/wsfsm/run1/ws-one/left-1");
    free(how.snapshot_ref);
    assert_changes(w, "");
    sh("test \"$(git show refs/wsfsm/run1/ws-one/left-1:new.txt)\" = new\n"
       "cd .worktrees/ws-one && test -z \"$(git status --porcelain)\" && test ! -e new.txt && test "
       "-e build/x\n"
       "test \"$(git symbolic-ref HEAD)\" = refs/heads/ws/run2/ws-one");
    ws_worktree_close(w);
}
END_TEST

START_TEST(remove_snapshots_and_keeps_the_branch)
{
    struct ws_worktree *w = prepared("run1");
    struct ws_error err = {0};
    char *ref = NULL;

    ws_worktree_close(w);
    sh("cd .worktrees/ws-one && echo new > new.txt && ln -s ../../src trap && mkdir locked && "
       "touch locked/x "
       "&& chmod 0 locked");
    ok(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), &err);
    ck_assert_str_eq(ref, "refs/wsfsm/run1/ws-one/left-1");
    free(ref);
    sh("test ! -e .worktrees/ws-one && test -e src/x.c && git rev-parse -q --verify "
       "refs/heads/ws/run1/ws-one "
       ">/dev/null && test ! -e .git/worktrees/ws-one && test \"$(git worktree list | wc -l)\" = "
       "1");
    ck_assert_int_lt(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), 0);
    ck_assert_int_eq(err.code, WS_E_UNKNOWN_ID);
}
END_TEST

/* Its paths name the place where the repository stood; they still do when the removal goes on. */
START_TEST(a_removal_that_failed_half_way_is_finished_in_a_moved_repository)
{
    struct ws_worktree *w = prepared("run1");
    struct ws_error err = {0};
    char *ref = NULL;

    ws_worktree_close(w);
    sh("sed -i 's,^root .*,root /old,' .wsfsm/worktrees/ws-one.record\n"
       "echo /old/.worktrees/ws-one/.git > .git/worktrees/ws-one/gitdir\n"
       "touch .git/wsfsm-ws-one.new");
    ck_assert_int_lt(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), 0);
    sh("test ! -e .worktrees/ws-one && test -e .git/worktrees/ws-one && rm .git/wsfsm-ws-one.new");
    ok(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), &err);
    sh("test ! -e .git/worktrees/ws-one && test ! -e .wsfsm/worktrees/ws-one.record");
    free(ref);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worktree");
    TCase *tc = tcase_create("worktree");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, prepare_makes_a_worktree_git_agrees_with);
    tcase_add_test(tc, prepare_again_takes_the_same);
    tcase_add_test(tc, another_run_takes_it_over_after_a_snapshot);
    tcase_add_test(tc, remove_snapshots_and_keeps_the_branch);
    tcase_add_test(tc, a_removal_that_failed_half_way_is_finished_in_a_moved_repository);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
