/* A confined program starts, ends and is ended as one that is not. */
#include "support.h"

/* The least that makes a sandbox of ours: what is to be seen inside is not proc's to say. */
static void confine(struct ws_command *c)
{
    static const char *const args[] = {"/usr/bin/bwrap",
                                       "--die-with-parent",
                                       "--unshare-pid",
                                       "--cap-drop",
                                       "ALL",
                                       "--bind",
                                       "/",
                                       "/",
                                       "--proc",
                                       "/proc",
                                       "--dev",
                                       "/dev",
                                       "--tmpfs",
                                       "/run",
                                       "--chdir",
                                       "/"};
    for (size_t i = 0; i < sizeof args / sizeof *args; i++)
        ws_strv_add(&c->confine, args[i]);
}

static void run_confined(struct ws_exit *e, const char *script)
{
    struct ws_command c;
    shell_init(&c, script);
    confine(&c);
    run_command(e, &c);
}

static bool works_here(void)
{
    struct ws_exit e = {0};
    struct ws_command c = {.program = "/bin/true",
                           .cwd = "/",
                           .stdout_log = "/dev/null/none",
                           .stderr_log = "/dev/null/none"};
    ws_strv_add(&c.argv, "true");
    confine(&c);
    bool works = ws_proc_run(&e, &c, NULL, &error) == 0 && e.started;
    if (!works)
        printf("optional: %s\n", e.start_error);
    ws_command_release(&c);
    ws_exit_release(&e);
    return works;
}

START_TEST(exit_code_is_returned)
{
    struct ws_exit e;
    run_confined(&e, "echo out; echo err >&2; exit 7");
    ck_assert(e.started && !e.confine_failed);
    ck_assert_int_eq(e.exit_code, 7);
    ck_assert_int_eq(e.signal, 0);
    ck_assert_int_eq(e.leftovers, 0);
    ck_assert_str_eq(e.stdout_tail, "out\n");
    ck_assert_str_eq(e.stderr_tail, "err\n");
    ws_exit_release(&e);
}
END_TEST

START_TEST(signals_and_codes_that_look_like_them_differ)
{
    struct ws_exit e;
    run_confined(&e, "kill -SEGV $$");
    ck_assert_int_eq(e.signal, SIGSEGV);
    ck_assert_int_eq(e.exit_code, -1);
    ws_exit_release(&e);
    run_confined(&e, "exit 139");
    ck_assert_int_eq(e.signal, 0);
    ck_assert_int_eq(e.exit_code, 139);
    ws_exit_release(&e);
}
END_TEST

START_TEST(it_finds_what_it_would_find_outside)
{
    struct ws_exit e;
    run_confined(&e,
                 "pwd; ls /proc/self/fd | tr '\\n' ' '; grep SigIgn /proc/self/status; env | sort");
    char *expected = ws_format("%s\n0 1 2 3 SigIgn:\t0000000000000000\n"
                               "PATH=/usr/local/bin:/usr/bin:/bin\nPWD=%s\n%s\n",
                               folder, folder, marker); /* ls has 3 */
    ck_assert_str_eq(e.stdout_tail, expected);
    free(expected);
    ws_exit_release(&e);
}
END_TEST

START_TEST(command_line_of_bubblewrap_says_nothing_of_the_program)
{
    struct ws_exit e;
    struct ws_command c;
    shell_init(&c, "cat /proc/1/cmdline /proc/1/environ | tr '\\0' ' '; : $0 $TOKEN");
    ws_strv_add(&c.argv, "an-argument");
    ws_strv_add(&c.env, "TOKEN=sk-0123456789");
    confine(&c);
    run_command(&e, &c);
    ck_assert_ptr_nonnull(strstr(e.stdout_tail, "--die-with-parent"));
    ck_assert_ptr_null(strstr(e.stdout_tail, "an-argument"));
    ck_assert_ptr_null(strstr(e.stdout_tail, "sk-0123456789"));
    ws_exit_release(&e);
}
END_TEST

START_TEST(what_cannot_start_says_why)
{
    struct ws_exit e;
    struct ws_command c;
    command_init(&c, in_folder("no-such-program"));
    confine(&c);
    run_command(&e, &c);
    ck_assert(!e.started && !e.confine_failed);
    ck_assert_ptr_nonnull(strstr(e.start_error, "No such file"));
    ws_exit_release(&e);

    shell_init(&c, "exit 0");
    confine(&c);
    c.cwd = in_folder("no-such-folder");
    run_command(&e, &c);
    ck_assert(!e.started && !e.confine_failed);
    ck_assert_ptr_nonnull(strstr(e.start_error, "entering"));
    ws_exit_release(&e);
}
END_TEST

START_TEST(confinement_that_cannot_be_made_is_told_apart)
{
    struct ws_exit e;
    struct ws_command c;
    shell_init(&c, "exit 0");
    confine(&c);
    ws_strv_add(&c.confine, "--ro-bind");
    ws_strv_add(&c.confine, "/no/such/place");
    ws_strv_add(&c.confine, "/run/x");
    run_command(&e, &c);
    ck_assert(!e.started && e.confine_failed);
    ck_assert_ptr_nonnull(strstr(e.start_error, "/no/such/place"));
    ws_exit_release(&e);

    shell_init(&c, "exit 0");
    ws_strv_add(&c.confine, "/no/such/bwrap");
    run_command(&e, &c);
    ck_assert(!e.started);
    ck_assert_ptr_nonnull(strstr(e.start_error, "/no/such/bwrap"));
    ws_exit_release(&e);
}
END_TEST

