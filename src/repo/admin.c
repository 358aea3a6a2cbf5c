#include "admin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin_index.h"
#include "remove_tree.h"
#include "rights.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

static const size_t FILE_LIMIT = (size_t)100 << 20;

struct ws_worktree *ws_admin_worktree(struct ws_repo *r, struct ws_record *rec)
{
    struct ws_worktree *w = ws_alloc(sizeof *w);

    w->r = r;
    w->rec = *rec;
    memset(rec, 0, sizeof *rec);
    w->path = ws_path_join(r->worktrees, w->rec.ws_id);
    w->admin_path = ws_format("%s/worktrees/%s", r->git_dir, w->rec.admin);
    w->branch = ws_format("refs/heads/ws/%s/%s", w->rec.run_id, w->rec.ws_id);
    w->file_limit = FILE_LIMIT;
    return w;
}

void ws_worktree_close(struct ws_worktree *w)
{
    if (w == NULL) {
        return;
    }
    ws_record_release(&w->rec);
    free(w->path);
    free(w->admin_path);
    free(w->branch);
    free(w);
}

const char *ws_worktree_path(const struct ws_worktree *w)
{
    return w->path;
}

const char *ws_worktree_admin_dir(const struct ws_worktree *w)
{
    return w->admin_path;
}

const char *ws_worktree_branch(const struct ws_worktree *w)
{
    return w->branch;
}

/* The folder, with rights to read it, which a tool may have taken from it. */
static int open_folder(const struct ws_worktree *w)
{
    const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = open(w->path, O_RDONLY | flags), closed = -1;
    struct stat st;

    if (fd < 0 && errno == EACCES) {
        closed = open(w->path, O_PATH | flags);
    }
    if (closed >= 0) {
        if (fstat(closed, &st) == 0 && st.st_dev == w->rec.dev && st.st_ino == w->rec.ino &&
            st.st_uid == geteuid()) {
            char *link = ws_format("/dev/fd/%d", closed);

            (void)chmod(link, (st.st_mode & 07777) | 0700);
            free(link);
        }
        close(closed);
        fd = open(w->path, O_RDONLY | flags);
    }
    return fd;
}

int ws_admin_open_folder(int *fd, const struct ws_worktree *w, struct ws_error *err)
{
    struct stat st;

    *fd = open_folder(w);
    if (*fd < 0) {
        enum ws_code code = errno == ENOENT              ? WS_E_UNKNOWN_ID
                            : ws_errno_is_trouble(errno) ? WS_E_IO
                                                         : WS_E_SCOPE_VIOLATION;

        return ws_fail_errno(err, code, w->path, "the worktree's folder cannot be opened");
    }
    int rc = 0;
    if (fstat(*fd, &st) < 0) {
        rc = ws_fail_errno(err, WS_E_IO, w->path, "cannot look at the worktree's folder");
    } else if (st.st_dev != w->rec.dev || st.st_ino != w->rec.ino) {
        rc = ws_fail(err, WS_E_SCOPE_VIOLATION, w->path,
                     "this is not the folder wsfsm made; it is left alone");
    } else if ((st.st_mode & 0100) == 0) {
        ws_rights_give(*fd); /* or every file in it would count as gone */
    }
    if (rc < 0) {
        close(*fd);
        *fd = -1;
    }
    return rc;
}

char *ws_admin_free_name(struct ws_repo *r, const char *ws_id)
{
    for (unsigned i = 0;; i++) {
        char *name = i == 0 ? ws_strdup(ws_id) : ws_format("%s-%u", ws_id, i);
        char *path = ws_format("%s/worktrees/%s", r->git_dir, name);
        bool taken = ws_path_exists(path);

        free(path);
        if (!taken) {
            return name;
        }
        free(name);
    }
}

/* --- making it --- */

static int put_text(struct ws_worktree *w, int dir, const char *name, enum ws_admin_text which,
                    struct ws_error *err)
{
    char *text = ws_admin_text(w, which);
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    int rc = fd < 0 ? -1 : ws_write_all(fd, text, strlen(text));

    if (rc == 0) {
        rc = fsync(fd);
    }
    if (fd >= 0 && close(fd) < 0) {
        rc = -1;
    }
    free(text);
    return rc < 0 ? ws_fail_errno(err, WS_E_IO, w->admin_path, "cannot write git's file '%s'", name)
                  : 0;
}

int ws_admin_write_link(struct ws_worktree *w, int folder, struct ws_error *err)
{
    return put_text(w, folder, ".git", WS_TEXT_LINK, err);
}

static int sync_folder(const char *path, struct ws_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0) {
        close(fd);
    }
    return rc < 0 ? ws_fail_errno(err, WS_E_IO, path, "cannot sync the folder") : 0;
}

/* Never over something that is there. */
static int move_into_place(const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -1;
    }
#endif
    if (ws_path_exists(to)) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

static char *temporary_admin(const struct ws_worktree *w)
{
    return ws_format("%s/wsfsm-%s.new", w->r->git_dir, w->rec.ws_id);
}

static int fill_admin(struct ws_worktree *w, const char *folder, const struct ws_node *root,
                      struct ws_error *err)
{
    char *index = ws_path_join(folder, "index");
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = -1;

    if (dir < 0) {
        ws_fail_errno(err, WS_E_IO, folder, "cannot open the folder");
    } else if (put_text(w, dir, "HEAD", WS_TEXT_HEAD, err) == 0 &&
               put_text(w, dir, "gitdir", WS_TEXT_GITDIR, err) == 0 &&
               put_text(w, dir, "commondir", WS_TEXT_COMMONDIR, err) == 0 &&
               ws_index_write(index, w->r, root, &root->oid, err) == 0) {
        rc = fsync(dir) < 0 ? ws_fail_errno(err, WS_E_IO, folder, "cannot sync the folder") : 0;
    }
    if (dir >= 0) {
        close(dir);
    }
    free(index);
    return rc;
}

