/* Running one external program so that nothing of it is left behind.
 *
 * Between the orchestrator and the program stands a supervisor, `wsfsm __guard`: a process of its own, started from
 * our own executable, single-threaded, PR_SET_CHILD_SUBREAPER, with a lifeline to the orchestrator. It starts the
 * program, captures its output, watches the limits, stops the whole tree of descendants and answers with one result.
 * When the lifeline closes (the orchestrator died) it kills everything at once and leaves.
 *
 *     orchestrator --request, "stop"--> guard --fork/exec--> program (own session)
 *                  <--progress, result--
 *
 * The end of a program is its main process reaped, not its pipes closed: its last output is awaited for 1 s at most,
 * what it left running gets SIGTERM and 0.5 s, then SIGKILL. A result is returned only when no descendant is left.
 * When the supervisor itself is killed, ws_proc_run() ends what it watched over; when both are, ws_kill_strays(). One
 * that was stopped and then lost its orchestrator is woken by ws_guard_wait(), or ended by ws_guard_kill().
 *
 * A confined program is started by bubblewrap, in namespaces of its own:
 *
 *     guard --> bwrap --> bwrap (pid 1 there) --> wsfsm __inside --> program
 *
 * bwrap alone would end with the program, take what it left running along at once, and say 128+N for signal N. Our own
 * executable inside starts the program, tells the guard how it began and ended, and stays until nothing of it is left:
 * exit codes, signals, grace and left-overs are what they are without. When the guard dies, the kernel ends all of it.
 *
 * Output is binary: in strings made of it a NUL byte reads '?'. A log over its cap keeps the first half of the cap and
 * the last, with a line "[wsfsm: N bytes cut here]" between; until the program ends it shows the first half only.
 * Failure patterns are matched on lines as printed (cut at 64 KiB), so that hiding a secret changes no verdict.
 */
#ifndef WSFSM_PROC_PROC_H
#define WSFSM_PROC_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "wsfsm/base/error.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/proc/stop.h"

enum { WS_LOG_CAP = 64 << 20, WS_GRACE_MS = 5000, WS_TAIL_MAX = 8192 };

enum ws_limit { WS_LIMIT_NONE, WS_LIMIT_WALL, WS_LIMIT_IDLE, WS_LIMIT_DEADLINE };
const char *ws_limit_name(enum ws_limit limit); /* NULL, "wall", "idle", "deadline" */

/* Paths are borrowed: whoever fills them in keeps and frees them. The vectors are owned. */
struct ws_command {
    const char *program;       /* absolute path of the file to execute */
    struct ws_strv argv;       /* argv[0] included */
    struct ws_strv env;        /* the whole environment, "NAME=value" */
    struct ws_strv confine;    /* bubblewrap's path and options without "--"; empty: unconfined. What they show of
                                * the file system has a folder /run that can be written */
    const char *cwd;           /* absolute */
    const char *stdin_file;    /* NULL: /dev/null */
    const char *stdout_log;    /* files to create (mode 0600); never NULL */
    const char *stderr_log;
    const char *lock_file;     /* the supervisor holds an flock on it while anything may run; NULL: none */
    int64_t log_cap;           /* bytes kept of each stream, head and tail; 0: WS_LOG_CAP */
    int64_t wall_ms;           /* limits; 0: none */
    int64_t idle_ms;           /* without a byte on either stream */
    int64_t deadline_ms;       /* what is left of the state's deadline */
    int64_t grace_ms;          /* between SIGTERM and SIGKILL; 0: WS_GRACE_MS */
    struct ws_strv secrets;    /* values replaced by *** wherever output goes */
    struct ws_strv failure_patterns; /* POSIX extended regular expressions, matched line by line */
};

/* While it runs: called when a line ended or about once a second, in the orchestrator. */
struct ws_progress {
    int64_t elapsed_ms;
    int64_t quiet_ms;       /* since the last byte of output */
    uint64_t stdout_bytes, stderr_bytes;
    const char *last_line;  /* redacted, not escaped; "" before the first */
};

struct ws_watch {
    void (*progress)(void *payload, const struct ws_progress *p); /* may be NULL */
    void *payload;
    struct ws_stop *stop; /* NULL: cannot be stopped */
};

