/* The node tree of a worktree in a file: .wsfsm/worktrees/<ws_id>.cache. A cache and nothing more:
 * one that is absent, damaged or another folder's only makes the next look slower. */
#ifndef WSFSM_REPO_CACHE_H
#define WSFSM_REPO_CACHE_H

#include "node.h"

struct ws_cache_key {
    uint64_t dev, ino; /* of the worktree's folder */
    git_oid base;      /* tree of the base */
    uint32_t pending;  /* out: objects may not be durable yet */
};

/* False: there is none to be used; *root is zeroed. */
bool ws_cache_load(struct ws_node *root, const char *path, struct ws_cache_key *key);
int ws_cache_save(const struct ws_node *root, const char *path, const struct ws_cache_key *key,
                  struct ws_error *err);

#endif
