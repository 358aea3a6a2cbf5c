/* Entering the worktree: what every step that needs one does first. Internal to the steps. */
#ifndef WS_STEPS_ENTER_H
#define WS_STEPS_ENTER_H

#include "work.h"

/* Opens the worktree. One that is not there is made, or rebuilt with the content the attempt begins
 * with, unless a tool took it away; a new one is given what wsfsm.yaml says it needs. 1: it cannot
 * be had, and the report says could_not_run, or the run was stopped meanwhile. */
int ws_work_enter(struct ws_work *w, struct ws_error *err);

#endif
