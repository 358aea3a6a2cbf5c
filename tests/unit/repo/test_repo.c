#include "fixture.h"
#include "state_dir.h"

/* libgit2 1.5 leaks PCRE's match data where it looks for extensions in a refused repository. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpcre2";
}

static struct ws_repo *other;

static void begin(void)
{
    setup();
    other = NULL;
}

static void end(void)
{
    ws_repo_close(other);
    teardown();
}

static void refused(const char *from, const char *why)
{
    struct ws_error err = {0};

    ck_assert_int_lt(ws_repo_open(&other, from, &err), 0);
    ck_assert_ptr_null(other);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_msg(strstr(err.message, why) != NULL, "%s", err.message);
}

static void opens_as_root(const char *from)
{
    struct ws_error err = {0};

    ok(ws_repo_open(&other, from, &err), &err);
    ck_assert_str_eq(ws_repo_root(other), fx.root);
    ws_repo_close(other);
    other = NULL;
}

START_TEST(opens_from_any_folder_of_the_users)
{
    char *sub = ws_path_join(fx.root, "src/sub"), *linked = ws_path_join(fx.dir, "linked/src");
    char *git = ws_path_join(fx.root, ".git"), *link = ws_path_join(fx.dir, "alias");

    sh("git worktree add -q ../linked -b side && ln -s repo ../alias");
    opens_as_root(sub);
    opens_as_root(linked);
    opens_as_root(git);
    opens_as_root(link);
    sh("git worktree remove ../linked && git branch -q -D side");
    free(sub);
    free(linked);
    free(git);
    free(link);
}
END_TEST

START_TEST(refuses_what_it_cannot_serve)
{
    char *inside, *bare = ws_path_join(fx.dir, "bare"), *none = ws_path_join(fx.dir, "none");

    ws_worktree_close(prepared("run1"));
    inside = ws_path_join(fx.root, ".worktrees/ws-one/src");
    sh("git init -q --bare ../bare && mkdir ../none");
    refused(inside, "inside a workstream's worktree");
    refused(bare, "bare");
    refused(none, "no git repository");
    refused("/nonexistent/folder", "no such folder");
    free(inside);
    free(bare);
    free(none);
}
END_TEST

START_TEST(refuses_sha256_and_unknown_extensions)
{
    char *sha = ws_path_join(fx.dir, "sha"), *ext = ws_path_join(fx.dir, "ext");

    sh("git init -q --object-format=sha256 ../sha && git init -q ../ext\n"
       "git -C ../ext config core.repositoryformatversion 1 && git -C ../ext config "
       "extensions.reftable true");
    refused(sha, "SHA-256");
    refused(ext, "extension");
    free(sha);
    free(ext);
}
END_TEST

START_TEST(names_the_line_for_another_owner)
{
    char *foreign = ws_path_join(fx.dir, "foreign");

    if (geteuid() != 0) {
        free(foreign);
        return; /* only root can make a repository of somebody else's */
    }
    sh("git init -q ../foreign && chown -R 12345 ../foreign");
    refused(foreign, "git config --global --add safe.directory '");
    free(foreign);
}
END_TEST

START_TEST(folders_of_ours_are_private_and_hidden)
{
    struct ws_error err = {0};
    char id[33], again[33];

    ok(ws_repo_id(id, fx.repo, false, &err), &err);
    ck_assert_str_eq(id, "");
    ck_assert_int_ne(access(ws_repo_state_dir(fx.repo), F_OK), 0);
    ok(ws_repo_id(id, fx.repo, true, &err), &err);
    ck_assert_uint_eq(strlen(id), 32);
    ok(ws_repo_id(again, fx.repo, true, &err), &err);
    ck_assert_str_eq(id, again);
    sh("test \"$(stat -c %a .wsfsm)\" = 700 && test \"$(stat -c %a .wsfsm/repository-id)\" = 600\n"
       "test -z \"$(git status --porcelain)\" && test -f .wsfsm/.gitignore && ! test -e "
       ".worktrees");
    sh("echo nonsense > .wsfsm/repository-id");
    ck_assert_int_lt(ws_repo_id(id, fx.repo, true, &err), 0);
    ck_assert_int_eq(err.code, WS_E_INTEGRITY);
}
END_TEST

