#include "fixture.h"
#include "run_suite.h"

#include <pthread.h>

#include "internal.h"

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

START_TEST(a_run_id_is_used_once)
{
    refused(create_run("r1", false), WS_E_UNUSABLE_ID, "already");
    refused(take("r9", ARM_START), WS_E_UNKNOWN_ID, "no workstream ws-a");
    struct ws_position p;
    refused(ws_store_position(&p, store, "r1", "ws-z", &err), WS_E_UNKNOWN_ID,
            "no workstream ws-z");
    refused(ws_store_take_lease(&fence, store, "r9", "ws-a", &err), WS_E_UNKNOWN_ID,
            "no workstream ws-a");
}
END_TEST

START_TEST(deadlines_follow_from_the_state_entered)
{
    struct ws_move move = move_of("r1", ARM_START);
    struct ws_sealed sealed;
    int64_t at = 0, deadline = 0;

    ok(append_move(&move, &sealed));
    ck_assert(ws_time_parse(&at, sealed.at));
    ck_assert(ws_time_parse(&deadline, sealed.deadline));
    ck_assert_int_eq(deadline - at, 3600 * 1000);
    move = move_of("r1", ARM_WORK_PASSED);
    ok(append_move(&move, &sealed));
    ck_assert_str_eq(sealed.deadline, "");
}
END_TEST

START_TEST(attempts_are_numbered_by_step)
{
    struct ws_attempt_rows a;
    struct ws_position p;
    int64_t seq = 0;
    int taken = 0;

    ok(take("r1", ARM_START));
    ok(ws_store_attempt_start(store, attempt, fence, "tree-1", &err));
    refused(ws_store_attempt_start(store, attempt, fence, "tree-2", &err), WS_E_INTEGRITY,
            "identity");
    refused(ws_store_attempt_start(store, attempt, fence + 1, "tree-1", &err), WS_E_LEASE_LOST,
            "stale fence");
    refused(ws_store_attempt_start(store, 99, fence, "tree-1", &err), WS_E_INTEGRITY,
            "no attempt 99");
    struct ws_move move = move_of("r1", ARM_INTERRUPTED);
    struct ws_sealed sealed;
    move.attempt_status = "interrupted";
    move.facts_json = "{\"n\":1}";
    ok(append_move(&move, &sealed));
    ok(take("r1", ARM_WORK_PASSED));
    ok(take("r1", ARM_AGAIN));
    ok(ws_store_position(&p, store, "r1", "ws-a", &err));
    ck_assert_int_eq(p.attempt_number, 3);
    ck_assert_str_eq(p.facts_json, "{\"n\":1}");
    ws_position_release(&p);
    ok(ws_store_taken(&taken, store, "r1", "ws-a", ARM_INTERRUPTED, &err));
    ck_assert_int_eq(taken, 1);
    ok(ws_store_attempts(&a, store, "r1", "ws-a", &err));
    ck_assert_uint_eq(a.len, 4);
    ck_assert_str_eq(a.items[0].status, "interrupted");
    ck_assert_str_eq(a.items[0].start_tree, "tree-1");
    ck_assert_str_eq(a.items[1].status, "success");
    ck_assert_int_eq(a.items[1].number, 2);
    ck_assert_str_eq(a.items[2].step_name, "check");
    ck_assert_int_eq(a.items[2].number, 1);
    ck_assert_str_eq(a.items[3].status, "in_progress");
    ck_assert_ptr_null(a.items[3].completed_at);
    for (size_t i = 0; i < a.len; i++) {
        ok(ws_store_attempt_begun_by(&seq, store, &a.items[i], &err));
        ck_assert_int_eq(seq, (int64_t)i + 1);
    }
    a.items[0].id = 99;
    ok(ws_store_attempt_begun_by(&seq, store, &a.items[0], &err));
    ck_assert_int_eq(seq, 0);
    ws_attempt_rows_release(&a);
    refused(ws_store_attempt_start(store, 1, fence, "x", &err), WS_E_INTEGRITY, "finished attempt");
}
END_TEST

START_TEST(a_stale_fence_writes_nothing)
{
    int64_t newer = 0;
    struct ws_move move = move_of("r1", ARM_START);
    struct ws_sealed sealed;

    ok(ws_store_seal(&sealed, store, &move, &err));
    ok(ws_store_take_lease(&newer, store, "r1", "ws-a", &err));
    ck_assert_int_eq(newer, fence + 1);
    refused(ws_store_append(&attempt, store, &move, &sealed, &err), WS_E_LEASE_LOST, "taken over");
    ck_assert_int_eq(attempt, 0);
    move.fence = newer;
    refused(ws_store_append(&attempt, store, &move, &sealed, &err), WS_E_INTEGRITY,
            "hash does not cover");
    ok(append_move(&move, &sealed));
}
END_TEST

