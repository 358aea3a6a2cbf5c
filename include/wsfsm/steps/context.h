/* What the steps of one workstream of one run work with. Everything is borrowed from the run layer but what is marked
 * as the steps' own. */
#ifndef WSFSM_STEPS_CONTEXT_H
#define WSFSM_STEPS_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "wsfsm/base/strv.h"
#include "wsfsm/proc/proc.h"
#include "wsfsm/project/bundle.h"
#include "wsfsm/project/profile.h"
#include "wsfsm/project/provision.h"
#include "wsfsm/repo/worktree.h"
#include "wsfsm/steps/facts.h"
#include "wsfsm/steps/observer.h"
#include "wsfsm/store/store.h"

/* The names of the shipped machine's steps. */
#define WS_STEP_EDIT "edit"
#define WS_STEP_STATIC "static"
#define WS_STEP_RUNTIME "runtime"

/* What a run was started with: read from the files of the checkout once, kept in runs.metadata_json, and read from
 * there by every later start. */
struct ws_plan {
    struct ws_workstream workstream;
    struct ws_profiles profiles;        /* those it uses */
    struct ws_strv static_tools;        /* resolved: bundle, metadata, project's default */
    struct ws_strv acceptance_env, acceptance_pass_env;
    long acceptance_timeout_sec, acceptance_idle_timeout_sec;
    struct ws_sandbox acceptance_sandbox;
    struct ws_provision provision;      /* of a new worktree */
    char *base_oid, *base_name;
    char *model;                        /* NULL: none */
    char *patch_file;                   /* absolute; a copy under .wsfsm; NULL: none */
    char *fingerprint;                  /* of the repository before the first edit; NULL: a dry run */
    bool dry_run;
    bool ignore_filters;
};
void ws_plan_release(struct ws_plan *p);
void ws_plan_json(struct ws_buf *out, const struct ws_plan *p);
int ws_plan_parse(struct ws_plan *out, const char *json, struct ws_error *err);

/* The values no output of the run may show, as far as this process knows them: those of its own environment that the
 * plan hands to a tool, and those that stand in the plan. */
void ws_plan_secrets(struct ws_strv *out, const struct ws_plan *plan);

struct ws_context {
    const char *run_id, *ws_id;
    int64_t fence;
    struct ws_repo *repo;
    struct ws_store *store;
    const struct ws_plan *plan;
    const struct ws_machine *machine;
    struct ws_stop *stop;                 /* may be NULL */
    const struct ws_observer *observer;   /* may be NULL */
    bool ends;                            /* whatever is recovered, the run ends with it: `cancel` */

    /* the steps' own */
    struct ws_worktree *worktree;         /* NULL until opened */
    struct ws_facts facts;
};
/* Is our fence still the workstream's? Asked before anything is written to refs: a process that was taken over while it
 * slept must not move them. WS_E_LEASE_LOST when it is not. */
int ws_context_check_lease(const struct ws_context *c, struct ws_error *err);
struct ws_consent ws_context_consent(const struct ws_context *c); /* that question; borrows c */

/* To the observer: what is said of a name; nothing when there is none (NULL). */
void ws_context_note(const struct ws_context *c, const char *what, const char *name);

void ws_context_release(struct ws_context *c); /* the steps' own part */

/* Ends the supervisor of a process that held the workstream before us, if there still is one; it takes less than 5 s.
 * Only for who holds the workstream. Consent (may be NULL) is asked before anything is killed; WS_E_BUSY when it cannot
 * be ended. */
int ws_end_supervisor(const struct ws_repo *repo, const char *ws_id, const struct ws_consent *consent,
                      struct ws_error *err);

/* The file that is locked while a tool of this workstream may be running. The caller frees it. */
char *ws_tool_lock(const struct ws_repo *repo, const char *ws_id);

/* The folder of an attempt's logs and prompt: .wsfsm/runs/<run_id>/<ws_id>/<seq>-<step>. The caller frees it. */
char *ws_attempt_dir(const struct ws_context *c, int64_t seq, const char *step);

#endif
