/* Forgeries by somebody who can write the file, against verification. */
#include "fixture.h"
#include "run_suite.h"

#include "chain.h"

static struct ws_findings found;

static void setup_runs(void)
{
    struct ws_evidence evidence[] = {{"static", "ruff", WS_PASS, "t1"},
                                     {"acceptance", "make test", WS_NOT_RUN, NULL}};
    struct ws_sealed sealed;

    setup();
    for (int i = 1; i <= 2; i++) {
        char *id = ws_format("r%d", i);
        if (i > 1) {
            ok(create_run(id, false));
        }
        ok(take(id, ARM_START));
        ok(take(id, ARM_INTERRUPTED));
        struct ws_move move = move_of(id, ARM_WORK_PASSED);
        move.evidence = evidence;
        move.evidence_count = 2;
        ok(append_move(&move, &sealed));
        ok(take(id, ARM_CHECK_OK));
        free(id);
    }
    ok(create_run("r3", false));
    ok(take("r3", ARM_START));
    ok(take("r3", ARM_WORK_PASSED));
    ws_store_close(store);
    store = NULL;
}

static void teardown_runs(void)
{
    ws_findings_release(&found);
    teardown();
}

/* As somebody with a shell and the file: no gate. */
static void forge(const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
    ck_assert_int_eq(ws_chain_register(db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s: %s", sql, message);
    sqlite3_close(db);
}

/* Takes down the triggers, forges, and puts the triggers back as they were. */
static void forge_past_the_gate(const char *sql)
{
    static const char save[] =
        "CREATE TEMP TABLE gate AS SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    char *message = NULL;
    char *drop = NULL, *restore = NULL;

    ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
    ck_assert_int_eq(ws_chain_register(db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, save, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db,
                                        "SELECT group_concat('DROP TRIGGER ' || name || ';', ''), "
                                        "group_concat(sql || ';', char(10)) FROM gate",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    drop = ws_strdup((const char *)sqlite3_column_text(stmt, 0));
    restore = ws_strdup((const char *)sqlite3_column_text(stmt, 1));
    sqlite3_finalize(stmt);
    ck_assert_msg(sqlite3_exec(db, drop, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    sqlite3_exec(db, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s: %s", sql, message);
    ck_assert_msg(sqlite3_exec(db, restore, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    sqlite3_close(db);
    free(drop);
    free(restore);
}

static void verify(const char *run_id)
{
    ws_findings_release(&found);
    if (store == NULL) {
        reopen(WS_STORE_READ);
    }
    ok(ws_store_verify(&found, store, run_id, &err));
}

/* Some finding of that run (NULL: any), row (-1: any) and text. */
static void expect(const char *run_id, int64_t seq, const char *text)
{
    for (size_t i = 0; i < found.len; i++) {
        const struct ws_finding *f = &found.items[i];
        bool run = run_id == NULL || (f->run_id != NULL && strcmp(f->run_id, run_id) == 0);

        if (run && (seq < 0 || f->seq == seq) && strstr(f->text, text) != NULL) {
            return;
        }
    }
    for (size_t i = 0; i < found.len; i++) {
        printf("found: %s %lld %s\n", found.items[i].run_id != NULL ? found.items[i].run_id : "-",
               (long long)found.items[i].seq, found.items[i].text);
    }
    ck_abort_msg("not found: %s %lld %s", run_id != NULL ? run_id : "-", (long long)seq, text);
}

START_TEST(a_sound_database_has_no_findings)
{
    verify(NULL);
    ck_assert_msg(found.len == 0, "%s", found.len > 0 ? found.items[0].text : "");
    ck_assert_uint_eq(found.runs, 3);
    ck_assert_uint_eq(found.transitions, 10);
    verify("r3");
    ck_assert_uint_eq(found.len, 0);
    ck_assert_uint_eq(found.runs, 1);
    refused(ws_store_verify(&found, store, "nobody", &err), WS_E_UNKNOWN_ID, "no such run");
}
END_TEST

static const struct {
    const char *sql, *run_id;
    int64_t seq;
    const char *text;
} forgeries[] = {
    {"UPDATE transitions SET at = '2020-01-01T00:00:00.000Z' WHERE run_id = 'r1' AND seq = 2", "r1",
     2, "was changed"},
    {"UPDATE transitions SET tree_oid = 'x' WHERE run_id = 'r2' AND seq = 3", "r2", 3,
     "was changed"},
    {"UPDATE transitions SET facts_json = '{}' WHERE run_id = 'r2' AND seq = 1", "r2", 1,
     "was changed"},
    {"UPDATE transitions SET guard_answer = 0 WHERE run_id = 'r2' AND seq = 4", "r2", 4,
     "was changed"},
    {"UPDATE transitions SET to_state = 'failed' WHERE run_id = 'r2' AND seq = 4", "r2", 4,
     "was changed"},
    {"UPDATE transitions SET fence = 5 WHERE run_id = 'r1' AND seq = 1", "r1", 1, "was changed"},
    {"UPDATE transitions SET hash = prev_hash WHERE run_id = 'r1' AND seq = 3", "r1", 3,
     "was changed"},
    {"UPDATE transitions SET prev_hash = NULL WHERE run_id = 'r1' AND seq = 3", "r1", 3,
     "prev_hash"},
    {"DELETE FROM transitions WHERE run_id = 'r1' AND seq = 2", "r1", 2, "is missing"},
    {"DELETE FROM transitions WHERE run_id = 'r1' AND seq = 1", "r1", 1, "is missing"},
    {"DELETE FROM transitions WHERE run_id = 'r1' AND seq = 4", "r1", 4, "cut off"},
    {"DELETE FROM transitions WHERE run_id = 'r3' AND seq = 2; UPDATE workstreams SET status = "
     "'work', attempt_id = "
     "NULL WHERE run_id = 'r3'",
     "r3", 0, "cut off"},
    {"DELETE FROM transitions WHERE run_id = 'r1'; DELETE FROM evidence WHERE run_id = 'r1'; "
     "DELETE FROM events WHERE "
     "run_id = 'r1'; DELETE FROM step_attempts WHERE run_id = 'r1'; DELETE FROM workstreams WHERE "
     "run_id = 'r1'; "
     "DELETE FROM runs WHERE run_id = 'r1'",
     "r1", 4, "has vanished"},
    {"UPDATE evidence SET verdict = 'pass' WHERE run_id = 'r1' AND ordinal = 2", "r1", 3,
     "evidence 2 of attempt"},
    {"DELETE FROM evidence WHERE run_id = 'r1' AND ordinal = 1", "r1", 3, "evidence 1 of attempt"},
    {"DELETE FROM evidence WHERE run_id = 'r1' AND ordinal = 2", "r1", 3, "was changed"},
    {"UPDATE workstreams SET status = 'failed' WHERE run_id = 'r1'", "r1", 4, "status is 'failed'"},
    {"UPDATE runs SET status = 'failed' WHERE run_id = 'r1'", "r1", 0, "run's status is 'failed'"},
    {"UPDATE step_attempts SET status = 'in_progress' WHERE id = 1", "r1", 2, "still in progress"},
    {"UPDATE workstreams SET attempt_id = 1 WHERE run_id = 'r3'", "r3", 2, "not in progress"},
    {"DELETE FROM events WHERE id = 3", NULL, 0, "rows are missing in table events"},
    {"DELETE FROM ledger WHERE run_id = 'r1'", NULL, 4, "is missing before it"},
    {"DELETE FROM ledger WHERE run_id = 'r2'", "r2", 4, "ledger does not have it"},
    {"UPDATE ledger SET commit_oid = 'x' WHERE run_id = 'r1'", "r1", 4, "entry was changed"},
    {"UPDATE ledger SET prev_hash = 'x' WHERE run_id = 'r2'", "r2", 4, "prev_hash"},
    {"UPDATE machine_arms SET to_state = 'done' WHERE arm = 8", NULL, 0, "is damaged"},
    {"UPDATE machine_states SET timeout_sec = 1 WHERE name = 'work'", "r1", 0, "is damaged"},
    {"UPDATE machines SET state_count = 1000000", NULL, 0, "is damaged"},
    {"UPDATE machines SET arm_count = -4", NULL, 0, "is damaged"},
    {"DELETE FROM machines", "r2", 0, "is not stored"},
    {"UPDATE workstreams SET machine_digest = 'x' WHERE run_id = 'r2'", "r2", 0, "is not stored"},
    {"UPDATE workstreams SET fence = 0 WHERE run_id = 'r1'", "r1", 1, "never held"},
    {"DROP TABLE effects", NULL, 0, "'effects' is missing"},
};

START_TEST(each_forgery_is_found)
{
    forge_past_the_gate(forgeries[_i].sql);
    verify(NULL);
    ck_assert_msg(found.len > 0, "not found: %s", forgeries[_i].sql);
    expect(forgeries[_i].run_id, forgeries[_i].seq, forgeries[_i].text);
}
END_TEST

/* Computes the hash of a row anew, by the program's own function. */
static void rehash(const char *run_id, int seq)
{
    char *sql =
        ws_format("UPDATE transitions SET prev_hash = (SELECT hash FROM transitions p "
                  "WHERE p.run_id = '%s' AND p.seq = %d) WHERE run_id = '%s' AND seq = %d; "
                  "UPDATE transitions AS t SET hash = "
                  "only_wsfsm_may_append_history('transition', prev_hash, run_id, ws_id, "
                  "seq, (SELECT machine_digest FROM workstreams w WHERE w.run_id = t.run_id), arm, "
                  "from_state, event, to_state, "
                  "guard, guard_answer, at, deadline, tree_oid, facts_json, attempt_id, fence, "
                  "(SELECT hash FROM evidence e WHERE e.attempt_id = t.attempt_id "
                  "ORDER BY ordinal DESC LIMIT 1)) WHERE run_id = '%s' AND seq = %d",
                  run_id, seq - 1, run_id, seq, run_id, seq);

    forge_past_the_gate(sql);
    free(sql);
}

/* Whoever computes the hashes anew makes a chain that holds; the ledger still has the old head. */
START_TEST(a_chain_written_anew_does_not_end_as_noted)
{
    forge_past_the_gate(
        "UPDATE transitions SET tree_oid = 'forged' WHERE run_id = 'r1' AND seq = 1");
    for (int seq = 1; seq <= 4; seq++) {
        rehash("r1", seq);
    }
    verify(NULL);
    ck_assert_uint_eq(found.len, 1);
    expect("r1", 4, "written anew");
}
END_TEST

/* A sound hash makes no arm legal that the guard's answer forbids. */
START_TEST(a_guard_that_was_not_asked_is_found)
{
    reopen(WS_STORE_WRITE);
    ok(take("r3", ARM_CHECK_NOT_OK));
    ws_store_close(store);
    store = NULL;
    forge_past_the_gate("UPDATE transitions SET guard_answer = 1 WHERE run_id = 'r3' AND seq = 3");
    rehash("r3", 3);
    verify("r3");
    expect("r3", 3, "the guard");

    ws_store_close(store);
    store = NULL;
    forge_past_the_gate("UPDATE transitions SET guard = 'ok', guard_answer = 0 "
                        "WHERE run_id = 'r3' AND seq = 2");
    rehash("r3", 2);
    verify("r3");
    expect("r3", 2, "the guard");
}
END_TEST

START_TEST(a_gate_taken_down_is_found_and_not_written_past)
{
    forge("DROP TRIGGER transitions_gate");
    verify(NULL);
    expect(NULL, 0, "'transitions_gate' is missing");
    ws_store_close(store);
    store = NULL;
    refused(ws_store_open(&store, db_path, WS_STORE_WRITE, NULL, &err), WS_E_INTEGRITY,
            "transitions_gate");
}
END_TEST

START_TEST(a_changed_gate_is_found)
{
    forge("DROP TRIGGER events_no_delete; CREATE TRIGGER events_no_delete BEFORE DELETE ON events "
          "BEGIN SELECT 1; END");
    forge("CREATE TRIGGER extra AFTER INSERT ON events BEGIN SELECT 1; END; CREATE VIEW mine AS "
          "SELECT 1");
    verify(NULL);
    ck_assert_uint_eq(found.len, 2);
    expect(NULL, 0, "'events_no_delete' was changed");
    expect(NULL, 0, "'extra' is not wsfsm's");
}
END_TEST

/* Types and bytes that cannot be there, in every column: found or harmless, never a crash. */
START_TEST(garbage_is_no_crash)
{
    static const char *const columns[] = {"transitions.seq",
                                          "transitions.from_state",
                                          "transitions.event",
                                          "transitions.arm",
                                          "transitions.at",
                                          "transitions.deadline",
                                          "transitions.attempt_id",
                                          "transitions.hash",
                                          "transitions.prev_hash",
                                          "evidence.hash",
                                          "evidence.ordinal",
                                          "evidence.attempt_id",
                                          "workstreams.status",
                                          "workstreams.fence",
                                          "workstreams.machine_digest",
                                          "runs.status",
                                          "ledger.last_seq",
                                          "ledger.hash",
                                          "machines.events",
                                          "machines.initial_state",
                                          "machine_states.kind",
                                          "machine_states.first_arm",
                                          "machine_states.tools",
                                          "machine_arms.spent_of",
                                          "machine_arms.max_taken",
                                          "machine_arms.from_state",
                                          "step_attempts.status",
                                          "events.payload_json"};
    static const char *const values[] = {
        "NULL",  "9223372036854775807",           "-1", "x'ff00fe'", "''",
        "1e300", "char(27) || '[31m' || char(10)"};
    char *table = ws_strndup(columns[_i], strcspn(columns[_i], "."));
    const char *column = strchr(columns[_i], '.') + 1;

    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        sqlite3 *db = NULL;
        char *sql = ws_format("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
                              "replace(replace(replace(sql, "
                              "') STRICT', ')'), 'TEXT NOT NULL', 'TEXT'), 'INTEGER NOT NULL', "
                              "'INTEGER') WHERE type = 'table' AND name = '%s'",
                              table);
        ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
        ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        free(sql);
        ck_assert_int_eq(sqlite3_open(db_path, &db), SQLITE_OK);
        char *drop = ws_format(
            "PRAGMA ignore_check_constraints = ON; DROP TRIGGER IF EXISTS %s_no_update; "
            "DROP TRIGGER IF EXISTS workstreams_follow; DROP TRIGGER IF EXISTS runs_follow; "
            "DROP TRIGGER IF EXISTS step_attempts_end; UPDATE OR IGNORE %s SET %s = %s",
            table, table, column, values[v]);
        sqlite3_exec(db, drop, NULL, NULL, NULL);
        sqlite3_close(db);
        free(drop);
        ws_store_close(store);
        store = NULL;
        verify(NULL);
        ck_assert_uint_gt(found.len, 0);
        for (size_t i = 0; i < found.len; i++) {
            ck_assert_ptr_null(strchr(found.items[i].text, 27));
        }
    }
    free(table);
}
END_TEST

START_TEST(a_damaged_page_is_a_finding)
{
    static const unsigned char noise[512] = {0xaa, 0x55, 0xff};
    sqlite3 *db = stock_client();
    sqlite3_stmt *stmt = NULL;

    ck_assert_int_eq(
        sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'transitions'", -1,
                           &stmt, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    long page = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    FILE *f = fopen(db_path, "r+");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fseek(f, (page - 1) * 4096L, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(noise, 1, sizeof noise, f), sizeof noise);
    ck_assert_int_eq(fclose(f), 0);
    refused(ws_store_open(&store, db_path, WS_STORE_WRITE, NULL, &err), WS_E_STORE, "corrupt");
    verify(NULL);
    ck_assert_uint_gt(found.len, 0);
}
END_TEST

START_TEST(a_backup_is_whole)
{
    char *copy = ws_format("%s/copy.db", dir);
    struct ws_store_info info;

    reopen(WS_STORE_READ);
    ok(ws_store_backup(store, copy, &err));
    ws_store_close(store);
    ok(ws_store_open(&store, copy, WS_STORE_READ, "repo-1", &err));
    ok(ws_store_info(&info, store, &err));
    ck_assert_int_eq(info.schema_version, 2);
    ck_assert_int_eq(info.runs, 3);
    ck_assert_int_eq(info.transitions, 10);
    ck_assert_str_eq(info.journal_mode, "delete");
    ck_assert_str_eq(info.repo_id, "repo-1");
    ck_assert_str_eq(info.database_id, ws_store_id(store));
    ck_assert_int_gt(info.bytes, 4096);
    ok(ws_store_verify(&found, store, NULL, &err));
    ck_assert_uint_eq(found.len, 0);
    free(copy);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("verify");

    tcase_add_checked_fixture(t, setup_runs, teardown_runs);
    tcase_add_test(t, a_sound_database_has_no_findings);
    tcase_add_loop_test(t, each_forgery_is_found, 0, (int)(sizeof forgeries / sizeof *forgeries));
    tcase_add_test(t, a_chain_written_anew_does_not_end_as_noted);
    tcase_add_test(t, a_guard_that_was_not_asked_is_found);
    tcase_add_test(t, a_gate_taken_down_is_found_and_not_written_past);
    tcase_add_test(t, a_changed_gate_is_found);
    tcase_add_loop_test(t, garbage_is_no_crash, 0, 28);
    tcase_add_test(t, a_damaged_page_is_a_finding);
    tcase_add_test(t, a_backup_is_whole);
    return run_suite("verify", t);
}
