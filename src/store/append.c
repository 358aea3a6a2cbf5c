#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "internal.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"

/* --- what the row will be --- */

static const char *or_null(const char *s)
{
    return s != NULL && s[0] != '\0' ? s : NULL;
}

static int no_workstream(const struct ws_move *move, struct ws_error *err)
{
    return ws_fail(err, WS_E_UNKNOWN_ID, move->run_id, "there is no workstream %s in such a run",
                   move->ws_id);
}

/* A dry run leaves no evidence, whatever the move brings. */
static struct ws_move without_evidence(const struct ws_move *move, bool dry_run)
{
    struct ws_move m = *move;

    if (dry_run) {
        m.evidence_count = 0;
    }
    return m;
}

static bool is_tail_of(const struct ws_tail *tail, const struct ws_move *move)
{
    return tail->run_id != NULL && strcmp(tail->run_id, move->run_id) == 0 &&
           strcmp(tail->ws_id, move->ws_id) == 0;
}

static void forget_tail(struct ws_tail *tail)
{
    free(tail->run_id);
    free(tail->ws_id);
    *tail = (struct ws_tail){0};
}

static void keep_tail(struct ws_tail *tail, const struct ws_move *move,
                      const struct ws_sealed *sealed, bool dry_run)
{
    if (!is_tail_of(tail, move)) {
        forget_tail(tail);
        tail->run_id = ws_strdup(move->run_id);
        tail->ws_id = ws_strdup(move->ws_id);
    }
    memcpy(tail->digest, move->machine->digest, sizeof tail->digest);
    tail->dry_run = dry_run;
    tail->seq = sealed->seq;
    memcpy(tail->hash, sealed->hash, sizeof tail->hash);
    memcpy(tail->at, sealed->at, sizeof tail->at);
}

static int read_tail(struct ws_tail *out, struct ws_store *s, const struct ws_move *move,
                     struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_LAST, err, "tt", move->run_id, move->ws_id);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "read the last transition", err) : -1;

    if (rc == SQLITE_ROW) {
        ws_sql_copy(out->digest, sizeof out->digest, stmt, 0);
        out->dry_run = sqlite3_column_int(stmt, 1) != 0;
        out->seq = sqlite3_column_int64(stmt, 2);
        ws_sql_copy(out->hash, sizeof out->hash, stmt, 3);
        ws_sql_copy(out->at, sizeof out->at, stmt, 4);
    } else if (rc == SQLITE_DONE) {
        rc = no_workstream(move, err);
    }
    rc = ws_sql_end(s, stmt, rc, "read the last transition", err);
    return rc == SQLITE_ROW ? 0 : -1;
}

/* Fills seq, prev_hash and at from the last row. */
static int follow_last(struct ws_sealed *out, bool *dry_run, struct ws_store *s,
                       const struct ws_move *move, struct ws_error *err)
{
    struct ws_tail read = {0};
    const struct ws_tail *last = is_tail_of(&s->tail, move) ? &s->tail : &read;

    if (last == &read && read_tail(&read, s, move, err) != 0) {
        return -1;
    }
    if (strcmp(last->digest, move->machine->digest) != 0) {
        return ws_fail(err, WS_E_INTEGRITY, move->run_id,
                       "workstream %s is pinned to another machine (%.12s)", move->ws_id,
                       last->digest);
    }
    *dry_run = last->dry_run;
    out->seq = last->seq + 1;
    memcpy(out->prev_hash, last->hash, sizeof out->prev_hash);
    ws_time_after(out->at, last->at);
    return 0;
}

static void set_deadline(struct ws_sealed *out, const struct ws_state *entered)
{
    int64_t at = 0;

    out->deadline[0] = '\0';
    if (entered->timeout_sec > 0 && ws_time_parse(&at, out->at)) {
        ws_time_format(out->deadline, at + (int64_t)entered->timeout_sec * 1000);
    }
}

int ws_store_seal(struct ws_sealed *out, struct ws_store *s, const struct ws_move *move,
                  struct ws_error *err)
{
    const struct ws_machine *m = move->machine;
    const struct ws_arm *arm = &m->arms[move->arm];
    char evidence[WS_HASH_HEX];
    bool dry_run = false;

    memset(out, 0, sizeof *out);
    if (follow_last(out, &dry_run, s, move, err) != 0) {
        return -1;
    }
    set_deadline(out, &m->states[arm->to]);
    struct ws_move kept = without_evidence(move, dry_run);
    ws_chain_move_evidence(evidence, NULL, &kept);
    ws_chain_transition(out->hash,
                        &(struct ws_chain_transition){
                            .prev_hash = or_null(out->prev_hash),
                            .run_id = move->run_id,
                            .ws_id = move->ws_id,
                            .seq = out->seq,
                            .digest = m->digest,
                            .arm = move->arm,
                            .from_state = m->states[arm->from].name,
                            .event = arm->event,
                            .to_state = m->states[arm->to].name,
                            .guard = move->guard,
                            .guard_answer = move->guard != NULL ? move->guard_answer : -1,
                            .at = out->at,
                            .deadline = or_null(out->deadline),
                            .tree_oid = move->tree_oid,
                            .facts_json = move->facts_json,
                            .attempt_id = move->attempt_id,
                            .fence = move->fence,
                            .evidence_hash = or_null(evidence),
                        });
    return 0;
}

