#include "verifier.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "schema_check.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

/* --- findings --- */

void ws_findings_add(struct ws_findings *f, const char *run_id, const char *ws_id, int64_t seq,
                     const char *format, ...)
{
    struct ws_buf text = {0};
    va_list ap;

    va_start(ap, format);
    char *raw = ws_vformat(format, ap);
    va_end(ap);
    ws_escape_line(&text, raw, strlen(raw));
    free(raw);
    f->items = ws_grow(f->items, &f->cap, f->len, sizeof *f->items);
    f->items[f->len++] = (struct ws_finding){.run_id = ws_strdup(run_id),
                                             .ws_id = ws_strdup(ws_id),
                                             .seq = seq,
                                             .text = ws_buf_steal(&text)};
}

void ws_findings_release(struct ws_findings *f)
{
    for (size_t i = 0; f != NULL && i < f->len; i++) {
        free(f->items[i].run_id);
        free(f->items[i].ws_id);
        free(f->items[i].text);
    }
    if (f != NULL) {
        free(f->items);
        memset(f, 0, sizeof *f);
    }
}

/* --- statements --- */

sqlite3_stmt *ws_verify_prepare(struct ws_verifier *v, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(v->store->db, sql, -1, &stmt, NULL);

    if (rc != SQLITE_OK) {
        ws_sql_fail(v->store->db, v->store->path, rc, "verify the database", v->err);
        return NULL;
    }
    return stmt;
}

int ws_verify_step(struct ws_verifier *v, sqlite3_stmt *stmt)
{
    return ws_sql_step(v->store, stmt, "verify the database", v->err);
}

