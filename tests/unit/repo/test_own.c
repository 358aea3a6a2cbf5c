/* What a tool may have put in the place of our refs, their logs and the folders of objects: nothing
 * of it is followed. */
#include "fixture.h"

#include "wsfsm/base/text.h"

/* A script in .git/refs; then the ref is made, and nothing but the ref was written. */
static void made_in_spite_of(const char *script)
{
    char *text = ws_format("rm -rf .git/refs/wsfsm .git/logs/refs/wsfsm ../out && mkdir -p "
                           "../out/d .git/refs/wsfsm/r/w .git/logs/refs/wsfsm/r/w && echo mine > "
                           "../out/file && cd .git/refs && %s",
                           script);
    char *before, *after, now[WS_OID_HEX];
    struct ws_error err = {0};

    sh(text);
    before = sh_line("git rev-parse main other; find ../out .git/hooks .git/refs/heads -type f");
    ok(ws_repo_move_ref(fx.repo, "refs/wsfsm/r/w/1", NULL, fx.base, &err), &err);
    ok(ws_repo_ref(now, fx.repo, "refs/wsfsm/r/w/1", &err), &err);
    ck_assert_msg(strcmp(now, fx.base) == 0, "not made: %s", script);
    after = sh_line("git rev-parse main other; find ../out .git/hooks .git/refs/heads -type f");
    ck_assert_msg(strcmp(before, after) == 0, "written elsewhere: %s: %s", script, after);
    sh("test \"$(cat ../out/file)\" = mine && test -z \"$(find .git/refs/wsfsm -name '*.lock')\"\n"
       "test -f .git/refs/wsfsm/r/w/1 && test ! -L .git/refs/wsfsm/r/w/1");
    free(before);
    free(after);
    free(text);
}

START_TEST(no_link_is_followed_to_a_ref)
{
    sh("git branch -q other");
    made_in_spite_of("ln -s ../../../heads/other wsfsm/r/w/1");
    made_in_spite_of("ln -s ../../../heads/new wsfsm/r/w/1");
    made_in_spite_of("ln -s \"$PWD/../../../out/file\" wsfsm/r/w/1");
    made_in_spite_of("ln -s \"$PWD/../../../out/new\" wsfsm/r/w/1");
    made_in_spite_of("rm -r wsfsm/r/w && ln -s \"$PWD/../../../out/d\" wsfsm/r/w");
    made_in_spite_of("rm -r wsfsm && ln -s \"$PWD/../../../out/d\" wsfsm");
    made_in_spite_of("ln -s \"$PWD/../../../out/file\" wsfsm/r/w/1.lock");
    made_in_spite_of("mkfifo wsfsm/r/w/1 wsfsm/r/w/1.lock ../logs/refs/wsfsm/r/w/1");
    made_in_spite_of("ln -s \"$PWD/../../../out/file\" ../logs/refs/wsfsm/r/w/1");
    made_in_spite_of("ln ../../../out/file ../logs/refs/wsfsm/r/w/1");
    made_in_spite_of("mkdir -p wsfsm/r/w/1/x && ln -s ../../../out/d wsfsm/r/w/1/y");
    sh("git branch -q -D other");
}
END_TEST

START_TEST(folders_of_gits_that_are_links_are_refused)
{
    static const char *const links[] = {"refs", "refs/heads", "logs", "logs/refs"};

    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        char *there =
            ws_format("mv .git/%s ../moved && ln -s \"$PWD/../moved\" .git/%s", links[i], links[i]);
        char *back = ws_format("rm .git/%s && mv ../moved .git/%s", links[i], links[i]);
        struct ws_error err = {0};

        sh(there);
        ck_assert_int_lt(ws_repo_move_ref(fx.repo, "refs/heads/ws/r/w", NULL, fx.base, &err), 0);
        ck_assert_int_eq(err.code, WS_E_REPOSITORY);
        ck_assert_msg(ws_ends_with(err.where, links[i]), "%s", err.where);
        sh(back);
        ok(ws_repo_move_ref(fx.repo, "refs/heads/ws/r/w", NULL, fx.base, &err), &err);
        sh("git update-ref -d refs/heads/ws/r/w");
        free(there);
        free(back);
    }
}
END_TEST

