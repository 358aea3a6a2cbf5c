/* What the files of this layer share: the open database, its prepared statements, and one way to
 * bind, step and fail. Nothing outside src/store/ includes this. */
#ifndef WSFSM_STORE_INTERNAL_H
#define WSFSM_STORE_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "schema.h"
#include "statements.h"
#include "wsfsm/store/store.h"

/* The last transition this store has appended: the next seal follows it without asking the
 * database. If it is not the last one any more, the gate refuses what was sealed. */
struct ws_tail {
    char *run_id, *ws_id; /* NULL: none */
    char digest[WS_HASH_HEX];
    bool dry_run;
    int64_t seq;
    char hash[WS_HASH_HEX];
    char at[WS_TIME_SIZE];
};

struct ws_store {
    sqlite3 *db;
    char *path;
    enum ws_store_mode mode;
    char id[33];
    char repo_id[65];
    int64_t commit_wait_ms; /* how long a busy COMMIT (and the BEGIN of a transition) is repeated */
    struct ws_tail tail;
    bool gathering; /* a transaction is open that is more than one of ours */
    sqlite3_stmt *stmts[WS_STMT_COUNT];
};

enum {
    WS_BUSY_MS = 5000,            /* a lock is waited for so long by every statement */
    WS_COMMIT_WAIT_MS = 5 * 60000 /* and a COMMIT is repeated so long */
};

/* Translates SQLite's last error. `doing` completes "cannot ...". Returns -1. */
int ws_sql_fail(sqlite3 *db, const char *path, int rc, const char *doing, struct ws_error *err);

/* The prepared statement `id`, reset and bound by `types`, one letter an argument:
 *   t  const char *, NULL is NULL      e  const char *, NULL and "" are NULL
 *   i  int64_t                         n  int64_t, 0 is NULL
 * Text must stay as it is until the statement is reset. NULL when it cannot be prepared. */
sqlite3_stmt *ws_sql_bind(struct ws_store *s, enum ws_stmt id, struct ws_error *err,
                          const char *types, ...);

/* ws_sql_bind, step to the end, reset. */
int ws_sql_do(struct ws_store *s, enum ws_stmt id, const char *doing, struct ws_error *err,
              const char *types, ...);

/* SQLITE_ROW or SQLITE_DONE, else -1 with *err filled. The caller resets. */
int ws_sql_step(struct ws_store *s, sqlite3_stmt *stmt, const char *doing, struct ws_error *err);

/* The end of a statement whose rows were not all asked for: resets it. `rc` is what its last step
 * returned, and is passed on. A text that could not be given out for want of memory looked like
 * NULL; here it becomes -1. */
int ws_sql_end(struct ws_store *s, sqlite3_stmt *stmt, int rc, const char *doing,
               struct ws_error *err);

/* One statement of fixed text, no result. */
int ws_sql_exec(struct ws_store *s, const char *sql, const char *doing, struct ws_error *err);

char *ws_sql_text(sqlite3_stmt *stmt, int column); /* a copy, NULL for NULL */
void ws_sql_copy(char *out, size_t size, sqlite3_stmt *stmt,
                 int column); /* "" for NULL; cut to size */

/* One transaction: BEGIN IMMEDIATE, then the caller's writes, then the end. `rc` is what the writes
 * returned; on failure everything is rolled back and rc is passed on. */
int ws_tx_begin(struct ws_store *s, struct ws_error *err);
/* As patient as COMMIT is: what is to be written is the end of a step that took long. */
int ws_tx_begin_patiently(struct ws_store *s, struct ws_error *err);
int ws_tx_end(struct ws_store *s, int rc, struct ws_error *err);

/* The time of a row: never before `last` ("" when there is none). */
void ws_time_after(char out[WS_TIME_SIZE], const char *last);

/* machine_rows.c: stores the machine unless it is there; inside the caller's transaction. */
int ws_machine_store(struct ws_store *s, const struct ws_machine *m, struct ws_error *err);

/* create.c: the file at `path` made complete, or found made by somebody else. */
int ws_store_make(const char *path, const char *repo_id, struct ws_error *err);

/* store.c: pragmas and the application function on a fresh connection. */
int ws_store_configure(sqlite3 *db, const char *path, struct ws_error *err);

/* notes.c: rows beside a transition, inside the caller's transaction. */
int ws_event_insert(struct ws_store *s, const char *run_id, const char *ws_id, const char *type,
                    const char *payload_json, const char *at, struct ws_error *err);
int ws_failure_record(struct ws_store *s, const char *run_id, const char *ws_id,
                      const struct ws_failure *f, const char *at, struct ws_error *err);
int ws_effect_insert(struct ws_store *s, const char *run_id, const char *ws_id,
                     const char *effect_json, struct ws_error *err);

#endif
