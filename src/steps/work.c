#include "work.h"

#include "dry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/clock.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"
#include "wsfsm/steps/environment.h"

static int init(struct ws_work *w, struct ws_context *context, const struct ws_attempt *attempt,
                struct ws_report *report, struct ws_error *err)
{
    *w = (struct ws_work){
        .context = context,
        .attempt = attempt,
        .report = report,
        .began_ms = ws_boot_ms(),
        .dir = ws_attempt_dir(context, attempt->seq, attempt->step_name),
    };
    ws_facts_release(&context->facts);
    if (ws_facts_parse(&context->facts, attempt->facts_json, err) < 0)
        return -1;
    ws_plan_secrets(&w->secrets, context->plan);
    int rc = ws_mkdirs_below(ws_repo_state_dir(context->repo), w->dir, 0700, err);
    ws_fault_point("steps.attempt_folder");
    return rc;
}

static void release(struct ws_work *w)
{
    free(w->dir);
    free(w->snapshot_ref);
    ws_buf_release(&w->records);
    ws_strv_release(&w->secrets);
    ws_content_release(&w->start);
    ws_content_release(&w->now);
    ws_strv_release(&w->lost);
}

int64_t ws_work_left_ms(const struct ws_work *w)
{
    if (!w->attempt->left_ms)
        return 0;
    int64_t left = w->attempt->left_ms - (ws_boot_ms() - w->began_ms);
    return left > 0 ? left : -1;
}

int ws_work_hold(const struct ws_work *w, int64_t seq, const char *kind, const char *tree,
                 struct ws_error *err)
{
    struct ws_context *c = w->context;
    bool held;
    int rc = ws_worktree_holds(&held, c->worktree, seq, tree, err);
    if (rc < 0 || held)
        return rc;
    if (ws_context_check_lease(c, err) < 0)
        return -1;
    char *ref = ws_format("refs/wsfsm/%s/%s/%lld%s", c->run_id, c->ws_id, (long long)seq, kind);
    char *message = ws_format(
        "wsfsm: %s: the %s of attempt %d of %s\n\nWsfsm-Run: %s\nWsfsm-Workstream: %s\n", c->ws_id,
        kind + 1, w->attempt->number, w->attempt->step_name, c->run_id, c->ws_id);
    rc = ws_worktree_hold(c->worktree, ref, tree, message, err);
    free(message);
    free(ref);
    ws_fault_point("steps.held");
    return rc;
}

int ws_work_take_start(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    if (ws_worktree_content(&w->start, c->worktree, err) < 0)
        return -1;
    ws_fault_point("steps.start_content");
    int rc = ws_work_hold(w, w->attempt->seq, WS_REF_START, w->start.tree, err);
    if (rc == 0)
        rc = ws_store_attempt_start(c->store, w->attempt->id, c->fence, w->start.tree, err);
    if (rc == 0 && w->set_up)
        rc = ws_worktree_note_set_up(c->worktree, err);
    return rc;
}

char *ws_work_snapshot_ref(const struct ws_work *w)
{
    const struct ws_context *c = w->context;
    return ws_format("refs/wsfsm/%s/%s/%lld", c->run_id, c->ws_id, (long long)w->attempt->seq + 1);
}

/* Looking at the content may have taken long: whether the run is still ours is asked again. */
static int keep(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    char *ref = ws_work_snapshot_ref(w);
    char *message =
        ws_format("wsfsm: %s after attempt %d of %s\n\nWsfsm-Run: %s\nWsfsm-Workstream: %s\n",
                  c->ws_id, w->attempt->number, w->attempt->step_name, c->run_id, c->ws_id);
    int rc = ws_context_check_lease(c, err);
    if (rc == 0)
        rc = ws_worktree_snapshot(c->worktree, ref, &w->now, message, err);
    free(message);
    if (rc == 0)
        w->snapshot_ref = ref;
    else
        free(ref);
    ws_fault_point("steps.snapshot");
    return rc;
}

