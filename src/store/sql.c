#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

#define GATE "wsfsm: " /* what every reason of the gate begins with */

static int fail_refused(const char *path, const char *message, const char *doing,
                        struct ws_error *err)
{
    if (!ws_starts_with(message, GATE)) {
        return ws_fail(err, WS_E_INTEGRITY, path, "cannot %s: the database refuses it: %s", doing,
                       message);
    }
    const char *reason = message + strlen(GATE);
    enum ws_code code = ws_starts_with(reason, "stale fence") ? WS_E_LEASE_LOST : WS_E_INTEGRITY;
    return ws_fail(err, code, path, "cannot %s: %s", doing, reason);
}

/* The errno behind a failure. SQLite does not tell it of a COMMIT, and calls a page that a failing
 * disk does not give out malformed; so errno, zeroed before each call of SQLite, speaks for them.
 */
static int reason_of(sqlite3 *db)
{
    int os = db != NULL ? sqlite3_system_errno(db) : 0;

    return os == 0 && ws_errno_is_trouble(errno) ? errno : os;
}

/* The results that the operating system has a say in. */
static bool fails_beneath(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_READONLY:
        return true;
    default:
        return false;
    }
}

static bool full(int error)
{
    return error == ENOSPC || error == EDQUOT;
}

/* Of a COMMIT nobody can say that nothing was changed: the journal may be gone, and only its folder
 * not synced. */
static int fail_full(const char *path, const char *doing, struct ws_error *err)
{
    return ws_fail(err, WS_E_DISK_FULL, path,
                   "cannot %s: the disk is full; make room and try again", doing);
}

int ws_sql_fail(sqlite3 *db, const char *path, int rc, const char *doing, struct ws_error *err)
{
    int os = reason_of(db);
    const char *message = db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc);

    if (fails_beneath(rc) && ws_errno_is_trouble(os)) {
        errno = os;
        return full(os) ? fail_full(path, doing, err)
                        : ws_fail_errno(err, WS_E_STORE, path, "cannot %s", doing);
    }
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
        return fail_refused(path, message, doing, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ws_fail(
            err, WS_E_BUSY, path,
            "cannot %s: the database is locked by another program; close it and try again", doing);
    case SQLITE_FULL:
        return fail_full(path, doing, err);
    case SQLITE_NOMEM:
        return ws_fail(err, WS_E_STORE, path, "cannot %s: out of memory", doing);
    case SQLITE_IOERR:
        return ws_fail(err, WS_E_STORE, path, "cannot %s: %s (%s)", doing, message,
                       os != 0 ? strerror(os) : "no reason given");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ws_fail(
            err, WS_E_STORE, path,
            "cannot %s: the file is corrupt (%s); keep it, and put a backup in its place", doing,
            message);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ws_fail(err, WS_E_STORE, path,
                       "cannot %s: %s; look at the rights of the file and its folder", doing,
                       message);
    default:
        return ws_fail(err, WS_E_STORE, path, "cannot %s: %s", doing, message);
    }
}

static sqlite3_stmt *prepared(struct ws_store *s, enum ws_stmt id, struct ws_error *err)
{
    if (s->stmts[id] == NULL) {
        errno = 0;
        int rc = sqlite3_prepare_v3(s->db, ws_stmt_sql[id], -1, SQLITE_PREPARE_PERSISTENT,
                                    &s->stmts[id], NULL);
        if (rc != SQLITE_OK) {
            ws_sql_fail(s->db, s->path, rc, "use the database", err);
            return NULL;
        }
    }
    return s->stmts[id];
}

static int bind_text(sqlite3_stmt *stmt, int n, const char *text)
{
    return text != NULL ? sqlite3_bind_text(stmt, n, text, -1, SQLITE_STATIC)
                        : sqlite3_bind_null(stmt, n);
}

static int bind_one(sqlite3_stmt *stmt, int n, char type, va_list *ap)
{
    const char *text;
    int64_t number;

    switch (type) {
    case 't':
        return bind_text(stmt, n, va_arg(*ap, const char *));
    case 'e':
        text = va_arg(*ap, const char *);
        return bind_text(stmt, n, text != NULL && text[0] != '\0' ? text : NULL);
    case 'i':
        return sqlite3_bind_int64(stmt, n, va_arg(*ap, int64_t));
    default:
        number = va_arg(*ap, int64_t);
        return number != 0 ? sqlite3_bind_int64(stmt, n, number) : sqlite3_bind_null(stmt, n);
    }
}

static sqlite3_stmt *bind_all(struct ws_store *s, enum ws_stmt id, struct ws_error *err,
                              const char *types, va_list *ap)
{
    sqlite3_stmt *stmt = prepared(s, id, err);

    if (stmt == NULL) {
        return NULL;
    }
    sqlite3_reset(stmt);
    errno = 0;
    for (int n = 1; types[n - 1] != '\0'; n++) {
        int rc = bind_one(stmt, n, types[n - 1], ap);
        if (rc != SQLITE_OK) {
            ws_sql_fail(s->db, s->path, rc, "use the database", err);
            return NULL;
        }
    }
    return stmt;
}

