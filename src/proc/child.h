/* Starting the program in the supervisor: a session of its own, default signals, no descriptor but
 * its three. */
#ifndef WSFSM_PROC_CHILD_H
#define WSFSM_PROC_CHILD_H

#include <sys/types.h>

#include "wsfsm/base/error.h"
#include "wsfsm/proc/proc.h"

struct ws_child {
    pid_t pid;
    int out_fd, err_fd; /* reading ends, non-blocking */
    int exec_fd; /* readable once the program runs (end of file) or failed to start (a report) */
};

/* Forks. 0 says that the child exists, not that the program could be executed: see
 * ws_child_started(). */
int ws_child_start(struct ws_child *child, const struct ws_command *c, struct ws_error *err);

/* Reads the report from exec_fd and closes it. 0: the program runs; -1: it could not be started,
 * and `why` says why. Call it when exec_fd is readable, or when the child was reaped. */
int ws_child_started(struct ws_child *child, const struct ws_command *c, char *why, size_t size);

#endif
