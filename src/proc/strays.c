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
    DEATH_MS = 1000,        /* for one process to die */
    STRAYS_MS = 10000,      /* for all of it */
    ENVIRON_MAX = 16 << 20, /* more than the kernel lets a program have */
};

static const char NAME[] = "WSFSM_KEY=";

static int read_environ(struct ws_buf *out, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0 && out->len < ENVIRON_MAX)
        ws_buf_add(out, chunk, (size_t)n);
    close(fd);
    return 0;
}

/* `entry` is WSFSM_KEY=<key>, or WSFSM_KEY=<key>/... */
static bool is_keyed(const char *entry, const char *key)
{
    if (!ws_starts_with(entry, NAME))
        return false;
    const char *value = entry + sizeof NAME - 1;
    size_t len = strlen(key);
    return strncmp(value, key, len) == 0 && (value[len] == '\0' || value[len] == '/');
}

static bool has_key(const struct ws_process *p, const char *key)
{
    struct ws_buf environment = {0};
    bool found = false;
    if (read_environ(&environment, p->pid) == 0) {
        const char *entry = ws_buf_str(&environment);
        const char *end = entry + environment.len;
        for (; entry < end && !found; entry += strlen(entry) + 1)
            found = is_keyed(entry, key);
    }
    ws_buf_release(&environment);
    return found;
}

/* Marks ourselves and our ancestors: they may have been started by a tool of the same run and stay
 * alive. */
static void mark_own_line(const struct ws_proctab *t)
{
    struct ws_process *p = ws_proctab_find(t, getpid());
    while (p != NULL && !p->marked) {
        p->marked = true;
        p = ws_proctab_find(t, p->parent);
    }
}

/* Returns 1 when it is dead now, 0 when it was gone before, -1 when it cannot be killed. */
static int kill_process(const struct ws_process *p, const char *key)
{
    int rc = 0;
    int fd = ws_process_open(p);
    /* Asked again with the descriptor in hand: the process may have become another program
     * meanwhile. */
    if (fd < 0 || !has_key(p, key))
        goto out;
    if (pidfd_send_signal(fd, SIGKILL, NULL, 0) < 0) {
        rc = errno == ESRCH ? 0 : -1;
        goto out;
    }
    struct pollfd dead = {.fd = fd, .events = POLLIN};
    rc = poll(&dead, 1, DEATH_MS) > 0 ? 1 : -1;
out:
    if (fd >= 0)
        close(fd);
    return rc;
}

/* One look at all processes; returns how many it killed. */
static int kill_round(const char *key, int *failed)
{
    struct ws_proctab all = {0};
    int killed = 0;
    *failed = 0;
    if (ws_proctab_read(&all) < 0) {
        *failed = 1;
        return 0;
    }
    mark_own_line(&all);
    for (size_t i = 0; i < all.len; i++) {
        if (all.items[i].marked || !has_key(&all.items[i], key))
            continue;
        int rc = kill_process(&all.items[i], key);
        killed += rc > 0;
        *failed += rc < 0;
    }
    ws_proctab_release(&all);
    return killed;
}

int ws_kill_strays(const char *key, struct ws_error *err)
{
    int64_t end = ws_boot_ms() + STRAYS_MS;
    int killed = 0;
    int failed = 0;
    int round;
    do {
        round = kill_round(key, &failed);
        killed += round;
    } while (round > 0 &&
             ws_boot_ms() <
                 end); /* until a look finds none: they may have forked behind our back */
    if (failed > 0 || round > 0)
        return ws_fail(err, WS_E_IO, key,
                       "processes that an earlier run left behind cannot be ended");
    return killed;
}
