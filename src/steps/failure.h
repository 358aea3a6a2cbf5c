/* What an agent is told of the checks that sent the run back to it. Internal to the steps. */
#ifndef WS_STEPS_FAILURE_H
#define WS_STEPS_FAILURE_H

#include "wsfsm/base/buf.h"
#include "wsfsm/store/read.h"

/* Appends what failed last and still stands: of the steps that did not come out well when they last
 * ended, the newest - one other than `step_name`, when there is one - with the end of what its
 * tools printed, or the paths that left the scope. Nothing when nothing stands. `attempts` are
 * those of one workstream, oldest first. Every line that a tool had a hand in is indented and
 * escaped; all of it is a few dozen KiB at most. */
int ws_failure_tell(struct ws_buf *out, const struct ws_attempt_rows *attempts,
                    const char *step_name, struct ws_error *err);

#endif
