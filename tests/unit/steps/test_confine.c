/* The command line of bubblewrap: what of the file system stands in it, in which order. */
#include <check.h>
#include <string.h>

#include "run_suite.h"
#include "wsfsm/steps/confine.h"

static const struct ws_confine_places in_a_run = {
    .root = "/home/u/r",
    .git_dir = "/home/u/r/.git",
    .state_dir = "/home/u/r/.wsfsm",
    .worktree = "/home/u/r/.worktrees/ws-a",
    .admin_dir = "/home/u/r/.git/worktrees/ws-a",
    .branch = "refs/heads/ws/R1/ws-a",
    .log_dir = "/home/u/r/.wsfsm/runs/R1/ws-a/1-edit",
    .patch = "/home/u/r/.wsfsm/runs/R1/ws-a/change.patch",
};

static struct ws_strv args;

static void make(const struct ws_confine_places *places, bool offline, const char *const *paths,
                 const char *const *seen)
{
    struct ws_sandbox sandbox = {.mode = WS_SANDBOX_ON, .offline = offline};
    struct ws_strv shown = {0};
    for (; paths && *paths; paths++)
        ws_strv_add(&sandbox.paths, *paths);
    for (; seen && *seen; seen++)
        ws_strv_add(&shown, *seen);
    ws_confine_args(&args, "/usr/bin/bwrap", places, &sandbox, &shown, "/home/u");
    ws_strv_release(&shown);
    ws_sandbox_release(&sandbox);
}

static void teardown(void)
{
    ws_strv_release(&args);
}

/* Where "option a b" stands; b may be NULL. -1: nowhere. */
static int at(const char *option, const char *a, const char *b)
{
    for (size_t i = 0; i + 1 < args.len; i++)
        if (!strcmp(args.items[i], option) && !strcmp(args.items[i + 1], a) &&
            (!b || (i + 2 < args.len && !strcmp(args.items[i + 2], b))))
            return (int)i;
    return -1;
}

static int same(const char *option, const char *path)
{
    return at(option, path, path);
}

static bool has(const char *option)
{
    return ws_strv_has(&args, option);
}

START_TEST(it_is_alone_and_has_no_rights)
{
    make(&in_a_run, false, NULL, NULL);
    ck_assert_str_eq(args.items[0], "/usr/bin/bwrap");
    ck_assert(has("--die-with-parent") && has("--unshare-pid") && has("--unshare-ipc"));
    ck_assert(has("--unshare-uts") && has("--new-session"));
    ck_assert_int_ge(at("--cap-drop", "ALL", NULL), 0);
    ck_assert(!has("--unshare-net") && !has("--"));
}
END_TEST

START_TEST(network_is_off_when_asked_for)
{
    make(&in_a_run, true, NULL, NULL);
    ck_assert(has("--unshare-net"));
}
END_TEST

/* What comes later lies over what came before. */
START_TEST(places_lie_over_each_other)
{
    make(&in_a_run, false, NULL, NULL);
    int root = same("--ro-bind", in_a_run.root);
    ck_assert_int_eq(at("--ro-bind", "/", "/") + 3, at("--dev", "/dev", NULL));
    ck_assert_int_lt(at("--proc", "/proc", NULL), same("--ro-bind", "/proc/sys"));
    ck_assert_int_lt(at("--tmpfs", "/tmp", NULL), root);
    ck_assert_int_lt(at("--tmpfs", "/run", NULL), root);
    ck_assert_int_lt(at("--tmpfs", "/tmp", NULL), at("--dir", "/tmp/home", NULL));
    int worktree = same("--bind", in_a_run.worktree);
    ck_assert_int_lt(root, worktree);
    ck_assert_int_lt(worktree, same("--ro-bind", "/home/u/r/.worktrees/ws-a/.git"));
    int hidden = at("--tmpfs", in_a_run.state_dir, NULL);
    ck_assert_int_lt(root, hidden);
    ck_assert_int_lt(hidden, same("--bind", in_a_run.log_dir));
    ck_assert_int_lt(hidden, same("--ro-bind", in_a_run.patch));
    ck_assert_int_lt(same("--ro-bind", in_a_run.patch),
                     at("--remount-ro", in_a_run.state_dir, NULL));
}
END_TEST

