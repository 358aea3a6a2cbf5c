#include "calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/glob.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/project/scope.h"
#include "wsfsm/steps/base_tree.h"
#include "wsfsm/steps/environment.h"
#include "wsfsm/steps/toolrun.h"

void ws_called_release(struct ws_called *c)
{
    free(c->why);
    c->why = NULL;
}

static void on_progress(void *payload, const struct ws_progress *p)
{
    const struct ws_observer *o = payload;
    if (o->tool_progress)
        o->tool_progress(o->payload, p);
}

static int announce(struct ws_work *w, const char *id, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_buf payload = {0};
    ws_json_open(&payload, '{');
    ws_json_kstr(&payload, "step_name", w->attempt->step_name);
    ws_json_kint(&payload, "attempt_id", w->attempt->id);
    ws_json_kstr(&payload, "tool", id);
    ws_json_close(&payload, '}');
    int rc =
        ws_store_event(c->store, c->run_id, c->ws_id, "tool_started", ws_buf_str(&payload), err);
    ws_buf_release(&payload);
    if (rc == 0 && c->observer && c->observer->tool_started)
        c->observer->tool_started(c->observer->payload, w->attempt->step_name, id);
    return rc;
}

static char *explain(enum ws_judgement verdict, const struct ws_tool_run *run)
{
    const struct ws_exit *e = &run->exit;
    switch (verdict) {
    case WS_JUDGED_PASSED:
        return NULL;
    case WS_JUDGED_COULD_NOT_RUN:
        return ws_format("could not start: %s", e->start_error);
    case WS_JUDGED_STOPPED:
        return ws_strdup("stopped");
    case WS_JUDGED_TIMEOUT:
        if (e->timed_out == WS_LIMIT_IDLE)
            return ws_strdup("printed nothing for longer than its idle timeout");
        return ws_strdup(e->timed_out == WS_LIMIT_WALL ? "ran longer than its timeout"
                                                       : "ran into the deadline of the state");
    case WS_JUDGED_FAILED:
        break;
    }
    if (e->signal)
        return ws_format("ended by signal %d", e->signal);
    if (e->pattern_matched)
        return ws_format("a failure pattern matched: %s", e->matched_line);
    return ws_format("exit code %d%s", e->exit_code,
                     e->exit_code == 0 ? ", which is none of its success_exit_codes" : "");
}

/* `auto`, and it could not be had: nobody should learn that from a record only. */
static void warn_unconfined(const struct ws_observer *o, const char *id,
                            const struct ws_tool_run *run)
{
    if (!run->unconfined_why || !run->exit.started || !o || !o->warning)
        return;
    char *text = ws_format("%s ran unconfined: %s", id, run->unconfined_why);
    o->warning(o->payload, text);
    free(text);
}

/* Judges, records and tells what came of a call. */
static void settle(struct ws_called *out, struct ws_work *w, const struct ws_tool_call *call,
                   const struct ws_tool_run *run)
{
    const struct ws_observer *o = w->context->observer;
    out->verdict = ws_judge_exit(call->profile, &run->exit);
    out->limit = run->exit.timed_out;
    out->why = explain(out->verdict, run);
    struct ws_buf record = {0};
    ws_tool_record(&record, call, run, ws_judgement_name(out->verdict));
    if (w->records.len)
        ws_buf_putc(&w->records, ',');
    ws_buf_add(&w->records, record.data, record.len);
    ws_report_event(w->report, "tool_finished", ws_buf_str(&record));
    ws_buf_release(&record);
    warn_unconfined(o, call->id, run);
    if (o && o->tool_finished)
        o->tool_finished(o->payload, w->attempt->step_name, call->id, &run->exit);
}

static struct ws_tool_call call_in(const struct ws_work *w, const char *id)
{
    const struct ws_context *c = w->context;
    return (struct ws_tool_call){
        .id = id,
        .environment =
            {
                .run_id = c->run_id,
                .ws_id = c->ws_id,
                .step = w->attempt->step_name,
                .seq = w->attempt->seq,
                .attempt = w->attempt->number,
                .worktree = ws_worktree_path(c->worktree),
                .repo = ws_repo_root(c->repo),
                .deadline_ms = w->attempt->deadline_ms,
                .git_name = ws_repo_user_name(c->repo),
                .git_email = ws_repo_user_email(c->repo),
            },
        .default_dir = ws_worktree_path(c->worktree),
        .left_ms = ws_work_left_ms(w),
        .secrets = &w->secrets,
        .repo = c->repo,
        .places =
            {
                .root = ws_repo_root(c->repo),
                .git_dir = ws_repo_git_dir(c->repo),
                .state_dir = ws_repo_state_dir(c->repo),
                .worktree = ws_worktree_path(c->worktree),
                .admin_dir = ws_worktree_admin_dir(c->worktree),
                .branch = ws_worktree_branch(c->worktree),
                .log_dir = w->dir,
                .patch = c->plan->patch_file,
            },
    };
}

