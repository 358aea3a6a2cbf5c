/* The worktree of a workstream: <root>/.worktrees/<ws_id>, on branch ws/<run_id>/<ws_id>.
 *
 * What we know of it stands in a record, .wsfsm/worktrees/<ws_id>.record, written before the first step on disk
 * ("making") and again when it is complete ("made"): run, branch, base, device and inode of the folder, and the bytes
 * of its .git file, gitdir and commondir. Left-overs of an interrupted try are cleared by that record and by nothing
 * else; what has no record is not ours and never touched. One process per repository makes or removes at a time.
 *
 * After a tool ran, the worktree belongs to the enemy: call ws_worktree_check before anything else.
 */
#ifndef WSFSM_REPO_WORKTREE_H
#define WSFSM_REPO_WORKTREE_H

#include <stdint.h>

#include "wsfsm/repo/repo.h"

struct ws_worktree;

struct ws_worktree_spec {
    const char *run_id, *ws_id;
    const char *base_oid; /* commit */
};

struct ws_prepared {
    bool created;               /* else reused */
    char *snapshot_ref;         /* where an earlier run's content was kept, NULL: nothing to keep */
    struct ws_strv lost;        /* what of it no snapshot can hold: files too large, folders not to be looked into,
                                   the .git of nested repositories */
};

/* Are the place of the worktree and the name of its branch free, or ours to take? To be asked before a run is created;
 * ws_worktree_prepare asks again. `run_id`: NULL when it is going to be a random one. */
int ws_worktree_admit(struct ws_repo *r, const char *run_id, const char *ws_id, struct ws_error *err);

/* The same before a run is gone on with: is its worktree there, or can it be made again, and does nobody else have its
 * branch checked out? */
int ws_worktree_admit_again(struct ws_repo *r, const char *run_id, const char *ws_id, struct ws_error *err);

/* Where another worktree than the workstream's has the run's branch checked out: the main one or one of the user's, also
 * while it is not there. *place is malloc'ed, NULL: nowhere. */
int ws_worktree_branch_place(char **place, struct ws_repo *r, const char *run_id, const char *ws_id,
                             struct ws_error *err);

/* Makes the worktree, or takes the one that is there: this run's as it is; an earlier run's after a snapshot of its
 * content (refs/wsfsm/<its run>/<ws_id>/left-N), put on this run's branch with the base's content. Refuses a folder,
 * file, link or foreign worktree in its place, and a branch of that name that is not ours or that another worktree has
 * checked out. */
int ws_worktree_prepare(struct ws_worktree **out, struct ws_prepared *how, struct ws_repo *r,
                        const struct ws_worktree_spec *spec, struct ws_error *err);

/* The one that is there for this run; WS_E_UNKNOWN_ID when there is none. Checked, as below. */
int ws_worktree_open(struct ws_worktree **out, struct ws_repo *r, const struct ws_worktree_spec *spec,
                     struct ws_error *err);
void ws_worktree_close(struct ws_worktree *w);

/* --- what a new worktree is given: copies of files that are not in the base, and what commands make of it ---------- */

struct ws_brought {
    size_t files;          /* copied */
    struct ws_strv absent; /* entries that nothing in the checkout matches */
    struct ws_strv odd;    /* paths that are neither file, folder nor link, and were left out */
};
void ws_brought_release(struct ws_brought *b);

/* Copies files of the user's checkout into the worktree, with their permissions and times. An entry (normal) is the
 * path of a file, link or folder when there is one, else a glob. What the base has is never replaced, `.git`, .wsfsm and
 * .worktrees are never copied, links are copied as links and not followed on either side (WS_E_CONFIG). `stopped`
 * (may be NULL) is asked before each file; then the rest stays undone and *out says less. */
int ws_worktree_bring(struct ws_brought *out, struct ws_worktree *w, const struct ws_strv *entries,
                      bool (*stopped)(void *payload), void *payload, struct ws_error *err);

/* Has this worktree been given what it is to be given? Noted for as long as the folder stays and serves its run. */
bool ws_worktree_is_set_up(const struct ws_worktree *w);
/* Notes it, once all that is there has reached the disk. */
int ws_worktree_note_set_up(struct ws_worktree *w, struct ws_error *err);
const char *ws_worktree_path(const struct ws_worktree *w);   /* absolute */
const char *ws_worktree_admin_dir(const struct ws_worktree *w); /* git's folder about it, absolute */
const char *ws_worktree_branch(const struct ws_worktree *w); /* "refs/heads/ws/..." */

/* Bytes of .git, gitdir, commondir; no config.worktree; device and inode; the branch HEAD names. WS_E_SCOPE_VIOLATION
 * with what differs: nothing of git may be done in that folder any more. */
int ws_worktree_check(struct ws_worktree *w, struct ws_error *err);

/* The content as a tree: tracked, changed and untracked files that are not ignored, and every .gitignore even when
 * ignored. Objects are written. Nested repositories count as plain files; what cannot be stored is named. */
