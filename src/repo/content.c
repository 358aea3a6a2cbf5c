#include "content.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "checkout.h"
#include "durable.h"
#include "plain.h"
#include "rights.h"
#include "scan.h"
#include "wsfsm/base/path.h"

void ws_content_release(struct ws_content *c)
{
    if (c == NULL) {
        return;
    }
    ws_strv_release(&c->nested);
    ws_strv_release(&c->special);
    ws_strv_release(&c->closed);
    ws_strv_release(&c->too_large);
    memset(c, 0, sizeof *c);
}

static bool same_names(const struct ws_strv *a, const struct ws_strv *b)
{
    bool same = a->len == b->len;

    for (size_t i = 0; same && i < a->len; i++) {
        same = strcmp(a->items[i], b->items[i]) == 0;
    }
    return same;
}

bool ws_content_same(const struct ws_content *a, const struct ws_content *b)
{
    return strcmp(a->tree, b->tree) == 0 && same_names(&a->nested, &b->nested) &&
           same_names(&a->special, &b->special) && same_names(&a->closed, &b->closed) &&
           same_names(&a->too_large, &b->too_large);
}

static struct ws_cache_key cache_key(const struct ws_worktree *w, const git_tree *base)
{
    struct ws_cache_key key = {.dev = w->rec.dev, .ino = w->rec.ino};

    memset(&key.base, 0, sizeof key.base);
    key.base = *git_tree_id(base);
    return key;
}

int ws_content_keep(const struct ws_node *root, struct ws_worktree *w, struct ws_error *err)
{
    char *path = ws_record_path(w->r, w->rec.ws_id, ".cache");
    git_tree *base = NULL;
    int rc = ws_git_tree(&base, w->r, w->rec.base, err);

    if (rc == 0) {
        struct ws_cache_key key = cache_key(w, base);

        key.pending = ws_durable_pending(w->r);
        rc = ws_cache_save(root, path, &key, err);
    }
    git_tree_free(base);
    free(path);
    return rc;
}

static void load_cache(struct ws_node *root, struct ws_worktree *w, const git_tree *base)
{
    char *path = ws_record_path(w->r, w->rec.ws_id, ".cache");
    struct ws_cache_key key = cache_key(w, base);

    if (ws_cache_load(root, path, &key)) {
        if (key.pending != 0) {
            ws_durable_suspect(w->r);
        }
    }
    free(path);
}

static bool keeps_modes(git_repository *view)
{
    git_config *config = NULL;
    int modes = 1;

    if (git_repository_config_snapshot(&config, view) == 0 &&
        git_config_get_bool(&modes, config, "core.filemode") < 0) {
        modes = 1;
    }
    git_config_free(config);
    return modes != 0;
}

static int run_scan(struct ws_scan *s, struct ws_node *root, struct ws_worktree *w,
                    const char *head, struct ws_error *err)
{
    char *index;
    int fd = -1, rc = -1;

    if (ws_admin_open_folder(&fd, w, err) < 0) {
        return -1;
    }
    index = ws_path_join(w->admin_path, "index");
    if (ws_git_tree(&s->blobs.base, w->r, w->rec.base, err) == 0 &&
        ws_git_view(&s->blobs.view, w->r, w->path, err) == 0 &&
        (head[0] == '\0' || strcmp(head, w->rec.base) == 0 ||
         ws_git_tree(&s->head, w->r, head, err) == 0)) {
        load_cache(root, w, s->blobs.base);
        s->modes = keeps_modes(s->blobs.view);
        s->index_path = index;
        s->top_path = w->path;
        rc = ws_scan_run(s, root, fd, err);
    }
    git_index_free(s->staged);
    free(index);
    git_tree_free(s->head);
    git_tree_free(s->blobs.base);
    git_repository_free(s->blobs.view);
    close(fd);
    return rc;
}

int ws_content_look(struct ws_content *out, struct ws_node *root, struct ws_worktree *w,
                    struct ws_error *err)
{
    struct ws_scan s = {.blobs = {.r = w->r, .limit = w->file_limit}, .out = out};

    memset(out, 0, sizeof *out);
    memset(root, 0, sizeof *root);
    if (ws_plain_git_dir(w->r->git_dir, WS_E_SCOPE_VIOLATION, err) < 0) {
        return -1;
    }
    if (ws_admin_head(out->head, &out->head_on_branch, w, err) < 0 ||
        run_scan(&s, root, w, out->head, err) < 0) {
        ws_content_release(out);
        ws_node_release(root);
        return -1;
    }
    ws_git_hex(out->tree, &root->oid);
    return 0;
}

int ws_worktree_content(struct ws_content *out, struct ws_worktree *w, struct ws_error *err)
{
    struct ws_node root;
    int rc = ws_content_look(out, &root, w, err);

    if (rc == 0) {
        rc = ws_content_keep(&root, w, err);
        if (rc < 0) {
            ws_content_release(out);
        }
    }
    ws_node_release(&root);
    return rc;
}

int ws_content_put(struct ws_node *root, struct ws_worktree *w, const git_oid *tree, bool fresh,
                   struct ws_error *err)
{
    struct ws_checkout c = {.blobs = {.r = w->r, .limit = w->file_limit}, .fresh = fresh};
    int fd = -1, rc = -1;

    if (ws_admin_open_folder(&fd, w, err) < 0) {
        return -1;
    }
    ws_rights_give(fd); /* the next attempt needs them as well */
    if (ws_git_tree(&c.blobs.base, w->r, w->rec.base, err) == 0 &&
        ws_git_view(&c.blobs.view, w->r, w->path, err) == 0) {
        c.is_base = git_oid_equal(git_tree_id(c.blobs.base), tree);
        rc = ws_checkout_run(&c, root, fd, tree, err);
    }
    git_tree_free(c.blobs.base);
    git_repository_free(c.blobs.view);
    close(fd);
    return rc;
}

int ws_worktree_snapshot(struct ws_worktree *w, const char *ref, const struct ws_content *content,
                         const char *message, struct ws_error *err)
{
    struct ws_commit c = {.tree = content->tree, .message = message};
    char there[WS_OID_HEX], tree[WS_OID_HEX], commit[WS_OID_HEX];
    size_t parents = 0;

    if (ws_repo_ref(there, w->r, ref, err) < 0) {
        return -1;
    }
    int rc = there[0] != '\0' ? ws_git_snapshot_tree(tree, w->r, there, err) : 1;
    if (rc < 0) {
        return -1;
    }
    if (rc == 0) {
        return strcmp(tree, content->tree) == 0
                   ? 0
                   : ws_fail(err, WS_E_LEASE_LOST, ref,
                             "this snapshot exists and holds something else");
    }
    if (content->head[0] != '\0') {
        c.parents[parents++] = content->head;
    }
    if (strcmp(content->head, w->rec.base) != 0) {
        c.parents[parents++] = w->rec.base;
    }
    /* A ref that leads to what a collector took meanwhile would stop every later one. */
    if (ws_repo_commit(commit, w->r, &c, err) < 0 ||
        ws_repo_check_stored(w->r, content->tree, w->rec.base, err) < 0) {
        return -1;
    }
    return ws_repo_move_ref(w->r, ref, there, commit, err); /* from what names no commit, too */
}
