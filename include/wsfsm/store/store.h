/* The database: what was declared, what happened, and a gate that refuses what may not happen.
 *
 * SQLite, one file, rollback journal, synchronous=EXTRA. Every write is one BEGIN IMMEDIATE transaction; a busy
 * COMMIT is repeated, its body never. Strings given to a function are read during the call; strings in rows belong
 * to the rows. One store per thread; no store survives a fork.
 *
 * Writing one transition, the only way history grows:
 *
 *     ws_store_seal(&sealed, store, &move, &err);      what the row will be: seq, at, deadline, prev_hash, hash
 *     ... an end in success writes its commit object with sealed.hash here ...
 *     ws_store_append(&attempt, store, &move, &sealed, &err);   all of it, in one transaction
 */
#ifndef WSFSM_STORE_STORE_H
#define WSFSM_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wsfsm/base/clock.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/machine/machine.h"

struct ws_store;

enum ws_store_mode {
    WS_STORE_READ,  /* must exist; nothing is ever written */
    WS_STORE_WRITE, /* must exist; migrated when older */
    WS_STORE_CREATE /* made complete under a temporary name and linked into place when absent or empty */
};

/* `repo_id` is the repository's random id, "" when it has none: written into a new database, compared with an old
 * one's (NULL: not compared). A foreign, newer or corrupt file is refused untouched. */
int ws_store_open(struct ws_store **out, const char *path, enum ws_store_mode mode, const char *repo_id,
                  struct ws_error *err);
void ws_store_close(struct ws_store *s);
bool ws_store_exists(const char *path); /* a file that is not empty */

/* The same for one who takes an absent database for an empty history: a folder, a FIFO, a link that leads nowhere, or
 * what cannot be looked at is an error. */
int ws_store_look(bool *there, const char *path, struct ws_error *err);
const char *ws_store_id(const struct ws_store *s); /* the database's own random id */

/* What is written between the two is one transaction, and no other process can write in between: for what waits for
 * nothing, as a dry run. A write that fails takes all of it back and ends it; so does closing the store. */
int ws_store_gather(struct ws_store *s, struct ws_error *err);
int ws_store_gathered(struct ws_store *s, struct ws_error *err); /* fine when nothing is gathered */

/* --- runs ------------------------------------------------------------------------------------------------ */

struct ws_new_run {
    const char *run_id, *ws_id;
    const struct ws_machine *machine; /* kept as data unless it is there already */
    const char *metadata_json;        /* of the run: bundle, profiles, options, base commit, baseline */
    const char *depends_on_json;      /* an array */
    bool dry_run;                     /* marked so; counts for nothing */
};

/* Run, workstream, pinned machine and the first lease in one transaction. WS_E_UNUSABLE_ID when it exists. */
int ws_store_create_run(int64_t *fence, struct ws_store *s, const struct ws_new_run *run, struct ws_error *err);

/* Raises the fence: from now on only its holder can append. */
int ws_store_take_lease(int64_t *fence, struct ws_store *s, const char *run_id, const char *ws_id,
                        struct ws_error *err);

struct ws_run_row {
    char *run_id, *ws_id;
    char *run_status;   /* pending running completed failed partial */
    char *state;        /* of the workstream */
    char *digest;       /* its machine */
    char *created_at, *updated_at;
    char *metadata_json; /* NULL where the row is one of a list of runs */
    int64_t fence;
    int64_t last_seq;
    bool dry_run;
    bool final;         /* the state is a final one */
};

struct ws_run_rows {
    struct ws_run_row *items;
    size_t len, cap;
};

/* Newest first. Filters may be NULL. No row is no error. Without a run id it is a list, and takes as long as it is. */
int ws_store_runs(struct ws_run_rows *out, struct ws_store *s, const char *run_id, const char *ws_id,
                  struct ws_error *err);
/* What has not ended and is no dry run, with its metadata; takes no longer for all that has ended. */
int ws_store_unfinished_runs(struct ws_run_rows *out, struct ws_store *s, struct ws_error *err);
/* One row, as in a list, or none; *count: how many there are. */
int ws_store_newest_run(struct ws_run_rows *out, int64_t *count, struct ws_store *s, const char *ws_id,
                        struct ws_error *err);
void ws_run_rows_release(struct ws_run_rows *r);

/* The machine a workstream is pinned to, from the stored rows. The caller frees it (ws_machine_free). */
int ws_store_load_machine(struct ws_machine **out, struct ws_store *s, const char *digest, struct ws_error *err);

/* Has this workstream ever ended in success (in a run that was no dry run)? */
int ws_store_ended_well(bool *out, struct ws_store *s, const char *ws_id, struct ws_error *err);

/* --- where a workstream stands ---------------------------------------------------------------------------- */

