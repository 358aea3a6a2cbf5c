#ifndef WSFSM_REPO_STATE_DIR_H
#define WSFSM_REPO_STATE_DIR_H

#include "internal.h"

/* .wsfsm/worktrees.lock: whoever makes or removes a worktree, or a file of ours, holds it. What a
 * crash left half written in .wsfsm/worktrees is removed on the way in. To be dropped with
 * ws_lock_drop. */
int ws_state_lock(int *fd, struct ws_repo *r, struct ws_error *err);

/* Makes .worktrees with its .gitignore; refuses a link or a file in its place. The lock is held. */
int ws_worktrees_make(struct ws_repo *r, struct ws_error *err);

#endif
