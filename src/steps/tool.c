#include <string.h>

#include "calls.h"
#include "change.h"
#include "enter.h"
#include "wsfsm/steps/binding.h"

/* In order, up to the first that does not pass. *edited: an agent was among those that ran. */
static int run_tools(struct ws_called *last, bool *edited, struct ws_work *w, struct ws_error *err)
{
    const struct ws_state *state = w->attempt->state;
    struct ws_inputs inputs = {0};
    int rc = ws_inputs_init(&inputs, w, err);
    for (size_t i = 0; rc == 0 && i < state->tool_count && last->verdict == WS_JUDGED_PASSED; i++) {
        const char *tool = state->tools[i];
        const struct ws_profile *profile = ws_profiles_find(&w->context->plan->profiles, tool);
        ws_called_release(last);
        rc = ws_call_tool(last, w, tool, &inputs, err);
        if (rc < 0)
            break;
        *edited |= profile && profile->type == WS_TOOL_AI;
        ws_report_evidence(w->report, w->attempt->step_name, tool,
                           ws_judgement_verdict(last->verdict), NULL);
        if (last->verdict != WS_JUDGED_PASSED)
            ws_report_reason(w->report, ws_judgement_code(last->verdict, last->limit), "%s: %s",
                             tool, last->why);
    }
    ws_inputs_release(&inputs);
    return rc;
}

static int work(struct ws_work *w, struct ws_error *err)
{
    struct ws_called last = {0};
    bool edited = false;
    int rc = ws_work_enter(w, err);
    if (rc == 0)
        rc = ws_work_take_start(w, err);
    if (rc == 0)
        rc = run_tools(&last, &edited, w, err);
    if (rc == 0)
        rc = ws_work_take_end(w, err);
    if (rc == 0 && edited)
        rc = ws_change_take(w, err);
    if (rc == 0 && !(last.verdict == WS_JUDGED_STOPPED && ws_work_stopped(w)))
        w->report->event = ws_judgement_event(last.verdict);
    ws_called_release(&last);
    return rc;
}

int ws_step_tool(struct ws_report *report, struct ws_context *context,
                 const struct ws_attempt *attempt, struct ws_error *err)
{
    return ws_work_carry_out(report, context, attempt, work, err);
}
