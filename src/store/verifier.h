/* What the files of verification share. Texts of a damaged database are shown, never trusted. */
#ifndef WSFSM_STORE_VERIFIER_H
#define WSFSM_STORE_VERIFIER_H

#include "internal.h"
#include "wsfsm/store/verify.h"

struct ws_verifier {
    struct ws_findings *out;
    struct ws_store *store;
    const char *run_id;         /* NULL: all of them */
    struct ws_machine *machine; /* the last one used */
    struct ws_error *err;
};

/* A statement that is used here only; NULL when it fails, with *err filled. */
sqlite3_stmt *ws_verify_prepare(struct ws_verifier *v, const char *sql);
/* SQLITE_ROW, SQLITE_DONE, or -1 with *err filled. */
int ws_verify_step(struct ws_verifier *v, sqlite3_stmt *stmt);
const char *ws_column(sqlite3_stmt *stmt, int column); /* "" for NULL */
const char *ws_column_or_null(sqlite3_stmt *stmt, int column);

/* One workstream, from its first row to its last; the first bad one is named. */
struct ws_verify_subject {
    char *run_id, *ws_id, *status, *digest;
    int64_t fence;
    int64_t attempt; /* in progress, 0: none */
    bool dry_run;
};
int ws_verify_workstream(struct ws_verifier *v, const struct ws_verify_subject *subject);

int ws_verify_ledger(struct ws_verifier *v);

#endif
