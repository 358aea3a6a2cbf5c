/* The worktree's content: looked at, and put back. */
#ifndef WSFSM_REPO_CONTENT_H
#define WSFSM_REPO_CONTENT_H

#include "admin.h"

/* As ws_worktree_content; the node tree is left in *root for the caller, who releases it. */
int ws_content_look(struct ws_content *out, struct ws_node *root, struct ws_worktree *w,
                    struct ws_error *err);

/* Puts `tree` into the folder; *root as it is there before and after. */
int ws_content_put(struct ws_node *root, struct ws_worktree *w, const git_oid *tree, bool fresh,
                   struct ws_error *err);

/* Keeps *root for the next look. */
int ws_content_keep(const struct ws_node *root, struct ws_worktree *w, struct ws_error *err);

#endif
