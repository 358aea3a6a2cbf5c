/* Compiled scope entries, shared by matching and overlap. */
#ifndef WSFSM_SRC_PROJECT_SCOPE_ENTRIES_H
#define WSFSM_SRC_PROJECT_SCOPE_ENTRIES_H

#include <stddef.h>

#include "wsfsm/project/scope.h"

struct ws_scope_entry {
    const char *source; /* as the bundle says it; not owned */
    char *text;         /* literal: the path; folder: with its '/'; pattern: the pattern */
    size_t len;         /* of the text; pattern: of its literal prefix */
};

struct ws_scope_list {
    struct ws_scope_entry *items;
    size_t len;
    size_t cap;
};

struct ws_scope {
    struct ws_scope_list literals, folders, patterns; /* each sorted by text */
};

/* The entry that covers the path, NULL when none does. */
const struct ws_scope_entry *ws_scope_find(const struct ws_scope *s, const char *path);

/* The entry whose text is the first len bytes of `text`, NULL when there is none. */
const struct ws_scope_entry *ws_scope_lookup(const struct ws_scope_list *list, const char *text,
                                             size_t len);

/* Do two scopes meet by their entries alone, without a look at a tree? */
bool ws_scope_meet(const char **one, const char **two, const struct ws_scope *a,
                   const struct ws_scope *b);

/* All pairs of workstreams whose scopes overlap, each once, in the order of `items`. The base tree
 * is walked once for all of them. */
struct ws_scopes;
struct ws_scope_pair {
    size_t first, second;  /* indexes */
    const char *one, *two; /* the entries that meet */
    const char *path;      /* where, when it took the base tree to see it; else NULL */
};

/* -1, and *out is NULL: the tree, which may be NULL, cannot be read. */
int ws_scopes_new(struct ws_scopes **out, const struct ws_workstream *const *items, size_t len,
                  const struct ws_tree_view *tree, struct ws_error *err);
bool ws_scopes_next(struct ws_scopes *s, struct ws_scope_pair *pair); /* false: that was all */
void ws_scopes_free(struct ws_scopes *s);

#endif
