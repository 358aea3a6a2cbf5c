/* Files of the user's checkout that the base does not have, brought into a new worktree. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"
#include "copy.h"
#include "state_dir.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/glob.h"
#include "wsfsm/base/mem.h"

enum { MAX_DEPTH = 100 }; /* each costs two descriptors */

/* A folder on the way to what is copied: in the checkout and, once something is, in the worktree.
 */
struct level {
    struct level *up; /* NULL: the top */
    const char *name;
    unsigned depth;
    int from, to; /* to: -1 until it is needed */
    bool in_base; /* the base has this folder */
};

struct bringing {
    struct ws_worktree *w;
    struct ws_brought *out;
    const char *glob; /* NULL: everything */
    size_t matches;
    struct ws_buf path; /* of what is looked at, below the top */
    bool (*stopped)(void *payload);
    void *payload;
    struct ws_error *err;
};

void ws_brought_release(struct ws_brought *b)
{
    ws_strv_release(&b->absent);
    ws_strv_release(&b->odd);
}

static int refuse(const struct bringing *b, const char *why)
{
    return ws_fail(b->err, WS_E_CONFIG, ws_buf_str(&b->path), "cannot be copied: %s", why);
}

static int cannot_read(const struct bringing *b)
{
    if (ws_errno_is_trouble(errno)) {
        return ws_fail_errno(b->err, WS_E_IO, ws_buf_str(&b->path), "cannot be copied");
    }
    return refuse(b, strerror(errno));
}

static int cannot_write(const struct bringing *b)
{
    return ws_fail_errno(b->err, WS_E_IO, ws_buf_str(&b->path),
                         "cannot be copied into the worktree");
}

static bool leads_elsewhere(int error)
{
    return error == ELOOP || error == ENOTDIR;
}

static size_t push(struct bringing *b, const char *name)
{
    size_t len = b->path.len;

    if (len > 0) {
        ws_buf_putc(&b->path, '/');
    }
    ws_buf_puts(&b->path, name);
    return len;
}

static void pop(struct bringing *b, size_t len)
{
    b->path.len = len;
    b->path.data[len] = '\0';
}

/* --- one entry --- */

