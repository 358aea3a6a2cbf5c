#include "fixture.h"

static void refuses(bool ignore_filters, const char *why)
{
    struct ws_error err = {0};
    struct ws_repo *r = NULL;

    ok(ws_repo_open(&r, fx.root, &err), &err);
    ck_assert_msg(ws_repo_preflight(r, fx.base, ignore_filters, &err) < 0, "nothing refused: %s",
                  why);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_msg(strstr(err.message, why) != NULL, "%s", err.message);
    ck_assert_ptr_null(strchr(err.message, '\n'));
    ck_assert_int_ne(access(ws_repo_state_dir(r), F_OK), 0);
    ws_repo_close(r);
}

static void accepts(bool ignore_filters)
{
    struct ws_error err = {0};
    struct ws_repo *r = NULL;

    ok(ws_repo_open(&r, fx.root, &err), &err);
    ok(ws_repo_preflight(r, fx.base, ignore_filters, &err), &err);
    ws_repo_close(r);
}

/* Makes the repository so, expects the refusal, and takes it back. */
static void case_of(const char *make, const char *why, const char *undo)
{
    sh(make);
    refuses(false, why);
    sh(undo);
    accepts(false);
}

START_TEST(an_ordinary_repository_passes)
{
    accepts(false);
    sh("git update-index --index-version 4 && git update-index --untracked-cache 2>/dev/null || "
       "true");
    accepts(false);
    sh("git update-index --index-version 2 && git update-index --no-untracked-cache 2>/dev/null || "
       "true");
}
END_TEST

START_TEST(names_each_thing_it_cannot_honour)
{
    case_of("git config remote.origin.promisor true", "partial clone",
            "git config --unset remote.origin.promisor");
    case_of("git config extensions.partialClone origin", "partial clone",
            "git config --unset extensions.partialClone");
    case_of("git config extensions.worktreeConfig true", "extensions.worktreeconfig",
            "git config --unset extensions.worktreeConfig");
    case_of(
        "git sparse-checkout set src 2>/dev/null && git config --unset extensions.worktreeConfig",
        "sparse",
        "git config extensions.worktreeConfig true && git sparse-checkout disable 2>/dev/null; git "
        "config --unset extensions.worktreeConfig; rm .git/config.worktree; git config --unset "
        "core.repositoryformatversion; git config core.repositoryformatversion 0");
    case_of("git update-index --split-index", "split", "git update-index --no-split-index");
    case_of("git config index.skipHash true", "index.skipHash",
            "git config --unset index.skipHash");
    case_of("git branch ws", "branch named 'ws'", "git branch -q -D ws");
    case_of("touch .worktrees", "move it away", "rm .worktrees");
}
END_TEST

START_TEST(names_a_sparse_index)
{
    sh("git config core.repositoryformatversion 0; git sparse-checkout set --sparse-index src "
       "2>/dev/null\n"
       "git config --unset extensions.worktreeConfig; git config --unset core.sparseCheckout || "
       "true\n"
       "rm -f .git/config.worktree");
    refuses(false, "sparse");
    sh("git config extensions.worktreeConfig true; git sparse-checkout set --no-sparse-index src "
       "2>/dev/null; "
       "git sparse-checkout disable 2>/dev/null; git config --unset extensions.worktreeConfig; rm "
       "-f "
       ".git/config.worktree; git config core.repositoryformatversion 0; git config --unset "
       "index.sparse || true; "
       "git config --unset core.sparseCheckoutCone || true; git config --unset core.sparseCheckout "
       "|| true");
}
END_TEST

START_TEST(a_damaged_index_is_named)
{
    sh("cp .git/index ../index && truncate -s -4 .git/index");
    refuses(false, "index cannot be read");
    sh("cp ../index .git/index");
}
END_TEST

static void write_index(const char *path, const char *data, size_t len)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
}

/* git passes over a checksum that is not right, and so does the look at an index; what is read is
 * not trusted. */
START_TEST(no_damage_of_the_index_does_more_than_refuse)
{
    struct ws_error err = {0};
    struct ws_repo *r = NULL;
    struct ws_buf whole = {0};
    char *path = ws_path_join(fx.root, ".git/index");
    size_t refused = 0, damages = 0;

    for (int version = 2; version <= 4; version += 2) {
        sh(version == 2 ? "git update-index --index-version 2"
                        : "git update-index --index-version 4");
        ok(ws_repo_open(&r, fx.root, &err), &err);
        ok(ws_read_file(&whole, path, 1 << 20, &err), &err);
        for (size_t at = 0; at < whole.len; at += 3) {
            char byte = whole.data[at];

            write_index(path, whole.data, at);
            refused += ws_repo_preflight(r, fx.base, false, &err) < 0;
            whole.data[at] = (char)(byte ^ 0x5a);
            write_index(path, whole.data, whole.len);
            refused += ws_repo_preflight(r, fx.base, false, &err) < 0;
            whole.data[at] = byte;
            damages += 2;
        }
        write_index(path, whole.data, whole.len);
        ws_repo_close(r);
        accepts(false);
    }
    ck_assert_uint_gt(refused, damages / 2);
    sh("git update-index --index-version 2");
    ws_buf_release(&whole);
    free(path);
}
END_TEST

