#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attributes.h"
#include "hidden.h"
#include "names.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"

/* Longer is no path that git could check out again; deeper takes more descriptors than there are.
 */
enum { MAX_DEPTH = 400, MAX_PATH = 4000 };

struct walk {
    struct ws_scan *s;
    struct ws_buf path;
    dev_t dev;
    int64_t settled_before;
    struct ws_error *err;
};

/* What holds in a folder and below. */
struct rules {
    bool ignore;     /* its .gitignore files can be read */
    bool attributes; /* its .gitattributes files can be read */
    bool clean;      /* and may ask for something */
    unsigned depth;
};

enum take { TAKE_FAILED = -1, TAKE_IN, TAKE_OUT };

static int scan_folder(struct walk *w, int fd, struct ws_node *node, struct rules rules,
                       bool *changed);

static uint32_t tree_mode(const struct ws_scan *s, const struct stat *st, const struct ws_node *old)
{
    if (S_ISLNK(st->st_mode)) {
        return GIT_FILEMODE_LINK;
    }
    if (!s->modes && old != NULL &&
        (old->mode == GIT_FILEMODE_BLOB || old->mode == GIT_FILEMODE_BLOB_EXECUTABLE)) {
        return old->mode;
    }
    return (st->st_mode & S_IXUSR) != 0 && s->modes ? GIT_FILEMODE_BLOB_EXECUTABLE
                                                    : GIT_FILEMODE_BLOB;
}

static bool still_stored(struct walk *w, const struct ws_node *old)
{
    return old->in_base || git_odb_exists(w->s->blobs.r->odb, &old->oid) == 1;
}

static enum take take_file(struct walk *w, int dir, struct stat *st, struct ws_node *n,
                           struct rules rules, bool *changed)
{
    struct ws_scan *s = w->s;
    uint32_t mode = tree_mode(s, st, n->mode != 0 ? n : NULL);
    git_oid oid;

    if (n->mode == mode && ws_stamp_same(&n->stamp, st) && still_stored(w, n)) {
        return TAKE_IN;
    }
    switch (ws_blob_store(&oid, &s->blobs, dir, n->name, ws_buf_str(&w->path), st,
                          rules.attributes && rules.clean, w->err)) {
    case WS_BLOB_FAILED:
        return TAKE_FAILED;
    case WS_BLOB_UNREADABLE:
        ws_strv_add(&s->out->special, ws_buf_str(&w->path));
        return n->mode != 0 ? TAKE_IN : TAKE_OUT;
    case WS_BLOB_TOO_LARGE:
        ws_strv_add(&s->out->too_large, ws_buf_str(&w->path));
        return n->mode != 0 ? TAKE_IN : TAKE_OUT;
    case WS_BLOB_STORED:
        break;
    }
    mode = tree_mode(s, st, n->mode != 0 ? n : NULL);
    if (n->mode != mode || !git_oid_equal(&n->oid, &oid)) {
        n->in_base = false;
        *changed = true;
    }
    n->mode = mode;
    n->oid = oid;
    n->stamp = ws_stamp_of(st, w->settled_before);
    return TAKE_IN;
}

/* A folder its owner cannot read is made readable: git keeps no modes of folders, and it is our
 * worktree. */
static int open_folder(int dir, const char *name, mode_t mode)
{
    if ((mode & 0700) != 0700 && fchmodat(dir, name, (mode & 07777) | 0700, 0) < 0) {
        return -1;
    }
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int read_names(struct ws_strv *names, int fd)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = again >= 0 ? fdopendir(again) : NULL;
    struct dirent *e;
    int error;

    if (d == NULL) {
        if (again >= 0) {
            close(again);
        }
        return -1;
    }
    /* Names that could not be read would count as deleted. */
    while (errno = 0, (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            ws_strv_add(names, e->d_name);
        }
    }
    error = errno;
    closedir(d);
    ws_strv_sort(names);
    errno = error;
    return error == 0 ? 0 : -1;
}

/* What a failing disk hides is not deleted. */
static enum take take_fails(struct walk *w, const char *what)
{
    ws_fail_errno(w->err, WS_E_IO, ws_buf_str(&w->path), "%s", what);
    return TAKE_FAILED;
}

