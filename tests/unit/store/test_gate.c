/* What the database itself refuses: to a stock client, and to one that has the application
 * function. */
#include "chain.h"
#include "client.h"
#include "run_suite.h"

static void finish_r1(void)
{
    ok(take("r1", ARM_WORK_PASSED));
    ok(take("r1", ARM_CHECK_OK));
}

static const char *const tables[] = {"transitions",    "events",        "evidence", "machines",
                                     "machine_states", "machine_arms",  "ledger",   "runs",
                                     "workstreams",    "step_attempts", "errors",   "meta"};

START_TEST(no_row_of_any_table_is_deleted)
{
    struct ws_failure failure = {"edit", "failed", NULL, "no", NULL};
    struct ws_evidence evidence = {"edit", "true", WS_PASS, NULL};
    struct ws_move move = move_of("r1", ARM_WORK_PASSED);
    struct ws_sealed sealed;

    move.failure = &failure;
    move.evidence = &evidence;
    move.evidence_count = 1;
    ok(append_move(&move, &sealed));
    ok(take("r1", ARM_CHECK_OK));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char *sql = ws_format("DELETE FROM %s", tables[i]);
        expect_refused(sql, "wsfsm: ");
        free(sql);
    }
}
END_TEST

/* REPLACE deletes without a trigger; a row replaced by itself would be the smallest forgery. */
START_TEST(no_row_of_any_table_is_replaced)
{
    struct ws_failure failure = {"edit", "failed", NULL, "no", NULL};
    struct ws_move move = move_of("r1", ARM_WORK_PASSED);
    struct ws_sealed sealed;

    move.failure = &failure;
    ok(append_move(&move, &sealed));
    ok(take("r1", ARM_CHECK_OK));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char *sql = ws_format("REPLACE INTO %s SELECT * FROM %s LIMIT 1", tables[i], tables[i]);
        bool chained = strcmp(tables[i], "transitions") == 0 ||
                       strcmp(tables[i], "evidence") == 0 || strcmp(tables[i], "ledger") == 0;
        expect_refused(sql,
                       chained ? "no such function: only_wsfsm_may_append_history" : "wsfsm: ");
        free(sql);
    }
    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK); /* and with the function there */
    expect_refused("REPLACE INTO transitions SELECT * FROM transitions WHERE seq = 2",
                   "append-only");
    expect_refused("REPLACE INTO ledger SELECT * FROM ledger", "append-only");
    expect_refused("UPDATE OR REPLACE runs SET run_id = 'r2'", "identity");
    expect_refused("INSERT OR IGNORE INTO transitions SELECT * FROM transitions WHERE seq = 2",
                   "append-only");
    expect_refused("INSERT INTO events SELECT * FROM events WHERE 1 ON CONFLICT(id) DO UPDATE SET "
                   "event_type = 'x'",
                   "append-only");
    expect_refused("REPLACE INTO events(id, timestamp, run_id, ws_id, event_type, payload_json) "
                   "VALUES(1, 't', 'r1', 'ws-a', 'x', '{}')",
                   "next id");
    expect_refused("REPLACE INTO errors(id, run_id, ws_id, step_name, error_code, signature, "
                   "message, context_json, "
                   "count, first_seen_at, last_seen_at) VALUES(1, 'r1', 'ws-a', 'x', 'y', 'z', "
                   "'m', '{}', 1, 'a', 'b')",
                   "errors are kept");
}
END_TEST

START_TEST(history_is_never_updated)
{
    expect_refused("UPDATE transitions SET at = at", "append-only");
    expect_refused("UPDATE events SET payload_json = '{}'", "append-only");
    expect_refused("UPDATE machines SET name = 'x'", "never changed");
    expect_refused("UPDATE machine_states SET doc = NULL", "never changed");
    expect_refused("UPDATE machine_arms SET to_state = 'done'", "never changed");
    expect_refused("UPDATE meta SET value = 'x'", "identity");
    finish_r1();
    expect_refused("UPDATE ledger SET commit_oid = 'x'", "append-only");
}
END_TEST

