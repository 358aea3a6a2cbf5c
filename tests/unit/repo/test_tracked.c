/* What wsfsm believes must not come with the repository. */
#include "fixture.h"

#include "internal.h"

static int check(const char *database, struct ws_error *err)
{
    char *path = database != NULL ? ws_path_join(fx.root, database) : NULL;
    struct ws_repo *r = NULL;
    int rc;

    ok(ws_repo_open(&r, fx.root, err), err);
    rc = ws_repo_check_own(r, path, err);
    ws_repo_close(r);
    free(path);
    return rc;
}

static void accepts(const char *database)
{
    struct ws_error err = {0};

    ok(check(database, &err), &err);
}

static void refuses(const char *database, const char *where, const char *why)
{
    struct ws_error err = {0};

    ck_assert_msg(check(database, &err) < 0, "not refused: %s", where);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_str_eq(err.where, where);
    ck_assert_msg(strstr(err.message, why) != NULL, "%s", err.message);
    ck_assert_ptr_null(strchr(err.message, '\n'));
}

/* In the index alone, then in HEAD alone, and gone again. */
static void refuses_path(const char *path, const char *mode, const char *database, const char *why)
{
    char *script = ws_format("oid=$(git rev-parse HEAD%s)\n"
                             "git update-index --add --cacheinfo %s,$oid,'%s'",
                             strcmp(mode, "160000") == 0 ? "" : ":a.txt", mode, path);
    char *top = ws_strndup(path, database == NULL ? strcspn(path, "/") : strlen(path));

    accepts(database);
    sh(script);
    refuses(database, path, why);
    sh("git update-index --index-version 4");
    refuses(database, path, why);
    sh("git update-index --index-version 2 && git commit -q -m own && git read-tree HEAD~1");
    refuses(database, top, why);
    sh("git reset -q --soft HEAD~1");
    accepts(database);
    free(top);
    free(script);
}

START_TEST(our_folders)
{
    refuses_path(".wsfsm/state.db", "100644", NULL, "git rm -r --cached .wsfsm");
    refuses_path(".wsfsm/a/b/c", "100755", NULL, "git rm -r --cached .wsfsm");
    refuses_path(".wsfsm", "120000", NULL, "git rm -r --cached .wsfsm");
    refuses_path(".wsfsm", "160000", NULL, "git rm -r --cached .wsfsm");
    refuses_path(".worktrees/ws-one/x", "100644", NULL, "git rm -r --cached .worktrees");
    refuses_path(".worktrees", "120000", NULL, "git rm -r --cached .worktrees");
}
END_TEST

START_TEST(what_only_looks_alike)
{
    sh("oid=$(git rev-parse HEAD:a.txt)\n"
       "for f in .wsfsm-notes .wsfsmx .wsfs .worktrees.md .WSFSM/x a/.wsfsm/x src/state.db-old; do "
       "git update-index --add --cacheinfo 100644,$oid,$f; done\n"
       "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sr");
    accepts(NULL);
    accepts("src/state.db");
    sh("git config core.ignorecase true");
    refuses(NULL, ".WSFSM/x", "git rm -r --cached .WSFSM");
    sh("git config --unset core.ignorecase && git reset -q");
}
END_TEST

START_TEST(the_database)
{
    refuses_path("src/state.db", "100644", "src/state.db", "--cached src/state.db");
    refuses_path("src/state.db-journal", "100644", "src/state.db", "-journal");
    refuses_path("src/state.db-wal", "100644", "src/state.db", "-wal");
    refuses_path("src/state.db", "120000", "src/state.db", "--cached src/state.db");
    refuses_path("data", "160000", "data/deep/state.db", "--cached data");
    refuses_path(".data/state.db", "100644", ".data/state.db", "--cached .data/state.db");
    sh("ln -s src way");
    refuses_path("src/state.db", "100644", "way/state.db", "--cached src/state.db");
    sh("rm way");
    accepts("../state.db");
}
END_TEST

/* Names that begin with a dot come first; the others matter to a database in the checkout. */
START_TEST(an_index_of_many_parts)
{
    sh("cp .git/index ../index; oid=$(git rev-parse HEAD:a.txt)\n"
       "seq 5000 | while read n; do printf '100644 %s\\t.a/file-with-a-rather-long-name-%s\\n' "
       "$oid "
       "$n; done | git update-index --index-info\n"
       "test $(git ls-files | wc -l) -gt 5000 && test $(wc -c < .git/index) -gt 300000");
    accepts(NULL);
    accepts("src/state.db");
    sh("oid=$(git rev-parse HEAD:a.txt); git update-index --add --cacheinfo 100644,$oid,.wsfsm/x "
       "--cacheinfo 100644,$oid,src/state.db");
    refuses(NULL, ".wsfsm/x", "git rm");
    sh("git update-index --force-remove .wsfsm/x");
    accepts(NULL);
    refuses("src/state.db", "src/state.db", "git rm");
    sh("cp ../index .git/index");
}
END_TEST

/* The other one tells. */
START_TEST(without_an_index_or_a_head)
{
    sh("cp .git/index ../index; oid=$(git rev-parse HEAD:a.txt)\n"
       "git update-index --add --cacheinfo 100644,$oid,.wsfsm/x && git commit -q -m own");
    sh("rm .git/index");
    refuses(NULL, ".wsfsm", "git rm");
    sh("echo garbage > .git/index");
    refuses(NULL, ".wsfsm", "git rm");
    sh("rm .git/index && git read-tree HEAD && git update-ref -d HEAD");
    refuses(NULL, ".wsfsm/x", "git rm");
    sh("cp ../index .git/index");
    accepts(NULL);
    sh("rm .git/index");
    accepts(NULL);
    {
        char *back = ws_format("cp ../index .git/index; git update-ref HEAD %s", fx.base);

        sh(back);
        free(back);
    }
}
END_TEST

START_TEST(a_base_that_holds_them)
{
    char *commit = sh_line("git update-index --add --cacheinfo 100644,$(git rev-parse "
                           "HEAD:a.txt),.wsfsm/x && git commit -q -m own && git rev-parse HEAD && "
                           "git reset -q --hard HEAD~1");
    struct ws_error err = {0};

    ck_assert_int_lt(ws_repo_preflight(fx.repo, commit, false, &err), 0);
    ck_assert_str_eq(err.where, ".wsfsm");
    ok(ws_repo_preflight(fx.repo, fx.base, false, &err), &err);
    free(commit);
}
END_TEST

START_TEST(nothing_is_made)
{
    struct ws_error err = {0};
    char id[33];

    sh("git update-index --add --cacheinfo 100644,$(git rev-parse HEAD:a.txt),.wsfsm/x");
    ck_assert_int_lt(ws_repo_make_dirs(fx.repo, &err), 0);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_int_lt(ws_repo_id(id, fx.repo, true, &err), 0);
    ck_assert_int_lt(ws_repo_preflight(fx.repo, fx.base, false, &err), 0);
    sh("test ! -e .wsfsm && git reset -q");
    ok(ws_repo_make_dirs(fx.repo, &err), &err);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tracked");
    TCase *tc = tcase_create("tracked");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, our_folders);
    tcase_add_test(tc, what_only_looks_alike);
    tcase_add_test(tc, the_database);
    tcase_add_test(tc, an_index_of_many_parts);
    tcase_add_test(tc, without_an_index_or_a_head);
    tcase_add_test(tc, a_base_that_holds_them);
    tcase_add_test(tc, nothing_is_made);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
