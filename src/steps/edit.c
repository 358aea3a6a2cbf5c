#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "change.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/steps/binding.h"

static int tell_created(const struct ws_context *c, const struct ws_prepared *how,
                        struct ws_error *err)
{
    struct ws_buf payload = {0};
    ws_json_open(&payload, '{');
    ws_json_kstr(&payload, "path", ws_worktree_path(c->worktree));
    ws_json_kstr(&payload, "branch", ws_worktree_branch(c->worktree));
    ws_json_kstr(&payload, "base", c->plan->base_oid);
    ws_json_kstr(&payload, "snapshot", how->snapshot_ref);
    if (how->lost.len)
        ws_json_kpaths(&payload, "lost", &how->lost);
    ws_json_close(&payload, '}');
    const char *type = how->created ? "worktree_created" : "worktree_reused";
    int rc = ws_store_event(c->store, c->run_id, c->ws_id, type, ws_buf_str(&payload), err);
    ws_buf_release(&payload);
    return rc;
}

static void note(const struct ws_context *c, const char *what, const char *name)
{
    if (!name || !c->observer || !c->observer->note)
        return;
    char *text = ws_format("%s %s", what, name);
    c->observer->note(c->observer->payload, text);
    free(text);
}

/* Makes the worktree or takes the one that is there. 1: it turned against us in an earlier attempt.
 */
static int enter_worktree(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    if (c->worktree)
        return ws_work_open_worktree(w, err);
    const struct ws_worktree_spec spec = {
        .run_id = c->run_id, .ws_id = c->ws_id, .base_oid = c->plan->base_oid};
    struct ws_prepared how = {0};
    struct ws_error why = {0};
    int rc = ws_worktree_prepare(&c->worktree, &how, c->repo, &spec, &why);
    ws_fault_point("steps.worktree");
    if (rc == 0) {
        rc = tell_created(c, &how, err);
        note(c, "the worktree of an earlier run was kept under", how.snapshot_ref);
        for (size_t i = 0; i < how.lost.len; i++)
            note(c, "what no snapshot can hold went with the worktree of an earlier run:",
                 how.lost.items[i]);
    } else if (why.code == WS_E_SCOPE_VIOLATION) {
        w->report->event = "could_not_run";
        ws_report_reason(w->report, "scope_violation", "%s", why.message);
        rc = 1;
    } else {
        *err = why;
    }
    ws_strv_release(&how.lost);
    free(how.snapshot_ref);
    return rc;
}

/* In this order: could not start, over a limit, failed, nothing changed, passed. A FIFO is a
 * change, too, if one that no tree can hold: the scope will tell. */
static void decide(struct ws_work *w, const struct ws_called *called, const char *tool)
{
    struct ws_report *r = w->report;
    enum ws_verdict evidence = ws_judgement_verdict(called->verdict);
    r->event = ws_judgement_event(called->verdict);
    if (called->verdict != WS_JUDGED_PASSED) {
        ws_report_reason(r, ws_judgement_code(called->verdict, called->limit), "%s: %s", tool,
                         called->why);
    } else if (ws_content_same(&w->now, &w->start)) {
        r->event = "no_change";
        evidence = WS_FAIL;
        ws_report_reason(r, "no_change", "%s ended well and changed nothing", tool);
    }
    ws_report_evidence(r, "edit", tool, evidence, w->now.tree);
}

static int run_agent(struct ws_work *w, struct ws_error *err)
{
    const char *tool = w->context->plan->workstream.tool;
    struct ws_inputs inputs = {0};
    struct ws_called called = {0};
    int rc = ws_inputs_init(&inputs, w, err);
    if (rc == 0)
        rc = ws_call_tool(&called, w, tool, &inputs, err);
    if (rc == 0)
        rc = ws_work_take_end(w, err);
    if (rc == 0)
        rc = ws_change_take(w, err);
    if (rc == 0 && !(called.verdict == WS_JUDGED_STOPPED && ws_work_stopped(w)))
        decide(w, &called, tool);
    ws_called_release(&called);
    ws_inputs_release(&inputs);
    return rc;
}

static int edit(struct ws_work *w, struct ws_error *err)
{
    int rc = enter_worktree(w, err);
    if (rc == 0)
        rc = ws_work_take_start(w, err);
    return rc == 0 ? run_agent(w, err) : rc;
}

int ws_step_edit(struct ws_report *report, struct ws_context *context,
                 const struct ws_attempt *attempt, struct ws_error *err)
{
    return ws_work_carry_out(report, context, attempt, edit, err);
}
