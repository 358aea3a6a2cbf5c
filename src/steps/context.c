#include "wsfsm/steps/context.h"

#include <stdlib.h>

#include "wsfsm/base/mem.h"

void ws_context_release(struct ws_context *c)
{
    ws_worktree_close(c->worktree);
    c->worktree = NULL;
    ws_facts_release(&c->facts);
}

int ws_context_check_lease(const struct ws_context *c, struct ws_error *err)
{
    struct ws_run_rows rows = {0};
    int rc = ws_store_runs(&rows, c->store, c->run_id, c->ws_id, err);
    if (rc == 0 && (!rows.len || rows.items[0].fence != c->fence))
        rc = ws_fail(err, WS_E_LEASE_LOST, c->run_id,
                     "another wsfsm has taken the run over; this one stops");
    ws_run_rows_release(&rows);
    return rc;
}

static int ask_lease(const void *context, struct ws_error *err)
{
    return ws_context_check_lease(context, err);
}

struct ws_consent ws_context_consent(const struct ws_context *c)
{
    return (struct ws_consent){.ask = ask_lease, .payload = c};
}

void ws_context_note(const struct ws_context *c, const char *what, const char *name)
{
    if (!name || !c->observer || !c->observer->note)
        return;
    char *text = ws_format("%s %s", what, name);
    c->observer->note(c->observer->payload, text);
    free(text);
}

/* It ends its tool by itself: at once when it lost its orchestrator, when its tool is ended where
 * that one only lost the workstream. Asked for consent just before the killing: after a take-over
 * it could be the supervisor of who took over. */
int ws_end_supervisor(const struct ws_repo *repo, const char *ws_id,
                      const struct ws_consent *consent, struct ws_error *err)
{
    enum { PATIENCE_MS = 2500 }; /* with the killing less than the promised 5 s */
    struct ws_error why = {0};
    char *lock = ws_tool_lock(repo, ws_id);
    int rc = ws_guard_wait(lock, PATIENCE_MS, &why);
    if (rc < 0 && why.code == WS_E_BUSY) {
        rc = consent ? consent->ask(consent->payload, &why) : 0;
        if (rc == 0)
            rc = ws_guard_kill(lock, &why);
    }
    free(lock);
    if (rc < 0)
        *err = why;
    return rc;
}

char *ws_attempt_dir(const struct ws_context *c, int64_t seq, const char *step)
{
    return ws_format("%s/runs/%s/%s/%lld-%s", ws_repo_state_dir(c->repo), c->run_id, c->ws_id,
                     (long long)seq, step);
}

char *ws_tool_lock(const struct ws_repo *repo, const char *ws_id)
{
    return ws_format("%s/locks/%s.tool", ws_repo_state_dir(repo), ws_id);
}
