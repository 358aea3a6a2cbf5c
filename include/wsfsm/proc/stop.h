/* A request to stop, raised by a signal handler or another thread, polled by whoever waits. */
#ifndef WSFSM_PROC_STOP_H
#define WSFSM_PROC_STOP_H

#include <signal.h>

#include "wsfsm/base/error.h"

enum ws_stop_kind {
    WS_STOP_NONE,
    WS_STOP_CANCEL,   /* SIGINT, `wsfsm cancel`: end the tool, record `cancel` */
    WS_STOP_INTERRUPT /* SIGTERM, SIGHUP: end the tool, leave the run interrupted and resumable */
};

/* What `wsfsm cancel` sends: as SIGINT, but the process ends by the run's own exit code. */
#define WS_STOP_SIGNAL_CANCEL SIGUSR1

struct ws_stop {
    int fd;            /* readable once raised (an eventfd); for poll() */
    int raised; /* kind and signal in one, so that who sees the one sees the other; atomically
                 * read and written by stop.c alone (no atomic_int: C++ reads this header, too) */
};

int ws_stop_init(struct ws_stop *s, struct ws_error *err);
void ws_stop_release(struct ws_stop *s);

/* Async-signal-safe. The first kind stays. `signal`: the one to end by, 0 for none. */
void ws_stop_raise(struct ws_stop *s, enum ws_stop_kind kind, int signal);

/* What was raised: WS_STOP_NONE and 0 before. */
enum ws_stop_kind ws_stop_raised(const struct ws_stop *s);
int ws_stop_signal(const struct ws_stop *s);

/* Routes SIGINT (cancel), SIGTERM and SIGHUP (interrupt) here; a second signal ends the process at
 * once by its default action, and the lifeline ends the tool. A SIGHUP that was ignored before
 * (nohup) stays ignored. Only one stop can be routed; release undoes it. */
int ws_stop_on_signals(struct ws_stop *s, struct ws_error *err);

#endif
