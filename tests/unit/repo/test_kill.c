/* kill -9 while a worktree is made, taken over, put back or removed: the next try always gets
 * there. */
#include "fixture.h"

#include <signal.h>
#include <time.h>

static int make_it(const char *run_id)
{
    const struct ws_worktree_spec spec = {run_id, "ws-one", fx.base};
    struct ws_worktree *w = NULL;
    struct ws_prepared how;
    struct ws_error err = {0};
    struct ws_repo *r = NULL;
    int rc = ws_repo_open(&r, fx.root, &err);

    if (rc == 0) {
        rc = ws_worktree_prepare(&w, &how, r, &spec, &err);
        free(how.snapshot_ref);
    }
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.message);
    }
    ws_worktree_close(w);
    ws_repo_close(r);
    return rc;
}

static int remove_it(const char *run_id)
{
    struct ws_error err = {0};
    struct ws_repo *r = NULL;
    char *ref = NULL;
    int rc = ws_repo_open(&r, fx.root, &err);

    (void)run_id;
    if (rc == 0) {
        rc = ws_worktree_remove(&ref, NULL, r, "ws-one", &err);
        rc = rc < 0 && err.code == WS_E_UNKNOWN_ID ? 0 : rc;
    }
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.message);
    }
    free(ref);
    ws_repo_close(r);
    return rc;
}

static int restore_it(const char *run_id)
{
    const struct ws_worktree_spec spec = {run_id, "ws-one", fx.base};
    char tree[WS_OID_HEX];
    struct ws_worktree *w = NULL;
    struct ws_error err = {0};
    struct ws_repo *r = NULL;
    int rc = ws_repo_open(&r, fx.root, &err);

    if (rc == 0) {
        rc = ws_worktree_open(&w, r, &spec, &err);
    }
    if (rc == 0 && (rc = ws_repo_tree_of(tree, r, fx.base, &err)) == 0) {
        rc = ws_worktree_restore(w, tree, fx.base, NULL, &err);
    }
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.message);
    }
    ws_worktree_close(w);
    ws_repo_close(r);
    return rc;
}

/* Runs `work` in a child that is killed: at its N-th fault point, or (0) after `us` microseconds.
 * True: it ended by itself before that. */
static bool killed_at(int (*work)(const char *), const char *run_id, int n, long us)
{
    const struct timespec nap = {.tv_nsec = us * 1000};
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        char number[16];

        if (n > 0) {
            snprintf(number, sizeof number, "%d", n);
            setenv("WSFSM_CRASH_AT", number, 1);
        }
        _exit(work(run_id) == 0 ? 0 : 1);
    }
    if (n == 0) {
        nanosleep(&nap, NULL);
        kill(pid, SIGKILL);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

static void is_whole(const char *run_id)
{
    char *script;

    ck_assert_int_eq(make_it(run_id), 0);
    script = ws_format(
        "cd .worktrees/ws-one && test -z \"$(git status --porcelain)\"\n"
        "test \"$(git symbolic-ref HEAD)\" = refs/heads/ws/%s/ws-one\n"
        "cd ../.. && test \"$(git worktree list | wc -l)\" = 2 && git fsck --strict 2>/dev/null\n"
        "test -z \"$(ls -d .git/wsfsm-* .git/worktrees/*/*.lock 2>/dev/null)\"\n"
        "test \"$(find .wsfsm -name '*.tmp' | wc -l)\" = 0",
        run_id);
    sh(script);
    free(script);
}

static void is_gone(void)
{
    ck_assert_int_eq(remove_it("-"), 0);
    sh("test ! -e .worktrees/ws-one && test \"$(git worktree list | wc -l)\" = 1\n"
       "test \"$(find .wsfsm/worktrees -type f | wc -l)\" = 0 && test -z \"$(ls -d .git/wsfsm-* "
       "2>/dev/null)\"");
}

/* One way through: new, taken over by a second run, put back, removed. */
static bool all_killed(int n, long us)
{
    bool ended = killed_at(make_it, "run1", n, us);

    is_whole("run1");
    sh("cd .worktrees/ws-one && echo change > a.txt && rm -r docs && echo new > new.txt");
    ended = killed_at(make_it, "run2", n, us) && ended;
    is_whole("run2");
    sh("git show-ref | grep -q refs/wsfsm/run1/ws-one/left-1\n"
       "for r in $(git for-each-ref --format='%(refname)' refs/wsfsm/run1/ws-one/left-*); do\n"
       "test \"$(git show $r:new.txt)\" = new; done");
    sh("cd .worktrees/ws-one && echo change > a.txt && rm -r src");
    ended = killed_at(restore_it, "run2", n, us) && ended;
    ck_assert_int_eq(restore_it("run2"), 0);
    is_whole("run2");
    sh("cd .worktrees/ws-one && echo kept > kept.txt");
    ended = killed_at(remove_it, "-", n, us) && ended;
    is_gone();
    sh("git show-ref | grep -q refs/wsfsm/run2/ws-one/left-1");
    sh("for r in $(git for-each-ref --format='%(refname)' refs/wsfsm refs/heads/ws); do git "
       "update-ref -d $r; done");
    return ended;
}

#ifdef WS_FAULT_POINTS
START_TEST(at_every_fault_point)
{
    int n = 1;

    while (!all_killed(n, 0)) {
        n++;
    }
    ck_assert_int_gt(n, 30);
}
END_TEST
#endif

START_TEST(at_any_time)
{
    for (long us = 200; us < 40000; us += us / 2) {
        all_killed(0, us);
    }
}
END_TEST

START_TEST(eight_at_once)
{
    pid_t pids[8];
    char *lines;

    for (size_t i = 0; i < 8; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            char id[16];
            const struct ws_worktree_spec spec = {"run1", id, fx.base};
            struct ws_worktree *w = NULL;
            struct ws_prepared how;
            struct ws_repo *r = NULL;

            snprintf(id, sizeof id, "ws-n%zu", i);
            _exit(ws_repo_open(&r, fx.root, NULL) == 0 &&
                          ws_worktree_prepare(&w, &how, r, &spec, NULL) == 0
                      ? 0
                      : 1);
        }
    }
    for (size_t i = 0; i < 8; i++) {
        int status;

        waitpid(pids[i], &status, 0);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    lines = sh_line("git worktree list | wc -l");
    ck_assert_str_eq(lines, "9");
    free(lines);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kill");
    TCase *tc = tcase_create("kill");

    tcase_set_timeout(tc, 110);
    tcase_add_checked_fixture(tc, setup, teardown);
#ifdef WS_FAULT_POINTS
    tcase_add_test(tc, at_every_fault_point);
#endif
    tcase_add_test(tc, at_any_time);
    tcase_add_test(tc, eight_at_once);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