/* As whoever holds the lock moves a ref, while .gitignore is gone, or cannot be seen for once. */
START_TEST(what_is_hidden_under_the_lock_waits_for_no_lock)
{
    struct ws_error err = {0};

    ok(ws_repo_make_dirs(fx.repo, &err), &err);
    ok(ws_state_lock(fx.repo, &err), &err);
    sh("rm .wsfsm/.gitignore");
    ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/r/w/1", "", fx.base, &err), &err);
    sh("test -f .wsfsm/.gitignore && ! flock -n .wsfsm/worktrees.lock true");
    ws_state_unlock(fx.repo);
    sh("flock -n .wsfsm/worktrees.lock true");
}
END_TEST

START_TEST(links_in_the_place_of_our_folders_are_refused)
{
    struct ws_error err = {0};

    sh("mkdir ../elsewhere && ln -s ../elsewhere .wsfsm");
    ck_assert_int_lt(ws_repo_make_dirs(fx.repo, &err), 0);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_int_lt(ws_repo_preflight(fx.repo, fx.base, false, &err), 0);
    sh("test -z \"$(ls -A ../elsewhere)\" && rm .wsfsm");
}
END_TEST

START_TEST(resolves_bases)
{
    struct ws_error err = {0};
    char oid[WS_OID_HEX], *name = NULL;

    sh("git tag -a -m t v1 && git checkout -q --detach");
    ok(ws_repo_resolve_base(oid, &name, fx.repo, NULL, &err), &err);
    ck_assert_str_eq(oid, fx.base);
    ck_assert_str_eq(name, fx.base);
    free(name);
    ok(ws_repo_resolve_base(oid, &name, fx.repo, "v1", &err), &err);
    ck_assert_str_eq(oid, fx.base);
    free(name);
    ok(ws_repo_resolve_base(oid, &name, fx.repo, "main", &err), &err);
    ck_assert_str_eq(name, "main");
    free(name);
    ck_assert_int_lt(ws_repo_resolve_base(oid, &name, fx.repo, "nowhere", &err), 0);
    ck_assert_int_lt(ws_repo_resolve_base(oid, &name, fx.repo, "main:a.txt", &err), 0);
    sh("git checkout -q main && git tag -d v1 >/dev/null");
}
END_TEST

static int count_path(void *payload, const char *path)
{
    size_t *count = payload;

    (*count)++;
    return strcmp(path, "docs/d.md") == 0 ? 7 : 0;
}

START_TEST(reads_trees)
{
    struct ws_error err = {0};
    struct ws_buf text = {0};
    size_t count = 0;

    ck_assert_int_eq(look(fx.base, "src"), WS_ENTRY_DIR);
    ck_assert_int_eq(look(fx.base, "src/x.c"), WS_ENTRY_FILE);
    ck_assert_int_eq(look(fx.base, "src/y.c"), WS_ENTRY_ABSENT);
    ck_assert_int_eq(look(fx.base, "src/x.c/y"), WS_ENTRY_ABSENT);
    ck_assert_int_eq(look(fx.base, ""), WS_ENTRY_ABSENT);
    ck_assert_int_eq(ws_repo_walk(fx.repo, fx.base, count_path, &count, &err), 7);
    ck_assert_uint_eq(count, 4);
    ok(ws_repo_blob(&text, fx.repo, fx.base, "src/x.c", 100, &err), &err);
    ck_assert_str_eq(ws_buf_str(&text), "int x;\n");
    ck_assert_int_lt(ws_repo_blob(&text, fx.repo, fx.base, "src/x.c", 3, &err), 0);
    ck_assert_int_lt(ws_repo_blob(&text, fx.repo, fx.base, "src", 3, &err), 0);
    ck_assert_int_eq(err.code, WS_E_UNKNOWN_ID);
    ws_buf_release(&text);
}
END_TEST

START_TEST(sees_the_users_dirt)
{
    struct ws_strv dirty = {0};
    struct ws_error err = {0};
    char *file = ws_path_join(fx.root, "a.txt"), *fresh = ws_path_join(fx.root, "fresh");

    sh("echo x > a.txt && mkdir d && touch d/new 1.o && git rm -q --cached b.txt");
    ok(ws_repo_dirty(&dirty, fx.repo, &err), &err);
    ck_assert_uint_eq(dirty.len, 3);
    ck_assert_str_eq(dirty.items[0], "a.txt");
    ck_assert_str_eq(dirty.items[1], "b.txt");
    ck_assert_str_eq(dirty.items[2], "d/new");
    ck_assert(ws_repo_owns_file(fx.repo, file));
    ck_assert(!ws_repo_owns_file(fx.repo, fresh));
    ck_assert(!ws_repo_owns_file(fx.repo, "/bin/sh"));
    sh("git reset -q --hard && rm -r d 1.o");
    ws_strv_release(&dirty);
    free(file);
    free(fresh);
}
END_TEST

