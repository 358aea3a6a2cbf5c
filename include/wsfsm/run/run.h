/* Runs, without the command line: this is what a program that embeds wsfsm calls, and what cli/
 * calls.
 *
 *     struct ws_session s;
 *     ws_session_open(&s, &(struct ws_session_options){.directory = "."}, &diags, &err);
 *     ws_run_single_workstream_from_bundle(&summary, &s, "ws-fix", &options, &diags, &err);
 *     ... summary.success ...
 *     ws_session_close(&s);
 *
 * main() begins with ws_proc_main() (proc/proc.h), or there is nobody to supervise the tools. Give a
 * `stop` that signals are routed to (ws_stop_on_signals), or `wsfsm cancel`, which asks the holder of
 * a run by SIGUSR1, ends the program with it. One run at a time per process. While a tool runs, orphans
 * among the process's descendants become its children; should the supervisor be killed, children that
 * were started after it in a session of their own count as the tool's. docs/extending.md has a whole
 * program.
 *
 * A run that was carried out returns 0 whatever its end; the summary tells which. -1 is for what
 * kept it from being carried out (bad bundle, no repository, busy, store): the run stays resumable
 * when it had begun.
 */
#ifndef WSFSM_RUN_RUN_H
#define WSFSM_RUN_RUN_H

#include <stdbool.h>

#include "wsfsm/base/diag.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/proc/stop.h"
#include "wsfsm/project/bundle.h"
#include "wsfsm/project/config.h"
#include "wsfsm/repo/repo.h"
#include "wsfsm/steps/context.h"
#include "wsfsm/steps/observer.h"
#include "wsfsm/store/store.h"

struct ws_session_options {
    const char *directory; /* -C; NULL: the current one */
    const char *database;  /* --db; NULL: environment, wsfsm.yaml, default */
    bool lenient;          /* an unsound configuration is a warning: for who goes by a run's plan */
};

struct ws_session {
    struct ws_repo *repo;
    struct ws_config config;
    struct ws_store *store; /* NULL until ws_session_store */
};

/* Opens the repository and reads the configuration. Diagnostics of wsfsm.yaml and of profiles go to
 * *diags. */
int ws_session_open(struct ws_session *s, const struct ws_session_options *options,
                    struct ws_diags *diags, struct ws_error *err);
void ws_session_close(struct ws_session *s);

/* Opens the database and, unless only to read, finishes what a crash left to do in git; `observer`
 * (may be NULL) is warned of what cannot be done there, which keeps nobody from going on. With
 * WS_STORE_READ and no database: 0 and s->store stays NULL. */
int ws_session_store(struct ws_session *s, enum ws_store_mode mode,
                     const struct ws_observer *observer, struct ws_error *err);

struct ws_run_options {
    const char *run_id;  /* NULL: a new one is made up */
    const char *base;    /* --base */
    const char *model;   /* --model */
    const char *sandbox; /* --sandbox: on, auto or off, for every tool; NULL: as the profiles say */
    bool dry_run;
    bool allow_dirty;
    bool take_over; /* of ws_run_resume: also from a living holder, which can write nothing after
                       that */
    struct ws_stop *stop;
    const struct ws_observer *observer;
};

struct ws_step_result {
    char *step;        /* step name */
    char *status;      /* success failure skipped interrupted in_progress */
    char *result_json; /* the last attempt's result on one line; null when somebody spoilt it */
};

struct ws_summary {
    char *run_id, *ws_id;
    char *final_status; /* the state */
    char *reason;       /* NULL on success */
    char *branch;       /* "ws/<run_id>/<ws_id>"; NULL for a dry run */
    char *commit_oid;   /* NULL: none */
    bool success;
    bool dry_run;
    bool finished;                /* false: left interrupted and resumable */
    struct ws_step_result *steps; /* in order of their first attempt */
    size_t step_count;
    struct ws_strv changed_files, out_of_scope_files;
    struct ws_strv snapshots; /* refs of what the run's attempts left, in git; empty on success */
    char *snapshots_unknown;  /* why git could not be asked for them; NULL: it was */
};
void ws_summary_release(struct ws_summary *s);

/* Runs a workstream that was read and checked. `run_id` of an unfinished run of this workstream
 * resumes it. */
int ws_run_workstream(struct ws_summary *out, struct ws_session *s,
                      const struct ws_workstream *workstream, const struct ws_run_options *options,
                      struct ws_error *err);

/* Finds it in the workstream folder by id first. Diagnostics of the bundles go to *diags. */
int ws_run_single_workstream_from_bundle(struct ws_summary *out, struct ws_session *s,
                                         const char *ws_id, const struct ws_run_options *options,
                                         struct ws_diags *diags, struct ws_error *err);

/* Goes on with the unfinished run options->run_id where a crash, a kill or a stop left it: under
 * the machine and with the plan it was started with. WS_E_BUSY while a process holds it, unless
 * `take_over`. */
int ws_run_resume(struct ws_summary *out, struct ws_session *s,
                  const struct ws_run_options *options, struct ws_error *err);

/* Ends the run options->run_id: the process that holds it is asked to end its tool and record
 * `cancel`, and waited for; a run that nobody holds is cancelled here. WS_E_BUSY when the holder
 * does not answer, at once when it is stopped: then it cancels when it goes on. */
int ws_run_cancel(struct ws_summary *out, struct ws_session *s,
                  const struct ws_run_options *options, struct ws_error *err);

/* The summary of a run as it stands in the store. */
int ws_run_summary(struct ws_summary *out, struct ws_session *s, const char *run_id,
                   struct ws_error *err);

/* Does a process hold this workstream now? *pid is its holder (0: unknown). */
bool ws_run_alive(int *pid, struct ws_session *s, const char *ws_id);

/* Ends what the open attempt of a run left running that nobody holds any more: its supervisor was
 * killed, too. A run that goes on meanwhile is safe: its attempts have other keys. */
int ws_run_end_strays(struct ws_session *s, const struct ws_run_row *row, struct ws_error *err);

/* That of every unfinished run of a workstream, and their supervisors: before its worktree is
 * somebody else's. The workstream's lock is held, so none of them is alive. */
int ws_run_end_dead(struct ws_session *s, const char *ws_id, struct ws_error *err);

#endif
