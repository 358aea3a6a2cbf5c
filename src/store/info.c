/* Backup, and facts about the file. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "internal.h"
#include "migrate.h"
#include "wsfsm/store/verify.h"

int ws_store_backup(struct ws_store *s, const char *to, struct ws_error *err)
{
    struct stat there;

    if (lstat(to, &there) == 0) {
        return ws_fail(err, WS_E_IO, to, "is there already; nothing is overwritten");
    }
    if (ws_file_check_pages(s->db, s->path, err) != 0) {
        return -1;
    }
    return ws_copy_database(s->db, s->path, to, false, err);
}

static int read_number(int64_t *out, struct ws_store *s, const char *sql, struct ws_error *err)
{
    sqlite3_int64 n = 0;
    int rc = ws_file_number(&n, s->db, sql);

    *out = n;
    return rc == SQLITE_OK ? 0 : ws_sql_fail(s->db, s->path, rc, "read the database", err);
}

static int read_journal_mode(struct ws_store_info *out, struct ws_store *s, struct ws_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode", -1, &stmt, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        ws_sql_copy(out->journal_mode, sizeof out->journal_mode, stmt, 0);
    }
    int ended = sqlite3_finalize(stmt);
    rc = rc == SQLITE_ROW && ended != SQLITE_OK ? ended : rc;
    return rc == SQLITE_ROW ? 0 : ws_sql_fail(s->db, s->path, rc, "read the database", err);
}

int ws_store_info(struct ws_store_info *out, struct ws_store *s, struct ws_error *err)
{
    int64_t version = 0, pages = 0, page_size = 0;

    memset(out, 0, sizeof *out);
    const struct {
        int64_t *number;
        const char *sql;
    } numbers[] = {
        {&version, "PRAGMA user_version"},
        {&pages, "PRAGMA page_count"},
        {&page_size, "PRAGMA page_size"},
        {&out->runs, "SELECT count(*) FROM runs"},
        {&out->transitions, "SELECT count(*) FROM transitions"},
        {&out->events, "SELECT count(*) FROM events"},
        {&out->attempts, "SELECT count(*) FROM step_attempts"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (read_number(numbers[i].number, s, numbers[i].sql, err) != 0) {
            return -1;
        }
    }
    out->schema_version = (int)version;
    out->bytes = pages * page_size;
    out->sqlite_version = sqlite3_libversion();
    memcpy(out->database_id, s->id, sizeof out->database_id);
    snprintf(out->repo_id, sizeof out->repo_id, "%.32s", s->repo_id);
    return read_journal_mode(out, s, err);
}
