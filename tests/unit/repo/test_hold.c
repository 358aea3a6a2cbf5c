/* Trees that a row names: is a ref there that holds one, and is all of one there. */
#include "fixture.h"

static struct ws_worktree *w;
static struct ws_content content;

static void begin(void)
{
    setup();
    w = prepared("run1");
}

static void end(void)
{
    ws_content_release(&content);
    ws_worktree_close(w);
    teardown();
}

/* The content after a change to a file two folders down, and a new one beside it. */
static void change(void)
{
    struct ws_error err = {0};

    sh("cd .worktrees/ws-one && echo more >> src/sub/deep.c && mkdir -p new/folder && echo n > "
       "new/folder/n.txt");
    ok(ws_worktree_content(&content, w, &err), &err);
}

static bool held(int64_t seq, const char *tree)
{
    struct ws_error err = {0};
    bool is = false;

    ok(ws_worktree_holds(&is, w, seq, tree, &err), &err);
    return is;
}

static void hold(const char *ref, const char *tree)
{
    struct ws_error err = {0};

    ok(ws_worktree_hold(w, ref, tree, "held\n", &err), &err);
}

START_TEST(the_bases_tree_is_held_by_the_base)
{
    struct ws_error err = {0};
    char tree[WS_OID_HEX];

    ok(ws_repo_tree_of(tree, fx.repo, fx.base, &err), &err);
    ck_assert(held(0, tree));
    change();
    ck_assert(!held(9, content.tree));
}
END_TEST

START_TEST(a_ref_of_this_run_up_to_that_number_holds_it)
{
    const char *const refs[] = {"refs/wsfsm/run1/ws-one/3", "refs/wsfsm/run1/ws-one/3-start",
                                "refs/wsfsm/run1/ws-one/3-change"};

    change();
    hold("refs/wsfsm/run2/ws-one/1", content.tree);
    hold("refs/wsfsm/run1/ws-two/1-start", content.tree);
    ck_assert(!held(9, content.tree));
    for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
        char *gone = ws_format("git update-ref -d %s", refs[i]);

        hold(refs[i], content.tree);
        ck_assert(!held(2, content.tree));
        ck_assert(held(3, content.tree));
        ck_assert(held(9, content.tree));
        sh(gone);
        ck_assert(!held(9, content.tree));
        free(gone);
    }
}
END_TEST

START_TEST(what_is_held_outlives_the_collector)
{
    const char *ref = "refs/wsfsm/run1/ws-one/1-start";
    struct ws_error err = {0};
    char tree[WS_OID_HEX];

    change();
    hold(ref, content.tree);
    hold(ref, content.tree); /* a try that was killed has made it */
    sh("git gc -q --prune=now");
    ok(ws_repo_check_stored(fx.repo, content.tree, fx.base, &err), &err);
    sh("test \"$(git rev-parse refs/wsfsm/run1/ws-one/1-start^@)\" = \"$(git rev-parse main)\"");
    ok(ws_repo_tree_of(tree, fx.repo, fx.base, &err), &err);
    ck_assert_int_lt(ws_worktree_hold(w, ref, tree, "held\n", &err), 0);
    ck_assert_int_eq(err.code, WS_E_LEASE_LOST);
}
END_TEST

/* What libgit2 remembers of the tree must not count: it is read before it goes. */
START_TEST(a_tree_that_git_pruned_is_not_stored)
{
    struct ws_changes changes = {0};
    struct ws_error err = {0};

    change();
    ok(ws_repo_check_stored(fx.repo, content.tree, fx.base, &err), &err);
    ok(ws_repo_diff(&changes, fx.repo, fx.base, content.tree, &err), &err);
    ck_assert_uint_eq(changes.len, 2);
    ws_changes_release(&changes);
    sh("git prune --expire=now");
    ck_assert_int_lt(ws_repo_check_stored(fx.repo, content.tree, fx.base, &err), 0);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_str_eq(err.where, content.tree);
    ck_assert_ptr_nonnull(strstr(err.message, content.tree));
}
END_TEST

/* One object of those that the base does not have; `path` is below the change's tree. */
static void assert_missed(const char *path)
{
    struct ws_error err = {0};
    char *script = ws_format("git rev-parse %s:%s", content.tree, path), *oid = sh_line(script);
    char *file = ws_format("%s/.git/objects/%.2s/%s", fx.root, oid, oid + 2),
         *away = ws_format("%s/away", fx.dir);

    ck_assert_int_eq(rename(file, away), 0);
    ck_assert_int_lt(ws_repo_check_stored(fx.repo, content.tree, fx.base, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, oid));
    ck_assert_int_eq(rename(away, file), 0);
    ok(ws_repo_check_stored(fx.repo, content.tree, fx.base, &err), &err);
    free(script);
    free(oid);
    free(file);
    free(away);
}

START_TEST(every_object_of_the_change_is_asked_for)
{
    struct ws_error err = {0};

    change();
    assert_missed("src/sub/deep.c");
    assert_missed("src/sub");
    assert_missed("src");
    assert_missed("new/folder/n.txt");
    assert_missed("new");
    ok(ws_repo_check_stored(fx.repo, fx.base, fx.base, &err), &err);
}
END_TEST

START_TEST(only_snapshots_are_called_so)
{
    ck_assert(ws_ref_is_snapshot("refs/wsfsm/r/ws/2"));
    ck_assert(ws_ref_is_snapshot("refs/wsfsm/r-start/ws-change/left-1"));
    ck_assert(!ws_ref_is_snapshot("refs/wsfsm/r/ws/base"));
    ck_assert(!ws_ref_is_snapshot("refs/wsfsm/r/ws/end"));
    ck_assert(!ws_ref_is_snapshot("refs/wsfsm/r/ws/1-start"));
    ck_assert(!ws_ref_is_snapshot("refs/wsfsm/r/ws/2-change"));
}
END_TEST

START_TEST(a_commit_is_written_again_from_its_text)
{
    struct ws_commit c = {.tree = fx.base, .parents = {fx.base}, .message = "x\n\nWsfsm-Run: r\n"};
    struct ws_buf text = {0};
    struct ws_error err = {0};
    char oid[WS_OID_HEX], *there;

    ok(ws_repo_commit(oid, fx.repo, &c, &err), &err);
    ok(ws_repo_commit_text(&text, fx.repo, oid, &err), &err);
    there = ws_format("git cat-file -e %s", oid);
    sh("git prune --expire=now");
    ok(ws_repo_put_commit(fx.repo, oid, ws_buf_str(&text), &err), &err);
    ok(ws_repo_put_commit(fx.repo, oid, ws_buf_str(&text), &err), &err);
    sh(there);
    ws_buf_puts(&text, "more\n");
    ck_assert_int_lt(ws_repo_put_commit(fx.repo, oid, ws_buf_str(&text), &err), 0);
    ck_assert_int_eq(err.code, WS_E_INTEGRITY);
    free(there);
    ws_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hold");
    TCase *tc = tcase_create("hold");

    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, the_bases_tree_is_held_by_the_base);
    tcase_add_test(tc, a_ref_of_this_run_up_to_that_number_holds_it);
    tcase_add_test(tc, what_is_held_outlives_the_collector);
    tcase_add_test(tc, a_tree_that_git_pruned_is_not_stored);
    tcase_add_test(tc, every_object_of_the_change_is_asked_for);
    tcase_add_test(tc, only_snapshots_are_called_so);
    tcase_add_test(tc, a_commit_is_written_again_from_its_text);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
