#ifndef WSFSM_REPO_CHECKED_OUT_H
#define WSFSM_REPO_CHECKED_OUT_H

#include "admin.h"

/* The branches ("refs/heads/...") that the main worktree and the user's linked ones have checked
 * out; those below .worktrees are ours and do not count. Sorted. HEAD files are read as text: a
 * tool may have been at them. -1: one of them cannot be read, for a reason that is not its own. */
int ws_checked_out(struct ws_strv *branches, struct ws_repo *r, struct ws_error *err);

/* Where another worktree than `own` has the branch checked out, or rebases it: the main one, one of
 * the user's (also while it is not there), or another of ours that a tool was at. *place is
 * malloc'ed, NULL: nowhere. */
int ws_checked_out_elsewhere(char **place, const struct ws_worktree *own, const char *branch,
                             struct ws_error *err);

#endif
