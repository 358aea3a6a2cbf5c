/* One history against its machine: every row recomputed and walked. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "verifier.h"
#include "wsfsm/base/mem.h"

enum column {
    SEQ,
    FROM,
    EVENT,
    TO,
    ARM,
    GUARD,
    ANSWER,
    AT,
    DEADLINE,
    TREE,
    FACTS,
    ATTEMPT,
    FENCE,
    PREV,
    HASH
};

static const char history_sql[] = "SELECT seq, from_state, event, to_state, arm, guard, "
                                  "guard_answer, at, deadline, tree_oid, facts_json, "
                                  "attempt_id, fence, prev_hash, hash FROM transitions WHERE "
                                  "run_id = ?1 AND ws_id = ?2 ORDER BY seq";
static const char evidence_sql[] =
    "SELECT ordinal, kind, command, verdict, tree_oid, hash, run_id, ws_id FROM evidence "
    "WHERE attempt_id = ?1 ORDER BY ordinal";
static const char attempt_sql[] =
    "SELECT status FROM step_attempts WHERE id = ?1 AND run_id = ?2 AND ws_id = ?3";

enum { STATUS_SIZE = 16 };

/* Where the walk stands. */
struct walk {
    struct ws_verifier *v;
    const struct ws_verify_subject *subject;
    const struct ws_machine *m;
    sqlite3_stmt *rows, *evidence, *attempt;
    int state;
    int64_t seq, fence;
    char hash[WS_HASH_HEX]; /* of the last row, "" before the first */
    char at[WS_TIME_SIZE];
    int *taken;
    bool bad;
};

__attribute__((format(printf, 2, 3))) static void found(struct walk *w, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    char *text = ws_vformat(format, ap);
    va_end(ap);
    ws_findings_add(w->v->out, w->subject->run_id, w->subject->ws_id, w->seq, "%s", text);
    free(text);
    w->bad = true;
}

/* What could not be read for want of memory is no finding. -1: the database cannot be read. */
static int end_use(struct walk *w, sqlite3_stmt *stmt, int rc)
{
    return ws_sql_end(w->v->store, stmt, rc, "verify the database", w->v->err) < 0 ? -1 : 0;
}

/* Recomputes the evidence of an attempt; `last` is its last hash. -1 only when the database cannot
 * be read. */
static int check_evidence(char last[WS_HASH_HEX], struct walk *w, int64_t attempt)
{
    int64_t ordinal = 0;
    int rc;

    last[0] = '\0';
    sqlite3_reset(w->evidence);
    sqlite3_bind_int64(w->evidence, 1, attempt);
    while ((rc = ws_verify_step(w->v, w->evidence)) == SQLITE_ROW && !w->bad) {
        char hash[WS_HASH_HEX];
        struct ws_chain_evidence e = {
            .prev_hash = last[0] != '\0' ? last : NULL,
            .run_id = ws_column_or_null(w->evidence, 6),
            .ws_id = ws_column_or_null(w->evidence, 7),
            .attempt_id = attempt,
            .ordinal = sqlite3_column_int64(w->evidence, 0),
            .kind = ws_column_or_null(w->evidence, 1),
            .command = ws_column_or_null(w->evidence, 2),
            .verdict = ws_column_or_null(w->evidence, 3),
            .tree_oid = ws_column_or_null(w->evidence, 4),
        };

        ws_chain_evidence(hash, &e);
        ordinal++;
        if (e.ordinal != ordinal) {
            found(w, "evidence %lld of attempt %lld is missing", (long long)ordinal,
                  (long long)attempt);
        } else if (strcmp(hash, ws_column(w->evidence, 5)) != 0) {
            found(w, "evidence %lld of attempt %lld was changed: its hash does not cover it",
                  (long long)ordinal, (long long)attempt);
        } else if (w->subject->dry_run) {
            found(w, "a dry run has evidence");
        }
        memcpy(last, hash, WS_HASH_HEX);
    }
    return end_use(w, w->evidence, rc);
}