/* The index names them when it holds the base, in every version of its format; when it does not,
 * the base does. */
START_TEST(attributes_of_the_base_are_found_with_any_index)
{
    static const char *const indexes[] = {
        "git update-index --index-version 2",
        "git update-index --index-version 4",
        "git update-index --index-version 2 && git read-tree HEAD^",
        "git read-tree HEAD && git rm -q --cached docs/deep/.gitattributes",
        "git read-tree HEAD && touch new && git add -N new",
        "rm .git/index",
    };

    sh("git config filter.lfs.clean cat && mkdir -p docs/deep && echo 'a.md filter=lfs' > "
       "docs/deep/.gitattributes && echo a > docs/deep/a.md && git add -A && git commit -q -m x");
    ws_repo_close(fx.repo);
    open_repo();
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        sh(indexes[i]);
        refuses(false, "filter 'lfs'");
    }
    sh("git reset -q --hard HEAD^ && git config --unset filter.lfs.clean && rm -f new");
    free(fx.state);
    fx.state = user_state();
    ws_repo_close(fx.repo);
    open_repo();
    accepts(false);
}
END_TEST

START_TEST(filters_matter_where_they_apply)
{
    /* A driver without a path under it, as git-lfs leaves it in every user's settings. */
    sh("git config filter.lfs.clean cat && git config filter.lfs.smudge cat");
    accepts(false);
    sh("printf '*.md filter=lfs\\n' > docs/.gitattributes && git add -A && git commit -q -m "
       "attributes");
    free(fx.state);
    fx.state = user_state();
    ws_repo_close(fx.repo);
    open_repo();
    refuses(false, "filter 'lfs'");
    accepts(true);
    sh("git config --unset filter.lfs.clean && git config --unset filter.lfs.smudge");
    accepts(false);
    sh("printf 'a.txt working-tree-encoding=UTF-16LE\\n' > .git/info/attributes");
    refuses(false, "encoding");
    sh("rm .git/info/attributes");
    free(fx.state);
    fx.state = user_state();
}
END_TEST

START_TEST(an_unborn_branch_is_named)
{
    struct ws_error err = {0};
    struct ws_repo *r = NULL;
    char oid[WS_OID_HEX], *name, *empty = ws_path_join(fx.dir, "empty");

    sh("git init -q ../empty");
    ok(ws_repo_open(&r, empty, &err), &err);
    ck_assert_int_lt(ws_repo_resolve_base(oid, &name, r, NULL, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "no commit yet"));
    ck_assert_int_lt(ws_repo_resolve_base(oid, &name, r, "main", &err), 0);
    ws_repo_close(r);
    free(empty);
}
END_TEST

START_TEST(foreign_things_in_the_worktrees_place)
{
    static const char *const things[] = {
        "touch .worktrees/ws-one", "ln -s ../src .worktrees/ws-one", "mkdir .worktrees/ws-one",
        "git worktree add -q .worktrees/ws-one -b side"};
    const struct ws_worktree_spec spec = {"run1", "ws-one", fx.base};
    struct ws_prepared how;
    struct ws_worktree *w;
    struct ws_error err = {0};

    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        char *before, *after;

        sh("mkdir -p .worktrees");
        sh(things[i]);
        before = sh_line(
            "ls -laR --time-style=+ .worktrees/ws-one; git for-each-ref; git worktree list");
        ck_assert_int_lt(ws_worktree_prepare(&w, &how, fx.repo, &spec, &err), 0);
        ck_assert_int_eq(err.code, WS_E_REPOSITORY);
        ck_assert_ptr_nonnull(strstr(err.message, "move it away"));
        after = sh_line(
            "ls -laR --time-style=+ .worktrees/ws-one; git for-each-ref; git worktree list");
        ck_assert_str_eq(before, after);
        sh("git worktree remove -f .worktrees/ws-one 2>/dev/null || rm -r .worktrees/ws-one");
        free(before);
        free(after);
    }
    sh("git branch -q -D side && git worktree prune && git branch ws/run1/ws-one $(git commit-tree "
       "-m x "
       "HEAD^{tree})");
    ck_assert_int_lt(ws_worktree_prepare(&w, &how, fx.repo, &spec, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "not wsfsm's"));
    sh("test ! -e .worktrees/ws-one && test ! -e .wsfsm/worktrees/ws-one.record");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preflight");
    TCase *tc = tcase_create("preflight");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_ordinary_repository_passes);
    tcase_add_test(tc, names_each_thing_it_cannot_honour);
    tcase_add_test(tc, names_a_sparse_index);
    tcase_add_test(tc, a_damaged_index_is_named);
    tcase_add_test(tc, no_damage_of_the_index_does_more_than_refuse);
    tcase_add_test(tc, attributes_of_the_base_are_found_with_any_index);
    tcase_add_test(tc, filters_matter_where_they_apply);
    tcase_add_test(tc, an_unborn_branch_is_named);
    tcase_add_test(tc, foreign_things_in_the_worktrees_place);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
