/* One tool called and judged: the profile rendered, the program found, run under the supervisor, and recorded. */
#ifndef WSFSM_STEPS_TOOLRUN_H
#define WSFSM_STEPS_TOOLRUN_H

#include "wsfsm/base/buf.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/proc/proc.h"
#include "wsfsm/project/profile.h"
#include "wsfsm/repo/repo.h"
#include "wsfsm/steps/confine.h"
#include "wsfsm/steps/environment.h"

struct ws_tool_call {
    const char *id;                     /* of the tool, or "acceptance-N" */
    const struct ws_profile *profile;   /* NULL: `shell` is run instead */
    const char *shell;                  /* an acceptance test: /bin/sh -c */
    struct ws_template_values values;
    struct ws_environment_spec environment; /* `env` and `pass_env` of a profile are filled in from it */
    const char *log_stem;               /* absolute; ".stdout.log" and ".stderr.log" are added */
    const char *default_dir;            /* absolute */
    int64_t timeout_sec, idle_timeout_sec; /* of a shell command; a profile has its own */
    int64_t left_ms;                    /* of the state's deadline; 0: none */
    const struct ws_strv *secrets;
    const char *lock_file; /* held while anything of the tool may run; NULL: none */
    struct ws_repo *repo;               /* its tracked files and worktrees are never executed */
    const struct ws_watch *watch;
    const struct ws_sandbox *sandbox;   /* of a shell command (NULL: off); a profile has its own */
    struct ws_confine_places places;    /* without a root it is never confined */
};

struct ws_tool_run {
    struct ws_exit exit;
    struct ws_strv argv;  /* as it was called, redacted */
    char *program;        /* the file that was executed, NULL: none was found */
    bool confined;
    char *unconfined_why; /* NULL: it is confined, or need not be */
};
void ws_tool_run_release(struct ws_tool_run *r);

/* 0: *out tells how it went; what keeps a tool from starting (no such program, a template without a value) is
 * exit.started == false with the reason in exit.start_error. -1: the supervisor failed. */
int ws_tool_call(struct ws_tool_run *out, const struct ws_tool_call *call, struct ws_error *err);

/* Looks a program up as ws_find_program does, a relative path (".venv/bin/ruff") from the repository's root on; nothing
 * that the repository tracks or a worktree holds is one. */
int ws_tool_find(char **out, const char *command, const char *path, struct ws_repo *repo, struct ws_error *err);

/* The record of it, one JSON object; `verdict` is what was made of it. */
void ws_tool_record(struct ws_buf *out, const struct ws_tool_call *call, const struct ws_tool_run *run,
                    const char *verdict);

#endif