/* "" when the workstream has no such attempt. */
static int attempt_status(char out[STATUS_SIZE], struct walk *w, int64_t attempt)
{
    sqlite3_reset(w->attempt);
    sqlite3_bind_int64(w->attempt, 1, attempt);
    sqlite3_bind_text(w->attempt, 2, w->subject->run_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(w->attempt, 3, w->subject->ws_id, -1, SQLITE_STATIC);
    int rc = ws_verify_step(w->v, w->attempt);
    out[0] = '\0';
    if (rc == SQLITE_ROW) {
        ws_sql_copy(out, STATUS_SIZE, w->attempt, 0);
    }
    return end_use(w, w->attempt, rc);
}

static int check_attempt(struct walk *w, int64_t attempt)
{
    char status[STATUS_SIZE];

    if (attempt == 0) {
        return 0;
    }
    if (attempt_status(status, w, attempt) != 0) {
        return -1;
    }
    if (status[0] == '\0') {
        found(w, "the attempt %lld that it ends does not exist", (long long)attempt);
    } else if (strcmp(status, "in_progress") == 0) {
        found(w, "the attempt %lld that it ends is still in progress", (long long)attempt);
    }
    return 0;
}

static void check_hash(struct walk *w, const char *evidence)
{
    sqlite3_stmt *r = w->rows;
    char hash[WS_HASH_HEX];

    ws_chain_transition(hash, &(struct ws_chain_transition){
                                  .prev_hash = ws_column_or_null(r, PREV),
                                  .run_id = w->subject->run_id,
                                  .ws_id = w->subject->ws_id,
                                  .seq = sqlite3_column_int64(r, SEQ),
                                  .digest = w->subject->digest,
                                  .arm = sqlite3_column_int64(r, ARM),
                                  .from_state = ws_column_or_null(r, FROM),
                                  .event = ws_column_or_null(r, EVENT),
                                  .to_state = ws_column_or_null(r, TO),
                                  .guard = ws_column_or_null(r, GUARD),
                                  .guard_answer = sqlite3_column_type(r, ANSWER) == SQLITE_NULL
                                                      ? -1
                                                      : sqlite3_column_int(r, ANSWER),
                                  .at = ws_column_or_null(r, AT),
                                  .deadline = ws_column_or_null(r, DEADLINE),
                                  .tree_oid = ws_column_or_null(r, TREE),
                                  .facts_json = ws_column_or_null(r, FACTS),
                                  .attempt_id = sqlite3_column_int64(r, ATTEMPT),
                                  .fence = sqlite3_column_int64(r, FENCE),
                                  .evidence_hash = evidence[0] != '\0' ? evidence : NULL,
                              });
    if (strcmp(ws_column(r, PREV), w->hash) != 0) {
        found(w, "prev_hash is not the hash of the row before");
    } else if (strcmp(ws_column(r, HASH), hash) != 0) {
        found(w, "the row was changed: its hash does not cover it");
    }
}

/* The last guard that was asked before an arm without one; NULL: there was none. */
static const struct ws_arm *last_guarded(const struct ws_machine *m, int arm)
{
    const struct ws_state *from = &m->states[m->arms[arm].from];

    for (int i = arm - 1; i >= from->first_arm; i--) {
        if (m->arms[i].guard != NULL && strcmp(m->arms[i].event, m->arms[arm].event) == 0) {
            return &m->arms[i];
        }
    }
    return NULL;
}

/* Does the answer that the row tells allow the arm: its own guard's, or that of the last one which
 * had to refuse before it? */
static bool guard_allows(struct walk *w, int arm)
{
    const struct ws_arm *own = &w->m->arms[arm];
    const struct ws_arm *asked = own->guard != NULL ? own : last_guarded(w->m, arm);

    if (asked == NULL) {
        return ws_column_or_null(w->rows, GUARD) == NULL;
    }
    int expected = asked == own ? !own->guard_negated : asked->guard_negated;
    return strcmp(asked->guard, ws_column(w->rows, GUARD)) == 0 &&
           sqlite3_column_int(w->rows, ANSWER) == expected;
}

/* Would the machine have done this? */
static void check_arm(struct walk *w)
{
    sqlite3_stmt *r = w->rows;
    const struct ws_machine *m = w->m;
    sqlite3_int64 index = sqlite3_column_int64(r, ARM);

    if (strcmp(ws_column(r, FROM), m->states[w->state].name) != 0) {
        found(w, "from_state '%s' is not the current state '%s'", ws_column(r, FROM),
              m->states[w->state].name);
        return;
    }
    const struct ws_arm *a = index >= 0 && index < m->arm_count ? &m->arms[index] : NULL;
    if (a == NULL || a->from != w->state || strcmp(a->event, ws_column(r, EVENT)) != 0 ||
        strcmp(m->states[a->to].name, ws_column(r, TO)) != 0) {
        found(w, "the machine has no arm %lld from '%s' on '%s' to '%s'", (long long)index,
              ws_column(r, FROM), ws_column(r, EVENT), ws_column(r, TO));
    } else if (!guard_allows(w, (int)index)) {
        found(w, "what the guard said does not allow this arm");
    } else if (a->max > 0 && w->taken[index] >= a->max) {
        found(w, "the arm was taken more than %d times", a->max);
    } else if (a->spent_of != WS_NONE && w->taken[a->spent_of] < m->arms[a->spent_of].max) {
        found(w, "the bound of the arm before was not spent");
    } else {
        w->taken[index]++;
        w->state = a->to;
    }
}

static void check_time(struct walk *w)
{
    const char *at = ws_column(w->rows, AT), *deadline = ws_column(w->rows, DEADLINE);
    long timeout = w->m->states[w->state].timeout_sec;
    char expected[WS_TIME_SIZE] = "";
    int64_t ms = 0;

    if (strlen(at) != WS_TIME_SIZE - 1 || !ws_time_parse(&ms, at)) {
        found(w, "'at' is no time");
        return;
    }
    if (timeout > 0) {
        ws_time_format(expected, ms + (int64_t)timeout * 1000);
    }
    if (strcmp(at, w->at) < 0) {
        found(w, "'at' goes back");
    } else if (strcmp(deadline, expected) != 0) {
        found(w, "the deadline does not follow from the state entered");
    }
    memcpy(w->at, at, WS_TIME_SIZE);
}

static void check_fence(struct walk *w)
{
    int64_t fence = sqlite3_column_int64(w->rows, FENCE);

    if (fence < w->fence || fence > w->subject->fence) {
        found(w, "the fence %lld was never held at this place", (long long)fence);
    }
    w->fence = fence;
}

static int check_row(struct walk *w)
{
    int64_t seq = sqlite3_column_int64(w->rows, SEQ);
    int64_t attempt = sqlite3_column_int64(w->rows, ATTEMPT);
    char evidence[WS_HASH_HEX];

    w->seq++;
    if (seq != w->seq) {
        found(w, "the row is missing");
        return 0;
    }
    if (check_evidence(evidence, w, attempt) != 0) {
        return -1;
    }
    void (*const checks[])(struct walk *) = {check_arm, check_time, check_fence};
    if (!w->bad) {
        check_hash(w, evidence);
    }
    for (size_t i = 0; i < sizeof checks / sizeof *checks && !w->bad; i++) {
        checks[i](w);
    }
    snprintf(w->hash, sizeof w->hash, "%s", ws_column(w->rows, HASH));
    return w->bad ? 0 : check_attempt(w, attempt);
}

static int count_ledger(int64_t *out, struct walk *w)
{
    sqlite3_stmt *stmt =
        ws_verify_prepare(w->v, "SELECT count(*) FROM ledger WHERE run_id = ?1 AND ws_id = ?2");

    if (stmt == NULL) {
        return -1;
    }
    sqlite3_bind_text(stmt, 1, w->subject->run_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, w->subject->ws_id, -1, SQLITE_STATIC);
    int rc = ws_verify_step(w->v, stmt);
    *out = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return rc < 0 ? -1 : 0;
}

/* What must agree with the last row: status, the attempt in progress, the ledger. */
static int check_end(struct walk *w)
{
    const struct ws_state *now = &w->m->states[w->state];
    bool final = now->kind == WS_STATE_FINAL;
    char open[STATUS_SIZE] = "in_progress";
    int64_t entries = 0;

    if (count_ledger(&entries, w) != 0 ||
        (w->subject->attempt != 0 && attempt_status(open, w, w->subject->attempt) != 0)) {
        return -1;
    }
    if (strcmp(now->name, w->subject->status) != 0) {
        found(w, "the workstream's status is '%s', its history ends in '%s'", w->subject->status,
              now->name);
    } else if (strcmp(open, "in_progress") != 0 || (final && w->subject->attempt != 0)) {
        found(w, "attempt %lld is not in progress, as the workstream says",
              (long long)w->subject->attempt);
    } else if (entries != (final && !w->subject->dry_run)) {
        found(w, entries > 0
                     ? "the ledger has this workstream, though it is not finished, or a dry run"
                     : "the workstream is finished and the ledger does not have it");
    }
    return 0;
}

static int load_machine(struct walk *w)
{
    struct ws_verifier *v = w->v;
    struct ws_error damaged = {0};

    if (v->machine == NULL || strcmp(v->machine->digest, w->subject->digest) != 0) {
        ws_machine_free(v->machine);
        v->machine = NULL;
        if (ws_store_load_machine(&v->machine, v->store, w->subject->digest, &damaged) != 0) {
            if (damaged.code != WS_E_INTEGRITY) {
                *v->err = damaged;
                return -1;
            }
            found(w, "%s", damaged.message);
            return 0;
        }
    }
    w->m = v->machine;
    w->state = w->m->initial;
    w->taken = ws_calloc((size_t)w->m->arm_count + 1, sizeof *w->taken);
    return 0;
}

static int walk_rows(struct walk *w)
{
    int rc = SQLITE_DONE;

    w->rows = ws_verify_prepare(w->v, history_sql);
    w->evidence = ws_verify_prepare(w->v, evidence_sql);
    w->attempt = ws_verify_prepare(w->v, attempt_sql);
    if (w->rows == NULL || w->evidence == NULL || w->attempt == NULL) {
        return -1;
    }
    sqlite3_bind_text(w->rows, 1, w->subject->run_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(w->rows, 2, w->subject->ws_id, -1, SQLITE_STATIC);
    while (!w->bad && (rc = ws_verify_step(w->v, w->rows)) == SQLITE_ROW) {
        w->v->out->transitions++;
        if (check_row(w) != 0) {
            return -1;
        }
    }
    if (end_use(w, w->rows, rc) != 0) {
        return -1;
    }
    return w->bad ? 0 : check_end(w);
}

int ws_verify_workstream(struct ws_verifier *v, const struct ws_verify_subject *subject)
{
    struct walk w = {.v = v, .subject = subject};
    int rc = load_machine(&w);

    if (rc == 0 && !w.bad) {
        rc = walk_rows(&w);
    }
    sqlite3_finalize(w.rows);
    sqlite3_finalize(w.evidence);
    sqlite3_finalize(w.attempt);
    free(w.taken);
    return rc;
}
