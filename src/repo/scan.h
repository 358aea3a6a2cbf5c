/* Looking at a worktree: its node tree brought up to date with what lies in the folder. */
#ifndef WSFSM_REPO_SCAN_H
#define WSFSM_REPO_SCAN_H

#include "blob.h"
#include "node.h"
#include "wsfsm/repo/worktree.h"

struct ws_scan {
    struct ws_blobs blobs;
    git_tree *head;         /* the tool's own commits also say what is tracked; may be NULL */
    const char *top_path;   /* the worktree's folder, for messages */
    const char *index_path; /* the tool's index: asked for names only, and only when a rule hides
                               something */
    git_index *staged;      /* that index once it was asked for; the caller frees it */
    bool modes;             /* core.filemode */
    struct ws_content *out; /* nested, special, closed, too_large are filled */
};

/* `top` stays the caller's. */
int ws_scan_run(struct ws_scan *s, struct ws_node *root, int top, struct ws_error *err);

#endif
