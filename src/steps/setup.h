/* What a new worktree is given: copies from the user's checkout, and what commands make. Internal
 * to the steps. */
#ifndef WS_STEPS_SETUP_H
#define WS_STEPS_SETUP_H

#include "work.h"

bool ws_setup_wanted(const struct ws_plan *plan);

/* Copies and runs, in a worktree that holds the base's content. What comes of it must be ignored or
 * untracked files, else the agent's change would hold it. 1: it went wrong and the report says
 * could_not_run or timeout, or the run was stopped. */
int ws_setup(struct ws_work *w, struct ws_error *err);

#endif
