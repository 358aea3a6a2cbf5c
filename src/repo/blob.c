#include "blob.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "durable.h"
#include "rights.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

/* The id that the base has for this path: 1; 0 when it has no file there, or a link; -1 when that
 * cannot be read, and libgit2 has said why. */
static int base_file(git_oid *oid, uint32_t *mode, const struct ws_blobs *b, const char *path)
{
    git_tree_entry *entry = NULL;

    if (b->base != NULL && ws_git_entry(&entry, b->base, path, NULL) < 0) {
        return -1;
    }
    bool found = entry != NULL && git_tree_entry_type(entry) == GIT_OBJECT_BLOB &&
                 git_tree_entry_filemode(entry) != GIT_FILEMODE_LINK;

    if (found) {
        *oid = *git_tree_entry_id(entry);
        *mode = git_tree_entry_filemode(entry);
    }
    git_tree_entry_free(entry);
    return found;
}

/* Line ends are left alone in a file that the base holds with carriage returns (git's "safe"
 * automatic conversion): libgit2 looks for it in the view's index. */
static int show_base(struct ws_blobs *b, const char *path, const git_oid *oid, uint32_t mode)
{
    git_index_entry entry = {.mode = mode, .id = *oid, .path = path};
    git_index *index = NULL;
    int rc = git_repository_index(&index, b->view);

    if (rc == 0) {
        rc = git_index_clear(index);
    }
    if (rc == 0 && mode != 0) {
        rc = git_index_add(index, &entry);
    }
    git_index_free(index);
    return rc;
}

/* Through the built-in filters; *out must be disposed of. */
static int convert(git_buf *out, struct ws_blobs *b, const char *path, const void *data, size_t len,
                   git_filter_mode_t direction)
{
    git_filter_list *filters = NULL;
    int rc =
        git_filter_list_load(&filters, b->view, NULL, path, direction, GIT_FILTER_ALLOW_UNSAFE);

    if (rc == 0 && filters == NULL) {
        return 1;
    }
    if (rc == 0) {
        rc = git_filter_list_apply_to_buffer(out, filters, data, len);
    }
    git_filter_list_free(filters);
    return rc;
}

static bool same_as_checkout(struct ws_blobs *b, const char *path, const git_oid *base,
                             const struct ws_buf *bytes)
{
    git_odb_object *object = NULL;
    git_buf written = {0};
    bool same = false;

    if (git_odb_read(&object, b->r->odb, base) == 0 &&
        convert(&written, b, path, git_odb_object_data(object), git_odb_object_size(object),
                GIT_FILTER_TO_WORKTREE) == 0) {
        same =
            written.size == bytes->len && memcmp(written.ptr, ws_buf_str(bytes), bytes->len) == 0;
    }
    git_buf_dispose(&written);
    git_odb_object_free(object);
    return same;
}

static int write_object(git_oid *oid, struct ws_blobs *b, const void *data, size_t len)
{
    return ws_durable_write(oid, b->r, data, len, GIT_OBJECT_BLOB);
}

static int store_bytes(git_oid *oid, struct ws_blobs *b, const char *path,
                       const struct ws_buf *bytes, bool attributes)
{
    const char *data = ws_buf_str(bytes);
    git_buf cleaned = {0};
    git_oid base;
    uint32_t mode = 0;
    int known = base_file(&base, &mode, b, path);
    int rc = known < 0 ? known : git_odb_hash(oid, data, bytes->len, GIT_OBJECT_BLOB);

    if (rc < 0 || (known && git_oid_equal(oid, &base))) {
        return rc;
    }
    if (!attributes) {
        return write_object(oid, b, data, bytes->len);
    }
    rc = show_base(b, path, &base, mode);
    if (rc == 0) {
        rc = convert(&cleaned, b, path, data, bytes->len, GIT_FILTER_TO_ODB);
    }
    if (rc == 1) {
        rc = write_object(oid, b, data, bytes->len);
    } else if (rc == 0) {
        rc = git_odb_hash(oid, cleaned.ptr, cleaned.size, GIT_OBJECT_BLOB);
        if (rc == 0 && known &&
            (git_oid_equal(oid, &base) || same_as_checkout(b, path, &base, bytes))) {
            *oid = base;
        } else if (rc == 0) {
            rc = write_object(oid, b, cleaned.ptr, cleaned.size);
        }
    }
    git_buf_dispose(&cleaned);
    return rc;
}

static enum ws_blob_result store_link(git_oid *oid, struct ws_blobs *b, int dir, const char *name,
                                      const char *path, struct ws_error *err)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(dir, name, target, sizeof target);
    int rc;

    if (len < 0) {
        ws_fail_errno(err, WS_E_IO, path, "cannot read the link");
        return WS_BLOB_FAILED;
    }
    rc = write_object(oid, b, target, (size_t)len);
    if (rc < 0) {
        ws_fail_git(err, WS_E_IO, rc, path, "the link cannot be stored");
        return WS_BLOB_FAILED;
    }
    return WS_BLOB_STORED;
}

/* The folder is ours and git keeps no read permissions: a file its owner cannot read is made
 * readable. */
static int open_file(int dir, const char *name, const struct stat *st)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    int fd = openat(dir, name, flags);

    if (fd < 0 && errno == EACCES && fchmodat(dir, name, (st->st_mode & 07777) | 0600, 0) == 0) {
        fd = openat(dir, name, flags);
    }
    return fd;
}

