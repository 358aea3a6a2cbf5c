/* One attempt at work: what edit, static, runtime and tool states share while they run. Internal to
 * the steps. */
#ifndef WS_STEPS_WORK_H
#define WS_STEPS_WORK_H

#include "wsfsm/engine/engine.h"
#include "wsfsm/steps/context.h"

struct ws_work {
    struct ws_context *context;
    const struct ws_attempt *attempt;
    struct ws_report *report;
    char *dir;               /* of logs and prompt */
    int64_t began_ms;        /* boot clock */
    int tools;               /* how many were started or tried */
    struct ws_buf records;   /* their records, a JSON array without its end */
    struct ws_strv secrets;  /* values no output may show */
    struct ws_content start; /* the worktree when the attempt began */
    struct ws_content now;   /* the worktree when its tools were done */
    char *snapshot_ref;      /* where `now` was kept, NULL: it was not */
    struct ws_strv lost;     /* what no snapshot holds of `now` */
    const char *note;        /* why there was nothing to do, NULL: there was */
    bool set_up;             /* this attempt has set its worktree up */
};

/* An attempt from its beginning (facts of the attempts before, log folder, secrets) to its report.
 * `work` does what the step is about: 0: the report has its event, or is left; 1: the worktree is
 * lost and the report says so; -1: failure. A dry run is told what would run instead. */
int ws_work_carry_out(struct ws_report *report, struct ws_context *context,
                      const struct ws_attempt *attempt,
                      int (*work)(struct ws_work *w, struct ws_error *err), struct ws_error *err);

/* What is left of the state's deadline: milliseconds, 0: no deadline, -1: it is over. */
int64_t ws_work_left_ms(const struct ws_work *w);

/* Takes in the worktree before the tools run and records its tree as the attempt's start; a setup
 * counts as done from then on. */
int ws_work_take_start(struct ws_work *w, struct ws_error *err);

/* Where a snapshot of the attempt is kept: under the number of the transition that will end it. The
 * caller frees it. */
char *ws_work_snapshot_ref(const struct ws_work *w);

/* Holds a tree that a row is going to name by a ref, WS_REF_START or WS_REF_CHANGE, where nothing
 * else of the run does: git's housekeeping takes away what no ref leads to. `seq`: the ref's. */
int ws_work_hold(const struct ws_work *w, int64_t seq, const char *kind, const char *tree,
                 struct ws_error *err);

/* Takes in the worktree after the tools ran: the check first, for the folder may have turned
 * against us. 1: it did, the report says so and nothing more may be done there. What changed is
 * kept as a snapshot. */
int ws_work_take_end(struct ws_work *w, struct ws_error *err);

/* Reports that the worktree turned against us, as it was found to: no git operation may be done
 * there any more. Returns 1. */
int ws_work_turned(struct ws_work *w, const char *event, const struct ws_error *why);

/* Opens the worktree if it is there; -1: failure. One that turned against us is could_not_run, and
 * the report says so. (Steps call ws_work_enter.) */
enum ws_open { WS_OPEN_FOUND = 0, WS_OPEN_TURNED, WS_OPEN_ABSENT };
int ws_work_open_worktree(struct ws_work *w, struct ws_error *err);

/* The stop was raised: sets `cancel`, or leaves the run interrupted. false: it was not. */
bool ws_work_stopped(struct ws_work *w);

#endif
