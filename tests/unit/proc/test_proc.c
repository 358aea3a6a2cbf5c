/* Running a program: how it starts, what it finds, how it ends, its limits. */
#include <sys/prctl.h>

#include "support.h"

static void run_shell(struct ws_exit *e, const char *script)
{
    struct ws_command c;
    shell_init(&c, script);
    run_command(e, &c);
}

START_TEST(exit_code_is_returned)
{
    struct ws_exit e;
    run_shell(&e, "exit 7");
    ck_assert(e.started);
    ck_assert_str_eq(e.start_error, "");
    ck_assert_int_eq(e.exit_code, 7);
    ck_assert_int_eq(e.signal, 0);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_NONE);
    ck_assert(!e.stopped && !e.pattern_matched && !e.log_failed);
    ck_assert_int_eq(e.leftovers, 0);
    ck_assert_str_eq(e.stdout_tail, "");
    ws_exit_release(&e);
}
END_TEST

START_TEST(signal_is_returned)
{
    struct ws_exit e;
    run_shell(&e, "kill -SEGV $$");
    ck_assert(e.started);
    ck_assert_int_eq(e.exit_code, -1);
    ck_assert_int_eq(e.signal, SIGSEGV);
    ws_exit_release(&e);
}
END_TEST

START_TEST(exit_codes_that_look_like_signals_are_codes)
{
    struct ws_exit e;
    run_shell(&e, "exit 137");
    ck_assert_int_eq(e.exit_code, 137);
    ck_assert_int_eq(e.signal, 0);
    ws_exit_release(&e);
}
END_TEST

START_TEST(many_in_a_row_leave_neither_process_nor_descriptor)
{
    int before = dup(0);
    close(before);
    for (int i = 0; i < 50; i++) {
        struct ws_command c;
        struct ws_exit e;
        command_init(&c, "/bin/true");
        run_command(&e, &c);
        ck_assert_int_eq(e.exit_code, 0);
        ws_exit_release(&e);
    }
    int after = dup(0);
    close(after);
    ck_assert_int_eq(before, after);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

static void expect_no_start(const char *program, const char *cwd, const char *stdin_file,
                            const char *why)
{
    struct ws_command c;
    struct ws_exit e;
    command_init(&c, program);
    c.cwd = cwd;
    c.stdin_file = stdin_file;
    run_command(&e, &c);
    ck_assert(!e.started);
    ck_assert_msg(strstr(e.start_error, why) != NULL, "'%s' lacks '%s'", e.start_error, why);
    ck_assert_int_eq(e.exit_code, -1);
    ck_assert_int_eq(e.signal, 0);
    ws_exit_release(&e);
}

START_TEST(what_cannot_start_says_why)
{
    const char *plain = in_folder("plain");
    const char *no_shebang = in_folder("no-shebang");
    const char *bad_shebang = in_folder("bad-shebang");
    write_file(plain, "#!/bin/sh\n", 0644);
    write_file(no_shebang, "echo never\n", 0755);
    write_file(bad_shebang, "#!/nonexistent/interpreter\n", 0755);

    expect_no_start(in_folder("missing"), folder, NULL, "No such file or directory (executing ");
    expect_no_start(plain, folder, NULL, "Permission denied (executing ");
    expect_no_start(no_shebang, folder, NULL, "Exec format error");
    expect_no_start(no_shebang, folder, NULL, "#! line");
    expect_no_start(bad_shebang, folder, NULL, "interpreter is missing");
    expect_no_start(folder, folder, NULL, "Permission denied");
    expect_no_start("/bin/true", in_folder("nowhere"), NULL,
                    "No such file or directory (entering ");
    expect_no_start("/bin/true", plain, NULL, "Not a directory (entering ");
    expect_no_start("/bin/true", folder, in_folder("missing"),
                    "No such file or directory (opening ");
    expect_no_start("/tmp/\033[31m", folder, NULL, "\\x1b");
}
END_TEST

START_TEST(arguments_too_long_for_the_system_are_a_start_error)
{
    struct ws_command c;
    struct ws_exit e;
    command_init(&c, "/bin/true");
    char *huge = ws_alloc((1 << 20) + 1);
    memset(huge, 'x', 1 << 20);
    ws_strv_take(&c.argv, huge);
    run_command(&e, &c);
    ck_assert(!e.started);
    ck_assert_ptr_nonnull(strstr(e.start_error, "Argument list too long"));
    ws_exit_release(&e);
}
END_TEST

START_TEST(a_bad_pattern_is_a_start_error)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "echo ran");
    ws_strv_add(&c.failure_patterns, "(");
    run_command(&e, &c);
    ck_assert(!e.started);
    ck_assert_ptr_nonnull(strstr(e.start_error, "failure pattern '('"));
    ws_exit_release(&e);
}
END_TEST