START_TEST(an_old_holder_with_a_kept_tail_is_refused)
{
    struct ws_store *mine = store, *other = NULL;
    struct ws_sealed sealed;

    ok(take("r1", ARM_START));
    ok(ws_store_open(&other, db_path, WS_STORE_WRITE, NULL, &err));
    int64_t old = fence;
    ok(ws_store_take_lease(&fence, other, "r1", "ws-a", &err));
    store = other;
    ok(take("r1", ARM_INTERRUPTED));
    store = mine;
    struct ws_move move = move_of("r1", ARM_WORK_PASSED);
    move.fence = old;
    refused(append_move(&move, &sealed), WS_E_LEASE_LOST, "taken over");
    ws_store_close(other);
}
END_TEST

START_TEST(the_gate_answers_with_its_reason)
{
    ok(take("r1", ARM_START));
    refused(take("r1", ARM_CHECK_OK), WS_E_INTEGRITY, "from_state is not the current state");
    refused(take("r1", ARM_INTERRUPTED_SPENT), WS_E_INTEGRITY, "not spent yet");
    attempt = 0;
    refused(take("r1", ARM_WORK_PASSED), WS_E_INTEGRITY, "attempt in progress");
    struct ws_machine other = toy;
    struct ws_move move = move_of("r1", ARM_CANCEL_WORK);
    struct ws_sealed sealed;
    memset(other.digest, 'a', sizeof other.digest - 1);
    move.machine = &other;
    refused(append_move(&move, &sealed), WS_E_INTEGRITY, "pinned to another machine");
}
END_TEST

START_TEST(all_of_a_move_or_nothing)
{
    struct ws_evidence evidence = {"edit", "true", WS_PASS, NULL};
    struct ws_event events[] = {{"scope_ok", "{}"},
                                {NULL, NULL}}; /* the second cannot be written */
    struct ws_move move;
    struct ws_sealed sealed;
    struct ws_event_rows rows;
    struct ws_position p;

    ok(take("r1", ARM_START));
    move = move_of("r1", ARM_WORK_PASSED);
    move.evidence = &evidence;
    move.evidence_count = 1;
    move.events = events;
    move.event_count = 2;
    ck_assert_int_eq(append_move(&move, &sealed), -1);
    ok(ws_store_position(&p, store, "r1", "ws-a", &err));
    ck_assert_str_eq(p.state, "work");
    ck_assert_int_eq(p.attempt_id, 1);
    ws_position_release(&p);
    ok(ws_store_events(&rows, store, "r1", "ws-a", &err));
    ck_assert_uint_eq(rows.len, 2); /* declared, and step_started of the first move */
    ws_event_rows_release(&rows);
}
END_TEST

START_TEST(an_end_writes_ledger_events_and_effects)
{
    struct ws_ledger_rows l;
    struct ws_effect_rows e;
    struct ws_event_rows v;
    struct ws_sealed sealed;
    bool well = true;

    ok(take("r1", ARM_START));
    ok(take("r1", ARM_WORK_PASSED));
    ok(ws_store_ended_well(&well, store, "ws-a", &err));
    ck_assert(!well);
    struct ws_move move = move_of("r1", ARM_CHECK_OK);
    move.commit_oid = "c0ffee";
    move.effect_json = "{\"move\":\"branch\"}";
    ok(append_move(&move, &sealed));
    ok(ws_store_ended_well(&well, store, "ws-a", &err));
    ck_assert(well);
    ok(ws_store_ledger(&l, store, NULL, &err));
    ck_assert_uint_eq(l.len, 1);
    ck_assert_int_eq(l.items[0].n, 1);
    ck_assert_str_eq(l.items[0].chain_head, sealed.hash);
    ck_assert_str_eq(l.items[0].commit_oid, "c0ffee");
    ck_assert_str_eq(l.items[0].outcome, "success");
    ck_assert_ptr_null(l.items[0].prev_hash);
    ws_ledger_rows_release(&l);
    ok(ws_store_effects(&e, store, &err));
    ck_assert_uint_eq(e.len, 1);
    ck_assert_str_eq(e.items[0].effect_json, "{\"move\":\"branch\"}");
    ok(ws_store_effect_done(store, e.items[0].id, &err));
    ws_effect_rows_release(&e);
    ok(ws_store_effects(&e, store, &err));
    ck_assert_uint_eq(e.len, 0);
    ws_effect_rows_release(&e);
    ok(ws_store_event(store, "r1", "ws-a", "ref_moved", "{}", &err));
    ok(ws_store_events(&v, store, "r1", NULL, &err));
    ck_assert_str_eq(v.items[0].event_type, "workstream_declared");
    ck_assert_str_eq(v.items[1].event_type, "step_started");
    ck_assert_str_eq(v.items[v.len - 2].event_type, "workstream_finished");
    ck_assert_str_eq(v.items[v.len - 1].event_type, "ref_moved");
    ws_event_rows_release(&v);
    refused(ws_store_event(store, "r9", "ws-a", "x", "{}", &err), WS_E_INTEGRITY,
            "no such workstream");
}
END_TEST

