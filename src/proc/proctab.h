/* The system's processes, read from /proc, and signals that cannot hit a process that took over a
 * pid. */
#ifndef WSFSM_PROC_PROCTAB_H
#define WSFSM_PROC_PROCTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ws_process {
    pid_t pid, parent, session;
    char name[16];  /* as in ps; it may have given itself any */
    char state;     /* as in ps: R S D T Z ... */
    int threads;    /* a process whose first thread has ended looks like a zombie, and lives while
                       others run */
    uint64_t start; /* clock ticks after boot; with the pid it names one process for good */
    bool marked;    /* for the reader's use */
};

struct ws_proctab {
    struct ws_process *items; /* by ascending pid */
    size_t len, cap;
};

void ws_proctab_release(struct ws_proctab *t);
int ws_proctab_read(
    struct ws_proctab *t); /* replaces what *t holds; -1 with errno when there is no /proc */
struct ws_process *ws_proctab_find(const struct ws_proctab *t, pid_t pid);

int ws_process_read(struct ws_process *p, pid_t pid);
bool ws_process_is_own_line(pid_t pid); /* ourselves or an ancestor */
bool ws_process_lives(const struct ws_process *p);

/* A descriptor of exactly this process, -1 when it is gone. */
int ws_process_open(const struct ws_process *p);
int ws_process_signal(const struct ws_process *p,
                      int signal); /* -1 with errno; ESRCH: it is gone */

#endif
