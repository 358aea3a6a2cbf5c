#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "proctab.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/proc/proc.h"

enum {
    QUIET_LOOKS =
        2, /* that find nothing: pids may have wrapped around behind the first one's back */
    DEATH_MS = 1000,        /* for one process to die */
    STRAYS_MS = 10000,      /* for all of it */
    ENVIRON_MAX = 16 << 20, /* more than the kernel lets a program have */
};

static const char KEY[] = "WSFSM_KEY=", REPO[] = "WSFSM_REPO=";

/* What a process must carry in its environment to be ours. */
struct mark {
    const char *key;
    const char *repo; /* NULL: of any repository */
};

static void read_environ(struct ws_buf *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0 && out->len < ENVIRON_MAX)
        ws_buf_add(out, chunk, (size_t)n);
    close(fd);
}

/* A process whose first thread has ended shows its environment with the other threads only. */
static void read_environ_of_threads(struct ws_buf *out, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    for (struct dirent *entry = readdir(dir); entry != NULL && out->len == 0;
         entry = readdir(dir)) {
        char *file = ws_format("%s/%s/environ", path, entry->d_name);
        if (entry->d_name[0] != '.')
            read_environ(out, file);
        free(file);
    }
    closedir(dir);
}

/* `entry` is WSFSM_KEY=<key>, or WSFSM_KEY=<key>/... */
static bool is_keyed(const char *entry, const char *key)
{
    if (!ws_starts_with(entry, KEY))
        return false;
    const char *value = entry + sizeof KEY - 1;
    size_t len = strlen(key);
    return strncmp(value, key, len) == 0 && (value[len] == '\0' || value[len] == '/');
}

static bool is_of_repo(const char *entry, const char *repo)
{
    return ws_starts_with(entry, REPO) && strcmp(entry + sizeof REPO - 1, repo) == 0;
}

static bool is_marked(pid_t pid, const struct mark *mark)
{
    struct ws_buf environment = {0};
    char path[64];
    bool keyed = false, at_home = mark->repo == NULL;
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    read_environ(&environment, path);
    if (environment.len == 0)
        read_environ_of_threads(&environment, pid);
    const char *entry = ws_buf_str(&environment);
    const char *end = entry + environment.len;
    for (; entry < end && !(keyed && at_home); entry += strlen(entry) + 1) {
        keyed = keyed || is_keyed(entry, mark->key);
        at_home = at_home || is_of_repo(entry, mark->repo);
    }
    ws_buf_release(&environment);
    return keyed && at_home;
}

enum fate { FATE_GONE, FATE_KILLED, FATE_ALIVE };

static enum fate kill_process(pid_t pid, const struct mark *mark)
{
    struct ws_process p;
    int fd = ws_process_read(&p, pid) == 0 ? ws_process_open(&p) : -1;
    enum fate fate = FATE_GONE;
    /* Asked again with the descriptor in hand: another process may have taken the pid over
     * meanwhile. */
    if (fd < 0 || !is_marked(pid, mark))
        goto out;
    if (pidfd_send_signal(fd, SIGKILL, NULL, 0) < 0) {
        fate = errno == ESRCH ? FATE_GONE : FATE_ALIVE;
        goto out;
    }
    struct pollfd dead = {.fd = fd, .events = POLLIN};
    fate = poll(&dead, 1, DEATH_MS) > 0 ? FATE_KILLED : FATE_ALIVE;
out:
    if (fd >= 0)
        close(fd);
    return fate;
}

struct tally {
    int met, killed, alive;
};

/* A cursor over the pids of the system that never reads far ahead. readdir() would fetch a thousand
 * names at once, and a chain of processes that fork and exit every few milliseconds would have
 * moved on before its name is looked at. */
struct cursor {
    int fd;
    _Alignas(8) char names[288]; /* the longest name fits, and a few pids */
    size_t at, end;
};

/* 0 at the end. */
static pid_t next_pid(struct cursor *c)
{
    for (;;) {
        if (c->at >= c->end) {
            ssize_t n = getdents64(c->fd, c->names, sizeof c->names);
            if (n <= 0)
                return 0;
            c->at = 0;
            c->end = (size_t)n;
        }
        const struct dirent64 *entry = (const void *)(c->names + c->at);
        long long pid;
        c->at += entry->d_reclen;
        if (ws_parse_int(&pid, entry->d_name, 1, INT32_MAX))
            return (pid_t)pid;
    }
}

/* One look at all processes. Each is dealt with as soon as it is met; the next member of such a
 * chain mostly has a higher pid and is met in the same look. */
static int kill_round(struct tally *t, const struct mark *mark)
{
    struct cursor c = {.fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    *t = (struct tally){0};
    if (c.fd < 0)
        return -1;
    for (pid_t pid; (pid = next_pid(&c)) != 0;) {
        /* Ourselves and our ancestors are spared: a tool of the same run may have started us. */
        if (!is_marked(pid, mark) || ws_process_is_own_line(pid))
            continue;
        enum fate fate = kill_process(pid, mark);
        t->met++;
        t->killed += fate == FATE_KILLED;
        t->alive += fate == FATE_ALIVE;
    }
    close(c.fd);
    return 0;
}

int ws_kill_strays(const char *key, const char *repo, struct ws_error *err)
{
    const struct mark mark = {.key = key, .repo = repo};
    int64_t end = ws_boot_ms() + STRAYS_MS;
    int killed = 0;
    int quiet = 0;
    struct tally t;
    do {
        if (kill_round(&t, &mark) < 0)
            return ws_fail_errno(err, WS_E_IO, "/proc", "cannot look for processes left behind");
        killed += t.killed;
        quiet = t.met == 0 ? quiet + 1 : 0;
    } while (quiet < QUIET_LOOKS && ws_boot_ms() < end);
    if (t.met > 0)
        return ws_fail(err, WS_E_IO, key,
                       "%d processes that an earlier run left behind cannot be ended", t.met);
    return killed;
}
