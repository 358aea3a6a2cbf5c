/* What attempts came to: evidence and errors. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/store/read.h"

static int64_t bounded(int64_t limit)
{
    return limit > 0 ? limit : -1;
}

int ws_store_evidence(struct ws_evidence_rows *out, struct ws_store *s, int64_t attempt_id,
                      int64_t limit, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_EVIDENCE, err, "ii", attempt_id, bounded(limit));
    int rc = -1;

    memset(out, 0, sizeof *out);
    while (stmt != NULL && (rc = ws_sql_step(s, stmt, "read the evidence", err)) == SQLITE_ROW) {
        out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
        struct ws_evidence_row *r = &out->items[out->len++];

        r->ordinal = sqlite3_column_int(stmt, 0);
        r->kind = ws_sql_text(stmt, 1);
        r->command = ws_sql_text(stmt, 2);
        r->verdict = ws_sql_text(stmt, 3);
        r->tree_oid = ws_sql_text(stmt, 4);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        ws_evidence_rows_release(out);
        return -1;
    }
    return 0;
}

void ws_evidence_rows_release(struct ws_evidence_rows *r)
{
    for (size_t i = 0; r != NULL && i < r->len; i++) {
        free(r->items[i].kind);
        free(r->items[i].command);
        free(r->items[i].verdict);
        free(r->items[i].tree_oid);
    }
    if (r != NULL) {
        free(r->items);
        memset(r, 0, sizeof *r);
    }
}

int ws_store_errors(struct ws_error_rows *out, struct ws_store *s, const char *run_id,
                    const char *ws_id, int64_t limit, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_ERRORS, err, "tti", run_id, ws_id, bounded(limit));
    int rc = -1;

    memset(out, 0, sizeof *out);
    while (stmt != NULL && (rc = ws_sql_step(s, stmt, "read the errors", err)) == SQLITE_ROW) {
        out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
        struct ws_error_row *r = &out->items[out->len++];

        r->step_name = ws_sql_text(stmt, 0);
        r->error_code = ws_sql_text(stmt, 1);
        r->message = ws_sql_text(stmt, 2);
        r->count = sqlite3_column_int64(stmt, 3);
        r->first_seen_at = ws_sql_text(stmt, 4);
        r->last_seen_at = ws_sql_text(stmt, 5);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        ws_error_rows_release(out);
        return -1;
    }
    return 0;
}

void ws_error_rows_release(struct ws_error_rows *r)
{
    for (size_t i = 0; r != NULL && i < r->len; i++) {
        struct ws_error_row *row = &r->items[i];

        free(row->step_name);
        free(row->error_code);
        free(row->message);
        free(row->first_seen_at);
        free(row->last_seen_at);
    }
    if (r != NULL) {
        free(r->items);
        memset(r, 0, sizeof *r);
    }
}