/* A submodule as it is checked out: a folder with nothing in it. -1: it cannot be read. */
static int is_bare_submodule(bool *bare, const struct ws_node *n, int fd)
{
    struct ws_strv names = {0};
    int rc = n->mode == GIT_FILEMODE_COMMIT ? read_names(&names, fd) : 0;

    *bare = n->mode == GIT_FILEMODE_COMMIT && names.len == 0;
    ws_strv_release(&names);
    return rc;
}

static enum take take_folder(struct walk *w, int dir, const struct stat *st, struct ws_node *n,
                             struct rules rules, bool *changed)
{
    const char *path = ws_buf_str(&w->path);
    bool inner = false, bare = false;
    int fd;

    rules.depth++;
    errno = 0;
    fd = st->st_dev == w->dev && rules.depth < MAX_DEPTH && w->path.len < MAX_PATH
             ? open_folder(dir, n->name, st->st_mode)
             : -1;
    if (fd < 0 && ws_errno_is_trouble(errno)) {
        return take_fails(w, "cannot open the folder");
    }
    if (fd < 0) {
        ws_strv_add(&w->s->out->closed, path);
        return n->mode == GIT_FILEMODE_TREE ? TAKE_IN : TAKE_OUT;
    }
    if (is_bare_submodule(&bare, n, fd) < 0) {
        enum take take = take_fails(w, "cannot read the folder");

        close(fd);
        return take;
    }
    if (bare) {
        close(fd);
        return TAKE_IN;
    }
    if (n->mode != GIT_FILEMODE_TREE) {
        memset(&n->oid, 0, sizeof n->oid);
        memset(&n->stamp, 0, sizeof n->stamp);
        n->mode = GIT_FILEMODE_TREE;
        n->in_base = false;
        inner = true;
    }
    if (scan_folder(w, fd, n, rules, &inner) < 0) {
        return TAKE_FAILED;
    }
    if (n->len == 0) {
        return TAKE_OUT; /* git has no empty folders */
    }
    if (inner || git_oid_is_zero(&n->oid) || !still_stored(w, n)) {
        git_oid before = n->oid;

        if (ws_node_write_tree(n, w->s->blobs.r, w->err) < 0) {
            return TAKE_FAILED;
        }
        if (!git_oid_equal(&before, &n->oid)) {
            n->in_base = false;
            *changed = true;
        }
    }
    return TAKE_IN;
}

/* A name of git's own: at the top the link to our admin folder; below, a repository in the
 * repository. */
static void note_git(struct walk *w, const char *name, const char *folder, bool top)
{
    if (top && strcmp(name, ".git") == 0) {
        return;
    }
    if (strcmp(name, ".git") == 0) {
        ws_strv_add(&w->s->out->nested, folder);
    } else {
        ws_strv_add(&w->s->out->special, ws_buf_str(&w->path));
    }
}

