/* Starting the program in the supervisor: a session of its own, default signals, no descriptor but
 * its three. */
#ifndef WSFSM_PROC_CHILD_H
#define WSFSM_PROC_CHILD_H

#include <sys/types.h>

#include "wsfsm/base/error.h"
#include "wsfsm/proc/proc.h"

struct ws_child {
    pid_t pid;          /* the program; confined: bubblewrap */
    int out_fd, err_fd; /* reading ends, non-blocking */
    int news_fd; /* readable when the child has something to say of itself; -1 after its end */
    bool confined;
    bool inside; /* the confinement stands */
    int status;  /* of a confined program, as by waitpid(), after WS_CHILD_ENDED */
};

/* What a child that is not the program yet, or stands in for it, writes into its end of the pipe.
 */
enum ws_child_stage {
    WS_STAGE_DESCRIPTORS, /* failed there: `value` is errno */
    WS_STAGE_CWD,
    WS_STAGE_STDIN,
    WS_STAGE_CONFINE,
    WS_STAGE_EXEC,
    WS_STAGE_INSIDE, /* the confinement stands; the program comes after that, so it cannot deny it
                      */
    WS_STAGE_ENDED,  /* `value` is the confined program's status */
};

struct ws_child_report {
    enum ws_child_stage stage;
    int value;
};

enum ws_child_news {
    WS_CHILD_NOTHING,     /* new, or nothing more to come: news_fd is -1 then */
    WS_CHILD_WAITS,       /* nothing yet */
    WS_CHILD_NOT_STARTED, /* and `why` says why */
    WS_CHILD_ENDED,       /* of a confined program; `status` is set */
};

/* Forks. 0 says that the child exists, not that the program could be executed: see ws_child_hear().
 */
int ws_child_start(struct ws_child *child, const struct ws_command *c, struct ws_error *err);

/* Reads one report. Call it when news_fd is readable, and until that is -1 when the child was
 * reaped. */
enum ws_child_news ws_child_hear(struct ws_child *child, const struct ws_command *c, char *why,
                                 size_t size);

/* In the forked process: becomes the program, whose three descriptors are in place. What fails is
 * written to `report`, which must close on exec. */
_Noreturn void ws_child_become(const struct ws_command *c, int report);

#endif
