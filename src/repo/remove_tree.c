#include "remove_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rights.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/path.h"

/* Deeper folders are moved up to the top first: descriptors and stack stay few however deep a tree
 * is. */
enum { MAX_DEPTH = 64, MAX_ROUNDS = 100000 };

struct removal {
    int top; /* the folder that goes */
    dev_t dev;
    const char *where;
    bool moved;
    struct ws_error *err;
};

static int empty_folder(struct removal *r, int fd, unsigned depth);

/* A folder without permissions for its owner is given them: it goes anyway. */
static int open_folder(int dir, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dir, name, flags);

    if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, 0) == 0) {
        fd = openat(dir, name, flags);
    }
    return fd;
}

static int fail(struct removal *r, const char *name)
{
    return ws_fail_errno(r->err, WS_E_IO, r->where, "cannot remove '%s' below it", name);
}

static int remove_subfolder(struct removal *r, int dir, const char *name, unsigned depth)
{
    struct stat st;
    int fd, rc;

    if (depth >= MAX_DEPTH && dir != r->top) {
        char random[17], up[32];

        ws_random_hex(random, sizeof random - 1);
        snprintf(up, sizeof up, ".deep-%s", random);
        r->moved = true;
        return renameat(dir, name, r->top, up) < 0 ? fail(r, name) : 0;
    }
    fd = open_folder(dir, name);
    if (fd < 0) {
        return errno == ENOENT ? 0 : fail(r, name);
    }
    if (fstat(fd, &st) < 0 || st.st_dev != r->dev) {
        close(fd);
        return ws_fail(r->err, WS_E_IO, r->where,
                       "'%s' below it is a mount point; unmount it first", name);
    }
    rc = empty_folder(r, fd, depth + 1);
    if (rc == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT) {
        rc = fail(r, name);
    }
    return rc;
}

static int remove_entry(struct removal *r, int dir, const char *name, unsigned depth)
{
    ws_fault_point("repo.before_unlink");
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    if (errno == EISDIR || errno == EPERM) {
        return remove_subfolder(r, dir, name, depth);
    }
    if (errno == EACCES && fchmod(dir, 0700) == 0 && unlinkat(dir, name, 0) == 0) {
        return 0;
    }
    return errno == EISDIR || errno == EPERM ? remove_subfolder(r, dir, name, depth)
                                             : fail(r, name);
}

/* Takes the descriptor. */
static int empty_folder(struct removal *r, int fd, unsigned depth)
{
    DIR *d = fdopendir(fd);
    struct dirent *e;
    int rc = 0;

    if (d == NULL) {
        close(fd);
        return ws_fail_errno(r->err, WS_E_IO, r->where, "cannot read a folder below it");
    }
    while (rc == 0 && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            rc = remove_entry(r, dirfd(d), e->d_name, depth);
        }
    }
    closedir(d);
    return rc;
}

/* Takes the descriptor. */
static int empty_open(int top, const char *where, struct ws_error *err)
{
    struct removal r = {.top = top, .where = where, .err = err};
    struct stat st;
    int rc = -1;

    if (fstat(top, &st) < 0) {
        ws_fail_errno(err, WS_E_IO, where, "cannot look at it");
        goto out;
    }
    r.dev = st.st_dev;
    for (int round = 0; round < MAX_ROUNDS; round++) {
        int again = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        r.moved = false;
        if (again < 0) {
            ws_fail_errno(err, WS_E_IO, where, "cannot open it");
            goto out;
        }
        if (empty_folder(&r, again, 0) < 0) {
            goto out;
        }
        if (!r.moved) {
            break;
        }
    }
    rc = 0;
out:
    close(top);
    return rc;
}

static int look_at(int dir, const char *name, struct stat *st)
{
    int rc = fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);

    return rc < 0 && ws_rights_retry(dir) ? fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) : rc;
}

static int unlink_at(int dir, const char *name, int flags)
{
    int rc = unlinkat(dir, name, flags);

    return rc < 0 && ws_rights_retry(dir) ? unlinkat(dir, name, flags) : rc;
}

int ws_remove_at(int dir, const char *name, const char *where, struct ws_error *err)
{
    struct stat st, parent;
    int fd;

    if (look_at(dir, name, &st) < 0) {
        return errno == ENOENT ? 0
                               : ws_fail_errno(err, WS_E_IO, where, "cannot look at '%s'", name);
    }
    if (!S_ISDIR(st.st_mode)) {
        return unlink_at(dir, name, 0) < 0 && errno != ENOENT
                   ? ws_fail_errno(err, WS_E_IO, where, "cannot remove '%s'", name)
                   : 0;
    }
    fd = open_folder(dir, name);
    if (fd < 0) {
        return ws_fail_errno(err, WS_E_IO, where, "cannot open '%s'", name);
    }
    if (fstat(dir, &parent) < 0 || fstat(fd, &st) < 0 || parent.st_dev != st.st_dev) {
        close(fd);
        return ws_fail(err, WS_E_IO, where, "'%s' is a mount point; unmount it first", name);
    }
    if (empty_open(fd, where, err) < 0) {
        return -1;
    }
    return unlink_at(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT
               ? ws_fail_errno(err, WS_E_IO, where, "cannot remove '%s'", name)
               : 0;
}

int ws_remove_folder(const char *path, uint64_t dev, uint64_t ino, struct ws_error *err)
{
    char *parent = ws_path_dir(path);
    int dir = open(parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd = -1;
    struct stat st;
    int rc = 0;

    if (dir < 0) {
        rc = errno == ENOENT ? 0 : ws_fail_errno(err, WS_E_IO, parent, "cannot open the folder");
        goto out;
    }
    fd = open_folder(dir, ws_path_base(path));
    if (fd < 0) {
        rc = errno == ENOENT
                 ? 0
                 : ws_fail_errno(err, WS_E_IO, path,
                                 "something else is where our folder was; it is left alone");
        goto out;
    }
    if (fstat(fd, &st) < 0) {
        rc = ws_fail_errno(err, WS_E_IO, path, "cannot look at the folder");
        goto out;
    }
    if (ino != 0 && (st.st_dev != dev || st.st_ino != ino)) {
        rc = ws_fail(err, WS_E_SCOPE_VIOLATION, path,
                     "this is not the folder wsfsm made; it is left alone, remove it yourself");
        goto out;
    }
    rc = empty_open(fd, path, err);
    fd = -1;
    if (rc == 0 && unlinkat(dir, ws_path_base(path), AT_REMOVEDIR) < 0 && errno != ENOENT) {
        rc = ws_fail_errno(err, WS_E_IO, path, "cannot remove it");
    }
out:
    if (fd >= 0) {
        close(fd);
    }
    if (dir >= 0) {
        close(dir);
    }
    free(parent);
    return rc;
}
