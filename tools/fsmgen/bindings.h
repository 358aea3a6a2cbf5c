/* What C offers to a machine, as include/wsfsm/steps/handlers.h lists it. */
#ifndef FSMGEN_BINDINGS_H
#define FSMGEN_BINDINGS_H

#include "wsfsm/machine/parse.h"

extern const struct ws_bindings fsmgen_bindings;

#endif
