#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "holder.h"
#include "tree.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/proc/proc.h"

enum {
    ASK_AGAIN_MS = 10,   /* flock() has no time limit of its own, and a signal to end it is not ours
                            to use */
    MOMENT_MS = 200,     /* for which those have it who only ask */
    WAKE_AGAIN_MS = 200, /* a supervisor that something goes on stopping */
    BELOW_MS = 1000,     /* for what a supervisor watched over to die */
    BELOW_PAUSE_MS = 5,
    DEATH_MS = 1000, /* for itself */
};

/* One that is not stopped takes no notice. */
static void wake_holder(int lock)
{
    struct ws_process guard;
    int fd = ws_holder_open(&guard, lock);
    if (fd < 0)
        return;
    pidfd_send_signal(fd, SIGCONT, NULL, 0);
    close(fd);
}

/* 0; -1 with errno, EWOULDBLOCK after that time. */
static int lock_within(int fd, int64_t timeout_ms, bool wake)
{
    int64_t now = ws_boot_ms(), end = now + timeout_ms, wake_at = now;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        now = ws_boot_ms();
        if ((errno != EWOULDBLOCK && errno != EINTR) || now >= end)
            return -1;
        if (wake && now >= wake_at) {
            wake_holder(fd);
            wake_at = now + WAKE_AGAIN_MS;
        }
        poll(NULL, 0, ASK_AGAIN_MS);
    }
    return 0;
}

int ws_guard_lock(int *fd, const char *path, struct ws_error *err)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return ws_fail_errno(err, WS_E_IO, path, "cannot open the supervisor's lock");
    if (lock_within(*fd, MOMENT_MS, false) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return ws_fail(err, WS_E_BUSY, path, "another supervisor is still at work");
    return ws_fail_errno(err, WS_E_IO, path, "cannot take the supervisor's lock");
}

/* 1: it is there; 0: it is not, and nobody holds it. */
static int open_lock(int *fd, const char *lock_file, struct ws_error *err)
{
    *fd = open(lock_file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (*fd >= 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    return ws_fail_errno(err, WS_E_IO, lock_file, "cannot open the supervisor's lock");
}

int ws_guard_wait(const char *lock_file, int64_t timeout_ms, struct ws_error *err)
{
    int fd;
    int there = open_lock(&fd, lock_file, err);
    if (there <= 0)
        return there;
    int rc = lock_within(fd, timeout_ms, true);
    if (rc < 0 && errno == EWOULDBLOCK)
        ws_fail(err, WS_E_BUSY, lock_file, "an earlier supervisor is still ending its program");
    else if (rc < 0)
        ws_fail_errno(err, WS_E_IO, lock_file, "cannot take the supervisor's lock");
    close(fd);
    return rc;
}

/* Before itself: as long as it is there, even stopped, what is orphaned becomes its child, and none
 * of it is lost that an environment does not tell of. */
static void end_below(const struct ws_process *guard)
{
    const struct ws_tree tree = {.root = guard->pid, .not_session = -1, .not_before = guard->start};
    int64_t end = ws_boot_ms() + BELOW_MS;
    while (ws_tree_kill(&tree) > 0 && ws_boot_ms() < end)
        poll(NULL, 0, BELOW_PAUSE_MS);
}

int ws_guard_kill(const char *lock_file, struct ws_error *err)
{
    int fd;
    int there = open_lock(&fd, lock_file, err);
    if (there <= 0)
        return there;
    struct ws_process guard;
    int holder = ws_holder_open(&guard, fd);
    close(fd);
    bool ours_to_end = holder >= 0 && !ws_process_is_own_line(guard.pid);
    if (ours_to_end) {
        end_below(&guard);
        pidfd_send_signal(holder, SIGKILL, NULL, 0);
    }
    if (holder >= 0)
        close(holder);
    struct ws_error why;
    int rc = ws_guard_wait(lock_file, ours_to_end ? DEATH_MS : 0, &why);
    if (rc < 0 && why.code == WS_E_BUSY && !ours_to_end)
        return ws_fail(err, WS_E_BUSY, lock_file,
                       "a process holds it that is not wsfsm's to end; `fuser` tells which");
    if (rc < 0 && err != NULL)
        *err = why;
    return rc;
}
