/* Reading the history: rows are fetched, the statement closed, and only then is anything done with them. */
#ifndef WSFSM_STORE_READ_H
#define WSFSM_STORE_READ_H

#include "wsfsm/store/store.h"

struct ws_transition_row {
    char *run_id, *ws_id;
    int64_t seq;
    char *from_state, *event, *to_state;
    int arm;
    char *guard;          /* NULL: none was asked */
    int guard_answer;     /* 0, 1; -1: none was asked */
    char *at, *deadline;  /* deadline NULL: none */
    char *tree_oid;       /* NULL: none */
    char *facts_json;     /* NULL: none */
    int64_t attempt_id;   /* the attempt that ended by it, 0: none */
    int64_t fence;
    char *prev_hash;      /* NULL for seq 1 */
    char *hash;
};
struct ws_transition_rows {
    struct ws_transition_row *items;
    size_t len, cap;
};

/* Oldest first, seq > after, at most `limit` (0: all). Flat in time by primary key. */
int ws_store_history(struct ws_transition_rows *out, struct ws_store *s, const char *run_id, const char *ws_id,
                     int64_t after, int64_t limit, struct ws_error *err);
void ws_transition_rows_release(struct ws_transition_rows *r);

struct ws_attempt_row {
    int64_t id;
    char *run_id, *ws_id, *step_name;
    char *status;       /* in_progress success failure skipped interrupted */
    char *started_at;
    char *completed_at; /* NULL: in progress */
    char *result_json;  /* NULL: in progress */
    char *start_tree;   /* NULL: not recorded */
    int number;         /* which attempt of its step, from 1 */
};
struct ws_attempt_rows {
    struct ws_attempt_row *items;
    size_t len, cap;
};
/* In the order in which they began; ws_id NULL: of all workstreams of the run. */
int ws_store_attempts(struct ws_attempt_rows *out, struct ws_store *s, const char *run_id, const char *ws_id,
                      struct ws_error *err);
/* The last one of each step, the steps in the order in which they began first. Flat in memory, however often a step
 * was attempted. */
int ws_store_last_attempts(struct ws_attempt_rows *out, struct ws_store *s, const char *run_id, const char *ws_id,
                           struct ws_error *err);
/* The one of that id: a row, or none. */
int ws_store_attempt(struct ws_attempt_rows *out, struct ws_store *s, int64_t id, struct ws_error *err);
void ws_attempt_rows_release(struct ws_attempt_rows *r);

/* The seq of the transition that began an attempt; 0: it is none of a history. */
int ws_store_attempt_begun_by(int64_t *seq, struct ws_store *s, const struct ws_attempt_row *attempt,
                              struct ws_error *err);

struct ws_evidence_row {
    int ordinal; /* within its attempt, from 1 */
    char *kind, *command, *verdict;
    char *tree_oid; /* NULL: none */
};
struct ws_evidence_rows {
    struct ws_evidence_row *items;
    size_t len, cap;
};
/* Of one attempt, in order, at most `limit` (0: all). */
int ws_store_evidence(struct ws_evidence_rows *out, struct ws_store *s, int64_t attempt_id, int64_t limit,
                      struct ws_error *err);
void ws_evidence_rows_release(struct ws_evidence_rows *r);

struct ws_error_row {
    char *step_name, *error_code, *message;
    int64_t count; /* times it was met */
    char *first_seen_at, *last_seen_at;
};
struct ws_error_rows {
    struct ws_error_row *items;
    size_t len, cap;
};
/* In the order in which they were first met, at most `limit` (0: all). */
int ws_store_errors(struct ws_error_rows *out, struct ws_store *s, const char *run_id, const char *ws_id,
                    int64_t limit, struct ws_error *err);
void ws_error_rows_release(struct ws_error_rows *r);

struct ws_event_row {
    int64_t id;
    char *timestamp, *run_id, *ws_id, *event_type, *payload_json;
};
struct ws_event_rows {
    struct ws_event_row *items;
    size_t len, cap;
};
/* In the order in which they were written; ws_id NULL: of all workstreams of the run. */
int ws_store_events(struct ws_event_rows *out, struct ws_store *s, const char *run_id, const char *ws_id,
                    struct ws_error *err);
/* The last `limit` of them, in the order in which they were written. */
int ws_store_last_events(struct ws_event_rows *out, struct ws_store *s, const char *run_id, const char *ws_id,
                         int64_t limit, struct ws_error *err);
void ws_event_rows_release(struct ws_event_rows *r);

struct ws_ledger_row {
    int64_t n; /* from 1, without gaps */
    char *run_id, *ws_id, *final_state, *outcome;
    int64_t last_seq;
    char *chain_head; /* hash of the last transition */
    char *commit_oid; /* NULL: none */
    char *prev_hash, *hash;
};
struct ws_ledger_rows {
    struct ws_ledger_row *items;
    size_t len, cap;
};
/* By n; run_id NULL: all of it. */
int ws_store_ledger(struct ws_ledger_rows *out, struct ws_store *s, const char *run_id, struct ws_error *err);
void ws_ledger_rows_release(struct ws_ledger_rows *r);

#endif
