/* Names that git refuses to check out: no tree of ours holds one, whoever asked for it. */
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

/* As every platform together would have it. */
static bool git_refuses(const char *mode, const char *name)
{
    char *script = ws_format("GIT_INDEX_FILE=../asked git -c core.protectHFS=true -c "
                             "core.protectNTFS=true update-index --add --cacheinfo "
                             "%s,$(git rev-parse HEAD:a.txt),'src/%s' 2>/dev/null && echo no || "
                             "echo yes",
                             mode, name);
    char *answer = sh_line(script);
    bool refuses = strcmp(answer, "yes") == 0;

    free(answer);
    free(script);
    return refuses;
}

/* One name in the worktree, as a file or as a link, and gone again. */
static void expect(const char *name, bool link, bool refused)
{
    char *path = ws_format("%s/src/%s", ws_worktree_path(w), name);
    char *found = ws_format("src/%s", name);
    struct ws_error err = {0};
    struct ws_content c;
    enum ws_entry entry;

    ck_assert_msg(git_refuses(link ? "120000" : "100644", name) == refused, "git on '%s'", name);
    if (link) {
        ck_assert_int_eq(symlink("x.c", path), 0);
    } else {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);

        ck_assert_int_ge(fd, 0);
        close(fd);
    }
    content_of(&c, w);
    ck_assert_msg(ws_strv_has(&c.special, found) == refused, "'%s'", name);
    ok(ws_repo_look(&entry, fx.repo, c.tree, found, &err), &err);
    ck_assert_msg((entry == WS_ENTRY_ABSENT) == refused, "'%s'", name);
    ck_assert_int_eq(unlink(path), 0);
    ws_content_release(&c);
    free(found);
    free(path);
}

START_TEST(what_git_refuses_is_no_file)
{
    static const char *const names[] = {
        ".GIT",
        ".Git ",
        ".git. .",
        ".git         .",
        ".git:x",
        ".git::$DATA",
        ".git . :x",
        ".git\\",
        ".git\\x",
        ".git .\\x",
        "git~1",
        "GIT~1 .",
        "git~1:x",
        "git~1\\x",
        "x\\.git",
        "x\\\\.git",
        "x\\y\\.git:z",
        "x:y\\GIT~1\\z",
        ".git\342\200\214",
        ".g\342\200\214it",
        "\357\273\277.git",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect(names[i], false, true);
        expect(names[i], true, true);
    }
}
END_TEST

START_TEST(what_git_takes_is_a_file)
{
    static const char *const names[] = {
        ".gitx",  ".git x", ".git........x", "git~2", "git~11", "x\\.gitx",    "a\\b",
        "x:.git", "..git",  "xgit~1",        " .git", "git",    ".gitignores", ".gitmodules",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect(names[i], false, false);
    }
}
END_TEST

START_TEST(a_link_that_git_refuses_is_no_link)
{
    static const char *const refused[] = {
        ".gitmodules",    ".GitModules",
        ".gitmodules .",  ".gitmodules:x",
        "gitmod~1",       "GITMOD~4",
        "gi7eba~1",       "gi7eb~12",
        "g~123456",       "~1000000",
        "gitmod~1 .:x",   "x\\gitmod~2",
        "x\\.gitmodules", ".gitmodule\342\200\214s",
    };
    static const char *const taken[] = {
        ".gitmodulesx", "gitmod~5", "gitmod~11", "gi7eba~0",
        "gi7eba~10",    "g~12345",  "gi7ebax~",  ".gitattributes",
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        expect(refused[i], true, true);
        expect(refused[i], false, false);
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        expect(taken[i], true, false);
    }
}
END_TEST

/* Work of an earlier run that no snapshot can hold is named before it goes. */
START_TEST(a_file_that_cannot_be_kept_is_named)
{
    const struct ws_worktree_spec spec = {"run2", "ws-one", fx.base};
    struct ws_prepared how;
    struct ws_error err = {0};

    sh("cd .worktrees/ws-one && echo work > 'src/.git\\x' && mkfifo src/pipe");
    ws_worktree_close(w);
    ok(ws_worktree_prepare(&w, &how, fx.repo, &spec, &err), &err);
    ck_assert_uint_eq(how.lost.len, 1);
    ck_assert_str_eq(how.lost.items[0], "src/.git\\x");
    sh("test ! -e '.worktrees/ws-one/src/.git\\x'");
    ws_strv_release(&how.lost);
    free(how.snapshot_ref);
}
END_TEST

/* A commit that an earlier wsfsm made with such a name: its run has to end all the same. */
START_TEST(an_index_does_without_what_git_refuses)
{
    struct ws_error err = {0};
    char *commit = sh_line("b=$(git rev-parse HEAD:a.txt)\n"
                           "t=$({ printf '100644 blob %s\\t.git\\\\x\\000' $b\n"
                           "printf '120000 blob %s\\t.gitmodules\\000' $b\n"
                           "printf '100644 blob %s\\ta.txt\\000' $b; } | git mktree -z)\n"
                           "git commit-tree -m x $t");

    ok(ws_worktree_settle(w, commit, &err), &err);
    sh("cd .worktrees/ws-one && test \"$(git ls-files)\" = a.txt && git prune --expire=now");
    free(commit);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("names");
    TCase *tc = tcase_create("names");

    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, what_git_refuses_is_no_file);
    tcase_add_test(tc, what_git_takes_is_a_file);
    tcase_add_test(tc, a_link_that_git_refuses_is_no_link);
    tcase_add_test(tc, a_file_that_cannot_be_kept_is_named);
    tcase_add_test(tc, an_index_does_without_what_git_refuses);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
