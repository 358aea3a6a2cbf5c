/* The table as C source: what is compiled into the program as ws_machine_shipped. */
#ifndef FSMGEN_EMIT_C_H
#define FSMGEN_EMIT_C_H

#include "wsfsm/base/buf.h"
#include "wsfsm/machine/machine.h"

void fsmgen_emit_c(struct ws_buf *out, const struct ws_machine *m);

#endif
