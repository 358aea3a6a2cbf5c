/* What a worktree holds now, for the commands that show it. */
#ifndef WSFSM_CLI_WORKTREE_LOOK_H
#define WSFSM_CLI_WORKTREE_LOOK_H

#include "worktrees.h"

struct ws_look {
    struct ws_session session;
    struct ws_worktree_infos infos;
    const struct ws_worktree_info *info;
    struct ws_content content;
    struct ws_changes changes; /* against the base */
};

/* At the worktree that --ws-id names. To be released, also when this fails. */
int ws_look_at(struct ws_look *l, const struct ws_cli *cli, struct ws_error *err);
void ws_look_release(struct ws_look *l);

/* A changed path is not UTF-8, and is shown in another form. */
bool ws_look_is_encoded(const struct ws_look *l);

extern const struct ws_option ws_look_options[];

#endif
