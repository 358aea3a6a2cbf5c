/* What the files of this layer share about the repository. */
#ifndef WSFSM_REPO_INTERNAL_H
#define WSFSM_REPO_INTERNAL_H

#include <git2.h>
#include <sys/types.h>

#include "wsfsm/repo/repo.h"

enum { WS_PENDING_MAX = 64 };

struct ws_repo {
    git_repository *git;
    git_odb *odb;
    dev_t objects_dev; /* the folder of objects, when it was opened */
    ino_t objects_ino;
    git_odb_backend *loose;       /* writes without a look for new packs each time */
    char *root;                   /* of the main worktree: absolute, real */
    char *git_dir;                /* the common git directory: absolute, real, no '/' at the end */
    bool from_linked;             /* found from a linked worktree of the user's */
    char *state_dir;              /* <root>/.wsfsm */
    bool own_checked;             /* ws_repo_check_own had nothing to say */
    int state_lock;               /* state_dir.h; -1: not held */
    char *worktrees;              /* <root>/.worktrees */
    char *user_name, *user_email; /* who commits; NULL until asked for */
    git_oid pending[WS_PENDING_MAX]; /* objects not yet durable (durable.h) */
    size_t pending_len;              /* more than the maximum: too many to name */
};

/* libgit2 is set up here and nowhere else; calls are counted. */
int ws_git_begin(struct ws_error *err);
void ws_git_end(void);

/* As ws_fail, with ": what libgit2 said" at the end. `rc`: libgit2's return code. A full disk
 * becomes WS_E_DISK_FULL. To be called before anything else touches libgit2. */
int ws_fail_git(struct ws_error *err, enum ws_code code, int rc, const char *where,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What libgit2 said last; never NULL. */
const char *ws_git_message(void);

/* Parses exactly 40 hex digits. */
int ws_git_oid(git_oid *out, const char *hex, struct ws_error *err);
void ws_git_hex(char out[WS_OID_HEX], const git_oid *oid);

/* The tree of a commit's, tag's or tree's id. The caller frees it. */
int ws_git_tree(git_tree **out, struct ws_repo *r, const char *id, struct ws_error *err);

/* The tree of a snapshot's commit. 1: the id names no commit whose tree is there. */
int ws_git_snapshot_tree(char tree[WS_OID_HEX], struct ws_repo *r, const char *id,
                         struct ws_error *err);

/* Is everything of the tree also at its place in one of two others? */
int ws_tree_is_mixed(bool *is, struct ws_repo *r, const char *tree, const char *one,
                     const char *other, struct ws_error *err);

/* The entry at that path, which the caller frees; NULL when the tree has none. -1: a tree on the
 * way is missing or cannot be read, and the entry may be there or not. */
int ws_git_entry(git_tree_entry **out, const git_tree *tree, const char *path,
                 struct ws_error *err);

/* A repository object of its own whose working directory is `workdir` and whose index is empty: for
 * the ignore rules, attributes and built-in filters that hold in that folder. Nothing of git's in
 * the folder itself is read. */
int ws_git_view(git_repository **out, struct ws_repo *r, const char *workdir, struct ws_error *err);

#endif
