#ifndef WSFSM_REPO_STATE_DIR_H
#define WSFSM_REPO_STATE_DIR_H

#include "internal.h"

/* .wsfsm/worktrees.lock: whoever makes or removes a worktree, or a file of ours, holds it. What a
 * crash left half written in .wsfsm/worktrees is removed on the way in. Not to be taken twice. */
int ws_state_lock(struct ws_repo *r, struct ws_error *err);
void ws_state_unlock(struct ws_repo *r);

/* Makes .worktrees with its .gitignore; refuses a link or a file in its place. The lock is held. */
int ws_worktrees_make(struct ws_repo *r, struct ws_error *err);

#endif
