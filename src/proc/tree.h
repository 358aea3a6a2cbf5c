/* The descendants of a process, and how they are ended. Orphans count as long as the root is a
 * subreaper: the kernel makes them its children. One scan can miss a process whose parent ends
 * meanwhile; so the caller repeats the killing until waitpid() says that there are no children.
 */
#ifndef WSFSM_PROC_TREE_H
#define WSFSM_PROC_TREE_H

#include <stdint.h>
#include <sys/types.h>

struct ws_tree {
    pid_t root;          /* not a part of the tree itself */
    pid_t not_session;   /* children of the root in this session are none of ours; -1: all are */
    uint64_t not_before; /* nor are children started earlier (clock ticks after boot) */
};

int ws_tree_count(const struct ws_tree *tree); /* that live; zombies do not */
int ws_tree_terminate(
    const struct ws_tree *tree); /* SIGTERM, and SIGCONT so that stopped ones see it; how many */
int ws_tree_kill(
    const struct ws_tree *tree); /* stops all, so that none can fork, then SIGKILL; how many */
void ws_tree_reap(
    const struct ws_tree *tree); /* waits for those children of the calling root that are dead */

#endif
