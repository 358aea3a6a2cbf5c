#include "wsfsm/store/read.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/mem.h"

/* --- transitions --- */

static void read_transition(struct ws_transition_rows *out, sqlite3_stmt *stmt)
{
    out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
    struct ws_transition_row *r = &out->items[out->len++];

    r->run_id = ws_sql_text(stmt, 0);
    r->ws_id = ws_sql_text(stmt, 1);
    r->seq = sqlite3_column_int64(stmt, 2);
    r->from_state = ws_sql_text(stmt, 3);
    r->event = ws_sql_text(stmt, 4);
    r->to_state = ws_sql_text(stmt, 5);
    r->arm = sqlite3_column_int(stmt, 6);
    r->guard = ws_sql_text(stmt, 7);
    r->guard_answer =
        sqlite3_column_type(stmt, 8) == SQLITE_NULL ? -1 : sqlite3_column_int(stmt, 8);
    r->at = ws_sql_text(stmt, 9);
    r->deadline = ws_sql_text(stmt, 10);
    r->tree_oid = ws_sql_text(stmt, 11);
    r->facts_json = ws_sql_text(stmt, 12);
    r->attempt_id = sqlite3_column_int64(stmt, 13);
    r->fence = sqlite3_column_int64(stmt, 14);
    r->prev_hash = ws_sql_text(stmt, 15);
    r->hash = ws_sql_text(stmt, 16);
}

int ws_store_history(struct ws_transition_rows *out, struct ws_store *s, const char *run_id,
                     const char *ws_id, int64_t after, int64_t limit, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_HISTORY, err, "ttii", run_id, ws_id, after,
                                     limit > 0 ? limit : (int64_t)-1);
    int rc = -1;

    memset(out, 0, sizeof *out);
    while (stmt != NULL && (rc = ws_sql_step(s, stmt, "read the history", err)) == SQLITE_ROW) {
        read_transition(out, stmt);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        ws_transition_rows_release(out);
        return -1;
    }
    return 0;
}

static void release_transition(struct ws_transition_row *r)
{
    char *texts[] = {r->run_id, r->ws_id,    r->from_state, r->event,      r->to_state,  r->guard,
                     r->at,     r->deadline, r->tree_oid,   r->facts_json, r->prev_hash, r->hash};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        free(texts[i]);
    }
}

void ws_transition_rows_release(struct ws_transition_rows *r)
{
    for (size_t i = 0; r != NULL && i < r->len; i++) {
        release_transition(&r->items[i]);
    }
    if (r != NULL) {
        free(r->items);
        memset(r, 0, sizeof *r);
    }
}

/* --- attempts --- */

static int collect_attempts(struct ws_attempt_rows *out, struct ws_store *s, sqlite3_stmt *stmt,
                            struct ws_error *err)
{
    int rc = -1;

    memset(out, 0, sizeof *out);
    while (stmt != NULL && (rc = ws_sql_step(s, stmt, "read the attempts", err)) == SQLITE_ROW) {
        out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
        struct ws_attempt_row *r = &out->items[out->len++];

        r->id = sqlite3_column_int64(stmt, 0);
        r->run_id = ws_sql_text(stmt, 1);
        r->ws_id = ws_sql_text(stmt, 2);
        r->step_name = ws_sql_text(stmt, 3);
        r->status = ws_sql_text(stmt, 4);
        r->started_at = ws_sql_text(stmt, 5);
        r->completed_at = ws_sql_text(stmt, 6);
        r->result_json = ws_sql_text(stmt, 7);
        r->start_tree = ws_sql_text(stmt, 8);
        r->number = sqlite3_column_int(stmt, 9);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        ws_attempt_rows_release(out);
        return -1;
    }
    return 0;
}

int ws_store_attempts(struct ws_attempt_rows *out, struct ws_store *s, const char *run_id,
                      const char *ws_id, struct ws_error *err)
{
    return collect_attempts(out, s, ws_sql_bind(s, WS_STMT_ATTEMPTS, err, "tt", run_id, ws_id),
                            err);
}

int ws_store_last_attempts(struct ws_attempt_rows *out, struct ws_store *s, const char *run_id,
                           const char *ws_id, struct ws_error *err)
{
    return collect_attempts(out, s, ws_sql_bind(s, WS_STMT_LAST_ATTEMPTS, err, "tt", run_id, ws_id),
                            err);
}

int ws_store_attempt(struct ws_attempt_rows *out, struct ws_store *s, int64_t id,
                     struct ws_error *err)
{
    return collect_attempts(out, s, ws_sql_bind(s, WS_STMT_ATTEMPT, err, "i", id), err);
}

