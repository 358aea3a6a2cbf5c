/* What the emitters have in common: how an arm and a duration are said. */
#ifndef WS_MACHINE_EMIT_TEXT_H
#define WS_MACHINE_EMIT_TEXT_H

#include "wsfsm/base/buf.h"
#include "wsfsm/machine/machine.h"

/* 3600 is "1h": the largest unit that divides it. */
void ws_put_duration(struct ws_buf *out, long seconds);

/* "[in_scope]", "[!in_scope]", or nothing. */
void ws_put_guard(struct ws_buf *out, const struct ws_arm *a);

/* "max 3", "after 3", or nothing. */
void ws_put_bound(struct ws_buf *out, const struct ws_machine *m, const struct ws_arm *a);

/* "passed [in_scope]", "interrupted max 3", "timeout 1h": an arm without its states. */
void ws_put_arm(struct ws_buf *out, const struct ws_machine *m, const struct ws_arm *a);

/* All arms of the state that lead to `to`, one after the other. */
void ws_put_arms_to(struct ws_buf *out, const struct ws_machine *m, int state, int to,
                    const char *between);

/* Is it the first arm of its state that leads there? */
bool ws_leads_first(const struct ws_machine *m, int arm);

/* "edit", "tool ruff black", or nothing: what a state does. */
void ws_put_action(struct ws_buf *out, const struct ws_state *s);

#endif