START_TEST(status_follows_history_only)
{
    expect_refused("UPDATE workstreams SET status = 'done'", "status is the to_state");
    expect_refused("UPDATE workstreams SET status = 'idle'", "status is the to_state");
    expect_accepted("UPDATE workstreams SET status = 'work'");
    expect_refused("UPDATE workstreams SET machine_digest = 'x'", "its machine");
    expect_refused("UPDATE workstreams SET dry_run = 1", "identity");
    expect_refused("UPDATE workstreams SET fence = 0", "only grows");
    expect_refused("UPDATE workstreams SET attempt_id = NULL", "attempt in progress");
    expect_refused("UPDATE workstreams SET attempt_id = 7", "attempt in progress");
    expect_refused("UPDATE runs SET status = 'completed'", "all its workstreams");
    expect_refused("UPDATE runs SET status = 'pending'", "never goes back");
    expect_refused("UPDATE runs SET metadata_json = '{}'", "started with");
    finish_r1();
    expect_refused("UPDATE runs SET status = 'running'", "never goes back");
    expect_refused("UPDATE runs SET status = 'failed'", "never goes back");
}
END_TEST

START_TEST(a_run_that_has_not_moved_is_pending)
{
    ok(create_run("r2", false));
    expect_refused("UPDATE runs SET status = 'running' WHERE run_id = 'r2'", "has moved");
    expect_refused("UPDATE runs SET status = 'failed' WHERE run_id = 'r2'", "has moved");
}
END_TEST

START_TEST(a_finished_attempt_is_never_changed)
{
    expect_refused(
        "UPDATE step_attempts SET status = 'success', completed_at = 't', result_json = '{}'",
        "ends by a transition");
    expect_refused("UPDATE step_attempts SET step_name = 'x'", "identity");
    expect_refused("UPDATE step_attempts SET fence = 9", "stale fence");
    ok(take("r1", ARM_WORK_PASSED));
    expect_refused("UPDATE step_attempts SET result_json = '{}' WHERE id = 1", "finished attempt");
    expect_refused("UPDATE step_attempts SET status = 'in_progress' WHERE id = 1",
                   "finished attempt");
    expect_refused(
        "INSERT INTO step_attempts(run_id, ws_id, step_name, number, status, started_at, fence) "
        "VALUES('r1', 'ws-a', 'x', 1, 'in_progress', 't', 1)",
        "is in progress");
    expect_refused(
        "INSERT INTO step_attempts(run_id, ws_id, step_name, number, status, started_at, fence, "
        "completed_at, result_json) VALUES('r1', 'ws-a', 'x', 1, 'success', 't', 1, 't', '{}')",
        "begins in progress");
}
END_TEST

START_TEST(a_machine_in_use_is_sealed)
{
    expect_refused("INSERT INTO machine_arms SELECT digest, 99, from_state, event, to_state, "
                   "guard, guard_negated, "
                   "max_taken, spent_of, line FROM machine_arms WHERE arm = 0",
                   "sealed");
    expect_refused("INSERT INTO machine_states SELECT digest, 99, 'new', kind, outcome, handler, "
                   "tools, timeout_sec, "
                   "first_arm, arm_count, doc, line FROM machine_states WHERE position = 0",
                   "sealed");
    expect_refused("INSERT INTO machine_states SELECT digest, 0, 'new', kind, outcome, handler, "
                   "tools, timeout_sec, "
                   "first_arm, arm_count, doc, line FROM machine_states WHERE position = 0",
                   "never changed");
}
END_TEST

