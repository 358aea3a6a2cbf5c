#include <check.h>
#include <stdlib.h>

#include "judge.h"
#include "run_suite.h"

static const struct {
    struct ws_exit exit;
    enum ws_judgement expected;
    const char *event, *code;
} table[] = {
    {{.started = true}, WS_JUDGED_PASSED, "passed", "passed"},
    {{.started = true, .exit_code = 1}, WS_JUDGED_FAILED, "failed", "failed"},
    {{.started = true, .exit_code = -1, .signal = 11}, WS_JUDGED_FAILED, "failed", "failed"},
    {{.started = true, .pattern_matched = true}, WS_JUDGED_FAILED, "failed", "failed"},
    {{.started = true, .exit_code = -1, .signal = 9, .timed_out = WS_LIMIT_WALL},
     WS_JUDGED_TIMEOUT,
     "timeout",
     "timeout"},
    {{.started = true, .exit_code = 0, .timed_out = WS_LIMIT_IDLE},
     WS_JUDGED_TIMEOUT,
     "timeout",
     "idle_timeout"},
    {{.started = true, .exit_code = 0, .timed_out = WS_LIMIT_DEADLINE},
     WS_JUDGED_TIMEOUT,
     "timeout",
     "timeout"},
    {{.started = false, .exit_code = -1},
     WS_JUDGED_COULD_NOT_RUN,
     "could_not_run",
     "could_not_run"},
    {{.started = true, .exit_code = -1, .signal = 15, .stopped = true},
     WS_JUDGED_STOPPED,
     "cancel",
     "stopped"},
};

START_TEST(how_an_end_is_judged)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        enum ws_judgement j = ws_judge_exit(NULL, &table[i].exit);
        ck_assert_msg(j == table[i].expected, "row %zu", i);
        ck_assert_str_eq(ws_judgement_event(j), table[i].event);
        ck_assert_str_eq(ws_judgement_code(j, table[i].exit.timed_out), table[i].code);
    }
}
END_TEST

START_TEST(a_profile_names_its_success)
{
    int codes[] = {0, 3};
    const struct ws_profile profile = {.success_exit_codes = codes, .success_exit_code_count = 2};
    struct ws_exit exit = {.started = true, .exit_code = 3};
    ck_assert_int_eq(ws_judge_exit(&profile, &exit), WS_JUDGED_PASSED);
    ck_assert_int_eq(ws_judge_exit(NULL, &exit), WS_JUDGED_FAILED);
    exit.exit_code = 1;
    ck_assert_int_eq(ws_judge_exit(&profile, &exit), WS_JUDGED_FAILED);
}
END_TEST

START_TEST(the_worst_is_last)
{
    ck_assert_int_lt(WS_JUDGED_PASSED, WS_JUDGED_FAILED);
    ck_assert_int_lt(WS_JUDGED_FAILED, WS_JUDGED_TIMEOUT);
    ck_assert_int_lt(WS_JUDGED_TIMEOUT, WS_JUDGED_COULD_NOT_RUN);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("judge");
    tcase_add_test(c, how_an_end_is_judged);
    tcase_add_test(c, a_profile_names_its_success);
    tcase_add_test(c, the_worst_is_last);
    return run_suite("judge", c);
}
