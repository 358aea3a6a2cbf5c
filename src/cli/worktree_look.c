#include "worktree_look.h"

#include <string.h>

#include "wsfsm/base/text.h"

void ws_look_release(struct ws_look *l)
{
    ws_changes_release(&l->changes);
    ws_content_release(&l->content);
    ws_worktree_infos_release(&l->infos);
    ws_session_close(&l->session);
}

static int read_content(struct ws_look *l, struct ws_error *err)
{
    const struct ws_worktree_spec spec = {
        .run_id = l->info->run_id, .ws_id = l->info->ws_id, .base_oid = l->info->base_oid};
    struct ws_worktree *w = NULL;
    int status = ws_worktree_open(&w, l->session.repo, &spec, err);

    if (status == 0) {
        status = ws_worktree_content(&l->content, w, err);
    }
    if (status == 0) {
        status = ws_repo_diff(&l->changes, l->session.repo, spec.base_oid, l->content.tree, err);
    }
    ws_worktree_close(w);
    return status;
}

int ws_look_at(struct ws_look *l, const struct ws_cli *cli, struct ws_error *err)
{
    if (ws_cli_open_to_read(&l->session, cli, err) != 0) {
        return -1;
    }
    if (ws_worktree_list(&l->infos, l->session.repo, err) != 0) {
        return -1;
    }
    l->info = ws_cli_find_worktree(&l->infos, ws_args_value(cli->args, "ws-id"), err);
    if (l->info == NULL) {
        return -1;
    }
    if (l->info->problem != NULL) {
        bool absent = strcmp(l->info->state, "gone") == 0 || strcmp(l->info->state, "making") == 0;

        return ws_fail(err, absent ? WS_E_UNKNOWN_ID : WS_E_SCOPE_VIOLATION, l->info->path, "%s",
                       l->info->problem);
    }
    return read_content(l, err);
}

bool ws_look_is_encoded(const struct ws_look *l)
{
    bool any = ws_path_is_encoded(l->info->path);

    for (size_t i = 0; i < l->changes.len && !any; i++) {
        any = ws_path_is_encoded(l->changes.items[i].path) ||
              ws_path_is_encoded(l->changes.items[i].old_path);
    }
    return any;
}

const struct ws_option ws_look_options[] = {
    {.name = "ws-id",
     .argument = "ID",
     .required = true,
     .complete = WS_COMPLETE_WS_ID,
     .help = "The workstream."},
    {0},
};
