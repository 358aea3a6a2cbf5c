/* The ledger: a chain of its own, and each entry the end of a history. */
#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "verifier.h"

static const char ledger_sql[] =
    "SELECT l.n, l.run_id, l.ws_id, l.final_state, l.outcome, l.last_seq, l.chain_head, "
    "l.commit_oid, l.prev_hash, "
    "l.hash, w.status, t.hash, s.outcome, "
    "(SELECT max(seq) FROM transitions m WHERE m.run_id = l.run_id AND m.ws_id = l.ws_id) "
    "FROM ledger l LEFT JOIN workstreams w ON w.run_id = l.run_id AND w.ws_id = l.ws_id "
    "LEFT JOIN transitions t ON t.run_id = l.run_id AND t.ws_id = l.ws_id AND t.seq = l.last_seq "
    "LEFT JOIN machine_states s ON s.digest = w.machine_digest AND s.name = l.final_state ORDER BY "
    "l.n";

/* Why this entry is bad by itself or as a link of the chain; NULL: it is sound. */
static const char *bad_link(sqlite3_stmt *r, int64_t n, const char *last)
{
    char hash[WS_HASH_HEX];

    if (sqlite3_column_int64(r, 0) != n) {
        return "an entry is missing before it";
    }
    if (strcmp(ws_column(r, 8), last) != 0) {
        return "prev_hash is not the hash of the entry before";
    }
    ws_chain_ledger(hash, &(struct ws_chain_ledger){.prev_hash = ws_column_or_null(r, 8),
                                                    .n = n,
                                                    .run_id = ws_column_or_null(r, 1),
                                                    .ws_id = ws_column_or_null(r, 2),
                                                    .final_state = ws_column_or_null(r, 3),
                                                    .outcome = ws_column_or_null(r, 4),
                                                    .last_seq = sqlite3_column_int64(r, 5),
                                                    .chain_head = ws_column_or_null(r, 6),
                                                    .commit_oid = ws_column_or_null(r, 7)});
    return strcmp(hash, ws_column(r, 9)) != 0 ? "the entry was changed: its hash does not cover it"
                                              : NULL;
}

/* Does the history say what the entry says? */
static const char *bad_end(sqlite3_stmt *r)
{
    if (ws_column_or_null(r, 10) == NULL) {
        return "the workstream of this entry has vanished";
    }
    if (sqlite3_column_int64(r, 13) < sqlite3_column_int64(r, 5)) {
        return "the end of the history was cut off";
    }
    if (sqlite3_column_int64(r, 13) > sqlite3_column_int64(r, 5)) {
        return "the history goes on behind its end";
    }
    if (strcmp(ws_column(r, 6), ws_column(r, 11)) != 0) {
        return "the history was written anew: it does not end in the hash that was noted";
    }
    if (strcmp(ws_column(r, 3), ws_column(r, 10)) != 0 ||
        strcmp(ws_column(r, 4), ws_column(r, 12)) != 0) {
        return "the workstream did not end in the state or with the outcome that was noted";
    }
    return NULL;
}

int ws_verify_ledger(struct ws_verifier *v)
{
    sqlite3_stmt *r = ws_verify_prepare(v, ledger_sql);
    char last[WS_HASH_HEX] = "";
    int64_t n = 0;
    int rc = -1;

    while (r != NULL && (rc = ws_verify_step(v, r)) == SQLITE_ROW) {
        const char *run_id = ws_column(r, 1);
        const char *link = bad_link(r, ++n, last);
        const char *end = v->run_id == NULL || strcmp(v->run_id, run_id) == 0 ? bad_end(r) : NULL;

        if (link != NULL || end != NULL) {
            ws_findings_add(v->out, run_id, ws_column(r, 2), sqlite3_column_int64(r, 5),
                            "ledger entry %lld: %s", (long long)sqlite3_column_int64(r, 0),
                            link != NULL ? link : end);
        }
        n = sqlite3_column_int64(r, 0); /* one missing entry is one finding */
        snprintf(last, sizeof last, "%s", ws_column(r, 9));
    }
    sqlite3_finalize(r);
    return rc == SQLITE_DONE ? 0 : -1;
}