START_TEST(a_branch_that_was_replaced_is_not_moved)
{
    static const char *const scripts[] = {"ln -sf ../../main .git/refs/heads/ws/r/w",
                                          "echo ref: refs/heads/main > .git/refs/heads/ws/r/w"};
    struct ws_commit c = {.tree = fx.base, .parents = {fx.base}, .message = "x"};
    struct ws_error err = {0};
    char oid[WS_OID_HEX], now[WS_OID_HEX];

    ok(ws_repo_commit(oid, fx.repo, &c, &err), &err);
    sh("mkdir -p .git/refs/heads/ws/r");
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        sh(scripts[i]);
        ok(ws_repo_ref(now, fx.repo, "refs/heads/ws/r/w", &err), &err);
        ck_assert_str_eq(now, "");
        ck_assert_int_lt(ws_repo_move_ref(fx.repo, "refs/heads/ws/r/w", fx.base, oid, &err), 0);
        ck_assert_int_eq(err.code, WS_E_LEASE_LOST);
        ok(ws_repo_move_ref(fx.repo, "refs/heads/ws/r/w", now, oid, &err), &err);
        ok(ws_repo_ref(now, fx.repo, "refs/heads/main", &err), &err);
        ck_assert_str_eq(now, fx.base);
    }
    ck_assert_int_lt(ws_repo_move_ref(fx.repo, "refs/wsfsm/../heads/main", NULL, oid, &err), 0);
    ck_assert_int_eq(err.code, WS_E_INTERNAL);
}
END_TEST

START_TEST(no_link_is_followed_to_an_object)
{
    struct ws_commit c = {.tree = fx.base, .parents = {fx.base}, .message = "linked"};
    struct ws_error err = {0};
    char oid[WS_OID_HEX];

    sh("mkdir ../out && for i in $(seq 0 255); do x=$(printf %02x $i); mkdir -p .git/objects/$x && "
       "mv "
       ".git/objects/$x ../out && ln -s \"$PWD/../out/$x\" .git/objects/$x; done");
    char *before = sh_line("find ../out -type f");
    ck_assert_int_lt(ws_repo_commit(oid, fx.repo, &c, &err), 0);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_msg(strstr(err.where, "/objects/") != NULL, "%s", err.where);
    char *after = sh_line("find ../out -type f");
    ck_assert_str_eq(before, after);
    sh("rm .git/objects/[0-9a-f][0-9a-f] && mv ../out/* .git/objects");
    ok(ws_repo_commit(oid, fx.repo, &c, &err), &err);
    free(before);
    free(after);
}
END_TEST

START_TEST(a_symbolic_ref_among_ours_is_none)
{
    sh("git branch -q other");
    made_in_spite_of("git symbolic-ref refs/wsfsm/r/w/1 refs/heads/nowhere");
    made_in_spite_of("git symbolic-ref refs/wsfsm/r/w/1 refs/heads/other");
    made_in_spite_of("git symbolic-ref refs/wsfsm/r/w/1 refs/wsfsm/r/w/1");
    made_in_spite_of("echo garbage > wsfsm/r/w/1");
    made_in_spite_of(": > wsfsm/r/w/1");
    sh("git branch -q -D other");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("own");
    TCase *tc = tcase_create("own");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, no_link_is_followed_to_a_ref);
    tcase_add_test(tc, folders_of_gits_that_are_links_are_refused);
    tcase_add_test(tc, a_branch_that_was_replaced_is_not_moved);
    tcase_add_test(tc, no_link_is_followed_to_an_object);
    tcase_add_test(tc, a_symbolic_ref_among_ours_is_none);
    suite_add_tcase(suite, tc);
    return run_whole_suite(suite);
}