/* It may quote a name that a tool has chosen. */
static void mask_message(struct ws_work *w)
{
    struct ws_report *r = w->report;
    if (!r->error_message)
        return;
    char *shown = ws_redacted(r->error_message, &w->secrets);
    free(r->error_message);
    r->error_message = shown;
}

int ws_work_turned(struct ws_work *w, const char *event, const struct ws_error *why)
{
    w->report->event = event;
    ws_report_reason(w->report, "scope_violation", "%s%s%s", why->where, why->where[0] ? ": " : "",
                     why->message);
    mask_message(w);
    return 1;
}

int ws_work_take_end(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    struct ws_error why = {0};
    if (ws_context_check_lease(c, err) < 0)
        return -1;
    if (ws_worktree_check(c->worktree, &why) < 0) {
        /* A folder that the tool removed is no less turned against us than one it replaced. */
        if (why.code != WS_E_SCOPE_VIOLATION && why.code != WS_E_UNKNOWN_ID) {
            *err = why;
            return -1;
        }
        int rc = ws_work_turned(w, "failed", &why);
        struct ws_buf payload = {0};
        ws_json_open(&payload, '{');
        ws_json_kstr(&payload, "reason", w->report->error_message);
        ws_json_close(&payload, '}');
        ws_report_event(w->report, "scope_violation", ws_buf_str(&payload));
        ws_buf_release(&payload);
        return rc;
    }
    if (ws_worktree_content(&w->now, c->worktree, err) < 0)
        return -1;
    ws_content_lost(&w->lost, c->worktree, &w->now);
    ws_redact_each(&w->lost, &w->secrets);
    ws_fault_point("steps.end_content");
    bool changed =
        strcmp(w->now.tree, w->start.tree) != 0 || strcmp(w->now.head, w->start.head) != 0;
    return changed ? keep(w, err) : 0;
}

int ws_work_open_worktree(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    struct ws_error why = {0};
    if (c->worktree && ws_worktree_check(c->worktree, &why) == 0)
        return WS_OPEN_FOUND;
    const struct ws_worktree_spec spec = {
        .run_id = c->run_id, .ws_id = c->ws_id, .base_oid = c->plan->base_oid};
    ws_worktree_close(c->worktree);
    c->worktree = NULL;
    if (ws_worktree_open(&c->worktree, c->repo, &spec, &why) == 0)
        return WS_OPEN_FOUND;
    if (why.code == WS_E_UNKNOWN_ID)
        return WS_OPEN_ABSENT;
    if (why.code == WS_E_SCOPE_VIOLATION) {
        ws_work_turned(w, "could_not_run", &why);
        return WS_OPEN_TURNED;
    }
    *err = why;
    return -1;
}

bool ws_work_stopped(struct ws_work *w)
{
    struct ws_stop *stop = w->context->stop;
    if (!stop || ws_stop_raised(stop) == WS_STOP_NONE)
        return false;
    if (ws_stop_raised(stop) == WS_STOP_CANCEL) {
        w->report->event = WS_EVENT_CANCEL;
        ws_report_reason(w->report, "cancel", "cancelled");
    } else {
        w->report->left = true;
    }
    return true;
}

static enum ws_step_status status_of(const char *event)
{
    static const struct {
        const char *event;
        enum ws_step_status status;
    } known[] = {
        {"passed", WS_STEP_SUCCESS},
        {"skipped", WS_STEP_SKIPPED},
        {WS_EVENT_INTERRUPTED, WS_STEP_INTERRUPTED},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(event, known[i].event))
            return known[i].status;
    return WS_STEP_FAILURE;
}