sqlite3_stmt *ws_sql_bind(struct ws_store *s, enum ws_stmt id, struct ws_error *err,
                          const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    sqlite3_stmt *stmt = bind_all(s, id, err, types, &ap);
    va_end(ap);
    return stmt;
}

int ws_sql_step(struct ws_store *s, sqlite3_stmt *stmt, const char *doing, struct ws_error *err)
{
    errno = 0;
    int rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        return rc;
    }
    return ws_sql_fail(s->db, s->path, rc, doing, err);
}

int ws_sql_end(struct ws_store *s, sqlite3_stmt *stmt, int rc, const char *doing,
               struct ws_error *err)
{
    errno = 0;
    int ended = sqlite3_reset(stmt);

    return rc >= 0 && ended != SQLITE_OK ? ws_sql_fail(s->db, s->path, ended, doing, err) : rc;
}

int ws_sql_do(struct ws_store *s, enum ws_stmt id, const char *doing, struct ws_error *err,
              const char *types, ...)
{
    va_list ap;
    int rc;

    va_start(ap, types);
    sqlite3_stmt *stmt = bind_all(s, id, err, types, &ap);
    va_end(ap);
    if (stmt == NULL) {
        return -1;
    }
    do {
        rc = ws_sql_step(s, stmt, doing, err);
    } while (rc == SQLITE_ROW);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

int ws_sql_exec(struct ws_store *s, const char *sql, const char *doing, struct ws_error *err)
{
    errno = 0;
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : ws_sql_fail(s->db, s->path, rc, doing, err);
}

char *ws_sql_text(sqlite3_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);

    return ws_strdup((const char *)text);
}

void ws_sql_copy(char *out, size_t size, sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t len = text != NULL ? strnlen(text, size - 1) : 0;

    memcpy(out, len > 0 ? text : "", len);
    out[len] = '\0';
}

int ws_tx_begin(struct ws_store *s, struct ws_error *err)
{
    if (s->mode == WS_STORE_READ) {
        return ws_fail(err, WS_E_INTERNAL, s->path, "the database was opened for reading only");
    }
    if (s->gathering) {
        return 0;
    }
    return ws_sql_do(s, WS_STMT_BEGIN, "write to the database", err, "");
}

int ws_tx_begin_patiently(struct ws_store *s, struct ws_error *err)
{
    int64_t end = ws_boot_ms() + s->commit_wait_ms;
    struct ws_error own = {0};
    int rc;

    do {
        rc = ws_tx_begin(s, &own);
    } while (rc != 0 && own.code == WS_E_BUSY && ws_boot_ms() < end);
    if (rc != 0 && err != NULL) {
        *err = own;
    }
    return rc;
}

/* A reader that will not go makes COMMIT fail and leaves the transaction open: COMMIT is repeated,
 * the writes in it are not. */
static int commit(struct ws_store *s, struct ws_error *err)
{
    int64_t end = ws_boot_ms() + s->commit_wait_ms;
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_COMMIT, err, "");
    int rc;

    if (stmt == NULL) {
        return -1;
    }
    do {
        errno = 0;
        rc = sqlite3_step(stmt);
        sqlite3_reset(stmt);
    } while (rc == SQLITE_BUSY && ws_boot_ms() < end);
    return rc == SQLITE_DONE ? 0 : ws_sql_fail(s->db, s->path, rc, "commit to the database", err);
}

int ws_tx_end(struct ws_store *s, int rc, struct ws_error *err)
{
    if (rc == 0 && s->gathering) {
        return 0;
    }
    s->gathering = false;
    if (rc == 0) {
        rc = commit(s, err);
    }
    if (rc != 0 && !sqlite3_get_autocommit(s->db)) {
        ws_sql_do(s, WS_STMT_ROLLBACK, "roll back", NULL, "");
    }
    return rc;
}

int ws_store_gather(struct ws_store *s, struct ws_error *err)
{
    int rc = ws_tx_begin(s, err);

    s->gathering = rc == 0;
    return rc;
}

int ws_store_gathered(struct ws_store *s, struct ws_error *err)
{
    if (!s->gathering) {
        return 0;
    }
    s->gathering = false;
    return ws_tx_end(s, 0, err);
}

void ws_time_after(char out[WS_TIME_SIZE], const char *last)
{
    ws_time_format(out, ws_now_ms());
    if (last != NULL && strlen(last) == WS_TIME_SIZE - 1 && strcmp(out, last) < 0) {
        memcpy(out, last, WS_TIME_SIZE);
    }
}