struct ws_content {
    char tree[WS_OID_HEX];
    char head[WS_OID_HEX];     /* commit HEAD resolves to */
    bool head_on_branch;       /* HEAD names our branch */
    struct ws_strv nested;     /* folders that hold a repository of their own */
    struct ws_strv special;    /* devices, FIFOs, sockets, names of git's own */
    struct ws_strv closed;     /* folders not looked into: mounts, deeper than 400, not to be opened */
    struct ws_strv too_large;  /* over 100 MiB */
};
int ws_worktree_content(struct ws_content *out, struct ws_worktree *w, struct ws_error *err);
void ws_content_release(struct ws_content *c);

/* What no snapshot can hold of a content, by path: files too large or not to be read, folders not to be looked into, the
 * .git of nested repositories. Not a device, FIFO or socket: it has no content. Appends to *out, sorted. */
void ws_content_lost(struct ws_strv *out, const struct ws_worktree *w, const struct ws_content *content);

/* Nothing was added, changed or taken away between two looks: not in the tree either, nor beside it. */
bool ws_content_same(const struct ws_content *a, const struct ws_content *b);

/* Keeps a content under a ref (refs/wsfsm/<run_id>/<ws_id>/<seq>), as a commit whose parents are `head` and, when it
 * differs, the base. A ref that is there already and holds the same tree is fine. No ref is made to a tree of which
 * something is missing (ws_repo_check_stored). */
int ws_worktree_snapshot(struct ws_worktree *w, const char *ref, const struct ws_content *content,
                         const char *message, struct ws_error *err);

/* Keeps a content that stands there after the attempt's snapshot was taken, when it has something that neither the
 * snapshot (a commit) nor the tree `start` has: the user was at work there. *ref is malloc'ed (.../left-N), NULL: there is
 * nothing new. A restore that was killed leaves a mixture of the two, which is nothing new, and at most one half file. */
int ws_worktree_keep_since(char **ref, struct ws_worktree *w, const struct ws_content *content, const char *snapshot,
                           const char *start, struct ws_error *err);

/* Asked right before something is overwritten; -1, with an error: it must not be. */
struct ws_consent {
    int (*ask)(const void *payload, struct ws_error *err);
    const void *payload;
};

/* Is this tree the base's, or held by a snapshot or a ref as below of this run, of a number up to seq? */
int ws_worktree_holds(bool *held, struct ws_worktree *w, int64_t seq, const char *tree, struct ws_error *err);

/* Holds a tree that is no worktree's content, or begins an attempt, under a ref, as a commit on the base. As with a
 * snapshot, a ref that is there already and holds the same tree is fine. */
int ws_worktree_hold(struct ws_worktree *w, const char *ref, const char *tree, const char *message,
                     struct ws_error *err);

/* Puts the content back to `tree`: tracked files as in it, other files that are not ignored removed, HEAD and the
 * branch back on `commit`. Consent (may be NULL) is asked when all is looked at; a branch that is moved after that stays
 * where it is (WS_E_LEASE_LOST). One that another worktree has checked out is not moved: refused, before anything is
 * changed. */
int ws_worktree_restore(struct ws_worktree *w, const char *tree, const char *commit, const struct ws_consent *consent,
                        struct ws_error *err);

/* After the branch moved to the final commit: the index follows, so that git status there shows only what later
 * tools left. */
int ws_worktree_settle(struct ws_worktree *w, const char *commit, struct ws_error *err);

/* --- housekeeping --------------------------------------------------------------------------------------------------- */

struct ws_worktree_info {
    char *ws_id, *run_id, *path, *branch, *base_oid;
    char *state;     /* "made", "making" (interrupted), "gone", "foreign" */
    char *problem;   /* why it cannot be used, NULL: sound */
    bool locked;     /* by `git worktree lock`: it is not to be removed, nor its place to be taken */
};
struct ws_worktree_infos {
    struct ws_worktree_info *items;
    size_t len, cap;
};
int ws_worktree_list(struct ws_worktree_infos *out, struct ws_repo *r, struct ws_error *err);
void ws_worktree_infos_release(struct ws_worktree_infos *infos);

/* Snapshots (*snapshot_ref malloc'ed, NULL when the content was the branch's), then removes folder, admin folder and
 * record; the branch stays. Device and inode are compared, links never followed. Refuses one that is locked; what
 * `git worktree move` has put elsewhere is the user's, and only the record of it goes. `lost` (may be NULL): as in ws_prepared. */
int ws_worktree_remove(char **snapshot_ref, struct ws_strv *lost, struct ws_repo *r, const char *ws_id,
                       struct ws_error *err);

/* --- the repository around it ----------------------------------------------------------------------------------------- */

/* What a tool must leave alone: config (without branch.* sections), config.worktree, hooks/, info/ (without refs), and
 * the values of refs/heads, refs/tags, refs/stash. Text of our own format, for a run's metadata. */
int ws_repo_fingerprint(struct ws_buf *out, struct ws_repo *r, struct ws_error *err);

/* Compares with now. `violations`: what was changed, in words. `moved`: the user at work (a branch checked out in
 * another worktree, a new tag). Other runs' branches (refs/heads/ws/) and refs/wsfsm are free; so is the branch
 * `own_branch`. */
int ws_repo_fingerprint_compare(struct ws_strv *violations, struct ws_strv *moved, struct ws_repo *r,
                                const char *then, const char *own_branch, struct ws_error *err);

#endif
