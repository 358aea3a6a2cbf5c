/* The user's index, as far as a preflight asks about it.
 *
 * libgit2 makes a record of each entry and computes the checksum of the whole file, which git
 * itself does not: too much for a look at a big checkout. Here the entries are passed by, once.
 * Nothing in the file is believed to be sound. */
#ifndef WSFSM_SRC_REPO_INDEX_FILE_H
#define WSFSM_SRC_REPO_INDEX_FILE_H

#include "internal.h"

struct ws_index_look {
    const char *problem; /* why it cannot be read; NULL: it can, or there is none */
    char required[5]; /* an extension that a reader must know and libgit2 does not: "link" (split),
                         "sdir" (sparse) */
    bool whole;       /* `tree` is what the entries make together */
    git_oid tree;
    git_oid *attributes; /* what the entries have for .gitattributes, in any folder */
    size_t len, cap;
};

void ws_index_look(struct ws_index_look *out, const struct ws_repo *r);
void ws_index_look_release(struct ws_index_look *look);

typedef bool (*ws_index_visit)(void *payload, const char *path, uint32_t mode);

/* Each entry in the order of its bytes, until `each` answers true; nothing for an index that is not
 * there or no index, and none behind what is broken. It may begin again with the first. -1: the
 * disk fails. */
int ws_index_each(const struct ws_repo *r, ws_index_visit each, void *payload,
                  struct ws_error *err);

#endif
