#include "fixture.h"

#include "admin.h"

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

/* A script run in the worktree, then the changes it made. */
static void expect(const char *script, const char *changes)
{
    char *full = ws_format("cd .worktrees/ws-one\n%s", script);

    sh(full);
    free(full);
    assert_changes(w, changes);
}

START_TEST(sees_every_kind_of_change)
{
    expect("echo more >> a.txt", "M a.txt");
    expect("echo new > new.txt", "M a.txt|A new.txt");
    expect("rm b.txt", "M a.txt|D b.txt|A new.txt");
    expect("chmod -x run.sh", "M a.txt|D b.txt|A new.txt|M run.sh");
    expect("ln -sf b.txt link", "M a.txt|D b.txt|M link|A new.txt|M run.sh");
    expect("git checkout -q . && rm new.txt", "");
}
END_TEST

START_TEST(sees_renames_and_other_types)
{
    expect("git mv src/sub/deep.c src/moved.c", "R src/sub/deep.c>src/moved.c");
    expect("rm -r docs && echo file > docs", "A docs|D docs/d.md|R src/sub/deep.c>src/moved.c");
    expect("rm docs && mkdir docs && ln -s ../a.txt docs/d.md",
           "T docs/d.md|R src/sub/deep.c>src/moved.c");
    expect("rm a.txt && mkdir a.txt && echo x > a.txt/x",
           "D a.txt|A a.txt/x|T docs/d.md|R src/sub/deep.c>src/moved.c");
}
END_TEST

START_TEST(agrees_with_git_add)
{
    char *ours, *theirs;
    struct ws_content c;

    sh("cd .worktrees/ws-one && mkdir -p z/y 'with space' && echo 1 > z/y/1 && echo 2 > 'with "
       "space/2' && rm b.txt\n"
       "printf 'x' > \"$(printf 'new\\nline')\" && printf 'y' > \"$(printf 'latin\\377')\" && echo "
       "o > obj.o\n"
       "mkdir a && touch a/empty a.b 'a-c' && chmod +x a.b && ln -s /nowhere dangling");
    content_of(&c, w);
    ours = ws_strdup(c.tree);
    theirs = sh_line("cd .worktrees/ws-one && git add -A && git write-tree");
    ck_assert_str_eq(ours, theirs);
    ws_content_release(&c);
    free(ours);
    free(theirs);
}
END_TEST

START_TEST(ignored_files_are_left_out_and_gitignore_is_not)
{
    expect("mkdir -p build/x && touch build/x/y 1.o src/2.o", "");
    expect("printf '*\\n' > src/.gitignore && touch src/hidden", "A src/.gitignore");
    expect("echo changed > src/x.c", "A src/.gitignore|M src/x.c");
    expect("rm src/x.c", "A src/.gitignore|D src/x.c");
    expect("echo 'int y;' > src/x.c", "A src/.gitignore|M src/x.c");
}
END_TEST

START_TEST(what_the_tool_forced_in_counts)
{
    expect("touch 1.o && echo x > 2.o && git add -f 2.o", "A 2.o");
    expect("git commit -q -m own && echo y >> 2.o && git rm -q --cached 2.o", "A 2.o");
}
END_TEST

START_TEST(the_tools_index_is_not_believed)
{
    expect("git update-index --assume-unchanged a.txt && echo forged > a.txt", "M a.txt");
    expect("git update-index --skip-worktree b.txt && rm b.txt", "M a.txt|D b.txt");
    expect("touch intent && git add -N intent", "M a.txt|D b.txt|A intent");
    expect("rm \"$(git rev-parse --git-path index)\"", "M a.txt|D b.txt|A intent");
    expect("head -c 500 /dev/urandom > \"$(git rev-parse --git-path index)\"",
           "M a.txt|D b.txt|A intent");
    expect(
        "rm \"$(git rev-parse --git-path index)\" && mkfifo \"$(git rev-parse --git-path index)\"",
        "M a.txt|D b.txt|A intent");
}
END_TEST

