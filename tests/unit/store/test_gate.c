/* What the database itself refuses: to a stock client, and to one that has the application
 * function. */
#include "fixture.h"

#include "chain.h"

static sqlite3 *client;

static void setup_client(void)
{
    setup();
    ok(take("r1", ARM_START));
    client = stock_client();
}

static void teardown_client(void)
{
    sqlite3_close(client);
    teardown();
}

static void expect_refused(const char *sql, const char *reason)
{
    char *message = NULL;
    int rc = sqlite3_exec(client, sql, NULL, NULL, &message);

    ck_assert_msg(rc != SQLITE_OK, "accepted: %s", sql);
    ck_assert_msg(strstr(message, reason) != NULL, "%s: %s", sql, message);
    sqlite3_free(message);
}

static void expect_accepted(const char *sql)
{
    char *message = NULL;

    ck_assert_msg(sqlite3_exec(client, sql, NULL, NULL, &message) == SQLITE_OK, "%s: %s", sql,
                  message);
}

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

/* --- transitions, by a client that can compute hashes
 * --------------------------------------------------------- */

struct row {
    int64_t seq;
    const char *from, *event, *to, *guard;
    int answer, arm;
    const char *at, *deadline, *prev;
    int64_t attempt, fence;
};

/* A row with the hash that belongs to it; NULL when it is accepted, else the reason. */
static const char *try_row(const struct row *r)
{
    static char reason[256];
    char hash[WS_HASH_HEX];
    sqlite3_stmt *stmt = NULL;

    ws_chain_transition(
        hash, &(struct ws_chain_transition){.prev_hash = r->prev,
                                            .run_id = "r1",
                                            .ws_id = "ws-a",
                                            .seq = r->seq,
                                            .digest = toy.digest,
                                            .arm = r->arm,
                                            .from_state = r->from,
                                            .event = r->event,
                                            .to_state = r->to,
                                            .guard = r->guard,
                                            .guard_answer = r->guard != NULL ? r->answer : -1,
                                            .at = r->at,
                                            .deadline = r->deadline,
                                            .attempt_id = r->attempt,
                                            .fence = r->fence});
    char *sql = sqlite3_mprintf(
        "INSERT INTO transitions(run_id, ws_id, seq, from_state, event, to_state, guard, "
        "guard_answer, arm, at, deadline, attempt_id, fence, prev_hash, hash) VALUES('r1', "
        "'ws-a', %lld, %Q, %Q, %Q, %Q, %s, %d, %Q, %Q, nullif(%lld, 0), %lld, %Q, %Q)",
        (long long)r->seq, r->from, r->event, r->to, r->guard,
        r->guard == NULL ? "NULL" : (r->answer ? "1" : "0"), r->arm, r->at, r->deadline,
        (long long)r->attempt, (long long)r->fence, r->prev, hash);
    ck_assert_int_eq(sqlite3_prepare_v2(client, sql, -1, &stmt, NULL), SQLITE_OK);
    int rc = sqlite3_step(stmt);
    snprintf(reason, sizeof reason, "%s", sqlite3_errmsg(client));
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return rc == SQLITE_DONE ? NULL : reason;
}

static struct ws_position here;

static struct row row_of(int arm)
{
    const struct ws_arm *a = &toy_arms[arm];
    const struct ws_state *to = &toy_states[a->to];

    ws_position_release(&here);
    ok(ws_store_position(&here, store, "r1", "ws-a", &err));
    return (struct row){.seq = here.seq + 1,
                        .from = toy_states[a->from].name,
                        .event = a->event,
                        .to = to->name,
                        .guard = a->guard,
                        .answer = 1,
                        .arm = arm,
                        .at = "2990-01-01T00:00:00.000Z",
                        .deadline = to->timeout_sec > 0 ? "2990-01-01T01:00:00.000Z" : NULL,
                        .prev = here.hash[0] != '\0' ? here.hash : NULL,
                        .attempt = here.attempt_id,
                        .fence = fence};
}

#define row_refused(change, text)                                                                  \
    do {                                                                                           \
        struct row r = row_of(ARM_WORK_PASSED);                                                    \
        change;                                                                                    \
        const char *reason = try_row(&r);                                                          \
        ck_assert_msg(reason != NULL && strstr(reason, (text)) != NULL, "%s: %s", #change,         \
                      reason != NULL ? reason : "accepted");                                       \
    } while (0)

