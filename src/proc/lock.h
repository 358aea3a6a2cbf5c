/* The lock that shows a supervisor at work. */
#ifndef WSFSM_PROC_LOCK_H
#define WSFSM_PROC_LOCK_H

#include "wsfsm/base/error.h"

/* Takes it, and waits a moment at most; *fd holds it (close-on-exec) until it is closed, also when
 * this fails. */
int ws_guard_lock(int *fd, const char *path, struct ws_error *err);

#endif
