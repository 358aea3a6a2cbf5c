#include "fixture.h"
#include "run_suite.h"

static size_t runs_elsewhere(void)
{
    struct ws_store *other = NULL;
    struct ws_run_rows rows;
    size_t count;

    ok(ws_store_open(&other, db_path, WS_STORE_READ, "repo-1", &err));
    ok(ws_store_runs(&rows, other, NULL, NULL, &err));
    count = rows.len;
    ws_run_rows_release(&rows);
    ws_store_close(other);
    return count;
}

START_TEST(what_is_gathered_is_there_all_at_once)
{
    struct ws_position p;

    ok(ws_store_gather(store, &err));
    ok(create_run("r2", true));
    attempt = 0;
    ok(take("r2", ARM_START));
    ok(take("r2", ARM_WORK_PASSED));
    ok(ws_store_position(&p, store, "r2", "ws-a", &err));
    ck_assert_str_eq(p.state, "check");
    ws_position_release(&p);
    ck_assert_uint_eq(runs_elsewhere(), 1);
    ok(ws_store_gathered(store, &err));
    ok(ws_store_gathered(store, &err));
    ck_assert_uint_eq(runs_elsewhere(), 2);
    ok(take("r2", ARM_CHECK_OK));

    /* A store that is closed in between leaves nothing. */
    ok(ws_store_gather(store, &err));
    ok(create_run("r3", true));
    reopen(WS_STORE_WRITE);
    ck_assert_uint_eq(runs_elsewhere(), 2);
}
END_TEST

START_TEST(a_refusal_takes_back_all_that_was_gathered)
{
    ok(ws_store_gather(store, &err));
    ok(create_run("r2", true));
    attempt = 0;
    ok(take("r2", ARM_START));
    refused(take("r2", ARM_CHECK_OK), WS_E_INTEGRITY, "");
    ok(ws_store_gathered(store, &err));
    ck_assert_uint_eq(runs_elsewhere(), 1);
    ok(create_run("r2", false));
    attempt = 0;
    ok(take("r2", ARM_START));
    ck_assert_uint_eq(runs_elsewhere(), 2);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("gather");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_gathered_is_there_all_at_once);
    tcase_add_test(t, a_refusal_takes_back_all_that_was_gathered);
    return run_suite("gather", t);
}