/* One name of a folder. `n` holds what was known of it, or only the name. */
static enum take take_entry(struct walk *w, int dir, struct ws_node *n, struct rules rules,
                            bool *changed)
{
    struct stat st;

    if (fstatat(dir, n->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return ws_errno_is_trouble(errno) ? take_fails(w, "cannot look at the file") : TAKE_OUT;
    }
    if (!n->tracked && rules.ignore && ws_hidden(&n->tracked, w->s, ws_buf_str(&w->path))) {
        return TAKE_OUT;
    }
    if (S_ISDIR(st.st_mode)) {
        return take_folder(w, dir, &st, n, rules, changed);
    }
    if (!S_ISREG(st.st_mode) && (!S_ISLNK(st.st_mode) || ws_name_is_no_link(n->name))) {
        ws_strv_add(&w->s->out->special, ws_buf_str(&w->path));
        return TAKE_OUT;
    }
    if (n->mode == GIT_FILEMODE_TREE || n->mode == GIT_FILEMODE_COMMIT) { /* a file now */
        struct ws_node fresh = {.name = n->name, .tracked = n->tracked};

        n->name = NULL;
        ws_node_release(n);
        *n = fresh;
        *changed = true;
    }
    return take_file(w, dir, &st, n, rules, changed);
}

/* One name that is there, into `now`; `known`: what the old nodes had under it, NULL: nothing. */
static int merge_name(struct walk *w, int fd, struct ws_node *now, const char *name,
                      struct ws_node *known, struct rules rules, bool *changed)
{
    struct ws_node *n = ws_node_add(now, name);
    size_t base = w->path.len;
    enum take take = TAKE_OUT;

    if (known != NULL) {
        free(n->name);
        *n = *known;
        memset(known, 0, sizeof *known);
    }
    if (base > 0) {
        ws_buf_putc(&w->path, '/');
    }
    ws_buf_puts(&w->path, name);
    if (ws_name_is_git(name)) {
        char *folder = ws_strndup(ws_buf_str(&w->path), base);

        note_git(w, name, folder, base == 0);
        free(folder);
    } else {
        take = take_entry(w, fd, n, rules, changed);
    }
    *changed = *changed || (take == TAKE_IN) != (known != NULL);
    if (take != TAKE_IN) {
        ws_node_release(n);
        now->len--;
    }
    w->path.len = base;
    w->path.data[base] = '\0';
    return take == TAKE_FAILED ? -1 : 0;
}

/* Merges the names that are there with the nodes that were known, both sorted. */
static int merge(struct walk *w, int fd, struct ws_node *node, const struct ws_strv *names,
                 struct rules rules, bool *changed)
{
    struct ws_node now = {0};
    size_t old = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < names->len; i++) {
        struct ws_node *known = NULL;

        while (old < node->len && strcmp(node->items[old].name, names->items[i]) < 0) {
            ws_node_release(&node->items[old++]);
            *changed = true;
        }
        if (old < node->len && strcmp(node->items[old].name, names->items[i]) == 0) {
            known = &node->items[old++];
        }
        rc = merge_name(w, fd, &now, names->items[i], known, rules, changed);
    }
    for (; old < node->len; old++) {
        ws_node_release(&node->items[old]);
        *changed = true;
    }
    free(node->items);
    node->items = now.items;
    node->len = now.len;
    node->cap = now.cap;
    return rc;
}

/* Takes the descriptor. */
static int scan_folder(struct walk *w, int fd, struct ws_node *node, struct rules rules,
                       bool *changed)
{
    struct ws_strv names = {0};
    int rc;

    rules.ignore = rules.ignore && ws_rules_readable(fd, ".gitignore");
    rules.attributes = rules.attributes && ws_rules_readable(fd, ".gitattributes");
    rc = read_names(&names, fd);
    if (rc < 0) {
        const char *path = w->path.len > 0 ? ws_buf_str(&w->path) : w->s->top_path;

        ws_fail_errno(w->err, WS_E_IO, path, "cannot read the folder");
    } else {
        rules.clean =
            rules.clean || (ws_strv_has(&names, ".gitattributes") && ws_attributes_clean_here(fd));
        rc = merge(w, fd, node, &names, rules, changed);
    }
    ws_strv_release(&names);
    close(fd);
    return rc;
}

int ws_scan_run(struct ws_scan *s, struct ws_node *root, int top, struct ws_error *err)
{
    struct walk w = {.s = s, .err = err, .settled_before = ws_stamp_settled()};
    struct rules rules = {
        .ignore = true, .attributes = true, .clean = ws_attributes_clean(s->blobs.r)};
    bool changed = false;
    struct stat st;
    int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    if (fd < 0 || fstat(fd, &st) < 0) {
        if (fd >= 0) {
            close(fd);
        }
        return ws_fail_errno(err, WS_E_IO, s->top_path, "cannot open the worktree");
    }
    w.dev = st.st_dev;
    root->mode = GIT_FILEMODE_TREE;
    rc = scan_folder(&w, fd, root, rules, &changed);
    if (rc == 0 && (changed || git_oid_is_zero(&root->oid) || !still_stored(&w, root))) {
        git_oid before = root->oid;

        rc = ws_node_write_tree(root, s->blobs.r, err);
        root->in_base = root->in_base && git_oid_equal(&before, &root->oid);
    }
    ws_buf_release(&w.path);
    return rc;
}
