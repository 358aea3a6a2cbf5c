/* The calls of an attempt: its tools and acceptance tests, each announced, run, judged and
 * recorded. Internal. */
#ifndef WS_STEPS_CALLS_H
#define WS_STEPS_CALLS_H

#include "judge.h"
#include "work.h"

/* What the tools of an attempt may be told: the prompt, which also says what failed last (a file
 * outside the worktree, and its text, cut to what fits on a command line), and the paths of the
 * change that exist in it. */
struct ws_inputs {
    char *prompt_file, *message;
    struct ws_strv changed_files;
};
int ws_inputs_init(struct ws_inputs *in, const struct ws_work *w, struct ws_error *err);
void ws_inputs_release(struct ws_inputs *in);

/* For {scope_files}: the tracked files in scope, and those that files_create names; at most
 * WS_SCOPE_FILES_MAX. */
int ws_scope_files(struct ws_strv *out, const struct ws_context *c, struct ws_error *err);
bool ws_profile_asks_for(const struct ws_profile *p, const char *placeholder);

/* How a call went. */
struct ws_called {
    enum ws_judgement verdict;
    enum ws_limit limit; /* which one it ran into */
    char *why;           /* what to say of it; NULL when it passed */
};
void ws_called_release(struct ws_called *c);

/* Runs the tool of that id. One without a profile is could_not_run. */
int ws_call_tool(struct ws_called *out, struct ws_work *w, const char *id,
                 const struct ws_inputs *inputs, struct ws_error *err);

/* Runs a command that is no tool of the attempt's and is told nothing of it: no prompt, no change.
 */
int ws_call_profile(struct ws_called *out, struct ws_work *w, const struct ws_profile *profile,
                    struct ws_error *err);

/* Runs an acceptance test: a shell command. */
int ws_call_test(struct ws_called *out, struct ws_work *w, const char *id, const char *command,
                 struct ws_error *err);

#endif