/* Who took the run over while we slept has ended our supervisor with the tool: that is why it did
 * not answer. */
static int call_of_ours(struct ws_tool_run *run, const struct ws_context *c,
                        const struct ws_tool_call *call, struct ws_error *err)
{
    struct ws_error why = {0};
    if (ws_tool_call(run, call, err) == 0)
        return 0;
    if (ws_context_check_lease(c, &why) < 0 && why.code == WS_E_LEASE_LOST)
        *err = why;
    return -1;
}

/* Announces, runs and settles a call; `begun` is complete but for its logs and its watch. */
static int carry_out(struct ws_called *out, struct ws_work *w, const struct ws_tool_call *begun,
                     struct ws_error *err)
{
    struct ws_context *c = w->context;
    struct ws_tool_call call = *begun;
    const struct ws_watch watch = {
        .progress = c->observer ? on_progress : NULL,
        .payload = (void *)c->observer,
        .stop = c->stop,
    };
    struct ws_tool_run run = {0};
    char *stem = ws_format("%s/%d-%s", w->dir, ++w->tools, call.id);
    char *lock = ws_tool_lock(c->repo, c->ws_id);
    const struct ws_consent consent = ws_context_consent(c);
    int rc = ws_end_supervisor(c->repo, c->ws_id, &consent, err);
    if (rc == 0)
        rc = ws_context_check_lease(c, err); /* we may have slept while another took over */
    if (rc == 0)
        rc = announce(w, call.id, err);
    call.lock_file = lock;
    call.log_stem = stem;
    call.watch = &watch;
    if (rc == 0 && call.left_ms < 0)
        run.exit =
            (struct ws_exit){.started = true, .exit_code = -1, .timed_out = WS_LIMIT_DEADLINE};
    else if (rc == 0)
        rc = call_of_ours(&run, c, &call, err);
    if (rc == 0)
        settle(out, w, &call, &run);
    ws_tool_run_release(&run);
    free(lock);
    free(stem);
    return rc;
}

/* --- a profile --- */

bool ws_profile_asks_for(const struct ws_profile *p, const char *placeholder)
{
    for (size_t i = 0; i < p->args.len; i++)
        if (strstr(p->args.items[i], placeholder))
            return true;
    return false;
}

struct scoped {
    const struct ws_scope *scope;
    struct ws_strv *out;
};

static int add_scoped(void *payload, const char *path)
{
    struct scoped *s = payload;
    if (ws_scope_has(s->scope, path))
        ws_strv_add(s->out, path);
    return s->out->len >= WS_SCOPE_FILES_MAX;
}

/* Does the entry name one file? Agents refuse folders where they are given files. */
static int names_file(bool *is, const char *entry, const struct ws_tree_view *tree,
                      struct ws_error *err)
{
    enum ws_tree_entry found = WS_TREE_DIR;
    int rc = 0;
    if (ws_glob_is_literal(entry) && !ws_ends_with(entry, "/"))
        rc = tree->look(&found, tree->payload, entry, err);
    *is = found != WS_TREE_DIR;
    return rc;
}

/* What may be created, and is in no tree yet. */
static int add_new_files(struct ws_strv *out, const struct ws_strv *entries,
                         const struct ws_tree_view *tree, struct ws_error *err)
{
    for (size_t i = 0; i < entries->len && out->len < WS_SCOPE_FILES_MAX; i++) {
        bool is_file;
        if (ws_strv_has(out, entries->items[i]))
            continue;
        if (names_file(&is_file, entries->items[i], tree, err) < 0)
            return -1;
        if (is_file)
            ws_strv_add(out, entries->items[i]);
    }
    return 0;
}

