#ifndef WSFSM_REPO_ATTRIBUTES_H
#define WSFSM_REPO_ATTRIBUTES_H

#include "index_file.h"

/* Whether one of the words (NULL-terminated) stands in any attributes file that could hold for a
 * path of `tree`: its own .gitattributes, the repository's, the user's, the system's. Cheap next to
 * asking for each path, and most often no. `index` (may be NULL) names the tree's attributes files
 * when its entries make that very tree; else the tree is walked. */
int ws_attributes_mention(bool *found, struct ws_repo *r, git_tree *tree,
                          const struct ws_index_look *index, const char *const *words);

/* The same of the repository's, the user's and the system's alone, and of one file of a tree. A
 * libgit2 return code. */
int ws_attributes_outside_mention(bool *found, struct ws_repo *r, const char *const *words);
int ws_attributes_blob_mentions(bool *found, struct ws_repo *r, const git_oid *oid,
                                const char *const *words);

/* Whether a checkout of `tree` could write other bytes than the stored ones: line ends and ident,
 * nothing else. */
int ws_attributes_convert(bool *may, struct ws_repo *r, git_tree *tree);

/* Taking a file in converts more than writing one: line ends wherever a file counts as text.
 * Whether anything outside the worktree's own .gitattributes may ask for that; what cannot be read
 * may. */
bool ws_attributes_clean(struct ws_repo *r);

/* Whether the .gitattributes of this folder may. It must be there, or nothing is lost but time. */
bool ws_attributes_clean_here(int dir);

#endif
