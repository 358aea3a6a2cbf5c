/* The index file of a worktree, for the git commands that people and tools run there. Ours is the
 * cache. */
#ifndef WSFSM_REPO_ADMIN_INDEX_H
#define WSFSM_REPO_ADMIN_INDEX_H

#include "node.h"

/* A new file with the entries of `tree`; those that `root` holds alike get its stamps. */
int ws_index_write(const char *path, struct ws_repo *r, const struct ws_node *root,
                   const git_oid *tree, struct ws_error *err);

#endif