START_TEST(a_dry_run_counts_for_nothing)
{
    struct ws_evidence evidence = {"edit", "true", WS_PASS, NULL};
    struct ws_sealed sealed;
    struct ws_ledger_rows l;
    struct ws_run_rows runs;
    struct ws_findings found;
    bool well = true;

    ok(create_run("dry", true));
    ok(take("dry", ARM_START));
    struct ws_move move = move_of("dry", ARM_WORK_PASSED);
    move.evidence = &evidence;
    move.evidence_count = 1;
    ok(append_move(&move, &sealed));
    ok(take("dry", ARM_CHECK_OK));
    ok(ws_store_runs(&runs, store, "dry", NULL, &err));
    ck_assert_str_eq(runs.items[0].run_status, "completed");
    ck_assert(runs.items[0].dry_run);
    ck_assert_ptr_nonnull(strstr(runs.items[0].metadata_json, "\"dry_run\":true"));
    ws_run_rows_release(&runs);
    ok(ws_store_ledger(&l, store, NULL, &err));
    ck_assert_uint_eq(l.len, 0);
    ws_ledger_rows_release(&l);
    ok(ws_store_ended_well(&well, store, "ws-a", &err));
    ck_assert(!well);
    ok(ws_store_verify(&found, store, NULL, &err));
    ck_assert_uint_eq(found.len, 0);
    ws_findings_release(&found);
}
END_TEST

static int64_t count_errors(const char *where)
{
    sqlite3 *db = stock_client();
    sqlite3_stmt *stmt = NULL;
    char *sql = ws_format("SELECT sum(count) FROM errors WHERE %s", where);

    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    free(sql);
    return n;
}

START_TEST(a_repeated_error_raises_its_count)
{
    struct ws_failure failures[] = {
        {"edit", "failed", NULL, "pid 4711 died at 0xdeadbeef", NULL},
        {"edit", "failed", NULL, "pid 12 died at 0xcafe0001", "{\"x\":1}"},
        {"edit", "failed", "own", "pid 12 died", NULL}};
    struct ws_sealed sealed;

    ok(take("r1", ARM_START));
    for (int i = 0; i < 3; i++) {
        struct ws_move move = move_of("r1", i < 2 ? ARM_INTERRUPTED : ARM_INTERRUPTED_SPENT);
        move.failure = &failures[i];
        ok(append_move(&move, &sealed));
    }
    ck_assert_int_eq(count_errors("signature = 'failed: pid # died at #'"), 2);
    ck_assert_int_eq(count_errors("message LIKE 'pid 12 died at%' AND context_json = '{\"x\":1}'"),
                     2);
    ck_assert_int_eq(count_errors("signature = 'own'"), 1);
}
END_TEST

START_TEST(history_is_read_in_pages)
{
    struct ws_transition_rows h;

    ok(take("r1", ARM_START));
    for (int i = 0; i < 4; i++) {
        ok(take("r1", i % 2 == 0 ? ARM_WORK_PASSED : ARM_AGAIN));
    }
    ok(ws_store_history(&h, store, "r1", "ws-a", 2, 2, &err));
    ck_assert_uint_eq(h.len, 2);
    ck_assert_int_eq(h.items[0].seq, 3);
    ck_assert_int_eq(h.items[1].seq, 4);
    ws_transition_rows_release(&h);
    ok(ws_store_history(&h, store, "r1", "ws-a", 5, 0, &err));
    ck_assert_uint_eq(h.len, 0);
    ws_transition_rows_release(&h);
}
END_TEST

