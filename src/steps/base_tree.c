#include "wsfsm/steps/base_tree.h"

static int look(enum ws_tree_entry *out, void *payload, const char *path, struct ws_error *err)
{
    static const enum ws_tree_entry entries[] = {
        [WS_ENTRY_ABSENT] = WS_TREE_ABSENT,
        [WS_ENTRY_FILE] = WS_TREE_FILE,
        [WS_ENTRY_DIR] = WS_TREE_DIR,
    };
    const struct ws_base_tree *base = payload;
    enum ws_entry found;
    if (ws_repo_look(&found, base->repo, base->oid, path, err) < 0)
        return -1;
    *out = entries[found];
    return 0;
}

static int walk(void *payload, int (*each)(void *arg, const char *path), void *arg,
                struct ws_error *err)
{
    const struct ws_base_tree *base = payload;
    return ws_repo_walk(base->repo, base->oid, each, arg, err);
}

struct ws_tree_view ws_base_tree_view(const struct ws_base_tree *base)
{
    return (struct ws_tree_view){.look = look, .walk = walk, .payload = (void *)base};
}
