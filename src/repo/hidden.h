/* What the ignore rules hide from a look at a worktree. */
#ifndef WSFSM_REPO_HIDDEN_H
#define WSFSM_REPO_HIDDEN_H

#include "scan.h"

/* Whether libgit2 may read the folder's rules of that name (.gitignore, .gitattributes): none, or a
 * file of a sane size. */
bool ws_rules_readable(int dir, const char *name);

/* A path that is not known to be tracked, and whether the rules hide it. *tracked: they would, but
 * it is tracked. Where rules cannot be read nothing is hidden: what is there shows. A .gitignore
 * always shows, also one that ignores itself. */
bool ws_hidden(bool *tracked, struct ws_scan *s, const char *path);

#endif