struct ws_position {
    char state[WS_NAME_MAX + 1];
    int64_t seq;                       /* of the last transition, 0 before the first */
    char hash[WS_HASH_HEX];            /* its hash, "" before the first */
    char at[WS_TIME_SIZE];             /* "" before the first */
    char deadline[WS_TIME_SIZE];       /* of the state, "" when it has none */
    char *facts_json;                  /* of the last transition that had any, else NULL */
    int64_t attempt_id;                /* the attempt in progress, 0 when there is none */
    char step_name[WS_NAME_MAX + 1];
    int attempt_number;                /* which attempt of that step, from 1 */
};

int ws_store_position(struct ws_position *out, struct ws_store *s, const char *run_id, const char *ws_id,
                      struct ws_error *err);
void ws_position_release(struct ws_position *p);

int ws_store_taken(int *count, struct ws_store *s, const char *run_id, const char *ws_id, int arm,
                   struct ws_error *err);

/* --- a transition ------------------------------------------------------------------------------------------ */

enum ws_verdict { WS_PASS, WS_FAIL, WS_NOT_RUN, WS_COULD_NOT_RUN };

struct ws_evidence {
    const char *kind;     /* "static", "acceptance", "scope", "edit" */
    const char *command;
    enum ws_verdict verdict;
    const char *tree_oid; /* NULL: none */
};

struct ws_event {
    const char *type;
    const char *payload_json; /* an object */
};

struct ws_failure { /* a row of `errors`; a repeated signature raises its count */
    const char *step_name;
    const char *error_code;
    const char *signature; /* NULL: made from code and message (digits and hex folded) */
    const char *message;
    const char *context_json; /* NULL: {} */
};

struct ws_move {
    const char *run_id, *ws_id;
    int64_t fence;
    const struct ws_machine *machine;
    int arm;
    const char *guard;     /* the last guard asked, NULL: none */
    bool guard_answer;
    const char *tree_oid;  /* NULL: none */
    const char *facts_json; /* NULL: none */

    /* the attempt that ends by it; attempt_id 0: none */
    int64_t attempt_id;
    const char *attempt_status; /* success failure skipped interrupted */
    const char *result_json;
    const struct ws_evidence *evidence;
    size_t evidence_count;
    const struct ws_event *events; /* written in order, before `workstream_finished` */
    size_t event_count;
    const struct ws_failure *failure; /* NULL: none */

    /* the step that begins by it, NULL when the state entered is final: its attempt is opened in the same
     * transaction, with an event `step_started` */
    const char *opens_step;

    /* an end */
    const char *commit_oid;    /* NULL: none (failure, dry run) */
    const char *effect_json;   /* what has to be done in git after the commit, NULL: nothing. Kept as pending */
};

struct ws_sealed {
    int64_t seq;
    char at[WS_TIME_SIZE];
    char deadline[WS_TIME_SIZE]; /* "" when the state entered has none */
    char prev_hash[WS_HASH_HEX]; /* "" for the first */
    char hash[WS_HASH_HEX];
};

int ws_store_seal(struct ws_sealed *out, struct ws_store *s, const struct ws_move *move, struct ws_error *err);

/* *attempt is the id of the attempt opened, 0 when none was. WS_E_LEASE_LOST when the fence is stale; any other
 * refusal of the gate is WS_E_INTEGRITY with its reason. The run's status follows: running, then completed or
 * failed. A final state adds a ledger entry (unless dry) and the event `workstream_finished`. */
int ws_store_append(int64_t *attempt, struct ws_store *s, const struct ws_move *move,
                    const struct ws_sealed *sealed, struct ws_error *err);

/* --- beside the history -------------------------------------------------------------------------------------- */

int ws_store_event(struct ws_store *s, const char *run_id, const char *ws_id, const char *type,
                   const char *payload_json, struct ws_error *err);

/* The tree an attempt starts from; once per attempt, while it is in progress, by the holder of the fence. */
int ws_store_attempt_start(struct ws_store *s, int64_t attempt_id, int64_t fence, const char *start_tree,
                           struct ws_error *err);

/* Pending effects, oldest first: what a crash left to do in git. */
struct ws_effect_row {
    int64_t id;
    char *run_id, *ws_id;
    char *effect_json;
};
struct ws_effect_rows {
    struct ws_effect_row *items;
    size_t len, cap;
};
int ws_store_effects(struct ws_effect_rows *out, struct ws_store *s, struct ws_error *err);
void ws_effect_rows_release(struct ws_effect_rows *r);
/* An intent recorded before something is done on disk (a worktree made or removed); the id closes it. */
int ws_store_effect_add(int64_t *id, struct ws_store *s, const char *run_id, const char *ws_id,
                        const char *effect_json, struct ws_error *err);
int ws_store_effect_done(struct ws_store *s, int64_t id, struct ws_error *err);

#endif
