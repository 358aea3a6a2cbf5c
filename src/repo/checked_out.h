#ifndef WSFSM_REPO_CHECKED_OUT_H
#define WSFSM_REPO_CHECKED_OUT_H

#include "internal.h"

/* The branches ("refs/heads/...") that the main worktree and the user's linked ones have checked
 * out; those below .worktrees are ours and do not count. Sorted. HEAD files are read as text: a
 * tool may have been at them. -1: one of them cannot be read, for a reason that is not its own. */
int ws_checked_out(struct ws_strv *branches, struct ws_repo *r, struct ws_error *err);

#endif
