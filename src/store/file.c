#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

enum { QUICK_CHECK_BYTES = 1 << 18 };

int ws_file_resolve(char **out, const char *path, bool create, struct ws_error *err)
{
    char *dir = ws_path_dir(path);
    char *real_dir = NULL;
    struct stat st;
    int rc = -1;

    *out = NULL;
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
        *out = realpath(path, NULL);
        rc = *out != NULL ? 0
                          : ws_fail_errno(err, WS_E_STORE, path,
                                          "the database is a link that leads nowhere");
        goto out;
    }
    if (create && ws_mkdirs(dir, 0700, err) != 0) {
        goto out;
    }
    real_dir = realpath(dir, NULL);
    if (real_dir == NULL) {
        ws_fail_errno(err, WS_E_STORE, path, "there is no database: its folder cannot be reached");
        goto out;
    }
    *out = ws_path_join(real_dir, ws_path_base(path));
    rc = 0;
out:
    free(real_dir);
    free(dir);
    return rc;
}

char *ws_file_new_name(const char *path)
{
    return ws_format("%s.new", path);
}

int ws_file_lock_folder(const char *path, struct ws_error *err)
{
    char *dir = ws_path_dir(path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : 0;

    while (rc == 0 && flock(fd, LOCK_EX) != 0) {
        rc = errno == EINTR ? 0 : -1;
        if (rc == 0) {
            continue;
        }
    }
    if (rc != 0) {
        ws_fail_errno(err, WS_E_STORE, dir, "cannot lock the folder of the database");
        if (fd >= 0) {
            close(fd);
        }
        fd = -1;
    }
    free(dir);
    return fd;
}

/* Two names of one file have two journals, and a crash would then corrupt it. One second name is
 * ours: a maker that was killed between giving the file its name and taking the temporary one away.
 */
static int check_names(const char *path, struct ws_error *err)
{
    char *made_as = ws_file_new_name(path);
    struct stat st, other;
    int rc = 0;

    int lock = ws_file_lock_folder(path, err);
    if (lock < 0) {
        rc = -1;
        goto out;
    }
    if (stat(path, &st) == 0 && lstat(made_as, &other) == 0 && st.st_ino == other.st_ino &&
        st.st_dev == other.st_dev) {
        unlink(made_as);
    }
    if (stat(path, &st) == 0 && st.st_nlink > 1) {
        rc = ws_fail(err, WS_E_STORE, path,
                     "the database has %lu names (hard links), which corrupts it at the next "
                     "crash; copy it to a "
                     "file of its own",
                     (unsigned long)st.st_nlink);
    }
    close(lock);
out:
    free(made_as);
    return rc;
}

int ws_store_look(bool *there, const char *path, struct ws_error *err)
{
    struct stat st;

    *there = false;
    if (lstat(path, &st) != 0) {
        return errno == ENOENT
                   ? 0
                   : ws_fail_errno(err, WS_E_STORE, path, "cannot look at the database");
    }
    if (S_ISLNK(st.st_mode) && stat(path, &st) != 0) {
        return ws_fail_errno(err, WS_E_STORE, path, "the database is a link that leads nowhere");
    }
    if (!S_ISREG(st.st_mode)) {
        return ws_fail(err, WS_E_STORE, path, "this is no regular file, and so no database");
    }
    *there = st.st_size > 0;
    return 0;
}

static int check_kind(const char *path, struct ws_error *err)
{
    struct stat st;
    bool there;

    if (ws_store_look(&there, path, err) != 0) {
        return -1;
    }
    if (!there) {
        return ws_fail(err, WS_E_STORE, path,
                       "there is no database yet; `wsfsm db init` or the first run makes it");
    }
    return stat(path, &st) == 0 && st.st_nlink > 1 ? check_names(path, err) : 0;
}

/* As a URI with `immutable`, SQLite reads the file without locks and leaves even a journal beside
 * it alone. Reading it with open() and close() would drop the locks that this process may hold on
 * it. */
static char *immutable_uri(const char *path)
{
    struct ws_buf uri = {0};

    ws_buf_puts(&uri, "file:");
    for (const char *c = path; *c != '\0'; c++) {
        if (strchr("%?#", *c) != NULL) {
            ws_buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*c);
        } else {
            ws_buf_putc(&uri, *c);
        }
    }
    ws_buf_puts(&uri, "?immutable=1");
    return ws_buf_steal(&uri);
}

