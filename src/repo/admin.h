/* A worktree of ours: its folder, and git's folder about it below <git dir>/worktrees, which is
 * written here and read with suspicion. */
#ifndef WSFSM_REPO_ADMIN_H
#define WSFSM_REPO_ADMIN_H

#include "node.h"
#include "record.h"
#include "wsfsm/repo/worktree.h"

struct ws_worktree {
    struct ws_repo *r; /* borrowed */
    struct ws_record rec;
    char *path;        /* of the folder */
    char *admin_path;  /* of git's folder about it */
    char *branch;      /* "refs/heads/ws/RUN/WS" */
    size_t file_limit; /* larger files are named, not stored */
};

/* Takes the record's content (which is zeroed). */
struct ws_worktree *ws_admin_worktree(struct ws_repo *r, struct ws_record *rec);

/* The worktree's folder, opened and known to be the one we made. */
int ws_admin_open_folder(int *fd, const struct ws_worktree *w, struct ws_error *err);

/* A name below <git dir>/worktrees that is free. */
char *ws_admin_free_name(struct ws_repo *r, const char *ws_id);

/* Makes git's folder in one step: filled under a temporary name, then renamed. `root`: what the
 * worktree holds, which is the branch's tree. */
int ws_admin_make(struct ws_worktree *w, const struct ws_node *root, struct ws_error *err);

/* HEAD on the branch, an index of `tree` with the stamps of `root`, and nothing else but gitdir,
 * commondir and the user's lock. */
int ws_admin_reset(struct ws_worktree *w, const struct ws_node *root, const git_oid *tree,
                   struct ws_error *err);
int ws_admin_write_index(struct ws_worktree *w, const struct ws_node *root, const git_oid *tree,
                         struct ws_error *err);

/* Where git's folder says that its worktree stands; NULL: it does not say. The caller frees it. */
int ws_admin_place(char **place, const char *admin_path, struct ws_error *err);
/* Is that where ours stands, or stood before the repository was moved? */
bool ws_admin_is_place(const struct ws_worktree *w, const char *place);
/* The folder we made is where we made it: nobody has moved it. */
bool ws_admin_is_in_place(const struct ws_worktree *w);
/* Where `git worktree move` has put the worktree, which may be a disk that is not there now: it is
 * the user's from then on, and so is git's folder about it. *place is NULL: nowhere else. */
int ws_admin_elsewhere(char **place, const struct ws_worktree *w, struct ws_error *err);
/* -1: `git worktree lock` was said of it, and so it is neither to go nor to become another run's.
 * The lock of one that stands elsewhere is no matter of ours. */
int ws_admin_check_unlocked(const struct ws_worktree *w, struct ws_error *err);

/* Removes git's folder and what a killed try left of it. `theirs`: the folder itself is the user's
 * and stays. */
int ws_admin_remove(struct ws_worktree *w, bool theirs, struct ws_error *err);

/* What must stand in the worktree's .git file and in git's files about it; the caller frees it. */
enum ws_admin_text { WS_TEXT_LINK, WS_TEXT_GITDIR, WS_TEXT_COMMONDIR, WS_TEXT_HEAD };
char *ws_admin_text(const struct ws_worktree *w, enum ws_admin_text which);

/* The repository was moved with its worktrees, and git's two absolute paths still name the old
 * place. Bytes that are what we wrote there are brought up to date; anything else is left for the
 * check. */
int ws_admin_follow_move(struct ws_worktree *w, struct ws_error *err);

/* The worktree's .git file. */
int ws_admin_write_link(struct ws_worktree *w, int folder, struct ws_error *err);

/* What HEAD names: a commit ("" when none, or none that can be made out), and whether it is our
 * branch. Fails only when the disk does. */
int ws_admin_head(char oid[WS_OID_HEX], bool *on_branch, struct ws_worktree *w,
                  struct ws_error *err);

#endif
