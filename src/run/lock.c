#include "wsfsm/run/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wsfsm/base/clock.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

enum { HOLDER_RUN_ID = 65, STARTING_MS = 60000 };

static const char no_run[] = "-"; /* of a holder; no run has this id */

static char *lock_file(const char *state_dir, const char *name)
{
    return ws_format("%s/locks/%s.lock", state_dir, name);
}

/* "PID RUN\n", as write_holder() wrote it; what is no process is nobody. */
static void read_holder(int fd, int *pid, char run_id[HOLDER_RUN_ID])
{
    char text[128], *rest;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    *pid = 0;
    run_id[0] = '\0';
    if (n <= 0)
        return;
    text[n] = '\0';
    long number = strtol(text, &rest, 10);
    if (number < 1 || number > INT_MAX || *rest != ' ')
        return;
    *pid = (int)number;
    rest[1 + strcspn(rest + 1, " \n")] = '\0';
    snprintf(run_id, HOLDER_RUN_ID, "%s", rest + 1);
}

static int write_holder(int fd, const char *run_id)
{
    char text[128];
    int len = snprintf(text, sizeof text, "%d %s\n", (int)getpid(), run_id);
    if (ftruncate(fd, 0) < 0)
        return -1;
    return pwrite(fd, text, (size_t)len, 0) == len ? 0 : -1;
}

/* The file may have been replaced between open and flock: only a lock on what stands at the path
 * counts. */
static bool still_there(int fd, const char *file)
{
    struct stat held, found;
    return fstat(fd, &held) == 0 && stat(file, &found) == 0 && held.st_dev == found.st_dev &&
           held.st_ino == found.st_ino;
}

static int busy(int fd, const char *name, struct ws_error *err)
{
    int pid;
    char run_id[65];
    read_holder(fd, &pid, run_id);
    if (!pid) /* it has not come to write its name yet */
        return ws_fail(err, WS_E_BUSY, name, "another wsfsm holds it; wait for its end");
    if (!strcmp(run_id, no_run))
        return ws_fail(err, WS_E_BUSY, name,
                       "another wsfsm (process %d) holds it; wait for its end", pid);
    return ws_fail(err, WS_E_BUSY, name,
                   "another wsfsm (process %d, run %s) holds it; wait for its end, or end it: "
                   "`wsfsm cancel --run-id %s`",
                   pid, run_id, run_id);
}

/* Who only asks whether the lock is held (ws_run_lock_held) has it for a moment. */
static int patient_flock(int fd)
{
    const struct timespec nap = {.tv_nsec = 5000000};
    int rc;
    for (int tries = 0; (rc = flock(fd, LOCK_EX | LOCK_NB)) < 0 && tries < 20; tries++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        nanosleep(&nap, NULL);
    }
    return rc;
}

static int try_lock(int *fd, const char *file, const char *name, struct ws_error *err)
{
    for (;;) {
        *fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*fd < 0)
            return ws_fail_errno(err, WS_E_IO, file, "the lock file cannot be opened");
        if (patient_flock(*fd) < 0) {
            int rc = errno == EWOULDBLOCK
                         ? busy(*fd, name, err)
                         : ws_fail_errno(err, WS_E_IO, file, "the file cannot be locked");
            close(*fd);
            return rc;
        }
        if (still_there(*fd, file))
            return 0;
        close(*fd);
    }
}

static int take(struct ws_run_lock *lock, const char *state_dir, const char *name,
                const char *run_id, struct ws_error *err)
{
    char *dir = ws_path_join(state_dir, "locks");
    char *file = lock_file(state_dir, name);
    lock->fd = -1;
    int rc = ws_mkdirs_below(state_dir, dir, 0700, err);
    if (rc == 0)
        rc = try_lock(&lock->fd, file, name, err);
    if (rc == 0 && write_holder(lock->fd, run_id ? run_id : no_run) < 0) {
        rc = ws_fail_errno(err, WS_E_IO, file, "the lock file cannot be written");
        ws_run_lock_release(lock);
    }
    free(dir);
    free(file);
    ws_fault_point("run.lock_taken");
    return rc;
}

int ws_run_lock_take(struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                     const char *run_id, struct ws_error *err)
{
    return take(lock, state_dir, ws_id, run_id, err);
}

/* Only a file that names `run_id` is replaced: of another run's holder the fence of this one says
 * nothing. */
static int unlink_held(const char *state_dir, const char *ws_id, const char *run_id,
                       const struct ws_error *busy, struct ws_error *err)
{
    char holder[HOLDER_RUN_ID] = "";
    char *file = lock_file(state_dir, ws_id);
    int rc = 0;
    if (ws_run_lock_held(NULL, holder, state_dir, ws_id) && strcmp(holder, run_id) != 0) {
        *err = *busy;
        rc = -1;
    } else if (unlink(file) < 0 && errno != ENOENT) {
        rc = ws_fail_errno(err, WS_E_IO, file, "the lock file cannot be replaced");
    }
    free(file);
    return rc;
}

int ws_run_lock_replace(struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                        const char *run_id, struct ws_error *err)
{
    struct ws_error why = {0};
    int rc = ws_run_lock_take(lock, state_dir, ws_id, run_id, &why);
    if (rc == 0)
        return 0;
    if (why.code != WS_E_BUSY) {
        *err = why;
        return -1;
    }
    rc = unlink_held(state_dir, ws_id, run_id, &why, err);
    return rc == 0 ? ws_run_lock_take(lock, state_dir, ws_id, run_id, err) : -1;
}

int ws_run_lock_check(const struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                      struct ws_error *err)
{
    char *file = lock_file(state_dir, ws_id);
    int rc = still_there(lock->fd, file)
                 ? 0
                 : ws_fail(err, WS_E_BUSY, ws_id, "another wsfsm has taken it over meanwhile");
    free(file);
    return rc;
}

/* flock() has no time limit of its own, and who holds this lock may have been stopped. */
int ws_run_lock_starting(struct ws_run_lock *lock, const char *state_dir, struct ws_error *err)
{
    static const char name[] = "starting";
    const int64_t until = ws_boot_ms() + STARTING_MS;
    struct ws_error why = {0};
    int rc, pid = 0;
    while ((rc = take(lock, state_dir, name, NULL, &why)) < 0 && why.code == WS_E_BUSY &&
           ws_boot_ms() < until)
        continue;
    if (rc == 0)
        return 0;
    if (why.code == WS_E_BUSY && ws_run_lock_held(&pid, NULL, state_dir, name))
        return ws_fail(err, WS_E_BUSY, name,
                       "process %d has been entering or finishing a run for a minute, and others "
                       "wait for it; if it is stopped, let it go on (`kill -CONT %d`) or end it",
                       pid, pid);
    *err = why;
    return -1;
}

void ws_run_lock_release(struct ws_run_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}

bool ws_run_lock_held(int *pid, char run_id[65], const char *state_dir, const char *ws_id)
{
    char holder[65];
    int holder_pid = 0;
    bool held = false;
    char *file = lock_file(state_dir, ws_id);
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
        read_holder(fd, &holder_pid, holder);
        close(fd);
    }
    free(file);
    if (held && pid)
        *pid = holder_pid;
    if (held && run_id)
        memcpy(run_id, holder, sizeof holder);
    return held;
}
