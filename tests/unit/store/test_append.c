#include "fixture.h"

START_TEST(a_run_goes_from_creation_to_its_end)
{
    struct ws_position p;
    struct ws_run_rows runs;
    struct ws_transition_rows h;

    ok(ws_store_position(&p, store, "r1", "ws-a", &err));
    ck_assert_str_eq(p.state, "idle");
    ck_assert_int_eq(p.seq, 0);
    ck_assert_str_eq(p.hash, "");
    ck_assert_int_eq(p.attempt_id, 0);
    ws_position_release(&p);

    ok(take("r1", ARM_START));
    ck_assert_int_eq(attempt, 1);
    ok(ws_store_position(&p, store, "r1", "ws-a", &err));
    ck_assert_str_eq(p.state, "work");
    ck_assert_int_eq(p.seq, 1);
    ck_assert_int_eq(p.attempt_id, 1);
    ck_assert_str_eq(p.step_name, "edit");
    ck_assert_int_eq(p.attempt_number, 1);
    ck_assert_uint_eq(strlen(p.deadline), WS_TIME_SIZE - 1);
    ws_position_release(&p);

    ok(take("r1", ARM_WORK_PASSED));
    ok(take("r1", ARM_CHECK_OK));
    ck_assert_int_eq(attempt, 0);

    ok(ws_store_runs(&runs, store, "r1", NULL, &err));
    ck_assert_uint_eq(runs.len, 1);
    ck_assert_str_eq(runs.items[0].run_status, "completed");
    ck_assert_str_eq(runs.items[0].state, "done");
    ck_assert_str_eq(runs.items[0].metadata_json, "{\"k\": 1}");
    ck_assert_int_eq(runs.items[0].last_seq, 3);
    ck_assert(runs.items[0].final);
    ck_assert(!runs.items[0].dry_run);
    ws_run_rows_release(&runs);

    ok(ws_store_history(&h, store, "r1", "ws-a", 0, 0, &err));
    ck_assert_uint_eq(h.len, 3);
    ck_assert_ptr_null(h.items[0].prev_hash);
    ck_assert_str_eq(h.items[1].prev_hash, h.items[0].hash);
    ck_assert_str_eq(h.items[2].guard, "ok");
    ck_assert_int_eq(h.items[2].guard_answer, 1);
    ck_assert_int_eq(h.items[0].guard_answer, -1);
    ws_transition_rows_release(&h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("append");
    TCase *t = tcase_create("append");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_run_goes_from_creation_to_its_end);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
