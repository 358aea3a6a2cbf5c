#include "wsfsm/steps/base_tree.h"

static enum ws_tree_entry look(void *payload, const char *path)
{
    const struct ws_base_tree *base = payload;
    switch (ws_repo_look(base->repo, base->oid, path)) {
    case WS_ENTRY_FILE:
        return WS_TREE_FILE;
    case WS_ENTRY_DIR:
        return WS_TREE_DIR;
    case WS_ENTRY_ABSENT:
        break;
    }
    return WS_TREE_ABSENT;
}

static int walk(void *payload, int (*each)(void *arg, const char *path), void *arg)
{
    const struct ws_base_tree *base = payload;
    struct ws_error ignored;
    return ws_repo_walk(base->repo, base->oid, each, arg, &ignored);
}

struct ws_tree_view ws_base_tree_view(const struct ws_base_tree *base)
{
    return (struct ws_tree_view){.look = look, .walk = walk, .payload = (void *)base};
}
