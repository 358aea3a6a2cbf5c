#include "enter.h"

#include <stdlib.h>
#include <string.h>

#include "beginning.h"
#include "setup.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/steps/environment.h"

static int tell_made(const struct ws_context *c, const struct ws_prepared *how,
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

/* A new worktree of the base's content, or an earlier run's that is taken over. */
static int make(struct ws_work *w, struct ws_error *err)
{
    struct ws_context *c = w->context;
    const struct ws_worktree_spec spec = {
        .run_id = c->run_id, .ws_id = c->ws_id, .base_oid = c->plan->base_oid};
    struct ws_prepared how = {0};
    struct ws_error why = {0};
    if (ws_context_check_lease(c, err) < 0)
        return -1;
    int rc = ws_worktree_prepare(&c->worktree, &how, c->repo, &spec, &why);
    ws_fault_point("steps.worktree");
    if (rc == 0) {
        ws_redact_each(&how.lost, &w->secrets);
        rc = tell_made(c, &how, err);
        ws_context_note(c, "the worktree of an earlier run was kept under", how.snapshot_ref);
        for (size_t i = 0; i < how.lost.len; i++)
            ws_context_note(c,
                            "what no snapshot can hold went with the worktree of an earlier run:",
                            how.lost.items[i]);
    } else if (why.code == WS_E_SCOPE_VIOLATION) {
        rc = ws_work_turned(w, "could_not_run", &why);
    } else {
        *err = why;
    }
    ws_strv_release(&how.lost);
    free(how.snapshot_ref);
    return rc;
}

static int put(struct ws_work *w, const char *tree, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    const struct ws_consent consent = ws_context_consent(c);
    return ws_worktree_restore(c->worktree, tree, c->plan->base_oid, &consent, err);
}

/* Setup works on the base's content, whatever an agent made of it since: it is the user who says
 * what runs there. */
static int set_up(struct ws_work *w, const char *base, bool made, struct ws_error *err)
{
    if (!made && put(w, base, err) < 0)
        return -1; /* what a setup that was killed has left */
    return ws_setup(w, err);
}

static bool lacks_setup(const struct ws_context *c)
{
    return ws_setup_wanted(c->plan) && !ws_worktree_is_set_up(c->worktree);
}

/* Makes what is missing of it, then brings it to the content the attempt begins with. */
static int complete(struct ws_work *w, bool missing, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_beginning beginning;
    char base[WS_OID_HEX];
    int rc = ws_beginning_find(&beginning, c, w->attempt, err);
    if (rc == 0)
        rc = ws_repo_tree_of(base, c->repo, c->plan->base_oid, err);
    if (rc == 0 && missing && !beginning.may_make) {
        w->report->event = "could_not_run";
        ws_report_reason(w->report, "could_not_run", "the worktree of run %s is gone", c->run_id);
        return 1;
    }
    if (rc == 0 && missing)
        rc = make(w, err);
    if (rc == 0 && lacks_setup(c))
        rc = set_up(w, base, missing, err);
    if (rc == 0 && strcmp(beginning.tree, base) != 0)
        rc = put(w, beginning.tree, err);
    return rc;
}

int ws_work_enter(struct ws_work *w, struct ws_error *err)
{
    int rc = ws_work_open_worktree(w, err);
    if (rc == WS_OPEN_ABSENT || (rc == WS_OPEN_FOUND && lacks_setup(w->context)))
        rc = complete(w, rc == WS_OPEN_ABSENT, err);
    return rc;
}
