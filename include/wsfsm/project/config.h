/* wsfsm.yaml at the root of the repository (optional), merged with the environment and the
 * defaults. */
#ifndef WSFSM_PROJECT_CONFIG_H
#define WSFSM_PROJECT_CONFIG_H

#include <stdbool.h>

#include "wsfsm/base/diag.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/project/profile.h"
#include "wsfsm/project/provision.h"

struct ws_config {
    char *base_branch;             /* NULL: not said */
    char *workstream_dir;          /* absolute */
    char *database;                /* absolute */
    struct ws_strv static_tools;   /* default list */
    struct ws_strv acceptance_env; /* "NAME=value" */
    struct ws_strv acceptance_pass_env;
    long acceptance_timeout_sec; /* 0: none */
    long acceptance_idle_timeout_sec;
    struct ws_sandbox acceptance_sandbox;
    bool ignore_filters; /* filters: ignore */
    struct ws_provision worktree;
    struct ws_profiles
        profiles; /* built in, then tools: of wsfsm.yaml, then PIPELINE_TOOL_PROFILES_PATH */
    bool dry_run; /* PIPELINE_DRY_RUN=1 */
    char *model;  /* AIDER_MODEL, NULL when unset */
    char *file;   /* wsfsm.yaml as shown, NULL when there is none */
};

/* What the command line said; NULL where it said nothing. */
struct ws_config_options {
    const char *database;
    bool lenient; /* what is unsound is left out, and its errors are warnings */
};

/* Order of precedence: option > environment (`getenv`-like callback; NULL: the process's) >
 * wsfsm.yaml > default. Relative paths: of an option or the environment from the current folder, of
 * wsfsm.yaml from the repository. Defaults: <repo>/workstreams, <repo>/.wsfsm/state.db. -1: at
 * least one error in *diags (all of the file's; none when lenient), or diags->unread. */
int ws_config_load(struct ws_config *out, const char *repo_root,
                   const struct ws_config_options *options,
                   const char *(*env)(void *payload, const char *name), void *payload,
                   struct ws_diags *diags);
void ws_config_release(struct ws_config *c);

#endif
