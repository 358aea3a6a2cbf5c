/* Steps shared by making and removing worktrees; all under the lock. */
#ifndef WSFSM_REPO_PREPARE_H
#define WSFSM_REPO_PREPARE_H

#include "admin.h"

/* Removes what the record of `w` says was made, then the record. The branch stays. */
int ws_worktree_teardown(struct ws_worktree *w, struct ws_error *err);

/* Keeps the content, when it is neither the base's nor kept already, under
 * refs/wsfsm/RUN/WS/left-N. *ref is malloc'ed, NULL: nothing to keep. `lost` (may be NULL): what of
 * it no snapshot can hold. */
int ws_worktree_keep(char **ref, struct ws_strv *lost, struct ws_worktree *w, struct ws_error *err);

/* The branch of the record at its base. A tip that only an earlier run's branch held is kept first;
 * a branch that is not ours is refused. */
int ws_worktree_make_branch(struct ws_worktree *w, struct ws_error *err);

/* -1: another worktree has the branch of the run checked out, and so it is not to be moved. */
int ws_worktree_check_branch(struct ws_repo *r, const char *run_id, const char *ws_id,
                             struct ws_error *err);

#endif