START_TEST(a_transition_fits_in_every_field)
{
    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    row_refused(r.seq = 3, "seq is not the next");
    row_refused(r.seq = 1, "already there");
    row_refused(r.from = "check", "not the current state");
    row_refused(r.from = "idle", "not the current state");
    row_refused(r.to = "done", "no such arm");
    row_refused(r.event = "again", "no such arm");
    row_refused(r.arm = ARM_CHECK_OK, "no such arm");
    row_refused(r.arm = 1000, "no such arm");
    row_refused(r.arm = -1, "no such arm");
    row_refused(r.fence = 2, "stale fence");
    row_refused(r.fence = 0, "stale fence");
    row_refused(r.prev = NULL, "prev_hash");
    row_refused(r.prev = "abc", "prev_hash");
    row_refused(r.attempt = 0, "attempt in progress");
    row_refused(r.attempt = 2, "attempt in progress");
    row_refused(r.at = "1990-01-01T00:00:00.000Z", "before the time");
    row_refused(r.at = "2990-01-01 00:00:00", "no UTC time");
    row_refused(r.at = "tomorrow", "no UTC time");
    row_refused(r.deadline = "2990-01-01T01:00:00.000Z", "deadline");
    row_refused(r = row_of(ARM_INTERRUPTED); r.deadline = NULL, "deadline");
    row_refused(r = row_of(ARM_INTERRUPTED_SPENT), "not spent yet");
    struct row good = row_of(ARM_WORK_PASSED);
    ck_assert_ptr_null(try_row(&good));
    expect_refused("INSERT INTO transitions SELECT run_id, ws_id, 3, 'check', 'cancel', 'failed', "
                   "NULL, NULL, 10, at, "
                   "NULL, NULL, NULL, NULL, fence, hash, hash FROM transitions WHERE seq = 2",
                   "hash does not cover");
    ws_position_release(&here);
}
END_TEST

START_TEST(a_guard_decides)
{
    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    ok(take("r1", ARM_WORK_PASSED));
    struct row r = row_of(ARM_CHECK_OK);
    r.answer = 0;
    ck_assert_ptr_nonnull(strstr(try_row(&r), "guard"));
    r.guard = NULL;
    ck_assert_ptr_nonnull(strstr(try_row(&r), "guard"));
    r.guard = "other";
    r.answer = 1;
    ck_assert_ptr_nonnull(strstr(try_row(&r), "guard"));
    r = row_of(ARM_CHECK_OK);
    ck_assert_ptr_null(try_row(&r));
    ws_position_release(&here);
}
END_TEST

START_TEST(a_bound_is_counted)
{
    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    ok(take("r1", ARM_INTERRUPTED));
    ok(take("r1", ARM_INTERRUPTED));
    struct row r = row_of(ARM_INTERRUPTED);
    ck_assert_ptr_nonnull(strstr(try_row(&r), "bound of this arm is spent"));
    r = row_of(ARM_INTERRUPTED_SPENT);
    ck_assert_ptr_null(try_row(&r));
    ws_position_release(&here);
}
END_TEST

/* Every (from, event, to) from every reachable state, against a model that knows only the list of
 * arms. */
static bool model_allows(int state, const struct row *r)
{
    const struct ws_arm *a = &toy_arms[r->arm];

    return strcmp(toy_states[state].name, r->from) == 0 && a->from == state &&
           strcmp(a->event, r->event) == 0 && strcmp(toy_states[a->to].name, r->to) == 0 &&
           a->spent_of == WS_NONE;
}

static int try_all(int state)
{
    static const char *const names[] = {"start",  "passed", "interrupted", "timeout",
                                        "cancel", "again",  "bogus"};
    struct row rows[ARM_COUNT];
    int accepted = 0;

    for (int arm = 0; arm < ARM_COUNT; arm++) {
        rows[arm] = row_of(arm);
        rows[arm].prev = here.hash;
    }
    for (int from = 0; from < toy.state_count; from++) {
        for (size_t e = 0; e < sizeof names / sizeof *names; e++) {
            for (int to = 0; to < toy.state_count; to++) {
                for (int arm = 0; arm < ARM_COUNT; arm++) {
                    struct row r = rows[arm];
                    r.from = toy_states[from].name;
                    r.event = names[e];
                    r.to = toy_states[to].name;
                    r.deadline = toy_states[to].timeout_sec > 0 ? "2990-01-01T01:00:00.000Z" : NULL;
                    sqlite3_exec(client, "SAVEPOINT try", NULL, NULL, NULL);
                    bool taken = try_row(&r) == NULL;
                    sqlite3_exec(client, "ROLLBACK TO try; RELEASE try", NULL, NULL, NULL);
                    ck_assert_msg(taken == model_allows(state, &r), "in %s: %s -%s-> %s by arm %d",
                                  toy_states[state].name, r.from, r.event, r.to, arm);
                    accepted += taken;
                }
            }
        }
    }
    return accepted;
}

START_TEST(the_gate_agrees_with_a_model_on_every_triple)
{
    static const int arms_out_of[] = {
        [IDLE] = 2, [WORK] = 4, [CHECK] = 4, [DONE] = 0, [FAILED] = 0};

    ck_assert_int_eq(ws_chain_register(client), SQLITE_OK);
    ck_assert_int_eq(try_all(WORK), arms_out_of[WORK]);
    ok(take("r1", ARM_WORK_PASSED));
    ck_assert_int_eq(try_all(CHECK), arms_out_of[CHECK]);
    ok(take("r1", ARM_CHECK_OK));
    ck_assert_int_eq(try_all(DONE), arms_out_of[DONE]);
    ws_position_release(&here);
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
    Suite *suite = suite_create("gate");
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
    tcase_add_test(t, a_transition_fits_in_every_field);
    tcase_add_test(t, a_guard_decides);
    tcase_add_test(t, a_bound_is_counted);
    tcase_add_test(t, the_gate_agrees_with_a_model_on_every_triple);
    tcase_add_test(t, evidence_fits_its_attempt);
    tcase_add_test(t, a_stock_client_reads_but_does_not_append);
    tcase_add_test(t, python_is_refused_too);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