int ws_admin_make(struct ws_worktree *w, const struct ws_node *root, struct ws_error *err)
{
    char *temporary = temporary_admin(w), *worktrees = ws_path_join(w->r->git_dir, "worktrees");
    int rc = -1;

    if (mkdir(temporary, 0777) < 0) {
        ws_fail_errno(err, WS_E_IO, temporary, "cannot make git's folder of the worktree");
        goto out;
    }
    ws_fault_point("repo.admin_begun");
    if (fill_admin(w, temporary, root, err) < 0) {
        goto out;
    }
    if (mkdir(worktrees, 0777) < 0 && errno != EEXIST) {
        ws_fail_errno(err, WS_E_IO, worktrees, "cannot make the folder");
        goto out;
    }
    ws_fault_point("repo.admin_filled");
    if (move_into_place(temporary, w->admin_path) < 0) {
        ws_fail_errno(err, WS_E_IO, w->admin_path,
                      "cannot put git's folder of the worktree into place");
        goto out;
    }
    ws_fault_point("repo.admin_made");
    rc = sync_folder(worktrees, err);
out:
    free(temporary);
    free(worktrees);
    return rc;
}

int ws_admin_remove(struct ws_worktree *w, bool theirs, struct ws_error *err)
{
    char *temporary = temporary_admin(w);
    int rc = ws_remove_folder(temporary, 0, 0, err);

    if (rc == 0 && !theirs && ws_path_exists(w->admin_path)) {
        rc = ws_remove_folder(w->admin_path, 0, 0, err);
    }
    free(temporary);
    return rc;
}

static int sync_file(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

/* rename, also where a tool put a folder. */
static int take_place(int dir, const char *fresh, const char *name, const char *where,
                      struct ws_error *err)
{
    if (renameat(dir, fresh, dir, name) == 0) {
        return 0;
    }
    if (errno == EISDIR) {
        if (ws_remove_at(dir, name, where, err) < 0) {
            return -1;
        }
        if (renameat(dir, fresh, dir, name) == 0) {
            return 0;
        }
    }
    return ws_fail_errno(err, WS_E_IO, where, "cannot put %s in place", name);
}

int ws_admin_write_index(struct ws_worktree *w, const struct ws_node *root, const git_oid *tree,
                         struct ws_error *err)
{
    char *index = ws_path_join(w->admin_path, "index");
    char *fresh = ws_path_join(w->admin_path, "wsfsm-index");
    int dir = open(w->admin_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = -1;

    if (dir < 0) {
        ws_fail_errno(err, ws_errno_is_trouble(errno) ? WS_E_IO : WS_E_SCOPE_VIOLATION,
                      w->admin_path, "git's folder of the worktree cannot be opened");
        goto out;
    }
    ws_rights_give(dir);
    /* Whatever a tool left under these names must not be followed or read. */
    if (ws_remove_at(dir, "wsfsm-index", w->admin_path, err) < 0 ||
        ws_remove_at(dir, "wsfsm-index.lock", w->admin_path, err) < 0 ||
        ws_remove_at(dir, "index.lock", w->admin_path, err) < 0 ||
        ws_index_write(fresh, w->r, root, tree, err) < 0 ||
        /* A second name of the index, if a failing disk did not let go of it. */
        ws_remove_at(dir, "wsfsm-index.lock", w->admin_path, err) < 0) {
        goto out;
    }
    ws_fault_point("repo.index_written");
    /* An empty index in its place would make git fail in the worktree until somebody removes it. */
    rc = sync_file(dir, "wsfsm-index") < 0
             ? ws_fail_errno(err, WS_E_IO, index, "cannot write the index")
             : take_place(dir, "wsfsm-index", "index", w->admin_path, err);
out:
    if (dir >= 0) {
        close(dir);
    }
    free(index);
    free(fresh);
    return rc;
}

static bool belongs(int dir, const char *name)
{
    static const char *const ours[] = {"gitdir", "commondir", "index", "HEAD", ".", ".."};
    struct stat st;

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strcmp(name, ours[i]) == 0) {
            return true;
        }
    }
    /* Of `git worktree lock`, by which the user keeps the worktree. */
    return strcmp(name, "locked") == 0 &&
           (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG(st.st_mode));
}

int ws_admin_reset(struct ws_worktree *w, const struct ws_node *root, const git_oid *tree,
                   struct ws_error *err)
{
    char *path = ws_path_join(w->admin_path, "HEAD"), *head = ws_admin_text(w, WS_TEXT_HEAD);
    DIR *d = opendir(w->admin_path);
    struct dirent *e;
    int rc = d == NULL ? ws_fail_errno(err, WS_E_IO, w->admin_path, "cannot read the folder") : 0;

    if (d != NULL) {
        ws_rights_give(dirfd(d));
    }
    /* A merge, rebase or lock of git's own that the tool left behind goes. */
    while (d != NULL && rc == 0 && (e = readdir(d)) != NULL) {
        if (!belongs(dirfd(d), e->d_name)) {
            rc = ws_remove_at(dirfd(d), e->d_name, w->admin_path, err);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    if (rc == 0) {
        rc = ws_write_file(path, head, strlen(head), 0644, err);
    }
    if (rc == 0) {
        rc = ws_admin_write_index(w, root, tree, err);
    }
    free(path);
    free(head);
    return rc;
}
