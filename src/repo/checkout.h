/* Putting a tree into a worktree's folder. */
#ifndef WSFSM_REPO_CHECKOUT_H
#define WSFSM_REPO_CHECKOUT_H

#include "blob.h"
#include "node.h"

struct ws_checkout {
    struct ws_blobs blobs;
    bool fresh;   /* the folder is new: what is in the way is an error, else it is removed */
    bool is_base; /* the tree is the base's */
};

/* Makes the folder `top` hold `tree`, and `root`, which describes what is there, with it. What
 * `root` does not know (ignored files) stays, unless the tree needs its place. `top` stays the
 * caller's. */
int ws_checkout_run(struct ws_checkout *c, struct ws_node *root, int top, const git_oid *tree,
                    struct ws_error *err);

#endif
