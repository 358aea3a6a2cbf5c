/* What the engine calls back for: a step run, an attempt recovered, an end prepared; and what an end leaves to do in
 * git after its row is written. */
#ifndef WSFSM_STEPS_LIFECYCLE_H
#define WSFSM_STEPS_LIFECYCLE_H

#include "wsfsm/engine/engine.h"
#include "wsfsm/steps/context.h"

/* The state's handler, or its tools. */
int ws_step_run(struct ws_report *report, struct ws_context *context, const struct ws_attempt *attempt,
                struct ws_error *err);

/* An attempt whose process is gone: ends what it left running, keeps the half-made content as a snapshot and puts the
 * worktree back to where the attempt began. */
int ws_step_recover(struct ws_report *report, struct ws_context *context, const struct ws_attempt *attempt,
                    struct ws_error *err);

/* Ends what an attempt whose process is gone has left running: its supervisor ends it, or, where that is gone too, we do.
 * Only for who holds the workstream; consent as for ws_end_supervisor. */
int ws_end_attempt(struct ws_repo *repo, const char *run_id, const char *ws_id, int64_t seq,
                   const struct ws_consent *consent, struct ws_error *err);

/* Is the guard true of the report's facts? -1: no such guard. */
int ws_step_guard(bool *truth, const char *guard, const struct ws_report *report);

/* Before the last row is written: success makes the commit object on the base, every end its anchor, with the row's
 * hash as Wsfsm-History. No ref is touched; the effect says what is to be done once the row stands. */
int ws_step_ending(struct ws_ending *out, struct ws_context *context, const struct ws_state *final,
                   const struct ws_sealed *sealed, struct ws_error *err);

/* Does what an effect says, by compare-and-swap, and marks it done; doing it twice is harmless. A
 * branch that somebody else moved meanwhile stays where it is, and so does what somebody else put in
 * the place of the anchor; *notes say so, and what can be done about it. */
int ws_effect_carry_out(struct ws_strv *notes, struct ws_repo *repo, struct ws_store *store,
                        const struct ws_effect_row *effect, struct ws_error *err);

#endif