int ws_read_all(struct ws_buf *out, int fd, size_t limit)
{
    char chunk[65536];
    ssize_t n;

    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (out->len + (size_t)n > limit) {
            return 1;
        }
        ws_buf_add(out, chunk, (size_t)n);
    }
    return 0;
}

/* A file that is too large to be stored may still be the base's, untouched. */
static enum ws_blob_result judge_large(git_oid *oid, struct ws_blobs *b, int fd, const char *path,
                                       struct ws_error *err)
{
    git_oid base;
    uint32_t mode;
    int known = base_file(&base, &mode, b, path);

    if (known < 0) {
        ws_fail_git(err, WS_E_IO, known, path, "the file cannot be compared");
        return WS_BLOB_FAILED;
    }
    char *link = ws_format("/dev/fd/%d", fd);
    bool same =
        known && git_odb_hashfile(oid, link, GIT_OBJECT_BLOB) == 0 && git_oid_equal(oid, &base);

    free(link);
    return same ? WS_BLOB_STORED : WS_BLOB_TOO_LARGE;
}

static enum ws_blob_result store_file(git_oid *oid, struct ws_blobs *b, int fd, const char *path,
                                      bool attributes, struct ws_error *err)
{
    struct ws_buf bytes = {0};
    enum ws_blob_result result = WS_BLOB_FAILED;
    int rc = ws_read_all(&bytes, fd, b->limit);

    if (rc < 0) {
        ws_fail_errno(err, WS_E_IO, path, "cannot read the file");
    } else if (rc == 1) {
        result = WS_BLOB_TOO_LARGE;
    } else if ((rc = store_bytes(oid, b, path, &bytes, attributes)) < 0) {
        ws_fail_git(err, WS_E_IO, rc, path, "the file cannot be stored");
    } else {
        result = WS_BLOB_STORED;
    }
    ws_buf_release(&bytes);
    return result;
}

enum ws_blob_result ws_blob_store(git_oid *oid, struct ws_blobs *b, int dir, const char *name,
                                  const char *path, struct stat *st, bool attributes,
                                  struct ws_error *err)
{
    enum ws_blob_result result;
    int fd;

    if (S_ISLNK(st->st_mode)) {
        return store_link(oid, b, dir, name, path, err);
    }
    fd = open_file(dir, name, st);
    bool open = fd >= 0 && fstat(fd, st) == 0;

    if (!open && ws_errno_is_trouble(errno)) {
        ws_fail_errno(err, WS_E_IO, path, "cannot open the file");
        result = WS_BLOB_FAILED;
    } else if (!open || !S_ISREG(st->st_mode)) {
        result = WS_BLOB_UNREADABLE;
    } else if ((uint64_t)st->st_size > b->limit) {
        result = judge_large(oid, b, fd, path, err);
    } else {
        result = store_file(oid, b, fd, path, attributes, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

static int write_file(int dir, const char *name, const void *data, size_t len, uint32_t mode,
                      struct stat *st)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    const mode_t rights = mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0777 : 0666;
    int fd = openat(dir, name, flags, rights), rc;

    if (fd < 0 && ws_rights_retry(dir)) {
        fd = openat(dir, name, flags, rights);
    }
    if (fd < 0) {
        return -1;
    }
    ws_fault_point("repo.checkout_file");
    rc = ws_write_all(fd, data, len);
    if (rc == 0) {
        rc = fstat(fd, st);
    }
    if (close(fd) < 0) {
        rc = -1;
    }
    return rc;
}

static int write_link(int dir, const char *name, const void *data, size_t len, struct stat *st)
{
    char *target = ws_strndup(data, len);
    int rc = symlinkat(target, dir, name);

    if (rc < 0 && ws_rights_retry(dir)) {
        rc = symlinkat(target, dir, name);
    }
    free(target);
    return rc < 0 ? -1 : fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
}

int ws_blob_checkout(struct ws_blobs *b, int dir, const char *name, const char *path,
                     const git_oid *oid, uint32_t mode, bool attributes, struct stat *st,
                     struct ws_error *err)
{
    git_odb_object *object = NULL;
    git_buf smudged = {0};
    const void *data;
    size_t len;
    int rc = git_odb_read(&object, b->r->odb, oid);

    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, path, "the file's content cannot be read");
    }
    data = git_odb_object_data(object);
    len = git_odb_object_size(object);
    if (attributes && mode != GIT_FILEMODE_LINK) {
        rc = convert(&smudged, b, path, data, len, GIT_FILTER_TO_WORKTREE);
        if (rc == 0) {
            data = smudged.ptr;
            len = smudged.size;
        }
    }
    if (rc < 0) {
        ws_fail_git(err, WS_E_IO, rc, path, "the file's filters fail");
    } else {
        rc = mode == GIT_FILEMODE_LINK ? write_link(dir, name, data, len, st)
                                       : write_file(dir, name, data, len, mode, st);
        if (rc < 0) {
            ws_fail_errno(err, WS_E_IO, path, "cannot write the file");
        }
    }
    git_buf_dispose(&smudged);
    git_odb_object_free(object);
    return rc < 0 ? -1 : 0;
}
