#include "wsfsm/steps/context.h"

#include "wsfsm/base/mem.h"

void ws_context_release(struct ws_context *c)
{
    ws_worktree_close(c->worktree);
    c->worktree = NULL;
    ws_facts_release(&c->facts);
}

char *ws_attempt_dir(const struct ws_context *c, int64_t seq, const char *step)
{
    return ws_format("%s/runs/%s/%s/%lld-%s", ws_repo_state_dir(c->repo), c->run_id, c->ws_id,
                     (long long)seq, step);
}

char *ws_tool_lock(const struct ws_context *c)
{
    return ws_format("%s/locks/%s.tool", ws_repo_state_dir(c->repo), c->ws_id);
}