static void write_details(struct ws_buf *out, const struct ws_work *w)
{
    const struct ws_context *c = w->context;
    struct ws_buf escaped = {0};
    bool marked = false;
    for (size_t i = 0; i < c->facts.changed_files.len; i++)
        marked |= ws_escape_path(&escaped, c->facts.changed_files.items[i]);
    ws_buf_release(&escaped);

    ws_json_open(out, '{');
    ws_json_key(out, "tools");
    ws_json_open(out, '[');
    if (w->records.len)
        ws_buf_add(out, w->records.data, w->records.len);
    ws_json_close(out, ']');
    ws_json_kpaths(out, "changed_files", &c->facts.changed_files);
    if (marked)
        ws_json_kbool(out, "paths_encoded", true);
    ws_json_kstr(out, "tree_id", w->now.tree[0] ? w->now.tree : NULL);
    ws_json_kstr(out, "start_tree_id", w->start.tree[0] ? w->start.tree : NULL);
    ws_json_kstr(out, "snapshot", w->snapshot_ref);
    if (w->lost.len)
        ws_json_kpaths(out, "lost", &w->lost);
    ws_json_kstr(out, "note", w->note);
    if (c->facts.scope_checked) {
        ws_json_kpaths(out, "out_of_scope_files", &c->facts.out_of_scope);
        ws_json_kstrv(out, "violations", &c->facts.violations);
    }
    ws_json_close(out, '}');
}

/* A refused scope is an error of the workstream, but not of the step that looked. */
static bool did_well(const struct ws_report *r)
{
    return r->status == WS_STEP_SUCCESS || r->status == WS_STEP_SKIPPED;
}

static void write_result(struct ws_work *w)
{
    struct ws_report *r = w->report;
    bool success = did_well(r);
    struct ws_buf out = {0};
    ws_json_open(&out, '{');
    ws_json_kstr(&out, "step_name", w->attempt->step_name);
    ws_json_kbool(&out, "success", success);
    ws_json_kstr(&out, "status", ws_step_status_name(r->status));
    ws_json_key(&out, "details");
    write_details(&out, w);
    ws_json_kstr(&out, "error_code", success ? NULL : r->error_code);
    ws_json_kstr(&out, "error_message", success ? NULL : r->error_message);
    ws_json_close(&out, '}');
    free(r->result_json);
    r->result_json = ws_buf_steal(&out);
}

static void tell_completed(struct ws_work *w)
{
    struct ws_report *r = w->report;
    const char *message = did_well(r) ? NULL : r->error_message;
    struct ws_buf payload = {0};
    ws_json_open(&payload, '{');
    ws_json_kstr(&payload, "step_name", w->attempt->step_name);
    ws_json_kint(&payload, "attempt", w->attempt->number);
    ws_json_kstr(&payload, "status", ws_step_status_name(r->status));
    ws_json_kstr(&payload, "event", r->event);
    ws_json_kstr(&payload, "error_message", message);
    ws_json_close(&payload, '}');
    ws_report_event(r, "step_completed", ws_buf_str(&payload));
    ws_buf_release(&payload);
    const struct ws_observer *o = w->context->observer;
    if (o && o->step_finished)
        o->step_finished(o->payload, w->attempt->step_name, ws_step_status_name(r->status),
                         message);
}

static void conclude(struct ws_work *w)
{
    struct ws_report *r = w->report;
    if (r->left)
        return;
    mask_message(w);
    struct ws_context *c = w->context;
    r->status = status_of(r->event);
    r->facts = &c->facts;
    if (c->facts.change[0] && !r->tree_oid)
        ws_report_tree(r, c->facts.change);
    struct ws_buf facts = {0};
    ws_facts_json(&facts, &c->facts);
    r->facts_json = ws_buf_steal(&facts);
    write_result(w);
    tell_completed(w);
}

int ws_work_carry_out(struct ws_report *report, struct ws_context *context,
                      const struct ws_attempt *attempt,
                      int (*work)(struct ws_work *w, struct ws_error *err), struct ws_error *err)
{
    if (context->plan->dry_run)
        return ws_dry_step(report, context, attempt, err);
    struct ws_work w;
    int rc = init(&w, context, attempt, report, err);
    if (rc == 0)
        rc = work(&w, err);
    if (rc >= 0)
        conclude(&w);
    release(&w);
    return rc < 0 ? -1 : 0;
}
