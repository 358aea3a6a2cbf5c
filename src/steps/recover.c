#include <stdlib.h>
#include <string.h>

#include "beginning.h"
#include "work.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/steps/binding.h"
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

enum { SUPERVISOR_MS = 10000 };

/* The supervisor of a dead process ends its tool by itself, that of a process we took over from
 * when its tool is ended; then it lets go of its lock. What is found after that belonged to a
 * supervisor that was killed too. */
static int end_strays(const struct ws_context *c, const struct ws_attempt *attempt,
                      struct ws_error *err)
{
    char *lock = ws_tool_lock(c);
    char *key = ws_format("%s/%lld", c->run_id, (long long)attempt->seq);
    const char *repo = ws_repo_root(c->repo);
    int rc = ws_kill_strays(key, repo, err) < 0 ? -1 : 0;
    if (rc == 0)
        rc = ws_guard_wait(lock, SUPERVISOR_MS, err);
    if (rc == 0 && ws_kill_strays(key, repo, err) < 0)
        rc = -1;
    free(key);
    free(lock);
    return rc;
}

/* The half-made content becomes a snapshot, the worktree what it was. A try of ours that was killed
 * in the middle of this has kept the snapshot already; a worktree that was half put back must not
 * replace it. */
static int put_back(struct ws_work *w, const char *tree, struct ws_error *err)
{
    struct ws_context *c = w->context;
    char *ref =
        ws_format("refs/wsfsm/%s/%s/%lld", c->run_id, c->ws_id, (long long)w->attempt->seq + 1);
    char kept[WS_OID_HEX];
    int rc = ws_repo_ref(kept, c->repo, ref, err);
    free(ref);
    if (rc == 0)
        rc = ws_worktree_content(&w->start, c->worktree, err);
    if (rc == 0) {
        memcpy(w->start.tree, tree, WS_OID_HEX);
        rc = kept[0] ? ws_worktree_content(&w->now, c->worktree, err) : ws_work_take_end(w, err);
    }
    ws_fault_point("steps.recover");
    if (rc == 0)
        rc = ws_worktree_restore(c->worktree, tree, c->plan->base_oid, err);
    ws_fault_point("steps.restored");
    return rc;
}

/* A worktree that is there before the attempt has begun holds what the last one left; after a power
 * loss it may not: what had not reached the disk is gone. */
static int put_back_unbegun(struct ws_work *w, const char *tree, struct ws_error *err)
{
    struct ws_content content;
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
    int rc = end_strays(w->context, w->attempt, err);
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
