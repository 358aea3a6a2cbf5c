/* One process at a time: a lock the kernel drops when its holder dies. */
#ifndef WSFSM_REPO_LOCK_H
#define WSFSM_REPO_LOCK_H

#include "wsfsm/base/error.h"

/* Waits for its turn, at most ten minutes (WS_E_BUSY). The file stays; it is never waited for by
 * age. */
int ws_lock_take(int *fd, const char *path, struct ws_error *err);
void ws_lock_drop(int fd); /* -1 is fine */

#endif