START_TEST(environment_is_exactly_what_was_given)
{
    struct ws_command c;
    struct ws_exit e;
    setenv("WSFSM_TEST_LEAK", "leaked", 1);
    command_init(&c, "/usr/bin/env");
    ws_strv_clear(&c.env);
    ws_strv_add(&c.env, "B=2");
    ws_strv_add(&c.env, "A=with = and\nnewline");
    run_command(&e, &c);
    unsetenv("WSFSM_TEST_LEAK");
    ck_assert_str_eq(e.stdout_tail, "B=2\nA=with = and\nnewline\n");
    ws_exit_release(&e);

    command_init(&c, "/usr/bin/env");
    ws_strv_release(&c.env);
    run_command(&e, &c);
    ck_assert_str_eq(e.stdout_tail, "");
    ck_assert_int_eq(e.exit_code, 0);
    ws_exit_release(&e);
}
END_TEST

START_TEST(arguments_arrive_as_given)
{
    struct ws_command c;
    struct ws_exit e;
    command_init(&c, "/usr/bin/printf");
    ws_strv_add(&c.argv, "[%s]");
    ws_strv_add(&c.argv, "");
    ws_strv_add(&c.argv, "a b");
    ws_strv_add(&c.argv, "$HOME;*");
    run_command(&e, &c);
    ck_assert_str_eq(e.stdout_tail, "[][a b][$HOME;*]");
    ws_exit_release(&e);
}
END_TEST

START_TEST(stdin_is_the_file_or_nothing)
{
    struct ws_command c;
    struct ws_exit e;
    write_file(in_folder("prompt"), "read me", 0600);
    command_init(&c, "/bin/cat");
    c.stdin_file = in_folder("prompt");
    run_command(&e, &c);
    ck_assert_str_eq(e.stdout_tail, "read me");
    ws_exit_release(&e);

    run_shell(&e, "cat; readlink /proc/self/fd/0; pwd; exit 3");
    char *expected = ws_format("/dev/null\n%s\n", folder);
    ck_assert_str_eq(e.stdout_tail, expected);
    ck_assert_int_eq(e.exit_code, 3);
    free(expected);
    ws_exit_release(&e);
}
END_TEST

