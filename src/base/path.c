#include "wsfsm/base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wsfsm/base/fault.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

static const char UNWRITTEN_PREFIX[] = ".wsfsm-", UNWRITTEN_SUFFIX[] = ".tmp";

char *ws_path_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);

    if (name[0] == '/' || len == 0) {
        return ws_strdup(name);
    }
    if (name[0] == '\0') {
        return ws_strdup(dir);
    }
    return ws_format("%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

const char *ws_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

char *ws_path_dir(const char *path)
{
    size_t len = (size_t)(ws_path_base(path) - path);

    if (len == 0) {
        return ws_strdup(".");
    }
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return ws_strndup(path, len);
}

bool ws_path_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0; /* a link that leads nowhere is something, too */
}

bool ws_path_is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool ws_path_under(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    if (strncmp(path, dir, len) != 0) {
        return false;
    }
    return path[len] == '\0' || path[len] == '/' || (len > 0 && dir[len - 1] == '/');
}

static int make_dir(const char *path, mode_t mode, struct ws_error *err)
{
    if (mkdir(path, mode) == 0) {
        return 0;
    }
    int saved = errno;
    if (ws_path_is_dir(path)) {
        return 0; /* whatever mkdir() objected to: EEXIST, EROFS, EACCES on a mount point */
    }
    if (saved == EEXIST) {
        errno = ENOTDIR;
        return ws_fail(err, WS_E_IO, path, "cannot make a folder: something else is there");
    }
    errno = saved;
    return ws_fail_errno(err, WS_E_IO, path, "cannot make a folder");
}

int ws_mkdirs(const char *path, mode_t mode, struct ws_error *err)
{
    if (ws_path_is_dir(path)) {
        return 0;
    }
    char *copy = ws_strdup(path);
    int rc = 0;

    for (char *slash = strchr(copy + strspn(copy, "/"), '/'); slash != NULL && rc == 0;) {
        *slash = '\0';
        rc = make_dir(copy, mode, err);
        *slash = '/';
        slash = strchr(slash + strspn(slash, "/"), '/');
    }
    if (rc == 0) {
        rc = make_dir(copy, mode, err);
    }
    free(copy);
    return rc;
}

/* The folder of that name, made when it is not there; -1 with errno. */
static int enter_dir(int parent, const char *name, mode_t mode)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);

    if (fd < 0 && errno == ENOENT && (mkdirat(parent, name, mode) == 0 || errno == EEXIST)) {
        fd = openat(parent, name, flags);
    }
    return fd;
}

static int cannot_enter(const char *path, struct ws_error *err)
{
    if (errno == ENOTDIR || errno == ELOOP) {
        return ws_fail(err, WS_E_REPOSITORY, path,
                       "a folder of wsfsm's must be here, and something else is; move it away");
    }
    return ws_fail_errno(err, WS_E_IO, path, "cannot make a folder");
}

int ws_mkdirs_below(const char *top, const char *path, mode_t mode, struct ws_error *err)
{
    if (!ws_path_under(path, top)) {
        return ws_fail(err, WS_E_INTERNAL, path, "this folder does not lie below %s", top);
    }
    char *copy = ws_strdup(path);
    char *rest = copy + strlen(top);
    int fd = enter_dir(AT_FDCWD, top, mode);

    if (fd < 0) {
        cannot_enter(top, err);
    }
    while (fd >= 0 && *(rest += strspn(rest, "/")) != '\0') {
        size_t len = strcspn(rest, "/");
        char after = rest[len];

        rest[len] = '\0';
        int next = enter_dir(fd, rest, mode);

        if (next < 0) {
            cannot_enter(copy, err);
        }
        close(fd);
        fd = next;
        rest[len] = after;
        rest += len;
    }
    free(copy);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 ? 0 : -1;
}

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a folder";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
    case S_IFBLK:
        return "a device";
    default:
        return "not a regular file";
    }
}