START_TEST(moves_refs_by_compare_and_swap)
{
    const char *ref = "refs/wsfsm/r/w/1";
    struct ws_error err = {0};
    struct ws_strv refs = {0};
    struct ws_commit c = {.tree = fx.base, .parents = {fx.base}, .message = "x\n\nWsfsm-Run: r\n"};
    struct ws_buf value = {0};
    char oid[WS_OID_HEX], now[WS_OID_HEX];

    ok(ws_repo_commit(oid, fx.repo, &c, &err), &err);
    ok(ws_repo_trailer(&value, fx.repo, oid, "Wsfsm-Run", &err), &err);
    ck_assert_str_eq(ws_buf_str(&value), "r");
    ok(ws_repo_trailer(&value, fx.repo, oid, "Wsfsm-None", &err), &err);
    ck_assert_str_eq(ws_buf_str(&value), "");
    ok(ws_repo_move_ref(fx.repo, ref, NULL, fx.base, &err), &err);
    ok(ws_repo_move_ref(fx.repo, ref, "", fx.base, &err), &err); /* there already */
    ck_assert_int_lt(ws_repo_move_ref(fx.repo, ref, "", oid, &err), 0);
    ck_assert_int_eq(err.code, WS_E_LEASE_LOST);
    ck_assert_int_lt(ws_repo_move_ref(fx.repo, ref, oid, c.tree, NULL), 1);
    ok(ws_repo_move_ref(fx.repo, ref, fx.base, oid, &err), &err);
    ok(ws_repo_ref(now, fx.repo, ref, &err), &err);
    ck_assert_str_eq(now, oid);
    ck_assert_int_lt(ws_repo_move_ref(fx.repo, "refs/heads/main", fx.base, oid, &err), 0);
    ck_assert_int_lt(ws_repo_move_ref(fx.repo, "refs/heads/wsx", "", oid, &err), 0);
    ok(ws_repo_refs(&refs, fx.repo, "refs/wsfsm/", &err), &err);
    ck_assert_uint_eq(refs.len, 1);
    ws_strv_release(&refs);
    ws_buf_release(&value);
}
END_TEST

static void is_refused(const char *ref, const char *expect, const char *says)
{
    struct ws_error err = {0};

    ck_assert_int_lt(ws_repo_move_ref(fx.repo, ref, expect, fx.base, &err), 0);
    ck_assert_int_eq(err.code, WS_E_LEASE_LOST);
    ck_assert_str_eq(err.where, ref);
    ck_assert_msg(strstr(err.message, says) != NULL, "%s", err.message);
}

/* Among branches the user may have one there. */
START_TEST(a_branch_in_the_way_is_named)
{
    sh("git update-ref refs/heads/ws/r/w/x HEAD && git update-ref refs/heads/ws/above HEAD");
    is_refused("refs/heads/ws/r/w", NULL, "refs/heads/ws/r/w/x is in its way");
    is_refused("refs/heads/ws/above/w", NULL, "refs/heads/ws/above is in its way");
    sh("git pack-refs --all && rm -rf .git/refs/heads/ws");
    is_refused("refs/heads/ws/r/w", NULL, "refs/heads/ws/r/w/x is in its way");
    is_refused("refs/heads/ws/above/w", NULL, "refs/heads/ws/above is in its way");
    sh("mkdir -p .git/refs/heads/ws/full && touch .git/refs/heads/ws/full/x.lock");
    is_refused("refs/heads/ws/full", NULL, "a folder of this name is in its way");
}
END_TEST