/* --- writing it --- */

/* Asked first, so that an orchestrator that lost its lease hears of that and not of what the new
 * holder did. */
static int check_fence(bool *dry_run, struct ws_store *s, const struct ws_move *move,
                       struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_FENCE, err, "tt", move->run_id, move->ws_id);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "read the fence", err) : -1;

    if (rc == SQLITE_ROW && sqlite3_column_int64(stmt, 0) != move->fence) {
        rc = ws_fail(err, WS_E_LEASE_LOST, move->run_id,
                     "another orchestrator has taken over workstream %s", move->ws_id);
    } else if (rc == SQLITE_ROW) {
        *dry_run = sqlite3_column_int(stmt, 1) != 0;
    } else if (rc == SQLITE_DONE) {
        rc = no_workstream(move, err);
    }
    sqlite3_reset(stmt);
    return rc == SQLITE_ROW ? 0 : -1;
}

static int write_evidence(struct ws_store *s, const struct ws_move *move, struct ws_error *err)
{
    char(*hashes)[WS_HASH_HEX] = ws_calloc(move->evidence_count + 1, sizeof *hashes);
    char last[WS_HASH_HEX];
    int rc = 0;

    ws_chain_move_evidence(last, hashes, move);
    for (size_t i = 0; i < move->evidence_count && rc == 0; i++) {
        const struct ws_evidence *e = &move->evidence[i];

        rc = ws_sql_do(s, WS_STMT_EVIDENCE_INSERT, "record evidence", err, "ttiittttt",
                       move->run_id, move->ws_id, move->attempt_id, (int64_t)i + 1, e->kind,
                       e->command, ws_verdict_name(e->verdict), e->tree_oid, hashes[i]);
    }
    free(hashes);
    return rc;
}

static int write_transition(struct ws_store *s, const struct ws_move *move,
                            const struct ws_sealed *sealed, struct ws_error *err)
{
    const struct ws_machine *m = move->machine;
    const struct ws_arm *arm = &m->arms[move->arm];
    sqlite3_stmt *stmt = ws_sql_bind(
        s, WS_STMT_TRANSITION_INSERT, err, "ttittttiitettniet", move->run_id, move->ws_id,
        sealed->seq, m->states[arm->from].name, arm->event, m->states[arm->to].name, move->guard,
        (int64_t)move->guard_answer, (int64_t)move->arm, sealed->at, sealed->deadline,
        move->tree_oid, move->facts_json, move->attempt_id, move->fence, sealed->prev_hash,
        sealed->hash);

    if (stmt == NULL) {
        return -1;
    }
    if (move->guard == NULL) {
        sqlite3_bind_null(stmt, 8);
    }
    int rc = ws_sql_step(s, stmt, "record the transition", err);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int end_attempt(struct ws_store *s, const struct ws_move *move, const char *at,
                       struct ws_error *err)
{
    if (move->attempt_id == 0) {
        return 0;
    }
    return ws_sql_do(s, WS_STMT_ATTEMPT_END, "end the attempt", err, "ittti", move->attempt_id,
                     move->attempt_status, at, move->result_json != NULL ? move->result_json : "{}",
                     move->fence);
}

static int begin_attempt(int64_t *id, struct ws_store *s, const struct ws_move *move,
                         const struct ws_sealed *sealed, struct ws_error *err)
{
    struct ws_buf payload = {0};
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_ATTEMPT_INSERT, err, "tttti", move->run_id,
                                     move->ws_id, move->opens_step, sealed->at, move->fence);
    int64_t number = 0;
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "begin the attempt", err) : -1;

    if (rc == SQLITE_ROW) {
        *id = sqlite3_column_int64(stmt, 0);
        number = sqlite3_column_int64(stmt, 1);
        rc = ws_sql_step(s, stmt, "begin the attempt", err);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        return -1;
    }
    ws_json_open(&payload, '{');
    ws_json_kstr(&payload, "step", move->opens_step);
    ws_json_kint(&payload, "attempt", number);
    ws_json_kint(&payload, "seq", sealed->seq);
    ws_json_close(&payload, '}');
    rc = ws_event_insert(s, move->run_id, move->ws_id, "step_started", ws_buf_str(&payload),
                         sealed->at, err);
    ws_buf_release(&payload);
    return rc;
}

