#include "fixture.h"
#include "prepare.h"

#include "wsfsm/repo/mend.h"

START_TEST(a_lock_that_is_its_ref_goes)
{
    ws_worktree_close(prepared("r1"));
    sh("cd .git/refs && ln wsfsm/r1/ws-one/base wsfsm/r1/ws-one/base.lock\n"
       "ln heads/ws/r1/ws-one heads/ws/r1/ws-one.lock");
    ws_repo_mend(fx.repo);
    sh("test -z \"$(find .git -name '*.lock')\"\n"
       "git rev-parse -q --verify refs/wsfsm/r1/ws-one/base && git rev-parse -q --verify "
       "ws/r1/ws-one");
}
END_TEST

START_TEST(a_move_that_was_made_already_clears_it)
{
    struct ws_error err = {0};

    for (int i = 0; i < 2; i++) {
        ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/r1/ws-one/end", NULL, fx.base, &err), &err);
        sh("test ! -e .git/refs/wsfsm/r1/ws-one/end.lock");
        sh("cd .git/refs/wsfsm/r1/ws-one && ln end end.lock");
    }
    ws_repo_mend(fx.repo);
}
END_TEST

/* A removal that was killed right after its snapshot, and is called again. */
START_TEST(a_snapshot_that_is_known_already_clears_it)
{
    char *ref = NULL;
    struct ws_error err = {0};
    struct ws_worktree *w = prepared("r1");

    sh("echo new > .worktrees/ws-one/new.txt");
    ok(ws_worktree_keep(&ref, NULL, w, &err), &err);
    ck_assert_str_eq(ref, "refs/wsfsm/r1/ws-one/left-1");
    free(ref);
    ws_worktree_close(w);
    sh("cd .git/refs/wsfsm/r1/ws-one && ln left-1 left-1.lock");
    ok(ws_worktree_remove(&ref, NULL, fx.repo, "ws-one", &err), &err);
    ck_assert_ptr_null(ref);
    sh("git update-ref -d refs/wsfsm/r1/ws-one/left-1");
}
END_TEST

START_TEST(a_link_among_refs_goes)
{
    ws_worktree_close(prepared("r1"));
    sh("ln -s nowhere .git/refs/wsfsm/r1/ws-one/link && ln -s ../../main "
       ".git/refs/heads/ws/r1/link && ln -s main .git/refs/heads/theirs");
    ws_repo_mend(fx.repo);
    sh("test -z \"$(find .git/refs/wsfsm .git/refs/heads/ws -type l)\" && rm "
       ".git/refs/heads/theirs && git rev-parse -q --verify main");
}
END_TEST

START_TEST(other_locks_stay)
{
    ws_worktree_close(prepared("r1"));
    sh("cp .git/refs/wsfsm/r1/ws-one/base .git/refs/wsfsm/r1/ws-one/base.lock\n"
       "ln .git/refs/heads/main .git/refs/heads/main.lock");
    ws_repo_mend(fx.repo);
    sh("rm .git/refs/wsfsm/r1/ws-one/base.lock .git/refs/heads/main.lock");
}
END_TEST

START_TEST(an_object_without_content_is_written_again)
{
    struct ws_worktree *w = prepared("r1");
    struct ws_content content;

    sh("h=$(echo fresh | git hash-object --stdin) && d=.git/objects/$(echo $h | cut -c1-2)\n"
       "mkdir -p $d && : > $d/$(echo $h | cut -c3-)");
    ws_repo_mend(fx.repo);
    sh("echo fresh > .worktrees/ws-one/fresh.txt");
    content_of(&content, w);
    char *script = ws_format("git show %s:fresh.txt", content.tree);
    char *text = sh_line(script);
    ck_assert_str_eq(text, "fresh");
    free(text);
    free(script);
    ws_content_release(&content);
    ws_worktree_close(w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("repo_mend");
    TCase *tc = tcase_create("mend");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_lock_that_is_its_ref_goes);
    tcase_add_test(tc, a_move_that_was_made_already_clears_it);
    tcase_add_test(tc, a_snapshot_that_is_known_already_clears_it);
    tcase_add_test(tc, a_link_among_refs_goes);
    tcase_add_test(tc, other_locks_stay);
    tcase_add_test(tc, an_object_without_content_is_written_again);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
