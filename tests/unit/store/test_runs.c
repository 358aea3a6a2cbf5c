#include "fixture.h"
#include "run_suite.h"

#include "internal.h"

START_TEST(runs_are_listed_newest_first)
{
    struct ws_run_rows runs;

    usleep(2000);
    ok(create_run("r2", false));
    ok(ws_store_runs(&runs, store, NULL, NULL, &err));
    ck_assert_uint_eq(runs.len, 2);
    ck_assert_str_eq(runs.items[0].run_id, "r2");
    ck_assert_str_eq(runs.items[0].run_status, "pending");
    ws_run_rows_release(&runs);
    ok(ws_store_runs(&runs, store, NULL, "ws-a", &err));
    ck_assert_uint_eq(runs.len, 2);
    ws_run_rows_release(&runs);
    ok(ws_store_runs(&runs, store, "r2", "ws-b", &err));
    ck_assert_uint_eq(runs.len, 0);
    ws_run_rows_release(&runs);
}
END_TEST

START_TEST(the_newest_run_of_a_workstream_is_told_with_their_number)
{
    struct ws_run_rows runs;
    int64_t count = -1;

    usleep(2000);
    ok(create_run("a-later-one", false));
    ok(ws_store_newest_run(&runs, &count, store, "ws-a", &err));
    ck_assert_uint_eq(runs.len, 1);
    ck_assert_str_eq(runs.items[0].run_id, "a-later-one");
    ck_assert_int_eq(count, 2);
    ws_run_rows_release(&runs);
    ok(ws_store_newest_run(&runs, &count, store, "ws-b", &err));
    ck_assert_uint_eq(runs.len, 0);
    ck_assert_int_eq(count, 0);
    ws_run_rows_release(&runs);
}
END_TEST

START_TEST(only_what_has_not_ended_and_is_no_dry_run_is_unfinished)
{
    struct ws_run_rows runs;

    ok(create_run("dry", true));
    ok(create_run("under-way", false));
    ok(take("under-way", ARM_START));
    ok(ws_store_unfinished_runs(&runs, store, &err));
    ck_assert_uint_eq(runs.len, 2);
    ck_assert_str_eq(runs.items[0].run_id, "r1");
    ck_assert_str_eq(runs.items[0].run_status, "pending");
    ck_assert_str_eq(runs.items[1].run_id, "under-way");
    ck_assert_str_eq(runs.items[1].metadata_json, "{\"k\": 1}");
    ws_run_rows_release(&runs);
    ok(take("under-way", ARM_WORK_PASSED));
    ok(take("under-way", ARM_CHECK_OK));
    ok(ws_store_unfinished_runs(&runs, store, &err));
    ck_assert_uint_eq(runs.len, 1);
    ck_assert_str_eq(runs.items[0].run_id, "r1");
    ws_run_rows_release(&runs);
}
END_TEST

/* A step that does nothing, an end without an outcome: no .def makes one, but somebody may have
 * written it, digest and all. */
START_TEST(a_machine_with_a_hollow_state_is_damaged)
{
    static const int hollow[] = {WORK, CHECK, DONE};
    struct ws_state states[sizeof toy_states / sizeof *toy_states];
    struct ws_machine m = toy, *loaded = NULL;
    struct ws_new_run run = {.run_id = "r2", .ws_id = "ws-a", .machine = &m};

    memcpy(states, toy_states, sizeof states);
    states[hollow[_i]].handler = states[hollow[_i]].outcome = NULL;
    states[hollow[_i]].tools = NULL;
    states[hollow[_i]].tool_count = 0;
    m.states = states;
    ws_machine_digest(m.digest, &m);
    ck_assert_str_ne(m.digest, toy.digest);
    ck_assert_int_eq(
        sqlite3_exec(store->db, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL),
        SQLITE_OK);
    ok(ws_store_create_run(&fence, store, &run, &err));
    refused(ws_store_load_machine(&loaded, store, m.digest, &err), WS_E_INTEGRITY, "is damaged");
    ck_assert_ptr_null(loaded);
    ok(ws_store_load_machine(&loaded, store, toy.digest, &err));
    ws_machine_free(loaded);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("runs");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, runs_are_listed_newest_first);
    tcase_add_test(t, the_newest_run_of_a_workstream_is_told_with_their_number);
    tcase_add_test(t, only_what_has_not_ended_and_is_no_dry_run_is_unfinished);
    tcase_add_loop_test(t, a_machine_with_a_hollow_state_is_damaged, 0, 3);
    return run_suite("runs", t);
}
