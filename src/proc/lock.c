#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include "lock.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/proc/proc.h"

enum {
    ASK_AGAIN_MS = 10
}; /* flock() has no time limit of its own, and a signal to end it is not ours to use */

int ws_guard_lock(int *fd, const char *path, struct ws_error *err)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return ws_fail_errno(err, WS_E_IO, path, "cannot open the supervisor's lock");
    if (flock(*fd, LOCK_EX | LOCK_NB) < 0)
        return ws_fail_errno(err, WS_E_BUSY, path, "another supervisor is still at work");
    return 0;
}

int ws_guard_wait(const char *lock_file, int64_t timeout_ms, struct ws_error *err)
{
    int fd = open(lock_file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return ws_fail_errno(err, WS_E_IO, lock_file, "cannot open the supervisor's lock");
    int rc = 0;
    int64_t end = ws_boot_ms() + timeout_ms;
    while (rc == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            rc = ws_fail_errno(err, WS_E_IO, lock_file, "cannot take the supervisor's lock");
        else if (ws_boot_ms() >= end)
            rc = ws_fail(err, WS_E_BUSY, lock_file,
                         "an earlier supervisor is still ending its program");
        else
            poll(NULL, 0, ASK_AGAIN_MS);
    }
    close(fd);
    return rc;
}
