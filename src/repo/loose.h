/* A loose object: a zlib stream of "TYPE SIZE", a NUL and the content. Read here and not by libgit2,
 * whose 1.5.1 never comes back from a file that ends too early (git_zstream_get_output goes round
 * without anything coming out of it); a machine that went down leaves such files. */
#ifndef WSFSM_REPO_LOOSE_H
#define WSFSM_REPO_LOOSE_H

#include <git2/sys/odb_backend.h>

struct ws_loose {
    git_object_t type;
    size_t size;
};

/* Reads it from `fd`, which is at its beginning; `name` is for the error. *data is the backend's, as
 * libgit2 has it (git_odb_backend_data_alloc); NULL: only what the object is. Returns 0 or, with
 * libgit2's error set, GIT_ERROR: the file is damaged or cannot be read. */
int ws_loose_read(struct ws_loose *out, void **data, git_odb_backend *backend, int fd,
                  const char *name);

#endif
