/* Running a program: how it starts, what it finds, how it ends. */
#include "support.h"

START_TEST(exit_code_is_returned)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "exit 7");
    run_command(&e, &c);
    ck_assert(e.started);
    ck_assert_str_eq(e.start_error, "");
    ck_assert_int_eq(e.exit_code, 7);
    ck_assert_int_eq(e.signal, 0);
    ck_assert_int_eq(e.timed_out, WS_LIMIT_NONE);
    ck_assert(!e.stopped && !e.pattern_matched && !e.log_failed);
    ck_assert_int_eq(e.leftovers, 0);
    ws_exit_release(&e);
}
END_TEST

START_TEST(signal_is_returned)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "kill -SEGV $$");
    run_command(&e, &c);
    ck_assert(e.started);
    ck_assert_int_eq(e.exit_code, -1);
    ck_assert_int_eq(e.signal, SIGSEGV);
    ws_exit_release(&e);
}
END_TEST

START_TEST(exit_codes_that_look_like_signals_are_codes)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "exit 137");
    run_command(&e, &c);
    ck_assert_int_eq(e.exit_code, 137);
    ck_assert_int_eq(e.signal, 0);
    ws_exit_release(&e);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("proc");
    TCase *t = tcase_create("end");
    tcase_add_checked_fixture(t, folder_setup, folder_teardown);
    tcase_add_test(t, exit_code_is_returned);
    tcase_add_test(t, signal_is_returned);
    tcase_add_test(t, exit_codes_that_look_like_signals_are_codes);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
