#include "calls.h"
#include "change.h"
#include "enter.h"
#include "wsfsm/steps/binding.h"

static int run_one(enum ws_judgement *worst, struct ws_work *w, const char *tool,
                   const struct ws_inputs *inputs, struct ws_error *err)
{
    struct ws_called called;
    if (ws_call_tool(&called, w, tool, inputs, err) < 0)
        return -1;
    ws_report_evidence(w->report, "static", tool, ws_judgement_verdict(called.verdict),
                       w->start.tree);
    if (called.verdict > *worst) {
        *worst = called.verdict;
        ws_report_reason(w->report, ws_judgement_code(called.verdict, called.limit), "%s: %s", tool,
                         called.why);
    }
    ws_called_release(&called);
    return 0;
}

/* Every tool runs, also after one that failed; only a stop ends the round. */
static int run_all(enum ws_judgement *worst, struct ws_work *w, struct ws_error *err)
{
    const struct ws_strv *tools = &w->context->plan->static_tools;
    struct ws_inputs inputs = {0};
    int rc = ws_inputs_init(&inputs, w, err);
    for (size_t i = 0; rc == 0 && i < tools->len && *worst != WS_JUDGED_STOPPED; i++)
        rc = run_one(worst, w, tools->items[i], &inputs, err);
    ws_inputs_release(&inputs);
    return rc;
}

static int check(struct ws_work *w, struct ws_error *err)
{
    enum ws_judgement worst = WS_JUDGED_PASSED;
    if (!w->context->plan->static_tools.len) {
        w->report->event = "skipped";
        w->note = "no static tool is declared";
        return 0;
    }
    int rc = ws_work_enter(w, err);
    if (rc == 0)
        rc = ws_work_take_start(w, err);
    if (rc == 0)
        rc = run_all(&worst, w, err);
    if (rc == 0)
        rc = ws_work_take_end(w, err);
    if (rc == 0 && !(worst == WS_JUDGED_STOPPED && ws_work_stopped(w)))
        w->report->event = ws_judgement_event(worst);
    return rc;
}

int ws_step_static(struct ws_report *report, struct ws_context *context,
                   const struct ws_attempt *attempt, struct ws_error *err)
{
    return ws_work_carry_out(report, context, attempt, check, err);
}
