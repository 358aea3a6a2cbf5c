/* Scope: which paths a workstream may touch. An entry is literal when it stands literally in the
 * base tree; a folder ("src/", or one in the base tree) covers what is below it; else it is a
 * pattern (base/glob.h). */
#ifndef WSFSM_PROJECT_SCOPE_H
#define WSFSM_PROJECT_SCOPE_H

#include <stdbool.h>

#include "wsfsm/base/strv.h"
#include "wsfsm/project/bundle.h"

/* Normalises a path of a bundle into *out (malloc'ed): '\' becomes '/', a leading "./" goes. false:
 * refused, and *why says what is wrong with it (static text): "..", absolute, a component .git in
 * any case, a leading ':', controls, NUL, empty. */
bool ws_scope_normalise(char **out, const char **why, const char *path);

struct ws_scope; /* compiled entries */

/* -1, and *out is NULL: the tree, which may be NULL, cannot be read. */
int ws_scope_new(struct ws_scope **out, const struct ws_strv *files_scope,
                 const struct ws_strv *files_create, const struct ws_tree_view *tree,
                 struct ws_error *err);
void ws_scope_free(struct ws_scope *s);
bool ws_scope_has(const struct ws_scope *s, const char *path);

/* Do two lists of entries overlap? When they do, *one and *two (not owned) are the entries that
 * meet, else NULL. -1: the tree cannot be read. */
int ws_scope_overlap(const char **one, const char **two, const struct ws_strv *a,
                     const struct ws_strv *b, const struct ws_tree_view *tree,
                     struct ws_error *err);

#endif
