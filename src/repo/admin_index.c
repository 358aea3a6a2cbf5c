#include "admin_index.h"

#include <string.h>
#include <unistd.h>

#include "names.h"
#include "wsfsm/base/buf.h"

struct writer {
    struct ws_repo *r;
    git_index *index;
    struct ws_buf path;
};

static int put_tree(struct writer *w, const git_oid *oid, const struct ws_node *node);

static git_index_time in_index(int64_t ns)
{
    const int64_t second = INT64_C(1000000000);

    return (git_index_time){.seconds = (int32_t)(ns / second),
                            .nanoseconds = (uint32_t)(ns % second)};
}

static int put_file(struct writer *w, uint32_t mode, const git_oid *oid,
                    const struct ws_stamp *stamp)
{
    git_index_entry entry = {.mode = mode, .id = *oid, .path = ws_buf_str(&w->path)};

    if (stamp != NULL && stamp->ino != 0) {
        entry.mtime = in_index(stamp->mtime);
        entry.ctime = in_index(stamp->ctime);
        entry.ino = (uint32_t)stamp->ino;
        entry.file_size = (uint32_t)stamp->size;
        entry.uid = geteuid();
        entry.gid = getegid();
    }
    return git_index_add(w->index, &entry);
}

static const struct ws_node *find(const struct ws_node *folder, const char *name)
{
    size_t low = 0, high = folder != NULL ? folder->len : 0;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(folder->items[mid].name, name);

        if (order == 0) {
            return &folder->items[mid];
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

/* `node`: what is there under this name, NULL: nothing alike. */
static int put_entry(struct writer *w, const char *name, uint32_t mode, const git_oid *oid,
                     const struct ws_node *node)
{
    size_t len = w->path.len;
    int rc;

    /* Nobody can check it out, and an index that cannot be written would hold up the run's end. */
    if (!ws_name_is_safe(name, mode == GIT_FILEMODE_LINK)) {
        return 0;
    }
    ws_buf_puts(&w->path, name);
    if (mode == GIT_FILEMODE_TREE) {
        ws_buf_putc(&w->path, '/');
        rc = put_tree(w, oid, node);
    } else {
        bool alike = node != NULL && node->mode == mode && git_oid_equal(&node->oid, oid);

        rc = put_file(w, mode, oid, alike ? &node->stamp : NULL);
    }
    w->path.len = len;
    w->path.data[len] = '\0';
    return rc;
}

static int put_tree(struct writer *w, const git_oid *oid, const struct ws_node *node)
{
    git_tree *tree = NULL;
    int rc = 0;

    if (node != NULL && node->mode == GIT_FILEMODE_TREE && git_oid_equal(&node->oid, oid)) {
        for (size_t i = 0; rc == 0 && i < node->len; i++) {
            const struct ws_node *n = &node->items[i];

            rc = put_entry(w, n->name, n->mode, &n->oid, n);
        }
        return rc;
    }
    rc = git_tree_lookup(&tree, w->r->git, oid);
    for (size_t i = 0; rc == 0 && i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *e = git_tree_entry_byindex(tree, i);
        const char *name = git_tree_entry_name(e);

        rc = put_entry(w, name, git_tree_entry_filemode(e), git_tree_entry_id(e), find(node, name));
    }
    git_tree_free(tree);
    return rc;
}

int ws_index_write(const char *path, struct ws_repo *r, const struct ws_node *root,
                   const git_oid *tree, struct ws_error *err)
{
    struct writer w = {.r = r};
    int rc = git_index_open(&w.index, path);

    if (rc == 0) {
        rc = put_tree(&w, tree, root);
    }
    if (rc == 0) {
        rc = git_index_write(w.index);
    }
    git_index_free(w.index);
    ws_buf_release(&w.path);
    return rc < 0 ? ws_fail_git(err, WS_E_IO, rc, path, "the index cannot be written") : 0;
}
