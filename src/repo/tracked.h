/* What is wsfsm's own, and must not come with the repository. */
#ifndef WSFSM_SRC_REPO_TRACKED_H
#define WSFSM_SRC_REPO_TRACKED_H

#include "internal.h"

/* As ws_repo_check_own for the tree of a commit that need not be checked out; without a database.
 */
int ws_tracked_check_commit(struct ws_repo *r, const git_oid *commit, struct ws_error *err);

#endif
