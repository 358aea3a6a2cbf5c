#include "dry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/steps/binding.h"
#include "wsfsm/steps/environment.h"

/* What the tool would be called with. What is not known before the run stands as its placeholder,
 * and all of it does when it cannot be filled in. */
static int render(struct ws_strv *args, const struct ws_profile *p, const struct ws_context *c,
                  const struct ws_attempt *a, struct ws_error *err)
{
    const struct ws_workstream *ws = &c->plan->workstream;
    const char *root = ws_repo_root(c->repo);
    struct ws_strv scope_files = {0}, changed = {0}, env = {0};
    char *worktree = ws_format("%s/.worktrees/%s", root, c->ws_id);
    char *logs = ws_attempt_dir(c, a->seq, a->step_name);
    char *prompt = ws_path_join(logs, "prompt.md");
    char *dir = NULL;
    ws_strv_add(&changed, "{changed_files}");
    const struct ws_template_values values = {
        .cwd = worktree,
        .repo_root = root,
        .worktree_path = worktree,
        .run_id = c->run_id,
        .ws_id = c->ws_id,
        .step = a->step_name,
        .prompt_file = prompt,
        .model_name = c->plan->model,
        .log_dir = logs,
        .message = "{message}",
        .patch_file = c->plan->patch_file ? c->plan->patch_file : "{patch_file}",
        .files_scope = &ws->files_scope,
        .files_create = &ws->files_create,
        .changed_files = &changed,
        .scope_files = &scope_files,
    };
    int rc = ws_profile_asks_for(p, "{scope_files}") ? ws_scope_files(&scope_files, c, err) : 0;
    if (rc == 0 && ws_profile_render(args, &env, &dir, p, &values, NULL) < 0) {
        ws_strv_clear(args);
        ws_strv_copy(args, &p->args);
    }
    free(dir);
    free(prompt);
    free(logs);
    free(worktree);
    ws_strv_release(&env);
    ws_strv_release(&changed);
    ws_strv_release(&scope_files);
    return rc;
}

/* The names of the calls of one step, while they are written. */
struct names {
    struct ws_buf out;
    const struct ws_context *context;
    const struct ws_attempt *attempt;
    struct ws_strv secrets; /* values that are not shown */
    int rc;                 /* -1, with *err: one of them cannot be told */
    struct ws_error *err;
};

/* `p`: NULL when there is no profile of that id. */
static void name_call(struct names *n, const char *id, const struct ws_profile *p)
{
    struct ws_buf *out = &n->out;
    struct ws_strv args = {0}, argv = {0};
    if (n->rc == 0 && p) {
        n->rc = render(&args, p, n->context, n->attempt, n->err);
        ws_strv_add(&argv, p->command);
        ws_strv_copy(&argv, &args);
        ws_redact_each(&argv, &n->secrets);
    }
    ws_json_open(out, '{');
    ws_json_kstr(out, "id", id);
    ws_json_kstrv(out, "argv", &argv);
    ws_json_kstr(out, "verdict", p ? "would_run" : "could_not_run");
    ws_json_close(out, '}');
    ws_strv_release(&args);
    ws_strv_release(&argv);
}

static void name_tool(struct names *n, const char *id)
{
    name_call(n, id, ws_profiles_find(&n->context->plan->profiles, id));
}

static void name_test(struct names *n, size_t number, const char *command)
{
    struct ws_buf *out = &n->out;
    char *shown = ws_redacted(command, &n->secrets);
    char id[32];
    snprintf(id, sizeof id, "acceptance-%zu", number);
    ws_json_open(out, '{');
    ws_json_kstr(out, "id", id);
    ws_json_key(out, "argv");
    ws_json_open(out, '[');
    ws_json_str(out, "/bin/sh");
    ws_json_str(out, "-c");
    ws_json_str(out, shown);
    ws_json_close(out, ']');
    ws_json_kstr(out, "verdict", "would_run");
    ws_json_close(out, '}');
    free(shown);
}

/* Returns how many calls the step would make. */
static size_t name_calls(struct names *n)
{
    const struct ws_plan *plan = n->context->plan;
    const struct ws_attempt *a = n->attempt;
    if (a->state->tool_count) {
        for (size_t i = 0; i < a->state->tool_count; i++)
            name_tool(n, a->state->tools[i]);
        return a->state->tool_count;
    }
    if (!strcmp(a->step_name, WS_STEP_STATIC)) {
        for (size_t i = 0; i < plan->static_tools.len; i++)
            name_tool(n, plan->static_tools.items[i]);
        return plan->static_tools.len;
    }
    if (!strcmp(a->step_name, WS_STEP_RUNTIME)) {
        const struct ws_strv *tests = &plan->workstream.acceptance_tests;
        for (size_t i = 0; i < tests->len; i++)
            name_test(n, i + 1, tests->items[i]);
        return tests->len;
    }
    if (!strcmp(a->step_name, WS_STEP_EDIT)) {
        const struct ws_profiles *setup = &plan->provision.setup;
        for (size_t i = 0; i < setup->len; i++)
            name_call(n, setup->items[i].id, &setup->items[i]);
        name_tool(n, plan->workstream.tool);
        return setup->len + 1;
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

    struct names calls = {.context = context, .attempt = attempt, .err = err};
    struct ws_buf out = {0};
    ws_plan_secrets(&calls.secrets, context->plan);
    ws_json_open(&calls.out, '[');
    size_t count = name_calls(&calls);
    ws_json_close(&calls.out, ']');
    ws_strv_release(&calls.secrets);
    if (calls.rc < 0) {
        ws_buf_release(&calls.out);
        return -1;
    }
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
    ws_json_kraw(&out, "tools", ws_buf_str(&calls.out));
    ws_json_close(&out, '}');
    ws_json_knull(&out, "error_code");
    ws_json_knull(&out, "error_message");
    ws_json_close(&out, '}');
    report->result_json = ws_buf_steal(&out);
    ws_buf_release(&calls.out);
    const struct ws_observer *o = context->observer;
    if (o && o->step_finished)
        o->step_finished(o->payload, attempt->step_name, ws_step_status_name(report->status), NULL);
    return 0;
}