START_TEST(term_reaches_the_program_and_leaves_it_its_grace)
{
    struct ws_exit e;
    struct ws_command c;
    shell_init(&c, "trap 'sleep 0.3; echo tidied; exit 9' TERM; while :; do sleep 0.05; done");
    confine(&c);
    c.wall_ms = 300;
    run_command(&e, &c);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_WALL);
    ck_assert_str_eq(e.stdout_tail, "tidied\n");
    ck_assert_int_eq(e.exit_code, 9);
    ws_exit_release(&e);
}
END_TEST

START_TEST(ignored_term_ends_by_kill)
{
    struct ws_exit e;
    struct ws_command c;
    shell_init(&c, "trap '' TERM; (setsid sleep 1000 &); while :; do sleep 0.05; done");
    confine(&c);
    c.wall_ms = 200;
    c.grace_ms = 100;
    run_command(&e, &c);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_WALL);
    ck_assert_int_eq(e.signal, SIGKILL);
    ck_assert_int_eq(count_marked(), 0);
    ws_exit_release(&e);
}
END_TEST

START_TEST(leftovers_are_counted_and_may_tidy_up)
{
    struct ws_exit e;
    char *script =
        ws_format("(setsid sh -c \"trap 'echo x > %s/tidy; exit' TERM; : > %s/up; "
                  "while :; do sleep 0.02; done\" &); while ! [ -e %s/up ]; do sleep 0.02; done",
                  folder, folder, folder);
    run_confined(&e, script);
    free(script);
    ck_assert_int_eq(e.exit_code, 0);
    ck_assert_int_ge(e.leftovers, 1);
    ck_assert_int_le(e.leftovers, 2); /* the shell and its sleep */
    ck_assert(ws_path_exists(in_folder("tidy")));
    ck_assert_int_eq(count_marked(), 0);
    ws_exit_release(&e);
}
END_TEST

START_TEST(what_a_leftover_still_prints_is_kept)
{
    struct ws_exit e;
    run_confined(&e, "(sleep 0.3; echo late) & echo early");
    ck_assert_str_eq(e.stdout_tail, "early\nlate\n");
    ck_assert_int_eq(e.leftovers, 0);
    ws_exit_release(&e);
}
END_TEST

/* Of all that is there, the program sees only what is its own, and what it may not look into. */
START_TEST(program_that_kills_all_it_sees_ends_itself)
{
    struct ws_exit e;
    run_confined(&e, "kill -9 $PPID; sleep 1000");
    ck_assert(e.started);
    ck_assert_int_eq(e.signal, SIGKILL);
    ws_exit_release(&e);
    run_confined(
        &e, "(: > /proc/$PPID/fd/4) 2> /dev/null && exit 1; kill -9 1; kill -TERM $PPID 1; exit 3");
    ck_assert_int_eq(e.exit_code, 3);
    ws_exit_release(&e);
}
END_TEST

START_TEST(nothing_is_left_when_orchestrator_and_guard_are_killed_at_once)
{
    pid_t orchestrator = fork();
    if (orchestrator == 0) {
        struct ws_exit e;
        struct ws_command c;
        char *script = ws_format("(setsid env -i sleep 1000.%d &); : > %s/up; sleep 1000",
                                 (int)getppid(), folder);
        shell_init(&c, script);
        confine(&c);
        ws_proc_run(&e, &c, NULL, &error);
        _exit(0);
    }
    AWAIT(ws_path_exists(in_folder("up")));
    char *path = ws_format("/proc/%d/task/%d/children", (int)orchestrator, (int)orchestrator);
    FILE *f = fopen(path, "re");
    int guard = 0;
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%d", &guard), 1);
    fclose(f);
    free(path);
    ck_assert_int_ge(count_marked(), 4);
    kill(guard, SIGSTOP);
    kill(orchestrator, SIGKILL);
    kill(guard, SIGKILL);
    ck_assert_int_eq(waitpid(orchestrator, NULL, 0), orchestrator);
    AWAIT(count_marked() == 0);
    char *find = ws_format("pgrep -x -f 'sleep 1000.%d' > /dev/null", (int)getpid());
    AWAIT(system(find) != 0);
    free(find);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        exit_code_is_returned,
        signals_and_codes_that_look_like_them_differ,
        it_finds_what_it_would_find_outside,
        command_line_of_bubblewrap_says_nothing_of_the_program,
        what_cannot_start_says_why,
        confinement_that_cannot_be_made_is_told_apart,
        term_reaches_the_program_and_leaves_it_its_grace,
        ignored_term_ends_by_kill,
        leftovers_are_counted_and_may_tidy_up,
        what_a_leftover_still_prints_is_kept,
        program_that_kills_all_it_sees_ends_itself,
        nothing_is_left_when_orchestrator_and_guard_are_killed_at_once,
    };
    Suite *s = suite_create("inside");
    TCase *t = tcase_create("confined");
    tcase_add_checked_fixture(t, folder_setup, folder_teardown);
    bool works = works_here();
    for (size_t i = 0; works && i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
