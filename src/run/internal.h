/* Between the files of the run layer. */
#ifndef WS_RUN_INTERNAL_H
#define WS_RUN_INTERNAL_H

#include "wsfsm/run/lock.h"
#include "wsfsm/run/run.h"
#include "wsfsm/store/read.h"

/* Reads from the checkout what the run will be: resolved tools and profiles, base, patch,
 * fingerprint. Nothing is written but a copy of the patch. */
int ws_make_plan(struct ws_plan *out, struct ws_session *s, const struct ws_workstream *workstream,
                 const struct ws_machine *machine, const struct ws_run_options *options,
                 struct ws_error *err);

/* Copies metadata.patch to where no tool writes; sets plan->patch_file. */
int ws_keep_patch(struct ws_plan *plan, struct ws_session *s, const char *run_id,
                  struct ws_error *err);

/* Why a run did not end in success; malloc'ed. */
char *ws_end_reason(const struct ws_transition_row *last, const struct ws_attempt_rows *attempts);

/* Uncommitted changes of the user's checkout to paths in scope refuse the run, unless
 * --allow-dirty. */
int ws_admit_checkout(struct ws_session *s, const struct ws_plan *plan,
                      const struct ws_run_options *o, struct ws_error *err);

/* A living run of another workstream whose scope overlaps refuses this one (WS_E_BUSY). */
int ws_admit_scope(struct ws_session *s, const struct ws_plan *plan, struct ws_error *err);

/* That, and a note of a dead one of this workstream; what dead ones left half done in git's folder
 * is mended. */
int ws_admit_beside_others(struct ws_session *s, const struct ws_plan *plan,
                           const struct ws_run_options *o, struct ws_error *err);

/* A dependency that has never ended well: an event `dependency_unmet` and a warning. */
int ws_note_dependencies(struct ws_session *s, const char *run_id, const struct ws_workstream *ws,
                         const struct ws_run_options *o, struct ws_error *err);

/* The run of that id, the only row of *out; 1: there is none. Opens the database when there is one;
 * `observer` is for that. */
int ws_find_run(struct ws_run_rows *out, struct ws_session *s, const char *run_id,
                const struct ws_observer *observer, struct ws_error *err);

/* Fails with WS_E_UNKNOWN_ID and the nearest of the runs that there are. */
int ws_no_such_run(struct ws_session *s, const char *run_id, struct ws_error *err);

/* An unfinished run in our hands: its plan and machine from the database, the workstream's lock,
 * the lease. */
struct ws_held {
    char *run_id;
    struct ws_plan plan;
    const struct ws_machine *machine; /* compiled in, or `stored` */
    struct ws_machine *stored;
    struct ws_run_lock lock;
    int64_t fence;
};

enum ws_hold_how { WS_HOLD_TO_GO_ON, WS_HOLD_TO_CANCEL, WS_HOLD_TAKE_OVER };

/* WS_E_BUSY when a process holds it, unless WS_HOLD_TAKE_OVER and it is this run that is held, or
 * when a living run's scope overlaps (which is nothing to one that is cancelled); WS_E_UNUSABLE_ID
 * when it has ended. */
int ws_hold_run(struct ws_held *out, struct ws_session *s, const struct ws_run_row *row,
                enum ws_hold_how how, struct ws_error *err);
void ws_held_release(struct ws_held *h);

/* Walks the machine from where the run stands to its end, or to where it is left; then does in git
 * what the end asks for. ws_drive_cancel takes the arm of `cancel` instead. */
int ws_drive(struct ws_session *s, const struct ws_held *run, const struct ws_run_options *o,
             struct ws_error *err);
int ws_drive_cancel(struct ws_session *s, const struct ws_held *run, const struct ws_run_options *o,
                    struct ws_error *err);

/* To the observer; the text is freed. */
void ws_warn(const struct ws_run_options *o, char *text);
void ws_note(const struct ws_run_options *o, char *text);

/* The observer may be NULL. */
void ws_warn_each(const struct ws_observer *observer, const struct ws_strv *texts);

/* A warning for each file that has errors; sorts *diags. */
void ws_warn_of_files(const struct ws_run_options *o, struct ws_diags *diags);

#endif
