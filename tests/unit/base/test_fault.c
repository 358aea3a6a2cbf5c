/* The points are compiled into this program whatever the build says. */
#ifndef WS_FAULT_POINTS
#define WS_FAULT_POINTS 1
#endif
#include "fault.c"

#include "death.h"
#include "scratch.h"
#include "suite.h"

static void pass_points(void)
{
    ws_fault_point("a");
    ws_fault_point("b:c");
    ws_fault_point("a");
    ws_fault_point("b:c");
}

/* Passes the four points in a child and compares its end and the log it left. */
static void assert_run(const char *crash_at, bool killed, const char *log)
{
    struct ws_buf text = {0};
    char *dir = enter_scratch(), said[256];

    setenv("WSFSM_FAULT_LOG", "log", 1);
    setenv("WSFSM_CRASH_AT", crash_at, 1);
    int status = status_of(pass_points, said, sizeof said);
    ck_assert_int_eq(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, killed);
    ck_assert_int_eq(WIFEXITED(status) && WEXITSTATUS(status) == 0, !killed);
    ck_assert_int_eq(ws_read_file(&text, "log", 1000, NULL), 0);
    ck_assert_str_eq(ws_buf_str(&text), log);
    ws_buf_release(&text);
    leave_scratch(dir);
}

START_TEST(every_point_is_logged)
{
    assert_run("", false, "a\nb:c\na\nb:c\n");
    assert_run("5", false, "a\nb:c\na\nb:c\n");
    assert_run("a:3", false, "a\nb:c\na\nb:c\n");
    assert_run("x:1", false, "a\nb:c\na\nb:c\n");
}
END_TEST

START_TEST(a_number_counts_all_points)
{
    assert_run("1", true, "a\n");
    assert_run("3", true, "a\nb:c\na\n");
}
END_TEST

START_TEST(a_name_counts_its_own)
{
    assert_run("a:2", true, "a\nb:c\na\n");
    assert_run("b:c:2", true, "a\nb:c\na\nb:c\n");
}
END_TEST

START_TEST(without_the_variables_nothing_happens)
{
    char said[256];

    unsetenv("WSFSM_FAULT_LOG");
    unsetenv("WSFSM_CRASH_AT");
    ck_assert_int_eq(status_of(pass_points, said, sizeof said), 0);
}
END_TEST

START_TEST(a_typing_error_is_not_taken_for_no_crash)
{
    unsetenv("WSFSM_FAULT_LOG");
    setenv("WSFSM_CRASH_AT", "a:", 1);
    assert_aborts(pass_points, "wsfsm: WSFSM_CRASH_AT is neither N nor NAME:N\n");
    setenv("WSFSM_CRASH_AT", "0", 1);
    assert_aborts(pass_points, "wsfsm: WSFSM_CRASH_AT is neither N nor NAME:N\n");
}
END_TEST

/* A letter for each asking of "x", with one of "y" between: what fails is a capital. */
static void ask(char out[4])
{
    for (int i = 0; i < 3; i++) {
        out[i] = ws_fault_fails("x") ? 'F' : 'f';
        ck_assert(!ws_fault_fails("y"));
    }
    out[3] = '\0';
}

static void print_failures(void)
{
    char asked[4];

    ask(asked);
    ck_assert(write(STDERR_FILENO, asked, 3) == 3);
}

static void assert_failures(const char *fail_at, const char *asked)
{
    char said[256];

    setenv("WSFSM_FAIL_AT", fail_at, 1);
    ck_assert_int_eq(status_of(print_failures, said, sizeof said), 0);
    ck_assert_str_eq(said, asked);
}

START_TEST(what_shall_fail_fails_once_or_from_then_on)
{
    assert_failures("", "fff");
    assert_failures("x:2", "fFf");
    assert_failures("x:2+", "fFF");
    assert_failures("x:4", "fff");
    assert_failures("z:1+", "fff");
}
END_TEST

START_TEST(failures_have_a_log_of_their_own)
{
    struct ws_buf text = {0};
    char *dir = enter_scratch(), said[256];

    setenv("WSFSM_FAIL_AT", "x:9", 1);
    setenv("WSFSM_FAIL_LOG", "log", 1);
    unsetenv("WSFSM_FAULT_LOG");
    ck_assert_int_eq(status_of(print_failures, said, sizeof said), 0);
    ck_assert_int_eq(ws_read_file(&text, "log", 1000, NULL), 0);
    ck_assert_str_eq(ws_buf_str(&text), "x\ny\nx\ny\nx\ny\n");
    ws_buf_release(&text);
    unsetenv("WSFSM_FAIL_LOG");
    leave_scratch(dir);
}
END_TEST

RUN_TESTS("fault", every_point_is_logged, a_number_counts_all_points, a_name_counts_its_own,
          without_the_variables_nothing_happens, a_typing_error_is_not_taken_for_no_crash,
          what_shall_fail_fails_once_or_from_then_on, failures_have_a_log_of_their_own)
