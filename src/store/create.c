#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "internal.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

static int fill(sqlite3 *db, const char *path, const char *repo_id, struct ws_error *err)
{
    char id[33];

    ws_random_hex(id, sizeof id - 1);
    char *settings = sqlite3_mprintf(
        "PRAGMA journal_mode = DELETE; PRAGMA application_id = %d; BEGIN EXCLUSIVE;",
        WS_APPLICATION_ID);
    char *meta =
        sqlite3_mprintf("INSERT INTO meta(key, value) VALUES('database_id', %Q), ('repo_id', %Q);"
                        "PRAGMA user_version = %d; COMMIT;",
                        id, repo_id != NULL ? repo_id : "", WS_SCHEMA_VERSION);
    int rc = SQLITE_NOMEM; /* sqlite3_exec() takes NULL for nothing to do */

    if (settings != NULL && meta != NULL) {
        rc = sqlite3_exec(db, settings, NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(db, ws_schema_sql, NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(db, meta, NULL, NULL, NULL);
    }
    sqlite3_free(settings);
    sqlite3_free(meta);
    return rc == SQLITE_OK ? 0 : ws_sql_fail(db, path, rc, "make the database", err);
}

/* The mode is set by fchmod, so that no umask widens or narrows it. */
static int make_private(const char *path, struct ws_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 || fchmod(fd, 0600) != 0) {
        ws_fail_errno(err, WS_E_STORE, path, "cannot make the database");
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    close(fd);
    ws_fault_point("store.create.begun");
    return 0;
}

static int sync_path(const char *path, int flags, struct ws_error *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) != 0
                 ? ws_fail_errno(err, WS_E_STORE, path, "cannot sync the database")
                 : 0;

    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static int build(const char *path, const char *repo_id, struct ws_error *err)
{
    sqlite3 *db = NULL;

    if (make_private(path, err) != 0) {
        return -1;
    }
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    rc = rc == SQLITE_OK ? 0 : ws_sql_fail(db, path, rc, "make the database", err);
    if (rc == 0) {
        rc = ws_store_configure(db, path, err);
    }
    if (rc == 0) {
        rc = fill(db, path, repo_id, err);
    }
    sqlite3_close(db);
    ws_fault_point("store.create.filled");
    return rc == 0 ? sync_path(path, O_RDWR, err) : -1;
}

static void remove_leftovers(const char *made_as)
{
    char *journal = ws_format("%s-journal", made_as);

    unlink(made_as);
    unlink(journal);
    free(journal);
}

/* Gives the finished file its name unless something is there by now. link(2) never replaces. */
static int publish(const char *made_as, const char *path, struct ws_error *err)
{
    struct stat st;

    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0) {
        unlink(path); /* SQLite leaves one when it is killed before its first commit: nothing is in
                         it */
    }
    ws_fault_point("store.create.before");
    if (link(made_as, path) != 0 && errno != EEXIST) {
        return ws_fail_errno(err, WS_E_STORE, path, "cannot put the new database in its place");
    }
    ws_fault_point("store.create.linked");
    if (unlink(made_as) != 0) {
        return ws_fail_errno(err, WS_E_STORE, made_as,
                             "cannot take away the temporary name of the database");
    }
    char *dir = ws_path_dir(path);
    int rc = sync_path(dir, O_RDONLY | O_DIRECTORY, err);
    free(dir);
    ws_fault_point("store.create.after");
    return rc;
}

int ws_store_make(const char *path, const char *repo_id, struct ws_error *err)
{
    char *made_as = ws_file_new_name(path);
    int lock = ws_file_lock_folder(path, err);
    int rc = lock < 0 ? -1 : 0;

    if (rc == 0 && !ws_store_exists(path)) { /* whoever came first while we waited has made it */
        remove_leftovers(made_as);
        rc = build(made_as, repo_id, err);
        if (rc == 0) {
            rc = publish(made_as, path, err);
        }
        if (rc != 0) {
            remove_leftovers(made_as);
        }
    }
    if (lock >= 0) {
        close(lock);
    }
    free(made_as);
    return rc;
}