START_TEST(program_starts_with_default_signals_in_its_own_session)
{
    struct ws_exit e;
    sigset_t some, old;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigaddset(&some, SIGCHLD);
    sigprocmask(SIG_BLOCK, &some, &old);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    /* grep is no shell: it changes neither mask nor dispositions before it looks */
    struct ws_command c;
    command_init(&c, "/bin/grep");
    ws_strv_add(&c.argv, "-E");
    ws_strv_add(&c.argv, "^Sig(Blk|Ign|Cgt)");
    ws_strv_add(&c.argv, "/proc/self/status");
    run_command(&e, &c);
    sigprocmask(SIG_SETMASK, &old, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    ck_assert_ptr_nonnull(strstr(e.stdout_tail, "SigBlk:\t0000000000000000\n"));
    ck_assert_msg(strstr(e.stdout_tail, "SigIgn:\t0000000000000000\n") != NULL, "%s",
                  e.stdout_tail);
    ws_exit_release(&e);

    run_shell(&e, "read a b c d e f rest < /proc/self/stat; echo $$ $e $f; echo \"session $$\"");
    int pid, group, session;
    ck_assert_int_eq(sscanf(e.stdout_tail, "%d %d %d", &pid, &group, &session), 3);
    ck_assert_int_eq(pid, group);
    ck_assert_int_eq(pid, session);
    ws_exit_release(&e);
}
END_TEST

START_TEST(program_inherits_no_descriptor)
{
    struct ws_command c;
    struct ws_exit e;
    int leak = dup(0); /* inheritable */
    command_init(&c, "/bin/ls");
    ws_strv_add(&c.argv, "/proc/self/fd");
    run_command(&e, &c);
    close(leak);
    ck_assert_str_eq(e.stdout_tail, "0\n1\n2\n3\n"); /* 3 is the folder that ls reads */
    ws_exit_release(&e);
}
END_TEST

START_TEST(works_with_standard_descriptors_closed)
{
    pid_t child = fork();
    if (child == 0) {
        for (int fd = 0; fd < 10; fd++)
            close(fd);
        struct ws_command c;
        struct ws_exit e;
        shell_init(&c, "cat; echo out; echo err >&2; exit 5");
        int rc = ws_proc_run(&e, &c, NULL, &error);
        bool ok = rc == 0 && e.exit_code == 5 && strcmp(e.stdout_tail, "out\n") == 0 &&
                  strcmp(e.stderr_tail, "err\n") == 0;
        _exit(ok ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(nothing_of_the_command_shows_in_the_process_list)
{
    struct ws_exit e;
    run_shell(&e, ": s3cret-argument; tr '\\0' ' ' < /proc/$PPID/cmdline; "
                  "tr '\\0' '\\n' < /proc/$PPID/environ | grep -c WSFSM_KEY=");
    ck_assert_str_eq(e.stdout_tail, "wsfsm __guard 0\n");
    ws_exit_release(&e);
}
END_TEST

START_TEST(a_guard_that_cannot_be_started_is_an_error)
{
    struct ws_command c;
    struct ws_exit e;
    ws_proc_set_guard("/nonexistent/wsfsm");
    shell_init(&c, "exit 0");
    int rc = ws_proc_run(&e, &c, NULL, &error);
    ws_proc_set_guard("/proc/self/exe");
    ws_command_release(&c);
    ck_assert_int_eq(rc, -1);
    ck_assert_ptr_nonnull(strstr(error.message, "No such file"));
}
END_TEST

START_TEST(a_guard_that_is_none_is_an_error)
{
    struct ws_command c;
    struct ws_exit e;
    ws_proc_set_guard("/bin/true");
    shell_init(&c, "exit 0");
    int rc = ws_proc_run(&e, &c, NULL, &error);
    ws_proc_set_guard("/proc/self/exe");
    ws_command_release(&c);
    ck_assert_int_eq(rc, -1);
}
END_TEST

START_TEST(lock_is_held_while_it_runs)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "flock -n lock true || echo held");
    c.lock_file = in_folder("lock");
    run_command(&e, &c);
    ck_assert_str_eq(e.stdout_tail, "held\n");
    ws_exit_release(&e);

    run_shell(&e, "flock -n lock echo free");
    ck_assert_str_eq(e.stdout_tail, "free\n");
    ws_exit_release(&e);
}
END_TEST

START_TEST(wall_limit)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "while :; do echo busy; sleep 0.02; done");
    c.wall_ms = 200;
    c.idle_ms = 60000;
    c.deadline_ms = 60000;
    run_command(&e, &c);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_WALL);
    ck_assert_str_eq(ws_limit_name(e.timed_out), "wall");
    ck_assert_int_eq(e.signal, SIGTERM);
    ck_assert(e.duration_ms >= 200);
    ck_assert(!e.stopped);
    ws_exit_release(&e);
}
END_TEST

START_TEST(idle_limit)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(
        &c, "i=0; while [ $i -lt 20 ]; do i=$((i + 1)); echo $i; sleep 0.1; done; exec sleep 1000");
    c.wall_ms = 60000;
    c.idle_ms = 1500; /* reset by each line */
    run_command(&e, &c);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_IDLE);
    ck_assert_ptr_nonnull(strstr(e.stdout_tail, "\n20\n"));
    ws_exit_release(&e);
}
END_TEST

