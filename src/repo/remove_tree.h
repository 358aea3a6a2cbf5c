/* Removing folders without being led astray. */
#ifndef WSFSM_REPO_REMOVE_TREE_H
#define WSFSM_REPO_REMOVE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "wsfsm/base/error.h"

/* Removes `name` in the folder `dir`, with all below. Links are removed, never followed; another
 * device (a mount) is an error and left as it is. `where`: for messages. Absent is fine. The folder
 * is one of a worktree or git's about it, and may lack rights that a tool took. */
int ws_remove_at(int dir, const char *name, const char *where, struct ws_error *err);

/* The same by path, when the folder is the one with this device and inode, or (`ino` 0) whatever it
 * is. The parent is opened first, so that nothing is followed on the way to the last component. */
int ws_remove_folder(const char *path, uint64_t dev, uint64_t ino, struct ws_error *err);

#endif
