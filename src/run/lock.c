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

#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

enum { HOLDER_RUN_ID = 65 };

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
    return ws_fail(err, WS_E_BUSY, name,
                   "another wsfsm (process %d, run %s) holds it; wait for its end, or end it: "
                   "`wsfsm cancel --run-id %s`",
                   pid, run_id, run_id);
}

/* Who only asks whether the lock is held (ws_run_lock_held) has it for a moment. */
static int patient_flock(int fd, int how)
{
    const struct timespec nap = {.tv_nsec = 5000000};
    int rc;
    for (int tries = 0; (rc = flock(fd, how)) < 0 && tries < 20; tries++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        nanosleep(&nap, NULL);
    }
    return rc;
}

static int try_lock(int *fd, const char *file, const char *name, int how, struct ws_error *err)
{
    for (;;) {
        *fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*fd < 0)
            return ws_fail_errno(err, WS_E_IO, file, "the lock file cannot be opened");
        if (patient_flock(*fd, how) < 0) {
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
                const char *run_id, int how, struct ws_error *err)
{
    char *dir = ws_path_join(state_dir, "locks");
    char *file = lock_file(state_dir, name);
    lock->fd = -1;
    int rc = ws_mkdirs(dir, 0700, err);
    if (rc == 0)
        rc = try_lock(&lock->fd, file, name, how, err);
    if (rc == 0 && run_id && write_holder(lock->fd, run_id) < 0) {
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
    return take(lock, state_dir, ws_id, run_id, LOCK_EX | LOCK_NB, err);
}

int ws_run_lock_replace(struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                        const char *run_id, struct ws_error *err)
{
    char *file = lock_file(state_dir, ws_id);
    int rc = 0;
    if (unlink(file) < 0 && errno != ENOENT)
        rc = ws_fail_errno(err, WS_E_IO, file, "the lock file cannot be replaced");
    free(file);
    return rc == 0 ? ws_run_lock_take(lock, state_dir, ws_id, run_id, err) : -1;
}

int ws_run_lock_starting(struct ws_run_lock *lock, const char *state_dir, struct ws_error *err)
{
    return take(lock, state_dir, "starting", NULL, LOCK_EX, err);
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
