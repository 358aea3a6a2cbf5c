/* The hashes of history: SHA-256 over fields, each with its length in front and NULL distinct from
 * "", the first of them the kind of row. Three kinds are chained:
 *
 *   evidence    within an attempt
 *   transition  within a workstream; covers the attempt's last evidence hash and the machine's
 * digest ledger      within the database
 *
 * gate.sql computes the same by only_wsfsm_may_append_history(kind, field, ...): any change here
 * needs one there. */
#ifndef WSFSM_STORE_CHAIN_H
#define WSFSM_STORE_CHAIN_H

#include <sqlite3.h>

#include "wsfsm/store/store.h"

#define WS_CHAIN_FUNCTION "only_wsfsm_may_append_history"

/* A row of transitions, with what its hash covers beside it. NULL where the column is NULL. */
struct ws_chain_transition {
    const char *prev_hash, *run_id, *ws_id;
    int64_t seq;
    const char *digest;
    int64_t arm;
    const char *from_state, *event, *to_state, *guard;
    int guard_answer; /* -1: NULL */
    const char *at, *deadline, *tree_oid, *facts_json;
    int64_t attempt_id; /* 0: NULL */
    int64_t fence;
    const char *evidence_hash;
};
void ws_chain_transition(char out[WS_HASH_HEX], const struct ws_chain_transition *t);

struct ws_chain_evidence {
    const char *prev_hash, *run_id, *ws_id;
    int64_t attempt_id, ordinal;
    const char *kind, *command, *verdict, *tree_oid;
};
void ws_chain_evidence(char out[WS_HASH_HEX], const struct ws_chain_evidence *e);

struct ws_chain_ledger {
    const char *prev_hash;
    int64_t n;
    const char *run_id, *ws_id, *final_state, *outcome;
    int64_t last_seq;
    const char *chain_head, *commit_oid;
};
void ws_chain_ledger(char out[WS_HASH_HEX], const struct ws_chain_ledger *l);

/* The last hash of the evidence that `move` brings, "" when there is none. Each row's hash goes to
 * `each` unless that is NULL (evidence_count entries). */
void ws_chain_move_evidence(char last[WS_HASH_HEX], char (*each)[WS_HASH_HEX],
                            const struct ws_move *move);
const char *ws_verdict_name(enum ws_verdict v);

/* Gives the connection the application function of the gate. SQLite's return code. */
int ws_chain_register(sqlite3 *db);

#endif