START_TEST(new_rows_must_fit)
{
    expect_refused("INSERT INTO runs VALUES('r9', 'completed', 't', 't', '{}')",
                   "begins as pending");
    expect_accepted("INSERT INTO runs VALUES('r9', 'pending', 't', 't', '{}')");
    expect_refused("INSERT INTO workstreams SELECT 'r9', 'ws-b', 'done', '[]', 't', 't', '{}', "
                   "digest, 1, 0, NULL "
                   "FROM machines",
                   "initial state");
    expect_refused("INSERT INTO workstreams VALUES('r9', 'ws-b', 'idle', '[]', 't', 't', '{}', "
                   "'x', 1, 0, NULL)",
                   "stored in full");
    expect_refused("INSERT INTO workstreams SELECT 'r8', 'ws-b', 'idle', '[]', 't', 't', '{}', "
                   "digest, 1, 0, NULL "
                   "FROM machines",
                   "run that is not finished");
    expect_refused("INSERT INTO events VALUES(NULL, 't', 'r8', 'ws-b', 'x', '{}')",
                   "no such workstream");
}
END_TEST

START_TEST(evidence_fits_its_attempt)
{
    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    static const char evidence[] =
        "INSERT INTO evidence(run_id, ws_id, attempt_id, ordinal, kind, command, verdict, "
        "hash) VALUES('r1', 'ws-a', %d, %d, 'edit', 'true', 'pass', 'h')";
    char *sql = ws_format(evidence, 1, 2);
    expect_refused(sql, "ordinal is not the next");
    free(sql);
    sql = ws_format(evidence, 7, 1);
    expect_refused(sql, "attempt in progress");
    free(sql);
    sql = ws_format(evidence, 1, 1);
    expect_refused(sql, "hash does not cover");
    ok(take("r1", ARM_WORK_PASSED));
    expect_refused(sql, "attempt in progress");
    free(sql);
}
END_TEST

START_TEST(a_stock_client_reads_but_does_not_append)
{
    expect_accepted("SELECT * FROM transitions");
    expect_refused("INSERT INTO transitions SELECT * FROM transitions",
                   "no such function: only_wsfsm_may_append_history");
    expect_refused("INSERT INTO evidence SELECT * FROM evidence",
                   "no such function: only_wsfsm_may_append_history");
    expect_refused("INSERT INTO ledger SELECT * FROM ledger",
                   "no such function: only_wsfsm_may_append_history");
}
END_TEST

/* The same from a language with a SQLite of its own. */
START_TEST(python_is_refused_too)
{
    static const char script[] =
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "bad = ['UPDATE transitions SET at = at', 'DELETE FROM events', \"UPDATE workstreams SET "
        "status = 'done'\",\n"
        "       'REPLACE INTO runs SELECT * FROM runs', 'DELETE FROM runs',\n"
        "       'REPLACE INTO transitions SELECT * FROM transitions',\n"
        "       \"UPDATE runs SET status = 'pending'\"]\n"
        "for sql in bad:\n"
        "    try:\n"
        "        db.execute(sql)\n"
        "    except sqlite3.Error as e:\n"
        "        assert 'wsfsm' in str(e), (sql, e)\n"
        "    else:\n"
        "        sys.exit('accepted: ' + sql)\n";
    char *path = ws_format("%s/try.py", dir);
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(script, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    char *command =
        ws_format("command -v python3 >/dev/null || exit 77; python3 '%s' '%s'", path, db_path);
    int rc = system(command);
    if (WIFEXITED(rc) && WEXITSTATUS(rc) == 77) {
        printf("skipped: there is no python3\n");
    } else {
        ck_assert_int_eq(rc, 0);
    }
    free(command);
    free(path);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("gate");

    tcase_add_checked_fixture(t, setup_client, teardown_client);
    tcase_add_test(t, no_row_of_any_table_is_deleted);
    tcase_add_test(t, no_row_of_any_table_is_replaced);
    tcase_add_test(t, history_is_never_updated);
    tcase_add_test(t, status_follows_history_only);
    tcase_add_test(t, a_run_that_has_not_moved_is_pending);
    tcase_add_test(t, a_finished_attempt_is_never_changed);
    tcase_add_test(t, a_machine_in_use_is_sealed);
    tcase_add_test(t, new_rows_must_fit);
    tcase_add_test(t, evidence_fits_its_attempt);
    tcase_add_test(t, a_stock_client_reads_but_does_not_append);
    tcase_add_test(t, python_is_refused_too);
    return run_suite("gate", t);
}