/* Where nobody but wsfsm has anything. */
START_TEST(a_ref_in_the_way_among_ours_goes)
{
    struct ws_error err = {0};

    sh("git update-ref refs/wsfsm/r/w/end/x HEAD && git update-ref refs/wsfsm/above HEAD");
    ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/r/w/end", NULL, fx.base, &err), &err);
    ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/above/w/end", NULL, fx.base, &err), &err);
    sh("git update-ref refs/wsfsm/r/v/end/x HEAD && git update-ref refs/wsfsm/over HEAD && "
       "git pack-refs --all && rm -rf .git/refs/wsfsm");
    ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/r/v/end", NULL, fx.base, &err), &err);
    ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/over/w/end", NULL, fx.base, &err), &err);
    sh("mkdir -p .git/refs/wsfsm/r/w/full && touch .git/refs/wsfsm/r/w/full/x.lock");
    ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/r/w/full", NULL, fx.base, &err), &err);
    sh("test $(git for-each-ref refs/wsfsm | wc -l) = 5");
}
END_TEST

START_TEST(a_ref_that_is_gone_or_leads_nowhere_was_not_moved)
{
    is_refused("refs/heads/ws/r/w", fx.base, "stands at nothing");
    sh("git symbolic-ref refs/wsfsm/r/w/end refs/heads/nothing");
    is_refused("refs/wsfsm/r/w/end", fx.base, "no ref of wsfsm's stands there");
    sh("test \"$(git symbolic-ref refs/wsfsm/r/w/end)\" = refs/heads/nothing && "
       "git symbolic-ref -d refs/wsfsm/r/w/end");
}
END_TEST

/* No disk is to blame for these: see what the callers make of WS_E_IO. */
START_TEST(a_ref_to_nothing_and_a_name_of_no_ref_are_refused)
{
    const char *nothing = "0123456789012345678901234567890123456789";
    struct ws_error err = {0};

    ck_assert_int_lt(ws_repo_move_ref(fx.repo, "refs/wsfsm/r/w/end", NULL, nothing, &err), 0);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_int_lt(ws_repo_move_ref(fx.repo, "refs/wsfsm/r/w/a b", NULL, fx.base, &err), 0);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
}
END_TEST

START_TEST(a_lock_of_a_dead_process_is_cleared)
{
    struct ws_error err = {0};

    sh("mkdir -p .git/refs/wsfsm/r/w && touch .git/refs/wsfsm/r/w/1.lock");
    ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/r/w/1", NULL, fx.base, &err), &err);
    sh("test ! -e .git/refs/wsfsm/r/w/1.lock && git rev-parse -q --verify refs/wsfsm/r/w/1 "
       ">/dev/null");
}
END_TEST

START_TEST(commits_without_a_configured_user)
{
    struct ws_commit c = {.tree = fx.base, .parents = {fx.base}, .message = "x\n"};
    struct ws_error err = {0};
    char oid[WS_OID_HEX], *line, *script;

    sh("git config --unset user.name && git config --unset user.email");
    ok(ws_repo_open(&other, fx.root, &err), &err);
    ok(ws_repo_commit(oid, other, &c, &err), &err);
    script = ws_format("git log -1 --format=%%an.%%ae %s", oid);
    line = sh_line(script);
    ck_assert_str_eq(line, "wsfsm.wsfsm@localhost");
    sh("git config user.name Ann && git config user.email ann@example.org");
    free(line);
    free(script);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("repo");
    TCase *tc = tcase_create("repo");

    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, opens_from_any_folder_of_the_users);
    tcase_add_test(tc, refuses_what_it_cannot_serve);
    tcase_add_test(tc, refuses_sha256_and_unknown_extensions);
    tcase_add_test(tc, names_the_line_for_another_owner);
    tcase_add_test(tc, folders_of_ours_are_private_and_hidden);
    tcase_add_test(tc, what_is_hidden_under_the_lock_waits_for_no_lock);
    tcase_add_test(tc, links_in_the_place_of_our_folders_are_refused);
    tcase_add_test(tc, resolves_bases);
    tcase_add_test(tc, reads_trees);
    tcase_add_test(tc, sees_the_users_dirt);
    tcase_add_test(tc, moves_refs_by_compare_and_swap);
    tcase_add_test(tc, a_branch_in_the_way_is_named);
    tcase_add_test(tc, a_ref_in_the_way_among_ours_goes);
    tcase_add_test(tc, a_ref_that_is_gone_or_leads_nowhere_was_not_moved);
    tcase_add_test(tc, a_ref_to_nothing_and_a_name_of_no_ref_are_refused);
    tcase_add_test(tc, a_lock_of_a_dead_process_is_cleared);
    tcase_add_test(tc, commits_without_a_configured_user);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