/* The folder of the worktree that goes with the level, made when it is not there. */
static int need_folder(struct bringing *b, struct level *at)
{
    struct stat st;

    if (at->to >= 0) {
        return 0;
    }
    if (need_folder(b, at->up) < 0) {
        return -1;
    }
    if (fstat(at->from, &st) < 0) {
        return cannot_read(b);
    }
    if (mkdirat(at->up->to, at->name, (st.st_mode & 0777) | 0700) < 0 && errno != EEXIST) {
        return cannot_write(b);
    }
    at->to = openat(at->up->to, at->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (at->to < 0) {
        return leads_elsewhere(errno) ? refuse(b, "the base has a link or a file on its way")
                                      : cannot_write(b);
    }
    return 0;
}

/* What the base has at b->path, below that level. */
static int look_in_base(enum ws_entry *out, const struct bringing *b, const struct level *at)
{
    *out = WS_ENTRY_ABSENT;
    return at->in_base ? ws_repo_look(out, b->w->r, b->w->rec.base, ws_buf_str(&b->path), b->err)
                       : 0;
}

/* What stands in its place was left by a try that was killed. */
static int take(struct bringing *b, struct level *at, const char *name, const struct stat *st)
{
    enum ws_entry in_base;
    enum ws_copied done;

    if (look_in_base(&in_base, b, at) < 0) {
        return -1;
    }
    if (in_base != WS_ENTRY_ABSENT) {
        return 0;
    }
    if (need_folder(b, at) < 0) {
        return -1;
    }
    ws_fault_point("repo.before_bring");
    if (unlinkat(at->to, name, 0) < 0 && errno != ENOENT) {
        return cannot_write(b);
    }
    done = ws_copy_entry(at->from, at->to, name, st);
    ws_fault_point("repo.brought");
    if (done != WS_COPIED) {
        return done == WS_COPY_UNREAD ? cannot_read(b) : cannot_write(b);
    }
    b->out->files++;
    return 0;
}

/* --- the walk --- */

static bool is_ours(const struct level *at, const char *name)
{
    return strcmp(name, ".git") == 0 ||
           (at->up == NULL && (strcmp(name, ".wsfsm") == 0 || strcmp(name, ".worktrees") == 0));
}

/* Down into a folder of the checkout, whose path b->path is, to do there what is to be done. */
static int enter(struct bringing *b, struct level *up, const char *name,
                 int (*work)(struct bringing *b, struct level *at, const char *rest),
                 const char *rest)
{
    struct level at = {.up = up, .name = name, .depth = up->depth + 1, .to = -1};
    enum ws_entry in_base;
    int rc;

    if (at.depth > MAX_DEPTH) {
        return refuse(b, "its folders are too deep");
    }
    at.from = openat(up->from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (at.from < 0) {
        return errno == ENOENT          ? 0
               : leads_elsewhere(errno) ? refuse(b, "a folder on its way is a link or a file")
                                        : cannot_read(b);
    }
    rc = look_in_base(&in_base, b, up);
    at.in_base = in_base == WS_ENTRY_DIR;
    if (rc == 0) {
        rc = work(b, &at, rest);
    }
    close(at.from);
    if (at.to >= 0) {
        close(at.to);
    }
    return rc;
}

static int visit_items(struct bringing *b, struct level *at, const char *rest);

static int visit_found(struct bringing *b, struct level *at, const char *name)
{
    struct stat st;

    if (fstatat(at->from, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT ? 0 : cannot_read(b);
    }
    if (S_ISDIR(st.st_mode)) {
        b->matches += b->glob == NULL;
        return enter(b, at, name, visit_items, "");
    }
    if (b->glob != NULL && !ws_glob_match(b->glob, ws_buf_str(&b->path))) {
        return 0;
    }
    b->matches++;
    if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) {
        return take(b, at, name, &st);
    }
    ws_strv_add(&b->out->odd, ws_buf_str(&b->path));
    return 0;
}

static int visit(struct bringing *b, struct level *at, const char *name)
{
    size_t len = push(b, name);
    int rc = is_ours(at, name) ? 0 : visit_found(b, at, name);

    pop(b, len);
    return rc;
}

static int visit_items(struct bringing *b, struct level *at, const char *rest)
{
    int fd = openat(at->from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *e = NULL;

    (void)rest;
    if (d == NULL) {
        rc = cannot_read(b);
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    errno = 0;
    while (rc == 0 && !(b->stopped != NULL && b->stopped(b->payload)) &&
           (errno = 0, e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            rc = visit(b, at, e->d_name);
        }
    }
    if (rc == 0 && e == NULL && errno != 0) {
        rc = cannot_read(b);
    }
    closedir(d);
    return rc;
}

/* Down the folders of `way`: to its last name, or for a glob to all that the last folder holds. */
static int follow(struct bringing *b, struct level *at, const char *way)
{
    const char *slash = strchr(way, '/');
    char *name;
    size_t len;
    int rc;

    if (slash == NULL) {
        return b->glob != NULL ? visit_items(b, at, "") : visit(b, at, way);
    }
    name = ws_strndup(way, (size_t)(slash - way));
    len = push(b, name);
    rc = is_ours(at, name) ? 0 : enter(b, at, name, follow, slash + 1);
    pop(b, len);
    free(name);
    return rc;
}

/* A name that is there is meant, whatever characters it has. */
static bool is_literal(const char *path, int top)
{
    struct stat st;

    return ws_glob_is_literal(path) || fstatat(top, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int bring_entry(struct bringing *b, struct level *top, const char *entry)
{
    size_t len = strlen(entry);
    char *path = ws_strndup(entry, len > 0 && entry[len - 1] == '/' ? len - 1 : len);
    bool literal = is_literal(path, top->from);
    char *way = ws_strndup(path, literal ? strlen(path) : ws_glob_literal_prefix(path));
    int rc;

    b->matches = 0;
    b->glob = literal ? NULL : path;
    rc = follow(b, top, way);
    if (rc == 0 && b->matches == 0) {
        ws_strv_add(&b->out->absent, entry);
    }
    free(way);
    free(path);
    return rc;
}

static int open_both(struct level *top, struct ws_worktree *w, struct ws_error *err)
{
    if (ws_admin_open_folder(&top->to, w, err) < 0) {
        return -1;
    }
    top->from = open(w->r->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top->from < 0) {
        ws_fail_errno(err, WS_E_IO, w->r->root, "cannot be opened");
        close(top->to);
        return -1;
    }
    return 0;
}

int ws_worktree_bring(struct ws_brought *out, struct ws_worktree *w, const struct ws_strv *entries,
                      bool (*stopped)(void *payload), void *payload, struct ws_error *err)
{
    struct bringing b = {.w = w, .out = out, .stopped = stopped, .payload = payload, .err = err};
    struct level top = {.in_base = true};
    int rc = 0;

    *out = (struct ws_brought){0};
    if (open_both(&top, w, err) < 0) {
        return -1;
    }
    for (size_t i = 0; rc == 0 && i < entries->len; i++) {
        rc = bring_entry(&b, &top, entries->items[i]);
    }
    close(top.from);
    close(top.to);
    ws_buf_release(&b.path);
    if (rc < 0) {
        ws_brought_release(out);
    }
    return rc;
}

/* --- the note --- */

bool ws_worktree_is_set_up(const struct ws_worktree *w)
{
    return w->rec.set_up;
}

/* Files that no tree holds reach the disk by nothing else. */
static int sync_folder(const struct ws_worktree *w, struct ws_error *err)
{
    int fd, rc = ws_admin_open_folder(&fd, w, err);

    if (rc == 0 && syncfs(fd) < 0) {
        rc = ws_fail_errno(err, WS_E_IO, w->path, "cannot be synced");
    }
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

int ws_worktree_note_set_up(struct ws_worktree *w, struct ws_error *err)
{
    int rc = sync_folder(w, err);

    if (rc < 0 || ws_state_lock(w->r, err) < 0) {
        return -1;
    }
    w->rec.set_up = true;
    rc = ws_record_write(&w->rec, w->r, err);
    ws_state_unlock(w->r);
    return rc;
}
