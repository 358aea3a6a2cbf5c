#include "proctab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/proc/proc.h"

void ws_proctab_release(struct ws_proctab *t)
{
    free(t->items);
    *t = (struct ws_proctab){0};
}

/* proc(5): "pid (name) state ppid pgrp session ... num_threads(20) itrealvalue starttime(22) ...";
 * the name may hold anything. */
static bool parse(struct ws_process *p, const char *stat)
{
    static const char format[] =
        " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %" SCNu64;
    const char *name = strchr(stat, '('), *after = strrchr(stat, ')');
    if (name == NULL || after == NULL)
        return false;
    snprintf(p->name, sizeof p->name, "%.*s", (int)(after - name - 1), name + 1);
    return sscanf(after + 1, format, &p->state, &p->parent, &p->session, &p->threads, &p->start) ==
           5;
}

static int read_at(struct ws_process *p, int proc_fd, pid_t pid)
{
    char text[1024];
    snprintf(text, sizeof text, "%d/stat", (int)pid);
    int fd = openat(proc_fd, text, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    *p = (struct ws_process){.pid = pid};
    return parse(p, text) ? 0 : -1;
}

int ws_process_read(struct ws_process *p, pid_t pid)
{
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = read_at(p, fd, pid);
    close(fd);
    return rc;
}

bool ws_process_lives(const struct ws_process *p)
{
    return (p->state != 'Z' && p->state != 'X') || p->threads > 1;
}

bool ws_process_is_own_line(pid_t pid)
{
    struct ws_process p = {.parent = getpid()};
    do {
        if (p.parent == pid)
            return true;
    } while (p.parent > 1 && ws_process_read(&p, p.parent) == 0);
    return false;
}

bool ws_process_stopped(int pid)
{
    struct ws_process p;
    return ws_process_read(&p, pid) == 0 && p.state == 'T';
}

static int by_pid(const void *a, const void *b)
{
    pid_t x = ((const struct ws_process *)a)->pid;
    pid_t y = ((const struct ws_process *)b)->pid;
    return (x > y) - (x < y);
}

int ws_proctab_read(struct ws_proctab *t)
{
    t->len = 0;
    DIR *dir = opendir("/proc");
    if (dir == NULL)
        return -1;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        long long pid;
        struct ws_process p;
        if (!ws_parse_int(&pid, entry->d_name, 1, INT32_MAX) ||
            read_at(&p, dirfd(dir), (pid_t)pid) < 0)
            continue;
        t->items = ws_grow(t->items, &t->cap, t->len, sizeof *t->items);
        t->items[t->len++] = p;
    }
    closedir(dir);
    if (t->len > 0)
        qsort(t->items, t->len, sizeof *t->items, by_pid);
    return 0;
}

struct ws_process *ws_proctab_find(const struct ws_proctab *t, pid_t pid)
{
    struct ws_process key = {.pid = pid};
    return t->len == 0 ? NULL : bsearch(&key, t->items, t->len, sizeof *t->items, by_pid);
}

int ws_process_open(const struct ws_process *p)
{
    int fd = pidfd_open(p->pid, 0);
    if (fd < 0)
        return -1;
    /* The descriptor holds whoever has the pid now; the start time says whether that is still the
     * one we saw. */
    struct ws_process now;
    if (ws_process_read(&now, p->pid) < 0 || now.start != p->start) {
        close(fd);
        errno = ESRCH;
        return -1;
    }
    return fd;
}

int ws_process_signal(const struct ws_process *p, int signal)
{
    int fd = ws_process_open(p);
    if (fd < 0)
        return -1;
    int rc = pidfd_send_signal(fd, signal, NULL, 0);
    int error = errno;
    close(fd);
    errno = error;
    return rc;
}
