#include "migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "internal.h"
#include "schema.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

static const char *const steps[] = {ws_to_version_2_sql};

const struct ws_migration_plan ws_migration_plan = {
    .version = WS_SCHEMA_VERSION, .oldest = 1, .steps = steps, .gate = ws_gate_sql};

static int copy_pages(sqlite3 *from, const char *path, const char *to, struct ws_error *err)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(to, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_backup *backup = sqlite3_backup_init(db, "main", from, "main");
        if (backup != NULL) {
            sqlite3_backup_step(backup, -1);
            rc = sqlite3_backup_finish(backup);
        } else {
            rc = sqlite3_errcode(db);
        }
    }
    rc = rc == SQLITE_OK ? 0 : ws_sql_fail(db, path, rc, "copy the database", err);
    sqlite3_close(db);
    return rc;
}

/* link(2) never replaces. Where a file system has no links, what was looked for a moment before has
 * to do. */
static int give_name(const char *temporary, const char *to, bool replace)
{
    struct stat there;

    if (!replace) {
        if (link(temporary, to) == 0) {
            unlink(temporary); /* one that stays is replaced by the next copy */
            return 0;
        }
        if (errno == EEXIST || lstat(to, &there) == 0) {
            errno = EEXIST;
            return -1;
        }
    }
    return rename(temporary, to);
}

static int sync_and_name(const char *temporary, const char *to, bool replace, struct ws_error *err)
{
    char *dir = ws_path_dir(to);
    int fd = open(temporary, O_RDWR | O_CLOEXEC);
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;

    if (fd < 0 || dir_fd < 0 || fsync(fd) != 0 || give_name(temporary, to, replace) != 0) {
        rc = ws_fail_errno(err, WS_E_STORE, to, "cannot write the copy");
    } else if (fsync(dir_fd) != 0) {
        rc = ws_fail_errno(err, WS_E_STORE, to, "cannot write the copy");
        if (!replace) {
            unlink(to); /* else it would be in the way of the next try */
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    if (dir_fd >= 0) {
        close(dir_fd);
    }
    free(dir);
    return rc;
}

int ws_copy_database(sqlite3 *db, const char *path, const char *to, bool replace,
                     struct ws_error *err)
{
    char *temporary = ws_format("%s.part", to);
    char *journal = ws_format("%s-journal", temporary);
    int rc = -1;

    unlink(temporary);
    unlink(journal);
    if (ws_create_file(temporary, "", 0, 0600, err) == 0 &&
        copy_pages(db, path, temporary, err) == 0) {
        ws_fault_point("store.copy.filled");
        rc = sync_and_name(temporary, to, replace, err);
        ws_fault_point("store.copy.named");
    }
    if (rc != 0) {
        unlink(temporary);
        unlink(journal);
    }
    free(journal);
    free(temporary);
    return rc;
}

/* The gate is one text and changes as one; which of its triggers a version had need not be known.
 */
static int replace_gate(sqlite3 *db, const char *gate)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_str *drops = sqlite3_str_new(db);
    int rc = sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'trigger'", -1,
                                &stmt, NULL);

    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        sqlite3_str_appendf(drops, "DROP TRIGGER \"%w\";", sqlite3_column_text(stmt, 0));
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    if (rc == SQLITE_DONE) {
        rc = sqlite3_str_errcode(drops);
    }
    char *sql = sqlite3_str_finish(drops); /* NULL: there is none */
    if (rc == SQLITE_OK && sql != NULL) {
        rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    }
    sqlite3_free(sql);
    return rc == SQLITE_OK ? sqlite3_exec(db, gate, NULL, NULL, NULL) : rc;
}

static int run_step(sqlite3 *db, int from, const struct ws_migration_plan *plan)
{
    char *version = ws_format("PRAGMA user_version = %d", from + 1);
    int rc = sqlite3_exec(db, plan->steps[from - plan->oldest], NULL, NULL, NULL);

    if (rc == SQLITE_OK && plan->gate != NULL && from + 1 == plan->version) {
        rc = replace_gate(db, plan->gate);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(db, version, NULL, NULL, NULL);
    }
    free(version);
    ws_fault_point("store.migrate.before");
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    ws_fault_point("store.migrate.after");
    return rc;
}

/* One step with its new number in one transaction. *version is what the database has afterwards:
 * while the lock was waited for, another process may have gone this step, or further. */
static int one_step(int *version, sqlite3 *db, const char *path,
                    const struct ws_migration_plan *plan, struct ws_error *err)
{
    sqlite3_int64 now = 0;
    int rc = sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL);

    if (rc == SQLITE_OK) {
        rc = ws_file_number(&now, db, "PRAGMA user_version");
    }
    if (rc == SQLITE_OK && now == *version) {
        rc = run_step(db, *version, plan);
        now = *version + 1;
    }
    if (rc != SQLITE_OK) {
        ws_sql_fail(db, path, rc, "bring the database to the present version", err);
    }
    if (!sqlite3_get_autocommit(db)) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    *version = (int)now;
    return rc == SQLITE_OK ? 0 : -1;
}

static int back_up(sqlite3 *db, const char *path, int version, struct ws_error *err)
{
    char *backup = ws_format("%s.v%d.backup", path, version);
    int rc = ws_copy_database(db, path, backup, true, err);

    free(backup);
    return rc;
}

int ws_migrate(sqlite3 *db, const char *path, const struct ws_migration_plan *plan,
               struct ws_error *err)
{
    sqlite3_int64 found = 0;
    int rc = ws_file_number(&found, db, "PRAGMA user_version");

    if (rc != SQLITE_OK) {
        return ws_sql_fail(db, path, rc, "read the database", err);
    }
    if (found >= plan->version) {
        return 0;
    }
    if (found < plan->oldest) {
        return ws_fail(
            err, WS_E_STORE, path,
            "version %lld of the database is older than this wsfsm can bring forward (%d)",
            (long long)found, plan->oldest);
    }
    int version = (int)found;
    rc = back_up(db, path, version, err);
    while (rc == 0 && version < plan->version) {
        rc = one_step(&version, db, path, plan, err);
    }
    return rc;
}
