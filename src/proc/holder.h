/* Who holds a supervisor's lock. */
#ifndef WSFSM_PROC_HOLDER_H
#define WSFSM_PROC_HOLDER_H

#include "proctab.h"

/* What a supervisor is called, as ps shows it. */
#define WS_GUARD_NAME "wsfsm-guard"

/* The supervisor of this user that holds the lock on the file that `lock` has open. Returns a
 * descriptor of exactly this process; -1: there is none, or it cannot be told. */
int ws_holder_open(struct ws_process *out, int lock);

#endif