START_TEST(a_change_that_hides_its_time_is_seen)
{
    expect("touch -r b.txt ../stamp && printf 'c\\n' > b.txt && touch -r ../stamp b.txt",
           "M b.txt");
    for (int i = 0; i < 20; i++) {
        sh("cd .worktrees/ws-one && printf 'd\\n' > a.txt");
        assert_changes(w, "M a.txt|M b.txt");
        sh("cd .worktrees/ws-one && printf 'a\\n' > a.txt");
        assert_changes(w, "M b.txt");
    }
    sh("rm .worktrees/stamp");
}
END_TEST

START_TEST(names_what_cannot_be_stored)
{
    struct ws_content c;

    w->file_limit = 1000;
    sh("cd .worktrees/ws-one && head -c 2000 /dev/zero > big && mkfifo pipe && mkdir -p "
       "in/ner/.git && echo x > in/ner/f\n"
       "git init -q other && echo y > other/g && mkdir odd && touch odd/.GIT && mkfifo 1.o");
    content_of(&c, w);
    ck_assert_uint_eq(c.too_large.len, 1);
    ck_assert_str_eq(c.too_large.items[0], "big");
    ck_assert_uint_eq(c.special.len, 2);
    ck_assert_str_eq(c.special.items[0], "odd/.GIT");
    ck_assert_str_eq(c.special.items[1], "pipe");
    ck_assert_uint_eq(c.nested.len, 2);
    ck_assert_str_eq(c.nested.items[0], "in/ner");
    ck_assert_str_eq(c.nested.items[1], "other");
    ws_content_release(&c);
    assert_changes(w, "A in/ner/f|A other/g");
}
END_TEST

START_TEST(a_fifo_for_rules_blocks_nobody)
{
    struct ws_content c;

    sh("cd .worktrees/ws-one && mkdir m && mkfifo m/.gitignore m/.gitattributes && touch m/1.o && "
       "ln -s /dev/zero "
       "src/.gitattributes && echo x >> src/x.c && rm .gitignore && ln -s m/.gitignore .gitignore");
    content_of(&c, w);
    ck_assert_uint_eq(c.special.len, 2);
    ws_content_release(&c);
    assert_changes(w, "T .gitignore|A m/1.o|A src/.gitattributes|M src/x.c");
}
END_TEST

START_TEST(unreadable_files_and_folders_are_read)
{
    expect("echo x > a.txt && chmod 0 a.txt && chmod 0 src", "M a.txt");
}
END_TEST

START_TEST(deep_and_long_paths_end)
{
    struct ws_content c;

    sh("cd .worktrees/ws-one && i=0; while [ $i -lt 600 ]; do mkdir d && cd -P d; i=$((i+1)); "
       "done; touch bottom");
    content_of(&c, w);
    ck_assert_uint_eq(c.closed.len, 1);
    ws_content_release(&c);
}
END_TEST

START_TEST(restore_puts_all_back)
{
    struct ws_content start, now;
    struct ws_error err = {0};
    char *tip;

    sh("cd .worktrees/ws-one && echo begun > a.txt && echo own > own.txt");
    content_of(&start, w);
    sh("cd .worktrees/ws-one && rm -r src && echo f > src && echo more > a.txt && git add -A && "
       "git commit -q -m x\n"
       "mkfifo p && git init -q nest && touch nest/f keep.o && rm own.txt && mkdir own.txt && "
       "touch own.txt/1.o\n"
       "touch \"$(git rev-parse --git-path MERGE_HEAD)\" \"$(git rev-parse --git-path "
       "index.lock)\"");
    ok(ws_worktree_restore(w, start.tree, fx.base, NULL, &err), &err);
    content_of(&now, w);
    ck_assert_str_eq(now.tree, start.tree);
    ck_assert_str_eq(now.head, fx.base);
    ck_assert_uint_eq(now.special.len + now.nested.len, 0);
    sh("cd .worktrees/ws-one && test -e keep.o && test \"$(cat own.txt)\" = own && test ! -e p && "
       "test ! -e nest\n"
       "test \"$(git status --porcelain)\" = \"$(printf ' M a.txt\\n?? own.txt')\"");
    tip = sh_line("git rev-parse ws/run1/ws-one");
    ck_assert_str_eq(tip, fx.base);
    free(tip);
    ws_content_release(&start);
    ws_content_release(&now);
    ok(ws_worktree_check(w, &err), &err);
}
END_TEST

