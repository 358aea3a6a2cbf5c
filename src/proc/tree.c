#include "tree.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/wait.h>

#include "proctab.h"

/* What forks faster, or cannot be stopped because it waits for a disk, is met again in the caller's
 * next round. */
enum { STOP_ROUNDS = 16 };

static bool belongs(const struct ws_tree *tree, const struct ws_proctab *all,
                    const struct ws_process *p)
{
    if (p->parent == tree->root)
        return p->session != tree->not_session && p->start >= tree->not_before;
    const struct ws_process *parent = ws_proctab_find(all, p->parent);
    return parent != NULL && parent->marked;
}

/* Marks the descendants. Pids mostly ascend from parent to child, so one pass finds nearly all, and
 * a second one that nothing is missing. Returns how many live. */
static int mark(const struct ws_tree *tree, struct ws_proctab *all)
{
    int living = 0;
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

static int scan(const struct ws_tree *tree, struct ws_proctab *all)
{
    return ws_proctab_read(all) < 0 ? 0 : mark(tree, all);
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

/* Stops what is not stopped yet. Returns how many that were. */
static int stop_all(const struct ws_proctab *all)
{
    int stopped = 0;
    for (size_t i = 0; i < all->len; i++) {
        const struct ws_process *p = &all->items[i];
        bool running = ws_process_lives(p) && p->state != 'T' && p->state != 't';
        if (p->marked && running && ws_process_signal(p, SIGSTOP) == 0)
            stopped++;
    }
    return stopped;
}

int ws_tree_kill(const struct ws_tree *tree)
{
    struct ws_proctab all = {0};
    int killed = 0;
    for (int round = 0; round < STOP_ROUNDS; round++) {
        scan(tree, &all);
        if (stop_all(&all) == 0)
            break;
    }
    for (size_t i = 0; i < all.len; i++)
        if (all.items[i].marked && ws_process_lives(&all.items[i]) &&
            ws_process_signal(&all.items[i], SIGKILL) == 0)
            killed++;
    ws_proctab_release(&all);
    return killed;
}

void ws_tree_reap(const struct ws_tree *tree)
{
    struct ws_proctab all = {0};
    scan(tree, &all);
    for (size_t i = 0; i < all.len; i++)
        if (all.items[i].marked && all.items[i].parent == tree->root)
            waitpid(all.items[i].pid, NULL, WNOHANG);
    ws_proctab_release(&all);
}