const char *ws_column_or_null(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

const char *ws_column(sqlite3_stmt *stmt, int column)
{
    const char *text = ws_column_or_null(stmt, column);

    return text != NULL ? text : "";
}

/* --- the database as a whole --- */

static void schema_differs(void *payload, const char *name, const char *how)
{
    struct ws_verifier *v = payload;

    ws_findings_add(v->out, NULL, NULL, 0, "schema: '%s' %s", name, how);
}

static int check_schema(struct ws_verifier *v)
{
    int rc = ws_schema_check(v->store->db, schema_differs, v);

    return rc == SQLITE_OK
               ? 0
               : ws_sql_fail(v->store->db, v->store->path, rc, "verify the database", v->err);
}

/* Every row of `sql` is a finding, its first column the text; `what` stands before it. A page that
 * could not be had, from a failing disk or for want of memory, is one in SQLite's words, too; errno
 * tells it apart. */
static int each_row_is_bad(struct ws_verifier *v, const char *what, const char *sql)
{
    sqlite3_stmt *stmt = ws_verify_prepare(v, sql);
    int rc = -1;

    while (stmt != NULL && (rc = ws_verify_step(v, stmt)) == SQLITE_ROW) {
        if (strcmp(ws_column(stmt, 0), "ok") == 0) {
            continue;
        }
        if (ws_errno_is_trouble(errno)) {
            rc = ws_fail_errno(v->err, WS_E_STORE, v->store->path, "cannot verify the database");
            break;
        }
        ws_findings_add(v->out, NULL, NULL, 0, "%s%s", what, ws_column(stmt, 0));
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int check_machines(struct ws_verifier *v)
{
    sqlite3_stmt *stmt = ws_verify_prepare(v, "SELECT digest FROM machines ORDER BY digest");
    int rc = -1;

    while (stmt != NULL && (rc = ws_verify_step(v, stmt)) == SQLITE_ROW) {
        struct ws_machine *m = NULL;
        struct ws_error damaged = {0};

        if (ws_store_load_machine(&m, v->store, ws_column(stmt, 0), &damaged) == 0) {
            ws_machine_free(m);
        } else if (damaged.code == WS_E_INTEGRITY) {
            ws_findings_add(v->out, NULL, NULL, 0, "%s", damaged.message);
        } else {
            *v->err = damaged;
            rc = -1;
            break;
        }
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

static const struct {
    const char *what, *sql;
} whole_checks[] = {
    {"file: ", "PRAGMA integrity_check(20)"},
    {"a row refers to one that is missing, in table ",
     "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check"},
    {"rows are missing in table ",
     "SELECT 'events' WHERE (SELECT count(*) <> coalesce(max(id), 0) FROM events) UNION ALL "
     "SELECT 'evidence' WHERE (SELECT count(*) <> coalesce(max(id), 0) FROM evidence) UNION ALL "
     "SELECT 'step_attempts' WHERE (SELECT count(*) <> coalesce(max(id), 0) FROM step_attempts) "
     "UNION ALL "
     "SELECT 'errors' WHERE (SELECT count(*) <> coalesce(max(id), 0) FROM errors)"},
    {"a run has no workstream: ", "SELECT run_id FROM runs r WHERE NOT EXISTS(SELECT 1 FROM "
                                  "workstreams w WHERE w.run_id = r.run_id)"},
    {"evidence that no transition covers, of attempt ",
     "SELECT DISTINCT attempt_id FROM evidence WHERE attempt_id NOT IN "
     "(SELECT attempt_id FROM transitions WHERE attempt_id IS NOT NULL)"},
    {"transitions without their workstream, of run ",
     "SELECT DISTINCT run_id FROM transitions t WHERE NOT EXISTS(SELECT 1 FROM workstreams w "
     "WHERE w.run_id = t.run_id AND w.ws_id = t.ws_id)"},
};

static int check_whole(struct ws_verifier *v)
{
    for (size_t i = 0; i < sizeof whole_checks / sizeof *whole_checks; i++) {
        if (each_row_is_bad(v, whole_checks[i].what, whole_checks[i].sql) != 0) {
            return -1;
        }
    }
    return check_machines(v);
}

/* --- runs --- */

static const char runs_sql[] =
    "SELECT r.run_id, r.status, "
    "CASE WHEN NOT EXISTS(SELECT 1 FROM transitions t WHERE t.run_id = r.run_id) THEN 'pending' "
    "WHEN count(s.outcome) < count(*) THEN 'running' "
    "WHEN sum(s.outcome = 'success') = count(*) THEN 'completed' "
    "WHEN sum(s.outcome = 'success') = 0 THEN 'failed' ELSE 'partial' END "
    "FROM runs r JOIN workstreams w USING(run_id) "
    "LEFT JOIN machine_states s ON s.digest = w.machine_digest AND s.name = w.status "
    "WHERE ?1 IS NULL OR r.run_id = ?1 GROUP BY r.run_id ORDER BY r.created_at, r.run_id";

static const char workstreams_sql[] =
    "SELECT run_id, ws_id, status, machine_digest, fence, dry_run, attempt_id "
    "FROM workstreams WHERE run_id = ?1 ORDER BY ws_id";

static int check_workstreams(struct ws_verifier *v, const char *run_id)
{
    sqlite3_stmt *stmt = ws_verify_prepare(v, workstreams_sql);
    int rc = -1, bad = 0;

    if (stmt != NULL) {
        sqlite3_bind_text(stmt, 1, run_id, -1, SQLITE_STATIC);
    }
    while (stmt != NULL && bad == 0 && (rc = ws_verify_step(v, stmt)) == SQLITE_ROW) {
        struct ws_verify_subject subject = {
            .run_id = ws_strdup(ws_column(stmt, 0)),
            .ws_id = ws_strdup(ws_column(stmt, 1)),
            .status = ws_strdup(ws_column(stmt, 2)),
            .digest = ws_strdup(ws_column(stmt, 3)),
            .fence = sqlite3_column_int64(stmt, 4),
            .dry_run = sqlite3_column_int(stmt, 5) != 0,
            .attempt = sqlite3_column_int64(stmt, 6),
        };
        bad = ws_verify_workstream(v, &subject);
        free(subject.run_id);
        free(subject.ws_id);
        free(subject.status);
        free(subject.digest);
    }
    sqlite3_finalize(stmt);
    return bad != 0 || rc != SQLITE_DONE ? -1 : 0;
}

static int check_runs(struct ws_verifier *v)
{
    sqlite3_stmt *stmt = ws_verify_prepare(v, runs_sql);
    int rc = -1, bad = 0;

    if (stmt != NULL && v->run_id != NULL) {
        sqlite3_bind_text(stmt, 1, v->run_id, -1, SQLITE_STATIC);
    }
    while (stmt != NULL && bad == 0 && (rc = ws_verify_step(v, stmt)) == SQLITE_ROW) {
        const char *run_id = ws_column(stmt, 0);
        size_t before = v->out->len;

        v->out->runs++;
        bad = check_workstreams(v, run_id);
        if (v->out->len == before && strcmp(ws_column(stmt, 1), ws_column(stmt, 2)) != 0) {
            ws_findings_add(v->out, run_id, NULL, 0,
                            "the run's status is '%s', its workstreams say '%s'",
                            ws_column(stmt, 1), ws_column(stmt, 2));
        }
    }
    sqlite3_finalize(stmt);
    if (bad == 0 && rc == SQLITE_DONE && v->run_id != NULL && v->out->runs == 0 &&
        v->out->len == 0) {
        return ws_fail(v->err, WS_E_UNKNOWN_ID, v->run_id, "there is no such run");
    }
    return bad != 0 || rc != SQLITE_DONE ? -1 : 0;
}

/* An attempt that has begun is ended by a transition, or in progress. If it is neither, its
 * transition was there. */
static const char lost_sql[] =
    "SELECT run_id, ws_id, count(*) FROM step_attempts WHERE (?1 IS NULL OR run_id = ?1) "
    "AND id NOT IN (SELECT attempt_id FROM transitions WHERE attempt_id IS NOT NULL) "
    "AND id NOT IN (SELECT attempt_id FROM workstreams WHERE attempt_id IS NOT NULL) "
    "GROUP BY run_id, ws_id ORDER BY run_id, ws_id";

static int check_lost(struct ws_verifier *v)
{
    sqlite3_stmt *stmt = ws_verify_prepare(v, lost_sql);
    int rc = -1;

    if (stmt != NULL && v->run_id != NULL) {
        sqlite3_bind_text(stmt, 1, v->run_id, -1, SQLITE_STATIC);
    }
    while (stmt != NULL && (rc = ws_verify_step(v, stmt)) == SQLITE_ROW) {
        ws_findings_add(
            v->out, ws_column(stmt, 0), ws_column(stmt, 1), 0,
            "no transition ends %lld of the attempts: the end of the history was cut off",
            (long long)sqlite3_column_int64(stmt, 2));
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int check_all(struct ws_verifier *v)
{
    if (check_schema(v) != 0 || (v->run_id == NULL && check_whole(v) != 0)) {
        return -1;
    }
    if (ws_verify_ledger(v) != 0 || check_runs(v) != 0) {
        return -1;
    }
    return check_lost(v);
}

/* A file so damaged that it cannot be read to its end is a finding, too, and not a failure to
 * verify. */
static int unreadable_is_bad(struct ws_verifier *v)
{
    int rc = sqlite3_errcode(v->store->db) & 0xff;

    if (rc != SQLITE_CORRUPT && rc != SQLITE_NOTADB && (rc != SQLITE_ERROR || v->out->len == 0)) {
        return -1; /* SQLITE_ERROR behind findings: a table that the schema's findings name is
                      missing or changed */
    }
    if (v->err->code != WS_E_UNKNOWN_ID) {
        ws_findings_add(v->out, NULL, NULL, 0, "%s", v->err->message);
        return 0;
    }
    return -1;
}

int ws_store_verify(struct ws_findings *out, struct ws_store *s, const char *run_id,
                    struct ws_error *err)
{
    struct ws_error own = {0};
    struct ws_verifier v = {.out = out, .store = s, .run_id = run_id, .err = &own};

    memset(out, 0, sizeof *out);
    int rc = ws_sql_exec(s, "BEGIN", "verify the database", err); /* one snapshot for all of it */
    if (rc != 0) {
        return -1;
    }
    rc = check_all(&v);
    if (rc != 0) {
        rc = unreadable_is_bad(&v);
    }
    ws_machine_free(v.machine);
    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
    if (rc != 0) {
        ws_findings_release(out);
        if (err != NULL) {
            *err = own;
        }
    }
    return rc;
}