/* Opens a regular file and nothing else; -1 with the error filled. */
static int open_regular(const char *path, struct stat *st, struct ws_error *err)
{
    /* O_NONBLOCK: a FIFO without a writer must not hold us before we can see what it is. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0) {
        if (errno == ENXIO && stat(path, st) == 0 && !S_ISREG(st->st_mode)) {
            ws_fail(err, WS_E_IO, path, "this is %s, not a file", kind_of(st->st_mode));
        } else {
            ws_fail_errno(err, WS_E_IO, path, "cannot open the file");
        }
        return -1;
    }
    if (fstat(fd, st) < 0) {
        ws_fail_errno(err, WS_E_IO, path, "cannot read the file");
    } else if (!S_ISREG(st->st_mode)) {
        ws_fail(err, WS_E_IO, path, "this is %s, not a file", kind_of(st->st_mode));
    } else {
        return fd;
    }
    close(fd);
    return -1;
}

static int too_large(struct ws_error *err, const char *path, size_t limit)
{
    errno = EFBIG;
    return ws_fail(err, WS_E_IO, path, "the file is too large: the limit is %zu bytes", limit);
}

int ws_read_file(struct ws_buf *out, const char *path, size_t limit, struct ws_error *err)
{
    char chunk[16384];
    struct stat st;
    int rc = -1;

    ws_buf_clear(out);
    int fd = open_regular(path, &st, err);
    if (fd < 0) {
        return -1;
    }
    if (st.st_size > 0 && (uintmax_t)st.st_size > limit) {
        rc = too_large(err, path, limit);
        goto out;
    }
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);

        if (n == 0) {
            rc = 0;
            break;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            ws_fail_errno(err, WS_E_IO, path, "cannot read the file");
            break;
        }
        if ((size_t)n > limit - out->len) { /* it grew, or its size was never told (/proc) */
            too_large(err, path, limit);
            break;
        }
        ws_buf_add(out, chunk, (size_t)n);
    }
out:
    if (rc < 0) {
        ws_buf_clear(out);
    }
    close(fd);
    return rc;
}

int ws_write_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(fd, at, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Makes the names in the folder of `path` durable. */
static int sync_folder_of(const char *path)
{
    char *dir = ws_path_dir(path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 ? fsync(fd) : -1;
    int saved = errno;

    if (fd >= 0) {
        close(fd);
    }
    free(dir);
    errno = saved;
    return rc < 0 && saved == EINVAL ? 0 : rc; /* EINVAL: this file system has no such thing */
}

/* A new file with this content on the disk, or none; errno tells why. */
static int create_synced(const char *path, const void *data, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

    if (fd < 0) {
        return -1;
    }
    int rc = ws_write_all(fd, data, len) < 0 || fsync(fd) < 0 ? -1 : 0;
    int saved = errno;
    if (close(fd) < 0 && rc == 0) {
        saved = errno; /* NFS reports a full disk here */
        rc = -1;
    }
    if (rc < 0) {
        unlink(path);
    }
    errno = saved;
    return rc;
}

int ws_create_file(const char *path, const void *data, size_t len, mode_t mode,
                   struct ws_error *err)
{
    if (create_synced(path, data, len, mode) < 0) {
        return ws_fail_errno(err, WS_E_IO, path, "cannot create the file");
    }
    ws_fault_point("create_file.created");
    if (sync_folder_of(path) < 0) {
        return ws_fail_errno(err, WS_E_IO, path, "cannot sync the file's folder");
    }
    return 0;
}

/* A rename would put a file in the place of a device or a FIFO, and root may do that. */
static bool is_no_place(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode);
}

int ws_write_file(const char *path, const void *data, size_t len, mode_t mode, struct ws_error *err)
{
    char random[17];
    int rc = -1;

    if (is_no_place(path)) {
        return ws_fail(err, WS_E_IO, path, "cannot be replaced: it is not a regular file");
    }
    ws_random_hex(random, sizeof random - 1);
    char *dir = ws_path_dir(path);
    char *temporary = ws_format("%s/%s%s%s", dir, UNWRITTEN_PREFIX, random, UNWRITTEN_SUFFIX);
    if (create_synced(temporary, data, len, mode) < 0) {
        ws_fail_errno(err, WS_E_IO, path, "cannot write the file");
        goto out;
    }
    ws_fault_point("write_file.written");
    if (rename(temporary, path) < 0) {
        ws_fail_errno(err, WS_E_IO, path, "cannot put the file into place");
        unlink(temporary);
        goto out;
    }
    ws_fault_point("write_file.renamed");
    rc = sync_folder_of(path);
    if (rc < 0) {
        ws_fail_errno(err, WS_E_IO, path, "cannot sync the file's folder");
    }
out:
    free(temporary);
    free(dir);
    return rc;
}

void ws_sweep_unwritten(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;

    while (d != NULL && (e = readdir(d)) != NULL) {
        if (ws_starts_with(e->d_name, UNWRITTEN_PREFIX) &&
            ws_ends_with(e->d_name, UNWRITTEN_SUFFIX)) {
            unlinkat(dirfd(d), e->d_name, 0);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
}
