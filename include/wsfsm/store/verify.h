/* Verification, backup and facts about the file. */
#ifndef WSFSM_STORE_VERIFY_H
#define WSFSM_STORE_VERIFY_H

#include "wsfsm/store/store.h"

struct ws_finding {
    char *run_id, *ws_id; /* may be NULL: the database as a whole */
    int64_t seq;          /* 0: no row in particular */
    char *text;
};
struct ws_findings {
    struct ws_finding *items;
    size_t len, cap;
    size_t runs, transitions; /* looked at */
};

/* Recomputes chains, ledger and machine digests, walks every history through its pinned machine, compares status
 * with history and the triggers and tables with what this binary would make, and asks SQLite for its own integrity
 * and foreign keys. Findings are in order; 0 findings: sound. `run_id` NULL: everything. */
int ws_store_verify(struct ws_findings *out, struct ws_store *s, const char *run_id, struct ws_error *err);
void ws_findings_release(struct ws_findings *f);
void ws_findings_add(struct ws_findings *f, const char *run_id, const char *ws_id, int64_t seq,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A copy that is complete or absent; a damaged database is not copied. What stands at `to` already is refused (WS_E_IO). */
int ws_store_backup(struct ws_store *s, const char *to, struct ws_error *err);

struct ws_store_info {
    int schema_version;
    char database_id[33], repo_id[33];
    int64_t bytes, runs, transitions, events, attempts;
    const char *sqlite_version; /* static */
    char journal_mode[16];
};
int ws_store_info(struct ws_store_info *out, struct ws_store *s, struct ws_error *err);

#endif
