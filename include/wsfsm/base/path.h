/* Paths and small files. */
#ifndef WSFSM_BASE_PATH_H
#define WSFSM_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/error.h"

char *ws_path_join(const char *dir, const char *name); /* the caller frees it; an absolute name wins */
const char *ws_path_base(const char *path);
char *ws_path_dir(const char *path); /* the caller frees it; "." when there is none */
bool ws_path_exists(const char *path);
bool ws_path_is_dir(const char *path);  /* follows links */
bool ws_path_under(const char *path, const char *dir); /* by bytes, both absolute and normal; equal counts */

/* mkdir -p; only the folders it makes get `mode`. */
int ws_mkdirs(const char *path, mode_t mode, struct ws_error *err);

/* The same below `top`, which is made, too, but without its parents. Every folder from `top` on must be one and no link
 * to one (WS_E_REPOSITORY). */
int ws_mkdirs_below(const char *top, const char *path, mode_t mode, struct ws_error *err);

/* Reads a regular file of at most `limit` bytes. Never blocks on a FIFO or device and never takes one for a
 * file; the error says which it was. *out is replaced. */
int ws_read_file(struct ws_buf *out, const char *path, size_t limit, struct ws_error *err);

/* Writes a file whole or not at all: temporary name in the same folder, fsync, rename, fsync of the folder.
 * What stands there and is neither a file nor a link is an error. */
int ws_write_file(const char *path, const void *data, size_t len, mode_t mode, struct ws_error *err);

/* Takes away what a ws_write_file that was killed left in the folder. Nobody else may be writing there. */
void ws_sweep_unwritten(const char *dir);

/* Creates a file that must not be there yet, written and fsynced. EEXIST leaves errno at that. */
int ws_create_file(const char *path, const void *data, size_t len, mode_t mode, struct ws_error *err);

/* All of it, in spite of short writes and EINTR. */
int ws_write_all(int fd, const void *data, size_t len);

#endif
