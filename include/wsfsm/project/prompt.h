/* The prompt: what an agent is told of a workstream. */
#ifndef WSFSM_PROJECT_PROMPT_H
#define WSFSM_PROJECT_PROMPT_H

#include "wsfsm/base/buf.h"
#include "wsfsm/project/bundle.h"

/* Appends the text: ids, tasks, scope, acceptance tests, what failed last, rules. No line of it
 * begins with what the bundle says, so that no agent takes a task for a command ("/run", "!sh");
 * controls in the bundle's texts are escaped. `failure` is whole lines, as safe as that already;
 * empty: nothing failed. */
void ws_prompt_render(struct ws_buf *out, const struct ws_workstream *w, const char *run_id,
                      const char *failure);

#endif
