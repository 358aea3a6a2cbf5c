/* A dry run: the machine is walked, nothing is called, no worktree is touched. Internal. */
#ifndef WS_STEPS_DRY_H
#define WS_STEPS_DRY_H

#include "wsfsm/engine/engine.h"
#include "wsfsm/steps/context.h"

/* Reports `passed` with a result that tells what would run. */
int ws_dry_step(struct ws_report *report, struct ws_context *context,
                const struct ws_attempt *attempt, struct ws_error *err);

#endif
