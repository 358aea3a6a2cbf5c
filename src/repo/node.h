/* The content of a folder as we know it: a tree of names with their object ids, and the stamps by
 * which a later look sees that a file was not touched. */
#ifndef WSFSM_REPO_NODE_H
#define WSFSM_REPO_NODE_H

#include <git2.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "internal.h"

/* What lstat says of a file. All zero: never trusted. The inode's change time is part of it, which
 * no tool can set back, and which a write within the clock's tick cannot hide from (see
 * ws_stamp_of). */
struct ws_stamp {
    int64_t mtime, ctime;     /* ns since 1970 */
    uint64_t ino, size, mode; /* as wide as the rest: no bytes between */
};

struct ws_node {
    char *name;
    uint32_t mode; /* as in a tree; GIT_FILEMODE_TREE: a folder */
    git_oid oid;   /* zero: not known yet */
    struct ws_stamp stamp;
    bool tracked;          /* in the base, so that no rule can hide it */
    bool in_base;          /* this very object is the base's, so that it is there and stays */
    struct ws_node *items; /* of a folder, sorted by name */
    size_t len, cap;
};

void ws_node_release(struct ws_node *n);
/* Appends a zeroed node; pointers into items become stale. */
struct ws_node *ws_node_add(struct ws_node *folder, const char *name);

/* Zero when the file changed so lately that a further change might leave the same stamp:
 * `settled_before` is a moment of the file clock that lies before the look by more than its tick.
 */
struct ws_stamp ws_stamp_of(const struct stat *st, int64_t settled_before);
bool ws_stamp_same(const struct ws_stamp *stamp, const struct stat *st);
int64_t ws_stamp_settled(void); /* that moment, for a look that begins now */

/* Writes the folder's tree object and sets its id; its folders must have theirs. */
int ws_node_write_tree(struct ws_node *folder, struct ws_repo *r, struct ws_error *err);

#endif
