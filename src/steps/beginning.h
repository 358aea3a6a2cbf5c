/* Where an attempt begins, as the history tells it. Internal to the steps. */
#ifndef WS_STEPS_BEGINNING_H
#define WS_STEPS_BEGINNING_H

#include "wsfsm/engine/engine.h"
#include "wsfsm/steps/context.h"

struct ws_beginning {
    char tree[WS_OID_HEX]; /* what the worktree held, or is to hold, when the attempt began */
    bool said;             /* the attempt itself has recorded it */
    bool may_make; /* a worktree that is not there was taken away by no tool of this run: none
                    * has had one yet, or the attempt before was interrupted */
};
int ws_beginning_find(struct ws_beginning *out, const struct ws_context *c,
                      const struct ws_attempt *attempt, struct ws_error *err);

#endif
