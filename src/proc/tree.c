#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proctab.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"

/* What forks faster, or cannot be stopped because it waits for a disk, is met again in the caller's
 * next round. */
enum { STOP_ROUNDS = 16 };

enum { TREE_MAX = 1 << 20 }; /* against going in circles while pids are reused */

static bool counts(const struct ws_tree *tree, const struct ws_process *child)
{
    return child->session != tree->not_session && child->start >= tree->not_before;
}

static bool belongs(const struct ws_tree *tree, const struct ws_proctab *all,
                    const struct ws_process *p)
{
    if (p->parent == tree->root)
        return counts(tree, p);
    const struct ws_process *parent = ws_proctab_find(all, p->parent);
    return parent != NULL && parent->marked;
}

/* All processes of the system, the descendants marked. Pids mostly ascend from parent to child, so
 * one pass finds nearly all, and a second one that nothing is missing. Returns how many live. */
static int scan(const struct ws_tree *tree, struct ws_proctab *all)
{
    int living = 0;
    if (ws_proctab_read(all) < 0)
        return 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < all->len; i++) {
            struct ws_process *p = &all->items[i];
            if (p->marked || !belongs(tree, all, p))
                continue;
            p->marked = changed = true;
            living += ws_process_lives(p);
        }
    }
    return living;
}

int ws_tree_count(const struct ws_tree *tree)
{
    struct ws_proctab all = {0};
    int living = scan(tree, &all);
    ws_proctab_release(&all);
    return living;
}

int ws_tree_terminate(const struct ws_tree *tree)
{
    struct ws_proctab all = {0};
    int living = scan(tree, &all);
    for (size_t i = 0; i < all.len; i++) {
        if (!all.items[i].marked || !ws_process_lives(&all.items[i]))
            continue;
        ws_process_signal(&all.items[i], SIGTERM);
        ws_process_signal(&all.items[i], SIGCONT);
    }
    ws_proctab_release(&all);
    return living;
}

/* Appends the children that one thread made, from its file in /proc. */
static void add_children_of_thread(struct ws_proctab *list, int tasks, const char *thread)
{
    char name[64], chunk[4096];
    struct ws_buf pids = {0};
    ssize_t n = 0;
    snprintf(name, sizeof name, "%.20s/children", thread);
    int fd = openat(tasks, name, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (n = read(fd, chunk, sizeof chunk)) > 0)
        ws_buf_add(&pids, chunk, (size_t)n);
    if (fd >= 0)
        close(fd);
    const char *at = ws_buf_str(&pids);
    char *end;
    for (long pid; (pid = strtol(at, &end, 10)) > 0 && list->len < TREE_MAX; at = end) {
        struct ws_process p;
        if (ws_process_read(&p, (pid_t)pid) < 0)
            continue;
        list->items = ws_grow(list->items, &list->cap, list->len, sizeof *list->items);
        list->items[list->len++] = p;
    }
    ws_buf_release(&pids);
}

static void add_children(struct ws_proctab *list, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            add_children_of_thread(list, dirfd(dir), entry->d_name);
    closedir(dir);
}

/* Goes down from the root and stops each process as soon as it is met, before its children are
 * looked up: looking at all processes of the system first takes so long that a chain of short-lived
 * ones is never caught. Marks what it met; returns how many ran until now. */
static int freeze(const struct ws_tree *tree, struct ws_proctab *list)
{
    int stopped = 0;
    list->len = 0;
    add_children(list, tree->root);
    size_t direct = list->len;
    for (size_t i = 0; i < list->len; i++) {
        struct ws_process p = list->items[i];
        if (i < direct && !counts(tree, &p))
            continue;
        list->items[i].marked = true;
        if (ws_process_lives(&p) && p.state != 'T' && p.state != 't' &&
            ws_process_signal(&p, SIGSTOP) == 0)
            stopped++;
        add_children(list, p.pid);
    }
    return stopped;
}

int ws_tree_kill(const struct ws_tree *tree)
{
    struct ws_proctab list = {0};
    int killed = 0;
    for (int round = 0; round < STOP_ROUNDS; round++)
        if (freeze(tree, &list) == 0)
            break;
    if (list.len == 0)
        scan(tree, &list); /* a kernel without CONFIG_PROC_CHILDREN */
    for (size_t i = 0; i < list.len; i++) {
        const struct ws_process *p = &list.items[i];
        if (p->marked && ws_process_lives(p) && ws_process_signal(p, SIGKILL) == 0)
            killed++;
    }
    ws_proctab_release(&list);
    return killed;
}

void ws_tree_reap(const struct ws_tree *tree)
{
    struct ws_proctab list = {0};
    scan(tree, &list);
    for (size_t i = 0; i < list.len; i++)
        if (list.items[i].marked && list.items[i].parent == tree->root)
            waitpid(list.items[i].pid, NULL, WNOHANG);
    ws_proctab_release(&list);
}
