#include "checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attributes.h"
#include "hidden.h"
#include "names.h"
#include "remove_tree.h"
#include "rights.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"

enum { MAX_DEPTH = 400 };

struct update {
    struct ws_checkout *c;
    struct ws_buf path;
    bool plain; /* no attribute can change a file's bytes on the way out */
    struct ws_error *err;
};

static int update_folder(struct update *u, int dir, struct ws_node *node, const git_oid *tree,
                         bool attributes, unsigned depth);

static int by_name(const void *a, const void *b)
{
    const struct ws_node *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static void leave_out(struct ws_node *n)
{
    struct ws_node nothing = {.name = n->name};

    n->name = NULL;
    ws_node_release(n);
    *n = nothing;
}

/* The entries of a tree as nodes without stamps, by name. */
static int read_tree(struct ws_node *out, struct update *u, const git_oid *oid)
{
    git_tree *tree = NULL;
    int rc = git_tree_lookup(&tree, u->c->blobs.r->git, oid);

    if (rc < 0) {
        return ws_fail_git(u->err, WS_E_REPOSITORY, rc, ws_buf_str(&u->path),
                           "the tree cannot be read");
    }
    for (size_t i = 0; rc == 0 && i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        const char *name = git_tree_entry_name(entry);

        if (!ws_name_is_safe(name, git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK)) {
            rc = ws_fail(u->err, WS_E_REPOSITORY, ws_buf_str(&u->path),
                         "the base holds the name '%s', which git must never check out", name);
            break;
        }
        struct ws_node *n = ws_node_add(out, name);

        n->mode = git_tree_entry_filemode(entry);
        n->oid = *git_tree_entry_id(entry);
        n->tracked = n->in_base = u->c->is_base;
    }
    git_tree_free(tree);
    if (out->len > 1) {
        qsort(out->items, out->len, sizeof *out->items, by_name);
    }
    return rc;
}

static void push(struct update *u, const char *name)
{
    if (u->path.len > 0) {
        ws_buf_putc(&u->path, '/');
    }
    ws_buf_puts(&u->path, name);
}

static void pop(struct update *u, size_t len)
{
    u->path.len = len;
    if (u->path.data != NULL) {
        u->path.data[len] = '\0';
    }
}

/* Removes what we know below a folder, then the folder itself when nothing else (ignored files) is
 * in it. */
static int remove_known(struct update *u, int dir, const struct ws_node *n)
{
    int fd, rc = 0;

    if (n->mode != GIT_FILEMODE_TREE) {
        return ws_remove_at(dir, n->name, ws_buf_str(&u->path), u->err);
    }
    fd = openat(dir, n->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
                   ? 0
                   : ws_fail_errno(u->err, WS_E_IO, ws_buf_str(&u->path), "cannot open the folder");
    }
    for (size_t i = 0; rc == 0 && i < n->len; i++) {
        rc = remove_known(u, fd, &n->items[i]);
    }
    close(fd);
    (void)unlinkat(dir, n->name, AT_REMOVEDIR);
    return rc;
}

/* Clears the way for a new entry. */
static int make_room(struct update *u, int dir, const char *name)
{
    return u->c->fresh ? 0 : ws_remove_at(dir, name, ws_buf_str(&u->path), u->err);
}

static int put_file(struct update *u, int dir, struct ws_node *n, bool attributes)
{
    struct stat st;

    if (make_room(u, dir, n->name) < 0 ||
        ws_blob_checkout(&u->c->blobs, dir, n->name, ws_buf_str(&u->path), &n->oid, n->mode,
                         attributes && !u->plain, &st, u->err) < 0) {
        return -1;
    }
    n->stamp = ws_stamp_of(&st, INT64_MAX);
    return 0;
}

static int make_folder(int dir, const char *name)
{
    int rc = mkdirat(dir, name, 0777);

    return rc < 0 && ws_rights_retry(dir) ? mkdirat(dir, name, 0777) : rc;
}

static int open_or_make(struct update *u, int dir, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = -1;

    if (make_folder(dir, name) == 0 || (errno == EEXIST && !u->c->fresh)) {
        fd = openat(dir, name, flags);
        if (fd < 0 && (errno == ENOTDIR || errno == ELOOP) &&
            ws_remove_at(dir, name, ws_buf_str(&u->path), u->err) == 0 &&
            make_folder(dir, name) == 0) {
            fd = openat(dir, name, flags);
        }
    }
    if (fd < 0) {
        ws_fail_errno(u->err, WS_E_IO, ws_buf_str(&u->path), "cannot make the folder");
    }
    return fd;
}

static int put_entry(struct update *u, int dir, struct ws_node *n, bool attributes, unsigned depth)
{
    git_oid oid = n->oid;
    int fd, rc = 0;

    if (n->mode != GIT_FILEMODE_TREE && n->mode != GIT_FILEMODE_COMMIT) {
        return put_file(u, dir, n, attributes);
    }
    fd = open_or_make(u, dir, n->name);
    if (fd < 0) {
        return -1;
    }
    if (n->mode == GIT_FILEMODE_TREE) {
        rc = update_folder(u, fd, n, &oid, attributes, depth + 1);
    }
    close(fd);
    return rc;
}

/* One name: `n` is what the tree wants (mode 0: nothing), `old` what is there. */
static int update_entry(struct update *u, int dir, struct ws_node *n, struct ws_node *old,
                        bool attributes, unsigned depth)
{
    bool same_kind = old != NULL && old->mode == n->mode;

    if (same_kind && git_oid_equal(&old->oid, &n->oid)) {
        bool tracked = n->tracked, in_base = n->in_base;

        char *name = n->name;

        *n = *old;
        n->tracked = n->tracked || tracked;
        n->in_base = n->in_base || in_base;
        *old = (struct ws_node){.name = name}; /* its siblings are still found by name */
        return 0;
    }
    if (same_kind && n->mode == GIT_FILEMODE_TREE) {
        free(n->items);
        n->items = old->items;
        n->len = old->len;
        n->cap = old->cap;
        old->items = NULL;
        old->len = old->cap = 0;
    } else if (old != NULL && remove_known(u, dir, old) < 0) {
        return -1;
    }
    return n->mode == 0 ? 0 : put_entry(u, dir, n, attributes, depth);
}

static struct ws_node *find(struct ws_node *folder, const char *name)
{
    struct ws_node key = {.name = (char *)(uintptr_t)name};

    return folder->len > 0 ? bsearch(&key, folder->items, folder->len, sizeof key, by_name) : NULL;
}

static int update_named(struct update *u, int dir, struct ws_node *n, struct ws_node *old,
                        bool attributes, unsigned depth)
{
    size_t base = u->path.len;
    int rc;

    push(u, n->name);
    rc = update_entry(u, dir, n, old, attributes, depth);
    pop(u, base);
    return rc;
}

/* Whether the .gitattributes file that this folder is going to have can be read. */
static bool plain_attributes(struct ws_node *wanted)
{
    const struct ws_node *n = find(wanted, ".gitattributes");

    return n == NULL || n->mode == GIT_FILEMODE_BLOB || n->mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

static int update_folder(struct update *u, int dir, struct ws_node *node, const git_oid *tree,
                         bool attributes, unsigned depth)
{
    struct ws_node wanted = {0};
    struct ws_node *rule;
    int rc = depth > MAX_DEPTH ? ws_fail(u->err, WS_E_REPOSITORY, ws_buf_str(&u->path),
                                         "the folders are too deep")
                               : read_tree(&wanted, u, tree);

    attributes = attributes && plain_attributes(&wanted);
    for (size_t i = 0; rc == 0 && i < node->len; i++) {
        if (find(&wanted, node->items[i].name) == NULL) {
            struct ws_node none = {.name = node->items[i].name};

            rc = update_named(u, dir, &none, &node->items[i], attributes, depth);
        }
    }
    /* The rules first: they say how the others are written. */
    rule = rc == 0 ? find(&wanted, ".gitattributes") : NULL;
    if (rule != NULL) {
        rc = update_named(u, dir, rule, find(node, rule->name), attributes, depth);
    }
    /* The tree's, or what a tool left where the tree has none and hid from us. */
    attributes = attributes && ws_rules_readable(dir, ".gitattributes");
    for (size_t i = 0; rc == 0 && i < wanted.len; i++) {
        struct ws_node *n = &wanted.items[i];

        if (n != rule) {
            rc = update_named(u, dir, n, find(node, n->name), attributes, depth);
        }
    }
    leave_out(node);
    node->mode = GIT_FILEMODE_TREE;
    node->oid = *tree;
    node->tracked = node->in_base = u->c->is_base;
    node->items = wanted.items;
    node->len = wanted.len;
    node->cap = wanted.cap;
    return rc;
}

/* Stamps of files written just now may hide a change that follows within the clock's tick. */
static void forget_young(struct ws_node *n, int64_t settled_before)
{
    if (n->stamp.ctime >= settled_before || n->stamp.mtime >= settled_before) {
        memset(&n->stamp, 0, sizeof n->stamp);
    }
    for (size_t i = 0; i < n->len; i++) {
        forget_young(&n->items[i], settled_before);
    }
}

int ws_checkout_run(struct ws_checkout *c, struct ws_node *root, int top, const git_oid *tree,
                    struct ws_error *err)
{
    struct update u = {.c = c, .err = err};
    bool converts = true;
    int rc;

    if (c->is_base) {
        rc = ws_attributes_convert(&converts, c->blobs.r, c->blobs.base);
        if (rc < 0) {
            return ws_fail_git(err, WS_E_REPOSITORY, rc, c->blobs.r->root,
                               "the base's attributes cannot be read");
        }
    }
    u.plain = !converts;
    ws_fault_point("repo.before_checkout");
    rc = update_folder(&u, top, root, tree, true, 0);
    forget_young(root, ws_stamp_settled());
    ws_fault_point("repo.after_checkout");
    ws_buf_release(&u.path);
    return rc;
}