void ws_attempt_rows_release(struct ws_attempt_rows *r)
{
    for (size_t i = 0; r != NULL && i < r->len; i++) {
        struct ws_attempt_row *row = &r->items[i];

        free(row->run_id);
        free(row->ws_id);
        free(row->step_name);
        free(row->status);
        free(row->started_at);
        free(row->completed_at);
        free(row->result_json);
        free(row->start_tree);
    }
    if (r != NULL) {
        free(r->items);
        memset(r, 0, sizeof *r);
    }
}

/* It is in progress since the last one, or was ended by the one after it. */
int ws_store_attempt_begun_by(int64_t *seq, struct ws_store *s,
                              const struct ws_attempt_row *attempt, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_ATTEMPT_BEGUN_BY, err, "tti", attempt->run_id,
                                     attempt->ws_id, attempt->id);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "read what began an attempt", err) : -1;

    *seq = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_reset(stmt);
    return rc == SQLITE_ROW ? 0 : -1;
}

/* --- events --- */

static int collect_events(struct ws_event_rows *out, struct ws_store *s, sqlite3_stmt *stmt,
                          struct ws_error *err)
{
    int rc = -1;

    memset(out, 0, sizeof *out);
    while (stmt != NULL && (rc = ws_sql_step(s, stmt, "read the events", err)) == SQLITE_ROW) {
        out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
        struct ws_event_row *r = &out->items[out->len++];

        r->id = sqlite3_column_int64(stmt, 0);
        r->timestamp = ws_sql_text(stmt, 1);
        r->run_id = ws_sql_text(stmt, 2);
        r->ws_id = ws_sql_text(stmt, 3);
        r->event_type = ws_sql_text(stmt, 4);
        r->payload_json = ws_sql_text(stmt, 5);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        ws_event_rows_release(out);
        return -1;
    }
    return 0;
}

int ws_store_events(struct ws_event_rows *out, struct ws_store *s, const char *run_id,
                    const char *ws_id, struct ws_error *err)
{
    return collect_events(out, s, ws_sql_bind(s, WS_STMT_EVENTS, err, "tt", run_id, ws_id), err);
}

int ws_store_last_events(struct ws_event_rows *out, struct ws_store *s, const char *run_id,
                         const char *ws_id, int64_t limit, struct ws_error *err)
{
    return collect_events(
        out, s, ws_sql_bind(s, WS_STMT_LAST_EVENTS, err, "tti", run_id, ws_id, limit), err);
}

void ws_event_rows_release(struct ws_event_rows *r)
{
    for (size_t i = 0; r != NULL && i < r->len; i++) {
        struct ws_event_row *row = &r->items[i];

        free(row->timestamp);
        free(row->run_id);
        free(row->ws_id);
        free(row->event_type);
        free(row->payload_json);
    }
    if (r != NULL) {
        free(r->items);
        memset(r, 0, sizeof *r);
    }
}

/* --- ledger --- */

int ws_store_ledger(struct ws_ledger_rows *out, struct ws_store *s, const char *run_id,
                    struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_LEDGER, err, "t", run_id);
    int rc = -1;

    memset(out, 0, sizeof *out);
    while (stmt != NULL && (rc = ws_sql_step(s, stmt, "read the ledger", err)) == SQLITE_ROW) {
        out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
        struct ws_ledger_row *r = &out->items[out->len++];

        r->n = sqlite3_column_int64(stmt, 0);
        r->run_id = ws_sql_text(stmt, 1);
        r->ws_id = ws_sql_text(stmt, 2);
        r->final_state = ws_sql_text(stmt, 3);
        r->outcome = ws_sql_text(stmt, 4);
        r->last_seq = sqlite3_column_int64(stmt, 5);
        r->chain_head = ws_sql_text(stmt, 6);
        r->commit_oid = ws_sql_text(stmt, 7);
        r->prev_hash = ws_sql_text(stmt, 8);
        r->hash = ws_sql_text(stmt, 9);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        ws_ledger_rows_release(out);
        return -1;
    }
    return 0;
}

void ws_ledger_rows_release(struct ws_ledger_rows *r)
{
    for (size_t i = 0; r != NULL && i < r->len; i++) {
        struct ws_ledger_row *row = &r->items[i];

        free(row->run_id);
        free(row->ws_id);
        free(row->final_state);
        free(row->outcome);
        free(row->chain_head);
        free(row->commit_oid);
        free(row->prev_hash);
        free(row->hash);
    }
    if (r != NULL) {
        free(r->items);
        memset(r, 0, sizeof *r);
    }
}