START_TEST(settle_lets_status_show_only_the_rest)
{
    struct ws_commit c = {.message = "done\n"};
    struct ws_content content;
    struct ws_error err = {0};
    char commit[WS_OID_HEX];

    sh("cd .worktrees/ws-one && echo change > a.txt && echo new > new.txt");
    content_of(&content, w);
    sh("cd .worktrees/ws-one && echo left > left.txt && echo later > b.txt");
    c.tree = content.tree;
    c.parents[0] = fx.base;
    ok(ws_repo_commit(commit, fx.repo, &c, &err), &err);
    ok(ws_repo_move_ref(fx.repo, ws_worktree_branch(w), fx.base, commit, &err), &err);
    ok(ws_worktree_settle(w, commit, &err), &err);
    sh("cd .worktrees/ws-one && test \"$(git status --porcelain)\" = \"$(printf ' M b.txt\\n?? "
       "left.txt')\"");
    ws_content_release(&content);
}
END_TEST

START_TEST(a_snapshot_twice_is_one)
{
    struct ws_content content;
    struct ws_error err = {0};

    sh("cd .worktrees/ws-one && echo own > own && git add own && git commit -q -m own && echo "
       "change > a.txt");
    content_of(&content, w);
    ok(ws_worktree_snapshot(w, "refs/wsfsm/run1/ws-one/1", &content, "one\n", &err), &err);
    ok(ws_worktree_snapshot(w, "refs/wsfsm/run1/ws-one/1", &content, "one\n", &err), &err);
    sh("test \"$(git rev-list --count refs/wsfsm/run1/ws-one/1)\" = 3\n"
       "test \"$(git rev-parse refs/wsfsm/run1/ws-one/1^2)\" = \"$(git rev-parse main)\"");
    ws_content_release(&content);
    sh("cd .worktrees/ws-one && echo other > a.txt");
    content_of(&content, w);
    ck_assert_int_lt(ws_worktree_snapshot(w, "refs/wsfsm/run1/ws-one/1", &content, "one\n", &err),
                     0);
    ws_content_release(&content);
}
END_TEST

START_TEST(a_lost_or_damaged_cache_only_costs_time)
{
    expect("echo x > a.txt && touch 1.o", "M a.txt");
    sh("rm .wsfsm/worktrees/ws-one.cache");
    assert_changes(w, "M a.txt");
    sh("head -c 300 /dev/urandom > .wsfsm/worktrees/ws-one.cache");
    assert_changes(w, "M a.txt");
    sh("truncate -s -7 .wsfsm/worktrees/ws-one.cache");
    assert_changes(w, "M a.txt");
}
END_TEST

START_TEST(objects_that_git_pruned_are_written_again)
{
    expect("mkdir n && echo unique-content > n/f", "A n/f");
    sh("git prune --expire=now && git fsck --no-dangling --strict 2>/dev/null");
    expect(":", "A n/f");
    sh("cd .worktrees/ws-one && rm -r n");
    assert_changes(w, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("content");
    TCase *tc = tcase_create("content");

    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, sees_every_kind_of_change);
    tcase_add_test(tc, sees_renames_and_other_types);
    tcase_add_test(tc, agrees_with_git_add);
    tcase_add_test(tc, ignored_files_are_left_out_and_gitignore_is_not);
    tcase_add_test(tc, what_the_tool_forced_in_counts);
    tcase_add_test(tc, the_tools_index_is_not_believed);
    tcase_add_test(tc, a_change_that_hides_its_time_is_seen);
    tcase_add_test(tc, names_what_cannot_be_stored);
    tcase_add_test(tc, a_fifo_for_rules_blocks_nobody);
    tcase_add_test(tc, unreadable_files_and_folders_are_read);
    tcase_add_test(tc, deep_and_long_paths_end);
    tcase_add_test(tc, restore_puts_all_back);
    tcase_add_test(tc, settle_lets_status_show_only_the_rest);
    tcase_add_test(tc, a_snapshot_twice_is_one);
    tcase_add_test(tc, a_lost_or_damaged_cache_only_costs_time);
    tcase_add_test(tc, objects_that_git_pruned_are_written_again);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