START_TEST(a_machine_comes_back_as_it_was)
{
    struct ws_machine *m = NULL;

    ok(ws_store_load_machine(&m, store, toy.digest, &err));
    ck_assert_str_eq(m->name, "toy");
    ck_assert_str_eq(m->digest, toy.digest);
    ck_assert_int_eq(m->initial, IDLE);
    ck_assert_uint_eq(m->event_count, 2);
    ck_assert_str_eq(m->events[1], "again");
    ck_assert_str_eq(m->outcomes[1], "failure");
    for (int i = 0; i < toy.state_count; i++) {
        const struct ws_state *a = &m->states[i], *b = &toy_states[i];
        ck_assert_str_eq(a->name, b->name);
        ck_assert_pstr_eq(a->doc, b->doc);
        ck_assert_pstr_eq(a->outcome, b->outcome);
        ck_assert_pstr_eq(a->handler, b->handler);
        ck_assert_int_eq(a->kind, b->kind);
        ck_assert_int_eq(a->timeout_sec, b->timeout_sec);
        ck_assert_int_eq(a->first_arm, b->first_arm);
        ck_assert_int_eq(a->arm_count, b->arm_count);
        ck_assert_uint_eq(a->line, b->line);
        ck_assert_uint_eq(a->tool_count, b->tool_count);
    }
    ck_assert_ptr_null(m->states[WORK].tools);
    ck_assert_str_eq(m->states[CHECK].tools[1], "clang-tidy");
    for (int i = 0; i < ARM_COUNT; i++) {
        const struct ws_arm *a = &m->arms[i], *b = &toy_arms[i];
        ck_assert_pstr_eq(a->guard, b->guard);
        ck_assert_str_eq(a->event, b->event);
        ck_assert(a->from == b->from && a->to == b->to && a->max == b->max &&
                  a->spent_of == b->spent_of);
        ck_assert(a->guard_negated == b->guard_negated && a->line == b->line);
    }
    ws_machine_free(m);
    refused(ws_store_load_machine(&m, store, "none", &err), WS_E_INTEGRITY, "is not stored");
}
END_TEST

/* --- locks --- */

START_TEST(a_lock_that_stays_is_busy)
{
    sqlite3 *other = stock_client();

    sqlite3_busy_timeout(store->db, 50);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    store->commit_wait_ms = 100;
    refused(create_run("r2", false), WS_E_BUSY, "locked by another program");
    refused(take("r1", ARM_START), WS_E_BUSY, "locked by another program");
    sqlite3_close(other);
    ok(take("r1", ARM_START));
}
END_TEST

static void *read_for_a_while(void *payload)
{
    sqlite3 *other = payload;

    usleep(300000);
    sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
    return NULL;
}

START_TEST(a_busy_commit_is_repeated_and_its_body_is_not)
{
    sqlite3 *other = stock_client();
    pthread_t thread;
    struct ws_transition_rows h;

    sqlite3_busy_timeout(store->db, 20);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN; SELECT * FROM runs", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_for_a_while, other), 0);
    ok(take("r1", ARM_START));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ok(ws_store_history(&h, store, "r1", "ws-a", 0, 0, &err));
    ck_assert_uint_eq(h.len, 1);
    ws_transition_rows_release(&h);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN; SELECT * FROM runs", NULL, NULL, NULL), SQLITE_OK);
    store->commit_wait_ms = 100;
    refused(take("r1", ARM_WORK_PASSED), WS_E_BUSY, "locked by another program");
    sqlite3_close(other);
    ok(ws_store_history(&h, store, "r1", "ws-a", 0, 0, &err));
    ck_assert_uint_eq(h.len, 1);
    ws_transition_rows_release(&h);
}
END_TEST

START_TEST(a_full_disk_is_named)
{
    ck_assert_int_eq(sqlite3_exec(store->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL),
                     SQLITE_OK);
    char *big = ws_alloc(100001);
    memset(big, 'x', 100000);
    char *payload = ws_format("\"%s\"", big);
    refused(ws_store_event(store, "r1", "ws-a", "big", payload, &err), WS_E_DISK_FULL,
            "disk is full");
    free(payload);
    free(big);
    struct ws_event_rows rows;
    ok(ws_store_events(&rows, store, "r1", NULL, &err));
    ck_assert_uint_eq(rows.len, 1);
    ck_assert_str_eq(rows.items[0].event_type, "workstream_declared");
    ws_event_rows_release(&rows);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("append");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_run_goes_from_creation_to_its_end);
    tcase_add_test(t, a_run_id_is_used_once);
    tcase_add_test(t, deadlines_follow_from_the_state_entered);
    tcase_add_test(t, attempts_are_numbered_by_step);
    tcase_add_test(t, a_stale_fence_writes_nothing);
    tcase_add_test(t, an_old_holder_with_a_kept_tail_is_refused);
    tcase_add_test(t, the_gate_answers_with_its_reason);
    tcase_add_test(t, all_of_a_move_or_nothing);
    tcase_add_test(t, an_end_writes_ledger_events_and_effects);
    tcase_add_test(t, a_dry_run_counts_for_nothing);
    tcase_add_test(t, a_repeated_error_raises_its_count);
    tcase_add_test(t, history_is_read_in_pages);
    tcase_add_test(t, a_machine_comes_back_as_it_was);
    tcase_add_test(t, a_lock_that_stays_is_busy);
    tcase_add_test(t, a_busy_commit_is_repeated_and_its_body_is_not);
    tcase_add_test(t, a_full_disk_is_named);
    return run_suite("append", t);
}
