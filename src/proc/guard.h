/* The supervisor's state, shared by its loop (guard.c) and its talk with the orchestrator
 * (guard_io.c). */
#ifndef WSFSM_PROC_GUARD_H
#define WSFSM_PROC_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "child.h"
#include "wire.h"
#include "wsfsm/proc/proc.h"

enum { WS_GUARD_FD = 3 }; /* the socket to the orchestrator, and its lifeline */

/* For output that is still in the pipes, or on its way through another process, when the main
 * process has ended. */
enum { WS_DRAIN_MS = 1000 };

/* What the supervisor exits with; nobody but a person who calls `wsfsm __guard` by hand ever sees
 * another than 0. */
enum { WS_GUARD_OK = 0, WS_GUARD_NO_LIFELINE = 2, WS_GUARD_FAILED = 4 };

enum ws_phase {
    WS_PHASE_RUN,   /* the main process lives, within its limits */
    WS_PHASE_DRAIN, /* it ended by itself; its last output is awaited, for a moment */
    WS_PHASE_TERM,  /* all descendants got SIGTERM and have their grace */
    WS_PHASE_KILL,  /* they get SIGKILL until none is left */
    WS_PHASE_DONE
};

struct ws_guard {
    int sock, signals, lock;
    struct ws_inbox inbox;
    struct ws_buf outbox; /* what the socket did not take yet */
    bool orphaned;        /* the orchestrator is gone */
    bool stop_asked;

    struct ws_command command;
    struct ws_secrets secrets;
    struct ws_patterns patterns;
    struct ws_capture out, err;
    const struct ws_capture *spoke_last; /* of the two */
    struct ws_child child;
    int status;      /* of waitpid(), once main_ended */
    bool main_ended; /* reaped */
    bool drained;    /* both streams ended after it */
    bool childless;  /* nothing of the program is left */

    enum ws_phase phase;
    int64_t phase_ends; /* times: boot clock, ms */
    int64_t give_up;
    int64_t pause; /* between two rounds of killing */
    int64_t started, last_output, last_progress;
    bool news; /* output since the last progress */

    struct ws_exit exit;
    int remaining;        /* descendants that SIGKILL did not end */
    enum ws_code trouble; /* what kept us from starting the program, and is no matter of its own */
};

/* Moves to the phase that events and clock call for, and does what entering it means. */
void ws_guard_advance(struct ws_guard *g, int64_t now);

/* Waits for the request. -1: it never came. */
int ws_guard_receive(struct ws_guard *g);

/* Reads what the orchestrator sent, or that it is gone. */
void ws_guard_hear(struct ws_guard *g);

/* Sends as much of the outbox as the socket takes now. */
void ws_guard_flush(struct ws_guard *g);

int64_t ws_guard_progress_due(const struct ws_guard *g);
void ws_guard_progress(struct ws_guard *g, int64_t now);

/* Sends the result and waits until the orchestrator has taken it or is gone. */
void ws_guard_answer(struct ws_guard *g);

#endif