int ws_scope_files(struct ws_strv *out, const struct ws_context *c, struct ws_error *err)
{
    const struct ws_workstream *ws = &c->plan->workstream;
    const struct ws_base_tree base = {.repo = c->repo, .oid = c->plan->base_oid};
    const struct ws_tree_view view = ws_base_tree_view(&base);
    struct ws_scope *scope;
    if (ws_scope_new(&scope, &ws->files_scope, &ws->files_create, &view, err) < 0)
        return -1;
    struct scoped s = {.scope = scope, .out = out};
    int rc = ws_repo_walk(c->repo, c->plan->base_oid, add_scoped, &s, err);
    ws_scope_free(scope);
    return rc < 0 ? -1 : add_new_files(out, &ws->files_create, &view, err);
}

static struct ws_template_values values_for(const struct ws_work *w, const struct ws_inputs *inputs)
{
    const struct ws_context *c = w->context;
    return (struct ws_template_values){
        .cwd = ws_worktree_path(c->worktree),
        .repo_root = ws_repo_root(c->repo),
        .worktree_path = ws_worktree_path(c->worktree),
        .run_id = c->run_id,
        .ws_id = c->ws_id,
        .step = w->attempt->step_name,
        .prompt_file = inputs->prompt_file,
        .model_name = c->plan->model,
        .log_dir = w->dir,
        .message = inputs->message,
        .patch_file = c->plan->patch_file,
        .files_scope = &c->plan->workstream.files_scope,
        .files_create = &c->plan->workstream.files_create,
        .changed_files = &inputs->changed_files,
    };
}

static void no_profile(struct ws_called *out, struct ws_work *w, const char *id)
{
    const struct ws_tool_call call = call_in(w, id);
    struct ws_tool_run run = {.exit = {.exit_code = -1}};
    snprintf(run.exit.start_error, sizeof run.exit.start_error,
             "no profile of that id; `wsfsm tool list` shows those there are");
    settle(out, w, &call, &run);
    ws_tool_run_release(&run);
}

static int call_profile(struct ws_called *out, struct ws_work *w, const struct ws_profile *profile,
                        const struct ws_inputs *inputs, struct ws_error *err)
{
    struct ws_strv scope_files = {0};
    int rc = 0;
    if (ws_profile_asks_for(profile, "{scope_files}"))
        rc = ws_scope_files(&scope_files, w->context, err);
    if (rc == 0) {
        struct ws_tool_call call = call_in(w, profile->id);
        call.profile = profile;
        call.values = values_for(w, inputs);
        call.values.scope_files = &scope_files;
        rc = carry_out(out, w, &call, err);
    }
    ws_strv_release(&scope_files);
    return rc;
}

int ws_call_tool(struct ws_called *out, struct ws_work *w, const char *id,
                 const struct ws_inputs *inputs, struct ws_error *err)
{
    const struct ws_profile *profile = ws_profiles_find(&w->context->plan->profiles, id);
    *out = (struct ws_called){0};
    if (profile)
        return call_profile(out, w, profile, inputs, err);
    no_profile(out, w, id);
    return 0;
}

int ws_call_profile(struct ws_called *out, struct ws_work *w, const struct ws_profile *profile,
                    struct ws_error *err)
{
    static const struct ws_inputs nothing;
    *out = (struct ws_called){0};
    return call_profile(out, w, profile, &nothing, err);
}

/* --- a shell command --- */

/* What an agent may know and a test may not: the secrets handed to profiles of type ai. */
static void agents_secrets(struct ws_strv *out, const struct ws_plan *plan)
{
    for (size_t i = 0; i < plan->profiles.len; i++)
        if (plan->profiles.items[i].type == WS_TOOL_AI)
            ws_environment_secret_names(out, &plan->profiles.items[i].pass_env);
}

int ws_call_test(struct ws_called *out, struct ws_work *w, const char *id, const char *command,
                 struct ws_error *err)
{
    *out = (struct ws_called){0};
    const struct ws_plan *plan = w->context->plan;
    struct ws_strv withheld = {0};
    agents_secrets(&withheld, plan);
    struct ws_tool_call call = call_in(w, id);
    call.shell = command;
    call.timeout_sec = plan->acceptance_timeout_sec;
    call.idle_timeout_sec = plan->acceptance_idle_timeout_sec;
    call.sandbox = &plan->acceptance_sandbox;
    call.environment.env = &plan->acceptance_env;
    call.environment.pass_env = &plan->acceptance_pass_env;
    call.environment.withhold = &withheld;
    int rc = carry_out(out, w, &call, err);
    ws_strv_release(&withheld);
    return rc;
}
