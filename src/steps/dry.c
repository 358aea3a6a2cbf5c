#include "dry.h"

#include <stdio.h>
#include <string.h>

#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/steps/binding.h"

static void name_tool(struct ws_buf *out, const char *id, const struct ws_plan *plan)
{
    const struct ws_profile *p = ws_profiles_find(&plan->profiles, id);
    ws_json_open(out, '{');
    ws_json_kstr(out, "id", id);
    ws_json_key(out, "argv");
    ws_json_open(out, '[');
    if (p)
        ws_json_str(out, p->command);
    for (size_t i = 0; p && i < p->args.len; i++)
        ws_json_str(out, p->args.items[i]);
    ws_json_close(out, ']');
    ws_json_kstr(out, "verdict", p ? "would_run" : "could_not_run");
    ws_json_close(out, '}');
}

static void name_test(struct ws_buf *out, size_t number, const char *command)
{
    char id[32];
    snprintf(id, sizeof id, "acceptance-%zu", number);
    ws_json_open(out, '{');
    ws_json_kstr(out, "id", id);
    ws_json_key(out, "argv");
    ws_json_open(out, '[');
    ws_json_str(out, "/bin/sh");
    ws_json_str(out, "-c");
    ws_json_str(out, command);
    ws_json_close(out, ']');
    ws_json_kstr(out, "verdict", "would_run");
    ws_json_close(out, '}');
}

/* Returns how many calls the step would make. */
static size_t name_calls(struct ws_buf *out, const struct ws_context *c, const struct ws_attempt *a)
{
    const struct ws_plan *plan = c->plan;
    if (a->state->tool_count) {
        for (size_t i = 0; i < a->state->tool_count; i++)
            name_tool(out, a->state->tools[i], plan);
        return a->state->tool_count;
    }
    if (!strcmp(a->step_name, WS_STEP_STATIC)) {
        for (size_t i = 0; i < plan->static_tools.len; i++)
            name_tool(out, plan->static_tools.items[i], plan);
        return plan->static_tools.len;
    }
    if (!strcmp(a->step_name, WS_STEP_RUNTIME)) {
        const struct ws_strv *tests = &plan->workstream.acceptance_tests;
        for (size_t i = 0; i < tests->len; i++)
            name_test(out, i + 1, tests->items[i]);
        return tests->len;
    }
    if (!strcmp(a->step_name, WS_STEP_EDIT)) {
        name_tool(out, plan->workstream.tool, plan);
        return 1;
    }
    return 0; /* a handler that calls no tool */
}

static bool has_arm(const struct ws_context *c, const struct ws_state *s, const char *event)
{
    for (int i = s->first_arm; i < s->first_arm + s->arm_count; i++)
        if (!strcmp(c->machine->arms[i].event, event))
            return true;
    return false;
}

int ws_dry_step(struct ws_report *report, struct ws_context *context,
                const struct ws_attempt *attempt, struct ws_error *err)
{
    if (ws_facts_parse(&context->facts, attempt->facts_json, err) < 0)
        return -1;
    context->facts.scope_checked = true; /* nothing was touched */

    struct ws_buf calls = {0}, out = {0};
    ws_json_open(&calls, '[');
    size_t count = name_calls(&calls, context, attempt);
    ws_json_close(&calls, ']');
    bool skipped = !count && has_arm(context, attempt->state, "skipped");
    report->event = skipped ? "skipped" : "passed";
    report->status = skipped ? WS_STEP_SKIPPED : WS_STEP_SUCCESS;
    report->facts = &context->facts;

    ws_json_open(&out, '{');
    ws_json_kstr(&out, "step_name", attempt->step_name);
    ws_json_kbool(&out, "success", true);
    ws_json_kstr(&out, "status", ws_step_status_name(report->status));
    ws_json_key(&out, "details");
    ws_json_open(&out, '{');
    ws_json_kbool(&out, "dry_run", true);
    ws_json_kraw(&out, "tools", ws_buf_str(&calls));
    ws_json_close(&out, '}');
    ws_json_knull(&out, "error_code");
    ws_json_knull(&out, "error_message");
    ws_json_close(&out, '}');
    report->result_json = ws_buf_steal(&out);
    ws_buf_release(&calls);
    const struct ws_observer *o = context->observer;
    if (o && o->step_finished)
        o->step_finished(o->payload, attempt->step_name, ws_step_status_name(report->status), NULL);
    return 0;
}
