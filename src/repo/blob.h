/* Files of a worktree to blobs and back, through the filters that libgit2 has built in (line ends,
 * ident) and no others. */
#ifndef WSFSM_REPO_BLOB_H
#define WSFSM_REPO_BLOB_H

#include <sys/stat.h>

#include "internal.h"

struct ws_blobs {
    struct ws_repo *r;
    git_repository *view; /* of the worktree */
    git_tree *base;
    size_t limit; /* bytes of the largest file that is stored */
};

enum ws_blob_result { WS_BLOB_FAILED = -1, WS_BLOB_STORED, WS_BLOB_TOO_LARGE, WS_BLOB_UNREADABLE };

/* Stores a regular file or a symbolic link; *st becomes what was really read. A file that the
 * checkout of the base would have written byte for byte keeps the base's id, whatever the filters
 * say. `attributes`: the path's .gitattributes can be read, and may ask for a conversion. */
enum ws_blob_result ws_blob_store(git_oid *oid, struct ws_blobs *b, int dir, const char *name,
                                  const char *path, struct stat *st, bool attributes,
                                  struct ws_error *err);

/* To the end of the file; 1: it is longer than `limit`; -1: errno tells. */
int ws_read_all(struct ws_buf *out, int fd, size_t limit);

/* Writes a blob as a new file or link `name`, which must not be there (EEXIST). */
int ws_blob_checkout(struct ws_blobs *b, int dir, const char *name, const char *path,
                     const git_oid *oid, uint32_t mode, bool attributes, struct stat *st,
                     struct ws_error *err);

#endif
