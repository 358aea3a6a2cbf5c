/* Errors: a code, one line of text, and the place it speaks of.
 *
 * The caller owns the struct; a function that can fail returns 0 or -1 and fills it on -1. An error is
 * filled once, where it is seen first; library errors are translated at the edge of their layer.
 */
#ifndef WSFSM_BASE_ERROR_H
#define WSFSM_BASE_ERROR_H

#include <stdbool.h>

/* X(code, name, exit): the name stands in JSON, the exit code is the process's (docs: wsfsm(1)). */
#define WS_ERROR_CODES(X)                                                                          \
    X(OK, "ok", 0)                                                                                 \
    X(USAGE, "usage", 2)                     /* a command line that says nothing sensible */       \
    X(BUNDLE, "bad_bundle", 3)               /* a bundle that is unsound */                        \
    X(CONFIG, "bad_config", 3)               /* wsfsm.yaml, a profile, an environment variable */  \
    X(MACHINE, "bad_machine", 3)             /* a .def, or a stored machine this binary lacks */   \
    X(UNKNOWN_ID, "unknown_id", 3)           /* no such run, workstream, tool */                   \
    X(UNUSABLE_ID, "unusable_id", 3)         /* exists and cannot serve (finished, another's) */   \
    X(REPOSITORY, "repository", 4)           /* none, or one that cannot be worked with */         \
    X(DIRTY_SCOPE, "dirty_scope", 4)         /* uncommitted changes to paths in scope */           \
    X(STORE, "store", 4)                     /* the database cannot be opened, read or written */  \
    X(IO, "io", 4)                           /* a file or process call failed */                   \
    X(DISK_FULL, "disk_full", 4)             /* ENOSPC, EDQUOT, SQLITE_FULL */                     \
    X(SCOPE_VIOLATION, "scope_violation", 4) /* a worktree turned against us; never opened again */ \
    X(BUSY, "busy", 5)                       /* another orchestrator holds it */                   \
    X(LEASE_LOST, "lease_lost", 5)           /* our fence is stale: somebody took over */          \
    X(INTEGRITY, "integrity", 6)             /* history, chain or anchors do not agree */          \
    X(INTERNAL, "internal", 4)               /* a bug */

enum ws_code {
#define WS_X(code, name, exit) WS_E_##code,
    WS_ERROR_CODES(WS_X)
#undef WS_X
};

enum { WS_ERROR_WHERE = 256, WS_ERROR_MESSAGE = 1024 };

struct ws_error {
    enum ws_code code;
    char where[WS_ERROR_WHERE];     /* "FILE", "FILE:LINE:COL", a path or an id; may be empty */
    char message[WS_ERROR_MESSAGE]; /* one line: what is wrong, and what to do */
};

/* Fills *err (which may be NULL) and returns -1, so that `return ws_fail(...)` reads well. `where` may be
 * NULL. Text longer than the fields is cut at a UTF-8 boundary; control characters are escaped. */
int ws_fail(struct ws_error *err, enum ws_code code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As ws_fail, with ": strerror(errno)" at the end; ENOSPC and EDQUOT become WS_E_DISK_FULL. */
int ws_fail_errno(struct ws_error *err, enum ws_code code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Does an errno speak of the machine (a failing disk, no descriptor or memory left) and not of the file that
 * was asked for? What could not be read for such a reason is not absent, changed or odd: nobody knows. */
bool ws_errno_is_trouble(int error);

const char *ws_code_name(enum ws_code code);
int ws_code_exit(enum ws_code code);

#endif
