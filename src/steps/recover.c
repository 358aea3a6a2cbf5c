#include <stdlib.h>
#include <string.h>

#include "beginning.h"
#include "work.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/steps/binding.h"
#include "wsfsm/steps/environment.h"
#include "wsfsm/steps/lifecycle.h"

int ws_step_run(struct ws_report *report, struct ws_context *context,
                const struct ws_attempt *attempt, struct ws_error *err)
{
    if (!attempt->state->handler)
        return ws_step_tool(report, context, attempt, err);
    const struct ws_step_binding *binding = ws_step_binding(attempt->state->handler);
    if (!binding)
        return ws_fail(err, WS_E_MACHINE, attempt->state->name, "this wsfsm has no handler '%s'",
                       attempt->state->handler);
    return binding->run(report, context, attempt, err);
}

int ws_step_guard(bool *truth, const char *guard, const struct ws_report *report)
{
    static const struct ws_facts nothing;
    const struct ws_guard_binding *binding = ws_guard_binding(guard);
    if (!binding)
        return -1;
    *truth = binding->holds(report && report->facts ? report->facts : &nothing);
    return 0;
}

/* The supervisor of a dead process ends its tool by itself, that of a process we took over from
 * when its tool is ended; then it lets go of its lock. What is found after that belonged to a
 * supervisor that was killed too. */
int ws_end_attempt(struct ws_repo *repo, const char *run_id, const char *ws_id, int64_t seq,
                   const struct ws_consent *consent, struct ws_error *err)
{
    char *key = ws_format("%s/%lld", run_id, (long long)seq);
    const char *root = ws_repo_root(repo);
    int rc = ws_kill_strays(key, root, err) < 0 ? -1 : 0;
    if (rc == 0)
        rc = ws_end_supervisor(repo, ws_id, consent, err);
    if (rc == 0 && ws_kill_strays(key, root, err) < 0)
        rc = -1;
    free(key);
    return rc;
}

/* The half-made content becomes a snapshot. */
static int keep_half_made(struct ws_work *w, const char *tree, struct ws_error *err)
{
    if (ws_worktree_content(&w->start, w->context->worktree, err) < 0)
        return -1;
    memcpy(w->start.tree, tree, WS_OID_HEX);
    return ws_work_take_end(w, err);
}

/* Beside the snapshot there is: it is that, or that half put back, or what the user has made of it
 * since. */
static int keep_what_came_since(struct ws_work *w, const char *snapshot, const char *tree,
                                struct ws_error *err)
{
    struct ws_context *c = w->context;
    char *left = NULL;
    if (ws_worktree_content(&w->now, c->worktree, err) < 0 || ws_context_check_lease(c, err) < 0 ||
        ws_worktree_keep_since(&left, c->worktree, &w->now, snapshot, tree, err) < 0)
        return -1;
    ws_context_note(c, "what was changed in the worktree since the run was stopped is kept under",
                    left);
    free(left);
    return 0;
}

/* A process that was stopped has kept it, or a try of ours that was killed in the middle of this.
 */
static int take_kept(struct ws_work *w, const char *snapshot, const char *tree,
                     struct ws_error *err)
{
    if (!w->context->ends && keep_what_came_since(w, snapshot, tree, err) < 0)
        return -1;
    memcpy(w->start.tree, tree, WS_OID_HEX);
    w->snapshot_ref = ws_work_snapshot_ref(w);
    return ws_repo_tree_of(w->now.tree, w->context->repo, snapshot, err);
}

static void name_lost(struct ws_work *w)
{
    const struct ws_context *c = w->context;
    ws_strv_clear(&w->lost);
    ws_content_lost(&w->lost, c->worktree, &w->now);
    ws_redact_each(&w->lost, &w->secrets);
    for (size_t i = 0; i < w->lost.len; i++)
        ws_context_note(
            c, "what no snapshot can hold goes with the interrupted attempt:", w->lost.items[i]);
}

/* The worktree becomes what it was, and what it holds stays somewhere. One of a run that ends here
 * stays as it is: nobody works on in it, and what cannot be put back must not keep a run from its
 * end. */
static int put_back(struct ws_work *w, const char *tree, struct ws_error *err)
{
    struct ws_context *c = w->context;
    const struct ws_consent consent = ws_context_consent(c);
    char *ref = ws_work_snapshot_ref(w);
    char kept[WS_OID_HEX];
    int rc = ws_repo_ref(kept, c->repo, ref, err);
    free(ref);
    if (rc == 0)
        rc = kept[0] ? take_kept(w, kept, tree, err) : keep_half_made(w, tree, err);
    ws_fault_point("steps.recover");
    if (rc == 0 && !c->ends) {
        name_lost(w);
        rc = ws_worktree_restore(c->worktree, tree, c->plan->base_oid, &consent, err);
    }
    ws_fault_point("steps.restored");
    return rc;
}

/* A worktree that is there before the attempt has begun holds what the last one left; after a power
 * loss it may not: what had not reached the disk is gone. */
static int put_back_unbegun(struct ws_work *w, const char *tree, struct ws_error *err)
{
    struct ws_content content;
    if (w->context->ends)
        return 0;
    if (ws_worktree_content(&content, w->context->worktree, err) < 0)
        return -1;
    bool whole = !strcmp(content.tree, tree);
    ws_content_release(&content);
    return whole ? 0 : put_back(w, tree, err);
}

/* One that is not there is no loss: the next attempt rebuilds it. */
static int recover_worktree(struct ws_work *w, struct ws_error *err)
{
    struct ws_beginning beginning;
    int rc = ws_beginning_find(&beginning, w->context, w->attempt, err);
    if (rc == 0)
        rc = ws_work_open_worktree(w, err);
    if (rc != WS_OPEN_FOUND)
        return rc < 0 ? -1 : 0;
    return beginning.said ? put_back(w, beginning.tree, err)
                          : put_back_unbegun(w, beginning.tree, err);
}

static int recover(struct ws_work *w, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    const struct ws_consent consent = ws_context_consent(c);
    int rc = ws_end_attempt(c->repo, c->run_id, c->ws_id, w->attempt->seq, &consent, err);
    ws_fault_point("steps.strays_ended");
    ws_sweep_unwritten(w->dir);
    if (rc == 0)
        rc = recover_worktree(w, err);
    if (w->now.tree[0])
        ws_report_tree(w->report, w->now.tree);
    w->report->event = WS_EVENT_INTERRUPTED;
    if (!w->report->error_code)
        ws_report_reason(w->report, "interrupted", "attempt %d of %s was interrupted",
                         w->attempt->number, w->attempt->step_name);
    return rc < 0 ? -1 : 0;
}

int ws_step_recover(struct ws_report *report, struct ws_context *context,
                    const struct ws_attempt *attempt, struct ws_error *err)
{
    if (!context->plan->dry_run)
        return ws_work_carry_out(report, context, attempt, recover, err);
    report->status = WS_STEP_INTERRUPTED;
    return 0;
}
