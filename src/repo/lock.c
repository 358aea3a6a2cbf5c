#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wsfsm/base/clock.h"

enum { PATIENCE_MS = 10 * 60 * 1000, NAP_NS = 5 * 1000 * 1000 };

/* By its holder (ws_repo_make_dirs does, when it has to give up). Where nobody can tell, it was
 * not: a folder that cannot be looked at would be waited for without end. */
static bool was_taken_away(int fd, const char *path)
{
    struct stat held, named;

    if (fstat(fd, &held) < 0) {
        return false;
    }
    if (lstat(path, &named) < 0) {
        return errno == ENOENT;
    }
    return held.st_dev != named.st_dev || held.st_ino != named.st_ino;
}

int ws_lock_take(int *fd, const char *path, struct ws_error *err)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};
    int64_t until = ws_boot_ms() + PATIENCE_MS;

    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (*fd < 0) {
        return ws_fail_errno(err, WS_E_IO, path, "cannot open the lock");
    }
    while (flock(*fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            ws_fail_errno(err, WS_E_IO, path, "cannot take the lock");
            goto fail;
        }
        if (ws_boot_ms() > until) {
            ws_fail(err, WS_E_BUSY, path, "another wsfsm has held this lock for ten minutes");
            goto fail;
        }
        nanosleep(&nap, NULL);
    }
    if (was_taken_away(*fd, path)) {
        close(*fd);
        return ws_lock_take(fd, path, err);
    }
    return 0;
fail:
    close(*fd);
    *fd = -1;
    return -1;
}

void ws_lock_drop(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}
