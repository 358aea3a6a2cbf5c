#include "calls.h"
#include "change.h"
#include "enter.h"
#include "wsfsm/steps/binding.h"

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
    int rc = ws_work_enter(w, err);
    if (rc == 0)
        rc = ws_work_take_start(w, err);
    return rc == 0 ? run_agent(w, err) : rc;
}

int ws_step_edit(struct ws_report *report, struct ws_context *context,
                 const struct ws_attempt *attempt, struct ws_error *err)
{
    return ws_work_carry_out(report, context, attempt, edit, err);
}
