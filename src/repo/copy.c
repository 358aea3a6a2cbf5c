#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

enum { CHUNK = 64 << 10, LINK_LIMIT = 4096 };

static enum ws_copied copy_by_hand(int from, int to)
{
    char *chunk = ws_alloc(CHUNK);
    enum ws_copied done = WS_COPIED;
    ssize_t n = 0;

    while (done == WS_COPIED && ((n = read(from, chunk, CHUNK)) > 0 || (n < 0 && errno == EINTR))) {
        if (n > 0 && ws_write_all(to, chunk, (size_t)n) < 0) {
            done = WS_COPY_UNWRITTEN;
        }
    }
    free(chunk);
    return n < 0 ? WS_COPY_UNREAD : done;
}

/* Where the kernel copies, no byte passes through here, and file systems that can share the blocks
 * do. Its errors do not say which side they are of: the disk that is written to is the likelier. */
static enum ws_copied copy_bytes(int from, int to)
{
    ssize_t n;

    while ((n = copy_file_range(from, NULL, to, NULL, SSIZE_MAX, 0)) > 0) {
    }
    if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
        return copy_by_hand(from, to);
    }
    return n < 0 ? WS_COPY_UNWRITTEN : WS_COPIED;
}

static enum ws_copied copy_into(int from, int to, const char *name, const struct stat *st)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    int fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum ws_copied done;

    if (fd < 0) {
        return WS_COPY_UNWRITTEN;
    }
    done = copy_bytes(from, fd);
    if (done == WS_COPIED && (fchmod(fd, st->st_mode & 0777) < 0 || futimens(fd, times) < 0)) {
        done = WS_COPY_UNWRITTEN;
    }
    if (close(fd) < 0 && done == WS_COPIED) {
        done = WS_COPY_UNWRITTEN;
    }
    return done;
}

static enum ws_copied copy_file(int from, int to, const char *name)
{
    struct stat st;
    enum ws_copied done = WS_COPY_UNREAD;
    int fd = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return WS_COPY_UNREAD;
    }
    if (fstat(fd, &st) == 0) {
        if (S_ISREG(st.st_mode)) {
            done = copy_into(fd, to, name, &st);
        } else {
            errno = ESTALE;
        }
    }
    close(fd);
    return done;
}

static enum ws_copied copy_link(int from, int to, const char *name)
{
    char target[LINK_LIMIT + 1];
    ssize_t len = readlinkat(from, name, target, LINK_LIMIT);

    if (len < 0) {
        return WS_COPY_UNREAD;
    }
    target[len] = '\0';
    return symlinkat(target, to, name) < 0 ? WS_COPY_UNWRITTEN : WS_COPIED;
}

enum ws_copied ws_copy_entry(int from, int to, const char *name, const struct stat *st)
{
    return S_ISLNK(st->st_mode) ? copy_link(from, to, name) : copy_file(from, to, name);
}
