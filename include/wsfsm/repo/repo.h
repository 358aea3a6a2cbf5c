/* The user's repository, through libgit2. Nothing here runs a program: no hook, no filter, no fsmonitor, no pager,
 * and nothing is written but objects, refs under refs/wsfsm and refs/heads/ws, our worktrees and .wsfsm.
 * Object ids are 40 hex digits. Paths inside the repository are relative with '/'.
 */
#ifndef WSFSM_REPO_REPO_H
#define WSFSM_REPO_REPO_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/strv.h"

enum { WS_OID_HEX = 41 };

struct ws_repo;

/* The main worktree of the repository found upward from `from`. Refuses (WS_E_REPOSITORY): none, bare, a call from
 * inside .worktrees, another owner (with the safe.directory line to add). Opened by its own path, without search;
 * writes to the git directory are fsynced. */
int ws_repo_open(struct ws_repo **out, const char *from, struct ws_error *err);
void ws_repo_close(struct ws_repo *r);
const char *ws_repo_root(const struct ws_repo *r);      /* absolute, real, no '/' at the end */
const char *ws_repo_state_dir(const struct ws_repo *r); /* <root>/.wsfsm */
const char *ws_repo_git_dir(const struct ws_repo *r);   /* the common git directory: absolute, real */
/* Was it opened from a linked worktree of the user's, whose branch HEAD is not about? */
bool ws_repo_from_linked(const struct ws_repo *r);

/* Who commits here: user.name and user.email as configured, else wsfsm's own. Owned by the repository. */
const char *ws_repo_user_name(struct ws_repo *r);
const char *ws_repo_user_email(struct ws_repo *r);

/* Refuses (WS_E_REPOSITORY) a repository that tracks, in the index or in HEAD, anything at or below .wsfsm or
 * .worktrees, or the database (absolute; NULL: none is asked about): it came with the repository, and would be believed.
 * To be asked before anything there is read; the folders are looked at once for as long as the repository is open. */
int ws_repo_check_own(struct ws_repo *r, const char *database, struct ws_error *err);

/* Makes .wsfsm (0700) with a .gitignore of "*"; refuses a link or a file in its place. .worktrees comes with the first
 * worktree. */
int ws_repo_make_dirs(struct ws_repo *r, struct ws_error *err);

/* Takes the rights of others from a .wsfsm that is there and the caller's own. */
void ws_repo_make_private(struct ws_repo *r);

/* The repository's own random id, kept in .wsfsm/repository-id. With `create` it is made when absent; else an
 * absent one gives "". */
int ws_repo_id(char out[33], struct ws_repo *r, bool create, struct ws_error *err);

/* What cannot be honoured is named before anything is created. `ignore_filters`: `filters: ignore`. */
int ws_repo_preflight(struct ws_repo *r, const char *base_oid, bool ignore_filters, struct ws_error *err);

/* `ref`: a branch, tag, or commit; NULL: what HEAD is on. *name (malloc'ed) is how people call it. */
int ws_repo_resolve_base(char oid[WS_OID_HEX], char **name, struct ws_repo *r, const char *ref,
                         struct ws_error *err);

/* Paths of the user's checkout that differ from HEAD: staged, changed, untracked and not ignored. Sorted. */
int ws_repo_dirty(struct ws_strv *out, struct ws_repo *r, struct ws_error *err);

/* Is this absolute path a file tracked by the user's index, or inside a worktree of ours? */
bool ws_repo_owns_file(struct ws_repo *r, const char *absolute);

/* --- trees (a commit's id serves as its tree's) ---------------------------------------------------------------- */

enum ws_entry { WS_ENTRY_ABSENT, WS_ENTRY_FILE, WS_ENTRY_DIR };
/* -1: a tree on the way is missing or cannot be read, and nobody knows what the path is. */
int ws_repo_look(enum ws_entry *out, struct ws_repo *r, const char *tree, const char *path, struct ws_error *err);

/* Every path of the tree in git's order, until `each` returns nonzero (which is returned). -1: failure. */
int ws_repo_walk(struct ws_repo *r, const char *tree, int (*each)(void *payload, const char *path), void *payload,
                 struct ws_error *err);

int ws_repo_tree_of(char tree[WS_OID_HEX], struct ws_repo *r, const char *commit, struct ws_error *err);

/* The bytes of a file of the tree; WS_E_UNKNOWN_ID when there is none. */
int ws_repo_blob(struct ws_buf *out, struct ws_repo *r, const char *tree, const char *path, size_t limit,
                 struct ws_error *err);

