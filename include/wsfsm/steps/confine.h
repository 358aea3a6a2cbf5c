/* Confining a tool by bubblewrap: it sees the file system read-only but for its worktree, its log folder, a private
 * /tmp, /run and home, and what git needs to commit on the workstream's branch. Other processes and, where it is asked
 * for, the network are not there at all. What it may read is not restricted, except for .wsfsm.
 */
#ifndef WSFSM_STEPS_CONFINE_H
#define WSFSM_STEPS_CONFINE_H

#include "wsfsm/base/error.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/proc/proc.h"
#include "wsfsm/project/sandbox.h"
#include "wsfsm/repo/repo.h"

/* Absolute paths, borrowed. */
struct ws_confine_places {
    const char *root;      /* of the user's checkout: seen, read-only */
    const char *git_dir;   /* the repository's: seen, read-only */
    const char *state_dir; /* .wsfsm: hidden */
    const char *worktree;  /* may be written, its .git not; it may be the root */
    const char *admin_dir; /* git's folder about the worktree: may be written; NULL, when the worktree is the root: git
                            * can write nothing at all, and the worktrees of others are read-only */
    const char *branch;    /* with admin_dir: "refs/heads/ws/RUN/WS"; what stands in its folder may be written */
    const char *log_dir;   /* below state_dir: may be written */
    const char *patch;     /* below state_dir: seen; NULL: none */
};

/* Appends bubblewrap's command line up to its "--". `shown`: files and folders that are seen, read-only, although what
 * they lie in is hidden. `home`: what "~" of the sandbox's paths stands for. */
void ws_confine_args(struct ws_strv *out, const char *bwrap, const struct ws_confine_places *places,
                     const struct ws_sandbox *sandbox, const struct ws_strv *shown, const char *home);

/* Makes a complete command a confined one: `confine`, and an environment with the private home. Makes the folders in
 * the git directory that have to be there. WS_E_UNKNOWN_ID: there is no bubblewrap; the command is as it was. */
int ws_confine_command(struct ws_command *c, const struct ws_confine_places *places, const struct ws_sandbox *sandbox,
                       struct ws_repo *repo, struct ws_error *err);

/* Does it work here? WS_E_UNKNOWN_ID: bubblewrap is not there; WS_E_IO: it says why not. */
int ws_confine_try(char **bwrap, struct ws_repo *repo, struct ws_error *err);

#endif