int ws_file_number(sqlite3_int64 *out, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    errno = 0;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    *out = 0;
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW) {
            *out = sqlite3_column_int64(stmt, 0);
            rc = SQLITE_OK;
        }
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* The header's fields by their offsets (sqlite.org/fileformat.html, 1.3). */
enum { HEADER_BYTES = 100, USER_VERSION_AT = 60, APPLICATION_ID_AT = 68 };

static int64_t number_at(const unsigned char *header, size_t at)
{
    uint32_t n = (uint32_t)header[at] << 24 | (uint32_t)header[at + 1] << 16 |
                 (uint32_t)header[at + 2] << 8 | header[at + 3];

    return (int32_t)n;
}

/* The first bytes as they stand, through SQLite's own descriptor. No SQL: without locks, a PRAGMA
 * can meet another process in the middle of a commit and call the file malformed. */
static int read_header(unsigned char header[HEADER_BYTES], sqlite3 *db)
{
    sqlite3_file *file = NULL;

    errno = 0;
    int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

    if (rc == SQLITE_OK && file->pMethods != NULL) {
        rc = file->pMethods->xRead(file, header, HEADER_BYTES, 0);
    }
    return rc;
}

static int check_header(const char *path, sqlite3 *db, struct ws_error *err)
{
    unsigned char header[HEADER_BYTES] = {0};
    int rc = read_header(header, db);

    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
        return ws_sql_fail(db, path, rc, "read the database", err);
    }
    if (rc == SQLITE_IOERR_SHORT_READ || memcmp(header, "SQLite format 3", 16) != 0) {
        return ws_fail(err, WS_E_STORE, path,
                       "this is no SQLite database, or its first page is corrupt; name another "
                       "file, or put a backup in its place");
    }
    int64_t application = number_at(header, APPLICATION_ID_AT);
    int64_t version = number_at(header, USER_VERSION_AT);
    if (application != WS_APPLICATION_ID) {
        return ws_fail(
            err, WS_E_STORE, path,
            "this database belongs to another program (application id %lld); name another file",
            (long long)application);
    }
    if (version > WS_SCHEMA_VERSION) {
        return ws_fail(
            err, WS_E_STORE, path,
            "a newer wsfsm wrote this database (version %lld, this one knows %d); use that one",
            (long long)version, WS_SCHEMA_VERSION);
    }
    return 0;
}

int ws_file_check(const char *path, struct ws_error *err)
{
    sqlite3 *db = NULL;

    if (check_kind(path, err) != 0) {
        return -1;
    }
    char *uri = immutable_uri(path);
    int rc = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                             NULL);

    rc = rc == SQLITE_OK ? check_header(path, db, err)
                         : ws_sql_fail(db, path, rc, "open the database", err);
    sqlite3_close(db);
    free(uri);
    return rc;
}

int ws_file_check_pages(sqlite3 *db, const char *path, struct ws_error *err)
{
    sqlite3_stmt *stmt = NULL;

    errno = 0;
    int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    const char *found = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (rc == SQLITE_ROW && found == NULL) {
        rc = SQLITE_NOMEM;
    }
    if (rc != SQLITE_ROW) {
        rc = ws_sql_fail(db, path, rc, "look through the database", err);
    } else if (strcmp(found, "ok") != 0) {
        rc = ws_errno_is_trouble(errno)
                 ? ws_sql_fail(NULL, path, SQLITE_IOERR, "look through the database", err)
                 : ws_fail(err, WS_E_STORE, path,
                           "the file is corrupt (%s); keep it, and put a backup in its place",
                           found);
    } else {
        rc = 0;
    }
    sqlite3_finalize(stmt);
    return rc;
}

int ws_file_quick_check(sqlite3 *db, const char *path, struct ws_error *err)
{
    sqlite3_int64 pages = 0, size = 0;
    int rc = ws_file_number(&pages, db, "PRAGMA page_count");

    if (rc == SQLITE_OK) {
        rc = ws_file_number(&size, db, "PRAGMA page_size");
    }
    if (rc != SQLITE_OK) {
        return ws_sql_fail(db, path, rc, "look through the database", err);
    }
    return pages * size > QUICK_CHECK_BYTES ? 0 : ws_file_check_pages(db, path, err);
}

static void take_from_others(const char *path)
{
    struct stat st;

    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
        (st.st_mode & 0077) != 0) {
        (void)chmod(path, st.st_mode & 0700);
    }
}

void ws_file_make_private(const char *path)
{
    char *journal = ws_format("%s-journal", path);

    take_from_others(path);
    take_from_others(journal);
    free(journal);
}
