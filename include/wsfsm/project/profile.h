/* Tool profiles: how an external program is called and how it is judged. Data, checked when loaded;
 * the ones that ship are compiled in from tools/profiles.yaml. */
#ifndef WSFSM_PROJECT_PROFILE_H
#define WSFSM_PROJECT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/diag.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/project/sandbox.h"

enum ws_tool_type { WS_TOOL_AI, WS_TOOL_STATIC_CHECK, WS_TOOL_TEST, WS_TOOL_UTILITY };
const char *ws_tool_type_name(enum ws_tool_type type);

enum { WS_SCOPE_FILES_MAX = 200, WS_MESSAGE_MAX = 100 << 10 };

struct ws_profile {
    char *id;
    enum ws_tool_type type;
    char *command;
    struct ws_strv args;     /* templates */
    struct ws_strv env;      /* "NAME=template" */
    struct ws_strv pass_env; /* names, or "PREFIX_*" */
    char *working_dir;       /* template */
    long timeout_sec;        /* 0: none of its own */
    long idle_timeout_sec;   /* 0: none */
    int *success_exit_codes;
    size_t success_exit_code_count;
    bool stdin_prompt;
    struct ws_strv failure_patterns;
    bool capture_output;
    struct ws_strv version_args;
    struct ws_sandbox sandbox;
    char *source;       /* "built in", or FILE:LINE */
    const char *unread; /* one that ships, before it is asked for: nothing but its id is there */
};

struct ws_profiles {
    struct ws_profile *items;
    size_t len;
    size_t cap;
};

void ws_profiles_release(struct ws_profiles *p);

/* The profiles that ship. Each is read when ws_profiles_find or ws_profiles_get first gives it out.
 */
void ws_profiles_builtin(struct ws_profiles *out);

/* A JSON or YAML file of {ID: profile}: an id that is there already is replaced. `command` is
 * required; the defaults are type utility, working_dir {worktree_path}, success_exit_codes [0],
 * stdin none, capture_output true, sandbox off, network on. Keys may be written-so. -1: at least
 * one error in *diags; the profiles without an error are there all the same. */
int ws_profiles_read(struct ws_profiles *out, const char *path, const char *shown,
                     struct ws_diags *diags);

const struct ws_profile *ws_profiles_find(const struct ws_profiles *p, const char *id);
/* The id that may have been meant by one that is not there; NULL: none is near. */
const char *ws_profiles_nearest(const struct ws_profiles *p, const char *id);
const struct ws_profile *ws_profiles_get(const struct ws_profiles *p, size_t i); /* i < len */
bool ws_profile_success(const struct ws_profile *p, int exit_code);

/* One profile as JSON (for a run's metadata and `tool list --json`), and back. */
void ws_profile_json(struct ws_buf *out, const struct ws_profile *p);
int ws_profile_from_json(struct ws_profile *out, const char *json, struct ws_error *err);
void ws_profile_release(struct ws_profile *p);

/* What placeholders stand for ({name} for each member). NULL: no value (an error in the rendered
 * text, but {model_name} drops its argument and a `-option` before it). Lists may be NULL: empty.
 */
struct ws_template_values {
    const char *cwd, *repo_root, *worktree_path, *run_id, *ws_id, *step, *prompt_file, *model_name,
        *log_dir, *message;
    const char *patch_file; /* a copy of the file that metadata.patch names; absolute */
    const struct ws_strv *files_scope, *files_create, *changed_files, *scope_files;
};

/* A path of a list that could be taken for an option or a file of options ("-rf", "@x") gets "./"
 * in front when it is an argument of its own. A text longer than WS_MESSAGE_MAX cannot stand for
 * {message}.
 *
 * Appends the program's arguments (without argv[0]) and its extra environment ("NAME=value");
 * *working_dir is its folder (one that is not absolute begins at `cwd`), which the caller frees; it
 * is what {cwd} stands for in arguments and environment. */
int ws_profile_render(struct ws_strv *args, struct ws_strv *env, char **working_dir,
                      const struct ws_profile *p, const struct ws_template_values *values,
                      struct ws_error *err);

#endif
