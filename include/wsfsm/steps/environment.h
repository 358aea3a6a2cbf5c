/* The environment of a tool: clean, and the same whoever starts it. */
#ifndef WSFSM_STEPS_ENVIRONMENT_H
#define WSFSM_STEPS_ENVIRONMENT_H

#include <stdint.h>

#include "wsfsm/base/strv.h"

struct ws_environment_spec {
    const struct ws_strv *pass_env; /* names, or PREFIX_*; may be NULL */
    const struct ws_strv *env;      /* "NAME=value", rendered; wins over what is handed through; may be NULL */
    const struct ws_strv *withhold; /* names never handed through; may be NULL */
    const char *run_id, *ws_id, *step;   /* NULL: no WSFSM_ variables (a tool run by hand) */
    int64_t seq;
    int attempt;
    const char *worktree, *repo;
    int64_t deadline_ms; /* wall clock; 0: none */
    const char *git_name, *git_email; /* the identity handed to git */
};

/* PATH HOME USER LOGNAME SHELL LANG LC_* TZ TERM TMPDIR of this process, pass_env, env, the WSFSM_ variables and a git
 * identity by GIT_CONFIG_COUNT; nothing else. */
void ws_environment(struct ws_strv *out, const struct ws_environment_spec *spec);

/* The values (8 bytes or more) in `env` whose name holds KEY, TOKEN, SECRET, PASS or CRED: what no output may show.
 * Our own WSFSM_ variables are none. Appends each once. */
void ws_environment_secrets(struct ws_strv *out, const struct ws_strv *env);

/* Names in this process's environment that match `pass_env` and hold a secret by their name. */
void ws_environment_secret_names(struct ws_strv *out, const struct ws_strv *pass_env);

/* What stands in a secret's place. */
#define WS_MASK "***"

/* Replaces every secret in `text` by the mask. The caller frees the result. */
char *ws_redacted(const char *text, const struct ws_strv *secrets);
void ws_redact_each(struct ws_strv *texts, const struct ws_strv *secrets);

#endif