START_TEST(git_can_commit_on_the_branch_and_no_more)
{
    static const char *const writable[] = {
        "/home/u/r/.git/worktrees/ws-a",
        "/home/u/r/.git/objects",
        "/home/u/r/.git/refs/heads/ws/R1",
        "/home/u/r/.git/logs/refs/heads/ws/R1",
    };
    static const char *const kept[] = {
        "/home/u/r/.git/worktrees/ws-a/gitdir",
        "/home/u/r/.git/worktrees/ws-a/commondir",
        "/home/u/r/.git/objects/info",
        "/home/u/r/.git/objects/pack",
    };
    make(&in_a_run, false, NULL, NULL);
    int git = same("--ro-bind", in_a_run.git_dir);
    size_t binds = 0;
    for (size_t i = 0; i < args.len; i++)
        binds += !strcmp(args.items[i], "--bind");
    ck_assert_uint_eq(binds, 2 + sizeof writable / sizeof *writable); /* worktree, logs */
    for (size_t i = 0; i < sizeof writable / sizeof *writable; i++)
        ck_assert_int_lt(git, same("--bind", writable[i]));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        ck_assert_int_lt(same("--bind", writable[i < 2 ? 0 : 1]), same("--ro-bind", kept[i]));
}
END_TEST

START_TEST(in_the_users_checkout_git_writes_nothing)
{
    const struct ws_confine_places by_hand = {
        .root = "/r",
        .git_dir = "/r/.git",
        .state_dir = "/r/.wsfsm",
        .worktree = "/r",
        .log_dir = "/r/.wsfsm/by-hand",
    };
    make(&by_hand, false, NULL, NULL);
    ck_assert_int_lt(same("--ro-bind", "/r"), same("--bind", "/r"));
    ck_assert_int_lt(same("--bind", "/r"), same("--ro-bind", "/r/.git"));
    ck_assert_int_lt(same("--bind", "/r"), same("--ro-bind-try", "/r/.worktrees"));
    ck_assert_int_eq(same("--bind", "/r/.git/objects"), -1);
}
END_TEST

START_TEST(hidden_programs_are_shown_and_others_need_not_be)
{
    static const char *const seen[] = {"/tmp/bin/tool", "/run/resolve/resolv.conf", "/usr/bin/git",
                                       "/tmpfoo/x", NULL};
    make(&in_a_run, false, NULL, seen);
    ck_assert_int_lt(at("--tmpfs", "/tmp", NULL), same("--ro-bind", seen[0]));
    ck_assert_int_lt(at("--tmpfs", "/run", NULL), same("--ro-bind", seen[1]));
    ck_assert_int_eq(same("--ro-bind", seen[2]), -1);
    ck_assert_int_eq(same("--ro-bind", seen[3]), -1);
}
END_TEST

/* A path of a profile cannot make the repository writable: that lies over it. */
START_TEST(paths_of_a_profile)
{
    static const char *const paths[] = {"/srv/cache", "~/.agent", "/home/u", NULL};
    make(&in_a_run, false, paths, NULL);
    ck_assert_int_ge(same("--bind-try", "/srv/cache"), 0);
    ck_assert_int_lt(at("--dir", "/tmp/home", NULL),
                     at("--bind-try", "/home/u/.agent", "/tmp/home/.agent"));
    ck_assert_int_lt(same("--bind-try", "/home/u"), same("--ro-bind", in_a_run.root));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("confine");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, it_is_alone_and_has_no_rights);
    tcase_add_test(t, network_is_off_when_asked_for);
    tcase_add_test(t, places_lie_over_each_other);
    tcase_add_test(t, git_can_commit_on_the_branch_and_no_more);
    tcase_add_test(t, in_the_users_checkout_git_writes_nothing);
    tcase_add_test(t, hidden_programs_are_shown_and_others_need_not_be);
    tcase_add_test(t, paths_of_a_profile);
    return run_suite("confine", t);
}
