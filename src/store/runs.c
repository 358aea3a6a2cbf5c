#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"

static int check_free(struct ws_store *s, const char *run_id, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_RUN_EXISTS, err, "t", run_id);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "look for the run", err) : -1;

    sqlite3_reset(stmt);
    if (rc == SQLITE_ROW) {
        return ws_fail(err, WS_E_UNUSABLE_ID, run_id, "there is a run of that id already");
    }
    return rc == SQLITE_DONE ? 0 : -1;
}

/* The history begins with the first transition: that there is something to take one, an event says.
 */
static int note_declared(struct ws_store *s, const struct ws_new_run *run, const char *now,
                         struct ws_error *err)
{
    struct ws_buf payload = {0};

    ws_json_open(&payload, '{');
    ws_json_kstr(&payload, "state", run->machine->states[run->machine->initial].name);
    ws_json_kstr(&payload, "machine_digest", run->machine->digest);
    ws_json_close(&payload, '}');
    int rc = ws_event_insert(s, run->run_id, run->ws_id, "workstream_declared",
                             ws_buf_str(&payload), now, err);
    ws_buf_release(&payload);
    return rc;
}

static int insert_run(struct ws_store *s, const struct ws_new_run *run, struct ws_error *err)
{
    const struct ws_machine *m = run->machine;
    const char *metadata = run->metadata_json != NULL ? run->metadata_json : "{}";
    const char *depends_on = run->depends_on_json != NULL ? run->depends_on_json : "[]";
    char now[WS_TIME_SIZE];

    ws_time_format(now, ws_now_ms());
    if (check_free(s, run->run_id, err) != 0 || ws_machine_store(s, m, err) != 0 ||
        ws_sql_do(s, WS_STMT_RUN_INSERT, "create the run", err, "ttti", run->run_id, now, metadata,
                  (int64_t)run->dry_run) != 0 ||
        ws_sql_do(s, WS_STMT_WORKSTREAM_INSERT, "create the run", err, "tttttti", run->run_id,
                  run->ws_id, m->states[m->initial].name, depends_on, now, m->digest,
                  (int64_t)run->dry_run) != 0) {
        return -1;
    }
    return note_declared(s, run, now, err);
}

int ws_store_create_run(int64_t *fence, struct ws_store *s, const struct ws_new_run *run,
                        struct ws_error *err)
{
    if (ws_tx_begin(s, err) != 0) {
        return -1;
    }
    int rc = insert_run(s, run, err);
    ws_fault_point("store.create_run.before");
    rc = ws_tx_end(s, rc, err);
    ws_fault_point("store.create_run.after");
    *fence = 1;
    return rc;
}

static int raise_fence(int64_t *fence, struct ws_store *s, const char *run_id, const char *ws_id,
                       struct ws_error *err)
{
    char now[WS_TIME_SIZE];

    ws_time_format(now, ws_now_ms());
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_LEASE, err, "ttt", run_id, ws_id, now);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "take the lease", err) : -1;
    if (rc == SQLITE_DONE) {
        rc =
            ws_fail(err, WS_E_UNKNOWN_ID, run_id, "there is no workstream %s in such a run", ws_id);
    } else if (rc == SQLITE_ROW) {
        *fence = sqlite3_column_int64(stmt, 0);
        rc = ws_sql_step(s, stmt, "take the lease", err);
    }
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

int ws_store_take_lease(int64_t *fence, struct ws_store *s, const char *run_id, const char *ws_id,
                        struct ws_error *err)
{
    if (ws_tx_begin(s, err) != 0) {
        return -1;
    }
    int rc = raise_fence(fence, s, run_id, ws_id, err);
    ws_fault_point("store.lease.before");
    rc = ws_tx_end(s, rc, err);
    ws_fault_point("store.lease.after");
    return rc;
}

static void read_run(struct ws_run_rows *out, sqlite3_stmt *stmt)
{
    out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
    struct ws_run_row *r = &out->items[out->len++];

    r->run_id = ws_sql_text(stmt, 0);
    r->ws_id = ws_sql_text(stmt, 1);
    r->run_status = ws_sql_text(stmt, 2);
    r->state = ws_sql_text(stmt, 3);
    r->digest = ws_sql_text(stmt, 4);
    r->created_at = ws_sql_text(stmt, 5);
    r->updated_at = ws_sql_text(stmt, 6);
    r->metadata_json = ws_sql_text(stmt, 7);
    r->fence = sqlite3_column_int64(stmt, 8);
    r->dry_run = sqlite3_column_int(stmt, 9) != 0;
    r->last_seq = sqlite3_column_int64(stmt, 10);
    r->final = sqlite3_column_int(stmt, 11) != 0;
}

/* `stmt` NULL: it could not be made, and *err says why. */
static int read_runs(struct ws_run_rows *out, struct ws_store *s, sqlite3_stmt *stmt,
                     struct ws_error *err)
{
    int rc = -1;

    memset(out, 0, sizeof *out);
    while (stmt != NULL && (rc = ws_sql_step(s, stmt, "read the runs", err)) == SQLITE_ROW) {
        read_run(out, stmt);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        ws_run_rows_release(out);
        return -1;
    }
    return 0;
}

int ws_store_runs(struct ws_run_rows *out, struct ws_store *s, const char *run_id,
                  const char *ws_id, struct ws_error *err)
{
    sqlite3_stmt *stmt;

    if (run_id != NULL) {
        stmt = ws_sql_bind(s, WS_STMT_RUNS_OF_RUN, err, "tt", run_id, ws_id);
    } else if (ws_id != NULL) {
        stmt = ws_sql_bind(s, WS_STMT_RUNS_OF_WORKSTREAM, err, "t", ws_id);
    } else {
        stmt = ws_sql_bind(s, WS_STMT_RUNS, err, "");
    }
    return read_runs(out, s, stmt, err);
}

int ws_store_unfinished_runs(struct ws_run_rows *out, struct ws_store *s, struct ws_error *err)
{
    return read_runs(out, s, ws_sql_bind(s, WS_STMT_RUNS_UNFINISHED, err, ""), err);
}

int ws_store_newest_run(struct ws_run_rows *out, int64_t *count, struct ws_store *s,
                        const char *ws_id, struct ws_error *err)
{
    sqlite3_stmt *counting = ws_sql_bind(s, WS_STMT_RUN_COUNT, err, "t", ws_id);
    int rc = counting != NULL ? ws_sql_step(s, counting, "count the runs", err) : -1;

    memset(out, 0, sizeof *out);
    *count = rc == SQLITE_ROW ? sqlite3_column_int64(counting, 0) : 0;
    sqlite3_reset(counting);
    if (rc != SQLITE_ROW) {
        return -1;
    }
    return read_runs(out, s, ws_sql_bind(s, WS_STMT_NEWEST_RUN, err, "t", ws_id), err);
}

void ws_run_rows_release(struct ws_run_rows *r)
{
    for (size_t i = 0; r != NULL && i < r->len; i++) {
        struct ws_run_row *row = &r->items[i];

        free(row->run_id);
        free(row->ws_id);
        free(row->run_status);
        free(row->state);
        free(row->digest);
        free(row->created_at);
        free(row->updated_at);
        free(row->metadata_json);
    }
    if (r != NULL) {
        free(r->items);
        memset(r, 0, sizeof *r);
    }
}

int ws_store_ended_well(bool *out, struct ws_store *s, const char *ws_id, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_ENDED_WELL, err, "t", ws_id);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "read the ledger", err) : -1;

    *out = rc == SQLITE_ROW;
    sqlite3_reset(stmt);
    return rc < 0 ? -1 : 0;
}