/* Writes the tree without these files; folders that become empty go with them. A path it does not have is fine. */
int ws_repo_tree_without(char out[WS_OID_HEX], struct ws_repo *r, const char *tree, const struct ws_strv *paths,
                         struct ws_error *err);

/* Is the tree there as a whole, as the disk has it now? What the base's has under the same path is not asked for: the
 * cost is that of the difference. WS_E_REPOSITORY with what is missing. `base`: a commit. */
int ws_repo_check_stored(struct ws_repo *r, const char *tree, const char *base, struct ws_error *err);

/* Those of the paths at which the tree has something, a file or a folder; appended. */
int ws_repo_paths_in(struct ws_strv *out, struct ws_repo *r, const char *tree, const struct ws_strv *paths,
                     struct ws_error *err);

struct ws_change {
    char status;    /* A D M T(ype) R(enamed) */
    char *path;     /* the name now (of a deletion: the name it had) */
    char *old_path; /* of a rename, else NULL */
    unsigned old_mode, new_mode;
};
struct ws_changes {
    struct ws_change *items;
    size_t len, cap;
};
int ws_repo_diff(struct ws_changes *out, struct ws_repo *r, const char *old_tree, const char *new_tree,
                 struct ws_error *err);
void ws_changes_release(struct ws_changes *c);

/* Paths at or below .wsfsm or .worktrees, in any case: merged, they would replace what is wsfsm's in a checkout. */
void ws_changes_to_own(struct ws_strv *out, const struct ws_changes *changes);

/* Which of the paths (sorted) would `change` commit other than git does: files of filter lfs, by the attributes of the base
 * or of the change, that are no LFS pointers; and, unless filters are ignored, all of a configured filter. In words,
 * appended, sorted. A path that the change does not have is fine. */
int ws_repo_find_raw(struct ws_strv *out, struct ws_repo *r, const char *base, const char *change,
                     const struct ws_strv *paths, bool ignore_filters, struct ws_error *err);

/* --- commits and refs --------------------------------------------------------------------------------------------- */

struct ws_commit {
    const char *tree;
    const char *parents[2]; /* NULL: none */
    const char *message;    /* ends with its trailers */
};

/* Writes the commit object, in the configured user's name, else wsfsm's. No ref is touched. */
int ws_repo_commit(char oid[WS_OID_HEX], struct ws_repo *r, const struct ws_commit *c, struct ws_error *err);

/* The bytes of a commit object, and the object from its bytes, which is written unless it is there. WS_E_INTEGRITY when
 * the bytes are not those of `oid`. */
int ws_repo_commit_text(struct ws_buf *out, struct ws_repo *r, const char *oid, struct ws_error *err);
int ws_repo_put_commit(struct ws_repo *r, const char *oid, const char *text, struct ws_error *err);

/* out is "" when there is no such ref. */
int ws_repo_ref(char oid[WS_OID_HEX], struct ws_repo *r, const char *ref, struct ws_error *err);

/* The same of a ref that anybody may have written: *odd (static text, else NULL) says in words what it is when it leads
 * to no commit that can be read. -1: the machine failed, or the git directory as a whole is not to be read, and nothing
 * is known of the ref. */
int ws_repo_ref_commit(char oid[WS_OID_HEX], const char **odd, struct ws_repo *r, const char *ref,
                       struct ws_error *err);

/* Compare and swap: from `expect` ("" or NULL: must not exist) to `oid`. A ref that stands at `oid` already is fine.
 * WS_E_LEASE_LOST when it stands elsewhere, or when a ref above or below it, which somebody else
 * made, is in its way. Refs outside refs/wsfsm and refs/heads/ws are refused. */
int ws_repo_move_ref(struct ws_repo *r, const char *ref, const char *expect, const char *oid,
                     struct ws_error *err);

/* Names of all refs under the prefix, sorted. */
int ws_repo_refs(struct ws_strv *out, struct ws_repo *r, const char *prefix, struct ws_error *err);

/* Of a workstream's refs, refs/wsfsm/<run_id>/<ws_id>/<name>: is this a snapshot (<seq>, left-N)? The others are the
 * mark `base`, the anchor `end`, and trees that rows name and no snapshot holds: <seq>-start is where the attempt that
 * transition seq opened began, <seq>-change the change after the one it ended. */
#define WS_REF_START "-start"
#define WS_REF_CHANGE "-change"
bool ws_ref_is_snapshot(const char *ref);

/* The value of a trailer "Key: value" of a commit's message; "" when absent. */
int ws_repo_trailer(struct ws_buf *out, struct ws_repo *r, const char *commit, const char *key,
                    struct ws_error *err);

#endif