static int write_notes(struct ws_store *s, const struct ws_move *move, const char *at,
                       struct ws_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < move->event_count && rc == 0; i++) {
        rc = ws_event_insert(s, move->run_id, move->ws_id, move->events[i].type,
                             move->events[i].payload_json, at, err);
    }
    if (rc == 0 && move->failure != NULL) {
        rc = ws_failure_record(s, move->run_id, move->ws_id, move->failure, at, err);
    }
    if (rc == 0 && move->effect_json != NULL) {
        rc = ws_effect_insert(s, move->run_id, move->ws_id, move->effect_json, err);
    }
    return rc;
}

/* --- the end --- */

static int write_ledger(struct ws_store *s, const struct ws_move *move,
                        const struct ws_sealed *sealed, const struct ws_state *end,
                        struct ws_error *err)
{
    char prev[WS_HASH_HEX] = "", hash[WS_HASH_HEX];
    int64_t n = 1;
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_LEDGER_LAST, err, "");
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "read the ledger", err) : -1;

    if (rc == SQLITE_ROW) {
        n = sqlite3_column_int64(stmt, 0) + 1;
        ws_sql_copy(prev, sizeof prev, stmt, 1);
    }
    if (ws_sql_end(s, stmt, rc, "read the ledger", err) < 0) {
        return -1;
    }
    ws_chain_ledger(hash, &(struct ws_chain_ledger){.prev_hash = or_null(prev),
                                                    .n = n,
                                                    .run_id = move->run_id,
                                                    .ws_id = move->ws_id,
                                                    .final_state = end->name,
                                                    .outcome = end->outcome,
                                                    .last_seq = sealed->seq,
                                                    .chain_head = sealed->hash,
                                                    .commit_oid = move->commit_oid});
    return ws_sql_do(s, WS_STMT_LEDGER_INSERT, "write the ledger", err,
                     "itttt"
                     "ittet",
                     n, move->run_id, move->ws_id, end->name, end->outcome, sealed->seq,
                     sealed->hash, move->commit_oid, prev, hash);
}

static int finish(struct ws_store *s, const struct ws_move *move, const struct ws_sealed *sealed,
                  bool dry_run, struct ws_error *err)
{
    const struct ws_state *end = &move->machine->states[move->machine->arms[move->arm].to];
    struct ws_buf payload = {0};

    if (!dry_run && write_ledger(s, move, sealed, end, err) != 0) {
        return -1;
    }
    ws_json_open(&payload, '{');
    ws_json_kstr(&payload, "state", end->name);
    ws_json_kstr(&payload, "outcome", end->outcome);
    ws_json_kint(&payload, "seq", sealed->seq);
    ws_json_kbool(&payload, "dry_run", dry_run);
    ws_json_close(&payload, '}');
    int rc = ws_event_insert(s, move->run_id, move->ws_id, "workstream_finished",
                             ws_buf_str(&payload), sealed->at, err);
    ws_buf_release(&payload);
    return rc;
}

/* The order is the gate's: evidence while the attempt is open, the transition that covers it, the
 * attempt's end by that transition, then what the state entered begins or ends. */
static int write_move(int64_t *attempt, bool *dry_run, struct ws_store *s,
                      const struct ws_move *move, const struct ws_sealed *sealed,
                      struct ws_error *err)
{
    const struct ws_state *entered = &move->machine->states[move->machine->arms[move->arm].to];

    if (check_fence(dry_run, s, move, err) != 0) {
        return -1;
    }
    struct ws_move kept = without_evidence(move, *dry_run);
    if (write_evidence(s, &kept, err) != 0 || write_transition(s, move, sealed, err) != 0 ||
        end_attempt(s, move, sealed->at, err) != 0 || write_notes(s, move, sealed->at, err) != 0) {
        return -1;
    }
    if (entered->kind == WS_STATE_FINAL && finish(s, move, sealed, *dry_run, err) != 0) {
        return -1;
    }
    if (move->opens_step != NULL && begin_attempt(attempt, s, move, sealed, err) != 0) {
        return -1;
    }
    if (sealed->seq > 1 && entered->kind != WS_STATE_FINAL) {
        return 0; /* the run was running, and still is */
    }
    return ws_sql_do(s, WS_STMT_RUN_FOLLOW, "set the run's status", err, "tt", move->run_id,
                     sealed->at);
}

int ws_store_append(int64_t *attempt, struct ws_store *s, const struct ws_move *move,
                    const struct ws_sealed *sealed, struct ws_error *err)
{
    *attempt = 0;
    if (ws_tx_begin_patiently(s, err) != 0) {
        return -1;
    }
    bool dry_run = false;
    int rc = write_move(attempt, &dry_run, s, move, sealed, err);
    ws_fault_point("store.append.before");
    rc = ws_tx_end(s, rc, err);
    ws_fault_point("store.append.after");
    if (rc == 0) {
        keep_tail(&s->tail, move, sealed, dry_run);
    } else {
        forget_tail(&s->tail);
        *attempt = 0;
    }
    return rc;
}
