/* The base commit's tree as the project layer looks at it: repository and project are siblings and meet here. */
#ifndef WSFSM_STEPS_BASE_TREE_H
#define WSFSM_STEPS_BASE_TREE_H

#include "wsfsm/project/bundle.h"
#include "wsfsm/repo/repo.h"

struct ws_base_tree {
    struct ws_repo *repo;
    const char *oid; /* commit */
};

/* Both the tree and what it names must outlive the view. */
struct ws_tree_view ws_base_tree_view(const struct ws_base_tree *base);

#endif
