#include "wsfsm/store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "chain.h"
#include "file.h"
#include "internal.h"
#include "memory.h"
#include "migrate.h"
#include "schema_check.h"
#include "wsfsm/base/mem.h"

static const struct {
    int option;
    int on;
} db_options[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},  {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
};

/* None of these touches the file, but for journal_mode: ws_store_writable() sets that. */
static const char connection_pragmas[] = "PRAGMA synchronous = EXTRA;"
                                         "PRAGMA recursive_triggers = ON;"
                                         "PRAGMA cell_size_check = ON;"
                                         "PRAGMA mmap_size = 0;"
                                         "PRAGMA temp_store = MEMORY;";

int ws_store_configure(sqlite3 *db, const char *path, struct ws_error *err)
{
    int rc = SQLITE_OK;

    errno = 0;
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, WS_BUSY_MS);
    for (size_t i = 0; i < sizeof db_options / sizeof *db_options && rc == SQLITE_OK; i++) {
        rc = sqlite3_db_config(db, db_options[i].option, db_options[i].on, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = ws_chain_register(db);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(db, connection_pragmas, NULL, NULL, NULL);
    }
    return rc == SQLITE_OK ? 0 : ws_sql_fail(db, path, rc, "open the database", err);
}

static int read_meta(char *out, size_t size, struct ws_store *s, const char *key,
                     struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_META, err, "t", key);

    if (stmt == NULL) {
        return -1;
    }
    int rc = ws_sql_step(s, stmt, "read the database", err);
    if (rc == SQLITE_ROW) {
        ws_sql_copy(out, size, stmt, 0);
    }
    rc = ws_sql_end(s, stmt, rc, "read the database", err);
    if (rc == SQLITE_DONE) {
        return ws_fail(err, WS_E_STORE, s->path,
                       "the database does not say which one it is; it is not whole");
    }
    return rc == SQLITE_ROW ? 0 : -1;
}

static int check_repo(struct ws_store *s, const char *repo_id, struct ws_error *err)
{
    if (repo_id == NULL || strcmp(s->repo_id, repo_id) == 0) {
        return 0;
    }
    if (s->repo_id[0] != '\0' && repo_id[0] == '\0') {
        return ws_fail(err, WS_E_STORE, s->path,
                       "the database belongs to another repository; name this repository's own "
                       "with --db or PIPELINE_DB_PATH, or, if this one has only lost its id, put "
                       "%s into .wsfsm/repository-id",
                       s->repo_id);
    }
    if (s->repo_id[0] != '\0') {
        return ws_fail(
            err, WS_E_STORE, s->path,
            "the database belongs to another repository; name this repository's own with --db or "
            "PIPELINE_DB_PATH");
    }
    if (s->mode == WS_STORE_READ) {
        return 0; /* made without a repository; the first writer binds it */
    }
    if (ws_tx_begin(s, err) != 0) {
        return -1;
    }
    int rc = ws_sql_do(s, WS_STMT_META_SET_REPO, "bind the database to its repository", err, "t",
                       repo_id);
    if (ws_tx_end(s, rc, err) != 0) {
        return -1;
    }
    return read_meta(s->repo_id, sizeof s->repo_id, s, "repo_id", err);
}

static void keep_first(void *payload, const char *name, const char *how)
{
    char **first = payload;

    if (*first == NULL) {
        *first = ws_format("'%s' %s", name, how);
    }
}

/* Nothing is written past a gate that somebody took down. */
static int check_gate(struct ws_store *s, struct ws_error *err)
{
    char *first = NULL;
    int rc = ws_schema_check(s->db, keep_first, &first);

    if (rc != SQLITE_OK) {
        rc = ws_sql_fail(s->db, s->path, rc, "open the database", err);
    } else if (first != NULL) {
        rc = ws_fail(
            err, WS_E_INTEGRITY, s->path,
            "the schema of the database is not what wsfsm made: %s; `wsfsm verify` tells more",
            first);
    }
    free(first);
    return rc;
}

/* Pages of a small file are looked through at every opening, those of a big one by `verify`. */
static int make_writable(struct ws_store *s, struct ws_error *err)
{
    if (ws_file_quick_check(s->db, s->path, err) != 0 ||
        ws_migrate(s->db, s->path, &ws_migration_plan, err) != 0 ||
        ws_sql_exec(s, "PRAGMA journal_mode = DELETE", "open the database", err) != 0) {
        return -1;
    }
    return check_gate(s, err);
}

static int make_readable(struct ws_store *s, struct ws_error *err)
{
    sqlite3_int64 version = 0;
    int rc = ws_file_number(&version, s->db, "PRAGMA user_version");

    if (rc != SQLITE_OK) {
        return ws_sql_fail(s->db, s->path, rc, "read the database", err);
    }
    if (version != WS_SCHEMA_VERSION) {
        return ws_fail(err, WS_E_STORE, s->path,
                       "the database is of version %lld; `wsfsm db init` brings it to version %d",
                       (long long)version, WS_SCHEMA_VERSION);
    }
    return ws_sql_exec(s, "PRAGMA query_only = ON", "open the database", err);
}

static int open_connection(struct ws_store *s, struct ws_error *err)
{
    /* READ, too, opens for writing where the rights allow: a journal that a crash left has to be
     * rolled back before anything can be read. query_only keeps everything else from being written.
     */
    int rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc != SQLITE_OK) {
        return ws_sql_fail(s->db, s->path, rc, "open the database", err);
    }
    if (ws_store_configure(s->db, s->path, err) != 0) {
        return -1;
    }
    if (s->mode == WS_STORE_READ) {
        return make_readable(s, err);
    }
    return make_writable(s, err);
}

static struct ws_store *new_store(const char *path, enum ws_store_mode mode)
{
    struct ws_store *s = ws_alloc(sizeof *s);

    s->path = ws_strdup(path);
    s->mode = mode;
    s->commit_wait_ms = WS_COMMIT_WAIT_MS;
    return s;
}

int ws_store_open(struct ws_store **out, const char *path, enum ws_store_mode mode,
                  const char *repo_id, struct ws_error *err)
{
    struct ws_store *s = NULL;
    char *real = NULL;
    int rc = -1;

    *out = NULL;
    /* SQLite counts every byte it takes, under a lock, for statistics that nobody asks for; it
     * refuses this, and nothing is lost, when it runs already. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    ws_memory_prepare();
    if (ws_file_resolve(&real, path, mode == WS_STORE_CREATE, err) != 0) {
        goto out;
    }
    if (mode == WS_STORE_CREATE && !ws_store_exists(real) &&
        ws_store_make(real, repo_id, err) != 0) {
        goto out;
    }
    if (ws_file_check(real, err) != 0) {
        goto out;
    }
    if (mode != WS_STORE_READ) {
        ws_file_make_private(real);
    }
    s = new_store(real, mode);
    if (open_connection(s, err) != 0 ||
        read_meta(s->id, sizeof s->id, s, "database_id", err) != 0 ||
        read_meta(s->repo_id, sizeof s->repo_id, s, "repo_id", err) != 0 ||
        check_repo(s, repo_id, err) != 0) {
        goto out;
    }
    *out = s;
    s = NULL;
    rc = 0;
out:
    ws_store_close(s);
    free(real);
    return rc;
}

void ws_store_close(struct ws_store *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < WS_STMT_COUNT; i++) {
        sqlite3_finalize(s->stmts[i]);
    }
    sqlite3_close(s->db);
    free(s->tail.run_id);
    free(s->tail.ws_id);
    free(s->path);
    free(s);
}

bool ws_store_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

const char *ws_store_id(const struct ws_store *s)
{
    return s->id;
}
