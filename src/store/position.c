#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int read_facts(struct ws_position *out, struct ws_store *s, const char *run_id,
                      const char *ws_id, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_LAST_FACTS, err, "tt", run_id, ws_id);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "read the facts", err) : -1;

    if (rc == SQLITE_ROW) {
        out->facts_json = ws_sql_text(stmt, 0);
    }
    return ws_sql_end(s, stmt, rc, "read the facts", err) < 0 ? -1 : 0;
}

int ws_store_position(struct ws_position *out, struct ws_store *s, const char *run_id,
                      const char *ws_id, struct ws_error *err)
{
    memset(out, 0, sizeof *out);
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_POSITION, err, "tt", run_id, ws_id);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "read where the workstream stands", err) : -1;

    if (rc == SQLITE_ROW) {
        ws_sql_copy(out->state, sizeof out->state, stmt, 0);
        out->seq = sqlite3_column_int64(stmt, 1);
        ws_sql_copy(out->hash, sizeof out->hash, stmt, 2);
        ws_sql_copy(out->at, sizeof out->at, stmt, 3);
        ws_sql_copy(out->deadline, sizeof out->deadline, stmt, 4);
        out->attempt_id = sqlite3_column_int64(stmt, 5);
        ws_sql_copy(out->step_name, sizeof out->step_name, stmt, 6);
        out->attempt_number = sqlite3_column_int(stmt, 7);
    }
    rc = ws_sql_end(s, stmt, rc, "read where the workstream stands", err);
    if (rc == SQLITE_DONE) {
        return ws_fail(err, WS_E_UNKNOWN_ID, run_id, "there is no workstream %s in such a run",
                       ws_id);
    }
    return rc == SQLITE_ROW ? read_facts(out, s, run_id, ws_id, err) : -1;
}

void ws_position_release(struct ws_position *p)
{
    if (p != NULL) {
        free(p->facts_json);
        p->facts_json = NULL;
    }
}

int ws_store_taken(int *count, struct ws_store *s, const char *run_id, const char *ws_id, int arm,
                   struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_TAKEN, err, "tti", run_id, ws_id, (int64_t)arm);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "count an arm", err) : -1;

    *count = rc == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
    sqlite3_reset(stmt);
    return rc == SQLITE_ROW ? 0 : -1;
}