START_TEST(idle_limit_counts_with_both_streams_closed)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "exec >&- 2>&-; sleep 1000");
    c.idle_ms = 200;
    run_command(&e, &c);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_IDLE);
    ws_exit_release(&e);
}
END_TEST

START_TEST(closed_streams_are_not_the_end)
{
    struct ws_exit e;
    run_shell(&e, "exec >&- 2>&-; sleep 0.3; exit 9");
    ck_assert_int_eq(e.exit_code, 9);
    ck_assert(e.duration_ms >= 300);
    ws_exit_release(&e);
}
END_TEST

START_TEST(deadline_limit)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "exec sleep 1000");
    c.wall_ms = 60000;
    c.deadline_ms = 150;
    run_command(&e, &c);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_DEADLINE);
    ws_exit_release(&e);
}
END_TEST

START_TEST(a_program_may_tidy_up_after_sigterm)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "trap 'echo tidy; exit 4' TERM; echo up; while :; do sleep 0.05; done");
    c.wall_ms = 1000;
    run_command(&e, &c);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_WALL);
    ck_assert_int_eq(e.exit_code, 4);
    ck_assert_str_eq(e.stdout_tail, "up\ntidy\n");
    ws_exit_release(&e);
}
END_TEST

START_TEST(a_program_that_ignores_sigterm_is_killed)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "trap '' TERM; while :; do sleep 0.05; done");
    c.wall_ms = 1000;
    c.grace_ms = 200;
    run_command(&e, &c);
    ck_assert_int_eq(e.signal, SIGKILL);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_WALL);
    ck_assert(e.duration_ms >= 1200);
    ws_exit_release(&e);
}
END_TEST

START_TEST(a_stopped_program_sees_sigterm)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "kill -STOP $$");
    c.wall_ms = 100;
    c.grace_ms = 20000;
    run_command(&e, &c);
    ck_assert_int_eq(e.signal, SIGTERM);
    ws_exit_release(&e);
}
END_TEST

static TCase *start_case(void)
{
    TCase *t = tcase_create("start");
    tcase_add_checked_fixture(t, folder_setup, folder_teardown);
    tcase_add_test(t, exit_code_is_returned);
    tcase_add_test(t, signal_is_returned);
    tcase_add_test(t, exit_codes_that_look_like_signals_are_codes);
    tcase_add_test(t, many_in_a_row_leave_neither_process_nor_descriptor);
    tcase_add_test(t, what_cannot_start_says_why);
    tcase_add_test(t, arguments_too_long_for_the_system_are_a_start_error);
    tcase_add_test(t, a_bad_pattern_is_a_start_error);
    tcase_add_test(t, environment_is_exactly_what_was_given);
    tcase_add_test(t, arguments_arrive_as_given);
    tcase_add_test(t, stdin_is_the_file_or_nothing);
    tcase_add_test(t, program_starts_with_default_signals_in_its_own_session);
    tcase_add_test(t, program_inherits_no_descriptor);
    tcase_add_test(t, works_with_standard_descriptors_closed);
    tcase_add_test(t, nothing_of_the_command_shows_in_the_process_list);
    tcase_add_test(t, a_guard_that_cannot_be_started_is_an_error);
    tcase_add_test(t, a_guard_that_is_none_is_an_error);
    tcase_add_test(t, lock_is_held_while_it_runs);
    return t;
}

static TCase *limit_case(void)
{
    TCase *t = tcase_create("limits");
    tcase_add_checked_fixture(t, folder_setup, folder_teardown);
    tcase_add_test(t, wall_limit);
    tcase_add_test(t, idle_limit);
    tcase_add_test(t, idle_limit_counts_with_both_streams_closed);
    tcase_add_test(t, closed_streams_are_not_the_end);
    tcase_add_test(t, deadline_limit);
    tcase_add_test(t, a_program_may_tidy_up_after_sigterm);
    tcase_add_test(t, a_program_that_ignores_sigterm_is_killed);
    tcase_add_test(t, a_stopped_program_sees_sigterm);
    return t;
}

static Suite *suite(void)
{
    Suite *s = suite_create("proc");
    suite_add_tcase(s, start_case());
    suite_add_tcase(s, limit_case());
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
