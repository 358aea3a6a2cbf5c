/* Objects are written without an fsync each, and made durable together before the first commit that
 * needs them. */
#ifndef WSFSM_REPO_DURABLE_H
#define WSFSM_REPO_DURABLE_H

#include "internal.h"

/* As git_odb_write; also an object that is there already may not be durable yet. */
int ws_durable_write(git_oid *oid, struct ws_repo *r, const void *data, size_t len,
                     git_object_t type);

/* Somebody wrote objects that nobody knows of in detail: a process that was killed. */
void ws_durable_suspect(struct ws_repo *r);
bool ws_durable_pending(const struct ws_repo *r);

int ws_durable_flush(struct ws_repo *r, struct ws_error *err);

#endif
