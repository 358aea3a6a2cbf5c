#include "setup.h"

#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

bool ws_setup_wanted(const struct ws_plan *plan)
{
    return plan->provision.copy.len || plan->provision.setup.len;
}

static int end_with(struct ws_work *w, const char *event, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Returns 1. */
static int end_with(struct ws_work *w, const char *event, const char *code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *why = ws_vformat(format, ap);
    va_end(ap);
    w->report->event = event;
    ws_report_reason(w->report, code, "setting up the worktree: %s", why);
    free(why);
    return 1;
}

static const char unable[] = "could_not_run";

/* --- copies --- */

static bool is_stopped(void *stop)
{
    return stop && ws_stop_raised(stop) != WS_STOP_NONE;
}

static void warn_each(const struct ws_context *c, const struct ws_strv *paths, const char *what)
{
    const struct ws_observer *o = c->observer;
    for (size_t i = 0; o && o->warning && i < paths->len; i++) {
        char *text = ws_format("worktree.copy: '%s' %s", paths->items[i], what);
        o->warning(o->payload, text);
        free(text);
    }
}

static int tell_copied(const struct ws_context *c, const struct ws_brought *brought,
                       struct ws_error *err)
{
    struct ws_buf payload = {0};
    ws_json_open(&payload, '{');
    ws_json_kint(&payload, "files", (int64_t)brought->files);
    ws_json_kpaths(&payload, "absent", &brought->absent);
    ws_json_kpaths(&payload, "left_out", &brought->odd);
    ws_json_close(&payload, '}');
    int rc =
        ws_store_event(c->store, c->run_id, c->ws_id, "worktree_copied", ws_buf_str(&payload), err);
    ws_buf_release(&payload);
    return rc;
}

static int copy_files(struct ws_work *w, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_brought brought;
    struct ws_error why = {0};
    if (!c->plan->provision.copy.len)
        return 0;
    if (ws_worktree_bring(&brought, c->worktree, &c->plan->provision.copy, is_stopped, c->stop,
                          &why) < 0) {
        if (why.code == WS_E_CONFIG)
            return end_with(w, unable, unable, "%s: %s", why.where, why.message);
        *err = why;
        return -1;
    }
    int rc = tell_copied(c, &brought, err);
    warn_each(c, &brought.absent, "is not there: nothing was copied");
    warn_each(c, &brought.odd, "is no file, folder or link: it was not copied");
    ws_brought_release(&brought);
    ws_fault_point("steps.copied");
    return rc == 0 && ws_work_stopped(w) ? 1 : rc;
}

/* --- commands --- */

static int run_command(struct ws_work *w, const struct ws_profile *command, struct ws_error *err)
{
    struct ws_called called;
    int rc = ws_call_profile(&called, w, command, err);
    if (rc < 0 || called.verdict == WS_JUDGED_PASSED)
        return rc;
    bool late = called.verdict == WS_JUDGED_TIMEOUT;
    if (called.verdict != WS_JUDGED_STOPPED || !ws_work_stopped(w))
        end_with(w, late ? WS_EVENT_TIMEOUT : unable,
                 late ? ws_judgement_code(called.verdict, called.limit) : unable, "%s (%s): %s",
                 command->id, command->command, called.why);
    ws_called_release(&called);
    return 1;
}

static int run_commands(struct ws_work *w, struct ws_error *err)
{
    const struct ws_profiles *setup = &w->context->plan->provision.setup;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < setup->len; i++)
        rc = run_command(w, &setup->items[i], err);
    return rc;
}

/* --- what came of it --- */

/* What the attempt's start cannot hold would be held against the agent. */
static int check_odd(struct ws_work *w, const struct ws_content *left)
{
    const struct {
        const struct ws_strv *paths;
        const char *what;
    } odd[] = {
        {&left->nested, "is a repository of its own"},
        {&left->special, "is a device, FIFO or socket, or has a name of git's own"},
        {&left->closed, "is a folder that cannot be looked into"},
        {&left->too_large, "is too large to be kept"},
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (odd[i].paths->len)
            return end_with(w, unable, unable, "'%s' %s; have .gitignore name it",
                            odd[i].paths->items[0], odd[i].what);
    return 0;
}

static int check_tracked(struct ws_work *w, const struct ws_content *left, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_changes changes = {0};
    int rc = ws_repo_diff(&changes, c->repo, c->plan->base_oid, left->tree, err);
    for (size_t i = 0; rc == 0 && i < changes.len; i++) {
        const struct ws_change *ch = &changes.items[i];
        if (ch->status != 'A')
            rc = end_with(w, unable, unable,
                          "it changed '%s', which is tracked and would count as the agent's "
                          "change; use a command that does not, such as npm ci",
                          ch->old_path ? ch->old_path : ch->path);
    }
    ws_changes_release(&changes);
    return rc;
}

static int check_surroundings(struct ws_work *w, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_strv violations = {0}, moved = {0};
    int rc = ws_repo_fingerprint_compare(&violations, &moved, c->repo, c->plan->fingerprint,
                                         ws_worktree_branch(c->worktree), err);
    if (rc == 0 && violations.len)
        rc = end_with(w, unable, unable, "%s", violations.items[0]);
    ws_strv_release(&violations);
    ws_strv_release(&moved);
    return rc;
}

static int check_left(struct ws_work *w, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_content left;
    struct ws_error why = {0};
    if (ws_worktree_check(c->worktree, &why) < 0) {
        if (why.code == WS_E_SCOPE_VIOLATION || why.code == WS_E_UNKNOWN_ID)
            return end_with(w, unable, unable, "%s: %s", why.where, why.message);
        *err = why;
        return -1;
    }
    if (ws_worktree_content(&left, c->worktree, err) < 0)
        return -1;
    int rc = 0;
    if (!left.head_on_branch || strcmp(left.head, c->plan->base_oid) != 0)
        rc = end_with(w, unable, unable, "it moved HEAD or the branch");
    if (rc == 0)
        rc = check_odd(w, &left);
    if (rc == 0)
        rc = check_tracked(w, &left, err);
    if (rc == 0)
        rc = check_surroundings(w, err);
    ws_content_release(&left);
    return rc;
}

int ws_setup(struct ws_work *w, struct ws_error *err)
{
    int rc = copy_files(w, err);
    if (rc == 0)
        rc = run_commands(w, err);
    if (rc == 0)
        rc = check_left(w, err);
    w->set_up = rc == 0;
    ws_fault_point("steps.set_up");
    return rc;
}