struct ws_exit {
    bool started;            /* false: could not start; `start_error` says why */
    char start_error[256];
    bool confine_failed;     /* could not start: the confinement could not be made; nothing of the program ran */
    int exit_code;           /* -1 when ended by a signal or not started */
    int signal;              /* 0 when it exited */
    enum ws_limit timed_out;
    bool stopped;            /* ended because the stop was raised */
    bool pattern_matched;    /* a failure pattern matched ... */
    char *matched_line;      /* ... this line (redacted, at most WS_TAIL_MAX bytes; NULL else) */
    int64_t duration_ms;
    uint64_t stdout_bytes, stderr_bytes; /* printed, before any cut */
    bool stdout_cut, stderr_cut;
    char *stdout_tail, *stderr_tail;     /* last WS_TAIL_MAX bytes at most, redacted; never NULL when started */
    int leftovers;           /* descendants that had to be ended after the main process had ended */
    bool log_failed;         /* a log file could not be written whole (disk full) */
};

void ws_command_release(struct ws_command *c); /* the vectors */
void ws_exit_release(struct ws_exit *e);

/* Runs the command to its end. 0: *out says how it went, a program that could not be started included; one whose stop
 * was raised before is not started at all. -1: the supervisor itself failed; nothing runs any more, except where the
 * message says that processes cannot be ended (another user's, or stuck in the kernel, after 10 s of SIGKILL), or
 * `lock_file` could not be had: WS_E_BUSY where somebody holds it.
 * Exactly one command at a time per process. */
int ws_proc_run(struct ws_exit *out, const struct ws_command *c, const struct ws_watch *watch,
                struct ws_error *err);

/* The first thing in the main() of a program that runs tools: the supervisor is that program itself, started again with
 * the one argument `__guard` (in a sandbox: `__inside`). Before threads, before anything is opened or printed.
 *
 *     int status = ws_proc_main(argc, argv);
 *     if (status >= 0)
 *         return status;
 *
 * -1: an ordinary start, go on; else this process was a supervisor, has done its work and has to exit with it. */
int ws_proc_main(int argc, char **argv);

/* The other way, for a program whose main() is not ours to change (an interpreter's module): the wsfsm program, of the
 * library's version, becomes the supervisor. An absolute path; the string is kept, not copied. */
void ws_proc_set_guard(const char *executable);

/* Was one of the two called? Without them a supervisor would be a second copy of somebody's program, doing what that
 * does; so nothing is started, and WS_E_INTERNAL says what is missing. */
int ws_proc_check(struct ws_error *err);

/* What ws_proc_main() calls. The process exits with what they return. */
int ws_guard_main(void);  /* the supervisor */
int ws_inside_main(void); /* what stands between bubblewrap and a confined program */

/* Waits until no supervisor holds `lock_file` any more: after a crash of the orchestrator, until its supervisor has
 * ended everything. One that was stopped is woken for that. Fails with WS_E_BUSY after `timeout_ms`. No such file:
 * nobody holds it. */
int ws_guard_wait(const char *lock_file, int64_t timeout_ms, struct ws_error *err);

/* Kills all that the supervisor watches over that holds `lock_file`, and the supervisor; it takes 2 s at most. For who
 * has waited for it in vain, and knows that its orchestrator is dead or has lost the workstream. WS_E_BUSY when it
 * cannot be ended, or when what holds the lock is no supervisor of this user's, or one that we run under ourselves. */
int ws_guard_kill(const char *lock_file, struct ws_error *err);

/* Looks a command up: one with a '/' must be absolute; else the absolute entries of `path` (relative and empty
 * ones are skipped). `refuse` (may be NULL) is asked for each candidate, as resolved by realpath, and says why it
 * may not be used, or NULL. On success *out is malloc'ed. Fails with WS_E_UNKNOWN_ID and a reason, or with
 * WS_E_IO where the machine did not let it look. */
int ws_find_program(char **out, const char *command, const char *path,
                    const char *(*refuse)(void *payload, const char *file), void *payload,
                    struct ws_error *err);

/* Ends every process of this user whose environment holds WSFSM_KEY=<key> or one beginning with `key` and '/', and
 * WSFSM_REPO=<repo> (NULL: any; run ids are unique in one repository only): what a supervisor that was killed too left
 * behind, but never ourselves or an ancestor. Returns how many were killed, -1 on failure. A process that wiped its own
 * environment is not found. */
int ws_kill_strays(const char *key, const char *repo, struct ws_error *err);

/* Whether a signal keeps that process from going on: SIGSTOP, Ctrl-Z. */
bool ws_process_stopped(int pid);

#endif
